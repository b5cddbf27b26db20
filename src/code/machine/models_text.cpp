// Methods of str and bytes, and the operators on values that programs use to put strings together.
#include <algorithm>
#include <charconv>

#include "code/machine/models.h"
#include "code/python/letters.h"

namespace winnow::machine {
namespace {

using Result = std::optional<Value>;

// A new text of the same type as `like`.
Value like(Machine& m, Value like, std::string_view text) {
  return like.is(Kind::bytes) ? m.make_bytes(text) : m.make_string(text);
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// The units that indexing counts: characters of a str, bytes of bytes.
std::vector<std::string_view> units(Value text) {
  std::vector<std::string_view> out;
  const std::string_view all = text.text();
  for (size_t i = 0; i < all.size();) {
    size_t size = 1;
    while (text.is(Kind::string) && i + size < all.size() && (static_cast<unsigned char>(all[i + size]) & 0xc0) == 0x80) ++size;
    out.push_back(all.substr(i, size));
    i += size;
  }
  return out;
}

// str(x) for the values that can be told without running anything.
std::optional<std::string> text_of(Value value) {
  switch (value.kind()) {
    case Kind::string: return std::string(value.text());
    case Kind::integer: return std::to_string(value.as_integer());
    case Kind::boolean: return value.as_boolean() ? "True" : "False";
    case Kind::none: return "None";
    default: return std::nullopt;
  }
}

Result join(Machine& m, const Call& call) {
  if (call.count() < 2 || !call[0].is_text()) return std::nullopt;
  const auto parts = m.iterate(call[1]);
  if (!parts) return std::nullopt;
  std::string out;
  bool first = true;
  for (const Value& part : *parts) {
    if (!part.is_text()) return std::nullopt;
    if (!first) out += call[0].text();
    first = false;
    out += part.text();
    if (!m.fits(out.size())) return std::nullopt;
  }
  return like(m, call[0], out);
}

Result replace(Machine& m, const Call& call) {
  if (call.count() < 3 || !call[0].is_text() || !call[1].is_text() || !call[2].is_text()) return std::nullopt;
  const std::string_view from = call[1].text(), to = call[2].text(), text = call[0].text();
  if (from.empty()) return std::nullopt;
  int64_t left = call.count() > 3 ? integer_of(call[3]).value_or(-1) : -1;
  std::string out;
  size_t at = 0;
  while (left != 0) {
    const size_t found = text.find(from, at);
    if (found == std::string_view::npos) break;
    out += text.substr(at, found - at);
    out += to;
    at = found + from.size();
    --left;
    if (!m.fits(out.size())) return std::nullopt;
  }
  out += text.substr(at);
  return like(m, call[0], out);
}


// Letters of str are those of Unicode, of bytes those of ASCII.
template <std::string (*change)(std::string_view)>
Result recased(Machine& m, const Call& call) {
  if (call.count() < 1 || !call[0].is_text()) return std::nullopt;
  if (call[0].is(Kind::string) || is_ascii(call[0].text())) return like(m, call[0], change(call[0].text()));
  std::string out;
  for (const char c : call[0].text()) out += static_cast<signed char>(c) < 0 ? std::string(1, c) : change(std::string_view(&c, 1));
  return like(m, call[0], out);
}

std::string lowered(std::string_view text) { return python::in_case(text, python::Case::lower); }
std::string uppered(std::string_view text) { return python::in_case(text, python::Case::upper); }
std::string folded(std::string_view text) { return python::in_case(text, python::Case::folded); }

template <bool left, bool right>
Result strip(Machine& m, const Call& call) {
  if (call.count() < 1 || !call[0].is_text()) return std::nullopt;
  if (call.count() > 1 && !call[1].is_text() && !call[1].is(Kind::none)) return std::nullopt;
  const bool letters = call[0].is(Kind::string), spaces = call.count() < 2 || call[1].is(Kind::none);
  std::string_view text = call[0].text();
  // How many bytes at a place go.
  const auto gone = [&](size_t at) -> size_t {
    if (spaces && letters) return python::space_at(text, at);
    size_t length = 1;
    while (letters && at + length < text.size() && (text[at + length] & 0xC0) == 0x80) ++length;
    return (spaces ? std::string_view(" \t\n\r\v\f") : call[1].text()).find(text.substr(at, length)) != std::string_view::npos ? length : 0;
  };
  while (left && !text.empty()) {
    const size_t length = gone(0);
    if (length == 0) break;
    text.remove_prefix(length);
  }
  while (right && !text.empty()) {
    size_t at = text.size() - 1;
    while (letters && at > 0 && (text[at] & 0xC0) == 0x80) --at;
    if (gone(at) == 0) break;
    text = text.substr(0, at);
  }
  return like(m, call[0], text);
}

Result split(Machine& m, const Call& call) {
  if (call.count() < 1 || !call[0].is_text()) return std::nullopt;
  const std::string_view text = call[0].text();
  std::vector<Value> parts;
  int64_t left = call.count() > 2 ? integer_of(call[2]).value_or(-1) : -1;
  if (call.count() < 2 || !call[1].is_text()) {
    for (size_t at = 0; at < text.size();) {
      while (at < text.size() && std::isspace(static_cast<unsigned char>(text[at]))) ++at;
      size_t end = at;
      while (end < text.size() && !std::isspace(static_cast<unsigned char>(text[end]))) ++end;
      if (end > at) parts.push_back(like(m, call[0], text.substr(at, end - at)));
      at = end;
    }
  } else {
    const std::string_view by = call[1].text();
    if (by.empty()) return std::nullopt;
    size_t at = 0;
    for (size_t found; left != 0 && (found = text.find(by, at)) != std::string_view::npos; --left) {
      parts.push_back(like(m, call[0], text.substr(at, found - at)));
      at = found + by.size();
    }
    parts.push_back(like(m, call[0], text.substr(at)));
  }
  return m.heap().new_items(Kind::list, parts.data(), static_cast<uint32_t>(parts.size()));
}

Result partition(Machine& m, const Call& call) {
  if (call.count() < 2 || !call[0].is_text() || !call[1].is_text()) return std::nullopt;
  const std::string_view text = call[0].text(), by = call[1].text();
  const size_t at = text.find(by);
  if (at == std::string_view::npos) return m.heap().new_tuple({call[0], like(m, call[0], ""), like(m, call[0], "")});
  return m.heap().new_tuple({like(m, call[0], text.substr(0, at)), call[1], like(m, call[0], text.substr(at + by.size()))});
}

Result remove_prefix(Machine& m, const Call& call) {
  if (call.count() < 2 || !call[0].is_text() || !call[1].is_text()) return std::nullopt;
  std::string_view text = call[0].text();
  if (text.starts_with(call[1].text())) text.remove_prefix(call[1].text().size());
  return like(m, call[0], text);
}

Result remove_suffix(Machine& m, const Call& call) {
  if (call.count() < 2 || !call[0].is_text() || !call[1].is_text()) return std::nullopt;
  std::string_view text = call[0].text();
  if (text.ends_with(call[1].text())) text.remove_suffix(call[1].text().size());
  return like(m, call[0], text);
}

// text.translate({111: 'x', ...}) and bytes.translate(table[, delete])
Result translate(Machine& m, const Call& call) {
  if (call.count() < 2 || !call[0].is_text()) return std::nullopt;
  if (call[0].is(Kind::bytes)) {
    if (!call[1].is_text() || call[1].text().size() != 256) return std::nullopt;
    std::string out(call[0].text());
    for (char& c : out) c = call[1].text()[static_cast<unsigned char>(c)];
    return m.make_bytes(out);
  }
  if (!call[1].is(Kind::dict) || !is_ascii(call[0].text())) return std::nullopt;
  std::string out;
  for (const char c : call[0].text()) {
    Value to = m.item(call[1], Value::integer(static_cast<unsigned char>(c)));
    if (to.is(Kind::string)) out += to.text();
    else if (to.is(Kind::integer) && to.as_integer() < 128) out += static_cast<char>(to.as_integer());
    else if (!to.is(Kind::none)) out += c;
  }
  return m.make_string(out);
}

// str.maketrans(dict), str.maketrans(from, to)
Result make_table(Machine& m, const Call& call) {
  if (call.count() == 1) return call[0];
  if (!call[0].is_text() || !call[1].is_text() || call[0].text().size() != call[1].text().size()) return std::nullopt;
  if (call[0].is(Kind::bytes)) {
    std::string table(256, '\0');
    for (int i = 0; i < 256; ++i) table[static_cast<size_t>(i)] = static_cast<char>(i);
    for (size_t i = 0; i < call[0].text().size(); ++i) {
      table[static_cast<unsigned char>(call[0].text()[i])] = call[1].text()[i];
    }
    return m.make_bytes(table);
  }
  std::vector<Value> pairs;
  for (size_t i = 0; i < call[0].text().size(); ++i) {
    pairs.push_back(Value::integer(static_cast<unsigned char>(call[0].text()[i])));
    pairs.push_back(Value::integer(static_cast<unsigned char>(call[1].text()[i])));
  }
  return m.heap().new_items(Kind::dict, pairs.data(), static_cast<uint32_t>(pairs.size()));
}

// '{0}{x}{}'.format(...): plain fields, and attribute or item paths, which format resolves for real.
Result format_fields(Machine& m, Value text, const Call& call, size_t first) {
  std::string out;
  size_t next = first;
  const std::string_view all = text.text();
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i] == '{' && i + 1 < all.size() && all[i + 1] == '{') { out += '{'; ++i; continue; }
    if (all[i] == '}') { out += '}'; if (i + 1 < all.size() && all[i + 1] == '}') ++i; continue; }
    if (all[i] != '{') { out += all[i]; continue; }
    const size_t end = all.find('}', i);
    if (end == std::string_view::npos) return std::nullopt;
    std::string_view field = all.substr(i + 1, end - i - 1);
    i = end;
    std::string_view spec;
    if (const size_t colon = field.find(':'); colon != std::string_view::npos) {
      spec = field.substr(colon + 1);
      field = field.substr(0, colon);
    }
    field = field.substr(0, field.find('!'));
    size_t path = field.find_first_of(".[");
    std::string_view head = field.substr(0, path);
    Value value = Value::unknown();
    int index = 0;
    if (head.empty()) {
      value = call[next++];
    } else if (std::from_chars(head.data(), head.data() + head.size(), index).ptr == head.data() + head.size()) {
      value = index >= 0 ? call[first + static_cast<size_t>(index)] : Value::unknown();
    } else if (const Value* given = m.keyword(call, head)) {
      value = *given;
    }
    while (path != std::string_view::npos && path < field.size()) {
      const bool item = field[path] == '[';
      const size_t stop = item ? field.find(']', path) : field.find_first_of(".[", path + 1);
      const std::string_view part = field.substr(path + 1, stop == std::string_view::npos ? stop : stop - path - 1);
      value = item ? m.item(value, Value::string(part)) : m.attribute(value, part);
      path = stop == std::string_view::npos ? stop : item ? stop + 1 : stop;
    }
    auto shown = text_of(value);
    if (!shown) return std::nullopt;
    if (spec == "c" && value.is(Kind::integer)) shown = std::string(1, static_cast<char>(value.as_integer()));
    out += *shown;
    if (!m.fits(out.size())) return std::nullopt;
  }
  return m.make_string(out);
}

