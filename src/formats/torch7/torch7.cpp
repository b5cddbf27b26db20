// Torch7's .t7 files, as File.lua's readObject() reads them: tables, numbers, texts, tensors, objects of torch's classes,
// and functions. A function is kept as the bytecode of Lua or LuaJIT, which loadstring() takes without a check: it runs
// when the model calls it, and crafted bytecode breaks out of the interpreter. Honest models have functions too (networks
// that were built with closures), so what the bytecode names decides.
#include "formats/torch7/torch7.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <set>

#include "bytes/reader.h"
#include "core/print.h"

namespace winnow::torch7 {
namespace {

constexpr int kDeepest = 600;

enum Kind : int32_t { kNil = 0, kNumber, kString, kTable, kTorch, kBoolean, kOldFunction, kFunction, kFunctionWithUpvalues };

enum class Danger : uint8_t { runs, reaches };
struct Word {
  std::string_view owner, name;  // a field of a module of Lua, or a global
  Danger danger;
};
constexpr Word kWords[] = {{"os", "execute", Danger::runs}, {"io", "popen", Danger::runs}, {"os", "remove", Danger::reaches}, {"os", "rename", Danger::reaches},
                           {"", "loadstring", Danger::reaches}, {"", "dofile", Danger::reaches}, {"", "loadfile", Danger::reaches}, {"package", "loadlib", Danger::runs},
                           {"ffi", "cdef", Danger::runs}, {"ffi", "load", Danger::runs}, {"sys", "execute", Danger::runs}, {"sys", "fexecute", Danger::runs},
                           {"", "socket", Danger::reaches}, {"http", "request", Danger::reaches}, {"debug", "getregistry", Danger::reaches}, {"os", "getenv", Danger::reaches}};

// Bytes of one number in a storage of a class; 0 for what is no storage.
uint64_t storage_width(std::string_view cls) {
  struct Width { std::string_view name; uint64_t bytes; };
  static constexpr Width kWidths[] = {{"Float", 4}, {"Double", 8}, {"Byte", 1}, {"Char", 1}, {"Short", 2}, {"Int", 4}, {"Long", 8}, {"Half", 2}, {"Cuda", 4},
                                      {"CudaFloat", 4}, {"CudaDouble", 8}, {"CudaByte", 1}, {"CudaChar", 1}, {"CudaShort", 2}, {"CudaInt", 4}, {"CudaLong", 8}, {"CudaHalf", 2}};
  if (!cls.starts_with("torch.") || !cls.ends_with("Storage")) return 0;
  const std::string_view name = cls.substr(6, cls.size() - 13);
  for (const Width& width : kWidths) {
    if (width.name == name) return width.bytes;
  }
  return 0;
}

bool is_tensor(std::string_view cls) { return cls.starts_with("torch.") && cls.ends_with("Tensor"); }

bool is_class_name(std::string_view name) {
  return !name.empty() && name.size() < 128 && std::all_of(name.begin(), name.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_'; });
}

// The runs of printable characters in bytecode: the constants of its functions.
std::set<std::string_view> words_in(std::string_view bytecode) {
  std::set<std::string_view> out;
  size_t start = 0;
  for (size_t i = 0; i <= bytecode.size(); ++i) {
    const bool printable = i < bytecode.size() && bytecode[i] >= 0x20 && bytecode[i] < 0x7f;
    if (printable) continue;
    if (i - start >= 2) out.insert(bytecode.substr(start, i - start));
    start = i + 1;
  }
  return out;
}

// Lengths stand before the texts and can look like a character of them.
bool has_word(const std::set<std::string_view>& words, std::string_view wanted) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
    return word == wanted || (word.size() == wanted.size() + 1 && (word.ends_with(wanted) || word.starts_with(wanted))) ||
           (word.size() == wanted.size() + 2 && word.substr(1).starts_with(wanted));
  });
}

class Reading {
 public:
  Reading(Scan& scan, const Artifact& artifact, bool ascii) : scan_(scan), artifact_(artifact), reader_(artifact.bytes), ascii_(ascii) {}

