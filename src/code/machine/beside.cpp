// What stands beside the program. Modules: a repository's `from .utils import run` gives what utils.py defines, so that a
// payload that is kept in one file and run in another is followed; what such a module does itself when it is imported is
// told where it stands, here only what it defines counts. Data: the texts of small files that the program reads, and the
// settings of config.json, which the loader hands to a model's class as `config`.
#include <algorithm>

#include "code/machine/interpreter.h"
#include "code/machine/models.h"
#include "code/machine/objects.h"
#include "code/machine/run.h"
#include "core/neighbours.h"
#include "core/path.h"
#include "knowledge/knowledge.h"

namespace winnow::machine {
namespace {

constexpr size_t kMostModules = 32;
constexpr uint64_t kStepsOfModule = 50'000;  // of the top level of one of them
// Calls of functions of theirs that are followed: a repository's helpers are few, the inner life of a library is not asked for.
constexpr uint32_t kMostCalls = 300;
constexpr uint64_t kMostMemory = uint64_t{64} << 20;

std::optional<Bytes> neighbour(Machine& m, std::string_view path) {
  Neighbours* const neighbours = m.scan().neighbours;
  return neighbours == nullptr ? std::nullopt : neighbours->find(m.scan(), *m.home, path);
}

std::string as_path(std::string_view dotted) {
  std::string out(dotted);
  std::replace(out.begin(), out.end(), '.', '/');
  return out;
}

// Where the module stands that these globals belong to, as a path from the program's folder.
std::string_view place_of(Machine& m, Value globals) {
  if (!globals.is(Kind::dict)) return {};
  const auto found = m.running().foreign.find(globals.index());
  return found == m.running().foreign.end() ? std::string_view() : std::string_view(found->second);
}

Value module_of(Machine& m, Value globals, std::string_view name) {
  Link link;
  link.first = globals;
  link.second = m.resolve("__package__", name);
  return m.heap().new_link(Kind::module, link);
}

// The namespace of the module at a path: run once; again where a side that had run it was taken back.
std::optional<Value> namespace_at(Machine& m, const std::string& path, std::string_view name) {
  Heap& heap = m.heap();
  Running& running = m.running();
  if (const auto known = running.beside.find(path); known != running.beside.end()) {
    if (heap.find_key(known->second, Value::string("__name__")) != nullptr) return known->second;
  } else if (running.beside.size() >= kMostModules) {
    return std::nullopt;
  }
  const auto content = neighbour(m, path);
  if (!content || m.exhausted()) return std::nullopt;
  const auto code = compile_source(m, as_text(*content), Source::module);
  if (!code) return std::nullopt;
  const Value fresh = new_globals(m, name);
  set_global(m, fresh, "__file__", heap.new_string(path));
  running.beside[path] = fresh;
  running.foreign[fresh.index()] = path;
  const auto first_event = m.trace().events.size();
  const Machine::Place outer = m.place;
  const uint64_t limit = running.limit, steps = running.steps;
  running.limit = std::min(limit, steps + kStepsOfModule);
  run_code(m, *code, fresh, fresh);
  running.limit = limit;
  running.steps = std::min(steps + kStepsOfModule / 16, running.steps);  // the program keeps what it needs for itself
  std::erase_if(running.left, [&](const auto& one) { return one.second.globals.is(Kind::dict) && running.foreign.contains(one.second.globals.index()); });
  m.place = outer;
  m.raised.reset();
  for (size_t i = first_event; i < m.trace().events.size(); ++i) m.trace().events[i].elsewhere = true;
  return fresh;
}

std::optional<Value> module_at(Machine& m, const std::string& path, std::string_view name) {
  for (const char* end : {".py", "/__init__.py"}) {
    const std::string file = joined_path("", path + end);
    if (const auto found = namespace_at(m, file, name)) return module_of(m, *found, name);
  }
  return std::nullopt;
}

constexpr size_t kLongestData = size_t{256} << 10;

// The last part of a path that is a text, as a path from the program's folder; of "<of __file__>/data/x.txt" that is
// data/x.txt. Empty where none is.
std::string_view text_of_path(Machine& m, Value path, int depth = 0) {
  if (path.is(Kind::string)) {
    std::string_view text = path.text();
    while (text.starts_with('/') || text.starts_with("./")) text.remove_prefix(text.starts_with('/') ? 1 : 2);
    return text;
  }
  const std::string_view maker = path.is(Kind::object) && m.heap().object(path).callee.is(Kind::name) ? m.heap().name(m.heap().object(path).callee).canonical : std::string_view();
  static constexpr std::string_view kSame[] = {"os.path.join", "os.path.abspath", "os.path.realpath", "os.path.normpath", "os.fspath", "builtins.str"};
  const bool made = maker.starts_with("pathlib.") || std::find(std::begin(kSame), std::end(kSame), maker) != std::end(kSame);
  const Value parts = made ? m.heap().object(path).arguments : path;
  if (depth > 4 || (!made && !path.is_derived()) || !(parts.is_sequence() || parts.is_derived())) return {};
  const Items items = m.heap().items(parts);
  for (uint32_t i = items.size; i-- > 0;) {
    if (items[i].is(Kind::ellipsis)) continue;
    return text_of_path(m, items[i], depth + 1);
  }
  return {};
}

// "pkg.utils" from a file in the folder pkg begins at the folder above it; others begin beside the program.
std::string beginning_of(std::string_view home, std::string_view top) {
  std::string up;
  for (std::string_view folder = folder_of(home); folder != "." && !folder.empty();) {
    const size_t slash = folder.find_last_of("/!");
    up += "../";
    if (folder.substr(slash == std::string_view::npos ? 0 : slash + 1) == top) return up;
    if (slash == std::string_view::npos || folder[slash] == '!') break;
    folder = folder.substr(0, slash);
  }
  return {};
}

}  // namespace

std::optional<Value> module_beside(Machine& m, Value globals, std::string_view name, int64_t level, bool leaf) {
  constexpr int64_t kHighest = 8;
  if (m.home == nullptr || level > kHighest || m.running().runs.size() > 24) return std::nullopt;
  if (level > 0) {
    std::string base(folder_of(place_of(m, globals)));
    for (int64_t i = 1; i < level; ++i) base += "/..";
    if (!name.empty()) return module_at(m, base + "/" + as_path(name), name);
    if (const auto package = module_at(m, base, "__init__")) return package;
    // A folder is a package without any file that says so.
    const Value empty = new_globals(m, "package");
    m.running().foreign[empty.index()] = base + "/__init__.py";
    return module_of(m, empty, "__init__");
  }
  const std::string_view top = name.substr(0, name.find('.'));
  if (top.empty() || knowledge::policy_of(top) != knowledge::Policy::foreign) return std::nullopt;
  const std::string base = beginning_of(m.home->path, top);
  const auto found = module_at(m, base + as_path(name), name);
  if (!found || leaf || top == name) return found;
  // import a.b.c gives a, in which b is found, in which c is.
  Value inner = *found;
  for (std::string_view rest = name; rest != top;) {
    const size_t dot = rest.rfind('.');
    const std::string_view last = rest.substr(dot + 1);
    rest = rest.substr(0, dot);
    const auto outer = module_at(m, base + as_path(rest), rest);
    const Value holder = outer ? *outer : module_of(m, new_globals(m, rest), rest);
    m.heap().set_key(m.heap().link(holder).first, m.heap().new_string(last), inner);
    inner = holder;
  }
  return inner;
}

std::optional<Value> member_beside(Machine& m, Value module, std::string_view name) {
  const Value globals = m.heap().link(module).first;
  const std::string_view place = place_of(m, globals);
  if (place.empty()) return std::nullopt;
  if (place.ends_with("__init__.py")) {
    if (const auto found = module_at(m, std::string(folder_of(place)) + "/" + std::string(name), name)) return found;
  }
  // It may come from a place that is not followed.
  if (name.starts_with("__")) return std::nullopt;
  return m.attribute(m.heap().link(module).second, name);
}

std::optional<Value> content_beside(Machine& m, Value file, std::string_view method) {
  if (m.home == nullptr || !file.is(Kind::object) || !m.heap().object(file).callee.is(Kind::name)) return std::nullopt;
  const std::string_view maker = m.heap().name(m.heap().object(file).callee).canonical;
  const bool opened = maker == "builtins.open" || maker == "io.open" || maker == "codecs.open";
  if (opened ? method != "read" : !maker.starts_with("pathlib.") || (method != "read_text" && method != "read_bytes")) return std::nullopt;
  const Value arguments = m.heap().object(file).arguments;
  if (!arguments.is_sequence() || m.heap().items(arguments).size == 0) return std::nullopt;
  const Items given = m.heap().items(arguments);
  bool binary = method == "read_bytes";
  if (opened) {
    Value mode = given.size > 1 ? given[1] : Value::none();
    const Value keywords = m.heap().object(file).keywords;
    if (keywords.is(Kind::dict)) {
      if (const Value* named = m.heap().find(m.heap().items(keywords), "mode")) mode = *named;
    }
    if (mode.is(Kind::string) && mode.text().find_first_of("wax+") != std::string_view::npos) return std::nullopt;
    binary = mode.is(Kind::string) && mode.text().find('b') != std::string_view::npos;
  }
  const std::string_view path = text_of_path(m, opened ? given[0] : file);
  const auto content = path.empty() ? std::nullopt : neighbour(m, path);
  if (!content || content->size() > kLongestData || m.exhausted()) return std::nullopt;
  return binary ? m.make_bytes(as_text(*content)) : m.make_string(as_text(*content));
}

std::optional<Value> setting_beside(Machine& m, Value base, std::string_view name) {
  if (m.home == nullptr) return std::nullopt;
  const bool settings = (base.is(Kind::unknown) && base.text() == "config") || (base.is(Kind::attribute) && m.heap().attribute(base).name == "config");
  if (!settings) return std::nullopt;
  Running& running = m.running();
  if (!running.settings) {
    running.settings.emplace();
    const auto content = neighbour(m, "config.json");
    const Value text = content && content->size() <= kLongestData ? m.make_string(as_text(*content)) : Value::none();
    const auto read = text.is(Kind::string) ? model_of("json.loads")(m, {Value::none(), std::span(&text, 1), Value::none()}) : std::nullopt;
    m.raised.reset();
    if (read && read->is(Kind::dict)) {
      const Items items = m.heap().items(*read);
      for (uint32_t i = 0; i + 1 < items.size; i += 2) {
        if (items[i].is(Kind::string) && items[i + 1].is(Kind::string)) running.settings->emplace(items[i].text(), m.heap().arena().copy(items[i + 1].text()));
      }
    }
  }
  const auto found = running.settings->find(std::string(name));
  return found == running.settings->end() ? std::nullopt : std::optional(Value::string(found->second));
}

bool enters_beside(Machine& m, Value function) {
  if (m.running().foreign.empty() || !is_beside(m, function)) return true;
  return ++m.running().beside_calls <= kMostCalls && m.heap().used() < kMostMemory;
}

bool is_beside(Machine& m, Value function) {
  const Value globals = m.heap().function(function).globals;
  return globals.is(Kind::dict) && m.running().foreign.contains(globals.index());
}

}  // namespace winnow::machine
