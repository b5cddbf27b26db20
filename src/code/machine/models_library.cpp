// Functions of the standard library by which programs put hidden text together again: heaps, random numbers that
// were seeded, shell words, entities, decompressors fed piece by piece.
#include <algorithm>
#include <cmath>

#include "code/machine/encodings.h"
#include "code/machine/interpreter.h"
#include "code/machine/models.h"
#include "code/machine/objects.h"
#include "code/machine/operators.h"
#include "code/machine/random.h"
#include "knowledge/knowledge.h"

namespace winnow::machine {
namespace {

using Found = std::optional<Value>;

constexpr size_t kMostDrawn = 1 << 16;

Value list_of(Machine& m, const std::vector<Value>& values) {
  return m.heap().new_items(Kind::list, values.data(), static_cast<uint32_t>(values.size()));
}

void replace(Machine& m, Value list, const std::vector<Value>& values) {
  Items& items = m.heap().change(list);
  items.size = 0;
  m.heap().append(items, values.data(), static_cast<uint32_t>(values.size()));
}

// heapq: a binary heap in a list, moved as CPython moves it, so that the order in the list is the same.
struct BinaryHeap {
  Machine& m;
  std::vector<Value> items;
  bool sure = true;

  bool less(Value a, Value b) {
    const auto found = order(m, a, b);
    sure = sure && found.has_value();
    return found && *found < 0;
  }
  void up(size_t start, size_t at) {  // towards the root
    const Value moved = items[at];
    while (at > start) {
      const size_t parent = (at - 1) / 2;
      if (!less(moved, items[parent])) break;
      items[at] = items[parent];
      at = parent;
    }
    items[at] = moved;
  }
  void down(size_t at) {  // to a leaf first, and up again from there
    const size_t start = at, end = items.size();
    const Value moved = items[at];
    for (size_t child = 2 * at + 1; child < end; child = 2 * at + 1) {
      if (child + 1 < end && !less(items[child], items[child + 1])) ++child;
      items[at] = items[child];
      at = child;
    }
    items[at] = moved;
    up(start, at);
  }
};

std::optional<BinaryHeap> heap_of(Machine& m, Value list) {
  if (!list.is(Kind::list) || !m.step()) return std::nullopt;
  const Items items = m.heap().items(list);
  return BinaryHeap{m, {items.begin(), items.end()}};
}

Found heap_push(Machine& m, const Call& call) {
  auto heap = heap_of(m, call[0]);
  if (!heap || call.count() < 2) return std::nullopt;
  heap->items.push_back(call[1]);
  heap->up(0, heap->items.size() - 1);
  replace(m, call[0], heap->items);
  return Value::none();
}

Found heap_pop(Machine& m, const Call& call) {
  auto heap = heap_of(m, call[0]);
  if (!heap) return std::nullopt;
  if (heap->items.empty()) return m.raise("IndexError", Value::string("index out of range"));
  const Value last = heap->items.back();
  heap->items.pop_back();
  Value out = last;
  if (!heap->items.empty()) {
    out = heap->items[0];
    heap->items[0] = last;
    heap->down(0);
  }
  replace(m, call[0], heap->items);
  return heap->sure ? out : Value::unknown();
}

Found heapify(Machine& m, const Call& call) {
  auto heap = heap_of(m, call[0]);
  if (!heap || !m.scan().step(heap->items.size())) return std::nullopt;
  for (size_t i = heap->items.size() / 2; i-- > 0;) heap->down(i);
  replace(m, call[0], heap->items);
  return Value::none();
}

// heapq.nsmallest(n, items), nlargest
template <bool largest>
Found extremes(Machine& m, const Call& call) {
  const auto count = integer_of(call[0]);
  const auto items = call.count() == 2 ? m.iterate(call[1]) : std::nullopt;
  if (!count || !items || m.keyword(call, "key") != nullptr || !m.scan().step(items->size())) return std::nullopt;
  BinaryHeap heap{m, {}};
  std::vector<Value> sorted = *items;
  // Insertion keeps the order of equals and needs no ordering that is sure of itself.
  for (size_t i = 1; i < sorted.size() && i < 4096; ++i) {
    for (size_t k = i; k > 0 && (largest ? heap.less(sorted[k - 1], sorted[k]) : heap.less(sorted[k], sorted[k - 1])); --k) std::swap(sorted[k - 1], sorted[k]);
  }
  if (!heap.sure || sorted.size() > 4096) return std::nullopt;
  sorted.resize(std::min<size_t>(sorted.size(), static_cast<size_t>(std::max<int64_t>(0, *count))));
  return list_of(m, sorted);
}

// random: the module's own generator is number 0, those of random.Random(seed) have their instance's.
uint32_t key_of(Machine& m, const Call& call, size_t& first) {
  static_cast<void>(m);
  first = 0;
  if (call.count() == 0 || !call[0].is(Kind::instance)) return 0;
  first = 1;
  return call[0].index() + 1;
}

std::optional<Mersenne> seeded(Machine& m, Value seed) {
  if (seed.is_text()) return Mersenne::of_text(seed.text());
  const auto number = integer_of(seed);
  if (!number) return std::nullopt;
  static_cast<void>(m);
  const uint64_t size = *number < 0 ? 0 - static_cast<uint64_t>(*number) : static_cast<uint64_t>(*number);
  std::vector<uint32_t> key;
  for (uint64_t rest = size; rest != 0; rest >>= 32) key.push_back(static_cast<uint32_t>(rest));
  return Mersenne(key);
}

// Calls of which nothing is known may have drawn numbers, too.
bool undisturbed(Machine& m, Running::Random& random) {
  const auto& events = m.trace().events;
  for (; random.events < events.size(); ++random.events) {
    const Event& event = events[random.events];
    const bool known = event.callee.is(Kind::name) && m.heap().name(event.callee).known != nullptr;
    const bool library = event.callee.is(Kind::name) && knowledge::policy_of(m.heap().name(event.callee).canonical) == knowledge::Policy::stdlib;
    if (event.op == Op::call && !event.computed && !known && !library && !event.result.is_known()) return false;
  }
  return true;
}

Mersenne* generator(Machine& m, const Call& call, size_t& first) {
  const uint32_t key = key_of(m, call, first);
  const auto found = m.running().random.find(key);
  if (found == m.running().random.end() || !m.step()) return nullptr;
  if (undisturbed(m, found->second)) return &found->second.generator;
  m.running().random.erase(found);
  return nullptr;
}

void seed_at(Machine& m, uint32_t key, Value seed) {
  m.running().random.erase(key);
  if (const auto made = seeded(m, seed)) m.running().random.emplace(key, Running::Random{*made, m.trace().events.size()});
}

Found seed_random(Machine& m, const Call& call) {
  size_t first;
  const uint32_t key = key_of(m, call, first);
  seed_at(m, key, call.count() > first ? call[first] : Value::unknown());
  return key == 0 ? std::nullopt : Found(Value::none());  // the module's is everybody's: an event
}

Found make_random(Machine& m, const Call& call) {
  Instance instance;
  instance.cls = m.resolve("random", "Random");
  instance.attributes = m.heap().new_items(Kind::dict, nullptr, 0);
  instance.held = m.heap().new_tuple({});
  const Value made = m.heap().new_instance(instance);
  if (call.count() > 0) seed_at(m, made.index() + 1, call[0]);
  return made;
}

Found draw_real(Machine& m, const Call& call) {
  size_t first;
  Mersenne* random = generator(m, call, first);
  return random != nullptr ? Found(Value::real(random->real())) : std::nullopt;
}

Found draw_bits(Machine& m, const Call& call) {
  size_t first;
  Mersenne* random = generator(m, call, first);
  const auto count = integer_of(call[first]);
  if (random == nullptr || !count || *count < 0 || *count > 62) return std::nullopt;
  return Value::integer(static_cast<int64_t>(random->bits(static_cast<uint32_t>(*count))));
}

// randrange(stop), randrange(start, stop, step), randint(first, last)
template <bool inclusive>
Found draw_integer(Machine& m, const Call& call) {
  size_t first;
  Mersenne* random = generator(m, call, first);
  if (random == nullptr || call.count() <= first) return std::nullopt;
  int64_t start = 0, stop = 0, step = 1;
  std::vector<int64_t> given;
  for (size_t i = first; i < call.count(); ++i) {
    const auto number = integer_of(call[i]);
    if (!number || *number < -(int64_t{1} << 60) || *number > int64_t{1} << 60) return std::nullopt;
    given.push_back(*number);
  }
  if (given.size() == 1) stop = given[0];
  else start = given[0], stop = given[1] + (inclusive ? 1 : 0);
  if (given.size() > 2) step = given[2];
  if (step == 0 || (step > 0 ? stop <= start : stop >= start)) return m.raise("ValueError", Value::string("empty range for randrange()"));
  const int64_t width = step > 0 ? (stop - start + step - 1) / step : (stop - start + step + 1) / step;
  return Value::integer(start + step * static_cast<int64_t>(random->below(static_cast<uint64_t>(width))));
}

Found choose(Machine& m, const Call& call) {
  size_t first;
  Mersenne* random = generator(m, call, first);
  const auto size = random != nullptr ? length(m, call[first]) : std::nullopt;
  if (!size || *size <= 0) return std::nullopt;
  return subscript(m, call[first], Value::integer(static_cast<int64_t>(random->below(static_cast<uint64_t>(*size)))));
}

Found shuffle(Machine& m, const Call& call) {
  size_t first;
  Mersenne* random = generator(m, call, first);
  const Value list = call[first];
  if (!list.is(Kind::list)) return std::nullopt;
  const Items items = m.heap().items(list);
  std::vector<Value> all(items.begin(), items.end());
  if (random == nullptr || !m.scan().step(all.size())) {
    std::fill(all.begin(), all.end(), Value::unknown_named("item"));
    replace(m, list, all);
    return std::nullopt;
  }
  for (size_t i = all.size(); i-- > 1;) std::swap(all[i], all[random->below(i + 1)]);
  replace(m, list, all);
  return Value::none();
}

Found sample(Machine& m, const Call& call) {
  size_t first;
  Mersenne* random = generator(m, call, first);
  if (random == nullptr) return std::nullopt;
  auto pool = m.iterate(call[first]);
  auto count = integer_of(call[first + 1]);
  if (const Value* given = m.keyword(call, "k")) count = integer_of(*given);
  if (!pool || !count || *count < 0 || static_cast<size_t>(*count) > pool->size() || pool->size() > kMostDrawn) return std::nullopt;
  const auto wanted = static_cast<size_t>(*count);
  double threshold = 21;
  if (wanted > 5) threshold += std::pow(4, std::ceil(std::log(static_cast<double>(wanted) * 3) / std::log(4.0)));
  std::vector<Value> out;
  if (static_cast<double>(pool->size()) <= threshold) {
    for (size_t i = 0; i < wanted; ++i) {
      const size_t at = random->below(pool->size() - i);
      out.push_back((*pool)[at]);
      (*pool)[at] = (*pool)[pool->size() - i - 1];
    }
  } else {
    std::vector<bool> taken(pool->size());
    for (size_t i = 0; i < wanted; ++i) {
      size_t at = random->below(pool->size());
      while (taken[at]) at = random->below(pool->size());
      taken[at] = true;
      out.push_back((*pool)[at]);
    }
  }
  return list_of(m, out);
}

Found draw_bytes(Machine& m, const Call& call) {
  size_t first;
  Mersenne* random = generator(m, call, first);
  const auto count = integer_of(call[first]);
  if (random == nullptr || !count || *count < 0 || *count > static_cast<int64_t>(kMostDrawn)) return std::nullopt;
  std::string out;
  const auto size = static_cast<size_t>(*count);
  while (out.size() < size) {
    uint32_t word = random->next();
    const size_t rest = size - out.size();
    if (rest < 4) word >>= 32 - 8 * rest;
    for (size_t i = 0; i < std::min<size_t>(4, rest); ++i) out += static_cast<char>(word >> (8 * i));
  }
  return m.make_bytes(out);
}

// shlex.split(text)
Found shell_words(Machine& m, const Call& call) {
  if (!call[0].is(Kind::string)) return std::nullopt;
  std::vector<Value> out;
  std::string word;
  bool open = false;
  char quote = 0;
  const std::string_view text = call[0].text();
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
      else if (c == '\\' && quote == '"' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\')) word += text[++i];
      else word += c;
    } else if (c == '"' || c == '\'') {
      quote = c;
      open = true;
    } else if (c == '\\' && i + 1 < text.size()) {
      word += text[++i];
      open = true;
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      if (open) out.push_back(m.make_string(word));
      word.clear();
      open = false;
    } else {
      word += c;
      open = true;
    }
  }
  if (open) out.push_back(m.make_string(word));
  return list_of(m, out);
}

// html.unescape(text): characters by number, and the names that every page uses.
Found unescape_html(Machine& m, const Call& call) {
  static constexpr std::pair<std::string_view, char> kNames[] = {{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}, {"lpar", '('}, {"rpar", ')'},
      {"period", '.'}, {"comma", ','}, {"lowbar", '_'}, {"equals", '='}, {"semi", ';'}, {"colon", ':'}, {"sol", '/'}, {"lsqb", '['}, {"rsqb", ']'}, {"NewLine", '\n'}, {"Tab", '\t'}};
  if (!call[0].is(Kind::string)) return std::nullopt;
  const std::string_view text = call[0].text();
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const size_t end = text[i] == '&' ? text.find(';', i) : std::string_view::npos;
    if (end == std::string_view::npos || end - i > 12) {
      out += text[i];
      continue;
    }
    const std::string_view name = text.substr(i + 1, end - i - 1);
    if (name.starts_with('#')) {
      const bool hexadecimal = name.size() > 1 && (name[1] == 'x' || name[1] == 'X');
      uint32_t code = 0;
      for (const char c : name.substr(hexadecimal ? 2 : 1)) {
        const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : 0;
        code = code * (hexadecimal ? 16 : 10) + static_cast<uint32_t>(digit);
      }
      append_utf8(out, code < 0x110000 ? code : 0xfffd);
    } else {
      const auto found = std::find_if(std::begin(kNames), std::end(kNames), [&](const auto& known) { return known.first == name; });
      if (found == std::end(kNames)) return std::nullopt;
      out += found->second;
    }
    i = end;
  }
  return m.make_string(out);
}

