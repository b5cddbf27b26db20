// Regular expressions as Python's `re` reads them: groups, classes, lazy and greedy repeats, anchors, looks ahead
// and behind of fixed width, backreferences. Matching backtracks on a stack of its own, within a bound of steps.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::machine {

struct PatternFlags { bool ignore_case = false, multiline = false, dot_all = false, verbose = false; };

struct PatternNode {
  enum class Op : uint8_t { unit, any, one_of, split, jump, save, line_start, line_end, text_start, text_end, boundary, no_boundary, back, look, no_look, match } op;
  uint32_t a = 0, b = 0;  // of split: first choice, second; of look: where its end is, how far behind
  std::vector<std::pair<uint32_t, uint32_t>> ranges;  // of one_of
  bool negated = false;
};

struct Pattern {
  std::vector<PatternNode> program;
  uint32_t groups = 1;  // the whole match included
  std::vector<std::pair<std::string, uint32_t>> names;
  PatternFlags flags;
};

// Nothing: not a pattern that is read here.
std::optional<Pattern> compile_pattern(std::string_view text, PatternFlags flags);

struct Spans {
  std::vector<size_t> at;  // begin, end of every group; SIZE_MAX: took no part
};

enum class Anchor : uint8_t { search, start, whole };
enum class Outcome : uint8_t { no, yes, gave_up };
// `steps` is what it may take, and is counted down.
Outcome match_pattern(const Pattern& pattern, std::string_view text, size_t from, Anchor anchor, Spans& spans, uint64_t& steps);

}  // namespace winnow::machine
