// Programs that stand in documents: flows and workflows whose nodes hold source that the application executes when it
// opens or runs them, and the commands that editors and package managers start by themselves.
//
//   Langflow      a field `code` of type "code": executed when the flow is built
//   ComfyUI       texts that nodes of custom packages take as code or commands (class_type and inputs, or widgets_values)
//   AutoGen       FunctionTool: source_code, executed when the component is loaded
//   smolagents    tools[].code of an agent, executed when it is loaded
//   VS Code       tasks that run when the folder is opened; development containers: postCreateCommand and its kin
//   npm           scripts that run when the package is installed
//   Cog           build.run, lines of the Dockerfile that it writes
//
// The source becomes a child, which is read and judged as a file beside the weights is.
#include <algorithm>
#include <cctype>

#include "code/machine/interpreter.h"
#include "formats/configuration/reading.h"

namespace winnow::configuration {
namespace {

bool mentions(std::string_view name, std::initializer_list<std::string_view> words) {
  std::string low(name.substr(0, 200));
  for (char& c : low) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return low.find(word) != std::string::npos; });
}

// "code", and not the end of "encode".
bool takes_source(std::string_view name) {
  if (mentions(name, {"script", "python", "expression", "exec", "eval"})) return true;
  return mentions(name, {"code"}) && !mentions(name, {"encode", "decode", "transcode", "codec", "barcode", "qrcode", "unicode"});
}
bool takes_command(std::string_view name) { return mentions(name, {"command", "cmd", "shell", "bash"}); }

}  // namespace

void Reading::give_source(std::string_view text, std::string_view format) {
  if (text.size() < 3) return;
  name_format(format);
  scan_.child(artifact_, "code.py", scan_.own({as_bytes(text).begin(), as_bytes(text).end()}));
}

void Reading::give_commands(std::string_view text, std::string_view format) {
  if (text.empty()) return;
  name_format(format);
  const std::string script = "#!/bin/sh\n" + std::string(text) + "\n";
  scan_.child(artifact_, "commands.sh", scan_.own({as_bytes(script).begin(), as_bytes(script).end()}));
}

// A command as a text, as a list of words, or as several under names.
std::string Reading::command_of(NodeId id, int depth) const {
  const Node& node = document_[id];
  if (node.kind == NodeKind::text) return std::string(node.text);
  std::string out;
  if (depth > 3) return out;
  const bool map = node.kind == NodeKind::map;
  for (uint32_t i = map ? 1 : 0; (map || node.kind == NodeKind::list) && i < node.count; i += map ? 2 : 1) {
    const std::string part = command_of(document_.child(node, i), depth + 1);
    out += (out.empty() ? "" : map ? "\n" : " ") + part;
  }
  return out;
}

void Reading::read_flows(NodeId id, const Members& members, const Place& place) {
  if (place.key == "code" && text_of(members[Key::type]) == "code") give_source(document_.text(id, "value"), "langflow-flow");
  if (members.has(Key::source_code) && document_.find(id, "global_imports")) give_source(text_of(members[Key::source_code]), "autogen-component");
  if (id == document_.root && (members.has(Key::authorized_imports) || document_.find(id, "managed_agents"))) read_tools(id);
  if (const auto inputs = members[Key::inputs]; inputs && members.has(Key::class_type) && document_.is(*inputs, NodeKind::map)) {
    const Node& map = document_[*inputs];
    for (uint32_t i = 0; i + 1 < map.count; i += 2) {
      const std::string_view name = text_of(document_.child(map, i)), value = text_of(document_.child(map, i + 1));
      if (takes_source(name)) give_source(value, "comfyui-workflow");
      else if (takes_command(name)) give_commands(value, "comfyui-workflow");
    }
  }
  if (const auto widgets = members[Key::widgets_values]; widgets) read_widgets(*widgets, text_of(members[Key::type]));
  read_commands(id, members, place);
}

// The values of a node as they stand in its boxes, without their names; the node's own name tells what it takes.
void Reading::read_widgets(NodeId widgets, std::string_view type) {
  const Node& values = document_[widgets];
  const bool source = takes_source(type), command = takes_command(type);
  if (values.kind != NodeKind::list || (!source && !command)) return;
  for (uint32_t i = 0; i < values.count && i < 64; ++i) {
    const std::string_view text = text_of(document_.child(values, i));
    if (text.find_first_of("( ") == std::string_view::npos) continue;
    if (!source) give_commands(text, "comfyui-workflow");
    else if (machine::compile_source(machine_, text, machine::Source::module)) give_source(text, "comfyui-workflow");
  }
}

void Reading::read_tools(NodeId root) {
  const auto tools = document_.find(root, "tools");
  if (!tools || !document_.is(*tools, NodeKind::list)) return;
  for (uint32_t i = 0; i < document_[*tools].count && i < 1000; ++i) {
    const NodeId tool = document_.child(document_[*tools], i);
    if (document_.is(tool, NodeKind::map)) give_source(document_.text(tool, "code"), "agent-config");
  }
}

void Reading::read_commands(NodeId id, const Members& members, const Place& place) {
  if (const auto options = members[Key::run_options]; options && document_.is(*options, NodeKind::map) && document_.text(*options, "runOn") == "folderOpen") {
    if (const auto command = document_.find(id, "command")) {
      const auto arguments = document_.find(id, "args");
      give_commands(command_of(*command) + (arguments ? " " + command_of(*arguments) : ""), "editor-tasks");
    }
  }
  if (members.has(Key::lifecycle)) {
    const bool npm = place.key == "scripts" && place.parent == document_.root;
    const Node& map = document_[id];
    for (uint32_t i = 0; i + 1 < map.count; i += 2) {
      const std::string_view name = text_of(document_.child(map, i));
      if (key_of(name) != Key::lifecycle || name.ends_with("Command") == npm) continue;
      if (npm || id == document_.root) give_commands(command_of(document_.child(map, i + 1)), npm ? "npm-package" : "devcontainer");
    }
  }
  if (const auto build = document_.find(id, "build"); id == document_.root && members.has(Key::predict) && build && document_.is(*build, NodeKind::map)) {
    const auto run = document_.find(*build, "run");
    std::string lines;
    for (uint32_t i = 0; run && document_.is(*run, NodeKind::list) && i < document_[*run].count && i < 1000; ++i) {
      const NodeId line = document_.child(document_[*run], i);
      lines += (document_.is(line, NodeKind::map) ? std::string(document_.text(line, "command")) : command_of(line)) + "\n";
    }
    give_commands(lines, "cog-config");
  }
}

}  // namespace winnow::configuration
