// Reads the metadata of GGUF 1 to 3, in either byte order, as llama.cpp's gguf.cpp and the gguf Python
// package do: keys with typed values, then the descriptions of the tensors. The tensors are never touched.
//
// What runs: the chat templates (tokenizer.chat_template, tokenizer.chat_template.NAME), rendered by Jinja
// with every conversation. They become artifacts of their own, as do texts under other keys that speak of a
// template or a prompt. Nothing else in the file is executed; descriptions of tensors that no loader takes
// are gaps. Specification: ggml/docs/gguf.md.
#include "formats/gguf/gguf.h"

#include "bytes/reader.h"
#include "code/template/jinja.h"

namespace winnow::gguf {
namespace {

constexpr std::string_view kMagic = "GGUF";
constexpr int kDeepestArray = 4;  // llama.cpp has no arrays in arrays, the Python reader has
constexpr uint32_t kMostDimensions = 4;

enum class ValueType : uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, string, array, u64, i64, f64 };

// Keys whose texts are templates: tokenizer.chat_template, its named ones, and what loaders of other programs
// ask for.
bool names_template(std::string_view key) {
  return key.find("template") != std::string_view::npos || key.find("prompt") != std::string_view::npos;
}

// Bytes of one value; 0 for strings, arrays and types that do not exist.
uint64_t size_of(uint32_t type) {
  static constexpr uint8_t kSizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
  return type < std::size(kSizes) ? kSizes[type] : 0;
}

class Reading {
 public:
  Reading(Scan& scan, const Artifact& artifact) : scan_(scan), artifact_(artifact), reader_(artifact.bytes) {}

  void run() {
    reader_.skip(kMagic.size());
    const uint32_t version = read_version();
    scan_.recognise(artifact_, "gguf");
    if (reader_.ok() && (version < 1 || version > 3)) {
      scan_.gap(artifact_, Fault::unsupported, kMagic.size(),
                "version " + std::to_string(version) + " of GGUF is unknown");
      return;
    }
    wide_ = version > 1;
    const uint64_t tensors = length();
    const uint64_t pairs = length();
    // The shortest pair: an empty key, a type, one byte; the shortest tensor: an empty name, no dimension,
    // type, offset.
    const uint64_t string = wide_ ? 8 : 4;
    reader_.count(pairs, string + 5);
    reader_.count(tensors, string + 16);
    for (uint64_t i = 0; i < pairs && reader_.ok(); ++i) pair();
    for (uint64_t i = 0; i < tensors && reader_.ok() && tensor(); ++i) {
    }
    if (!reader_.ok()) scan_.gap(artifact_, *reader_.error());
  }

 private:
  uint32_t read_version() {
    const uint32_t version = reader_.le<uint32_t>();
    big_ = (version & 0xffff) == 0 && version != 0;
    return big_ ? version >> 24 | (version >> 8 & 0xff00) : version;
  }
  uint32_t u32() { return big_ ? reader_.be<uint32_t>() : reader_.le<uint32_t>(); }
  uint64_t u64() { return big_ ? reader_.be<uint64_t>() : reader_.le<uint64_t>(); }
  uint64_t length() { return wide_ ? u64() : u32(); }
  std::string_view string() { return reader_.text(length()); }

  bool step() {
    if (scan_.step()) return true;
    reader_.fail(Fault::limit, "the budget for work is used up");
    return false;
  }

  void pair() {
    if (!step()) return;
    key_ = string();
    value(u32(), 0);
  }

  // The name, the shape, the type, and where the tensor stands; false where nothing follows. Writers of their own put
  // padding in front of the descriptions, which reads as tensors without names: then nothing more is asked, since
  // nothing that runs can stand here.
  bool tensor() {
    if (!step() || string().empty()) return false;
    const uint32_t dimensions = u32();
    if (dimensions > kMostDimensions) {
      reader_.fail(Fault::malformed, "a tensor of " + std::to_string(dimensions) +
                                                " dimensions; there are " + std::to_string(kMostDimensions));
      return false;
    }
    uint64_t elements = 1;
    for (uint32_t i = 0; i < dimensions; ++i) {
      const uint64_t length_of_one = length();
      if (reader_.ok() &&
          (length_of_one > INT64_MAX || __builtin_mul_overflow(elements, length_of_one, &elements) ||
           elements > INT64_MAX)) {
        reader_.fail(Fault::malformed, "a tensor has more elements than can be counted");
      }
    }
    u32();
    u64();
    return reader_.ok();
  }

  // A template, where the key says so and where it is one: text that has tags.
  void text() {
    const std::string_view text = string();
    if (!reader_.ok() || !names_template(key_) || !jinja::has_tags(text)) return;
    scan_.child(artifact_, key_, as_bytes(text), Hint::jinja_template);
  }

  void value(uint32_t type, int depth) {
    if (!step()) return;
    if (const uint64_t size = size_of(type)) return reader_.skip(size);
    switch (static_cast<ValueType>(type)) {
      case ValueType::string: return text();
      case ValueType::array: return array(depth);
      default: return no_such_type(type);
    }
  }

  void no_such_type(uint32_t type) {
    reader_.fail(Fault::malformed, "the type of a value, " + std::to_string(type) + ", does not exist");
  }

  void array(int depth) {
    const uint32_t type = u32();
    const uint64_t count = length();
    if (type > static_cast<uint32_t>(ValueType::f64)) return no_such_type(type);
    if (depth >= kDeepestArray) return reader_.fail(Fault::limit, "arrays are nested too deeply");
    if (const uint64_t size = size_of(type)) return reader_.skip(reader_.count(count, size) * size);
    const uint64_t items = reader_.count(count, wide_ ? 8 : 4);
    for (uint64_t i = 0; i < items && reader_.ok(); ++i) value(type, depth + 1);
  }

  Scan& scan_;
  const Artifact& artifact_;
  Reader reader_;
  std::string_view key_;  // of the value that is read
  bool big_ = false;
  bool wide_ = true;  // counts and lengths have 64 bits
};

}  // namespace

bool is_gguf(const Artifact& artifact) { return as_text(artifact.bytes).starts_with(kMagic); }

void read_gguf(Scan& scan, const Artifact& artifact) { Reading(scan, artifact).run(); }

// GGML, GGMF, GGJT and GGLA: numbers and a vocabulary; no loader executes anything of it.
bool is_ggml(const Artifact& artifact) {
  const std::string_view magic = as_text(artifact.bytes).substr(0, 4);
  return magic == "lmgg" || magic == "fmgg" || magic == "tjgg" || magic == "algg";
}

void read_ggml(Scan& scan, const Artifact& artifact) { scan.recognise(artifact, "ggml"); }

}  // namespace winnow::gguf
