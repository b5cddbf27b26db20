#include "code/template/expression.h"

#include <algorithm>
#include <charconv>

#include "code/python/unicode.h"
#include "code/template/jinja.h"

namespace winnow::jinja {
namespace {

constexpr int kDeepest = 200;

Operator comparison_of(std::string_view symbol) {
  if (symbol == "==") return Operator::Eq;
  if (symbol == "!=") return Operator::NotEq;
  if (symbol == "<") return Operator::Lt;
  if (symbol == "<=") return Operator::LtE;
  if (symbol == ">") return Operator::Gt;
  if (symbol == ">=") return Operator::GtE;
  return Operator::none;
}

Operator product_of(const Token& token) {
  if (token.is("*")) return Operator::Mult;
  if (token.is("/")) return Operator::Div;
  if (token.is("//")) return Operator::FloorDiv;
  if (token.is("%")) return Operator::Mod;
  return Operator::none;
}

void append_utf8(std::string& out, uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += {static_cast<char>(0xC0 | code >> 6), static_cast<char>(0x80 | (code & 0x3F))};
  } else if (code < 0x10000) {
    out += {static_cast<char>(0xE0 | code >> 12), static_cast<char>(0x80 | (code >> 6 & 0x3F)), static_cast<char>(0x80 | (code & 0x3F))};
  } else {
    out += {static_cast<char>(0xF0 | code >> 18), static_cast<char>(0x80 | (code >> 12 & 0x3F)),
            static_cast<char>(0x80 | (code >> 6 & 0x3F)), static_cast<char>(0x80 | (code & 0x3F))};
  }
}

// The escapes of Python strings, as jinja decodes them (unicode-escape).
std::string unescaped(std::string_view body) {
  std::string out;
  for (size_t i = 0; i < body.size(); ++i) {
    if (body[i] != '\\' || i + 1 >= body.size()) {
      out += body[i];
      continue;
    }
    const char c = body[++i];
    const size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    uint32_t code = 0;
    if (digits != 0 && i + digits < body.size() + 0 &&
        std::from_chars(body.data() + i + 1, body.data() + i + 1 + digits, code, 16).ptr == body.data() + i + 1 + digits && code < 0x110000) {
      append_utf8(out, code);
      i += digits;
    } else if (c == 'N' && i + 1 < body.size() && body[i + 1] == '{' && body.find('}', i) != std::string_view::npos) {
      const size_t end = body.find('}', i);
      const char named = python::ascii_named(body.substr(i + 2, end - i - 2));
      if (named != 0) out += named;
      else append_utf8(out, 0xFFFD);
      i = end;
    } else if (c >= '0' && c <= '7') {
      size_t end = i;
      while (end < body.size() && end < i + 3 && body[end] >= '0' && body[end] <= '7') code = code * 8 + static_cast<uint32_t>(body[end++] - '0');
      append_utf8(out, code);
      i = end - 1;
    } else {
      static constexpr std::string_view kFrom = "abfnrtv\\'\"", kTo = "\a\b\f\n\r\t\v\\'\"";
      const size_t at = kFrom.find(c);
      if (at != std::string_view::npos) out += kTo[at];
      else if (c != '\n') out += {'\\', c};
    }
  }
  return out;
}

}  // namespace

Node* Expressions::expression() { return conditional(); }

Node* Expressions::tuple() {
  Node* first = expression();
  if (first == nullptr || !words_.peek().is(",")) return first;
  Node* out = build_.make(Type::Tuple);
  build_.tree().append(out->items, first);
  while (words_.accept(",")) {
    if (words_.at_end() || words_.peek().is(")") || words_.peek().is("=")) break;
    Node* next = expression();
    if (next == nullptr) return nullptr;
    build_.tree().append(out->items, next);
  }
  return out;
}

Node* Expressions::target() {
  const auto one = [this]() -> Node* {
    if (words_.accept("(")) {
      Node* inner = target();
      return inner != nullptr && expect(")") ? inner : nullptr;
    }
    if (words_.peek().word != Word::name) return fail("a name is missing");
    Node* name = build_.name(words_.take().text);
    while (words_.accept(".")) {
      if (words_.peek().word != Word::name) return fail("a name is missing");
      name = build_.attribute(name, words_.take().text);
    }
    return name;
  };
  if (++depth_ > kDeepest) return fail("nested too deeply");
  Node* first = one();
  --depth_;
  if (first == nullptr || !words_.peek().is(",")) return first;
  Node* out = build_.make(Type::Tuple);
  build_.tree().append(out->items, first);
  while (words_.accept(",")) {
    if (words_.peek().is("in") || words_.peek().is("=") || words_.at_end()) break;
    Node* next = one();
    if (next == nullptr) return nullptr;
    build_.tree().append(out->items, next);
  }
  return out;
}

