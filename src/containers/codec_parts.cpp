#include "containers/codec_parts.h"

#include <bzlib.h>
#include <lz4frame.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <memory>

namespace winnow::containers {

namespace {

constexpr uint64_t kPiece = uint64_t{1} << 30;       // zlib and bzip2 count input in 32 bits
constexpr uint64_t kLzmaMemory = uint64_t{1} << 30;  // bytes of dictionary that a stream may ask for
constexpr int kZstdWindow = 30;                      // log2 of the window that a stream may ask for

Error truncated(uint64_t at) { return {Fault::truncated, at, "the compressed stream ends early"}; }
Error broken(uint64_t at) { return {Fault::malformed, at, "the compressed stream is damaged"}; }
Error no_memory(uint64_t at) { return {Fault::limit, at, "the compressed stream asks for too much memory"}; }

// The C libraries take char pointers, and zlib and bzip2 take them without const though they never write.
template <class T>
T* plain(const std::byte* bytes) {
  return reinterpret_cast<T*>(const_cast<std::byte*>(bytes));
}

// Drives an lzma_stream to its end.
std::optional<Error> run_lzma(lzma_stream& stream, Bytes header, Bytes input, Sink& sink,
                              uint64_t& consumed) {
  Bytes parts[] = {header, input};
  size_t part = 0;
  for (;;) {
    while (stream.avail_in == 0 && part < 2) {
      stream.next_in = plain<const uint8_t>(parts[part].data());
      stream.avail_in = parts[part].size();
      ++part;
    }
    const auto room = sink.room();
    stream.next_out = plain<uint8_t>(room.data());
    stream.avail_out = room.size();
    const uint64_t before = stream.total_in;
    const lzma_ret status = lzma_code(&stream, LZMA_RUN);
    const uint64_t written = room.size() - stream.avail_out;
    const uint64_t taken = stream.total_in > header.size() ? stream.total_in - header.size() : 0;
    if (!sink.wrote(written, taken)) {
      consumed += taken;
      return sink.error();
    }
    const bool stuck = written == 0 && stream.total_in == before && stream.avail_in == 0 && part == 2;
    if (status == LZMA_OK && !stuck) continue;
    consumed += taken;
    if (status == LZMA_STREAM_END) return std::nullopt;
    if (status == LZMA_BUF_ERROR || status == LZMA_OK) return truncated(consumed);
    if (status == LZMA_MEMLIMIT_ERROR || status == LZMA_MEM_ERROR) return no_memory(consumed);
    return broken(consumed);
  }
}

struct LzmaEnd {
  void operator()(lzma_stream* stream) const { lzma_end(stream); }
};
struct InflateEnd {
  void operator()(z_stream* stream) const { inflateEnd(stream); }
};
struct BunzipEnd {
  void operator()(bz_stream* stream) const { BZ2_bzDecompressEnd(stream); }
};
struct Lz4End {
  void operator()(LZ4F_dctx* context) const { LZ4F_freeDecompressionContext(context); }
};
struct ZstdEnd {
  void operator()(ZSTD_DStream* context) const { ZSTD_freeDStream(context); }
};

}  // namespace

std::optional<Error> inflate_one(Bytes input, int window_bits, Sink& sink, uint64_t& consumed) {
  z_stream stream{};
  if (inflateInit2(&stream, window_bits) != Z_OK) return no_memory(consumed);
  const std::unique_ptr<z_stream, InflateEnd> owner(&stream);
  uint64_t fed = 0;
  for (;;) {
    if (stream.avail_in == 0) {
      const Bytes piece = slice(input, fed, kPiece);
      stream.next_in = plain<Bytef>(piece.data());
      stream.avail_in = static_cast<uInt>(piece.size());
      fed += piece.size();
    }
    const auto room = sink.room();
    stream.next_out = plain<Bytef>(room.data());
    stream.avail_out = static_cast<uInt>(room.size());
    const uInt before = stream.avail_in;
    const int status = inflate(&stream, Z_FINISH);  // spares zlib a window when the room holds everything
    const uint64_t written = room.size() - stream.avail_out;
    const uint64_t taken = fed - stream.avail_in;
    if (!sink.wrote(written, taken)) {
      consumed += taken;
      return sink.error();
    }
    if (status == Z_OK ||
        (status == Z_BUF_ERROR && (written != 0 || before != stream.avail_in || fed < input.size()))) {
      continue;
    }
    consumed += taken;
    if (status == Z_STREAM_END) return std::nullopt;
    if (status == Z_BUF_ERROR) return truncated(consumed);
    return status == Z_MEM_ERROR ? no_memory(consumed) : broken(consumed);
  }
}

std::optional<Error> bunzip_one(Bytes input, Sink& sink, uint64_t& consumed) {
  bz_stream stream{};
  if (BZ2_bzDecompressInit(&stream, 0, 0) != BZ_OK) return no_memory(consumed);
  const std::unique_ptr<bz_stream, BunzipEnd> owner(&stream);
  uint64_t fed = 0;
  for (;;) {
    if (stream.avail_in == 0) {
      const Bytes piece = slice(input, fed, kPiece);
      stream.next_in = plain<char>(piece.data());
      stream.avail_in = static_cast<unsigned>(piece.size());
      fed += piece.size();
    }
    const auto room = sink.room();
    stream.next_out = plain<char>(room.data());
    stream.avail_out = static_cast<unsigned>(room.size());
    const unsigned before = stream.avail_in;
    const int status = BZ2_bzDecompress(&stream);
    const uint64_t written = room.size() - stream.avail_out;
    const uint64_t taken = fed - stream.avail_in;
    if (!sink.wrote(written, taken)) {
      consumed += taken;
      return sink.error();
    }
    if (status == BZ_OK && (written != 0 || before != stream.avail_in || fed < input.size())) continue;
    consumed += taken;
    if (status == BZ_STREAM_END) return std::nullopt;
    if (status == BZ_OK) return truncated(consumed);
    return status == BZ_MEM_ERROR ? no_memory(consumed) : broken(consumed);
  }
}

std::optional<Error> unxz_one(Bytes input, Sink& sink, uint64_t& consumed) {
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_stream_decoder(&stream, kLzmaMemory, 0) != LZMA_OK) return no_memory(consumed);
  const std::unique_ptr<lzma_stream, LzmaEnd> owner(&stream);
  return run_lzma(stream, {}, input, sink, consumed);
}