Result format(Machine& m, const Call& call) {
  if (call.count() < 1 || !call[0].is(Kind::string)) return std::nullopt;
  return format_fields(m, call[0], call, 1);
}

// string.Formatter().format(text, ...)
Result formatter(Machine& m, const Call& call) {
  if (call.count() < 2 || !call[1].is(Kind::string)) return std::nullopt;
  return format_fields(m, call[1], call, 2);
}

// '%s%c%d' % values
Result percent(Machine& m, Value text, Value values) {
  std::vector<Value> arguments{values};
  if (values.is(Kind::tuple)) arguments.assign(m.heap().items(values).begin(), m.heap().items(values).end());
  std::string out;
  size_t next = 0;
  const std::string_view all = text.text();
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i] != '%' || i + 1 >= all.size()) { out += all[i]; continue; }
    ++i;
    if (all[i] == '%') { out += '%'; continue; }
    Value value = Value::unknown();
    if (all[i] == '(') {
      const size_t end = all.find(')', i);
      if (end == std::string_view::npos) return std::nullopt;
      value = m.item(values, Value::string(all.substr(i + 1, end - i - 1)));
      i = end + 1;
    } else {
      while (i < all.size() && !std::isalpha(static_cast<unsigned char>(all[i]))) ++i;
      if (next < arguments.size()) value = arguments[next++];
    }
    if (i >= all.size()) return std::nullopt;
    if (all[i] == 'c' && value.is(Kind::integer)) {
      out += static_cast<char>(value.as_integer());
    } else if (text.is(Kind::bytes) && value.is(Kind::bytes)) {
      out += value.text();
    } else if (const auto shown = text_of(value)) {
      out += *shown;
    } else {
      return std::nullopt;
    }
  }
  return like(m, text, out);
}

