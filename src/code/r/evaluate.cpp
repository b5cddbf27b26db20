#include "code/r/evaluate.h"

#include <algorithm>

#include "code/r/parse.h"
#include "code/r/unserialize.h"

namespace winnow::r {
namespace {

constexpr int kDeepestCode = 400;           // calls inside calls, as written
constexpr size_t kDeepestCalls = 24;        // functions that call functions
constexpr uint64_t kStepsOfOne = 60'000;    // of one function or expression before it is run without entering others
constexpr uint64_t kMostSteps = 30'000'000;  // of one trace
constexpr uint64_t kItemsOfStep = 4;         // of vectors that models go through
constexpr int kMostParents = 256;
constexpr uint32_t kMostCells = 200'000;

}  // namespace

Evaluator::Evaluator(Scan& scan, Trace& trace, Pool& pool) : scan_(scan), trace_(trace), pool_(pool) {}

void Evaluator::define(std::string_view name, Id value) { set_variable(name, value, kGlobal); }

Id Evaluator::run(Id code, Id environment, When when, uint64_t offset) {
  when_ = when;
  offset_ = offset;
  if (!pool_.is(environment, Type::environment)) environment = kGlobal;
  Id value = kUnknown;
  for (const bool flat : {false, true}) {
    flat_ = flat;
    left_ = flat ? kMostSteps : kStepsOfOne;
    signal_ = Signal::none;
    depth_ = unsure_ = 0;
    active_.clear();
    current_ = environment;
    value = evaluate(code, environment);
    if (left_ > 0) break;
  }
  return value;
}

void Evaluator::run_function(Id closure, When when, uint64_t offset) {
  if (!pool_.is(closure, Type::closure)) return;
  Arguments unknown;
  const Id body = pool_[closure].c;
  const Id frame = pool_.make(Type::environment);
  pool_[frame].a = pool_[closure].a;
  bind(closure, frame, unknown);
  for (const Argument& formal : pool_.cells(pool_[closure].b, 256)) {
    if (formal.value == kMissing || formal.value == kNull) continue;
    run(formal.value, frame, when, offset);
  }
  run(body, frame, when, offset);
}

bool Evaluator::step() {
  if (left_ == 0) return false;
  --left_;
  if (++steps_ > kMostSteps || !scan_.step() || pool_.memory() > scan_.budget.memory) {
    if (!limited_) scan_.gap(trace_.artifacts[0], Fault::limit, offset_, "the budget for running R's code is used up");
    limited_ = true;
    left_ = 0;
  }
  return left_ > 0;
}

Evaluator::Environment& Evaluator::environment(Id id) {
  const auto found = environments_.find(id);
  if (found != environments_.end()) return found->second;
  Environment made;
  made.parent = pool_.is(id, Type::environment) ? pool_[id].a : kEmpty;
  fill(made, pool_[id].b);
  if (const Id table = pool_[id].c; pool_.is(table, Type::list)) {
    for (uint32_t i = 0; i < pool_[table].count; ++i) fill(made, pool_.item(table, i));
  }
  return environments_.emplace(id, std::move(made)).first->second;
}

void Evaluator::fill(Environment& made, Id cells) {
  uint32_t left = kMostCells;
  for (Id cell = cells; pool_.is(cell, Type::pairlist) && left > 0; cell = pool_[cell].c, --left) {
    if (pool_.is(pool_[cell].a, Type::symbol)) made.variables[pool_.name(pool_[cell].a)] = pool_[cell].active ? kUnknown : pool_[cell].b;
  }
}

// kNull is a value; nothing found is kUnbound.
Id Evaluator::find_variable(std::string_view name, Id id) {
  for (int left = kMostParents; left > 0 && pool_.is(id, Type::environment); --left) {
    const Environment& here = environment(id);
    const auto found = here.variables.find(name);
    if (found != here.variables.end()) return pool_.is(found->second, Type::promise) ? force(found->second) : found->second;
    if (id == kGlobal || id == kEmpty) break;
    const bool inner = pool_.is(here.parent, Type::environment) && here.parent != kBase && here.parent != kEmpty;
    id = inner ? here.parent : kGlobal;
  }
  return kUnbound;
}

void Evaluator::set_variable(std::string_view name, Id value, Id id) {
  if (!pool_.is(id, Type::environment)) id = kGlobal;
  environment(id).variables[pool_.name(pool_.symbol(name))] = value;
}

Id Evaluator::force(Id promise) {
  if (pool_[promise].b != kUnbound) return pool_[promise].b;
  const auto [at, fresh] = forced_.emplace(promise, kUnknown);
  if (!fresh) return at->second;
  const Id value = evaluate(pool_[promise].c, pool_[promise].a);
  forced_[promise] = value;
  return value;
}

Id Evaluator::evaluate(Id id, Id environment) {
  if (!step()) return kUnknown;
  switch (pool_[id].type) {
    case Type::symbol: {
      const std::string_view name = pool_.name(id);
      const Id found = find_variable(name, environment);
      if (found != kUnbound) return found == kMissing ? kUnknown : found;
      if (name == "T" || name == "F") return pool_.logical(name == "T");
      if (name == "pi") return pool_.number(3.141592653589793);
      if (const Model constant = model_of("<" + std::string(name) + ">")) return constant(*this, {});
      return pool_.function(name);
    }
    case Type::promise: return force(id);
    case Type::bytecode: return evaluate(pool_[id].b, environment);
    case Type::language: {
      if (depth_ >= kDeepestCode) {
        if (!limited_) scan_.gap(trace_.artifacts[0], Fault::limit, offset_, "R's calls are nested too deeply to be followed");
        limited_ = true;
        return kUnknown;
      }
      ++depth_;
      const Id value = call(id, environment);
      --depth_;
      return value;
    }
    case Type::marker: return kUnknown;
    default: return id;
  }
}

// What stands where the function is: a name, a text, or code that gives one.
Id Evaluator::callable(Id head, Id environment) {
  if (pool_.is(head, Type::symbol)) {
    const Id found = find_variable(pool_.name(head), environment);
    const bool function = pool_.is(found, Type::closure) || pool_.is(found, Type::function) || (found == kUnknown);
    return function ? found : pool_.function(pool_.name(head));
  }
  const Id value = evaluate(head, environment);
  if (const auto text = pool_.as_string(value); text && pool_.is(value, Type::strings)) return pool_.function(*text);
  return value;
}

Id Evaluator::call(Id id, Id environment) {
  const Id head = pool_[id].b;
  const Arguments written = pool_.cells(id);
  if (pool_[id].offset != 0) offset_ = pool_[id].offset;
  const Id function = callable(head, environment);
  if (pool_.is(function, Type::function)) {
    std::string_view name = pool_.name(function);
    if (name.starts_with("base::")) name.remove_prefix(6);
    if (const Special special = special_of(name)) return (this->*special)(id, written, environment);
  }
  return apply(function, evaluated(written, environment), written, environment);
}

Arguments Evaluator::evaluated(const Arguments& given, Id environment) {
  Arguments values;
  for (const Argument& argument : given) {
    if (pool_.is(argument.value, Type::symbol) && pool_.name(argument.value) == "...") {
      const Id dots = find_variable("...", environment);
      if (pool_.is(dots, Type::dots)) {
        for (const Argument& one : pool_.cells(dots)) values.push_back(one);
      } else {
        values.push_back({{}, kUnknown});
      }
      continue;
    }
    values.push_back({argument.name, argument.value == kMissing ? kMissing : evaluate(argument.value, environment)});
  }
  return values;
}

Id Evaluator::call_value(Id function, const Arguments& given) {
  if (!step()) return kUnknown;
  if (const auto text = pool_.as_string(function)) function = callable(pool_.symbol(*text), current_);
  return apply(function, given, given, current_);
}

Id Evaluator::apply(Id function, const Arguments& values, const Arguments& written, Id environment) {
  if (pool_.is(function, Type::closure)) return enter(function, values);
  if (pool_.is(function, Type::function)) return call_builtin(pool_.name(function), values, written, environment);
  return call_callbacks(values);
}

Id Evaluator::enter(Id closure, const Arguments& values) {
  const bool known = std::any_of(values.begin(), values.end(), [](const Argument& one) { return one.value != kUnknown && one.value != kMissing; });
  const auto running = std::count(active_.begin(), active_.end(), closure);
  if (flat_ || active_.size() >= kDeepestCalls) return kUnknown;
  if (running > 0 && (unsure_ > 0 || !known || running > 16)) return kUnknown;
  const Id frame = pool_.make(Type::environment);
  pool_[frame].a = pool_[closure].a;
  bind(closure, frame, values);
  active_.push_back(closure);
  const Id outer = current_;
  current_ = frame;
  const int unsure = unsure_;
  const Id value = evaluate(pool_[closure].c, frame);
  const Id result = signal_ == Signal::leave_function ? returned_ : value;
  unsure_ = unsure;
  signal_ = Signal::none;
  current_ = outer;
  active_.pop_back();
  return result;
}

// By name, then by place; what is left goes to the dots. Defaults are computed when they are asked for.
void Evaluator::bind(Id closure, Id frame, const Arguments& values) {
  const Arguments formals = pool_.cells(pool_[closure].b, 256);
  std::vector<bool> used(values.size(), false);
  std::vector<Id> bound(formals.size(), kUnbound);
  for (size_t f = 0; f < formals.size(); ++f) {
    for (size_t v = 0; v < values.size(); ++v) {
      if (!used[v] && !values[v].name.empty() && values[v].name == formals[f].name) used[v] = true, bound[f] = values[v].value;
    }
  }
  size_t next = 0;
  for (size_t f = 0; f < formals.size(); ++f) {
    if (formals[f].name == "...") break;
    if (bound[f] != kUnbound) continue;
    while (next < values.size() && (used[next] || !values[next].name.empty())) ++next;
    if (next < values.size()) used[next] = true, bound[f] = values[next].value;
  }
  Environment made;
  made.parent = pool_[frame].a;
  for (size_t f = 0; f < formals.size(); ++f) {
    Id value = bound[f];
    if (formals[f].name == "...") {
      Arguments rest;
      for (size_t v = 0; v < values.size(); ++v) {
        if (!used[v]) rest.push_back(values[v]);
      }
      value = rest.empty() ? kUnknown : pool_.chain(Type::dots, rest);
    } else if (value == kUnbound || value == kMissing) {
      value = kUnknown;
      if (formals[f].value != kMissing) {
        value = pool_.make(Type::promise);
        pool_[value].a = frame;
        pool_[value].b = kUnbound;
        pool_[value].c = formals[f].value;
      }
    }
    made.variables[formals[f].name] = value;
  }
  environments_[frame] = std::move(made);
}

Id Evaluator::call_builtin(std::string_view name, const Arguments& values, const Arguments& written, Id environment) {
  // A special form that is called by another's hand: do.call("if", ...), sapply(x, "(")
  std::string_view plain = name;
  if (const size_t colon = plain.rfind("::"); colon != std::string_view::npos) plain.remove_prefix(colon + 2);
  const knowledge::Callable* callable = known(name);
  if (callable == nullptr) callable = foreign(plain, values);
  if (callable != nullptr) {
    // source() of a text or of expressions runs what is known.
    const bool given_code = callable->name == "r.base.source" && std::any_of(values.begin(), values.end(), [this](const Argument& one) {
      return one.name == "exprs" || pool_.attribute(one.value, "connection") != kNull;
    });
    if (given_code) {
      for (const Argument& one : values) {
        if (pool_.is(one.value, Type::expression) || pool_.is(one.value, Type::language)) evaluate_value(one.value, current_);
        if (pool_.attribute(one.value, "connection") != kNull) evaluate_value(model_of("parse")(*this, {{"text", one.value}}), current_);
      }
      return kUnknown;
    }
    effect(*callable, values, written);
    const auto asked = callable->name == "r.base.Sys.getenv" && !values.empty() ? pool_.as_string(values[0].value) : std::nullopt;
    if (asked && (*asked == "HOME" || *asked == "USERPROFILE")) return pool_.text("~");
    return call_callbacks(values);
  }
  if (const Model model = model_of(plain)) {
    uint64_t items = 0;
    for (const Argument& one : values) items += pool_.length(one.value);
    left_ -= std::min(left_, items / kItemsOfStep);
    steps_ += items / kItemsOfStep;
    return model(*this, values);
  }
  if (const Special special = special_of(plain); special != nullptr && active_.size() < kDeepestCalls) {
    return (this->*special)(pool_.call(pool_.symbol(plain), values), values, environment);
  }
  return call_callbacks(values);
}

// Nothing is known of what is called: the functions that it is given may be called with what else it is given. So may
// code that an object hands on when it is touched (options(error = quote(...))); functions deal in code all day.
Id Evaluator::call_callbacks(const Arguments& values) {
  for (const Argument& one : values) {
    if (when_ == When::touched && pool_.is(one.value, Type::language)) evaluate(one.value, current_);
  }
  for (size_t i = 0; i < values.size(); ++i) {
    const Id value = values[i].value;
    const bool acts = pool_.is(value, Type::function) && known(pool_.name(value)) != nullptr;
    if (!acts && !pool_.is(value, Type::closure)) continue;
    if (std::count(active_.begin(), active_.end(), value) != 0) continue;
    Arguments rest;
    for (size_t k = 0; k < values.size(); ++k) {
      if (k != i && !pool_.is(values[k].value, Type::closure) && !pool_.is(values[k].value, Type::function)) rest.push_back({{}, values[k].value});
    }
    // A function that acts and is only handed on, to nothing in particular, is not called.
    if (acts && std::none_of(rest.begin(), rest.end(), [](const Argument& one) { return one.value != kUnknown; })) continue;
    ++unsure_;
    apply(value, pool_.is(value, Type::closure) ? Arguments() : rest, {}, current_);
    --unsure_;
  }
  return kUnknown;
}

std::vector<Id> Evaluator::parsed(std::string_view source, bool& whole) {
  Parsed result = parse(pool_, pool_.arena().copy(source));
  whole = !result.damage;
  return std::move(result.expressions);
}

Id Evaluator::load(std::string_view serialised) {
  if (!is_serialised(as_bytes(serialised))) return kUnknown;
  const Unserialised read = unserialize(pool_, as_bytes(serialised), scan_.budget.memory);
  return pool_.is(read.root, Type::promise) ? force(read.root) : read.root;
}

}  // namespace winnow::r
