// Builtins that turn one kind of data into another: numbers, characters, encodings, compression.
#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

#include "code/machine/big.h"
#include "code/machine/encodings.h"
#include "code/machine/literal.h"
#include "code/machine/models.h"
#include "containers/codecs.h"

namespace winnow::machine {
namespace {

using Result = std::optional<Value>;

Result character(Machine& m, const Call& call) {
  const auto code = integer_of(call[0]);
  if (!code || *code < 0 || *code > 0x10ffff) return std::nullopt;
  std::string out;
  append_utf8(out, static_cast<uint32_t>(*code));
  return m.make_string(out);
}

Result ordinal(Machine&, const Call& call) {
  if (!call[0].is_text() || call[0].text().empty()) return std::nullopt;
  const std::string_view text = call[0].text();
  const auto first = static_cast<unsigned char>(text[0]);
  if (call[0].is(Kind::bytes) || first < 0x80) return Value::integer(first);
  int64_t code = first & (0xff >> (first >= 0xf0 ? 5 : first >= 0xe0 ? 4 : 3));
  for (size_t i = 1; i < text.size() && (static_cast<unsigned char>(text[i]) & 0xc0) == 0x80; ++i) {
    code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3f);
  }
  return Value::integer(code);
}

// bytes(), bytes(b'..'), bytes('..', encoding), bytes([1, 2]), bytes(3)
Result encode(Machine& m, const Call& call);

Result to_bytes(Machine& m, const Call& call) {
  if (call.count() == 0) return Value::bytes("");
  if (call[0].is(Kind::bytes)) return call[0];
  if (call[0].is(Kind::string)) return encode(m, call);
  if (call[0].is(Kind::integer)) {
    const int64_t size = call[0].as_integer();
    if (size < 0 || size > (1 << 16)) return std::nullopt;
    return m.make_bytes(std::string(static_cast<size_t>(size), '\0'));
  }
  const auto items = m.iterate(call[0]);
  if (!items) return std::nullopt;
  std::string out;
  for (const Value& item : *items) {
    const auto byte = integer_of(item);
    if (!byte || *byte < 0 || *byte > 255) return std::nullopt;
    out += static_cast<char>(*byte);
  }
  return m.make_bytes(out);
}

// A codec's name without case, '-' and '_'.
std::string codec_name(const Machine& m, const Call& call, size_t at, std::string_view otherwise) {
  std::string_view given = otherwise;
  if (at < call.count() && call[at].is_text()) given = call[at].text();
  if (const Value* named = m.keyword(call, "encoding")) {
    if (named->is_text()) given = named->text();
  }
  std::string out;
  for (const char c : given) {
    if (c == '-' || c == '_' || c == ' ') continue;
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  if (out.ends_with("codec")) out.resize(out.size() - 5);
  return out;
}

Value text_or_unknown(Machine& m, std::optional<std::string> text) {
  return text ? m.make_string(*text) : Value::unknown();
}

Value bytes_or_unknown(Machine& m, std::optional<std::string> data) {
  return data ? m.make_bytes(*data) : Value::unknown();
}

Result known(Value value) { return value.is_known() ? Result(value) : std::nullopt; }

// text.encode(codec), codecs.encode(x, codec), bytes(text, codec)
Result encode(Machine& m, const Call& call) {
  if (call.count() < 1 || !call[0].is_text()) return std::nullopt;
  const std::string codec = codec_name(m, call, 1, "utf-8");
  const std::string_view text = call[0].text();
  if (codec == "utf8" || codec == "ascii" || codec == "usascii") return m.make_bytes(text);
  if (codec == "latin1" || codec == "iso88591" || codec == "l1") return known(bytes_or_unknown(m, encode_latin1(text)));
  if (codec == "rot13") return m.make_string(rot13(text));
  if (codec == "hex") return m.make_bytes(encode_base16(text));
  if (codec == "base64") return m.make_bytes(encode_base64(text) + "\n");
  if (codec == "rawunicodeescape" || codec == "unicodeescape") return m.make_bytes(text);
  return std::nullopt;
}

// codecs.encode(text, 'latin1'): the way of arrays into pickles of protocol 2; left alone until it matters.
Result encode_codec(Machine& m, const Call& call) {
  constexpr size_t kLarge = 256;
  if (call.count() == 2 && call[0].is(Kind::string) && call[0].text().size() > kLarge && call[1].is_text() &&
      call[1].text() == "latin1") {
    return m.postpone(call, encode);
  }
  return encode(m, call);
}

// What zlib, gzip, bz2 and lzma decompress; set apart because it spends the budget.
Result decompress(Machine& m, const Call& call);

// What strict decoding raises: the exception holds what it was about.
Value undecodable(Machine& m, std::string_view codec, Value data) {
  m.raise("UnicodeDecodeError");
  const Value held = m.heap().instance(*m.raised).attributes;
  m.heap().set_key(held, "encoding", m.make_string(codec));
  m.heap().set_key(held, "object", data);
  m.heap().set_key(held, "start", Value::unknown());
  m.heap().set_key(held, "reason", Value::unknown());
  return Value::unknown();
}

// data.decode(codec), codecs.decode(x, codec), str(data, codec)
Result decode(Machine& m, const Call& call) {
  if (call.count() < 1 || !call[0].is_text()) return std::nullopt;
  const std::string codec = codec_name(m, call, 1, "utf-8");
  const std::string_view data = call[0].text();
  if (codec == "utf8" || codec == "ascii" || codec == "usascii" || codec == "utf8sig") {
    if (is_utf8(data) && (codec[0] == 'u' && codec[1] == 't' ? true : m.ascii(data) || !m.place.code)) return m.make_string(data);
    if (m.place.code && call.count() < 3 && m.keyword(call, "errors") == nullptr) return undecodable(m, codec, call[0]);
    return m.make_string(decode_latin1(data));  // errors='ignore' and kin: keep what can be read
  }
  if (codec == "latin1" || codec == "iso88591" || codec == "l1" || codec == "cp1252") return m.make_string(decode_latin1(data));
  if (codec == "rot13") return m.make_string(rot13(data));
  if (codec == "hex") return known(bytes_or_unknown(m, decode_base16(data)));
  if (codec == "base64") return known(bytes_or_unknown(m, decode_base64(data)));
  if (codec == "uu") return known(bytes_or_unknown(m, decode_uu(data)));
  if (codec == "quopri" || codec == "quotedprintable") return known(bytes_or_unknown(m, decode_quoted_printable(data)));
  if (codec == "utf16") return known(text_or_unknown(m, decode_utf16(data, false, true)));
  if (codec == "utf16le") return known(text_or_unknown(m, decode_utf16(data, false, false)));
  if (codec == "utf16be") return known(text_or_unknown(m, decode_utf16(data, true, false)));
  if (codec == "utf32" || codec == "utf32le") return known(text_or_unknown(m, decode_utf32(data)));
  if (codec == "utf7") return known(text_or_unknown(m, decode_utf7(data)));
  if (codec == "unicodeescape" || codec == "rawunicodeescape" || codec == "stringescape") {
    return m.make_string(decode_escapes(data));
  }
  if (codec == "zlib" || codec == "zip" || codec == "bz2") return decompress(m, call);
  return std::nullopt;
}

template <std::optional<std::string> (*read)(std::string_view)>
Result decoded(Machine& m, const Call& call) {
  if (call.count() < 1 || !call[0].is_text()) return std::nullopt;
  return known(bytes_or_unknown(m, read(call[0].text())));
}

std::optional<std::string> base64_standard(std::string_view text) { return decode_base64(text); }
std::optional<std::string> base64_url(std::string_view text) { return decode_base64(text, true); }

template <std::string (*write)(std::string_view)>
Result encoded(Machine& m, const Call& call) {
  if (call.count() < 1 || !call[0].is_text()) return std::nullopt;
  return m.make_bytes(write(call[0].text()));
}

Result hex_text(Machine& m, const Call& call) {
  if (call.count() < 1 || !call[0].is_text()) return std::nullopt;
  return m.make_string(encode_base16(call[0].text()));
}

// bytes.fromhex(text): called through the class, or bound to it.
Result from_hex(Machine& m, const Call& call) {
  if (call.count() < 1 || !call[call.count() - 1].is_text()) return std::nullopt;
  return known(bytes_or_unknown(m, decode_base16(call[call.count() - 1].text())));
}

Result to_text(Machine& m, const Call& call) {
  if (call.count() == 0) return Value::string("");
  if (call.count() > 1) return decode(m, call);
  if (call[0].is(Kind::string)) return call[0];
  if (call[0].is(Kind::integer)) return m.make_string(std::to_string(call[0].as_integer()));
  return std::nullopt;
}

Result to_integer(Machine&, const Call& call) {
  if (call.count() == 0) return Value::integer(0);
  if (const auto number = integer_of(call[0])) return Value::integer(*number);
  if (call[0].is(Kind::real)) {
    const double real = call[0].as_real();
    if (real > -9e18 && real < 9e18) return Value::integer(static_cast<int64_t>(real));
    return std::nullopt;
  }
  if (!call[0].is_text()) return std::nullopt;
  std::string text;
  for (const char c : call[0].text()) {
    if (c != '_' && c != ' ' && c != '\n') text += c;
  }
  int base = static_cast<int>(integer_of(call[1]).value_or(10));
  std::string_view digits = text;
  if (digits.starts_with("0x") || digits.starts_with("0X")) digits.remove_prefix(2), base = 16;
  if (base < 2 || base > 36) return std::nullopt;
  int64_t value = 0;
  const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (end.ec != std::errc() || end.ptr != digits.data() + digits.size()) return std::nullopt;
  return Value::integer(value);
}

// int.to_bytes(n, length, byteorder)
Result integer_to_bytes(Machine& m, const Call& call) {
  auto length = integer_of(call[1]);
  if (const Value* given = m.keyword(call, "length")) length = integer_of(*given);
  if (!length) length = 1;
  const Value* named = m.keyword(call, "byteorder");
  const Value order = named ? *named : call[2];
  const bool little = order.is_text() && order.text() == "little";
  if (*length < 0 || *length > (1 << 20)) return std::nullopt;
  std::string out(static_cast<size_t>(*length), '\0');
  if (call[0].is(Kind::big_integer)) {
    const std::string_view raw = call[0].text();
    std::copy_n(raw.begin(), std::min(raw.size(), out.size()), out.begin());
  } else if (const auto number = integer_of(call[0])) {
    for (size_t i = 0; i < out.size() && i < 8; ++i) out[i] = static_cast<char>(*number >> (8 * i));
  } else {
    return std::nullopt;
  }
  if (!little) std::reverse(out.begin(), out.end());
  return m.make_bytes(out);
}

Result integer_from_bytes(Machine& m, const Call& call) {
  const Value data = call[0].is_text() ? call[0] : call[1];
  if (!data.is(Kind::bytes)) return std::nullopt;
  const Value* named = m.keyword(call, "byteorder");
  const Value order = named ? *named : call[call.count() - 1];
  std::string raw(data.text());
  if (!(order.is(Kind::string) && order.text() == "little")) std::reverse(raw.begin(), raw.end());
  if (raw.size() > 7) return Value::big_integer(m.heap().arena().copy(raw + std::string(1, '\0')));
  int64_t value = 0;
  for (size_t i = raw.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(raw[i]);
  return Value::integer(value);
}

// struct.pack(format, ...) for integers and byte strings
std::optional<uint64_t> low_bits_of(Value value) {
  if (const auto number = integer_of(value)) return static_cast<uint64_t>(*number);
  const auto large = value.is(Kind::big_integer) ? big_of(value) : std::nullopt;
  if (!large || large->negative || large->words.size() > 2) return std::nullopt;
  uint64_t out = 0;
  for (size_t i = 0; i < large->words.size(); ++i) out |= static_cast<uint64_t>(large->words[i]) << (32 * i);
  return out;
}

std::optional<uint64_t> bits_of_real(Value value, size_t size) {
  const auto whole = integer_of(value);
  if (!whole && !value.is(Kind::real)) return std::nullopt;
  const double number = whole ? static_cast<double>(*whole) : value.as_real();
  if (size == 8) return std::bit_cast<uint64_t>(number);
  // What does not fit into four bytes is an error in Python.
  if (std::isfinite(number) && std::fabs(number) > static_cast<double>(std::numeric_limits<float>::max())) return std::nullopt;
  return std::bit_cast<uint32_t>(static_cast<float>(number));
}

Result pack(Machine& m, const Call& call) {
  if (call.count() < 1 || !call[0].is_text()) return std::nullopt;
  bool big = false;
  std::string out;
  size_t next = 1, times = 0;
  bool counted = false;
  for (const char c : call[0].text()) {
    if (c == '<' || c == '=' || c == '@') { big = false; continue; }
    if (c == '>' || c == '!') { big = true; continue; }
    if (c == ' ') continue;
    if (c >= '0' && c <= '9') { times = times * 10 + static_cast<size_t>(c - '0'), counted = true; if (times > (1u << 20)) return std::nullopt; continue; }
    if (!counted) times = 1;
    if (!m.fits(out.size() + times)) return std::nullopt;
    if (c == 's' || c == 'p') {
      if (!call[next].is(Kind::bytes)) return std::nullopt;
      std::string text(call[next++].text());
      text.resize(times, '\0');
      out += text;
    } else if (c == 'x') {
      out.append(times, '\0');
    } else {
      const size_t size = std::string_view("bBc?").find(c) != std::string_view::npos ? 1
                          : std::string_view("hH").find(c) != std::string_view::npos ? 2
                          : std::string_view("iIlL").find(c) != std::string_view::npos ? 4
                          : std::string_view("qQd").find(c) != std::string_view::npos ? 8 : c == 'f' ? 4 : 0;
      if (size == 0) return std::nullopt;
      for (size_t k = 0; k < times; ++k) {
        const Value value = call[next++];
        if (c == 'c' && value.is(Kind::bytes)) { out += value.text(); continue; }
        const auto bits = c == 'f' || c == 'd' ? bits_of_real(value, size) : low_bits_of(value);
        if (!bits) return std::nullopt;
        std::string raw;
        for (size_t i = 0; i < size; ++i) raw += static_cast<char>(*bits >> (8 * i));
        if (big) std::reverse(raw.begin(), raw.end());
        out += raw;
      }
    }
    times = 0, counted = false;
  }
  return m.make_bytes(out);
}

Result decompress(Machine& m, const Call& call) {
  if (call.count() < 1 || !call[0].is_text()) return std::nullopt;
  const Bytes data = as_bytes(call[0].text());
  containers::Codec codec = containers::codec_of(data);
  // zlib.decompress(data, -15) reads raw deflate, which has no mark of its own.
  if (codec == containers::Codec::none) codec = containers::Codec::deflate;
  containers::Limits limits;
  limits.ratio = m.scan().budget.inflation_ratio;
  limits.allow = [&m](uint64_t bytes) { return m.scan().inflate(bytes); };
  const containers::Decoded decoded = containers::decode(codec, data, limits);
  if (decoded.bytes.empty()) return std::nullopt;
  return m.make_bytes(as_text(decoded.bytes));
}

// A parsed literal as a value. Nodes name later nodes as their items; built from the last to the first.
Value value_of(Machine& m, const LiteralTree& tree) {
  std::vector<Value> values(tree.nodes.size());
  for (size_t i = tree.nodes.size(); i-- > 0;) {
    const Literal& node = tree.nodes[i];
    std::vector<Value> items;
    for (const uint32_t item : node.items) items.push_back(item > i ? values[item] : Value::unknown());
    const auto container = [&](Kind kind) {
      return m.heap().new_items(kind, items.data(), static_cast<uint32_t>(items.size()));
    };
    switch (node.kind) {
      case LiteralKind::text: values[i] = m.make_string(node.text); break;
      case LiteralKind::bytes: values[i] = m.make_bytes(node.text); break;
      case LiteralKind::integer:
        values[i] = node.integer > INT64_MAX ? Value::unknown()
                    : Value::integer(node.negative ? -static_cast<int64_t>(node.integer) : static_cast<int64_t>(node.integer));
        break;
      case LiteralKind::boolean: values[i] = Value::boolean(node.integer != 0); break;
      case LiteralKind::none: values[i] = Value::none(); break;
      case LiteralKind::tuple: values[i] = container(Kind::tuple); break;
      case LiteralKind::list: values[i] = container(Kind::list); break;
      case LiteralKind::set: values[i] = container(Kind::set); break;
      case LiteralKind::dict: values[i] = container(Kind::dict); break;
      case LiteralKind::real: break;
    }
  }
  return values[tree.root];
}

// ast.literal_eval(text), json.loads(text)
template <Notation notation>
Result literal(Machine& m, const Call& call) {
  if (call.count() < 1 || !call[0].is_text() || call[0].text().size() > (1u << 20)) return std::nullopt;
  const auto tree = parse_literal(call[0].text(), notation);
  if (!tree) return std::nullopt;
  return known(value_of(m, *tree));
}

// array.array('B', [..]).tobytes(), bytearray(..).decode(): the content of what was built from it.
Result array_bytes(Machine& m, const Call& call) {
  if (call.count() < 1 || !call[0].is(Kind::object)) return std::nullopt;
  const Items given = m.heap().items(m.heap().object(call[0]).arguments);
  if (given.size < 2) return std::nullopt;
  if (given[1].is(Kind::bytes)) return given[1];
  const Value one[] = {given[1]};
  if (!given[0].is_text() || (given[0].text() != "B" && given[0].text() != "b")) return std::nullopt;
  return to_bytes(m, {call.callee, one, Value::none()});
}

constexpr ModelEntry kModels[] = {
    {"builtins.chr", character},
    {"builtins.unichr", character},
    {"builtins.ord", ordinal},
    {"builtins.bytes", to_bytes},
    {"builtins.bytearray", to_bytes},
    {"builtins.memoryview", to_bytes},
    {"builtins.str", to_text},
    {"builtins.unicode", to_text},
    {"builtins.int", to_integer},
    {"builtins.long", to_integer},
    {"builtins.int.to_bytes", integer_to_bytes},
    {"builtins.int.from_bytes", integer_from_bytes},
    {"builtins.str.encode", encode},
    {"builtins.bytes.encode", encode},
    {"builtins.bytes.decode", decode},
    {"builtins.bytearray.decode", decode},
    {"builtins.str.decode", decode},
    {"builtins.bytes.tobytes", [](Machine&, const Call& call) -> Result { return call[0]; }},
    {"builtins.bytes.hex", hex_text},
    {"builtins.bytes.fromhex", from_hex},
    {"builtins.bytearray.fromhex", from_hex},
    {"codecs.encode", encode_codec},
    {"codecs.decode", decode},
    {"codecs.escape_decode", [](Machine& m, const Call& call) -> Result {
       if (call.count() < 1 || !call[0].is_text()) return std::nullopt;
       const Value text = m.make_bytes(decode_escapes(call[0].text()));
       return m.heap().new_tuple({text, Value::integer(static_cast<int64_t>(call[0].text().size()))});
     }},
    {"base64.b64decode", decoded<base64_standard>},
    {"base64.standard_b64decode", decoded<base64_standard>},
    {"base64.decodebytes", decoded<base64_standard>},
    {"base64.decodestring", decoded<base64_standard>},
    {"base64.urlsafe_b64decode", decoded<base64_url>},
    {"base64.b32decode", decoded<decode_base32>},
    {"base64.b16decode", decoded<decode_base16>},
    {"base64.a85decode", decoded<decode_ascii85>},
    {"base64.b85decode", decoded<decode_base85>},
    {"binascii.a2b_base64", decoded<base64_standard>},
    {"binascii.unhexlify", decoded<decode_base16>},
    {"binascii.a2b_hex", decoded<decode_base16>},
    {"binascii.a2b_uu", decoded<decode_uu>},
    {"binascii.a2b_qp", decoded<decode_quoted_printable>},
    {"quopri.decodestring", decoded<decode_quoted_printable>},
    {"base64.b64encode", encoded<encode_base64>},
    {"binascii.hexlify", encoded<encode_base16>},
    {"binascii.b2a_hex", encoded<encode_base16>},
    {"zlib.decompress", decompress},
    {"gzip.decompress", decompress},
    {"bz2.decompress", decompress},
    {"lzma.decompress", decompress},
    {"compression.zstd.decompress", decompress},
    {"struct.pack", pack},
    {"ast.literal_eval", literal<Notation::python>},
    {"json.loads", literal<Notation::json>},
    {"array.array.tobytes", array_bytes},
    {"array.array.tostring", array_bytes},
    {"array.array.tounicode", array_bytes},
};

}  // namespace

std::span<const ModelEntry> conversion_models() { return kModels; }

}  // namespace winnow::machine