Result modulo(Machine& m, const Call& call) {
  if (call.count() < 2) return std::nullopt;
  if (call[0].is_text()) return percent(m, call[0], call[1]);
  const auto a = integer_of(call[0]), b = integer_of(call[1]);
  if (!a || !b || *b == 0 || *b == -1) return std::nullopt;
  const int64_t rest = *a % *b;
  return Value::integer(rest != 0 && (rest < 0) != (*b < 0) ? rest + *b : rest);
}

// a + b for numbers, texts and sequences
Result add(Machine& m, const Call& call) {
  if (call.count() < 2) return std::nullopt;
  const Value a = call[0], b = call[1];
  if (a.is_text() && a.kind() == b.kind()) {
    if (!m.fits(a.text().size() + b.text().size())) return std::nullopt;
    return like(m, a, std::string(a.text()) + std::string(b.text()));
  }
  if (a.is_sequence() && a.kind() == b.kind()) {
    std::vector<Value> all(m.heap().items(a).begin(), m.heap().items(a).end());
    all.insert(all.end(), m.heap().items(b).begin(), m.heap().items(b).end());
    return m.heap().new_items(a.kind(), all.data(), static_cast<uint32_t>(all.size()));
  }
  const auto x = integer_of(a), y = integer_of(b);
  int64_t sum = 0;
  if (!x || !y || __builtin_add_overflow(*x, *y, &sum)) return std::nullopt;
  return Value::integer(sum);
}

