// The module `re` for running code, on the matcher of patterns.h.
#include <algorithm>

#include "code/machine/models.h"
#include "code/machine/objects.h"
#include "code/machine/operators.h"
#include "code/machine/patterns.h"

namespace winnow::machine {
namespace {

using Found = std::optional<Value>;

constexpr uint64_t kMostSteps = 2'000'000;

std::optional<std::string_view> text_of_value(Machine& m, Value v) {
  v = plain(m, v);
  return v.is(Kind::string) ? std::optional(v.text()) : buffer_of(m, v);
}

Value typed(Machine& m, Value like, std::string_view text) { return plain(m, like).is(Kind::string) ? m.make_string(text) : m.make_bytes(text); }

PatternFlags flags_of(Value value) {
  PatternFlags flags;
  const int64_t bits = integer_of(value).value_or(0);
  flags.ignore_case = bits & 2;
  flags.multiline = bits & 8;
  flags.dot_all = bits & 16;
  flags.verbose = bits & 64;
  return flags;
}

// A call of re.f(pattern, ...) or pattern.f(...): the pattern and what follows it.
struct Asked {
  Pattern pattern;
  std::vector<Value> rest;
};

std::optional<Asked> asked(Machine& m, const Call& call) {
  if (call.count() == 0) return std::nullopt;
  Value source = call[0], flags = Value::integer(0);
  if (source.is(Kind::instance)) {
    const Value attributes = m.heap().instance(source).attributes;
    const Value* text = m.heap().find_key(attributes, Value::string("pattern"));
    const Value* bits = m.heap().find_key(attributes, Value::string("flags"));
    if (text == nullptr || bits == nullptr) return std::nullopt;
    source = *text;
    flags = *bits;
  }
  if (const Value* given = m.keyword(call, "flags")) flags = *given;
  const auto text = text_of_value(m, source);
  if (!text || !m.scan().step(text->size())) return std::nullopt;
  auto pattern = compile_pattern(*text, flags_of(flags));
  if (!pattern) return std::nullopt;
  return Asked{std::move(*pattern), {call.arguments.begin() + 1, call.arguments.end()}};
}

Found compile(Machine& m, const Call& call) {
  if (call.count() == 0 || !text_of_value(m, call[0])) return std::nullopt;
  Instance instance;
  instance.cls = m.resolve("re", "Pattern");
  instance.attributes = m.heap().new_items(Kind::dict, nullptr, 0);
  instance.held = m.heap().new_tuple({});
  m.heap().set_key(instance.attributes, "pattern", call[0]);
  const Value* named = m.keyword(call, "flags");
  m.heap().set_key(instance.attributes, "flags", call.count() > 1 ? call[1] : named != nullptr ? *named : Value::integer(0));
  return m.heap().new_instance(instance);
}

Value group_value(Machine& m, Value text, std::string_view whole, const Spans& spans, uint32_t group) {
  const size_t begin = spans.at[group * 2], end = spans.at[group * 2 + 1];
  return begin == SIZE_MAX || end == SIZE_MAX ? Value::none() : typed(m, text, whole.substr(begin, end - begin));
}

Value match_object(Machine& m, const Pattern& pattern, Value text, std::string_view whole, const Spans& spans) {
  Instance instance;
  instance.cls = m.resolve("re", "Match");
  instance.attributes = m.heap().new_items(Kind::dict, nullptr, 0);
  std::vector<Value> groups, places;
  // Of str, places are counted in characters.
  const auto place = [&](size_t at) {
    if (at == SIZE_MAX) return Value::integer(-1);
    const auto inside = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; };
    const auto skipped = text.is(Kind::string) ? std::count_if(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(at), inside) : 0;
    return Value::integer(static_cast<int64_t>(at) - skipped);
  };
  for (uint32_t i = 0; i < pattern.groups; ++i) {
    groups.push_back(group_value(m, text, whole, spans, i));
    places.push_back(place(spans.at[i * 2]));
    places.push_back(place(spans.at[i * 2 + 1]));
  }
  instance.held = m.heap().new_items(Kind::tuple, groups.data(), static_cast<uint32_t>(groups.size()));
  m.heap().set_key(instance.attributes, " places", m.heap().new_items(Kind::tuple, places.data(), static_cast<uint32_t>(places.size())));
  const Value names = m.heap().new_items(Kind::dict, nullptr, 0);
  for (const auto& [name, group] : pattern.names) m.heap().set_key(names, m.heap().new_string(name), groups[group]);
  m.heap().set_key(instance.attributes, " names", names);
  m.heap().set_key(instance.attributes, "string", text);
  return m.heap().new_instance(instance);
}

template <Anchor anchor>
Found match(Machine& m, const Call& call) {
  const auto request = asked(m, call);
  if (!request || request->rest.empty()) return std::nullopt;
  const auto whole = text_of_value(m, request->rest[0]);
  if (!whole) return std::nullopt;
  uint64_t steps = kMostSteps;
  Spans spans;
  const Outcome outcome = match_pattern(request->pattern, *whole, 0, anchor, spans, steps);
  if (outcome == Outcome::gave_up) return Value::unknown();
  return outcome == Outcome::yes ? match_object(m, request->pattern, request->rest[0], *whole, spans) : Value::none();
}

// All matches that do not overlap, of str between letters; nothing where it takes too long.
std::optional<std::vector<Spans>> all_matches(const Pattern& pattern, std::string_view whole, int64_t most, bool letters) {
  std::vector<Spans> out;
  uint64_t steps = kMostSteps;
  for (size_t at = 0; at <= whole.size() && (most <= 0 || static_cast<int64_t>(out.size()) < most);) {
    Spans spans;
    const Outcome outcome = match_pattern(pattern, whole, at, Anchor::search, spans, steps);
    if (outcome == Outcome::gave_up) return std::nullopt;
    if (outcome == Outcome::no) break;
    at = spans.at[1] > spans.at[0] ? spans.at[1] : spans.at[1] + 1;
    while (letters && spans.at[1] == spans.at[0] && at < whole.size() && (static_cast<unsigned char>(whole[at]) & 0xc0) == 0x80) ++at;
    out.push_back(std::move(spans));
  }
  return out;
}

Found find_all(Machine& m, const Call& call) {
  const auto request = asked(m, call);
  if (!request || request->rest.empty()) return std::nullopt;
  const Value text = request->rest[0];
  const auto whole = text_of_value(m, text);
  const auto matches = whole ? all_matches(request->pattern, *whole, 0, request->rest[0].is(Kind::string)) : std::nullopt;
  if (!matches) return std::nullopt;
  const bool objects = m.heap().name(call.callee).canonical.ends_with("finditer");
  std::vector<Value> out;
  for (const Spans& spans : *matches) {
    if (objects) {
      out.push_back(match_object(m, request->pattern, text, *whole, spans));
      continue;
    }
    std::vector<Value> groups;
    for (uint32_t i = 1; i < request->pattern.groups; ++i) {
      const Value group = group_value(m, text, *whole, spans, i);
      groups.push_back(group.is(Kind::none) ? typed(m, text, "") : group);
    }
    if (groups.size() > 1) out.push_back(m.heap().new_items(Kind::tuple, groups.data(), static_cast<uint32_t>(groups.size())));
    else out.push_back(groups.empty() ? group_value(m, text, *whole, spans, 0) : groups[0]);
  }
  return m.heap().new_items(Kind::list, out.data(), static_cast<uint32_t>(out.size()));
}

// \1, \g<name>, \n in the text that replaces a match. Ends early above `most`.
std::string expanded(const Pattern& pattern, std::string_view whole, const Spans& spans, std::string_view with, uint64_t most) {
  std::string out;
  const auto put = [&](size_t group) {
    if (group >= pattern.groups || spans.at[group * 2] == SIZE_MAX) return;
    out += whole.substr(spans.at[group * 2], spans.at[group * 2 + 1] - spans.at[group * 2]);
  };
  for (size_t i = 0; i < with.size() && out.size() <= most; ++i) {
    if (with[i] != '\\' || i + 1 >= with.size()) { out += with[i]; continue; }
    const char c = with[++i];
    if (c >= '0' && c <= '9') {
      put(static_cast<size_t>(c - '0'));
    } else if (c == 'g' && i + 1 < with.size() && with[i + 1] == '<') {
      const size_t end = std::min(with.find('>', i), with.size());
      const std::string name(with.substr(i + 2, end - i - 2));
      const auto named = std::find_if(pattern.names.begin(), pattern.names.end(), [&](const auto& entry) { return entry.first == name; });
      if (named != pattern.names.end()) put(named->second);
      else put(static_cast<size_t>(std::atoi(name.c_str())));
      i = end;
    } else {
      out += c == 'n' ? '\n' : c == 't' ? '\t' : c;
    }
  }
  return out;
}

Found substitute(Machine& m, const Call& call) {
  const auto request = asked(m, call);
  if (!request || request->rest.size() < 2) return std::nullopt;
  const Value with = request->rest[0], text = request->rest[1];
  const auto whole = text_of_value(m, text);
  const int64_t most = request->rest.size() > 2 ? integer_of(request->rest[2]).value_or(0) : 0;
  const auto matches = whole ? all_matches(request->pattern, *whole, most, text.is(Kind::string)) : std::nullopt;
  if (!matches) {
    // What is called on each match may act.
    const Value unknown = Value::unknown_named("match");
    if (with.is_defined()) m.call(with, std::span(&unknown, 1));
    return std::nullopt;
  }
  const auto replacement = text_of_value(m, with);
  std::string out;
  size_t at = 0;
  for (const Spans& spans : *matches) {
    out += whole->substr(at, spans.at[0] - at);
    at = spans.at[1];
    if (replacement) {
      out += expanded(request->pattern, *whole, spans, *replacement, m.scan().budget.string);
      if (!m.fits(out.size())) return Value::unknown();
      continue;
    }
    const Value object = match_object(m, request->pattern, text, *whole, spans);
    const Value part = m.call(with, std::span(&object, 1));
    const auto shown = text_of_value(m, part);
    if (m.raised || !shown) return Value::unknown();
    out += *shown;
    if (!m.fits(out.size())) return Value::unknown();
  }
  out += whole->substr(at);
  const Value made = typed(m, text, out);
  if (!m.heap().name(call.callee).canonical.ends_with("subn")) return made;
  return m.heap().new_tuple({made, Value::integer(static_cast<int64_t>(matches->size()))});
}

Found split(Machine& m, const Call& call) {
  const auto request = asked(m, call);
  if (!request || request->rest.empty()) return std::nullopt;
  const Value text = request->rest[0];
  const auto whole = text_of_value(m, text);
  const int64_t most = request->rest.size() > 1 ? integer_of(request->rest[1]).value_or(0) : 0;
  const auto matches = whole ? all_matches(request->pattern, *whole, most, text.is(Kind::string)) : std::nullopt;
  if (!matches) return std::nullopt;
  std::vector<Value> out;
  size_t at = 0;
  for (const Spans& spans : *matches) {
    out.push_back(typed(m, text, whole->substr(at, spans.at[0] - at)));
    for (uint32_t i = 1; i < request->pattern.groups; ++i) out.push_back(group_value(m, text, *whole, spans, i));
    at = spans.at[1];
  }
  out.push_back(typed(m, text, whole->substr(at)));
  return m.heap().new_items(Kind::list, out.data(), static_cast<uint32_t>(out.size()));
}

std::optional<Value> one_group(Machine& m, Value match, Value which) {
  const Instance instance = m.heap().instance(match);
  if (which.is(Kind::string)) {
    const Value* names = m.heap().find_key(instance.attributes, Value::string(" names"));
    const Value* held = names != nullptr ? m.heap().find_key(*names, which) : nullptr;
    return held != nullptr ? Found(*held) : std::nullopt;
  }
  const auto index = integer_of(which);
  const Items& groups = m.heap().items(instance.held);
  if (!index || *index < 0 || *index >= groups.size) return std::nullopt;
  return groups[static_cast<uint32_t>(*index)];
}

Found group(Machine& m, const Call& call) {
  if (!call[0].is(Kind::instance)) return std::nullopt;
  if (call.count() <= 2) {
    const auto out = one_group(m, call[0], call.count() == 2 ? call[1] : Value::integer(0));
    return out ? out : Found(m.raise("IndexError", Value::string("no such group")));
  }
  std::vector<Value> out;
  for (size_t i = 1; i < call.count(); ++i) out.push_back(one_group(m, call[0], call[i]).value_or(Value::unknown()));
  return m.heap().new_items(Kind::tuple, out.data(), static_cast<uint32_t>(out.size()));
}

// match.expand(r'\\1-\\g<name>')
Found expand(Machine& m, const Call& call) {
  if (!call[0].is(Kind::instance) || !call[1].is(Kind::string)) return std::nullopt;
  const std::string_view with = call[1].text();
  std::string out;
  for (size_t i = 0; i < with.size(); ++i) {
    if (with[i] != '\\' || i + 1 >= with.size()) { out += with[i]; continue; }
    const char c = with[++i];
    Value which = Value::none();
    if (c >= '0' && c <= '9') {
      which = Value::integer(c - '0');
    } else if (const size_t end = with.find('>', i); c == 'g' && i + 1 < with.size() && with[i + 1] == '<' && end != std::string_view::npos) {
      const std::string_view name = with.substr(i + 2, end - i - 2);
      const bool digit = name.size() == 1 && name[0] >= '0' && name[0] <= '9';
      which = digit ? Value::integer(name[0] - '0') : Value::string(name);
      i = end;
    } else {
      return std::nullopt;
    }
    const auto held = one_group(m, call[0], which);
    if (!held || !held->is(Kind::string) || !m.fits(out.size() + held->text().size())) return Value::unknown();
    out += held->text();
  }
  return m.make_string(out);
}

Found groups(Machine& m, const Call& call) {
  if (!call[0].is(Kind::instance)) return std::nullopt;
  const Items all = m.heap().items(m.heap().instance(call[0]).held);
  return m.heap().new_items(Kind::tuple, all.data + 1, all.size - 1);
}

Found group_names(Machine& m, const Call& call) {
  if (!call[0].is(Kind::instance)) return std::nullopt;
  const Value* names = m.heap().find_key(m.heap().instance(call[0]).attributes, Value::string(" names"));
  return names != nullptr ? Found(*names) : std::nullopt;
}

template <int end>
Found place(Machine& m, const Call& call) {
  if (!call[0].is(Kind::instance)) return std::nullopt;
  const Value* places = m.heap().find_key(m.heap().instance(call[0]).attributes, Value::string(" places"));
  const int64_t which = call.count() > 1 ? integer_of(call[1]).value_or(-1) : 0;
  if (places == nullptr || which < 0 || which * 2 + 1 >= m.heap().items(*places).size) return std::nullopt;
  const Items& all = m.heap().items(*places);
  const auto at = static_cast<uint32_t>(which * 2);
  return end == 2 ? m.heap().new_tuple({all[at], all[at + 1]}) : all[at + end];
}

Found escape(Machine& m, const Call& call) {
  const auto text = text_of_value(m, call[0]);
  if (!text) return std::nullopt;
  std::string out;
  for (const char c : *text) {
    if (std::string_view("()[]{}?*+-|^$\\.&~# \t\n\r\v\f").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return typed(m, call[0], out);
}

#define WINNOW_PATTERN(name, model) {"re." name, model}, {"re.Pattern." name, model}

constexpr ModelEntry kModels[] = {
    {"re.compile", compile},
    {"re.escape", escape},
    WINNOW_PATTERN("match", match<Anchor::start>),
    WINNOW_PATTERN("fullmatch", match<Anchor::whole>),
    WINNOW_PATTERN("search", match<Anchor::search>),
    WINNOW_PATTERN("findall", find_all),
    WINNOW_PATTERN("finditer", find_all),
    WINNOW_PATTERN("sub", substitute),
    WINNOW_PATTERN("subn", substitute),
    WINNOW_PATTERN("split", split),
    {"re.Match.group", group},
    {"re.Match.__getitem__", group},
    {"re.Match.expand", expand},
    {"re.Match.groups", groups},
    {"re.Match.groupdict", group_names},
    {"re.Match.start", place<0>},
    {"re.Match.end", place<1>},
    {"re.Match.span", place<2>},
};

}  // namespace

std::span<const ModelEntry> pattern_models() { return kModels; }

}  // namespace winnow::machine
