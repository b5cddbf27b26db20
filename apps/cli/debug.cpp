// winnow debug: what single parts of the library see, for tests that compare them with the real thing.
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "code/pickle/opcodes.h"
#include "commands.h"
#include "terminal.h"

namespace winnow::cli {

int debug_opcodes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(file), {}};
  std::string text;
  pickle::Instruction at;
  uint64_t offset = 0;
  while (pickle::read_instruction(as_bytes(content), offset, at)) {
    text += std::to_string(offset) + " " + pickle::kOpcodes[static_cast<uint8_t>(at.opcode)].name + "\n";
    offset = at.next;
    if (at.opcode == pickle::Opcode::STOP) break;
  }
  return write_all(STDOUT_FILENO, text) ? kNothingFound : kNotScanned;
}

}  // namespace winnow::cli
