// The weigher of one trace: what it has to hand, the words of a finding, and what it looks at. The
// declarations stand under the file that holds them, so this page is also the map of the folder.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/print.h"
#include "core/scan.h"
#include "core/trace.h"
#include "judge/addresses.h"
#include "judge/origins.h"
#include "judge/rules.h"
#include "knowledge/knowledge.h"

namespace winnow::judge {

struct SourceFacts;

// A verdict on one event, before it is written down.
struct Opinion {
  std::string_view threat;  // without the dialect where it begins with '-'
  Ruling ruling = Ruling::suspected;
  std::string summary, why;
  std::string_view callee;
  uint32_t line = 0;  // of a script that the event runs, from its first
};

// The most strings of one call that are looked at.
constexpr size_t kMostTexts = 256;

// What is called: a type keeps what it is given as data, a function is given it to use.
enum class Role : uint8_t { type, function };

class Weigher {
 public:
  Weigher(Scan& scan, const Trace& trace) : scan_(scan), trace_(trace), heap_(trace.heap) {}
  void run();

 private:
  // judge.cpp: the order of things, and what only the whole trace tells.
  void weigh(uint32_t index, const Event& event);
  void weigh_hiding();
  void weigh_break(size_t findings_before);
  void list_imports();
  void list_text();

  // calls.cpp: calls of what has a name.
  void weigh_call(uint32_t index, const Event& event);
  void weigh_trusted(uint32_t index, const Event& event);
  void weigh_known(uint32_t index, const Event& event, const Name& name);
  static Ruling ruling_in_module(const Name& name, knowledge::Effect effect, Ruling otherwise);
  bool is_ordinary_in_code(const Event& event, std::string_view callee, knowledge::Effect effect) const;
  void weigh_bare_instance(uint32_t index, const Name& name, const Rule& rule);
  void weigh_unknown(uint32_t index, const Event& event, const Name& name);
  const knowledge::Callable* moved_function(Value callee);
  bool weigh_arguments(uint32_t index, const Event& event, std::string_view callee, Role role);
  bool weigh_binding(uint32_t index, const Event& event, std::string_view callee);
  bool weigh_callbacks(uint32_t index, const Event& event, std::string_view callee);
  bool opens_for_reading(const Event& event, const Name& name) const;
  bool opens_no_file(const Event& event, const knowledge::Callable& known) const;
  Ruling ruling_of_callback(const Event& event, const Name& name, Ruling otherwise) const;
  std::string call_text(uint32_t index);

  // sizes.cpp: what would take the memory of the machine.
  bool may_grow(Value callee);
  void weigh_size(uint32_t index, const Event& event, std::string_view callee);
  bool grows_without_bound(const Event& event, std::string_view callee) const;
  bool makes_enormous_array(const std::vector<Value>& given, std::string_view maker) const;
  double length_of(Value value, int depth) const;

  // habits.cpp: what functions do every day, by where and with what.
  struct Parts {
    std::vector<std::string_view> texts;
    std::vector<const Name*> names;
    bool outside = false;  // something is not known or not looked at
  };
  // Where a file is that a function deals with. `given`: whoever calls the function says so.
  enum class Where : uint8_t { sensitive, elsewhere, program, temporary, data, beside, given };
  Parts parts_of(Value value) const;
  bool hides_constant(Value value) const;
  bool comes_from_file(Value value) const;
  Where place_of(const Event& event, const knowledge::Callable& known) const;
  bool is_short_wait(const Event& event) const;
  bool handles_itself(const Event& event) const;
  std::optional<Ruling> ruling_of_habit(const Event& event, const Name& name, knowledge::Effect effect) const;
  std::optional<Ruling> ruling_of_files(const Event& event, const Name& name, knowledge::Effect effect) const;
  std::optional<Ruling> ruling_of_variables(const Event& event) const;
  bool fetches_published_weights(const Event& event, const Name& name) const;
  bool loads_arrays_only(const Event& event, const Name& name) const;

  // lookups.cpp: attributes and modules that the machine has looked up already.
  void weigh_computed(uint32_t index, const Event& event);
  bool weigh_reach(uint32_t index, const Event& event);
  bool is_given(Value base) const;
  void weigh_look_up(uint32_t index, const Event& event, const Name* by);
  bool weigh_imported_file(uint32_t index, const Event& event, const Name& importer);
  void weigh_import(uint32_t index, const Name& importer, const Name& imported);

