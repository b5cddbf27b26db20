// Compressed streams as the loaders read them: gzip (several members), zlib, raw deflate, bzip2 (several
// streams), xz, lzma "alone", lz4 frames, zstd frames, and joblib's old 'ZF' header before a zlib stream.
// A stream that breaks gives what was decoded until there, with the error.
#pragma once

#include <vector>

#include "containers/sink.h"

namespace winnow::containers {

enum class Codec : uint8_t { none, gzip, zlib, deflate, bzip2, xz, lzma, lz4, zstd, joblib_zfile };

// "gzip", "zlib", ...: the name used in reports; both zlib and 'ZF' are "zlib".
const char* codec_name(Codec codec);

// By content. Formats without a magic of their own (zlib, lzma) are confirmed by decoding their first bytes.
// Raw deflate cannot be told and is never the answer.
Codec codec_of(Bytes input);

struct Decoded {
  std::vector<std::byte> bytes;
  uint64_t consumed = 0;       // of the input; what follows belongs to no stream
  std::optional<Error> error;  // `bytes` holds what came before it
};

Decoded decode(Codec codec, Bytes input, const Limits& limits);

// Zip's method 14: a four byte header and the LZMA properties before the stream.
Decoded decode_zip_lzma(Bytes input, uint64_t size, bool has_end_marker, const Limits& limits);

}  // namespace winnow::containers
