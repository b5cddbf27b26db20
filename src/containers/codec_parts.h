// The decoders behind codecs.h, one for each library. Each decodes one stream from the start of `input` into
// the sink, and adds what it took to `consumed`.
#pragma once

#include "containers/sink.h"

namespace winnow::containers {

// `window_bits` as zlib's inflateInit2 takes it: 15 zlib, 31 gzip, -15 raw.
std::optional<Error> inflate_one(Bytes input, int window_bits, Sink& sink, uint64_t& consumed);
std::optional<Error> bunzip_one(Bytes input, Sink& sink, uint64_t& consumed);
std::optional<Error> unxz_one(Bytes input, Sink& sink, uint64_t& consumed);
// `header` stands before `input` where the container stores the two apart.
std::optional<Error> unlzma_one(Bytes header, Bytes input, Sink& sink, uint64_t& consumed);
std::optional<Error> unlz4_one(Bytes input, Sink& sink, uint64_t& consumed);
std::optional<Error> unzstd_one(Bytes input, Sink& sink, uint64_t& consumed);

}  // namespace winnow::containers
