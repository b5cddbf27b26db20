#include "code/machine/encodings.h"

#include <algorithm>
#include <cstdint>

namespace winnow::machine {
namespace {

int digit_of(char c, int base) {
  int digit = -1;
  if (c >= '0' && c <= '9') digit = c - '0';
  else if (c >= 'a' && c <= 'z') digit = c - 'a' + 10;
  else if (c >= 'A' && c <= 'Z') digit = c - 'A' + 10;
  return digit < base ? digit : -1;
}

// Five letters to four bytes, for Ascii85 and Base85.
std::optional<std::string> decode_85(std::string_view text, std::string_view alphabet, char zero) {
  std::string out;
  uint64_t value = 0;
  int held = 0;
  const auto flush = [&](int bytes) {
    for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (24 - 8 * i));
    value = 0, held = 0;
  };
  for (const char c : text) {
    if (std::string_view(" \t\n\r\v").find(c) != std::string_view::npos) continue;
    if (zero != 0 && c == zero && held == 0) { out.append(4, '\0'); continue; }
    const size_t digit = alphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    value = value * 85 + digit;
    if (++held == 5) flush(4);
  }
  if (held > 1) {
    const int bytes = held - 1;
    while (held < 5) value = value * 85 + 84, ++held;
    flush(bytes);
  }
  return out;
}

}  // namespace

void append_utf8(std::string& out, uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (c & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | ((c >> 18) & 7));
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3f));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (c & 0x3f));
  }
}

std::optional<std::string> decode_base64(std::string_view text, bool url_safe) {
  // As binascii does without strict mode: foreign characters are skipped, padding ends the data.
  std::string out;
  uint32_t bits = 0;
  int held = 0, letters = 0;
  for (char c : text) {
    if (url_safe && c == '-') c = '+';
    if (url_safe && c == '_') c = '/';
    int digit = -1;
    if (c >= 'A' && c <= 'Z') digit = c - 'A';
    else if (c >= 'a' && c <= 'z') digit = c - 'a' + 26;
    else if (c >= '0' && c <= '9') digit = c - '0' + 52;
    else if (c == '+') digit = 62;
    else if (c == '/') digit = 63;
    else if (c == '=' && letters % 4 >= 2) { letters += 4 - letters % 4; bits = 0, held = 0; continue; }
    if (digit < 0) continue;
    ++letters;
    bits = (bits << 6) | static_cast<uint32_t>(digit);
    held += 6;
    if (held >= 8) {
      held -= 8;
      out += static_cast<char>(bits >> held);
    }
  }
  if (letters % 4 == 1) return std::nullopt;
  return out;
}

std::optional<std::string> decode_base32(std::string_view text) {
  std::string out;
  uint64_t bits = 0;
  int held = 0;
  for (const char c : text) {
    if (c == '=') break;
    int digit = -1;
    if (c >= 'A' && c <= 'Z') digit = c - 'A';
    else if (c >= 'a' && c <= 'z') digit = c - 'a';
    else if (c >= '2' && c <= '7') digit = c - '2' + 26;
    if (digit < 0) return std::nullopt;
    bits = (bits << 5) | static_cast<uint64_t>(digit);
    held += 5;
    if (held >= 8) {
      held -= 8;
      out += static_cast<char>(bits >> held);
    }
  }
  return out;
}

std::optional<std::string> decode_base16(std::string_view text) {
  std::string out;
  int high = -1;
  for (const char c : text) {
    if (high < 0 && std::string_view(" \t\n\r\v\f").find(c) != std::string_view::npos) continue;
    const int digit = digit_of(c, 16);
    if (digit < 0) return std::nullopt;
    if (high < 0) {
      high = digit;
    } else {
      out += static_cast<char>(high * 16 + digit);
      high = -1;
    }
  }
  if (high >= 0) return std::nullopt;
  return out;
}

