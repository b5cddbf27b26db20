// Memory that grows and is dropped as a whole: for the many small things one scan makes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <type_traits>
#include <vector>

namespace winnow {

class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Uninitialised room for `count` trivial objects.
  template <class T>
  T* allocate(size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    return static_cast<T*>(room(count * sizeof(T), alignof(T)));
  }

  std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    char* to = allocate<char>(text.size());
    std::memcpy(to, text.data(), text.size());
    return {to, text.size()};
  }

  // Bytes handed out so far, for the memory budget.
  uint64_t used() const { return used_; }

 private:
  static constexpr size_t kFirstBlock = size_t{1} << 14;
  static constexpr size_t kLargestBlock = size_t{1} << 20;

  void* room(size_t size, size_t alignment) {
    auto at = (reinterpret_cast<uintptr_t>(next_) + alignment - 1) & ~(uintptr_t{alignment} - 1);
    if (next_ == nullptr || at + size > reinterpret_cast<uintptr_t>(end_)) {
      const size_t block = size + alignment > block_size_ ? size + alignment : block_size_;
      if (block_size_ < kLargestBlock) block_size_ *= 2;
      blocks_.push_back(std::make_unique_for_overwrite<std::byte[]>(block));
      next_ = blocks_.back().get();
      end_ = next_ + block;
      at = (reinterpret_cast<uintptr_t>(next_) + alignment - 1) & ~(uintptr_t{alignment} - 1);
    }
    next_ = reinterpret_cast<std::byte*>(at + size);
    used_ += size;
    return reinterpret_cast<void*>(at);
  }

  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  std::byte* next_ = nullptr;
  std::byte* end_ = nullptr;
  size_t block_size_ = kFirstBlock;
  uint64_t used_ = 0;
};

}  // namespace winnow
