// Texts that stand for others, and texts that are evaluated.
//
// OmegaConf: ${a.b}, ${a[0]}, ${oc.env:NAME}, ${oc.select:a.b,other}, and whatever resolvers a program registers: `eval`
// is the usual name of the one that is given to eval.
// HyperPyYAML: !ref <a[b]>, !copy <a>, with text and arithmetic around.
// MONAI: "$expression", in which @name stands for other parts of the bundle; "$import x".
#include <algorithm>

#include "code/machine/interpreter.h"
#include "formats/configuration/reading.h"

namespace winnow::configuration {
namespace {

constexpr int kDeepest = 40;
constexpr size_t kMostExpressions = 2000, kMostReferences = 20'000;
constexpr size_t kLongestText = size_t{1} << 16;

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

// The end of what begins with "${" at `start`: behind the bracket that closes it; npos where none does.
size_t end_of(std::string_view text, size_t start) {
  int open = 0;
  for (size_t at = start; at < text.size(); ++at) {
    if (text[at] == '{') ++open;
    if (text[at] == '}' && --open == 0) return at + 1;
  }
  return std::string_view::npos;
}

// "a.b[0].c" and "a[b][c]" to their parts.
std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> parts;
  size_t start = 0;
  for (size_t at = 0; at <= path.size(); ++at) {
    if (at < path.size() && path[at] != '.' && path[at] != '[' && path[at] != ']') continue;
    if (at > start) parts.push_back(path.substr(start, at - start));
    start = at + 1;
  }
  return parts;
}

}  // namespace

std::optional<NodeId> Reading::follow(std::string_view path) const {
  while (path.starts_with('.')) path.remove_prefix(1);
  NodeId at = document_.root;
  for (std::string_view part : parts_of(path)) {
    if (part.size() > 1 && (part.front() == '\'' || part.front() == '"')) part = part.substr(1, part.size() - 2);
    const Node& node = document_[at];
    if (node.kind == NodeKind::map) {
      const auto found = find(at, part);
      if (!found) return std::nullopt;
      at = *found;
    } else if (node.kind == NodeKind::list) {
      uint64_t index = 0;
      for (const char c : part) index = c >= '0' && c <= '9' && index < UINT32_MAX ? index * 10 + static_cast<uint64_t>(c - '0') : UINT64_MAX;
      if (index >= node.count) return std::nullopt;
      at = document_.child(node, static_cast<uint32_t>(index));
    } else {
      return std::nullopt;
    }
  }
  return path.empty() ? std::nullopt : std::optional(at);
}

Value Reading::text_value(NodeId id, int depth) {
  const Node& node = document_[id];
  const std::string_view text = node.text;
  const bool reference = node.tag == "!ref" || node.tag == "!copy";
  if (reference && text.size() > 2 && text.front() == '<' && text.find('>') == text.size() - 1) {
    const auto found = follow(text.substr(1, text.size() - 2));
    return found ? evaluate(*found, depth) : Value::unknown();
  }
  if (text.starts_with("${") && end_of(text, 0) == text.size() && text.find_first_of(":{", 2) == std::string_view::npos) {
    const auto found = follow(text.substr(2, text.size() - 3));
    return found ? evaluate(*found, depth) : Value::unknown_named(text);
  }
  if (!reference && text.find("${") == std::string_view::npos) return machine_.heap().new_string(text);
  return machine_.heap().new_string(resolved_text(id));
}

