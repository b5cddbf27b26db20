#include "containers/elf.h"

#include <gtest/gtest.h>

namespace winnow::containers {
namespace {

std::string le(uint64_t value, int width) {
  std::string out;
  for (int i = 0; i < width; ++i) out += i < 8 ? static_cast<char>(value >> (8 * i)) : '\0';
  return out;
}

std::string header(uint32_t type, uint64_t offset, uint64_t size) {
  return le(type, 4) + le(5, 4) + le(offset, 8) + le(offset, 8) + le(offset, 8) + le(size, 8) + le(size, 8) + le(8, 8);
}

// The least that the dynamic linker of Linux loads: two segments, a dynamic table, symbols that stand elsewhere.
std::string library(const std::vector<std::string>& imports, uint16_t machine = 62) {
  std::string strings(1, '\0'), symbols(24, '\0');
  for (const std::string& name : imports) {
    symbols += le(strings.size(), 4) + le(0x12, 1) + le(0, 1) + le(0, 2) + le(0, 16);
    strings += name + '\0';
  }
  const uint64_t dynamic = 64 + 2 * 56, symbols_at = dynamic + 5 * 16, strings_at = symbols_at + symbols.size(), end = strings_at + strings.size();
  std::string out = std::string("\x7f" "ELF\x02\x01\x01", 7) + std::string(9, '\0') + le(3, 2) + le(machine, 2) + le(1, 4) + le(0, 8) + le(64, 8) + le(0, 8);
  out += le(0, 4) + le(64, 2) + le(56, 2) + le(2, 2) + le(64, 2) + le(0, 4);
  out += header(1, 0, end) + header(2, dynamic, 80);
  out += le(5, 8) + le(strings_at, 8) + le(6, 8) + le(symbols_at, 8) + le(10, 8) + le(strings.size(), 8) + le(11, 8) + le(24, 8) + le(0, 16);
  return out + symbols + strings;
}

TEST(Elf, NamesThatALibraryAsksFor) {
  const std::string bytes = library({"malloc", "system@GLIBC_2.2.5"});
  const auto names = imported_names(as_bytes(bytes));
  ASSERT_TRUE(names);
  EXPECT_EQ(*names, (std::vector<std::string_view>{"malloc", "system@GLIBC_2.2.5"}));
  EXPECT_EQ(reaching_import(as_bytes(bytes)), "system@GLIBC_2.2.5");
  EXPECT_EQ(reaching_import(as_bytes(library({"malloc", "systematic", "free"}))), "");
}

TEST(Elf, AnyPrefixIsReadWithoutHarm) {
  const std::string whole = library({"malloc", "fork"});
  for (size_t size = 0; size < whole.size(); ++size) (void)imported_names(as_bytes(whole).first(size));
  EXPECT_FALSE(imported_names(as_bytes(std::string("MZ and so on"))));
}

TEST(Elf, TablesThatLieAreRefused) {
  std::string bytes = library({"malloc"});
  bytes.replace(64 + 2 * 56 + 16 + 8, 8, le(1ULL << 60, 8));  // where the symbols are
  EXPECT_FALSE(imported_names(as_bytes(bytes)));
  bytes = library({"malloc"});
  bytes.replace(32, 8, le(1ULL << 60, 8));  // where the program headers are
  EXPECT_FALSE(imported_names(as_bytes(bytes)));
}

TEST(Elf, CodeOfAHostAndOfAccelerators) {
  EXPECT_TRUE(is_native_code(as_bytes(library({"malloc"}))));
  EXPECT_FALSE(is_native_code(as_bytes(library({"malloc"}, 190))));  // CUDA
  EXPECT_FALSE(is_native_code(as_bytes(library({"malloc"}, 164))));  // Hexagon
  EXPECT_TRUE(is_native_code(as_bytes("MZ" + std::string(58, '\0') + le(64, 4) + std::string("PE\0\0", 4))));
  EXPECT_FALSE(is_native_code(as_bytes("MZ" + std::string(70, 'w'))));
  EXPECT_TRUE(is_native_code(as_bytes("\xcf\xfa\xed\xfe" + std::string(28, '\0'))));
  EXPECT_FALSE(is_native_code(Bytes()));
}

}  // namespace
}  // namespace winnow::containers
