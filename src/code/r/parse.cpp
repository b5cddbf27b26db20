#include "code/r/parse.h"

#include <cctype>
#include <charconv>
#include <string>

namespace winnow::r {
namespace {

constexpr int kDeepest = 400;

enum class Kind : uint8_t { end, line, number, text, name, operation, open, close, comma, semicolon };

struct Token {
  Kind kind = Kind::end;
  std::string_view text;  // of operators and brackets as they are written
  Id value = kNull;       // of numbers, texts, names
  size_t start = 0;
};

constexpr int kMember = 32;  // of what stands behind $, @ and ::

struct Binding {
  int left = 0, right = 0;  // 0: no infix operator
};

// Precedence of infix operators: R's ?Syntax.
Binding binding_of(std::string_view op) {
  if (op == "?") return {1, 2};
  if (op == "=" ) return {4, 3};
  if (op == "<-" || op == "<<-" || op == ":=") return {6, 5};
  if (op == "->" || op == "->>") return {7, 8};
  if (op == "~") return {9, 10};
  if (op == "||" || op == "|") return {11, 12};
  if (op == "&&" || op == "&") return {13, 14};
  if (op == "==" || op == "!=" || op == "<" || op == ">" || op == "<=" || op == ">=") return {17, 18};
  if (op == "+" || op == "-") return {19, 20};
  if (op == "*" || op == "/") return {21, 22};
  if (op == "|>" || (op.size() >= 2 && op.front() == '%')) return {23, 24};
  if (op == ":") return {25, 26};
  if (op == "^" || op == "**") return {30, 29};
  if (op == "$" || op == "@") return {31, 32};
  if (op == "::" || op == ":::") return {35, 36};
  return {};
}

class Lexer {
 public:
  Lexer(Pool& pool, std::string_view source) : pool_(pool), source_(source) {}

  Token next() {
    blank();
    Token token;
    token.start = at_;
    if (at_ >= source_.size()) return token;
    const char c = source_[at_];
    if (c == '\n') return ++at_, token.kind = Kind::line, token;
    if (c == '"' || c == '\'' || c == '`') return text(token, c);
    if ((c == 'r' || c == 'R') && at_ + 1 < source_.size() && (source_[at_ + 1] == '"' || source_[at_ + 1] == '\'') && raw_text(token)) return token;
    if (std::isdigit(byte(c)) != 0 || (c == '.' && at_ + 1 < source_.size() && std::isdigit(byte(source_[at_ + 1])) != 0)) return number(token);
    if (std::isalpha(byte(c)) != 0 || c == '.' || (byte(c) & 0x80) != 0) return name(token);
    return operation(token);
  }

  size_t at() const { return at_; }
  void back_to(size_t at) { at_ = at; }
  bool broken() const { return broken_; }

 private:
  static unsigned char byte(char c) { return static_cast<unsigned char>(c); }

  void blank() {
    while (at_ < source_.size()) {
      if (source_[at_] == '#') {
        while (at_ < source_.size() && source_[at_] != '\n') ++at_;
      } else if (source_[at_] == ' ' || source_[at_] == '\t' || source_[at_] == '\r' || source_[at_] == '\f') {
        ++at_;
      } else {
        return;
      }
    }
  }

  Token text(Token token, char quote) {
    std::string out;
    for (++at_; at_ < source_.size() && source_[at_] != quote;) {
      if (source_[at_] == '\\' && at_ + 1 < source_.size()) {
        ++at_;
        escape(out);
      } else {
        out += source_[at_++];
      }
    }
    broken_ = broken_ || at_ >= source_.size();
    ++at_;
    token.kind = quote == '`' ? Kind::name : Kind::text;
    token.value = quote == '`' ? pool_.symbol(out) : pool_.text(out);
    return token;
  }

  void escape(std::string& out) {
    static constexpr std::string_view kNames = "abfnrtv0", kMeanings{"\a\b\f\n\r\t\v\0", 8};
    const char c = source_[at_];
    if (c == 'x' || c == 'u' || c == 'U') return number_escape(out, c == 'x' ? 2 : c == 'u' ? 4 : 8, c != 'x');
    if (c >= '0' && c <= '7') {
      int value = 0;
      for (int i = 0; i < 3 && at_ < source_.size() && source_[at_] >= '0' && source_[at_] <= '7'; ++i) value = value * 8 + (source_[at_++] - '0');
      out += static_cast<char>(value);
      return;
    }
    const size_t known = kNames.find(c);
    out += known == std::string_view::npos ? c : kMeanings[known];
    ++at_;
  }