  // code.cpp: source text that is executed.
  void weigh_code(uint32_t index, const Event& event, const Name& name);
  void weigh_executed_state(uint32_t index, const Event& event, std::string_view type);

  // functions.cpp: functions that come as bytecode, and calls of what an earlier call returned.
  void weigh_function_body(uint32_t index, const Event& event, const Name& name);
  void weigh_made(uint32_t index, const Event& event);
  void weigh_door(uint32_t index, const std::string& callee);
  bool weigh_maker(uint32_t index, const Event& event, Value made, const Name& maker);
  bool is_harmless_function(Value function) const;
  bool asks_own_object(Value arguments);
  bool from_introspection(Value value);

  // configurations.cpp: what configurations have called.
  bool is_configuration() const;
  std::optional<Ruling> ruling_in_configuration(const Event& event, const Name& name, knowledge::Effect effect) const;
  Ruling ruling_of_named_model(std::string_view target, Ruling otherwise) const;

  // graphs.cpp: operations of a graph, whose inputs may be the caller's.
  void weigh_operation(uint32_t index, const Event& event, const Name& name);
  bool is_own_data(Value value) const;
  bool maps_for_writing(const Event& event) const;
  void weigh_operator(uint32_t index, const Event& event, const Name& name);

  // r.cpp: calls that R code makes.
  void weigh_in_r(uint32_t index, const Event& event, const Name& name);
  Ruling ruling_in_r(const Event& event, const Name& name, std::string& why) const;
  Ruling ruling_of_r_files(const Event& event, const Name& name, std::string& why) const;
  Ruling ruling_of_r_program(const Event& event, std::string_view command, std::string& why) const;

  // loads.cpp: other serialised objects and other models.
  void weigh_load(uint32_t index, const Event& event, const Name& name);
  void weigh_nested(uint32_t index, const Event& event, const Name& name);
  void weigh_fetch(uint32_t index, const Event& event, const Name& name);
  void refer_to(const Event& event, std::string_view target, std::string_view unless_address, std::string_view by);

  // stores.cpp: what is put into objects, classes and modules.
  void weigh_store(uint32_t index, const Event& event);
  std::vector<const Name*> types_of(Value object) const;
  bool weigh_changed_class(uint32_t index, const Event& event);
  void weigh_changed_name(uint32_t index, const Event& event, const Name& owner);
  bool is_modules_affair(const Event& event, const Name& owner) const;
  void weigh_filled(uint32_t index, const Event& event, const Name& filler);

  // references.cpp: names that are held and not called.
  void weigh_references();
  void weigh_reference(uint32_t index, uint32_t name, bool reachable);
  bool weighs_as_reference(const Name& name) const;
  std::string_view hook_of(uint32_t name) const;
  std::vector<bool> names_behind(std::vector<Value> pending, bool through_functions) const;
  void note_names_of_functions();
  bool is_for_functions(const Name& name) const;
  bool is_of_functions(Value value) const;
  std::vector<uint32_t> first_imports() const;

  // program.cpp: source beside the weights, which does more than saved objects do and honestly so.
  void weigh_in_program(uint32_t index, const Event& event);
  void weigh_computed_in_program(uint32_t index, const Event& event);
  void weigh_executed(uint32_t index, const Event& event, const Name& name);
  void weigh_executed_file(uint32_t index, const Event& event, const Name& name);
  void weigh_fetched_model(uint32_t index, const Event& event, const Name& name);
  void weigh_deserialised(uint32_t index, const Event& event, const Name& name);
  void weigh_loaded_module(uint32_t index, const Event& event, const Name& name);
  void weigh_handing_over(uint32_t index, const Event& event, const Name& name);
  bool weigh_method(uint32_t index, const Event& event);
  bool opens_to_read(const Event& event, std::string_view method) const;
  const Name* connection_behind(Value value) const;
  bool weigh_starter(uint32_t index, const Event& event, const std::string& callee);
  void weigh_listener(uint32_t index, const Event& event, const std::string& callee);
  void weigh_plain_import(uint32_t index, const Event& event);
  bool reaches_network() const;
  bool reads_strange_code(const Origin& origin) const;
  bool serves_requests() const;
  void weigh_include(uint32_t index, const Event& event);
  bool loads_safely(const Event& event, const Name& name) const;
  static bool is_data_name(std::string_view path);
  static bool is_no_source(std::string_view text);
  void weigh_stranger(uint32_t index, const Event& event, const Name& name);
  static bool runs_unasked(const Event& event);
  void weigh_native_source(uint32_t index, const Event& event, const std::string& callee);
  void weigh_module_folder(uint32_t index, const Event& event, const Name& name);
  bool starts_with_hole(Value payload) const;
  static bool is_of_requests(const Event& event, const Origin& origin);
  static bool acts_badly(const SourceFacts& facts);

