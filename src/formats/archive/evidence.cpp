#include "formats/archive/evidence.h"

#include <array>
#include <cstring>

#include "containers/program.h"

namespace winnow::archive {

namespace {

constexpr size_t kMostPlaces = 16;  // of one kind, in a report
constexpr size_t kLongestName = 200;

enum class Program : uint8_t { none, library, binary, script };

Program program_of(std::string_view member, Bytes content) {
  const auto ends = [&](std::string_view ending) { return ends_with_ignoring_case(member, ending); };
  const bool binary = containers::is_program(content);
  const bool library = ends(".so") || ends(".dylib") || ends(".pyd") || ends(".o") || ends(".cubin") ||
                       member.find(".so.") != std::string_view::npos;
  if (library) return binary ? Program::library : Program::none;
  if (binary) return Program::binary;
  if (ends(".exe") || ends(".dll") || ends(".scr")) return content.empty() ? Program::none : Program::script;
  static constexpr std::array<std::string_view, 5> kScripts = {".bat", ".cmd", ".sh", ".vbs", ".ps1"};
  for (const std::string_view ending : kScripts) {
    if (ends(ending)) return Program::script;
  }
  return Program::none;
}

std::string counted(uint64_t count, const char* one, const char* many) {
  return count == 1 ? std::string("A ") + one : std::to_string(count) + " " + many;
}

}  // namespace

std::string shown(std::string_view name) {
  std::string out;
  for (const char c : name.substr(0, kLongestName)) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      out += c;
      continue;
    }
    constexpr const char* kDigits = "0123456789abcdef";
    out += "\\x";
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  if (name.size() > kLongestName) out += "...";
  return out;
}

const char* trick_text(containers::ZipTrick trick) {
  using containers::ZipTrick;
  switch (trick) {
    case ZipTrick::name_differs: return "local header and directory give the member different names";
    case ZipTrick::method_differs: return "local header and directory give different compression methods";
    case ZipTrick::size_differs: return "local header and directory give different sizes";
    case ZipTrick::crc_differs: return "local header and directory give different checksums";
    case ZipTrick::encryption_differs:
      return "only one of local header and directory marks the member as encrypted or patched";
    case ZipTrick::header_missing: return "no local header stands where the directory says";
    case ZipTrick::members_overlap: return "the member shares bytes with another one or with the directory";
    case ZipTrick::unlisted_member: return "the member has a local header, but no directory lists it";
    case ZipTrick::second_directory: return "a second central directory lists other members";
    case ZipTrick::count_differs: return "the directory holds more or fewer members than its end record says";
    case ZipTrick::duplicate_name: return "two members share a name and differ in content";
    case ZipTrick::nul_in_name: return "the name holds a NUL byte, at which some readers end it";
  }
  return "the archive's headers contradict each other";
}

winnow::Evidence Evidence::place(std::string_view member, uint64_t offset, std::string text) const {
  winnow::Evidence out;
  out.code = std::move(text);
  out.location.member = scan_.member_of(artifact_);
  if (!member.empty()) {
    if (!out.location.member.empty()) out.location.member += '!';
    out.location.member += shown(member);
  }
  out.location.offset = offset;
  return out;
}

void Evidence::slip(std::string_view member, uint64_t offset, const std::string& reason) {
  if (++slip_count_ > kMostPlaces) return;
  slips_.push_back(place(member, offset, "'" + shown(member) + "' " + shown(reason)));
}

void Evidence::tampering(const char* what, std::string_view member, uint64_t offset) {
  Kind* kind = nullptr;
  for (Kind& known : tricks_) {
    if (std::strcmp(known.what, what) == 0) kind = &known;
  }
  if (kind == nullptr) kind = &tricks_.emplace_back(Kind{what, 0, {}});
  if (++kind->count <= kMostPlaces) kind->places.push_back(place(member, offset, what));
}

void Evidence::no_checksum(std::string_view member, uint64_t offset) {
  if (unchecked_.size() < kMostPlaces)
    unchecked_.push_back(place(member, offset, "the checksum does not fit the content"));
}

void Evidence::look_at_program(std::string_view member, Bytes content) {
  switch (program_of(member, content)) {
    case Program::none: ++other_files_; return;
    case Program::library: ++libraries_; return;
    case Program::binary:
      if (binaries_.size() < kMostPlaces) binaries_.push_back(place(member, 0, "a native program"));
      return;
    case Program::script:
      if (scripts_.size() < kMostPlaces) scripts_.push_back(place(member, 0, "a program or shell script"));
      return;
  }
}

void Evidence::report(const Layout& layout) {
  if (slip_count_ != 0) {
    Finding finding;
    finding.threat = "archive-slip";
    finding.ruling = Ruling::confirmed;
    finding.summary = counted(slip_count_, "member", "members") +
                      (slip_count_ == 1 ? " of the archive leaves" : " of the archive leave") +
                      " the folder that it is unpacked into.";
    finding.why = "'" + slips_.front().location.member + "': " + slips_.front().code +
                  ". Unpacking it with a tool that does not check writes outside of the chosen folder.";
    finding.evidence = std::move(slips_);
    scan_.finding(artifact_, std::move(finding));
  }
  for (Kind& kind : tricks_) {
    Finding finding;
    finding.threat = "archive-tampering";
    finding.ruling = Ruling::suspected;
    finding.summary = "The archive's headers lie: " + std::string(kind.what) + " (" +
                      std::to_string(kind.count) + (kind.count == 1 ? " member)." : " members).");
    finding.why =
        "Programs that read this archive can come to different content, which is how a payload is "
        "kept from scanners; no honest writer leaves an archive like this.";
    finding.evidence = std::move(kind.places);
    scan_.finding(artifact_, std::move(finding));
  }
  if (!unchecked_.empty()) {
    Finding finding;
    finding.threat = "archive-tampering";
    finding.ruling = Ruling::dismissed;
    finding.summary = "Checksums of the archive do not fit its content.";
    finding.why =
        "torch.save leaves checksums out on request, and its loader does not look at them. The content was "
        "read.";
    finding.evidence = std::move(unchecked_);
    scan_.finding(artifact_, std::move(finding));
  }
  report_programs(layout);
}

// Programs are out of place beside a model; a source tree or a package is where they belong.
void Evidence::report_programs(const Layout& layout) {
  if (layout.holds_program()) return;
  if (!layout.holds_model() && other_files_ + libraries_ != 0) return;
  std::vector<winnow::Evidence> found = std::move(binaries_);
  found.insert(found.end(), scripts_.begin(), scripts_.end());
  if (found.empty()) return;
  Finding finding;
  finding.threat = "archive-executable";
  finding.ruling = Ruling::suspected;
  finding.trigger = Trigger::other;
  finding.summary = "The archive carries a program, '" + found.front().location.member + "'" +
                    (layout.holds_model() ? ", beside a model." : ".");
  finding.why = "Loading a model needs no program of its own; whoever unpacks this archive may start it.";
  finding.evidence = std::move(found);
  scan_.finding(artifact_, std::move(finding));
}

}  // namespace winnow::archive
