// Zip archives: PyTorch, TorchScript, torch.package, Keras v3, NumPy, skops, plain downloads.
//
// Members become child artifacts. PyTorch's tensor storages do not: no loader reads them as code, and a
// checkpoint of 100 GB must not cost its size. Each of them is glanced at, in case something else sits there. Code hides in members that only some readers see (containers/zip.h); every view is given, and what
// lies between, before and behind the members is a child too when it is more than padding.
#include <algorithm>
#include <set>
#include <tuple>

#include "containers/paths.h"
#include "containers/tar.h"
#include "containers/zip.h"
#include "core/unclaimed.h"
#include "formats/archive/archive.h"
#include "formats/archive/compiled.h"
#include "formats/archive/evidence.h"
#include "formats/archive/layout.h"
#include "formats/archive/torchscript.h"

namespace winnow::archive {

using containers::Folder;
using containers::Trick;
using containers::Zip;
using containers::ZipContent;
using containers::ZipMember;
using containers::ZipTrick;

namespace {

constexpr uint64_t kStepsPerMember = 16;
constexpr uint64_t kBytesPerStep = 16;     // where bytes are read more than once
constexpr uint64_t kMostOverlapping = 64;  // members that share bytes multiply what there is to read
constexpr uint64_t kMostGapReports = 8;
constexpr uint64_t kGlance = 16;       // bytes of a storage
constexpr uint64_t kShortRecord = 64;  // "version", "byteorder": text that nothing can be hidden in

bool is_written_by_pandas(std::string_view name) {
  static constexpr std::string_view kEndings[] = {".pkl", ".pickle", ".p", ".csv", ".json", ".zip"};
  return name.find("..") == std::string_view::npos &&
         std::any_of(std::begin(kEndings), std::end(kEndings),
                     [&](std::string_view ending) { return ends_with_ignoring_case(name, ending); });
}

class Reading {
 public:
  Reading(Scan& scan, const Artifact& artifact, const Zip& zip)
      : scan_(scan), artifact_(artifact), zip_(zip), evidence_(scan, artifact) {
    limits_.ratio = scan.budget.inflation_ratio;
    limits_.allow = [&scan](uint64_t bytes) { return scan.inflate(bytes); };
  }

  void run() {
    for (const ZipMember& member : zip_.members) layout_.add(member.name);
    if (zip_.damage) scan_.gap(artifact_, *zip_.damage);
    report_tricks();
    for (const ZipMember& member : zip_.members) {
      check_path(member);
      if (!spent_) read(member);
    }
    if (gaps_ > kMostGapReports) {
      scan_.gap(artifact_, Fault::malformed, 0,
                std::to_string(gaps_ - kMostGapReports) + " more members could not be read");
    }
    for (const auto& region : zip_.unclaimed) {
      if (!spent_) read_region(region.offset, region.size);
    }
    if (!zip_.comment.empty()) read_comment();
    torchscript_.run(scan_, artifact_);
    compiled_.report(scan_, artifact_);
    scan_.recognise(artifact_, layout_.zip_name());
    evidence_.report(layout_);
  }

 private:
  void report_tricks() {
    for (const Trick& trick : zip_.tricks) {
      if (trick.what == ZipTrick::header_missing) continue;  // becomes a gap when it is opened
      const bool of_member =
          trick.what != ZipTrick::second_directory && trick.what != ZipTrick::count_differs;
      const std::string_view name = of_member ? zip_.members[trick.member].name : std::string_view();
      evidence_.tampering(trick_text(trick.what), name, trick.offset);
    }
  }

  void check_path(const ZipMember& member) {
    for (const std::string_view name : {member.name, member.other_name}) {
      // Keys of an npz are not paths for anybody who loads it.
      if (layout_.is_npz() && containers::is_absolute(name)) continue;
      // pandas names the one member of its archives by the whole path that it was given.
      if (zip_.members.size() == 1 && containers::is_absolute(name) && is_written_by_pandas(name)) continue;
      if (const auto reason = folder_.member(name)) evidence_.slip(name, member.header_offset, *reason);
    }
  }

  void check_link(const ZipMember& member, Bytes target) {
    if (!member.is_link() || target.size() > 4096) return;
    if (const auto reason = folder_.symbolic_link(member.name, as_text(target))) {
      evidence_.slip(member.name, member.header_offset, *reason);
    }
  }

  void gap(const ZipMember& member, Error error) {
    if (error.fault == Fault::limit) spent_ = spent_ || !scan_.inflate(1);
    if (++gaps_ > kMostGapReports) return;
    error.what = "'" + shown(member.name) + "': " + error.what;
    scan_.gap(artifact_, error);
  }

  // Whether these bytes were given under the same promise before.
  bool repeated(const ZipMember& member, Hint hint) {
    return !seen_.emplace(member.data_offset, member.packed_size, member.method, hint).second;
  }

  Hint hint_for(const ZipMember& member) const {
    if (layout_.is_torch() && is_torch_pickle_name(member.name)) return Hint::pickle;
    return Hint::none;
  }

