// What an unpickler keeps while it runs: its stack and its memo, made for the few bytes of a model that lie between two uses.
#pragma once

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "core/value.h"

namespace winnow::pickle {

// Memo slots: dense where pickles put them, a map for indices far above the number of slots, which only attackers use.
class Memo {
 public:
  const Value* get(uint64_t index) const {
    if (index < dense_.size()) return dense_[index].same_as(kHole) ? nullptr : &dense_[index];
    const auto found = sparse_.find(index);
    return found == sparse_.end() ? nullptr : &found->second;
  }

  void put(uint64_t index, Value value) {
    if (index >= dense_.size()) return put_beyond(index, value);
    filled_ += dense_[index].same_as(kHole);
    dense_[index] = value;
  }

  // The next slot of MEMOIZE: as many as are filled.
  uint64_t filled() const { return filled_; }

 private:
  static constexpr uint64_t kFirst = 16, kAhead = 4096;
  static constexpr Value kHole = Value::heap(Kind::unknown, UINT32_MAX);

  [[gnu::noinline]] void put_beyond(uint64_t index, Value value) {
    // By what is filled, and not by the indices: each may be twice the one before. It has doubled from one time to the next.
    if (index < filled_ * 2 + kAhead) {
      dense_.resize(std::min(std::max<uint64_t>({index + 1, dense_.size() * 2, kFirst}), filled_ * 4 + kAhead * 2), kHole);
      std::erase_if(sparse_, [&](const auto& slot) {  // what the dense part grew over
        const bool inside = slot.first < dense_.size();
        if (inside) dense_[slot.first] = slot.second;
        return inside;
      });
      return put(index, value);
    }
    filled_ += sparse_.insert_or_assign(index, value).second;
  }

  std::vector<Value> dense_;
  std::unordered_map<uint64_t, Value> sparse_;
  uint64_t filled_ = 0;
};

// The unpickler's stack: a vector whose growth stays out of the way of what runs for every few bytes of a model.
class Stack {
 public:
  size_t size() const { return size_; }
  Value* data() { return values_.data(); }
  Value& operator[](size_t at) { return values_[at]; }
  Value& back() { return values_[size_ - 1]; }
  void push(Value value) {
    if (size_ == values_.size()) grow();
    values_[size_++] = value;
  }
  void pop() { --size_; }
  void shrink(size_t size) { size_ = size; }

 private:
  [[gnu::noinline]] void grow() { values_.resize(values_.size() * 2); }

  std::vector<Value> values_ = std::vector<Value>(64);
  size_t size_ = 0;
};

}  // namespace winnow::pickle