  void run() {
    scan_.recognise(artifact_, "torch7");
    object(0);
    if (reader_.error()) scan_.gap(artifact_, *reader_.error());
    if (functions_ == 0) tell(Ruling::dismissed, "Holds tables and tensors.", "There is no function in the file, and nothing else of it is executed.", {}, {}, 0);
  }

 private:
  int32_t integer() {
    if (!ascii_) return static_cast<int32_t>(reader_.le<uint32_t>());
    return static_cast<int32_t>(number());
  }

  int64_t wide() { return ascii_ ? static_cast<int64_t>(number()) : static_cast<int64_t>(reader_.le<uint64_t>()); }

  double number() {
    std::string text;
    while (reader_.left() > 0 && text.size() < 64) {
      const auto c = static_cast<char>(reader_.u8());
      if (static_cast<unsigned char>(c) > ' ') text += c;
      else if (!text.empty()) break;
    }
    double value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty()) reader_.fail(Fault::truncated, "the text ends within a value");
    return value;
  }

  std::string_view string() {
    const int32_t size = integer();
    if (size < 0) reader_.fail(Fault::malformed, "a length is negative");
    const std::string_view text = reader_.text(static_cast<uint64_t>(std::max(size, 0)));
    if (ascii_) reader_.skip(1);
    return text;
  }

  bool seen(int32_t index) { return !seen_.insert(index).second; }

  void object(int depth) {
    if (depth > kDeepest) return reader_.fail(Fault::limit, "objects are nested too deeply");
    if (!reader_.ok()) return;
    if (!scan_.step()) return reader_.fail(Fault::limit, "the budget for work is used up");
    switch (integer()) {
      case kNil: return;
      case kNumber: ascii_ ? static_cast<void>(number()) : reader_.skip(8); return;
      case kBoolean: integer(); return;
      case kString: string(); return;
      case kTable:
        if (!seen(integer())) table(depth);
        return;
      case kTorch:
        if (!seen(integer())) torch(depth);
        return;
      case kOldFunction: function(depth); return;
      case kFunction: case kFunctionWithUpvalues:
        if (!seen(integer())) function(depth);
        return;
      default: reader_.fail(Fault::malformed, "the type of an object does not exist");
    }
  }

  void table(int depth) {
    const int32_t size = integer();
    const uint64_t count = reader_.count(static_cast<uint64_t>(std::max(size, 0)), 4);
    for (uint64_t i = 0; i < count && reader_.ok(); ++i) {
      object(depth + 1);
      object(depth + 1);
    }
  }

  void torch(int depth) {
    std::string_view cls = string();
    if (cls.starts_with("V ")) cls = string();
    if (!reader_.ok()) return;
    if (!is_class_name(cls)) return reader_.fail(Fault::malformed, "the name of a class makes no sense");
    if (const uint64_t width = storage_width(cls)) return storage(width);
    if (is_tensor(cls)) return tensor(depth);
    if (cls.starts_with("tds.")) return reader_.fail(Fault::unsupported, "objects of " + std::string(cls) + " are not read");
    object(depth + 1);
  }

  void storage(uint64_t width) {
    const int64_t size = wide();
    if (size < 0) return reader_.fail(Fault::malformed, "a length is negative");
    if (!ascii_) return reader_.skip(reader_.count(static_cast<uint64_t>(size), width) * width);
    for (uint64_t i = reader_.count(static_cast<uint64_t>(size), 2); i > 0 && reader_.ok(); --i) number();
  }

  void tensor(int depth) {
    const int32_t dimensions = integer();
    if (dimensions < 0 || dimensions > 64) return reader_.fail(Fault::malformed, "a tensor has too many dimensions");
    for (int32_t i = 0; i < 2 * dimensions + 1; ++i) wide();  // sizes, strides, and where it begins
    object(depth + 1);
  }

  void function(int depth) {
    const uint64_t at = reader_.offset();
    const std::string_view bytecode = string();
    if (reader_.ok()) judge(bytecode, at);
    object(depth + 1);  // what it has kept of the functions around it
  }

  void judge(std::string_view bytecode, uint64_t at) {
    ++functions_;
    const std::set<std::string_view> words = words_in(bytecode);
    std::string named, texts;
    Danger worst = Danger::reaches;
    for (const Word& word : kWords) {
      if (!has_word(words, word.name) || (!word.owner.empty() && !has_word(words, word.owner))) continue;
      (named += named.empty() ? "" : ", ") += word.owner.empty() ? std::string(word.name) : std::string(word.owner) + "." + std::string(word.name);
      worst = word.danger == Danger::runs ? Danger::runs : worst;
    }
    for (const std::string_view word : words) {
      if (word.size() >= 6 && texts.size() < 300) (texts += texts.empty() ? "" : ", ") += quoted(word, false, 100);
    }
    const bool lua = bytecode.starts_with("\x1bLJ") || bytecode.starts_with("\x1bLua");
    const std::string code = "<function of " + std::to_string(bytecode.size()) + " bytes: " + texts + ">";
    if (!named.empty()) {
      return tell(worst == Danger::runs ? Ruling::confirmed : Ruling::suspected, "Carries a function that uses " + named + ".",
                  "The bytecode of a function is loaded with the model and runs when the model calls it.", named, code, at);
    }
    if (!lua) return tell(Ruling::suspected, "Carries a function that is source or of no known form.", "torch saves functions as bytecode. loadstring() would compile what stands here.", "loadstring", code, at);
    tell(Ruling::dismissed, "Carries a function that only computes.", "Its bytecode names nothing of Lua that acts on the machine.", "loadstring", code, at);
  }

  void tell(Ruling ruling, std::string summary, std::string why, std::string callee, std::string code, uint64_t offset) {
    scan_.note(artifact_, "torch7-function", {ruling, Trigger::inference, std::move(summary), std::move(why), std::move(callee), std::move(code), offset});
  }

  Scan& scan_;
  const Artifact& artifact_;
  Reader reader_;
  bool ascii_;
  std::set<int32_t> seen_;
  size_t functions_ = 0;
};