  void number_escape(std::string& out, int most, bool unicode) {
    ++at_;
    const bool braces = unicode && at_ < source_.size() && source_[at_] == '{';
    if (braces) ++at_;
    uint32_t value = 0;
    for (int i = 0; i < most && at_ < source_.size() && std::isxdigit(byte(source_[at_])) != 0; ++i, ++at_) {
      const char c = source_[at_];
      value = value * 16 + static_cast<uint32_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    if (braces && at_ < source_.size()) ++at_;
    if (!unicode || value < 0x80) {
      out += static_cast<char>(value);
    } else if (value < 0x800) {
      (out += static_cast<char>(0xc0 | (value >> 6))) += static_cast<char>(0x80 | (value & 0x3f));
    } else {
      out += static_cast<char>(0xe0 | ((value >> 12) & 0xf));
      (out += static_cast<char>(0x80 | ((value >> 6) & 0x3f))) += static_cast<char>(0x80 | (value & 0x3f));
    }
  }

  // r"---(text)---"
  bool raw_text(Token& token) {
    size_t at = at_ + 2;
    const char quote = source_[at_ + 1];
    std::string dashes;
    while (at < source_.size() && source_[at] == '-') dashes += source_[at++];
    const size_t kind = at < source_.size() ? std::string_view("([{").find(source_[at]) : std::string_view::npos;
    if (kind == std::string_view::npos) return false;
    const std::string end = std::string(1, ")]}"[kind]) + dashes + quote;
    const size_t close = source_.find(end, ++at);
    if (close == std::string_view::npos) return false;
    token.kind = Kind::text;
    token.value = pool_.text(source_.substr(at, close - at));
    at_ = close + end.size();
    return true;
  }

  Token number(Token token) {
    double value = 0;
    const char* const end = source_.data() + source_.size();
    const bool hex = source_.substr(at_).starts_with("0x") || source_.substr(at_).starts_with("0X");
    if (hex) {
      uint64_t whole = 0;
      at_ = static_cast<size_t>(std::from_chars(source_.data() + at_ + 2, end, whole, 16).ptr - source_.data());
      value = static_cast<double>(whole);
    } else {
      at_ = static_cast<size_t>(std::from_chars(source_.data() + at_, end, value).ptr - source_.data());
    }
    token.kind = Kind::number;
    const bool whole = at_ < source_.size() && source_[at_] == 'L';
    if (whole || (at_ < source_.size() && source_[at_] == 'i')) ++at_;
    const bool fits = whole && value >= -2147483647.0 && value <= 2147483647.0;
    const auto integer = fits ? static_cast<int32_t>(value) : 0;
    token.value = fits ? pool_.integers({&integer, 1}) : pool_.number(value);
    return token;
  }

  Token name(Token token) {
    const size_t start = at_;
    while (at_ < source_.size() && (std::isalnum(byte(source_[at_])) != 0 || source_[at_] == '.' || source_[at_] == '_' || (byte(source_[at_]) & 0x80) != 0)) ++at_;
    token.text = source_.substr(start, at_ - start);
    token.kind = Kind::name;
    if (token.text == "TRUE" || token.text == "FALSE") return token.kind = Kind::number, token.value = pool_.logical(token.text == "TRUE"), token;
    if (token.text == "NULL") return token.kind = Kind::number, token;
    if (token.text == "Inf" || token.text == "NaN" || token.text.starts_with("NA")) {
      const bool not_available = token.text == "NA" || token.text.starts_with("NA_") || token.text == "NaN" || token.text == "Inf";
      if (not_available) return token.kind = Kind::number, token.value = kUnknown, token;
    }
    token.value = pool_.symbol(token.text);
    return token;
  }

  Token operation(Token token) {
    static constexpr std::string_view kOperators[] = {"<<-", "->>", ":::", "<-", "->", "<=", ">=", "==", "!=", "&&", "||", "::", ":=", "|>", "**", "+", "-", "*",
                                                      "/", "^", "<", ">", "=", "!", "&", "|", "~", "?", ":", "$", "@", "\\"};
    const char c = source_[at_];
    const std::string_view rest = source_.substr(at_);
    const auto take = [&](Kind kind, size_t size) {
      token.kind = kind;
      token.text = rest.substr(0, size);
      at_ += size;
      return token;
    };
    if (c == '(' || c == '{') return take(Kind::open, 1);
    if (c == '[') return take(Kind::open, rest.starts_with("[[") ? 2 : 1);
    if (c == ')' || c == '}' || c == ']') return take(Kind::close, 1);
    if (c == ',') return take(Kind::comma, 1);
    if (c == ';') return take(Kind::semicolon, 1);
    if (c == '%') {
      const size_t end = rest.find('%', 1);
      if (end != std::string_view::npos && rest.substr(0, end).find('\n') == std::string_view::npos) return take(Kind::operation, end + 1);
    }
    for (const std::string_view op : kOperators) {
      if (rest.starts_with(op)) return take(Kind::operation, op.size());
    }
    broken_ = true;
    return take(Kind::operation, 1);
  }

  Pool& pool_;
  std::string_view source_;
  size_t at_ = 0;
  bool broken_ = false;
};

class Parser {
 public:
  Parser(Pool& pool, std::string_view source) : pool_(pool), lexer_(pool, source) { advance(); }

