// Archives that few loaders open but people pass models around in: 7z, RAR, CAB, cpio, ISO 9660, ar, LHA.
// Read by libarchive from memory; everything that it gives is as untrusted as the archive.
#pragma once

#include <functional>
#include <string>

#include "containers/sink.h"

namespace winnow::containers {

// "7z", "rar", ...; null for anything else. By content.
const char* other_archive_name(Bytes bytes);

struct OtherMember {
  std::string name;
  std::string link;  // target of a symbolic link
  bool is_file = false;
  std::vector<std::byte> bytes;
  std::optional<Error> error;  // `bytes` holds what came before it
};

// Calls `each` for every member in the order of the archive. The error is why reading stopped early.
std::optional<Error> read_other_archive(Bytes bytes, const Limits& limits,
                                        const std::function<void(OtherMember)>& each);

}  // namespace winnow::containers
