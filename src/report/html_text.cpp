#include "report/html_text.h"

#include <cmath>

#include "report/escape.h"

namespace winnow::report {

Html& Html::text(std::string_view text) { return append(escape_html(text)); }

Html& Html::attribute(Markup name, std::string_view value) {
  return append(" ").append(name.text()).append("=\"").append(escape_attribute(value)).append("\"");
}

// By hand, because the C library's way depends on the locale.
Html& Html::tenths(double number) {
  const auto rounded = static_cast<int64_t>(std::llround(number * 10));
  const uint64_t size = static_cast<uint64_t>(rounded < 0 ? -rounded : rounded);
  if (rounded < 0) append("-");
  append(std::to_string(size / 10));
  if (size % 10 != 0) append("." + std::to_string(size % 10));
  return *this;
}

}  // namespace winnow::report