  // program_process.cpp: programs that it starts, native code.
  void weigh_process(uint32_t index, const Event& event, const Name& name);
  void weigh_replacing(uint32_t index, const Event& event, const Name& name);
  void weigh_command(uint32_t index, const Event& event, Opinion opinion, Value payload);
  std::string starts_downloaded(Value payload) const;
  bool weigh_passing_on(uint32_t index, const Event& event);
  void weigh_native(uint32_t index, const Event& event, const Name& name);

  // program_network.cpp: what it sends and fetches.
  void weigh_network(uint32_t index, const Event& event, const Name& name);
  Address destination_of(const Event& event, const Name& name);
  Origin sent_by(const Event& event) const;
  std::string_view stolen_variable(const Origin& sent, const Address& address) const;
  void note_download(const Event& event, const Name& name);
  void note_kept(const Event& event, const Name& name);
  Origin whole_origin(Value value) const;
  std::string downloaded_among(const Origin& origin) const;
  AddressKind download_kind(std::string_view path) const;

  // program_files.cpp: files, settings, other code.
  void weigh_file(uint32_t index, const Event& event, const Name& name);
  void weigh_change(uint32_t index, const Event& event);
  void weigh_tampering(uint32_t index, const Event& event, const Name& name);
  void weigh_registry(uint32_t index, const Event& event, const Name& name);
  bool weigh_walk(uint32_t index, const Event& event);
  bool walked_from_constant(Value value) const;
  void weigh_found_callee(uint32_t index, const Event& event);
  bool is_hidden_text(std::string_view text) const;
  bool walks_everything() const;
  static bool is_everything(std::string_view path);

  // spelling.cpp: names that mislead by how they are written.
  void weigh_spelling();

  // weigher.cpp: what all of these use.
  bool is_program() const { return trace_.dialect == "source"; }
  // What stands in functions of a compiled module is a program, too; the module itself runs before anybody sees it.
  bool in_program(const Event& event) const {
    return is_program() || (trace_.dialect == "python" && (event.trigger == Trigger::inference || event.trigger == Trigger::other));
  }
  std::string source_line(int32_t line);
  void add(uint32_t index, Opinion opinion);
  Printer& printer();
  const Name* named(Value value) const;      // the name that a value is; null for other values
  const Name* resolved(Value callee) const;  // also the name that an attribute of an object stands for
  bool names_code_runner(Value value) const;
  const Name* held_among(std::vector<Value> given, bool (*wanted)(const Name&)) const;  // null where there is none
  std::vector<Value> arguments_of(const Event& event) const;
  std::vector<std::string_view> texts_of(const Event& event) const;
  // Those of which only parts are known, with marks for the rest (origins.h).
  std::vector<std::string> open_texts_of(const Event& event) const;
  bool is_open_text(Value value) const;
  std::optional<Value> payload_of(const Event& event, const knowledge::Callable& known) const;
  const Value* keyword_of(const Event& event, std::string_view keyword) const;  // null where it is not given

  Scan& scan_;
  const Trace& trace_;
  const Heap& heap_;
  struct Download {
    std::string path;
    AddressKind from;
    std::optional<uint32_t> file;  // the event that made it, where its path is not known
  };
  struct Kept {
    Origin origin;                         // of what was put there
    std::vector<std::string_view> paths;   // of the file
    std::vector<uint32_t> made;            // events that made the file, buffer, path
  };
  std::vector<Download> downloads_;    // files that a program fetched
  std::vector<Kept> kept_;             // files and buffers into which it put what matters
  std::string spelled_;                // the host that the last destination was put together to
  mutable std::deque<std::string> open_texts_;  // texts with marks for what is not known
  std::vector<uint32_t> lines_;        // of source: where each begins
  std::unique_ptr<Printer> printer_;  // made for the first finding: most traces have none
  bool carries_functions_ = false;    // dill or cloudpickle put functions together here
  bool holds_actors_ = false;         // names what acts on the machine
  std::unordered_map<uint32_t, const knowledge::Callable*> moved_;  // by name (calls.cpp)
  std::vector<uint8_t> growing_;      // names whose results may be of any size (sizes.cpp)
  std::vector<bool> for_functions_;   // names that nothing but such functions refers to
};

}  // namespace winnow::judge
