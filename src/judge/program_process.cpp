// Programs that source starts, and code of the machine's own that it loads.
#include <algorithm>

#include "core/native_source.h"
#include "core/print.h"
#include "judge/addresses.h"
#include "judge/commands.h"
#include "judge/names.h"
#include "judge/origins.h"
#include "judge/places.h"
#include "judge/weigher.h"

namespace winnow::judge {

using knowledge::Effect;
using knowledge::PayloadKind;

namespace {

// What a program is started with: words where the caller gives words, else a line.
struct Started {
  std::string line;                     // with holes for what is not known
  std::vector<std::string> words;       // empty for a line
  bool known = true;                    // nothing of it is missing
};

std::optional<Started> started(const Heap& heap, Value payload) {
  Started out;
  if (payload.is(Kind::list) || payload.is(Kind::tuple)) {
    for (const Value& word : heap.items(payload)) {
      std::string text = text_with_holes(heap, word);
      if (word.is(Kind::name) && heap.name(word).canonical == "sys.executable") text = "python";
      out.known = out.known && text.find(kHole) == std::string::npos;
      out.words.push_back(std::move(text));
      if (out.words.size() > 256) break;
    }
    return out;
  }
  if (!payload.is_text() && !payload.is_derived()) return std::nullopt;
  out.line = text_with_holes(heap, payload);
  out.known = out.line.find(kHole) == std::string::npos;
  return out;
}

bool is_connection(const Heap& heap, Value value) {
  const Origin origin = origin_of(heap, value);
  return origin.connection;
}

}  // namespace

void Weigher::weigh_process(uint32_t index, const Event& event, const Name& name) {
  // A library's function that comes to start something: what it is given tells nothing.
  static constexpr std::string_view kStarting[] = {"os.", "subprocess.", "pty.", "asyncio.", "popen2.", "commands.", "shell.run", "IPython.", "pexpect.", "sh.", "plumbum.", "invoke.", "fabric.", "multiprocessing.", "_posixsubprocess.", "_winapi.", "distutils.spawn.", "platform.popen", "torch.utils.collect_env.run", "setuptools.", "psutil.Popen", "gevent.", "trio.", "anyio.", "sarge.", "envoy.", "delegator."};
  if (!starts_with_one_of(kStarting, name.canonical)) return;
  const PayloadKind kind = name.known->payload;
  if (kind != PayloadKind::shell && kind != PayloadKind::argv) return;
  const auto payload = payload_of(event, *name.known);
  if (!payload) return;
  // os.execl(path, arg0, arg1 ...), os.spawnv(mode, path, [...]): the words stand behind the path.
  if (name.canonical.starts_with("os.exec") || name.canonical.starts_with("os.spawn") || name.canonical.starts_with("os.posix_spawn")) return weigh_replacing(index, event, name);
  if (name.canonical == "pty.spawn" && reaches_network() && runs_unasked(event)) {
    return add(index, {"-code-execution", Ruling::confirmed, "Starts a shell in a terminal of its own when the model is loaded: " + call_text(index) + ".", "The program opens connections, too: a shell in such a terminal is for somebody at the other end.", name.canonical});
  }
  const Origin origin = whole_origin(*payload);
  Opinion opinion{"-code-execution", Ruling::dismissed, "Starts a program when the model is loaded: " + call_text(index) + ".", std::string(name.known->why), name.canonical};
  for (const char* stream : {"stdin", "stdout", "stderr"}) {
    const Value* given = keyword_of(event, stream);
    if (given == nullptr || given->is(Kind::integer) || !is_connection(heap_, *given)) continue;
    opinion.ruling = Ruling::confirmed;
    opinion.why = "Its input and output are a connection: whoever is at the other end types the commands.";
    return add(index, std::move(opinion));
  }
  if (origin.received) {
    opinion.ruling = Ruling::confirmed;
    opinion.why = "The command comes over the network: whoever is at the other end decides what runs on this machine.";
    return add(index, std::move(opinion));
  }
  if (origin.asked_for && starts_with_hole(*payload)) {
    opinion.ruling = Ruling::confirmed;
    opinion.why = "The program was downloaded before: whoever answers at " + std::string(origin.addresses.front()) + " decides what runs on this machine.";
    return add(index, std::move(opinion));
  }
  const Value* shell = keyword_of(event, "shell");
  const bool by_shell = kind == PayloadKind::shell || (shell != nullptr && shell->is(Kind::boolean) && shell->as_boolean());
  if (by_shell && !payload->is(Kind::list) && !payload->is(Kind::tuple) && starts_with_hole(*payload) && is_of_requests(event, origin)) {
    opinion.ruling = serves_requests() ? Ruling::confirmed : Ruling::suspected;
    opinion.summary = "Gives a shell as a command what it is asked when the model is used: " + call_text(index) + ".";
    opinion.why = "Whoever may ask the model a question decides what runs on the machine that answers.";
    return add(index, std::move(opinion));
  }
  if (origin.decoded && !origin.given && !payload->is_text()) {
    opinion.ruling = Ruling::confirmed;
    opinion.why = "The command is kept so that nobody can read it; honest source has nothing to hide.";
    return add(index, std::move(opinion));
  }
  if (origin.memory) {
    opinion.ruling = Ruling::confirmed;
    opinion.why = "The program is put together in memory, where nobody finds it.";
    return add(index, std::move(opinion));
  }
  if (const std::string downloaded = starts_downloaded(*payload); !downloaded.empty()) {
    const AddressKind from = download_kind(downloaded);
    opinion.ruling = from == AddressKind::publisher ? Ruling::suspected : Ruling::confirmed;
    opinion.why = "The program was downloaded before: whoever answers there decides what runs on this machine.";
    return add(index, std::move(opinion));
  }
  if (started(heap_, *payload)) weigh_command(index, event, std::move(opinion), *payload);
}

// Whether what is started is not known, whatever it is given.
bool Weigher::starts_with_hole(Value payload) const {
  const auto what = started(heap_, payload);
  if (!what) return !payload.is_text();
  return what->words.empty() ? what->line.starts_with(kHole) : what->words.front().starts_with(kHole);
}

// The words of what takes the place of this program, or is started beside it.
void Weigher::weigh_replacing(uint32_t index, const Event& event, const Name& name) {
  std::vector<std::string> kept;
  bool known = true, memory = false;
  for (const Value& argument : arguments_of(event)) {
    memory = memory || origin_of(heap_, argument).memory;
    if (argument.is(Kind::dict) || argument.is(Kind::integer) || argument.is(Kind::name) || argument.is(Kind::attribute)) continue;
    const auto what = started(heap_, argument);
    if (!what) {
      known = false;
      continue;
    }
    known = known && what->known;
    if (what->words.empty()) kept.push_back(what->line);
    else kept.insert(kept.end(), what->words.begin(), what->words.end());
  }
  if (kept.empty() && !memory) return;
  // The path stands first, and again as the first word.
  if (kept.size() > 1) kept.erase(kept.begin());
  const std::vector<std::string_view> words(kept.begin(), kept.end());
  const CommandOf command = command_of(words);
  Opinion opinion{"-code-execution", Ruling::dismissed, "Starts a program when the model is loaded: " + call_text(index) + ".", "The command " + command.why + ".", name.canonical};
  if (memory) opinion.why = "The program is put together in memory, where nobody finds it.";
  if (memory || command.intent == Intent::hostile) opinion.ruling = Ruling::confirmed;
  else if (command.intent == Intent::odd) opinion.ruling = known && runs_unasked(event) ? Ruling::confirmed : Ruling::suspected;
  else if (command.intent == Intent::unknown && known && runs_unasked(event)) opinion.ruling = Ruling::suspected;
  add(index, std::move(opinion));
}

// The command itself, with holes where something is not known.
void Weigher::weigh_command(uint32_t index, const Event& event, Opinion opinion, Value payload) {
  const auto what = started(heap_, payload);
  std::vector<std::string_view> words(what->words.begin(), what->words.end());
  const std::string& path = trace_.artifacts.front().path;
  const bool image = trace_.threat == "script-command" && (path.find("ockerfile") != std::string::npos || path.find("ontainerfile") != std::string::npos);
  CommandOf command = !words.empty() ? command_of(words) : image ? command_of_image(what->line) : command_of(what->line);
  const Value* shell = keyword_of(event, "shell");
  const bool by_shell = shell != nullptr && shell->is(Kind::boolean) && shell->as_boolean();
  if (words.size() == 1 && by_shell) command = command_of(words[0]);
  const bool unasked = runs_unasked(event);
  // The command that the program's own package brings along.
  if (command.intent == Intent::unknown && !command.program.empty() && !words.empty() && words.front() == command.program && ("/" + path).find("/" + command.program + "/") != std::string::npos) {
    command.intent = Intent::ordinary;
    command.why = "starts " + command.program + ", which the program is a part of";
  }
  const Origin origin = whole_origin(payload);
  const bool fetcher = what->line.find("curl") != std::string::npos || what->line.find("wget") != std::string::npos || what->line.find("nslookup") != std::string::npos || (!what->words.empty() && (what->words[0] == "curl" || what->words[0] == "wget" || what->words[0] == "nslookup"));
  if (fetcher && (origin.everything || origin.secret || origin.spied || origin.output)) {
    command.intent = Intent::hostile;
    command.why = "sends what it finds on the machine elsewhere: " + origin.what;
  }
  switch (command.intent) {
    case Intent::hostile: opinion.ruling = Ruling::confirmed; break;
    case Intent::odd: opinion.ruling = unasked ? (what->known ? Ruling::confirmed : Ruling::suspected) : (what->known ? Ruling::suspected : Ruling::dismissed); break;
    case Intent::unknown: opinion.ruling = what->known && unasked ? Ruling::suspected : Ruling::dismissed; break;
    case Intent::ordinary: opinion.ruling = Ruling::dismissed; break;
  }
  if (trace_.threat == "script-command") {
    opinion.summary = "Runs " + quoted(command.text, false) + " when it is called.";
    opinion.line = command.line;
    if (command.intent <= Intent::unknown) return;
  }
  if (command.program.find(kHole) != std::string::npos || (command.program.empty() && !what->known)) {
    if (command.intent < Intent::odd) return;  // what is started is not known, and nothing about it is odd
  }
  if (opinion.ruling == Ruling::dismissed && command.intent == Intent::unknown) opinion.why = "It is started by code that runs only when somebody calls it, or with what the caller gives.";
  else if (!command.why.empty()) opinion.why = "The command " + command.why + ".";
  add(index, std::move(opinion));
}

// What was downloaded before, where what is started is that, or an interpreter that is given it; else empty.
std::string Weigher::starts_downloaded(Value payload) const {
  static constexpr std::string_view kRunners[] = {"sh", "bash", "python", "python3", "pythonw", "/bin/sh", "/bin/bash", "sudo", "cmd", "cmd.exe", "/c", "start", "powershell", "-File", "-ExecutionPolicy", "Bypass", "nohup", "chmod", "+x", "755", "777", "mshta", "rundll32", "wscript", "cscript", "msiexec", "/i", "/q", "java", "-jar", "node"};
  if (payload.is(Kind::list) || payload.is(Kind::tuple)) {
    for (const Value& word : heap_.items(payload)) {
      const std::string found = downloaded_among(origin_of(heap_, word));
      if (!found.empty()) return found;
      const bool runner = (word.is_text() && is_one_of(kRunners, word.text())) || (word.is(Kind::name) && heap_.name(word).canonical == "sys.executable");
      if (!runner) return {};
    }
    return {};
  }
  const Origin origin = origin_of(heap_, payload);
  if (!payload.is_text()) {
    // A path, or a line that is put together with one: "start pythonw " + path.
    for (const std::string_view text : origin.texts) {
      const std::string_view first = text.substr(0, text.find(' '));
      if (text.find(' ') != std::string_view::npos && !is_one_of(kRunners, first)) return {};
    }
    return downloaded_among(origin);
  }
  std::string_view line = payload.text();
  for (int words = 0; words < 8 && !line.empty(); ++words) {
    const size_t end = line.find_first_of(" ;&|\n");
    const std::string_view word = line.substr(0, end);
    line = end == std::string_view::npos ? std::string_view() : line.substr(end + 1);
    if (word.empty()) continue;
    Origin one;
    one.texts.push_back(word);
    const std::string found = downloaded_among(one);
    if (!found.empty()) return found;
    if (!is_one_of(kRunners, word)) return {};
  }
  return {};
}

// A connection that becomes the input and output of this process, or commands and answers that go to and fro.
bool Weigher::weigh_passing_on(uint32_t index, const Event& event) {
  const Name* name = resolved(event.callee);
  if (name != nullptr && (name->canonical == "os.dup2" || name->canonical == "os.dup")) {
    for (const Value& argument : arguments_of(event)) {
      if (!is_connection(heap_, argument)) continue;
      add(index, {"-code-execution", Ruling::confirmed, "Makes a connection the input and output of the program when the model is loaded.", "A shell that is started now obeys whoever is at the other end.", name->canonical});
      return true;
    }
  }
  if (!event.callee.is(Kind::attribute) && name == nullptr) return false;
  const std::string_view method = event.callee.is(Kind::attribute) ? heap_.attribute(event.callee).name : last_part(name->canonical);
  if (method != "write" && method != "communicate" && method != "send" && method != "sendall" && method != "sendline") return false;
  if (!event.callee.is(Kind::attribute)) return false;
  const Origin target = origin_of(heap_, heap_.attribute(event.callee).base);
  for (const Value& argument : arguments_of(event)) {
    const Origin origin = origin_of(heap_, argument);
    const bool commands = target.output && origin.connection, answers = target.connection && origin.output && !target.output;
    if (!commands && !answers) continue;
    const std::string_view callee = name != nullptr ? name->canonical : method;
    add(index, {"-code-execution", answers && method == "write" ? Ruling::suspected : Ruling::confirmed,
                commands ? "Gives a program what it receives over the network as its input when the model is loaded." : "Sends the output of a program over the network when the model is loaded.",
                commands ? "Whoever is at the other end types the commands." : "With commands that come back, this is a shell for whoever is at the other end.", callee});
    return true;
  }
  return false;
}

// Source in C++ that is compiled and run at once: what it starts by name.
void Weigher::weigh_native_source(uint32_t index, const Event& event, const std::string& callee) {
  for (const std::string_view text : texts_of(event)) {
    for (const NativeCall& call : native_calls(text)) {
      const CommandOf command = command_of(call.text);
      if (command.intent < Intent::odd) continue;
      return add(index, {"-native-code", Ruling::confirmed, "Compiles native code that starts a program when the model is loaded: " + std::string(call.callee) + "(" + quoted(call.text, false) + ").", "The command " + command.why + ".", callee});
    }
  }
}

// Native code: libraries are loaded every day; memory that is filled with bytes and run is not.
void Weigher::weigh_native(uint32_t index, const Event& event, const Name& name) {
  static constexpr std::string_view kInjecting[] = {"CreateRemoteThread", "CreateThread", "WriteProcessMemory", "QueueUserAPC", "NtCreateThreadEx", "RtlCreateUserThread", "VirtualAllocEx", "NtUnmapViewOfSection", "SetWindowsHookExA", "SetWindowsHookExW", "NtWriteVirtualMemory", "EnumSystemLocalesA", "memfd_create"};
  const std::string_view last = last_part(name.canonical);
  static constexpr std::string_view kStarters[] = {"system", "popen", "WinExec", "ShellExecuteA", "ShellExecuteW", "execl", "execlp", "execv", "execve", "execvp"};
  if (is_one_of(kStarters, last)) {
    for (const std::string_view text : texts_of(event)) {
      const CommandOf command = command_of(text);
      if (command.intent < Intent::odd) continue;
      return add(index, {"-native-code", Ruling::confirmed, "Starts a program through native code when the model is loaded: " + call_text(index) + ".", "The command " + command.why + ".", name.canonical});
    }
  }
  if (is_one_of(kInjecting, last)) {
    return add(index, {"-native-code", Ruling::confirmed, "Puts code of its own into memory and starts it when the model is loaded: " + call_text(index) + ".", "What runs there can be read by nobody.", name.canonical});
  }
  if (name.canonical == "mmap.mmap") {
    const Value* protection = keyword_of(event, "prot");
    if (protection == nullptr || !protection->is(Kind::integer) || (protection->as_integer() & 4) == 0) return;
    return add(index, {"-native-code", Ruling::suspected, "Makes memory that code can be run in when the model is loaded.", "Programs that ask the processor what it can do need this as well as those that hide code.", name.canonical});
  }
  if (last == "VirtualAlloc" || last == "VirtualProtect" || last == "mprotect") {
    return add(index, {"-native-code", Ruling::suspected, "Makes memory that code can be run in when the model is loaded.", "Programs that ask the processor what it can do need this as well as those that hide code.", name.canonical});
  }
  const auto payload = payload_of(event, *name.known);
  if (!payload || name.known->payload != PayloadKind::path) return;
  const Origin origin = origin_of(heap_, *payload);
  const std::string downloaded = downloaded_among(origin);
  if (name.canonical.starts_with("torch.jit.")) {
    // Operators of TorchScript are what it can do; whoever answers at a bare address is another matter.
    const AddressKind from = downloaded.empty() ? AddressKind::none : download_kind(downloaded);
    const bool nameless = from == AddressKind::number || from == AddressKind::drop ||
                          std::any_of(origin.addresses.begin(), origin.addresses.end(), [](std::string_view text) { return address_of(text).kind == AddressKind::number || address_of(text).kind == AddressKind::drop; });
    return add(index, {"-unsafe-deserialisation", nameless ? Ruling::suspected : Ruling::dismissed, "Loads a TorchScript model when the model is loaded.", "It is run by torch's own interpreter and is judged where it stands; what is fetched can change after this scan.", name.canonical});
  }
  if (!downloaded.empty() || origin.received) {
    return add(index, {"-native-code", download_kind(downloaded) == AddressKind::publisher ? Ruling::suspected : Ruling::confirmed, "Downloads a library and loads it when the model is loaded.", "Native code does what it likes, and whoever answers there chooses it.", name.canonical});
  }
  static constexpr std::string_view kLibraries[] = {"CDLL", "PyDLL", "WinDLL", "OleDLL", "LoadLibrary", "LoadLibraryA", "load_library", "load_op_library", "load_file_system_library", "load_pluggable_device_library", "register_custom_ops_library", "dlopen", "load_dynamic"};
  if (is_one_of(kLibraries, last) && std::any_of(origin.texts.begin(), origin.texts.end(), is_data_name)) {
    return add(index, {"-native-code", runs_unasked(event) ? Ruling::confirmed : Ruling::suspected, "Loads a library that is named like data when the model is loaded: " + call_text(index) + ".", "Native code stands in files that are called so; weights, vocabularies and pictures are not loaded as libraries.", name.canonical});
  }
  if (payload->is_text()) add(index, {"-native-code", Ruling::dismissed, "Loads the library " + quoted(payload->text(), false) + " when the model is loaded.", "Programs load libraries of the system and of their own.", name.canonical});
}

}  // namespace winnow::judge
