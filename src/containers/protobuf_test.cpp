#include "containers/protobuf.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace winnow::containers {
namespace {

std::vector<std::string> fields(std::string_view message, bool* whole = nullptr) {
  std::vector<std::string> out;
  const auto error = each_field(as_bytes(message), [&](const ProtoField& field) {
    out.push_back(std::to_string(field.number) + ":" + (field.type == WireType::bytes ? std::string(as_text(field.bytes)) : std::to_string(field.value)));
    return true;
  });
  if (whole != nullptr) *whole = !error;
  return out;
}

TEST(Protobuf, GivesFieldsOfEveryType) {
  bool whole = false;
  const std::string_view message("\x08\x96\x01\x12\x02hi\x1d\x01\x00\x00\x00\x21\x02\x00\x00\x00\x00\x00\x00\x00", 21);
  EXPECT_EQ(fields(message, &whole), (std::vector<std::string>{"1:150", "2:hi", "3:1", "4:2"}));
  EXPECT_TRUE(whole);
}

TEST(Protobuf, StopsWhereItIsDamaged) {
  bool whole = true;
  // A text that is cut short is given as far as it goes.
  EXPECT_EQ(fields(std::string_view("\x08\x01\x12\x7fhi", 6), &whole), (std::vector<std::string>{"1:1", "2:hi"}));
  EXPECT_FALSE(whole);
  for (const std::string_view message : {std::string_view("\x00", 1), std::string_view("\x0f", 1), std::string_view("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12)}) {
    fields(message, &whole);
    EXPECT_FALSE(whole);
  }
}

}  // namespace
}  // namespace winnow::containers
