// MATLAB's .mat files of version 5: arrays by name. Loading makes numbers, texts, cells and structures. What can act:
// function handles, whose text MATLAB runs when the handle is called; objects of Java, which are kept as a stream that
// Java reads (a child artifact); objects of MATLAB's own classes, which call loadobj of a class on MATLAB's path. SciPy
// and the other readers of data make none of these.
// https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf
#include "formats/matlab/matlab.h"

#include <algorithm>
#include <cctype>

#include "bytes/reader.h"
#include "containers/codecs.h"
#include "containers/java_stream.h"
#include "core/print.h"

namespace winnow::matlab {
namespace {

constexpr int kDeepest = 60;
constexpr uint64_t kHeader = 128;

enum Item : uint32_t { kMatrix = 14, kCompressed = 15 };
enum Class : uint8_t { kChar = 4, kBytes = 9, kFunction = 16, kOpaque = 17 };

enum class Act : uint8_t { process, code, network, file };
struct Word {
  std::string_view name;
  Act act;
};
constexpr Word kWords[] = {{"system", Act::process}, {"dos", Act::process}, {"unix", Act::process}, {"perl", Act::process}, {"python", Act::process}, {"winopen", Act::process},
                           {"pyrun", Act::code}, {"pyrunfile", Act::code}, {"eval", Act::code}, {"evalc", Act::code}, {"evalin", Act::code}, {"javaMethod", Act::code}, {"loadlibrary", Act::code},
                           {"actxserver", Act::code}, {"urlread", Act::network}, {"urlwrite", Act::network}, {"webread", Act::network}, {"websave", Act::network},
                           {"webwrite", Act::network}, {"sendmail", Act::network}, {"tcpclient", Act::network}, {"tcpip", Act::network}, {"fopen", Act::file},
                           {"delete", Act::file}, {"rmdir", Act::file}, {"copyfile", Act::file}, {"movefile", Act::file}, {"writelines", Act::file}};

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.'; }

// A call of `name` in code: the word before a parenthesis, outside of texts. Gives the arguments' text.
std::optional<std::string_view> call_of(std::string_view code, std::string_view name) {
  bool quoted = false;
  for (size_t i = 0; i < code.size(); ++i) {
    if (code[i] == '\'' || code[i] == '"') quoted = !quoted;
    if (quoted || !code.substr(i).starts_with(name) || (i > 0 && is_word(code[i - 1]))) continue;
    size_t at = i + name.size();
    while (at < code.size() && code[at] == ' ') ++at;
    if (at < code.size() && code[at] == '(') return code.substr(at);
  }
  return std::nullopt;
}

class Reading {
 public:
  Reading(Scan& scan, const Artifact& artifact) : scan_(scan), artifact_(artifact) {}

  void run() {
    scan_.recognise(artifact_, "matlab-mat");
    big_ = as_text(artifact_.bytes).substr(126, 2) == "MI";
    items(slice(artifact_.bytes, kHeader), 0, Context{});
    if (!told_) {
      tell(Ruling::dismissed, "Holds arrays and texts.", "Nothing in this file is executed: it has no function handle whose text acts, and no object of Java.", {}, {});
    }
  }

 private:
  struct Context {
    bool function = false;
    uint8_t cls = 0;
    bool java = false;
  };

  uint16_t u16(Reader& from) const { return big_ ? from.be<uint16_t>() : from.le<uint16_t>(); }
  uint32_t u32(Reader& from) const { return big_ ? from.be<uint32_t>() : from.le<uint32_t>(); }

  void gap(const Reader& from) {
    if (from.error()) scan_.gap(artifact_, *from.error());
  }

  // The elements that follow each other: a type, a size, data that is padded to eight bytes.
  void items(Bytes bytes, int depth, Context context) {
    if (depth > kDeepest) return scan_.gap(artifact_, Fault::limit, 0, "arrays are nested too deeply");
    Reader from(bytes, bytes.empty() ? 0 : base(bytes));
    while (from.left() >= 8 && from.ok()) {
      if (!scan_.step()) return scan_.gap(artifact_, Fault::limit, from.offset(), "the budget for work is used up");
      uint32_t type = u32(from);
      uint32_t size = 0;
      uint64_t padding = 0;
      if (type >> 16 != 0) {  // a small element: type and size in one word, four bytes of data
        size = big_ ? type & 0xffff : type >> 16;
        type = big_ ? type >> 16 : type & 0xffff;
        padding = size < 4 ? 4 - size : 0;
      } else {
        size = u32(from);
        padding = type == kCompressed ? 0 : (8 - size % 8) % 8;
      }
      const Bytes data = from.bytes(size);
      if (!from.ok()) break;
      if (type == 0 && size == 0) continue;
      item(type, data, depth, context);
      from.skip(std::min<uint64_t>(padding, from.left()));
    }
    gap(from);
  }

