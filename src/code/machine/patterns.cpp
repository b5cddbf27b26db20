#include "code/machine/patterns.h"

#include <algorithm>
#include <cctype>

namespace winnow::machine {
namespace {

using Op = PatternNode::Op;
constexpr size_t kMostNodes = 20'000;
constexpr int kDeepest = 64;

bool is_word(uint32_t c) { return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' || c >= 0x80; }
uint32_t folded(uint32_t c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; }

uint32_t decode(std::string_view text, size_t at, size_t& size) {
  const auto first = static_cast<unsigned char>(text[at]);
  size = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (size == 1 || at + size > text.size()) {
    size = 1;
    return first;
  }
  uint32_t code = first & (0xff >> (size + 1));
  for (size_t i = 1; i < size; ++i) code = code << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3f);
  return code;
}

// Recursive descent; a fragment of the program is what a node becomes.
class Compiler {
 public:
  Compiler(std::string_view text, Pattern& out) : text_(text), out_(out) {}

  bool run() {
    std::vector<PatternNode> body;
    if (!alternatives(body, 0) || at_ != text_.size()) return false;
    out_.program.push_back({Op::save, 0, 0, {}, false});
    append(out_.program, body);
    out_.program.push_back({Op::save, 1, 0, {}, false});
    out_.program.push_back({Op::match, 0, 0, {}, false});
    return out_.program.size() < kMostNodes;
  }

 private:
  using Nodes = std::vector<PatternNode>;

  // Targets inside a fragment are relative to its beginning until it is placed.
  static void append(Nodes& to, const Nodes& from) {
    const auto base = static_cast<uint32_t>(to.size());
    for (PatternNode node : from) {
      if (node.op == Op::split) node.a += base, node.b += base;
      if (node.op == Op::jump || node.op == Op::look || node.op == Op::no_look) node.a += base;
      to.push_back(std::move(node));
    }
  }
  static PatternNode node(Op op, uint32_t a = 0, uint32_t b = 0) { return {op, a, b, {}, false}; }