  Parsed parse() {
    Parsed out;
    while (!failed_) {
      while (token_.kind == Kind::line || token_.kind == Kind::semicolon) advance();
      if (token_.kind == Kind::end) break;
      const Id one = expression(0, Lines::end);
      if (failed_) break;
      out.expressions.push_back(one);
      if (token_.kind != Kind::line && token_.kind != Kind::semicolon && token_.kind != Kind::end) fail();
    }
    if (failed_ || lexer_.broken()) out.damage = Error{Fault::malformed, failed_ ? failed_at_ : lexer_.at(), "the source cannot be parsed"};
    return out;
  }

 private:
  // Whether a line end ends an expression (in braces and outside) or is nothing (in parentheses).
  enum class Lines : uint8_t { end, skip };

  void fail() {
    if (!failed_) failed_at_ = token_.start;
    failed_ = true;
  }
  void advance() { token_ = lexer_.next(); }
  void skip_lines() {
    while (token_.kind == Kind::line) advance();
  }
  bool is(std::string_view text) const { return token_.text == text && token_.kind != Kind::name && token_.kind != Kind::text; }
  void expect(std::string_view text) {
    if (!is(text)) fail();
    advance();
  }
  Id named(std::string_view function, const std::vector<Argument>& given) { return pool_.call(pool_.symbol(function), given); }

  Id expression(int least, Lines lines) {
    if (++depth_ > kDeepest) fail();
    Id left = failed_ ? kNull : prefix(lines);
    while (!failed_) {
      if (lines == Lines::skip) skip_lines();
      if (token_.kind == Kind::open && !is("{")) {
        if (least >= kMember) break;  // a$b(c) calls a$b
        left = postfix(left);
        continue;
      }
      if (token_.kind != Kind::operation) break;
      const std::string_view op = token_.text;
      const Binding binding = binding_of(op);
      if (binding.left == 0 || binding.left < least) break;
      advance();
      skip_lines();
      const Id right = expression(binding.right, lines);
      left = infix(op, left, right);
    }
    --depth_;
    return left;
  }

  Id infix(std::string_view op, Id left, Id right) {
    if (op == "->" || op == "->>") return named(op == "->" ? "<-" : "<<-", {{{}, right}, {{}, left}});
    if (op == "**") return named("^", {{{}, left}, {{}, right}});
    if (op == "|>" && pool_.is(right, Type::language)) {  // x |> f(y) is f(x, y)
      std::vector<Argument> given = pool_.cells(right);
      given.insert(given.begin(), Argument{{}, left});
      return pool_.call(pool_[right].b, given);
    }
    return named(op, {{{}, left}, {{}, right}});
  }

  Id prefix(Lines lines) {
    const Token token = token_;
    switch (token.kind) {
      case Kind::number: case Kind::text: advance(); return token.value;
      case Kind::name: return word(token, lines);
      case Kind::open:
        if (is("(")) {
          advance();
          skip_lines();
          const Id inner = expression(0, Lines::skip);
          skip_lines();
          expect(")");
          return named("(", {{{}, inner}});
        }
        if (is("{")) return block();
        break;
      case Kind::operation: {
        const std::string_view op = token.text;
        const int power = op == "-" || op == "+" ? 27 : op == "!" ? 15 : op == "~" ? 10 : op == "?" ? 2 : 0;
        advance();
        if (op == "\\") return function(lines);
        skip_lines();
        if (power != 0) return named(op, {{{}, expression(power, lines)}});
        break;
      }
      default: break;
    }
    fail();
    return kNull;
  }

  Id word(const Token& token, Lines lines) {
    advance();
    if (token.text == "function") return function(lines);
    if (token.text == "if") return condition(lines);
    if (token.text == "for") return loop(lines);
    if (token.text == "while") {
      const Id test = in_parentheses();
      skip_lines();
      return named("while", {{{}, test}, {{}, expression(3, lines)}});
    }
    if (token.text == "repeat") {
      skip_lines();
      return named("repeat", {{{}, expression(3, lines)}});
    }
    if (token.text == "break" || token.text == "next") return named(token.text, {});
    return token.value;
  }

