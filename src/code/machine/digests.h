// Message digests as hashlib computes them: programs derive keys from words.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace winnow::machine {

// By hashlib's name: md5, sha1, sha2, sha3, blake2. Nothing for others.
std::optional<std::string> digest_of(std::string_view name, std::string_view data);
// The same with a key, as hmac computes it (RFC 2104).
std::optional<std::string> keyed_digest_of(std::string_view name, std::string_view key, std::string_view data);

// `size` of the digest tells how much of the state is read and written at a time; `wanted` bytes come out. The mark ends the data:
// 6 for SHA-3, 31 for SHAKE.
std::string sha3_of(std::string_view data, size_t size, size_t wanted, uint8_t mark);
std::string blake2b_of(std::string_view data, size_t size);  // at most 64
std::string blake2s_of(std::string_view data, size_t size);  // at most 32

// Checksums as zlib computes them, going on from a former one.
uint32_t crc32_of(std::string_view data, uint32_t from);
uint32_t adler32_of(std::string_view data, uint32_t from);

}  // namespace winnow::machine
