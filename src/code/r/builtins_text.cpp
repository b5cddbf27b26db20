// Texts: pasting, taking apart, encodings.
#include <algorithm>
#include <cctype>
#include <cstdio>

#include "code/r/builtins.h"
#include "code/r/deparse.h"
#include "containers/codecs.h"

namespace winnow::r {
namespace {

Id paste_with(Evaluator& e, const Arguments& arguments, std::string between) {
  Pool& pool = e.pool();
  std::vector<std::vector<std::string>> columns;
  std::optional<std::string> collapse;
  size_t rows = 0;
  for (const Argument& one : arguments) {
    if (one.name == "sep" || one.name == "collapse") {
      const auto text = string_of(pool, one.value);
      if (!text && one.value != kNull) return kUnknown;
      if (one.name == "sep") between = text.value_or("");
      else collapse = text;
      continue;
    }
    auto column = strings_of(pool, one.value);
    if (!column) return kUnknown;
    if (column->empty()) continue;
    rows = std::max(rows, column->size());
    columns.push_back(std::move(*column));
  }
  std::vector<std::string> out;
  size_t size = 0;
  for (size_t row = 0; row < rows; ++row) {
    std::string line;
    for (size_t c = 0; c < columns.size(); ++c) (line += c > 0 ? between : "") += columns[c][row % columns[c].size()];
    if ((size += line.size()) > kLongestText) return kUnknown;
    out.push_back(std::move(line));
  }
  if (!collapse) return make_strings(pool, out);
  std::string all;
  for (size_t i = 0; i < out.size(); ++i) (all += i > 0 ? *collapse : "") += out[i];
  return all.size() > kLongestText ? kUnknown : pool.text(all);
}

Id paste(Evaluator& e, const Arguments& a) { return paste_with(e, a, " "); }
Id paste0(Evaluator& e, const Arguments& a) { return paste_with(e, a, ""); }
Id file_path(Evaluator& e, const Arguments& a) { return paste_with(e, a, "/"); }

// sprintf and gettextf, whose arguments are recycled.
Id format_text(Evaluator& e, const Arguments& a) {
  Pool& pool = e.pool();
  const auto format = string_of(pool, given(a, "fmt", 0));
  if (!format) return kUnknown;
  std::vector<Id> values;
  for (size_t i = 1; i < a.size(); ++i) values.push_back(a[i].value);
  size_t rows = 1;
  for (const Id value : values) rows = std::max(rows, pool.length(value));
  std::vector<std::string> out;
  for (size_t row = 0; row < std::min<size_t>(rows, 10'000); ++row) {
    std::string line;
    size_t next = 0;
    for (size_t i = 0; i < format->size(); ++i) {
      if ((*format)[i] != '%') { line += (*format)[i]; continue; }
      size_t end = i + 1;
      while (end < format->size() && (std::isdigit(static_cast<unsigned char>((*format)[end])) != 0 || std::string_view("$.-+ #*").find((*format)[end]) != std::string_view::npos)) ++end;
      if (end >= format->size()) return kUnknown;
      const char kind = (*format)[end];
      std::string spec = format->substr(i, end - i);
      i = end;
      if (kind == '%') { line += '%'; continue; }
      if (const size_t dollar = spec.find('$'); dollar != std::string::npos) {
        next = static_cast<size_t>(std::max(1, std::atoi(spec.c_str() + 1)) - 1);
        spec = "%" + spec.substr(dollar + 1);
      }
      if (next >= values.size() || spec.find('*') != std::string::npos || spec.size() > 8) return kUnknown;
      const Id value = values[next++];
      char text[512];
      if (kind == 's') {
        const auto all = strings_of(pool, value);
        if (!all || all->empty()) return kUnknown;
        line += (*all)[row % all->size()];
        continue;
      }
      const auto all = numbers_of(pool, value);
      if (!all || all->empty()) return kUnknown;
      const double number = (*all)[row % all->size()];
      if (std::string_view("dixXo").find(kind) != std::string_view::npos) std::snprintf(text, sizeof text, (spec + "l" + kind).c_str(), static_cast<long>(number));
      else if (std::string_view("feEgG").find(kind) != std::string_view::npos) std::snprintf(text, sizeof text, (spec + kind).c_str(), number);
      else return kUnknown;
      line += text;
    }
    out.push_back(std::move(line));
  }
  return make_strings(pool, out);
}

Id raw_to_char(Evaluator& e, const Arguments& a) {
  Pool& pool = e.pool();
  const Id value = given(a, "x", 0);
  if (!pool.is(value, Type::raw)) return kUnknown;
  return pool.text(as_text(pool[value].data));
}

Id char_to_raw(Evaluator& e, const Arguments& a) {
  const auto text = string_of(e.pool(), given(a, "x", 0));
  return text ? e.pool().raw(*text) : kUnknown;
}

Id as_raw(Evaluator& e, const Arguments& a) {
  const auto numbers = numbers_of(e.pool(), given(a, "x", 0));
  if (!numbers) return kUnknown;
  std::string bytes;
  for (const double one : *numbers) bytes += static_cast<char>(static_cast<int>(one));
  return e.pool().raw(bytes);
}

void put_code_point(std::string& out, uint32_t c) {
  if (c < 0x80) out += static_cast<char>(c);
  else if (c < 0x800) (out += static_cast<char>(0xc0 | (c >> 6))) += static_cast<char>(0x80 | (c & 0x3f));
  else ((out += static_cast<char>(0xe0 | ((c >> 12) & 0xf))) += static_cast<char>(0x80 | ((c >> 6) & 0x3f))) += static_cast<char>(0x80 | (c & 0x3f));
}

Id from_code_points(Evaluator& e, const Arguments& a) {
  const auto numbers = numbers_of(e.pool(), given(a, "x", 0));
  if (!numbers) return kUnknown;
  const Id apart = given(a, "multiple", 1);
  std::vector<std::string> all;
  std::string whole;
  for (const double one : *numbers) {
    std::string text;
    put_code_point(text, static_cast<uint32_t>(static_cast<int64_t>(one)));
    whole += text;
    all.push_back(std::move(text));
  }
  return e.pool().as_number(apart).value_or(0) != 0 ? make_strings(e.pool(), all) : e.pool().text(whole);
}

Id to_code_points(Evaluator& e, const Arguments& a) {
  const auto text = string_of(e.pool(), given(a, "x", 0));
  if (!text) return kUnknown;
  std::vector<double> out;
  for (const char c : *text) out.push_back(static_cast<unsigned char>(c));  // of ASCII, which commands are
  return e.pool().numbers(out);
}

template <class Change>
Id each_string(Evaluator& e, const Arguments& a, Change change) {
  auto all = strings_of(e.pool(), given(a, "x", 0));
  if (!all) return kUnknown;
  for (std::string& one : *all) change(one);
  return make_strings(e.pool(), *all);
}

Id to_upper(Evaluator& e, const Arguments& a) {
  return each_string(e, a, [](std::string& s) { for (char& c : s) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c))); });
}
Id to_lower(Evaluator& e, const Arguments& a) {
  return each_string(e, a, [](std::string& s) { for (char& c : s) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
}
Id trim(Evaluator& e, const Arguments& a) {
  return each_string(e, a, [](std::string& s) {
    while (!s.empty() && std::isspace(static_cast<unsigned char>(s.back())) != 0) s.pop_back();
    s.erase(0, std::min(s.find_first_not_of(" \t\r\n"), s.size()));
  });
}

Id translate(Evaluator& e, const Arguments& a) {
  const auto from = string_of(e.pool(), given(a, "old", 0)), to = string_of(e.pool(), given(a, "new", 1));
  auto all = strings_of(e.pool(), given(a, "x", 2));
  if (!from || !to || !all || to->size() < from->size()) return kUnknown;
  // Ranges: a-z.
  const auto spread = [](const std::string& text) {
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
      if (i + 2 < text.size() && text[i + 1] == '-' && text[i] <= text[i + 2]) {
        for (int c = static_cast<unsigned char>(text[i]); c <= static_cast<unsigned char>(text[i + 2]); ++c) out += static_cast<char>(c);
        i += 2;
      } else {
        out += text[i];
      }
    }
    return out;
  };
  const std::string old = spread(*from), fresh = spread(*to);
  for (std::string& one : *all) {
    for (char& c : one) {
      const size_t at = old.find(c);
      if (at != std::string::npos && at < fresh.size()) c = fresh[at];
    }
  }
  return make_strings(e.pool(), *all);
}

bool is_plain_pattern(std::string_view pattern) { return pattern.find_first_of("\\^$.|?*+()[]{}") == std::string_view::npos; }

// A pattern of one escaped or bracketed character is that character.
std::optional<std::string> plain_pattern(const Pool& pool, const Arguments& a, const std::string& pattern) {
  const Id fixed = given(a, "fixed", 99);
  if (fixed != kMissing && pool.as_number(fixed).value_or(0) != 0) return pattern;
  if (is_plain_pattern(pattern)) return pattern;
  std::string out;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\' && i + 1 < pattern.size() && std::isalnum(static_cast<unsigned char>(pattern[i + 1])) == 0) out += pattern[++i];
    else if (pattern[i] == '[' && i + 2 < pattern.size() && pattern[i + 2] == ']') out += pattern[i + 1], i += 2;
    else if (!is_plain_pattern(pattern.substr(i, 1))) return std::nullopt;
    else out += pattern[i];
  }
  return out;
}

