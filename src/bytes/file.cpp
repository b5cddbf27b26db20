#include "bytes/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace winnow {
namespace {

constexpr size_t kSmall = size_t{256} << 10;
constexpr size_t kPiece = size_t{64} << 10;

Error unreadable(const std::string& doing, int code) {
  return {Fault::unreadable, 0, doing + ": " + std::generic_category().message(code)};
}

// Bytes read at `offset`, or from wherever a pipe stands when it is negative. An interrupted call is tried
// again.
ssize_t read_some(int descriptor, std::byte* into, size_t size, off_t offset) {
  for (;;) {
    const ssize_t got = offset < 0 ? ::read(descriptor, into, size) : ::pread(descriptor, into, size, offset);
    if (got >= 0 || errno != EINTR) return got;
  }
}

bool same_moment(const timespec& one, const timespec& other) { return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec; }

// A folder comes here when it could not be listed.
Error not_regular(const std::string& path, const struct stat& status) {
  if (!S_ISDIR(status.st_mode)) return Error{Fault::unreadable, 0, "not a regular file"};
  DIR* const folder = ::opendir(path.c_str());
  if (folder == nullptr) return unreadable("a folder that cannot be listed", errno);
  ::closedir(folder);
  return Error{Fault::unreadable, 0, "a folder, not a file"};
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(number_, other.number_);
  return *this;
}

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

Result<Descriptor> open_file(const std::string& path) {
  // Asked before opening, because opening a device can already do something.
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return unreadable("cannot be opened", errno);
  if (!S_ISREG(status.st_mode)) return not_regular(path, status);
  // O_NONBLOCK: should it have become a pipe since, that must not hold us.
  Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (descriptor.number() < 0) return unreadable("cannot be opened", errno);
  if (::fstat(descriptor.number(), &status) != 0) return unreadable("cannot be examined", errno);
  if (!S_ISREG(status.st_mode)) return Error{Fault::unreadable, 0, "not a regular file"};
  return descriptor;
}

bool has_changed(const struct stat& before, const struct stat& after) {
  if (before.st_size != after.st_size || !same_moment(before.st_mtim, after.st_mtim)) return true;
  // Who writes can put the time of writing back, not that of any change; this one also moves with links and rights.
  const bool others = before.st_nlink != after.st_nlink || before.st_mode != after.st_mode || before.st_uid != after.st_uid || before.st_gid != after.st_gid;
  return !others && !same_moment(before.st_ctim, after.st_ctim);
}

FileBytes::FileBytes(FileBytes&& other) noexcept
    : bytes_(std::exchange(other.bytes_, {})), mapped_(std::exchange(other.mapped_, false)) {}

FileBytes& FileBytes::operator=(FileBytes&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  std::swap(mapped_, other.mapped_);
  return *this;
}

FileBytes::~FileBytes() {
  if (mapped_) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

void FileBytes::let_go() const {
  if (mapped_) ::madvise(const_cast<std::byte*>(bytes_.data()), bytes_.size(), MADV_DONTNEED);
}

Result<FileBytes> FileBytes::read(int descriptor, std::vector<std::byte>& buffer, Access access,
                                  uint64_t limit) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return unreadable("cannot be examined", errno);
  if (S_ISDIR(status.st_mode)) return Error{Fault::unreadable, 0, "not a regular file"};
  if (!S_ISREG(status.st_mode)) return drain(descriptor, buffer, limit);
  return read(descriptor, static_cast<uint64_t>(status.st_size), buffer, access);
}

Result<FileBytes> FileBytes::read(int descriptor, uint64_t size, std::vector<std::byte>& buffer, Access access) {
  return size <= kSmall ? copy(descriptor, buffer, size) : map(descriptor, size, access);
}

Result<FileBytes> FileBytes::copy(int descriptor, std::vector<std::byte>& buffer, size_t size) {
  if (buffer.size() < size) buffer.resize(size);
  size_t filled = 0;
  while (filled < size) {
    const ssize_t got =
        read_some(descriptor, buffer.data() + filled, size - filled, static_cast<off_t>(filled));
    if (got < 0) return unreadable("cannot be read", errno);
    if (got == 0) break;  // the file has become shorter
    filled += static_cast<size_t>(got);
  }
  FileBytes file;
  file.bytes_ = Bytes(buffer.data(), filled);
  return file;
}

Result<FileBytes> FileBytes::drain(int descriptor, std::vector<std::byte>& buffer, uint64_t limit) {
  size_t filled = 0;
  for (;;) {
    if (buffer.size() - filled < kPiece) buffer.resize(buffer.size() + buffer.size() / 2 + kPiece);
    const ssize_t got = read_some(descriptor, buffer.data() + filled, buffer.size() - filled, -1);
    if (got < 0) return unreadable("cannot be read", errno);
    if (got == 0) break;
    filled += static_cast<size_t>(got);
    if (filled > limit) {
      return Error{Fault::limit, limit, "more than " + std::to_string(limit) + " bytes from a pipe"};
    }
  }
  FileBytes file;
  file.bytes_ = Bytes(buffer.data(), filled);
  return file;
}

Result<FileBytes> FileBytes::map(int descriptor, size_t size, Access access) {
  void* const at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  if (at == MAP_FAILED) return unreadable("cannot be mapped", errno);
  ::madvise(at, size, access == Access::scattered ? MADV_RANDOM : MADV_SEQUENTIAL);
  FileBytes file;
  file.bytes_ = Bytes(static_cast<const std::byte*>(at), size);
  file.mapped_ = true;
  return file;
}

}  // namespace winnow
