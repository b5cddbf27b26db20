#include "code/machine/machine.h"

#include <algorithm>

#include "code/machine/interpreter.h"
#include "code/machine/iterables.h"
#include "code/machine/objects.h"
#include "code/machine/operators.h"

namespace winnow::machine {

Machine::Machine(Scan& scan, Trace& trace) : scan_(scan), trace_(trace), running_(std::make_unique<Running>()) {}
Machine::~Machine() = default;

const Value* Machine::keyword(const Call& call, std::string_view name) const {
  if (!call.keywords.is(Kind::dict)) return nullptr;
  return heap().find(heap().items(call.keywords), name);
}

void Machine::cut(const char* what, std::optional<Limit> limit) {
  if (std::find(running_->cuts.begin(), running_->cuts.end(), what) != running_->cuts.end()) return;
  running_->cuts.push_back(what);
  if (limit) scan_.ran_out(*limit);
  scan_.gap(trace_.artifacts[place.artifact], Fault::limit, place.offset, what);
}

bool Machine::fits(uint64_t size, uint64_t times) {
  if (times == 0 || size <= scan_.budget.string / times) return true;
  cut("a text is longer than the budget allows", Limit::string);
  return false;
}

bool Machine::enters() {
  if (place.depth < scan_.budget.depth) return true;
  cut("programs inside programs go deeper than is followed", Limit::depth);
  return false;
}

Value Machine::make_string(std::string_view text) {
  return !fits(text.size()) || exhausted() ? Value::unknown() : heap().new_string(text);
}

Value Machine::make_bytes(std::string_view data) {
  return !fits(data.size()) || exhausted() ? Value::unknown() : heap().new_bytes(data);
}

Value Machine::raise_saying(std::string_view exception, std::string_view message) {
  const Value text = make_string(message);
  raised = new_exception(*this, resolve("builtins", exception), std::span(&text, 1));
  return Value::unknown();
}

Value Machine::raise(std::string_view exception, Value argument) {
  if (argument.is(Kind::string) && exception != "KeyError" && exception != "StopIteration") argument = Value::unknown_named("message");
  Instance instance;
  instance.cls = resolve("builtins", exception);
  instance.held = argument.is(Kind::none) ? heap().new_tuple({}) : heap().new_tuple({argument});
  instance.attributes = heap().new_items(Kind::dict, nullptr, 0);
  raised = heap().new_instance(instance);
  return Value::unknown();
}

Value Machine::joined(Value a, std::string_view more) {
  const auto typed = [&](std::string_view text) { return a.is(Kind::bytes) ? Value::bytes(text) : Value::string(text); };
  const std::string_view text = a.text();
  if (more.empty()) return a;
  if (text.empty()) return typed(heap().arena().copy(more));
  if (!fits(text.size() + more.size()) || exhausted()) return Value::unknown();
  for (Builder& builder : builders_) {
    if (builder.data != text.data() || builder.used != text.size() || builder.used + more.size() > builder.capacity) continue;
    std::memcpy(const_cast<char*>(builder.data) + builder.used, more.data(), more.size());
    builder.used += more.size();
    return typed({builder.data, builder.used});
  }
  constexpr size_t kWorthwhile = 64;
  const size_t size = text.size() + more.size();
  const size_t capacity = size >= kWorthwhile ? size * 2 : size;
  char* data = heap().arena().allocate<char>(capacity);
  std::memcpy(data, text.data(), text.size());
  std::memcpy(data + text.size(), more.data(), more.size());
  if (capacity > size) builders_[next_builder_++ % 4] = {data, size, capacity};
  return typed({data, size});
}

bool Machine::ascii(std::string_view text) {
  if (text.data() == ascii_text_.data() && text.size() == ascii_text_.size()) return ascii_;
  bool all = true;
  for (const char c : text) all = all && static_cast<unsigned char>(c) < 0x80;
  ascii_text_ = text;
  return ascii_ = all;
}

std::optional<std::vector<Value>> Machine::iterate(Value iterable) {
  std::vector<Value> out;
  switch (iterable.kind()) {
    case Kind::tuple: case Kind::list: case Kind::set: {
      const Items& items = heap().items(iterable);
      if (!items.complete()) return std::nullopt;
      out.assign(items.begin(), items.end());
      return out;
    }
    case Kind::dict: {
      const Items& items = heap().items(iterable);
      if (!items.complete()) return std::nullopt;
      for (uint32_t i = 0; i + 1 < items.size; i += 2) out.push_back(items[i]);
      return out;
    }
    case Kind::bytes:
      for (const char c : iterable.text()) out.push_back(Value::integer(static_cast<unsigned char>(c)));
      return out;
    case Kind::string: {
      const std::string_view text = iterable.text();
      for (size_t i = 0; i < text.size();) {
        size_t size = 1;
        while (i + size < text.size() && (static_cast<unsigned char>(text[i + size]) & 0xc0) == 0x80) ++size;
        out.push_back(Value::string(text.substr(i, size)));
        i += size;
      }
      return out;
    }
    case Kind::byte_array: {
      const auto content = buffer_of(*this, iterable);
      if (!content) return std::nullopt;
      for (const char c : *content) out.push_back(Value::integer(static_cast<unsigned char>(c)));
      return out;
    }
    case Kind::frozen_set: {
      const Items& items = heap().items(iterable);
      out.assign(items.begin(), items.end());
      return out;
    }
    case Kind::instance: case Kind::range: case Kind::iterator: case Kind::generator: case Kind::class_object:
      return iterate_defined(iterable);
    case Kind::object: {
      const Items& appended = heap().growth(heap().object(iterable)).appended;
      if (appended.size == 0) return std::nullopt;
      out.assign(appended.begin(), appended.end());
      return out;
    }
    default: break;
  }
  const auto pairs = place.code ? namespace_pairs(*this, iterable) : std::nullopt;
  if (!pairs) return std::nullopt;
  for (size_t i = 0; i < pairs->size(); i += 2) out.push_back((*pairs)[i]);
  return out;
}

// What is iterated by running code, or is counted.
std::optional<std::vector<Value>> Machine::iterate_defined(Value iterable) {
  constexpr size_t kMost = size_t{1} << 20, kMostUnsure = 4096;
  std::vector<Value> out;
  if (iterable.is(Kind::class_object)) {
    // Of an enumeration: its members.
    if (const auto over = call_special(*this, iterable, "__iter__", {})) return over->is(Kind::class_object) ? std::nullopt : iterate(*over);
    if (raised) return std::nullopt;
    const Items names = heap().items(heap().class_of(iterable).names);
    for (uint32_t i = 1; i < names.size; i += 2) {
      if (names[i].is(Kind::instance) && heap().instance(names[i]).cls.same_as(iterable)) out.push_back(names[i]);
    }
    return out.empty() ? std::nullopt : std::optional(out);
  }
  Value iterator = iterable;
  if (iterable.is(Kind::instance)) {
    const Value cls = heap().instance(iterable).cls;
    const bool iterates = find_in_class(*this, cls, "__iter__") || find_in_class(*this, cls, "__next__");
    const Value held = plain(*this, iterable);
    if (!iterates && !held.same_as(iterable)) return iterate(held);
    if (!iterates) {
      if (!find_in_class(*this, cls, "__getitem__")) return std::nullopt;
      for (int64_t i = 0; i < static_cast<int64_t>(kMostUnsure) && step(); ++i) {
        const Value index = Value::integer(i);
        const auto item = call_special(*this, iterable, "__getitem__", std::span(&index, 1));
        if (raised) {
          raised.reset();
          break;
        }
        if (!item) break;
        out.push_back(*item);
      }
      return out;
    }
    iterator = iterator_over(*this, iterable);
  } else if (iterable.is(Kind::range)) {
    iterator = iterator_over(*this, iterable);
  }
  if (raised) return std::nullopt;
  if (iterator.is(Kind::iterator)) {
    const uint32_t kind = heap().link(iterator).kind;
    const bool endless = kind == kCount || kind == kCycle || (kind == kRepeat && !heap().link(iterator).second.is(Kind::integer));
    if (endless) return std::nullopt;
  }
  // What gives items without end ends with the budget of what asks for them.
  while (out.size() < kMost && step() && (running_->runs.empty() || running_->steps <= running_->limit)) {
    const Next next = next_of(*this, iterator);
    if (raised || next.unknown) return std::nullopt;
    if (!next.item) {
      // How many there are is not known where they came from something unknown.
      if (iterator.is(Kind::generator) && running_->unsure.contains(iterator.index())) return std::nullopt;
      return out;
    }
    out.push_back(*next.item);
  }
  return std::nullopt;
}

Value Machine::derived(std::span<const Value> from) {
  if (!keeps_origins || exhausted()) return Value::unknown();
  constexpr size_t kMost = 16;
  std::vector<Value> kept;
  bool tells = false;
  for (const Value& value : from) {
    const bool source = value.is(Kind::object) || value.is(Kind::attribute) || value.is(Kind::name) || value.is_derived() || value.is(Kind::iterator) || value.is(Kind::generator) ||
                        ((value.is_sequence() || value.is(Kind::dict)) && heap().items(value).size > 0);
    tells = tells || source;
    if ((source || value.is_text()) && kept.size() < kMost) kept.push_back(value);
  }
  if (!tells) return Value::unknown();
  if (kept.size() == 1 && kept[0].is_derived()) return kept[0];
  return Value::derived(heap().new_items(Kind::tuple, kept.data(), static_cast<uint32_t>(kept.size())));
}

bool Machine::is_partial(Value value) const {
  if (!value.is_derived()) return false;
  const Items& items = heap().items(value);
  return items.size > 0 && items[items.size - 1].is(Kind::ellipsis);
}

Value Machine::partial(std::span<const Value> parts) {
  constexpr size_t kMostParts = 24, kMostText = 64 * 1024;
  std::vector<Value> out;
  bool tells = false;
  const auto add = [&](Value part) {
    if (part.is_text() && part.text().empty()) return;
    tells = tells || part.is_text() || part.is(Kind::object) || part.is(Kind::attribute) || part.is(Kind::name) || part.is_derived();
    if (part.is_text() && !out.empty() && out.back().kind() == part.kind()) {
      if (out.back().text().size() + part.text().size() <= kMostText) out.back() = joined(out.back(), part.text());
    } else if (out.size() < kMostParts) {
      out.push_back(part);
    }
  };
  for (const Value& part : parts) {
    if (!is_partial(part)) {
      add(part);
      continue;
    }
    const Items inner = heap().items(part);
    for (uint32_t i = 0; i + 1 < inner.size; ++i) add(inner[i]);
  }
  if (!tells || exhausted()) return derived(parts);
  out.push_back(Value::ellipsis());
  return Value::derived(heap().new_items(Kind::tuple, out.data(), static_cast<uint32_t>(out.size())));
}

// The bytes of an array of NumPy as it is pickled: at the end of its state, or what it is made of.
static std::optional<std::string_view> bytes_of_array(const Heap& heap, const Object& object, std::string_view maker) {
  if (!maker.starts_with("numpy.")) return std::nullopt;
  if (maker.ends_with("._frombuffer") && object.arguments.is_sequence() && heap.items(object.arguments).size > 0) {
    const Value first = heap.items(object.arguments)[0];
    return first.is(Kind::bytes) ? std::optional(first.text()) : std::nullopt;
  }
  const Value state = heap.growth(object).state;
  if (!maker.ends_with("._reconstruct") || !state.is(Kind::tuple) || heap.items(state).size != 5) return std::nullopt;
  const Value last = heap.items(state)[4];
  return last.is(Kind::bytes) ? std::optional(last.text()) : std::nullopt;
}

std::optional<std::string_view> file_content(const Machine& machine, Value value) {
  if (value.is(Kind::instance) && machine.heap().instance(value).cls.is(Kind::class_object)) {
    // The model that is written in Python keeps it in an attribute (written_text.cpp).
    const Instance& instance = machine.heap().instance(value);
    const std::string_view cls = machine.heap().class_of(instance.cls).name;
    if (cls != "StringIO" && cls != "BytesIO") return std::nullopt;
    const Value* data = machine.heap().find_key(instance.attributes, Value::string("data"));
    return data != nullptr && data->is_text() ? std::optional(data->text()) : std::nullopt;
  }
  if (!value.is(Kind::object)) return std::nullopt;
  const Object& object = machine.heap().object(value);
  if (!object.callee.is(Kind::name)) return std::nullopt;
  const std::string_view maker = machine.heap().name(object.callee).canonical;
  if (const auto bytes = bytes_of_array(machine.heap(), object, maker)) return bytes;
  if (maker != "io.BytesIO" && maker != "io.StringIO" && maker != "io.BufferedReader" && maker != "io.TextIOWrapper") {
    return std::nullopt;
  }
  // Unpickled file objects are built from (content, position, attributes).
  const Value state = machine.heap().growth(object).state;
  const Items& arguments = machine.heap().items(state.is(Kind::tuple) ? state : object.arguments);
  if (arguments.size == 0) return std::nullopt;
  if (arguments[0].is(Kind::object)) {
    const Object& inner = machine.heap().object(arguments[0]);
    if (inner.callee.is(Kind::name)) return bytes_of_array(machine.heap(), inner, machine.heap().name(inner.callee).canonical);
  }
  return arguments[0].is_text() ? std::optional(arguments[0].text()) : std::nullopt;
}

}  // namespace winnow::machine