std::optional<std::string> decode_ascii85(std::string_view text) {
  if (text.starts_with("<~")) text.remove_prefix(2);
  if (text.ends_with("~>")) text.remove_suffix(2);
  std::string alphabet;
  for (char c = '!'; c <= 'u'; ++c) alphabet += c;
  return decode_85(text, alphabet, 'z');
}

std::optional<std::string> decode_base85(std::string_view text) {
  return decode_85(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~", 0);
}

std::optional<std::string> decode_quoted_printable(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') { out += text[i]; continue; }
    if (i + 1 < text.size() && text[i + 1] == '\n') { ++i; continue; }
    if (i + 2 < text.size() && digit_of(text[i + 1], 16) >= 0 && digit_of(text[i + 2], 16) >= 0) {
      out += static_cast<char>(digit_of(text[i + 1], 16) * 16 + digit_of(text[i + 2], 16));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::optional<std::string> decode_uu(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    at = end + 1;
    if (line.starts_with("begin ") || line.starts_with("end") || line.empty()) continue;
    const size_t size = static_cast<size_t>((line[0] - ' ') & 63);
    line.remove_prefix(1);
    const size_t start = out.size();
    for (size_t i = 0; i + 1 < line.size() && out.size() - start < size; i += 4) {
      uint32_t bits = 0;
      for (size_t k = 0; k < 4; ++k) {
        bits = (bits << 6) | (i + k < line.size() ? static_cast<uint32_t>(line[i + k] - ' ') & 63 : 0);
      }
      for (int k = 2; k >= 0 && out.size() - start < size; --k) out += static_cast<char>(bits >> (8 * k));
    }
  }
  return out;
}

std::string encode_base64(std::string_view data) {
  static constexpr char kLetters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < data.size(); i += 3) {
    uint32_t bits = 0;
    for (size_t k = 0; k < 3; ++k) bits = (bits << 8) | (i + k < data.size() ? static_cast<unsigned char>(data[i + k]) : 0u);
    for (size_t k = 0; k < 4; ++k) {
      out += i + k <= data.size() ? kLetters[(bits >> (18 - 6 * k)) & 63] : '=';
    }
  }
  return out;
}

std::string encode_base16(std::string_view data) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : data) {
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

std::string rot13(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    const char base = c >= 'a' && c <= 'z' ? 'a' : c >= 'A' && c <= 'Z' ? 'A' : 0;
    if (base) c = static_cast<char>(base + (c - base + 13) % 26);
  }
  return out;
}

std::string decode_latin1(std::string_view data) {
  std::string out;
  for (const char c : data) append_utf8(out, static_cast<unsigned char>(c));
  return out;
}

std::optional<std::string> encode_latin1(std::string_view text) {
  // Array data of old pickles comes in this way, megabytes of it, and every other character takes two bytes:
  // written without branches on them.
  std::string out(text.size() + 1, '\0');
  char* to = out.data();
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  const auto* end = at + text.size();
  unsigned wrong = 0;
  while (at + 1 < end) {
    const unsigned first = at[0], second = at[1];
    const unsigned two = first >> 7;
    wrong |= two & static_cast<unsigned>((first & 0xfe) != 0xc2);
    *to++ = static_cast<char>(two ? ((first & 3) << 6 | (second & 0x3f)) : first);
    at += 1 + two;
  }
  if (at < end) {
    wrong |= *at >> 7;
    *to++ = static_cast<char>(*at);
  }
  if (wrong != 0) return std::nullopt;
  out.resize(static_cast<size_t>(to - out.data()));
  return out;
}

