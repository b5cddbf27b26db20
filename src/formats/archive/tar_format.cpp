// Tar archives: PyTorch's first checkpoint format, NeMo, AllenNLP, plain downloads.
//
// PyTorch unpickles the members `pickle` (after one another, several pickles), `tensors` and `storages`
// (pickles with raw numbers between them). Code hides in paths and links that leave the folder, and behind
// the end mark where tarfile stops reading.
#include "containers/paths.h"
#include "containers/tar.h"
#include "core/unclaimed.h"
#include "formats/archive/archive.h"
#include "formats/archive/evidence.h"
#include "formats/archive/layout.h"
#include "formats/archive/torch_tar.h"

namespace winnow::archive {

using containers::Folder;
using containers::Tar;
using containers::TarMember;

namespace {

void check_path(Folder& folder, Evidence& evidence, const TarMember& member) {
  std::optional<std::string> reason = folder.member(member.name);
  if (!reason && member.is_link()) reason = folder.symbolic_link(member.name, member.link);
  if (!reason && member.is_hard_link()) reason = folder.hard_link(member.name, member.link);
  if (!reason && member.is_device()) reason = "is a device or a pipe of the machine and no file";
  if (reason) evidence.slip(member.name, member.header_offset, *reason);
}

}  // namespace

bool is_tar(const Artifact& artifact) { return containers::looks_like_tar(artifact.bytes); }

void read_tar_format(Scan& scan, const Artifact& artifact) {
  const Tar tar = containers::read_tar(artifact.bytes);
  Layout layout;
  for (const TarMember& member : tar.members) layout.add(member.name);
  scan.recognise(artifact, layout.tar_name());
  if (tar.damage) scan.gap(artifact, *tar.damage);

  Evidence evidence(scan, artifact);
  Folder folder;
  for (const TarMember& member : tar.members) {
    check_path(folder, evidence, member);
    if (!member.is_file()) continue;
    evidence.look_at_program(member.name, member.bytes);
    if (member.size_differs) {
      evidence.tampering("a pax header gives the member another size than its own header", member.name,
                         member.header_offset);
    }
    if (member.sparse) {
      scan.gap(artifact, Fault::unsupported, member.header_offset,
               "the sparse member '" + shown(member.name) + "' is read without its holes");
    }
    if (member.bytes.empty()) continue;
    if (layout.is_torch_tar() && is_torch_tar_pickle(member.name)) {
      read_torch_tar_member(scan, artifact, member.name, member.bytes);
    } else {
      scan.child(artifact, member.name, member.bytes);
    }
  }
  if (tar.end < artifact.bytes.size()) {
    unclaimed_child(scan, artifact, artifact.bytes, tar.end, UINT64_MAX);
  }
  evidence.report(layout);
}

}  // namespace winnow::archive
