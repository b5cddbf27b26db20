// Tar archives as Python's tarfile reads them: old v7, ustar, GNU long names and links, pax headers, sizes in
// base 256. PyTorch's first checkpoint format, NVIDIA NeMo and many downloads are tars.
//
// Code hides in member paths that leave the folder, in links, behind the end of the archive where tarfile
// stops and others go on, and in sizes on which headers disagree.
// Specification: POSIX.1-2017 pax; GNU tar manual, "Basic Tar Format".
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bytes/bytes.h"
#include "bytes/result.h"

namespace winnow::containers {

struct TarMember {
  std::string name;
  std::string link;            // target of a symbolic or hard link
  char type = '0';             // as in the header; see the questions below
  bool sparse = false;         // `bytes` lack the holes
  bool size_differs = false;   // a pax header gives another size than the header itself, which is not zero
  bool truncated = false;      // the archive ends inside `bytes`
  uint64_t header_offset = 0;  // of the last header, in bytes
  Bytes bytes;

  bool is_link() const { return type == '2'; }
  bool is_hard_link() const { return type == '1'; }
  bool is_folder() const { return type == '5'; }
  bool is_device() const { return type == '3' || type == '4' || type == '6'; }  // pipes among them
  bool is_file() const { return !is_link() && !is_hard_link() && !is_folder() && (type < '3' || type > '6'); }
};

struct Tar {
  std::vector<TarMember> members;
  uint64_t end = 0;             // where tarfile stops reading
  std::optional<Error> damage;  // why it stops, if not at the end mark
};

bool looks_like_tar(Bytes bytes);
Tar read_tar(Bytes bytes);

}  // namespace winnow::containers
