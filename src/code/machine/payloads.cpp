// What calls carry: pickles that they load, source that they run, modules that they import by a text, functions
// that they hand on to be called.
#include <algorithm>
#include <cctype>

#include "code/machine/machine.h"
#include "code/machine/words.h"

namespace winnow::machine {
namespace {

using knowledge::Callable;
using knowledge::Effect;
using knowledge::PayloadKind;

// module.Class.method
bool is_method_name(std::string_view canonical) {
  const size_t dot = canonical.rfind('.');
  return dot != std::string_view::npos && is_class_name(canonical.substr(0, dot));
}

// Whether bytes begin as a pickle does that names something early: a protocol, then a frame that fits, a GLOBAL, or a
// short text. Random bytes do not come that far.
bool begins_pickle(std::string_view data) {
  const auto byte = [&](size_t at) { return static_cast<uint8_t>(data[at]); };
  const auto is_name = [](std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.'; });
  };
  if (data.size() < 12 || byte(1) < 2 || byte(1) > 5) return false;
  if (data[2] == '\x95') {
    uint64_t size = 0;
    for (size_t i = 0; i < 8; ++i) size |= uint64_t{byte(3 + i)} << (8 * i);
    return size > 4 && size <= data.size() - 11;
  }
  if (data[2] == '\x8c') return is_name(data.substr(4, byte(3))) && byte(3) + size_t{4} < data.size();
  return data[2] == 'c' && is_name(data.substr(3, std::min<size_t>(data.find('\n', 3), 512) - 3));
}

}  // namespace

std::optional<Value> Machine::payload_of(const Callable& known, Value arguments, Value keywords) {
  if (!known.keyword.empty() && keywords.is(Kind::dict)) {
    if (const Value* found = heap().find(heap().items(keywords), known.keyword)) return *found;
  }
  if (known.position < 0 || !arguments.is_sequence()) return std::nullopt;
  const Items& items = heap().items(arguments);
  auto position = static_cast<uint32_t>(known.position);
  // Called through its class, a method's first argument is the instance.
  if (is_method_name(known.name) && items.size > position + 1 && items[0].is(Kind::object)) ++position;
  if (position < items.size) return items[position];
  return std::nullopt;
}

// Runs a pickle that stands in the program's own data, as a part of the trace; nothing where it is none.
std::optional<Value> Machine::run_inner(std::string_view content, Likely likely) {
  const Artifact of = trace_.artifacts[place.artifact];
  Artifact inner;
  inner.id = of.id;
  inner.path = of.path + "!loads@" + std::to_string(place.offset);
  inner.depth = of.depth + 1;
  inner.bytes = as_bytes(content);
  trace_.artifacts.push_back(inner);
  const Place outer = place;
  place = {static_cast<uint32_t>(trace_.artifacts.size() - 1), 0, outer.unreached, outer.depth + 1};
  const auto value = unpickle(*this, inner.bytes, likely);
  place = outer;
  if (!value) trace_.artifacts.pop_back();
  return value;
}

// A loader that is given its pickle in a way that is not known here: whatever pickle is held by what it is given
// is taken for it.
void Machine::run_held(Value arguments) {
  constexpr size_t kMostValues = 256;
  if (!unpickle || !enters()) return;
  std::vector<Value> pending{arguments};
  for (size_t i = 0; i < pending.size() && pending.size() < kMostValues; ++i) {
    const Value value = pending[i];
    if (value.is_sequence() || value.is(Kind::dict)) {
      const Items& items = heap().items(value);
      pending.insert(pending.end(), items.begin(), items.begin() + std::min<size_t>(items.size, kMostValues));
    } else if (value.is(Kind::attribute)) {
      pending.push_back(heap().attribute(value).base);
    } else if (value.is(Kind::object)) {
      const Object& object = heap().object(value);
      for (const Value part : {object.arguments, object.keywords, heap().growth(object).state}) pending.push_back(part);
    } else if (value.is_text() && value.text().size() > 8 && value.text().ends_with('.')) {
      run_inner(value.text(), Likely::perhaps);
    }
  }
}

// An object whose state is one piece of bytes in a form of its own, as those of polars: functions stand in there as
// pickles behind a mark, and are unpickled when the object is used.
void Machine::run_embedded(std::string_view state) {
  constexpr size_t kMostPickles = 64;
  size_t found = 0;
  for (size_t at = state.find('\x80'); at != std::string_view::npos; at = state.find('\x80', at + 1)) {
    if (at + 11 > state.size()) return;
    if (!begins_pickle(state.substr(at))) continue;
    if (!unpickle || !enters()) return;
    if (++found > kMostPickles) return cut("more pickles stand in an object's state than are followed");
    run_inner(state.substr(at), Likely::perhaps);
  }
}

std::optional<Value> Machine::load_nested(const Callable& loader, Value arguments, Value keywords) {
  if (loader.effect != Effect::deserialise || loader.payload == PayloadKind::marshal) return std::nullopt;
  const auto payload = payload_of(loader, arguments, keywords);
  std::optional<std::string_view> content;
  if (payload && payload->is_text() && loader.payload != PayloadKind::path) content = payload->text();
  else if (payload) content = file_content(*this, *payload);
  if (!content || !unpickle) {
    run_held(arguments);
    return std::nullopt;
  }
  // A file in memory may stand anywhere when it is loaded from, and be loaded from again.
  const bool in_file = !payload->is_text() && content->size() > 1;
  const auto event = static_cast<uint32_t>(trace_.events.size());
  const Artifact of = trace_.artifacts[place.artifact];
  const auto nested = static_cast<uint32_t>(trace_.artifacts.size());
  if (place.depth < scan_.budget.depth) {
    // The call stands before what it loads.
    const Value before = record(Op::call, Value::unknown(), arguments, keywords, Value::unknown());
    if (trace_.events.size() <= event) return before;  // told before
    // Some loaders of pickles take archives too.
    const bool archive = content->starts_with("PK");
    const bool certain = loader.payload == PayloadKind::pickle && !loader.name.empty() && !archive;
    const auto value = run_inner(*content, certain ? Likely::certain : Likely::perhaps);
    if (value) {
      Event& call = trace_.events[event];
      if (!loader.name.empty()) call.callee = resolve(loader.name, "");
      call.nested = nested;
      call.result = *value;
      if (in_file && !archive) run_embedded(content->substr(1));
      return *value;
    }
    trace_.events.pop_back();
  }
  // The trace's memory goes before the child is read.
  if (scan_.inflate(content->size())) {
    const Bytes bytes = as_bytes(*content);
    scan_.child(scan_.artifact(of.id), "loads@" + std::to_string(place.offset), scan_.own({bytes.begin(), bytes.end()}));
  } else {
    scan_.gap(scan_.artifact(of.id), Fault::limit, place.offset, "the budget for decoded data is used up by a nested load");
  }
  const Value result = record(Op::call, loader.name.empty() ? Value::unknown() : resolve(loader.name, ""), arguments, keywords);
  if (event < trace_.events.size()) trace_.events[event].nested = UINT32_MAX;
  if (in_file && !content->starts_with("PK")) run_embedded(content->substr(1));
  return result;
}

// Functions that import what a string names: "os", "os.system", "os:system".
std::optional<Value> Machine::import_by_text(const Callable& known, Value arguments, Value keywords) {
  if (known.effect != Effect::import) return std::nullopt;
  const auto payload = payload_of(known, arguments, keywords);
  if (!payload || !payload->is_text()) return std::nullopt;
  const std::string_view text = payload->text();
  const size_t cut = text.find(':') != std::string_view::npos ? text.find(':') : text.rfind('.');
  if (known.payload == PayloadKind::attribute && cut != std::string_view::npos) {
    return import_name(text.substr(0, cut), text.substr(cut + 1));
  }
  return import_name(text, "");
}

void Machine::note_payload(const Callable& known, Value arguments, Value keywords) {
  const auto payload = payload_of(known, arguments, keywords);
  if (!payload || !payload->is_text()) return;
  const auto event = static_cast<uint32_t>(trace_.events.size() - 1);
  if (known.payload == PayloadKind::python) {
    trace_.payloads.push_back({Hint::python_source, payload->text(), event});
  } else if (known.payload == PayloadKind::marshal || known.payload == PayloadKind::code) {
    trace_.payloads.push_back({Hint::code_object, payload->text(), event});
  }
}

// What is handed to something that calls it is called, with the arguments that stand behind it.
void Machine::follow_callback(const Callable& known, Value arguments, Value keywords) {
  const auto callback = payload_of(known, arguments, keywords);
  if (!callback || !(callback->is(Kind::name) || callback->is(Kind::object) || callback->is(Kind::attribute) || callback->is_defined())) return;
  std::vector<Value> rest;
  const Items items = heap().items(arguments);
  bool behind = false;
  for (const Value& argument : items) {
    if (behind) rest.push_back(argument);
    behind = behind || argument.same_as(*callback);
  }
  if (keywords.is(Kind::dict)) {
    if (const Value* given = heap().find(heap().items(keywords), "args")) rest.assign(1, *given);
  }
  if (rest.size() >= 1 && rest[0].is_sequence()) {
    const Items spread = heap().items(rest[0]);
    rest.assign(spread.begin(), spread.end());
  }
  Value given_keywords = Value::none();
  if (keywords.is(Kind::dict)) {
    const Value* named = heap().find(heap().items(keywords), "kwargs");
    if (named && named->is(Kind::dict)) given_keywords = *named;
  }
  call(*callback, rest, given_keywords);
}

}  // namespace winnow::machine
