// Instructions of operators, subscripts and displays.
#include <algorithm>

#include "code/machine/interpreter.h"
#include "code/machine/objects.h"
#include "code/machine/operators.h"
#include "knowledge/knowledge.h"

namespace winnow::machine {

bool Run::operators(const ir::Instruction& at) {
  switch (at.op) {
    case ir::Op::unary: {
      const Value operand = pop();
      const Value out = winnow::machine::unary(m_, static_cast<ir::Unary>(at.a), operand);
      if (!m_.raised) push(out);
      return true;
    }
    case ir::Op::binary: case ir::Op::inplace: {
      const Value right = pop(), left = pop();
      const auto op = static_cast<ir::Binary>(at.a);
      const Value out = at.op == ir::Op::binary ? winnow::machine::binary(m_, op, left, right) : winnow::machine::inplace(m_, op, left, right);
      if (m_.raised) return true;
      push(settled(out, {left, right}));
      if (!out.is_known()) may_raise();
      return true;
    }
    case ir::Op::compare: {
      const Value right = pop(), left = pop();
      const Value out = winnow::machine::compare(m_, static_cast<ir::Compare>(at.a), left, right);
      if (!m_.raised) push(out);
      return true;
    }
    case ir::Op::subscript: {
      const Value key = pop(), base = pop();
      const Value out = winnow::machine::subscript(m_, base, key);
      if (m_.raised) return true;
      push(settled(out, {base, key}));
      if (!out.is_known() || out.is(Kind::attribute)) may_raise();
      return true;
    }
    case ir::Op::store_subscript: {
      const Value key = pop(), base = pop(), value = pop();
      winnow::machine::store_subscript(m_, base, key, value);
      return true;
    }
    case ir::Op::delete_subscript: {
      const Value key = pop(), base = pop();
      winnow::machine::delete_subscript(m_, base, key);
      return true;
    }
    case ir::Op::build_slice: {
      std::vector<Value> parts = pop_many(at.a);
      parts.resize(3, Value::none());
      push(m_.heap().new_items(Kind::slice, parts.data(), 3));
      return true;
    }
    case ir::Op::format_value: {
      const Value spec = at.b != 0 ? pop() : Value::string(""), value = pop();
      const auto conversion = static_cast<ir::Conversion>(at.a);
      std::optional<std::string> text;
      if (spec.is(Kind::string)) {
        if (conversion == ir::Conversion::none) {
          text = formatted(m_, value, spec.text());
        } else {
          text = conversion == ir::Conversion::str ? text_of(m_, value) : repr_of(m_, value);
          if (text && !spec.text().empty()) text = formatted(m_, m_.make_string(*text), spec.text());
        }
      }
      if (m_.raised) return true;
      // What is not known stays what it is, for the text that it becomes a part of.
      push(text ? m_.make_string(*text) : !value.is_known() && !value.is_derived() && !value.text().empty() ? value : m_.partial(std::span(&value, 1)));
      return true;
    }
    default: return false;
  }
}

bool Run::displays(const ir::Instruction& at) {
  Heap& heap = m_.heap();
  switch (at.op) {
    case ir::Op::build_tuple: case ir::Op::build_list: case ir::Op::build_set: {
      const std::vector<Value> items = pop_many(at.a);
      const Kind kind = at.op == ir::Op::build_tuple ? Kind::tuple : at.op == ir::Op::build_list ? Kind::list : Kind::set;
      const Value made = heap.new_items(kind, nullptr, 0);
      for (const Value& item : items) {
        const Items& held = heap.items(made);
        if (kind == Kind::set && item.is_known() && std::any_of(held.begin(), held.end(), [&](const Value& v) { return same_key(heap, v, item); })) continue;
        heap.append(heap.items(made), &item, 1);
      }
      push(made);
      return true;
    }
    case ir::Op::build_string: {
      const std::vector<Value> parts = pop_many(at.a);
      std::string text;
      for (const Value& part : parts) {
        if (!part.is(Kind::string)) {
          push(m_.partial(parts));
          return true;
        }
        text += part.text();
      }
      push(m_.make_string(text));
      return true;
    }
    case ir::Op::build_map: {
      const std::vector<Value> items = pop_many(at.a * 2);
      const Value made = heap.new_items(Kind::dict, nullptr, 0);
      for (size_t i = 0; i + 1 < items.size(); i += 2) heap.set_key(made, plain(m_, items[i]), items[i + 1]);
      push(made);
      return true;
    }
    case ir::Op::build_const_map: {
      const std::vector<Value> values = pop_many(at.a);
      const Value made = heap.new_items(Kind::dict, nullptr, 0);
      const Items keys = at.value.is(Kind::tuple) ? heap.items(at.value) : Items{};
      for (uint32_t i = 0; i < keys.size && i < values.size(); ++i) heap.set_key(made, keys[i], values[i]);
      push(made);
      return true;
    }
    case ir::Op::list_append: case ir::Op::set_add: {
      const Value item = pop(), container = below(at.a);
      if (!container.is(Kind::list) && !container.is(Kind::set)) return true;
      if (at.op == ir::Op::set_add && item.is_known()) {
        const Items& held = heap.items(container);
        if (std::any_of(held.begin(), held.end(), [&](const Value& v) { return same_key(heap, v, item); })) return true;
      }
      heap.append(heap.change(container), &item, 1);
      return true;
    }
    case ir::Op::map_add: {
      const Value value = pop(), key = pop(), container = below(at.a);
      if (container.is(Kind::dict)) heap.set_key(container, plain(m_, key), value);
      return true;
    }
    case ir::Op::list_extend: case ir::Op::set_update: {
      const Value items = pop(), container = below(at.a);
      if (!container.is(Kind::list) && !container.is(Kind::set)) return true;
      const auto values = m_.iterate(items);
      if (m_.raised) return true;
      const std::vector<Value> more = values.value_or(std::vector<Value>{settled(Value::unknown(), {items})});
      for (const Value& item : more) {
        const Items& held = heap.items(container);
        if (at.op == ir::Op::set_update && item.is_known() && std::any_of(held.begin(), held.end(), [&](const Value& v) { return same_key(heap, v, item); })) continue;
        heap.append(heap.change(container), &item, 1);
      }
      return true;
    }
    case ir::Op::dict_update: case ir::Op::dict_merge: {
      const Value from = plain(m_, pop()), container = below(at.a);
      if (!container.is(Kind::dict)) return true;
      if (!from.is(Kind::dict)) {
        if (const Value rest = settled(Value::unknown(), {from}); rest.is_derived()) heap.set_key(container, rest, rest);
        return true;
      }
      const Items pairs = heap.items(from);
      for (uint32_t i = 0; i + 1 < pairs.size; i += 2) heap.set_key(container, pairs[i], pairs[i + 1]);
      return true;
    }
    case ir::Op::list_to_tuple: {
      const Value list = pop();
      if (!list.is(Kind::list)) {
        push(list);
        return true;
      }
      const Items items = heap.items(list);
      push(heap.new_items(Kind::tuple, items.data, items.size));
      return true;
    }
    case ir::Op::build_interpolation: {
      static constexpr std::string_view kConversions[] = {"", "s", "r", "a"};
      const Value spec = at.b != 0 ? pop() : Value::string("");
      const Value text = pop(), value = pop();
      const Value conversion = at.a >= 1 && at.a <= 3 ? Value::string(kConversions[at.a]) : Value::none();
      const Value parts[] = {value, text, conversion, spec};
      push(m_.call_from_code(m_.resolve("string.templatelib", "Interpolation"), parts, Value::none()));
      return true;
    }
    case ir::Op::build_template: {
      const Value interpolations = pop(), strings = pop();
      if (!interpolations.is_sequence() || !strings.is_sequence()) {
        push(Value::unknown());
        return true;
      }
      const Items between = heap.items(interpolations), texts = heap.items(strings);
      std::vector<Value> parts;
      for (uint32_t i = 0; i < texts.size; ++i) {
        parts.push_back(texts[i]);
        if (i < between.size) parts.push_back(between[i]);
      }
      push(m_.call_from_code(m_.resolve("string.templatelib", "Template"), parts, Value::none()));
      return true;
    }
    case ir::Op::unpack_sequence: unpack(pop(), at.a, false, 0); return true;
    case ir::Op::unpack_ex: unpack(pop(), at.a, true, at.b); return true;
    default: return false;
  }
}

void Run::unpack(Value value, uint32_t before, bool starred, uint32_t behind) {
  before = std::min(before, 1u << 16);
  behind = std::min(behind, 1u << 16);
  auto items = m_.iterate(value);
  if (m_.raised) return;
  std::vector<Value> parts;
  const size_t least = size_t{before} + behind;
  if (!items) {
    for (uint32_t i = 0; i < before + behind + (starred ? 1 : 0); ++i) parts.push_back(settled(Value::unknown(), {value}));
    may_raise();
  } else if (items->size() < least || (!starred && items->size() != least)) {
    m_.raise("ValueError", Value::string("wrong number of values to unpack"));
    return;
  } else if (starred) {
    parts.assign(items->begin(), items->begin() + before);
    const size_t middle = items->size() - least;
    parts.push_back(m_.heap().new_items(Kind::list, items->data() + before, static_cast<uint32_t>(middle)));
    parts.insert(parts.end(), items->end() - behind, items->end());
  } else {
    parts = std::move(*items);
  }
  for (size_t i = parts.size(); i-- > 0;) push(parts[i]);
}

}  // namespace winnow::machine
