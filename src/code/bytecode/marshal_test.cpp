#include "code/bytecode/marshal.h"

#include <gtest/gtest.h>

#include <cmath>

#include "code/bytecode/function_text.h"
#include "code/bytecode/lambda_samples.h"
#include "code/bytecode/pyc.h"

namespace winnow::bytecode {
namespace {

using namespace std::string_literals;

constexpr PythonVersion k27{2, 7}, k33{3, 3}, k38{3, 8}, k314{3, 14}, k315{3, 15};

struct Read {
  std::string bytes;  // values are views of it
  Heap heap;
  Result<Unmarshalled> result = Error{};
  Value value() const { return result->value; }
};

std::unique_ptr<Read> read(const std::string& bytes, PythonVersion version = k38) {
  auto out = std::make_unique<Read>();
  out->bytes = bytes;
  MarshalOptions options;
  options.version = version;
  out->result = read_marshal(out->heap, as_bytes(out->bytes), options);
  return out;
}

std::string le(uint32_t n) {
  std::string out;
  for (int i = 0; i < 4; ++i) out += static_cast<char>(n >> (8 * i));
  return out;
}

void expect_error(const std::string& bytes, Fault fault, uint64_t offset, PythonVersion version = k38) {
  const auto got = read(bytes, version);
  ASSERT_FALSE(got->result);
  EXPECT_EQ(got->result.error().fault, fault) << got->result.error().what;
  EXPECT_EQ(got->result.error().offset, offset) << got->result.error().what;
}

TEST(Marshal, Scalars) {
  EXPECT_TRUE(read("N")->value().is(Kind::none));
  EXPECT_TRUE(read("T")->value().as_boolean());
  EXPECT_EQ(read("i" + le(uint32_t(-5)))->value().as_integer(), -5);
  EXPECT_EQ(read("I" + le(1) + le(2))->value().as_integer(), (int64_t{2} << 32) + 1);
  EXPECT_EQ(read("f\3" "1e3")->value().as_real(), 1000);
  EXPECT_TRUE(std::isinf(read("f\4" "-inf")->value().as_real()));
  EXPECT_TRUE(std::isinf(read("f\5" "1e999")->value().as_real()));
  EXPECT_EQ(read("f\6" "1e-999")->value().as_real(), 0);
  expect_error("f\2 1", Fault::malformed, 0);
  EXPECT_EQ(read("z\2\xe9x")->value().text(), "\xc3\xa9x");
  EXPECT_EQ(read("u" + le(3) + "\xed\xa0\x80")->value().text(), "\xed\xa0\x80");
  expect_error("u" + le(2) + "\xc0\x80", Fault::malformed, 0);
}

TEST(Marshal, LongIntegers) {
  EXPECT_EQ(read("l" + le(2) + "\x01\0\x01\0"s)->value().as_integer(), 32769);
  EXPECT_EQ(read("l" + le(uint32_t(-1)) + "\x05\0"s)->value().as_integer(), -5);
  EXPECT_EQ(read("l" + le(5) + "\0\0\0\0\0\0\0\0\x08\0"s)->value().text(), "\0\0\0\0\0\0\0\x80\0"s);
  EXPECT_EQ(read("l" + le(uint32_t(-5)) + "\0\0\0\0\0\0\0\0\x08\0"s)->value().as_integer(), INT64_MIN);
  EXPECT_TRUE(read("l" + le(1) + "\1\0"s, k27)->value().is(Kind::big_integer));
  expect_error("l" + le(1) + "\0\0"s, Fault::malformed, 0);
  expect_error("l" + le(1) + "\xff\xff", Fault::malformed, 0);
  expect_error("l" + le(0x80000000), Fault::truncated, 0);
}

TEST(Marshal, References) {
  // A list that holds itself: the flag reserves its number before the children.
  const auto list = read("\xdb" + le(2) + "N" + "r" + le(0));
  ASSERT_TRUE(list->result);
  EXPECT_TRUE(list->heap.items(list->value())[1].same_as(list->value()));
  const auto tuple = read("\xa9\1[" + le(1) + "r" + le(0));
  ASSERT_TRUE(tuple->result);
  // A frozenset, slice or code object that is not whole cannot be referred to.
  expect_error("\xbe" + le(1) + "r" + le(0), Fault::malformed, 5);
  expect_error("\xba" "r" + le(0) + "NN", Fault::malformed, 1, k314);
  expect_error("r" + le(0), Fault::malformed, 0);
  expect_error("r" + le(0), Fault::malformed, 0, k33);
  // 2.7 numbers its interned strings.
  const auto strings = read("(" + le(2) + "t" + le(1) + "a" + "R" + le(0), k27);
  ASSERT_TRUE(strings->result);
  EXPECT_EQ(strings->heap.items(strings->value())[1].text(), "a");
}

TEST(Marshal, FormsOfOtherVersions) {
  expect_error("z\1a", Fault::malformed, 0, k33);
  expect_error("\xce", Fault::malformed, 0, k33);
  expect_error(":NNN", Fault::malformed, 0, k38);
  EXPECT_TRUE(read(":NNN", k314)->value().is(Kind::slice));
  expect_error("}0", Fault::malformed, 0, k314);
  EXPECT_TRUE(read("}0", k315)->value().is(Kind::frozen_dict));
}

TEST(Marshal, Null) {
  expect_error("0", Fault::malformed, 0);
  expect_error("(" + le(1) + "0", Fault::malformed, 5);
  const auto ended = read("{NT" "F0");
  ASSERT_TRUE(ended->result);
  EXPECT_EQ(ended->heap.items(ended->value()).size, 2u);
  EXPECT_EQ(ended->result->end, 5u);
  // Before 3.4 an entry without a value is dropped and the next one read.
  const auto older = read("{N0" "FT0", k33);
  ASSERT_TRUE(older->result);
  EXPECT_EQ(older->result->end, 6u);
}

TEST(Marshal, HashesAreNeeded) {
  expect_error("<" + le(1) + "[" + le(0), Fault::malformed, 0);
  expect_error("{)\1[" + le(0) + "N0", Fault::malformed, 0);
  EXPECT_TRUE(read("{)\1)\0N0"s)->result);
  expect_error("\xa9\1{r" + le(0) + "N0", Fault::malformed, 2);  // the tuple that is being made
}

TEST(Marshal, Bounds) {
  std::string deep;
  for (int i = 0; i < 1999; ++i) deep += ")\1";
  EXPECT_TRUE(read(deep + "N")->result);
  expect_error(deep + ")\1N", Fault::limit, 4000);
  expect_error("(" + le(0x7fffffff) + "N", Fault::truncated, 0);
  expect_error("(" + le(0x80000000) + "N", Fault::malformed, 0);
  MarshalOptions options;
  options.version = k38;
  options.values = 3;
  Heap heap;
  const std::string four = ")\3NNN";
  const auto result = read_marshal(heap, as_bytes(four), options);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().fault, Fault::limit);
}

TEST(Marshal, CodeOfEveryVersion) {
  for (const LambdaSample& sample : kLambdaSamples) {
    SCOPED_TRACE(std::to_string(sample.version.major) + "." + std::to_string(sample.version.minor));
    const std::string bytes = *lenient_base64(sample.base64);
    const auto got = read(bytes, sample.version);
    ASSERT_TRUE(got->result) << got->result.error().what;
    EXPECT_EQ(got->result->end, bytes.size());
    ASSERT_TRUE(got->value().is(Kind::code));
    const CodeObject& code = got->heap.code(got->value());
    EXPECT_EQ(code.argcount, 2u);
    EXPECT_EQ(code.nlocals, 2u);
    EXPECT_EQ(code.name, "<lambda>");
    EXPECT_EQ(code.filename, "f.py");
    EXPECT_EQ(code.names, (std::vector<std::string_view>{"size", "g"}));
    EXPECT_EQ(code.varnames, (std::vector<std::string_view>{"x", "k"}));
    EXPECT_EQ(code.firstlineno, 1);
    for (size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(read(bytes.substr(0, size), sample.version)->result);
  }
}

TEST(Marshal, ChangedBytesAreSurvived) {
  for (const LambdaSample& sample : kLambdaSamples) {
    const std::string bytes = *lenient_base64(sample.base64);
    for (size_t at = 0; at < bytes.size(); ++at) {
      for (const int change : {1, 0x80, 0xff, 0x2f}) {
        std::string changed = bytes;
        changed[at] = static_cast<char>(changed[at] ^ change);
        read(changed, sample.version);
        Heap heap;
        (void)infer(heap, as_bytes(changed));
      }
    }
  }
}

TEST(Pyc, Headers) {
  const std::string code = *lenient_base64(kLambdaSamples[3].base64);
  const std::string header = "\x55\x0d\r\n"s + le(0) + le(1) + le(2);
  Heap heap;
  const std::string file = header + code + "tail";
  const auto pyc = read_pyc(heap, as_bytes(file));
  ASSERT_TRUE(pyc);
  EXPECT_EQ(pyc->header.version, k38);
  EXPECT_EQ(pyc->header.modified, 1u);
  EXPECT_EQ(pyc->contents.end, file.size() - 4);
  EXPECT_EQ(heap.code(pyc->contents.value).offset, 16u);
  EXPECT_TRUE(looks_like_pyc(as_bytes(file)));
  for (size_t size = 0; size + 5 < file.size(); ++size) EXPECT_FALSE(read_pyc(heap, as_bytes(file.substr(0, size))));
  EXPECT_FALSE(read_pyc_header(as_bytes("\x55\x0d\n\n"s + std::string(12, '\0'))));
  EXPECT_EQ(version_of_magic(62211), k27);
  EXPECT_EQ(version_of_magic(3230), k33);
  EXPECT_EQ(version_of_magic(3627), k314);
  EXPECT_FALSE(version_of_magic(3700));
}

}  // namespace
}  // namespace winnow::bytecode
