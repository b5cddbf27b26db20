#include "code/machine/later.h"

#include <algorithm>

#include "code/machine/interpreter.h"
#include "code/machine/models_written.h"
#include "code/machine/objects.h"

namespace winnow::machine {
namespace {

constexpr size_t kMostPlaces = 128;
constexpr uint32_t kMostContent = 512;

// One for each parameter, those with defaults too.
std::vector<Value> all_unknown(const CodeObject& code, uint32_t from, uint32_t count) {
  const auto& names = code.varnames.empty() ? code.localsplusnames : code.varnames;
  std::vector<Value> out;
  for (uint32_t i = from; i < from + count && i < names.size(); ++i) out.push_back(Value::unknown_named(names[i]));
  return out;
}

}  // namespace

bool half_seen(Machine& m, Value function) {
  if (is_written(m, function) || is_beside(m, function)) return false;
  const CodeObject& code = m.heap().code(m.heap().function(function).code);
  if (code.body == nullptr) return false;
  const auto found = m.running().seen.find(code.body.get());
  return found != m.running().seen.end() && std::find(found->second.begin(), found->second.end(), 0) != found->second.end();
}

Later::Later(Machine& m, Value function, Value self) : m_(m), function_(function), self_(self) {
  const Function& of = m.heap().function(function);
  for (const Value part : {of.defaults, of.keyword_defaults, of.closure, of.attributes, of.globals, self}) keep(part);
  // What these hold, nearest first.
  for (size_t i = 0; i < places_.size() && places_.size() < kMostPlaces; ++i) {
    const std::vector<Value> held = places_[i].content;
    for (const Value& value : held) keep(value);
  }
}

Later::~Later() {
  Heap& heap = m_.heap();
  const Function& of = heap.function(function_);
  if (!of.defaults.is(Kind::tuple)) return;
  const Items defaults = heap.items(of.defaults);
  for (const Place& place : places_) {
    const bool own = std::any_of(defaults.begin(), defaults.end(), [&](Value value) { return value.same_as(place.value); });
    if (!own || !(place.value.is(Kind::list) || place.value.is(Kind::dict)) || place.content.size() >= kMostContent) continue;
    Items& items = heap.items(place.value);
    if (items.size < place.content.size()) continue;
    std::copy(place.content.begin(), place.content.end(), items.data);
    items.size = static_cast<uint32_t>(place.content.size());
    items.dropped = 0;
  }
}

std::vector<Value> Later::content_of(Value value) const {
  const Heap& heap = m_.heap();
  if (value.is(Kind::cell)) return {heap.link(value).first};
  if (value.is(Kind::instance)) return {heap.instance(value).attributes, heap.instance(value).held};
  if (!value.is_sequence() && !value.is(Kind::dict)) return {};
  const Items& items = heap.items(value);
  return {items.begin(), items.begin() + std::min(items.size, kMostContent)};
}

void Later::keep(Value value) {
  const bool holds = value.is(Kind::cell) || value.is(Kind::instance) || value.is_sequence() || value.is(Kind::dict);
  if (!holds || places_.size() >= kMostPlaces) return;
  if (std::any_of(places_.begin(), places_.end(), [&](const Place& place) { return place.value.same_as(value); })) return;
  Place place{value, content_of(value)};
  if (m_.scan().step(1 + place.content.size())) places_.push_back(std::move(place));
}

void Later::forget(const Place& place) {
  Heap& heap = m_.heap();
  const std::vector<Value> now = content_of(place.value);
  const auto same = [&](size_t i) { return i < place.content.size() && now[i].same_as(place.content[i]); };
  if (place.value.is(Kind::cell)) {
    if (!same(0)) heap.change_link(place.value).first = Value::unknown_named("cell");
  } else if (place.value.is(Kind::dict)) {
    for (size_t i = 1; i < now.size(); i += 2) {
      if (!same(i) && now[i - 1].is(Kind::string)) heap.set_key(place.value, now[i - 1], Value::unknown_named(now[i - 1].text()));
    }
    // How many there are by then, too.
    if (now.size() != place.content.size()) heap.items(place.value).dropped = 1;
  } else if (place.value.is(Kind::list) || place.value.is(Kind::set)) {
    if (now.size() != place.content.size()) heap.items(place.value).dropped = 1;
    for (uint32_t i = 0; i < now.size(); ++i) {
      if (i < place.content.size() && !same(i)) heap.items(place.value).data[i] = Value::unknown_named("item");
    }
  }
}

void Later::call_again() {
  const Function& of = m_.heap().function(function_);
  if (!of.code.is(Kind::code) || !half_seen(m_, function_) || m_.exhausted()) return;
  for (const Place& place : places_) forget(place);
  const CodeObject& code = m_.heap().code(of.code);
  std::vector<Value> arguments = all_unknown(code, 0, code.argcount);
  if (self_.is_known() && !self_.is(Kind::none) && !arguments.empty()) arguments[0] = self_;
  Value keywords = Value::none();
  if (const auto named = all_unknown(code, code.argcount, code.kwonlyargcount); !named.empty()) {
    keywords = m_.heap().new_items(Kind::dict, nullptr, 0);
    for (const Value& value : named) m_.heap().set_key(keywords, value.text(), value);
  }
  const Value out = call_defined(m_, function_, arguments, keywords);
  if (out.is(Kind::generator)) {
    constexpr int kMost = 4096;
    for (int i = 0; i < kMost && !m_.raised; ++i) {
      if (!resume(m_, out, Value::unknown_named("sent"))) break;
    }
  }
  m_.raised.reset();
}

}  // namespace winnow::machine
