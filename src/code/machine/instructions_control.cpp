// Instructions of iteration, generators, exceptions, `with` and `match`, and those of Python 2.
#include <algorithm>

#include "code/machine/interpreter.h"
#include "code/machine/objects.h"
#include "code/machine/operators.h"
#include "knowledge/knowledge.h"

namespace winnow::machine {

bool Run::iteration(const ir::Instruction& at) {
  switch (at.op) {
    case ir::Op::get_iter: case ir::Op::get_yield_from_iter: {
      const Value iterable = pop();
      const Value iterator = iterator_over(m_, iterable);
      if (!m_.raised) push(iterator);
      return true;
    }
    case ir::Op::get_aiter: {
      const Value iterable = pop();
      const auto out = iterable.is(Kind::instance) ? call_special(m_, iterable, "__aiter__", {}) : std::nullopt;
      if (!m_.raised) push(out.value_or(iterable));
      return true;
    }
    case ir::Op::get_anext: {
      const Value iterator = top();
      if (iterator.is(Kind::generator)) {
        const auto item = resume(m_, iterator, Value::none());
        if (m_.raised) return true;
        if (item) push(*item);
        else m_.raise("StopAsyncIteration");
        return true;
      }
      const auto out = iterator.is(Kind::instance) ? call_special(m_, iterator, "__anext__", {}) : std::nullopt;
      if (m_.raised) return true;
      push(out.value_or(Value::unknown_named("item")));
      if (!out) may_raise();
      return true;
    }
    case ir::Op::get_awaitable: {
      const Value value = pop();
      const auto out = value.is(Kind::instance) ? call_special(m_, value, "__await__", {}) : std::nullopt;
      if (!m_.raised) push(out.value_or(value));
      return true;
    }
    case ir::Op::await_value: await(pop()); return true;
    case ir::Op::yield_value: yield(pop()); return true;
    case ir::Op::yield_from: delegate(); return true;
    case ir::Op::end_async_for: return true;  // its exit does it
    default: return false;
  }
}

// A generator that yields leaves its run; on a side that only looks for effects it goes on.
void Run::yield(Value value) {
  if (frames_.size() == 1 && frame().generator && !aside_) {
    Outcome outcome;
    outcome.value = value;
    outcome.yielded = true;
    outcome.suspended = std::move(frame());
    frames_.clear();
    return finish(std::move(outcome));
  }
  push(Value::unknown_named("sent"));
}

// yield from: gives what the inner iterator gives, and stands here until it has ended.
void Run::delegate() {
  const Value iterator = top();
  std::optional<Value> item;
  if (iterator.is(Kind::generator)) {
    item = resume(m_, iterator, Value::none());
  } else {
    const Next next = next_of(m_, iterator);
    if (next.item && !next.unknown) item = next.item;
  }
  if (m_.raised) return;
  if (!item) {
    frame().delegating = false;
    pop();
    push(iterator.is(Kind::generator) ? m_.heap().link(iterator).second : Value::none());
    return;
  }
  if (frames_.size() != 1 || !frame().generator || aside_) {
    --frame().at;  // asked again until it ends
    return;
  }
  frame().delegating = true;
  --frame().at;
  Outcome outcome;
  outcome.value = *item;
  outcome.yielded = true;
  outcome.suspended = std::move(frame());
  frames_.clear();
  finish(std::move(outcome));
}

void Run::await(Value awaitable) {
  constexpr int kMost = 10'000;
  if (awaitable.is(Kind::generator)) {
    for (int i = 0; !m_.raised; ++i) {
      if (i == kMost) m_.cut("something is awaited for longer than is followed");
      if (i == kMost || !resume(m_, awaitable, Value::none())) break;
    }
    if (!m_.raised) push(m_.heap().link(awaitable).second);
    return;
  }
  push(awaitable.is(Kind::iterator) ? Value::unknown() : awaitable);
}

bool Run::handlers(const ir::Instruction& at) {
  switch (at.op) {
    case ir::Op::enter_handler: frame().handled.push_back(top()); return true;
    case ir::Op::leave_handler:
      if (!frame().handled.empty()) frame().handled.pop_back();
      return true;
    case ir::Op::match_exception: {
      const Value type = pop();
      const auto matches = is_instance(m_, top(), type);
      push(top().is_known() && matches ? Value::boolean(*matches) : Value::unknown());
      return true;
    }
    case ir::Op::match_exception_group: {
      const Value type = pop();
      const Value exception = pop();
      const auto [match, rest] = split_group(m_, exception, type, 0);
      push(rest);
      push(match);
      return true;
    }
    case ir::Op::prepare_reraise_star: {
      pop();
      pop();
      push(Value::none());
      return true;
    }
    case ir::Op::enter_with: enter_with(false); return true;
    case ir::Op::enter_async_with: enter_with(true); return true;
    case ir::Op::exit_with: {
      const Value exception = pop(), exit = top();
      push(exception);
      Value result = Value::unknown();
      if (exit.is_defined()) {
        const Value arguments[] = {class_of(m_, exception), exception, Value::none()};
        result = m_.call(exit, arguments);
        if (m_.raised) return true;
      }
      push(result);
      return true;
    }
    default: return false;
  }
}

void Run::enter_with(bool async) {
  Heap& heap = m_.heap();
  const Value manager = pop();
  if (manager.is(Kind::generator)) {
    // Of contextlib.contextmanager: what it yields, and resumed when it is left.
    const auto entered = resume(m_, manager, Value::none());
    if (m_.raised) return;
    Link link;
    link.first = manager;
    link.second = m_.resolve("contextlib", "_GeneratorContextManager.__exit__");
    push(heap.new_link(Kind::method, link));
    push(entered.value_or(Value::none()));
    return;
  }
  if (manager.is(Kind::instance)) {
    const auto entered = call_special(m_, manager, async ? "__aenter__" : "__enter__", {});
    if (m_.raised) return;
    const auto exit = find_in_class(m_, heap.instance(manager).cls, async ? "__aexit__" : "__exit__");
    Value bound = Value::unknown_named("__exit__");
    if (exit && exit->is(Kind::function)) {
      Link link;
      link.first = manager;
      link.second = *exit;
      bound = heap.new_link(Kind::method, link);
    } else if (exit && !exit->is(Kind::descriptor)) {
      bound = *exit;
    }
    push(bound);
    push(entered.value_or(manager));
    return;
  }
  push(Value::unknown_named("__exit__"));
  push(manager);
  may_raise();
}

bool Run::matching(const ir::Instruction& at) {
  Heap& heap = m_.heap();
  const auto kind_test = [&](bool is) {
    const Value subject = top();
    const bool data = subject.kind() <= Kind::set || subject.is(Kind::byte_array) || subject.is(Kind::range);
    push(is ? Value::boolean(true) : data || (subject.is(Kind::instance) && !opaque_base(m_, subject)) ? Value::boolean(false) : Value::unknown());
  };
  switch (at.op) {
    case ir::Op::match_mapping: kind_test(plain(m_, top()).is(Kind::dict)); return true;
    case ir::Op::match_sequence: {
      const Value subject = plain(m_, top());
      kind_test(subject.is(Kind::list) || subject.is(Kind::tuple) || subject.is(Kind::range));
      return true;
    }
    case ir::Op::get_len: {
      const auto size = length(m_, top());
      push(size ? Value::integer(*size) : Value::unknown());
      return true;
    }
    case ir::Op::match_keys: {
      const Value keys = top(), subject = plain(m_, below(2));
      if (!keys.is(Kind::tuple) || !subject.is(Kind::dict)) {
        push(Value::unknown());
        return true;
      }
      std::vector<Value> values;
      const Items wanted = heap.items(keys);
      for (const Value& key : wanted) {
        const Value* held = heap.find_key(subject, key);
        if (held == nullptr) {
          push(Value::none());
          return true;
        }
        values.push_back(*held);
      }
      push(heap.new_items(Kind::tuple, values.data(), static_cast<uint32_t>(values.size())));
      return true;
    }
    case ir::Op::match_class: match_class(at); return true;
    default: return false;
  }
}

void Run::match_class(const ir::Instruction& at) {
  Heap& heap = m_.heap();
  const Value names = pop(), cls = pop(), subject = pop();
  const auto is = is_instance(m_, subject, cls);
  std::vector<Value> parts;
  const uint32_t positional = std::min<uint32_t>(at.a, 256);
  if (is && !*is) {
    push(Value::none());
    return;
  }
  const auto attributes = find_attribute(m_, cls, "__match_args__");
  m_.raised.reset();
  for (uint32_t i = 0; i < positional; ++i) {
    Value part = Value::unknown();
    if (attributes && attributes->is(Kind::tuple) && i < heap.items(*attributes).size && heap.items(*attributes)[i].is(Kind::string)) {
      part = find_attribute(m_, subject, heap.items(*attributes)[i].text()).value_or(Value::unknown());
    } else if (positional == 1 && cls.is(Kind::name)) {
      part = subject;  // str(x), int(x): the subject itself
    }
    parts.push_back(part);
  }
  const Items wanted = names.is(Kind::tuple) ? heap.items(names) : Items{};
  for (const Value& name : wanted) {
    const auto found = name.is(Kind::string) ? find_attribute(m_, subject, name.text()) : std::nullopt;
    m_.raised.reset();
    if (!found && subject.is_known()) {
      push(Value::none());
      return;
    }
    parts.push_back(found.value_or(Value::unknown()));
  }
  const Value tuple = heap.new_items(Kind::tuple, parts.data(), static_cast<uint32_t>(parts.size()));
  push(is ? tuple : parts.empty() ? Value::unknown() : tuple);
}

bool Run::python_2(const ir::Instruction& at) {
  Heap& heap = m_.heap();
  switch (at.op) {
    case ir::Op::print_item: pop(); return true;
    case ir::Op::print_newline: return true;
    case ir::Op::print_item_to: {
      const Value stream = pop(), value = pop();
      if (stream.is(Kind::object) || stream.is(Kind::instance)) {
        const auto write = find_attribute(m_, stream, "write");
        if (write && !m_.raised) m_.call(*write, std::span(&value, 1));
      }
      return true;
    }
    case ir::Op::print_newline_to: pop(); return true;
    case ir::Op::exec_statement: {
      const Value locals = pop(), globals = pop(), code = pop();
      std::vector<Value> arguments{code};
      if (globals.is(Kind::dict)) arguments.push_back(globals);
      if (globals.is(Kind::dict) && locals.is(Kind::dict)) arguments.push_back(locals);
      m_.call(m_.resolve("builtins", "exec"), arguments);
      return true;
    }
    case ir::Op::build_class_2: {
      const Value names = pop(), bases = pop(), name = pop();
      Value metaclass = Value::unknown();
      if (names.is(Kind::dict)) {
        if (const Value* given = heap.find_key(names, Value::string("__metaclass__"))) metaclass = *given;
      }
      if (metaclass.is(Kind::class_object) || metaclass.is(Kind::function)) {
        const Value arguments[] = {name, bases, names};
        const Value made = m_.call(metaclass, arguments);
        if (!m_.raised) push(made);
      } else {
        const Value made = make_class(m_, name.is_text() ? name.text() : "?", bases, names, metaclass, Value::none());
        if (!m_.raised) push(made);
      }
      return true;
    }
    case ir::Op::unknown: return true;
    default: return false;
  }
}

}  // namespace winnow::machine
