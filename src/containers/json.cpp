// JSON as Python's json module reads it.
#include <charconv>
#include <cmath>
#include <limits>

#include "containers/document.h"

namespace winnow::containers {

namespace {

constexpr size_t kMostNodes = 8'000'000;
constexpr size_t kDeepest = 5'000;  // CPython gives up at its recursion limit, which is lower

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// UTF-8, lone surrogates kept as Python keeps them.
void append_code_point(std::string& out, uint32_t c) {
  const auto byte = [&](uint32_t b) { out += static_cast<char>(b); };
  if (c < 0x80) {
    byte(c);
  } else if (c < 0x800) {
    byte(0xc0 | (c >> 6));
    byte(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    byte(0xe0 | (c >> 12));
    byte(0x80 | ((c >> 6) & 0x3f));
    byte(0x80 | (c & 0x3f));
  } else {
    byte(0xf0 | (c >> 18));
    byte(0x80 | ((c >> 12) & 0x3f));
    byte(0x80 | ((c >> 6) & 0x3f));
    byte(0x80 | (c & 0x3f));
  }
}

class JsonParser {
 public:
  explicit JsonParser(std::string_view source) : source_(source) {}

  Result<ParsedDocument> run() {
    if (source_.starts_with("\xef\xbb\xbf")) at_ = 3;
    while (!done_) {
      skip_space();
      if (!step()) return Error{fault_, at_, what_};
    }
    out_.end = at_;
    return std::move(out_);
  }

 private:
  enum class Expect : uint8_t { value, value_or_end, key, key_or_end, colon, comma };
  struct Open {
    NodeId node;
    bool map;
    size_t pending;  // where its children begin in pending_
  };

  bool fail(const char* what, Fault fault = Fault::malformed) {
    what_ = what;
    fault_ = fault;
    return false;
  }

  void skip_space() {
    while (at_ < source_.size() && (source_[at_] == ' ' || source_[at_] == '\t' || source_[at_] == '\n' || source_[at_] == '\r')) ++at_;
  }

  bool step() {
    if (at_ >= source_.size()) return fail("the JSON text ends before its value does", Fault::truncated);
    const char c = source_[at_];
    switch (expect_) {
      case Expect::colon:
        if (c != ':') return fail("a colon is missing");
        ++at_;
        expect_ = Expect::value;
        return true;
      case Expect::comma:
        if (c == ',') {
          ++at_;
          expect_ = open_.back().map ? Expect::key : Expect::value;
          return true;
        }
        return (c == '}' || c == ']') ? close(c) : fail("a comma is missing");
      case Expect::key_or_end:
        if (c == '}') return close(c);
        [[fallthrough]];
      case Expect::key:
        if (c != '"') return fail("a key is missing");
        if (!string()) return false;
        expect_ = Expect::colon;
        return true;
      case Expect::value_or_end:
        if (c == ']') return close(c);
        [[fallthrough]];
      case Expect::value: return value(c);
    }
    return fail("this is no JSON");
  }

  bool value(char c) {
    if (c == '{' || c == '[') {
      if (open_.size() >= kDeepest) return fail("brackets are nested too deep", Fault::limit);
      Node node;
      node.kind = c == '{' ? NodeKind::map : NodeKind::list;
      node.offset = at_++;
      const auto id = add(node);
      if (!id) return false;
      open_.push_back({*id, c == '{', pending_.size()});
      expect_ = c == '{' ? Expect::key_or_end : Expect::value_or_end;
      return true;
    }
    if (c == '"') return string() && placed();
    return word(c) && placed();
  }

  bool placed() {
    if (open_.empty()) {
      out_.document.root = pending_.back();
      done_ = true;
    }
    expect_ = Expect::comma;
    return true;
  }

  bool close(char c) {
    const Open closed = open_.back();
    if ((c == '}') != closed.map) return fail("a bracket does not match");
    ++at_;
    open_.pop_back();
    out_.document.close(closed.node, pending_, closed.pending);
    return placed();
  }

  std::optional<NodeId> add(const Node& node) {
    if (out_.document.nodes.size() >= kMostNodes) {
      fail("the JSON text holds too many values", Fault::limit);
      return std::nullopt;
    }
    out_.document.nodes.push_back(node);
    return static_cast<NodeId>(out_.document.nodes.size() - 1);
  }

  bool keep(const Node& node) {
    const auto id = add(node);
    if (id) pending_.push_back(*id);
    return id.has_value();
  }

  bool word(char c) {
    struct Word {
      std::string_view text;
      NodeKind kind;
      bool truth;
      double real;
    };
    static constexpr double kInfinity = std::numeric_limits<double>::infinity();
    static const Word kWords[] = {{"null", NodeKind::null, false, 0},
                                  {"true", NodeKind::boolean, true, 0},
                                  {"false", NodeKind::boolean, false, 0},
                                  {"NaN", NodeKind::real, false, std::nan("")},
                                  {"Infinity", NodeKind::real, false, kInfinity},
                                  {"-Infinity", NodeKind::real, false, -kInfinity}};
    Node node;
    node.offset = at_;
    for (const Word& one : kWords) {
      if (!source_.substr(at_).starts_with(one.text)) continue;
      node.kind = one.kind;
      node.truth = one.truth;
      node.real = one.real;
      node.text = source_.substr(at_, one.text.size());
      at_ += one.text.size();
      return keep(node);
    }
    if (c != '-' && (c < '0' || c > '9')) return fail("this is no JSON value");
    return number(node);
  }

  bool number(Node& node) {
    const size_t end = std::min(source_.find_first_not_of("0123456789+-.eE", at_), source_.size());
    const std::string_view text = source_.substr(at_, end - at_);
    node.text = text;
    const char* last = text.data() + text.size();
    if (text.find_first_of(".eE") == std::string_view::npos) {
      node.kind = NodeKind::integer;
      const auto [stop, fault] = std::from_chars(text.data(), last, node.integer);
      if (fault == std::errc::result_out_of_range) {
        node.integer = text.front() == '-' ? INT64_MIN : INT64_MAX;
      } else if (fault != std::errc() || stop != last) {
        return fail("a number is damaged");
      }
    } else {
      node.kind = NodeKind::real;
      const auto [stop, fault] = std::from_chars(text.data(), last, node.real);
      if (fault == std::errc::invalid_argument || stop != last) return fail("a number is damaged");
    }
    at_ = end;
    return keep(node);
  }

  bool string() {
    Node node;
    node.kind = NodeKind::text;
    node.offset = at_++;
    const size_t start = at_;
    const size_t stop = source_.find_first_of("\"\\", at_);
    if (stop == std::string_view::npos) return fail("a string is not closed", Fault::truncated);
    if (source_[stop] == '"') {
      node.text = source_.substr(start, stop - start);
      at_ = stop + 1;
      return keep(node);
    }
    std::string decoded;
    while (true) {
      const size_t next = source_.find_first_of("\"\\", at_);
      if (next == std::string_view::npos) return fail("a string is not closed", Fault::truncated);
      decoded += source_.substr(at_, next - at_);
      at_ = next + 1;
      if (source_[next] == '"') break;
      if (!escape(decoded)) return false;
    }
    node.text = out_.document.texts.emplace_back(std::move(decoded));
    return keep(node);
  }

  bool escape(std::string& out) {
    if (at_ >= source_.size()) return fail("a string is not closed", Fault::truncated);
    const char c = source_[at_++];
    static constexpr std::string_view kLetters = "\"\\/bfnrt";
    static constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
    if (const size_t found = kLetters.find(c); found != std::string_view::npos) {
      out += kMeant[found];
      return true;
    }
    if (c != 'u') return fail("an escape is unknown");
    auto code = unit();
    if (!code) return fail("an escape is damaged");
    if (*code >= 0xd800 && *code < 0xdc00 && source_.substr(at_).starts_with("\\u")) {
      const size_t before = at_;
      at_ += 2;
      const auto low = unit();
      if (low && *low >= 0xdc00 && *low < 0xe000) {
        code = 0x10000 + ((*code - 0xd800) << 10) + (*low - 0xdc00);
      } else {
        at_ = before;
      }
    }
    append_code_point(out, *code);
    return true;
  }

  std::optional<uint32_t> unit() {
    uint32_t value = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      const int digit = at_ < source_.size() ? hex_digit(source_[at_]) : -1;
      if (digit < 0) return std::nullopt;
      value = value * 16 + static_cast<uint32_t>(digit);
    }
    return value;
  }

  std::string_view source_;
  size_t at_ = 0;
  ParsedDocument out_;
  std::vector<Open> open_;
  std::vector<NodeId> pending_;  // children of open containers, in order
  Expect expect_ = Expect::value;
  bool done_ = false;
  const char* what_ = "";
  Fault fault_ = Fault::malformed;
};

}  // namespace

void Document::close(NodeId node, std::vector<NodeId>& pending, size_t from) {
  nodes[node].first = static_cast<uint32_t>(links.size());
  nodes[node].count = static_cast<uint32_t>(pending.size() - from);
  links.insert(links.end(), pending.begin() + static_cast<std::ptrdiff_t>(from), pending.end());
  pending.resize(from);
  pending.push_back(node);
}

std::optional<NodeId> Document::find(NodeId map, std::string_view key) const {
  const Node& node = nodes[map];
  if (node.kind != NodeKind::map) return std::nullopt;
  for (uint32_t i = node.count; i >= 2; i -= 2) {
    const Node& name = nodes[child(node, i - 2)];
    if (name.kind == NodeKind::text && name.text == key) return child(node, i - 1);
  }
  return std::nullopt;
}

std::string_view Document::text(NodeId map, std::string_view key) const {
  const auto found = find(map, key);
  return found && is_text(*found) ? nodes[*found].text : std::string_view();
}

bool begins_as_json(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos || (text[first] != '{' && text[first] != '[')) return false;
  const size_t next = text.find_first_not_of(kSpace, first + 1);
  if (next == std::string_view::npos) return false;
  return text[next] == '"' || (text[first] == '[' && (text[next] == '{' || text[next] == '['));
}

Result<ParsedDocument> parse_json(std::string_view source) { return JsonParser(source).run(); }

}  // namespace winnow::containers
