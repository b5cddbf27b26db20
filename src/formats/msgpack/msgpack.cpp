// Reads a MessagePack tree: maps with texts as keys, and arrays in one of two forms.
//   * Flax (flax/serialization.py) writes extensions: 1 an array, 2 a complex number, 3 a scalar. Nothing runs.
//   * msgpack_numpy writes maps: {nd: true, type, kind, shape, data}. Where the kind is O, the data is a pickle, and
//     its decode loads it.
//   * Thinc (spaCy's models) writes what other frameworks keep under "shims", as bytes of a tree of their own; of
//     PyTorch's the "state" goes to torch.load.
// https://github.com/msgpack/msgpack/blob/master/spec.md
#include "formats/msgpack/msgpack.h"

#include <algorithm>
#include <string>
#include <vector>

#include "bytes/reader.h"
#include "core/inert.h"
#include "core/unclaimed.h"

namespace winnow::msgpack {
namespace {

constexpr int kDeepest = 128;
constexpr uint64_t kLongestKey = 512;
constexpr uint64_t kMostLooked = 200'000;  // values, to tell whether it is one
constexpr uint8_t kMostFlax = 3;  // the last of Flax's extensions

enum class Kind : uint8_t { scalar, text, bytes, list, map, extension };

struct Head {
  Kind kind = Kind::scalar;
  uint64_t size = 0;      // of texts, bytes and extensions in bytes, of lists and maps in items
  uint8_t extension = 0;
  bool truth = false;     // of true
};

// The type and size of the next value; scalars are skipped.
Head next(Reader& reader) {
  const uint8_t type = reader.u8();
  const auto sized = [&](Kind kind, uint64_t size) { return Head{kind, size, 0, false}; };
  if (type <= 0x7f || type >= 0xe0) return {};
  if (type <= 0x8f) return sized(Kind::map, type & 0x0f);
  if (type <= 0x9f) return sized(Kind::list, type & 0x0f);
  if (type <= 0xbf) return sized(Kind::text, type & 0x1f);
  static constexpr uint8_t kWidths[] = {1, 2, 4};
  const auto length = [&](uint8_t width) -> uint64_t { return width == 1 ? reader.u8() : width == 2 ? reader.be<uint16_t>() : reader.be<uint32_t>(); };
  if (type >= 0xc4 && type <= 0xc6) return sized(Kind::bytes, length(kWidths[type - 0xc4]));
  if (type >= 0xd9 && type <= 0xdb) return sized(Kind::text, length(kWidths[type - 0xd9]));
  if (type == 0xdc || type == 0xdd) return sized(Kind::list, length(type == 0xdc ? 2 : 4));
  if (type == 0xde || type == 0xdf) return sized(Kind::map, length(type == 0xde ? 2 : 4));
  if ((type >= 0xc7 && type <= 0xc9) || (type >= 0xd4 && type <= 0xd8)) {
    Head head{Kind::extension, type >= 0xd4 ? uint64_t{1} << (type - 0xd4) : length(kWidths[type - 0xc7]), 0, false};
    head.extension = reader.u8();
    return head;
  }
  if (type == 0xc1) reader.fail(Fault::malformed, "a type that does not exist");
  static constexpr uint8_t kNumbers[] = {4, 8, 1, 2, 4, 8, 1, 2, 4, 8};  // 0xca to 0xd3
  if (type >= 0xca && type <= 0xd3) reader.skip(kNumbers[type - 0xca]);
  return {Kind::scalar, 0, 0, type == 0xc3};
}

// What torch.save writes: an archive, or pickles.
bool begins_as_torch(Bytes content) {
  const std::string_view text = as_text(content);
  return text.starts_with("PK\x03\x04") || (text.size() > 2 && text[0] == '\x80' && text[1] >= 2 && text[1] <= 5);
}

class Reading {
 public:
  Reading(Scan& scan, const Artifact& artifact) : scan_(scan), artifact_(artifact), reader_(artifact.bytes) {}

  void run() {
    value(0);
    scan_.recognise(artifact_, flax_ ? "flax-msgpack" : "msgpack");
    if (!reader_.ok()) return scan_.gap(artifact_, *reader_.error());
    if (!pickles_) report_inert(scan_, artifact_, "It is a tree of numbers, texts and arrays; loaders build nothing else of it.");
    unclaimed_child(scan_, artifact_, artifact_.bytes, reader_.offset(), reader_.left());
  }

 private:
  void value(int depth) {
    if (depth > kDeepest) return reader_.fail(Fault::limit, "the tree is nested too deeply");
    if (!scan_.step()) return reader_.fail(Fault::limit, "the budget for work is used up");
    const Head head = next(reader_);
    switch (head.kind) {
      case Kind::scalar: return;
      case Kind::text: case Kind::bytes: {
        const uint64_t start = reader_.offset();
        const Bytes content = reader_.bytes(head.size);
        if (shims_ > 0 && head.kind == Kind::bytes && !content.empty()) give(content, start, Hint::none);
        return;
      }
      case Kind::extension:
        flax_ = flax_ || (head.extension >= 1 && head.extension <= kMostFlax);
        return reader_.skip(head.size);
      case Kind::list:
        reader_.count(head.size, 1);
        for (uint64_t i = 0; i < head.size && reader_.ok(); ++i) value(depth + 1);
        return;
      case Kind::map: return map(head.size, depth);
    }
  }

