// winnow.toml: options that need not be written each time. A section for a command holds its long options, [budget]
// the budgets; nothing else is known, and what is not known is an error.
#pragma once

#include <string>
#include <vector>

#include "bytes/result.h"

namespace winnow::cli {

struct Setting {
  std::string section, key, value;
  size_t line = 0;
};

// The part of TOML 1.0 that is needed: [sections], key = "string" | 'string' | number | true | false, # remarks. The
// offset of an error is a line.
Result<std::vector<Setting>> parse_config(std::string_view text);

// What a configuration adds to the words of the command line, for the command that is given; in front of the user's
// own, which win.
Result<std::vector<std::string>> words_of(const std::vector<Setting>& settings, std::string_view command);

// The file that is read where none is named: $XDG_CONFIG_HOME/winnow/winnow.toml or ~/.config/winnow/winnow.toml; empty
// where there is none. Never one beside the models: it would belong to whoever made them.
std::string usual_config();

}  // namespace winnow::cli
