// A notebook is a program in cells: JSON (nbformat 3 and 4) whose cells of code run when somebody runs them. Lines that begin
// with ! are for the shell, with % for IPython; both become calls, as IPython itself makes of them. Outputs are data
// and run nowhere: a browser shows them only where the user trusts the notebook.
#include "formats/notebook/notebook.h"

#include <algorithm>
#include <cctype>

#include "containers/document.h"
#include "core/print.h"

namespace winnow::notebook {
namespace {

using containers::Document;
using containers::NodeId;
using containers::NodeKind;

constexpr size_t kLongest = size_t{256} << 20;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  return text;
}

// A text of nbformat: one string, or a list of lines.
std::string text_of(const Document& document, NodeId node) {
  if (document.is_text(node)) return std::string(document[node].text);
  std::string out;
  if (!document.is(node, NodeKind::list)) return out;
  for (uint32_t i = 0; i < document[node].count; ++i) {
    const NodeId line = document.child(document[node], i);
    if (document.is_text(line)) out += document[line].text;
  }
  return out;
}

std::string literal(std::string_view text) { return quoted(text, false, SIZE_MAX / 2); }

// What a line magic becomes.
std::string line_magic(std::string_view line) {
  const size_t space = line.find_first_of(" \t");
  const std::string_view name = line.substr(0, space), rest = space == std::string_view::npos ? std::string_view() : trimmed(line.substr(space));
  if (name == "pip" || name == "conda" || name == "mamba" || name == "uv" || name == "sx" || name == "system" || name == "sc") {
    const bool itself = name == "sx" || name == "system" || name == "sc";
    return "get_ipython().system(" + literal(itself ? std::string(rest) : std::string(line)) + ")";
  }
  if (name == "time" || name == "timeit" || name == "prun") return std::string(rest);
  if (name == "run" || name == "load") return "get_ipython().run_line_magic(" + literal(name) + ", " + literal(rest) + ")";
  return "pass";
}

// One line as IPython would rewrite it; indentation stays.
std::string rewritten(std::string_view line) {
  const size_t start = line.find_first_not_of(" \t");
  if (start == std::string_view::npos) return std::string(line);
  const std::string indent(line.substr(0, start));
  const std::string_view text = line.substr(start);
  if (text.starts_with("!!")) return indent + "get_ipython().getoutput(" + literal(text.substr(2)) + ")";
  if (text.starts_with('!')) return indent + "get_ipython().system(" + literal(text.substr(1)) + ")";
  if (text.starts_with('%') && text.size() > 1 && std::isalpha(static_cast<unsigned char>(text[1]))) return indent + line_magic(text.substr(1));
  if (text.starts_with('?') || (text.ends_with('?') && text.find_first_of("'\"#") == std::string_view::npos)) return indent + "pass";
  // files = !ls
  const size_t equals = text.find('=');
  if (equals != std::string_view::npos && equals + 1 < text.size()) {
    const std::string_view left = trimmed(text.substr(0, equals)), right = trimmed(text.substr(equals + 1));
    const bool name = !left.empty() && std::all_of(left.begin(), left.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == ',' || c == ' '; });
    if (name && right.starts_with('!')) return indent + std::string(left) + " = get_ipython().getoutput(" + literal(right.substr(1)) + ")";
    if (name && right.starts_with('%') && right.size() > 1 && std::isalpha(static_cast<unsigned char>(right[1]))) return indent + std::string(left) + " = " + line_magic(right.substr(1));
  }
  return std::string(line);
}

// A cell that is one program for something else: %%bash, %%writefile.
std::string cell_magic(std::string_view head, std::string_view body) {
  const size_t space = head.find_first_of(" \t");
  const std::string_view name = head.substr(0, space), rest = space == std::string_view::npos ? std::string_view() : trimmed(head.substr(space));
  static constexpr std::string_view kShells[] = {"bash", "sh", "script", "shell", "zsh", "system", "sx", "!"};
  static constexpr std::string_view kPython[] = {"time", "timeit", "capture", "prun", "python", "python3", "pypy", "px", "debug", "memit", "mprun", "wandb", "skip", "local"};
  if (std::find(std::begin(kShells), std::end(kShells), name) != std::end(kShells)) return "get_ipython().system(" + literal(body) + ")\n";
  if (name == "writefile" || name == "file") return "open(" + literal(rest.substr(rest.rfind(' ') + 1)) + ", 'w').write(" + literal(body) + ")\n";
  if (std::find(std::begin(kPython), std::end(kPython), name) != std::end(kPython)) return {};
  return "pass\n";
}

