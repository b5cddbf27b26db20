#include "core/native_source.h"

#include <algorithm>
#include <cctype>

namespace winnow {
namespace {

constexpr size_t kMostCalls = 1000;

constexpr std::string_view kStarters[] = {"system", "popen", "_popen", "_wpopen", "_wsystem", "execl", "execlp", "execle", "execv", "execvp", "execve", "posix_spawn", "posix_spawnp", "WinExec",
                                          "ShellExecute", "ShellExecuteA", "ShellExecuteW", "ShellExecuteEx", "CreateProcess", "CreateProcessA", "CreateProcessW", "_spawnl", "_spawnlp"};

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

class Reading {
 public:
  explicit Reading(std::string_view source) : source_(source) {}

  std::vector<NativeCall> run() {
    while (at_ < source_.size() && calls_.size() < kMostCalls) step();
    return std::move(calls_);
  }

 private:
  char now() const { return at_ < source_.size() ? source_[at_] : '\0'; }
  char next() const { return at_ + 1 < source_.size() ? source_[at_ + 1] : '\0'; }

  // One comment, literal, word or sign.
  void step() {
    if (now() == '/' && next() == '/') {
      at_ = std::min(source_.find('\n', at_), source_.size());
    } else if (now() == '/' && next() == '*') {
      at_ = std::min(source_.find("*/", at_), source_.size() - 2) + 2;
    } else if (now() == '"') {
      literal(nullptr);
    } else if (now() == '\'') {
      character();
    } else if (is_word(now())) {
      word();
    } else {
      ++at_;
    }
  }

  void word() {
    const size_t start = at_;
    while (is_word(now())) ++at_;
    const std::string_view name = source_.substr(start, at_ - start);
    if (name == "R" && now() == '"') return raw(nullptr);
    if (std::find(std::begin(kStarters), std::end(kStarters), name) == std::end(kStarters)) return;
    // A member of something else, or the declaration of one.
    if (start > 0 && (source_[start - 1] == '.' || (start > 1 && source_.substr(start - 2, 2) == "->"))) return;
    while (now() == ' ' || now() == '\t' || now() == '\n' || now() == '\r') ++at_;
    if (now() == '(') arguments(name, start);
  }

  void arguments(std::string_view name, size_t start) {
    NativeCall call{name, {}, start, line_of(start)};
    int depth = 0;
    bool joined = false;  // a literal right behind another is its continuation
    const size_t end = std::min(source_.size(), at_ + 65536);
    while (at_ < end) {
      const char c = now();
      if (c == '"') {
        if (!joined && !call.text.empty()) call.text += ' ';
        literal(&call.text);
        joined = true;
        continue;
      }
      if (c == 'R' && next() == '"') {
        ++at_;
        raw(&call.text);
        continue;
      }
      if (c == ',' || c == ';') joined = false;
      if (c == '(') ++depth;
      if (c == ';' || (c == ')' && --depth == 0)) break;
      ++at_;
    }
    if (!call.text.empty()) calls_.push_back(std::move(call));
  }

  void literal(std::string* out) {
    ++at_;
    while (at_ < source_.size() && now() != '"' && now() != '\n') {
      if (now() != '\\') {
        if (out != nullptr) *out += now();
        ++at_;
        continue;
      }
      ++at_;
      escape(out);
    }
    ++at_;
  }

  void escape(std::string* out) {
    static constexpr std::string_view kLetters = "ntrabfv0", kMeant = "\n\t\r\a\b\f\v";
    const char c = now();
    ++at_;
    if (out == nullptr) return;
    if (c == 'x') {
      int value = 0, digits = 0;
      for (; digits < 2 && std::isxdigit(static_cast<unsigned char>(now())) != 0; ++digits, ++at_) {
        value = value * 16 + (std::isdigit(static_cast<unsigned char>(now())) != 0 ? now() - '0' : (now() | 0x20) - 'a' + 10);
      }
      *out += static_cast<char>(value);
      return;
    }
    if (c >= '0' && c <= '7') {
      int value = c - '0';
      for (int digits = 1; digits < 3 && now() >= '0' && now() <= '7'; ++digits, ++at_) value = value * 8 + (now() - '0');
      *out += value == 0 ? ' ' : static_cast<char>(value & 255);
      return;
    }
    const size_t found = kLetters.find(c);
    *out += found == std::string_view::npos ? c : found < kMeant.size() ? kMeant[found] : ' ';
  }

  // R"mark(text)mark"
  void raw(std::string* out) {
    const size_t open = source_.find('(', at_);
    if (open == std::string_view::npos || open - at_ > 20) {
      ++at_;
      return;
    }
    const std::string close = ")" + std::string(source_.substr(at_ + 1, open - at_ - 1)) + "\"";
    const size_t end = std::min(source_.find(close, open), source_.size());
    if (out != nullptr) out->append(source_.substr(open + 1, end - open - 1));
    at_ = std::min(end + close.size(), source_.size());
  }

  void character() {
    ++at_;
    for (int i = 0; i < 12 && at_ < source_.size() && now() != '\'' && now() != '\n'; ++i) at_ += now() == '\\' ? 2 : 1;
    if (now() == '\'') ++at_;
  }

  uint32_t line_of(size_t offset) {
    line_ += static_cast<uint32_t>(std::count(source_.begin() + static_cast<std::ptrdiff_t>(counted_), source_.begin() + static_cast<std::ptrdiff_t>(offset), '\n'));
    counted_ = offset;
    return line_;
  }

  std::string_view source_;
  size_t at_ = 0, counted_ = 0;
  uint32_t line_ = 1;
  std::vector<NativeCall> calls_;
};

}  // namespace

std::vector<NativeCall> native_calls(std::string_view source) { return Reading(source).run(); }

}  // namespace winnow
