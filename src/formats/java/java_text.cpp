// Models as texts that Java reads: JSON whose objects name their classes (Jackson's "@class", in Deeplearning4j's and
// Spark's configurations), and models as Java source (H2O's POJO), which is compiled and run where it is used.
#include <algorithm>
#include <cctype>

#include "containers/document.h"
#include "core/print.h"
#include "formats/java/java.h"
#include "knowledge/knowledge.h"

namespace winnow::java {
namespace {

using containers::Document;
using containers::NodeId;
using containers::NodeKind;

constexpr size_t kLongest = size_t{256} << 20;

// Calls by which Java source acts; a model of H2O has arrays and comparisons.
struct Word {
  std::string_view name, what;
  Ruling ruling;
};
constexpr Word kWords[] = {
    {"Runtime.getRuntime", "starts programs", Ruling::confirmed}, {"ProcessBuilder", "starts programs", Ruling::confirmed}, {"URLClassLoader", "loads code from an address", Ruling::confirmed},
    {"ScriptEngineManager", "runs scripts", Ruling::confirmed}, {"defineClass", "defines classes from bytes", Ruling::confirmed}, {"System.load", "loads native libraries", Ruling::confirmed},
    {"System.loadLibrary", "loads native libraries", Ruling::confirmed}, {"Class.forName", "finds classes by name", Ruling::suspected}, {"java.net.", "reaches the network", Ruling::suspected},
    {"java.nio.file.", "touches files", Ruling::suspected}, {"FileOutputStream", "writes files", Ruling::suspected}, {"FileWriter", "writes files", Ruling::suspected},
    {"FileInputStream", "reads files", Ruling::suspected}, {"InitialContext", "looks names up in a directory", Ruling::confirmed}, {"getDeclaredMethod", "finds methods by name", Ruling::suspected},
    {"setAccessible", "reaches into other classes", Ruling::suspected}, {"System.exit", "ends the process", Ruling::suspected}, {"System.setSecurityManager", "changes what is allowed", Ruling::suspected}};

// Source without its remarks and texts: their letters become blanks, so that offsets stay.
std::string code_of(std::string_view source) {
  std::string out(source);
  enum class In : uint8_t { code, line, block, text, letter } in = In::code;
  for (size_t i = 0; i < out.size(); ++i) {
    const char c = source[i];
    const char next = i + 1 < source.size() ? source[i + 1] : '\0';
    switch (in) {
      case In::code:
        if (c == '/' && next == '/') in = In::line;
        else if (c == '/' && next == '*') in = In::block;
        else if (c == '"') in = In::text;
        else if (c == '\'') in = In::letter;
        break;
      case In::line:
        if (c == '\n') in = In::code;
        else out[i] = ' ';
        break;
      case In::block:
        if (c == '*' && next == '/') out[i] = ' ', out[++i] = ' ', in = In::code;
        else out[i] = ' ';
        break;
      default:
        if (c == '\\' && i + 1 < out.size()) out[i] = ' ', out[++i] = ' ';
        else if (c == (in == In::text ? '"' : '\'') || c == '\n') in = In::code;
        else out[i] = ' ';
    }
  }
  return out;
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$'; }

std::string_view line_at(std::string_view source, size_t at) {
  const size_t start = source.rfind('\n', at) == std::string_view::npos ? 0 : source.rfind('\n', at) + 1;
  return source.substr(start, std::min(source.find('\n', at), source.size()) - start);
}

}  // namespace

bool is_classes(const Artifact& artifact) {
  if (artifact.hint != Hint::none || artifact.bytes.size() < 8) return false;
  const std::string_view text = as_text(artifact.bytes).substr(0, size_t{1} << 20);
  const size_t start = text.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos || (text[start] != '{' && text[start] != '[')) return false;
  // The name of a class of Java has a package; Python's monty writes bare names under the same key.
  for (size_t at = text.find("\"@class\""); at != std::string_view::npos; at = text.find("\"@class\"", at + 1)) {
    const size_t open = text.find('"', at + 8);
    if (open == std::string_view::npos) return false;
    const std::string_view name = text.substr(open + 1, std::min<size_t>(text.find('"', open + 1), text.size()) - open - 1);
    if (std::count(name.begin(), name.end(), '.') >= 2) return true;
  }
  return false;
}

void read_classes(Scan& scan, const Artifact& artifact) {
  if (artifact.bytes.size() > kLongest) return scan.gap(artifact, Fault::limit, kLongest, "the text is longer than is read");
  const auto parsed = containers::parse_json(as_text(artifact.bytes));
  scan.recognise(artifact, "java-json");
  if (!parsed) return scan.gap(artifact, parsed.error());
  const Document& document = parsed->document;
  bool told = false;
  for (NodeId id = 0; id < document.nodes.size(); ++id) {
    if (!document.is(id, NodeKind::map)) continue;
    const std::string_view cls = document.text(id, "@class");
    std::string name = "jvm." + std::string(cls);
    std::replace(name.begin(), name.end(), '$', '.');
    const knowledge::Callable* known = cls.empty() ? nullptr : knowledge::find(name);
    if (known == nullptr || knowledge::is_trusted(known)) continue;
    told = true;
    std::string code = std::string(cls) + "(";
    const auto& map = document[id];
    for (uint32_t i = 0; i + 1 < map.count && code.size() < 400; i += 2) {
      const NodeId value = document.child(map, i + 1);
      if (document.is_text(value) && document[document.child(map, i)].text != "@class") code += std::string(document[document.child(map, i)].text) + "=" + quoted(document[value].text, false, 120) + " ";
    }
    scan.note(artifact, kThreat, {known->effect == knowledge::Effect::call ? Ruling::suspected : Ruling::confirmed, Trigger::load, "Makes an object of " + std::string(cls) + " when it is loaded.",
                          std::string(known->why), std::string(cls), code + ")", map.offset});
  }
  if (!told) scan.note(artifact, kThreat, {Ruling::dismissed, Trigger::other, "Names classes of Java for its objects.", "None of them is known to call what a text chooses.", {}, {}, 0});
}

bool is_source(const Artifact& artifact) {
  if (artifact.hint != Hint::none) return false;
  const std::string_view text = as_text(artifact.bytes).substr(0, size_t{1} << 20);
  if (text.substr(0, 512).find('\0') != std::string_view::npos) return false;  // cheap, and true of most files
  return text.find("extends GenModel") != std::string_view::npos && text.find("class ") != std::string_view::npos && text.find('\0') == std::string_view::npos;
}

void read_source(Scan& scan, const Artifact& artifact) {
  scan.recognise(artifact, "h2o-pojo");
  if (artifact.bytes.size() > kLongest) return scan.gap(artifact, Fault::limit, kLongest, "the source is longer than is read");
  const std::string_view source = as_text(artifact.bytes);
  const std::string code = code_of(source);
  // \u0052 is R wherever it stands.
  bool told = false;
  if (code.find("\\u") != std::string::npos) {
    told = true;
    scan.note(artifact, kThreat, {Ruling::suspected, Trigger::load, "Writes letters of its code as numbers.", "Java reads them as the letters; people and scanners do not. A generated model has none.", "\\u",
                          std::string(line_at(source, code.find("\\u"))).substr(0, 200), code.find("\\u")});
  }
  for (const Word& word : kWords) {
    for (size_t at = code.find(word.name); at != std::string::npos; at = code.find(word.name, at + 1)) {
      const bool starts = at == 0 || !is_word(code[at - 1]);
      const bool ends = word.name.back() == '.' || at + word.name.size() >= code.size() || !is_word(code[at + word.name.size()]);
      if (!starts || !ends || std::string_view(line_at(source, at)).starts_with("import ")) continue;
      told = true;
      scan.note(artifact, kThreat, {word.ruling, Trigger::load, "Is Java source that " + std::string(word.what) + ".", "The source of the model is compiled and run where it is used. H2O's own models only compute.",
                            std::string(word.name), std::string(line_at(source, at)).substr(0, 300), at});
      break;
    }
  }
  if (!told) scan.note(artifact, kThreat, {Ruling::dismissed, Trigger::other, "Is Java source that only computes.", "It names nothing of Java that acts on the machine.", {}, {}, 0});
}

}  // namespace winnow::java
