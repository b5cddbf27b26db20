// The forms of R that do not compute their arguments first.
#include <algorithm>
#include <unordered_map>

#include "code/r/evaluate.h"

namespace winnow::r {
namespace {

constexpr size_t kMostTurns = 2'000;

bool is_name(const Pool& pool, Id id, std::string_view name) { return pool.is(id, Type::symbol) && pool.name(id) == name; }

Id named(const Arguments& given, std::string_view name, size_t position) {
  size_t place = 0;
  for (const Argument& one : given) {
    if (one.name == name) return one.value;
  }
  for (const Argument& one : given) {
    if (one.name.empty() && place++ == position) return one.value;
  }
  return kMissing;
}

}  // namespace

Evaluator::Special Evaluator::special_of(std::string_view name) {
  static const std::unordered_map<std::string_view, Special> kSpecials = {
      {"{", &Evaluator::do_block}, {"(", &Evaluator::do_block}, {"if", &Evaluator::do_if}, {"for", &Evaluator::do_for}, {"while", &Evaluator::do_while},
      {"repeat", &Evaluator::do_while}, {"function", &Evaluator::do_function}, {"<-", &Evaluator::do_assign}, {"=", &Evaluator::do_assign},
      {":=", &Evaluator::do_assign}, {"<<-", &Evaluator::do_assign_outside}, {"quote", &Evaluator::do_quote}, {"bquote", &Evaluator::do_quote},
      {"enquote", &Evaluator::do_quote}, {"alist", &Evaluator::do_expression}, {"expression", &Evaluator::do_expression}, {"~", &Evaluator::do_formula},
      {"substitute", &Evaluator::do_substitute}, {"return", &Evaluator::do_return}, {"break", &Evaluator::do_break}, {"next", &Evaluator::do_next},
      {"$", &Evaluator::do_member}, {"@", &Evaluator::do_member}, {"::", &Evaluator::do_qualified}, {":::", &Evaluator::do_qualified},
      {"missing", &Evaluator::do_missing}, {"switch", &Evaluator::do_switch}, {"eval", &Evaluator::do_evaluate}, {"evalq", &Evaluator::do_local},
      {"eval.parent", &Evaluator::do_evaluate}, {"eval_tidy", &Evaluator::do_evaluate}, {"eval_bare", &Evaluator::do_evaluate},
      {"local", &Evaluator::do_local}, {"with", &Evaluator::do_local}, {"within", &Evaluator::do_local}, {"&&", &Evaluator::do_logical},
      {"||", &Evaluator::do_logical}, {"tryCatch", &Evaluator::do_try}, {"try", &Evaluator::do_try}, {"withCallingHandlers", &Evaluator::do_try},
      {"delayedAssign", &Evaluator::do_delayed}, {"on.exit", &Evaluator::do_block}, {"suppressWarnings", &Evaluator::do_block},
      {"suppressMessages", &Evaluator::do_block}, {"invisible", &Evaluator::do_block}, {"force", &Evaluator::do_block}, {"identity", &Evaluator::do_block},
      {"library", &Evaluator::do_missing}, {"require", &Evaluator::do_missing}, {"rm", &Evaluator::do_missing}, {"UseMethod", &Evaluator::do_missing},
  };
  const auto found = kSpecials.find(name);
  return found == kSpecials.end() ? nullptr : found->second;
}

Id Evaluator::do_block(Id, const Arguments& given, Id environment) {
  Id value = kNull;
  for (const Argument& one : given) {
    if (one.value == kMissing) continue;
    value = evaluate(one.value, environment);
    if (signal_ != Signal::none) break;
  }
  return value;
}

// A branch that may not be taken: leaving it leaves nothing else.
Id Evaluator::branch(Id code, Id environment) {
  ++unsure_;
  Id value = evaluate(code, environment);
  --unsure_;
  if (signal_ == Signal::leave_function) value = returned_;
  signal_ = Signal::none;
  return value;
}

Id Evaluator::do_if(Id, const Arguments& given, Id environment) {
  if (given.size() < 2) return kUnknown;
  const auto test = pool_.as_number(evaluate(given[0].value, environment));
  if (signal_ != Signal::none) return kUnknown;
  if (test && *test != 0) return evaluate(given[1].value, environment);
  if (test) return given.size() > 2 ? evaluate(given[2].value, environment) : kNull;
  const Id yes = branch(given[1].value, environment);
  const Id no = given.size() > 2 ? branch(given[2].value, environment) : kNull;
  return yes != kUnknown && yes != kNull ? yes : no;
}

void Evaluator::run_body(Id body, Id environment) {
  evaluate(body, environment);
  if (signal_ == Signal::next_turn) signal_ = Signal::none;
}

Id Evaluator::do_for(Id, const Arguments& given, Id environment) {
  if (given.size() < 3 || !pool_.is(given[0].value, Type::symbol)) return kUnknown;
  const std::string_view variable = pool_.name(given[0].value);
  const Id over = evaluate(given[1].value, environment);
  const size_t turns = pool_.length(over);
  if (over == kUnknown || turns > kMostTurns || !pool_.is_vector(over)) {
    set_variable(variable, kUnknown, environment);
    branch(given[2].value, environment);
    return kNull;
  }
  for (size_t i = 0; i < turns && left_ > 0; ++i) {
    set_variable(variable, model_of("[[")(*this, {{{}, over}, {{}, pool_.number(static_cast<double>(i + 1))}}), environment);
    run_body(given[2].value, environment);
    if (signal_ != Signal::none) break;
  }
  if (signal_ == Signal::leave_loop) signal_ = Signal::none;
  return kNull;
}

Id Evaluator::do_while(Id, const Arguments& given, Id environment) {
  const bool repeats = given.size() == 1;
  const Id body = given.empty() ? kNull : given.back().value;
  for (size_t turn = 0; turn < kMostTurns && left_ > 0; ++turn) {
    const auto test = repeats ? std::optional(1.0) : pool_.as_number(evaluate(given[0].value, environment));
    if (test && *test == 0) return kNull;
    if (!test) {
      branch(body, environment);
      return kNull;
    }
    const uint64_t before = left_;
    run_body(body, environment);
    if (signal_ == Signal::leave_loop) {
      signal_ = Signal::none;
      return kNull;
    }
    // A loop without an end that is known, whose way out depends on what is not known, is run once.
    if (signal_ != Signal::none || (repeats && turn > 64 && before - left_ > 200)) return kNull;
  }
  return kNull;
}

Id Evaluator::do_function(Id, const Arguments& given, Id environment) {
  if (given.size() < 2) return kUnknown;
  const Id made = pool_.make(Type::closure);
  pool_[made].a = environment;
  pool_[made].b = given[0].value;
  pool_[made].c = given[1].value;
  return made;
}

Id Evaluator::do_assign(Id, const Arguments& given, Id environment) {
  if (given.size() < 2) return kUnknown;
  const Id value = evaluate(given[1].value, environment);
  assign_to(given[0].value, value, environment, false);
  return value;
}

Id Evaluator::do_assign_outside(Id, const Arguments& given, Id environment) {
  if (given.size() < 2) return kUnknown;
  const Id value = evaluate(given[1].value, environment);
  assign_to(given[0].value, value, environment, true);
  return value;
}

// A name, a text, or a part of something: x$a, x[[1]], names(x).
void Evaluator::assign_to(Id target, Id value, Id environment, bool outside) {
  if (const auto name = pool_.as_string(target)) {
    Id where = environment;
    if (outside) {
      where = pool_[environment].a;
      while (pool_.is(where, Type::environment) && where > kEmpty && this->environment(where).variables.count(*name) == 0) where = this->environment(where).parent;
      if (!pool_.is(where, Type::environment) || where <= kEmpty) where = kGlobal;
    }
    return set_variable(*name, value, where);
  }
  if (!pool_.is(target, Type::language)) return;
  const Arguments parts = pool_.cells(target, 8);
  if (parts.empty()) return;
  const Id head = pool_[target].b;
  const Id owner = evaluate(parts[0].value, environment);
  const bool item = parts.size() >= 2 && (is_name(pool_, head, "$") || is_name(pool_, head, "[[") || is_name(pool_, head, "["));
  if (!item) {
    for (size_t i = 1; i < parts.size(); ++i) evaluate(parts[i].value, environment);
    return;  // names(x) <- ..., class(x) <- ...: what is held stays what it is
  }
  const Id key = is_name(pool_, head, "$") ? pool_.text(pool_.as_string(parts[1].value).value_or("")) : evaluate(parts[1].value, environment);
  if (pool_.is(owner, Type::environment)) {
    if (const auto name = pool_.as_string(key)) set_variable(*name, value, owner);
    return;
  }
  assign_to(parts[0].value, model_of("[[<-")(*this, {{{}, owner}, {{}, key}, {{}, value}}), environment, outside);
}

Id Evaluator::do_quote(Id, const Arguments& given, Id) { return given.empty() ? kUnknown : given[0].value; }

Id Evaluator::do_expression(Id, const Arguments& given, Id) {
  std::vector<Id> items;
  for (const Argument& one : given) items.push_back(one.value);
  return pool_.items(Type::expression, items);
}

// A formula is data; functions that fit models evaluate what stands in it.
Id Evaluator::do_formula(Id call, const Arguments& given, Id environment) {
  if (when_ == When::stored) {
    for (const Argument& one : given) evaluate(one.value, environment);
  }
  return call;
}

Id Evaluator::do_substitute(Id, const Arguments& given, Id environment) {
  if (given.empty()) return kUnknown;
  const bool parameter = pool_.is(given[0].value, Type::symbol) && this->environment(environment).variables.count(pool_.name(given[0].value)) != 0;
  return parameter ? kUnknown : given[0].value;
}

Id Evaluator::do_return(Id, const Arguments& given, Id environment) {
  returned_ = given.empty() ? kNull : evaluate(given[0].value, environment);
  signal_ = Signal::leave_function;
  return returned_;
}

Id Evaluator::do_break(Id, const Arguments&, Id) {
  signal_ = Signal::leave_loop;
  return kNull;
}

Id Evaluator::do_next(Id, const Arguments&, Id) {
  signal_ = Signal::next_turn;
  return kNull;
}

Id Evaluator::do_member(Id, const Arguments& given, Id environment) {
  if (given.size() < 2) return kUnknown;
  const Id owner = evaluate(given[0].value, environment);
  const auto name = pool_.as_string(given[1].value);
  if (!name) return kUnknown;
  if (pool_.is(owner, Type::environment) && owner > kEmpty) {
    const auto& variables = this->environment(owner).variables;
    const auto found = variables.find(*name);
    if (found == variables.end()) return kUnknown;
    return pool_.is(found->second, Type::promise) ? force(found->second) : found->second;
  }
  if (pool_.is(owner, Type::environment)) return evaluate(pool_.symbol(*name), kGlobal);
  if (pool_.is(owner, Type::function)) return pool_.function(std::string(pool_.name(owner)) + "$" + std::string(*name));
  return model_of("[[")(*this, {{{}, owner}, {{}, pool_.text(*name)}});
}

Id Evaluator::do_qualified(Id, const Arguments& given, Id) {
  if (given.size() < 2) return kUnknown;
  const auto package = pool_.as_string(given[0].value), name = pool_.as_string(given[1].value);
  if (!package || !name) return kUnknown;
  return pool_.function(*package == "base" ? std::string(*name) : std::string(*package) + "::" + std::string(*name));
}

Id Evaluator::do_missing(Id, const Arguments&, Id) { return kUnknown; }

Id Evaluator::do_switch(Id, const Arguments& given, Id environment) {
  if (given.empty()) return kUnknown;
  const Id chosen = evaluate(given[0].value, environment);
  const auto text = pool_.as_string(chosen);
  const auto number = pool_.as_number(chosen);
  if (!text && !number) {
    Id value = kUnknown;
    for (size_t i = 1; i < given.size(); ++i) {
      if (given[i].value != kMissing) value = branch(given[i].value, environment);
    }
    return given.size() == 2 ? value : kUnknown;
  }
  bool found = false;
  for (size_t i = 1; i < given.size(); ++i) {
    const bool other = text && given[i].name.empty() && i + 1 == given.size();
    found = found || other || (text ? given[i].name == *text : static_cast<double>(i) == *number);
    if (found && given[i].value != kMissing) return evaluate(given[i].value, environment);
  }
  return kNull;
}

// Code that is a value: run in the environment that is given, where it is known.
Id Evaluator::evaluate_value(Id value, Id environment) {
  if (pool_.is(value, Type::expression) || (pool_.is(value, Type::list) && pool_[value].count > 0 && pool_.is(pool_.item(value, 0), Type::language))) {
    Id last = kNull;
    for (uint32_t i = 0; i < pool_[value].count; ++i) last = evaluate(pool_.item(value, i), environment);
    if (!pool_[value].complete && when_ == When::touched) {
      if (const knowledge::Callable* callable = known("eval")) effect(*callable, {{{}, kUnknown}}, {{{}, pool_.symbol("<text that is not known>")}});
    }
    return last;
  }
  return pool_.is(value, Type::language) || pool_.is(value, Type::symbol) || pool_.is(value, Type::promise) ? evaluate(value, environment) : value;
}

Id Evaluator::do_evaluate(Id, const Arguments& given, Id environment) {
  const Arguments values = evaluated(given, environment);
  const Id code = named(values, "expr", 0), where = named(values, "envir", 1);
  if (code == kMissing || active_.size() > 64) return kUnknown;
  return evaluate_value(code, pool_.is(where, Type::environment) ? where : environment);
}

// Code written here that is run elsewhere: local(), with(), evalq().
Id Evaluator::do_local(Id call, const Arguments& given, Id environment) {
  const std::string_view name = pool_.is(pool_[call].b, Type::symbol) ? pool_.name(pool_[call].b) : std::string_view();
  const bool data_first = name == "with" || name == "within";
  Id where = environment;
  if (data_first && !given.empty()) {
    const Id data = evaluate(given[0].value, environment);
    if (pool_.is(data, Type::environment)) where = data;
  }
  const Id code = named(given, "expr", data_first ? 1 : 0);
  if (code == kMissing) return kUnknown;
  if (name == "local") {
    const Id inner = pool_.make(Type::environment);
    pool_[inner].a = environment;
    where = inner;
  }
  return evaluate(code, where);
}

Id Evaluator::do_logical(Id call, const Arguments& given, Id environment) {
  if (given.size() < 2) return kUnknown;
  const bool both = pool_.is(pool_[call].b, Type::symbol) && pool_.name(pool_[call].b) == "&&";
  const auto left = pool_.as_number(evaluate(given[0].value, environment));
  if (left && (*left != 0) != both) return pool_.logical(!both);
  const auto right = pool_.as_number(left ? evaluate(given[1].value, environment) : branch(given[1].value, environment));
  if (!right) return kUnknown;
  if ((*right != 0) != both) return pool_.logical(!both);
  return left ? pool_.logical(both) : kUnknown;
}

Id Evaluator::do_try(Id, const Arguments& given, Id environment) {
  Id value = kUnknown;
  for (size_t i = 0; i < given.size(); ++i) {
    const bool code = given[i].name == "expr" || given[i].name == "finally" || (i == 0 && given[i].name.empty());
    const Id one = code ? evaluate(given[i].value, environment) : branch(given[i].value, environment);
    if (i == 0) value = one;
    if (signal_ != Signal::none) break;
    if (!code && pool_.is(one, Type::closure)) ++unsure_, enter(one, {}), --unsure_;
  }
  return value;
}

Id Evaluator::do_delayed(Id, const Arguments& given, Id environment) {
  const Id code = named(given, "value", 1);
  if (code == kMissing) return kUnknown;
  const Id value = evaluate(code, environment);
  if (const auto name = pool_.as_string(evaluate(named(given, "x", 0), environment))) set_variable(*name, value, environment);
  return kNull;
}

}  // namespace winnow::r
