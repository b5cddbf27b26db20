#include "formats/python_source/likeness.h"

#include <algorithm>
#include <cctype>

#include "code/python/parse.h"

namespace winnow::python_source {
namespace {

constexpr size_t kHead = 4096;          // bytes that are looked at before anything is parsed
constexpr size_t kLongestUnnamed = size_t{1} << 20;

bool in_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

bool ends_with(std::string_view name, std::string_view ending) {
  if (name.size() < ending.size()) return false;
  return std::equal(ending.begin(), ending.end(), name.end() - static_cast<std::ptrdiff_t>(ending.size()), [](char a, char b) {
    return a == static_cast<char>(std::tolower(static_cast<unsigned char>(b)));
  });
}

// import a.b as c, from .a import b: the whole line, or up to a bracket or a backslash.
bool is_import(std::string_view line) {
  const bool from = line.starts_with("from ");
  if (!from && !line.starts_with("import ")) return false;
  if (from && line.find(" import ") == std::string_view::npos) return false;
  if (line.find_first_of("'\"") != std::string_view::npos || line.find(';') == line.size() - 1) return false;
  return std::all_of(line.begin(), line.end(), [](char c) { return in_word(c) || std::string_view(" .,*()\\;#\t").find(c) != std::string_view::npos; });
}

// def f(...):, class C(...):, @decorator, if __name__ ...
bool is_definition(std::string_view line) {
  for (const std::string_view word : {"def ", "class ", "async def "}) {
    if (!line.starts_with(word) || line.size() <= word.size() || !in_word(line[word.size()])) continue;
    return line.back() == ':' || line.back() == '(' || line.back() == ',';
  }
  return line.starts_with("if __name__") && line.back() == ':';
}

bool names_interpreter(std::string_view text) {
  if (!text.starts_with("#!")) return false;
  return text.substr(0, text.find('\n')).find("python") != std::string_view::npos;
}

// Whether the head holds an import or definition at the left margin, with nothing before it but what Python reads.
bool begins_like_python(std::string_view text) {
  text = text.substr(0, kHead);
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back()))) line.remove_suffix(1);
    if (!line.empty() && (is_import(line) || is_definition(line))) return true;
    if (end == std::string_view::npos) return false;
    text.remove_prefix(end + 1);
  }
  return false;
}

// Letters with which no statement begins: JSON, markup, templates.
bool begins_otherwise(std::string_view text) {
  const size_t first = text.find_first_not_of(" \r\n\t");
  return first == std::string_view::npos || std::string_view("{[<%&*+|/,;:!?=>)}]").find(text[first]) != std::string_view::npos;
}

bool parses(std::string_view text) {
  Heap heap;
  python::Tree tree(heap);
  return python::parse(tree, text).ok();
}

}  // namespace

std::string_view file_name(std::string_view path) { return path.substr(path.find_last_of("/!\\") + 1); }

bool could_be_text(Bytes bytes) {
  const std::string_view head = as_text(bytes).substr(0, kHead);
  return std::none_of(head.begin(), head.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t' && byte != '\f' && byte != 0x1a;
  });
}

bool is_path_file(const Artifact& artifact) {
  const std::string_view text = as_text(artifact.bytes);
  if (!ends_with(file_name(artifact.path), ".pth") || text.size() > kLongestUnnamed || !could_be_text(artifact.bytes)) return false;
  return text.starts_with("import ") || text.starts_with("import\t") || text.find("\nimport ") != std::string_view::npos || text.find("\nimport\t") != std::string_view::npos;
}

bool looks_like_python(const Artifact& artifact) {
  if (artifact.hint != Hint::none || !could_be_text(artifact.bytes)) return false;
  const std::string_view name = file_name(artifact.path), text = as_text(artifact.bytes);
  // TorchScript's own language, which Python does not run.
  if (artifact.path.find("/code/__torch__") != std::string::npos) return false;
  if (ends_with(name, ".py") || ends_with(name, ".pyw")) return true;
  if (is_path_file(artifact)) return true;
  if (names_interpreter(text)) return true;
  if (text.empty() || text.size() > kLongestUnnamed || begins_otherwise(text)) return false;
  return begins_like_python(text) && parses(text);
}

}  // namespace winnow::python_source
