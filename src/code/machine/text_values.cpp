// What str(), repr() and format() make of values.
#include <charconv>
#include <cmath>

#include "code/machine/big.h"
#include "code/machine/constants.h"
#include "code/machine/encodings.h"
#include "code/machine/objects.h"
#include "code/machine/operators.h"
#include "code/python/letters.h"
#include "code/python/print_literals.h"
#include "core/code_object.h"

namespace winnow::machine {
namespace {

constexpr int kDeepest = 12;

// repr() of str and bytes.
std::string quoted_text(std::string_view text, bool bytes) {
  const bool has_single = text.find('\'') != std::string_view::npos, has_double = text.find('"') != std::string_view::npos;
  const char quote = has_single && !has_double ? '"' : '\'';
  std::string out = bytes ? "b" : "";
  out += quote;
  const auto escaped = [&](const char* format, uint32_t c) {
    char buffer[16];
    std::snprintf(buffer, sizeof buffer, format, c);
    out += buffer;
  };
  for (size_t at = 0, length = 1; at < text.size(); at += length) {
    const char32_t c = bytes ? static_cast<unsigned char>(text[at]) : python::next_code_point(text, at, length);
    if (c == static_cast<unsigned char>(quote) || c == '\\') out += '\\', out += static_cast<char>(c);
    else if (c == '\n') out += "\\n";
    else if (c == '\r') out += "\\r";
    else if (c == '\t') out += "\\t";
    else if (c < 0x80 ? python::is_printable(c) : !bytes && python::is_printable(c)) out += text.substr(at, length);
    else escaped(c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
  }
  return out + quote;
}

std::optional<std::string> repr_items(Machine& m, const Items& items, std::string_view open, std::string_view close, int depth) {
  constexpr uint32_t kMost = 1u << 16;
  if (!items.complete() || items.size > kMost) return std::nullopt;
  std::string out(open);
  for (uint32_t i = 0; i < items.size; ++i) {
    const auto part = repr_of(m, items[i], depth + 1);
    if (!part || !m.fits(out.size())) return std::nullopt;
    if (i > 0) out += ", ";
    out += *part;
  }
  return out + std::string(close);
}

std::optional<std::string> repr_pairs(Machine& m, const Items& items, int depth) {
  std::string out = "{";
  for (uint32_t i = 0; i + 1 < items.size; i += 2) {
    const auto key = repr_of(m, items[i], depth + 1), value = repr_of(m, items[i + 1], depth + 1);
    if (!key || !value || !m.fits(out.size())) return std::nullopt;
    if (i > 0) out += ", ";
    out += *key + ": " + *value;
  }
  return out + "}";
}

struct Spec {
  std::string fill = " ";
  char align = 0, sign = '-', grouping = 0, type = 0;
  bool alternate = false, zero = false;
  int width = 0, precision = -1;
};

std::optional<Spec> parse_spec(std::string_view text) {
  Spec spec;
  size_t at = 0;
  const auto is_align = [&](size_t i) { return i < text.size() && std::string_view("<>=^").find(text[i]) != std::string_view::npos; };
  size_t first = 1;
  while (first < text.size() && (static_cast<unsigned char>(text[first]) & 0xc0) == 0x80) ++first;
  if (!text.empty() && is_align(first)) {
    spec.fill = text.substr(0, first);
    spec.align = text[first];
    at = first + 1;
  } else if (is_align(0)) {
    spec.align = text[at++];
  }
  if (at < text.size() && (text[at] == '+' || text[at] == '-' || text[at] == ' ')) spec.sign = text[at++];
  if (at < text.size() && text[at] == '#') spec.alternate = true, ++at;
  if (at < text.size() && text[at] == '0') spec.zero = true, ++at;
  const auto number = [&](int& out) {
    out = 0;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9' && out < 100000) out = out * 10 + (text[at++] - '0');
  };
  number(spec.width);
  if (at < text.size() && (text[at] == ',' || text[at] == '_')) spec.grouping = text[at++];
  if (at < text.size() && text[at] == '.') ++at, number(spec.precision);
  if (at < text.size()) spec.type = text[at++];
  if (at != text.size() || spec.width >= 100000) return std::nullopt;
  return spec;
}

std::string padded(const Spec& spec, std::string_view prefix, std::string_view body, char default_align) {
  size_t shown = prefix.size();
  for (const char c : body) shown += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  const size_t missing = spec.width > 0 && static_cast<size_t>(spec.width) > shown ? static_cast<size_t>(spec.width) - shown : 0;
  const bool numeric = default_align == '>';
  const char align = spec.align != 0 ? spec.align : spec.zero && numeric ? '=' : default_align;
  const std::string fill = spec.align == 0 && spec.zero ? "0" : spec.fill;
  const auto filling = [&](size_t count) {
    std::string out;
    for (size_t i = 0; i < count; ++i) out += fill;
    return out;
  };
  const std::string whole = std::string(prefix) + std::string(body);
  switch (align) {
    case '<': return whole + filling(missing);
    case '^': return filling(missing / 2) + whole + filling(missing - missing / 2);
    case '=': return std::string(prefix) + filling(missing) + std::string(body);
    default: return filling(missing) + whole;
  }
}

std::string grouped(std::string digits, char by, size_t size) {
  for (size_t at = digits.size(); by != 0 && at > size; at -= size) digits.insert(at - size, 1, by);
  return digits;
}

std::optional<std::string> formatted_whole(const Big& number, const Spec& spec) {
  if (spec.type == 'c') {
    std::string out;
    if (number.negative || number.words.size() > 1) return std::nullopt;
    append_utf8(out, number.zero() ? 0 : number.words[0]);
    return padded(spec, "", out, '<');
  }
  const uint32_t base = spec.type == 'x' || spec.type == 'X' ? 16 : spec.type == 'b' ? 2 : spec.type == 'o' ? 8 : 10;
  if (base == 10 && spec.type != 0 && spec.type != 'd' && spec.type != 'n') return std::nullopt;
  Big magnitude = number;
  magnitude.negative = false;
  std::string digits = to_text(magnitude, base);
  if (spec.type == 'X') for (char& c : digits) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  std::string prefix = number.negative ? "-" : spec.sign == '+' ? "+" : spec.sign == ' ' ? " " : "";
  if (spec.alternate && base != 10) prefix += std::string("0") + spec.type;
  return padded(spec, prefix, grouped(digits, spec.grouping, base == 10 ? 3 : 4), '>');
}

std::optional<std::string> formatted_real(double real, const Spec& spec) {
  std::string body;
  char buffer[512];
  const double magnitude = std::fabs(real);
  const int precision = spec.precision < 0 ? 6 : std::min(spec.precision, 100);
  switch (spec.type) {
    case 'f': case 'F': std::snprintf(buffer, sizeof buffer, "%.*f", precision, magnitude); body = buffer; break;
    case 'e': std::snprintf(buffer, sizeof buffer, "%.*e", precision, magnitude); body = buffer; break;
    case 'g': std::snprintf(buffer, sizeof buffer, "%.*g", precision, magnitude); body = buffer; break;
    case '%': std::snprintf(buffer, sizeof buffer, "%.*f%%", precision, magnitude * 100); body = buffer; break;
    case 0:
      if (spec.precision >= 0) { std::snprintf(buffer, sizeof buffer, "%.*g", spec.precision == 0 ? 1 : precision, magnitude); body = buffer; if (std::isfinite(real) && body.find_first_of(".e") == std::string::npos) body += ".0"; }
      else body = real_text(magnitude);
      break;
    default: return std::nullopt;
  }
  if (spec.grouping != 0) {
    const size_t point = std::min(body.find_first_of(".e"), body.size());
    body = grouped(body.substr(0, point), spec.grouping, 3) + body.substr(point);
  }
  return padded(spec, std::signbit(real) ? "-" : spec.sign == '+' ? "+" : spec.sign == ' ' ? " " : "", body, '>');
}

}  // namespace

std::string real_text(double real) {
  if (std::isnan(real)) return "nan";
  if (std::isinf(real)) return real < 0 ? "-inf" : "inf";
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, real, std::chars_format::scientific);
  std::string text(buffer, end.ptr);
  const size_t e = text.find('e');
  const int exponent = std::atoi(text.c_str() + e + 1);
  if (exponent < -4 || exponent >= 16) return text;
  const auto fixed = std::to_chars(buffer, buffer + sizeof buffer, real, std::chars_format::fixed);
  text.assign(buffer, fixed.ptr);
  if (text.find('.') == std::string::npos) text += ".0";
  return text;
}

std::optional<std::string> repr_of(Machine& m, Value value, int depth) {
  if (depth > kDeepest || !m.scan().step(depth > 3 ? 1024 : 1)) return std::nullopt;  // cycles unfold
  const Heap& heap = m.heap();
  switch (value.kind()) {
    case Kind::string: return quoted_text(value.text(), false);
    case Kind::bytes: return quoted_text(value.text(), true);
    case Kind::tuple: {
      const Items items = heap.items(value);
      return repr_items(m, items, "(", items.size == 1 ? ",)" : ")", depth);
    }
    case Kind::list: return repr_items(m, heap.items(value), "[", "]", depth);
    case Kind::set: {
      const Items items = heap.items(value);
      return items.size == 0 ? "set()" : repr_items(m, items, "{", "}", depth);
    }
    case Kind::frozen_set: {
      const Items items = heap.items(value);
      return items.size == 0 ? "frozenset()" : repr_items(m, items, "frozenset({", "})", depth);
    }
    case Kind::dict: return repr_pairs(m, heap.items(value), depth);
    case Kind::slice: return repr_items(m, heap.items(value), "slice(", ")", depth);
    case Kind::byte_array: {
      const auto content = buffer_of(m, value);
      return content ? std::optional("bytearray(" + quoted_text(*content, true) + ")") : std::nullopt;
    }
    case Kind::range: {
      const Items parts = heap.items(value);
      if (parts.size == 3 && parts[2].is(Kind::integer) && parts[2].as_integer() == 1) {
        return "range(" + repr_of(m, parts[0], depth + 1).value_or("?") + ", " + repr_of(m, parts[1], depth + 1).value_or("?") + ")";
      }
      return repr_items(m, parts, "range(", ")", depth);
    }
    case Kind::instance: {
      if (const auto out = call_special(m, value, "__repr__", {})) {
        return out->is(Kind::string) ? std::optional(std::string(out->text())) : std::nullopt;
      }
      const Instance instance = heap.instance(value);
      if (instance.cls.is(Kind::name)) {
        const std::string_view name = heap.name(instance.cls).canonical;
        if (!instance.held.is(Kind::tuple)) return std::nullopt;
        const auto arguments = repr_items(m, heap.items(instance.held), "(", ")", depth);
        return arguments ? std::optional(std::string(name.substr(name.rfind('.') + 1)) + *arguments) : std::nullopt;
      }
      const Value held = plain(m, value);
      return held.same_as(value) ? std::nullopt : repr_of(m, held, depth + 1);
    }
    default: return text_of(m, value, depth + 1);
  }
}

std::optional<std::string> text_of(Machine& m, Value value, int depth) {
  if (depth > kDeepest) return std::nullopt;
  const Heap& heap = m.heap();
  switch (value.kind()) {
    case Kind::string: return std::string(value.text());
    case Kind::integer: return std::to_string(value.as_integer());
    case Kind::boolean: return value.as_boolean() ? "True" : "False";
    case Kind::none: return "None";
    case Kind::ellipsis: return "Ellipsis";
    case Kind::real: return real_text(value.as_real());
    case Kind::big_integer: {
      const auto number = big_of(value);
      return number ? std::optional(to_text(*number)) : std::nullopt;
    }
    case Kind::bytes: case Kind::tuple: case Kind::list: case Kind::set: case Kind::frozen_set: case Kind::dict:
    case Kind::slice: case Kind::byte_array: case Kind::range:
      return repr_of(m, value, depth + 1);
    case Kind::name: {
      const Name& name = heap.name(value);
      std::string_view shown = name.canonical;
      const bool builtin = shown.starts_with("builtins.");
      if (builtin) shown.remove_prefix(9);
      const size_t dot = shown.rfind('.');
      const std::string_view last = shown.substr(dot == std::string_view::npos ? 0 : dot + 1);
      if (builtin && last == "NotImplemented") return std::string(last);
      if ((last[0] >= 'A' && last[0] <= 'Z') || is_builtin_type(name.canonical)) return "<class '" + std::string(shown) + "'>";
      if (builtin) return "<built-in function " + std::string(last) + ">";
      if (name.qualified.empty()) return "<module '" + std::string(shown) + "'>";
      return std::nullopt;
    }
    case Kind::class_object: return "<class '__main__." + std::string(heap.class_of(value).name) + "'>";
    case Kind::instance: {
      if (const auto out = call_special(m, value, "__str__", {})) {
        return out->is(Kind::string) ? std::optional(std::string(out->text())) : std::nullopt;
      }
      if (m.raised) return std::nullopt;
      const Instance instance = heap.instance(value);
      const auto is_exception = is_subclass(m, instance.cls, m.resolve("builtins", "BaseException"));
      const Value* own = heap.find_key(instance.attributes, Value::string("args"));
      const Value given = instance.held.is(Kind::tuple) || own == nullptr ? instance.held : *own;
      if (is_exception.value_or(false) && given.is(Kind::tuple)) {
        const Items arguments = heap.items(given);
        if (arguments.size == 0) return std::string();
        return arguments.size == 1 ? text_of(m, arguments[0], depth + 1) : repr_of(m, given, depth + 1);
      }
      const Value held = plain(m, value);
      return held.same_as(value) ? repr_of(m, value, depth + 1) : text_of(m, held, depth + 1);
    }
    default: return std::nullopt;
  }
}

std::optional<std::string> formatted(Machine& m, Value value, std::string_view spec_text) {
  if (value.is(Kind::instance)) {
    const Value spec = m.make_string(spec_text);
    if (const auto out = call_special(m, value, "__format__", std::span(&spec, 1))) {
      return out->is(Kind::string) ? std::optional(std::string(out->text())) : std::nullopt;
    }
    if (!plain(m, value).same_as(value) && !call_special(m, value, "__str__", {})) value = plain(m, value);
  }
  if (spec_text.empty()) return text_of(m, value);
  const auto spec = parse_spec(spec_text);
  if (!spec) return std::nullopt;
  if (value.is(Kind::string)) {
    std::string_view text = value.text();
    if (spec->precision >= 0) {
      size_t at = 0;
      for (int left = spec->precision; left > 0 && at < text.size(); --left) {
        do ++at; while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80);
      }
      text = text.substr(0, at);
    }
    return padded(*spec, "", text, '<');
  }
  if (value.is(Kind::real)) return formatted_real(value.as_real(), *spec);
  if (const auto number = big_of(value)) {
    if (spec->type != 0 && std::string_view("eEfFgG%").find(spec->type) != std::string_view::npos) return formatted_real(to_real(*number), *spec);
    return formatted_whole(*number, *spec);
  }
  return std::nullopt;
}

}  // namespace winnow::machine