Id replace(Evaluator& e, const Arguments& a, bool everywhere) {
  const auto pattern = string_of(e.pool(), given(a, "pattern", 0)), with = string_of(e.pool(), given(a, "replacement", 1));
  auto all = strings_of(e.pool(), given(a, "x", 2));
  if (!pattern || !with || !all) return kUnknown;
  const auto plain = plain_pattern(e.pool(), a, *pattern);
  if (!plain || plain->empty()) return kUnknown;
  for (std::string& one : *all) {
    std::string out;
    size_t from = 0;
    for (size_t at = one.find(*plain); at != std::string::npos; at = one.find(*plain, from)) {
      (out += one.substr(from, at - from)) += *with;
      from = at + plain->size();
      if (!everywhere || out.size() > kLongestText) break;
    }
    one = out + one.substr(from);
  }
  return make_strings(e.pool(), *all);
}
Id replace_all(Evaluator& e, const Arguments& a) { return replace(e, a, true); }
Id replace_first(Evaluator& e, const Arguments& a) { return replace(e, a, false); }

Id split(Evaluator& e, const Arguments& a) {
  Pool& pool = e.pool();
  const auto all = strings_of(pool, given(a, "x", 0));
  const Id by = given(a, "split", 1);
  const auto separator = by == kNull ? std::optional<std::string>("") : string_of(pool, by);
  if (!all || !separator) return kUnknown;
  const auto plain = plain_pattern(pool, a, *separator);
  if (!plain) return kUnknown;
  std::vector<Id> out;
  for (const std::string& one : *all) {
    std::vector<std::string> parts;
    if (plain->empty()) {
      for (size_t i = 0; i < one.size() && parts.size() < kMostItems;) {
        size_t size = 1;
        while (i + size < one.size() && (static_cast<unsigned char>(one[i + size]) & 0xc0) == 0x80) ++size;
        parts.push_back(one.substr(i, size));
        i += size;
      }
    } else {
      size_t from = 0;
      for (size_t at = one.find(*plain); at != std::string::npos && parts.size() < kMostItems; at = one.find(*plain, from)) {
        parts.push_back(one.substr(from, at - from));
        from = at + plain->size();
      }
      if (from < one.size()) parts.push_back(one.substr(from));
    }
    out.push_back(make_strings(pool, parts));
  }
  return pool.items(Type::list, out);
}

