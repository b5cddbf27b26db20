// What Jinja templates do beside Python: look-ups that take an attribute for an item and the other way round, and
// what is written.
#include "code/machine/models.h"
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

Found is_defined(Machine&, const Call& call) { return call[0].is_known() ? Found(Value::boolean(true)) : Found(Value::unknown()); }

}  // namespace

std::span<const ModelEntry> template_models() {
  static constexpr ModelEntry kModels[] = {
      {"jinja.output", write},
      {"jinja.attribute", get_attribute},
      {"jinja.item", get_item},
      {"jinja.path", get_path},
      {"jinja.by", look_at_each},
      {"jinja.test.defined", is_defined},
  };
  return kModels;
}

}  // namespace winnow::machine