// textwrap.dedent(text)
Found dedent(Machine& m, const Call& call) {
  if (!call[0].is(Kind::string)) return std::nullopt;
  std::vector<std::string_view> lines;
  const std::string_view text = call[0].text();
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  std::optional<std::string_view> margin;
  for (std::string_view& line : lines) {
    const size_t depth = line.find_first_not_of(" \t");
    if (depth == std::string_view::npos) {
      line = {};
      continue;
    }
    const std::string_view indent = line.substr(0, depth);
    if (!margin) margin = indent;
    size_t same = 0;
    while (same < margin->size() && same < indent.size() && (*margin)[same] == indent[same]) ++same;
    margin = margin->substr(0, same);
  }
  std::string out;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out += '\n';
    out += lines[i].substr(std::min(lines[i].size(), margin ? margin->size() : 0));
  }
  return m.make_string(out);
}

// zlib.decompressobj().decompress(data) and its kin, for data that comes in one piece.
template <int which>
Found decompress_piece(Machine& m, const Call& call) {
  static constexpr std::string_view kModules[] = {"zlib", "bz2", "lzma"};
  if (call.count() < 2) return std::nullopt;
  return m.call_from_code(m.resolve(kModules[which], "decompress"), call.arguments.subspan(1, 1), Value::none());
}

