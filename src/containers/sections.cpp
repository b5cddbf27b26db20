#include "containers/sections.h"

#include <cctype>
#include <charconv>
#include <unordered_map>
#include <utility>

namespace winnow::containers {
namespace {

constexpr size_t kMostNodes = 1'000'000;
constexpr int kDeepest = 100;

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (is_blank(text.front()) || text.front() == '\r' || text.front() == '\n')) text.remove_prefix(1);
  while (!text.empty() && (is_blank(text.back()) || text.back() == '\r' || text.back() == '\n')) text.remove_suffix(1);
  return text;
}

void append_utf8(std::string& out, uint32_t c) {
  const auto byte = [&](uint32_t b) { out += static_cast<char>(b); };
  if (c < 0x80) return byte(c);
  if (c < 0x800) {
    byte(0xc0 | (c >> 6));
  } else {
    if (c < 0x10000) {
      byte(0xe0 | (c >> 12));
    } else {
      byte(0xf0 | (c >> 18));
      byte(0x80 | ((c >> 12) & 0x3f));
    }
    byte(0x80 | ((c >> 6) & 0x3f));
  }
  byte(0x80 | (c & 0x3f));
}

// A tree whose maps grow in any order, since a section may be opened again; written down flat at the end.
class Tree {
 public:
  struct Branch {
    Node node;
    std::vector<std::pair<std::string_view, uint32_t>> members;  // of lists without names
    std::vector<uint64_t> offsets;                               // of the names
  };

  Tree() { add({}, NodeKind::map, 0); }

  uint32_t add(std::string_view text, NodeKind kind, uint64_t offset) {
    Branch branch;
    branch.node.kind = kind;
    branch.node.text = text;
    branch.node.offset = offset;
    branches_.push_back(std::move(branch));
    return static_cast<uint32_t>(branches_.size() - 1);
  }
  bool is_full() const { return branches_.size() >= kMostNodes; }
  Branch& operator[](uint32_t id) { return branches_[id]; }
  std::string_view keep(std::string text) { return document_.texts.emplace_back(std::move(text)); }

  void put(uint32_t holder, std::string_view name, uint64_t offset, uint32_t value) {
    branches_[holder].members.emplace_back(name, value);
    branches_[holder].offsets.push_back(offset);
    if (branches_[holder].node.kind == NodeKind::map) last_[place(holder, name)] = value;
  }

  // The map under a name, which is made where there is none; of a list of maps the last.
  uint32_t inner(uint32_t holder, std::string_view name, uint64_t offset) {
    if (const auto at = last_.find(place(holder, name)); at != last_.end()) {
      uint32_t found = at->second;
      if (branches_[found].node.kind == NodeKind::list && !branches_[found].members.empty()) found = branches_[found].members.back().second;
      if (branches_[found].node.kind == NodeKind::map) return found;
    }
    const uint32_t made = add({}, NodeKind::map, offset);
    put(holder, name, offset, made);
    return made;
  }

  uint32_t list(uint32_t holder, std::string_view name, uint64_t offset) {
    if (const auto at = last_.find(place(holder, name)); at != last_.end() && branches_[at->second].node.kind == NodeKind::list) return at->second;
    const uint32_t made = add({}, NodeKind::list, offset);
    put(holder, name, offset, made);
    return made;
  }

  ParsedDocument take(uint64_t end) {
    ParsedDocument out;
    out.end = end;
    // Ids of the tree are those of the document; names follow behind.
    for (const Branch& branch : branches_) document_.nodes.push_back(branch.node);
    for (uint32_t id = 0; id < branches_.size(); ++id) {
      const Branch& branch = branches_[id];
      const bool map = branch.node.kind == NodeKind::map;
      document_.nodes[id].first = static_cast<uint32_t>(document_.links.size());
      document_.nodes[id].count = static_cast<uint32_t>(branch.members.size() * (map ? 2 : 1));
      for (size_t i = 0; i < branch.members.size(); ++i) {
        if (map) {
          Node name;
          name.kind = NodeKind::text;
          name.text = branch.members[i].first;
          name.offset = branch.offsets[i];
          document_.links.push_back(static_cast<NodeId>(document_.nodes.size()));
          document_.nodes.push_back(name);
        }
        document_.links.push_back(branch.members[i].second);
      }
    }
    document_.root = 0;
    out.document = std::move(document_);
    return out;
  }

