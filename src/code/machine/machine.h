// The abstract machine: Python semantics over known and unknown values, without any effect. Front ends drive
// it ("call this with that"); it computes what is pure and known, resolves names through every indirection,
// and writes everything else into the trace as an event. The models of single builtins stand in models_*.cpp.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/scan.h"
#include "core/trace.h"

namespace winnow::machine {

class Machine;
struct Running;

// One call as a model sees it. `self` of a bound method is the first argument.
struct Call {
  Value callee;
  std::span<const Value> arguments;
  Value keywords;  // a dict, or none

  size_t count() const { return arguments.size(); }
  Value operator[](size_t i) const { return i < arguments.size() ? arguments[i] : Value::unknown(); }
};

// Computes a call where it is pure and its arguments are known enough; nothing means: record the call.
using Model = std::optional<Value> (*)(Machine&, const Call&);

class Machine {
 public:
  Machine(Scan& scan, Trace& trace);
  ~Machine();

  // Where the program stands, set by the front end before each step.
  struct Place {
    uint32_t artifact = 0;
    uint64_t offset = 0;
    bool unreached = false;  // behind a fault at which the loader stops
    uint32_t depth = 0;      // programs inside programs
    Trigger trigger = Trigger::load;  // when what stands here runs
    bool code = false;       // within code that runs (run.h)
    int32_t line = 0;        // of its source, where known
  } place;

  // Loads a name, as an import and an attribute look-up do.
  Value import_name(std::string_view module, std::string_view qualified);
  // The same name as a word only: nothing is loaded by it.
  Value resolve(std::string_view module, std::string_view qualified);
  Value attribute(Value base, std::string_view name);
  Value item(Value base, Value key);
  Value call(Value callee, Value arguments, Value keywords = Value::none());
  Value call(Value callee, std::span<const Value> arguments, Value keywords = Value::none());
  // From now on the name stands for this value: what a loader itself puts there.
  // `spelled_so`: false where the place assigned to may be meant under another of its names.
  void define(std::string_view module, std::string_view qualified, Value value, bool spelled_so = true);
  // What the program has put under a name of a module; nothing where it has not.
  std::optional<Value> set_in(std::string_view module, std::string_view name);
  // A call that running code makes: what is pure is computed without an event.
  Value call_from_code(Value callee, std::span<const Value> arguments, Value keywords);
  Value construct(Value cls, Value arguments, Value keywords);
  void set_state(Value object, Value state);
  void extend(Value object, std::span<const Value> items, std::string_view method);
  void set_items(Value object, std::span<const Value> pairs);
  void set_attribute(Value object, std::string_view name, Value value);
  Value persistent_load(Value id);

  // Reads a pickle that the program loads, on this machine; set by the pickle front end. Nothing means that
  // the bytes are no pickle, which is asked only where that is likely and not certain.
  enum class Likely : uint8_t { perhaps, certain };
  std::function<std::optional<Value>(Machine&, Bytes, Likely)> unpickle;

  // The values that iterating gives, or nothing where they are not known.
  std::optional<std::vector<Value>> iterate(Value iterable);
  // A value's type as a dotted name, "builtins.str"; empty where it is not known.
  std::string type_of(Value value) const;
  // A keyword argument, or null.
  const Value* keyword(const Call& call, std::string_view name) const;
  // A string that the machine computed, within the budget; unknown past it.
  Value make_string(std::string_view text);
  Value make_bytes(std::string_view data);

  // Array data of old pickles is megabytes of text that codecs.encode turns into bytes which nobody looks at: a
  // model may leave such a call uncomputed, and gets it again when the result is handed to a call.
  Value postpone(const Call& call, Model model);

  // copyreg.add_extension(module, name, code), for the EXT opcodes.
  std::unordered_map<int64_t, Value> extensions;

  Heap& heap() { return trace_.heap; }
  const Heap& heap() const { return trace_.heap; }
  Trace& trace() { return trace_; }
  Scan& scan() { return scan_; }
  // Whether the values take more memory than the budget allows: then nothing more is computed.
  bool exhausted() const { return trace_.heap.used() > scan_.budget.memory; }
  // Tells, once, that the program goes on where a limit ends our reading of it. `what` is a literal.
  void cut(const char* what, std::optional<Limit> limit = {});
  // Whether a text of that size may be made; told where it may not.
  bool fits(uint64_t size, uint64_t times = 1);
  // Whether a program inside of this one is entered; one that is not is a gap.
  bool enters();
  // Counts a step of work; false when the budget has run out.
  bool step() { return scan_.step(); }

