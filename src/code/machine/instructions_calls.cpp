// Instructions that call and make functions and classes.
#include <algorithm>

#include "code/machine/interpreter.h"
#include "code/machine/models_written.h"
#include "code/machine/objects.h"
#include "code/machine/operators.h"
#include "code/machine/run.h"
#include "knowledge/knowledge.h"

namespace winnow::machine {
namespace {

constexpr size_t kMostFrames = 20'000;  // whatever limit of recursion the program sets

bool is_named(const Heap& heap, Value value, std::string_view canonical) {
  return value.is(Kind::name) && heap.name(value).canonical == canonical;
}

}  // namespace

// Puts a frame for the function on the stack; false where that is not how it is called (a generator's is made).
bool Run::enter(Value function, std::span<const Value> arguments, Value keywords, After after, Value extra) {
  auto made = frame_of(m_, function, arguments, keywords);
  if (m_.raised) return true;
  if (!made) return false;
  if (made->generator) {
    const uint32_t flags = m_.heap().code(made->code).flags;
    Link link;
    link.number = running_.suspended.size();
    link.kind = flags & (CodeObject::kCoroutine | CodeObject::kAsyncGenerator) ? 1 : 0;
    running_.suspended.push_back(std::move(*made));
    const Value generator = m_.heap().new_link(Kind::generator, link);
    push(after == After::extra ? extra : generator);
    return true;
  }
  if (frames_.size() >= kMostFrames) m_.cut("functions call themselves more often than is followed");
  if (frames_.size() >= std::min(kMostFrames, running_.recursion)) {
    m_.raise("RecursionError", Value::string("maximum recursion depth exceeded"));
    return true;
  }
  made->after = after;
  made->extra = extra;
  made->guard = guard_above();
  frames_.push_back(std::move(*made));
  note_block(frames_.back());
  return true;
}

void Run::call(Value callee, std::vector<Value> arguments, Value keywords) {
  Heap& heap = m_.heap();
  callee = m_.defined(callee);
  for (int steps = 0; steps < 16; ++steps) {
    if (callee.is(Kind::method)) {
      const Link link = heap.link(callee);
      if (!link.second.is(Kind::function)) break;
      arguments.insert(arguments.begin(), link.first);
      callee = link.second;
      continue;
    }
    if (callee.is(Kind::instance)) {
      const auto found = find_in_class(m_, heap.instance(callee).cls, "__call__");
      if (!found || !found->is(Kind::function)) break;
      arguments.insert(arguments.begin(), callee);
      callee = *found;
      continue;
    }
    break;
  }
  if (callee.is(Kind::function) && enter(callee, arguments, keywords, After::push, Value::none())) return;
  if (callee.is(Kind::class_object) && !heap.class_of(callee).metaclass.is(Kind::class_object)) {
    // The common class: its __init__ gets a frame of its own.
    const auto maker = find_in_class(m_, callee, "__new__"), initialiser = find_in_class(m_, callee, "__init__");
    const Value self = !maker && initialiser && initialiser->is(Kind::function) ? new_instance(m_, callee) : Value::none();
    if (self.is(Kind::instance) && !heap.instance(self).held.is_known() &&
        !is_subclass(m_, callee, m_.resolve("builtins", "BaseException")).value_or(false) &&
        !is_subclass(m_, callee, m_.resolve("builtins", "str")).value_or(false) &&
        !is_subclass(m_, callee, m_.resolve("builtins", "bytes")).value_or(false) &&
        !is_subclass(m_, callee, m_.resolve("builtins", "type")).value_or(false)) {
      arguments.insert(arguments.begin(), self);
      if (enter(*initialiser, arguments, keywords, After::extra, self)) return;
    }
  }
  Value result = m_.call_from_code(callee, arguments, keywords);
  if (m_.raised) return;
  if (m_.keeps_origins && !result.is_known()) {
    if (callee.is(Kind::attribute)) arguments.push_back(heap.attribute(callee).base);
    if (keywords.is(Kind::dict)) arguments.push_back(keywords);
    result = m_.derived(arguments);
  }
  push(result);
  if (result.is(Kind::object) || !result.is_known()) may_raise();
}

bool Run::calls(const ir::Instruction& at) {
  Heap& heap = m_.heap();
  switch (at.op) {
    case ir::Op::call: {
      std::vector<Value> arguments = pop_many(at.a);
      const Value callee = pop();
      Value keywords = Value::none();
      if (!at.names.empty()) {
        keywords = heap.new_items(Kind::dict, nullptr, 0);
        const size_t first = arguments.size() - std::min(arguments.size(), at.names.size());
        for (size_t i = 0; i < at.names.size() && first + i < arguments.size(); ++i) {
          const Value pair[] = {Value::string(at.names[i]), arguments[first + i]};
          heap.append(heap.items(keywords), pair, 2);
        }
        arguments.resize(first);
      }
      if (is_named(heap, callee, "builtins.__build_class__")) build_class(arguments, keywords);
      else call(callee, std::move(arguments), keywords);
      return true;
    }
    case ir::Op::call_ex: {
      Value keywords = at.a != 0 ? plain(m_, pop()) : Value::none();
      const Value spread = pop(), callee = pop();
      const auto items = m_.iterate(spread);
      if (m_.raised) return true;
      std::vector<Value> arguments = items.value_or(std::vector<Value>{Value::unknown_named("args")});
      if (!keywords.is(Kind::dict)) keywords = Value::none();
      if (is_named(heap, callee, "builtins.__build_class__")) build_class(arguments, keywords);
      else call(callee, std::move(arguments), keywords);
      return true;
    }
    case ir::Op::make_function: {
      const Value code = m_.defined(pop());
      FunctionParts parts;
      if (at.a & ir::kClosure) parts.closure = pop();
      if (at.a & ir::kAnnotate) pop();
      Value annotations = Value::none();
      if (at.a & ir::kAnnotations) annotations = pop();
      if (at.a & ir::kKeywordDefaults) parts.keyword_defaults = pop();
      if (at.a & ir::kDefaults) parts.defaults = pop();
      if (!code.is(Kind::code)) {
        push(Value::unknown());
        return true;
      }
      parts.code = code;
      parts.globals = frame().globals;
      const Value made = make_function(m_, parts);
      if (annotations.is(Kind::tuple)) {  // name, value, name, value
        const Items pairs = heap.items(annotations);
        annotations = heap.new_items(Kind::dict, nullptr, 0);
        for (uint32_t i = 0; i + 1 < pairs.size; i += 2) heap.set_key(annotations, pairs[i], pairs[i + 1]);
      }
      if (annotations.is(Kind::dict)) set_defined_attribute(m_, made, "__annotations__", annotations);
      push(made);
      return true;
    }
    case ir::Op::intrinsic: {
      const std::vector<Value> operands = pop_many(at.a);
      if (at.name == "print" && !operands.empty()) push(Value::none());
      else if (at.name == "subscript_generic") push(m_.resolve("typing", "Generic"));
      else if (at.name == "copy_without_keys" && operands.size() == 2) {
        const Value copy = m_.heap().new_items(Kind::dict, nullptr, 0);
        if (operands[0].is(Kind::dict)) {
          const Items pairs = heap.items(operands[0]);
          for (uint32_t i = 0; i + 1 < pairs.size; i += 2) heap.set_key(copy, pairs[i], pairs[i + 1]);
        }
        if (operands[1].is(Kind::tuple)) for (const Value& key : Items(heap.items(operands[1]))) heap.remove_key(copy, key);
        push(copy);
      } else if (at.name == "set_function_type_params" && !operands.empty()) push(operands.front());
      else push(Value::unknown_named(at.name));
      return true;
    }
    default: return false;
  }
}

void Run::build_class(std::span<const Value> arguments, Value keywords) {
  Heap& heap = m_.heap();
  if (arguments.size() < 2 || !arguments[0].is(Kind::function)) {
    push(Value::unknown());
    return;
  }
  const Value body = arguments[0];
  const Value name = arguments[1].is(Kind::string) ? arguments[1] : Value::string("?");
  std::vector<Value> bases;
  for (Value base : arguments.subspan(2)) {
    if (base.is(Kind::instance)) {
      const Value all = heap.new_items(Kind::tuple, arguments.data() + 2, static_cast<uint32_t>(arguments.size() - 2));
      if (const auto entries = call_special(m_, base, "__mro_entries__", std::span(&all, 1)); entries && entries->is(Kind::tuple)) {
        const Items items = heap.items(*entries);
        bases.insert(bases.end(), items.begin(), items.end());
        continue;
      }
    }
    bases.push_back(written_class(m_, base).value_or(base));
  }
  Value metaclass = Value::unknown();
  if (keywords.is(Kind::dict)) {
    const Items given = heap.items(keywords);
    keywords = heap.new_items(Kind::dict, given.data, given.size);
    if (const Value* given_class = heap.find_key(keywords, Value::string("metaclass"))) {
      metaclass = *given_class;
      heap.remove_key(keywords, Value::string("metaclass"));
    }
  }
  for (const Value& base : bases) {
    if (!metaclass.is_known() && base.is(Kind::class_object) && heap.class_of(base).metaclass.is(Kind::class_object)) metaclass = heap.class_of(base).metaclass;
  }
  const Value all_bases = heap.new_items(Kind::tuple, bases.data(), static_cast<uint32_t>(bases.size()));
  Value names = heap.new_items(Kind::dict, nullptr, 0);
  if (metaclass.is(Kind::class_object)) {
    if (auto hook = find_in_class(m_, metaclass, "__prepare__")) {
      std::vector<Value> given;
      if (hook->is(Kind::descriptor)) {
        if (heap.link(*hook).kind == kClassMethod) given.push_back(metaclass);
        hook = heap.link(*hook).first;
      }
      given.push_back(name);
      given.push_back(all_bases);
      const Value prepared = m_.call(*hook, given, keywords);
      if (m_.raised) return;
      if (prepared.is(Kind::dict) || prepared.is(Kind::instance)) names = prepared;
    }
  }
  heap.function(body).called = true;
  auto made = frame_of(m_, body, {}, Value::none());
  if (!made) {
    push(Value::unknown());
    return;
  }
  made->names = names;
  made->generator = false;
  made->after = After::make_class;
  const Value parts[] = {name, all_bases, metaclass, keywords};
  made->extra = heap.new_items(Kind::tuple, parts, 4);
  made->guard = guard_above();
  frames_.push_back(std::move(*made));
  note_block(frames_.back());
}

}  // namespace winnow::machine
