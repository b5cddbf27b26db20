#include "bytes/reader.h"

namespace winnow {

bool Reader::take(void* into, size_t size) {
  if (failed()) return false;
  if (bytes_.size() - position_ < size) {
    fail(Fault::truncated, "the input ends inside a number");
    return false;
  }
  std::memcpy(into, bytes_.data() + position_, size);
  position_ += size;
  return true;
}

Bytes Reader::bytes(uint64_t size) {
  if (failed()) return {};
  if (bytes_.size() - position_ < size) {
    fail(Fault::truncated, "a length runs past the end of the input");
    return {};
  }
  const Bytes view = bytes_.subspan(position_, size);
  position_ += size;
  return view;
}

std::string_view Reader::line(char end) {
  if (failed()) return {};
  const std::string_view rest = as_text(bytes_.subspan(position_));
  const size_t found = rest.find(end);
  if (found == std::string_view::npos) {
    fail(Fault::truncated, "a line has no end");
    return {};
  }
  position_ += found + 1;
  return rest.substr(0, found);
}

void Reader::seek(uint64_t position) {
  if (failed()) return;
  if (position > bytes_.size()) {
    fail(Fault::truncated, "a position lies past the end of the input");
    return;
  }
  position_ = position;
}

uint64_t Reader::count(uint64_t n, uint64_t item_size) {
  if (failed()) return 0;
  if (item_size != 0 && n > (bytes_.size() - position_) / item_size) {
    fail(Fault::malformed, "a count is larger than the rest of the input can hold");
    return 0;
  }
  return n;
}

void Reader::fail(Fault fault, std::string what) {
  if (!failed()) error_ = Error{fault, offset(), std::move(what)};
}

}  // namespace winnow