// A text with everything put in that the document itself can tell; the rest stays as it is written.
std::string Reading::resolved_text(NodeId id, int depth) {
  const Node& node = document_[id];
  std::string text(node.text.substr(0, kLongestText));
  if (node.kind != NodeKind::text) return text;
  const bool reference = node.tag == "!ref" || node.tag == "!copy";
  if (!reference && text.find("${") == std::string::npos) return text;
  size_t from = 0;
  while (true) {
    // The innermost first: ${${a}.b}.
    const size_t start = reference ? text.find('<', from) : text.find("${", from);
    if (start == std::string::npos) break;
    const size_t inner = reference ? start : std::string_view(text).substr(0, text.find('}', start) + 1).rfind("${");
    const size_t end = text.find(reference ? '>' : '}', start);
    if (end == std::string::npos || inner == std::string::npos) break;
    const size_t skip = reference ? 1 : 2;
    std::string_view path = std::string_view(text).substr(inner + skip, end - inner - skip);
    if (const std::string_view select = "oc.select:"; path.starts_with(select)) path = path.substr(select.size(), path.find(',') - select.size());
    const size_t colon = path.find(':');
    if (const std::string_view resolver = path.substr(0, colon);
        colon != std::string_view::npos && (resolver == "eval" || resolver == "exec" || resolver == "python" || resolver == "py")) {
      run_source(path.substr(colon + 1), node.offset);
    }
    const auto found = colon == std::string_view::npos ? follow(path) : std::nullopt;
    if (!found || (document_[*found].kind != NodeKind::text && document_[*found].kind != NodeKind::integer && document_[*found].kind != NodeKind::real)) {
      from = end + 1;
      continue;
    }
    // Each may hold many others, and itself.
    if (depth > kDeepest || text.size() > kLongestText || ++references_ > kMostReferences) {
      cut_ = true;
      break;
    }
    const std::string value = resolved_text(*found, depth + 1);
    text.replace(inner, end + 1 - inner, value);
    from = reference ? inner + value.size() : 0;
  }
  return text;
}

// "$expression" of a bundle, or ${eval:expression}: kept until the whole document is known.
void Reading::note_expression(const Node& node) {
  std::string_view text = node.text;
  if (const size_t resolver = text.find("${"); resolver != std::string_view::npos) {
    for (const std::string_view name : {"${eval:", "${python:", "${py:", "${exec:"}) {
      const size_t start = text.find(name);
      const size_t end = start == std::string_view::npos ? start : end_of(text, start);
      if (end == std::string_view::npos || expressions_.size() >= kMostExpressions) continue;
      expressions_.emplace_back(text.substr(start + name.size(), end - 1 - start - name.size()), node.offset);
    }
    return;
  }
  if (text.front() != '$' || text.size() > kLongestText || expressions_.size() >= kMostExpressions) return;
  text.remove_prefix(1);
  const bool imports = text.starts_with("import ") || text.starts_with("from ");
  if (imports || text.find('(') != std::string_view::npos) expressions_.emplace_back(text, node.offset);
}

void Reading::run_expressions() {
  if (expressions_.empty()) return;
  const auto imports = [](std::string_view text) { return text.starts_with("import ") || text.starts_with("from "); };
  std::stable_partition(expressions_.begin(), expressions_.end(), [&](const auto& one) { return imports(one.first); });
  for (const auto& [text, offset] : expressions_) {
    std::string source;
    // @name and @a::b stand for other parts, of which nothing is known here.
    for (size_t at = 0; at < text.size(); ++at) {
      if (text[at] != '@') {
        source += text[at];
        continue;
      }
      source += "_reference";
      while (at + 1 < text.size() && (is_word(text[at + 1]) || text[at + 1] == '#' || (text[at + 1] == ':' && at + 2 < text.size() && text[at + 2] == ':') ||
                                      (text[at + 1] == ':' && text[at] == ':'))) {
        ++at;
      }
    }
    // OmegaConf takes the quotes away.
    if (source.size() > 1 && (source.front() == '\'' || source.front() == '"') && source.find(source.front(), 1) == source.size() - 1) source = source.substr(1, source.size() - 2);
    run_source(source, offset);
  }
}

// Runs text as Python in the one namespace that all expressions of the document share. What is no Python is nothing.
void Reading::run_source(std::string_view text, uint64_t offset) {
  const bool statements = text.starts_with("import ") || text.starts_with("from ");  // else an expression
  const auto code = machine::compile_source(machine_, text, statements ? machine::Source::module : machine::Source::expression);
  if (!code || !code->is(Kind::code)) return;
  if (globals_.is(Kind::none)) globals_ = machine::new_globals(machine_, "__main__");
  machine_.place.offset = offset;
  machine::run_module(machine_, *code, globals_, Trigger::load);
  machine_.place.trigger = Trigger::load;
  machine_.place.code = false;
  has_objects_ = true;
}

}  // namespace winnow::configuration
