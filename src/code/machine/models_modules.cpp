// Functions of the standard library that only compute, for running code: struct, hashlib, json, functools,
// contextlib, asyncio and what else obfuscators use.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "code/machine/encodings.h"
#include "code/machine/interpreter.h"
#include "code/machine/models.h"
#include "code/machine/objects.h"
#include "code/machine/operators.h"
#include "code/machine/run.h"
#include "code/python/print_literals.h"

namespace winnow::machine {
namespace {

using Found = std::optional<Value>;

Found same(Machine&, const Call& call) { return call.count() > 0 ? Found(call[0]) : std::nullopt; }
Found second(Machine&, const Call& call) { return call.count() > 1 ? Found(call[1]) : std::nullopt; }
Found nothing(Machine&, const Call&) { return Value::none(); }

// A decorator that takes settings first, and the function then: what it gives passes the function on.
Found decorator(Machine& m, const Call& call) {
  const bool wraps = m.heap().name(call.callee).canonical == "functools.wraps";
  if (!wraps && call.count() == 1 && (call[0].is_defined() || call[0].is(Kind::name))) return call[0];
  return m.resolve("functools", "_pass_on");
}

std::optional<std::string_view> buffer(Machine& m, Value v) {
  v = plain(m, v);
  if (v.is(Kind::string)) return v.text();
  return buffer_of(m, v);
}

struct Layout {
  bool big = false, aligned = true;
  struct Field { char code; size_t count, size; };
  std::vector<Field> fields;
  size_t size = 0;
};

std::optional<Layout> layout_of(std::string_view format) {
  Layout out;
  size_t at = 0;
  if (!format.empty() && std::string_view("<>=!@").find(format[0]) != std::string_view::npos) {
    out.big = format[0] == '>' || format[0] == '!';
    out.aligned = format[0] == '@';
    at = 1;
  }
  for (; at < format.size(); ++at) {
    if (format[at] == ' ') continue;
    size_t count = 0;
    bool counted = false;
    while (at < format.size() && format[at] >= '0' && format[at] <= '9' && count < (1u << 20)) count = count * 10 + static_cast<size_t>(format[at++] - '0'), counted = true;
    if (at >= format.size() || count >= (1u << 20)) return std::nullopt;
    if (!counted) count = 1;
    const char c = format[at];
    const size_t size = std::strchr("xbBc?sp", c) ? 1 : std::strchr("hHe", c) ? 2 : std::strchr("iIf", c) ? 4 : std::strchr("lL", c) ? (out.aligned ? 8 : 4)
                        : std::strchr("qQdnNP", c) ? 8 : 0;
    if (size == 0) return std::nullopt;
    if (out.aligned && c != 's' && c != 'p' && out.size % size != 0) out.size += size - out.size % size;
    out.fields.push_back({c, count, size});
    out.size += size * count;
  }
  return out;
}

Value unpack_layout(Machine& m, const Layout& layout, std::string_view data) {
  std::vector<Value> out;
  size_t at = 0;
  for (const Layout::Field& field : layout.fields) {
    if (layout.aligned && field.code != 's' && field.code != 'p' && at % field.size != 0) at += field.size - at % field.size;
    if (field.code == 's' || field.code == 'p') {
      out.push_back(Value::bytes(data.substr(at, field.count)));
      at += field.count;
      continue;
    }
    for (size_t i = 0; i < field.count; ++i, at += field.size) {
      if (field.code == 'x') continue;
      if (field.code == 'c') { out.push_back(Value::bytes(data.substr(at, 1))); continue; }
      uint64_t bits = 0;
      for (size_t k = 0; k < field.size; ++k) {
        const auto byte = static_cast<unsigned char>(data[at + (layout.big ? k : field.size - 1 - k)]);
        bits = bits << 8 | byte;
      }
      if (field.code == '?') out.push_back(Value::boolean(bits != 0));
      else if (field.code == 'f') out.push_back(Value::real(std::bit_cast<float>(static_cast<uint32_t>(bits))));
      else if (field.code == 'd') out.push_back(Value::real(std::bit_cast<double>(bits)));
      else if (field.code == 'e') out.push_back(Value::unknown());
      else if (std::strchr("bhilqn", field.code)) out.push_back(Value::integer(static_cast<int64_t>(bits << (64 - 8 * field.size)) >> (64 - 8 * field.size)));
      else if (bits <= static_cast<uint64_t>(INT64_MAX)) out.push_back(Value::integer(static_cast<int64_t>(bits)));
      else {
        std::string raw;
        for (int k = 0; k < 8; ++k) raw += static_cast<char>(bits >> (8 * k));
        out.push_back(Value::big_integer(m.heap().arena().copy(raw + std::string(1, '\0'))));
      }
    }
  }
  return m.heap().new_items(Kind::tuple, out.data(), static_cast<uint32_t>(out.size()));
}

// struct.unpack(format, data), unpack_from(format, data, offset)
Found unpack(Machine& m, const Call& call) {
  const auto format = buffer(m, call[0]), data = buffer(m, call[1]);
  const auto layout = format ? layout_of(*format) : std::nullopt;
  if (!layout || !data) return Value::unknown();
  const size_t offset = call.count() > 2 ? static_cast<size_t>(std::max<int64_t>(0, integer_of(call[2]).value_or(0))) : 0;
  const bool part = m.heap().name(call.callee).canonical.ends_with("unpack_from");
  if (offset > data->size() || data->size() - offset < layout->size || (!part && data->size() != layout->size)) return m.raise("ValueError", Value::string("unpack requires another size"));
  return unpack_layout(m, *layout, data->substr(offset));
}

Found unpack_each(Machine& m, const Call& call) {
  const auto format = buffer(m, call[0]), data = buffer(m, call[1]);
  const auto layout = format ? layout_of(*format) : std::nullopt;
  if (!layout || !data || layout->size == 0) return Value::unknown();
  std::vector<Value> out;
  for (size_t at = 0; at + layout->size <= data->size(); at += layout->size) out.push_back(unpack_layout(m, *layout, data->substr(at)));
  return m.heap().new_items(Kind::list, out.data(), static_cast<uint32_t>(out.size()));
}

Found calculated_size(Machine& m, const Call& call) {
  const auto format = buffer(m, call[0]);
  const auto layout = format ? layout_of(*format) : std::nullopt;
  return layout ? Found(Value::integer(static_cast<int64_t>(layout->size))) : Found(Value::unknown());
}

// What json.dumps writes, by its default separators.
class JsonWriter {
 public:
  JsonWriter(Machine& m, bool ascii, bool sorted) : m_(m), ascii_(ascii), sorted_(sorted) {}

