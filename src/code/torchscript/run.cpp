// How an archive comes to life: the unpickler builds objects, their classes' __setstate__ runs at once; methods run
// when somebody calls them (torch/csrc/jit/serialization/import.cpp).
#include <unordered_map>

#include "code/machine/objects.h"
#include "code/machine/run.h"
#include "code/pickle/unpickler.h"
#include "code/torchscript/archive.h"
#include "code/torchscript/mobile.h"
#include "code/torchscript/source.h"

namespace winnow::torchscript {
namespace {

using machine::Machine;

constexpr int kDeepest = 200;          // modules inside modules
constexpr uint32_t kMostObjects = 200'000;

class Loading {
 public:
  Loading(Machine& machine, const Archive& archive) : m_(machine), heap_(machine.heap()), archive_(archive) {}

  void run() {
    const Value data = unpickle(archive_.data);
    const Value constants = constant_table(unpickle(archive_.constants));
    for (const Source& source : archive_.sources) {
      if (!m_.step()) return gap("the budget for work is used up");
      define_all(source, define(m_, source, constants));
    }
    for (const auto& [name, held] : found_) m_.define("__torch__", name, held);
    const Value root = alive(data, 0);
    if (root.is(Kind::instance)) call_methods(root);
    m_.place.artifact = 0;
    machine::run_uncalled(m_, Trigger::inference);
    if (!archive_.bytecode.empty()) run_bytecode(m_, unpickle(archive_.bytecode), data, archive_.bytecode_artifact);
  }

 private:
  void gap(const char* what) { m_.scan().gap(m_.trace().artifacts[0], Fault::limit, 0, what); }

  // For its values: what the pickle itself does is judged where it is read as one.
  Value unpickle(Bytes bytes) {
    if (bytes.empty()) return Value::unknown();
    const pickle::Outcome outcome = pickle::run(m_, bytes, 0);
    for (Event& event : m_.trace().events) event.elsewhere = true;
    for (uint32_t i = 0; i < heap_.names().size(); ++i) heap_.name(Value::heap(Kind::name, i)).retrieved = false;
    return outcome.stopped ? outcome.root : Value::unknown();
  }

  // CONSTANTS.c0, CONSTANTS.c1 ...
  Value constant_table(Value list) {
    const Value table = m_.record(Op::construct, m_.resolve("torchscript", "CONSTANTS"), heap_.new_tuple({}), Value::none());
    m_.trace().events.back().elsewhere = true;
    if (!list.is(Kind::tuple) && !list.is(Kind::list)) return table;
    const Value dict = heap_.new_items(Kind::dict, nullptr, 0);
    for (uint32_t i = 0; i < heap_.items(list).size; ++i) {
      heap_.set_key(dict, heap_.new_string("c" + std::to_string(i)), heap_.items(list)[i]);
    }
    Growth& growth = heap_.grow(table);
    growth.state = dict;
    growth.has_state = true;
    return table;
  }

  // The classes and functions of a file, by the names that other files and the pickle have for them.
  void define_all(const Source& source, Value globals) {
    constexpr std::string_view kRoot = "__torch__";
    const std::string_view qualifier = source.qualifier;
    if (!qualifier.starts_with(kRoot)) return;
    const std::string_view below = qualifier.size() > kRoot.size() ? qualifier.substr(kRoot.size() + 1) : std::string_view();
    const Items pairs = heap_.items(globals);
    for (uint32_t i = 0; i + 1 < pairs.size; i += 2) {
      const Value held = pairs[i + 1];
      if (!pairs[i].is(Kind::string) || (!held.is(Kind::class_object) && !held.is(Kind::function))) continue;
      std::string name(below);
      if (!name.empty()) name += '.';
      name += pairs[i].text();
      const Value word = m_.resolve(kRoot, name);
      if (word.is(Kind::name)) classes_[word.index()] = held;
      found_.emplace_back(std::move(name), held);
    }
  }

  // An unpickled value with instances of the archive's own classes in place of what stands for them.
  Value alive(Value value, int depth) {
    if (depth > kDeepest || made_.size() > kMostObjects) {
      if (!told_) gap("the objects are nested too deeply, or too many");
      told_ = true;
      return Value::unknown();
    }
    if (value.is(Kind::object)) return alive_object(value, depth);
    if (!value.is_sequence() && !value.is(Kind::dict)) return value;
    const Items items = heap_.items(value);
    std::vector<Value> parts;
    bool changed = false;
    for (const Value& item : items) {
      parts.push_back(alive(item, depth + 1));
      changed = changed || !parts.back().same_as(item);
    }
    return changed ? heap_.new_items(value.kind(), parts.data(), static_cast<uint32_t>(parts.size())) : value;
  }

  Value alive_object(Value value, int depth) {
    const Object object = heap_.object(value);
    if (!object.callee.is(Kind::name)) return value;
    if (const Value inner = tagged(heap_, value); !inner.same_as(value)) return alive(inner, depth + 1);
    const auto cls = classes_.find(object.callee.index());
    if (cls == classes_.end() || !cls->second.is(Kind::class_object)) return value;
    if (const auto before = made_.find(value.index()); before != made_.end()) return before->second;
    const Value self = machine::new_instance(m_, cls->second);
    made_.emplace(value.index(), self);
    const Growth growth = heap_.growth(object);
    if (!growth.has_state) return self;
    const Value state = alive(growth.state, depth + 1);
    const auto hook = machine::find_in_class(m_, cls->second, "__setstate__");
    if (hook && hook->is(Kind::function)) {
      // What it does not set, because it is not followed, is unknown, and not missing.
      const Value given[] = {self, state};
      machine::call_function(m_, *hook, given, Value::none(), Trigger::load);
    } else if (state.is(Kind::dict)) {
      const Items pairs = heap_.items(state);
      for (uint32_t i = 0; i + 1 < pairs.size; i += 2) heap_.set_key(heap_.instance(self).attributes, pairs[i], pairs[i + 1]);
    }
    return self;
  }

  void call_methods(Value self) {
    const Value cls = heap_.instance(self).cls;
    if (!cls.is(Kind::class_object)) return;
    const Items names = heap_.items(heap_.class_of(cls).names);
    for (uint32_t i = 0; i + 1 < names.size; i += 2) {
      if (!names[i + 1].is(Kind::function) || !names[i].is(Kind::string)) continue;
      if (names[i].text() == "__setstate__" || heap_.function(names[i + 1]).called) continue;
      const auto method = machine::find_attribute(m_, self, names[i].text());
      if (method) machine::call_unknown(m_, *method, Trigger::inference);
    }
  }

  Machine& m_;
  Heap& heap_;
  const Archive& archive_;
  std::unordered_map<uint32_t, Value> classes_;  // by the name that stands for it
  std::vector<std::pair<std::string, Value>> found_;
  std::unordered_map<uint32_t, Value> made_;     // by the object that stands for it
  bool told_ = false;
};

}  // namespace

Value tagged(const Heap& heap, Value value) {
  if (!value.is(Kind::object)) return value;
  const Object& object = heap.object(value);
  if (!object.callee.is(Kind::name) || !heap.name(object.callee).canonical.starts_with("torch.jit._pickle.")) return value;
  if (!object.arguments.is_sequence() || heap.items(object.arguments).size == 0) return value;
  return heap.items(object.arguments)[0];
}

void run(Machine& machine, const Archive& archive) { Loading(machine, archive).run(); }

}  // namespace winnow::torchscript
