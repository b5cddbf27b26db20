#include "code/r/builtins.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <unordered_map>

namespace winnow::r {

Model model_of(std::string_view name) {
  static const std::unordered_map<std::string_view, Model> kModels = [] {
    std::unordered_map<std::string_view, Model> all;
    for (const auto table : {text_models(), data_models(), call_models()}) {
      for (const Entry& entry : table) all.emplace(entry.name, entry.model);
    }
    return all;
  }();
  const auto found = kModels.find(name);
  return found == kModels.end() ? nullptr : found->second;
}

Id given(const Arguments& arguments, std::string_view name, size_t position) {
  size_t place = 0;
  for (const Argument& one : arguments) {
    if (!one.name.empty() && one.name == name) return one.value;
  }
  for (const Argument& one : arguments) {
    if (one.name.empty() && place++ == position) return one.value;
  }
  return kMissing;
}

std::string number_text(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.15g", value);
  return text;
}

std::optional<std::vector<std::string>> strings_of(const Pool& pool, Id id) {
  std::vector<std::string> out;
  const Object& object = pool[id];
  if (object.type == Type::null) return out;
  if (object.type == Type::symbol || object.type == Type::chars) return std::vector<std::string>{std::string(pool.name(id))};
  const size_t count = pool.length(id);
  if (count > kMostItems || !pool.is_vector(id) || !object.complete) return std::nullopt;
  for (size_t i = 0; i < count; ++i) {
    if (object.type == Type::strings) {
      const auto text = pool.string_at(id, i);
      if (!text) return std::nullopt;
      out.emplace_back(*text);
    } else if (object.type == Type::list || object.type == Type::expression) {
      const auto text = strings_of(pool, pool.item(id, static_cast<uint32_t>(i)));
      if (!text || text->size() != 1 || pool.is(pool.item(id, static_cast<uint32_t>(i)), Type::list)) return std::nullopt;
      out.push_back(text->front());
    } else {
      const auto number = pool.number_at(id, i);
      if (!number) return std::nullopt;
      char hex[8];
      std::snprintf(hex, sizeof hex, "%02x", static_cast<unsigned>(*number) & 0xff);
      out.push_back(object.type == Type::raw ? hex : object.type == Type::logical ? (*number != 0 ? "TRUE" : "FALSE") : number_text(*number));
    }
  }
  return out;
}

std::optional<std::vector<double>> numbers_of(const Pool& pool, Id id) {
  std::vector<double> out;
  const Object& object = pool[id];
  if (object.type == Type::null) return out;
  const size_t count = pool.length(id);
  if (count > kMostItems || !pool.is_vector(id) || object.type == Type::expression) return std::nullopt;
  for (size_t i = 0; i < count; ++i) {
    std::optional<double> number = pool.number_at(id, i);
    if (object.type == Type::strings) {
      const auto text = pool.string_at(id, i);
      char* end = nullptr;
      const std::string copy(text.value_or(""));
      const double value = std::strtod(copy.c_str(), &end);
      if (!copy.empty() && end == copy.c_str() + copy.size()) number = value;
    } else if (object.type == Type::list) {
      const Id item = pool.item(id, static_cast<uint32_t>(i));
      if (!pool.is(item, Type::list) && pool.length(item) == 1) number = pool.number_at(item, 0);
    }
    if (!number) return std::nullopt;
    out.push_back(*number);
  }
  return out;
}

std::optional<std::string> string_of(const Pool& pool, Id id) {
  const auto all = strings_of(pool, id);
  return all && all->size() == 1 ? std::optional(all->front()) : std::nullopt;
}

Id make_strings(Pool& pool, const std::vector<std::string>& strings) {
  return pool.texts({strings.begin(), strings.end()});
}

std::vector<Id> items_of(Pool& pool, Id id) {
  std::vector<Id> out;
  const Type type = pool[id].type;
  if (type == Type::pairlist || type == Type::dots || type == Type::language) {
    if (type == Type::language) out.push_back(pool[id].b);
    for (const Argument& cell : pool.cells(id)) out.push_back(cell.value);
    return out;
  }
  const size_t count = std::min(pool.length(id), kMostItems);
  for (size_t i = 0; i < count; ++i) {
    if (type == Type::list || type == Type::expression) {
      out.push_back(pool.item(id, static_cast<uint32_t>(i)));
    } else if (type == Type::strings) {
      const auto text = pool.string_at(id, i);
      out.push_back(text ? pool.text(*text) : kUnknown);
    } else {
      const auto number = pool.number_at(id, i);
      const auto byte = static_cast<char>(number ? static_cast<int>(*number) : 0);
      out.push_back(!number ? kUnknown : type == Type::raw ? pool.raw({&byte, 1}) : type == Type::logical ? pool.logical(*number != 0) : pool.number(*number));
    }
  }
  return out;
}

namespace {

struct Flat {
  std::vector<Id> items;
  std::vector<std::string_view> names;
  bool named = false;
};

void flatten_into(Pool& pool, Flat& flat, Id value, std::string_view name, bool deep, int depth) {
  if (value == kNull || flat.items.size() > kMostItems || depth > 40) return;
  const bool vector = pool.is_vector(value);
  const bool list = pool.is(value, Type::list) || pool.is(value, Type::expression);
  if (!vector || (list && !deep && depth > 0)) {
    flat.items.push_back(value);
    flat.names.push_back(name);
    flat.named = flat.named || !name.empty();
    return;
  }
  const std::vector<Id> items = items_of(pool, value);
  for (size_t i = 0; i < items.size(); ++i) {
    const std::string_view inner = pool.name_of_item(value, i);
    const std::string_view used = inner.empty() ? name : inner;
    if (list && deep) {
      flatten_into(pool, flat, items[i], used, deep, depth + 1);
    } else {
      flat.items.push_back(items[i]);
      flat.names.push_back(used);
      flat.named = flat.named || !used.empty();
    }
  }
}

}  // namespace

Id combined(Pool& pool, const std::vector<Argument>& parts, bool flatten) {
  Flat flat;
  bool list = false, text = false, raw = true, unknown = false;
  for (const Argument& part : parts) {
    if (part.value == kUnknown || part.value == kMissing) unknown = true;
    list = list || (!flatten && (pool.is(part.value, Type::list) || pool.is(part.value, Type::expression)));
    flatten_into(pool, flat, part.value, part.name, flatten, 0);
  }
  for (const Id item : flat.items) {
    unknown = unknown || item == kUnknown;
    text = text || pool.is(item, Type::strings);
    raw = raw && pool.is(item, Type::raw);
    list = list || !pool.is_vector(item) || pool.is(item, Type::list);
  }
  if (flat.items.empty()) return kNull;
  if (unknown && !list) return kUnknown;
  Id out = kUnknown;
  if (list) {
    out = pool.items(Type::list, flat.items);
  } else if (text) {
    std::vector<std::string> all;
    for (const Id item : flat.items) all.push_back(string_of(pool, item).value_or(""));
    out = make_strings(pool, all);
  } else {
    std::vector<double> all;
    for (const Id item : flat.items) all.push_back(pool.as_number(item).value_or(0));
    if (raw) {
      std::string bytes;
      for (const double one : all) bytes += static_cast<char>(static_cast<int>(one));
      out = pool.raw(bytes);
    } else {
      out = pool.numbers(all);
    }
  }
  if (flat.named) {
    const Id names = pool.texts(flat.names);
    const Id attributes = pool.chain(Type::pairlist, {{"names", names}});
    pool[out].attributes = attributes;
  }
  return out;
}

}  // namespace winnow::r
