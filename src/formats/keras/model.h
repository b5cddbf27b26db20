// From a configuration to the report: what it carries and names becomes traces, which the judge reads, and findings
// about files that the loader would open. One Model stands for one artifact, which may hold several configurations.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "code/machine/run.h"
#include "core/code_object.h"
#include "core/scan.h"
#include "formats/keras/config.h"

namespace winnow::keras_format {

class Model {
 public:
  Model(Scan& scan, const Artifact& artifact) : scan_(scan), artifact_(artifact) {}

  // A whole text; `base` is its offset in the artifact. A text that cannot be read is a gap.
  void read_json(std::string_view text, uint64_t base, std::string_view what);
  void read(const Document& document, NodeId root, uint64_t base);
  // `weights` without any configuration: a file that the loader only takes numbers from.
  void note_weights() { weights_ = true; }
  // Why the artifact is harmless, where it is: to be called last.
  void conclude();

 private:
  // functions.cpp: functions that come as bytecode.
  void run_functions(const Document& document, const Config& config, uint64_t base);
  void run_function(const Document& document, const CarriedFunction& function, uint64_t base);
  bool run_as(const Document& document, const CarriedFunction& function, uint64_t base, PythonVersion version);
  void call_layer(machine::Machine& machine, const Document& document, const CarriedFunction& function, machine::FunctionParts& parts);
  void begin_trace(Trace& trace, const CarriedFunction& function, uint64_t base) const;
  bool explain_findings(const CarriedFunction& function, const std::string& source, uint64_t base, size_t first);
  Value globals_for(machine::Machine& machine, const CarriedFunction& function);

  // references.cpp: functions and classes by name, texts that are evaluated.
  void follow_names(const Document& document, const Config& config, uint64_t base);
  void follow_name(machine::Machine& machine, const Document& document, const NamedObject& object);
  void call_node(machine::Machine& machine, const Document& document, Value callee, NodeId call);
  void note_custom(const NamedObject& object);

  // files.cpp: files and pickles that layers load.
  void tell_file(const NamedFile& file, uint64_t base);
  void tell_hub(const NamedFile& file, uint64_t base);
  void tell_saved_model(const NamedFile& file, uint64_t base);
  void give_pickle(const CarriedPickle& pickle, uint64_t base);

  void finding(std::string_view threat, Ruling ruling, std::string summary, std::string why, std::string_view callee,
               std::string code, uint64_t offset);

  Scan& scan_;
  const Artifact& artifact_;
  std::vector<std::string> seen_;     // functions that were run already
  std::vector<std::string> customs_;  // "lab>Scale", told once each
  uint64_t objects_ = 0, functions_ = 0, configs_ = 0;
  bool weights_ = false, damaged_ = false, reaches_ = false;
};

// A part of a configuration as a value: what deserialisation would make of it, where that is plain data.
Value value_of(machine::Machine& machine, const Document& document, NodeId node);

}  // namespace winnow::keras_format