 private:
  static std::string place(uint32_t holder, std::string_view name) { return std::to_string(holder) + "/" + std::string(name); }

  std::vector<Branch> branches_;
  std::unordered_map<std::string, uint32_t> last_;  // what stands under a name of a map
  Document document_;
};

class TomlParser {
 public:
  explicit TomlParser(std::string_view source) : source_(source) {}

  Result<ParsedDocument> run() {
    if (source_.starts_with("\xef\xbb\xbf")) at_ = 3;
    uint32_t table = 0;
    for (skip(true); at_ < source_.size(); skip(true)) {
      const bool good = source_[at_] == '[' ? header(table) : entry(table);
      if (!good) return Error{fault_, at_, what_};
    }
    return tree_.take(at_);
  }

 private:
  bool fail(const char* what, Fault fault = Fault::malformed) {
    what_ = what;
    fault_ = fault;
    return false;
  }
  char now() const { return at_ < source_.size() ? source_[at_] : '\0'; }

  // Blanks; with `lines` also ends of lines and comments.
  void skip(bool lines) {
    while (at_ < source_.size()) {
      const char c = source_[at_];
      if (is_blank(c) || (lines && (c == '\n' || c == '\r'))) {
        ++at_;
      } else if (lines && c == '#') {
        at_ = std::min(source_.find('\n', at_), source_.size());
      } else {
        return;
      }
    }
  }

  bool header(uint32_t& table) {
    const bool many = source_.substr(at_).starts_with("[[");
    at_ += many ? 2 : 1;
    std::vector<std::string_view> path;
    const uint64_t offset = at_;
    if (!key(path)) return false;
    if (!source_.substr(at_).starts_with(many ? "]]" : "]")) return fail("a bracket of a section is missing");
    at_ += many ? 2 : 1;
    table = 0;
    for (size_t i = 0; i + 1 < path.size(); ++i) table = tree_.inner(table, path[i], offset);
    if (!many) {
      table = tree_.inner(table, path.back(), offset);
      return true;
    }
    const uint32_t list = tree_.list(table, path.back(), offset);
    table = tree_.add({}, NodeKind::map, offset);
    tree_.put(list, {}, offset, table);
    return !tree_.is_full() || fail("the text holds too many values", Fault::limit);
  }

  // a."b c".d
  bool key(std::vector<std::string_view>& path) {
    while (true) {
      skip(false);
      std::string_view part;
      if (now() == '"' || now() == '\'') {
        if (!string(part)) return false;
      } else {
        const size_t end = std::min(source_.find_first_of(" \t.=]#\n\r\"'", at_), source_.size());
        part = source_.substr(at_, end - at_);
        if (part.empty()) return fail("a key is missing");
        at_ = end;
      }
      path.push_back(part);
      if (path.size() > kDeepest) return fail("a key has too many parts", Fault::limit);
      skip(false);
      if (now() != '.') return true;
      ++at_;
    }
  }

  bool entry(uint32_t table, int depth = 0) {
    std::vector<std::string_view> path;
    const uint64_t offset = at_;
    if (!key(path)) return false;
    if (now() != '=') return fail("an equals sign is missing");
    ++at_;
    for (size_t i = 0; i + 1 < path.size(); ++i) table = tree_.inner(table, path[i], offset);
    uint32_t made = 0;
    if (!value(made, depth)) return false;
    tree_.put(table, path.back(), offset, made);
    return true;
  }

  bool value(uint32_t& made, int depth) {
    skip(false);
    if (depth > kDeepest || tree_.is_full()) return fail("the text is too large or nested too deep", Fault::limit);
    const uint64_t offset = at_;
    switch (now()) {
      case '[': return array(made, depth);
      case '{': return inline_table(made, depth);
      case '"':
      case '\'': {
        std::string_view text;
        if (!string(text)) return false;
        made = tree_.add(text, NodeKind::text, offset);
        return true;
      }
      default: return word(made);
    }
  }

