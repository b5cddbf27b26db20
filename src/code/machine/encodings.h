// Text encodings that programs use to hide a string: pure functions from bytes to bytes. Each reads what
// CPython's decoder of the same name accepts and gives nothing where that raises.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace winnow::machine {

std::optional<std::string> decode_base64(std::string_view text, bool url_safe = false);
std::optional<std::string> decode_base32(std::string_view text);
std::optional<std::string> decode_base16(std::string_view text);  // white space between pairs is skipped
std::optional<std::string> decode_ascii85(std::string_view text);
std::optional<std::string> decode_base85(std::string_view text);
std::optional<std::string> decode_quoted_printable(std::string_view text);
std::optional<std::string> decode_uu(std::string_view text);
std::string encode_base64(std::string_view data);
std::string encode_base16(std::string_view data);
std::string rot13(std::string_view text);
std::string decode_latin1(std::string_view data);               // to UTF-8
std::optional<std::string> encode_latin1(std::string_view text);  // from UTF-8
std::optional<std::string> decode_utf16(std::string_view data, bool big_endian, bool detect);
std::optional<std::string> decode_utf32(std::string_view data);
std::optional<std::string> decode_utf7(std::string_view data);
// \n \x41 \101, and as text also \u0041 \U00000041; as bytes, \xff is the byte and not the character.
enum class Escapes : uint8_t { text, bytes };
std::string decode_escapes(std::string_view text, Escapes as = Escapes::text);
bool is_utf8(std::string_view text);                // surrogates allowed, as in pickles
void append_utf8(std::string& out, uint32_t code_point);

}  // namespace winnow::machine