Id part(Evaluator& e, const Arguments& a) {
  const auto all = strings_of(e.pool(), given(a, "x", 0));
  const auto from = numbers_of(e.pool(), given(a, "start", 1));
  const Id last = given(a, "stop", 2);
  const auto to = last == kMissing ? std::optional(std::vector<double>{1e6}) : numbers_of(e.pool(), last);
  if (!all || !from || !to || all->empty() || from->empty() || to->empty()) return kUnknown;
  std::vector<std::string> out;
  const size_t rows = std::max({all->size(), from->size(), to->size()});
  for (size_t i = 0; i < rows; ++i) {
    const std::string& text = (*all)[i % all->size()];
    const double start = std::max(1.0, (*from)[i % from->size()]), stop = std::min(static_cast<double>(text.size()), (*to)[i % to->size()]);
    out.push_back(stop >= start ? text.substr(static_cast<size_t>(start) - 1, static_cast<size_t>(stop - start) + 1) : "");
  }
  return make_strings(e.pool(), out);
}

Id length_of_text(Evaluator& e, const Arguments& a) {
  const auto all = strings_of(e.pool(), given(a, "x", 0));
  if (!all) return kUnknown;
  std::vector<double> out;
  for (const std::string& one : *all) out.push_back(static_cast<double>(one.size()));
  return e.pool().numbers(out);
}

Id as_character(Evaluator& e, const Arguments& a) {
  const Id value = given(a, "x", 0);
  if (const auto all = strings_of(e.pool(), value)) return make_strings(e.pool(), *all);
  return e.pool().is(value, Type::language) ? e.pool().text(deparse(e.pool(), value)) : kUnknown;
}

Id deparsed(Evaluator& e, const Arguments& a) {
  const Id value = given(a, "expr", 0);
  return value == kUnknown || value == kMissing ? kUnknown : e.pool().text(deparse(e.pool(), value, kLongestText));
}

Id quote_text(Evaluator& e, const Arguments& a) {
  const auto text = string_of(e.pool(), given(a, "x", 0));
  return text ? e.pool().text("'" + *text + "'") : kUnknown;
}

