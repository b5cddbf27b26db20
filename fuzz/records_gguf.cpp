// GGUF as pairs and tensors: keys, values by type, arrays of texts, descriptions of tensors; the counts follow them. Versions
// 2 and 3 in little-endian, which is nearly every file.
#include "bytes/reader.h"
#include "records.h"

namespace winnow::fuzz {
namespace {

enum Kind : uint32_t {
  kRest,
  kVersion,
  kTensorCount,
  kPairCount,
  kPair,     // parts: a name and a value
  kTensor,   // text: dimensions, type, place; parts: a name
  kName,
  kNumbers,  // text: type and items of an array of numbers; the lie is against the bytes that are there
  kValue = 64  // and the type
};
constexpr uint32_t kText = kValue + 8, kArray = kValue + 9, kTypes = 13;
constexpr uint8_t kSizes[kTypes] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
constexpr int kDeepest = 6;
constexpr std::string_view kMagic = "GGUF";

class Reading {
 public:
  explicit Reading(std::string_view file) : file_(file), from_(as_bytes(file)) {}

  Record run() {
    Record root;
    from_.skip(kMagic.size());
    root.parts.push_back({kVersion, std::string(from_.text(4)), {}, 0});
    const uint64_t tensors = from_.le<uint64_t>(), pairs = from_.le<uint64_t>();
    if (!file_.starts_with(kMagic) || !from_.ok()) return {};
    root.parts.push_back({kTensorCount, {}, {}, 0});
    root.parts.push_back({kPairCount, {}, {}, 0});
    uint64_t good = from_.offset(), pairs_read = 0, tensors_read = 0;
    const auto keep = [&](Record record, uint64_t& count) {
      root.parts.push_back(std::move(record));
      good = from_.offset();
      ++count;
    };
    while (pairs_read < pairs) {
      Record record = pair();
      if (!from_.ok()) break;
      keep(std::move(record), pairs_read);
    }
    while (from_.ok() && tensors_read < tensors) {
      Record record = tensor();
      if (!from_.ok()) break;
      keep(std::move(record), tensors_read);
    }
    root.parts[1].lie = static_cast<int64_t>(tensors - tensors_read);
    root.parts[2].lie = static_cast<int64_t>(pairs - pairs_read);
    if (good < file_.size()) root.parts.push_back({kRest, std::string(file_.substr(good)), {}, 0});
    return root;
  }

 private:
  std::string_view text() { return from_.text(from_.le<uint64_t>()); }

  Record pair() {
    Record record{kPair, {}, {}, 0};
    record.parts.push_back({kName, std::string(text()), {}, 0});
    record.parts.push_back(value(from_.le<uint32_t>(), 0));
    return record;
  }

  Record value(uint32_t type, int depth) {
    Record record{kValue + type, {}, {}, 0};
    if (type >= kTypes || depth > kDeepest) {
      from_.fail(Fault::malformed, "type");
    } else if (record.kind == kText) {
      record.text = text();
    } else if (record.kind != kArray) {
      record.text = from_.text(kSizes[type]);
    } else {
      items(record, depth);
    }
    return record;
  }

  void items(Record& array, int depth) {
    const uint32_t type = from_.le<uint32_t>();
    const uint64_t count = from_.le<uint64_t>();
    append_number(array.text, type, 4);
    if (type < kTypes && kSizes[type] != 0) {
      array.parts.push_back({kNumbers, std::string(from_.text(from_.count(count, kSizes[type]) * kSizes[type])), {}, 0});
      return;
    }
    for (uint64_t i = 0; i < count && from_.ok(); ++i) array.parts.push_back(value(type, depth + 1));
  }

  Record tensor() {
    Record record{kTensor, {}, {}, 0};
    record.parts.push_back({kName, std::string(text()), {}, 0});
    const auto start = static_cast<size_t>(from_.offset());
    const uint32_t dimensions = from_.le<uint32_t>();
    if (dimensions > 8) from_.fail(Fault::malformed, "dimensions");
    from_.skip(uint64_t{8} * dimensions + 12);
    if (from_.ok()) record.text = file_.substr(start, static_cast<size_t>(from_.offset()) - start);
    return record;
  }

