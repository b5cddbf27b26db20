#include "containers/hdf5.h"

#include <gtest/gtest.h>

#include <memory>

namespace winnow::containers {
namespace {

// Written by h5py: an attribute layer_names = [b"d"], and a dataset "d" whose numbers are those of /etc/passwd.
constexpr std::string_view kFile =
    "894844460d0a1a0a030808000000000000000000fffffffffffffffff7010000000000003000000000000000a56c154d"
    "4f484452020078021200000000ffffffffffffffffffffffffffffffff0a0200010000151200040000ffffffffffffff"
    "ffffffffffffffffff0c32000003000c0008001400006c617965725f6e616d6573001301000001000000020101010100"
    "000000000000010000000000000064060c000001000164b3000000000000007b73f4e54f484452020100010114000002"
    "01010108000000000000000800000000000000030c000110000000010000000000080005020001030a07280001010000"
    "0001000100bf01000000000000080000000000000000000000000000000800000000000000081200000301ffffffffff"
    "ffffff0800000000000000008c0000000000000000000000000000000000000000000000000000000000000000000000"
    "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "0000000000000000000000cf7bf4fa484541500000000018000000000000000100000000000000df0100000000000000"
    "000000000000002f6574632f7061737377640000000000";

std::string file() {
  std::string out;
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (size_t i = 0; i + 1 < kFile.size(); i += 2) out += static_cast<char>(digit(kFile[i]) * 16 + digit(kFile[i + 1]));
  return out;
}

TEST(Hdf5, ReadsAttributesAndTellsWhatReachesOut) {
  const std::string bytes = file();
  const Hdf5 read = read_hdf5(as_bytes(bytes));
  EXPECT_TRUE(read.damage.empty());
  ASSERT_EQ(read.objects.size(), 2u);
  EXPECT_EQ(read.objects[0].kind, Hdf5Kind::group);
  EXPECT_EQ(read.objects[1].kind, Hdf5Kind::dataset);
  EXPECT_EQ(read.path(1), "/d");
  const Hdf5Attribute* names = read.objects[0].attribute("layer_names");
  ASSERT_NE(names, nullptr);
  EXPECT_EQ(names->texts, std::vector<std::string_view>{"d"});
  ASSERT_EQ(read.outside.size(), 1u);
  EXPECT_EQ(read.outside[0].reach, Hdf5Reach::external_data);
  EXPECT_EQ(read.outside[0].target, "/etc/passwd");
}

TEST(Hdf5, StandsBehindABlockOfOthers) {
  const std::string bytes = std::string(1024, 'x') + file();
  EXPECT_EQ(find_hdf5(as_bytes(bytes)), 1024u);
  EXPECT_EQ(read_hdf5(as_bytes(bytes)).outside.size(), 1u);
  EXPECT_FALSE(find_hdf5(as_bytes(std::string(1000, 'x') + file())));
}

// In buffers of exactly that size, so that a sanitizer sees what is read past the end.
TEST(Hdf5, EveryPrefixAndEveryChangedByteIsSurvived) {
  const std::string bytes = file();
  for (size_t size = 0; size < bytes.size(); ++size) {
    const auto copy = std::make_unique<std::byte[]>(size);
    std::copy_n(as_bytes(bytes).data(), size, copy.get());
    (void)read_hdf5({copy.get(), size});
  }
  for (size_t at = 8; at < bytes.size(); ++at) {
    for (const char value : {'\x00', '\xff', '\x01', '\x80'}) {
      std::string changed = bytes;
      changed[at] = value;
      (void)read_hdf5(as_bytes(changed));
    }
  }
}

}  // namespace
}  // namespace winnow::containers
