// What Jinja templates do beside Python: look-ups that take an attribute for an item and the other way round, and
// what is written.
#include "code/machine/models.h"

namespace winnow::machine {
namespace {

using Found = std::optional<Value>;

// A look-up of what Python keeps for itself is told even where nothing is known of the object: jinja's sandbox
// refuses it, and plain jinja does not.
Value attribute_of(Machine& m, Value base, std::string_view name) {
  const Value found = m.attribute(base, name);
  if (name.starts_with("_")) m.record(Op::attribute, base, m.heap().new_tuple({Value::string(name)}), Value::none(), found);
  return found;
}

// Dicts, and the attributes that are dicts of names.
bool is_namespace(Machine& m, Value base) {
  if (!base.is(Kind::attribute)) return base.is(Kind::dict);
  const std::string_view name = m.heap().attribute(base).name;
  return name == "__globals__" || name == "__builtins__" || name == "__dict__";
}

// x.y: the attribute, else the item.
Found get_attribute(Machine& m, const Call& call) {
  if (call.count() < 2 || !call[1].is_text()) return std::nullopt;
  if (is_namespace(m, call[0])) {
    const Value item = m.item(call[0], call[1]);
    if (item.is_known()) return item;
  }
  return attribute_of(m, call[0], call[1].text());
}

// x[y]: the item, else the attribute.
Found get_item(Machine& m, const Call& call) {
  if (call.count() < 2) return std::nullopt;
  if (!call[1].is_text()) return m.item(call[0], call[1]);
  const Value item = m.item(call[0], call[1]);
  return item.is_known() ? item : attribute_of(m, call[0], call[1].text());
}

Found write(Machine&, const Call&) { return Value::none(); }

Found is_defined(Machine&, const Call& call) { return call[0].is_known() ? Found(Value::boolean(true)) : Found(Value::unknown()); }

}  // namespace

std::span<const ModelEntry> template_models() {
  static constexpr ModelEntry kModels[] = {
      {"jinja.output", write},
      {"jinja.attribute", get_attribute},
      {"jinja.item", get_item},
      {"jinja.test.defined", is_defined},
  };
  return kModels;
}

}  // namespace winnow::machine
