#include "core/native_source.h"

#include <gtest/gtest.h>

namespace winnow {
namespace {

std::string texts(std::string_view source) {
  std::string out;
  for (const NativeCall& call : native_calls(source)) out += std::string(call.callee) + "(" + call.text + ")@" + std::to_string(call.line) + " ";
  return out;
}

TEST(NativeSource, FindsProgramsThatAreStartedByName) {
  EXPECT_EQ(texts("int main() {\n  system(\"curl x | sh\");\n}\n"), "system(curl x | sh)@2 ");
  EXPECT_EQ(texts("std::system (\"a\" \"b\");"), "system(ab)@1 ");
  EXPECT_NE(texts("execl(\"/bin/sh\", \"sh\", \"-c\", \"id\", 0);").find("/bin/sh"), std::string::npos);
}

TEST(NativeSource, PassesOverRemarksLiteralsAndMembers) {
  EXPECT_EQ(texts("// system(\"a\");\n/* popen(\"b\") */ const char* t = \"system(\\\"c\\\")\"; char q = '\"'; x.system(\"d\"); y->popen(\"e\"); my_system(\"f\");"), "");
}

TEST(NativeSource, ReadsEscapesAndRawLiterals) {
  EXPECT_EQ(texts("system(\"a\\x62\\143\\n\");"), "system(abc\n)@1 ");
  EXPECT_EQ(texts("system(R\"(a\"b)\");"), "system(a\"b)@1 ");
}

TEST(NativeSource, EndsAnywhere) {
  const std::string source = "/* x */ system(\"a\\x6\" R\"d(b)d\", 'c', f(\"e\")); // end";
  for (size_t size = 0; size <= source.size(); ++size) (void)native_calls(std::string(source, 0, size));
  (void)native_calls("system" + std::string(100'000, '('));
}

}  // namespace
}  // namespace winnow
