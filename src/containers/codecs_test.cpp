#include "containers/codecs.h"

#include <bzlib.h>
#include <gtest/gtest.h>
#include <lz4frame.h>
#include <lzma.h>
#include <zstd.h>

#include "containers/build_zip.h"

namespace winnow::containers {
namespace {

std::string text_of(size_t size) {
  std::string out;
  for (size_t i = 0; out.size() < size; ++i) out += "weights " + std::to_string(i * 7919 % 1009) + "\n";
  return out;
}

std::string encoded(Codec codec, const std::string& data) {
  std::string out(data.size() + 4096, '\0');
  auto* to = reinterpret_cast<uint8_t*>(out.data());
  const auto* from = reinterpret_cast<const uint8_t*>(data.data());
  size_t used = 0;
  switch (codec) {
    case Codec::gzip: return build::deflated(data, 31);
    case Codec::zlib: return build::deflated(data, 15);
    case Codec::deflate: return build::deflated(data, -15);
    case Codec::bzip2: {
      auto size = static_cast<unsigned>(out.size());
      BZ2_bzBuffToBuffCompress(out.data(), &size, const_cast<char*>(data.data()),
                               static_cast<unsigned>(data.size()), 9, 0, 0);
      used = size;
      break;
    }
    case Codec::xz:
      lzma_easy_buffer_encode(6, LZMA_CHECK_CRC32, nullptr, from, data.size(), to, &used, out.size());
      break;
    case Codec::lzma: {
      lzma_options_lzma options;
      lzma_lzma_preset(&options, 6);
      lzma_stream stream = LZMA_STREAM_INIT;
      EXPECT_EQ(lzma_alone_encoder(&stream, &options), LZMA_OK);
      stream.next_in = from;
      stream.avail_in = data.size();
      stream.next_out = to;
      stream.avail_out = out.size();
      EXPECT_EQ(lzma_code(&stream, LZMA_FINISH), LZMA_STREAM_END);
      used = out.size() - stream.avail_out;
      lzma_end(&stream);
      break;
    }
    case Codec::lz4: used = LZ4F_compressFrame(to, out.size(), from, data.size(), nullptr); break;
    case Codec::zstd: used = ZSTD_compress(to, out.size(), from, data.size(), 3); break;
    case Codec::joblib_zfile: {
      std::string header = "ZF0x" + std::string("1f40");
      header.resize(21, ' ');
      return header + build::deflated(data, 15);
    }
    case Codec::none: break;
  }
  out.resize(used);
  return out;
}

constexpr Codec kCodecs[] = {Codec::gzip, Codec::zlib, Codec::bzip2, Codec::xz,
                             Codec::lzma, Codec::lz4,  Codec::zstd,  Codec::joblib_zfile};

TEST(Codecs, RecognisedAndDecoded) {
  for (const Codec codec : kCodecs) {
    for (const size_t size : {size_t{0}, size_t{1}, size_t{8000}, size_t{1500000}}) {
      const std::string data = text_of(size);
      const std::string stream = encoded(codec, data);
      EXPECT_EQ(codec_of(as_bytes(stream)), codec) << codec_name(codec) << ' ' << size;
      const Decoded decoded = decode(codec, as_bytes(stream), Limits{});
      EXPECT_FALSE(decoded.error) << codec_name(codec) << (decoded.error ? decoded.error->what : "");
      EXPECT_EQ(as_text(decoded.bytes), data) << codec_name(codec);
      EXPECT_EQ(decoded.consumed, stream.size()) << codec_name(codec);
    }
  }
}

TEST(Codecs, TrailingBytesStandBehindTheStream) {
  for (const Codec codec : kCodecs) {
    const std::string stream = encoded(codec, text_of(500));
    const std::string bytes = stream + "\x80\x02trailing";
    const Decoded decoded = decode(codec, as_bytes(bytes), Limits{});
    EXPECT_FALSE(decoded.error) << codec_name(codec);
    EXPECT_EQ(decoded.consumed, stream.size()) << codec_name(codec);
    EXPECT_EQ(as_text(decoded.bytes), text_of(500)) << codec_name(codec);
  }
}

TEST(Codecs, SeveralStreamsAreOne) {
  for (const Codec codec : {Codec::gzip, Codec::bzip2, Codec::xz, Codec::lz4, Codec::zstd}) {
    const std::string bytes = encoded(codec, "one, ") + encoded(codec, "two");
    const Decoded decoded = decode(codec, as_bytes(bytes), Limits{});
    EXPECT_EQ(as_text(decoded.bytes), "one, two") << codec_name(codec);
    EXPECT_EQ(decoded.consumed, bytes.size()) << codec_name(codec);
  }
}

TEST(Codecs, SkippableFramesAreSkipped) {
  const std::string skippable = build::le(0x184d2a53, 4) + build::le(5, 4) + "notes";
  for (const Codec codec : {Codec::lz4, Codec::zstd}) {
    const std::string bytes =
        skippable + encoded(codec, "one") + skippable + encoded(codec, "two") + skippable;
    EXPECT_EQ(codec_of(as_bytes(bytes)), codec);
    const Decoded decoded = decode(codec, as_bytes(bytes), Limits{});
    EXPECT_EQ(as_text(decoded.bytes), "onetwo");
    EXPECT_EQ(decoded.consumed, bytes.size());
  }
}

TEST(Codecs, TruncatedAnywhereGivesWhatCameBefore) {
  const std::string data = text_of(9000);
  for (const Codec codec : kCodecs) {
    const std::string stream = encoded(codec, data);
    for (size_t size = 0; size < stream.size(); ++size) {
      const Decoded decoded = decode(codec, as_bytes(std::string_view(stream).substr(0, size)), Limits{});
      EXPECT_TRUE(decoded.error) << codec_name(codec) << ' ' << size;
      EXPECT_TRUE(std::string_view(data).starts_with(as_text(decoded.bytes)));
    }
  }
}

TEST(Codecs, DamageEnds) {
  for (const Codec codec : kCodecs) {
    const std::string stream = encoded(codec, text_of(2000));
    for (size_t at = 0; at < stream.size(); ++at) {
      std::string bytes = stream;
      bytes[at] = static_cast<char>(bytes[at] ^ 0x41);
      decode(codec, as_bytes(bytes), Limits{});
      codec_of(as_bytes(bytes));
    }
  }
}

TEST(Codecs, RatioAndBudgetAreLimits) {
  const std::string zeros(uint64_t{24} << 20, '\0');
  for (const Codec codec : {Codec::gzip, Codec::bzip2, Codec::xz, Codec::zstd}) {
    const std::string stream = encoded(codec, zeros);
    Limits limits;
    limits.ratio = 50;
    Decoded decoded = decode(codec, as_bytes(stream), limits);
    ASSERT_TRUE(decoded.error) << codec_name(codec);
    EXPECT_EQ(decoded.error->fault, Fault::limit);
    EXPECT_LT(decoded.bytes.size(), uint64_t{20} << 20);
    limits.ratio = UINT64_MAX;
    uint64_t left = uint64_t{4} << 20;
    limits.allow = [&](uint64_t bytes) { return bytes <= left ? (left -= bytes, true) : false; };
    decoded = decode(codec, as_bytes(stream), limits);
    ASSERT_TRUE(decoded.error);
    EXPECT_EQ(decoded.error->fault, Fault::limit);
  }
}

TEST(Codecs, LookAlikesAreNothing) {
  using namespace std::string_view_literals;
  for (const std::string_view text :
       {""sv, "x"sv, "x^2 + y^2 = z^2, as everybody knows"sv, "x\x9cnot a stream at all, only text"sv, "ZF"sv,
        "]\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"sv, "BZh9 and then text"sv, "\x80\x04]\x94."sv, "PK\x03\x04"sv,
        "x\x01some words behind a weak magic"sv}) {
    EXPECT_EQ(codec_of(as_bytes(text)), Codec::none) << text;
  }
  const std::string zeros(4096, '\0');
  EXPECT_EQ(codec_of(as_bytes(zeros)), Codec::none);
}

TEST(Codecs, ZipLzma) {
  const std::string alone = encoded(Codec::lzma, text_of(700));
  const std::string member = std::string("\x09\x14\x05\x00", 4) + alone.substr(0, 5) + alone.substr(13);
  const Decoded decoded = decode_zip_lzma(as_bytes(member), 700, true, Limits{});
  EXPECT_FALSE(decoded.error);
  EXPECT_EQ(as_text(decoded.bytes), text_of(700));
}

}  // namespace
}  // namespace winnow::containers
