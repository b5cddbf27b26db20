#include "formats/compressed/compressed.h"

#include <algorithm>

#include "containers/codecs.h"

namespace winnow::compressed {

using containers::Codec;

bool is_compressed(const Artifact& artifact) { return containers::codec_of(artifact.bytes) != Codec::none; }

void read_compressed(Scan& scan, const Artifact& artifact) {
  const Codec codec = containers::codec_of(artifact.bytes);
  scan.recognise(artifact, containers::codec_name(codec));
  containers::Limits limits;
  limits.ratio = scan.budget.inflation_ratio;
  limits.allow = [&scan](uint64_t bytes) { return scan.inflate(bytes); };
  containers::Decoded decoded = containers::decode(codec, artifact.bytes, limits);
  if (decoded.error) scan.gap(artifact, *decoded.error);
  if (!decoded.bytes.empty()) scan.child(artifact, "content", scan.own(std::move(decoded.bytes)));
  if (decoded.error) return;
  const Bytes rest = slice(artifact.bytes, decoded.consumed);
  const auto first = std::find_if(rest.begin(), rest.end(), [](std::byte b) { return b != std::byte{0}; });
  if (first == rest.end()) return;
  const auto padding = static_cast<uint64_t>(first - rest.begin());
  scan.child(artifact, "@gap-" + std::to_string(decoded.consumed + padding), slice(rest, padding),
             Hint::unclaimed);
}

}  // namespace winnow::compressed
