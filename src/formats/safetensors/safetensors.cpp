// Reads the header of a safetensors file as the Rust library does (safetensors/src/tensor.rs), on which all of its loaders
// stand: eight bytes of length, a JSON object of names with dtype, shape and place, texts under __metadata__; the places
// follow each other without a hole from the end of the header to the end of the file.
//
// Code cannot hide where the loader looks: it makes arrays of numbers and nothing else. What stands where it does not
// look (behind the data, in holes) is given on, and so is a tensor that starts like a program, an archive or a pickle.
#include "formats/safetensors/safetensors.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

#include "bytes/reader.h"
#include "containers/document.h"
#include "core/inert.h"
#include "core/unclaimed.h"

namespace winnow::safetensors {
namespace {

using containers::Document;
using containers::NodeId;
using containers::NodeKind;

constexpr uint64_t kLengthSize = 8;
constexpr uint64_t kLongestHeader = 100'000'000;  // the loader's own limit
constexpr std::string_view kMetadata = "__metadata__";
constexpr uint64_t kGlance = 16;

struct Dtype {
  std::string_view name;
  uint32_t bits;
};

constexpr Dtype kDtypes[] = {{"BOOL", 8},    {"F4", 4},      {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"U8", 8},   {"I8", 8},   {"F8_E5M2", 8},
                             {"F8_E4M3", 8}, {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8}, {"I16", 16}, {"U16", 16}, {"F16", 16},
                             {"BF16", 16},   {"I32", 32},    {"U32", 32},    {"F32", 32},    {"C64", 64}, {"F64", 64}, {"I64", 64},
                             {"U64", 64}};

struct Tensor {
  std::string_view name;
  uint64_t begin = 0, end = 0;  // from the end of the header
  uint64_t offset = 0;          // of its entry in the file
};

// The product of the shape and the width, in bits; nothing where it does not fit or is no shape.
std::optional<uint64_t> bits_of(const Document& header, NodeId shape, uint32_t width) {
  uint64_t bits = width;
  const containers::Node& list = header[shape];
  if (list.kind != NodeKind::list) return std::nullopt;
  for (uint32_t i = 0; i < list.count; ++i) {
    const containers::Node& size = header[header.child(list, i)];
    if (size.kind != NodeKind::integer || size.integer < 0) return std::nullopt;
    const auto count = static_cast<uint64_t>(size.integer);
    if (count != 0 && bits > std::numeric_limits<uint64_t>::max() / count) return std::nullopt;
    bits *= count;
  }
  return bits;
}

class Reading {
 public:
  Reading(Scan& scan, const Artifact& artifact) : scan_(scan), artifact_(artifact) {}

  void run() {
    Reader reader(artifact_.bytes);
    const uint64_t length = reader.le<uint64_t>();
    scan_.recognise(artifact_, "safetensors");
    if (length > kLongestHeader) return gap(Fault::malformed, 0, "the header is longer than the loader allows");
    const std::string_view text = reader.text(length);
    if (!reader.ok()) return scan_.gap(artifact_, *reader.error());
    data_ = kLengthSize + length;
    if (!scan_.step(length / 16)) return gap(Fault::limit, 0, "the budget for work is used up");
    const auto parsed = containers::parse_json(text);
    if (!parsed) return gap(parsed.error().fault, kLengthSize + parsed.error().offset, parsed.error().what);
    if (text.find_first_not_of(" \t\r\n", parsed->end) != std::string_view::npos) {
      gap(Fault::malformed, kLengthSize + parsed->end, "something follows the object in the header");
      unclaimed_child(scan_, artifact_, artifact_.bytes, kLengthSize + parsed->end, text.size() - parsed->end);
    }
    read_header(parsed->document);
    check_places();
    report_inert(scan_, artifact_, "Loaders make arrays of it, with names and texts that are shown as they are.");
  }

 private:
  void gap(Fault fault, uint64_t offset, std::string what) { scan_.gap(artifact_, fault, offset, std::move(what)); }

  void read_header(const Document& header) {
    const containers::Node& root = header[header.root];
    for (uint32_t i = 0; i + 1 < root.count; i += 2) {
      const containers::Node& key = header[header.child(root, i)];
      const NodeId value = header.child(root, i + 1);
      if (key.text == kMetadata) {
        check_metadata(header, value);
      } else {
        read_tensor(header, key, value);
      }
    }
  }

  void check_metadata(const Document& header, NodeId value) {
    const containers::Node& map = header[value];
    bool wrong = map.kind != NodeKind::map && map.kind != NodeKind::null;
    for (uint32_t i = 1; !wrong && i < map.count; i += 2) wrong = !header.is_text(header.child(map, i));
    if (wrong) gap(Fault::malformed, kLengthSize + map.offset, "__metadata__ holds something that is no text");
  }

