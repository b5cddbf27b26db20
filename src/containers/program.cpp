#include "containers/program.h"

#include "bytes/reader.h"

namespace winnow::containers {
namespace {

// One file that is a shell script, a Windows program and an ELF at once: github.com/jart/cosmopolitan, ape/ape.S.
bool is_portable_program(Bytes content) {
  const std::string_view text = as_text(content);
  return text.starts_with("MZqFpD='") || text.starts_with("jartsr='") || text.starts_with("APEDBG='");
}

bool is_windows_program(Bytes content) {
  Reader reader(content);
  if (reader.text(2) != "MZ") return false;
  reader.seek(0x3c);
  const uint32_t header = reader.le<uint32_t>();
  reader.seek(header);
  return reader.text(4) == std::string_view("PE\0\0", 4) || content.size() < 0x40;
}

bool is_mach_program(Bytes content) {
  Reader reader(content);
  const uint32_t magic = reader.be<uint32_t>();
  const uint32_t count = reader.be<uint32_t>();
  if (!reader.ok()) return false;
  // Java classes share the magic of fat binaries, but not small counts.
  if (magic == 0xcafebabeU) return count > 0 && count < 20;
  return magic == 0xfeedfaceU || magic == 0xfeedfacfU || magic == 0xcefaedfeU || magic == 0xcffaedfeU;
}

}  // namespace

bool is_program(Bytes content) {
  return as_text(content).starts_with(
             "\x7f"
             "ELF") ||
         is_portable_program(content) || is_windows_program(content) || is_mach_program(content);
}

}  // namespace winnow::containers