Found decompressor(Machine& m, const Call& call) {
  if (call.count() > 0 || call.keywords.is(Kind::dict)) return std::nullopt;  // of raw streams and with dictionaries
  Instance instance;
  instance.cls = call.callee;
  instance.attributes = m.heap().new_items(Kind::dict, nullptr, 0);
  instance.held = m.heap().new_tuple({});
  return m.heap().new_instance(instance);
}

Found no_bytes(Machine&, const Call&) { return Value::bytes(""); }

// What calls its first argument with the rest.
Found call_first(Machine& m, const Call& call) {
  if (call.count() == 0) return std::nullopt;
  return m.call_from_code(call[0], call.arguments.subspan(1), call.keywords);
}

// collections.ChainMap(*dicts): the first that has a key answers.
Found chain_map(Machine& m, const Call& call) {
  const Value all = m.heap().new_items(Kind::dict, nullptr, 0);
  for (size_t i = call.count(); i-- > 0;) {
    if (!call[i].is(Kind::dict)) return std::nullopt;
    const Items items = m.heap().items(call[i]);
    for (uint32_t k = 0; k + 1 < items.size; k += 2) m.heap().set_key(all, items[k], items[k + 1]);
  }
  return all;
}

// importlib.util.module_from_spec(spec): looking for a module by name has given the module itself.
Found module_of_spec(Machine&, const Call& call) { return call[0].is(Kind::name) ? Found(call[0]) : std::nullopt; }

