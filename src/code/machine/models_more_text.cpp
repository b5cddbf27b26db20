// Methods of str and bytes with their exact semantics, and the two ways to format.
#include <algorithm>
#include <charconv>

#include "code/machine/big.h"
#include "code/machine/encodings.h"
#include "code/machine/interpreter.h"
#include "code/machine/models.h"
#include "code/machine/objects.h"
#include "code/machine/operators.h"

namespace winnow::machine {
namespace {

using Found = std::optional<Value>;

// The text of a method's self: str, bytes, bytearray, or an instance of a subclass.
std::optional<std::string_view> text(Machine& m, Value value) {
  const Value inner = plain(m, value);
  if (inner.is_text()) return inner.text();
  return buffer_of(m, inner);
}

Value like(Machine& m, Value self, std::string_view out) {
  const Value inner = plain(m, self);
  if (inner.is(Kind::byte_array)) return new_byte_array(m, out);
  return inner.is(Kind::bytes) ? m.make_bytes(out) : m.make_string(out);
}

Value list_of(Machine& m, const std::vector<Value>& values) {
  return m.heap().new_items(Kind::list, values.data(), static_cast<uint32_t>(values.size()));
}

// Characters before a byte offset, for str.
int64_t characters(Machine& m, Value self, std::string_view whole, size_t bytes) {
  if (!plain(m, self).is(Kind::string) || m.ascii(whole)) return static_cast<int64_t>(bytes);
  return std::count_if(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(bytes), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
}

size_t byte_offset(Machine& m, Value self, std::string_view whole, int64_t at) {
  const auto size = static_cast<int64_t>(characters(m, self, whole, whole.size()));
  at = std::clamp<int64_t>(at < 0 ? at + size : at, 0, size);
  if (!plain(m, self).is(Kind::string) || m.ascii(whole)) return static_cast<size_t>(at);
  size_t bytes = 0;
  while (at > 0) {
    do ++bytes; while (bytes < whole.size() && (static_cast<unsigned char>(whole[bytes]) & 0xc0) == 0x80);
    --at;
  }
  return bytes;
}

template <bool last, bool raises>
Found find(Machine& m, const Call& call) {
  const auto whole = text(m, call[0]);
  auto part = text(m, call[1]);
  std::string one;
  if (!part && call[1].is(Kind::integer)) part = one = static_cast<char>(call[1].as_integer());
  if (!whole || !part) return Value::unknown();
  const size_t from = call.count() > 2 && call[2].is(Kind::integer) ? byte_offset(m, call[0], *whole, call[2].as_integer()) : 0;
  const size_t to = call.count() > 3 && call[3].is(Kind::integer) ? byte_offset(m, call[0], *whole, call[3].as_integer()) : whole->size();
  const std::string_view range = to >= from ? whole->substr(from, to - from) : std::string_view();
  const size_t at = to < from ? std::string_view::npos : last ? range.rfind(*part) : range.find(*part);
  if (at == std::string_view::npos) return raises ? Found(m.raise("ValueError", Value::string("substring not found"))) : Found(Value::integer(-1));
  return Value::integer(characters(m, call[0], *whole, from + at));
}

Found count(Machine& m, const Call& call) {
  const auto whole = text(m, call[0]), part = text(m, call[1]);
  if (!whole || !part) return Value::unknown();
  if (part->empty()) return Value::integer(characters(m, call[0], *whole, whole->size()) + 1);
  int64_t found = 0;
  for (size_t at = whole->find(*part); at != std::string_view::npos; at = whole->find(*part, at + part->size())) ++found;
  return Value::integer(found);
}

template <bool end>
Found begins(Machine& m, const Call& call) {
  const auto whole = text(m, call[0]);
  if (!whole) return std::nullopt;
  std::string_view rest = *whole;
  if (call.count() > 2 && call[2].is(Kind::integer)) rest = rest.substr(byte_offset(m, call[0], rest, call[2].as_integer()));
  std::vector<Value> parts{call[1]};
  if (call[1].is(Kind::tuple)) parts.assign(m.heap().items(call[1]).begin(), m.heap().items(call[1]).end());
  for (const Value& part : parts) {
    const auto word = text(m, part);
    if (!word) return Value::unknown();
    if (end ? rest.ends_with(*word) : rest.starts_with(*word)) return Value::boolean(true);
  }
  return Value::boolean(false);
}

enum class Side : uint8_t { left, right, center };
template <Side side>
Found justify(Machine& m, const Call& call) {
  const auto whole = text(m, call[0]);
  const auto width = integer_of(call[1]);
  if (!whole || !width || *width > (1 << 20)) return std::nullopt;
  const auto filling = call.count() > 2 ? text(m, call[2]) : std::optional<std::string_view>(" ");
  const int64_t missing = *width - characters(m, call[0], *whole, whole->size());
  if (!filling || missing <= 0) return call[0];
  const int64_t left = side == Side::left ? 0 : side == Side::right ? missing : missing / 2 + (missing & *width & 1);
  std::string out;
  for (int64_t i = 0; i < left; ++i) out += *filling;
  out += *whole;
  for (int64_t i = left; i < missing; ++i) out += *filling;
  return like(m, call[0], out);
}

Found zero_fill(Machine& m, const Call& call) {
  const auto whole = text(m, call[0]);
  const auto width = integer_of(call[1]);
  if (!whole || !width || *width > (1 << 20)) return std::nullopt;
  std::string out(*whole);
  const size_t sign = !out.empty() && (out[0] == '-' || out[0] == '+') ? 1 : 0;
  if (static_cast<int64_t>(out.size()) < *width) out.insert(sign, static_cast<size_t>(*width) - out.size(), '0');
  return like(m, call[0], out);
}

Found split_lines(Machine& m, const Call& call) {
  const auto whole = text(m, call[0]);
  if (!whole) return std::nullopt;
  const bool keep = call.count() > 1 && call[1].is(Kind::boolean) && call[1].as_boolean();
  std::vector<Value> lines;
  for (size_t at = 0; at < whole->size();) {
    const size_t end = whole->find_first_of("\n\r", at);
    if (end == std::string_view::npos) {
      lines.push_back(like(m, call[0], whole->substr(at)));
      break;
    }
    const size_t next = end + ((*whole)[end] == '\r' && end + 1 < whole->size() && (*whole)[end + 1] == '\n' ? 2 : 1);
    lines.push_back(like(m, call[0], whole->substr(at, (keep ? next : end) - at)));
    at = next;
  }
  return list_of(m, lines);
}

Found split(Machine& m, const Call& call) {
  const auto whole = text(m, call[0]);
  if (!whole) return std::nullopt;
  Value by = call.count() > 1 ? call[1] : Value::none(), most = call.count() > 2 ? call[2] : Value::integer(-1);
  if (const Value* given = m.keyword(call, "sep")) by = *given;
  if (const Value* given = m.keyword(call, "maxsplit")) most = *given;
  if (!most.is(Kind::integer) || (!by.is(Kind::none) && !text(m, by))) return Value::unknown();
  const bool from_right = m.heap().name(call.callee).canonical.ends_with("rsplit");
  int64_t left = most.as_integer();
  std::vector<std::string_view> parts;
  if (by.is(Kind::none)) {
    size_t at = 0;
    std::vector<std::string_view> words;
    while (at < whole->size()) {
      while (at < whole->size() && std::isspace(static_cast<unsigned char>((*whole)[at]))) ++at;
      if (at == whole->size()) break;
      if (left == 0 && !from_right) {
        std::string_view rest = whole->substr(at);
        while (!rest.empty() && std::isspace(static_cast<unsigned char>(rest.back()))) rest.remove_suffix(1);
        words.push_back(rest);
        break;
      }
      size_t end = at;
      while (end < whole->size() && !std::isspace(static_cast<unsigned char>((*whole)[end]))) ++end;
      words.push_back(whole->substr(at, end - at));
      at = end;
      --left;
    }
    parts = words;
    const int64_t limit = most.as_integer();
    if (from_right && limit >= 0 && static_cast<int64_t>(words.size()) > limit + 1) {
      const size_t first = words.size() - static_cast<size_t>(limit);
      const auto end = static_cast<size_t>(words[first - 1].data() + words[first - 1].size() - words[0].data());
      parts.assign(1, {words[0].data(), end});
      parts.insert(parts.end(), words.begin() + static_cast<std::ptrdiff_t>(first), words.end());
    }
  } else {
    const std::string_view word = *text(m, by);
    if (word.empty()) return m.raise("ValueError", Value::string("empty separator"));
    std::string_view rest = *whole;
    while (left != 0) {
      const size_t at = from_right ? rest.rfind(word) : rest.find(word);
      if (at == std::string_view::npos) break;
      if (from_right) parts.push_back(rest.substr(at + word.size())), rest = rest.substr(0, at);
      else parts.push_back(rest.substr(0, at)), rest = rest.substr(at + word.size());
      --left;
    }
    parts.push_back(rest);
    if (from_right) std::reverse(parts.begin(), parts.end());
  }
  std::vector<Value> out;
  for (const std::string_view part : parts) out.push_back(like(m, call[0], part));
  return list_of(m, out);
}

template <bool last>
Found partition(Machine& m, const Call& call) {
  const auto whole = text(m, call[0]), by = text(m, call[1]);
  if (!whole || !by) return Value::unknown();
  const size_t at = last ? whole->rfind(*by) : whole->find(*by);
  const Value empty = like(m, call[0], "");
  if (at == std::string_view::npos) return last ? m.heap().new_tuple({empty, empty, call[0]}) : m.heap().new_tuple({call[0], empty, empty});
  return m.heap().new_tuple({like(m, call[0], whole->substr(0, at)), call[1], like(m, call[0], whole->substr(at + by->size()))});
}

template <bool (*is)(unsigned char)>
Found all_are(Machine& m, const Call& call) {
  const auto whole = text(m, call[0]);
  if (!whole) return std::nullopt;
  if (!m.ascii(*whole)) return Value::unknown();
  return Value::boolean(!whole->empty() && std::all_of(whole->begin(), whole->end(), [](char c) { return is(static_cast<unsigned char>(c)); }));
}
bool digit(unsigned char c) { return c >= '0' && c <= '9'; }
bool letter(unsigned char c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; }
bool either(unsigned char c) { return digit(c) || letter(c); }
bool space(unsigned char c) { return c == ' ' || (c >= 9 && c <= 13); }
bool not_upper(unsigned char c) { return c < 'A' || c > 'Z'; }
bool not_lower(unsigned char c) { return c < 'a' || c > 'z'; }
bool printable(unsigned char c) { return c >= 32 && c < 127; }
bool word(unsigned char c) { return either(c) || c == '_'; }

Found replace(Machine& m, const Call& call) {
  const auto whole = text(m, call[0]), from = text(m, call[1]), to = text(m, call[2]);
  if (!whole || !from || !to) return Value::unknown();
  int64_t left = call.count() > 3 ? integer_of(call[3]).value_or(-1) : -1;
  std::string out;
  if (from->empty()) {
    for (size_t at = 0; at <= whole->size(); ++at) {
      if (left-- != 0) out += *to;
      if (at < whole->size()) out += (*whole)[at];
    }
    return like(m, call[0], out);
  }
  size_t at = 0;
  for (size_t found; left != 0 && (found = whole->find(*from, at)) != std::string_view::npos; --left) {
    out += whole->substr(at, found - at);
    out += *to;
    at = found + from->size();
    if (!m.fits(out.size())) return Value::unknown();
  }
  out += whole->substr(at);
  return like(m, call[0], out);
}

Found join(Machine& m, const Call& call) {
  const auto by = text(m, call[0]);
  const auto parts = m.iterate(call[1]);
  if (m.raised) return Value::unknown();
  if (!by || !parts) return Value::unknown();
  std::string out;
  for (size_t i = 0; i < parts->size(); ++i) {
    const auto part = text(m, (*parts)[i]);
    if (!part) return (*parts)[i].is(Kind::integer) ? Found(m.raise("TypeError", Value::string("expected str"))) : Found(Value::unknown());
    if (i > 0) out += *by;
    out += *part;
    if (!m.fits(out.size())) return Value::unknown();
  }
  return like(m, call[0], out);
}

Found title(Machine& m, const Call& call) {
  const auto whole = text(m, call[0]);
  if (!whole) return std::nullopt;
  std::string out(*whole);
  bool start = true;
  for (char& c : out) {
    if (letter(static_cast<unsigned char>(c))) c = static_cast<char>(start ? c & ~32 : c | 32);
    start = !letter(static_cast<unsigned char>(c));
  }
  return like(m, call[0], out);
}

Found expand_tabs(Machine& m, const Call& call) {
  const auto whole = text(m, call[0]);
  if (!whole) return std::nullopt;
  const int64_t size = call.count() > 1 ? std::clamp<int64_t>(integer_of(call[1]).value_or(8), 0, 64) : 8;
  std::string out;
  int64_t column = 0;
  for (const char c : *whole) {
    if (c == '\t') {
      const int64_t by = size == 0 ? 0 : size - column % size;
      out.append(static_cast<size_t>(by), ' ');
      column += by;
    } else {
      out += c;
      column = c == '\n' || c == '\r' ? 0 : column + 1;
    }
  }
  return like(m, call[0], out);
}

// The table that str.translate looks in: a dict by code point, or anything with items.
Found translate(Machine& m, const Call& call) {
  const Value self = plain(m, call[0]);
  if (!self.is(Kind::string)) {
    const auto whole = text(m, self);
    if (!whole) return std::nullopt;
    const Value removed = call.count() > 2 ? call[2] : m.keyword(call, "delete") != nullptr ? *m.keyword(call, "delete") : Value::bytes("");
    const auto gone = text(m, removed), table = text(m, call[1]);
    if (!gone || (!table && !call[1].is(Kind::none)) || (table && table->size() != 256)) return Value::unknown();
    std::string out;
    for (const char c : *whole) {
      if (gone->find(c) == std::string_view::npos) out += table ? (*table)[static_cast<unsigned char>(c)] : c;
    }
    return like(m, call[0], out);
  }
  if (!plain(m, call[1]).is(Kind::dict)) return Value::unknown();
  std::string out;
  for (const Value& unit : m.iterate(self).value_or(std::vector<Value>())) {
    const Value code = m.call_from_code(m.resolve("builtins", "ord"), std::span(&unit, 1), Value::none());
    const Value* to = m.heap().find_key(plain(m, call[1]), code);
    if (to == nullptr) out += unit.text();
    else if (to->is(Kind::string)) out += to->text();
    else if (to->is(Kind::integer)) append_utf8(out, static_cast<uint32_t>(to->as_integer()));
    else if (!to->is(Kind::none)) return Value::unknown();
  }
  return m.make_string(out);
}

// str.maketrans(dict), (from, to), (from, to, deleted); bytes.maketrans(from, to)
Found make_table(Machine& m, const Call& call) {
  // Called through an instance it is bound, which changes nothing.
  std::span<const Value> given = call.arguments;
  if (given.size() > 1 && given[0].is_text() && (given[1].is(Kind::dict) || given.size() == 4 || (given.size() == 3 && given[0].text().empty()))) given = given.subspan(1);
  if (given.size() == 3 && given[0].is(Kind::bytes)) given = given.subspan(1);
  if (given.empty()) return std::nullopt;
  const Value made = m.heap().new_items(Kind::dict, nullptr, 0);
  const auto ord = [&](Value unit) { return m.call_from_code(m.resolve("builtins", "ord"), std::span(&unit, 1), Value::none()); };
  if (given[0].is(Kind::dict)) {
    const Items pairs = m.heap().items(given[0]);
    for (uint32_t i = 0; i + 1 < pairs.size; i += 2) m.heap().set_key(made, pairs[i].is(Kind::string) ? ord(pairs[i]) : pairs[i], pairs[i + 1]);
    return made;
  }
  if (given.size() < 2) return Value::unknown();
  const auto from = m.iterate(given[0]), to = m.iterate(given[1]);
  if (!from || !to || from->size() != to->size()) return Value::unknown();
  if (given[0].is(Kind::bytes)) {
    std::string table(256, '\0');
    for (size_t i = 0; i < 256; ++i) table[i] = static_cast<char>(i);
    for (size_t i = 0; i < from->size(); ++i) table[static_cast<size_t>((*from)[i].as_integer() & 255)] = static_cast<char>((*to)[i].as_integer());
    return m.make_bytes(table);
  }
  for (size_t i = 0; i < from->size(); ++i) m.heap().set_key(made, ord((*from)[i]), ord((*to)[i]));
  if (given.size() > 2) for (const Value& unit : m.iterate(given[2]).value_or(std::vector<Value>())) m.heap().set_key(made, ord(unit), Value::none());
  return made;
}

// One '{...}' after another; fields inside a spec are replaced first.
class Formatter {
 public:
  Formatter(Machine& m, std::span<const Value> arguments, Value keywords) : m_(m), arguments_(arguments), keywords_(keywords) {}

  std::optional<std::string> run(std::string_view pattern, int depth) {
    std::string out;
    for (size_t i = 0; i < pattern.size(); ++i) {
      const char c = pattern[i];
      const bool doubled = i + 1 < pattern.size() && pattern[i + 1] == c;
      if (c != '{' && c != '}') { out += c; continue; }
      if (doubled && (c == '}' || depth == 0)) { out += c; ++i; continue; }
      if (c == '}') return std::nullopt;
      size_t end = i + 1;
      for (int open = 1; end < pattern.size(); ++end) {
        open += pattern[end] == '{' ? 1 : pattern[end] == '}' ? -1 : 0;
        if (open == 0) break;
      }
      if (end >= pattern.size()) return std::nullopt;
      const auto shown = field(pattern.substr(i + 1, end - i - 1), depth);
      if (!shown || !m_.fits(out.size() + shown->size())) return std::nullopt;
      out += *shown;
      i = end;
    }
    return out;
  }

 private:
  std::optional<std::string> field(std::string_view whole, int depth) {
    size_t colon = std::string_view::npos;
    for (size_t i = 0, square = 0; i < whole.size(); ++i) {
      if (whole[i] == '[') ++square;
      else if (whole[i] == ']' && square > 0) --square;
      else if (whole[i] == ':' && square == 0) { colon = i; break; }
    }
    std::string_view name = whole.substr(0, colon);
    std::string spec(colon == std::string_view::npos ? std::string_view() : whole.substr(colon + 1));
    char conversion = 0;
    if (const size_t mark = name.rfind('!'); mark != std::string_view::npos && mark + 1 < name.size()) {
      conversion = name[mark + 1];
      name = name.substr(0, mark);
    }
    const Value value = value_of(name);
    if (m_.raised) return std::nullopt;
    if (spec.find('{') != std::string::npos) {
      if (depth >= 2) return std::nullopt;
      const auto inner = run(spec, depth + 1);
      if (!inner) return std::nullopt;
      spec = *inner;
    }
    if (conversion == 'r' || conversion == 'a') {
      const auto shown = repr_of(m_, value);
      return shown ? formatted(m_, m_.make_string(*shown), spec) : std::nullopt;
    }
    if (conversion == 's') {
      const auto shown = text_of(m_, value);
      return shown ? formatted(m_, m_.make_string(*shown), spec) : std::nullopt;
    }
    return formatted(m_, value, spec);
  }

  Value value_of(std::string_view name) {
    size_t path = name.find_first_of(".[");
    const std::string_view head = name.substr(0, path);
    Value value = Value::unknown();
    size_t index = 0;
    const auto read = std::from_chars(head.data(), head.data() + head.size(), index);
    if (head.empty()) value = next_ < arguments_.size() ? arguments_[next_++] : Value::unknown();
    else if (read.ptr == head.data() + head.size()) value = index < arguments_.size() ? arguments_[index] : Value::unknown();
    else if (keywords_.is(Kind::dict)) {
      if (const Value* given = m_.heap().find_key(keywords_, Value::string(head))) value = *given;
    }
    while (path != std::string_view::npos && path < name.size()) {
      const bool item = name[path] == '[';
      const size_t stop = item ? name.find(']', path) : name.find_first_of(".[", path + 1);
      const std::string_view part = name.substr(path + 1, stop == std::string_view::npos ? stop : stop - path - 1);
      size_t number = 0;
      const bool numeric = std::from_chars(part.data(), part.data() + part.size(), number).ptr == part.data() + part.size() && !part.empty();
      if (item) value = subscript(m_, value, numeric ? Value::integer(static_cast<int64_t>(number)) : Value::string(part));
      else value = m_.attribute(value, part);
      path = stop == std::string_view::npos ? stop : item ? stop + 1 : stop;
    }
    return value;
  }

  Machine& m_;
  std::span<const Value> arguments_;
  Value keywords_;
  size_t next_ = 0;
};

Found format(Machine& m, const Call& call) {
  const auto pattern = text(m, call[0]);
  if (!pattern) return std::nullopt;
  const auto out = Formatter(m, call.arguments.subspan(1), call.keywords).run(*pattern, 0);
  return out ? Found(m.make_string(*out)) : Found(Value::unknown());
}

Found format_map(Machine& m, const Call& call) {
  const auto pattern = text(m, call[0]);
  if (!pattern) return std::nullopt;
  const auto out = Formatter(m, {}, plain(m, call[1])).run(*pattern, 0);
  return out ? Found(m.make_string(*out)) : Found(Value::unknown());
}

Found formatter_format(Machine& m, const Call& call) {
  if (call.count() < 2) return std::nullopt;
  return format(m, {call.callee, call.arguments.subspan(1), call.keywords});
}

// string.Template(text).substitute(...)
Found substitute(Machine& m, const Call& call) {
  if (!call[0].is(Kind::object)) return std::nullopt;
  const Items given = m.heap().items(m.heap().object(call[0]).arguments);
  if (given.size == 0 || !given[0].is(Kind::string)) return std::nullopt;
  const std::string_view pattern = given[0].text();
  std::string out;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '$') { out += pattern[i]; continue; }
    if (i + 1 < pattern.size() && pattern[i + 1] == '$') { out += '$'; ++i; continue; }
    const bool braced = i + 1 < pattern.size() && pattern[i + 1] == '{';
    size_t end = i + 1 + braced;
    while (end < pattern.size() && word(static_cast<unsigned char>(pattern[end]))) ++end;
    const Value key = Value::string(pattern.substr(i + 1 + braced, end - i - 1 - braced));
    const Value* value = call.keywords.is(Kind::dict) ? m.heap().find_key(call.keywords, key) : nullptr;
    if (value == nullptr && call.count() > 1 && call[1].is(Kind::dict)) value = m.heap().find_key(call[1], key);
    const auto shown = value != nullptr ? text_of(m, *value) : std::nullopt;
    if (!shown) return Value::unknown();
    out += *shown;
    i = end - 1 + braced;
  }
  return m.make_string(out);
}

// '%05d %(name)s %x' % values
Found percent(Machine& m, const Call& call) {
  const Value self = plain(m, call[0]);
  const auto pattern = text(m, self);
  if (!pattern) {
    return binary(m, ir::Binary::remainder, call[0], call[1]);
  }
  std::vector<Value> values{call[1]};
  if (call[1].is(Kind::tuple)) values.assign(m.heap().items(call[1]).begin(), m.heap().items(call[1]).end());
  std::string out;
  size_t next = 0;
  for (size_t i = 0; i < pattern->size(); ++i) {
    if ((*pattern)[i] != '%') { out += (*pattern)[i]; continue; }
    if (++i >= pattern->size()) return m.raise("ValueError");
    Value value = Value::unknown();
    bool named = false;
    if ((*pattern)[i] == '(') {
      const size_t end = pattern->find(')', i);
      if (end == std::string_view::npos) return m.raise("ValueError");
      value = subscript(m, call[1], Value::string(pattern->substr(i + 1, end - i - 1)));
      named = true;
      i = end + 1;
    }
    std::string spec;
    bool left = false;
    for (; i < pattern->size() && std::string_view("#0- +").find((*pattern)[i]) != std::string_view::npos; ++i) {
      if ((*pattern)[i] == '-') left = true;
      else spec += (*pattern)[i];
    }
    const auto take = [&] { return next < values.size() ? values[next++] : Value::unknown(); };
    std::string width, precision;
    const auto number = [&](std::string& into) {
      if (i < pattern->size() && (*pattern)[i] == '*') into = std::to_string(integer_of(take()).value_or(0)), ++i;
      while (i < pattern->size() && digit(static_cast<unsigned char>((*pattern)[i]))) into += (*pattern)[i++];
    };
    number(width);
    const bool precise = i < pattern->size() && (*pattern)[i] == '.';
    if (precise) ++i, number(precision);
    while (i < pattern->size() && std::string_view("hlL").find((*pattern)[i]) != std::string_view::npos) ++i;
    if (i >= pattern->size()) return m.raise("ValueError");
    const char type = (*pattern)[i];
    if (type == '%') { out += '%'; continue; }
    if (!named) value = take();
    std::optional<std::string> shown;
    if (type == 's' || type == 'r' || type == 'a' || type == 'b') {
      if (self.is(Kind::string)) shown = type == 's' ? text_of(m, value) : repr_of(m, value);
      else if (const auto raw = text(m, value)) shown = std::string(*raw);
      if (shown && precise) shown = shown->substr(0, static_cast<size_t>(std::atoi(precision.c_str())));
    } else if (type == 'c') {
      std::string one;
      if (value.is(Kind::integer) && self.is(Kind::string)) append_utf8(one, static_cast<uint32_t>(value.as_integer()));
      else if (value.is(Kind::integer)) one = static_cast<char>(value.as_integer());
      else if (const auto raw = text(m, value)) one = *raw;
      if (!one.empty() || value.is(Kind::integer)) shown = one;
    } else {
      std::string sign_and_zero;
      for (const char flag : spec) if (flag == '+' || flag == ' ') sign_and_zero = flag;
      for (const char flag : spec) if (flag == '#') sign_and_zero += '#';
      const bool zero = spec.find('0') != std::string::npos && !left;
      if (value.is(Kind::real) && (type == 'd' || type == 'i')) value = Value::integer(static_cast<int64_t>(value.as_real()));
      std::string full = (left ? "<" : "") + sign_and_zero + (zero ? "0" : "") + width + (precise && type != 'd' && type != 'i' ? "." + precision : "") + (type == 'i' || type == 'u' ? 'd' : type);
      if (value.is(Kind::integer) || value.is(Kind::big_integer) || value.is(Kind::real) || value.is(Kind::boolean)) shown = formatted(m, value, full);
      if (!shown) return value.is_text() ? Found(m.raise("TypeError")) : Found(Value::unknown());
      out += *shown;
      continue;
    }
    if (!shown) return Value::unknown();
    const size_t wanted = static_cast<size_t>(std::atoi(width.c_str()));
    const std::string filling(wanted > shown->size() && wanted < 100000 ? wanted - shown->size() : 0, ' ');
    out += left ? *shown + filling : filling + *shown;
    if (!m.fits(out.size())) return Value::unknown();
  }
  return like(m, self, out);
}

Found hex_text(Machine& m, const Call& call) {
  const auto whole = text(m, call[0]);
  if (!whole) return std::nullopt;
  std::string out = encode_base16(*whole);
  if (call.count() > 1) {
    const auto by = text(m, call[1]);
    if (!by || by->size() != 1) return Value::unknown();
    std::string spaced;
    for (size_t i = 0; i < out.size(); i += 2) spaced += (i > 0 ? std::string(*by) : "") + out.substr(i, 2);
    out = spaced;
  }
  return m.make_string(out);
}

Found to_text(Machine& m, const Call& call) {
  if (call.count() == 0) return Value::string("");
  if (const Value* encoding = m.keyword(call, "encoding"); encoding != nullptr || call.count() > 1) {
    const auto data = buffer_of(m, call[0]);
    if (!data) return std::nullopt;
    const Value given[] = {Value::bytes(*data), encoding != nullptr ? *encoding : call[1]};
    return m.call_from_code(m.resolve("builtins.bytes", "decode"), given, Value::none());
  }
  const auto out = text_of(m, call[0]);
  return out ? Found(m.make_string(*out)) : Found(Value::unknown());
}

Found to_repr(Machine& m, const Call& call) {
  const auto out = repr_of(m, call[0]);
  return out ? Found(m.make_string(*out)) : Found(Value::unknown());
}

Found to_format(Machine& m, const Call& call) {
  const auto spec = call.count() > 1 ? text(m, call[1]) : std::optional<std::string_view>("");
  const auto out = spec ? formatted(m, call[0], *spec) : std::nullopt;
  return out ? Found(m.make_string(*out)) : Found(Value::unknown());
}

#define WINNOW_TEXT(method, model) {"builtins.str." method, model}, {"builtins.bytes." method, model}, {"builtins.bytearray." method, model}

constexpr ModelEntry kModels[] = {
    WINNOW_TEXT("find", (find<false, false>)),
    WINNOW_TEXT("rfind", (find<true, false>)),
    WINNOW_TEXT("index", (find<false, true>)),
    WINNOW_TEXT("rindex", (find<true, true>)),
    WINNOW_TEXT("count", count),
    WINNOW_TEXT("startswith", begins<false>),
    WINNOW_TEXT("endswith", begins<true>),
    WINNOW_TEXT("ljust", justify<Side::left>),
    WINNOW_TEXT("rjust", justify<Side::right>),
    WINNOW_TEXT("center", justify<Side::center>),
    WINNOW_TEXT("zfill", zero_fill),
    WINNOW_TEXT("splitlines", split_lines),
    WINNOW_TEXT("split", split),
    WINNOW_TEXT("rsplit", split),
    WINNOW_TEXT("partition", partition<false>),
    WINNOW_TEXT("rpartition", partition<true>),
    WINNOW_TEXT("isdigit", all_are<digit>),
    WINNOW_TEXT("isdecimal", all_are<digit>),
    WINNOW_TEXT("isnumeric", all_are<digit>),
    WINNOW_TEXT("isalpha", all_are<letter>),
    WINNOW_TEXT("isalnum", all_are<either>),
    WINNOW_TEXT("isspace", all_are<space>),
    WINNOW_TEXT("islower", all_are<not_upper>),
    WINNOW_TEXT("isupper", all_are<not_lower>),
    WINNOW_TEXT("isprintable", all_are<printable>),
    WINNOW_TEXT("isidentifier", all_are<word>),
    WINNOW_TEXT("replace", replace),
    WINNOW_TEXT("join", join),
    WINNOW_TEXT("title", title),
    WINNOW_TEXT("expandtabs", expand_tabs),
    WINNOW_TEXT("translate", translate),
    WINNOW_TEXT("maketrans", make_table),
    WINNOW_TEXT("hex", hex_text),
    {"builtins.str.format", format},
    {"builtins.str.format_map", format_map},
    {"string.Formatter.format", formatter_format},
    {"string.Template.substitute", substitute},
    {"string.Template.safe_substitute", substitute},
    {"string.capwords", title},
    WINNOW_TEXT("__mod__", percent),
    {"operator.mod", percent},
    {"operator.imod", percent},
    {"operator.__mod__", percent},
    {"builtins.str", to_text},
    {"builtins.unicode", to_text},
    {"builtins.repr", to_repr},
    {"builtins.ascii", to_repr},
    {"builtins.format", to_format},
};

}  // namespace

std::span<const ModelEntry> more_text_models() { return kModels; }

}  // namespace winnow::machine
