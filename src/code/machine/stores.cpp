// What a program stores: attributes, state, items, also into modules and classes, which changes what later names
// mean.
#include "code/machine/machine.h"
#include "knowledge/knowledge.h"

namespace winnow::machine {

namespace {

// object.__class__ = cls: what its methods do from now on is what that class does.
void become(Heap& heap, Value object, Value cls) {
  if (cls.is(Kind::name) || cls.is(Kind::object)) heap.object(object).callee = cls;
}

}  // namespace

void Machine::set_attribute(Value object, std::string_view name, Value value) {
  record(Op::set_attribute, object, heap().new_tuple({heap().new_string(name), value}), Value::none());
  if (!place.code && object.is(Kind::object) && name == "__class__") return become(heap(), object, value);
  if (object.is(Kind::name)) {
    assign_member(object, name, value);
  } else if (object.is(Kind::object)) {
    const Value pair[] = {heap().new_string(name), value};
    Growth& growth = heap().grow(object);
    if (!growth.has_state || !growth.state.is(Kind::dict)) {
      growth.state = heap().new_items(Kind::dict, nullptr, 0);
      growth.has_state = true;
    }
    heap().append(heap().items(growth.state), pair, 2);
  }
}

// module.name = value. What a function is called by is not changed by what stands in its attributes.
void Machine::assign_member(Value object, std::string_view name, Value value) {
  if (name == "__call__" || name == "__wrapped__" || name == "__func__" || name == "__self__") return;
  if (!object.is(Kind::name) || heap().name(object).canonical.size() > kLongestName) return;
  const auto [module, qualified] = member_of(heap().name(object), name);
  define(module, qualified, value, !respelled_.contains(object.index()));
}

// sys.modules['x'] = ..., globals()['x'] = ..., module.__dict__['x'] = ...
void Machine::assign_item(Value object, std::string_view key, Value value) {
  if (object.is(Kind::attribute) && heap().attribute(object).name == "__dict__") return assign_member(heap().attribute(object).base, key, value);
  if (!object.is(Kind::name)) return;
  if (heap().name(object).canonical == "sys.modules") return define(key, "", value);
  const Value target = item(object, Value::string(key));
  if (target.is(Kind::name)) define(std::string(heap().name(target).canonical), "", value);
}

// The instance dict of an object: its state, or what partial keeps behind its function and arguments. Null where
// there is none.
const Items* Machine::attributes_of(Value object) const {
  if (!object.is(Kind::object)) return nullptr;
  const Value state = heap().growth(heap().object(object)).state;
  if (state.is(Kind::dict)) return &heap().items(state);
  if (!state.is(Kind::tuple) || heap().items(state).size != 4) return nullptr;
  const Value dict = heap().items(state)[3];
  return dict.is(Kind::dict) ? &heap().items(dict) : nullptr;
}

bool Machine::file_like(Value object) const {
  if (!object.is(Kind::object)) return false;
  const Value maker = heap().object(object).callee;
  return maker.is(Kind::name) && heap().name(maker).canonical.starts_with("io.");
}

void Machine::set_state(Value object, Value state) {
  // A pair is (attributes, slots): both are set, the slots by setattr.
  if (object.is(Kind::object) && state.is(Kind::tuple) && heap().items(state).size == 2 && heap().items(state)[1].is(Kind::dict)) {
    const Items pair = heap().items(state);
    const Items slots = heap().items(pair[1]);
    if (pair[0].is(Kind::none) || pair[0].is(Kind::dict)) {
      std::vector<Value> both;
      if (pair[0].is(Kind::dict)) both.assign(heap().items(pair[0]).begin(), heap().items(pair[0]).end());
      both.insert(both.end(), slots.begin(), slots.end());
      // What slots hold is set by setattr, which makes the object one of another class.
      if (const Value* other = heap().find(slots, "__class__")) {
        const Value cls = *other;
        record(Op::set_attribute, object, heap().new_tuple({heap().new_string("__class__"), cls}), Value::none());
        become(heap(), object, cls);
      }
      state = heap().new_items(Kind::dict, both.data(), static_cast<uint32_t>(both.size()));
    }
  }
  // An instance may carry its own __setstate__, put there by an earlier BUILD.
  if (const Items* attributes = attributes_of(object)) {
    if (const Value* hook = heap().find(*attributes, "__setstate__")) {
      call(*hook, heap().new_tuple({state}));
      return;
    }
  }
  if (file_like(object)) state = settled(state);
  record(Op::set_state, object, heap().new_tuple({state}), Value::none());
  if (const Value type = object.is(Kind::object) ? heap().object(object).callee : Value::unknown(); type.is(Kind::name)) {
    const knowledge::Callable* setter = heap().name(type).setter;
    if (setter != nullptr && setter->effect == knowledge::Effect::deserialise) run_held(heap().new_tuple({state}));
  }
  if (object.is(Kind::object) && state.is(Kind::bytes)) run_embedded(state.text());
  if (object.is(Kind::name)) {
    std::vector<Value> parts{state};
    if (state.is(Kind::tuple) && heap().items(state).size == 2) {
      parts.assign(heap().items(state).begin(), heap().items(state).end());
    }
    for (const Value& part : parts) {
      if (!part.is(Kind::dict)) continue;
      const Items pairs = heap().items(part);
      for (uint32_t i = 0; i + 1 < pairs.size; i += 2) {
        if (pairs[i].is_text()) assign_member(object, pairs[i].text(), pairs[i + 1]);
      }
    }
  } else if (object.is(Kind::object)) {
    Growth& growth = heap().grow(object);
    if (growth.has_state && growth.state.is(Kind::dict) && state.is(Kind::dict)) {
      const Items more = heap().items(state);
      heap().append(heap().items(growth.state), more.data, more.size);
    } else {
      growth.state = state;
      growth.has_state = true;
    }
  }
}

void Machine::extend(Value object, std::span<const Value> items, std::string_view method) {
  if (object.is_sequence()) {
    heap().append(heap().items(object), items.data(), static_cast<uint32_t>(items.size()));
    return;
  }
  if (object.is(Kind::object)) {
    // Whatever answers to append, extend or add is called: also a function that BUILD put there.
    if (const Items* attributes = attributes_of(object)) {
      for (const std::string_view name : {method, std::string_view("append"), std::string_view("extend")}) {
        if (const Value* hook = heap().find(*attributes, name)) {
          const Value body = *hook;
          for (const Value& item : items) call(body, heap().new_tuple({item}));
          return;
        }
      }
    }
    heap().append(heap().grow(object).appended, items.data(), static_cast<uint32_t>(items.size()));
  }
  record(Op::extend, object, heap().new_items(Kind::list, items.data(), static_cast<uint32_t>(items.size())),
         Value::none());
}

void Machine::set_items(Value object, std::span<const Value> pairs) {
  const auto count = static_cast<uint32_t>(pairs.size());
  if (object.is(Kind::dict)) {
    heap().append(heap().items(object), pairs.data(), count);
    return;
  }
  if (object.is(Kind::object)) heap().append(heap().grow(object).entries, pairs.data(), count);
  record(Op::set_items, object, heap().new_items(Kind::dict, pairs.data(), count), Value::none());
  for (size_t i = 0; i + 1 < pairs.size(); i += 2) {
    if (pairs[i].is_text()) assign_item(object, pairs[i].text(), pairs[i + 1]);
  }
}

Value Machine::persistent_load(Value id) {
  return record(Op::persistent, Value::unknown(), heap().new_tuple({id}), Value::none());
}

}  // namespace winnow::machine