std::optional<std::string> from_base64(std::string_view text) {
  std::string out;
  uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const int digit = c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' + 26 : c >= '0' && c <= '9' ? c - '0' + 52 : c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
    if (c == '=' || std::isspace(static_cast<unsigned char>(c)) != 0) continue;
    if (digit < 0) return std::nullopt;
    bits = bits << 6 | static_cast<uint32_t>(digit);
    if ((held += 6) >= 8) out += static_cast<char>(bits >> (held -= 8));
  }
  return out;
}

Id base64_raw(Evaluator& e, const Arguments& a) {
  const auto text = string_of(e.pool(), a.empty() ? kMissing : a[0].value);
  const auto bytes = text ? from_base64(*text) : std::nullopt;
  return bytes ? e.pool().raw(*bytes) : kUnknown;
}
Id base64_text(Evaluator& e, const Arguments& a) {
  const auto text = string_of(e.pool(), a.empty() ? kMissing : a[0].value);
  const auto bytes = text ? from_base64(*text) : std::nullopt;
  return bytes ? e.pool().text(*bytes) : kUnknown;
}

Id hex_raw(Evaluator& e, const Arguments& a) {
  const auto all = a.empty() ? std::nullopt : strings_of(e.pool(), a[0].value);
  if (!all) return kUnknown;
  std::string out;
  for (const std::string& text : *all) {
    for (size_t i = 0; i + 1 < text.size(); i += 2) out += static_cast<char>(std::strtol(text.substr(i, 2).c_str(), nullptr, 16));
  }
  return e.pool().raw(out);
}

Id whole_number(Evaluator& e, const Arguments& a) {
  const auto all = strings_of(e.pool(), given(a, "x", 0));
  const Id base = given(a, "base", 1);
  const auto radix = base == kMissing ? std::optional(10.0) : e.pool().as_number(base);
  if (!all || !radix || *radix < 2 || *radix > 36) return kUnknown;
  std::vector<double> out;
  for (const std::string& one : *all) out.push_back(static_cast<double>(std::strtol(one.c_str(), nullptr, static_cast<int>(*radix))));
  return e.pool().numbers(out);
}

Id decompress(Evaluator& e, const Arguments& a) {
  const Id value = given(a, "from", 0);
  if (!e.pool().is(value, Type::raw)) return kUnknown;
  const auto codec = containers::codec_of(e.pool()[value].data);
  if (codec == containers::Codec::none) return value;
  containers::Limits limits;
  uint64_t left = kLongestText;
  limits.allow = [&left](uint64_t size) { return size <= left && ((left -= size), true); };
  const auto decoded = containers::decode(codec, e.pool()[value].data, limits);
  return e.pool().raw(as_text(decoded.bytes));
}

// What is packed here is unpacked here.
Id raw_as_it_is(Evaluator& e, const Arguments& a) {
  const Id value = given(a, "from", 0);
  return e.pool().is(value, Type::raw) ? value : kUnknown;
}

Id starts_with(Evaluator& e, const Arguments& a) {
  const auto text = string_of(e.pool(), given(a, "x", 0)), start = string_of(e.pool(), given(a, "prefix", 1));
  return text && start ? e.pool().logical(text->starts_with(*start)) : kUnknown;
}

constexpr Entry kText[] = {
    {"paste", paste}, {"paste0", paste0}, {"file.path", file_path}, {"str_c", paste0}, {"sprintf", format_text}, {"gettextf", format_text},
    {"rawToChar", raw_to_char}, {"charToRaw", char_to_raw}, {"as.raw", as_raw}, {"intToUtf8", from_code_points}, {"utf8ToInt", to_code_points},
    {"toupper", to_upper}, {"tolower", to_lower}, {"trimws", trim}, {"chartr", translate}, {"gsub", replace_all}, {"sub", replace_first},
    {"strsplit", split}, {"substr", part}, {"substring", part}, {"nchar", length_of_text}, {"as.character", as_character}, {"deparse", deparsed},
    {"deparse1", deparsed}, {"shQuote", quote_text}, {"base64decode", base64_raw}, {"base64_dec", base64_raw}, {"base64_decode", base64_raw},
    {"base64Decode", base64_text}, {"hex2bin", hex_raw}, {"hex2raw", hex_raw}, {"strtoi", whole_number}, {"memDecompress", decompress},
    {"memCompress", raw_as_it_is}, {"startsWith", starts_with}, {"noquote", as_character}, {"toString", paste}, {"enc2utf8", as_character}, {"enc2native", as_character},
    {"path.expand", as_character}, {"normalizePath", as_character},
};

}  // namespace

std::span<const Entry> text_models() { return kText; }

}  // namespace winnow::r