  // Nothing: not known, or nothing that json writes.
  std::optional<std::string> written(Value v) {
    value(v, 0);
    return sure_ ? std::optional(std::move(out_)) : std::nullopt;
  }

 private:
  void value(Value v, int depth) {
    if (depth > 16 || !sure_) sure_ = false;
    else if (v.is(Kind::string)) quoted(v.text());
    else if (v.is(Kind::list) || v.is(Kind::tuple)) list(m_.heap().items(v), depth);
    else if (v.is(Kind::dict)) dict(v, depth);
    else out_ += plain_text(v);
  }

  // null, true and numbers, which are keys, too.
  std::string plain_text(Value v) {
    if (v.is(Kind::none)) return "null";
    if (v.is(Kind::boolean)) return v.as_boolean() ? "true" : "false";
    const auto text = v.is(Kind::integer) || v.is(Kind::real) || v.is(Kind::big_integer) ? text_of(m_, v) : std::nullopt;
    sure_ = sure_ && text;
    if (text && v.is(Kind::real) && !std::isfinite(v.as_real())) return std::isnan(v.as_real()) ? "NaN" : v.as_real() > 0 ? "Infinity" : "-Infinity";
    return text.value_or("");
  }

  void list(Items items, int depth) {
    sure_ = sure_ && items.complete();
    out_ += '[';
    for (uint32_t i = 0; i < items.size; ++i) {
      if (i > 0) out_ += ", ";
      value(items[i], depth + 1);
    }
    out_ += ']';
  }

