#include "formats/stable_baselines/stable_baselines.h"

#include <nlohmann/json.hpp>

#include "code/machine/encodings.h"

namespace winnow::stable_baselines {
namespace {

constexpr std::string_view kKey = ":serialized:";

std::vector<std::byte> buffer_of(const std::string& text) {
  const Bytes bytes = as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

}  // namespace

bool is_data(const Artifact& artifact) {
  const std::string_view text = as_text(artifact.bytes);
  const size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{' && text.find(kKey) != std::string_view::npos;
}

void read_data(Scan& scan, const Artifact& artifact) {
  constexpr int kDeepest = 100;
  const std::string_view text = as_text(artifact.bytes);
  // The parser recurses with the depth of the text: refuse what no writer makes.
  const auto too_deep = [](int depth, nlohmann::json::parse_event_t, nlohmann::json&) { return depth < kDeepest; };
  const nlohmann::json data = nlohmann::json::parse(text, too_deep, false);
  if (data.is_discarded()) {
    return scan.gap(artifact, Fault::malformed, 0, "the JSON of a Stable-Baselines model cannot be read");
  }
  scan.recognise(artifact, "stable-baselines-data");
  std::vector<std::pair<std::string, const nlohmann::json*>> pending{{"", &data}};
  while (!pending.empty()) {
    const auto [name, value] = pending.back();
    pending.pop_back();
    if (!value->is_object()) continue;
    for (const auto& [key, item] : value->items()) {
      if (key == kKey && item.is_string()) {
        const auto decoded = machine::decode_base64(item.get_ref<const std::string&>());
        if (!decoded) {
          scan.gap(artifact, Fault::malformed, 0, "'" + name + "' is not base64");
        } else if (scan.inflate(decoded->size())) {
          scan.child(artifact, name, scan.own(buffer_of(*decoded)), Hint::pickle);
        } else {
          scan.gap(artifact, Fault::limit, 0, "the budget for decoded data is used up at '" + name + "'");
        }
      } else {
        pending.emplace_back(key, &item);
      }
    }
  }
}

}  // namespace winnow::stable_baselines
