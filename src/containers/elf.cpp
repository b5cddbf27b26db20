// Read as the dynamic linker does, by program headers and the dynamic table; section headers, which nothing that runs
// looks at, may say anything. System V ABI, chapters 4 and 5.
#include "containers/elf.h"

#include <algorithm>

#include "bytes/reader.h"

namespace winnow::containers {
namespace {

constexpr uint32_t kLoad = 1, kDynamic = 2;
constexpr uint64_t kHash = 4, kStrings = 5, kSymbols = 6, kStringsSize = 10;
constexpr uint64_t kSymbolSize = 24, kMostSymbols = 1'000'000;

// Functions of the C library that reach out of the process, or bring code into it.
constexpr std::string_view kActing[] = {
    "system", "popen", "fork", "vfork", "clone", "execl", "execle", "execlp", "execv", "execve", "execveat", "execvp", "execvpe", "fexecve", "posix_spawn", "posix_spawnp",
    "socket", "connect", "bind", "listen", "accept", "getaddrinfo", "gethostbyname", "sendto", "recvfrom", "dlopen", "dlmopen", "dlsym", "syscall", "ptrace", "memfd_create",
    "unlink", "unlinkat", "rename", "chmod", "chown", "setuid", "setenv", "WinExec", "ShellExecuteA", "CreateProcessA", "LoadLibraryA", "URLDownloadToFileA"};

struct Segment {
  uint32_t type = 0;
  uint64_t offset = 0, address = 0, size = 0;
};

class Library {
 public:
  explicit Library(Bytes file) : file_(file) {}

  Result<std::vector<std::string_view>> imports() {
    if (!read_segments()) return Error{Fault::malformed, 0, "the program headers are damaged"};
    uint64_t symbols = 0, strings = 0, strings_size = 0, hash = 0;
    for (const Segment& segment : segments_) {
      if (segment.type != kDynamic) continue;
      Reader reader(slice(file_, segment.offset, segment.size));
      while (reader.left() >= 16) {
        const uint64_t tag = reader.le<uint64_t>(), value = reader.le<uint64_t>();
        if (tag == 0) break;
        if (tag == kSymbols) symbols = value;
        if (tag == kStrings) strings = value;
        if (tag == kStringsSize) strings_size = value;
        if (tag == kHash) hash = value;
      }
    }
    std::vector<std::string_view> names;
    if (symbols == 0 || strings == 0) return names;
    const Bytes table = at(symbols), texts = slice(at(strings), 0, strings_size);
    if (table.empty() || texts.empty()) return Error{Fault::malformed, 0, "the table of symbols lies outside of the file"};
    const uint64_t count = count_of(symbols, strings, hash, table.size());
    Reader reader(table);
    for (uint64_t i = 0; i < count && reader.left() >= kSymbolSize; ++i) {
      const uint32_t name = reader.le<uint32_t>();
      reader.skip(2);
      const uint16_t section = reader.le<uint16_t>();
      reader.skip(16);
      if (section != 0 || name == 0) continue;
      const std::string_view text = as_text(slice(texts, name));
      const std::string_view word = text.substr(0, std::min(text.find('\0'), text.size()));
      if (!word.empty()) names.push_back(word);
    }
    return names;
  }

 private:
  bool read_segments() {
    Reader reader(file_);
    reader.seek(32);
    const uint64_t headers = reader.le<uint64_t>();
    reader.skip(14);
    const uint16_t size = reader.le<uint16_t>(), count = reader.le<uint16_t>();
    if (!reader.ok() || size < 56) return false;
    for (uint16_t i = 0; i < count; ++i) {
      Reader one(slice(file_, headers + uint64_t{i} * size, size));
      Segment segment;
      segment.type = one.le<uint32_t>();
      one.skip(4);
      segment.offset = one.le<uint64_t>();
      segment.address = one.le<uint64_t>();
      one.skip(8);
      segment.size = one.le<uint64_t>();
      if (!one.ok()) return false;
      segments_.push_back(segment);
    }
    return true;
  }

  // The file from where an address is loaded from.
  Bytes at(uint64_t address) const {
    for (const Segment& segment : segments_) {
      if (segment.type != kLoad || address < segment.address || address - segment.address >= segment.size) continue;
      return slice(file_, segment.offset + (address - segment.address), segment.size - (address - segment.address));
    }
    return {};
  }

  // Nothing says how many symbols there are but the old hash table; linkers put the strings behind them.
  uint64_t count_of(uint64_t symbols, uint64_t strings, uint64_t hash, uint64_t room) const {
    uint64_t count = room / kSymbolSize;
    if (strings > symbols) count = std::min(count, (strings - symbols) / kSymbolSize);
    if (hash != 0) {
      Reader reader(at(hash));
      reader.skip(4);
      const uint32_t chains = reader.le<uint32_t>();
      if (reader.ok() && chains > 0) count = std::min<uint64_t>(room / kSymbolSize, chains);
    }
    return std::min(count, kMostSymbols);
  }

  Bytes file_;
  std::vector<Segment> segments_;
};

}  // namespace

Result<std::vector<std::string_view>> imported_names(Bytes file) {
  const std::string_view text = as_text(file);
  if (!text.starts_with("\x7f"
                        "ELF\x02\x01")) {
    return Error{Fault::unsupported, 0, "this is no 64-bit ELF file"};
  }
  return Library(file).imports();
}

bool reaches_out(std::string_view function) {
  function = function.substr(0, function.find('@'));
  return std::find(std::begin(kActing), std::end(kActing), function) != std::end(kActing);
}

std::string reaching_import(Bytes library) {
  const auto names = imported_names(library);
  if (!names) return {};
  const auto found = std::find_if(names->begin(), names->end(), reaches_out);
  return found == names->end() ? std::string() : std::string(*found);
}

bool is_native_code(Bytes bytes) {
  constexpr uint16_t kHexagon = 164, kCuda = 190, kAmdGpu = 224;
  const std::string_view text = as_text(bytes);
  if (text.starts_with("\x7f" "ELF")) {
    Reader reader(slice(bytes, 16));
    const uint16_t kind = reader.le<uint16_t>(), machine = reader.le<uint16_t>();
    return reader.ok() && (kind == 2 || kind == 3) && machine != kHexagon && machine != kCuda && machine != kAmdGpu;
  }
  if (text.starts_with("MZ")) {
    Reader reader(slice(bytes, 60));
    const uint32_t header = reader.le<uint32_t>();
    return reader.ok() && as_text(slice(bytes, header, 4)) == std::string_view("PE\0\0", 4);
  }
  const std::string_view magic = text.substr(0, 4);
  return magic == "\xcf\xfa\xed\xfe" || magic == "\xce\xfa\xed\xfe";
}

}  // namespace winnow::containers