Node* Expressions::conditional() {
  if (++depth_ > kDeepest) return fail("nested too deeply");
  Node* value = either();
  while (value != nullptr && words_.accept("if")) {
    Node* test = either();
    if (test == nullptr) return nullptr;
    Node* otherwise = words_.accept("else") ? conditional() : build_.text("");
    if (otherwise == nullptr) return nullptr;
    Node* out = build_.make(Type::IfExp, test, value);
    out->third = otherwise;
    value = out;
  }
  --depth_;
  return value;
}

Node* Expressions::either() {
  Node* left = both();
  while (left != nullptr && words_.accept("or")) {
    Node* right = both();
    if (right == nullptr) return nullptr;
    Node* out = build_.make(Type::BoolOp);
    out->op = Operator::Or;
    build_.tree().append(out->items, left);
    build_.tree().append(out->items, right);
    left = out;
  }
  return left;
}

Node* Expressions::both() {
  Node* left = negation();
  while (left != nullptr && words_.accept("and")) {
    Node* right = negation();
    if (right == nullptr) return nullptr;
    Node* out = build_.make(Type::BoolOp);
    out->op = Operator::And;
    build_.tree().append(out->items, left);
    build_.tree().append(out->items, right);
    left = out;
  }
  return left;
}

Node* Expressions::negation() {
  uint32_t times = 0;
  while (words_.accept("not")) ++times;
  Node* value = comparison();
  if (value == nullptr || times == 0) return value;
  Node* out = build_.make(Type::UnaryOp, value);
  out->op = Operator::Not;
  if (times % 2 != 0) return out;
  Node* twice = build_.make(Type::UnaryOp, out);
  twice->op = Operator::Not;
  return twice;
}

Node* Expressions::comparison() {
  Node* left = sum();
  if (left == nullptr) return nullptr;
  Node* out = nullptr;
  while (true) {
    Operator op = words_.peek().word == Word::symbol ? comparison_of(words_.peek().text) : Operator::none;
    if (op != Operator::none) {
      words_.take();
    } else if (words_.accept("in")) {
      op = Operator::In;
    } else if (words_.peek().is("not") && words_.second().is("in")) {
      words_.take();
      words_.take();
      op = Operator::NotIn;
    } else {
      return out != nullptr ? out : left;
    }
    Node* right = sum();
    if (right == nullptr) return nullptr;
    if (out == nullptr) out = build_.make(Type::Compare, left);
    Node* link = build_.make(Type::CompareOp, right);
    link->op = op;
    build_.tree().append(out->items, link);
  }
}

Node* Expressions::sum() {
  Node* left = concatenation();
  while (left != nullptr && (words_.peek().is("+") || words_.peek().is("-"))) {
    const Operator op = words_.take().text == "+" ? Operator::Add : Operator::Sub;
    Node* right = concatenation();
    left = right == nullptr ? nullptr : build_.operation(left, op, right);
  }
  return left;
}

Node* Expressions::concatenation() {
  Node* left = product();
  if (left == nullptr || !words_.peek().is("~")) return left;
  Node* all = build_.call(build_.name("str"), {left});
  while (words_.accept("~")) {
    Node* right = product();
    if (right == nullptr) return nullptr;
    all = build_.operation(all, Operator::Add, build_.call(build_.name("str"), {right}));
  }
  return all;
}

Node* Expressions::product() {
  Node* left = power();
  while (left != nullptr) {
    const Operator op = product_of(words_.peek());
    if (op == Operator::none) break;
    words_.take();
    Node* right = power();
    left = right == nullptr ? nullptr : build_.operation(left, op, right);
  }
  return left;
}

Node* Expressions::power() {
  Node* left = unary(Filters::with);
  while (left != nullptr && words_.accept("**")) {
    Node* right = unary(Filters::with);
    left = right == nullptr ? nullptr : build_.operation(left, Operator::Pow, right);
  }
  return left;
}

Node* Expressions::unary(Filters filters) {
  if (++depth_ > kDeepest) return fail("nested too deeply");
  Node* value = nullptr;
  if (words_.peek().is("-") || words_.peek().is("+")) {
    const Operator op = words_.take().text == "-" ? Operator::USub : Operator::UAdd;
    Node* inner = unary(Filters::without);
    if (inner != nullptr) {
      value = build_.make(Type::UnaryOp, inner);
      value->op = op;
    }
  } else {
    value = primary();
  }
  if (value != nullptr) value = postfix(value);
  if (value != nullptr && filters == Filters::with) value = filtered(value);
  --depth_;
  return value;
}

