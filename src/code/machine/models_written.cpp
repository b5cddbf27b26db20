// Parts of the standard library that are small programs themselves: written in Python (written_*.cpp), they run on the
// machine like any other. They are taken where all that is given to them is known; else the call is told as it stands.
#include "code/machine/models_written.h"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "code/machine/interpreter.h"
#include "code/machine/models.h"
#include "code/machine/run.h"

namespace winnow::machine {
namespace {

using Found = std::optional<Value>;

std::array<std::span<const Written>, 5> tables() {
  return {written_text_parts(), written_number_parts(), written_object_parts(), written_caller_parts(), written_syntax_parts()};
}

const Written* written_named(std::string_view canonical) {
  for (const auto table : tables()) {
    const auto found = std::find_if(table.begin(), table.end(), [&](const Written& one) { return one.name == canonical; });
    if (found != table.end()) return &*found;
  }
  return nullptr;
}

// What a source defines under a name. It is run once; again where a side that had run it was taken back.
Value definition_of(Machine& m, const Written& entry) {
  Heap& heap = m.heap();
  const std::string_view name = entry.name.substr(entry.name.rfind('.') + 1);
  for (int attempt = 0; attempt < 2; ++attempt) {
    const Value globals = m.running().written.try_emplace(entry.source.data(), Value::none()).first->second;
    if (globals.is(Kind::dict)) {
      if (const Value* defined = heap.find(heap.items(globals), name)) return *defined;
    }
    const auto code = compile_source(m, entry.source, Source::module);
    if (!code) break;
    const Value fresh = new_globals(m, "library");
    set_global(m, fresh, "unknown", Value::unknown());
    m.running().written[entry.source.data()] = fresh;
    const auto first_function = static_cast<uint32_t>(heap.functions().size());
    run_code(m, *code, fresh, fresh);
    m.raised.reset();
    // Nobody but the program calls what stands here.
    for (uint32_t i = first_function; i < heap.functions().size(); ++i) heap.function(Value::heap(Kind::function, i)).called = true;
    // A class is the one of the library to whoever asks; what it lacks of that one's attributes is not known.
    const Items defined = heap.items(fresh);
    for (uint32_t i = 0; i + 1 < defined.size; i += 2) {
      if (!defined[i + 1].is(Kind::class_object) || !defined[i].is_text()) continue;
      const std::string module(entry.name.substr(0, entry.name.rfind('.')));
      const Items order = heap.items(heap.class_of(defined[i + 1]).order);
      std::vector<Value> longer(order.begin(), order.end());
      longer.push_back(m.resolve(module, defined[i].text()));
      heap.class_of(defined[i + 1]).order = heap.new_items(Kind::tuple, longer.data(), static_cast<uint32_t>(longer.size()));
    }
  }
  return Value::none();
}

// Whether a value is told by itself: data, or something that the program defines or names.
bool is_plain(const Machine& m, Value value, int depth) {
  if (!value.is_known() || value.is(Kind::object) || value.is(Kind::attribute)) return false;
  if (!value.is_sequence() && !value.is(Kind::dict)) return true;
  const Items& items = m.heap().items(value);
  if (!items.complete() || depth > 3) return false;
  return std::all_of(items.begin(), items.end(), [&](Value item) { return is_plain(m, item, depth + 1); });
}

Found written(Machine& m, const Call& call) {
  constexpr size_t kDeepest = 24;
  if (!m.place.code || m.running().runs.size() > kDeepest) return std::nullopt;
  const Written* entry = written_named(m.heap().name(call.callee).canonical);
  if (entry == nullptr || (m.keeps_origins && entry->origins == Origins::lost)) return std::nullopt;
  if (entry->takes == Takes::content && call.count() == 0 && !call.keywords.is(Kind::dict)) return std::nullopt;
  const auto known = [&](Value value) { return entry->takes == Takes::whatever || (entry->takes == Takes::anything ? value.is_known() : is_plain(m, value, 0)); };
  if (!std::all_of(call.arguments.begin(), call.arguments.end(), known)) return std::nullopt;
  if (call.keywords.is(Kind::dict)) {
    for (const Value& value : m.heap().items(call.keywords)) {
      if (!known(value)) return std::nullopt;
    }
  }
  const Value callee = definition_of(m, *entry);
  if (!callee.is_defined()) return std::nullopt;
  const Value out = m.call_from_code(callee, call.arguments, call.keywords);
  // By this the source says that it has no answer.
  if (out.is(Kind::name) && m.heap().name(out).canonical == "builtins.NotImplemented") return std::nullopt;
  return out;
}

}  // namespace

Value written_definition(Machine& m, std::string_view canonical) {
  const Written* entry = written_named(canonical);
  return entry == nullptr ? Value::none() : definition_of(m, *entry);
}

std::optional<Value> written_class(Machine& m, Value name) {
  if (!name.is(Kind::name)) return std::nullopt;
  const Written* entry = written_named(m.heap().name(name).canonical);
  if (entry == nullptr || entry->takes != Takes::base || (m.keeps_origins && entry->origins == Origins::lost)) return std::nullopt;
  const Value made = definition_of(m, *entry);
  return made.is(Kind::class_object) ? std::optional(made) : std::nullopt;
}

bool is_whole_class(std::string_view canonical) {
  static const std::unordered_set<std::string_view> kWhole = [] {
    std::unordered_set<std::string_view> out;
    for (const auto table : tables()) {
      for (const Written& one : table) {
        if (one.whole) out.insert(one.name);
      }
    }
    return out;
  }();
  return kWhole.contains(canonical);
}

std::optional<Value> whole_class(Machine& m, Value name) {
  if (!name.is(Kind::name) || !is_whole_class(m.heap().name(name).canonical)) return std::nullopt;
  const Value made = written_definition(m, m.heap().name(name).canonical);
  return made.is(Kind::class_object) ? std::optional(made) : std::nullopt;
}

bool is_written(Machine& m, Value function) {
  const Value globals = m.heap().function(function).globals;
  const auto& all = m.running().written;
  return std::any_of(all.begin(), all.end(), [&](const auto& one) { return one.second.same_as(globals); });
}

std::span<const ModelEntry> written_models() {
  static const std::vector<ModelEntry> kModels = [] {
    std::vector<ModelEntry> out;
    for (const auto table : tables()) {
      for (const Written& one : table) out.push_back({one.name, written});
    }
    return out;
  }();
  return kModels;
}

}  // namespace winnow::machine