Result multiply(Machine& m, const Call& call) {
  if (call.count() < 2) return std::nullopt;
  const Value text = call[0].is_text() ? call[0] : call[1];
  const auto times = integer_of(call[0].is_text() ? call[1] : call[0]);
  if (text.is_text() && times) {
    const uint64_t count = *times > 0 ? static_cast<uint64_t>(*times) : 0;
    if (text.text().size() != 0 && !m.fits(count, text.text().size())) return std::nullopt;
    std::string out;
    for (uint64_t i = 0; i < count; ++i) out += text.text();
    return like(m, text, out);
  }
  const auto a = integer_of(call[0]), b = integer_of(call[1]);
  int64_t product = 0;
  if (!a || !b || __builtin_mul_overflow(*a, *b, &product)) return std::nullopt;
  return Value::integer(product);
}

template <int64_t (*compute)(int64_t, int64_t)>
Result arithmetic(Machine&, const Call& call) {
  if (call.count() < 2) return std::nullopt;
  const auto a = integer_of(call[0]), b = integer_of(call[1]);
  if (!a || !b) return std::nullopt;
  return Value::integer(compute(*a, *b));
}

int64_t bit_xor(int64_t a, int64_t b) { return a ^ b; }
int64_t bit_and(int64_t a, int64_t b) { return a & b; }
int64_t bit_or(int64_t a, int64_t b) { return a | b; }
int64_t subtract(int64_t a, int64_t b) { return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b)); }
int64_t shift_right(int64_t a, int64_t b) { return b >= 0 && b < 63 ? a >> b : 0; }
int64_t shift_left(int64_t a, int64_t b) { return b >= 0 && b < 32 ? static_cast<int64_t>(static_cast<uint64_t>(a) << b) : 0; }
int64_t floor_divide(int64_t a, int64_t b) {
  if (b == 0 || b == -1) return 0;
  const int64_t q = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
}

