// TorchScript's own spelling of what Python does with texts, numbers, lists and dicts: every operator and method is a
// function of the namespace aten (torch/csrc/jit/runtime/register_prim_ops.cpp, register_special_ops.cpp). What is done
// with tensors is not computed.
#include "code/machine/models.h"
#include "code/machine/objects.h"
#include "code/machine/operators.h"

namespace winnow::machine {
namespace {

using Found = std::optional<Value>;

// Tensors, and what is computed of them.
bool is_opaque(Value value) { return !value.is_known() || value.is(Kind::object) || value.is(Kind::attribute) || value.is(Kind::name); }

bool any_opaque(const Call& call) {
  for (const Value& value : call.arguments) {
    if (is_opaque(value)) return true;
  }
  return call.count() == 0;
}

Found known(Value value) { return value.is_known() ? Found(value) : std::nullopt; }

template <ir::Binary op>
Found operate(Machine& m, const Call& call) {
  return call.count() < 2 || any_opaque(call) ? std::nullopt : known(binary(m, op, call[0], call[1]));
}

template <ir::Compare op>
Found relate(Machine& m, const Call& call) {
  return call.count() < 2 || any_opaque(call) ? std::nullopt : known(compare(m, op, call[0], call[1]));
}

Found is_none(Machine&, const Call& call, bool wanted) {
  if (call.count() < 2 || !call[1].is(Kind::none) || is_opaque(call[0])) return std::nullopt;
  return Value::boolean(call[0].is(Kind::none) == wanted);
}
Found is(Machine& m, const Call& call) { return is_none(m, call, true); }
Found is_not(Machine& m, const Call& call) { return is_none(m, call, false); }

Found negate(Machine& m, const Call& call) {
  const auto value = is_opaque(call[0]) ? std::nullopt : truth(m, call[0]);
  return value ? Found(Value::boolean(!*value)) : std::nullopt;
}

Found contains_item(Machine& m, const Call& call) {
  if (call.count() < 2 || any_opaque(call)) return std::nullopt;
  const auto found = contains(m, call[0], call[1]);
  return found ? Found(Value::boolean(*found)) : std::nullopt;
}

Found get_item(Machine& m, const Call& call) {
  return call.count() < 2 || any_opaque(call) ? std::nullopt : known(subscript(m, call[0], call[1]));
}

Found set_item(Machine& m, const Call& call) {
  if (call.count() < 3 || is_opaque(call[0])) return std::nullopt;
  store_subscript(m, call[0], call[1], call[2]);
  return Value::none();
}

// slice(text or list, start, end, step)
Found slice_of(Machine& m, const Call& call) {
  if (call.count() < 1 || !(call[0].is_text() || call[0].is_sequence())) return std::nullopt;
  Value parts[3] = {Value::none(), Value::none(), Value::none()};
  for (size_t i = 1; i < call.count() && i < 4; ++i) parts[i - 1] = call[i];
  return known(subscript(m, call[0], m.heap().new_items(Kind::slice, parts, 3)));
}

// The method of that name of the first argument, as Python has it.
Found by_method(Machine& m, const Call& call) {
  if (is_opaque(call[0])) return std::nullopt;
  const std::string_view name = m.heap().name(call.callee).canonical;
  return m.call_from_code(m.attribute(call[0], name.substr(name.rfind('.') + 1)), call.arguments.subspan(1), call.keywords);
}

// The builtin function of that name.
Found by_builtin(Machine& m, const Call& call) {
  if (any_opaque(call)) return std::nullopt;
  const std::string_view name = m.heap().name(call.callee).canonical;
  return known(m.call_from_code(m.resolve("builtins", name.substr(name.rfind('.') + 1)), call.arguments, call.keywords));
}

Found to_integer(Machine& m, const Call& call) { return any_opaque(call) ? std::nullopt : known(m.call_from_code(m.resolve("builtins", "int"), call.arguments, call.keywords)); }

Found first(Machine&, const Call& call) { return call.count() > 0 ? Found(call[0]) : std::nullopt; }
Found second(Machine&, const Call& call) { return call.count() > 1 ? Found(call[1]) : std::nullopt; }

// fork(function, ...) calls it, and what waits for the future gets its result.
Found fork(Machine& m, const Call& call) {
  if (call.count() == 0) return std::nullopt;
  return m.call_from_code(call[0], call.arguments.subspan(1), call.keywords);
}

Found raise_exception(Machine& m, const Call& call) { return m.raise("Exception", call[0]); }

// method(x, "save"): what stands behind a dot is the module's own method where it has one, else the operator of that
// name with `x` as its first argument (torch/csrc/jit/frontend/sugared_value.cpp, SimpleValue::attr).
Found method(Machine& m, const Call& call) {
  if (call.count() < 2 || !call[1].is_text()) return std::nullopt;
  const std::string_view name = call[1].text();
  if (call[0].is(Kind::name)) return m.attribute(call[0], name);
  if (call[0].is(Kind::instance)) {
    const auto own = find_attribute(m, call[0], name);
    if (own && own->is(Kind::method)) return own;
  }
  const Value bound[] = {m.resolve("torch", "ops.aten." + std::string(name)), call[0]};
  return m.call_from_code(m.resolve("functools", "partial"), bound, Value::none());
}

}  // namespace

std::span<const ModelEntry> torch_models() {
  using ir::Binary;
  using ir::Compare;
  static constexpr ModelEntry kModels[] = {
      {"torch.ops.aten.add", operate<Binary::add>},
      {"torch.ops.aten.sub", operate<Binary::subtract>},
      {"torch.ops.aten.mul", operate<Binary::multiply>},
      {"torch.ops.aten.floordiv", operate<Binary::floor_divide>},
      {"torch.ops.aten.remainder", operate<Binary::remainder>},
      {"torch.ops.aten.percentFormat", operate<Binary::remainder>},
      {"torch.ops.aten.__and__", operate<Binary::bit_and>},
      {"torch.ops.aten.__or__", operate<Binary::bit_or>},
      {"torch.ops.aten.__xor__", operate<Binary::bit_xor>},
      {"torch.ops.aten.eq", relate<Compare::eq>},
      {"torch.ops.aten.ne", relate<Compare::ne>},
      {"torch.ops.aten.lt", relate<Compare::lt>},
      {"torch.ops.aten.le", relate<Compare::le>},
      {"torch.ops.aten.gt", relate<Compare::gt>},
      {"torch.ops.aten.ge", relate<Compare::ge>},
      {"torch.ops.aten.__is__", is},
      {"torch.ops.aten.__isnot__", is_not},
      {"torch.ops.aten.__not__", negate},
      {"torch.ops.aten.__contains__", contains_item},
      {"torch.ops.aten.__getitem__", get_item},
      {"torch.ops.aten._set_item", set_item},
      {"torch.ops.aten.slice", slice_of},
      {"torch.ops.aten.append", by_method},
      {"torch.ops.aten.extend", by_method},
      {"torch.ops.aten.insert", by_method},
      {"torch.ops.aten.pop", by_method},
      {"torch.ops.aten.reverse", by_method},
      {"torch.ops.aten.keys", by_method},
      {"torch.ops.aten.values", by_method},
      {"torch.ops.aten.items", by_method},
      {"torch.ops.aten.get", by_method},
      {"torch.ops.aten.update", by_method},
      {"torch.ops.aten.copy", by_method},
      {"torch.ops.aten.join", by_method},
      {"torch.ops.aten.format", by_method},
      {"torch.ops.aten.replace", by_method},
      {"torch.ops.aten.split", by_method},
      {"torch.ops.aten.rsplit", by_method},
      {"torch.ops.aten.splitlines", by_method},
      {"torch.ops.aten.partition", by_method},
      {"torch.ops.aten.rpartition", by_method},
      {"torch.ops.aten.strip", by_method},
      {"torch.ops.aten.lstrip", by_method},
      {"torch.ops.aten.rstrip", by_method},
      {"torch.ops.aten.lower", by_method},
      {"torch.ops.aten.upper", by_method},
      {"torch.ops.aten.swapcase", by_method},
      {"torch.ops.aten.capitalize", by_method},
      {"torch.ops.aten.title", by_method},
      {"torch.ops.aten.center", by_method},
      {"torch.ops.aten.ljust", by_method},
      {"torch.ops.aten.rjust", by_method},
      {"torch.ops.aten.zfill", by_method},
      {"torch.ops.aten.find", by_method},
      {"torch.ops.aten.startswith", by_method},
      {"torch.ops.aten.endswith", by_method},
      {"torch.ops.aten.len", by_builtin},
      {"torch.ops.aten.ord", by_builtin},
      {"torch.ops.aten.chr", by_builtin},
      {"torch.ops.aten.hex", by_builtin},
      {"torch.ops.aten.oct", by_builtin},
      {"torch.ops.aten.bin", by_builtin},
      {"torch.ops.aten.str", by_builtin},
      {"torch.ops.aten.list", by_builtin},
      {"torch.ops.aten.dict", by_builtin},
      {"torch.ops.aten.sorted", by_builtin},
      {"torch.ops.aten.Int", to_integer},
      {"torch.ops.aten.wait", first},
      {"torch.ops.prim.RaiseException", raise_exception},
      {"torchscript.annotate", second},
      {"torchscript.unchecked_cast", second},
      {"torchscript.fork", fork},
      {"torchscript.method", method},
  };
  return kModels;
}

}  // namespace winnow::machine
