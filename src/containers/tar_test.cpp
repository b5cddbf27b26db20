#include "containers/tar.h"

#include <gtest/gtest.h>

#include <cstdio>

namespace winnow::containers {
namespace {

std::string octal(uint64_t value, int width) {
  char out[32];
  std::snprintf(out, sizeof out, "%0*llo", width - 1, static_cast<unsigned long long>(value));
  return std::string(out) + '\0';
}

struct Header {
  std::string name;
  char type = '0';
  std::string link = {};
  std::string size = {};  // raw field, for lies
  std::string magic = std::string(
      "ustar\0"
      "00",
      8);
  std::string prefix = {};
};

std::string block(const Header& header, uint64_t size) {
  std::string out(512, '\0');
  const auto put = [&](size_t at, const std::string& text) { out.replace(at, text.size(), text); };
  put(0, header.name);
  put(100, octal(0644, 8));
  put(108, octal(0, 8));
  put(116, octal(0, 8));
  put(124, header.size.empty() ? octal(size, 12) : header.size);
  put(136, octal(0, 12));
  out[156] = header.type;
  put(157, header.link);
  put(257, header.magic);
  put(345, header.prefix);
  put(148, "        ");
  uint64_t sum = 0;
  for (const char c : out) sum += static_cast<uint8_t>(c);
  put(148, octal(sum, 7) + ' ');
  return out;
}

std::string member(const Header& header, const std::string& data) {
  std::string out = block(header, data.size()) + data;
  out.resize((out.size() + 511) / 512 * 512, '\0');
  return out;
}

const std::string kEnd(1024, '\0');

std::string text(const TarMember& member) { return std::string(as_text(member.bytes)); }

TEST(Tar, PlainMembers) {
  const std::string bytes = member({.name = "a/b"}, "first") + member({.name = "c"}, std::string(512, 'x')) +
                            member({.name = "empty"}, "") + kEnd;
  ASSERT_TRUE(looks_like_tar(as_bytes(bytes)));
  const Tar tar = read_tar(as_bytes(bytes));
  ASSERT_EQ(tar.members.size(), 3U);
  EXPECT_EQ(tar.members[0].name, "a/b");
  EXPECT_EQ(text(tar.members[0]), "first");
  EXPECT_EQ(text(tar.members[1]), std::string(512, 'x'));
  EXPECT_FALSE(tar.damage);
  EXPECT_EQ(tar.end, bytes.size());
}

TEST(Tar, OldHeadersPrefixesAndLongNames) {
  const std::string long_name(300, 'n');
  const std::string bytes = member({.name = "v7", .magic = std::string(8, '\0')}, "old") +
                            member({.name = "tail", .prefix = "head"}, "joined") +
                            member({.name = "././@LongLink", .type = 'L'}, long_name + '\0') +
                            member({.name = "short"}, "gnu") + kEnd;
  const Tar tar = read_tar(as_bytes(bytes));
  ASSERT_EQ(tar.members.size(), 3U);
  EXPECT_EQ(tar.members[0].name, "v7");
  EXPECT_EQ(tar.members[1].name, "head/tail");
  EXPECT_EQ(tar.members[2].name, long_name);
  EXPECT_EQ(text(tar.members[2]), "gnu");
}

TEST(Tar, PaxHeaders) {
  const std::string bytes = member({.name = "pax", .type = 'x'}, "19 path=dir/longer\n10 size=3\n") +
                            member({.name = "short"}, "abcdef") +
                            member({.name = "pax", .type = 'x'}, "20 linkpath=../../x\n") +
                            member({.name = "link", .type = '2', .link = "y"}, "") + kEnd;
  const Tar tar = read_tar(as_bytes(bytes));
  ASSERT_EQ(tar.members.size(), 2U);
  EXPECT_EQ(tar.members[0].name, "dir/longer");
  EXPECT_EQ(text(tar.members[0]), "abc");
  EXPECT_TRUE(tar.members[0].size_differs);
  EXPECT_TRUE(tar.members[1].is_link());
  EXPECT_EQ(tar.members[1].link, "../../x");
}

TEST(Tar, SizesInBase256) {
  std::string size("\x80\0\0\0\0\0\0\0\0\0\0\x05", 12);
  const std::string bytes = member({.name = "a", .size = size}, "12345") + kEnd;
  const Tar tar = read_tar(as_bytes(bytes));
  ASSERT_EQ(tar.members.size(), 1U);
  EXPECT_EQ(text(tar.members[0]), "12345");
}

TEST(Tar, AbsurdSizesAreTruncation) {
  std::string size("\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", 12);
  const std::string bytes = member({.name = "a", .size = size}, "12345") + kEnd;
  const Tar tar = read_tar(as_bytes(bytes));
  ASSERT_EQ(tar.members.size(), 1U);
  EXPECT_TRUE(tar.members[0].truncated);
  ASSERT_TRUE(tar.damage);
  EXPECT_EQ(tar.damage->fault, Fault::truncated);
}

TEST(Tar, WrongChecksumEndsTheArchive) {
  std::string bytes = member({.name = "a"}, "1") + member({.name = "b"}, "2") + kEnd;
  bytes[1024] = 'B';
  const Tar tar = read_tar(as_bytes(bytes));
  EXPECT_EQ(tar.members.size(), 1U);
  ASSERT_TRUE(tar.damage);
  EXPECT_EQ(tar.end, 1024U);
  bytes[0] = 'A';
  EXPECT_FALSE(looks_like_tar(as_bytes(bytes)));
}

TEST(Tar, EndMarkIsWhereTarfileStops) {
  const std::string bytes = member({.name = "a"}, "1") + kEnd + member({.name = "hidden"}, "2");
  const Tar tar = read_tar(as_bytes(bytes));
  EXPECT_EQ(tar.members.size(), 1U);
  EXPECT_EQ(tar.end, 2048U);
}

TEST(Tar, TruncatedAnywhereAndDamagedEverywhere) {
  const std::string whole = member({.name = "pax", .type = 'x'}, "19 path=dir/longer\n") +
                            member({.name = "a"}, "content") + member({.name = "L", .type = 'L'}, "name") +
                            member({.name = "b"}, "x") + kEnd;
  for (size_t size = 0; size < whole.size(); ++size) read_tar(slice(as_bytes(whole), 0, size));
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 0xff);
    read_tar(as_bytes(bytes));
  }
}

TEST(Tar, TextIsNoTar) {
  EXPECT_FALSE(looks_like_tar(as_bytes(std::string(2048, 'a'))));
  EXPECT_FALSE(looks_like_tar(as_bytes(std::string(2048, '\0'))));
  EXPECT_FALSE(looks_like_tar(as_bytes(std::string())));
}

}  // namespace
}  // namespace winnow::containers