// text[key] where the key is a slice that the program made: slice(start, stop, step)
Result slice_text(Machine& m, Value text, Value key) {
  const Object& made = m.heap().object(key);
  if (!made.callee.is(Kind::name) || m.heap().name(made.callee).canonical != "builtins.slice") return std::nullopt;
  const Items given = m.heap().items(made.arguments);
  const bool sequence = text.is_sequence();
  std::vector<std::string_view> characters;
  if (!sequence) characters = units(text);
  const int64_t size = sequence ? m.heap().items(text).size : static_cast<int64_t>(characters.size());
  const auto part = [&](uint32_t i) { return given.size == 1 ? (i == 1 ? given[0] : Value::none()) : i < given.size ? given[i] : Value::none(); };
  const int64_t step = part(2).is(Kind::none) ? 1 : integer_of(part(2)).value_or(1);
  if (step == 0) return std::nullopt;
  const auto bound = [&](Value v, int64_t otherwise) {
    if (!integer_of(v)) return otherwise;
    int64_t i = *integer_of(v);
    if (i < 0) i += size;
    return std::clamp<int64_t>(i, step < 0 ? -1 : 0, step < 0 ? size - 1 : size);
  };
  const int64_t start = bound(part(0), step < 0 ? size - 1 : 0), stop = bound(part(1), step < 0 ? -1 : size);
  std::string out;
  std::vector<Value> values;
  for (int64_t i = start; step > 0 ? i < stop : i > stop; i += step) {
    if (sequence) values.push_back(m.heap().items(text)[static_cast<uint32_t>(i)]);
    else out += characters[static_cast<size_t>(i)];
    if (step > size || -step > size) break;
  }
  if (sequence) return m.heap().new_items(text.kind(), values.data(), static_cast<uint32_t>(values.size()));
  return like(m, text, out);
}

Result get_item(Machine& m, const Call& call) {
  if (call.count() < 2) return std::nullopt;
  if ((call[0].is_text() || call[0].is_sequence()) && call[1].is(Kind::object)) return slice_text(m, call[0], call[1]);
  if (call[0].is(Kind::string) && !is_ascii(call[0].text()) && call[1].is(Kind::integer)) {
    const auto characters = units(call[0]);
    int64_t i = call[1].as_integer();
    if (i < 0) i += static_cast<int64_t>(characters.size());
    if (i < 0 || i >= static_cast<int64_t>(characters.size())) return std::nullopt;
    return Value::string(characters[static_cast<size_t>(i)]);
  }
  const Value found = m.item(call[0], call[1]);
  if (!found.is_known()) return std::nullopt;
  return found;
}

Result length(Machine& m, const Call& call) {
  if (call.count() != 1) return std::nullopt;
  if (call[0].is_text()) return Value::integer(static_cast<int64_t>(units(call[0]).size()));
  const auto items = m.iterate(call[0]);
  if (!items) return std::nullopt;
  return Value::integer(static_cast<int64_t>(items->size()));
}

Result sum(Machine& m, const Call& call) {
  const auto items = m.iterate(call[0]);
  if (!items) return std::nullopt;
  Value total = call.count() > 1 ? call[1] : Value::integer(0);
  for (const Value& item : *items) {
    const Value pair[] = {total, item};
    const auto next = add(m, {call.callee, pair, Value::none()});
    if (!next) return std::nullopt;
    total = *next;
  }
  return total;
}