  bool array(uint32_t& made, int depth) {
    made = tree_.add({}, NodeKind::list, at_++);
    for (skip(true); now() != ']'; skip(true)) {
      uint32_t item = 0;
      if (at_ >= source_.size()) return fail("a bracket is not closed", Fault::truncated);
      if (!value(item, depth + 1)) return false;
      tree_.put(made, {}, 0, item);
      skip(true);
      if (now() == ',') ++at_;
      else if (now() != ']') return fail("a comma is missing");
    }
    ++at_;
    return true;
  }

  bool inline_table(uint32_t& made, int depth) {
    made = tree_.add({}, NodeKind::map, at_++);
    for (skip(true); now() != '}'; skip(true)) {
      if (at_ >= source_.size()) return fail("a bracket is not closed", Fault::truncated);
      if (!entry(made, depth + 1)) return false;
      skip(true);
      if (now() == ',') ++at_;
      else if (now() != '}') return fail("a comma is missing");
    }
    ++at_;
    return true;
  }

  bool word(uint32_t& made) {
    const size_t end = std::min(source_.find_first_of(",]}#\n\r", at_), source_.size());
    const std::string_view text = trimmed(source_.substr(at_, end - at_));
    if (text.empty()) return fail("a value is missing");
    const uint64_t offset = at_;
    at_ = end;
    made = tree_.add(text, NodeKind::text, offset);
    Node& node = tree_[made].node;
    if (text == "true" || text == "false") {
      node.kind = NodeKind::boolean;
      node.truth = text == "true";
      return true;
    }
    const auto [stop, fault] = std::from_chars(text.data(), text.data() + text.size(), node.integer);
    if (fault == std::errc() && stop == text.data() + text.size()) {
      node.kind = NodeKind::integer;
      return true;
    }
    const auto [last, wrong] = std::from_chars(text.data(), text.data() + text.size(), node.real);
    if (wrong == std::errc() && last == text.data() + text.size()) node.kind = NodeKind::real;
    return true;
  }

  bool string(std::string_view& text) {
    const char quote = now();
    const std::string three(3, quote);
    const bool lines = source_.substr(at_).starts_with(three);
    at_ += lines ? 3 : 1;
    if (lines && now() == '\r') ++at_;
    if (lines && now() == '\n') ++at_;
    const std::string_view end = lines ? std::string_view(three) : std::string_view(three).substr(0, 1);
    std::string decoded;
    while (!source_.substr(at_).starts_with(end)) {
      if (at_ >= source_.size() || (!lines && now() == '\n')) return fail("a string is not closed", Fault::truncated);
      if (quote == '"' && now() == '\\') {
        if (!escape(decoded)) return false;
      } else {
        decoded += source_[at_++];
      }
    }
    at_ += end.size();
    for (int more = 0; lines && more < 2 && now() == quote; ++more) decoded += source_[at_++];  // """ends with a quote""""
    text = tree_.keep(std::move(decoded));
    return true;
  }

  bool escape(std::string& out) {
    ++at_;
    const char c = now();
    static constexpr std::string_view kLetters = "\"\\bfnrte";
    static constexpr std::string_view kMeant = "\"\\\b\f\n\r\t\x1b";
    if (const size_t found = kLetters.find(c); found != std::string_view::npos && at_ < source_.size()) {
      ++at_;
      out += kMeant[found];
      return true;
    }
    if (c == '\n' || c == '\r' || is_blank(c)) {  // the line goes on with the next word
      at_ = std::min(source_.find_first_not_of(" \t\r\n", at_), source_.size());
      return true;
    }
    const size_t digits = c == 'u' ? 4 : c == 'U' ? 8 : c == 'x' ? 2 : 0;
    uint32_t code = 0;
    if (digits == 0 || source_.size() - at_ <= digits) return fail("an escape is unknown");
    const std::string_view number = source_.substr(at_ + 1, digits);
    const auto [stop, fault] = std::from_chars(number.data(), number.data() + digits, code, 16);
    if (fault != std::errc() || stop != number.data() + digits || code > 0x10ffff) return fail("an escape is damaged");
    append_utf8(out, code);
    at_ += digits + 1;
    return true;
  }

