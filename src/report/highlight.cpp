#include "report/highlight.h"

#include <algorithm>
#include <array>
#include <string>

namespace winnow::report {
namespace {

constexpr auto kKeywords = std::to_array<std::string_view>(
    {"and",    "as",    "assert", "async", "await", "break",  "class",    "continue", "def",    "del",
     "elif",   "else",  "endfor", "endif", "except", "finally", "for",     "from",     "global", "if",
     "import", "in",    "is",     "lambda", "macro", "nonlocal", "not",    "or",       "pass",   "raise",
     "return", "try",   "while",  "with",  "yield"});
// Statements of Python 2 and of templates; with a bracket behind them they are calls.
constexpr auto kSoftKeywords = std::to_array<std::string_view>({"print", "exec", "set"});
constexpr auto kConstants = std::to_array<std::string_view>({"True", "False", "None", "true", "false", "none"});

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_letter(c) || is_digit(c); }

bool is_one_of(const auto& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

class Painter {
 public:
  Painter(std::string_view code, std::string_view callee) : code_(code), callee_(callee) {
    if (callee_.starts_with("builtins.")) callee_.remove_prefix(9);
    last_part_ = callee_.substr(callee_.rfind('.') + 1);  // all of it where there is no dot
  }

  std::vector<Stroke> paint() {
    while (at_ < code_.size()) step();
    return std::move(strokes_);
  }

 private:
  bool follows(std::string_view text) const { return code_.substr(at_).starts_with(text); }

  // Neighbours of one colour become one stroke.
  void stroke(size_t end, Ink ink) {
    end = std::min(end, code_.size());
    if (!strokes_.empty() && strokes_.back().ink == ink) {
      strokes_.back().text = std::string_view(strokes_.back().text.data(), strokes_.back().text.size() + end - at_);
    } else {
      strokes_.push_back({code_.substr(at_, end - at_), ink});
    }
    at_ = end;
  }

  void step() {
    const char c = code_[at_];
    if (is_letter(c)) return word();
    if (is_digit(c)) return number();
    if (c == '"' || c == '\'') return string(at_);
    if (c == '#') return stroke(code_.find('\n', at_), Ink::comment);
    if (follows("{#") && code_.find("#}", at_) != std::string_view::npos) {
      return stroke(code_.find("#}", at_) + 2, Ink::comment);
    }
    for (const std::string_view mark : {"{{", "}}", "{%", "%}"}) {
      if (follows(mark)) return stroke(at_ + 2, Ink::markup);
    }
    if (c == '<' && placeholder()) return;
    stroke(at_ + 1, Ink::plain);
  }

  // "<unknown>", "<function of 3 arguments>": words between angles on one line.
  bool placeholder() {
    size_t end = at_ + 1;
    while (end < code_.size() && end - at_ < 60 && (is_word(code_[end]) || code_[end] == ' ' || code_[end] == ',')) ++end;
    if (end >= code_.size() || code_[end] != '>' || end == at_ + 1 || !is_letter(code_[at_ + 1])) return false;
    stroke(end + 1, Ink::placeholder);
    return true;
  }

  void number() {
    size_t end = at_;
    while (end < code_.size() && (is_word(code_[end]) || code_[end] == '.')) ++end;
    stroke(end, Ink::constant);
  }

  bool callee_ends_at(size_t end) const { return end >= code_.size() || !is_word(code_[end]); }

  void word() {
    const bool behind_dot = at_ > 0 && code_[at_ - 1] == '.';
    if (!callee_.empty() && !behind_dot && follows(callee_) && callee_ends_at(at_ + callee_.size())) {
      return stroke(at_ + callee_.size(), Ink::callee);
    }
    size_t end = at_;
    while (end < code_.size() && is_word(code_[end])) ++end;
    const std::string_view word = code_.substr(at_, end - at_);
    if (end < code_.size() && (code_[end] == '"' || code_[end] == '\'') && word.size() <= 2 &&
        word.find_first_not_of("rRbBuUfFtT") == std::string_view::npos) {
      return string(end);
    }
    if (defines_) {
      defines_ = false;
      return stroke(end, Ink::definition);
    }
    if (behind_dot) return stroke(end, word == last_part_ ? Ink::callee : Ink::plain);
    if (is_one_of(kConstants, word)) return stroke(end, Ink::constant);
    const bool called = end < code_.size() && code_[end] == '(';
    if (is_one_of(kKeywords, word) || (is_one_of(kSoftKeywords, word) && !called)) {
      defines_ = word == "def" || word == "class";
      return stroke(end, Ink::keyword);
    }
    stroke(end, Ink::plain);
  }

  // A literal whose quote stands at `quote`; one that is not closed ends with its line, or the text if it is triple.
  void string(size_t quote) {
    const char mark = code_[quote];
    const bool triple = code_.substr(quote).starts_with(std::string(3, mark));
    size_t end = quote + (triple ? 3 : 1);
    for (; end < code_.size(); ++end) {
      if (code_[end] == '\\') {
        ++end;
      } else if (code_[end] == '\n' && !triple) {
        break;
      } else if (code_[end] == mark && (!triple || code_.substr(end).starts_with(std::string(3, mark)))) {
        end += triple ? 3 : 1;
        break;
      }
    }
    stroke(end, Ink::string);
  }

  std::string_view code_, callee_, last_part_;
  std::vector<Stroke> strokes_;
  size_t at_ = 0;
  bool defines_ = false;  // the next name is being defined
};

}  // namespace

std::vector<Stroke> highlight(std::string_view code, std::string_view callee) {
  return Painter(code, callee).paint();
}

}  // namespace winnow::report
