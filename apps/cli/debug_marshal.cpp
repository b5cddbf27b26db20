// winnow debug marshal FILE: what the reader of marshal sees, in a form that tests/python compares with an
// interpreter's own view. Strings, bytes and numbers in hexadecimal; members of sets and dicts are sorted.
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "code/bytecode/disassemble.h"
#include "code/bytecode/function_text.h"
#include "code/bytecode/pyc.h"
#include "commands.h"
#include "terminal.h"

namespace winnow::cli {
namespace {

constexpr size_t kMostText = size_t{256} << 20;
constexpr unsigned kDeepest = 2100;  // marshal ends at 2000

class Dump {
 public:
  explicit Dump(const Heap& heap) : heap_(heap) {}

  std::string text(Value v, unsigned depth = 0) {
    if (depth > kDeepest || spent_ > kMostText) return "...";
    std::string out = describe(v, depth);
    spent_ += out.size();
    return out;
  }

 private:
  static std::string hex(std::string_view bytes) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string out;
    for (const char c : bytes) {
      out += kDigits[static_cast<unsigned char>(c) >> 4];
      out += kDigits[static_cast<unsigned char>(c) & 15];
    }
    return out;
  }

  static std::string real(Value v) {
    const double d = v.as_real();
    if (d != d) return "nan";
    return hex({reinterpret_cast<const char*>(&d), sizeof d});
  }

  std::string describe(Value v, unsigned depth) {
    switch (v.kind()) {
      case Kind::none: return "none";
      case Kind::boolean: return v.as_boolean() ? "true" : "false";
      case Kind::ellipsis: return "ellipsis";
      case Kind::stop_iteration: return "stopiteration";
      case Kind::integer: return "int " + std::to_string(v.as_integer());
      case Kind::big_integer: return "big " + hex(v.text());
      case Kind::real: return "real " + real(v);
      case Kind::string: return "str " + hex(v.text());
      case Kind::bytes: return "bytes " + hex(v.text());
      case Kind::tuple: return items("tuple", v, depth, 1, false);
      case Kind::list: return items("list", v, depth, 1, false);
      case Kind::slice: return items("slice", v, depth, 1, false);
      case Kind::complex: return items("complex", v, depth, 1, false);
      case Kind::set: return items("set", v, depth, 1, true);
      case Kind::frozen_set: return items("frozenset", v, depth, 1, true);
      case Kind::dict: return items("dict", v, depth, 2, true);
      case Kind::frozen_dict: return items("frozendict", v, depth, 2, true);
      case Kind::code: return code(heap_.code(v), depth);
      default: return "?";
    }
  }

  std::string items(const char* name, Value v, unsigned depth, uint32_t width, bool sorted) {
    const Items& all = heap_.items(v);
    if (std::find(open_.begin(), open_.end(), v.index()) != open_.end()) return std::string("(") + name + " again)";
    open_.push_back(v.index());
    std::vector<std::string> parts;
    for (uint32_t i = 0; i + width <= all.size; i += width) {
      parts.push_back(text(all[i], depth + 1));
      if (width == 2) parts.back() += ": " + text(all[i + 1], depth + 1);
    }
    open_.pop_back();
    if (sorted) std::sort(parts.begin(), parts.end());
    std::string out = std::string("(") + name;
    for (const std::string& part : parts) out += " " + part;
    return out + ")";
  }

  static std::string names(const char* title, const std::vector<std::string_view>& all) {
    std::string out = std::string(" ") + title + "[";
    for (const std::string_view name : all) out += hex(name) + ",";
    return out + "]";
  }

  std::string code(const CodeObject& c, unsigned depth) {
    std::string out = "(code";
    for (const uint32_t n : {c.argcount, c.posonlyargcount, c.kwonlyargcount, c.nlocals, c.stacksize, c.flags & ~uint32_t{CodeObject::kNoFree}}) out += " " + std::to_string(n);
    out += " " + std::to_string(c.firstlineno) + " code " + hex(c.code) + " name " + hex(c.name) + " qualname " + hex(c.qualname);
    out += " file " + hex(c.filename) + " lines " + hex(c.linetable) + " exceptions " + hex(c.exceptiontable);
    out += names("names", c.names) + names("varnames", c.varnames) + names("freevars", c.freevars) + names("cellvars", c.cellvars);
    out += " consts";
    for (const Value constant : c.consts) out += " " + text(constant, depth + 1);
    return out + ")";
  }

