// Flat buffers without their schema: tables of fields by number, vectors, texts. Nothing is copied; every position is
// checked against the bytes before it is used, and what points outside reads as absent and is remembered as damage.
// https://flatbuffers.dev/internals, and flatbuffers/verifier.h.
#pragma once

#include <optional>
#include <string_view>

#include "bytes/bytes.h"
#include "bytes/result.h"

namespace winnow::containers {

class FlatTable;

class FlatBuffer {
 public:
  explicit FlatBuffer(Bytes bytes) : bytes_(bytes) {}

  FlatTable root();
  // The four letters behind the root's offset, by which files are told apart.
  std::string_view identifier() const { return as_text(slice(bytes_, 4, 4)); }
  const std::optional<Error>& damage() const { return damage_; }
  // Behind the last byte that was read or claimed.
  uint64_t end() const { return end_; }
  void claim(uint64_t position, uint64_t size);
  Bytes bytes() const { return bytes_; }

  // An unsigned number of 1, 2, 4 or 8 bytes; 0 and damage where there is none.
  uint64_t number(uint64_t position, uint32_t width);
  // Where the offset that stands at `position` leads; 0 where it leads nowhere.
  uint64_t follow(uint64_t position);
  void damaged(uint64_t position, const char* what);

 private:
  Bytes bytes_;
  uint64_t end_ = 0;
  std::optional<Error> damage_;
};

// Of numbers, or of offsets to tables and texts.
class FlatVector {
 public:
  FlatVector() = default;
  FlatVector(FlatBuffer& buffer, uint64_t position, uint32_t width);
  uint32_t size() const { return size_; }
  uint64_t number(uint32_t index) const;
  FlatTable table(uint32_t index) const;
  std::string_view text(uint32_t index) const;
  Bytes bytes() const;              // all of it
  uint64_t position() const { return start_; }

 private:
  FlatBuffer* buffer_ = nullptr;
  uint64_t start_ = 0;  // of the first item
  uint32_t size_ = 0;
  uint32_t width_ = 1;
};

class FlatTable {
 public:
  FlatTable() = default;
  FlatTable(FlatBuffer& buffer, uint64_t position);
  explicit operator bool() const { return buffer_ != nullptr; }
  uint64_t position() const { return position_; }

  uint64_t number(uint32_t field, uint32_t width, uint64_t otherwise = 0) const;
  FlatTable table(uint32_t field) const;
  std::string_view text(uint32_t field) const;
  FlatVector vector(uint32_t field, uint32_t width) const;

 private:
  uint64_t place_of(uint32_t field) const;  // 0: absent

  FlatBuffer* buffer_ = nullptr;
  uint64_t position_ = 0;
  uint64_t fields_ = 0;       // of the vtable, behind its two sizes
  uint32_t field_count_ = 0;
  uint32_t size_ = 0;         // of the table
};

// A value of FlexBuffers, the form without a schema: the texts of a vector; empty where it is none.
std::string_view flex_text(Bytes root, uint32_t index);

}  // namespace winnow::containers
