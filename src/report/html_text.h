// HTML in the making. Markup can only be written in our own source: every run-time string goes through an escape, so
// that nothing a model says becomes a part of the page's structure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace winnow::report {

// Markup that stands in the source as a literal.
class Markup {
 public:
  consteval Markup(const char* literal) : text_(literal) {}
  constexpr std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

class Html {
 public:
  Html& put(Markup markup) { return append(markup.text()); }
  Html& put(const Html& part) { return append(part.out_); }
  // Text of any origin, between tags.
  Html& text(std::string_view text);
  // ` name="value"`, the value of any origin.
  Html& attribute(Markup name, std::string_view value);
  Html& number(uint64_t number) { return append(std::to_string(number)); }
  // With one decimal; for coordinates.
  Html& tenths(double number);

  size_t size() const { return out_.size(); }
  std::string take() { return std::move(out_); }

 private:
  Html& append(std::string_view text) {
    out_ += text;
    return *this;
  }

  std::string out_;
};

}  // namespace winnow::report