  void read(const ZipMember& member) {
    // torch.save never compresses storages: one that is compressed is no storage.
    if (member.method == 0 && layout_.is_torch() && is_storage_name(member.name)) return glance(member);
    if (!scan_.step(kStepsPerMember + (member.overlaps ? member.packed_size : 0))) {
      spent_ = true;
      return gap(member, {Fault::limit, member.header_offset, "the budget for work is used up"});
    }
    if (member.is_folder() && member.packed_size == 0) return;
    if (member.overlaps && ++overlapping_ > kMostOverlapping) {
      return gap(member, {Fault::limit, member.header_offset, "too many members share their bytes"});
    }
    const Hint hint = hint_for(member);
    // Only members that lie share their bytes, or come a second time as somebody else sees them.
    if ((member.overlaps || member.sources != containers::kFromDirectory) && repeated(member, hint)) return;
    ZipContent content = containers::open_zip_member(zip_, member, limits_);
    report_content(member, content);
    const Bytes bytes = content.buffer.empty() ? content.bytes : scan_.own(std::move(content.buffer));
    check_link(member, bytes);
    evidence_.look_at_program(member.name, bytes);
    compiled_.add(member.name, bytes);
    // Its sources are read together with the objects, and not as Python.
    if (layout_.is_torchscript() && torchscript_.add(member.name, bytes)) return;
    if (starts_like_pickle(bytes)) layout_.add_model();
    if (bytes.empty() || (layout_.is_torch() && is_short_text(bytes))) return;
    scan_.child(artifact_, member.name, bytes, hint);
  }

  void report_content(const ZipMember& member, const ZipContent& content) {
    if (content.error) gap(member, *content.error);
    if (content.false_encryption) {
      evidence_.tampering("the member is marked as encrypted or patched, but is not", member.name,
                          member.header_offset);
    }
    if (content.wrong_crc && (layout_.is_torch() || member.crc == 0)) {
      evidence_.no_checksum(member.name, member.header_offset);
    } else if (content.wrong_crc) {
      evidence_.tampering("the member's content does not have the checksum that the headers give",
                          member.name, member.header_offset);
    } else if (content.wrong_size) {
      evidence_.tampering("the member's content does not have the size that the headers give", member.name,
                          member.header_offset);
    }
    if (!is_padding(content.unused)) {
      scan_.child(artifact_, std::string(member.name) + "@rest", content.unused, Hint::unclaimed);
    }
  }

  // A storage is a child only when it starts like something that is no number.
  void glance(const ZipMember& member) {
    if (member.data_offset == 0) return;
    const Bytes bytes = slice(zip_.bytes, member.data_offset, member.packed_size);
    if (!starts_like_code(slice(bytes, 0, kGlance))) return;
    scan_.child(artifact_, member.name, bytes, Hint::storage);
  }

  static bool is_short_text(Bytes bytes) {
    return bytes.size() <= kShortRecord && std::all_of(bytes.begin(), bytes.end(), [](std::byte b) {
             const auto c = std::to_integer<uint8_t>(b);
             return c == '\n' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
           });
  }

  void read_region(uint64_t offset, uint64_t size) {
    const Bytes region = slice(zip_.bytes, offset, size);
    if (region.size() == zip_.bytes.size()) {
      scan_.gap(artifact_, Fault::malformed, 0, "the archive has no readable member");
      return;
    }
    if (artifact_.depth > 0 && !scan_.step(size / kBytesPerStep)) {
      spent_ = true;
      scan_.gap(artifact_, Fault::limit, offset, "the budget for work is used up");
      return;
    }
    // What stands at the start of the file was shown to every format already.
    if (offset == 0 && region[0] != std::byte{0}) return;
    unclaimed_child(scan_, artifact_, zip_.bytes, offset, size);
  }

  void read_comment() {
    const Bytes comment = as_bytes(zip_.comment);
    if (starts_like_code(comment)) scan_.child(artifact_, "@comment", comment, Hint::unclaimed);
  }

  Scan& scan_;
  const Artifact& artifact_;
  const Zip& zip_;
  containers::Limits limits_;
  Layout layout_;
  Evidence evidence_;
  Folder folder_;
  Torchscript torchscript_;
  Compiled compiled_;
  std::set<std::tuple<uint64_t, uint64_t, uint16_t, Hint>> seen_;
  uint64_t gaps_ = 0, overlapping_ = 0;
  bool spent_ = false;
};

}  // namespace

bool is_zip(const Artifact& artifact) {
  // A tar whose last member is a zip ends like one; its own reader gives that member, and what is behind.
  if (as_text(artifact.bytes).starts_with("PK\x03\x04")) return true;
  return containers::looks_like_zip(artifact.bytes) && !containers::looks_like_tar(artifact.bytes);
}

void read_zip_format(Scan& scan, const Artifact& artifact) {
  const Zip zip = containers::read_zip(artifact.bytes);
  Reading(scan, artifact, zip).run();
}

}  // namespace winnow::archive
