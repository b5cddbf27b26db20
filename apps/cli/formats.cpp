// winnow formats: which formats are read.
#include <unistd.h>

#include "commands.h"
#include "terminal.h"
#include "winnow.h"

namespace winnow::cli {

int list_formats() {
  std::string text;
  for (const std::string_view name : format_names()) text += std::string(name) + "\n";
  return write_all(STDOUT_FILENO, text) ? kNothingFound : kNotScanned;
}

}  // namespace winnow::cli
