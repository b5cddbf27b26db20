// Code that a program makes while it runs: text given to exec, eval and compile, marshalled code objects.
#include "code/bytecode/infer.h"
#include "code/machine/interpreter.h"
#include "code/machine/objects.h"
#include "code/machine/operators.h"
#include "code/machine/run.h"
#include "code/python/lower.h"
#include "code/python/parse.h"
#include "knowledge/knowledge.h"

namespace winnow::machine {
namespace {

const Frame* present(Machine& m) {
  for (size_t i = m.running().runs.size(); i-- > 0;) {
    if (const Frame* frame = m.running().runs[i]->present()) return frame;
  }
  return nullptr;
}

// Code objects without a header: of this Python or that, told by their own bytes.
std::optional<Value> unmarshal(Machine& m, std::string_view data) {
  bytecode::InferOptions options;
  if (const Frame* frame = present(m)) options.prior = m.heap().code(frame->code).version;
  const auto read = bytecode::infer(m.heap(), as_bytes(data), options);
  if (!read) return std::nullopt;
  return read->contents.value;
}

}  // namespace

std::optional<Value> compile_source(Machine& m, std::string_view text, Source kind) {
  constexpr size_t kMostText = size_t{8} << 20;
  if (text.size() > kMostText) m.cut("a program that is run from text is too long to be read");
  if (text.size() > kMostText || m.exhausted()) return std::nullopt;
  Running& running = m.running();
  const auto key = std::hash<std::string_view>()(text) * 2 + (kind == Source::expression);
  if (const auto found = running.compiled.find(key); found != running.compiled.end()) return found->second;
  if (kind == Source::expression) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  }
  const std::string_view kept = m.heap().arena().copy(text);
  python::Tree tree(m.heap());
  python::ParseOptions options;
  options.mode = kind == Source::expression ? python::ParseMode::expression : python::ParseMode::module;
  options.max_nodes = 2'000'000;
  python::Parsed parsed = python::parse(tree, kept, options);
  if (!parsed.complete) m.cut("a program that is run from text is too long to be read");
  if (parsed.root == nullptr) return std::nullopt;
  // Text in which nothing can be read is no program; what is broken in places still runs elsewhere in our reading.
  if (!parsed.ok() && kind == Source::expression) return std::nullopt;
  python::LowerOptions lowering;
  if (parsed.major == 2) lowering.version = {2, 7};
  lowering.mode = kind == Source::expression ? python::LowerMode::eval : python::LowerMode::module;
  const Value code = python::lower(tree, *parsed.root, lowering);
  if (!code.is(Kind::code)) return std::nullopt;
  running.compiled.emplace(key, code);
  return code;
}

std::optional<Value> run_source(Machine& m, Value source, Value globals, Value names, Source kind) {
  constexpr size_t kDeepest = 16;
  Value code = plain(m, source);
  if (const auto buffer = buffer_of(m, code); buffer && !code.is(Kind::bytes)) code = m.make_bytes(*buffer);
  if (m.running().runs.size() >= kDeepest) {
    m.cut("programs inside programs go deeper than is followed");
    return std::nullopt;
  }
  if (code.is_text()) {
    const auto compiled = compile_source(m, code.text(), kind);
    if (!compiled) return std::nullopt;
    code = *compiled;
  }
  if (!code.is(Kind::code)) return std::nullopt;
  const Frame* frame = present(m);
  if (globals.is(Kind::module)) globals = m.heap().link(globals).first;
  if (!globals.is(Kind::dict)) {
    globals = frame != nullptr ? frame->globals : m.running().main_globals;
    if (names.is(Kind::none) && frame != nullptr && frame->names.is(Kind::dict)) names = frame->names;
    if (names.is(Kind::none) && frame != nullptr && frame->names.is(Kind::none)) {
      // In a function: its locals, of which exec gets a copy.
      names = m.call_from_code(m.resolve("builtins", "locals"), {}, Value::none());
    }
  }
  if (!globals.is(Kind::dict)) {
    globals = new_globals(m, "__main__");
    m.running().main_globals = globals;
  }
  if (!names.is_known() || names.is(Kind::none)) names = globals;
  return run_code(m, code, globals, names);
}

// What running code, or a pickle, hands to exec, eval, marshal.loads and their kin; nothing where it is not known.
std::optional<Value> Machine::enter_code(const knowledge::Callable& known, Value arguments, Value keywords, uint32_t event) {
  if (!enters()) return std::nullopt;
  const Items given = heap().items(arguments);
  const auto payload = payload_of(known, arguments, keywords);
  if (!payload) return std::nullopt;
  const std::string_view name = known.name;
  if (name == "marshal.loads" || name == "marshal.load") {
    const Value data = plain(*this, *payload);
    const auto buffer = buffer_of(*this, data);
    const auto content = buffer ? buffer : file_content(*this, data);
    return content ? unmarshal(*this, *content) : std::nullopt;
  }
  const bool evaluates = name == "builtins.eval";
  if (!evaluates && name != "builtins.exec") return std::nullopt;
  Value globals = given.size > 1 ? given[1] : Value::none(), names = given.size > 2 ? given[2] : Value::none();
  if (keywords.is(Kind::dict)) {
    if (const Value* named = heap().find(heap().items(keywords), "globals")) globals = *named;
    if (const Value* named = heap().find(heap().items(keywords), "locals")) names = *named;
  }
  const Place outer = place;
  ++place.depth;
  if (running_->limit == 0) running_->limit = scan_.budget.code_steps / 2;
  const auto result = run_source(*this, *payload, globals, names, evaluates ? Source::expression : Source::module);
  place = outer;
  if (!place.code) raised.reset();
  if (result && event < trace_.events.size()) trace_.events[event].entered = true;
  return result ? std::optional(evaluates ? *result : Value::none()) : std::nullopt;
}

}  // namespace winnow::machine
