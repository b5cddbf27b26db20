#include "code/machine/iterables.h"

#include "code/machine/objects.h"
#include "knowledge/knowledge.h"

namespace winnow::machine {
namespace {

constexpr size_t kMostDrawn = 1 << 16;

bool gives_one_by_one(Machine& m, Value v) {
  if (v.is(Kind::iterator) || v.is(Kind::generator)) return true;
  return v.is(Kind::instance) && find_in_class(m, m.heap().instance(v).cls, "__next__");
}

// What surely comes to an end.
bool is_bounded(Machine& m, Value v) {
  if (!gives_one_by_one(m, v)) return true;
  if (!v.is(Kind::iterator)) return false;
  const Link& link = m.heap().link(v);
  return (link.kind == kSequence && !is_open(link)) || link.kind == kText || link.kind == kRange || link.kind == kOnce;
}

// Of a generator that asked something unknown nobody knows whether this was its last item.
bool ends_unsure(Machine& m, Value iterator) { return iterator.is(Kind::generator) && m.running().unsure.contains(iterator.index()); }

}  // namespace

std::optional<std::vector<Value>> namespace_pairs(Machine& m, Value given) {
  constexpr size_t kMostMembers = 4096;
  constexpr std::string_view kSuffix = ".__dict__";
  if (given.is(Kind::attribute) && m.heap().attribute(given).name == "__dict__") given = m.heap().attribute(given).base;
  else if (given.is(Kind::name) && m.heap().name(given).canonical.ends_with(kSuffix)) given = m.resolve(m.heap().name(given).canonical.substr(0, m.heap().name(given).canonical.size() - kSuffix.size()), "");
  else return std::nullopt;
  if (!given.is(Kind::name)) return std::nullopt;
  const std::string module(m.heap().name(given).canonical);
  const auto members = knowledge::members_of(module);
  if (members.empty() || members.size() > kMostMembers) return std::nullopt;
  std::vector<Value> out;
  for (const knowledge::Callable& member : members) {
    const std::string_view name = std::string_view(member.name).substr(module.size() + 1);
    if (name.find_first_of(".*") != std::string_view::npos) continue;
    out.push_back(m.heap().new_string(name));
    out.push_back(m.resolve(module, name));
  }
  out.push_back(Value::unknown_named("name"));
  out.push_back(Value::unknown_named("member"));
  return out;
}

Value iterator_of(Machine& m, const std::vector<Value>& values, bool open) {
  Link link;
  link.kind = kSequence;
  link.first = list_of(m, values);
  link.second = Value::boolean(!open);
  return m.heap().new_link(Kind::iterator, link);
}

bool Drawing::begin(Machine& m, std::span<const Value> iterables) {
  for (const Value& one : iterables) {
    lazy_ = lazy_ || gives_one_by_one(m, one);
    bounded_ = bounded_ || is_bounded(m, one);
  }
  for (const Value& one : iterables) {
    if (!lazy_) {
      auto items = m.iterate(one);
      if (!items) return false;
      columns_.push_back(std::move(*items));
    } else {
      // The same iterator may stand here twice: it gives each its turn.
      iterators_.push_back(iterator_over(m, one));
    }
    if (m.raised) return false;
  }
  return true;
}

Drawing::State Drawing::next(Machine& m, std::vector<Value>& row, std::optional<Value> filling) {
  row.clear();
  const size_t width = std::max(columns_.size(), iterators_.size());
  if (at_ >= (bounded_ ? kMostItems : kMostDrawn) || !m.step()) return State::open;
  size_t ended = 0;
  for (size_t i = 0; i < width; ++i) {
    Next item;
    if (!lazy_) {
      if (at_ < columns_[i].size()) item.item = columns_[i][at_];
    } else {
      item = next_of(m, iterators_[i]);
      if (m.raised || item.unknown || (!item.item && ends_unsure(m, iterators_[i]))) return State::unknown;
    }
    if (!item.item && !filling) return State::ended;
    ended += !item.item;
    row.push_back(item.item ? *item.item : *filling);
  }
  ++at_;
  return ended == width ? State::ended : State::going;
}

}  // namespace winnow::machine
