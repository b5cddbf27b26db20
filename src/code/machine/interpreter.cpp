#include "code/machine/interpreter.h"

#include <algorithm>
#include <cassert>

#include "code/machine/objects.h"
#include "code/machine/operators.h"
#include "knowledge/knowledge.h"

namespace winnow::machine {

namespace {

// A str of Python 2 is bytes; where it is plain text, the text is what the program means.
Value in_python_3(Machine& m, Value value, int depth) {
  if (value.is(Kind::bytes)) return m.ascii(value.text()) ? Value::string(value.text()) : value;
  if (!value.is(Kind::tuple) || depth > 3) return value;
  std::vector<Value> items;
  bool changed = false;
  for (const Value& item : Items(m.heap().items(value))) {
    items.push_back(in_python_3(m, item, depth + 1));
    changed = changed || !items.back().same_as(item);
  }
  return changed ? m.heap().new_items(Kind::tuple, items.data(), static_cast<uint32_t>(items.size())) : value;
}

}  // namespace

namespace {

// What a call gives whose sides end with different values: nothing is known of plain ones, which conditions test;
// of others the first stands, since calling something tells more than calling nothing.
Value either(Value one, Value other) {
  const auto plain = [](Value v) {
    return v.is(Kind::none) || v.is(Kind::boolean) || v.is(Kind::integer) || v.is(Kind::real) || v.is_text();
  };
  if (!one.is_known()) return plain(other) ? one : other;
  return plain(one) && plain(other) ? Value::unknown() : one;
}

}  // namespace

Run::Run(Machine& machine) : m_(machine), running_(machine.running()), outer_place_(machine.place) {
  running_.runs.push_back(this);
  m_.place.code = true;
  redo_base_ = m_.heap().redo_size();
}

Run::~Run() {
  if (journaling_) m_.heap().end_journal();
  running_.runs.pop_back();
  m_.place = outer_place_;
}

Run::Outcome Run::run(Frame first) {
  first.guard = 0;
  frames_.push_back(std::move(first));
  note_block(frames_.back());
  do {
    done_ = false;
    steps();
  } while (next_side());
  if (journaling_) m_.heap().replay_journal(redo_base_);
  return first_ ? std::move(*first_) : Outcome();
}

// Counts an instruction; false when the budget has run out, which is told once.
bool Run::pays() {
  const bool looks = running_.steps % 1024 == 0;
  if (++running_.steps <= running_.limit && !(looks && (m_.exhausted() || !m_.scan().in_time()))) return true;
  if (m_.enters_left && !m_.exhausted() && m_.scan().in_time()) {
    leave_off();
  } else if (!running_.told_steps) {
    running_.told_steps = true;
    const Artifact& at = m_.trace().artifacts[m_.place.artifact];
    const bool late = looks && !m_.exhausted() && running_.steps <= running_.limit;
    if (!late) m_.scan().ran_out(m_.exhausted() ? Limit::memory : Limit::code_steps);
    m_.scan().gap(at, Fault::limit, m_.place.offset,
                  late ? "the time is up while the code runs" : m_.exhausted() ? "the values of the code take more memory than the budget allows"
                                 : "the code runs longer than the budget of steps allows");
  }
  return false;
}

// A budget ran out: what stands here, and the sides that wait, are kept for those who go on from there (run.cpp).
void Run::leave_off() {
  const auto keep = [&](const std::vector<Frame>& frames) {
    for (const Frame& frame : frames) {
      if (frame.body != nullptr) running_.left.emplace(frame.body, frame);
    }
  };
  keep(frames_);
  for (const Side& side : sides_) keep(side.frames);
}

void Run::note_block(Frame& f) {
  if (f.body == nullptr) return;
  if (f.seen == nullptr) {
    f.seen = &running_.seen[f.body];
    if (f.seen->size() < f.body->blocks.size()) f.seen->resize(f.body->blocks.size(), 0);
  }
  if (f.block < f.seen->size()) (*f.seen)[f.block] = 1;
}

void Run::steps() {
  while (!done_) {
    if (frames_.empty()) return finish({});
    if (!pays()) {
      sides_.clear();
      frames_.clear();
      return finish({});
    }
    Frame& f = frame();
    if (f.body == nullptr || f.block >= f.body->blocks.size()) {
      return_value(Value::unknown());
      continue;
    }
    if (f.gives_up) {
      return_value(Value::unknown());
      continue;
    }
    const ir::Block& block = f.body->blocks[f.block];
    if (f.at < block.instructions.size()) {
      const size_t height = f.stack.size();
      const ir::Instruction& at = block.instructions[f.at++];
      const CodeObject& code = m_.heap().code(f.code);
      if (!f.of_text) m_.place.line = at.line;
      m_.place.offset = code.offset + at.offset;
      if (code.artifact != 0) m_.place.artifact = code.artifact;
      execute(at);
      if (m_.raised && !done_ && goes_on(at, height)) continue;
    } else {
      if (!f.of_text) m_.place.line = block.exit_line;
      m_.place.offset = m_.heap().code(f.code).offset + block.exit_offset;
      leave();
    }
    if (m_.raised && !done_) {
      const Value exception = *m_.raised;
      m_.raised.reset();
      unwind(exception);
    }
  }
}

// An exception that nobody handles ends the program in Python. Here it may come of a model that knows less than the
// library does, so that what stands behind would never be seen: the program goes on, with nothing known of the result.
bool Run::goes_on(const ir::Instruction& at, size_t height) {
  constexpr uint32_t kMostLeft = 200;
  if (running_.runs.size() != 1 || frames_.empty() || running_.went_on >= kMostLeft) return false;
  for (const Frame& f : frames_) {
    if (f.body == nullptr || f.block >= f.body->blocks.size() || f.body->blocks[f.block].handler != ir::kNoBlock || f.generator) return false;
  }
  // Told by the program itself: the end of iterators, and what its own functions raise.
  if (is_instance(m_, *m_.raised, m_.resolve("builtins", "StopIteration")).value_or(true)) return false;
  ++running_.went_on;
  m_.raised.reset();
  const ir::Effect effect = ir::effect(at);
  auto& stack = frame().stack;
  stack.resize(height > effect.pops ? height - effect.pops : 0, Value::unknown());
  stack.resize(stack.size() + effect.pushes, Value::unknown());
  return true;
}

void Run::execute(const ir::Instruction& at) {
  switch (at.op) {
    case ir::Op::load_const: push(frame().body->version.major == 2 ? in_python_3(m_, at.value, 0) : at.value); return;
    case ir::Op::pop: pop(); return;
    case ir::Op::copy: push(below(at.a)); return;
    case ir::Op::swap: {
      Value& other = below(at.a);  // makes the stack as high as it has to be
      std::swap(frame().stack.back(), other);
      return;
    }
    case ir::Op::rotate: {
      below(at.a);
      auto& stack = frame().stack;
      std::rotate(stack.end() - at.a, stack.end() - 1, stack.end());
      return;
    }
    default: break;
  }
  const bool done = names(at) || operators(at) || displays(at) || calls(at) || iteration(at) || handlers(at) || matching(at) || python_2(at);
  static_cast<void>(done);
}

Value Run::pop() {
  Frame& f = frame();
  if (!f.stack.empty()) {
    const Value value = f.stack.back();
    f.stack.pop_back();
    return value;
  }
  // CPython's stack stands behind the locals: what pops too much gets those.
  const uint32_t back = ++f.underflow;
  if (back > f.locals.size()) return Value::unknown();
  return f.locals[f.locals.size() - back].value;
}

std::vector<Value> Run::pop_many(uint32_t count) {
  std::vector<Value> out;
  count = std::min<uint32_t>(count, 1u << 16);
  for (uint32_t i = 0; i < count; ++i) out.push_back(pop());
  std::reverse(out.begin(), out.end());
  return out;
}

Value& Run::below(uint32_t depth) {
  auto& stack = frame().stack;
  depth = std::clamp<uint32_t>(depth, 1, 1u << 16);
  if (stack.size() < depth) stack.insert(stack.begin(), depth - stack.size(), Value::unknown());
  return stack[stack.size() - depth];
}

void Run::enter_block(ir::BlockId block) {
  Frame& f = frame();
  f.block = block;
  f.at = 0;
  note_block(f);
  if (!journaling_ || !joins(f, block)) return;
  const bool fresh = states_.insert(state_hash()).second;
  if (!fresh && aside_) {
    frames_.clear();
    done_ = true;
  }
}

void Run::leave() {
  Frame& f = frame();
  const ir::Block& block = f.body->blocks[f.block];
  switch (block.exit) {
    case ir::Exit::jump:
      // A loop whose head decides ends there.
      if (block.target <= f.block && f.body->blocks[block.target].exit != ir::Exit::for_iter &&
          f.body->blocks[block.target].exit != ir::Exit::branch && endless(f, block.target)) {
        return leave_loop(block.target);
      }
      return enter_block(block.target);
    case ir::Exit::branch: return branch(truth(m_, pop()));
    case ir::Exit::for_iter: return for_iter();
    case ir::Exit::return_value: return return_value(pop());
    case ir::Exit::raise: {
      if (block.a == 0) {
        m_.raised = f.handled.empty() ? Value::unknown() : f.handled.back();
        return;
      }
      std::vector<Value> values = pop_many(block.a);
      Value exception = values[0];
      const bool name = exception.is(Kind::name);
      if (block.a == 3 || (block.a == 2 && f.body->version.major == 2)) {
        // raise Type, value
        const Value argument = values[1];
        if (name) exception = new_exception(m_, exception, std::span(&argument, argument.is(Kind::none) ? 0 : 1));
      } else if (name && is_exception_name(m_.heap().name(exception).canonical)) {
        exception = new_exception(m_, exception, {});
      } else if (exception.is(Kind::class_object)) {
        exception = instantiate(m_, exception, {}, Value::none());
      }
      // What was handled here is the new one's context, what stands behind `from` its cause; attributes keep both.
      if (!m_.raised && exception.is(Kind::instance) && m_.heap().instance(exception).attributes.is(Kind::dict)) {
        const Value held = m_.heap().instance(exception).attributes;
        if (!f.handled.empty() && !f.handled.back().same_as(exception)) m_.heap().set_key(held, "__context__", f.handled.back());
        if (block.a == 2 && f.body->version.major > 2) m_.heap().set_key(held, "__cause__", values[1]);
      }
      if (!m_.raised) m_.raised = exception;
      return;
    }
    case ir::Exit::reraise: m_.raised = pop(); return;
    case ir::Exit::end_async_for: {
      const Value exception = pop();
      pop();
      const auto ends = is_instance(m_, exception, m_.resolve("builtins", "StopAsyncIteration"));
      if (ends && !*ends) {
        m_.raised = exception;
        return;
      }
      return enter_block(block.target);
    }
    case ir::Exit::invalid: return return_value(Value::unknown());
  }
}

void Run::return_value(Value value) {
  Frame f = std::move(frame());
  frames_.pop_back();
  switch (f.after) {
    case After::push: break;
    case After::extra: value = f.extra; break;
    case After::make_class: {
      const Items parts = m_.heap().items(f.extra);  // name, bases, metaclass, keywords
      const Value metaclass = parts[2];
      const Value arguments[] = {parts[0], parts[1], f.names};
      const bool plain_name = metaclass.is(Kind::name) && knowledge::policy_of(m_.heap().name(metaclass).canonical) != knowledge::Policy::foreign;
      if (metaclass.is(Kind::class_object)) value = instantiate(m_, metaclass, arguments, parts[3]);
      else if (plain_name || !metaclass.is_known()) value = make_class(m_, parts[0].text(), parts[1], f.names, metaclass, parts[3]);
      else value = m_.call(metaclass, arguments, parts[3]);
      break;
    }
  }
  if (frames_.empty()) return finish({value, std::nullopt, false, std::nullopt});
  if (!m_.raised) push(value);
}

// An exception goes up to the nearest handler.
void Run::unwind(Value exception) {
  while (!frames_.empty()) {
    Frame& f = frame();
    const ir::Block* block = f.body != nullptr && f.block < f.body->blocks.size() ? &f.body->blocks[f.block] : nullptr;
    if (block != nullptr && block->handler != ir::kNoBlock && !endless(f, block->handler)) {
      f.stack.resize(std::min<uint32_t>(block->handler_depth, 1u << 16), Value::unknown());
      f.stack.push_back(exception);
      f.delegating = false;
      const uint32_t handled = block->handler < f.body->blocks.size() ? f.body->blocks[block->handler].handled : 0;
      if (f.handled.size() > handled) f.handled.resize(handled);
      return enter_block(block->handler);
    }
    frames_.pop_back();
  }
  finish({Value::unknown(), exception, false, std::nullopt});
}

void Run::finish(Outcome outcome) {
  done_ = true;
  if (!first_) {
    first_ = std::move(outcome);
    journal_base_ = m_.heap().journal_size();
    return;
  }
  // A side that returns tells more than one that raises, something known more than something unknown.
  if (outcome.yielded || first_->yielded || outcome.raised) return;
  if (first_->raised) {
    *first_ = std::move(outcome);
  } else if (!first_->value.same_as(outcome.value)) {
    // Whoever called gets the one or the other.
    first_->value = either(first_->value, outcome.value);
  }
}

// Goes back to the last fork; false when all sides have run.
bool Run::next_side() {
  if (sides_.empty()) {
    if (journaling_ && aside_) m_.heap().rewind_journal(journal_base_, Heap::Redo::drop);
    return false;
  }
  Side side = std::move(sides_.back());
  sides_.pop_back();
  Heap& heap = m_.heap();
  if (side.mark < journal_base_) {
    heap.rewind_journal(journal_base_, Heap::Redo::drop);
    heap.rewind_journal(side.mark, Heap::Redo::keep);
    journal_base_ = side.mark;
  } else {
    heap.rewind_journal(side.mark, Heap::Redo::drop);
  }
  frames_ = std::move(side.frames);
  aside_ = true;
  m_.raised.reset();
  forget(side.forgotten);
  return true;
}

}  // namespace winnow::machine
