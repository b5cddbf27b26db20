// Vectors and lists: making, joining, taking parts, arithmetic.
#include <algorithm>
#include <cmath>

#include "code/r/builtins.h"

namespace winnow::r {
namespace {

Id combine(Evaluator& e, const Arguments& a) { return combined(e.pool(), a, false); }

Id unlist(Evaluator& e, const Arguments& a) { return a.empty() ? kNull : combined(e.pool(), {{{}, a[0].value}}, true); }

Id make_list(Evaluator& e, const Arguments& a) {
  std::vector<Id> items;
  std::vector<std::string_view> names;
  bool named = false;
  for (const Argument& one : a) {
    items.push_back(one.value == kMissing ? kUnknown : one.value);
    names.push_back(one.name);
    named = named || !one.name.empty();
  }
  Pool& pool = e.pool();
  const Id out = pool.items(Type::list, items);
  if (named) {
    const Id held = pool.texts(names);
    const Id attributes = pool.chain(Type::pairlist, {{"names", held}});
    pool[out].attributes = attributes;
  }
  return out;
}

constexpr size_t kMostCompared = 4'000'000;  // items with items

// Positions that an index means, from 0; nothing where it is not known.
std::optional<std::vector<size_t>> positions(const Pool& pool, Id of, Id index) {
  std::vector<size_t> out;
  const size_t count = pool.length(of);
  if (index == kMissing) {
    for (size_t i = 0; i < count && i < kMostItems; ++i) out.push_back(i);
    return out;
  }
  if (pool.is(index, Type::strings)) {
    const auto wanted = strings_of(pool, index);
    if (!wanted || wanted->size() * count > kMostCompared) return std::nullopt;
    for (const std::string& name : *wanted) {
      for (size_t i = 0; i < count; ++i) {
        if (pool.name_of_item(of, i) != name) continue;
        out.push_back(i);
        break;
      }
    }
    return out;
  }
  const auto numbers = numbers_of(pool, index);
  if (!numbers) return std::nullopt;
  if (pool.is(index, Type::logical)) {
    for (size_t i = 0; i < count && !numbers->empty(); ++i) {
      if ((*numbers)[i % numbers->size()] != 0) out.push_back(i);
    }
    return out;
  }
  if (!numbers->empty() && numbers->front() < 0) {
    if (numbers->size() * count > kMostCompared) return std::nullopt;
    for (size_t i = 0; i < count && i < kMostItems; ++i) {
      if (std::find(numbers->begin(), numbers->end(), -static_cast<double>(i + 1)) == numbers->end()) out.push_back(i);
    }
    return out;
  }
  for (const double one : *numbers) {
    if (one >= 1) out.push_back(static_cast<size_t>(one) - 1);
  }
  return out;
}

Id item_of(Evaluator& e, Id of, size_t index) {
  Pool& pool = e.pool();
  const Type type = pool[of].type;
  if (type == Type::list || type == Type::expression) return index < pool[of].count ? pool.item(of, static_cast<uint32_t>(index)) : kUnknown;
  if (type == Type::strings) return pool.string_at(of, index) ? pool.text(*pool.string_at(of, index)) : kUnknown;
  if (type == Type::language || type == Type::pairlist) {
    const std::vector<Id> items = items_of(pool, of);
    return index < items.size() ? items[index] : kUnknown;
  }
  const auto number = pool.number_at(of, index);
  if (!number) return kUnknown;
  const auto byte = static_cast<char>(static_cast<int>(*number));
  return type == Type::raw ? pool.raw({&byte, 1}) : pool.number(*number);
}

Id one_item(Evaluator& e, const Arguments& a) {
  if (a.size() < 2) return kUnknown;
  Pool& pool = e.pool();
  if (pool.is(a[0].value, Type::environment)) {
    const auto name = pool.as_string(a[1].value);
    const Id found = name ? e.find_variable(*name, a[0].value) : kUnknown;
    const bool outer = a[0].value == kGlobal || a[0].value == kBase;  // where R's own functions are found
    return found != kUnbound ? found : outer && name ? pool.function(*name) : kUnknown;
  }
  const auto at = positions(pool, a[0].value, a[1].value);
  return at && at->size() == 1 ? item_of(e, a[0].value, at->front()) : kUnknown;
}

Id some_items(Evaluator& e, const Arguments& a) {
  if (a.empty() || a.size() > 2 || a[0].value == kUnknown) return kUnknown;
  Pool& pool = e.pool();
  const auto at = positions(pool, a[0].value, a.size() > 1 ? a[1].value : kMissing);
  if (!at || at->size() > kMostItems) return kUnknown;
  std::vector<Argument> parts;
  const bool list = pool.is(a[0].value, Type::list) || pool.is(a[0].value, Type::expression);
  std::vector<Id> items;
  for (const size_t index : *at) {
    const Id item = item_of(e, a[0].value, index);
    items.push_back(item);
    parts.push_back({pool.name_of_item(a[0].value, index), item});
  }
  return list ? pool.items(Type::list, items) : combined(pool, parts, false);
}

// x[[key]] <- value
Id with_item(Evaluator& e, const Arguments& a) {
  if (a.size() < 3) return kUnknown;
  Pool& pool = e.pool();
  const Id of = a[0].value, key = a[1].value, value = a[2].value;
  if (of == kUnknown || (!pool.is_vector(of) && of != kNull) || pool.length(of) > 10'000) return kUnknown;
  std::vector<Argument> parts;
  for (size_t i = 0; i < pool.length(of); ++i) parts.push_back({pool.name_of_item(of, i), item_of(e, of, i)});
  if (const auto name = pool.is(key, Type::strings) ? pool.as_string(key) : std::nullopt) {
    const auto found = std::find_if(parts.begin(), parts.end(), [&](const Argument& part) { return part.name == *name; });
    if (found != parts.end()) found->value = value;
    else parts.push_back({*name, value});
    return make_list(e, parts);
  }
  const auto index = pool.as_number(key);
  if (!index || *index < 1 || *index > 10'000) return kUnknown;
  while (parts.size() < static_cast<size_t>(*index)) parts.push_back({{}, pool.number(0)});
  parts[static_cast<size_t>(*index) - 1].value = value;
  return pool.is(of, Type::list) ? make_list(e, parts) : combined(pool, parts, false);
}

Id length_of(Evaluator& e, const Arguments& a) {
  if (a.empty() || a[0].value == kUnknown || !e.pool()[a[0].value].complete) return kUnknown;
  return e.pool().is_vector(a[0].value) ? e.pool().number(static_cast<double>(e.pool().length(a[0].value))) : kUnknown;
}

Id range(Evaluator& e, double from, double to, double by) {
  const double count = by == 0 ? 1 : std::floor((to - from) / by + 1e-9) + 1;
  if (!(count >= 0) || count > static_cast<double>(kMostItems)) return kUnknown;
  std::vector<double> out;
  for (int i = 0; i < static_cast<int>(count); ++i) out.push_back(from + i * by);
  return e.pool().numbers(out);
}

Id colon(Evaluator& e, const Arguments& a) {
  const auto from = e.pool().as_number(given(a, "from", 0)), to = e.pool().as_number(given(a, "to", 1));
  return from && to ? range(e, *from, *to, *from <= *to ? 1 : -1) : kUnknown;
}

Id sequence(Evaluator& e, const Arguments& a) {
  if (a.size() == 1) {
    const auto count = e.pool().as_number(a[0].value);
    return count ? range(e, 1, *count, 1) : kUnknown;
  }
  const auto from = e.pool().as_number(given(a, "from", 0)), to = e.pool().as_number(given(a, "to", 1)), by = e.pool().as_number(given(a, "by", 2));
  return from && to ? range(e, *from, *to, by.value_or(*from <= *to ? 1 : -1)) : kUnknown;
}

Id along(Evaluator& e, const Arguments& a) {
  const Id value = a.empty() ? kUnknown : a[0].value;
  if (!e.pool().is_vector(value) || value == kUnknown) return kUnknown;
  return range(e, 1, static_cast<double>(e.pool().length(value)), 1);
}

Id reverse(Evaluator& e, const Arguments& a) {
  const Id value = given(a, "x", 0);
  const size_t count = e.pool().length(value);
  if (value == kUnknown || !e.pool().is_vector(value) || count > kMostItems) return kUnknown;
  const Id order = range(e, static_cast<double>(count), 1, -1);
  return count == 0 ? value : some_items(e, {{{}, value}, {{}, order}});
}

Id repeat(Evaluator& e, const Arguments& a) {
  const auto times = e.pool().as_number(given(a, "times", 1));
  const Id value = given(a, "x", 0);
  if (!times || *times < 0 || *times * static_cast<double>(e.pool().length(value) + 1) > 10'000 || !e.pool().is_vector(value)) return kUnknown;
  std::vector<Argument> parts(static_cast<size_t>(*times), Argument{{}, value});
  return combined(e.pool(), parts, false);
}

template <class Compute>
Id numeric(Evaluator& e, const Arguments& a, Compute compute, bool logical = false) {
  Pool& pool = e.pool();
  if (a.empty()) return kUnknown;
  const auto left = numbers_of(pool, a[0].value);
  const auto right = a.size() > 1 ? numbers_of(pool, a[1].value) : std::optional(std::vector<double>{0});
  if (!left || !right || left->empty() || right->empty()) return kUnknown;
  std::vector<double> out;
  const size_t rows = std::max(left->size(), right->size());
  for (size_t i = 0; i < rows; ++i) out.push_back(compute((*left)[i % left->size()], (*right)[i % right->size()]));
  if (!logical) return pool.numbers(out);
  const std::vector<int32_t> truths(out.begin(), out.end());
  return pool.integers(truths, Type::logical);
}

Id add(Evaluator& e, const Arguments& a) { return numeric(e, a, [](double x, double y) { return x + y; }); }
Id subtract(Evaluator& e, const Arguments& a) {
  return a.size() == 1 ? numeric(e, a, [](double x, double) { return -x; }) : numeric(e, a, [](double x, double y) { return x - y; });
}
Id multiply(Evaluator& e, const Arguments& a) { return numeric(e, a, [](double x, double y) { return x * y; }); }
Id divide(Evaluator& e, const Arguments& a) { return numeric(e, a, [](double x, double y) { return x / y; }); }
Id power(Evaluator& e, const Arguments& a) { return numeric(e, a, [](double x, double y) { return std::pow(x, y); }); }
Id modulo(Evaluator& e, const Arguments& a) { return numeric(e, a, [](double x, double y) { return y == 0 ? 0 : x - std::floor(x / y) * y; }); }
Id quotient(Evaluator& e, const Arguments& a) { return numeric(e, a, [](double x, double y) { return y == 0 ? 0 : std::floor(x / y); }); }

int64_t whole(double value) { return value > -9e15 && value < 9e15 ? static_cast<int64_t>(value) : 0; }

// xor() of raw vectors stays raw.
Id exclusive(Evaluator& e, const Arguments& a) {
  const Id out = numeric(e, a, [](double x, double y) { return static_cast<double>(whole(x) ^ whole(y)); });
  if (a.empty() || out == kUnknown || !e.pool().is(a[0].value, Type::raw)) return out;
  std::string bytes;
  const auto numbers = numbers_of(e.pool(), out).value_or(std::vector<double>());
  for (const double one : numbers) bytes += static_cast<char>(static_cast<int>(one));
  return e.pool().raw(bytes);
}
Id bit_and(Evaluator& e, const Arguments& a) { return numeric(e, a, [](double x, double y) { return static_cast<double>(whole(x) & whole(y)); }); }
Id bit_or(Evaluator& e, const Arguments& a) { return numeric(e, a, [](double x, double y) { return static_cast<double>(whole(x) | whole(y)); }); }
Id floor_of(Evaluator& e, const Arguments& a) { return numeric(e, a, [](double x, double) { return std::floor(x); }); }
Id less(Evaluator& e, const Arguments& a) { return numeric(e, a, [](double x, double y) { return x < y; }, true); }
Id more(Evaluator& e, const Arguments& a) { return numeric(e, a, [](double x, double y) { return x > y; }, true); }
Id at_most(Evaluator& e, const Arguments& a) { return numeric(e, a, [](double x, double y) { return x <= y; }, true); }
Id at_least(Evaluator& e, const Arguments& a) { return numeric(e, a, [](double x, double y) { return x >= y; }, true); }
Id negation(Evaluator& e, const Arguments& a) { return numeric(e, a, [](double x, double) { return x == 0; }, true); }

Id same(Evaluator& e, const Arguments& a, bool wanted) {
  if (a.size() < 2) return kUnknown;
  const auto left = strings_of(e.pool(), a[0].value), right = strings_of(e.pool(), a[1].value);
  if (!left || !right || left->empty() || right->empty()) return kUnknown;
  std::vector<int32_t> out;
  for (size_t i = 0; i < std::max(left->size(), right->size()); ++i) out.push_back(((*left)[i % left->size()] == (*right)[i % right->size()]) == wanted);
  return e.pool().integers(out, Type::logical);
}
Id equal(Evaluator& e, const Arguments& a) { return same(e, a, true); }
Id differs(Evaluator& e, const Arguments& a) { return same(e, a, false); }

Id as_numeric(Evaluator& e, const Arguments& a) {
  const auto numbers = numbers_of(e.pool(), given(a, "x", 0));
  return numbers ? e.pool().numbers(*numbers) : kUnknown;
}

Id is_null(Evaluator& e, const Arguments& a) {
  if (a.empty() || a[0].value == kUnknown || a[0].value == kMissing) return kUnknown;
  return e.pool().logical(a[0].value == kNull);
}

Id as_list(Evaluator& e, const Arguments& a) {
  const Id value = given(a, "x", 0);
  if (value == kUnknown || value == kMissing || e.pool().is(value, Type::list)) return value == kMissing ? kUnknown : value;
  return e.pool().items(Type::list, items_of(e.pool(), value));
}

Id set_names(Evaluator& e, const Arguments& a) {
  const Id value = given(a, "object", 0), names = given(a, "nm", 1);
  if (value == kUnknown || value == kMissing || !e.pool().is(names, Type::strings)) return value == kMissing ? kUnknown : value;
  const Id attributes = e.pool().chain(Type::pairlist, {{"names", names}});
  const Id copy = e.pool().make(Type::null);
  const Object held = e.pool()[value];
  e.pool()[copy] = held;
  e.pool()[copy].attributes = attributes;
  return copy;
}

Id same_value(Evaluator&, const Arguments& a) { return a.empty() || a[0].value == kMissing ? kUnknown : a[0].value; }

Id alphabet(Evaluator& e, char first) {
  std::vector<std::string> out;
  for (int i = 0; i < 26; ++i) out.emplace_back(1, static_cast<char>(first + i));
  return make_strings(e.pool(), out);
}
Id small_letters(Evaluator& e, const Arguments&) { return alphabet(e, 'a'); }
Id large_letters(Evaluator& e, const Arguments&) { return alphabet(e, 'A'); }

constexpr Entry kData[] = {
    {"c", combine}, {"unlist", unlist}, {"list", make_list}, {"list2", make_list}, {"[[", one_item}, {"getElement", one_item}, {"[", some_items},
    {"[[<-", with_item}, {"length", length_of}, {":", colon}, {"seq", sequence}, {"seq.int", sequence}, {"seq_len", sequence}, {"seq_along", along},
    {"rev", reverse}, {"rep", repeat}, {"rep_len", repeat}, {"+", add}, {"-", subtract}, {"*", multiply}, {"/", divide}, {"^", power}, {"%%", modulo},
    {"%/%", quotient}, {"bitwXor", exclusive}, {"xor", exclusive}, {"bitwAnd", bit_and}, {"bitwOr", bit_or}, {"floor", floor_of}, {"round", floor_of},
    {"<", less}, {">", more}, {"<=", at_most}, {">=", at_least}, {"!", negation}, {"==", equal}, {"!=", differs}, {"identical", equal},
    {"as.numeric", as_numeric}, {"as.integer", as_numeric}, {"as.double", as_numeric}, {"is.null", is_null}, {"as.list", as_list}, {"setNames", set_names},
    {"structure", same_value}, {"as.vector", same_value}, {"unname", same_value}, {"unclass", same_value}, {"as.hexmode", same_value}, {"I", same_value},
    {"<letters>", small_letters}, {"<LETTERS>", large_letters},
};

}  // namespace

std::span<const Entry> data_models() { return kData; }

}  // namespace winnow::r
