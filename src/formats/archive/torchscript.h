// The members of a zip archive that make up a TorchScript program, gathered and run together.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "code/torchscript/archive.h"

namespace winnow::archive {

class Torchscript {
 public:
  // Takes a part of the program; true for sources that nobody else reads.
  bool add(std::string_view name, Bytes bytes);
  void run(Scan& scan, const Artifact& artifact);

 private:
  torchscript::Archive archive_;
  std::vector<std::pair<std::string, Bytes>> sources_;  // by member
  std::string bytecode_;
};

}  // namespace winnow::archive
