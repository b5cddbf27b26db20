#include "code/template/worth.h"

#include <algorithm>
#include <cctype>

namespace winnow::jinja {
namespace {

bool same(const Fragment& left, const Fragment& right) {
  return left.made == right.made && left.causes == right.causes && left.offset == right.offset &&
         left.text == right.text;
}

bool same(const Run& left, const Run& right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const Fragment& a, const Fragment& b) { return same(a, b); });
}

void append(Run& run, const Fragment& piece) {
  if (!run.empty() && run.back().made == Made::text && piece.made == Made::text &&
      run.back().causes == piece.causes && run.back().text.size() + piece.text.size() <= kLongestText) {
    run.back().text += piece.text;
    return;
  }
  if (run.size() < kMostPieces) run.push_back(piece);
}

void append(Run& run, const Run& other) {
  for (const Fragment& piece : other) append(run, piece);
}

}  // namespace

size_t size_of(const Worth& worth) {
  size_t size = 0;
  for (const Run& run : worth.runs) {
    for (const Fragment& piece : run) size += piece.text.size() + sizeof(Fragment);
  }
  return size;
}

Worth of_text(std::string text, uint32_t offset) {
  Worth out;
  if (text.empty())
    out.runs.push_back({});
  else
    out.runs.push_back({Fragment{Made::text, std::move(text), 0, offset}});
  return out;
}

Worth of_words(uint8_t origins, uint32_t offset) {
  Worth out;
  out.origins = origins;
  out.runs.push_back({Fragment{Made::words, "", 0, offset}});
  return out;
}

Worth of_nothing(uint32_t offset) {
  Worth out;
  out.runs.push_back({Fragment{Made::other, "", 0, offset}});
  return out;
}

std::vector<std::string> texts_of(const Worth& worth) {
  std::vector<std::string> out;
  for (const Run& run : worth.runs) {
    if (!std::all_of(run.begin(), run.end(), [](const Fragment& piece) { return piece.made == Made::text; }))
      continue;
    std::string text;
    for (const Fragment& piece : run) text += piece.text;
    out.push_back(std::move(text));
  }
  return out;
}

std::optional<std::string> constant_of(const Worth& worth) {
  if (worth.runs.size() != 1 || worth.parts != nullptr || worth.number) return std::nullopt;
  std::vector<std::string> texts = texts_of(worth);
  return texts.size() == 1 ? std::optional(std::move(texts[0])) : std::nullopt;
}

Causes causes_of(const Worth& worth) {
  Causes out = worth.causes;
  for (const Run& run : worth.runs) {
    for (const Fragment& piece : run) out |= piece.causes;
  }
  return out;
}

void merge(Worth& into, const Worth& other) {
  for (const Run& run : other.runs) {
    const bool known =
        std::any_of(into.runs.begin(), into.runs.end(), [&](const Run& mine) { return same(mine, run); });
    if (!known && into.runs.size() < kMostRuns) into.runs.push_back(run);
  }
  into.origins |= other.origins;
  into.causes |= other.causes;
  if (into.number != other.number) into.number.reset();
  if (into.parts == nullptr) into.parts = other.parts;
  if (into.function == nullptr) into.function = other.function;
  if (into.cut_at.empty()) into.cut_at = other.cut_at;
}

Run sequence_of(const Worth& worth) {
  if (worth.runs.size() == 1) return worth.runs[0];
  Run out;
  for (const Run& run : worth.runs) {
    if (!out.empty() && out.size() < kMostPieces) out.push_back({Made::pause, "", 0, out.back().offset});
    append(out, run);
  }
  return out;
}

Worth joined(const Worth& left, const Worth& right) {
  Worth out;
  out.origins = left.origins | right.origins;
  out.causes = left.causes | right.causes;
  if (left.runs.size() * right.runs.size() <= kMostRuns && !left.runs.empty() && !right.runs.empty()) {
    for (const Run& first : left.runs) {
      for (const Run& second : right.runs) {
        out.runs.push_back(first);
        append(out.runs.back(), second);
      }
    }
    return out;
  }
  out.runs.push_back(sequence_of(left));
  append(out.runs.back(), sequence_of(right));
  return out;
}

std::string replaced(const std::string& text, const std::string& from, const std::string& to) {
  if (from.empty()) return text;
  std::string out;
  size_t at = 0;
  for (size_t found = text.find(from); found != std::string::npos && out.size() < kLongestText;
       found = text.find(from, at)) {
    out.append(text, at, found - at);
    out += to;
    at = found + from.size();
  }
  return out.append(text, at, std::string::npos);
}

std::string sliced(const std::string& text, const int64_t* lower, const int64_t* upper, const int64_t* step) {
  const auto size = static_cast<int64_t>(text.size());
  const int64_t by = step == nullptr ? 1 : *step;
  if (by == 0) return {};
  const auto place = [&](const int64_t* given, int64_t otherwise, int64_t least, int64_t most) {
    if (given == nullptr) return otherwise;
    return std::clamp(*given < 0 ? *given + size : *given, least, most);
  };
  std::string out;
  if (by > 0) {
    const int64_t end = place(upper, size, 0, size);
    for (int64_t i = place(lower, 0, 0, size); i < end; i += std::min(by, size))
      out += text[static_cast<size_t>(i)];
  } else {
    const int64_t end = place(upper, -1, -1, size - 1);
    for (int64_t i = place(lower, size - 1, -1, size - 1); i > end; i += std::max(by, -size))
      out += text[static_cast<size_t>(i)];
  }
  return out;
}

std::optional<std::string> changed_text(std::string_view name, const std::string& text) {
  const auto mapped = [&](int (*change)(int)) {
    std::string out = text;
    for (char& c : out) {
      if (static_cast<unsigned char>(c) < 0x80) c = static_cast<char>(change(static_cast<unsigned char>(c)));
    }
    return out;
  };
  if (name == "lower" || name == "casefold") return mapped(std::tolower);
  if (name == "upper") return mapped(std::toupper);
  if (name == "strip" || name == "trim" || name == "lstrip" || name == "rstrip") {
    const size_t first = name == "rstrip" ? 0 : std::min(text.find_first_not_of(" \t\r\n\f"), text.size());
    const size_t last = name == "lstrip" ? text.size() : text.find_last_not_of(" \t\r\n\f") + 1;
    return first < last ? text.substr(first, last - first) : std::string();
  }
  if (name == "capitalize") {
    std::string out = mapped(std::tolower);
    if (!out.empty()) out[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(out[0])));
    return out;
  }
  if (name == "reverse") return std::string(text.rbegin(), text.rend());
  if (name == "swapcase")
    return mapped([](int c) { return std::isupper(c) != 0 ? std::tolower(c) : std::toupper(c); });
  return std::nullopt;
}

}  // namespace winnow::jinja
