#include "code/bytecode/infer.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "code/bytecode/arguments.h"
#include "code/bytecode/disassemble.h"
#include "code/bytecode/function_text.h"
#include "code/bytecode/lambda_samples.h"
#include "code/bytecode/repair.h"

namespace winnow::bytecode {
namespace {

bool has(const std::vector<PythonVersion>& versions, PythonVersion wanted) {
  return std::find(versions.begin(), versions.end(), wanted) != versions.end();
}

TEST(Infer, TheTrueVersionIsAmongTheBest) {
  for (const LambdaSample& sample : kLambdaSamples) {
    SCOPED_TRACE(std::to_string(sample.version.major) + "." + std::to_string(sample.version.minor));
    const std::string bytes = *lenient_base64(sample.base64);
    Heap heap;
    const auto found = infer(heap, as_bytes(bytes));
    ASSERT_TRUE(found) << found.error().what;
    EXPECT_EQ(found->faults, 0u);
    EXPECT_TRUE(has(found->versions, sample.version));
    EXPECT_EQ(heap.code(found->contents.value).version, found->versions[0]);
    InferOptions options;
    options.prior = sample.version;
    const auto told = infer(heap, as_bytes(bytes), options);
    ASSERT_TRUE(told);
    EXPECT_EQ(told->versions[0], sample.version);
  }
}

TEST(Infer, AClaimDecidesOnlyBetweenEquals) {
  Heap heap;
  InferOptions options;
  options.prior = PythonVersion{3, 8};
  const std::string bytes = *lenient_base64(kLambdaSamples[7].base64);
  const auto found = infer(heap, as_bytes(bytes), options);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->versions[0], (PythonVersion{3, 12}));
}

TEST(Infer, ObjectsWithoutCode) {
  Heap heap;
  const std::string bytes("(\1\0\0\0s\2\0\0\0id", 12);
  const auto found = infer(heap, as_bytes(bytes));
  ASSERT_TRUE(found);
  EXPECT_EQ(heap.items(found->contents.value)[0].text(), "id");
  EXPECT_FALSE(infer(heap, as_bytes("def f(): pass")));
  EXPECT_FALSE(infer(heap, {}));
}

TEST(FunctionText, EveryForm) {
  const std::string base64 = kLambdaSamples[3].base64;
  const auto expect = [](const std::string& text, TextForm form, bool loads) {
    Heap heap;
    const auto found = read_function_text(heap, text);
    ASSERT_TRUE(found) << found.error().what;
    EXPECT_EQ(found->form, form);
    EXPECT_EQ(found->loads, loads);
    EXPECT_EQ(heap.code(found->code).name, "<lambda>");
    EXPECT_EQ(found->changed, 0u);
  };
  expect(base64, TextForm::base64, true);
  expect(base64.substr(0, 50) + "\n!.-" + base64.substr(50) + "\n", TextForm::base64, true);
  expect("b'" + base64 + "\\n'", TextForm::bytes_literal, false);
  std::string escaped;
  const std::string bytes = *lenient_base64(base64);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      escaped += c;
    } else {
      escaped += static_cast<char>(0xc0 | byte >> 6);
      escaped += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
  expect(escaped, TextForm::raw_unicode_escape, true);
  Heap heap;
  EXPECT_FALSE(read_function_text(heap, ""));
  EXPECT_FALSE(read_function_text(heap, "lambda x: x"));
  EXPECT_FALSE(read_function_text(heap, "b'"));
}

TEST(FunctionText, Base64AsBinasciiDecodesIt) {
  EXPECT_EQ(lenient_base64("aWQ="), "id");
  EXPECT_EQ(lenient_base64("aW\xff Q=\n"), "id");
  EXPECT_EQ(lenient_base64("=a=WQ="), "id");
  EXPECT_EQ(lenient_base64("aWQ=aWQ="), "id");
  EXPECT_EQ(lenient_base64(""), "");
  EXPECT_FALSE(lenient_base64("aWQ"));
  EXPECT_FALSE(lenient_base64("a==="));
}

TEST(FunctionText, SlashesOfWindowsAreTurnedBack) {
  // The file name of 92 characters has the size 0x5c.
  std::string bytes = *lenient_base64(kLambdaSamples[3].base64);
  const size_t at = bytes.find("\xfa\4f.py");
  ASSERT_NE(at, std::string::npos);
  bytes.replace(at, 6, "\xfa\x5c" + std::string(92, 'f'));
  std::string broken = bytes;
  std::replace(broken.begin(), broken.end(), '\\', '/');
  Heap heap;
  EXPECT_FALSE(infer(heap, as_bytes(broken)));
  const auto repaired = turn_slashes_back(as_bytes(broken), {});
  ASSERT_TRUE(repaired);
  EXPECT_EQ(repaired->bytes, bytes);
  EXPECT_EQ(repaired->changed, 1u);
}

// The arguments with which dill and cloudpickle make the code object again.
std::vector<Value> arguments_of(Heap& heap, const CodeObject& code) {
  const auto number = [](uint32_t n) { return Value::integer(n); };
  const auto names = [&](const std::vector<std::string_view>& from) {
    std::vector<Value> values;
    for (const std::string_view name : from) values.push_back(Value::string(name));
    return heap.new_items(Kind::tuple, values.data(), static_cast<uint32_t>(values.size()));
  };
  std::vector<Value> out{number(code.argcount)};
  const CodeLayout layout = layout_of(code.version);
  if (layout >= CodeLayout::python3_8) out.push_back(number(code.posonlyargcount));
  if (layout != CodeLayout::python2) out.push_back(number(code.kwonlyargcount));
  out.insert(out.end(), {number(code.nlocals), number(code.stacksize), number(code.flags), Value::bytes(code.code),
                         heap.new_items(Kind::tuple, code.consts.data(), static_cast<uint32_t>(code.consts.size())), names(code.names),
                         names(code.varnames), Value::string(code.filename), Value::string(code.name)});
  if (layout == CodeLayout::python3_11) out.push_back(Value::string(code.qualname));
  out.insert(out.end(), {Value::integer(code.firstlineno), Value::bytes(code.linetable)});
  if (layout == CodeLayout::python3_11) out.push_back(Value::bytes(code.exceptiontable));
  out.insert(out.end(), {names(code.freevars), names(code.cellvars)});
  return out;
}

TEST(Arguments, EveryLayout) {
  for (const LambdaSample& sample : kLambdaSamples) {
    SCOPED_TRACE(std::to_string(sample.version.major) + "." + std::to_string(sample.version.minor));
    const std::string bytes = *lenient_base64(sample.base64);
    Heap heap;
    InferOptions options;
    options.prior = sample.version;
    const auto found = infer(heap, as_bytes(bytes), options);
    ASSERT_TRUE(found);
    std::vector<Value> arguments = arguments_of(heap, heap.code(found->contents.value));
    const auto check = [&] {
      const auto code = code_from_arguments(heap, arguments, sample.version);
      ASSERT_TRUE(code) << code.error().what;
      const CodeObject& made = heap.code(*code);
      EXPECT_EQ(made.version, sample.version);
      EXPECT_EQ(made.varnames, (std::vector<std::string_view>{"x", "k"}));
      EXPECT_EQ(made.names, (std::vector<std::string_view>{"size", "g"}));
      EXPECT_EQ(made.nlocals, 2u);
    };
    check();
    const std::vector<Value> plain = arguments;
    arguments.insert(arguments.begin(), Value::bytes(""));  // dill's co_lnotab
    check();
    arguments = plain;
    arguments.resize(arguments.size() - 2);  // without free and cell names
    check();
    // Without its last table, 3.11's arguments are PyPy's.
    for (size_t count = 0; count < arguments.size() - 1; ++count) {
      EXPECT_FALSE(code_from_arguments(heap, {arguments.data(), count}));
    }
    for (Value& v : arguments) {
      const Value kept = std::exchange(v, Value::unknown());
      (void)code_from_arguments(heap, arguments);
      v = kept;
    }
  }
}

TEST(Arguments, AlphasAndOtherInterpretersOf311) {
  const std::string bytes = *lenient_base64(kLambdaSamples[6].base64);
  Heap heap;
  const auto found = infer(heap, as_bytes(bytes));
  ASSERT_TRUE(found);
  const std::vector<Value> plain = arguments_of(heap, heap.code(found->contents.value));
  ASSERT_EQ(plain.size(), 18u);
  std::vector<Value> alpha = plain;  // with endlinetable and columntable, of which the latter may be None
  alpha.insert(alpha.begin() + 15, {Value::bytes("x"), Value::none()});
  std::vector<Value> pypy = plain;  // without exceptiontable
  pypy.erase(pypy.begin() + 15);
  for (const auto& arguments : {alpha, pypy}) {
    const auto code = code_from_arguments(heap, arguments);
    ASSERT_TRUE(code) << code.error().what;
    EXPECT_EQ(heap.code(*code).version, (PythonVersion{3, 11}));
    EXPECT_EQ(heap.code(*code).localsplusnames.size(), 2u);
  }
}

TEST(Arguments, InstructionsOfAnotherVersionThanTheLayout) {
  // dill hands what 3.11 wrote to the CodeType of 3.8.
  const std::string bytes = *lenient_base64(kLambdaSamples[3].base64);
  Heap heap;
  const auto found = infer(heap, as_bytes(bytes));
  ASSERT_TRUE(found);
  std::vector<Value> arguments = arguments_of(heap, heap.code(found->contents.value));
  arguments.insert(arguments.begin() + 12, Value::string("<lambda>"));  // qualname
  arguments.insert(arguments.begin() + 15, Value::bytes(""));           // exceptiontable
  const auto code = code_from_arguments(heap, arguments);
  ASSERT_TRUE(code) << code.error().what;
  EXPECT_LE(heap.code(*code).version, (PythonVersion{3, 9}));
}

TEST(Arguments, ConstantsAreTheValuesThemselves) {
  const std::string bytes = *lenient_base64(kLambdaSamples[3].base64);
  Heap heap;
  const auto found = infer(heap, as_bytes(bytes));
  ASSERT_TRUE(found);
  std::vector<Value> arguments = arguments_of(heap, heap.code(found->contents.value));
  const Value callable = heap.intern_name("os.system").first;
  arguments[7] = heap.new_tuple({callable});
  const auto code = code_from_arguments(heap, arguments);
  ASSERT_TRUE(code);
  EXPECT_TRUE(heap.code(*code).consts[0].same_as(callable));
}

TEST(Disassemble, NamesAreResolvedAndEscaped) {
  const std::string bytes = *lenient_base64(kLambdaSamples[3].base64);
  Heap heap;
  const auto found = infer(heap, as_bytes(bytes));
  ASSERT_TRUE(found);
  CodeObject& code = heap.code(found->contents.value);
  EXPECT_NE(disassemble(heap, found->contents.value).find("LOAD_ATTR                       0 (size)"), std::string::npos);
  code.names[0] = "a\nb";
  const std::string text = disassemble(heap, found->contents.value);
  EXPECT_NE(text.find("('a\\nb')"), std::string::npos) << text;
  EXPECT_LT(disassemble(heap, found->contents.value, 100).size(), 200u);
}

}  // namespace
}  // namespace winnow::bytecode
