// The ways in which Python formats: str.format and its kin, templates, `%`, str() and repr(). Where parts of a text are not
// known, the others stay (Machine::partial).
#include <algorithm>
#include <charconv>
#include <cstdio>

#include "code/machine/encodings.h"
#include "code/machine/interpreter.h"
#include "code/machine/models.h"
#include "code/machine/objects.h"
#include "code/machine/operators.h"
#include "code/machine/text_parts.h"
#include "code/python/print_literals.h"

namespace winnow::machine {
namespace {

using Found = std::optional<Value>;

bool digit(unsigned char c) { return c >= '0' && c <= '9'; }
bool word(unsigned char c) { return digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_'; }

// So many characters of a str, or bytes.
std::string first_letters(std::string_view text, size_t count, bool letters) {
  size_t at = 0;
  for (; count > 0 && at < text.size(); --count) {
    do ++at; while (letters && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80);
  }
  return std::string(text.substr(0, at));
}

// One '{...}' after another; fields inside a spec are replaced first.
class Formatter {
 public:
  Formatter(Machine& m, std::span<const Value> arguments, Value keywords) : m_(m), arguments_(arguments), keywords_(keywords) {}

  Value formatted_text(std::string_view pattern) {
    const auto out = run(pattern, 0);
    if (!out) return Value::unknown();
    const Value rest = m_.make_string(*out);
    if (known_.empty()) return rest;
    known_.push_back(rest);
    return m_.partial(known_);
  }

 private:
  // The text, or where parts are not known what stands behind the last of them.
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
      if (m_.raised || (!shown && depth > 0) || !m_.fits(out.size() + (shown ? shown->size() : 0))) return std::nullopt;
      i = end;
      if (shown) {
        out += *shown;
        continue;
      }
      known_.push_back(m_.make_string(out));
      known_.push_back(open_);
      out.clear();
    }
    return out;
  }

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
    open_ = value;
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
    else if (keywords_.is(Kind::instance)) value = subscript(m_, keywords_, m_.make_string(head));
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
  std::vector<Value> known_;  // parts of the text in their order, where some are not known
  Value open_;                // the value of the last field
};

Found format(Machine& m, const Call& call) {
  const auto pattern = text(m, call[0]);
  if (!pattern) return std::nullopt;
  return Formatter(m, call.arguments.subspan(1), call.keywords).formatted_text(*pattern);
}

Found format_map(Machine& m, const Call& call) {
  const auto pattern = text(m, call[0]);
  if (!pattern) return std::nullopt;
  return Formatter(m, {}, call[1]).formatted_text(*pattern);
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
    if (!shown || !m.fits(out.size() + shown->size())) return Value::unknown();
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
  std::vector<Value> known;  // where some part is not
  const auto leave_open = [&](Value part) {
    known.push_back(like(m, self, out));
    known.push_back(part);
    out.clear();
  };
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
      if (shown && precise) shown = first_letters(*shown, static_cast<size_t>(std::atoi(precision.c_str())), plain(m, self).is(Kind::string));
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
      if (!shown && value.is_text()) return m.raise("TypeError");
      if (shown) out += *shown;
      else leave_open(value);
      continue;
    }
    if (m.raised) return Value::unknown();
    if (!shown) {
      leave_open(value);
      continue;
    }
    const size_t wanted = static_cast<size_t>(std::atoi(width.c_str()));
    const bool letters = plain(m, self).is(Kind::string);
    const auto inside = [&](char c) { return letters && (static_cast<unsigned char>(c) & 0xc0) == 0x80; };
    const size_t taken = shown->size() - static_cast<size_t>(std::count_if(shown->begin(), shown->end(), inside));
    const std::string filling(wanted > taken && wanted < 100000 ? wanted - taken : 0, ' ');
    out += left ? *shown + filling : filling + *shown;
    if (!m.fits(out.size())) return Value::unknown();
  }
  if (known.empty()) return like(m, self, out);
  known.push_back(like(m, self, out));
  return m.partial(known);
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

Found to_ascii(Machine& m, const Call& call) {
  const auto shown = repr_of(m, call[0]);
  if (!shown) return Value::unknown();
  std::string out;
  for (size_t at = 0, length = 1; at < shown->size(); at += length) {
    const char32_t c = python::next_code_point(*shown, at, length);
    char buffer[16];
    std::snprintf(buffer, sizeof buffer, c < 0x80 ? "%c" : c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", static_cast<unsigned>(c));
    out += buffer;
  }
  return m.make_string(out);
}

Found to_format(Machine& m, const Call& call) {
  const auto spec = call.count() > 1 ? text(m, call[1]) : std::optional<std::string_view>("");
  const auto out = spec ? formatted(m, call[0], *spec) : std::nullopt;
  return out ? Found(m.make_string(*out)) : Found(Value::unknown());
}

constexpr ModelEntry kModels[] = {
    {"builtins.str.__mod__", percent},
    {"builtins.bytes.__mod__", percent},
    {"builtins.bytearray.__mod__", percent},
    {"builtins.str.format", format},
    {"builtins.str.format_map", format_map},
    {"string.Template.substitute", substitute},
    {"string.Template.safe_substitute", substitute},
    {"operator.mod", percent},
    {"operator.imod", percent},
    {"operator.__mod__", percent},
    {"builtins.str", to_text},
    {"builtins.unicode", to_text},
    {"builtins.repr", to_repr},
    {"builtins.ascii", to_ascii},
    {"builtins.format", to_format},
};

}  // namespace

std::span<const ModelEntry> formatting_models() { return kModels; }

}  // namespace winnow::machine
