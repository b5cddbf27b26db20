#include "code/r/object.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "bytes/reader.h"

namespace winnow::r {
namespace {

constexpr int32_t kNotAvailable = INT32_MIN;

template <class T>
T stored(const Object& of, size_t index) {
  Reader reader(slice(of.data, index * sizeof(T), sizeof(T)));
  return of.little ? reader.le<T>() : reader.be<T>();
}

size_t width(Type type) {
  switch (type) {
    case Type::logical: case Type::integer: return 4;
    case Type::real: return 8;
    case Type::complex: return 16;
    case Type::raw: return 1;
    default: return 0;
  }
}

}  // namespace

Pool::Pool(Arena& arena) : arena_(arena) {
  for (const Type type : {Type::null, Type::unknown, Type::marker, Type::marker, Type::environment, Type::environment, Type::environment}) make(type);
  objects_[kGlobal].a = kBase;
}

Id Pool::make(Type type) {
  Object made;
  made.type = type;
  objects_.push_back(made);
  return static_cast<Id>(objects_.size() - 1);
}

Id Pool::symbol(std::string_view name) {
  const auto found = symbols_.find(name);
  if (found != symbols_.end()) return found->second;
  const Id id = make(Type::symbol);
  const std::string_view kept = arena_.copy(name);
  objects_[id].data = as_bytes(kept);
  symbols_.emplace(kept, id);
  return id;
}

Id Pool::function(std::string_view name) {
  const Id id = make(Type::function);
  objects_[id].data = as_bytes(arena_.copy(name));
  return id;
}

Id Pool::text(std::string_view text) { return texts({text}); }

Id Pool::texts(const std::vector<std::string_view>& texts) {
  std::vector<Id> made;
  made.reserve(texts.size());
  for (const std::string_view one : texts) {
    const Id id = make(Type::chars);
    objects_[id].data = as_bytes(arena_.copy(one));
    made.push_back(id);
  }
  return items(Type::strings, made);
}

Id Pool::numbers(std::span<const double> values) {
  const Id id = make(Type::real);
  char* to = arena_.allocate<char>(values.size() * 8);
  for (size_t i = 0; i < values.size(); ++i) {
    const auto bits = std::bit_cast<uint64_t>(values[i]);
    for (size_t b = 0; b < 8; ++b) to[i * 8 + b] = static_cast<char>(bits >> (8 * b));
  }
  objects_[id].data = as_bytes({to, values.size() * 8});
  objects_[id].little = true;
  return id;
}

Id Pool::integers(std::span<const int32_t> values, Type type) {
  const Id id = make(type);
  char* to = arena_.allocate<char>(values.size() * 4);
  for (size_t i = 0; i < values.size(); ++i) {
    for (size_t b = 0; b < 4; ++b) to[i * 4 + b] = static_cast<char>(static_cast<uint32_t>(values[i]) >> (8 * b));
  }
  objects_[id].data = as_bytes({to, values.size() * 4});
  objects_[id].little = true;
  return id;
}

Id Pool::raw(std::string_view bytes) {
  const Id id = make(Type::raw);
  objects_[id].data = as_bytes(arena_.copy(bytes));
  return id;
}

uint32_t Pool::add_links(const std::vector<Id>& links) {
  const auto first = static_cast<uint32_t>(links_.size());
  links_.insert(links_.end(), links.begin(), links.end());
  return first;
}

Id Pool::items(Type type, const std::vector<Id>& items) {
  const Id id = make(type);
  objects_[id].first = add_links(items);
  objects_[id].count = static_cast<uint32_t>(items.size());
  return id;
}

Id Pool::chain(Type first, const std::vector<Argument>& cells) {
  Id head = kNull, last = kNull;
  for (const Argument& cell : cells) {
    const Id tag = cell.name.empty() ? kNull : symbol(cell.name);
    const Id id = make(head == kNull ? first : Type::pairlist);
    objects_[id].a = tag;
    objects_[id].b = cell.value;
    if (last != kNull) objects_[last].c = id;
    if (head == kNull) head = id;
    last = id;
  }
  return head;
}

Id Pool::call(Id function, const std::vector<Argument>& arguments) {
  std::vector<Argument> cells{{{}, function}};
  cells.insert(cells.end(), arguments.begin(), arguments.end());
  return chain(Type::language, cells);
}

size_t Pool::length(Id id) const {
  const Object& object = objects_[id];
  if (const size_t size = width(object.type)) return object.data.size() / size;
  switch (object.type) {
    case Type::strings: case Type::list: case Type::expression: return object.count;
    case Type::chars: case Type::symbol: return 1;
    case Type::pairlist: case Type::language: return cells(id).size() + (object.type == Type::language ? 1 : 0);
    default: return 0;
  }
}

std::optional<std::string_view> Pool::string_at(Id id, size_t index) const {
  const Object& object = objects_[id];
  if (object.type != Type::strings || index >= object.count) return std::nullopt;
  const Object& one = objects_[links_[object.first + index]];
  if (one.type != Type::chars) return std::nullopt;
  return as_text(one.data);
}

std::optional<double> Pool::number_at(Id id, size_t index) const {
  const Object& object = objects_[id];
  if (index >= length(id)) return std::nullopt;
  switch (object.type) {
    case Type::logical: case Type::integer: {
      const auto value = static_cast<int32_t>(stored<uint32_t>(object, index));
      return value == kNotAvailable ? std::nullopt : std::optional<double>(value);
    }
    case Type::real: {
      const auto value = std::bit_cast<double>(stored<uint64_t>(object, index));
      return std::isnan(value) ? std::nullopt : std::optional(value);
    }
    case Type::raw: return static_cast<double>(std::to_integer<uint8_t>(object.data[index]));
    default: return std::nullopt;
  }
}

std::optional<std::string_view> Pool::as_string(Id id) const {
  const Object& object = objects_[id];
  if (object.type == Type::symbol || object.type == Type::chars) return as_text(object.data);
  return object.type == Type::strings && object.count == 1 ? string_at(id, 0) : std::nullopt;
}

bool Pool::is_number(Id id) const { return width(objects_[id].type) != 0 && objects_[id].type != Type::complex; }

bool Pool::is_vector(Id id) const {
  const Type type = objects_[id].type;
  return width(type) != 0 || type == Type::strings || type == Type::list || type == Type::expression || type == Type::null;
}

Id Pool::attribute(Id id, std::string_view name) const {
  for (Id cell = objects_[id].attributes, left = 64; cell != kNull && left > 0; cell = objects_[cell].c, --left) {
    if (objects_[cell].type != Type::pairlist) break;
    if (is(objects_[cell].a, Type::symbol) && this->name(objects_[cell].a) == name) return objects_[cell].b;
  }
  return kNull;
}

std::string_view Pool::name_of_item(Id list, size_t index) const {
  return string_at(attribute(list, "names"), index).value_or(std::string_view());
}

std::vector<Argument> Pool::cells(Id chain, size_t most) const {
  std::vector<Argument> out;
  Id cell = objects_[chain].type == Type::language ? objects_[chain].c : chain;
  while (cell != kNull && out.size() < most) {
    const Object& object = objects_[cell];
    if (object.type != Type::pairlist && object.type != Type::language && object.type != Type::dots) break;
    out.push_back({is(object.a, Type::symbol) ? name(object.a) : std::string_view(), object.b});
    cell = object.c;
  }
  return out;
}

}  // namespace winnow::r
