// The heap's journal: what was changed in place since a mark is put back by rewinding to it.
#include <cstring>

#include "core/heap_state.h"

namespace winnow {

Items& Heap::change(Value container) {
  Items& items = items_[container.index()];
  if (journals_ == 0 || items.epoch == epoch_) return items;
  journal_.push_back({Kind::list, container.index(), items});
  items.epoch = epoch_;
  if (items.size > 0) {
    Value* copy = arena_.allocate<Value>(items.size);
    std::memcpy(static_cast<void*>(copy), items.data, items.size * sizeof(Value));
    items.data = copy;
  }
  items.capacity = items.size;
  return items;
}

Function& Heap::change_function(Value value) {
  Function& function = functions_[value.index()];
  if (journals_ > 0 && function.epoch != epoch_) {
    journal_.push_back({Kind::function, value.index(), function});
    function.epoch = epoch_;
  }
  return function;
}

Class& Heap::change_class(Value value) {
  Class& made = classes_[value.index()];
  if (journals_ > 0 && made.epoch != epoch_) {
    journal_.push_back({Kind::class_object, value.index(), made});
    made.epoch = epoch_;
  }
  return made;
}

Link& Heap::change_link(Value value) {
  Link& link = links_[value.index()];
  if (journals_ > 0 && link.epoch != epoch_) {
    journal_.push_back({Kind::cell, value.index(), link});
    link.epoch = epoch_;
  }
  return link;
}

size_t Heap::mark_journal() {
  epoch_ = (epoch_ + 1) & 0xffffff;
  return journal_.size();
}

Heap::Saved Heap::current(const Saved& like) const {
  switch (like.kind) {
    case Kind::function: return {like.kind, like.index, functions_[like.index]};
    case Kind::class_object: return {like.kind, like.index, classes_[like.index]};
    case Kind::cell: return {like.kind, like.index, links_[like.index]};
    default: return {like.kind, like.index, items_[like.index]};
  }
}

void Heap::restore(const Saved& saved) {
  if (const Items* items = std::get_if<Items>(&saved.before)) {
    items_[saved.index] = *items;
    indices_.erase(saved.index);
  } else if (const Function* function = std::get_if<Function>(&saved.before)) {
    // That it ran once is no state of the program.
    const bool called = functions_[saved.index].called;
    functions_[saved.index] = *function;
    functions_[saved.index].called = called;
  } else if (const Class* made = std::get_if<Class>(&saved.before)) {
    const bool used = classes_[saved.index].used;
    classes_[saved.index] = *made;
    classes_[saved.index].used = used;
  } else if (const Link* link = std::get_if<Link>(&saved.before)) {
    links_[saved.index] = *link;
  }
}

void Heap::rewind_journal(size_t mark, Redo redo) {
  while (journal_.size() > mark) {
    if (redo == Redo::keep) redo_.push_back(current(journal_.back()));
    restore(journal_.back());
    journal_.pop_back();
  }
  epoch_ = (epoch_ + 1) & 0xffffff;
}

size_t Heap::redo_size() const { return redo_.size(); }

void Heap::replay_journal(size_t redo_mark) {
  while (redo_.size() > redo_mark) {
    // An outer run may have to take it back again.
    journal_.push_back(current(redo_.back()));
    restore(redo_.back());
    redo_.pop_back();
  }
  epoch_ = (epoch_ + 1) & 0xffffff;
}

void Heap::end_journal() {
  if (journals_ > 0 && --journals_ == 0) journal_.clear();
}

size_t Heap::journal_size() const { return journal_.size(); }

void Heap::changed_since(size_t mark, std::vector<std::pair<Kind, uint32_t>>& out) const {
  for (size_t i = mark; i < journal_.size(); ++i) out.emplace_back(journal_[i].kind, journal_[i].index);
}

}  // namespace winnow
