// What a command line would do, for code that starts programs: programs do so all day, and only what they start tells
// the tool from the attack.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace winnow::judge {

enum class Intent : uint8_t {
  ordinary,  // tools that programs use: compilers, version control, package managers, media, questions about the hardware
  unknown,   // a program of which nothing is known
  odd,       // what no program needs from code beside a model, and what may have a reason
  hostile,   // it has no honest reason there
};

struct CommandOf {
  Intent intent = Intent::unknown;
  std::string why;     // a clause: "pipes what it downloads into a shell"
  std::string program; // the first that is started
  std::string text;    // the command of a longer script that this is about
  uint32_t line = 0;   // of the script, in which it stands: 0 is the first
};

// A line for a shell.
CommandOf command_of(std::string_view line);
// Lines that make the image of a machine, as those of a Dockerfile do.
CommandOf command_of_image(std::string_view lines);
// The words of an argument vector, the program first; empty words are not known.
CommandOf command_of(std::span<const std::string_view> words);

}  // namespace winnow::judge
