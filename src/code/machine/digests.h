// Message digests as hashlib computes them: programs derive keys from words.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace winnow::machine {

// By hashlib's name: md5, sha1, sha224, sha256, sha384, sha512. Nothing for others.
std::optional<std::string> digest_of(std::string_view name, std::string_view data);

}  // namespace winnow::machine
