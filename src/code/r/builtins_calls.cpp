// Functions that call functions, find them by name, and make code of texts.
#include <algorithm>

#include "code/r/builtins.h"

namespace winnow::r {
namespace {

Id do_call(Evaluator& e, const Arguments& a) {
  Pool& pool = e.pool();
  const Id function = given(a, "what", 0), held = given(a, "args", 1);
  Arguments arguments;
  if (held != kMissing && held != kUnknown) {
    const std::vector<Id> items = items_of(pool, held);
    for (size_t i = 0; i < items.size() && i < 256; ++i) arguments.push_back({pool.name_of_item(held, i), items[i]});
  } else {
    arguments.push_back({{}, kUnknown});
  }
  return function == kMissing ? kUnknown : e.call_value(function, arguments);
}

// lapply and its kin: the function is called for each item; once, where they are not known.
Id apply_each(Evaluator& e, const Arguments& a, bool function_first) {
  Pool& pool = e.pool();
  Id function = given(a, function_first ? "f" : "FUN", function_first ? 0 : 1);
  if (function == kMissing) function = given(a, function_first ? "FUN" : ".f", function_first ? 0 : 1);
  const Id over = given(a, function_first ? "x" : "X", function_first ? 1 : 0);
  if (function == kMissing || over == kMissing) return kUnknown;
  Arguments rest;
  size_t place = 0;
  for (const Argument& one : a) {
    if (one.name.empty() && place++ < 2) continue;
    if (one.name == "FUN" || one.name == "f" || one.name == "X" || one.name == ".f" || one.name == "FUN.VALUE" || one.name == "USE.NAMES" || one.name == "SIMPLIFY") continue;
    rest.push_back(one);
  }
  std::vector<Id> items = over == kUnknown || !pool.is_vector(over) ? std::vector<Id>{kUnknown} : items_of(pool, over);
  if (items.size() > 2'000) items.resize(2'000);
  std::vector<Id> out;
  for (const Id item : items) {
    Arguments arguments{{{}, item}};
    arguments.insert(arguments.end(), rest.begin(), rest.end());
    out.push_back(e.call_value(function, arguments));
  }
  return over == kUnknown ? kUnknown : pool.items(Type::list, out);
}

Id lapply(Evaluator& e, const Arguments& a) { return apply_each(e, a, false); }
Id sapply(Evaluator& e, const Arguments& a) {
  const Id list = apply_each(e, a, false);
  return e.pool().is(list, Type::list) ? combined(e.pool(), {{{}, list}}, true) : kUnknown;
}
Id map(Evaluator& e, const Arguments& a) { return apply_each(e, a, true); }

Id reduce(Evaluator& e, const Arguments& a) {
  const Id function = given(a, "f", 0), over = given(a, "x", 1), start = given(a, "init", 2);
  if (function == kMissing || over == kMissing) return kUnknown;
  if (over == kUnknown) return e.call_value(function, {{{}, kUnknown}, {{}, kUnknown}});
  Id value = start == kMissing ? kNull : start;
  bool first = start == kMissing;
  std::vector<Id> items = items_of(e.pool(), over);
  if (items.size() > 2'000) items.resize(2'000);
  for (const Id item : items) {
    value = first ? item : e.call_value(function, {{{}, value}, {{}, item}});
    first = false;
  }
  return value;
}

Id filter(Evaluator& e, const Arguments& a) {
  const Id function = given(a, "f", 0);
  apply_each(e, a, true);
  return function == kMissing ? kUnknown : kUnknown;
}

// get("system"), match.fun("system"): what the name stands for.
Id get(Evaluator& e, const Arguments& a) {
  const Id value = given(a, "x", 0);
  Id where = given(a, "envir", 99);
  if (where == kMissing) where = given(a, "pos", 1);
  const auto name = e.pool().as_string(value);
  if (!name) return value == kMissing || !(e.pool().is(value, Type::closure) || e.pool().is(value, Type::function)) ? kUnknown : value;
  return e.evaluate(e.pool().symbol(*name), e.pool().is(where, Type::environment) ? where : e.environment_of_call());
}

Id match_function(Evaluator& e, const Arguments& a) {
  const Id value = a.empty() ? kMissing : a[0].value;
  if (const auto name = e.pool().as_string(value)) return e.evaluate(e.pool().symbol(*name), e.environment_of_call());
  return value == kMissing ? kUnknown : value;
}

Id from_namespace(Evaluator& e, const Arguments& a) {
  const bool package_first = true;
  const auto package = e.pool().as_string(given(a, "ns", package_first ? 0 : 1)), name = e.pool().as_string(given(a, "name", 1));
  return package && name ? e.pool().function(*package == "base" ? std::string(*name) : std::string(*package) + "::" + std::string(*name)) : kUnknown;
}
Id get_from_namespace(Evaluator& e, const Arguments& a) {
  const auto name = e.pool().as_string(given(a, "x", 0)), package = e.pool().as_string(given(a, "ns", 1));
  return package && name ? e.pool().function(*package == "base" ? std::string(*name) : std::string(*package) + "::" + std::string(*name)) : kUnknown;
}

// A connection to a text: the text, marked as what it is.
Id text_connection(Evaluator& e, const Arguments& a) {
  const auto lines = strings_of(e.pool(), given(a, "object", 0));
  if (!lines) return kUnknown;
  const Id out = make_strings(e.pool(), *lines);
  const Id attributes = e.pool().chain(Type::pairlist, {{"connection", e.pool().logical(true)}});
  e.pool()[out].attributes = attributes;
  return out;
}

Id parse_text(Evaluator& e, const Arguments& a) {
  Pool& pool = e.pool();
  Id text = given(a, "text", 99);
  if (text == kMissing) {
    const Id file = given(a, "file", 0);
    text = file == kMissing || pool.attribute(file, "connection") != kNull ? file : kUnknown;
  }
  const auto lines = text == kMissing ? std::nullopt : strings_of(pool, text);
  std::vector<Id> code;
  bool whole = false;
  if (lines) {
    std::string all;
    for (const std::string& line : *lines) (all += line) += '\n';
    code = e.parsed(all, whole);
  }
  const Id out = pool.items(Type::expression, code);
  pool[out].complete = lines.has_value();
  return out;
}

Id one_expression(Evaluator& e, const Arguments& a) {
  const auto text = string_of(e.pool(), a.empty() ? kMissing : a[0].value);
  bool whole = false;
  const std::vector<Id> code = text ? e.parsed(*text, whole) : std::vector<Id>();
  return code.empty() ? kUnknown : code.size() == 1 ? code[0] : e.pool().items(Type::expression, code);
}

Id as_symbol(Evaluator& e, const Arguments& a) {
  const auto text = string_of(e.pool(), a.empty() ? kMissing : a[0].value);
  return text ? e.pool().symbol(*text) : kUnknown;
}

// call("system", "id")
Id make_call(Evaluator& e, const Arguments& a) {
  if (a.empty()) return kUnknown;
  const auto name = e.pool().as_string(a[0].value);
  const Id function = name ? e.pool().symbol(*name) : a[0].value;
  return e.pool().call(function, {a.begin() + 1, a.end()});
}

Id as_call(Evaluator& e, const Arguments& a) {
  if (a.empty() || !e.pool().is(a[0].value, Type::list)) return a.empty() ? kUnknown : a[0].value;
  const std::vector<Id> items = items_of(e.pool(), a[0].value);
  if (items.empty()) return kUnknown;
  Arguments rest;
  for (size_t i = 1; i < items.size(); ++i) rest.push_back({e.pool().name_of_item(a[0].value, i), items[i]});
  const auto name = e.pool().as_string(items[0]);
  return e.pool().call(name ? e.pool().symbol(*name) : items[0], rest);
}

Id assign(Evaluator& e, const Arguments& a) {
  const auto name = e.pool().as_string(given(a, "x", 0));
  const Id value = given(a, "value", 1);
  Id where = given(a, "envir", 99);
  if (where == kMissing) where = given(a, "pos", 2);
  if (name && value != kMissing) e.set_variable(*name, value, e.pool().is(where, Type::environment) ? where : e.environment_of_call());
  return value == kMissing ? kUnknown : value;
}

Id as_function(Evaluator& e, const Arguments& a) {
  const Id value = a.empty() ? kUnknown : a[0].value;
  if (e.pool().is(value, Type::closure) || e.pool().is(value, Type::function)) return value;
  const bool parts = e.pool().is(value, Type::list) || e.pool().is(value, Type::expression);
  const std::vector<Id> items = parts ? items_of(e.pool(), value) : std::vector<Id>();
  if (items.empty()) return kUnknown;
  const Id made = e.pool().make(Type::closure);
  e.pool()[made].a = e.environment_of_call();
  e.pool()[made].c = items.back();
  return made;
}

Id function_body(Evaluator& e, const Arguments& a) {
  const Id value = a.empty() ? kUnknown : a[0].value;
  return e.pool().is(value, Type::closure) ? e.pool()[value].c : kUnknown;
}

Id new_environment(Evaluator& e, const Arguments&) {
  const Id made = e.pool().make(Type::environment);
  e.pool()[made].a = e.environment_of_call();
  return made;
}
Id this_environment(Evaluator& e, const Arguments&) { return e.environment_of_call(); }
Id global_environment(Evaluator&, const Arguments&) { return kGlobal; }
Id base_environment(Evaluator&, const Arguments&) { return kBase; }

// A package as an environment: its functions are found by their names.
Id package_environment(Evaluator& e, const Arguments& a) {
  const Id value = a.empty() ? kUnknown : a[0].value;
  return e.pool().is(value, Type::environment) ? value : kBase;
}

Id get_many(Evaluator& e, const Arguments& a) {
  const auto names = strings_of(e.pool(), given(a, "x", 0));
  if (!names) return kUnknown;
  std::vector<Id> out;
  for (const std::string& name : *names) out.push_back(e.evaluate(e.pool().symbol(name), e.environment_of_call()));
  return e.pool().items(Type::list, out);
}

// Vectorize(f), partial(f): still f, as far as calls are concerned.
Id same_function(Evaluator&, const Arguments& a) { return a.empty() || a[0].value == kMissing ? kUnknown : a[0].value; }

Id names_of(Evaluator& e, const Arguments& a) {
  const Id value = a.empty() ? kUnknown : a[0].value;
  if (value == kUnknown || value == kMissing || !e.pool().is_vector(value)) return kUnknown;
  return e.pool().attribute(value, "names");
}

// A module of Python: its functions are known by their own names.
Id python_module(Evaluator& e, const Arguments& a) {
  const auto name = e.pool().as_string(given(a, "module", 0));
  return name ? e.pool().function("python::" + std::string(*name)) : kUnknown;
}

// What getAnywhere() gives: a list whose `objs` are the functions.
Id found_anywhere(Evaluator& e, const Arguments& a) {
  Pool& pool = e.pool();
  const auto name = pool.as_string(given(a, "x", 0));
  if (!name) return kUnknown;
  const Id found = pool.items(Type::list, {pool.function(*name)});
  const Id out = pool.items(Type::list, {found});
  const Id attributes = pool.chain(Type::pairlist, {{"names", pool.text("objs")}});
  pool[out].attributes = attributes;
  return out;
}
Id outer_environment(Evaluator& e, const Arguments&) { return e.pool()[e.environment_of_call()].a; }

Id active_binding(Evaluator& e, const Arguments& a) {
  const Id function = given(a, "fun", 1);
  return function == kMissing ? kUnknown : e.call_value(function, {});
}

Id unserialised(Evaluator& e, const Arguments& a) {
  const Id value = given(a, "connection", 0);
  return e.pool().is(value, Type::raw) ? e.load(as_text(e.pool()[value].data)) : kUnknown;
}

Id nothing(Evaluator&, const Arguments&) { return kUnknown; }

constexpr Entry kCalls[] = {
    {"do.call", do_call}, {"exec", do_call}, {"invoke", do_call}, {"lapply", lapply}, {"sapply", sapply}, {"vapply", sapply}, {"map", lapply}, {"walk", lapply},
    {"map_chr", sapply}, {"mclapply", lapply}, {"future_map", lapply}, {"parLapply", map}, {"Map", map}, {"mapply", map}, {"Reduce", reduce}, {"Filter", filter},
    {"get", get}, {"get0", get}, {"dynGet", get}, {"match.fun", match_function}, {"as_function", match_function}, {"getExportedValue", from_namespace},
    {"getFromNamespace", get_from_namespace}, {"parse", parse_text}, {"str2expression", one_expression}, {"str2lang", one_expression},
    {"parse_expr", one_expression}, {"parse_quo", one_expression}, {"as.name", as_symbol}, {"as.symbol", as_symbol}, {"sym", as_symbol}, {"call", make_call},
    {"call2", make_call}, {"as.call", as_call}, {"assign", assign}, {"as.function", as_function}, {"body", function_body}, {"new.env", new_environment},
    {"environment", this_environment}, {"sys.frame", this_environment}, {"globalenv", global_environment}, {"topenv", global_environment},
    {"baseenv", base_environment}, {"getAnywhere", found_anywhere}, {"parent.frame", outer_environment}, {"parent.env", outer_environment}, {"makeActiveBinding", active_binding}, {"unserialize", unserialised},
    {"is.function", nothing}, {"exists", nothing}, {"inherits", nothing}, {"attr", nothing}, {"class", nothing}, {"names", names_of},
    {"as.environment", package_environment}, {"getNamespace", package_environment}, {"asNamespace", package_environment}, {"loadNamespace", package_environment},
    {"textConnection", text_connection}, {"mget", get_many}, {"getFunction", get}, {"Vectorize", same_function}, {"Negate", same_function}, {"partial", same_function}, {"memoise", same_function},
    {"possibly", same_function}, {"safely", same_function}, {"cmpfun", same_function}, {"import", python_module}, {"import_builtins", nothing},
};

}  // namespace

std::span<const Entry> call_models() { return kCalls; }

}  // namespace winnow::r
