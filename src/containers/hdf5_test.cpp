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

// Files put together by hand: a superblock of version 2, then the root's header.
std::string number(uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
  return out;
}

std::string message(uint8_t type, const std::string& body) { return number(type, 1) + number(body.size(), 2) + number(0, 1) + body; }

std::string header(const std::string& messages) { return "OHDR" + number(2, 1) + number(2, 1) + number(messages.size(), 4) + messages; }

constexpr uint64_t kRoot = 48;

std::string with_root(const std::string& root) {
  return "\x89HDF\r\n\x1a\n" + number(2, 1) + number(8, 1) + number(8, 1) + number(0, 1) + number(0, 8) + number(UINT64_MAX, 8) +
         number(kRoot + root.size(), 8) + number(kRoot, 8) + number(0, 4) + root;
}

std::string link(const std::string& name, uint64_t address) {
  return message(6, number(1, 1) + number(0, 1) + number(name.size(), 1) + name + number(address, 8));
}

// An attribute of `items` texts of `size` bytes.
std::string attribute(const std::string& name, uint64_t items, uint32_t size, const std::string& data) {
  const std::string type = number(0x13, 1) + number(0, 3) + number(size, 4);
  const std::string space = number(2, 1) + number(1, 1) + number(0, 1) + number(1, 1) + number(items, 8);
  return message(12, number(3, 1) + number(0, 1) + number(name.size() + 1, 2) + number(type.size(), 2) + number(space.size(), 2) + number(0, 1) +
                         name + '\0' + type + space + data);
}

std::string times(size_t count, const std::string& text) {
  std::string out;
  for (size_t i = 0; i < count; ++i) out += text;
  return out;
}

// What the limit that ran out says; empty where none did.
std::string limit_of(const std::string& bytes) {
  for (const Error& error : read_hdf5(as_bytes(bytes)).damage) {
    if (error.fault == Fault::limit) return error.what;
  }
  return {};
}

TEST(Hdf5, ReadsWhatIsPutTogetherByHand) {
  const std::string bytes = with_root(header(attribute("a", 2, 3, "onetwo")));
  const Hdf5 read = read_hdf5(as_bytes(bytes));
  EXPECT_TRUE(read.damage.empty());
  ASSERT_NE(read.objects[0].attribute("a"), nullptr);
  EXPECT_EQ(read.objects[0].attribute("a")->texts, (std::vector<std::string_view>{"one", "two"}));
}

TEST(Hdf5, TellsOfHeadersThatGoOnForEver) {
  // A block that says it continues where it stands itself.
  const std::string first = message(0x10, number(kRoot + 34, 8) + number(28, 8));
  const std::string bytes = with_root(header(first) + times(34 - header(first).size(), std::string(1, '\0')) + "OCHK" + message(0x10, number(kRoot + 34, 8) + number(28, 8)) + number(0, 4));
  EXPECT_EQ(limit_of(bytes), "an HDF5 object header holds too many messages");
}

TEST(Hdf5, TellsOfTooManyMessages) {
  EXPECT_EQ(limit_of(with_root(header(times(100'000, message(0, ""))))), "");
  EXPECT_EQ(limit_of(with_root(header(times(100'001, message(0, ""))))), "an HDF5 object header holds too many messages");
}

TEST(Hdf5, TellsOfTooManyTexts) { EXPECT_EQ(limit_of(with_root(header(attribute("a", 1'000'001, 0, "")))), "an HDF5 attribute holds too many strings"); }

TEST(Hdf5, TellsOfTooManyEntries) {
  EXPECT_EQ(limit_of(with_root(header(times(90, attribute("a", 100'000, 1, ""))))), "the HDF5 structures hold too many entries");
}

TEST(Hdf5, TellsOfTooManyObjects) {
  std::string root, groups;
  const size_t own = header(times(3, link("g", 0))).size(), of_group = header(times(70'000, link("o", 0))).size();
  for (uint64_t i = 0; i < 3; ++i) {
    root += link("g", kRoot + own + i * of_group);
    std::string links;
    for (uint64_t j = 0; j < 70'000; ++j) links += link("o", 1'000'000'000 + i * 70'000 + j);
    groups += header(links);
  }
  EXPECT_EQ(limit_of(with_root(header(root) + groups)), "the HDF5 file holds too many objects");
}

TEST(Hdf5, TellsOfMoreThatReachesOut) {
  const std::string outside = message(6, number(1, 1) + number(8, 1) + number(64, 1) + number(1, 1) + "x" + number(5, 2) + std::string("\0f\0g\0", 5));
  EXPECT_EQ(limit_of(with_root(header(times(10'000, outside)))), "");
  EXPECT_EQ(limit_of(with_root(header(times(10'001, outside)))), "more of the HDF5 file reaches out of it than is told");
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
