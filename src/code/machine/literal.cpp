#include "code/machine/literal.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "code/machine/encodings.h"

namespace winnow::machine {

namespace {

constexpr size_t kDeepest = 200;  // CPython's parser stops there too
constexpr size_t kMostNodes = 1'000'000;

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

class Parser {
 public:
  Parser(std::string_view source, Notation notation) : source_(source), json_(notation == Notation::json) {}

  Result<LiteralTree> run() {
    for (;;) {
      skip_space();
      if (at_ >= source_.size()) break;
      if (!step()) return Error{fault_, at_, what_};
    }
    if (!open_.empty()) return Error{Fault::truncated, at_, "a bracket is not closed"};
    if (!has_root_) return Error{Fault::truncated, at_, "there is no literal"};
    return std::move(tree_);
  }

 private:
  struct Open {
    uint32_t node;
    char closer;
    bool fresh = true;   // an item may follow: at the start or behind a comma
    bool comma = false;  // a parenthesis with a comma is a tuple
    bool colon = false;  // braces without one are a set
  };

  bool fail(const char* what, Fault fault = Fault::malformed) {
    what_ = what;
    fault_ = fault;
    return false;
  }

  char peek(size_t ahead = 0) const { return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0'; }

  void skip_space() {
    while (at_ < source_.size()) {
      const char c = source_[at_];
      if (c == '#') {
        at_ = std::min(source_.find('\n', at_), source_.size());
      } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\\') {
        ++at_;
      } else {
        return;
      }
    }
  }

  bool step() {
    const char c = peek();
    if (c == '(' || c == '[' || c == '{') return begin(c);
    if (c == ')' || c == ']' || c == '}') return end(c);
    if (c == ',' || c == ':') return separate(c);
    Literal item;
    if (!scalar(item)) return false;
    return place(add(std::move(item)));
  }

  uint32_t add(Literal item) {
    tree_.nodes.push_back(std::move(item));
    return static_cast<uint32_t>(tree_.nodes.size() - 1);
  }

  bool begin(char c) {
    if (open_.size() >= kDeepest) return fail("brackets are nested too deep", Fault::limit);
    ++at_;
    Literal item;
    item.kind = c == '(' ? LiteralKind::tuple : c == '[' ? LiteralKind::list : LiteralKind::dict;
    open_.push_back({add(std::move(item)), c == '(' ? ')' : c == '[' ? ']' : '}'});
    return true;
  }

  bool end(char c) {
    if (open_.empty() || open_.back().closer != c) return fail("a bracket does not match");
    ++at_;
    const Open closed = open_.back();
    open_.pop_back();
    Literal& node = tree_.nodes[closed.node];
    if (node.kind == LiteralKind::dict && !closed.colon && node.items.size() == 1)
      node.kind = LiteralKind::set;
    if (node.kind == LiteralKind::dict && node.items.size() % 2 != 0) return fail("a key has no value");
    const bool grouping = c == ')' && node.items.size() == 1 && !closed.comma;
    return place(grouping ? node.items[0] : closed.node);
  }

  bool separate(char c) {
    ++at_;
    if (open_.empty()) {
      if (c == ',' && has_root_) return fail("more than one literal", Fault::unsupported);
      return fail("a separator stands alone");
    }
    Open& open = open_.back();
    if (open.fresh) return fail("an item is missing");
    open.fresh = true;
    Literal& node = tree_.nodes[open.node];
    if (c == ',') {
      open.comma = true;
      if (node.kind == LiteralKind::dict && node.items.size() == 1) node.kind = LiteralKind::set;
      return true;
    }
    if (node.kind != LiteralKind::dict || node.items.size() % 2 != 1)
      return fail("a colon outside of a dict");
    open.colon = true;
    return true;
  }

  // Puts a finished item where it belongs.
  bool place(uint32_t index) {
    if (tree_.nodes.size() > kMostNodes) return fail("too many items", Fault::limit);
    if (open_.empty()) {
      if (has_root_) return fail("more than one literal");
      has_root_ = true;
      tree_.root = index;
      return true;
    }
    Open& open = open_.back();
    Literal& node = tree_.nodes[open.node];
    if (!open.fresh) {
      // 'a' 'b' is one string.
      Literal& last = tree_.nodes[node.items.back()];
      Literal& now = tree_.nodes[index];
      const bool strings =
          last.kind == now.kind && (now.kind == LiteralKind::text || now.kind == LiteralKind::bytes);
      if (!strings) return fail("a comma is missing");
      last.text += now.text;
      return true;
    }
    open.fresh = false;
    node.items.push_back(index);
    return true;
  }

  bool scalar(Literal& item) {
    const char c = peek();
    if (c == '+' || c == '-') {
      ++at_;
      skip_space();
      item.negative = c == '-';
      return std::isdigit(static_cast<unsigned char>(peek())) || peek() == '.'
                 ? number(item)
                 : fail("a sign without a number");
    }
    if (std::isdigit(static_cast<unsigned char>(c)) || c == '.') return number(item);
    if (c == '\'' || c == '"') return string(item, false);
    return word(item);
  }