  uint64_t base(Bytes bytes) const {
    const bool inside = bytes.data() >= artifact_.bytes.data() && bytes.data() <= artifact_.bytes.data() + artifact_.bytes.size();
    return inside ? static_cast<uint64_t>(bytes.data() - artifact_.bytes.data()) : 0;
  }

  void item(uint32_t type, Bytes data, int depth, Context& context) {
    switch (type) {
      case kMatrix: return matrix(data, depth + 1, context);
      case kCompressed: return compressed(data, depth);
      case 1: case 2: case 16: return text(data, context, 1);
      case 4: case 17: return text(data, context, 2);
      default: return;
    }
  }

  void compressed(Bytes data, int depth) {
    containers::Limits limits;
    limits.ratio = scan_.budget.inflation_ratio;
    limits.allow = [this](uint64_t bytes) { return scan_.inflate(bytes); };
    containers::Decoded decoded = containers::decode(containers::Codec::zlib, data, limits);
    if (decoded.error) scan_.gap(artifact_, decoded.error->fault, base(data), "a compressed array: " + decoded.error->what);
    items(scan_.own(std::move(decoded.bytes)), depth + 1, Context{});
  }

  void matrix(Bytes data, int depth, Context context) {
    Reader from(data);
    if (data.size() >= 16) {
      from.skip(8);
      context.cls = static_cast<uint8_t>(u32(from) & 0xff);
    }
    context.function = context.function || context.cls == kFunction;
    context.java = context.java || context.cls == kOpaque;
    items(data, depth, context);
  }

  // Characters of one or two bytes: of a function handle its text; of bytes what may be a stream of Java.
  void text(Bytes data, const Context& context, size_t width) {
    if (width == 1 && containers::is_java_stream(data)) {
      told_ = true;
      return scan_.child(artifact_, "java-" + std::to_string(base(data)), data);
    }
    if (!context.function || data.size() > (1u << 20)) return;
    std::string code;
    for (size_t i = width == 2 && big_ ? 1 : 0; i < data.size(); i += width) code += static_cast<char>(data[i]);
    function(code, base(data));
  }

  void function(std::string_view code, uint64_t offset) {
    // A handle of a function by its name alone is called with what its caller gives.
    const bool anonymous = code.find('(') != std::string_view::npos || code.starts_with('@');
    if (!anonymous) return;
    for (const Word& word : kWords) {
      const auto arguments = call_of(code, word.name);
      if (!arguments) continue;
      told_ = true;
      const bool constant = arguments->find('\'') != std::string_view::npos || arguments->find('"') != std::string_view::npos;
      const bool runs = word.act == Act::process || word.act == Act::code;
      const Ruling ruling = !constant ? Ruling::dismissed : runs ? Ruling::confirmed : Ruling::suspected;
      tell(ruling, "Carries a function that calls " + std::string(word.name) + ": " + std::string(code.substr(0, 200)) + ".",
           constant ? "The text of a function handle is run when the handle is called, and what it is given stands in the text."
                    : "The text of a function handle is run when the handle is called; whoever calls it says with what.",
           word.name, code, offset);
    }
    if (code.find("java.lang.Runtime") == std::string_view::npos && code.find("java.lang.ProcessBuilder") == std::string_view::npos) return;
    told_ = true;
    tell(Ruling::confirmed, "Carries a function that starts programs through Java.", "The text of a function handle is run when the handle is called.", "java.lang.Runtime", code, offset);
  }

  void tell(Ruling ruling, std::string summary, std::string why, std::string_view callee, std::string_view code, uint64_t offset = 0) {
    scan_.note(artifact_, "matlab-function", {ruling, Trigger::inference, std::move(summary), std::move(why), std::string(callee), std::string(code), offset});
  }

  Scan& scan_;
  const Artifact& artifact_;
  bool big_ = false, told_ = false;
};

}  // namespace

bool is_mat(const Artifact& artifact) {
  if (artifact.hint != Hint::none || artifact.bytes.size() < kHeader) return false;
  const std::string_view text = as_text(artifact.bytes);
  return (text.substr(126, 2) == "IM" || text.substr(126, 2) == "MI") && text.starts_with("MATLAB 5.0 MAT-file");
}

void read_mat(Scan& scan, const Artifact& artifact) { Reading(scan, artifact).run(); }

}  // namespace winnow::matlab
