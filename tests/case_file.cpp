#include "case_file.h"

namespace winnow::test {

namespace {

std::string_view next_line(std::string_view& text) {
  const size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

std::string trimmed(std::string_view text) {
  const size_t from = text.find_first_not_of(" \t");
  if (from == std::string_view::npos) return "";
  return std::string(text.substr(from, text.find_last_not_of(" \t") + 1 - from));
}

// "# names: os.system, builtins.eval" gives two marks; prose with a colon is told by its blanks.
void read_mark(Case& out, std::string_view line) {
  line.remove_prefix(1);
  const size_t colon = line.find(": ");
  if (colon == std::string_view::npos) return;
  const std::string key = trimmed(line.substr(0, colon));
  static constexpr std::string_view kKeys[] = {"catches", "clears", "names", "show", "file", "budget", "xfail"};
  bool is_key = false;
  for (const std::string_view known : kKeys) is_key = is_key || key == known;
  if (!is_key) return;
  std::string_view values = line.substr(colon + 2);
  while (key != "xfail" && values.find(", ") != std::string_view::npos) {
    out.marks.emplace(key, trimmed(values.substr(0, values.find(", "))));
    values.remove_prefix(values.find(", ") + 2);
  }
  out.marks.emplace(key, trimmed(values));
}

}  // namespace

std::vector<std::string> Case::all(std::string_view mark) const {
  std::vector<std::string> out;
  for (auto [at, end] = marks.equal_range(mark); at != end; ++at) out.push_back(at->second);
  return out;
}

std::string Case::one(std::string_view mark, std::string fallback) const {
  const auto found = marks.find(mark);
  return found == marks.end() ? std::move(fallback) : found->second;
}

Case parse_case(std::string_view text) {
  Case out;
  std::string* section = &out.head;
  while (!text.empty()) {
    const std::string_view line = next_line(text);
    if (line == "== input") {
      section = &out.input;
    } else if (line == "== expected") {
      section = &out.expected;
    } else if (line == "== decompiled") {
      section = &out.decompiled;
    } else {
      if (section == &out.head && line.starts_with('#')) read_mark(out, line);
      section->append(line).append("\n");
    }
  }
  return out;
}

std::string print_case(const Case& from) {
  std::string out = from.head + "== input\n" + from.input + "== expected\n" + from.expected;
  if (!from.decompiled.empty()) out += "== decompiled\n" + from.decompiled;
  return out;
}

}  // namespace winnow::test