  Id block() {
    std::vector<Argument> parts;
    advance();
    while (!failed_) {
      while (token_.kind == Kind::line || token_.kind == Kind::semicolon) advance();
      if (is("}") || token_.kind == Kind::end) break;
      parts.push_back({{}, expression(0, Lines::end)});
      if (token_.kind != Kind::line && token_.kind != Kind::semicolon && !is("}")) fail();
    }
    expect("}");
    return named("{", parts);
  }

  Id in_parentheses() {
    expect("(");
    skip_lines();
    const Id inner = expression(0, Lines::skip);
    skip_lines();
    expect(")");
    return inner;
  }

  Id condition(Lines lines) {
    const Id test = in_parentheses();
    skip_lines();
    const Id yes = expression(3, lines);
    // Inside of braces an else may stand on the next line; at the top it may not, which nobody minds here.
    const Token kept = token_;
    const size_t place = lexer_.at();
    skip_lines();
    if (token_.kind == Kind::name && token_.text == "else") {
      advance();
      skip_lines();
      return named("if", {{{}, test}, {{}, yes}, {{}, expression(3, lines)}});
    }
    token_ = kept;
    lexer_.back_to(place);
    return named("if", {{{}, test}, {{}, yes}});
  }

  Id loop(Lines lines) {
    expect("(");
    skip_lines();
    const Id variable = token_.value;
    if (token_.kind != Kind::name) fail();
    advance();
    if (token_.text != "in") fail();
    advance();
    const Id over = expression(0, Lines::skip);
    skip_lines();
    expect(")");
    skip_lines();
    return named("for", {{{}, variable}, {{}, over}, {{}, expression(3, lines)}});
  }

  Id function(Lines lines) {
    std::vector<Argument> formals;
    expect("(");
    skip_lines();
    while (!failed_ && !is(")")) {
      const std::string_view name = token_.kind == Kind::name ? pool_.name(token_.value) : std::string_view();
      if (token_.kind != Kind::name) fail();
      advance();
      skip_lines();
      Id value = kMissing;
      if (is("=")) {
        advance();
        skip_lines();
        value = expression(5, Lines::skip);
        skip_lines();
      }
      formals.push_back({name, value});
      if (token_.kind == Kind::comma) advance();
      skip_lines();
    }
    expect(")");
    skip_lines();
    const Id body = expression(3, lines);
    return named("function", {{{}, pool_.chain(Type::pairlist, formals)}, {{}, body}});
  }

  // f(x), x[i], x[[i]]
  Id postfix(Id left) {
    const std::string_view open = token_.text;
    advance();
    std::vector<Argument> given;
    const std::string_view close = open == "(" ? ")" : "]";
    skip_lines();
    while (!failed_ && !is(close)) {
      given.push_back(argument(close));
      skip_lines();
      if (token_.kind == Kind::comma) {
        advance();
        skip_lines();
        if (is(close)) given.push_back({{}, kMissing});
      } else if (!is(close)) {
        fail();
      }
    }
    expect(close);
    if (open == "[[") {
      skip_lines();
      expect("]");
    }
    if (open == "(") {
      // A function that is named by a text is that function.
      const auto text = pool_.is(left, Type::strings) ? pool_.as_string(left) : std::nullopt;
      return pool_.call(text ? pool_.symbol(*text) : left, given);
    }
    given.insert(given.begin(), Argument{{}, left});
    return named(open, given);
  }

  Argument argument(std::string_view close) {
    if (token_.kind == Kind::comma || is(close)) return {{}, kMissing};
    const Token token = token_;
    const bool can_name = token.kind == Kind::name || token.kind == Kind::text || (token.kind == Kind::number && token.value == kNull);
    if (can_name) {
      const size_t place = lexer_.at();
      advance();
      skip_lines();
      if (is("=")) {
        advance();
        skip_lines();
        const std::string_view name = token.value == kNull ? std::string_view("NULL") : pool_.as_string(token.value).value_or("");
        if (token_.kind == Kind::comma || is(close)) return {name, kMissing};
        return {name, expression(5, Lines::skip)};
      }
      token_ = token;
      lexer_.back_to(place);
    }
    return {{}, expression(0, Lines::skip)};
  }

  Pool& pool_;
  Lexer lexer_;
  Token token_;
  int depth_ = 0;
  bool failed_ = false;
  size_t failed_at_ = 0;
};

}  // namespace

Parsed parse(Pool& pool, std::string_view source) { return Parser(pool, source).parse(); }

}  // namespace winnow::r
