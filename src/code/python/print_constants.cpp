// Constants and names: what stands for itself in source, and what has to be escaped.
#include <algorithm>
#include <cmath>
#include <iterator>

#include "code/python/printer.h"
#include "code/python/unicode.h"

namespace winnow::python {
namespace {

constexpr std::string_view kKeywords[] = {
    "and", "as", "assert", "break", "class", "continue", "def", "del", "elif", "else", "except", "finally",
    "for", "from", "global", "if", "import", "in", "is", "lambda", "not", "or", "pass", "raise", "return",
    "try", "while", "with", "yield"};
constexpr std::string_view kKeywords3[] = {"False", "None", "True", "nonlocal"};

template <size_t kSize>
bool one_of(std::string_view name, const std::string_view (&words)[kSize]) {
  return std::find(std::begin(words), std::end(words), name) != std::end(words);
}

bool is_keyword(std::string_view name, const PrintOptions& options) {
  if (one_of(name, kKeywords)) return true;
  if (options.version.major == 2) {
    return name == "exec" || name == "None" || (name == "print" && !options.print_function);
  }
  if (one_of(name, kKeywords3)) return true;
  return (name == "async" || name == "await") && options.version >= PythonVersion{3, 7};
}

std::string escaped_name(std::string_view name) {
  std::string out = "__winnow_name_";
  for (size_t at = 0; at < name.size();) {
    size_t length = 1;
    const char32_t c = next_code_point(name, at, length);
    if (c == '_') {
      out += "__";
    } else if (c < 0x80 && is_identifier_continue(c)) {
      out += static_cast<char>(c);
    } else {
      char hex[12];
      std::snprintf(hex, sizeof hex, "_x%x_", static_cast<unsigned>(c));
      out += hex;
    }
    at += length;
  }
  return out;
}

}  // namespace

bool is_valid_name(std::string_view name, const PrintOptions& options) {
  if (name.empty() || name.starts_with("__winnow_")) return false;
  for (size_t at = 0; at < name.size();) {
    size_t length = 1;
    const char32_t c = next_code_point(name, at, length);
    if (c >= 0x80 && (options.version.major == 2 || !is_normalised(c))) return false;
    if (at == 0 ? !is_identifier_start(c) : !is_identifier_continue(c)) return false;
    at += length;
  }
  return !is_keyword(name, options);
}

void Printer::name(std::string_view name, bool is_attribute) {
  // Python 2 stores to attributes named None or print like to any other, but reads them as keywords.
  (void)is_attribute;
  if (is_valid_name(name, options_)) {
    write(name);
  } else {
    write(escaped_name(name));
  }
}

void Printer::dotted_name(std::string_view path) {
  while (true) {
    const size_t point = path.find('.');
    name(path.substr(0, point));
    if (point == path.npos) return;
    write('.');
    path.remove_prefix(point + 1);
  }
}

// A real and an imaginary part, so that the signs of zeros survive the sum that Python makes of them.
void Printer::complex(Value value) {
  const Items& parts = heap_.items(value);
  const double real = parts.size == 2 ? parts[0].as_real() : 0, imaginary = parts.size == 2 ? parts[1].as_real() : 0;
  const auto text_of = [](double number) {
    return std::isnan(number) ? std::string("(1e309j-1e309j)") : real_text(number) + "j";
  };
  if (real == 0 && !std::signbit(real) && (!std::signbit(imaginary) || is_2())) return write(text_of(imaginary));
  if (real == 0 && std::signbit(real) && std::signbit(imaginary) && !is_2()) return write(text_of(imaginary));
  const bool negated = std::signbit(real) && real == 0 ? true : imaginary == 0 && std::signbit(imaginary);
  if (negated) {  // -(a+bj) keeps a zero's sign that a sum would lose
    write("(-(" + real_text(-real) + (std::signbit(-imaginary) ? "" : "+") + text_of(-imaginary) + "))");
  } else {
    write("(" + real_text(real) + (std::signbit(imaginary) ? "" : "+") + text_of(imaginary) + ")");
  }
}

void Printer::constant_items(Value value) {
  const Items& items = heap_.items(value);
  const bool is_dict = value.is(Kind::dict) || value.is(Kind::frozen_dict);
  for (uint32_t i = 0; i < items.size; i++) {
    if (i != 0) write(is_dict && i % 2 == 1 ? ": " : ", ");
    this->value(items[i]);
    if (stopped_) break;
  }
  if (items.dropped != 0) {
    complete_ = false;
    write(", __winnow_too_deep__");
  }
}

void Printer::value(Value value, bool in_subscript) {
  if (stops()) return;
  const Level level(*this);
  switch (value.kind()) {
    case Kind::none: return write("None");
    case Kind::boolean: return write(value.as_boolean() ? "True" : "False");
    case Kind::integer:
      return write(std::to_string(value.as_integer()));
    case Kind::big_integer: return write(big_integer_text(value.text()) + (is_2() ? "L" : ""));
    case Kind::real: return write(real_text(value.as_real()));
    case Kind::complex: return complex(value);
    case Kind::string: return string(value.text(), TextKind::unicode, is_2() ? "u" : "");
    case Kind::bytes:
      return string(value.text(), TextKind::bytes, is_2() && !options_.unicode_literals ? "" : "b");
    case Kind::ellipsis: return write(is_2() && !in_subscript ? "Ellipsis" : "...");
    case Kind::stop_iteration: return write("StopIteration");
    case Kind::tuple:
      write('(');
      constant_items(value);
      return write(heap_.items(value).size == 1 ? ",)" : ")");
    case Kind::list:
      write('[');
      constant_items(value);
      return write(']');
    case Kind::set:
    case Kind::frozen_set: {
      const bool empty = heap_.items(value).size == 0;
      if (value.is(Kind::frozen_set)) write("frozenset(");
      else if (empty) write("set(");
      if (!empty) write('{');
      constant_items(value);
      if (!empty) write('}');
      if (empty || value.is(Kind::frozen_set)) write(')');
      return;
    }
    case Kind::dict:
    case Kind::frozen_dict:
      write(value.is(Kind::dict) ? "{" : "frozendict({");
      constant_items(value);
      return write(value.is(Kind::dict) ? "}" : "})");
    case Kind::slice:
      write("slice(");
      constant_items(value);
      return write(')');
    case Kind::code:
      write("__winnow_code__(");
      string(heap_.code(value).name, TextKind::unicode, "");
      return write(')');
    case Kind::name:
      write("__winnow_const__(");
      dotted_name(heap_.name(value).canonical);
      return write(')');
    case Kind::attribute:
      write("__winnow_const__(");
      this->value(heap_.attribute(value).base);
      write('.');
      name(heap_.attribute(value).name, true);
      return write(')');
    case Kind::object: {
      write("__winnow_const__(");
      this->value(heap_.object(value).callee);
      const Value arguments = heap_.object(value).arguments;
      write('(');
      if (arguments.is(Kind::tuple)) constant_items(arguments);
      return write("))");
    }
    case Kind::range:
      write("range(");
      constant_items(value);
      return write(')');
    case Kind::byte_array:
      write("bytearray(");
      constant_items(value);
      return write(')');
    // What the machine made while it ran.
    case Kind::function: case Kind::class_object: case Kind::instance: case Kind::cell: case Kind::method:
    case Kind::super_object: case Kind::descriptor: case Kind::generator: case Kind::iterator: case Kind::module:
    case Kind::unknown:
      return write("__winnow_const__()");
  }
}

}  // namespace winnow::python