  // The exception by which what was called last ended; whoever called takes it (and resets it).
  std::optional<Value> raised;
  // Ends the present call with an exception of Python's own: raise("KeyError", key).
  // A text that is given with it is a message of ours: to the program it is not known.
  Value raise(std::string_view exception, Value argument = Value::none());
  // The same in Python's own words.
  Value raise_saying(std::string_view exception, std::string_view message);
  // a + b for texts of one kind, without copying `a` again and again where a loop builds it.
  Value joined(Value a, std::string_view more);
  // What a computation gives of which some operand is not known: nothing, or, where origins are kept, something that
  // tells what it was computed from.
  Value derived(std::span<const Value> from);
  // A text of which only parts are known: these in their order, ended by an ellipsis. Without any it is derived().
  Value partial(std::span<const Value> parts);
  bool is_partial(Value value) const;
  bool keeps_origins = false;  // set by front ends whose judge asks where data comes from
  // Where a budget ends a run, what it left is entered block by block; set by front ends whose programs are run for what
  // they may do rather than for what they give.
  bool enters_left = false;
  // The file that runs, where what it imports and reads may stand beside it; set by front ends whose programs find such files.
  const Artifact* home = nullptr;
  // Whether all characters are ASCII; remembered for the text asked about last.
  bool ascii(std::string_view text);

  // The function, code or cell behind an object that a pickle's call returned; other values as they are.
  Value defined(Value value) const;
  // Code objects that the program made and that no function has taken.
  std::vector<Value> loose_codes() const;

  // What running code needs (interpreter.h).
  Running& running() { return *running_; }

  Value record(Op op, Value callee, Value arguments, Value keywords, std::optional<Value> computed = {});

 private:
  Value call_name(Value callee, Value arguments, Value keywords);
  Value call_unmodelled(Value callee, Value arguments, Value keywords);
  Model model_for(Value name) const;
  Value call_plain(Value callee, Value arguments, Value keywords);
  Value defined_items(Value container);
  std::optional<Value> made_by(std::string_view name, Value arguments);
  void fill_function(std::string_view last, Value arguments);
  std::optional<Value> call_carried(Value callee, std::span<const Value> arguments, Value keywords);
  std::optional<Value> enter_code(const knowledge::Callable& known, Value arguments, Value keywords, uint32_t event);
  void start_target(const AttributeOf& of);
  void note_callbacks(Value arguments, Value keywords);
  Value record_once(Op op, Value callee, Value arguments, Value keywords);
  Value call_attribute_unmodelled(Value callee, Value arguments, Value keywords);
  Value call_object(Value callee, std::span<const Value> arguments, Value arguments_tuple, Value keywords);
  Value call_attribute(Value callee, Value arguments, Value keywords);
  std::optional<Value> load_nested(const knowledge::Callable& loader, Value arguments, Value keywords);
  std::optional<Value> import_by_text(const knowledge::Callable& known, Value arguments, Value keywords);
  Value global_of_function(std::string_view key, std::string_view owner = {});
  std::optional<std::vector<Value>> iterate_defined(Value iterable);
  std::optional<Value> attribute_in_code(Value base, std::string_view name);
  bool is_default_dict(Value value) const;
  Value missing_item(const Object& dict);
  std::optional<Value> run_inner(std::string_view content, Likely likely);
  void run_held(Value arguments);
  void run_embedded(std::string_view state);
  std::optional<Value> load_any_pickle(Value callee, Value arguments);
  void note_payload(const knowledge::Callable& known, Value arguments, Value keywords);
  void follow_callback(const knowledge::Callable& known, Value arguments, Value keywords);
  std::optional<Value> payload_of(const knowledge::Callable& known, Value arguments, Value keywords);
  Value present(Value name, std::string_view module, std::string_view qualified) const;
  static constexpr size_t kLongestName = 4096;
  std::pair<std::string, std::string> member_of(const Name& name, std::string_view member) const;
  void assign_member(Value object, std::string_view name, Value value);
  void assign_item(Value object, std::string_view key, Value value);
  Value settled(Value arguments);
  bool file_like(Value object) const;
  const Items* attributes_of(Value object) const;
  void call_bases(Value made_class, Value arguments, Value keywords);

  Scan& scan_;
  Trace& trace_;
  std::vector<Model> models_;  // by name index; null where there is none
  std::vector<Model> code_models_;  // the same, of running code
  struct Assigned { Value value; std::string spelled; };
  std::unordered_map<uint32_t, Assigned> assigned_;  // names that the program has assigned to
  std::unordered_set<uint32_t> respelled_;           // modules that were met under several names: posix and os
  std::unordered_map<uint32_t, Value> aliases_;      // names of modules that hand out others: what they hand out
  std::unordered_map<uint32_t, Model> postponed_;  // by object index
  std::unordered_map<uint32_t, Value> carried_;    // functions, code and cells by the object that stands for them
  uint32_t nesting_ = 0;       // of calls inside calls, bounded
  struct Builder { const char* data = nullptr; size_t used = 0, capacity = 0; };
  Builder builders_[4];        // texts that grow
  uint32_t next_builder_ = 0;
  std::unique_ptr<Running> running_;
  std::string_view ascii_text_;
  bool ascii_ = false;
};

// The model of a builtin by its canonical name, or null.
Model model_of(std::string_view canonical);

// The content of an in-memory file object (io.BytesIO(b'...')), where known.
std::optional<std::string_view> file_content(const Machine& machine, Value value);

}  // namespace winnow::machine
