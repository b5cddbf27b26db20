// Files, settings and other code that source reads and changes.
#include <algorithm>

#include "core/neighbours.h"
#include "judge/commands.h"
#include "judge/names.h"
#include "judge/origins.h"
#include "judge/places.h"
#include "judge/source.h"
#include "judge/weigher.h"

namespace winnow::judge {

using knowledge::Effect;

void Weigher::weigh_file(uint32_t index, const Event& event, const Name& name) {
  const bool reads = name.known->effect == Effect::file_read || opens_for_reading(event, name) || name.canonical.ends_with(".read_text") || name.canonical.ends_with(".read_bytes");
  std::vector<Value> values;
  if (const auto payload = payload_of(event, *name.known)) values.push_back(*payload);
  else values = arguments_of(event);
  if (event.callee.is(Kind::attribute)) values.push_back(heap_.attribute(event.callee).base);
  std::vector<std::string_view> texts;
  std::string joined;
  bool wipes = false, library = false, module = false;
  for (const Value& value : values) {
    const Origin origin = origin_of(heap_, value);
    library = library || origin.library;
    const bool itself = value.is(Kind::attribute) || value.is(Kind::name);
    module = module || (origin.module_file && itself);
    library = library || (origin.module_file && !itself);
    for (const std::string_view text : origin.texts) {
      texts.push_back(text);
      if (text.size() < 256 && joined.size() < 1024) (joined += '/') += text;
    }
    if (origin.texts.size() == 1 && !origin.given && name.known->effect == Effect::file_delete) wipes = wipes || is_everything(origin.texts.front());
  }
  const auto any = [&](auto test) { return test(joined) || std::any_of(texts.begin(), texts.end(), test); };
  if (wipes && last_part(name.canonical).find("rmtree") != std::string_view::npos) {
    return add(index, {"-file-delete", Ruling::confirmed, "Deletes everything when the model is loaded: " + call_text(index) + ".", "No program has to delete what is not its own.", name.canonical});
  }
  if (name.known->effect == Effect::file_delete) return;
  if (!reads && any([](std::string_view text) { return is_startup_place(text); })) {
    return add(index, {"-file-write", Ruling::confirmed, "Writes to a place that is run or obeyed later when the model is loaded: " + call_text(index) + ".", "What stands there is run, or decides who may log in, long after the model is gone.", name.canonical});
  }
  if (!reads && module) {
    return add(index, {"-file-write", Ruling::confirmed, "Writes into the source of a module that is installed when the model is loaded: " + call_text(index) + ".", "It runs whenever somebody imports that module, long after the model is gone.", name.canonical});
  }
  const auto ends = [&](std::string_view end) { return std::any_of(texts.begin(), texts.end(), [&](std::string_view text) { return text.ends_with(end); }); };
  if (!reads && library && (ends(".pth") || ends(".py"))) {
    return add(index, {"-file-write", ends(".pth") ? Ruling::confirmed : Ruling::suspected, "Writes code into the folder of Python's libraries when the model is loaded: " + call_text(index) + ".", "It runs whenever Python starts, or when somebody imports what stood there before.", name.canonical});
  }
  if (any([](std::string_view text) { return is_secret_place(text); })) {
    const bool itself = name.canonical == "os.path.exists" || name.known->payload == knowledge::PayloadKind::none;
    if (itself) return;
    return add(index, {"-file-read", runs_unasked(event) ? Ruling::suspected : Ruling::dismissed, std::string(reads ? "Reads" : "Deals with") + " a file in which secrets are kept when the model is loaded: " + call_text(index) + ".",
                       runs_unasked(event) ? "Code beside a model has no business there." : "It is read when somebody calls for it, and nothing shows that it is sent anywhere.", name.canonical});
  }
}

// Whether the program walks through folders that are not its own.
bool Weigher::walks_everything() const {
  static constexpr std::string_view kWalkers[] = {"os.walk", "glob.glob", "glob.iglob", "os.scandir", "os.listdir", "pathlib.Path.rglob", "pathlib.Path.glob"};
  return std::any_of(trace_.events.begin(), trace_.events.end(), [&](const Event& other) {
    const Name* called = other.op == Op::call ? resolved(other.callee) : nullptr;
    if (called == nullptr || !is_one_of(kWalkers, called->canonical)) return false;
    std::vector<Value> values = arguments_of(other);
    if (other.callee.is(Kind::attribute)) values.push_back(heap_.attribute(other.callee).base);
    return std::any_of(values.begin(), values.end(), [&](Value value) {
      const Origin origin = origin_of(heap_, value);
      return origin.what == "pathlib.Path.home" || origin.what == "os.path.expanduser" || std::any_of(origin.texts.begin(), origin.texts.end(), [](std::string_view text) { return is_everything(text); });
    });
  });
}

bool Weigher::is_everything(std::string_view path) {
  static constexpr std::string_view kAll[] = {"/", "~", "/home", "/root", "/etc", "/usr", "/var", "/bin", "/lib", "/boot", "C:\\", "C:/", "c:\\", "C:\\Windows", "C:\\Users", "/*", "~/"};
  return is_one_of(kAll, path);
}

// What is put into modules, classes and settings of others.
void Weigher::weigh_change(uint32_t index, const Event& event) {
  const Value owner = event.callee.is(Kind::attribute) ? heap_.attribute(event.callee).base : event.callee;
  if (!owner.is(Kind::name)) return;
  const Name& name = heap_.name(owner);
  const std::vector<Value> given = arguments_of(event);
  if (name.canonical.starts_with("os.environ")) {
    for (size_t i = 0; i + 1 < given.size(); i += 2) {
      const Address address = given[i + 1].is_text() ? address_of(given[i + 1].text()) : Address();
      if (!given[i].is_text() || (address.kind != AddressKind::number && address.kind != AddressKind::drop)) continue;
      add(index, {"-environment-access", Ruling::suspected, "Has programs ask " + quoted(given[i + 1].text(), false) + " by " + quoted(given[i].text(), false) + " when the model is loaded.", "By this variable they find their server; this one has no name.", name.canonical});
    }
    static constexpr std::string_view kPreloads[] = {"LD_PRELOAD", "LD_AUDIT", "DYLD_INSERT_LIBRARIES", "PYTHONSTARTUP", "BASH_ENV", "PROMPT_COMMAND"};
    for (size_t i = 0; i + 1 < given.size(); i += 2) {
      if (!given[i].is_text() || !is_one_of(kPreloads, given[i].text())) continue;
      return add(index, {"-environment-access", Ruling::suspected, "Sets " + std::string(given[i].text()) + " when the model is loaded.", "By it programs that are started later run code of somebody else's choice.", name.canonical});
    }
    return;
  }
  if (name.canonical != "builtins" || event.op != Op::set_attribute || given.empty() || !given[0].is_text()) return;
  static constexpr std::string_view kGuarded[] = {"__import__", "exec", "eval", "compile", "open", "input", "__build_class__", "getattr"};
  if (!is_one_of(kGuarded, given[0].text())) return;
  const bool sends = std::any_of(trace_.events.begin(), trace_.events.end(), [&](const Event& other) {
    const Name* called = other.op == Op::call ? resolved(other.callee) : nullptr;
    return called != nullptr && called->known != nullptr && (called->known->effect == Effect::network || called->known->effect == Effect::process);
  });
  add(index, {"-runtime-tampering", sends ? Ruling::confirmed : runs_unasked(event) ? Ruling::suspected : Ruling::dismissed, "Puts something else in the place of Python's own " + std::string(given[0].text()) + " when the model is loaded.", "Whatever any program does under that name from now on goes through it.", name.canonical});
}

void Weigher::weigh_tampering(uint32_t index, const Event& event, const Name& name) {
  if (name.canonical.starts_with("winreg.") || name.canonical.starts_with("_winreg.")) return weigh_registry(index, event, name);
}

// The registry's lists of what is started with the machine.
void Weigher::weigh_registry(uint32_t index, const Event& event, const Name& name) {
  const std::string_view last = last_part(name.canonical);
  const bool writes = last.starts_with("Set") || last.starts_with("Create");
  if (!writes) return;
  for (const Value& argument : arguments_of(event)) {
    for (const std::string_view text : origin_of(heap_, argument).texts) {
      if (!is_startup_place("/" + std::string(text))) continue;
      return add(index, {"-file-write", Ruling::confirmed, "Has something started with the machine when the model is loaded: " + call_text(index) + ".", "What stands there is run long after the model is gone.", name.canonical});
    }
  }
}

// Whether a value was reached from a constant by way of its class: ''.__class__.__mro__, ().__class__.__base__.
bool Weigher::walked_from_constant(Value value) const {
  bool door = false;
  for (int steps = 0; steps < 32; ++steps) {
    if (value.is(Kind::attribute)) {
      const AttributeOf& of = heap_.attribute(value);
      door = door || opens_door(of.name) || of.name == "__class__";
      value = of.base;
    } else if (value.is(Kind::object)) {
      value = heap_.object(value).callee;
    } else if (value.is_derived() && heap_.items(value).size > 0) {
      value = heap_.items(value)[0];
    } else {
      break;
    }
  }
  if (value.is(Kind::name)) return heap_.name(value).canonical == "builtins.object.__subclasses__";
  return door && (value.is_text() || value.is(Kind::integer) || value.is_sequence() || value.is(Kind::dict));
}

// The way around a list of forbidden names.
bool Weigher::weigh_walk(uint32_t index, const Event& event) {
  if (!walked_from_constant(event.callee)) return false;
  const Name* name = resolved(event.callee);
  if (name != nullptr && name->canonical == "builtins.object.__subclasses__" && !event.callee.is(Kind::attribute)) return false;
  add(index, {"-introspection", Ruling::suspected, "Walks from a constant to the interpreter's own objects when the model is loaded: " + call_text(index) + ".", "From there every class and module can be reached without naming it.", {}});
  return true;
}

// A call of something that was looked up or found, and has no name here: what it is given tells.
void Weigher::weigh_found_callee(uint32_t index, const Event& event) {
  if (!walked_from_constant(event.callee) && !event.callee.is(Kind::attribute)) return;
  static constexpr std::string_view kStarters[] = {"system", "popen", "Popen", "check_output", "getoutput", "spawn", "execv", "execve", "call", "run"};
  const bool walked = walked_from_constant(event.callee);
  const bool starts = event.callee.is(Kind::attribute) && is_one_of(kStarters, heap_.attribute(event.callee).name);
  if (!walked) return;
  for (const std::string_view text : texts_of(event)) {
    const CommandOf command = command_of(text);
    if (command.intent != Intent::odd && command.intent != Intent::hostile && !starts) continue;
    return add(index, {"-code-execution", Ruling::confirmed, "Calls something that it found among the interpreter's own objects when the model is loaded: " + call_text(index) + ".", "It walks from a constant to what lies behind it; nothing honest is reached in this way.", printer().expression(event.callee)});
  }
}

// Whether a text that is executed stands nowhere in the source: most of its names do not.
bool Weigher::is_hidden_text(std::string_view text) const {
  if (trace_.artifacts.empty()) return false;
  const std::string_view source = as_text(trace_.artifacts.front().bytes);
  if (source.find(text.substr(0, 200)) != std::string_view::npos) return false;
  // Files of code that stand beside the program are read as themselves.
  const Neighbours* const neighbours = scan_.neighbours;
  for (const auto& [path, content] : neighbours == nullptr ? std::unordered_map<std::string, std::optional<Bytes>>() : neighbours->known()) {
    if (content && !is_data_name(path) && as_text(*content).find(text.substr(0, 200)) != std::string_view::npos) return false;
  }
  uint32_t words = 0, found = 0;
  for (const std::string_view word : words_in(text.substr(0, 20'000))) {
    if (word.size() < 4) continue;
    static constexpr std::string_view kUsual[] = {"import", "from", "lambda", "None", "True", "False", "self", "return", "print", "class", "while", "else", "elif", "pass", "with", "raise", "except", "not"};
    if (is_one_of(kUsual, word)) continue;
    if (++words > 200) break;
    found += source.find(word) != std::string_view::npos;
  }
  return words >= 3 && found * 2 < words;
}

}  // namespace winnow::judge
