#include "containers/other.h"

#include <archive.h>
#include <archive_entry.h>

#include <array>
#include <memory>

namespace winnow::containers {

namespace {

using namespace std::string_view_literals;

struct Kind {
  const char* name;
  std::string_view magic;
  uint64_t offset;
  int (*support)(struct archive*);  // null: known, but not read
};

// RAR 5 stands before RAR 4, whose magic is shorter.
constexpr std::array kKinds = {
    Kind{"7z", "7z\xbc\xaf\x27\x1c"sv, 0, archive_read_support_format_7zip},
    Kind{"rar", "Rar!\x1a\x07\x01\0"sv, 0, archive_read_support_format_rar5},
    Kind{"rar", "Rar!\x1a\x07\0"sv, 0, archive_read_support_format_rar},
    Kind{"cab", "MSCF\0\0\0\0"sv, 0, archive_read_support_format_cab},
    Kind{"cpio", "070701"sv, 0, archive_read_support_format_cpio},
    Kind{"cpio", "070702"sv, 0, archive_read_support_format_cpio},
    Kind{"cpio", "070707"sv, 0, archive_read_support_format_cpio},
    Kind{"ar", "!<arch>\n"sv, 0, archive_read_support_format_ar},
    Kind{"iso", "CD001"sv, 0x8001, archive_read_support_format_iso9660},
    Kind{"lha", "-lh5-"sv, 2, archive_read_support_format_lha},
    Kind{"lha", "-lh0-"sv, 2, archive_read_support_format_lha},
    Kind{"xar", "xar!"sv, 0, nullptr},
};

struct Close {
  void operator()(struct archive* reader) const { archive_read_free(reader); }
};
using Archive = std::unique_ptr<struct archive, Close>;

constexpr uint64_t kMostMembers = 200'000;

const Kind* kind_of(Bytes bytes) {
  for (const Kind& kind : kKinds) {
    if (as_text(slice(bytes, kind.offset, kind.magic.size())) == kind.magic) return &kind;
  }
  return nullptr;
}

std::string text_or_nothing(const char* text) { return text == nullptr ? std::string() : std::string(text); }

Error error_of(struct archive* reader, Fault fault) {
  const std::string what = text_or_nothing(archive_error_string(reader));
  if (what.find("ncrypt") != std::string::npos || what.find("assphrase") != std::string::npos) {
    fault = Fault::unsupported;
  }
  return {fault, 0, what.empty() ? "the archive is damaged" : what};
}

std::string name_of(archive_entry* entry) {
  if (const char* name = archive_entry_pathname(entry)) return name;
  return text_or_nothing(archive_entry_pathname_utf8(entry));
}

void read_data(struct archive* reader, const Limits& limits, uint64_t input_size, OtherMember& member) {
  Sink sink(limits, input_size);
  for (;;) {
    const auto room = sink.room();
    const la_ssize_t got = archive_read_data(reader, room.data(), room.size());
    if (got < 0) member.error = error_of(reader, Fault::malformed);
    if (got <= 0) break;
    // How much input one member took is not told, so the whole archive stands for it.
    if (!sink.wrote(static_cast<uint64_t>(got), input_size)) {
      member.error = sink.error();
      break;
    }
  }
  member.bytes = sink.take();
}

OtherMember read_member(struct archive* reader, archive_entry* entry, const Limits& limits,
                        uint64_t input_size) {
  OtherMember member;
  member.name = name_of(entry);
  member.link = text_or_nothing(archive_entry_symlink(entry));
  const auto type = archive_entry_filetype(entry);
  member.is_file = type == AE_IFREG || type == 0;  // 7z archives need not tell
  if (archive_entry_is_data_encrypted(entry) != 0 || archive_entry_is_metadata_encrypted(entry) != 0) {
    member.error = Error{Fault::unsupported, 0, "the member is encrypted"};
  } else if (member.is_file) {
    read_data(reader, limits, input_size, member);
  }
  return member;
}

}  // namespace

const char* other_archive_name(Bytes bytes) {
  const Kind* kind = kind_of(bytes);
  return kind == nullptr ? nullptr : kind->name;
}

std::optional<Error> read_other_archive(Bytes bytes, const Limits& limits,
                                        const std::function<void(OtherMember)>& each) {
  const Kind* kind = kind_of(bytes);
  if (kind == nullptr || kind->support == nullptr) {
    return Error{Fault::unsupported, 0, "this kind of archive is not read"};
  }
  const Archive reader(archive_read_new());
  if (!reader || kind->support(reader.get()) != ARCHIVE_OK) {
    return Error{Fault::unsupported, 0, "this kind of archive is not read"};
  }
  if (archive_read_open_memory(reader.get(), bytes.data(), bytes.size()) != ARCHIVE_OK) {
    return error_of(reader.get(), Fault::malformed);
  }
  for (uint64_t count = 0;; ++count) {
    if (count >= kMostMembers) return Error{Fault::limit, 0, "the archive has too many members"};
    archive_entry* entry = nullptr;
    const int status = archive_read_next_header(reader.get(), &entry);
    if (status == ARCHIVE_EOF) return std::nullopt;
    if (status == ARCHIVE_RETRY) continue;
    if (status < ARCHIVE_WARN) return error_of(reader.get(), Fault::malformed);
    OtherMember member = read_member(reader.get(), entry, limits, bytes.size());
    const bool spent = member.error && member.error->fault == Fault::limit;
    each(std::move(member));
    if (spent) return Error{Fault::limit, 0, "the budget for decompressed data is used up"};
  }
}

}  // namespace winnow::containers
