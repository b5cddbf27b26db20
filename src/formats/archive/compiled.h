// Native code of compiled PyTorch models (.pt2 with data/aotinductor), which their loader links into the process.
#pragma once

#include <string>
#include <vector>

#include "formats/archive/evidence.h"

namespace winnow::archive {

class Compiled {
 public:
  void add(std::string_view name, Bytes bytes);
  void report(Scan& scan, const Artifact& artifact);

 private:
  struct Found {
    std::string member;
    std::string what;   // that it asks for; empty: nothing that acts
  };
  std::vector<Found> found_;
};

}  // namespace winnow::archive