  bool more() const { return at_ < text_.size(); }
  bool take(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  bool alternatives(Nodes& out, int depth) {
    if (depth > kDeepest) return false;
    Nodes left;
    if (!sequence(left, depth)) return false;
    if (!take("|")) return append(out, left), true;
    Nodes right;
    if (!alternatives(right, depth + 1)) return false;
    Nodes both;
    both.push_back(node(Op::split, 1, static_cast<uint32_t>(left.size()) + 2));
    append(both, left);
    both.push_back(node(Op::jump, static_cast<uint32_t>(both.size() + right.size()) + 1));
    append(both, right);
    append(out, both);
    return out.size() < kMostNodes;
  }

  bool sequence(Nodes& out, int depth) {
    while (more() && text_[at_] != '|' && text_[at_] != ')') {
      if (out_.flags.verbose && (std::isspace(static_cast<unsigned char>(text_[at_])) || text_[at_] == '#')) {
        if (text_[at_] == '#') while (more() && text_[at_] != '\n') ++at_;
        else ++at_;
        continue;
      }
      Nodes atom;
      if (!one(atom, depth) || !repeated(atom)) return false;
      append(out, atom);
      if (out.size() > kMostNodes) return false;
    }
    return true;
  }

  bool number(uint32_t& out) {
    const size_t start = at_;
    out = 0;
    while (more() && text_[at_] >= '0' && text_[at_] <= '9' && out < 100000) out = out * 10 + static_cast<uint32_t>(text_[at_++] - '0');
    return at_ > start;
  }

  bool repeated(Nodes& atom) {
    while (more()) {
      uint32_t least = 0, most = UINT32_MAX;
      const size_t start = at_;
      if (take("*")) {
      } else if (take("+")) {
        least = 1;
      } else if (take("?")) {
        most = 1;
      } else if (take("{")) {
        const bool has_least = number(least);
        if (take(",")) {
          if (!number(most)) most = UINT32_MAX;
        } else {
          most = least;
          if (!has_least) return at_ = start, literal_brace(atom);
        }
        if (!take("}")) return at_ = start, literal_brace(atom);
      } else {
        return true;
      }
      const bool lazy = take("?");
      take("+");  // possessive: as greedy
      Nodes out;
      if (least > 1000 || (most != UINT32_MAX && most > 1000)) return false;
      for (uint32_t i = 0; i < least; ++i) append(out, atom);
      const auto choice = [&](uint32_t body, uint32_t behind) { return lazy ? node(Op::split, behind, body) : node(Op::split, body, behind); };
      if (most == UINT32_MAX) {
        const auto loop = static_cast<uint32_t>(out.size());
        out.push_back(choice(loop + 1, loop + 2 + static_cast<uint32_t>(atom.size())));
        append(out, atom);
        out.push_back(node(Op::jump, loop));
      } else {
        const auto each = static_cast<uint32_t>(atom.size()) + 1;
        const auto end = static_cast<uint32_t>(out.size()) + each * (most - std::min(most, least));
        for (uint32_t i = least; i < most; ++i) {
          out.push_back(choice(static_cast<uint32_t>(out.size()) + 1, end));
          append(out, atom);
        }
      }
      if (out.size() > kMostNodes) return false;
      atom = std::move(out);
    }
    return true;
  }

  bool literal_brace(Nodes& atom) {
    ++at_;
    atom.push_back(node(Op::unit, '{'));
    return true;
  }

  bool one(Nodes& out, int depth) {
    size_t size = 0;
    const uint32_t c = decode(text_, at_, size);
    at_ += size;
    switch (c) {
      case '.': out.push_back(node(Op::any)); return true;
      case '^': out.push_back(node(out_.flags.multiline ? Op::line_start : Op::text_start)); return true;
      case '$': out.push_back(node(Op::line_end)); return true;
      case '[': return set(out);
      case '(': return group(out, depth);
      case '\\': return escape(out);
      case '*': case '+': case '?': return false;
      default: out.push_back(node(Op::unit, c)); return true;
    }
  }

  bool group(Nodes& out, int depth) {
    uint32_t number = 0;
    Op look = Op::match;
    bool behind = false;
    if (take("?:")) {
    } else if (take("?P<") || (text_.substr(at_).starts_with("?<") && !text_.substr(at_).starts_with("?<=") && !text_.substr(at_).starts_with("?<!") && take("?<"))) {
      const size_t end = text_.find('>', at_);
      if (end == std::string_view::npos) return false;
      number = out_.groups++;
      out_.names.emplace_back(text_.substr(at_, end - at_), number);
      at_ = end + 1;
    } else if (take("?P=")) {
      const size_t end = text_.find(')', at_);
      if (end == std::string_view::npos) return false;
      for (const auto& [name, of] : out_.names) if (name == text_.substr(at_, end - at_)) out.push_back(node(Op::back, of));
      at_ = end + 1;
      return !out.empty();
    } else if (take("?=")) {
      look = Op::look;
    } else if (take("?!")) {
      look = Op::no_look;
    } else if (take("?<=")) {
      look = Op::look, behind = true;
    } else if (take("?<!")) {
      look = Op::no_look, behind = true;
    } else if (take("?#")) {
      while (more() && text_[at_] != ')') ++at_;
      return take(")");
    } else if (take("?")) {
      for (; more() && text_[at_] != ')' && text_[at_] != ':'; ++at_) {
        if (text_[at_] == 'i') out_.flags.ignore_case = true;
        else if (text_[at_] == 's') out_.flags.dot_all = true;
        else if (text_[at_] == 'm') out_.flags.multiline = true;
        else if (text_[at_] == 'x') out_.flags.verbose = true;
        else if (text_[at_] != 'a' && text_[at_] != 'u' && text_[at_] != 'L' && text_[at_] != '-') return false;
      }
      if (take(")")) return true;
      if (!take(":")) return false;
    } else {
      number = out_.groups++;
    }
    Nodes body;
    if (!alternatives(body, depth + 1) || !take(")")) return false;
    if (look != Op::match) {
      uint32_t width = 0;
      for (const PatternNode& part : body) {
        const bool simple = part.op == Op::unit || part.op == Op::any || part.op == Op::one_of;
        if (behind && !simple) return false;
        width += simple;
      }
      out.push_back(node(look, static_cast<uint32_t>(body.size()) + 2, behind ? width : 0));
      Nodes inner = body;
      inner.push_back(node(Op::match));
      Nodes whole{out.back()};
      out.pop_back();
      append(whole, inner);
      append(out, whole);
      return true;
    }
    if (number == 0) return append(out, body), true;
    out.push_back(node(Op::save, number * 2));
    append(out, body);
    out.push_back(node(Op::save, number * 2 + 1));
    return out_.groups < 256;
  }

  static bool add_class(char letter, PatternNode& to) {
    switch (letter) {
      case 'd': to.ranges.emplace_back('0', '9'); return true;
      case 'w': to.ranges.insert(to.ranges.end(), {{'0', '9'}, {'a', 'z'}, {'A', 'Z'}, {'_', '_'}, {0x80, 0x10ffff}}); return true;
      case 's': to.ranges.insert(to.ranges.end(), {{9, 13}, {' ', ' '}}); return true;
      case 'D': to.ranges.insert(to.ranges.end(), {{0, '0' - 1}, {'9' + 1, 0x10ffff}}); return true;
      case 'W': to.ranges.insert(to.ranges.end(), {{0, '0' - 1}, {'9' + 1, 'A' - 1}, {'Z' + 1, '_' - 1}, {'`', '`'}, {'z' + 1, 0x7f}}); return true;
      case 'S': to.ranges.insert(to.ranges.end(), {{0, 8}, {14, 31}, {33, 0x10ffff}}); return true;
      default: return false;
    }
  }

  bool hex(size_t digits, uint32_t& out) {
    out = 0;
    for (size_t i = 0; i < digits; ++i, ++at_) {
      if (!more()) return false;
      const char c = text_[at_];
      const int digit = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
      if (digit < 0) return false;
      out = out << 4 | static_cast<uint32_t>(digit);
    }
    return true;
  }

  // Behind a backslash: a character, or nothing where it is none.
  bool escaped_unit(char c, uint32_t& out) {
    switch (c) {
      case 'n': out = '\n'; return true;
      case 't': out = '\t'; return true;
      case 'r': out = '\r'; return true;
      case 'f': out = '\f'; return true;
      case 'v': out = '\v'; return true;
      case 'a': out = '\a'; return true;
      case '0': out = 0; return true;
      case 'x': return hex(2, out);
      case 'u': return hex(4, out);
      default:
        if (std::isalnum(static_cast<unsigned char>(c))) return false;
        out = static_cast<unsigned char>(c);
        return true;
    }
  }

  bool escape(Nodes& out) {
    if (!more()) return false;
    const char c = text_[at_++];
    PatternNode set = node(Op::one_of);
    if (add_class(c, set)) return out.push_back(set), true;
    if (c == 'b') return out.push_back(node(Op::boundary)), true;
    if (c == 'B') return out.push_back(node(Op::no_boundary)), true;
    if (c == 'A') return out.push_back(node(Op::text_start)), true;
    if (c == 'Z' || c == 'z') return out.push_back(node(Op::text_end)), true;
    if (c >= '1' && c <= '9') {
      uint32_t number = static_cast<uint32_t>(c - '0');
      if (more() && text_[at_] >= '0' && text_[at_] <= '9') number = number * 10 + static_cast<uint32_t>(text_[at_++] - '0');
      return out.push_back(node(Op::back, number)), number < out_.groups;
    }
    uint32_t unit = 0;
    if (!escaped_unit(c, unit)) return false;
    return out.push_back(node(Op::unit, unit)), true;
  }

  bool set(Nodes& out) {
    PatternNode made = node(Op::one_of);
    made.negated = take("^");
    bool first = true;
    while (more() && (first || text_[at_] != ']')) {
      first = false;
      size_t size = 0;
      uint32_t low = decode(text_, at_, size);
      at_ += size;
      if (low == '\\') {
        if (!more()) return false;
        const char c = text_[at_++];
        if (add_class(c, made)) continue;
        if (c == 'b') low = 8;
        else if (!escaped_unit(c, low)) return false;
      }
      uint32_t high = low;
      if (at_ + 1 < text_.size() && text_[at_] == '-' && text_[at_ + 1] != ']') {
        ++at_;
        high = decode(text_, at_, size);
        at_ += size;
        if (high == '\\') {
          if (!more()) return false;
          const char c = text_[at_++];
          if (!escaped_unit(c, high)) return false;
        }
      }
      made.ranges.emplace_back(low, high);
    }
    if (!take("]")) return false;
    out.push_back(std::move(made));
    return true;
  }

  std::string_view text_;
  Pattern& out_;
  size_t at_ = 0;
};

bool in_set(const PatternNode& node, uint32_t c, bool ignore_case) {
  const auto within = [&](uint32_t unit) {
    return std::any_of(node.ranges.begin(), node.ranges.end(), [&](const auto& range) { return unit >= range.first && unit <= range.second; });
  };
  bool is = within(c);
  if (!is && ignore_case) is = within(folded(c)) || (c >= 'a' && c <= 'z' && within(c - 32));
  return is != node.negated;
}

class Matcher {
 public:
  Matcher(const Pattern& pattern, std::string_view text, uint64_t& steps) : pattern_(pattern), text_(text), steps_(steps) {}

