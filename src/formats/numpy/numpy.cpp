#include "formats/numpy/numpy.h"

#include <algorithm>

#include "bytes/reader.h"
#include "code/machine/literal.h"
#include "formats/numpy/descriptor.h"

namespace winnow::numpy {

namespace {

using namespace std::string_view_literals;

constexpr std::string_view kMagic = "\x93NUMPY"sv;
constexpr uint64_t kLongestHeader = uint64_t{16} << 20;
constexpr uint64_t kMostArrays = 100'000;

struct Header {
  uint64_t data_offset = 0;  // from the start of the magic
  DataType type;
  std::optional<uint64_t> items;  // the product of the shape
};

Result<Header> header_of(const LiteralTree& tree, uint64_t data_offset) {
  const Literal& root = tree[tree.root];
  const Error malformed{Fault::malformed, 0, "the header is not a dict of descr, fortran_order and shape"};
  if (root.kind != LiteralKind::dict) return malformed;
  Header out;
  out.data_offset = data_offset;
  uint32_t found = 0;
  // Of a key that is given twice, the last one counts.
  for (size_t i = 0; i + 1 < root.items.size(); i += 2) {
    const Literal& key = tree[root.items[i]];
    if (key.kind != LiteralKind::text) return malformed;
    if (key.text == "descr") {
      out.type = data_type_of(tree, root.items[i + 1]);
      found |= 1;
    } else if (key.text == "fortran_order") {
      found |= 2;
    } else if (key.text == "shape") {
      out.items = 1;
      for (const uint32_t item : tree[root.items[i + 1]].items) {
        const Literal& size = tree[item];
        uint64_t product = 0;
        const bool known = out.items && size.kind == LiteralKind::integer && !size.negative &&
                           !__builtin_mul_overflow(*out.items, size.integer, &product);
        out.items = known ? std::optional(product) : std::nullopt;
      }
      found |= 4;
    } else {
      return malformed;
    }
  }
  if (found != 7) return malformed;
  return out;
}

Result<Header> read_header(Bytes bytes) {
  Reader reader(bytes);
  reader.skip(kMagic.size());
  const uint8_t major = reader.u8();
  const uint8_t minor = reader.u8();
  if (reader.ok() && (major < 1 || major > 3 || minor != 0)) {
    return Error{
        Fault::unsupported, kMagic.size(),
        "version " + std::to_string(major) + "." + std::to_string(minor) + " of the format is unknown"};
  }
  const uint64_t size = major == 1 ? reader.le<uint16_t>() : reader.le<uint32_t>();
  const std::string_view text = reader.text(size);
  if (!reader.ok()) return *reader.error();
  if (size > kLongestHeader) return Error{Fault::limit, kMagic.size(), "the header is too long"};
  const uint64_t start = reader.offset() - size;
  Result<LiteralTree> tree = parse_literal(text);
  if (!tree)
    return Error{tree.error().fault, start + tree.error().offset, "the header: " + tree.error().what};
  Result<Header> header = header_of(*tree, reader.offset());
  if (!header) return Error{header.error().fault, start, header.error().what};
  return header;
}

bool all_zero(Bytes bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

}  // namespace

bool is_npy(const Artifact& artifact) { return as_text(artifact.bytes).starts_with(kMagic); }

void read_npy(Scan& scan, const Artifact& artifact) {
  uint64_t offset = 0;
  bool recognised = false;
  for (uint64_t count = 0;; ++count) {
    if (count >= kMostArrays || !scan.step(16)) {
      scan.gap(artifact, Fault::limit, offset, "more arrays behind one another than are read");
      return;
    }
    const Bytes rest = slice(artifact.bytes, offset);
    Result<Header> header = read_header(rest);
    if (!recognised) scan.recognise(artifact, header && header->type.objects ? "npy-object" : "npy");
    recognised = true;
    if (!header) {
      Error error = header.error();
      error.offset += offset;
      scan.gap(artifact, error);
      return;
    }
    const uint64_t data = offset + header->data_offset;
    if (header->type.objects) {
      scan.child(artifact, "@object-" + std::to_string(data), slice(artifact.bytes, data), Hint::pickle);
      return;
    }
    uint64_t size = 0;
    if (!header->items || !header->type.item_size ||
        __builtin_mul_overflow(*header->items, *header->type.item_size, &size)) {
      return;
    }
    if (size > artifact.bytes.size() - data) return;  // missing numbers hide nothing
    offset = data + size;
    const Bytes behind = slice(artifact.bytes, offset);
    if (as_text(behind).starts_with(kMagic)) continue;
    if (!all_zero(behind)) {
      scan.child(artifact, "@gap-" + std::to_string(offset), behind, Hint::unclaimed);
    }
    return;
  }
}

}  // namespace winnow::numpy