// urllib.parse.unquote
Result unquote(Machine& m, const Call& call) {
  if (call.count() < 1 || !call[0].is_text()) return std::nullopt;
  std::string out;
  const std::string_view text = call[0].text();
  for (size_t i = 0; i < text.size(); ++i) {
    int code = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, code, 16).ptr == text.data() + i + 3) {
      out += static_cast<char>(code);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return m.make_string(out);
}

#define WINNOW_TEXT(method, model) {"builtins.str." method, model}, {"builtins.bytes." method, model}

constexpr ModelEntry kModels[] = {
    WINNOW_TEXT("join", join),
    WINNOW_TEXT("replace", replace),
    WINNOW_TEXT("lower", recased<lowered>),
    WINNOW_TEXT("casefold", recased<folded>),
    WINNOW_TEXT("upper", recased<uppered>),
    WINNOW_TEXT("swapcase", recased<python::swapped>),
    WINNOW_TEXT("capitalize", recased<python::capitalised>),
    WINNOW_TEXT("title", recased<python::titled>),
    WINNOW_TEXT("strip", (strip<true, true>)),
    WINNOW_TEXT("lstrip", (strip<true, false>)),
    WINNOW_TEXT("rstrip", (strip<false, true>)),
    WINNOW_TEXT("split", split),
    WINNOW_TEXT("partition", partition),
    WINNOW_TEXT("removeprefix", remove_prefix),
    WINNOW_TEXT("removesuffix", remove_suffix),
    WINNOW_TEXT("translate", translate),
    WINNOW_TEXT("maketrans", make_table),
    WINNOW_TEXT("__add__", add),
    WINNOW_TEXT("__mul__", multiply),
    WINNOW_TEXT("__rmul__", multiply),
    WINNOW_TEXT("__mod__", modulo),
    WINNOW_TEXT("__getitem__", get_item),
    {"builtins.list.__add__", add},
    {"builtins.tuple.__add__", add},
    {"builtins.int.__add__", add},
    {"builtins.int.__xor__", arithmetic<bit_xor>},
    {"builtins.int.__rxor__", arithmetic<bit_xor>},
    {"builtins.int.__sub__", arithmetic<subtract>},
    {"builtins.int.__mul__", multiply},
    {"builtins.str.format", format},
    {"builtins.str.format_map", [](Machine& m, const Call& call) -> Result {
       if (call.count() < 2 || !call[0].is(Kind::string)) return std::nullopt;
       return format_fields(m, call[0], {call.callee, {}, call[1]}, 0);
     }},
    {"string.Formatter.format", formatter},
    {"operator.add", add},
    {"operator.iadd", add},
    {"operator.concat", add},
    {"operator.iconcat", add},
    {"operator.__add__", add},
    {"operator.mul", multiply},
    {"operator.imul", multiply},
    {"operator.mod", modulo},
    {"operator.imod", modulo},
    {"operator.__mod__", modulo},
    {"operator.xor", arithmetic<bit_xor>},
    {"operator.ixor", arithmetic<bit_xor>},
    {"operator.__xor__", arithmetic<bit_xor>},
    {"operator.and_", arithmetic<bit_and>},
    {"operator.or_", arithmetic<bit_or>},
    {"operator.sub", arithmetic<subtract>},
    {"operator.isub", arithmetic<subtract>},
    {"operator.rshift", arithmetic<shift_right>},
    {"operator.lshift", arithmetic<shift_left>},
    {"operator.floordiv", arithmetic<floor_divide>},
    {"operator.getitem", get_item},
    {"operator.__getitem__", get_item},
    {"builtins.list.__getitem__", get_item},
    {"builtins.tuple.__getitem__", get_item},
    {"builtins.len", length},
    {"operator.length_hint", length},
    {"builtins.sum", sum},
    {"urllib.parse.unquote", unquote},
    {"urllib.parse.unquote_plus", unquote},
};

}  // namespace

std::span<const ModelEntry> text_models() { return kModels; }

}  // namespace winnow::machine
