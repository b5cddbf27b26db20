// Findings about archives themselves: members that leave the folder, headers that lie, programs beside
// models.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "containers/zip.h"
#include "core/scan.h"
#include "formats/archive/layout.h"

namespace winnow::archive {

// Gathers what is wrong with one archive and reports each kind of it once.
class Evidence {
 public:
  Evidence(Scan& scan, const Artifact& artifact) : scan_(scan), artifact_(artifact) {}

  // A member whose path or link leaves the folder; `reason` is a clause that follows its name.
  void slip(std::string_view member, uint64_t offset, const std::string& reason);

  // Something that makes readers of the archive see different content; `what` is a sentence for all members
  // of the same kind, and must have static life.
  void tampering(const char* what, std::string_view member, uint64_t offset);

  // A member whose checksum was never computed, as torch.save leaves them out when it is told to.
  void no_checksum(std::string_view member, uint64_t offset);

  // A look at a member that might be a program.
  void look_at_program(std::string_view member, Bytes content);

  // Reports everything. `layout` decides whether programs are out of place.
  void report(const Layout& layout);

 private:
  struct Kind {
    const char* what;
    uint64_t count;
    std::vector<winnow::Evidence> places;
  };
  winnow::Evidence place(std::string_view member, uint64_t offset, std::string text) const;
  void report_programs(const Layout& layout);

  Scan& scan_;
  const Artifact& artifact_;
  std::vector<winnow::Evidence> slips_;
  uint64_t slip_count_ = 0;
  std::vector<Kind> tricks_;
  std::vector<winnow::Evidence> unchecked_;
  std::vector<winnow::Evidence> binaries_, scripts_;
  uint64_t libraries_ = 0, other_files_ = 0;
};

// The sentence for a trick of a zip.
const char* trick_text(containers::ZipTrick trick);

// The name of a member for reports: printable, and not longer than people read.
std::string shown(std::string_view name);

}  // namespace winnow::archive
