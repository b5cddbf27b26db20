// XGBoost's three forms: the binary one (up to 3.0), JSON and UBJSON. Learners, trees and parameters are read into
// structures of numbers; objectives are looked up by name in a fixed table (src/objective), so that no form can bring code.
#include "bytes/reader.h"
#include "containers/document.h"
#include "formats/numbers/checks.h"

namespace winnow::numbers {
namespace {

constexpr uint64_t kParameters = 136;   // LearnerModelParamLegacy
constexpr uint64_t kLongestName = 64;   // of an objective or booster
constexpr size_t kDeepest = 256;
constexpr std::string_view kOffset = "CONFIG-offset:";  // what Booster.__getstate__ saves: a model, then its settings

bool is_name(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != ':' && c != '_' && c != '@' && c != '-') return false;
  }
  return true;
}

// Where the parameters begin: behind a magic that early versions do not write.
uint64_t start_of_binary(Bytes bytes) {
  const std::string_view text = as_text(bytes);
  const uint64_t start = text.starts_with(kOffset) ? kOffset.size() + 8 : 0;
  return text.size() > start && text.substr(start).starts_with("binf") ? start + 4 : start;
}

// A value of UBJSON by its marker; containers are entered on an own stack.
class Ubjson {
 public:
  explicit Ubjson(Bytes bytes) : reader_(bytes) {}

  std::optional<Error> check() {
    value(next_marker());
    while (!open_.empty() && reader_.ok()) step();
    return reader_.error();
  }

 private:
  struct Open {
    bool map = false;
    char type = 0;                   // of all items, where it is given once
    std::optional<uint64_t> left;    // items, where they are counted
  };

  char next_marker() {
    char marker = 'N';
    while (marker == 'N' && reader_.ok()) marker = static_cast<char>(reader_.u8());
    return marker;
  }

  static uint64_t size_of(char marker) {
    switch (marker) {
      case 'Z': case 'T': case 'F': case 'N': return 0;
      case 'i': case 'U': case 'C': return 1;
      case 'I': return 2;
      case 'l': case 'd': return 4;
      case 'L': case 'D': return 8;
      default: return UINT64_MAX;
    }
  }

  uint64_t length(char marker) {
    switch (marker) {
      case 'i': case 'U': return reader_.u8();
      case 'I': return reader_.be<uint16_t>();
      case 'l': return reader_.be<uint32_t>();
      case 'L': return reader_.be<uint64_t>();
      default: reader_.fail(Fault::malformed, "a length of the UBJSON text is no number"); return 0;
    }
  }

  void value(char marker) {
    if (!reader_.ok()) return;
    if (const uint64_t size = size_of(marker); size != UINT64_MAX) return reader_.skip(size);
    if (marker == 'S' || marker == 'H') return reader_.skip(length(next_marker()));
    if (marker != '{' && marker != '[') return reader_.fail(Fault::malformed, "a value of the UBJSON text has no type");
    if (open_.size() >= kDeepest) return reader_.fail(Fault::limit, "the UBJSON text is nested too deeply");
    Open open{.map = marker == '{'};
    if (peek('$')) open.type = static_cast<char>(reader_.u8());
    if (peek('#')) open.left = length(next_marker());
    if (!open.map && open.type != 0 && open.left && size_of(open.type) != UINT64_MAX) {
      const uint64_t size = size_of(open.type);
      return reader_.skip(size == 0 ? 0 : reader_.count(*open.left, size) * size);
    }
    if (open.left) reader_.count(*open.left, open.map ? 2 : open.type == 0 || size_of(open.type) != 0 ? 1 : 0);
    open_.push_back(open);
  }

  bool peek(char wanted) {
    if (reader_.left() == 0) return false;
    const uint64_t at = reader_.offset();
    if (static_cast<char>(reader_.u8()) == wanted) return true;
    reader_.seek(at);
    return false;
  }

  void step() {
    Open& open = open_.back();
    char marker = 'N';
    if (open.left) {
      if ((*open.left)-- == 0) return open_.pop_back();
      if (open.map) reader_.skip(length(next_marker()));
      marker = open.type != 0 ? open.type : next_marker();
    } else {
      marker = next_marker();
      if (marker == (open.map ? '}' : ']')) return open_.pop_back();
      if (open.map) {
        reader_.skip(length(marker));
        marker = next_marker();
      }
    }
    value(marker);
  }

  Reader reader_;
  std::vector<Open> open_;
};

}  // namespace

bool is_xgboost_binary(Bytes bytes) {
  const uint64_t start = start_of_binary(bytes);
  if (bytes.size() < start + kParameters + 16) return false;
  Reader reader(slice(bytes, start + kParameters));
  const uint64_t size = reader.le<uint64_t>();
  if (size == 0 || size > kLongestName || !is_name(reader.text(size))) return false;
  const uint64_t booster = reader.le<uint64_t>();
  return booster > 0 && booster <= kLongestName && is_name(reader.text(booster));
}

std::optional<Error> check_xgboost_binary(Bytes bytes) {
  const std::string_view text = as_text(bytes);
  if (!text.starts_with(kOffset)) return std::nullopt;
  Reader reader(bytes);
  reader.skip(kOffset.size());
  const uint64_t offset = reader.le<uint64_t>();
  if (reader.ok() && offset > reader.left()) reader.fail(Fault::truncated, "the settings lie behind the end of the file");
  return reader.error();
}

bool is_xgboost_json(Bytes bytes) {
  const std::string_view start = as_text(bytes).substr(0, 512);
  if (!start.starts_with('{')) return false;
  const size_t learner = start.find("\"learner\"");
  return learner != std::string_view::npos && start.find_first_not_of("{ \r\n\t\"versionModel:[],0123456789") >= learner;
}

std::optional<Error> check_json(Bytes bytes) {
  const auto parsed = containers::parse_json(as_text(bytes));
  return parsed ? std::nullopt : std::optional(parsed.error());
}

bool is_xgboost_ubj(Bytes bytes) {
  const std::string_view text = as_text(bytes);
  if (!text.starts_with('{')) return false;
  const std::string_view start = text.substr(0, 64);
  for (const std::string_view key : {"\x07learner{", "\x07version[", "\x06" "Config{", "\x05Model{"}) {
    const size_t at = start.find(key);
    if (at != std::string_view::npos && at <= 10 && text.substr(0, 512).find("learner") != std::string_view::npos) return true;
  }
  return false;
}

std::optional<Error> check_ubjson(Bytes bytes) { return Ubjson(bytes).check(); }

}  // namespace winnow::numbers
