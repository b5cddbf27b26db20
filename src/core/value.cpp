#include "core/value.h"

#include <algorithm>

#include "core/code_object.h"
#include "core/heap_state.h"

namespace winnow {

Heap::Heap() = default;
Heap::~Heap() = default;

Value Heap::new_function(const Function& function) {
  return Value::heap(Kind::function, add(functions_, function));
}

Value Heap::new_class(const Class& made) {
  return Value::heap(Kind::class_object, add(classes_, made));
}

Value Heap::new_instance(const Instance& instance) {
  return Value::heap(Kind::instance, add(instances_, instance));
}

Value Heap::new_link(Kind kind, const Link& link) {
  return Value::heap(kind, add(links_, link));
}

Value Heap::new_code(CodeObject code) {
  return Value::heap(Kind::code, add(codes_, std::move(code)));
}

CodeObject& Heap::code(Value v) { return codes_[v.index()]; }
const CodeObject& Heap::code(Value v) const { return codes_[v.index()]; }
uint32_t Heap::code_count() const { return static_cast<uint32_t>(codes_.size()); }

Value Heap::new_items(Kind kind, const Value* from, uint32_t count) {
  const uint32_t index = add(items_, Items{});
  if (count > 0) append(items_[index], from, count);
  return Value::heap(kind, index);
}

void Heap::append(Items& to, const Value* from, uint32_t count) {
  if (to.size + count > Items::kKept) {
    const uint32_t kept = to.size < Items::kKept ? Items::kKept - to.size : 0;
    to.dropped += count - std::min(kept, count);
    count = std::min(kept, count);
  }
  if (count == 0) return;
  if (to.size + count > to.capacity) {
    const uint32_t wanted = std::max(to.size + count, to.capacity * 2);
    Value* room = arena_.allocate<Value>(wanted);
    if (to.size > 0) std::memcpy(room, to.data, to.size * sizeof(Value));
    to.data = room;
    to.capacity = wanted;
  }
  std::memcpy(to.data + to.size, from, count * sizeof(Value));
  to.size += count;
}

Value Heap::new_object(const Object& object) {
  return Value::heap(Kind::object, add(objects_, object));
}

const Growth Heap::kNoGrowth;

Growth& Heap::grow(Value object) {
  uint32_t& growth = objects_[object.index()].growth;
  if (growth == 0) growth = add(growths_, Growth{}) + 1;
  return growths_[growth - 1];
}

Value Heap::new_attribute(const AttributeOf& attribute) {
  return Value::heap(Kind::attribute, add(attributes_, attribute));
}

std::pair<Value, bool> Heap::intern_name(std::string_view canonical) {
  const auto found = name_index_.find(canonical);
  if (found != name_index_.end()) return {Value::heap(Kind::name, found->second), false};
  const uint32_t index = add(names_, Name{});
  Name& name = names_.back();
  name.canonical = arena_.copy(canonical);
  name.last = name.canonical.substr(name.canonical.rfind('.') + 1);
  name_index_.emplace(name.canonical, index);
  return {Value::heap(Kind::name, index), true};
}

const Value* Heap::find(const Items& dict, std::string_view key) const {
  for (uint32_t i = dict.size; i >= 2; i -= 2) {
    if (dict[i - 2].is_text() && dict[i - 2].text() == key) return &dict[i - 1];
  }
  return nullptr;
}

}  // namespace winnow
