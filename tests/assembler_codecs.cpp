// Encodings as functions of blocks: `base64 { ... }`, `nest 20 gzip { ... }`.
#include <bzlib.h>
#include <lz4frame.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include "assembler_parts.h"

namespace winnow::test {

namespace {

std::string zlib_family(std::string_view data, int window_bits) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, window_bits, 9, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, data.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  ::deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zlib(std::string_view data) { return zlib_family(data, 15); }
std::string gzip(std::string_view data) { return zlib_family(data, 31); }

std::string bzip2(std::string_view data) {
  auto size = static_cast<unsigned>(data.size() + data.size() / 100 + 600);
  std::string out(size, '\0');
  BZ2_bzBuffToBuffCompress(out.data(), &size, const_cast<char*>(data.data()),
                           static_cast<unsigned>(data.size()), 9, 0, 30);
  out.resize(size);
  return out;
}

std::string lzma_with(std::string_view data, bool alone) {
  lzma_stream stream = LZMA_STREAM_INIT;
  lzma_options_lzma options;
  lzma_lzma_preset(&options, 1);
  const lzma_ret ready =
      alone ? lzma_alone_encoder(&stream, &options) : lzma_easy_encoder(&stream, 1, LZMA_CHECK_CRC32);
  if (ready != LZMA_OK) throw AssemblyError{0, "lzma would not start"};
  std::string out(data.size() * 2 + 1024, '\0');
  stream.next_in = reinterpret_cast<const uint8_t*>(data.data());
  stream.avail_in = data.size();
  stream.next_out = reinterpret_cast<uint8_t*>(out.data());
  stream.avail_out = out.size();
  if (lzma_code(&stream, LZMA_FINISH) != LZMA_STREAM_END) throw AssemblyError{0, "lzma found no room"};
  out.resize(out.size() - stream.avail_out);
  lzma_end(&stream);
  return out;
}

std::string xz(std::string_view data) { return lzma_with(data, false); }
std::string lzma(std::string_view data) { return lzma_with(data, true); }

std::string lz4(std::string_view data) {
  std::string out(LZ4F_compressFrameBound(data.size(), nullptr), '\0');
  out.resize(LZ4F_compressFrame(out.data(), out.size(), data.data(), data.size(), nullptr));
  return out;
}

std::string zstd(std::string_view data) {
  std::string out(ZSTD_compressBound(data.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), data.data(), data.size(), 3));
  return out;
}

std::string base64(std::string_view data) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < data.size(); i += 3) {
    const size_t left = data.size() - i;
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j) group = group << 8 | (j < left ? static_cast<uint8_t>(data[i + j]) : 0);
    for (size_t j = 0; j < 4; ++j) out += j <= left ? kDigits[group >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

std::string base16(std::string_view data) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : data) {
    out += kDigits[static_cast<uint8_t>(c) >> 4];
    out += kDigits[c & 15];
  }
  return out;
}

std::string reversed(std::string_view data) { return {data.rbegin(), data.rend()}; }

std::string rot13(std::string_view data) {
  std::string out(data);
  for (char& c : out) {
    const char base = c >= 'a' && c <= 'z' ? 'a' : c >= 'A' && c <= 'Z' ? 'A' : '\0';
    if (base != '\0') c = static_cast<char>(base + (c - base + 13) % 26);
  }
  return out;
}

struct Codec {
  const char* name;
  std::string (*encode)(std::string_view);
};

constexpr Codec kCodecs[] = {
    {"zlib", zlib},     {"gzip", gzip},         {"bzip2", bzip2}, {"xz", xz},
    {"lzma", lzma},     {"lz4", lz4},           {"zstd", zstd},   {"base64", base64},
    {"base16", base16}, {"reversed", reversed}, {"rot13", rot13}, {"deflate", deflate},
};

const Codec* find_codec(std::string_view name) {
  for (const Codec& codec : kCodecs) {
    if (name == codec.name) return &codec;
  }
  return nullptr;
}

}  // namespace

std::string deflate(std::string_view data) { return zlib_family(data, -15); }

uint32_t crc_of(std::string_view data) {
  return static_cast<uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(data.data()), static_cast<uInt>(data.size())));
}

std::optional<std::string> assemble_codec(Parser& parser, const std::string& word) {
  if (word == "nest") {
    uint64_t times = parser.number();
    const Codec* codec = find_codec(parser.next().text);
    if (!codec) parser.fail("nest takes a number and a codec");
    std::string data = parser.block();
    for (; times > 0; --times) data = codec->encode(data);
    return data;
  }
  if (word == "xor") {
    const auto key = static_cast<char>(parser.number());
    std::string data = parser.block();
    for (char& c : data) c = static_cast<char>(c ^ key);
    return data;
  }
  const Codec* codec = find_codec(word);
  if (!codec) return std::nullopt;
  return codec->encode(parser.block());
}

}  // namespace winnow::test