std::optional<Error> unlzma_one(Bytes header, Bytes input, Sink& sink, uint64_t& consumed) {
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_alone_decoder(&stream, kLzmaMemory) != LZMA_OK) return no_memory(consumed);
  const std::unique_ptr<lzma_stream, LzmaEnd> owner(&stream);
  return run_lzma(stream, header, input, sink, consumed);
}

std::optional<Error> unlz4_one(Bytes input, Sink& sink, uint64_t& consumed) {
  LZ4F_dctx* made = nullptr;
  if (LZ4F_isError(LZ4F_createDecompressionContext(&made, LZ4F_VERSION))) return no_memory(consumed);
  const std::unique_ptr<LZ4F_dctx, Lz4End> context(made);
  uint64_t taken = 0;
  for (;;) {
    const auto room = sink.room();
    const Bytes rest = slice(input, taken);
    size_t written = room.size();
    size_t used = rest.size();
    const size_t status = LZ4F_decompress(context.get(), room.data(), &written, rest.data(), &used, nullptr);
    if (LZ4F_isError(status)) {
      consumed += taken;
      return broken(consumed);
    }
    taken += used;
    if (!sink.wrote(written, taken)) {
      consumed += taken;
      return sink.error();
    }
    if (status != 0 && (written != 0 || used != 0)) continue;
    consumed += taken;
    if (status == 0) return std::nullopt;
    return truncated(consumed);
  }
}

std::optional<Error> unzstd_one(Bytes input, Sink& sink, uint64_t& consumed) {
  const std::unique_ptr<ZSTD_DStream, ZstdEnd> context(ZSTD_createDStream());
  if (!context) return no_memory(consumed);
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kZstdWindow);
  ZSTD_inBuffer in{input.data(), input.size(), 0};
  for (;;) {
    const auto room = sink.room();
    ZSTD_outBuffer out{room.data(), room.size(), 0};
    const size_t before = in.pos;
    const size_t status = ZSTD_decompressStream(context.get(), &out, &in);
    if (!sink.wrote(out.pos, in.pos)) {
      consumed += in.pos;
      return sink.error();
    }
    if (!ZSTD_isError(status) && status != 0 && (out.pos != 0 || in.pos != before)) continue;
    consumed += in.pos;
    if (status == 0) return std::nullopt;
    if (!ZSTD_isError(status)) return truncated(consumed);
    return broken(consumed);
  }
}

}  // namespace winnow::containers