  void read_tensor(const Document& header, const containers::Node& key, NodeId value) {
    const uint64_t offset = kLengthSize + key.offset;
    const auto wrong = [&](const char* what) { gap(Fault::malformed, offset, what); };
    if (!header.is(value, NodeKind::map)) return wrong("a tensor is no object");
    const std::string_view dtype = header.text(value, "dtype");
    const auto known = std::find_if(std::begin(kDtypes), std::end(kDtypes), [&](const Dtype& one) { return one.name == dtype; });
    const auto shape = header.find(value, "shape");
    const auto places = header.find(value, "data_offsets");
    if (!shape || !places || !header.is(*places, NodeKind::list) || header[*places].count != 2) return wrong("a tensor lacks its shape or its place");
    const containers::Node& begin = header[header.child(header[*places], 0)];
    const containers::Node& end = header[header.child(header[*places], 1)];
    if (begin.kind != NodeKind::integer || end.kind != NodeKind::integer || begin.integer < 0 || end.integer < begin.integer) {
      return wrong("the place of a tensor is none");
    }
    tensors_.push_back({key.text, static_cast<uint64_t>(begin.integer), static_cast<uint64_t>(end.integer), offset});
    if (known == std::end(kDtypes)) return gap(Fault::unsupported, offset, "the type of a tensor is unknown");
    const auto bits = bits_of(header, *shape, known->bits);
    const uint64_t size = tensors_.back().end - tensors_.back().begin;
    if (!bits || *bits % 8 != 0 || *bits / 8 != size) wrong("the size of a tensor is not that of its shape and type");
  }

  // The places must follow each other from 0 to the end of the file.
  void check_places() {
    std::stable_sort(tensors_.begin(), tensors_.end(),
                     [](const Tensor& a, const Tensor& b) { return a.begin != b.begin ? a.begin < b.begin : a.end < b.end; });
    const uint64_t size = artifact_.bytes.size() - data_;
    uint64_t covered = 0;
    bool overlap = false, hole = false;
    for (const Tensor& tensor : tensors_) {
      if (!scan_.step()) return gap(Fault::limit, tensor.offset, "the budget for work is used up");
      overlap = overlap || tensor.begin < covered;
      if (tensor.begin > covered) {
        hole = true;
        unclaimed_child(scan_, artifact_, artifact_.bytes, data_ + covered, std::min(tensor.begin, size) - std::min(covered, size));
      }
      glance(tensor);
      covered = std::max(covered, tensor.end);
    }
    if (overlap) gap(Fault::malformed, data_, "tensors share their bytes, which the loader refuses");
    if (hole) gap(Fault::malformed, data_, "bytes between the tensors belong to none of them, which the loader refuses");
    if (covered > size) return gap(Fault::truncated, artifact_.bytes.size(), "the file ends before its tensors do");
    if (covered == size) return;
    gap(Fault::malformed, data_ + covered, "bytes follow the last tensor, which the loader refuses");
    unclaimed_child(scan_, artifact_, artifact_.bytes, data_ + covered, size - covered);
  }

  void glance(const Tensor& tensor) {
    const Bytes bytes = slice(artifact_.bytes, data_ + tensor.begin, tensor.end - tensor.begin);
    if (starts_like_code(slice(bytes, 0, kGlance))) scan_.child(artifact_, tensor.name, bytes, Hint::storage);
  }

  Scan& scan_;
  const Artifact& artifact_;
  uint64_t data_ = 0;  // where the numbers begin
  std::vector<Tensor> tensors_;
};

}  // namespace

// A length, and an object that begins as headers do; the end of a file that is cut short may be anywhere.
bool is_safetensors(const Artifact& artifact) {
  if (artifact.hint == Hint::pickle || artifact.hint == Hint::python_source || artifact.hint == Hint::code_object) return false;
  Reader reader(artifact.bytes);
  const uint64_t length = reader.le<uint64_t>();
  if (!reader.ok() || length < 2 || reader.u8() != '{') return false;
  const std::string_view start = as_text(slice(artifact.bytes, kLengthSize, std::min<uint64_t>(length, 4096)));
  const size_t next = start.find_first_not_of(" \t\r\n", 1);
  if (next == std::string_view::npos) return false;
  if (start[next] == '}') return length <= 16;
  return start[next] == '"' && (start.find("\"dtype\"") != std::string_view::npos || start.find("\"data_offsets\"") != std::string_view::npos ||
                                start.find("\"__metadata__\"") != std::string_view::npos);
}

void read_safetensors(Scan& scan, const Artifact& artifact) { Reading(scan, artifact).run(); }

}  // namespace winnow::safetensors
