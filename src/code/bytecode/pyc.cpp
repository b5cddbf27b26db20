#include "code/bytecode/pyc.h"

#include "bytes/reader.h"

namespace winnow::bytecode {
namespace {

struct MagicRange {
  uint16_t first, last;
  PythonVersion version;
};

// From the first alpha to the release. The numbers of 2.x grow by one with the option -U. From 3.12 on each
// minor version owns fifty numbers, of which later patches may take more.
constexpr MagicRange kMagics[] = {
    {62011, 62022, {2, 3}}, {62041, 62062, {2, 4}}, {62071, 62132, {2, 5}}, {62151, 62162, {2, 6}},
    {62171, 62212, {2, 7}}, {3000, 3131, {3, 0}},   {3141, 3151, {3, 1}},   {3160, 3180, {3, 2}},
    {3190, 3230, {3, 3}},   {3250, 3310, {3, 4}},   {3320, 3351, {3, 5}},   {3360, 3379, {3, 6}},
    {3390, 3394, {3, 7}},   {3400, 3413, {3, 8}},   {3420, 3425, {3, 9}},   {3430, 3439, {3, 10}},
    {3450, 3495, {3, 11}},  {3500, 3549, {3, 12}},  {3550, 3599, {3, 13}},  {3600, 3649, {3, 14}},
    {3650, 3699, {3, 15}},
};

constexpr uint16_t kFirstWithSize = 3210;        // 3.3 alpha 2
constexpr uint16_t kFirstWithFlags = 3392;       // 3.7 alpha 4
constexpr uint16_t kFirstPositionalOnly = 3410;  // 3.8 alpha

bool is_python2(uint16_t magic) { return magic > 20000; }

uint32_t header_size(uint16_t magic) {
  if (is_python2(magic) || magic < kFirstWithSize) return 8;
  return magic < kFirstWithFlags ? 12 : 16;
}

}  // namespace

std::optional<PythonVersion> version_of_magic(uint16_t magic) {
  for (const MagicRange& range : kMagics) {
    if (magic >= range.first && magic <= range.last) return range.version;
  }
  return std::nullopt;
}

bool looks_like_pyc(Bytes bytes) {
  const Result<PycHeader> header = read_pyc_header(bytes);
  if (!header || header->size >= bytes.size()) return false;
  const auto type = static_cast<uint8_t>(bytes[header->size]);
  return type == 'c' || (type == ('c' | 0x80) && header->version >= PythonVersion{3, 4});
}

Result<PycHeader> read_pyc_header(Bytes bytes) {
  Reader reader(bytes);
  PycHeader header;
  header.magic = reader.le<uint16_t>();
  const std::string_view line_end = reader.text(2);
  if (!reader.ok()) return *reader.error();
  if (line_end != "\r\n") return Error{Fault::malformed, 2, "the magic number is not followed by a line end"};
  const auto version = version_of_magic(header.magic);
  if (!version) return Error{Fault::unsupported, 0, "no version of Python that is read has the magic number " + std::to_string(header.magic)};
  header.version = *version;
  header.size = header_size(header.magic);
  if (header.version == PythonVersion{3, 8} && header.magic < kFirstPositionalOnly) header.layout = CodeLayout::python3_0;
  if (header.size == 16) header.flags = reader.le<uint32_t>();
  if (header.flags & 1) {
    header.source_hash = reader.le<uint64_t>();
  } else {
    header.modified = reader.le<uint32_t>();
    if (header.size > 8) header.source_size = reader.le<uint32_t>();
  }
  if (!reader.ok()) return *reader.error();
  return header;
}

Result<Pyc> read_pyc(Heap& heap, Bytes bytes, MarshalOptions options) {
  Result<PycHeader> header = read_pyc_header(bytes);
  if (!header) {
    Error error = header.error();
    error.offset += options.base;
    return error;
  }
  options.version = header->version;
  options.layout = header->layout;
  options.base += header->size;
  Result<Unmarshalled> contents = read_marshal(heap, slice(bytes, header->size), options);
  if (!contents) return contents.error();
  if (!contents->value.is(Kind::code)) return Error{Fault::malformed, options.base, "the object of a compiled module is not a code object"};
  contents->end += header->size;
  return Pyc{*header, contents.take()};
}

}  // namespace winnow::bytecode
