#include "containers/text_proto.h"

#include <cctype>

namespace winnow::containers {
namespace {

constexpr size_t kDeepest = 200;
constexpr size_t kMostNodes = 8'000'000;

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '-' || c == '+' || c == '/'; }

class Parser {
 public:
  explicit Parser(std::string_view source) : source_(source) {}

  Result<Document> parse() {
    open_.push_back({make(NodeKind::map), '\0', {}});
    while (!error_) {
      space();
      const Open& top = open_.back();
      if (at_ >= source_.size()) {
        if (open_.size() > 1) fail(Fault::truncated, "a message is not closed");
        break;
      }
      if (top.end != '\0' && source_[at_] == top.end) {
        ++at_;
        close();
      } else if (source_[at_] == ',' || source_[at_] == ';') {
        ++at_;
      } else if (document_.nodes[top.node].kind == NodeKind::list) {
        value();
      } else {
        field();
      }
    }
    if (error_) return *error_;
    close();
    document_.root = 0;
    return std::move(document_);
  }

 private:
  struct Open {
    NodeId node;
    char end;
    std::vector<NodeId> children;
  };

  void fail(Fault fault, std::string what) {
    if (!error_) error_ = Error{fault, at_, std::move(what)};
  }

  NodeId make(NodeKind kind) {
    if (document_.nodes.size() >= kMostNodes) fail(Fault::limit, "the text has too many values");
    Node node;
    node.kind = kind;
    node.offset = at_;
    document_.nodes.push_back(node);
    return static_cast<NodeId>(document_.nodes.size() - 1);
  }

  void space() {
    while (at_ < source_.size()) {
      if (source_[at_] == '#') {
        while (at_ < source_.size() && source_[at_] != '\n') ++at_;
      } else if (std::isspace(static_cast<unsigned char>(source_[at_])) != 0) {
        ++at_;
      } else {
        return;
      }
    }
  }

  void close() {
    Open top = std::move(open_.back());
    open_.pop_back();
    Node& node = document_.nodes[top.node];
    node.first = static_cast<uint32_t>(document_.links.size());
    node.count = static_cast<uint32_t>(top.children.size());
    document_.links.insert(document_.links.end(), top.children.begin(), top.children.end());
  }

  void open(NodeKind kind, char end) {
    if (open_.size() >= kDeepest) return fail(Fault::limit, "messages are nested too deeply");
    const NodeId node = make(kind);
    open_.back().children.push_back(node);
    open_.push_back({node, end, {}});
  }

  void field() {
    NodeId key = 0;
    if (source_[at_] == '[') {  // an extension, or the type of an Any
      const size_t end = source_.find(']', at_);
      if (end == std::string_view::npos) return fail(Fault::malformed, "a name is not closed");
      key = make(NodeKind::text);
      document_.nodes[key].text = source_.substr(at_ + 1, end - at_ - 1);
      at_ = end + 1;
    } else if (is_word(source_[at_])) {
      key = make(NodeKind::text);
      document_.nodes[key].text = word();
    } else {
      return fail(Fault::malformed, "a name of a field is missing");
    }
    open_.back().children.push_back(key);
    space();
    const bool colon = at_ < source_.size() && source_[at_] == ':';
    if (colon) ++at_;
    space();
    if (at_ >= source_.size()) return fail(Fault::truncated, "a field has no value");
    if (!colon && source_[at_] != '{' && source_[at_] != '<') return fail(Fault::malformed, "a field has no value");
    value();
  }

  void value() {
    const char c = source_[at_];
    if (c == '{' || c == '<' || c == '[') {
      ++at_;
      return open(c == '[' ? NodeKind::list : NodeKind::map, c == '{' ? '}' : c == '<' ? '>' : ']');
    }
    const NodeId node = make(NodeKind::text);
    if (c == '"' || c == '\'') {
      std::string text;
      // Strings that follow each other are one.
      for (space(); at_ < source_.size() && (source_[at_] == '"' || source_[at_] == '\'') && !error_; space()) string(text);
      document_.texts.push_back(std::move(text));
      document_.nodes[node].text = document_.texts.back();
    } else if (is_word(c)) {
      document_.nodes[node].text = word();
    } else {
      return fail(Fault::malformed, "a value cannot begin like this");
    }
    open_.back().children.push_back(node);
  }

  std::string_view word() {
    const size_t start = at_;
    while (at_ < source_.size() && is_word(source_[at_])) ++at_;
    return source_.substr(start, at_ - start);
  }

  int digit(int base) const {
    if (at_ >= source_.size()) return -1;
    const char c = source_[at_];
    const int value = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
    return value < base ? value : -1;
  }

  void string(std::string& out) {
    const char quote = source_[at_++];
    while (at_ < source_.size() && source_[at_] != quote) {
      if (source_[at_] != '\\') {
        out += source_[at_++];
        continue;
      }
      if (++at_ >= source_.size()) break;
      escape(out);
    }
    if (at_ >= source_.size()) return fail(Fault::truncated, "a text is not closed");
    ++at_;
  }

  void escape(std::string& out) {
    static constexpr std::string_view kNames = "abfnrtv", kMeanings = "\a\b\f\n\r\t\v";
    const char c = source_[at_];
    const size_t plain = kNames.find(c);
    if (c == 'x' || c == 'X') {
      ++at_;
      int number = 0;
      for (int i = 0; i < 2 && digit(16) >= 0; ++i) number = number * 16 + digit(16), ++at_;
      out += static_cast<char>(number);
    } else if (digit(8) >= 0) {
      int number = 0;
      for (int i = 0; i < 3 && digit(8) >= 0; ++i) number = number * 8 + digit(8), ++at_;
      out += static_cast<char>(number);
    } else {
      out += plain == std::string_view::npos ? c : kMeanings[plain];
      ++at_;
    }
  }

  std::string_view source_;
  size_t at_ = 0;
  Document document_;
  std::vector<Open> open_;
  std::optional<Error> error_;
};

}  // namespace

Result<Document> parse_text_proto(std::string_view source) { return Parser(source).parse(); }

}  // namespace winnow::containers
