// What acts on the world, by its entry in knowledge/r.toml: r.PACKAGE.FUNCTION.
#include <algorithm>

#include "code/r/deparse.h"
#include "code/r/evaluate.h"

namespace winnow::r {
namespace {

constexpr size_t kMostEvents = 20'000;
constexpr size_t kMostValues = 256;

// The packages whose functions are found without saying where they are from; R attaches the first of them itself.
constexpr std::string_view kPackages[] = {"base", "utils", "methods", "stats", "tools", "parallel", "grDevices", "compiler", "processx", "sys", "callr", "httr",
                                          "httr2", "curl", "RCurl", "reticulate", "Rcpp", "inline", "devtools", "remotes", "pak", "later", "data.table", "readr",
                                          "rJava", "rstudioapi", "xml2", "jsonlite", "qs", "ssh", "websocket", "httpuv", "torch", "V8", "mailR", "DBI", "vroom", "fs"};

constexpr std::string_view kPython = "python::";  // functions of modules that reticulate imports

// What C has under these names acts.
constexpr std::string_view kForeign[] = {".C", ".Call", ".External", ".External2", ".Fortran"};
constexpr std::string_view kNative[] = {"system", "popen", "execl", "execv", "execve", "execvp", "dlopen", "unlink", "remove", "rename", "fork", "kill", "ptrace", "socket", "connect", "WinExec", "LoadLibraryA"};

}  // namespace

// .C("system", "id"): R finds the names of every library that is loaded, the C library's among them.
const knowledge::Callable* Evaluator::foreign(std::string_view function, const Arguments& values) {
  if (std::find(std::begin(kForeign), std::end(kForeign), function) == std::end(kForeign) || values.empty()) return nullptr;
  const auto name = pool_.as_string(values[0].value);
  const bool native = name && std::find(std::begin(kNative), std::end(kNative), *name) != std::end(kNative);
  return native ? known("native_symbol") : nullptr;
}

const knowledge::Callable* Evaluator::known(std::string_view function) {
  const auto found = names_.find(std::string(function));
  if (found != names_.end()) return found->second;
  const knowledge::Callable* callable = nullptr;
  std::string dotted(function);
  std::replace(dotted.begin(), dotted.end(), '$', '.');  // a method of a class: process$new
  if (dotted.starts_with(kPython)) {
    callable = knowledge::find(dotted.substr(kPython.size()));
    names_.emplace(function, callable);
    return callable;
  }
  const size_t colon = dotted.find("::");
  if (colon != std::string_view::npos) {
    const std::string name = dotted.substr(dotted.rfind(':') + 1);
    callable = knowledge::find("r." + dotted.substr(0, colon) + "." + name);
  } else {
    for (const std::string_view package : kPackages) {
      callable = knowledge::find("r." + std::string(package) + "." + dotted);
      if (callable != nullptr) break;
    }
  }
  names_.emplace(function, callable);
  return callable;
}

Value Evaluator::value_of(Id id) {
  Heap& heap = trace_.heap;
  if (pool_.is(id, Type::function)) return Value::unknown();  // or a variable that nobody sets
  if (const auto text = pool_.as_string(id)) return heap.new_string(*text);
  if (id == kNull) return Value::none();
  const size_t count = pool_.length(id);
  if (pool_.is(id, Type::logical) && count == 1 && pool_.as_number(id)) return Value::boolean(*pool_.as_number(id) != 0);
  if (pool_.is_number(id) && count == 1 && pool_.as_number(id)) return Value::real(*pool_.as_number(id));
  if (!pool_.is(id, Type::strings) && !pool_.is(id, Type::list)) return Value::unknown();
  std::vector<Value> items;
  for (size_t i = 0; i < std::min(count, kMostValues); ++i) {
    const auto text = pool_.is(id, Type::strings) ? pool_.string_at(id, i) : pool_.as_string(pool_.item(id, static_cast<uint32_t>(i)));
    items.push_back(text ? heap.new_string(*text) : Value::unknown());
  }
  return heap.new_items(Kind::list, items.data(), static_cast<uint32_t>(items.size()));
}

// "utils::download.file" of "r.utils.download.file"; names of Python as they are.
std::string Evaluator::spelling(std::string_view name) {
  if (!name.starts_with("r.")) return std::string(name);
  name.remove_prefix(2);
  const size_t dot = name.find('.');
  const std::string_view package = name.substr(0, dot);
  return package == "base" ? std::string(name.substr(dot + 1)) : std::string(package) + "::" + std::string(name.substr(dot + 1));
}

// The call with what is known of its arguments, and as it is written where nothing is.
std::string Evaluator::statement(const knowledge::Callable& callable, const Arguments& values, const Arguments& written) {
  const std::string function = spelling(callable.name);
  Arguments shown = values;
  for (size_t i = 0; i < shown.size(); ++i) {
    if (shown[i].value == kUnknown && written.size() == values.size()) shown[i].value = written[i].value;
  }
  return deparse(pool_, pool_.call(pool_.function(function), shown), 600);
}

void Evaluator::effect(const knowledge::Callable& callable, const Arguments& values, const Arguments& written) {
  if (knowledge::is_trusted(&callable)) return;
  std::string text = statement(callable, values, written);
  if (!said_.insert(std::to_string(static_cast<int>(when_)) + text).second) return;
  if (trace_.events.size() >= kMostEvents) {
    if (!limited_) scan_.gap(trace_.artifacts[0], Fault::limit, offset_, "the calls are too many to be told");
    limited_ = true;
    return;
  }
  Heap& heap = trace_.heap;
  const auto [callee, fresh] = heap.intern_name(callable.name);
  if (fresh) {
    Name& name = heap.name(callee);
    name.module = callable.name.substr(0, std::min(callable.name.find('.', 2), callable.name.size() - 1));
    name.qualified = callable.name.substr(name.module.size() + 1);
    name.known = &callable;
    name.offset = offset_;
    name.retrieved = name.by_code = name.called = true;
  }
  std::vector<Value> positional, named;
  for (const Argument& one : values) {
    const Value value = one.value == kMissing ? Value::unknown() : value_of(one.value);
    if (one.name.empty()) positional.push_back(value);
    else named.insert(named.end(), {heap.new_string(one.name), value});
  }
  Event event;
  event.op = Op::call;
  event.trigger = when_ == When::touched ? Trigger::load : Trigger::inference;
  event.code = when_ == When::called;
  event.offset = offset_;
  event.callee = callee;
  event.arguments = heap.new_items(Kind::tuple, positional.data(), static_cast<uint32_t>(positional.size()));
  event.keywords = named.empty() ? Value::none() : heap.new_items(Kind::dict, named.data(), static_cast<uint32_t>(named.size()));
  event.result = Value::unknown();
  trace_.statements.emplace(static_cast<uint32_t>(trace_.events.size()), std::move(text));
  trace_.events.push_back(event);
}

}  // namespace winnow::r