  bool word(Literal& item) {
    size_t end = at_;
    while (end < source_.size() && is_word(source_[end])) ++end;
    const std::string_view text = source_.substr(at_, end - at_);
    const char next = end < source_.size() ? source_[end] : '\0';
    if ((next == '\'' || next == '"') && text.size() <= 2 && text.find_first_not_of("uUbBrR") == text.npos) {
      at_ = end;
      if (text.find_first_of("bB") != text.npos)
        item.kind = LiteralKind::bytes;
      else
        item.kind = LiteralKind::text;
      return string(item, text.find_first_of("rR") != text.npos);
    }
    if (text == "True" || text == "False" || (json_ && (text == "true" || text == "false"))) {
      item.kind = LiteralKind::boolean;
      item.integer = text == "True" || text == "true" ? 1 : 0;
    } else if (text == "None" || (json_ && text == "null")) {
      item.kind = LiteralKind::none;
    } else {
      return fail("this is no literal");
    }
    at_ = end;
    return true;
  }

  bool number(Literal& item) {
    size_t end = at_;
    while (end < source_.size() &&
           (is_word(source_[end]) || source_[end] == '.' ||
            ((source_[end] == '+' || source_[end] == '-') &&
             (source_[end - 1] == 'e' || source_[end - 1] == 'E') && source_[at_ + 1] != 'x'))) {
      ++end;
    }
    std::string digits;
    std::copy_if(source_.begin() + static_cast<std::ptrdiff_t>(at_),
                 source_.begin() + static_cast<std::ptrdiff_t>(end), std::back_inserter(digits),
                 [](char c) { return c != '_'; });
    at_ = end;
    if (!digits.empty() && (digits.back() == 'L' || digits.back() == 'l')) digits.pop_back();
    int base = 10;
    std::string_view text = digits;
    if (text.size() > 2 && text[0] == '0') {
      const char mark = text[1];
      base = mark == 'x' || mark == 'X'   ? 16
             : mark == 'o' || mark == 'O' ? 8
             : mark == 'b' || mark == 'B' ? 2
                                          : 10;
      if (base != 10) text.remove_prefix(2);
    }
    item.kind = LiteralKind::integer;
    const auto [stop, fault] = std::from_chars(text.data(), text.data() + text.size(), item.integer, base);
    if (fault == std::errc::result_out_of_range) item.integer = UINT64_MAX;
    if (stop == text.data() + text.size() && fault != std::errc::invalid_argument) return true;
    if (base != 10) return fail("a number is damaged");
    item.kind = LiteralKind::real;  // the value of floats and complex numbers matters to nobody here
    return text.find_first_not_of("0123456789.eE+-jJ") == text.npos || fail("a number is damaged");
  }

  bool string(Literal& item, bool raw) {
    if (item.kind == LiteralKind::none) item.kind = LiteralKind::text;
    const char quote = peek();
    const bool triple = peek(1) == quote && peek(2) == quote;
    at_ += triple ? 3 : 1;
    while (at_ < source_.size()) {
      const char c = source_[at_];
      if (c == quote && (!triple || (peek(1) == quote && peek(2) == quote))) {
        at_ += triple ? 3 : 1;
        return true;
      }
      if (c == '\n' && !triple) return fail("a string is not closed");
      if (c != '\\') {
        item.text += c;
        ++at_;
      } else if (raw) {
        item.text += c;
        item.text += peek(1);
        at_ += 2;
      } else if (!escape(item)) {
        return false;
      }
    }
    return fail("a string is not closed", Fault::truncated);
  }

  bool escape(Literal& item) {
    const char c = peek(1);
    at_ += 2;
    static constexpr std::string_view kLetters = "abfnrtv\\'\"";
    static constexpr std::string_view kMeant = "\a\b\f\n\r\t\v\\'\"";
    if (const size_t found = kLetters.find(c); found != kLetters.npos && c != '\0') {
      item.text += kMeant[found];
      return true;
    }
    if (c == '\n') return true;
    if (c >= '0' && c <= '7') {
      --at_;
      uint32_t value = 0;
      for (int i = 0; i < 3 && peek() >= '0' && peek() <= '7'; ++i) {
        value = value * 8 + static_cast<uint32_t>(source_[at_++] - '0');
      }
      append_utf8(item.text, value);
      return true;
    }
    const bool wide = item.kind == LiteralKind::text && (c == 'u' || c == 'U');
    if (c != 'x' && !wide) {
      if (c == 'N' && item.kind == LiteralKind::text) return fail("a named character", Fault::unsupported);
      item.text += '\\';
      item.text += c;
      return true;
    }
    uint32_t value = 0;
    for (int i = 0; i < (c == 'x' ? 2 : c == 'u' ? 4 : 8); ++i) {
      const int digit = hex_digit(peek());
      if (digit < 0) return fail("an escape is damaged");
      value = value * 16 + static_cast<uint32_t>(digit);
      ++at_;
    }
    append_utf8(item.text, value);
    return true;
  }

  std::string_view source_;
  bool json_;
  size_t at_ = 0;
  LiteralTree tree_;
  std::vector<Open> open_;
  bool has_root_ = false;
  const char* what_ = "";
  Fault fault_ = Fault::malformed;
};

}  // namespace

Result<LiteralTree> parse_literal(std::string_view source, Notation notation) {
  return Parser(source, notation).run();
}

}  // namespace winnow::machine
