// What Jinja templates do beside Python: look-ups that take an attribute for an item and the other way round, and
// what is written.
#include <algorithm>

#include "code/machine/models.h"
#include "code/machine/operators.h"
#include "core/internals.h"

namespace winnow::machine {
namespace {

using Found = std::optional<Value>;

// A look-up of what Python keeps for itself is told even where nothing is known of the object: jinja's sandbox
// refuses it, and plain jinja does not.
Value attribute_of(Machine& m, Value base, std::string_view name) {
  const Value found = m.attribute(base, name);
  if (leads_inside(name)) m.record(Op::attribute, base, m.heap().new_tuple({Value::string(name)}), Value::none(), found);
  return found;
}

// Dicts, and the attributes that are dicts of names.
bool is_namespace(Machine& m, Value base) {
  if (!base.is(Kind::attribute)) return base.is(Kind::dict);
  const std::string_view name = m.heap().attribute(base).name;
  return name == "__globals__" || name == "__builtins__" || name == "__dict__";
}

// The fields of a text to be formatted are expressions: '{0.__class__}'.format(x) reaches as far as x.__class__. The
// sandbox puts a method of its own in the place of `format`, so that to look it up is as good as to call it.
void tell_fields(Machine& m, Value pattern) {
  const std::string_view text = pattern.text();
  for (size_t at = text.find('{'); at != std::string_view::npos; at = text.find('{', at + 1)) {
    const std::string_view field = text.substr(at + 1, text.find_first_of("{}:!", at + 1) - at - 1);
    for (size_t dot = field.find_first_of(".["); dot != std::string_view::npos; dot = field.find_first_of(".[", dot + 1)) {
      const std::string_view name = field.substr(dot + 1, field.find_first_of(".[]", dot + 1) - dot - 1);
      if (leads_inside(name)) m.record(Op::attribute, pattern, m.heap().new_tuple({Value::string(name)}), Value::none(), Value::unknown());
    }
  }
}

// x.y: the attribute, else the item.
Found get_attribute(Machine& m, const Call& call) {
  if (call.count() < 2 || !call[1].is_text()) return std::nullopt;
  const std::string_view name = call[1].text();
  if (call[0].is(Kind::string) && (name == "format" || name == "format_map")) tell_fields(m, call[0]);
  if (is_namespace(m, call[0])) {
    const Value item = m.item(call[0], call[1]);
    if (item.is_known()) return item;
  }
  return attribute_of(m, call[0], name);
}

// x[y]: the item, else the attribute.
Found get_item(Machine& m, const Call& call) {
  if (call.count() < 2) return std::nullopt;
  if (!call[1].is_text()) return m.item(call[0], call[1]);
  const Value item = m.item(call[0], call[1]);
  return item.is_known() ? item : attribute_of(m, call[0], call[1].text());
}

// map(attribute='x.y.0'): names and numbers with dots between.
Found get_path(Machine& m, const Call& call) {
  if (call.count() < 2) return std::nullopt;
  if (!call[1].is(Kind::string)) return get_item(m, call);
  Value found = call[0];
  std::string_view rest = call[1].text();
  for (int parts = 0; parts < 64; ++parts) {
    const size_t dot = std::min(rest.find('.'), rest.size());
    const std::string_view part = rest.substr(0, dot);
    const Value key[] = {found, Value::string(part)};
    const bool number = !part.empty() && part.find_first_not_of("0123456789") == std::string_view::npos && part.size() < 10;
    if (number) found = m.item(found, Value::integer(std::stoll(std::string(part))));
    else found = get_item(m, Call{call.callee, std::span<const Value>(key, 2), call.keywords}).value_or(Value::unknown());
    if (dot >= rest.size()) break;
    rest.remove_prefix(dot + 1);
  }
  return found;
}

// sort(attribute='x') and its kin: a list whose elements are asked for an attribute, as it was.
Found look_at_each(Machine& m, const Call& call) {
  if (call.count() < 2) return std::nullopt;
  const Value each[] = {call[0].is_sequence() && m.heap().items(call[0]).size > 0 ? m.heap().items(call[0])[0] : Value::unknown(), call[1]};
  (void)get_path(m, Call{call.callee, std::span<const Value>(each, 2), call.keywords});
  return call[0];
}

Found write(Machine&, const Call&) { return Value::none(); }

// What a test says of a value; nothing where it is not known, or the test is not.
std::optional<bool> holds(Machine& m, std::string_view test, Value value, Value with) {
  if (test == "defined") return value.is_known() ? std::optional(true) : std::nullopt;
  if (!value.is_known()) return std::nullopt;
  if (test == "undefined") return false;
  if (test == "none") return value.is(Kind::none);
  if (test == "string") return value.is(Kind::string);
  if (test == "boolean") return value.is(Kind::boolean);
  if (test == "integer") return value.is(Kind::integer);
  if (test == "number") return value.is(Kind::integer) || value.is(Kind::real) || value.is(Kind::boolean);
  if (test == "mapping") return value.is(Kind::dict);
  if (test == "true" || test == "false") return value.is(Kind::boolean) && value.as_boolean() == (test == "true");
  if (test == "equalto" || test == "eq" || test == "==") return equal(m, value, with);
  if (test == "in") return contains(m, with, value);
  const auto number = integer_of(value);
  if (!number) return std::nullopt;
  if (test == "odd" || test == "even") return (*number % 2 != 0) == (test == "odd");
  const auto by = integer_of(with);
  if (test == "divisibleby" && by && *by > 0) return *number % *by == 0;
  return std::nullopt;
}

Found test(Machine& m, const Call& call) {
  const std::string_view name = call.callee.is(Kind::name) ? m.heap().name(call.callee).canonical : std::string_view();
  const auto known = holds(m, name.substr(name.rfind('.') + 1), call[0], call[1]);
  return known ? Value::boolean(*known) : Value::unknown();
}

// select, reject, selectattr, rejectattr: what is not known stays.
template <bool kKeep, bool kByAttribute>
Found select(Machine& m, const Call& call) {
  const auto items = m.iterate(call[0]);
  if (!items) return call[0];
  std::vector<Value> kept;
  for (const Value& item : *items) {
    Value value = item;
    if (kByAttribute) {
      const Value each[] = {item, call[1]};
      value = get_path(m, Call{call.callee, std::span<const Value>(each, 2), Value::none()}).value_or(Value::unknown());
    }
    const size_t at = kByAttribute ? 2 : 1;
    const auto known = call.count() <= at ? truth(m, value) : call[at].is_text() ? holds(m, call[at].text(), value, call[at + 1]) : std::nullopt;
    if (!known || *known == kKeep) kept.push_back(item);
  }
  return m.heap().new_items(Kind::list, kept.data(), static_cast<uint32_t>(kept.size()));
}

Found unique(Machine& m, const Call& call) {
  const auto items = m.iterate(call[0]);
  if (!items || items->size() > 256) return call[0];
  std::vector<Value> kept;
  for (const Value& item : *items) {
    if (std::none_of(kept.begin(), kept.end(), [&](Value other) { return equal(m, other, item).value_or(false); })) kept.push_back(item);
  }
  return m.heap().new_items(Kind::list, kept.data(), static_cast<uint32_t>(kept.size()));
}

}  // namespace

std::span<const ModelEntry> template_models() {
  static constexpr ModelEntry kModels[] = {
      {"jinja.output", write},
      {"jinja.attribute", get_attribute},
      {"jinja.item", get_item},
      {"jinja.path", get_path},
      {"jinja.by", look_at_each},
      {"jinja.filter.select", select<true, false>},
      {"jinja.filter.reject", select<false, false>},
      {"jinja.filter.selectattr", select<true, true>},
      {"jinja.filter.rejectattr", select<false, true>},
      {"jinja.filter.unique", unique},
      {"jinja.test.defined", test},
      {"jinja.test.undefined", test},
      {"jinja.test.none", test},
      {"jinja.test.string", test},
      {"jinja.test.boolean", test},
      {"jinja.test.integer", test},
      {"jinja.test.number", test},
      {"jinja.test.mapping", test},
      {"jinja.test.true", test},
      {"jinja.test.false", test},
      {"jinja.test.equalto", test},
      {"jinja.test.eq", test},
      {"jinja.test.in", test},
      {"jinja.test.odd", test},
      {"jinja.test.even", test},
      {"jinja.test.divisibleby", test},
  };
  return kModels;
}

}  // namespace winnow::machine