// An object of torch, or a table whose first key is a number or text: 4 1 3 "V 1" or 3 1 COUNT 1|2.
bool is_binary(Bytes bytes) {
  Reader reader(bytes);
  const auto kind = static_cast<int32_t>(reader.le<uint32_t>());
  const uint32_t index = reader.le<uint32_t>();
  if (kind != kTable && kind != kTorch) return (kind == kFunction || kind == kFunctionWithUpvalues) && index == 1 && (reader.skip(4), reader.text(2) == "\x1bL");
  if (index != 1) return false;
  const uint32_t size = reader.le<uint32_t>();
  if (kind == kTorch) return size == 3 && reader.text(2) == "V " && reader.ok();
  if (size == 0 || size > 1'000'000) return false;
  const auto key = static_cast<int32_t>(reader.le<uint32_t>());
  if (key == kNumber) {
    const uint64_t bits = reader.le<uint64_t>();
    const auto value = static_cast<int32_t>(reader.le<uint32_t>());
    return reader.ok() && bits == 0x3ff0000000000000ULL && value >= kNumber && value <= kFunctionWithUpvalues;
  }
  const uint32_t length = reader.le<uint32_t>();
  if (key != kString || length == 0 || length > 200) return false;
  const std::string_view name = reader.text(length);
  return reader.ok() && std::all_of(name.begin(), name.end(), [](char c) { return c >= 0x20 && c < 0x7f; }) && reader.le<uint32_t>() <= 8 && reader.ok();
}

bool is_ascii(std::string_view text) {
  if (text.starts_with("4\n1\n3\nV 1\n")) return true;
  return text.starts_with("3\n1\n") && text.size() > 8 && std::isdigit(static_cast<unsigned char>(text[4])) != 0 && text.find("\n4\n2\n3\nV 1\n") < 4096;
}

}  // namespace

bool is_t7(const Artifact& artifact) {
  if (artifact.hint != Hint::none || artifact.bytes.size() < 16) return false;
  const auto first = std::to_integer<uint8_t>(artifact.bytes[0]);
  if (first == '3' || first == '4') return is_ascii(as_text(artifact.bytes).substr(0, 4200));
  return first >= kTable && first <= kFunctionWithUpvalues && is_binary(artifact.bytes);
}

void read_t7(Scan& scan, const Artifact& artifact) {
  const auto first = std::to_integer<uint8_t>(artifact.bytes[0]);
  Reading(scan, artifact, first == '3' || first == '4').run();
}

}  // namespace winnow::torch7
