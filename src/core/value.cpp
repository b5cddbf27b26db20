#include "core/value.h"

#include <algorithm>

#include "core/code_object.h"
#include "core/heap_state.h"

namespace winnow {

Heap::Heap() = default;
Heap::~Heap() = default;

Value Heap::new_function(const Function& function) {
  functions_.push_back(function);
  return Value::heap(Kind::function, static_cast<uint32_t>(functions_.size() - 1));
}

Value Heap::new_class(const Class& made) {
  classes_.push_back(made);
  return Value::heap(Kind::class_object, static_cast<uint32_t>(classes_.size() - 1));
}

Value Heap::new_instance(const Instance& instance) {
  instances_.push_back(instance);
  return Value::heap(Kind::instance, static_cast<uint32_t>(instances_.size() - 1));
}

Value Heap::new_link(Kind kind, const Link& link) {
  links_.push_back(link);
  return Value::heap(kind, static_cast<uint32_t>(links_.size() - 1));
}

Value Heap::new_code(CodeObject code) {
  codes_.push_back(std::move(code));
  return Value::heap(Kind::code, static_cast<uint32_t>(codes_.size() - 1));
}

CodeObject& Heap::code(Value v) { return codes_[v.index()]; }
const CodeObject& Heap::code(Value v) const { return codes_[v.index()]; }
uint32_t Heap::code_count() const { return static_cast<uint32_t>(codes_.size()); }

uint64_t Heap::used() const {
  return arena_.used() + items_.size() * sizeof(Items) + objects_.size() * sizeof(Object) +
         attributes_.size() * sizeof(AttributeOf) + names_.size() * sizeof(Name) + functions_.size() * sizeof(Function) +
         instances_.size() * sizeof(Instance) + links_.size() * sizeof(Link);
}

Value Heap::new_items(Kind kind, const Value* from, uint32_t count) {
  items_.emplace_back();
  if (count > 0) append(items_.back(), from, count);
  return Value::heap(kind, static_cast<uint32_t>(items_.size() - 1));
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
  objects_.push_back(object);
  return Value::heap(Kind::object, static_cast<uint32_t>(objects_.size() - 1));
}

Value Heap::new_attribute(const AttributeOf& attribute) {
  attributes_.push_back(attribute);
  return Value::heap(Kind::attribute, static_cast<uint32_t>(attributes_.size() - 1));
}

std::pair<Value, bool> Heap::intern_name(std::string_view canonical) {
  const auto found = name_index_.find(canonical);
  if (found != name_index_.end()) return {Value::heap(Kind::name, found->second), false};
  const auto index = static_cast<uint32_t>(names_.size());
  names_.emplace_back();
  names_.back().canonical = arena_.copy(canonical);
  name_index_.emplace(names_.back().canonical, index);
  return {Value::heap(Kind::name, index), true};
}

const Value* Heap::find(const Items& dict, std::string_view key) const {
  for (uint32_t i = dict.size; i >= 2; i -= 2) {
    if (dict[i - 2].is_text() && dict[i - 2].text() == key) return &dict[i - 1];
  }
  return nullptr;
}

}  // namespace winnow
