// 7z, RAR, CAB, cpio, ISO 9660, ar and LHA archives: no loader reads them, people unpack models from them.
#include "containers/other.h"
#include "containers/paths.h"
#include "formats/archive/archive.h"
#include "formats/archive/evidence.h"
#include "formats/archive/layout.h"

namespace winnow::archive {

namespace {

constexpr uint64_t kMostGapReports = 32;

}  // namespace

bool is_other(const Artifact& artifact) { return containers::other_archive_name(artifact.bytes) != nullptr; }

void read_other_format(Scan& scan, const Artifact& artifact) {
  scan.recognise(artifact, containers::other_archive_name(artifact.bytes));
  containers::Limits limits;
  limits.ratio = scan.budget.inflation_ratio;
  limits.allow = [&scan](uint64_t bytes) { return scan.inflate(bytes); };

  Layout layout;
  Evidence evidence(scan, artifact);
  containers::Folder folder;
  uint64_t gaps = 0;
  const auto each = [&](containers::OtherMember member) {
    layout.add(member.name);
    auto reason = folder.member(member.name);
    if (!reason && !member.link.empty()) reason = folder.symbolic_link(member.name, member.link);
    if (reason) evidence.slip(member.name, 0, *reason);
    if (member.error && ++gaps <= kMostGapReports) {
      scan.gap(artifact, member.error->fault, 0, "'" + shown(member.name) + "': " + member.error->what);
    }
    if (!member.is_file) return;
    const Bytes bytes = scan.own(std::move(member.bytes));
    evidence.look_at_program(member.name, bytes);
    if (!bytes.empty()) scan.child(artifact, member.name, bytes);
  };
  if (const auto error = containers::read_other_archive(artifact.bytes, limits, each)) {
    scan.gap(artifact, *error);
  }
  evidence.report(layout);
}

}  // namespace winnow::archive