void add_cell(std::string& out, size_t number, std::string_view source) {
  out += "# cell " + std::to_string(number) + "\n";
  const std::string_view head = trimmed(source.substr(0, source.find('\n')));
  if (head.starts_with("%%")) {
    const size_t line = source.find('\n');
    const std::string_view body = line == std::string_view::npos ? std::string_view() : source.substr(line + 1);
    const std::string whole = cell_magic(head.substr(2), body);
    if (!whole.empty()) {
      out += whole;
      return;
    }
    source = body;
  }
  while (!source.empty()) {
    const size_t end = source.find('\n');
    std::string line(source.substr(0, end));
    // A line for the shell goes on behind a backslash.
    const std::string_view text = trimmed(line);
    size_t next = end;
    while ((text.starts_with('!') || text.starts_with('%')) && line.ends_with('\\') && next != std::string_view::npos) {
      line.pop_back();
      const size_t from = next + 1;
      next = source.find('\n', from);
      line += source.substr(from, next == std::string_view::npos ? std::string_view::npos : next - from);
    }
    out += rewritten(line) + "\n";
    source = next == std::string_view::npos ? std::string_view() : source.substr(next + 1);
  }
}

// Whether its kernel is Python's, which is what notebooks without a word about it are for.
bool is_python(const Document& document) {
  const auto metadata = document.find(document.root, "metadata");
  if (!metadata) return true;
  for (const auto& [part, key] : {std::pair{"language_info", "name"}, std::pair{"kernelspec", "language"}, std::pair{"kernelspec", "name"}}) {
    const auto found = document.find(*metadata, part);
    if (!found) continue;
    const std::string_view language = document.text(*found, key);
    if (!language.empty()) return language.find("ython") != std::string_view::npos || (std::string_view(key) == "name" && std::string_view(part) == "kernelspec");
  }
  return true;
}

void add_cells(const Document& document, NodeId cells, std::string& out) {
  if (!document.is(cells, NodeKind::list)) return;
  for (uint32_t i = 0; i < document[cells].count; ++i) {
    const NodeId cell = document.child(document[cells], i);
    if (!document.is(cell, NodeKind::map) || document.text(cell, "cell_type") != "code") continue;
    auto source = document.find(cell, "source");
    if (!source) source = document.find(cell, "input");  // nbformat 3
    if (source) add_cell(out, i + 1, text_of(document, *source));
  }
}

}  // namespace

bool is_notebook(const Artifact& artifact) {
  if (artifact.hint != Hint::none || artifact.bytes.size() < 16) return false;
  const std::string_view text = as_text(artifact.bytes);
  const size_t start = text.find_first_not_of(" \r\n\t");
  if (start == std::string_view::npos || text[start] != '{') return false;
  const std::string_view head = text.substr(0, 4096), tail = text.substr(text.size() - std::min<size_t>(text.size(), 4096));
  const bool cells = head.find("\"cells\"") != std::string_view::npos || head.find("\"worksheets\"") != std::string_view::npos || text.find("\"cell_type\"") != std::string_view::npos;
  return cells && (artifact.path.ends_with(".ipynb") || head.find("\"nbformat\"") != std::string_view::npos || tail.find("\"nbformat\"") != std::string_view::npos);
}

void read_notebook(Scan& scan, const Artifact& artifact) {
  scan.recognise(artifact, "notebook");
  if (artifact.bytes.size() > kLongest) return scan.gap(artifact, Fault::limit, kLongest, "the notebook is longer than is read");
  const auto parsed = containers::parse_json(as_text(artifact.bytes));
  if (!parsed) return scan.gap(artifact, parsed.error());
  const Document& document = parsed->document;
  if (!is_python(document)) return;
  std::string source = "from IPython import get_ipython\n";
  if (const auto cells = document.find(document.root, "cells")) add_cells(document, *cells, source);
  if (const auto sheets = document.find(document.root, "worksheets"); sheets && document.is(*sheets, NodeKind::list)) {
    for (uint32_t i = 0; i < document[*sheets].count; ++i) {
      if (const auto cells = document.find(document.child(document[*sheets], i), "cells")) add_cells(document, *cells, source);
    }
  }
  if (!scan.inflate(source.size())) return scan.gap(artifact, Fault::limit, 0, "more data than the budget allows");
  std::vector<std::byte> bytes(source.size());
  std::transform(source.begin(), source.end(), bytes.begin(), [](char c) { return static_cast<std::byte>(c); });
  scan.child(artifact, "cells.py", scan.own(std::move(bytes)));
}

}  // namespace winnow::notebook