  void map(uint64_t size, int depth) {
    reader_.count(size, 2);
    bool array = false, objects = false;
    Bytes data;
    uint64_t place = 0;
    for (uint64_t i = 0; i < size && reader_.ok(); ++i) {
      const uint64_t at = reader_.offset();
      const Head key = next(reader_);
      const bool named = (key.kind == Kind::text || key.kind == Kind::bytes) && key.size <= kLongestKey;
      if (!named) {
        reader_.seek(at);
        value(depth + 1);
      }
      const std::string_view name = named ? reader_.text(key.size) : std::string_view();
      const uint64_t start = reader_.offset();
      if (name != "nd" && name != "kind" && name != "data" && name != "state") {
        shims_ += name == "shims";
        value(depth + 1);
        shims_ -= name == "shims";
        continue;
      }
      const Head held = next(reader_);
      if (name == "state" && held.kind == Kind::bytes) {
        const Bytes content = reader_.bytes(held.size);
        if (begins_as_torch(content)) give(content, start, as_text(content).starts_with("PK") ? Hint::none : Hint::pickle);
        continue;
      }
      if (name == "nd") array = held.truth;
      if (held.kind == Kind::text || held.kind == Kind::bytes) {
        const Bytes content = reader_.bytes(held.size);
        if (name == "kind") objects = as_text(content) == "O";
        if (name == "data") data = content, place = start;
      } else {
        reader_.seek(start);
        value(depth + 1);
      }
    }
    if (!array || !objects || data.empty()) return;
    give(data, place, Hint::pickle);
  }

  void give(Bytes content, uint64_t place, Hint hint) {
    pickles_ = true;
    scan_.child(artifact_, "@" + std::to_string(place), content, hint);
  }

  Scan& scan_;
  const Artifact& artifact_;
  Reader reader_;
  bool flax_ = false, pickles_ = false;
  int shims_ = 0;  // lists of them that are open
};

bool is_plain(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

// A map whose first key is a text or bytes, and whose first value is a map or an array; nothing else begins like it, and
// numbers alone would be too little.
bool begins_as_weights(Bytes bytes) {
  Reader reader(slice(bytes, 0, 4096));
  const Head top = next(reader);
  if (!reader.ok() || top.kind != Kind::map || top.size == 0 || top.size > bytes.size() / 2) return false;
  for (int depth = 0; depth < 16; ++depth) {
    const Head key = next(reader);
    if ((key.kind != Kind::text && key.kind != Kind::bytes) || key.size == 0 || key.size > kLongestKey) return false;
    const std::string_view name = reader.text(key.size);
    if (!reader.ok() || !is_plain(name)) return false;
    const Head held = next(reader);
    if (!reader.ok()) return false;
    if (held.kind == Kind::extension) return held.extension >= 1 && held.extension <= kMostFlax;
    if (held.kind == Kind::scalar) return name == "nd" && held.truth;
    if (held.kind != Kind::map || held.size == 0) return false;
  }
  return false;
}

// Whether a tree of maps and lists has an array of msgpack_numpy anywhere, or what Thinc keeps for PyTorch: the former's decode takes the keys in any order, and
// what stands before it. Values are skipped, not looked at.
bool holds_array(Bytes bytes) {
  Reader reader(bytes);
  std::vector<std::pair<uint64_t, bool>> open;  // items that are left, of maps keys and values; whether it is a map
  for (uint64_t values = 0; values < kMostLooked && reader.ok(); ++values) {
    while (!open.empty() && open.back().first == 0) open.pop_back();
    if (values != 0 && open.empty()) return false;
    const bool key = !open.empty() && open.back().second && open.back().first % 2 == 0;
    if (!open.empty()) --open.back().first;
    const Head head = next(reader);
    const bool container = head.kind == Kind::map || head.kind == Kind::list;
    if (values == 0 && !container) return false;
    if (container) {
      if (key || open.size() >= size_t{kDeepest} || head.size > reader.left()) return false;
      open.emplace_back(head.kind == Kind::map ? head.size * 2 : head.size, head.kind == Kind::map);
    } else if (key && head.size == 5 && head.kind == Kind::text) {
      const std::string_view name = reader.text(5);
      const uint64_t at = reader.offset();
      const Head held = next(reader);
      if (name == "shims" && held.kind == Kind::list) return true;
      if (name == "state" && held.kind == Kind::bytes && begins_as_torch(slice(bytes, reader.offset(), held.size))) return true;
      reader.seek(at);
    } else if (key && head.size == 2 && (head.kind == Kind::text || head.kind == Kind::bytes)) {
      if (reader.text(2) != "nd") continue;
      const uint64_t at = reader.offset();
      if (next(reader).truth) return true;
      reader.seek(at);
    } else {
      reader.skip(head.size);
    }
  }
  return false;
}

}  // namespace

bool is_msgpack(const Artifact& artifact) {
  if (artifact.hint != Hint::none && artifact.hint != Hint::unclaimed) return false;
  return begins_as_weights(artifact.bytes) || holds_array(artifact.bytes);
}

void read_msgpack(Scan& scan, const Artifact& artifact) { Reading(scan, artifact).run(); }

}  // namespace winnow::msgpack