  const Heap& heap_;
  std::vector<uint32_t> open_;
  size_t spent_ = 0;
};

std::optional<PythonVersion> parse_version(const std::string& text) {
  const size_t dot = text.find('.');
  if (dot == std::string::npos || text.size() > 5 || text.find_first_not_of("0123456789.") != std::string::npos) return std::nullopt;
  return PythonVersion{static_cast<uint8_t>(std::atoi(text.c_str())), static_cast<uint8_t>(std::atoi(text.c_str() + dot + 1))};
}

std::string outcome(const Heap& heap, const Result<bytecode::Unmarshalled>& result) {
  if (result) return Dump(heap).text(result->value) + "\nend " + std::to_string(result->end) + "\n";
  return "error " + std::string(fault_name(result.error().fault)) + " at " + std::to_string(result.error().offset) + ": " + result.error().what + "\n";
}

std::string versions_text(const std::vector<PythonVersion>& versions) {
  std::string out;
  for (const PythonVersion v : versions) out += " " + std::to_string(v.major) + "." + std::to_string(v.minor);
  return out;
}

// "versions faults: 3.6 3.7": of the marshalled object; of a .pyc, of each of its code objects by itself.
std::string inferred(Bytes bytes) {
  Heap heap;
  if (!bytecode::looks_like_pyc(bytes)) {
    const Result<bytecode::Inferred> result = bytecode::infer(heap, bytes);
    if (!result) return outcome(heap, result.error());
    return std::to_string(result->faults) + ":" + versions_text(result->versions) + (result->others.empty() ? "" : " |" + versions_text(result->others)) + "\n";
  }
  const Result<bytecode::Pyc> pyc = bytecode::read_pyc(heap, bytes);
  if (!pyc) return outcome(heap, pyc.error());
  std::string text;
  bytecode::RankOptions options;
  options.layout = bytecode::layout_of(pyc->header.version);
  options.oldest_minor = pyc->contents.oldest_minor;
  for (const Value code : pyc->contents.codes) {
    const auto ranking = bytecode::rank_versions(heap, {&code, 1}, options);
    text += std::to_string(ranking.faults) + ":" + versions_text(ranking.versions) + (ranking.others.empty() ? "" : " |" + versions_text(ranking.others)) + "\n";
  }
  return text;
}

// A line for each line of the file, which holds a function as Keras writes it.
std::string functions(std::string_view content) {
  std::string text;
  while (!content.empty()) {
    const size_t end = std::min(content.find('\n'), content.size());
    Heap heap;
    const auto found = bytecode::read_function_text(heap, content.substr(0, end));
    if (found) {
      text += found->loads ? "loads " : "does-not-load ";
      text += std::to_string(found->faults) + " faults " + std::to_string(found->changed) + " changed" + versions_text(found->versions) + " " +
              Dump(heap).text(found->repaired.is_known() ? found->repaired : found->code) + "\n";
    } else {
      text += outcome(heap, found.error());
    }
    content.remove_prefix(std::min(end + 1, content.size()));
  }
  return text;
}

std::string listing(Bytes bytes) {
  Heap heap;
  Result<bytecode::Unmarshalled> contents = Error{};
  if (bytecode::looks_like_pyc(bytes)) {
    Result<bytecode::Pyc> pyc = bytecode::read_pyc(heap, bytes);
    contents = pyc ? Result(std::move(pyc->contents)) : pyc.error();
  } else {
    Result<bytecode::Inferred> found = bytecode::infer(heap, bytes);
    contents = found ? Result(std::move(found->contents)) : found.error();
  }
  if (!contents) return outcome(heap, contents);
  return contents->value.is(Kind::code) ? bytecode::disassemble(heap, contents->value) : bytecode::constant_text(heap, contents->value) + "\n";
}

// What `show` makes of each of the objects in a file, each of which stands behind its size in four bytes.
template <class Show>
std::string each_object(std::string_view content, const bytecode::MarshalOptions& options, Show show) {
  std::string text;
  for (size_t at = 0; at + 4 <= content.size();) {
    size_t size = 0;
    for (size_t i = 4; i-- > 0;) size = size << 8 | static_cast<unsigned char>(content[at + i]);
    Heap heap;
    text += show(heap, bytecode::read_marshal(heap, slice(as_bytes(content), at + 4, size), options));
    at += 4 + size;
  }
  return text;
}

}  // namespace

// The file holds a .pyc; with a version ("3.8"), any marshalled object; with the version "many-3.8", such objects
// one behind another, each behind its size in four bytes; with "list-3.8", their instructions; with "infer", what the version is guessed to be, with
// "dis", a listing.
int debug_marshal(const std::string& path, const std::string& version) {
  std::ifstream file(path, std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(file), {}};
  const bool many = version.starts_with("many-"), list = version.starts_with("list-");
  bytecode::MarshalOptions options;
  if (version == "dis") return write_all(STDOUT_FILENO, listing(as_bytes(content))) ? kNothingFound : kNotScanned;
  if (version == "keras") return write_all(STDOUT_FILENO, functions(content)) ? kNothingFound : kNotScanned;
  if (version == "infer") return write_all(STDOUT_FILENO, inferred(as_bytes(content))) ? kNothingFound : kNotScanned;
  if (!version.empty()) {
    const auto parsed = parse_version(many || list ? version.substr(5) : version);
    if (!parsed) return kUsage;
    options.version = *parsed;
  }
  std::string text;
  if (version.empty()) {
    Heap heap;
    Result<bytecode::Pyc> pyc = bytecode::read_pyc(heap, as_bytes(content));
    text = pyc ? outcome(heap, std::move(pyc->contents)) : outcome(heap, pyc.error());
  } else if (many) {
    text = each_object(content, options, outcome);
  } else if (list) {
    text = each_object(content, options, [](const Heap& heap, const Result<bytecode::Unmarshalled>& found) { return found ? bytecode::instruction_rows(heap, found->value) : ""; });
  } else {
    Heap heap;
    text = outcome(heap, bytecode::read_marshal(heap, as_bytes(content), options));
  }
  return write_all(STDOUT_FILENO, text) ? kNothingFound : kNotScanned;
}

}  // namespace winnow::cli