// cProfile.runctx(code, globals, locals): runs it as exec does; what it does stands beside the call.
Found run_in(Machine& m, const Call& call) {
  if (call.count() < 2) return std::nullopt;
  m.call_from_code(m.resolve("builtins", "exec"), call.arguments.first(std::min<size_t>(3, call.count())), Value::none());
  m.raised.reset();
  return std::nullopt;
}

// pickle.loads(pickle.dumps(x)): calls what __reduce__ of x gives.
Found load_dumped(Machine& m, const Call& call) {
  if (!call[0].is(Kind::object)) return std::nullopt;
  const Object dump = m.heap().object(call[0]);
  const Items given = dump.arguments.is_sequence() ? m.heap().items(dump.arguments) : Items{};
  if (!dump.callee.is(Kind::name) || !m.heap().name(dump.callee).canonical.ends_with("pickle.dumps") || given.size == 0 || !given[0].is(Kind::instance)) return std::nullopt;
  const Value protocol = Value::integer(4);
  auto reduced = call_special(m, given[0], "__reduce__", {});
  if (!reduced) reduced = call_special(m, given[0], "__reduce_ex__", std::span(&protocol, 1));
  m.raised.reset();
  if (!reduced || !reduced->is(Kind::tuple) || m.heap().items(*reduced).size < 2) return std::nullopt;
  const Items parts = m.heap().items(*reduced);
  if (!parts[1].is_sequence()) return std::nullopt;
  const Items arguments = m.heap().items(parts[1]);
  return m.call_from_code(parts[0], std::vector<Value>(arguments.begin(), arguments.end()), Value::none());
}

