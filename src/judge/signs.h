// Signs of intent in a string that is handed to a callable of which nothing is known.
#pragma once

#include <string>
#include <string_view>

namespace winnow::judge {

enum class Sign : uint8_t { none, command, code, url, path };

struct SignOf {
  Sign sign = Sign::none;
  std::string why;  // a clause: "is a command line that starts curl"
};

// What `text` is when taken as an argument. Prose, labels, patterns and model names are none.
SignOf sign_of(std::string_view text);

}  // namespace winnow::judge
