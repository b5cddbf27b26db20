// How functions are called: arguments bound to parameters, frames made, bodies lifted when they are needed; and how
// iterators and generators give their items.
#include <algorithm>

#include "code/bytecode/lift.h"
#include "code/machine/interpreter.h"
#include "code/machine/iterables.h"
#include "code/machine/objects.h"
#include "code/machine/operators.h"
#include "code/machine/run.h"

namespace winnow::machine {
namespace {

// The names of all parameters: positional, keyword-only, *, **.
struct Parameters {
  std::vector<std::string_view> names;
  uint32_t positional = 0, keyword_only = 0;
  bool rest = false, keywords = false;
};

Parameters parameters_of(const CodeObject& code) {
  Parameters out;
  out.rest = code.flags & CodeObject::kVarArgs;
  out.keywords = code.flags & CodeObject::kVarKeywords;
  const auto& from = code.varnames.empty() ? code.localsplusnames : code.varnames;
  const size_t wanted = size_t{code.argcount} + code.kwonlyargcount + out.rest + out.keywords;
  for (size_t i = 0; i < std::min(wanted, from.size()); ++i) out.names.push_back(from[i]);
  out.positional = std::min<uint32_t>(code.argcount, static_cast<uint32_t>(out.names.size()));
  out.keyword_only = std::min<uint32_t>(code.kwonlyargcount, static_cast<uint32_t>(out.names.size()) - out.positional);
  return out;
}

void bind(Machine& m, Frame& frame, const Function& function, const Parameters& parameters, std::span<const Value> arguments, Value keywords) {
  Heap& heap = m.heap();
  const Items defaults = function.defaults.is(Kind::tuple) ? heap.items(function.defaults) : Items{};
  const auto set = [&](size_t index, Value value) { frame.locals.push_back({parameters.names[index], value, true}); };
  const auto named = [&](std::string_view name) -> const Value* {
    return keywords.is(Kind::dict) ? heap.find(heap.items(keywords), name) : nullptr;
  };
  const uint32_t first_default = parameters.positional - std::min(parameters.positional, defaults.size);
  for (uint32_t i = 0; i < parameters.positional; ++i) {
    const std::string_view name = parameters.names[i];
    if (i < arguments.size()) set(i, arguments[i]);
    else if (const Value* given = named(name)) set(i, *given);
    else if (i >= first_default) set(i, defaults[i - first_default + (defaults.size - std::min(defaults.size, parameters.positional))]);
    else set(i, Value::unknown_named(name));
  }
  for (uint32_t k = 0; k < parameters.keyword_only; ++k) {
    const std::string_view name = parameters.names[parameters.positional + k];
    const Value* given = named(name);
    if (given == nullptr && function.keyword_defaults.is(Kind::dict)) given = heap.find_key(function.keyword_defaults, Value::string(name));
    set(parameters.positional + k, given != nullptr ? *given : Value::unknown_named(name));
  }
  size_t next = size_t{parameters.positional} + parameters.keyword_only;
  if (parameters.rest && next < parameters.names.size()) {
    const size_t taken = std::min<size_t>(parameters.positional, arguments.size());
    set(next++, heap.new_items(Kind::tuple, arguments.data() + taken, static_cast<uint32_t>(arguments.size() - taken)));
  }
  if (parameters.keywords && next < parameters.names.size()) {
    const Value rest = heap.new_items(Kind::dict, nullptr, 0);
    const Items given = keywords.is(Kind::dict) ? heap.items(keywords) : Items{};
    for (uint32_t i = 0; i + 1 < given.size; i += 2) {
      if (!given[i].is_text()) continue;
      const auto end = parameters.names.begin() + parameters.positional + parameters.keyword_only;
      if (std::find(parameters.names.begin(), end, given[i].text()) == end) heap.set_key(rest, given[i], given[i + 1]);
    }
    set(next, rest);
  }
}

void make_cells(Machine& m, Frame& frame, const Function* function) {
  Heap& heap = m.heap();
  const CodeObject& code = heap.code(frame.code);
  for (const std::string_view name : code.cellvars) {
    Link link;
    for (Local& local : frame.locals) {
      if (local.name != name || !local.bound) continue;
      link.first = local.value;
      link.number = 1;
      local.bound = false;
    }
    frame.cells.push_back({name, heap.new_link(Kind::cell, link), true});
  }
  const Items closure = function != nullptr && function->closure.is(Kind::tuple) ? heap.items(function->closure) : Items{};
  for (uint32_t i = 0; i < code.freevars.size(); ++i) {
    Link link;
    const Value cell = i < closure.size && closure[i].is(Kind::cell) ? closure[i] : heap.new_link(Kind::cell, link);
    frame.cells.push_back({code.freevars[i], cell, true});
  }
}

constexpr int64_t kMostTaken = 1 << 20;  // items of one iterator

Value cycle_item(Machine& m, Value iterator, Value items) {
  const Items& held = m.heap().items(items);
  if (held.size == 0) return Value::unknown();
  return held[static_cast<uint32_t>(m.heap().link(iterator).number % held.size)];
}

}  // namespace

const ir::Body* body_of(Machine& m, Value code) {
  CodeObject& object = m.heap().code(code);
  if (object.body == nullptr) {
    object.body = std::make_shared<ir::Body>(bytecode::lift(object, m.heap()));
    for (const ir::Anomaly& anomaly : object.body->anomalies) {
      if (anomaly.kind != ir::Anomaly::Kind::budget) continue;
      m.scan().gap(m.trace().artifacts[m.place.artifact], Fault::limit, object.offset, "the code of '" + std::string(object.name) + "' is larger than its budget: " + anomaly.what);
    }
  }
  return object.body->blocks.empty() ? nullptr : object.body.get();
}

std::optional<Frame> frame_of(Machine& m, Value function_value, std::span<const Value> arguments, Value keywords) {
  const Function function = m.heap().function(function_value);
  if (!function.code.is(Kind::code) || !enters_beside(m, function_value)) return std::nullopt;
  // A generator runs when somebody asks it for something (resume), which may never be seen.
  constexpr uint32_t kLater = CodeObject::kGenerator | CodeObject::kCoroutine | CodeObject::kAsyncGenerator;
  if ((m.heap().code(function.code).flags & kLater) == 0) m.heap().function(function_value).called = true;
  Frame frame;
  frame.code = function.code;
  frame.function = function_value;
  frame.body = body_of(m, function.code);
  if (frame.body == nullptr) return std::nullopt;
  frame.globals = function.globals;
  const CodeObject& code = m.heap().code(function.code);
  const Parameters parameters = parameters_of(code);
  if (arguments.size() > parameters.positional && !parameters.rest && code.name != "<genexpr>") {
    bool sure = true;
    for (const Value& argument : arguments) sure = sure && argument.is_known();
    if (sure && m.place.code && code.argcount + 1 < arguments.size()) {
      m.raise("TypeError", Value::string("too many arguments"));
      return std::nullopt;
    }
  }
  bind(m, frame, function, parameters, arguments, keywords);
  make_cells(m, frame, &function);
  frame.of_text = code.filename == "<string>";
  frame.generator = code.flags & (CodeObject::kGenerator | CodeObject::kCoroutine | CodeObject::kAsyncGenerator);
  return frame;
}

Value call_defined(Machine& m, Value callee, std::span<const Value> arguments, Value keywords) {
  Heap& heap = m.heap();
  std::vector<Value> all(arguments.begin(), arguments.end());
  for (int steps = 0; steps < 16; ++steps) {
    if (callee.is(Kind::method)) {
      const Link link = heap.link(callee);
      all.insert(all.begin(), link.first);
      callee = link.second;
    } else if (callee.is(Kind::instance)) {
      auto found = heap.instance(callee).cls.is(Kind::class_object) ? find_in_class(m, heap.instance(callee).cls, "__call__") : std::nullopt;
      if (!found) {
        const Value attribute = heap.new_attribute({callee, "__call__", Value::unknown()});
        const auto outside = opaque_base(m, callee);
        const Value tuple = heap.new_items(Kind::tuple, all.data(), static_cast<uint32_t>(all.size()));
        return outside ? m.record(Op::call, attribute, tuple, keywords) : m.raise("TypeError", Value::string("not callable"));
      }
      if (found->is(Kind::descriptor)) found = heap.link(*found).first;
      else if (found->is(Kind::function)) all.insert(all.begin(), callee);
      callee = *found;
    } else if (callee.is(Kind::descriptor) && heap.link(callee).kind != kProperty) {
      callee = heap.link(callee).first;
    } else {
      break;
    }
  }
  if (callee.is(Kind::class_object)) return instantiate(m, callee, all, keywords);
  if (!callee.is(Kind::function)) {
    if (callee.is_defined()) return m.raise("TypeError", Value::string("not callable"));
    return m.call(callee, all, keywords);
  }
  auto frame = frame_of(m, callee, all, keywords);
  if (m.raised) return Value::unknown();
  if (!frame) {
    // Bytecode that cannot be read: the call itself is what is known of it.
    return m.record(Op::call, callee, heap.new_items(Kind::tuple, all.data(), static_cast<uint32_t>(all.size())), keywords);
  }
  if (frame->generator) {
    Link link;
    link.number = m.running().suspended.size();
    link.kind = heap.code(frame->code).flags & (CodeObject::kCoroutine | CodeObject::kAsyncGenerator) ? 1 : 0;
    m.running().suspended.push_back(std::move(*frame));
    return heap.new_link(Kind::generator, link);
  }
  Run run(m);
  Run::Outcome outcome = run.run(std::move(*frame));
  if (outcome.raised) m.raised = outcome.raised;
  return outcome.value;
}

std::optional<Frame> frame_of_code(Machine& m, Value code, Value globals, Value names) {
  Frame frame;
  frame.code = code;
  frame.function = Value::none();
  frame.body = body_of(m, code);
  if (frame.body == nullptr) return std::nullopt;
  frame.of_text = m.heap().code(code).filename == "<string>";
  frame.globals = globals;
  frame.names = names;
  make_cells(m, frame, nullptr);
  return frame;
}

Value run_code(Machine& m, Value code, Value globals, Value names) {
  auto frame = frame_of_code(m, code, globals, names);
  if (!frame) return Value::unknown();
  Run run(m);
  Run::Outcome outcome = run.run(std::move(*frame));
  if (outcome.raised) m.raised = outcome.raised;
  return outcome.value;
}

Value iterator_over(Machine& m, Value iterable) {
  Link link;
  link.first = iterable;
  switch (iterable.kind()) {
    case Kind::iterator: case Kind::generator: return iterable;
    case Kind::list: case Kind::tuple: case Kind::set: case Kind::frozen_set: link.kind = kSequence; break;
    case Kind::string: case Kind::bytes: link.kind = kText; break;
    case Kind::range: link.kind = kRange; break;
    case Kind::instance: {
      if (const auto out = call_special(m, iterable, "__iter__", {})) return out->is(Kind::instance) ? *out : iterator_over(m, *out);
      if (m.raised) return Value::unknown();
      if (find_in_class(m, m.heap().instance(iterable).cls, "__next__")) return iterable;
      const Value held = plain(m, iterable);
      if (!held.same_as(iterable)) return iterator_over(m, held);
      const auto items = m.iterate(iterable);
      if (!items) return m.raised ? Value::unknown() : iterable;
      link.first = m.heap().new_items(Kind::list, items->data(), static_cast<uint32_t>(items->size()));
      link.kind = kSequence;
      break;
    }
    case Kind::none: case Kind::boolean: case Kind::integer: case Kind::real: case Kind::function:
      return m.raise("TypeError", Value::string("not iterable"));
    default: {
      const auto items = m.iterate(iterable);
      if (m.raised) return Value::unknown();
      if (!items) return iterable;
      link.first = m.heap().new_items(Kind::list, items->data(), static_cast<uint32_t>(items->size()));
      link.kind = kSequence;
    }
  }
  return m.heap().new_link(Kind::iterator, link);
}

Next next_of(Machine& m, Value iterator) {
  Heap& heap = m.heap();
  if (iterator.is(Kind::generator)) {
    const auto item = resume(m, iterator, Value::none());
    return {item, false};
  }
  if (iterator.is(Kind::instance)) {
    const auto item = call_special(m, iterator, "__next__", {});
    if (m.raised) {
      if (is_instance(m, *m.raised, m.resolve("builtins", "StopIteration")).value_or(false)) {
        m.raised.reset();
        return {};
      }
      return {};
    }
    if (item) return {item, false};
    const auto old = call_special(m, iterator, "next", {});
    if (m.raised && is_instance(m, *m.raised, m.resolve("builtins", "StopIteration")).value_or(false)) {
      m.raised.reset();
      return {};
    }
    return {old, !old};
  }
  if (!iterator.is(Kind::iterator)) return {std::nullopt, true};
  const Link link = heap.link(iterator);
  std::optional<Value> item;
  uint64_t advance = 1;
  if (link.number > kMostTaken * 4) return {};
  switch (link.kind) {
    case kSequence: {
      const Items& items = heap.items(link.first);
      if (link.number < items.size) item = items[static_cast<uint32_t>(link.number)];
      else if (is_open(link)) return {std::nullopt, true};
      break;
    }
    case kText: {
      const std::string_view text = link.first.text();
      if (link.number >= text.size()) break;
      if (link.first.is(Kind::bytes)) {
        item = Value::integer(static_cast<unsigned char>(text[link.number]));
        break;
      }
      while (link.number + advance < text.size() && (static_cast<unsigned char>(text[link.number + advance]) & 0xc0) == 0x80) ++advance;
      item = Value::string(text.substr(link.number, advance));
      break;
    }
    case kRange: {
      const Items& parts = heap.items(link.first);
      const auto size = length(m, link.first);
      if (!size) return {std::nullopt, true};
      if (static_cast<int64_t>(link.number) < *size) item = Value::integer(parts[0].as_integer() + static_cast<int64_t>(link.number) * parts[2].as_integer());
      break;
    }
    case kCalls: {
      const Value out = m.call(link.first, std::span<const Value>());
      if (m.raised) return {};
      const auto ends = equal(m, out, link.second);
      if (!ends) {
        // Whether this was the last one nobody knows: one stands for all of them.
        heap.change_link(iterator).number += 1;
        return link.number == 0 ? Next{out, false} : Next{};
      }
      if (!*ends) item = out;
      break;
    }
    case kCount: item = binary(m, ir::Binary::add, link.first, binary(m, ir::Binary::multiply, link.second, Value::integer(static_cast<int64_t>(link.number)))); break;
    case kCycle: item = cycle_item(m, iterator, link.first); break;
    case kRepeat:
      if (!link.second.is(Kind::integer) || static_cast<int64_t>(link.number) < link.second.as_integer()) item = link.first;
      break;
    case kOnce: item = link.number == 0 ? std::optional(link.first) : std::nullopt; break;
    default: return {std::nullopt, true};
  }
  if (item) heap.change_link(iterator).number += advance;
  return {item, false};
}

std::optional<Value> resume(Machine& m, Value generator, Value sent, std::optional<Value> thrown) {
  Heap& heap = m.heap();
  Running& running = m.running();
  constexpr uint64_t kEnded = UINT64_MAX;
  const uint64_t number = heap.link(generator).number;
  if (number == kEnded || number >= running.suspended.size() || running.runs.size() > 48) return std::nullopt;
  Frame frame = running.suspended[number];
  heap.change_link(generator).number = kEnded;  // running: it cannot resume itself
  if (frame.started && !frame.delegating) frame.stack.push_back(sent);
  frame.started = true;
  if (frame.function.is(Kind::function)) heap.function(frame.function).called = true;
  if (thrown) m.raised = *thrown;
  const uint64_t rounds = running.unsure_rounds;
  Run run(m);
  Run::Outcome outcome = run.run(std::move(frame));
  if (running.unsure_rounds != rounds) running.unsure.insert(generator.index());
  if (outcome.yielded) {
    if (m.keeps_origins) heap.change_link(generator).third = outcome.value;  // tells what it gives
    if (!heap.journaled()) {
      // Nobody goes back to where it was.
      heap.change_link(generator).number = number;
      running.suspended[number] = std::move(*outcome.suspended);
    } else {
      heap.change_link(generator).number = running.suspended.size();
      running.suspended.push_back(std::move(*outcome.suspended));
    }
    return outcome.value;
  }
  heap.change_link(generator).second = outcome.raised ? Value::none() : outcome.value;
  if (outcome.raised) m.raised = outcome.raised;
  return std::nullopt;
}

}  // namespace winnow::machine
