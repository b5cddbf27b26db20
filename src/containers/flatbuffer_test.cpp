#include "containers/flatbuffer.h"

#include <gtest/gtest.h>

namespace winnow::containers {
namespace {

std::string le(uint64_t value, int width) {
  std::string out;
  for (int i = 0; i < width; ++i) out += static_cast<char>(value >> (8 * i));
  return out;
}

// A table with a number, a text and a vector of two tables without fields; `patch` changes bytes of it.
std::string buffer(size_t patch_at = SIZE_MAX, const std::string& patch = {}) {
  std::string out = le(20, 4) + "TEST";               // the root; 8: its vtable
  out += le(10, 2) + le(16, 2) + le(4, 2) + le(8, 2) + le(12, 2) + le(0, 2);
  out += le(12, 4) + le(77, 4);                        // 20: the table, 24: the number
  out += le(8, 4) + le(12, 4);                         // 28: to the text at 36, 32: to the vector at 44
  out += le(2, 4) + std::string("ok\0\0", 4);          // 36
  out += le(2, 4) + le(12, 4) + le(8, 4);              // 44: two offsets, both to the table at 60
  out += le(4, 2) + le(4, 2) + le(4, 4);               // 56: a vtable without fields, and its table
  if (patch_at != SIZE_MAX) out.replace(patch_at, patch.size(), patch);
  return out;
}

TEST(FlatBuffer, FieldsByNumber) {
  const std::string bytes = buffer();
  FlatBuffer file(as_bytes(bytes));
  EXPECT_EQ(file.identifier(), "TEST");
  const FlatTable root = file.root();
  ASSERT_TRUE(root);
  EXPECT_EQ(root.number(0, 4), 77U);
  EXPECT_EQ(root.text(1), "ok");
  const FlatVector tables = root.vector(2, 4);
  ASSERT_EQ(tables.size(), 2U);
  EXPECT_TRUE(tables.table(0));
  EXPECT_EQ(tables.table(0).position(), 60U);
  EXPECT_FALSE(tables.table(2));
  EXPECT_EQ(root.number(9, 4, 5), 5U);  // an absent field has its default
  EXPECT_FALSE(root.table(9));
  EXPECT_FALSE(file.damage());
  EXPECT_EQ(file.end(), bytes.size());
}

TEST(FlatBuffer, WhatLeadsOutsideIsAbsentAndDamage) {
  struct { size_t at; std::string bytes; } const patches[] = {
      {0, le(0x7fffffff, 4)},    // the root
      {20, le(0x7fffffff, 4)},   // its vtable
      {8, le(0x7ffe, 2)},        // the size of the vtable
      {10, le(0x7ffe, 2)},       // the size of the table
      {28, le(0xfffffff0, 4)},   // a text
      {36, le(0xffffffff, 4)},   // the length of a text
      {44, le(0x40000000, 4)},   // the length of a vector
      {48, le(0x1000, 4)},       // an item
      {14, le(0x100, 2)},        // a field behind its table
  };
  for (const auto& patch : patches) {
    const std::string bytes = buffer(patch.at, patch.bytes);
    FlatBuffer file(as_bytes(bytes));
    const FlatTable root = file.root();
    (void)root.text(1);
    const FlatVector tables = root.vector(2, 4);
    for (uint32_t i = 0; i < std::min(tables.size(), 9U); ++i) (void)tables.table(i);
    EXPECT_TRUE(file.damage()) << patch.at;
    EXPECT_LE(file.end(), bytes.size()) << patch.at;
  }
}

TEST(FlatBuffer, AnyPrefixIsReadWithoutHarm) {
  const std::string whole = buffer();
  for (size_t size = 0; size < whole.size(); ++size) {
    const std::string bytes = whole.substr(0, size);
    FlatBuffer file(as_bytes(bytes));
    const FlatTable root = file.root();
    (void)root.text(1);
    (void)root.vector(2, 4).table(1).number(0, 8);
    EXPECT_TRUE(file.damage()) << size;
    EXPECT_LE(file.end(), size);
  }
}

TEST(FlatBuffer, TextsOfFlexBuffers) {
  // ["FlexWriteFile", "x"]: both with a length in front, then the vector's length, offsets back to them, types, root.
  std::string bytes = "\x0d" "FlexWriteFile" + std::string(1, '\0') + "\x01" "x" + std::string(1, '\0');
  bytes += "\x02";
  bytes += static_cast<char>(bytes.size() - 1);
  bytes += static_cast<char>(bytes.size() - 16);
  bytes += std::string("\x14\x14\x04\x28\x01", 5);
  EXPECT_EQ(flex_text(as_bytes(bytes), 0), "FlexWriteFile");
  EXPECT_EQ(flex_text(as_bytes(bytes), 1), "x");
  EXPECT_EQ(flex_text(as_bytes(bytes), 2), "");
  for (size_t size = 0; size < bytes.size(); ++size) (void)flex_text(as_bytes(bytes).first(size), 1);
}

}  // namespace
}  // namespace winnow::containers
