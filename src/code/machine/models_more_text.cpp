// Methods of str and bytes with their exact semantics.
#include <algorithm>
#include <charconv>

#include "code/machine/big.h"
#include "code/machine/encodings.h"
#include "code/machine/interpreter.h"
#include "code/machine/models.h"
#include "code/machine/objects.h"
#include "code/machine/operators.h"
#include "code/machine/text_parts.h"
#include "code/python/letters.h"
#include "code/python/print_literals.h"

namespace winnow::machine {
namespace {

using Found = std::optional<Value>;

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

// The part of a text that `start` and `end` leave, the arguments from `first` on; nothing where they are not known.
struct Part { size_t from; std::string_view text; bool beyond; };
std::optional<Part> part_of(Machine& m, const Call& call, std::string_view whole, size_t first) {
  size_t bounds[] = {0, whole.size()};
  bool beyond = false;
  for (size_t i = 0; i < 2 && call.count() > first + i; ++i) {
    if (call[first + i].is(Kind::none)) continue;
    const auto at = integer_of(call[first + i]);
    if (!at) return std::nullopt;
    bounds[i] = byte_offset(m, call[0], whole, *at);
    beyond = beyond || (i == 0 && *at > characters(m, call[0], whole, whole.size()));
  }
  beyond = beyond || bounds[0] > bounds[1];
  return Part{bounds[0], beyond ? std::string_view() : whole.substr(bounds[0], bounds[1] - bounds[0]), beyond};
}

template <bool last, bool raises>
Found find(Machine& m, const Call& call) {
  const auto whole = text(m, call[0]);
  auto part = text(m, call[1]);
  std::string one;
  if (!part && call[1].is(Kind::integer)) part = one = static_cast<char>(call[1].as_integer());
  if (!whole || !part) return Value::unknown();
  const auto range = part_of(m, call, *whole, 2);
  if (!range) return Value::unknown();
  const size_t at = range->beyond ? std::string_view::npos : last ? range->text.rfind(*part) : range->text.find(*part);
  if (at == std::string_view::npos) return raises ? Found(m.raise("ValueError", Value::string("substring not found"))) : Found(Value::integer(-1));
  return Value::integer(characters(m, call[0], *whole, range->from + at));
}

Found count(Machine& m, const Call& call) {
  const auto whole = text(m, call[0]);
  auto part = text(m, call[1]);
  std::string one;
  if (!part && call[1].is(Kind::integer)) part = one = static_cast<char>(call[1].as_integer());
  const auto range = whole ? part_of(m, call, *whole, 2) : std::nullopt;
  if (!part || !range) return Value::unknown();
  if (range->beyond) return Value::integer(0);
  if (part->empty()) return Value::integer(characters(m, call[0], range->text, range->text.size()) + 1);
  int64_t found = 0;
  for (size_t at = range->text.find(*part); at != std::string_view::npos; at = range->text.find(*part, at + part->size())) ++found;
  return Value::integer(found);
}

template <bool end>
Found begins(Machine& m, const Call& call) {
  const auto whole = text(m, call[0]);
  if (!whole) return std::nullopt;
  const auto range = part_of(m, call, *whole, 2);
  if (!range) return Value::unknown();
  std::vector<Value> parts{call[1]};
  if (call[1].is(Kind::tuple)) parts.assign(m.heap().items(call[1]).begin(), m.heap().items(call[1]).end());
  for (const Value& part : parts) {
    const auto word = text(m, part);
    if (!word) return Value::unknown();
    if (!range->beyond && (end ? range->text.ends_with(*word) : range->text.starts_with(*word))) return Value::boolean(true);
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
  const int64_t size = characters(m, call[0], *whole, whole->size());
  if (size < *width) out.insert(sign, static_cast<size_t>(*width - size), '0');
  return like(m, call[0], out);
}

Found split_lines(Machine& m, const Call& call) {
  const auto whole = text(m, call[0]);
  if (!whole) return std::nullopt;
  const Value* named = m.keyword(call, "keepends");
  const auto keep = truth(m, named != nullptr ? *named : call.count() > 1 ? call[1] : Value::boolean(false));
  if (!keep) return Value::unknown();
  const bool letters = plain(m, call[0]).is(Kind::string);
  const auto end_at = [&](size_t at) -> size_t {
    if (letters) return python::line_end_at(*whole, at);
    const char c = (*whole)[at];
    return c == '\r' && at + 1 < whole->size() && (*whole)[at + 1] == '\n' ? 2 : c == '\n' || c == '\r' ? 1 : 0;
  };
  std::vector<Value> lines;
  size_t start = 0;
  for (size_t at = 0; at < whole->size();) {
    const size_t end = end_at(at);
    at += std::max<size_t>(end, 1);
    if (end == 0 && at < whole->size()) continue;
    lines.push_back(like(m, call[0], whole->substr(start, (*keep ? at : at - end) - start)));
    start = at;
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
    const bool letters = plain(m, call[0]).is(Kind::string);
    const auto space = [&](size_t at) -> size_t {
      if (letters) return python::space_at(*whole, at);
      return at < whole->size() && std::isspace(static_cast<unsigned char>((*whole)[at])) ? 1 : 0;
    };
    size_t at = 0;
    std::vector<std::string_view> words;
    while (at < whole->size()) {
      while (const size_t length = space(at)) at += length;
      if (at >= whole->size()) break;
      if (left == 0 && !from_right) {
        size_t last = at;
        for (size_t i = at; i < whole->size();) {
          const size_t length = space(i);
          i += std::max<size_t>(length, 1);
          if (length == 0) last = i;
        }
        words.push_back(whole->substr(at, last - at));
        break;
      }
      size_t end = at;
      while (end < whole->size() && space(end) == 0) ++end;
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
bool capital(unsigned char c) { return c >= 'A' && c <= 'Z'; }
bool small(unsigned char c) { return c >= 'a' && c <= 'z'; }
bool word(unsigned char c) { return either(c) || c == '_'; }

Found is_printable(Machine& m, const Call& call) {
  const auto whole = text(m, call[0]);
  if (!whole) return Value::unknown();
  bool all = true;
  for (size_t at = 0, length = 0; at < whole->size(); at += length) all = python::is_printable(python::next_code_point(*whole, at, length)) && all;
  return Value::boolean(all);
}

// Some letters, and none of the other case.
template <bool (*is)(unsigned char), bool (*other)(unsigned char)>
Found cased(Machine& m, const Call& call) {
  const auto whole = text(m, call[0]);
  if (!whole) return std::nullopt;
  if (!m.ascii(*whole)) return Value::unknown();
  return Value::boolean(std::any_of(whole->begin(), whole->end(), is) && std::none_of(whole->begin(), whole->end(), other));
}

Found is_identifier(Machine& m, const Call& call) {
  const auto whole = text(m, call[0]);
  if (!whole || !m.ascii(*whole)) return Value::unknown();
  return Value::boolean(!whole->empty() && !digit(static_cast<unsigned char>(whole->front())) && std::all_of(whole->begin(), whole->end(), word));
}

Found replace(Machine& m, const Call& call) {
  const auto whole = text(m, call[0]), from = text(m, call[1]), to = text(m, call[2]);
  if (!whole || !from || !to) return Value::unknown();
  int64_t left = call.count() > 3 ? integer_of(call[3]).value_or(-1) : -1;
  std::string out;
  if (from->empty()) {
    const bool letters = plain(m, call[0]).is(Kind::string);
    for (size_t at = 0; at <= whole->size(); ++at) {
      if (left-- != 0) out += *to;
      if (at < whole->size()) out += (*whole)[at];
      while (letters && at + 1 < whole->size() && ((*whole)[at + 1] & 0xC0) == 0x80) out += (*whole)[++at];
      if (!m.fits(out.size())) return Value::unknown();
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
  std::vector<Value> known;  // where some part is not
  for (size_t i = 0; i < parts->size(); ++i) {
    if (i > 0) out += *by;
    const auto part = text(m, (*parts)[i]);
    if (part) {
      out += *part;
    } else {
      if ((*parts)[i].is(Kind::integer)) return m.raise("TypeError", Value::string("expected str"));
      known.push_back(like(m, call[0], out));
      known.push_back((*parts)[i]);
      out.clear();
    }
    if (!m.fits(out.size()) || known.size() > 64) return Value::unknown();
  }
  const Value rest = like(m, call[0], out);
  if (known.empty()) return rest;
  known.push_back(rest);
  return m.partial(known);
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
  const bool own = call[1].is(Kind::instance);
  if (!own && !plain(m, call[1]).is(Kind::dict)) return Value::unknown();
  std::string out;
  for (const Value& unit : m.iterate(self).value_or(std::vector<Value>())) {
    const Value code = m.call_from_code(m.resolve("builtins", "ord"), std::span(&unit, 1), Value::none());
    Value given = Value::unknown();
    if (own) given = subscript(m, call[1], code);
    if (m.raised) {
      if (!is_instance(m, *m.raised, m.resolve("builtins", "LookupError")).value_or(false)) return Value::unknown();
      m.raised.reset();
      out += unit.text();
      continue;
    }
    const Value* to = own ? &given : m.heap().find_key(plain(m, call[1]), code);
    if (to == nullptr) out += unit.text();
    else if (to->is(Kind::string)) out += to->text();
    else if (to->is(Kind::integer)) append_utf8(out, static_cast<uint32_t>(to->as_integer()));
    else if (!to->is(Kind::none)) return Value::unknown();
    if (!m.fits(out.size())) return Value::unknown();
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
    WINNOW_TEXT("islower", (cased<small, capital>)),
    WINNOW_TEXT("isupper", (cased<capital, small>)),
    {"builtins.str.isprintable", is_printable},
    {"builtins.str.isidentifier", is_identifier},
    WINNOW_TEXT("replace", replace),
    WINNOW_TEXT("join", join),
    WINNOW_TEXT("expandtabs", expand_tabs),
    WINNOW_TEXT("translate", translate),
    WINNOW_TEXT("maketrans", make_table),
    WINNOW_TEXT("hex", hex_text),
};

}  // namespace

std::span<const ModelEntry> more_text_models() { return kModels; }

}  // namespace winnow::machine
