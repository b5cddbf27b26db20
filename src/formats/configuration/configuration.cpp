#include "formats/configuration/configuration.h"

#include <algorithm>

#include "containers/encoding.h"
#include "containers/paths.h"
#include "formats/configuration/reading.h"

namespace winnow::configuration {
namespace {

constexpr size_t kMostText = size_t{1} << 30;
constexpr size_t kLook = 1024;

bool is_code(const Artifact& artifact) { return artifact.hint != Hint::none && artifact.hint != Hint::unclaimed; }

bool is_textual(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t' && byte != '\f';
  });
}

size_t first_of(std::string_view text) {
  const size_t from = text.starts_with("\xef\xbb\xbf") ? 3 : 0;
  return std::min(text.find_first_not_of(" \t\r\n", from), text.size());
}

// The text of an artifact as UTF-8: itself, or `decoded` where it is in another encoding.
std::string_view utf8_text(const Artifact& artifact, std::string& decoded, size_t most) {
  const containers::EncodedText as = containers::encoding_of(artifact.bytes);
  if (as.encoding == containers::Encoding::utf8) return as_text(artifact.bytes);
  decoded = containers::utf8_of(artifact.bytes, as, most);
  return decoded;
}

bool is_worth_reading(const Marks& marks) { return marks.certain || marks.likely || marks.tags || marks.templates; }

bool read_document(Scan& scan, const Artifact& artifact, const Document& document, Syntax syntax) { return Reading(scan, artifact, document, syntax).run(); }

uint64_t tags_in(std::string_view text) {
  uint64_t tags = 0;
  for (size_t at = text.find('{'); at != std::string_view::npos && at + 1 < text.size(); at = text.find('{', at + 1)) {
    const char next = text[at + 1];
    if (next != '{' && next != '%' && next != '#') continue;
    ++tags;
    ++at;
  }
  return tags;
}

uint64_t tags_in(const Document& document) {
  uint64_t tags = 0;
  for (const Node& node : document.nodes) {
    if (node.kind == NodeKind::text) tags += tags_in(node.text);
  }
  return tags;
}

// A text with tags of Jinja that is no JSON after all: nothing but a template could it be.
void give_as_template(Scan& scan, const Artifact& artifact, const Marks& marks) {
  if (marks.templates) scan.child(artifact, "(text)", artifact.bytes, Hint::jinja_template);
}

}  // namespace

bool may_be_json(const Artifact& artifact) {
  if (is_code(artifact) || artifact.bytes.size() > kMostText) return false;
  std::string decoded;
  const std::string_view head = utf8_text(artifact, decoded, kLook).substr(0, kLook);
  if (!is_textual(head) || !containers::begins_as_json(head)) return false;
  if (!decoded.empty()) return true;
  const Marks marks = look(as_text(artifact.bytes));
  return is_worth_reading(marks) || marks.expressions;
}

void read_json(Scan& scan, const Artifact& artifact) {
  std::string decoded;
  const std::string_view text = utf8_text(artifact, decoded, kMostText);
  const Marks marks = look(text);
  if (!is_worth_reading(marks) && !marks.expressions) return;
  const auto parsed = containers::parse_json(text);
  if (parsed) {
    // Behind the value nothing may follow: of data sets with a value on every line no loader of configurations makes anything.
    if (text.find_first_not_of(" \t\r\n", parsed->end) == std::string_view::npos) read_document(scan, artifact, parsed->document, Syntax::json);
    return;
  }
  if (parsed.error().fault == Fault::limit && marks.certain) {
    scan.recognise(artifact, "configuration");
    return scan.gap(artifact, parsed.error());
  }
  // What begins like JSON may be YAML, of which JSON is nearly a part.
  if (marks.tags || marks.certain) return read_yaml(scan, artifact);
  give_as_template(scan, artifact, marks);
}

bool may_be_yaml(const Artifact& artifact) {
  if (is_code(artifact) || artifact.bytes.empty() || artifact.bytes.size() > kMostText || containers::is_page(artifact.path) || artifact.path.ends_with(".py")) return false;
  std::string decoded;
  const std::string_view head = utf8_text(artifact, decoded, kLook).substr(0, kLook);
  if (!is_textual(head) || (!decoded.empty() && decoded.find(':') == std::string::npos)) return false;
  if (!decoded.empty()) return true;
  const std::string_view text = as_text(artifact.bytes);
  const size_t first = first_of(text);
  if (first >= text.size() || text[first] == '<' || text.substr(first).starts_with("#!") || text.substr(first).starts_with("{%")) return false;
  if (containers::begins_as_json(head)) return false;  // read_json knows
  const Marks marks = look(text);
  return marks.certain || marks.likely || marks.tags || (marks.templates && containers::begins_as_yaml(text));
}

void read_yaml(Scan& scan, const Artifact& artifact) {
  std::string decoded;
  const std::string_view text = utf8_text(artifact, decoded, kMostText);
  const Marks marks = look(text);
  const bool templates = marks.templates && containers::begins_as_yaml(text);
  if (!marks.certain && !marks.likely && !marks.tags && !templates) return;
  const containers::ParsedStream stream = containers::parse_yaml_stream(text);
  bool recognised = false;
  uint64_t tags = 0;
  for (const containers::ParsedDocument& parsed : stream.documents) {
    tags += templates ? tags_in(parsed.document) : 0;
    recognised = read_document(scan, artifact, parsed.document, Syntax::yaml) || recognised;
  }
  // A template that begins like YAML, or is YAML by chance: with tags that stand in none of its texts.
  if (templates && (stream.fault || tags < tags_in(text))) give_as_template(scan, artifact, marks);
  // PyYAML composes a document to its end before it makes anything of it: what is broken makes nothing.
  if (stream.fault && (recognised || stream.fault->fault == Fault::limit)) {
    if (!recognised && !marks.certain && !marks.tags) return;
    scan.recognise(artifact, "configuration");
    scan.gap(artifact, *stream.fault);
  }
}

}  // namespace winnow::configuration
