#include "containers/zip.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "containers/build_zip.h"

namespace winnow::containers {
namespace {

using build::Archive;
using build::Member;

Zip read(const std::string& bytes) { return read_zip(as_bytes(bytes)); }

std::string content(const Zip& zip, const ZipMember& member) {
  return std::string(as_text(open_zip_member(zip, member, Limits{}).bytes));
}

bool has(const Zip& zip, ZipTrick what) {
  return std::any_of(zip.tricks.begin(), zip.tricks.end(),
                     [&](const Trick& trick) { return trick.what == what; });
}

std::string text_of(size_t size) {
  std::string out;
  for (size_t i = 0; out.size() < size; ++i) out += "line " + std::to_string(i * i % 97) + "\n";
  return out;
}

Archive clean() {
  Archive archive;
  archive.members.push_back({.name = "archive/data.pkl", .data = "stored content"});
  archive.members.push_back({.name = "archive/text", .data = text_of(5000), .method = 8});
  archive.members.push_back({.name = "archive/late", .data = "sizes follow", .flags = 8});
  archive.members.push_back({.name = "archive/late2", .data = text_of(300), .method = 8, .flags = 8});
  return archive;
}

void expect_clean_members(const Zip& zip) {
  ASSERT_EQ(zip.members.size(), 4U);
  EXPECT_EQ(content(zip, zip.members[0]), "stored content");
  EXPECT_EQ(content(zip, zip.members[1]), text_of(5000));
  EXPECT_EQ(content(zip, zip.members[2]), "sizes follow");
  EXPECT_EQ(content(zip, zip.members[3]), text_of(300));
}

TEST(Zip, CleanArchiveHasNoTricks) {
  const std::string bytes = build::zip(clean());
  const Zip zip = read(bytes);
  expect_clean_members(zip);
  EXPECT_TRUE(zip.tricks.empty());
  EXPECT_TRUE(zip.unclaimed.empty());
  EXPECT_FALSE(zip.damage);
  EXPECT_TRUE(looks_like_zip(as_bytes(bytes)));
  for (const ZipMember& member : zip.members) {
    const ZipContent opened = open_zip_member(zip, member, Limits{});
    EXPECT_FALSE(opened.error || opened.wrong_crc || opened.wrong_size) << member.name;
  }
}

TEST(Zip, PrefixShiftsOffsets) {
  Archive archive = clean();
  archive.prefix = "#!/usr/bin/env python3\n";
  const std::string bytes = build::zip(archive);
  const Zip zip = read(bytes);
  expect_clean_members(zip);
  EXPECT_TRUE(zip.tricks.empty());
  EXPECT_TRUE(looks_like_zip(as_bytes(bytes)));
  ASSERT_EQ(zip.unclaimed.size(), 1U);
  EXPECT_EQ(zip.unclaimed[0].size, archive.prefix.size());
}

TEST(Zip, CommentAndTrailingBytes) {
  Archive archive = clean();
  archive.comment = "written by a test";
  archive.trailing = "and more";
  const std::string bytes = build::zip(archive);
  const Zip zip = read(bytes);
  expect_clean_members(zip);
  EXPECT_EQ(zip.comment, archive.comment);
  ASSERT_EQ(zip.unclaimed.size(), 1U);
  EXPECT_EQ(zip.unclaimed[0].offset, bytes.size() - archive.trailing.size());
}

TEST(Zip, Zip64) {
  Member large{.name = "big", .data = "sixty-four"};
  std::string bytes = build::local_header(large);
  std::string entry = build::entry(large, 0);
  // Sizes and offset move into the extra field.
  entry.replace(20, 4, build::le(UINT32_MAX, 4));
  entry.replace(24, 4, build::le(UINT32_MAX, 4));
  entry.replace(42, 4, build::le(UINT32_MAX, 4));
  entry.replace(30, 2, build::le(28, 2));
  entry += build::le(1, 2) + build::le(24, 2) + build::le(10, 8) + build::le(10, 8) + build::le(0, 8);
  const uint64_t start = bytes.size();
  bytes += entry;
  const uint64_t record = bytes.size();
  bytes += "PK\x06\x06" + build::le(44, 8) + build::le(45, 2) + build::le(45, 2) + build::le(0, 8) +
           build::le(1, 8) + build::le(1, 8) + build::le(entry.size(), 8) + build::le(start, 8);
  bytes += "PK\x06\x07" + build::le(0, 4) + build::le(record, 8) + build::le(1, 4);
  Archive end;
  end.count = 0xffff;
  bytes += build::end_record(end, 0, UINT32_MAX, UINT32_MAX);
  const Zip zip = read(bytes);
  ASSERT_EQ(zip.members.size(), 1U);
  EXPECT_EQ(content(zip, zip.members[0]), "sixty-four");
  EXPECT_TRUE(zip.tricks.empty());
  EXPECT_TRUE(zip.unclaimed.empty());
}

TEST(Zip, NoDirectoryIsRecoveredFromLocalHeaders) {
  Archive archive = clean();
  archive.has_end = false;
  const std::string bytes = build::zip(archive);
  const Zip zip = read(bytes);
  EXPECT_TRUE(zip.damage);
  expect_clean_members(zip);
  for (const ZipMember& member : zip.members) EXPECT_EQ(member.sources, kFromLocal);
}

TEST(Zip, FalseEndRecordBehindTheRealOne) {
  Archive archive = clean();
  Archive empty;
  archive.comment = build::end_record(empty, 0, 0, 7);
  const Zip zip = read(build::zip(archive));
  EXPECT_GE(zip.members.size(), 4U);
}

TEST(Zip, UnlistedMemberBetweenTheOthers) {
  Archive archive = clean();
  archive.members[1].listed = false;
  const std::string bytes = build::zip(archive);
  const Zip zip = read(bytes);
  EXPECT_TRUE(has(zip, ZipTrick::unlisted_member));
  ASSERT_EQ(zip.members.size(), 4U);
  EXPECT_EQ(zip.members[3].sources, kFromLocal);
  EXPECT_EQ(content(zip, zip.members[3]), text_of(5000));
}

TEST(Zip, UnlistedMemberInFrontAndBehind) {
  Archive archive = clean();
  Member hidden{.name = "hidden", .data = "payload"};
  archive.before_directory = build::local_header(hidden);
  archive.trailing = build::local_header(hidden);
  const std::string bytes = build::zip(archive);
  const Zip zip = read(bytes);
  EXPECT_EQ(zip.members.size(), 6U);
  EXPECT_TRUE(has(zip, ZipTrick::unlisted_member));
}

TEST(Zip, LocalHeaderWithAnotherName) {
  Archive archive = clean();
  archive.members[0].local_name = "archive/dota.pkl";
  const std::string bytes = build::zip(archive);
  const Zip zip = read(bytes);
  EXPECT_TRUE(has(zip, ZipTrick::name_differs));
  EXPECT_EQ(zip.members[0].name, "archive/data.pkl");
  EXPECT_EQ(zip.members[0].other_name, "archive/dota.pkl");
}

TEST(Zip, BackslashesInOneOfTheNamesAreTheWritersHabit) {
  Archive archive = clean();
  archive.members[0].local_name = "archive\\data.pkl";
  EXPECT_TRUE(read(build::zip(archive)).tricks.empty());
}

TEST(Zip, LocalHeaderWithAnotherMethodGivesBothViews) {
  Archive archive;
  Member member{.name = "x", .data = text_of(400)};
  member.packed = build::deflated(text_of(400));
  member.method = 8;
  member.local_method = 0;
  archive.members.push_back(member);
  const std::string bytes = build::zip(archive);
  const Zip zip = read(bytes);
  EXPECT_TRUE(has(zip, ZipTrick::method_differs));
  ASSERT_EQ(zip.members.size(), 2U);
  EXPECT_EQ(content(zip, zip.members[0]), text_of(400));
  EXPECT_EQ(content(zip, zip.members[1]), *member.packed);
}

TEST(Zip, LocalHeaderWithAnotherSizeGivesBothViews) {
  Archive archive;
  Member member{.name = "x", .data = "0123456789"};
  member.local_packed_size = member.local_size = 4;
  archive.members.push_back(member);
  const std::string bytes = build::zip(archive);
  const Zip zip = read(bytes);
  EXPECT_TRUE(has(zip, ZipTrick::size_differs));
  ASSERT_EQ(zip.members.size(), 2U);
  EXPECT_EQ(content(zip, zip.members[1]), "0123");
}

TEST(Zip, EncryptionFlagOnPlainData) {
  for (const uint16_t flag : {uint16_t{0x1}, uint16_t{0x20}, uint16_t{0x40}}) {
    for (const uint16_t method : {uint16_t{0}, uint16_t{8}}) {
      Archive archive;
      archive.members.push_back({.name = "x", .data = text_of(100), .method = method, .flags = flag});
      const std::string bytes = build::zip(archive);
      const Zip zip = read(bytes);
      const ZipContent opened = open_zip_member(zip, zip.members.at(0), Limits{});
      EXPECT_TRUE(opened.false_encryption);
      EXPECT_EQ(as_text(opened.bytes), text_of(100));
    }
  }
}

TEST(Zip, EncryptedDataIsUnsupported) {
  Archive archive;
  Member member{.name = "x", .data = "0123456789", .flags = 1};
  member.packed = "twelve bytes?!##########";
  archive.members.push_back(member);
  member.method = 8;
  archive.members.push_back(member);
  const std::string bytes = build::zip(archive);
  const Zip zip = read(bytes);
  for (const ZipMember& each : zip.members) {
    const ZipContent opened = open_zip_member(zip, each, Limits{});
    ASSERT_TRUE(opened.error);
    EXPECT_EQ(opened.error->fault, Fault::unsupported);
  }
}

TEST(Zip, WrongChecksumHidesNothing) {
  Archive archive = clean();
  archive.members[0].crc = 1;
  archive.members[1].crc = 1;
  const std::string bytes = build::zip(archive);
  const Zip zip = read(bytes);
  for (size_t i = 0; i < 2; ++i) {
    const ZipContent opened = open_zip_member(zip, zip.members[i], Limits{});
    EXPECT_TRUE(opened.wrong_crc);
    EXPECT_FALSE(opened.error);
    EXPECT_EQ(as_text(opened.bytes), archive.members[i].data);
  }
}

TEST(Zip, UnknownMethodsAreUnsupported) {
  for (const uint16_t method :
       {uint16_t{1}, uint16_t{6}, uint16_t{9}, uint16_t{98}, uint16_t{99}, uint16_t{77}}) {
    Archive archive;
    archive.members.push_back({.name = "x", .data = "0123456789", .method = method});
    const std::string bytes = build::zip(archive);
    const Zip zip = read(bytes);
    const ZipContent opened = open_zip_member(zip, zip.members.at(0), Limits{});
    ASSERT_TRUE(opened.error) << method;
    EXPECT_EQ(opened.error->fault, Fault::unsupported);
  }
}

TEST(Zip, DuplicateNames) {
  Archive archive;
  archive.members.push_back({.name = "x", .data = "one"});
  archive.members.push_back({.name = "x", .data = "two"});
  EXPECT_TRUE(has(read(build::zip(archive)), ZipTrick::duplicate_name));
  archive.members[1].data = "one";
  EXPECT_FALSE(has(read(build::zip(archive)), ZipTrick::duplicate_name));
}

TEST(Zip, OverlappingMembers) {
  Archive archive = clean();
  archive.members[2].header_offset = 0;
  EXPECT_TRUE(has(read(build::zip(archive)), ZipTrick::members_overlap));
}

TEST(Zip, MemberThatReachesIntoTheDirectory) {
  Archive archive;
  Member member{.name = "x", .data = "0123456789"};
  member.packed_size = member.size = member.local_size = member.local_packed_size = 40;
  archive.members.push_back(member);
  EXPECT_TRUE(has(read(build::zip(archive)), ZipTrick::members_overlap));
}

TEST(Zip, SecondDirectory) {
  Archive inner;
  inner.members.push_back({.name = "other", .data = "seen by some readers"});
  Archive archive = clean();
  archive.behind_directory = build::zip(inner);
  // The end record of the outer archive is the last one; the inner one stands in unexplained bytes.
  const std::string bytes = build::zip(archive);
  const Zip zip = read(bytes);
  const auto found = std::find_if(zip.members.begin(), zip.members.end(),
                                  [](const ZipMember& member) { return member.name == "other"; });
  ASSERT_NE(found, zip.members.end());
  EXPECT_EQ(content(zip, *found), "seen by some readers");
  EXPECT_FALSE(zip.tricks.empty());
}

TEST(Zip, ArchivesBehindOneAnother) {
  std::string bytes;
  for (char c = 'a'; c < 'f'; ++c) {
    Archive archive;
    archive.members.push_back({.name = "archive/data.pkl", .data = std::string(100, c)});
    archive.members.push_back({.name = "archive/data/0", .data = std::string(100'000, c), .flags = 8});
    bytes += build::zip(archive);
  }
  const Zip zip = read(bytes);
  ASSERT_EQ(zip.members.size(), 10U);
  EXPECT_TRUE(zip.tricks.empty());
  EXPECT_TRUE(zip.unclaimed.empty());
  std::string all;
  for (const ZipMember& member : zip.members) all += content(zip, member).front();
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, "aabbccddee");
}

TEST(Zip, StoredZipInsideIsNoSecondDirectory) {
  Archive archive;
  archive.members.push_back({.name = "inner.zip", .data = build::zip(clean())});
  const Zip zip = read(build::zip(archive));
  EXPECT_EQ(zip.members.size(), 1U);
  EXPECT_TRUE(zip.tricks.empty());
  EXPECT_TRUE(zip.unclaimed.empty());
}

TEST(Zip, WrongCountsAreTold) {
  Archive archive = clean();
  archive.count = 2;
  EXPECT_TRUE(has(read(build::zip(archive)), ZipTrick::count_differs));
  archive.count = 40000;
  const Zip zip = read(build::zip(archive));
  EXPECT_EQ(zip.members.size(), 4U);
  EXPECT_TRUE(has(zip, ZipTrick::count_differs));
}

TEST(Zip, NulInName) {
  Archive archive;
  archive.members.push_back({.name = std::string("data.pkl\0.txt", 13), .data = "x"});
  EXPECT_TRUE(has(read(build::zip(archive)), ZipTrick::nul_in_name));
}

// As PyTorch's writer lays members out.
std::string torch_archive(size_t storages, Member* last = nullptr) {
  Archive archive;
  uint64_t offset = 0;
  const auto add = [&](Member member) {
    const uint64_t start = offset + 30 + member.name.size() + 4;
    const uint64_t padding = (64 - start % 64) % 64;
    member.extra = "FB" + build::le(padding, 2) + std::string(padding, 'Z');
    member.flags = 0x808;
    offset += build::local_header(member).size();
    archive.members.push_back(std::move(member));
  };
  add({.name = "archive/data.pkl", .data = "\x80\x02}q\x00."});
  for (size_t i = 0; i < storages; ++i) {
    add({.name = "archive/data/" + std::to_string(i), .data = std::string(64 + i % 7, static_cast<char>(i))});
  }
  if (last != nullptr) add(*last);
  add({.name = "archive/version", .data = "3\n"});
  return build::zip(archive);
}

TEST(Zip, TheLayoutOfTorch) {
  const std::string bytes = torch_archive(500);
  const Zip zip = read(bytes);
  ASSERT_EQ(zip.members.size(), 502U);
  EXPECT_TRUE(zip.tricks.empty());
  EXPECT_TRUE(zip.unclaimed.empty());
  for (const ZipMember& member : zip.members) EXPECT_EQ(member.data_offset % 64, 0U);
  EXPECT_EQ(content(zip, zip.members[401]), std::string(64 + 400 % 7, static_cast<char>(400)));
}

TEST(Zip, BytesThatTheDirectoryLeavesOutAreUnclaimed) {
  std::string bytes = torch_archive(500);
  // A gap in front of a late storage: its neighbour no longer ends where it starts.
  const size_t at = bytes.find("PK\x03\x04", bytes.find("archive/data/450") + 16);
  ASSERT_NE(at, std::string::npos);
  const Zip before = read(bytes);
  // The directory promises less than is there.
  bytes[bytes.rfind("archive/data/450") - 46 + 20] = 1;
  bytes[bytes.rfind("archive/data/450") - 46 + 24] = 1;
  const Zip zip = read(bytes);
  EXPECT_TRUE(before.tricks.empty());
  EXPECT_FALSE(zip.unclaimed.empty());
}

TEST(Zip, TruncatedAnywhere) {
  const std::string whole = build::zip(clean());
  for (size_t size = 0; size < whole.size(); ++size) {
    const std::string bytes = whole.substr(0, size);
    const Zip zip = read(bytes);
    EXPECT_LE(zip.members.size(), 4U);
    for (const ZipMember& member : zip.members) open_zip_member(zip, member, Limits{});
  }
}

TEST(Zip, EveryByteDamaged) {
  const std::string whole = build::zip(clean());
  for (size_t at = 0; at < whole.size(); ++at) {
    for (const int change : {0x01, 0x80, 0xff}) {
      std::string bytes = whole;
      bytes[at] = static_cast<char>(bytes[at] ^ change);
      const Zip zip = read(bytes);
      for (const ZipMember& member : zip.members) open_zip_member(zip, member, Limits{});
      looks_like_zip(as_bytes(bytes));
    }
  }
}

TEST(Zip, ManyMembersAreLinear) {
  Archive archive;
  for (int i = 0; i < 60000; ++i) archive.members.push_back({.name = "m/" + std::to_string(i), .data = "x"});
  const std::string bytes = build::zip(archive);
  const Zip zip = read(bytes);
  EXPECT_EQ(zip.members.size(), 60000U);
  EXPECT_TRUE(zip.tricks.empty());
}

TEST(Zip, OverlappingBombIsBounded) {
  const std::string zeros(uint64_t{40} << 20, '\0');
  Archive archive;
  archive.members.push_back({.name = "bomb", .data = zeros, .method = 8});
  const std::string bytes = build::zip(archive);
  const Zip zip = read(bytes);
  Limits limits;
  limits.ratio = 100;
  const ZipContent opened = open_zip_member(zip, zip.members.at(0), limits);
  ASSERT_TRUE(opened.error);
  EXPECT_EQ(opened.error->fault, Fault::limit);
  EXPECT_LT(opened.bytes.size(), zeros.size());
}

}  // namespace
}  // namespace winnow::containers
