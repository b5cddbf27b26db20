// Message digests as hashlib computes them: programs derive keys from words.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace winnow::machine {

// By hashlib's name: md5, sha1, sha224, sha256, sha384, sha512. Nothing for others.
std::optional<std::string> digest_of(std::string_view name, std::string_view data);
// The same with a key, as hmac computes it (RFC 2104).
std::optional<std::string> keyed_digest_of(std::string_view name, std::string_view key, std::string_view data);

// Checksums as zlib computes them, going on from a former one.
uint32_t crc32_of(std::string_view data, uint32_t from);
uint32_t adler32_of(std::string_view data, uint32_t from);

}  // namespace winnow::machine
