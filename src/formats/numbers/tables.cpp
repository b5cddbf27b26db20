// LightGBM's text, CatBoost's flat buffers, MXNet's parameters, fastText and RKNN.
#include <algorithm>
#include <charconv>

#include "bytes/reader.h"
#include "formats/numbers/checks.h"

namespace winnow::numbers {
namespace {

constexpr uint64_t kMxnetList = 0x112;         // src/ndarray/ndarray.cc: kMXAPINDArrayListMagic
constexpr uint32_t kFastText = 793712314;      // src/fasttext.cc: FASTTEXT_FILEFORMAT_MAGIC_INT32
constexpr uint32_t kNewestFastText = 12;

// The text behind `key` up to the end of its line, in the header of a LightGBM model.
std::string_view header_value(std::string_view text, std::string_view key) {
  const size_t trees = std::min(text.find("\nTree="), text.size());
  const size_t at = text.substr(0, trees).find(key);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = text.substr(at + key.size());
  return rest.substr(0, rest.find('\n'));
}

}  // namespace

bool is_lightgbm(Bytes bytes) {
  const std::string_view text = as_text(bytes).substr(0, 4096);
  if (!text.starts_with("tree\n") && !text.starts_with("tree\r\n")) return false;
  return text.find("\nnum_class=") != std::string_view::npos || text.find("\nversion=v") != std::string_view::npos;
}

// GBDT::LoadModelFromString: trees lie behind each other, as long as tree_sizes says.
std::optional<Error> check_lightgbm(Bytes bytes) {
  const std::string_view text = as_text(bytes);
  std::string_view sizes = header_value(text, "\ntree_sizes=");
  const size_t first = text.find("\nTree=");
  if (first == std::string_view::npos) return std::nullopt;
  uint64_t total = 0;
  while (!sizes.empty()) {
    uint64_t size = 0;
    const auto [end, fault] = std::from_chars(sizes.data(), sizes.data() + sizes.size(), size);
    if (fault != std::errc()) return Error{Fault::malformed, 0, "a size of a tree is no number"};
    total += std::min<uint64_t>(size, text.size());
    sizes.remove_prefix(static_cast<size_t>(end - sizes.data()));
    sizes.remove_prefix(std::min(sizes.find_first_not_of(" \r"), sizes.size()));
  }
  if (total > text.size() - first) return Error{Fault::truncated, text.size(), "the trees run past the end of the file"};
  return std::nullopt;
}

bool is_catboost(Bytes bytes) { return as_text(bytes).starts_with("CBM1") && bytes.size() >= 12; }

std::optional<Error> check_catboost(Bytes bytes) {
  Reader reader(bytes);
  reader.skip(4);
  reader.skip(reader.le<uint32_t>());
  return reader.error();
}

bool is_mxnet_params(Bytes bytes) {
  Reader reader(bytes);
  return reader.le<uint64_t>() == kMxnetList && reader.le<uint64_t>() == 0 && reader.le<uint64_t>() < uint64_t{1} << 32 && reader.ok();
}

std::optional<Error> check_mxnet_params(Bytes bytes) {
  Reader reader(bytes);
  reader.skip(16);
  reader.count(reader.le<uint64_t>(), 4);
  return reader.error();
}

bool is_fasttext(Bytes bytes) {
  Reader reader(bytes);
  return reader.le<uint32_t>() == kFastText && reader.le<uint32_t>() <= kNewestFastText && reader.ok();
}

std::optional<Error> check_fasttext(Bytes bytes) {
  Reader reader(bytes);
  reader.skip(8 + 12 * 4 + 8);  // what the vectors were trained with
  reader.count(reader.le<uint32_t>(), 10);  // words, each with a count and a type
  return reader.error();
}

bool is_rknn(Bytes bytes) { return as_text(bytes).starts_with("RKNN") && bytes.size() >= 64; }

std::optional<Error> check_nothing(Bytes) { return std::nullopt; }

// What Booster.dump_model() gives, as JSON.
bool is_lightgbm_json(Bytes bytes) {
  const std::string_view start = as_text(bytes).substr(0, 512);
  const size_t name = start.find("\"name\"");
  return start.starts_with('{') && name < 8 && start.find("\"tree\"") < 24 && start.find("\"num_class\"") != std::string_view::npos;
}

bool is_catboost_json(Bytes bytes) {
  const std::string_view text = as_text(bytes);
  const std::string_view start = text.substr(0, 256);
  if (!start.starts_with('{')) return false;
  const size_t key = start.find('"');
  if (key == std::string_view::npos) return false;
  const std::string_view first = start.substr(key);
  if (!first.starts_with("\"features_info\"") && !first.starts_with("\"oblivious_trees\"") && !first.starts_with("\"ctr_data\"") && !first.starts_with("\"model_info\"")) return false;
  return text.find("\"oblivious_trees\"") != std::string_view::npos || text.find("\"trees\"") != std::string_view::npos;
}

// Parameters of TVM: NDArray lists with names.
bool is_tvm_params(Bytes bytes) { return Reader(bytes).le<uint64_t>() == 0xf7e58d4f05049cb7ULL; }

std::optional<Error> check_tvm_params(Bytes bytes) {
  Reader reader(bytes);
  reader.skip(16);
  reader.count(reader.le<uint64_t>(), 8);
  return reader.error();
}

bool is_ncnn(Bytes bytes) { return as_text(bytes).starts_with("7767517\n") || as_text(bytes).starts_with("7767517\r\n"); }

bool is_darknet(Bytes bytes) {
  const std::string_view text = as_text(bytes).substr(0, 65536);
  const size_t first = text.find('[');
  if (first == std::string_view::npos || first > 4096 || text.find('\0') != std::string_view::npos) return false;
  const std::string_view rest = text.substr(first);
  if (!rest.starts_with("[net]") && !rest.starts_with("[network]")) return false;
  return rest.find("[convolutional]") != std::string_view::npos || rest.find("[connected]") != std::string_view::npos || rest.find("[yolo]") != std::string_view::npos;
}

}  // namespace winnow::numbers
