// YAML, through libyaml's events: scalars become what PyYAML's resolver makes of them, tags are kept.
#include <yaml.h>

#include <charconv>
#include <unordered_map>

#include "containers/document.h"

namespace winnow::containers {

namespace {

constexpr size_t kMostNodes = 8'000'000;
constexpr size_t kDeepest = 1'000;

// Owns libyaml's parser and the event in hand.
struct Events {
  yaml_parser_t parser;
  yaml_event_t event;
  bool held = false;

  Events() { yaml_parser_initialize(&parser); }
  ~Events() {
    if (held) yaml_event_delete(&event);
    yaml_parser_delete(&parser);
  }
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;

  bool next() {
    if (held) yaml_event_delete(&event);
    held = yaml_parser_parse(&parser, &event) != 0;
    return held;
  }
};

std::string_view view(const yaml_char_t* text) {
  return text == nullptr ? std::string_view() : std::string_view(reinterpret_cast<const char*>(text));
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words) {
    if (text == word) return true;
  }
  return false;
}

class YamlReading {
 public:
  explicit YamlReading(std::string_view source) : source_(source) {
    yaml_parser_set_input_string(&events_.parser, reinterpret_cast<const unsigned char*>(source.data()), source.size());
  }

  // The next document of the stream; one without any node where there is none.
  Result<ParsedDocument> next() {
    out_ = {};
    anchors_.clear();
    open_.clear();
    pending_.clear();
    while (true) {
      if (!events_.next()) {
        const char* problem = events_.parser.problem;
        return Error{Fault::malformed, offset_of(events_.parser.problem_mark), std::string("YAML: ") + (problem != nullptr ? problem : "no document")};
      }
      const yaml_event_t& event = events_.event;
      if (event.type == YAML_DOCUMENT_END_EVENT || event.type == YAML_STREAM_END_EVENT) break;
      if (nodes_ + out_.document.nodes.size() >= kMostNodes || open_.size() > kDeepest) {
        return Error{Fault::limit, offset_of(event.start_mark), "the YAML text holds too much"};
      }
      read(event);
    }
    out_.end = offset_of(events_.event.end_mark);
    nodes_ += out_.document.nodes.size();
    return std::move(out_);
  }

  Result<ParsedDocument> run() {
    auto first = next();
    if (first && first->document.nodes.empty()) return Error{Fault::truncated, 0, "there is no YAML document"};
    return first;
  }

 private:
  struct Open {
    NodeId node;
    size_t pending;
  };

  // libyaml counts characters: of texts in UTF-8 that are not plain ASCII, the byte at which one begins. The marks
  // come in the order of the text, nearly always.
  uint64_t offset_of(const yaml_mark_t& mark) {
    if (mark.index < characters_) characters_ = bytes_ = 0;
    while (characters_ < mark.index && bytes_ < source_.size()) {
      ++bytes_;
      while (bytes_ < source_.size() && (static_cast<unsigned char>(source_[bytes_]) & 0xc0) == 0x80) ++bytes_;
      ++characters_;
    }
    return bytes_;
  }

  void read(const yaml_event_t& event) {
    switch (event.type) {
      case YAML_SCALAR_EVENT: scalar(event); break;
      case YAML_SEQUENCE_START_EVENT:
        begin(NodeKind::list, view(event.data.sequence_start.tag), view(event.data.sequence_start.anchor), offset_of(event.start_mark));
        break;
      case YAML_MAPPING_START_EVENT:
        begin(NodeKind::map, view(event.data.mapping_start.tag), view(event.data.mapping_start.anchor), offset_of(event.start_mark));
        break;
      case YAML_SEQUENCE_END_EVENT: case YAML_MAPPING_END_EVENT: end(); break;
      case YAML_ALIAS_EVENT: {
        const auto found = anchors_.find(std::string(view(event.data.alias.anchor)));
        // An alias of what is still open would make a cycle.
        pending_.push_back(found != anchors_.end() && out_.document.nodes[found->second].first != kOpen ? found->second : add(Node()));
        break;
      }
      default: break;
    }
  }

  NodeId add(const Node& node) {
    out_.document.nodes.push_back(node);
    return static_cast<NodeId>(out_.document.nodes.size() - 1);
  }

