#include "containers/codecs.h"

#include <algorithm>
#include <array>

#include "bytes/reader.h"
#include "containers/codec_parts.h"

namespace winnow::containers {

namespace {

using namespace std::string_view_literals;

// What one more stream costs of the budget, so that millions of empty ones are not free.
constexpr uint64_t kStreamCost = uint64_t{32} << 10;

constexpr std::string_view kGzip = "\x1f\x8b\x08"sv;
constexpr std::string_view kXz = "\xfd\x37zXZ\0"sv;
constexpr std::string_view kLz4 = "\x04\x22\x4d\x18"sv;
constexpr std::string_view kZstd = "\x28\xb5\x2f\xfd"sv;
constexpr std::string_view kBzip2Block = "1AY&SY"sv;
constexpr std::string_view kBzip2Empty = "\x17\x72\x45\x38\x50\x90"sv;

bool starts(Bytes input, std::string_view magic) { return as_text(input).starts_with(magic); }

bool is_bzip2(Bytes input) {
  const std::string_view text = as_text(slice(input, 0, 10));
  return text.size() == 10 && text.starts_with("BZh") && text[3] >= '1' && text[3] <= '9' &&
         (text.substr(4) == kBzip2Block || text.substr(4) == kBzip2Empty);
}

// lz4 and zstd share frames that decoders skip: 0x184D2A50 to 0x184D2A5F, and a size.
bool is_skippable(Bytes input) {
  Reader reader(input);
  return (reader.le<uint32_t>() & 0xfffffff0U) == 0x184d2a50U && reader.ok();
}

// Where the skippable frames at `offset` end.
uint64_t behind_skippable(Bytes input, uint64_t offset) {
  while (is_skippable(slice(input, offset))) {
    Reader reader(slice(input, offset));
    reader.skip(4);
    const uint64_t size = reader.le<uint32_t>();
    if (!reader.ok() || size > reader.left()) return input.size();
    offset += 8 + size;
  }
  return offset;
}

// The codec of the first frame behind the skippable ones.
Codec codec_behind_skippable(Bytes input) {
  input = slice(input, behind_skippable(input, 0));
  if (starts(input, kLz4)) return Codec::lz4;
  if (starts(input, kZstd)) return Codec::zstd;
  return Codec::none;
}

// Whether the first bytes decode, without an error other than running out of input.
bool decodes(Bytes input, Codec codec) {
  const Decoded first = decode(codec, slice(input, 0, 256), Limits{});
  return !first.error || first.error->fault != Fault::malformed;
}

// The two magic bytes are a weak sign: text can start with "x^". Only the levels that zlib itself writes.
bool is_zlib(Bytes input) {
  if (input.size() < 8 || !starts(input, "x")) return false;
  const auto second = std::to_integer<uint8_t>(input[1]);
  if (second != 0x01 && second != 0x5e && second != 0x9c && second != 0xda) return false;
  return decodes(input, Codec::zlib);
}

// The header has no magic: properties, dictionary size, decoded size, and a first byte that is always zero.
// joblib asks for the usual properties, 0x5d, and a zero; the sizes are checked as liblzma's own automatic
// decoder does.
bool is_lzma(Bytes input) {
  Reader reader(input);
  const uint8_t properties = reader.u8();
  const uint32_t dictionary = reader.le<uint32_t>();
  const uint64_t size = reader.le<uint64_t>();
  const uint8_t first = reader.u8();
  if (!reader.ok() || properties >= 225 || first != 0) return false;
  if (size != UINT64_MAX && size >= (uint64_t{1} << 38)) return false;
  if (dictionary < 4096 || (dictionary & 0xff) != (dictionary == UINT32_MAX ? 0xff : 0)) return false;
  if (dictionary != UINT32_MAX) {
    const bool power = (dictionary & (dictionary - 1)) == 0;
    const uint32_t third = dictionary / 3;
    const bool power_and_half = dictionary % 3 == 0 && (third & (third - 1)) == 0;
    if (!power && !power_and_half) return false;
  }
  if (properties == 0x5d) return decodes(input, Codec::lzma);
  // Other settings than everybody's: then what comes out must show that it is a stream.
  const Decoded probe = decode(Codec::lzma, slice(input, 0, 4096), Limits{});
  return !probe.bytes.empty() && probe.bytes[0] == std::byte{0x80};
}

// joblib before 0.10: "ZF", the decoded size as 19 characters of hexadecimal text, perhaps a space, zlib.
// The size is what int(text, 16) reads.
bool is_zfile(Bytes input) {
  constexpr size_t kDigits = 19;
  if (!starts(input, "ZF") || input.size() < 2 + kDigits + 2) return false;
  const std::string_view digits = as_text(input).substr(2, kDigits);
  if (digits.find_first_not_of("0123456789abcdefABCDEFxX_+-L \t\r\n") != std::string_view::npos) return false;
  const std::string_view stream = as_text(input).substr(2 + kDigits, 2);
  return (stream[0] & 0x0f) == 8 || (stream[0] == ' ' && (stream[1] & 0x0f) == 8);
}

std::optional<Error> decode_zfile(Bytes input, Sink& sink, uint64_t& consumed) {
  constexpr uint64_t kHeader = 2 + 19;
  if (input.size() <= kHeader) return Error{Fault::truncated, input.size(), "the ZF header is cut short"};
  consumed = kHeader + (input[kHeader] == std::byte{' '} ? 1 : 0);
  return inflate_one(slice(input, consumed), 15, sink, consumed);
}

// The 13 byte header of an "alone" stream, with a dictionary that fits into memory: it only limits how far
// back a stream can refer, and none refers further back than `input_size` bytes can decode to.
std::array<std::byte, 13> lzma_header(Bytes properties, uint64_t size, uint64_t input_size) {
  const uint64_t reachable = std::max<uint64_t>(input_size, 4096) * Limits{}.ratio;
  const auto largest = static_cast<uint32_t>(std::min<uint64_t>(uint64_t{256} << 20, reachable));
  Reader reader(properties);
  std::array<std::byte, 13> out{};
  out[0] = static_cast<std::byte>(reader.u8());
  const uint32_t dictionary = std::min(reader.le<uint32_t>(), largest);
  for (size_t i = 0; i < 4; ++i) out[1 + i] = static_cast<std::byte>(dictionary >> (8 * i));
  for (size_t i = 0; i < 8; ++i) out[5 + i] = static_cast<std::byte>(size >> (8 * i));
  return out;
}

std::optional<Error> decode_lzma(Bytes input, Sink& sink, uint64_t& consumed) {
  Reader reader(input);
  const Bytes properties = reader.bytes(5);
  const uint64_t size = reader.le<uint64_t>();
  if (!reader.ok()) return Error{Fault::truncated, input.size(), "the compressed stream ends early"};
  consumed = 13;
  return unlzma_one(lzma_header(properties, size, input.size()), slice(input, 13), sink, consumed);
}

// Python's gzip heeds neither the checksum of a header nor flags that are not in use; zlib refuses both.
std::optional<Error> decode_gzip(Bytes input, Sink& sink, uint64_t& consumed) {
  constexpr uint8_t kText = 1, kChecksum = 2, kExtra = 4, kName = 8, kComment = 16, kReserved = 0xe0;
  constexpr uint64_t kFixed = 10, kTrailer = 8;
  const uint8_t flags = input.size() > kFixed ? std::to_integer<uint8_t>(input[3]) : 0;
  if ((flags & (kChecksum | kReserved)) == 0 || input[2] != std::byte{8}) return inflate_one(input, 31, sink, consumed);
  static_assert((kText | kChecksum | kExtra | kName | kComment | kReserved) == 0xff);
  Reader reader(input);
  reader.skip(kFixed);
  if ((flags & kExtra) != 0) reader.skip(reader.le<uint16_t>());
  if ((flags & kName) != 0) reader.line('\0');
  if ((flags & kComment) != 0) reader.line('\0');
  if ((flags & kChecksum) != 0) reader.skip(2);
  if (!reader.ok()) return Error{Fault::truncated, input.size(), "the compressed stream ends early"};
  consumed += reader.offset();
  const std::optional<Error> error = inflate_one(slice(input, reader.offset()), -15, sink, consumed);
  if (!error) consumed = std::min<uint64_t>(consumed + kTrailer, input.size());
  return error;
}

// Zero bytes may stand between gzip members and behind xz streams.
uint64_t zeros_at(Bytes input, uint64_t offset) {
  uint64_t end = offset;
  while (end < input.size() && input[end] == std::byte{0}) ++end;
  return end - offset;
}

std::optional<Error> decode_one(Codec codec, Bytes input, Sink& sink, uint64_t& consumed) {
  switch (codec) {
    case Codec::none: break;
    case Codec::gzip: return decode_gzip(input, sink, consumed);
    case Codec::zlib: return inflate_one(input, 15, sink, consumed);
    case Codec::deflate: return inflate_one(input, -15, sink, consumed);
    case Codec::bzip2: return bunzip_one(input, sink, consumed);
    case Codec::xz: return unxz_one(input, sink, consumed);
    case Codec::lzma: return decode_lzma(input, sink, consumed);
    case Codec::lz4: return unlz4_one(input, sink, consumed);
    case Codec::zstd: return unzstd_one(input, sink, consumed);
    case Codec::joblib_zfile: return decode_zfile(input, sink, consumed);
  }
  return Error{Fault::unsupported, 0, "not a known compression"};
}

// Whether another stream of the same file starts at `input`.
bool continues(Codec codec, Bytes input) {
  switch (codec) {
    case Codec::gzip: return starts(input, kGzip.substr(0, 2));
    case Codec::bzip2: return is_bzip2(input);
    case Codec::xz: return starts(input, kXz);
    case Codec::lz4: return starts(input, kLz4);
    case Codec::zstd: return starts(input, kZstd);
    default: return false;
  }
}

}  // namespace

const char* codec_name(Codec codec) {
  switch (codec) {
    case Codec::none: return "none";
    case Codec::gzip: return "gzip";
    case Codec::zlib: return "zlib";
    case Codec::deflate: return "deflate";
    case Codec::bzip2: return "bzip2";
    case Codec::xz: return "xz";
    case Codec::lzma: return "lzma";
    case Codec::lz4: return "lz4";
    case Codec::zstd: return "zstd";
    case Codec::joblib_zfile: return "zlib";
  }
  return "none";
}

Codec codec_of(Bytes input) {
  if (input.size() < 4) return Codec::none;
  if (starts(input, kGzip)) return Codec::gzip;
  if (starts(input, kXz)) return Codec::xz;
  if (starts(input, kLz4)) return Codec::lz4;
  if (starts(input, kZstd)) return Codec::zstd;
  if (is_bzip2(input)) return Codec::bzip2;
  if (is_zfile(input)) return Codec::joblib_zfile;
  if (is_skippable(input)) return codec_behind_skippable(input);
  if (is_zlib(input)) return Codec::zlib;
  if (is_lzma(input)) return Codec::lzma;
  return Codec::none;
}

Decoded decode(Codec codec, Bytes input, const Limits& limits) {
  Decoded out;
  Sink sink(limits, input.size());
  const bool frames = codec == Codec::lz4 || codec == Codec::zstd;
  const bool padded = codec == Codec::gzip || codec == Codec::xz;
  uint64_t next = frames ? behind_skippable(input, 0) : 0;
  for (bool first = true;; first = false) {
    uint64_t taken = 0;
    const uint64_t before = sink.size();
    sink.begin_stream(next);
    const std::optional<Error> error = decode_one(codec, slice(input, next), sink, taken);
    if (error && !first && taken <= kXz.size() && sink.size() == before) break;  // only looked like a stream
    out.consumed = next + taken;
    if (error) {
      out.error = Error{error->fault, out.consumed, error->what};
      break;
    }
    if (frames) out.consumed = behind_skippable(input, out.consumed);
    next = out.consumed + (padded ? zeros_at(input, out.consumed) : 0);
    if (next >= input.size() || !continues(codec, slice(input, next))) break;
    if (limits.allow && !limits.allow(kStreamCost)) {
      out.error = Error{Fault::limit, next, "the budget for decompressed data is used up"};
      break;
    }
  }
  out.bytes = sink.take();
  return out;
}

Decoded decode_zip_lzma(Bytes input, uint64_t size, bool has_end_marker, const Limits& limits) {
  Decoded out;
  Reader reader(input);
  reader.skip(2);  // the version of the program that wrote it
  const uint16_t properties_size = reader.le<uint16_t>();
  const Bytes properties = reader.bytes(properties_size);
  if (!reader.ok() || properties.size() != 5) {
    out.error = Error{Fault::malformed, 0, "the LZMA properties are damaged"};
    return out;
  }
  const auto header = lzma_header(properties, has_end_marker ? UINT64_MAX : size, input.size());
  Sink sink(limits, input.size());
  out.error = unlzma_one(header, slice(input, 9), sink, out.consumed);
  out.consumed += 9;
  out.bytes = sink.take();
  return out;
}

}  // namespace winnow::containers