  std::string_view source_;
  size_t at_ = 0;
  Tree tree_;
  const char* what_ = "";
  Fault fault_ = Fault::malformed;
};

bool is_comment(std::string_view line) { return line.starts_with('#') || line.starts_with(';'); }

// A value of configparser; spaCy and some others put JSON there, of which only the quotes matter here.
std::string_view unquoted(std::string_view value, Tree& tree) {
  if (value.size() < 2 || value.front() != value.back() || (value.front() != '"' && value.front() != '\'')) return value;
  if (value.front() == '"' && value.find('\\') != std::string_view::npos) {
    if (const auto json = parse_json(value); json && json->document.is_text(json->document.root)) return tree.keep(std::string(json->document[json->document.root].text));
  }
  return value.substr(1, value.size() - 2);
}

}  // namespace

Result<ParsedDocument> parse_toml(std::string_view source) { return TomlParser(source).run(); }

Result<ParsedDocument> parse_ini(std::string_view source) {
  Tree tree;
  uint32_t section = 0, last = 0;
  std::string value;  // of the key that lines may still belong to
  const auto end_value = [&] {
    if (last != 0) tree[last].node.text = unquoted(tree.keep(std::exchange(value, {})), tree);
    last = 0;
  };
  for (size_t at = 0; at < source.size();) {
    const size_t stop = std::min(source.find('\n', at), source.size());
    const std::string_view whole = source.substr(at, stop - at);
    const std::string_view line = trimmed(whole);
    const uint64_t offset = at;
    at = stop + 1;
    if (line.empty() || is_comment(line)) continue;
    if (is_blank(whole.front()) && last != 0) {
      value += "\n" + std::string(line);
      continue;
    }
    end_value();
    if (tree.is_full()) return Error{Fault::limit, offset, "the text holds too many values"};
    if (line.front() == '[') {
      const size_t close = line.rfind(']');
      if (close == std::string_view::npos) return Error{Fault::malformed, offset, "a bracket of a section is missing"};
      section = 0;
      int depth = 0;
      for (std::string_view rest = line.substr(1, close - 1); depth < kDeepest; ++depth) {
        const size_t dot = rest.find('.');
        section = tree.inner(section, trimmed(rest.substr(0, dot)), offset);
        if (dot == std::string_view::npos) break;
        rest.remove_prefix(dot + 1);
      }
      continue;
    }
    const size_t sign = line.find_first_of("=:");
    const std::string_view name = trimmed(line.substr(0, sign));
    last = tree.add({}, NodeKind::text, offset);
    if (sign != std::string_view::npos) value = trimmed(line.substr(sign + 1));
    tree.put(section, name, offset, last);
  }
  end_value();
  return tree.take(source.size());
}

bool begins_with_section(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  while (!text.empty()) {
    const size_t stop = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, stop));
    text.remove_prefix(std::min(stop + 1, text.size()));
    if (line.empty() || is_comment(line)) continue;
    if (line.front() == '[') {
      const size_t close = line.find(']');
      return close != std::string_view::npos && close > 1 && (std::isalnum(static_cast<unsigned char>(line[1])) || line[1] == '"' || line[1] == '[' || line[1] == '_') &&
             (close + 1 == line.size() || line[close + 1] == ']' || is_blank(line[close + 1]) || is_comment(line.substr(close + 1)));
    }
    const size_t sign = line.find('=');
    if (sign == std::string_view::npos || sign == 0) return false;
    for (const char c : trimmed(line.substr(0, sign))) {
      if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_' && c != '-' && c != '.' && c != '"' && c != '\'') return false;
    }
    return true;
  }
  return false;
}

}  // namespace winnow::containers
