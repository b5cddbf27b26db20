// Digests, those with a key, and checksums: hashlib, hmac, zlib.
#include <algorithm>

#include "code/machine/digests.h"
#include "code/machine/encodings.h"
#include "code/machine/interpreter.h"
#include "code/machine/models.h"
#include "code/machine/objects.h"
#include "code/machine/operators.h"

namespace winnow::machine {
namespace {

using Found = std::optional<Value>;

std::optional<std::string_view> buffer(Machine& m, Value v) {
  v = plain(m, v);
  return v.is(Kind::string) ? std::optional(v.text()) : buffer_of(m, v);
}

// An object of hashlib or hmac: it holds the data, the algorithm's name and, where there is one, the key.
Value new_hash(Machine& m, std::string_view name, std::optional<std::string_view> data, std::optional<Value> key = {}) {
  Instance instance;
  instance.cls = m.resolve("hashlib", "_Hash");
  instance.attributes = m.heap().new_items(Kind::dict, nullptr, 0);
  m.heap().set_key(instance.attributes, "name", m.heap().new_string(name));
  m.heap().set_key(instance.attributes, " data", data ? m.make_bytes(*data) : Value::unknown());
  if (key) m.heap().set_key(instance.attributes, " key", *key);
  instance.held = m.heap().new_tuple({});
  return m.heap().new_instance(instance);
}

// hashlib.sha256(data), hashlib.new(name, data)
Found make_hash(Machine& m, const Call& call) {
  std::string_view name = m.heap().name(call.callee).canonical;
  name = name.substr(name.rfind('.') + 1);
  size_t first = 0;
  if (name == "new") {
    if (!call[0].is(Kind::string)) return std::nullopt;
    name = call[0].text();
    first = 1;
  }
  const Value made = new_hash(m, name, call.count() > first ? buffer(m, call[first]) : std::optional<std::string_view>(""));
  if (const Value* size = m.keyword(call, "digest_size")) m.heap().set_key(m.heap().instance(made).attributes, "digest_size", *size);
  // A key, a salt, a place in a tree: such a digest is another one.
  const Items settings = call.keywords.is(Kind::dict) ? m.heap().items(call.keywords) : Items{};
  for (uint32_t i = 0; i + 1 < settings.size; i += 2) {
    const bool told = settings[i].is(Kind::string) && (settings[i].text() == "digest_size" || settings[i].text() == "usedforsecurity");
    if (!told) m.heap().set_key(m.heap().instance(made).attributes, " data", Value::unknown());
  }
  return made;
}

// SHAKE gives as many bytes as it is asked for; BLAKE2 was told when it was made.
std::optional<std::string> sized_digest(Machine& m, Value hash, const Call& call, std::string_view name, std::string_view data) {
  constexpr int64_t kMost = 1 << 20;
  if (name.starts_with("shake_")) {
    const auto size = integer_of(call[1]);
    if (!size || *size < 0 || *size > kMost || !m.scan().step(static_cast<uint64_t>(*size))) return std::nullopt;
    return sha3_of(data, name == "shake_128" ? 16 : 32, static_cast<size_t>(*size), 31);
  }
  const Value* given = m.heap().find_key(m.heap().instance(hash).attributes, Value::string("digest_size"));
  const auto size = given != nullptr ? integer_of(*given) : std::nullopt;
  if (given == nullptr) return digest_of(name, data);
  if (!size || *size < 1 || *size > (name == "blake2b" ? 64 : 32)) return std::nullopt;
  return name == "blake2b" ? blake2b_of(data, static_cast<size_t>(*size)) : blake2s_of(data, static_cast<size_t>(*size));
}

// What hmac takes as digestmod: a name, or what hashlib has under it.
std::string_view algorithm_of(Machine& m, Value given) {
  if (given.is(Kind::string)) return given.text();
  if (!given.is(Kind::name)) return "";
  std::string_view name = m.heap().name(given).canonical;
  name = name.substr(name.rfind('.') + 1);
  return name.starts_with("openssl_") ? name.substr(8) : name;
}

Value argument(Machine& m, const Call& call, size_t at, std::string_view name) {
  const Value* given = m.keyword(call, name);
  return given != nullptr ? *given : call.count() > at ? call[at] : Value::none();
}

// hmac.new(key, msg, digestmod), hmac.digest(key, msg, digest)
template <bool at_once>
Found keyed(Machine& m, const Call& call) {
  const Value data = argument(m, call, 1, "msg");
  const std::string_view name = algorithm_of(m, argument(m, call, 2, at_once ? "digest" : "digestmod"));
  const auto key = buffer(m, argument(m, call, 0, "key"));
  if (name.empty() || !key) return std::nullopt;
  const auto text = data.is(Kind::none) ? std::optional<std::string_view>("") : buffer(m, data);
  if (!at_once) return new_hash(m, name, text, m.make_bytes(*key));
  const auto out = text && m.scan().step((key->size() + text->size()) / 16) ? keyed_digest_of(name, *key, *text) : std::nullopt;
  return out ? Found(m.make_bytes(*out)) : Found(Value::unknown());
}

Found update(Machine& m, const Call& call) {
  if (!call[0].is(Kind::instance)) return std::nullopt;
  const Value held = m.heap().instance(call[0]).attributes;
  const Value* old = m.heap().find_key(held, Value::string(" data"));
  const auto more = buffer(m, call[1]);
  const Value sum = old != nullptr && old->is(Kind::bytes) && more ? m.joined(*old, *more) : Value::unknown();
  m.heap().set_key(held, " data", sum);
  return Value::none();
}

Found copied(Machine& m, const Call& call) {
  if (!call[0].is(Kind::instance)) return std::nullopt;
  const Value held = m.heap().instance(call[0]).attributes;
  const Value* data = m.heap().find_key(held, Value::string(" data"));
  const Value* name = m.heap().find_key(held, Value::string("name"));
  const Value* key = m.heap().find_key(held, Value::string(" key"));
  if (data == nullptr || name == nullptr || !data->is(Kind::bytes)) return Value::unknown();
  const Value text = *data;
  return new_hash(m, name->text(), text.text(), key != nullptr ? std::optional(*key) : std::nullopt);
}

template <bool hexadecimal>
Found digest(Machine& m, const Call& call) {
  if (!call[0].is(Kind::instance)) return std::nullopt;
  const Value held = m.heap().instance(call[0]).attributes;
  const Value* data = m.heap().find_key(held, Value::string(" data"));
  const Value* name = m.heap().find_key(held, Value::string("name"));
  const Value* key = m.heap().find_key(held, Value::string(" key"));
  if (data == nullptr || name == nullptr || !data->is(Kind::bytes) || !m.scan().step(data->text().size() / 16)) return Value::unknown();
  const auto out = key != nullptr ? keyed_digest_of(name->text(), key->text(), data->text()) : sized_digest(m, call[0], call, name->text(), data->text());
  if (!out) return Value::unknown();
  return hexadecimal ? m.make_string(encode_base16(*out)) : m.make_bytes(*out);
}

// hashlib.pbkdf2_hmac(name, password, salt, iterations, dklen)
Found stretched(Machine& m, const Call& call) {
  constexpr int64_t kMostRounds = 1 << 18, kMostBytes = 256;
  const auto password = buffer(m, argument(m, call, 1, "password")), salt = buffer(m, argument(m, call, 2, "salt"));
  const std::string_view name = algorithm_of(m, argument(m, call, 0, "hash_name"));
  const auto rounds = integer_of(argument(m, call, 3, "iterations"));
  const auto one = digest_of(name, "");
  if (!password || !salt || !rounds || *rounds < 1 || *rounds > kMostRounds || !one) return Value::unknown();
  const int64_t size = integer_of(argument(m, call, 4, "dklen")).value_or(static_cast<int64_t>(one->size()));
  // A round is two digests of a block or two each.
  if (size < 1 || size > kMostBytes || !m.scan().step(static_cast<uint64_t>(*rounds * (size / static_cast<int64_t>(one->size()) + 1)) * 512)) return Value::unknown();
  std::string out;
  for (uint32_t block = 1; static_cast<int64_t>(out.size()) < size; ++block) {
    std::string counted(*salt);
    for (int shift = 24; shift >= 0; shift -= 8) counted += static_cast<char>(block >> shift);
    std::string last = *keyed_digest_of(name, *password, counted), sum = last;
    for (int64_t round = 1; round < *rounds; ++round) {
      last = *keyed_digest_of(name, *password, last);
      for (size_t i = 0; i < sum.size(); ++i) sum[i] = static_cast<char>(sum[i] ^ last[i]);
    }
    out += sum;
  }
  return m.make_bytes(std::string_view(out).substr(0, static_cast<size_t>(size)));
}

template <uint32_t (*sum)(std::string_view, uint32_t), uint32_t start>
Found checksum(Machine& m, const Call& call) {
  const auto data = buffer_of(m, plain(m, call[0]));
  const auto from = call.count() > 1 ? integer_of(call[1]) : std::optional<int64_t>(start);
  if (!data || !from || !m.scan().step(data->size() / 8)) return Value::unknown();
  return Value::integer(sum(*data, static_cast<uint32_t>(*from)));
}

constexpr ModelEntry kModels[] = {
    {"hashlib.md5", make_hash},
    {"hashlib.sha1", make_hash},
    {"hashlib.sha224", make_hash},
    {"hashlib.sha256", make_hash},
    {"hashlib.sha384", make_hash},
    {"hashlib.sha512", make_hash},
    {"hashlib.sha3_224", make_hash},
    {"hashlib.sha3_256", make_hash},
    {"hashlib.sha3_384", make_hash},
    {"hashlib.sha3_512", make_hash},
    {"hashlib.shake_128", make_hash},
    {"hashlib.shake_256", make_hash},
    {"hashlib.blake2b", make_hash},
    {"hashlib.blake2s", make_hash},
    {"hashlib.new", make_hash},
    {"hashlib._Hash.update", update},
    {"hashlib._Hash.copy", copied},
    {"hashlib._Hash.digest", digest<false>},
    {"hashlib._Hash.hexdigest", digest<true>},
    {"hashlib.pbkdf2_hmac", stretched},
    {"hmac.new", keyed<false>},
    {"hmac.HMAC", keyed<false>},
    {"hmac.digest", keyed<true>},
    {"zlib.crc32", checksum<crc32_of, 0>},
    {"binascii.crc32", checksum<crc32_of, 0>},
    {"zlib.adler32", checksum<adler32_of, 1>},
};

}  // namespace

std::span<const ModelEntry> digest_models() { return kModels; }

}  // namespace winnow::machine
