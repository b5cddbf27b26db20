// Configurations as text: config.json of .keras archives, what to_json and to_yaml give, presets, TensorFlow.js.
#include <algorithm>

#include "containers/encoding.h"
#include "formats/keras/keras.h"
#include "formats/keras/model.h"

namespace winnow::keras_format {

namespace {

using containers::EncodedText;
using containers::Encoding;
using containers::encoding_of;
using containers::utf8_of;

constexpr size_t kMostText = size_t{1} << 30;
constexpr size_t kYamlLook = size_t{1} << 16;

bool is_code(const Artifact& artifact) {
  return artifact.hint == Hint::storage || artifact.hint == Hint::python_source || artifact.hint == Hint::code_object;
}

size_t first_of_text(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) return 3;
  return std::min(text.find_first_not_of(" \t\r\n"), text.size());
}

// Where a line begins with `word`, behind any indentation.
bool has_line(std::string_view text, std::string_view word) {
  for (size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    size_t before = at;
    while (before > 0 && (text[before - 1] == ' ' || text[before - 1] == '-')) --before;
    if (before == 0 || text[before - 1] == '\n') return true;
  }
  return false;
}

bool looks_like_json(std::string_view text) {
  const size_t first = first_of_text(text);
  if (first >= text.size() || (text[first] != '{' && text[first] != '[')) return false;
  // The name of the key can be written in escapes.
  return text.find("\"class_name\"") != std::string_view::npos || text.find("\\u00") != std::string_view::npos;
}

}  // namespace

bool may_be_json(const Artifact& artifact) {
  if (is_code(artifact)) return false;
  const EncodedText as = encoding_of(artifact.bytes);
  if (as.encoding == Encoding::utf8) return looks_like_json(as_text(artifact.bytes));
  const std::string head = utf8_of(artifact.bytes, as, 16);
  const size_t first = first_of_text(head);
  return first < head.size() && (head[first] == '{' || head[first] == '[');
}

void read_json_model(Scan& scan, const Artifact& artifact) {
  std::string_view text = as_text(artifact.bytes);
  if (text.size() > kMostText) {
    scan.recognise(artifact, "keras-json");
    return scan.gap(artifact, Fault::limit, 0, "the configuration is too large to be read");
  }
  std::string decoded;
  if (const EncodedText as = encoding_of(artifact.bytes); as.encoding != Encoding::utf8) {
    decoded = utf8_of(artifact.bytes, as, kMostText);
    if (!looks_like_json(decoded)) return;
    text = decoded;
  }
  const auto parsed = containers::parse_json(text);
  if (!parsed) {
    // Whether it would have been a configuration is not certain, unless it looks like one.
    if (text.find("\"class_name\"") == std::string_view::npos || text.find("\"config\"") == std::string_view::npos) return;
    scan.recognise(artifact, "keras-json");
    return scan.gap(artifact, parsed.error());
  }
  if (!is_config(parsed->document)) return;
  scan.recognise(artifact, "keras-json");
  Model model(scan, artifact);
  model.read(parsed->document, parsed->document.root, 0);
  model.conclude();
}

bool may_be_yaml(const Artifact& artifact) {
  const std::string_view text = as_text(artifact.bytes);
  if (is_code(artifact) || text.empty()) return false;
  const size_t first = first_of_text(text);
  if (first >= text.size() || text[first] == '{' || text[first] == '<') return false;
  const std::string_view head = text.substr(0, kYamlLook);
  if (std::any_of(head.begin(), head.end(), [](char c) { return c == '\0'; })) return false;
  return has_line(head, "class_name:") && has_line(head, "config:");
}

void read_yaml_model(Scan& scan, const Artifact& artifact) {
  if (artifact.bytes.size() > kMostText) {
    scan.recognise(artifact, "keras-yaml");
    return scan.gap(artifact, Fault::limit, 0, "the configuration is too large to be read");
  }
  const auto parsed = containers::parse_yaml(as_text(artifact.bytes));
  scan.recognise(artifact, "keras-yaml");
  if (!parsed) return scan.gap(artifact, parsed.error());
  Model model(scan, artifact);
  model.read(parsed->document, parsed->document.root, 0);
  model.conclude();
}

}  // namespace winnow::keras_format