Node* Expressions::primary() {
  const Token& token = words_.peek();
  build_.at(token.offset, build_.line());
  switch (token.word) {
    case Word::name: {
      const std::string_view text = words_.take().text;
      if (text == "true" || text == "True") return build_.constant(Value::boolean(true));
      if (text == "false" || text == "False") return build_.constant(Value::boolean(false));
      if (text == "none" || text == "None") return build_.constant(Value::none());
      return build_.name(text);
    }
    case Word::string: return string();
    case Word::integer: case Word::real: return number(words_.take());
    case Word::symbol:
      if (words_.accept("(")) {
        if (words_.accept(")")) return build_.make(Type::Tuple);
        Node* inner = tuple();
        return inner != nullptr && expect(")") ? inner : nullptr;
      }
      if (words_.accept("[")) return literal_list("]", Type::List);
      if (words_.accept("{")) return dictionary();
      return fail("an expression is missing");
    case Word::end: case Word::bad: break;
  }
  return fail("an expression is missing");
}

Node* Expressions::literal_list(std::string_view closing, Type type) {
  Node* out = build_.make(type);
  while (!words_.accept(closing)) {
    Node* item = expression();
    if (item == nullptr) return nullptr;
    build_.tree().append(out->items, item);
    if (!words_.accept(",") && !words_.peek().is(closing)) return fail("a closing bracket is missing");
  }
  return out;
}

Node* Expressions::dictionary() {
  Node* out = build_.make(Type::Dict);
  while (!words_.accept("}")) {
    Node* key = expression();
    if (key == nullptr || !words_.accept(":")) return fail("a dict needs a colon behind each key");
    Node* value = expression();
    if (value == nullptr) return nullptr;
    build_.tree().append(out->items, key);
    build_.tree().append(out->others, value);
    if (!words_.accept(",") && !words_.peek().is("}")) return fail("a closing bracket is missing");
  }
  return out;
}

Node* Expressions::string() {
  std::string all;
  while (words_.peek().word == Word::string) {
    const std::string_view text = words_.take().text;
    all += unescaped(text.substr(1, text.size() - 2));
  }
  return build_.text(all);
}

Node* Expressions::number(const Token& token) {
  std::string digits;
  for (const char c : token.text) {
    if (c != '_') digits += c;
  }
  if (token.word == Word::real) return build_.constant(Value::real(std::strtod(digits.c_str(), nullptr)));
  int base = 10;
  if (digits.size() > 2 && digits[0] == '0') {
    const char c = static_cast<char>(digits[1] | 0x20);
    base = c == 'x' ? 16 : c == 'o' ? 8 : c == 'b' ? 2 : 10;
    if (base != 10) digits.erase(0, 2);
  }
  int64_t value = 0;
  const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (end.ec == std::errc() && end.ptr == digits.data() + digits.size()) return build_.constant(Value::integer(value));
  if (digits.find_first_of("eE") != std::string::npos) return build_.constant(Value::real(std::strtod(digits.c_str(), nullptr)));
  return build_.constant(Value::unknown());
}

Node* Expressions::postfix(Node* value) {
  while (value != nullptr) {
    if (words_.peek().is(".")) {
      words_.take();
      const Token name = words_.take();
      if (name.word == Word::name) {
        value = build_.call(build_.name(kAttribute), {value, build_.text(name.text)});
      } else if (name.word == Word::integer) {
        value = build_.call(build_.name(kItem), {value, number(name)});
      } else {
        return fail("a name is missing behind the dot");
      }
    } else if (words_.accept("[")) {
      value = subscript(value);
    } else if (words_.accept("(")) {
      Node* call = build_.make(Type::Call, value);
      value = arguments(call) ? call : nullptr;
    } else {
      return value;
    }
  }
  return nullptr;
}

Node* Expressions::filtered(Node* value) {
  while (value != nullptr) {
    if (words_.accept("|")) {
      value = filter(value);
    } else if (words_.accept("is")) {
      value = test(value);
    } else if (words_.accept("(")) {
      Node* call = build_.make(Type::Call, value);
      value = arguments(call) ? call : nullptr;
    } else {
      return value;
    }
  }
  return nullptr;
}

Node* Expressions::filters_on(Node* value) {
  do {
    value = filter(value);
  } while (value != nullptr && words_.accept("|"));
  return value;
}

Node* Expressions::filter(Node* value) {
  if (words_.peek().word != Word::name) return fail("the name of a filter is missing");
  std::string name(words_.take().text);
  while (words_.accept(".")) name += "." + std::string(words_.take().text);
  Node* call = build_.make(Type::Call);
  if (words_.accept("(") && !arguments(call)) return nullptr;
  if (Node* python = filter_in_python(build_, name, value, *call)) return python;
  Node* out = build_.call(build_.name(build_.tree().text(std::string(kFilter) + name)), {value});
  for (Node* argument : call->items) build_.tree().append(out->items, argument);
  out->others = call->others;
  return out;
}