  std::string_view file_;
  Reader from_;
};

Record read(std::string_view file) { return Reading(file).run(); }

void append_text(std::string& out, const Record& record) {
  append_number(out, record.text.size() + static_cast<uint64_t>(record.lie), 8);
  out += record.text;
}

void write_record(const Record& record, std::string& out) {
  if (record.kind == kName || record.kind == kText) return append_text(out, record);
  if (record.kind == kArray) {
    const auto type = static_cast<uint32_t>(number_at(record.text, 0, 4));
    uint64_t count = record.parts.size();
    if (!record.parts.empty() && record.parts.front().kind == kNumbers) {
      const uint64_t size = type < kTypes && kSizes[type] != 0 ? kSizes[type] : 1;
      count = record.parts.front().text.size() / size;
    }
    append_number(out, type, 4);
    append_number(out, count + static_cast<uint64_t>(record.lie), 8);
  } else if (record.kind > kValue && record.kind < kValue + kTypes) {
    append_number(out, number_at(record.text, 0, 8), kSizes[record.kind - kValue]);
    return;
  }
  if (record.kind == kTensor) {
    for (const Record& part : record.parts) write_record(part, out);
    out += record.text;
    return;
  }
  if (record.kind != kArray) out += record.text;
  for (const Record& part : record.parts) {
    if (record.kind == kPair && part.kind >= kValue) append_number(out, part.kind - kValue, 4);
    write_record(part, out);
  }
}

std::string write(const Record& root) {
  uint64_t pairs = 0, tensors = 0;
  for (const Record& part : root.parts) pairs += part.kind == kPair, tensors += part.kind == kTensor;
  std::string out(kMagic);
  for (const Record& part : root.parts) {
    if (part.kind == kTensorCount || part.kind == kPairCount) {
      append_number(out, (part.kind == kPairCount ? pairs : tensors) + static_cast<uint64_t>(part.lie), 8);
    } else {
      write_record(part, out);
    }
  }
  return out;
}

std::string_view widths(const Record& record) {
  if (record.kind == kVersion || record.kind == kArray) return "\4";
  if (record.kind == kTensor) return record.text.size() == 32 ? "\4\x8\x8\4\x8" : "\4\x8\4\x8";
  if (record.kind < kValue || record.kind == kText || record.kind >= kValue + kTypes) return {};
  static constexpr std::string_view kWidths[] = {"\1", "\2", "\4", "\x8"};
  const uint8_t size = kSizes[record.kind - kValue];
  return kWidths[size == 8 ? 3 : size / 2];
}

uint32_t other_kind(const Record& record, Random& random) {
  if (record.kind < kValue) return record.kind;
  return below(random, 8) == 0 ? kValue + static_cast<uint32_t>(below(random, 20)) : kValue + static_cast<uint32_t>(below(random, kTypes));
}

Record another(const Record& beside, Random& random) {
  static constexpr std::string_view kKeys[] = {"tokenizer.chat_template", "tokenizer.chat_template.tool", "general.architecture", "a.prompt", ""};
  static constexpr std::string_view kTexts[] = {"{{ x }}", "{% if a %}{{ ''.__class__ }}{% endif %}", "llama", "", "{#"};
  Record value{kText, std::string(kTexts[below(random, std::size(kTexts))]), {}, 0};
  if (beside.kind == kPair) return {kPair, {}, {{kName, std::string(kKeys[below(random, std::size(kKeys))]), {}, 0}, value}, 0};
  if (beside.kind == kName) return {kName, std::string(kKeys[below(random, std::size(kKeys))]), {}, 0};
  if (beside.kind < kValue) return beside;
  if (below(random, 4) != 0) return value;
  Record array{kArray, {}, {beside}, 0};
  append_number(array.text, beside.kind - kValue, 4);
  return array;
}

}  // namespace

const RecordFormat kGgufRecords = {read, write, widths, other_kind, another};

}  // namespace winnow::fuzz
