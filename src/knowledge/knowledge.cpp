#include "knowledge/knowledge.h"

#include <algorithm>

namespace winnow::knowledge {
namespace {

struct Alias { std::string_view from, to; };
struct Module { std::string_view prefix; Policy policy; };

#include "knowledge_data.inc"

template <class Row, class Key>
const Row* lookup(const Row* rows, size_t count, std::string_view key, Key of) {
  const Row* end = rows + count;
  const Row* at = std::lower_bound(rows, end, key, [&](const Row& row, std::string_view k) { return of(row) < k; });
  return at != end && of(*at) == key ? at : nullptr;
}

// FNV-1a, as tools/compile_knowledge.py computes it.
constexpr uint32_t kHashStart = 2166136261;
constexpr uint32_t hashed(uint32_t value, char c) { return (value ^ static_cast<unsigned char>(c)) * 16777619; }

uint32_t hash_of(std::string_view key) {
  uint32_t value = kHashStart;
  for (const char c : key) value = hashed(value, c);
  return value;
}

// The row of `key` through a table's index: names are looked up for every few bytes of a model.
template <class Row, size_t kSlots, class Key>
const Row* indexed(const Row* rows, const uint16_t (&index)[kSlots], std::string_view key, uint32_t hash, Key of) {
  for (size_t at = hash % kSlots; index[at] != 0; at = (at + 1) % kSlots) {
    const Row* row = rows + index[at] - 1;
    if (of(*row) == key) return row;
  }
  return nullptr;
}

// The row of the longest "prefix.*" that covers a name: one hash over the name, looked up wherever a wildcard may begin.
const Callable* longest_wildcard(std::string_view name) {
  const Callable* longest = nullptr;
  uint32_t hash = kHashStart;
  for (size_t end = 1; end <= name.size(); ++end) {
    const char last = name[end - 1];
    hash = hashed(hash, last);
    if (last != '.' && last != '_') continue;
    for (size_t at = hashed(hash, '*') % std::size(kWildcardsIndex); kWildcardsIndex[at] != 0; at = (at + 1) % std::size(kWildcardsIndex)) {
      const Callable& row = kWildcards[kWildcardsIndex[at] - 1];
      if (row.name.size() == end + 1 && row.name.starts_with(name.substr(0, end))) longest = &row;
    }
  }
  return longest;
}

// The aliased spelling of the longest dotted prefix of `name` that has one: one hash over the name, looked up at each dot.
bool apply_alias(std::string& name) {
  const Alias* longest = nullptr;
  uint32_t hash = kHashStart;
  for (size_t end = 0; end < name.size();) {
    hash = hashed(hash, name[end++]);
    if (end < name.size() && name[end] != '.') continue;
    const std::string_view prefix = std::string_view(name).substr(0, end);
    if (const Alias* alias = indexed(kAliases, kAliasesIndex, prefix, hash, [](const Alias& a) { return a.from; })) longest = alias;
  }
  if (longest == nullptr) return false;
  name = std::string(longest->to) + name.substr(longest->from.size());
  return true;
}

// `pattern` may hold '*': its parts must occur in order. Both are lower case with forward slashes.
bool occurs(std::string_view pattern, std::string_view text) {
  size_t from = 0;
  while (!pattern.empty()) {
    const size_t star = pattern.find('*');
    const std::string_view part = pattern.substr(0, star);
    const size_t found = text.find(part, from);
    if (found == std::string_view::npos) return false;
    from = found + part.size();
    pattern = star == std::string_view::npos ? std::string_view() : pattern.substr(star + 1);
  }
  return true;
}

std::string folded(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '\\') c = '/';
  }
  return out;
}

}  // namespace

const Callable* find(std::string_view canonical) {
  const auto name_of = [](const Callable& c) { return c.name; };
  if (const Callable* exact = indexed(kCallables, kCallablesIndex, canonical, hash_of(canonical), name_of)) return exact;
  return longest_wildcard(canonical);
}

std::span<const Callable> members_of(std::string_view module) {
  const auto before = [](const Callable& c, const std::string& name) { return c.name < name; };
  const Callable* end = kCallables + kCallablesCount;
  const Callable* first = std::lower_bound(kCallables, end, std::string(module) + ".", before);
  const Callable* last = std::lower_bound(first, end, std::string(module) + "/", before);  // '/' follows '.'
  return {first, last};
}

std::string canonical(std::string_view module, std::string_view qualified) {
  std::string name(module);
  if (!qualified.empty()) {
    if (!name.empty()) name += '.';
    name += qualified;
  }
  for (int hops = 0; hops < 4 && apply_alias(name); ++hops) {
  }
  return name;
}

Policy policy_of(std::string_view dotted) {
  const std::string_view top = dotted.substr(0, dotted.find('.'));
  const Module* module = lookup(kModules, kModulesCount, top, [](const Module& m) { return m.prefix; });
  return module ? module->policy : Policy::foreign;
}

const Sensitive* sensitive_path(std::string_view path) {
  const std::string text = folded(path);
  for (size_t i = 0; i < kSensitiveCount; ++i) {
    if (occurs(kSensitive[i].pattern, text)) return &kSensitive[i];
  }
  return nullptr;
}

const Command* command(std::string_view word) {
  const std::string key = folded(word);
  return lookup(kCommands, kCommandsCount, key, [](const Command& c) { return c.name; });
}

std::string_view version() { return kVersion; }

}  // namespace winnow::knowledge