  std::string_view keep(std::string_view text) { return text.empty() ? std::string_view() : out_.document.texts.emplace_back(text); }

  void begin(NodeKind kind, std::string_view tag, std::string_view anchor, uint64_t offset) {
    Node node;
    node.kind = kind;
    node.tag = keep(tag);
    node.offset = offset;
    node.first = kOpen;
    const NodeId id = add(node);
    if (!anchor.empty()) anchors_[std::string(anchor)] = id;
    open_.push_back({id, pending_.size()});
  }

  void end() {
    if (open_.empty()) return;
    const Open closed = open_.back();
    open_.pop_back();
    out_.document.close(closed.node, pending_, closed.pending);
    out_.document.root = closed.node;
  }

  void scalar(const yaml_event_t& event) {
    Node node;
    node.kind = NodeKind::text;
    const std::string_view value(reinterpret_cast<const char*>(event.data.scalar.value), event.data.scalar.length);
    node.text = keep(value);
    node.tag = keep(view(event.data.scalar.tag));
    node.offset = offset_of(event.start_mark);
    if (node.tag.empty() && event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE) resolve(node);
    const NodeId id = add(node);
    const std::string_view anchor = view(event.data.scalar.anchor);
    if (!anchor.empty()) anchors_[std::string(anchor)] = id;
    pending_.push_back(id);
    if (open_.empty()) out_.document.root = id;
  }

  static void resolve(Node& node) {
    const std::string_view text = node.text;
    const char* last = text.data() + text.size();
    if (is_one_of(text, {"", "~", "null", "Null", "NULL"})) {
      node.kind = NodeKind::null;
    } else if (is_one_of(text, {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"})) {
      node.kind = NodeKind::boolean;
      node.truth = true;
    } else if (is_one_of(text, {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"})) {
      node.kind = NodeKind::boolean;
    } else if (const auto [stop, fault] = std::from_chars(text.data(), last, node.integer); stop == last && fault == std::errc()) {
      node.kind = NodeKind::integer;
    } else if (const auto [end, error] = std::from_chars(text.data(), last, node.real); end == last && error == std::errc()) {
      node.kind = NodeKind::real;
    }
  }

  static constexpr uint32_t kOpen = UINT32_MAX;
  Events events_;
  std::string_view source_;
  size_t characters_ = 0, bytes_ = 0;  // of the mark that was turned into an offset last
  size_t nodes_ = 0;                   // of the documents before
  ParsedDocument out_;
  std::vector<Open> open_;
  std::vector<NodeId> pending_;
  std::unordered_map<std::string, NodeId> anchors_;
};

}  // namespace

Result<ParsedDocument> parse_yaml(std::string_view source) { return YamlReading(source).run(); }

bool begins_as_yaml(std::string_view text) {
  constexpr size_t kLongestBegin = 4096;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  while (!text.empty()) {
    // A plain key ends within 1,024 characters; numbers without a line's end are no reason to go through all of a model.
    const std::string_view near = text.front() == '#' ? text : text.substr(0, kLongestBegin);
    const size_t end = std::min(near.find('\n'), near.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (!line.empty() && (line.back() == ' ' || line.back() == '\r' || line.back() == '\t')) line.remove_suffix(1);
    while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
    if (line.empty() || line.front() == '#' || line.starts_with("---") || line.starts_with("%YAML") || line.starts_with("%TAG")) continue;
    if (line.starts_with("- ") || line.starts_with("? ") || line.front() == '!' || line.front() == '&') return true;
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || (colon + 1 < line.size() && line[colon + 1] != ' ')) return false;
    return line.substr(0, colon).find_first_of("{}[]|<>%@`") == std::string_view::npos;
  }
  return false;
}

ParsedStream parse_yaml_stream(std::string_view source) {
  constexpr size_t kMostDocuments = 1000;
  YamlReading reading(source);
  ParsedStream stream;
  while (true) {
    auto document = reading.next();
    if (!document) {
      stream.fault = document.error();
      return stream;
    }
    if (document->document.nodes.empty()) return stream;
    if (stream.documents.size() >= kMostDocuments) {
      stream.fault = Error{Fault::limit, document->end, "the YAML text holds too many documents"};
      return stream;
    }
    stream.documents.push_back(std::move(*document));
  }
}

}  // namespace winnow::containers
