// The bytes of a file, read-only. Small files are copied into a buffer that the caller reuses from file to
// file (a mapping costs more than it saves there); large ones are mapped, so that a reader which looks only
// at headers never brings the rest into memory.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "bytes/bytes.h"
#include "bytes/result.h"

struct stat;

namespace winnow {

// How the bytes will be visited: tells the system what to read ahead.
enum class Access : uint8_t { scattered, whole };

// Owns an open file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();

  int number() const { return number_; }

 private:
  int number_ = -1;
};

// Opens a file for reading; links are followed. Never waits on a pipe or a device: anything but a regular
// file is an error, unreadable.
Result<Descriptor> open_file(const std::string& path);

// Whether an open file is another one than it was: `before` and `after` are what fstat says of it.
bool has_changed(const struct stat& before, const struct stat& after);
constexpr const char* kChanged = "the file changed while it was scanned";

class FileBytes {
 public:
  FileBytes() = default;
  FileBytes(FileBytes&& other) noexcept;
  FileBytes& operator=(FileBytes&& other) noexcept;
  ~FileBytes();

  // The whole of an open file. A regular file is copied into `buffer` when small and mapped otherwise;
  // from a pipe or a terminal everything is read into `buffer`, `limit` bytes at most. The bytes are
  // good as long as this object and the buffer are, and the buffer is not used again.
  static Result<FileBytes> read(int descriptor, std::vector<std::byte>& buffer, Access access,
                                uint64_t limit);

  // Of a regular file whose size is known.
  static Result<FileBytes> read(int descriptor, uint64_t size, std::vector<std::byte>& buffer, Access access);

  Bytes bytes() const { return bytes_; }
  // Gives back the pages of a mapped file, which count as memory of this process; a later look brings them back.
  void let_go() const;

 private:
  static Result<FileBytes> copy(int descriptor, std::vector<std::byte>& buffer, size_t size);
  static Result<FileBytes> drain(int descriptor, std::vector<std::byte>& buffer, uint64_t limit);
  static Result<FileBytes> map(int descriptor, size_t size, Access access);

  Bytes bytes_;
  bool mapped_ = false;
};

}  // namespace winnow
