// One document of a configuration as its loaders read it: a walk over its maps, each asked for what it makes a loader
// do. Calls are made on the abstract machine as they are met, in the order in which loaders make them; what a file
// refers to is told as references.
#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "code/machine/run.h"
#include "core/scan.h"
#include "formats/configuration/keys.h"

namespace winnow::configuration {

constexpr NodeId kNoNode = UINT32_MAX;

enum class Syntax : uint8_t { json, yaml, sections };

class Reading {
 public:
  Reading(Scan& scan, const Artifact& artifact, const Document& document, Syntax syntax);

  // Reads the whole document. Whether it is one that a model's loader takes.
  bool run();

 private:
  // Where a node stands.
  struct Place {
    std::string_view key;      // of the map that holds it
    NodeId parent = kNoNode;   // that map
    bool rendered = false;     // below a key that holds templates
    int depth = 0;
  };

  // reading.cpp: the walk, texts, words of findings.
  void visit(NodeId id, Place place);
  void visit_map(NodeId id, const Place& place);
  void visit_text(const Node& node, const Place& place);
  void note_value(const Node& node, const Place& place);
  void conclude();
  void name_format(std::string_view format) { if (format_.empty()) format_ = format; }
  void finding(std::string_view threat, Ruling ruling, std::string summary, std::string why, std::string_view callee, std::string code, uint64_t offset);
  void refer(std::string_view kind, std::string_view target, std::string_view by);
  std::string_view text_of(std::optional<NodeId> id) const { return id && document_.is_text(*id) ? document_[*id].text : std::string_view(); }
  bool is_true(std::optional<NodeId> id) const;
  std::optional<NodeId> find(NodeId map, std::string_view key, int depth = 0) const;  // also through merge keys

  // calls.cpp: what makes a loader call something by its name.
  bool makes_call(NodeId id, const Members& members, const Place& place) const;
  Value evaluate(NodeId id, int depth);
  Value evaluate_map(NodeId id, const Node& node, int depth);
  Value evaluate_plain_map(NodeId id, const Node& node, int depth);
  Value evaluate_list(const Node& node, Kind kind, int depth);
  Value call_target(NodeId id, std::string_view name, int depth);
  Value call_with(NodeId id, std::string_view name, std::optional<NodeId> arguments, std::optional<NodeId> keywords, int depth);
  Value call_named(std::string_view name, Value arguments, Value keywords, uint64_t offset);
  Value instantiated(Value arguments, Value keywords, uint64_t offset);
  Value by_position(std::string_view name, Value arguments, Value& keywords);
  Value pickled_object(NodeId id, const Members& members, int depth);
  Value import_dotted(std::string_view name);
  void note_call(std::string_view name);
  void gather_entries(NodeId map, std::vector<Value>& out, int depth, int merges);

  // tags.cpp: objects that tags of YAML make.
  std::optional<Value> evaluate_tag(NodeId id, const Node& node, int depth);
  Value python_object(std::string_view kind, std::string_view name, NodeId id, int depth);
  Value hyper_object(std::string_view kind, std::string_view name, NodeId id, int depth);

  // interpolation.cpp: texts that stand for others, and those that are evaluated.
  Value text_value(NodeId id, int depth);
  std::string resolved_text(NodeId id, int depth = 0);
  std::optional<NodeId> follow(std::string_view path) const;
  void run_source(std::string_view text, uint64_t offset);
  void run_expressions();
  void note_expression(const Node& node);

  // hub.cpp: code of this repository and of others.
  void read_hub(NodeId id, const Members& members, const Place& place);
  void read_auto_map(NodeId id);
  void read_code_reference(std::string_view reference, std::string_view by, uint64_t offset);
  void read_attention(const Members& members);
  void read_trust(NodeId id, const Members& members, const Place& place);
  void read_pipeline(NodeId id);
  void read_modules(NodeId list);
  void read_adapter(NodeId id, const Members& members);

  // services.cpp: what servers import and run.
  void read_services(NodeId id, const Members& members, const Place& place);
  void read_mlflow(NodeId flavors);
  void read_layers(NodeId layers);
  void read_download(NodeId id);
  void note_evaluated(NodeId id);
  void refer_to_module(std::string_view module, std::string_view by);

  // flows.cpp: source and commands that stand in documents.
  void read_flows(NodeId id, const Members& members, const Place& place);
  void read_widgets(NodeId widgets, std::string_view type);
  void read_tools(NodeId root);
  void read_commands(NodeId id, const Members& members, const Place& place);
  void give_source(std::string_view text, std::string_view format);
  void give_commands(std::string_view text, std::string_view format);
  std::string command_of(NodeId id, int depth = 0) const;

  // sections.cpp: what only texts of sections hold.
  void read_section_root(NodeId id);
  void read_logging(NodeId root);
  void read_build(NodeId root);
  void read_registered(NodeId map, int depth);

  Scan& scan_;
  const Artifact& artifact_;
  const Document& document_;
  bool yaml_, sections_;
  std::string_view format_;
  std::vector<bool> seen_;                  // nodes that were visited: aliases of YAML lead to one again and again
  std::vector<std::optional<Value>> made_;  // what nodes became
  std::unordered_set<std::string_view> rendered_;  // templates that were given on
  std::vector<std::pair<std::string_view, uint64_t>> expressions_;
  std::vector<std::string> called_;         // names, each once
  std::vector<Value> held_;
  std::vector<std::string_view> registered_;
  std::string_view held_text_, held_key_;   // a setting that is a command
  uint64_t held_offset_ = 0;
  bool cut_ = false, has_objects_ = false;
  uint32_t references_ = 0;  // put in where they stand in texts
  Trace trace_;
  machine::Machine machine_;
  Value globals_ = Value::none();           // of expressions
};

}  // namespace winnow::configuration
