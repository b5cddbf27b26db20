// Shell scripts and Dockerfiles beside the weights. Their lines become calls of the shell, which the judge weighs like those that
// Python source makes; what stands in one script belongs together, so that what one line fetches another may run.
#include "formats/script/script.h"

#include <algorithm>
#include <cctype>

#include "code/machine/machine.h"
#include "core/native_source.h"

namespace winnow::script {
namespace {

constexpr size_t kLongest = size_t{1} << 20;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string file_name(const Artifact& artifact) { return lower(artifact.path.substr(artifact.path.find_last_of("/!\\") + 1)); }

bool is_text(std::string_view text) {
  return std::none_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(std::min<size_t>(text.size(), 4096)), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t' && byte != '\f' && byte != 0x1b;
  });
}

// Templates of Dockerfiles are another matter: nobody builds them as they are.
bool is_dockerfile(std::string_view name) {
  if (name.ends_with(".jinja") || name.ends_with(".jinja2") || name.ends_with(".j2") || name.ends_with(".tmpl") || name.ends_with(".tpl")) return false;
  return name == "dockerfile" || name.starts_with("dockerfile.") || name.ends_with(".dockerfile") || name == "containerfile";
}

bool is_native(std::string_view name) {
  static constexpr std::string_view kEnds[] = {".c", ".cc", ".cpp", ".cxx", ".cu", ".cuh", ".h", ".hpp"};
  return std::any_of(std::begin(kEnds), std::end(kEnds), [&](std::string_view end) { return name.ends_with(end); });
}

bool is_batch(std::string_view name) { return name.ends_with(".bat") || name.ends_with(".cmd"); }
bool is_powershell(std::string_view name) { return name.ends_with(".ps1"); }

// Lines of cmd.exe and of PowerShell as a shell's: one without the mark that keeps it from being shown, the other as what
// PowerShell is told on a command line.
std::string windows_lines(std::string_view text, bool powershell) {
  std::string out;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    while (!line.empty() && (std::isspace(static_cast<unsigned char>(line.front())) || line.front() == '@')) line.remove_prefix(1);
    while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back()))) line.remove_suffix(1);
    const std::string low = lower(line.substr(0, 8));
    const bool remark = low.starts_with("rem ") || low.starts_with("::") || low.starts_with('#');
    if (!line.empty() && !remark) {
      if (powershell) out += "powershell -Command \"" + std::string(line) + "\"";
      else out += line;
    }
    out += '\n';
  }
  return out;
}

bool names_shell(std::string_view text) {
  if (!text.starts_with("#!")) return false;
  std::string_view line = text.substr(0, text.find('\n'));
  while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back()))) line.remove_suffix(1);
  line = line.substr(0, line.find(" -"));
  return line.ends_with("sh");
}

// What the lines of a Dockerfile run: those behind RUN, CMD and ENTRYPOINT.
std::string run_lines(std::string_view text) {
  std::string out;
  bool runs = false;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    while (!line.empty() && std::isspace(static_cast<unsigned char>(line.front()))) line.remove_prefix(1);
    if (!runs) {
      const std::string head = lower(line.substr(0, 12));
      for (const std::string_view word : {"run ", "cmd ", "entrypoint "}) {
        if (!head.starts_with(word)) continue;
        runs = true;
        line.remove_prefix(word.size());
        while (line.starts_with("--")) line.remove_prefix(std::min(line.size(), line.find(' ') == std::string_view::npos ? line.size() : line.find(' ') + 1));
        break;
      }
    }
    if (runs) out += line;
    while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back()))) line.remove_suffix(1);
    runs = runs && line.ends_with('\\');
    out += '\n';  // numbers of lines stay
  }
  return out;
}

}  // namespace

bool is_script(const Artifact& artifact) {
  if (artifact.hint != Hint::none || artifact.bytes.empty()) return false;
  const std::string_view text = as_text(artifact.bytes);
  if (names_shell(text)) return is_text(text);
  const std::string name = file_name(artifact);
  const bool named = name.ends_with(".sh") || name.ends_with(".bash") || name.ends_with(".zsh") || name.ends_with(".command") || is_dockerfile(name) || is_batch(name) || is_powershell(name) || is_native(name);
  return named && is_text(text);
}

namespace {

// Source that is compiled when the module beside it is imported: only what it starts by name is looked at.
void read_native(Scan& scan, const Artifact& artifact) {
  const std::vector<NativeCall> calls = native_calls(as_text(artifact.bytes));
  if (calls.empty()) return;
  scan.recognise(artifact, "native-source");
  for (const NativeCall& call : calls) {
    Trace trace;
    trace.dialect = "source";
    trace.threat = "script-command";
    trace.artifacts.push_back(artifact);
    machine::Machine machine(scan, trace);
    machine.place.trigger = Trigger::other;
    machine.place.code = true;
    machine.place.line = call.line;
    machine.place.offset = call.offset;
    const Value text = machine.make_string(call.text);
    machine.call(machine.import_name("shell", "run"), std::span(&text, 1));
    trace.finished = true;
    scan.submit(trace);
  }
}

}  // namespace

void read_script(Scan& scan, const Artifact& artifact) {
  const std::string name = file_name(artifact);
  if (is_native(name)) return read_native(scan, artifact);
  const bool docker = is_dockerfile(name), batch = is_batch(name), powershell = is_powershell(name);
  scan.recognise(artifact, docker ? "dockerfile" : batch ? "batch-script" : powershell ? "powershell-script" : "shell-script");
  if (artifact.bytes.size() > kLongest) return scan.gap(artifact, Fault::limit, kLongest, "the script is longer than is read");
  Trace trace;
  trace.dialect = "source";
  trace.threat = "script-command";
  trace.artifacts.push_back(artifact);
  machine::Machine machine(scan, trace);
  machine.place.trigger = Trigger::other;
  machine.place.code = true;
  machine.place.line = 1;
  const std::string_view text = as_text(artifact.bytes);
  const Value lines = docker              ? machine.make_string(run_lines(text))
                      : batch || powershell ? machine.make_string(windows_lines(text, powershell))
                                            : Value::string(text);
  machine.call(machine.import_name("shell", "run"), std::span(&lines, 1));
  trace.finished = true;
  scan.submit(trace);
}

}  // namespace winnow::script