std::optional<std::string> decode_utf16(std::string_view data, bool big_endian, bool detect) {
  if (detect && data.size() >= 2) {
    if (data.starts_with("\xff\xfe")) big_endian = false, data.remove_prefix(2);
    else if (data.starts_with("\xfe\xff")) big_endian = true, data.remove_prefix(2);
  }
  if (data.size() % 2 != 0) return std::nullopt;
  std::string out;
  const auto unit = [&](size_t i) {
    const auto a = static_cast<unsigned char>(data[i]), b = static_cast<unsigned char>(data[i + 1]);
    return static_cast<uint32_t>(big_endian ? a << 8 | b : b << 8 | a);
  };
  for (size_t i = 0; i < data.size(); i += 2) {
    uint32_t c = unit(i);
    if (c >= 0xd800 && c < 0xdc00 && i + 3 < data.size()) {
      c = 0x10000 + ((c - 0xd800) << 10) + (unit(i + 2) - 0xdc00);
      i += 2;
    }
    append_utf8(out, c);
  }
  return out;
}

std::optional<std::string> decode_utf32(std::string_view data) {
  if (data.starts_with(std::string_view("\xff\xfe\0\0", 4))) data.remove_prefix(4);
  if (data.size() % 4 != 0) return std::nullopt;
  std::string out;
  for (size_t i = 0; i < data.size(); i += 4) {
    uint32_t c = 0;
    for (size_t k = 0; k < 4; ++k) c |= static_cast<uint32_t>(static_cast<unsigned char>(data[i + k])) << (8 * k);
    if (c > 0x10ffff) return std::nullopt;
    append_utf8(out, c);
  }
  return out;
}

std::optional<std::string> decode_utf7(std::string_view data) {
  std::string out;
  for (size_t i = 0; i < data.size(); ++i) {
    if (data[i] != '+') { out += data[i]; continue; }
    const size_t end = data.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", i + 1);
    const std::string_view run = data.substr(i + 1, (end == std::string_view::npos ? data.size() : end) - i - 1);
    i += run.size();
    if (i + 1 < data.size() && data[i + 1] == '-') ++i;
    if (run.empty()) { out += '+'; continue; }
    auto raw = decode_base64(std::string(run) + std::string((4 - run.size() % 4) % 4, 'A'));
    if (!raw) return std::nullopt;
    raw->resize(run.size() * 6 / 16 * 2);
    const auto text = decode_utf16(*raw, true, false);
    if (!text) return std::nullopt;
    out += *text;
  }
  return out;
}

std::string decode_escapes(std::string_view text, Escapes as) {
  static constexpr std::string_view kLetters = "abfnrtv\\'\"";
  static constexpr std::string_view kMeans = "\a\b\f\n\r\t\v\\'\"";
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 >= text.size()) { out += text[i]; continue; }
    const char c = text[++i];
    const size_t simple = kLetters.find(c);
    const size_t most = c == 'x' ? 2 : as == Escapes::bytes ? 0 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    const auto put = [&](uint32_t code) {
      if (as == Escapes::bytes) out += static_cast<char>(code);
      else append_utf8(out, code);
    };
    if (simple != std::string_view::npos) {
      out += kMeans[simple];
    } else if (c == '\n') {
      continue;
    } else if (c >= '0' && c <= '7') {
      uint32_t code = 0;
      size_t k = 0;
      for (; k < 3 && i + k < text.size() && digit_of(text[i + k], 8) >= 0; ++k) code = code * 8 + static_cast<uint32_t>(digit_of(text[i + k], 8));
      i += k - 1;
      put(code & 0x1ff);
    } else if (most != 0) {
      uint32_t code = 0;
      size_t k = 1;
      for (; k <= most && i + k < text.size() && digit_of(text[i + k], 16) >= 0; ++k) code = code * 16 + static_cast<uint32_t>(digit_of(text[i + k], 16));
      i += k - 1;
      put(code);
    } else {
      out += '\\';
      out += c;
    }
  }
  return out;
}

bool is_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    const size_t size = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
    if (size == 0 || i + size > text.size()) return false;
    for (size_t k = 1; k < size; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80) return false;
    }
    i += size;
  }
  return true;
}

}  // namespace winnow::machine
