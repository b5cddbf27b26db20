// Source beside the weights is a program: it opens files, starts tools, asks servers and looks at objects all day, and
// all that is normal. What is not is told by what is started, sent or kept, where it came from, and where it goes.
#include <algorithm>

#include "judge/addresses.h"
#include "judge/commands.h"
#include "judge/names.h"
#include "judge/origins.h"
#include "judge/places.h"
#include "judge/signs.h"
#include "judge/source.h"
#include "judge/weigher.h"

namespace winnow::judge {

using knowledge::Callable;
using knowledge::Effect;
using knowledge::PayloadKind;

// When the module is imported, when a loader makes or fills the model, when the model is asked: nobody has to ask for it.
bool Weigher::runs_unasked(const Event& event) { return event.trigger != Trigger::other; }

void Weigher::weigh_in_program(uint32_t index, const Event& event) {
  switch (event.op) {
    case Op::call: break;
    case Op::set_attribute: case Op::set_items: return weigh_change(index, event);
    case Op::import: return weigh_plain_import(index, event);
    default: return;
  }
  if (event.computed) return weigh_computed_in_program(index, event);
  const Name* name = resolved(event.callee);
  if (weigh_passing_on(index, event) || weigh_method(index, event)) return;
  if (name == nullptr) return weigh_found_callee(index, event);
  static constexpr std::string_view kListeners[] = {"pynput.keyboard.Listener", "pynput.keyboard.GlobalHotKeys", "keyboard.on_press", "keyboard.hook", "keyboard.record", "pyHook.HookManager", "pyxhook.HookManager"};
  if (is_one_of(kListeners, name->canonical)) return weigh_listener(index, event, std::string(name->canonical));
  static constexpr std::string_view kStarters[] = {"Run", "Exec", "ShellExecute", "ShellExecuteA", "ShellExecuteW", "WinExec", "Create", "execute", "run_command", "exec_command", "shell", "cmd", "run", "sudo", "local"};
  if (is_one_of(kStarters, last_part(name->canonical)) && !name->canonical.starts_with("subprocess.") && !name->canonical.starts_with("shell.") && weigh_starter(index, event, std::string(name->canonical))) return;
  note_download(event, *name);
  note_kept(event, *name);
  if (name->canonical.ends_with("cpp_extension.load_inline")) return weigh_native_source(index, event, std::string(name->canonical));
  if (name->canonical == "sys.path.insert" || name->canonical == "sys.path.append") return weigh_module_folder(index, event, *name);
  if (opens_door(last_part(name->canonical)) && weigh_walk(index, event)) return;
  if (event.nested != 0) return weigh_load(index, event, *name);
  if (name->known == nullptr || is_trusted(name->known)) return weigh_stranger(index, event, *name);
  switch (name->known->effect) {
    case Effect::process: return weigh_process(index, event, *name);
    case Effect::code: return weigh_executed(index, event, *name);
    case Effect::network: return weigh_network(index, event, *name);
    case Effect::file_write: case Effect::file_read: case Effect::file_delete: return weigh_file(index, event, *name);
    case Effect::fetch_model: return weigh_fetched_model(index, event, *name);
    case Effect::deserialise: return weigh_deserialised(index, event, *name);
    case Effect::native: return weigh_native(index, event, *name);
    case Effect::tamper: return weigh_tampering(index, event, *name);
    case Effect::import: return weigh_loaded_module(index, event, *name);
    case Effect::call: return weigh_handing_over(index, event, *name);
    default: return;
  }
}

// What the machine has computed: only walks among the interpreter's own objects are of interest.
void Weigher::weigh_computed_in_program(uint32_t index, const Event& event) {
  const Name* name = resolved(event.callee);
  if (name == nullptr) return;
  if (event.nested != 0) return weigh_load(index, event, *name);
  if (name->known == nullptr) return;
  if (name->known->effect == Effect::import) return weigh_loaded_module(index, event, *name);
  if (name->canonical == "builtins.compile") weigh_executed(index, event, *name);
}

// Text and bytes that are executed.
void Weigher::weigh_executed(uint32_t index, const Event& event, const Name& name) {
  const Callable& known = *name.known;
  if (known.payload == PayloadKind::model || known.payload == PayloadKind::url) return weigh_fetched_model(index, event, name);
  const auto payload = payload_of(event, known);
  const Opinion base{"-code-execution", Ruling::dismissed, "Runs Python code when the model is loaded.", std::string(known.why), name.canonical};
  if (!payload || loads_safely(event, name)) return;
  if (payload->is_text() && known.payload == PayloadKind::path) return weigh_executed_file(index, event, name);
  Opinion opinion = base;
  const Origin origin = whole_origin(*payload);
  const std::string downloaded = origin.read ? downloaded_among(origin) : std::string();
  if (payload->is_text()) {
    const bool hidden = is_hidden_text(payload->text());
    opinion.ruling = hidden ? Ruling::suspected : Ruling::dismissed;
    opinion.why = hidden ? "The code stands nowhere in the source as it can be read: it is decoded or put together first." : "The code stands in the source, and what it does is told by itself.";
    if (hidden && !event.entered && name.canonical != "builtins.compile") opinion.why += " It could not be followed.";
    const SourceFacts facts = read_source(payload->text());
    if (hidden && facts.calls.empty() && (payload->text().starts_with("from ") || payload->text().starts_with("import "))) {
      opinion.ruling = Ruling::dismissed;
      opinion.why = "It only imports names, of which each is judged by its use.";
    } else if (is_no_source(payload->text()) && is_builtin(name.canonical) && name.canonical != "builtins.compile") {
      opinion.ruling = runs_unasked(event) ? Ruling::confirmed : Ruling::suspected;
      opinion.summary = "Runs code that it puts together out of signs when the model is loaded.";
      opinion.why = "What is run stands nowhere as text, in this file or beside it: it is made of single bits or signs, so that nobody can read it.";
    } else if (hidden && acts_badly(facts)) {
      opinion.ruling = Ruling::confirmed;
      opinion.summary = "Runs hidden Python code that calls " + (facts.acting_code.empty() ? facts.calls.front() : facts.acting_code) + " when the model is loaded.";
    }
  } else if (origin.received || !downloaded.empty()) {
    const std::string from = origin.addresses.empty() ? downloaded : std::string(origin.addresses.front());
    opinion.ruling = Ruling::confirmed;
    opinion.summary = "Runs code that it receives over the network when the model is loaded.";
    opinion.why = "Whoever answers" + (from.empty() ? std::string() : " at " + from) + " decides what runs on this machine, and can decide otherwise tomorrow.";
  } else if (origin.asked_for) {
    opinion.ruling = Ruling::confirmed;
    opinion.summary = "Runs code that it downloads when the model is loaded.";
    opinion.why = "Whoever answers at " + std::string(origin.addresses.front()) + " decides what runs on this machine, and can decide otherwise tomorrow.";
  } else if (!origin.models.empty() && is_builtin(name.canonical) && name.canonical != "builtins.compile") {
    const bool source = std::any_of(origin.texts.begin(), origin.texts.end(), [](std::string_view text) { return text.ends_with(".py"); });
    opinion.ruling = !source && runs_unasked(event) ? Ruling::confirmed : Ruling::suspected;
    opinion.summary = "Runs code that it takes from the repository " + quoted(origin.models.front(), false) + " when the model is loaded.";
    opinion.why = source ? "It is not part of this scan, and can change after it." : "It is not part of this scan, can change after it, and is kept in a file that is called as if it were none.";
  } else if (origin.decoded && !origin.given && !origin.read) {
    opinion.ruling = Ruling::confirmed;
    opinion.summary = "Runs code that it decodes first when the model is loaded.";
    opinion.why = "The code is kept so that nobody can read it; honest source has nothing to hide.";
  } else if (origin.decoded) {
    const bool strange = origin.read && reads_strange_code(origin) && is_builtin(name.canonical);
    opinion.ruling = strange && runs_unasked(event) ? Ruling::confirmed : Ruling::suspected;
    opinion.summary = "Runs code that it decodes first when the model is loaded.";
    opinion.why = strange ? "The code is kept, so that nobody can read it, where nobody looks for code." : "What the code is cannot be told here.";
  } else if (origin.numbers && is_builtin(name.canonical)) {
    const bool executes = name.canonical != "builtins.eval";
    opinion.ruling = executes && runs_unasked(event) ? Ruling::confirmed : Ruling::suspected;
    opinion.summary = "Runs code that it takes out of numbers or pictures when the model is loaded.";
    opinion.why = "Weights and pictures hold no code, unless somebody hides it there.";
  } else if (origin.read && reads_strange_code(origin)) {
    // A setting may be an expression; whole programs in a vocabulary or in weights are not honest.
    static constexpr std::string_view kReadable[] = {".txt", ".md", ".log"};
    const bool readable = std::any_of(origin.texts.begin(), origin.texts.end(), [&](std::string_view text) { return std::any_of(std::begin(kReadable), std::end(kReadable), [&](std::string_view end) { return text.ends_with(end); }); });
    const bool executes = is_builtin(name.canonical) && name.canonical != "builtins.eval" && name.canonical != "builtins.compile";
    opinion.ruling = executes && !readable && runs_unasked(event) ? Ruling::confirmed : Ruling::suspected;
    opinion.summary = "Runs code that it reads from a file of another kind when the model is loaded.";
    opinion.why = "Code stands in files that are called so; here it is kept where nobody looks for it.";
  } else if (const auto inner = std::find_if(origin.texts.begin(), origin.texts.end(), [](std::string_view text) { return text.size() < 100'000 && acts_badly(read_source(text)); }); inner != origin.texts.end()) {
    opinion.ruling = runs_unasked(event) ? Ruling::confirmed : Ruling::suspected;
    opinion.summary = "Runs Python code that calls " + read_source(*inner).acting_code + " when the model is loaded.";
    opinion.why = "The code is a text that is made into something else before it is run: nobody writes what he may write plainly in this way.";
  } else if (is_of_requests(event, origin) && is_builtin(name.canonical) && name.canonical != "builtins.compile") {
    opinion.ruling = serves_requests() ? Ruling::confirmed : Ruling::suspected;
    opinion.summary = "Runs as Python code what it is asked when the model is used.";
    opinion.why = "Whoever may ask the model a question decides what runs on the machine that answers.";
  } else if (payload->is(Kind::name) && heap_.name(*payload).canonical.starts_with("__package__.") && name.canonical == "builtins.exec" && runs_unasked(event)) {
    opinion.ruling = Ruling::suspected;
    opinion.summary = "Runs a text as code that another module of its package holds when the model is loaded.";
    opinion.why = "That module is not part of this scan: what the text says cannot be told.";
  } else {
    opinion.why = "What is run comes from whoever calls the program, from a file beside it, or was made of its own names; nothing of it is hidden or fetched.";
  }
  add(index, std::move(opinion));
}

// Whether a value is nothing but what a question to the model holds: no part of it stands in the source or in a file.
bool Weigher::is_of_requests(const Event& event, const Origin& origin) {
  const auto is_part = [](std::string_view text) { return text.find_first_of(" (=%{") != std::string_view::npos; };
  return event.trigger == Trigger::inference && origin.given && !origin.read && !origin.output && std::none_of(origin.texts.begin(), origin.texts.end(), is_part);
}

// yaml.load(text, Loader=SafeLoader): nothing but data comes out.
bool Weigher::loads_safely(const Event& event, const Name& name) const {
  if (!name.canonical.ends_with("yaml.load") && !name.canonical.ends_with("yaml.load_all")) return false;
  const Value* loader = keyword_of(event, "Loader");
  if (loader == nullptr && event.arguments.is_sequence() && heap_.items(event.arguments).size > 1) loader = &heap_.items(event.arguments)[1];
  if (loader == nullptr || !loader->is(Kind::name)) return false;
  const std::string_view called = last_part(heap_.name(*loader).canonical);
  return called.find("Safe") != std::string_view::npos || called == "BaseLoader" || called == "CBaseLoader";
}

// runpy.run_path and its kin.
void Weigher::weigh_executed_file(uint32_t index, const Event& event, const Name& name) {
  const auto payload = payload_of(event, *name.known);
  if (!payload || !payload->is_text()) return;
  const std::string downloaded = downloaded_among(origin_of(heap_, *payload));
  if (downloaded.empty()) {
    return add(index, {"-code-execution", Ruling::dismissed, "Runs " + quoted(payload->text(), false) + " when the model is loaded.", "It is a file of its own; it is judged where it stands.", name.canonical});
  }
  add(index, {"-code-execution", Ruling::confirmed, "Downloads " + quoted(payload->text(), false) + " and runs it when the model is loaded.", "Whoever answers there decides what runs on this machine.", name.canonical});
}

// Other models: what they are called is collected, and what code of theirs is allowed to run.
void Weigher::weigh_fetched_model(uint32_t index, const Event& event, const Name& name) {
  std::string_view target;
  const auto payload = payload_of(event, *name.known);
  if (payload && payload->is_text()) target = payload->text();
  if (!target.empty()) refer_to(event, target, "model", name.canonical);
  const Value* trust = keyword_of(event, "trust_remote_code");
  const bool trusts = (trust != nullptr && trust->is(Kind::boolean) && trust->as_boolean()) || name.known->effect == Effect::code;
  if (target.empty() && !trusts) return;
  static constexpr std::string_view kKnown[] = {"pytorch/", "facebookresearch/", "huggingface/", "snakers4/", "ultralytics/", "nvidia/", "NVIDIA/", "openai/", "google/", "microsoft/", "intel-isl/", "isl-org/", "mateuszbuda/", "rwightman/", "tensorflow/", "bytedance/", "yvanyin/", "YvanYin/", "hustvl/", "mit-han-lab/", "zhanghang1989/", "moskomule/", "harritaylor/", "bryandlee/", "tarepan/", "RF5/", "bshall/", "lukemelas/", "kkoutini/", "sigsep/", "AK391/", "XPixelGroup/", "valeoai/", "mhamilton723/", "baudm/", "WongKinYiu/"};
  Opinion opinion{"transitive-model-load", Ruling::dismissed, "Loads " + (target.empty() ? std::string("another model") : quoted(target, false)) + " when the model is loaded.", "Programs load models by their names. What is fetched can change after this scan.", name.canonical};
  const bool path = target.starts_with('.') || target.starts_with('/') || target.starts_with('~');
  if (trusts && runs_unasked(event) && !target.empty() && !path && target.find('/') != std::string_view::npos && !starts_with_one_of(kKnown, target)) {
    opinion.ruling = Ruling::suspected;
    opinion.why = "It allows that model's own Python code to run, which is not part of this scan and can change after it.";
  }
  if (address_of(target).kind == AddressKind::number || address_of(target).kind == AddressKind::drop) opinion.ruling = Ruling::suspected;
  add(index, std::move(opinion));
}

void Weigher::weigh_deserialised(uint32_t index, const Event& event, const Name& name) {
  const auto payload = payload_of(event, *name.known);
  if (!payload) return;
  if (name.known->payload == PayloadKind::marshal) {
    const Origin origin = origin_of(heap_, *payload);
    const bool bad = origin.received || (origin.decoded && !origin.read);
    if (bad || payload->is_text()) {
      add(index, {"-embedded-code", origin.received ? Ruling::confirmed : Ruling::suspected, "Loads compiled code that it " + std::string(origin.received ? "receives over the network" : "carries as data") + " when the model is loaded.",
                  "Code that is to be read is kept as source.", name.canonical});
    }
    return;
  }
  if (payload->is_text()) {
    refer_to(event, payload->text(), "file", name.canonical);
    const bool elsewhere = address_of(payload->text()).kind == AddressKind::number || address_of(payload->text()).kind == AddressKind::drop;
    return add(index, {"-unsafe-deserialisation", elsewhere ? Ruling::suspected : Ruling::dismissed, "Loads " + quoted(payload->text(), false) + " when the model is loaded.",
                       "Programs load files of their own; those that are models are judged where they stand.", name.canonical});
  }
  const Origin origin = origin_of(heap_, *payload);
  if (!origin.received) return;
  bool published = !origin.addresses.empty();
  for (const std::string_view text : origin.addresses) {
    const AddressKind kind = address_of(text).kind;
    published = published && (kind == AddressKind::none || kind == AddressKind::publisher || kind == AddressKind::local);
  }
  if (published || origin.addresses.empty()) return;
  const AddressKind from = address_of(origin.addresses.front()).kind;
  const bool nameless = from == AddressKind::number || from == AddressKind::drop;
  add(index, {"-unsafe-deserialisation", nameless && runs_unasked(event) ? Ruling::confirmed : Ruling::suspected, "Loads serialised objects that it receives from " + quoted(origin.addresses.front(), false) + " when the model is loaded.",
              "Such objects run code when they are loaded, and whoever answers there chooses it.", name.canonical});
}

// A folder in which Python is to look for modules, and which comes from another repository.
void Weigher::weigh_module_folder(uint32_t index, const Event& event, const Name& name) {
  for (const Value& argument : arguments_of(event)) {
    const Origin origin = origin_of(heap_, argument);
    if (origin.models.empty() || !runs_unasked(event)) continue;
    return add(index, {"transitive-model-load", Ruling::suspected, "Has Python find modules in the repository " + quoted(origin.models.front(), false) + " when the model is loaded.",
                       "What is imported from there is not part of this scan and can change after it.", name.canonical});
  }
}

// Modules that are loaded from files by their paths.
void Weigher::weigh_loaded_module(uint32_t index, const Event& event, const Name& name) {
  if (name.known->payload != PayloadKind::path) return;
  for (const Value& argument : arguments_of(event)) {
    const Origin origin = origin_of(heap_, argument);
    const std::string downloaded = downloaded_among(origin);
    if (downloaded.empty() && !origin.received) continue;
    return add(index, {"-code-execution", Ruling::confirmed, "Downloads a module and imports it when the model is loaded.", "Whoever answers there decides what runs on this machine.", name.canonical});
  }
}

// A callable that runs code or programs, handed with what it shall run to something that calls it.
void Weigher::weigh_handing_over(uint32_t index, const Event& event, const Name& name) {
  const std::vector<Value> given = arguments_of(event);
  const bool runner = std::any_of(given.begin(), given.end(), [&](Value one) { return names_code_runner(one); });
  if (!runner) return;
  for (const std::string_view text : texts_of(event)) {
    const CommandOf command = command_of(text);
    const SourceFacts facts = read_source(text);
    if (command.intent < Intent::odd && !acts_badly(facts)) continue;
    return add(index, {"-callback", Ruling::confirmed, "Has " + std::string(name.canonical) + " call what runs code with " + quoted(text, false) + " when the model is loaded.",
                       command.intent >= Intent::odd ? "The command " + command.why + "." : "The code acts on the machine.", name.canonical});
  }
}

// Callables of which knowledge says nothing, or nothing bad: what they are given may still be a theft.
void Weigher::weigh_stranger(uint32_t index, const Event& event, const Name& name) {
  const std::string callee(name.canonical);
  static constexpr std::string_view kPacked[] = {"pyarmor", "__pyarmor__", "pytransform", "sourcedefender", "pyobfus", "pyconcrete"};
  for (const std::string_view packer : kPacked) {
    if (callee.find(packer) == std::string::npos) continue;
    return add(index, {"-embedded-code", Ruling::suspected, "Runs code that " + std::string(packer) + " has packed when the model is loaded.", "What it does cannot be read here, and is meant not to be.", callee});
  }
  if (callee == "mmap.mmap") return weigh_native(index, event, name);
  if (callee.starts_with("winreg.") || callee.starts_with("_winreg.")) return weigh_registry(index, event, name);
}

// What starts programs by the looks of its name, and is given a command that tells what for.
bool Weigher::weigh_starter(uint32_t index, const Event& event, const std::string& callee) {
  for (const std::string_view text : texts_of(event)) {
    const CommandOf command = command_of(text);
    if (command.intent != Intent::hostile || text.find(' ') == std::string_view::npos) continue;
    add(index, {"-code-execution", Ruling::confirmed, "Starts a program when the model is loaded: " + call_text(index) + ".", "The command " + command.why + ".", callee});
    return true;
  }
  return false;
}

// Whoever listens to the keyboard and speaks to the network tells what is typed.
void Weigher::weigh_listener(uint32_t index, const Event& event, const std::string& callee) {
  static_cast<void>(event);
  add(index, {"-network-access", reaches_network() ? Ruling::confirmed : Ruling::suspected, "Listens to what is typed when the model is loaded.", "Code beside a model has no use for the keyboard of whoever runs it.", callee});
}

bool Weigher::reaches_network() const {
  return std::any_of(trace_.events.begin(), trace_.events.end(), [&](const Event& other) {
    const Name* called = other.op == Op::call ? resolved(other.callee) : nullptr;
    return called != nullptr && called->known != nullptr && called->known->effect == Effect::network;
  });
}

// Methods of what an earlier call gave: what they do follows from what that was.
bool Weigher::weigh_method(uint32_t index, const Event& event) {
  if (!event.callee.is(Kind::attribute)) return false;
  const AttributeOf& of = heap_.attribute(event.callee);
  const Name* known = resolved(event.callee);
  if (known != nullptr && known->known != nullptr) return false;
  static constexpr std::string_view kSending[] = {"send", "sendall", "sendto", "sendmail", "send_message", "request", "post", "put", "patch", "storbinary", "storlines", "send_json", "send_str", "emit", "publish", "write", "upload_file", "put_object", "upload_fileobj"};
  static constexpr std::string_view kWriting[] = {"write_text", "write_bytes", "open", "write", "symlink_to", "touch"};
  if (is_one_of(kSending, of.name)) {
    if (const Name* connection = connection_behind(of.base)) {
      weigh_network(index, event, *connection);
      return true;
    }
  }
  if (!is_one_of(kWriting, of.name)) return false;
  const Origin target = origin_of(heap_, of.base);
  if (target.path && of.name != "write" && !opens_to_read(event, of.name)) {
    for (const std::string_view text : target.texts) {
      if (!is_startup_place(text)) continue;
      add(index, {"-file-write", Ruling::confirmed, "Writes to a place that is run or obeyed later when the model is loaded: " + call_text(index) + ".", "What stands there is run, or decides who may log in, long after the model is gone.", "pathlib.Path"});
      return true;
    }
  }
  if (of.name != "write" || !target.read) return false;
  for (const Value& argument : arguments_of(event)) {
    const Origin origin = origin_of(heap_, argument);
    if (!origin.encrypted || !origin.read || !walks_everything()) continue;
    add(index, {"-file-write", Ruling::confirmed, "Encrypts the files of whoever runs it when the model is loaded: " + call_text(index) + ".", "It walks through folders that are not its own and writes what it finds back as nobody can read it.", "builtins.open"});
    return true;
  }
  return false;
}

// path.open() and path.open('r') change nothing.
bool Weigher::opens_to_read(const Event& event, std::string_view method) const {
  if (method != "open") return false;
  const std::vector<Value> given = arguments_of(event);
  return given.empty() || !given[0].is_text() || given[0].text().find_first_of("wax+") == std::string_view::npos;
}

// The call of the network that made what stands here; null where there is none.
const Name* Weigher::connection_behind(Value value) const {
  for (int steps = 0; steps < 16; ++steps) {
    if (value.is(Kind::attribute)) {
      value = heap_.attribute(value).base;
    } else if (value.is(Kind::object)) {
      const Object& made = heap_.object(value);
      const Name* maker = resolved(made.callee);
      if (maker != nullptr && maker->known != nullptr && maker->known->effect == Effect::network) return maker;
      if (!made.callee.is(Kind::attribute)) return nullptr;
      value = made.callee;
    } else if (value.is_derived() && heap_.items(value).size > 0) {
      value = heap_.items(value)[0];
    } else {
      return nullptr;
    }
  }
  return nullptr;
}

// A module that was downloaded before and is imported by its name now.
void Weigher::weigh_plain_import(uint32_t index, const Event& event) {
  if (downloads_.empty() || !event.callee.is(Kind::name)) return;
  const std::string_view module = heap_.name(event.callee).canonical;
  const std::string file = "/" + std::string(module.substr(0, module.find('.'))) + ".py";
  for (const Download& download : downloads_) {
    if (!("/" + download.path).ends_with(file)) continue;
    return add(index, {"-code-execution", download.from == AddressKind::publisher ? Ruling::suspected : Ruling::confirmed, "Downloads the module " + std::string(module) + " and imports it when the model is loaded.", "Whoever answers there decides what runs on this machine.", module});
  }
}

// Whether a file of that name holds data, in which nobody looks for code.
bool Weigher::is_data_name(std::string_view path) {
  static constexpr std::string_view kData[] = {".txt", ".bin", ".dat", ".json", ".png", ".jpg", ".jpeg", ".gif", ".ico", ".safetensors", ".pt", ".pth", ".md", ".csv", ".log", ".onnx", ".gguf", ".h5", ".npy", ".vocab", ".model", ".wav", ".jsonl", ".tsv", ".npz", ".tiktoken", ".bpe", ".spm", ".parquet", ".webp", ".svg", ".ttf"};
  return std::any_of(std::begin(kData), std::end(kData), [&](std::string_view end) { return path.ends_with(end); });
}

// Code out of the program's own file, or out of a file of data.
bool Weigher::reads_strange_code(const Origin& origin) const {
  const std::string& path = trace_.artifacts.front().path;
  const std::string_view own = std::string_view(path).substr(path.find_last_of("/!\\") + 1);
  // The own name is also what the folder of another file is found by.
  const bool other = std::any_of(origin.texts.begin(), origin.texts.end(), [&](std::string_view text) { return text != own && text.ends_with(".py"); });
  return std::any_of(origin.texts.begin(), origin.texts.end(), [&](std::string_view text) { return (text == own && !other) || is_data_name(text); });
}

// A file whose functions a server calls with what it is asked over the network, by the names that its contract gives them.
bool Weigher::serves_requests() const {
  static constexpr std::string_view kContracts[] = {"class EndpointHandler", "class TritonPythonModel", "(BaseHandler)", "def predict_fn(", "def input_fn(", "def transform_fn("};
  const std::string_view source = as_text(trace_.artifacts.front().bytes);
  return std::any_of(std::begin(kContracts), std::end(kContracts), [&](std::string_view word) { return source.find(word) != std::string_view::npos; });
}

// Whether a text is made of signs that no source holds: what is run was put together from parts that are not known here.
bool Weigher::is_no_source(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 32 && c != '\n' && c != '\r' && c != '\t' && c != '\f'; });
}

// Whether what a text of code calls is more than a program's daily work.
bool Weigher::acts_badly(const SourceFacts& facts) {
  static constexpr std::string_view kBad[] = {"os.system", "os.popen", "subprocess.", "pty.", "socket.", "os.exec", "os.spawn", "ctypes.", "urllib.request.", "requests.", "shutil.rmtree", "os.remove", "os.unlink", "builtins.exec", "builtins.eval", "marshal."};
  return std::any_of(facts.calls.begin(), facts.calls.end(), [&](const std::string& call) { return starts_with_one_of(kBad, call); });
}

}  // namespace winnow::judge