// marshal.loads(marshal.dumps(x)) is x.
Found load_marshalled(Machine& m, const Call& call) {
  if (!call[0].is(Kind::object)) return std::nullopt;
  const Object dump = m.heap().object(call[0]);
  if (!dump.callee.is(Kind::name) || m.heap().name(dump.callee).canonical != "marshal.dumps" || !dump.arguments.is_sequence()) return std::nullopt;
  const Items given = m.heap().items(dump.arguments);
  return given.size > 0 ? Found(given[0]) : std::nullopt;
}

// typing.get_type_hints(cls): annotations that are texts are evaluated.
Found type_hints(Machine& m, const Call& call) {
  const auto annotations = call[0].is_defined() ? find_attribute(m, call[0], "__annotations__") : std::nullopt;
  if (!annotations || !annotations->is(Kind::dict)) return std::nullopt;
  const Items items = m.heap().items(*annotations);
  const Value out = m.heap().new_items(Kind::dict, items.data, items.size);
  for (uint32_t i = 1; i < items.size && m.step(); i += 2) {
    if (!items[i].is(Kind::string)) continue;
    const Value made = m.call_from_code(m.resolve("builtins", "eval"), std::span(items.begin() + i, 1), Value::none());
    m.heap().set_key(out, items[i - 1], made);
    m.raised.reset();
  }
  return out;
}

constexpr ModelEntry kModels[] = {
    {"importlib.util.module_from_spec", module_of_spec},
    {"typing.get_type_hints", type_hints},
    {"heapq.heappush", heap_push},
    {"heapq.heappop", heap_pop},
    {"heapq.heapify", heapify},
    {"heapq.nsmallest", extremes<false>},
    {"heapq.nlargest", extremes<true>},
    {"random.seed", seed_random},
    {"random.Random", make_random},
    {"random.random", draw_real},
    {"random.getrandbits", draw_bits},
    {"random.randrange", draw_integer<false>},
    {"random.randint", draw_integer<true>},
    {"random.choice", choose},
    {"random.shuffle", shuffle},
    {"random.sample", sample},
    {"random.randbytes", draw_bytes},
    {"random.Random.seed", seed_random},
    {"random.Random.random", draw_real},
    {"random.Random.getrandbits", draw_bits},
    {"random.Random.randrange", draw_integer<false>},
    {"random.Random.randint", draw_integer<true>},
    {"random.Random.choice", choose},
    {"random.Random.shuffle", shuffle},
    {"random.Random.sample", sample},
    {"random.Random.randbytes", draw_bytes},
    {"shlex.split", shell_words},
    {"html.unescape", unescape_html},
    {"textwrap.dedent", dedent},
    {"pickle.loads", load_dumped},
    {"marshal.loads", load_marshalled},
    {"cProfile.runctx", run_in},
    {"profile.runctx", run_in},
    {"zlib.decompressobj", decompressor},
    {"bz2.BZ2Decompressor", decompressor},
    {"lzma.LZMADecompressor", decompressor},
    {"zlib.decompressobj.decompress", decompress_piece<0>},
    {"zlib.decompressobj.flush", no_bytes},
    {"bz2.BZ2Decompressor.decompress", decompress_piece<1>},
    {"lzma.LZMADecompressor.decompress", decompress_piece<2>},
    {"operator.call", call_first},
    {"collections.ChainMap", chain_map},
};

}  // namespace

std::span<const ModelEntry> library_models() { return kModels; }

}  // namespace winnow::machine
