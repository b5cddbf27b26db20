#include "code/ir/equivalent.h"

#include <algorithm>

#include "code/ir/equivalent_parts.h"

namespace winnow::ir {
namespace {

std::string exit_words(const Block& block) {
  switch (block.exit) {
    case Exit::jump: return "jump";
    case Exit::branch: return "branch";
    case Exit::for_iter: return "for_iter";
    case Exit::return_value: return "return";
    case Exit::raise: return "raise of " + std::to_string(block.a);
    case Exit::reraise: return "reraise";
    case Exit::end_async_for: return "end_async_for";
    case Exit::invalid: return "invalid";
  }
  return "";
}

constexpr uint32_t kFlagsThatMatter =
    CodeObject::kOptimized | CodeObject::kNewLocals | CodeObject::kVarArgs | CodeObject::kVarKeywords |
    CodeObject::kGenerator | CodeObject::kCoroutine | CodeObject::kIterableCoroutine | CodeObject::kAsyncGenerator;

}  // namespace

std::string signature_difference(const Heap& heap, const CodeObject& a, const CodeObject& b) {
  if (a.name != b.name) return "names " + std::string(a.name) + " | " + std::string(b.name);
  if (a.argcount != b.argcount || a.posonlyargcount != b.posonlyargcount || a.kwonlyargcount != b.kwonlyargcount) {
    return "numbers of parameters of " + std::string(a.name);
  }
  if (((a.flags ^ b.flags) & kFlagsThatMatter) != 0) {
    return "flags of " + std::string(a.name) + " " + std::to_string(a.flags) + " | " + std::to_string(b.flags);
  }
  size_t parameters = a.argcount + a.kwonlyargcount;
  if ((a.flags & CodeObject::kVarArgs) != 0) ++parameters;
  if ((a.flags & CodeObject::kVarKeywords) != 0) ++parameters;
  const auto& names_a = a.varnames.empty() ? a.localsplusnames : a.varnames;
  const auto& names_b = b.varnames.empty() ? b.localsplusnames : b.varnames;
  for (size_t i = 0; i < parameters; ++i) {
    if (i >= names_a.size() || i >= names_b.size()) return "parameters of " + std::string(a.name);
    if (names_a[i] != names_b[i]) {
      return "parameters " + std::string(names_a[i]) + " | " + std::string(names_b[i]);
    }
  }
  std::vector<std::string_view> free_a = a.freevars, free_b = b.freevars;
  std::sort(free_a.begin(), free_a.end());
  std::sort(free_b.begin(), free_b.end());
  if (free_a != free_b) return "free variables of " + std::string(a.name);
  if ((a.flags & CodeObject::kOptimized) == 0 || a.name.starts_with("<")) return {};
  const auto docstring = [](const CodeObject& code) {
    const bool there = !code.consts.empty() && code.consts[0].is_text() &&
                       (code.version < PythonVersion{3, 14} || (code.flags & CodeObject::kHasDocstring) != 0);
    return there ? code.consts[0] : Value::none();
  };
  if (!same_constant(heap, docstring(a), docstring(b))) return "docstrings of " + std::string(a.name);
  return {};
}

std::string Comparison::words(const Side& side) const {
  if (side.spins) return "endless loop";
  if (side.at_exit()) return exit_words(side.block());
  const Instruction& i = side.instruction();
  std::string text(op_name(i.op));
  if (!i.name.empty()) text += " " + std::string(i.name);
  if (i.a != 0) text += " " + std::to_string(i.a);
  return text;
}

bool Comparison::same_code(Value a, Value b) {
  const CodeObject& x = heap_.code(a);
  const CodeObject& y = heap_.code(b);
  const std::string difference = signature_difference(heap_, x, y);
  if (!difference.empty()) {
    fail(difference);
    return false;
  }
  for (const auto& [p, q] : verdict_.functions) {
    if (p.same_as(a) && q.same_as(b)) return true;
  }
  verdict_.functions.emplace_back(a, b);
  return true;
}

bool Comparison::same(Symbol a, Symbol b) {
  if (a == b) return true;
  if (a.kind == Symbol::code && b.kind == Symbol::code) {
    return same_code(Value::heap(Kind::code, a.index), Value::heap(Kind::code, b.index));
  }
  return false;
}

// Locals that were assigned on both sides since the last effect must have got the same.
bool Comparison::commit() {
  if (a_.pending.empty() && b_.pending.empty()) return true;
  // Assigning a variable to itself changes nothing.
  const auto settle = [](std::map<uint32_t, Symbol>& pending) {
    std::erase_if(pending, [](const auto& entry) {
      return entry.second == Symbol{entry.first, Symbol::local, false};
    });
  };
  settle(a_.pending);
  settle(b_.pending);
  auto x = a_.pending.begin();
  auto y = b_.pending.begin();
  const auto name_of = [&](uint32_t id) {
    for (const auto& [name, known] : name_ids_) {
      if (known == id) return std::string(name);
    }
    return std::string();
  };
  for (; x != a_.pending.end() || y != b_.pending.end(); ++x, ++y) {
    if (x == a_.pending.end() || y == b_.pending.end() || x->first != y->first) {
      const bool only_a = y == b_.pending.end() || (x != a_.pending.end() && x->first < y->first);
      fail("only one side stores " + name_of(only_a ? x->first : y->first));
      return false;
    }
    if (!same(x->second, y->second)) {
      fail("different values are stored to " + name_of(x->first));
      return false;
    }
  }
  return commit_stacks(a_.pending);
}

// Old values of assigned locals that are still on a stack get names of their own.
bool Comparison::commit_stacks(const std::map<uint32_t, Symbol>& assigned) {
  std::map<uint32_t, Symbol> old;
  const auto rename = [&](Stack& stack) {
    for (Symbol& symbol : stack) {
      if (symbol.kind != Symbol::local || assigned.count(symbol.index) == 0) continue;
      auto [at, inserted] = old.emplace(symbol.index, Symbol{});
      if (inserted) at->second = new_symbol();
      const bool negated = symbol.negated;
      symbol = at->second;
      symbol.negated = negated;
    }
  };
  for (Side* side : {&a_, &b_}) {
    rename(side->stack);
    for (Side::Caught& caught : side->caught) rename(caught.kept);
  }
  // What was just stored and is on a stack, too, is known by the variable's name.
  for (const auto& [name, value] : assigned) {
    if (value.kind != Symbol::fresh && value.kind != Symbol::fresh_bool) continue;
    if (value.kind == Symbol::fresh_bool) continue;
    for (Side* side : {&a_, &b_}) {
      for (Symbol& symbol : side->stack) {
        if (symbol.kind == value.kind && symbol.index == value.index && !value.negated) {
          symbol = {name, Symbol::local, symbol.negated};
        }
      }
    }
  }
  if (known_.kind == Symbol::local && assigned.count(known_.index) != 0) known_ = {};
  a_.pending.clear();
  b_.pending.clear();
  return true;
}

Verdict equivalent(const Body& a, const Body& b, Heap& heap, const EquivalenceLimits& limits) {
  Verdict verdict = Comparison(a, b, heap, limits).run();
  if (!limits.nested) return verdict;
  // Pairs of functions are worked off in the order of their making, each once.
  std::vector<std::pair<Value, Value>> work = verdict.functions;
  for (size_t at = 0; at < work.size() && verdict; ++at) {
    const std::shared_ptr<const Body> x = heap.code(work[at].first).body, y = heap.code(work[at].second).body;
    if (x == nullptr || y == nullptr) {
      verdict.kind = Verdict::Kind::undecided;
      verdict.why = "no body of " + std::string(heap.code(work[at].first).name);
      break;
    }
    EquivalenceLimits inner = limits;
    inner.nested = false;
    Verdict next = Comparison(*x, *y, heap, inner).run();
    for (const auto& pair : next.functions) {
      const bool known = std::any_of(work.begin(), work.end(), [&](const auto& other) {
        return other.first.same_as(pair.first) && other.second.same_as(pair.second);
      });
      if (!known) work.push_back(pair);
    }
    if (!next) {
      next.why = std::string(heap.code(work[at].first).name) + ": " + next.why;
      verdict = std::move(next);
    }
  }
  verdict.functions = std::move(work);
  return verdict;
}

Verdict equivalent(const CodeObject& a, const CodeObject& b, Heap& heap, const EquivalenceLimits& limits) {
  Verdict verdict;
  verdict.why = signature_difference(heap, a, b);
  if (verdict.why.empty() && (a.body == nullptr || b.body == nullptr)) verdict.why = "no body";
  if (!verdict.why.empty()) {
    verdict.kind = Verdict::Kind::different;
    return verdict;
  }
  return equivalent(*a.body, *b.body, heap, limits);
}

}  // namespace winnow::ir