  Outcome run(uint32_t start, size_t from, bool whole, std::vector<size_t>& spans, int depth) {
    if (depth > 8) return Outcome::gave_up;
    struct Choice { uint32_t at; size_t position; std::vector<size_t> spans; };
    std::vector<Choice> choices;
    choices.push_back({start, from, spans});
    while (!choices.empty()) {
      Choice now = std::move(choices.back());
      choices.pop_back();
      bool alive = true;
      while (alive) {
        if (steps_ == 0) return Outcome::gave_up;
        --steps_;
        const PatternNode& node = pattern_.program[now.at];
        size_t size = 0;
        switch (node.op) {
          case Op::match:
            if (whole && now.position != text_.size()) { alive = false; break; }
            spans = std::move(now.spans);
            return Outcome::yes;
          case Op::unit: case Op::any: case Op::one_of: {
            if (now.position >= text_.size()) { alive = false; break; }
            const uint32_t c = decode(text_, now.position, size);
            alive = node.op == Op::unit ? (c == node.a || (pattern_.flags.ignore_case && folded(c) == folded(node.a)))
                    : node.op == Op::any ? c != '\n' || pattern_.flags.dot_all : in_set(node, c, pattern_.flags.ignore_case);
            now.position += size;
            ++now.at;
            break;
          }
          case Op::split:
            if (choices.size() > 100'000) return Outcome::gave_up;
            choices.push_back({node.b, now.position, now.spans});
            now.at = node.a;
            break;
          case Op::jump: now.at = node.a; break;
          case Op::save:
            if (node.a < now.spans.size()) now.spans[node.a] = now.position;
            ++now.at;
            break;
          case Op::line_start: alive = now.position == 0 || text_[now.position - 1] == '\n'; ++now.at; break;
          case Op::text_start: alive = now.position == 0; ++now.at; break;
          case Op::line_end:
            alive = now.position == text_.size() || (now.position + 1 == text_.size() && text_[now.position] == '\n') ||
                    (pattern_.flags.multiline && text_[now.position] == '\n');
            ++now.at;
            break;
          case Op::text_end: alive = now.position == text_.size(); ++now.at; break;
          case Op::boundary: case Op::no_boundary: {
            const bool before = now.position > 0 && is_word(static_cast<unsigned char>(text_[now.position - 1]));
            const bool behind = now.position < text_.size() && is_word(static_cast<unsigned char>(text_[now.position]));
            alive = (before != behind) == (node.op == Op::boundary);
            ++now.at;
            break;
          }
          case Op::back: {
            if (node.a * 2 + 1 >= now.spans.size() || now.spans[node.a * 2] == SIZE_MAX || now.spans[node.a * 2 + 1] == SIZE_MAX) { alive = false; break; }
            const std::string_view group = text_.substr(now.spans[node.a * 2], now.spans[node.a * 2 + 1] - now.spans[node.a * 2]);
            alive = text_.substr(now.position).starts_with(group);
            now.position += group.size();
            ++now.at;
            break;
          }
          case Op::look: case Op::no_look: {
            std::vector<size_t> inner = now.spans;
            Outcome seen = Outcome::no;
            if (node.b <= now.position) seen = run(now.at + 1, now.position - node.b, false, inner, depth + 1);
            if (seen == Outcome::gave_up) return seen;
            alive = (seen == Outcome::yes) == (node.op == Op::look);
            if (node.op == Op::look && alive) now.spans = std::move(inner);
            now.at = node.a;
            break;
          }
        }
      }
    }
    return Outcome::no;
  }

 private:
  const Pattern& pattern_;
  std::string_view text_;
  uint64_t& steps_;
};

}  // namespace

std::optional<Pattern> compile_pattern(std::string_view text, PatternFlags flags) {
  Pattern out;
  out.flags = flags;
  if (text.size() > 20'000 || !Compiler(text, out).run()) return std::nullopt;
  return out;
}

Outcome match_pattern(const Pattern& pattern, std::string_view text, size_t from, Anchor anchor, Spans& spans, uint64_t& steps) {
  Matcher matcher(pattern, text, steps);
  for (size_t at = from; at <= text.size(); ++at) {
    spans.at.assign(pattern.groups * 2, SIZE_MAX);
    const Outcome outcome = matcher.run(0, at, anchor == Anchor::whole, spans.at, 0);
    if (outcome != Outcome::no || anchor != Anchor::search) return outcome;
  }
  return Outcome::no;
}

}  // namespace winnow::machine