Node* Expressions::test(Node* value) {
  const bool negated = words_.accept("not");
  if (words_.peek().word != Word::name) return fail("the name of a test is missing");
  std::string name(words_.take().text);
  while (words_.accept(".")) name += "." + std::string(words_.take().text);
  Node* call = build_.call(build_.name(build_.tree().text(std::string(kTest) + name)), {value});
  if (words_.accept("(")) {
    if (!arguments(call)) return nullptr;
  } else {
    const Token& next = words_.peek();
    const bool starts = next.word == Word::string || next.word == Word::integer || next.word == Word::real || next.is("[") || next.is("{") ||
                        (next.word == Word::name && !next.is("else") && !next.is("or") && !next.is("and") && !next.is("if") &&
                         !next.is("is") && !next.is("in") && !next.is("not") && !next.is("recursive"));
    if (starts) {
      Node* argument = primary();
      if (argument != nullptr) argument = postfix(argument);
      if (argument == nullptr) return nullptr;
      build_.tree().append(call->items, argument);
    }
  }
  if (!negated) return call;
  Node* out = build_.make(Type::UnaryOp, call);
  out->op = Operator::Not;
  return out;
}

Node* Expressions::slice() {
  Node* parts[3] = {nullptr, nullptr, nullptr};
  int colons = 0;
  while (!words_.peek().is("]") && !words_.peek().is(",")) {
    if (words_.accept(":")) {
      if (++colons > 2) return fail("a slice has three parts");
    } else {
      parts[colons] = expression();
      if (parts[colons] == nullptr) return nullptr;
    }
  }
  if (colons == 0) return parts[0];
  Node* out = build_.make(Type::Slice, parts[0], parts[1]);
  out->third = parts[2];
  return out;
}

Node* Expressions::subscript(Node* value) {
  Node* key = slice();
  if (key == nullptr) return fail("a subscript is missing");
  if (words_.peek().is(",")) {
    Node* all = build_.make(Type::Tuple);
    build_.tree().append(all->items, key);
    while (words_.accept(",")) {
      if (words_.peek().is("]")) break;
      Node* next = slice();
      if (next == nullptr) return nullptr;
      build_.tree().append(all->items, next);
    }
    key = all;
  }
  if (!expect("]")) return nullptr;
  if (key->type == Type::Slice) return build_.make(Type::Subscript, value, key);
  return build_.call(build_.name(kItem), {value, key});
}

bool Expressions::arguments(Node* call) {
  while (!words_.accept(")")) {
    const bool stars = words_.accept("**");
    const bool star = !stars && words_.accept("*");
    const bool keyword = words_.peek().word == Word::name && words_.second().is("=");
    std::string_view name;
    if (keyword) {
      name = words_.take().text;
      words_.take();
    }
    Node* value = expression();
    if (value == nullptr) return false;
    if (keyword || stars) {
      Node* given = build_.make(Type::Keyword, value);
      given->name = name;
      build_.tree().append(call->others, given);
    } else {
      build_.tree().append(call->items, star ? build_.make(Type::Starred, value) : value);
    }
    if (!words_.accept(",") && !words_.peek().is(")")) return fail("a closing bracket is missing") != nullptr;
  }
  return true;
}

bool Expressions::parameters(Node* all) {
  if (!words_.accept("(")) return fail("the parameters are missing") != nullptr;
  while (!words_.accept(")")) {
    if (words_.peek().word != Word::name) return fail("the name of a parameter is missing") != nullptr;
    Node* parameter = build_.make(Type::Arg);
    parameter->name = words_.take().text;
    build_.tree().append(all->items, parameter);
    // A parameter that is not given is undefined, never an error.
    Node* value = words_.accept("=") ? expression() : build_.constant(Value::none());
    if (value == nullptr) return false;
    build_.tree().append(all->handlers, value);
    if (!words_.accept(",") && !words_.peek().is(")")) return fail("a closing bracket is missing") != nullptr;
  }
  // What every macro may use without naming it: the block of its call, and what it was given beside.
  const auto parameter = [&](std::string_view name) {
    Node* one = build_.make(Type::Arg);
    one->name = name;
    return one;
  };
  all->first = parameter("varargs");
  all->second = parameter("kwargs");
  if (std::none_of(all->items.begin(), all->items.end(), [](const Node* one) { return one->name == "caller"; })) {
    build_.tree().append(all->others, parameter("caller"));
    build_.tree().append(all->orelse, build_.constant(Value::none()));
  }
  return true;
}

}  // namespace winnow::jinja