  void dict(Value v, int depth) {
    const Items items = m_.heap().items(v);
    sure_ = sure_ && items.complete();
    std::vector<std::pair<std::string, Value>> pairs;
    for (uint32_t i = 0; i + 1 < items.size; i += 2) {
      pairs.emplace_back(items[i].is(Kind::string) ? std::string(items[i].text()) : plain_text(items[i]), items[i + 1]);
    }
    if (sorted_) std::stable_sort(pairs.begin(), pairs.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    out_ += '{';
    for (size_t i = 0; i < pairs.size(); ++i) {
      if (i > 0) out_ += ", ";
      quoted(pairs[i].first);
      out_ += ": ";
      value(pairs[i].second, depth + 1);
    }
    out_ += '}';
  }

  void unit(uint32_t c) {
    char buffer[16];
    std::snprintf(buffer, sizeof buffer, "\\u%04x", c);
    out_ += buffer;
  }

  void quoted(std::string_view text) {
    static constexpr std::string_view kLetters = "\n\t\r\b\f\"\\", kNames = "ntrbf\"\\";
    out_ += '"';
    for (size_t at = 0, length = 0; at < text.size(); at += length) {
      const char32_t c = python::next_code_point(text, at, length);
      const size_t named = c < 0x80 ? kLetters.find(static_cast<char>(c)) : std::string_view::npos;
      if (named != std::string_view::npos) (out_ += '\\') += kNames[named];
      else if (c < 0x20 || (ascii_ && c > 0x7e && c < 0x10000)) unit(c);
      else if (ascii_ && c >= 0x10000) unit(0xD800 + ((c - 0x10000) >> 10)), unit(0xDC00 + ((c - 0x10000) & 0x3FF));
      else out_ += text.substr(at, length);
    }
    out_ += '"';
  }

  Machine& m_;
  bool ascii_, sorted_, sure_ = true;
  std::string out_;
};

Found dump_json(Machine& m, const Call& call) {
  bool ascii = true, sorted = false;
  if (call.count() != 1) return Value::unknown();
  if (call.keywords.is(Kind::dict)) {
    const Items named = m.heap().items(call.keywords);
    for (uint32_t i = 0; i + 1 < named.size; i += 2) {
      const auto set = truth(m, named[i + 1]);
      const std::string_view name = named[i].is(Kind::string) ? named[i].text() : std::string_view();
      if (!set || (name != "ensure_ascii" && name != "sort_keys")) return Value::unknown();
      (name == "ensure_ascii" ? ascii : sorted) = *set;
    }
  }
  const auto out = JsonWriter(m, ascii, sorted).written(call[0]);
  return out ? Found(m.make_string(*out)) : Found(Value::unknown());
}

// base64.b64encode and kin for every base
template <std::string (*write)(std::string_view)>
Found encoded(Machine& m, const Call& call) {
  const auto data = buffer(m, call[0]);
  return data ? Found(m.make_bytes(write(*data))) : Found(Value::unknown());
}
std::string with_newline(std::string_view data) { return encode_base64(data) + "\n"; }

// codecs.getdecoder('rot13'): called, it gives (result, length).
Found get_codec(Machine& m, const Call& call) {
  Link link;
  link.first = call[0];
  link.second = m.resolve("codecs", m.heap().name(call.callee).canonical.ends_with("getdecoder") ? "_decode_with" : "_encode_with");
  return m.heap().new_link(Kind::method, link);
}

template <bool decodes>
Found code_with(Machine& m, const Call& call) {
  if (call.count() < 2) return std::nullopt;
  const Value arguments[] = {call[1], call[0]};
  const Value out = m.call_from_code(m.resolve("codecs", decodes ? "decode" : "encode"), arguments, Value::none());
  return m.heap().new_tuple({out, Value::integer(length(m, call[1]).value_or(0))});
}

// codecs.rot_13..., 'x'.encode('rot13') stand with the conversions. urllib.parse.quote:
Found quote(Machine& m, const Call& call) {
  const auto text = buffer(m, call[0]);
  const Value* named = m.keyword(call, "safe");
  const Value safe = named != nullptr ? *named : call.count() > 1 ? call[1] : Value::string("/");
  if (!text || !safe.is_text() || call.count() > 2) return Value::unknown();
  static constexpr char kDigits[] = "0123456789ABCDEF";
  const std::string kept = "_.-~" + std::string(safe.text());
  std::string out;
  for (const char c : *text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && (std::isalnum(byte) || kept.find(c) != std::string::npos)) out += c;
    else out += '%', out += kDigits[byte >> 4], out += kDigits[byte & 15];
  }
  return m.make_string(out);
}

// asyncio.run(coroutine) and what else drives one to its end.
Found drive(Machine& m, const Call& call) {
  const Value coroutine = call.count() > 0 ? call[call.count() - 1] : Value::none();
  if (!coroutine.is(Kind::generator)) return std::nullopt;
  for (int i = 0; i < 4096 && !m.raised; ++i) {
    if (!resume(m, coroutine, Value::none())) break;
  }
  return m.heap().link(coroutine).second;
}

Found gather(Machine& m, const Call& call) {
  std::vector<Value> out;
  for (const Value& given : call.arguments) {
    const auto value = drive(m, {call.callee, std::span(&given, 1), Value::none()});
    out.push_back(value.value_or(given));
  }
  return m.heap().new_items(Kind::list, out.data(), static_cast<uint32_t>(out.size()));
}

Found exception_info(Machine& m, const Call&) {
  return m.heap().new_tuple({Value::unknown_named("type"), Value::unknown_named("error"), Value::unknown_named("traceback")});
}

// collections.namedtuple(name, fields): a class whose instances keep their fields by name.
Found named_tuple(Machine& m, const Call& call) {
  if (call.count() < 2 || !call[0].is(Kind::string)) return std::nullopt;
  std::vector<Value> fields;
  if (call[1].is(Kind::string)) {
    std::string_view text = call[1].text();
    while (!text.empty()) {
      const size_t end = text.find_first_of(" ,");
      if (end != 0) fields.push_back(m.heap().new_string(text.substr(0, end)));
      text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    }
  } else {
    fields = m.iterate(call[1]).value_or(std::vector<Value>());
  }
  const Value names = m.heap().new_items(Kind::dict, nullptr, 0);
  const Value tuple = m.heap().new_items(Kind::tuple, fields.data(), static_cast<uint32_t>(fields.size()));
  m.heap().set_key(names, "_fields", tuple);
  m.heap().set_key(names, "__match_args__", tuple);
  return make_class(m, call[0].text(), m.heap().new_tuple({m.resolve("builtins", "tuple")}), names, Value::unknown(), Value::none());
}

Found partial(Machine& m, const Call& call) {
  // Kept as an object: calls.cpp calls it.
  const Value arguments = m.heap().new_items(Kind::tuple, call.arguments.data(), static_cast<uint32_t>(call.count()));
  return m.record(Op::call, call.callee, arguments, call.keywords);
}

// base64.b85decode and kin accept str as well as bytes; binascii.a2b_base64 too: those stand with the conversions.
constexpr ModelEntry kModels[] = {
    {"functools._pass_on", same},
    {"functools.wraps", decorator},
    {"functools.lru_cache", decorator},
    {"functools.cache", same},
    {"functools.total_ordering", same},
    {"functools.update_wrapper", same},
    {"functools.partial", partial},
    {"dataclasses.dataclass", decorator},
    {"contextlib.contextmanager", same},
    {"contextlib.asynccontextmanager", same},
    {"contextlib.nullcontext", same},
    {"contextlib.closing", same},
    {"typing.NewType", second},
    {"typing.overload", same},
    {"typing.final", same},
    {"typing.no_type_check", same},
    {"time.sleep", nothing},
    {"warnings.warn", nothing},
    {"warnings.filterwarnings", nothing},
    {"gc.collect", nothing},
    {"sys.exc_info", exception_info},
    {"sys.intern", same},
    {"sys.setrecursionlimit", [](Machine& m, const Call& call) -> Found {
       if (call[0].is(Kind::integer) && call[0].as_integer() > 0) m.running().recursion = static_cast<size_t>(call[0].as_integer());
       return std::nullopt;
     }},
    {"builtins.intern", same},
    {"struct.unpack", unpack},
    {"struct.unpack_from", unpack},
    {"struct.iter_unpack", unpack_each},
    {"struct.calcsize", calculated_size},
    {"json.dumps", dump_json},
    {"base64.b64encode", encoded<encode_base64>},
    {"base64.standard_b64encode", encoded<encode_base64>},
    {"base64.encodebytes", encoded<with_newline>},
    {"binascii.b2a_base64", encoded<with_newline>},
    {"codecs.getdecoder", get_codec},
    {"codecs.getencoder", get_codec},
    {"codecs._decode_with", code_with<true>},
    {"codecs._encode_with", code_with<false>},
    {"urllib.parse.quote", quote},
    {"asyncio.run", drive},
    {"asyncio.events.AbstractEventLoop.run_until_complete", drive},
    {"asyncio.create_task", drive},
    {"asyncio.ensure_future", drive},
    {"asyncio.wait_for", [](Machine& m, const Call& call) -> Found { return drive(m, {call.callee, call.arguments.first(std::min<size_t>(1, call.count())), Value::none()}); }},
    {"asyncio.gather", gather},
    {"collections.namedtuple", named_tuple},
};

}  // namespace

std::span<const ModelEntry> module_models() { return kModels; }

}  // namespace winnow::machine
