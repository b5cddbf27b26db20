// Values or errors. An error names its fault, the offset where it happened and the cause in words.
// Exceptions never cross a function of ours: what can fail returns a Result.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

namespace winnow {

enum class Fault : uint8_t {
  truncated,    // the input ends before the structure does
  malformed,    // the bytes contradict the format
  unsupported,  // a valid form that is not read (encryption, an unknown method)
  limit,        // a budget ran out
  unreadable,   // the system does not give the bytes
};

// The word used for a fault in reports.
constexpr const char* fault_name(Fault fault) {
  switch (fault) {
    case Fault::truncated: return "truncated";
    case Fault::malformed: return "malformed";
    case Fault::unsupported: return "unsupported";
    case Fault::limit: return "limit";
    case Fault::unreadable: return "unreadable";
  }
  return "malformed";
}

struct Error {
  Fault fault = Fault::malformed;
  uint64_t offset = 0;  // in bytes from the start of the input that was read
  std::string what;     // a clause for people: "member name runs past the end"
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}
  Result(Error error) : state_(std::move(error)) {}

  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() { return std::get<0>(state_); }
  const T& operator*() const { return std::get<0>(state_); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }
  T take() { return std::move(std::get<0>(state_)); }
  const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

}  // namespace winnow
