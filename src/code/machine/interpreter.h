// How the machine runs code objects: frames on a stack of its own, one instruction after the other, and where a
// condition is not known, one side after the other.
//
// Forks: the frames are copied and what is changed in place is written in the heap's journal. The first side goes on
// to the end; then the heap is rewound and the next side runs from the fork, and so on; in the end the heap is put
// back to where the first side left it. Events of all sides stay. A side that comes to a state that was there before
// stops. Every branch of a body forks a few times only, and a loop whose condition is not known runs once: costs
// grow with the size of the code, not with the number of ways through it.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "code/ir/ir.h"
#include "code/machine/machine.h"
#include "code/machine/random.h"

namespace winnow::machine {

struct Local {
  std::string_view name;
  Value value;
  bool bound = false;
};

// What becomes of the value that a frame returns.
enum class After : uint8_t {
  push,        // the caller's
  extra,       // dropped: the caller gets `extra` (of __init__, the instance)
  make_class,  // dropped: a class is made of `names`; `extra` is (name, bases, metaclass, keywords)
};

struct Visit {
  uint32_t count = 0;     // times that it was not known where to go from here
  uint32_t rounds = 0;    // times that the frame came here
  uint64_t effects = 0;   // of the machine, when it came here first
  uint8_t sides = 0;      // that were taken here: 1 target, 2 otherwise
  bool known = false;
};

// By block, in pages that the two sides of a fork share until one of them goes on: a program of thousands of branches
// forks at each.
class Visits {
 public:
  Visit& of(ir::BlockId block, uint64_t effects) {
    const size_t page = block / kPage;
    if (page >= pages_.size()) pages_.resize(page + 1);
    if (pages_[page] == nullptr) {
      pages_[page] = std::make_shared<Page>();
    } else if (pages_[page].use_count() > 1) {
      pages_[page] = std::make_shared<Page>(*pages_[page]);
    }
    Visit& visit = (*pages_[page])[block % kPage];
    if (!visit.known) visit = {0, 0, effects, 0, true};
    return visit;
  }
  void clear() { pages_.clear(); }

 private:
  static constexpr size_t kPage = 16;
  using Page = std::array<Visit, kPage>;
  std::vector<std::shared_ptr<Page>> pages_;
};

struct Frame {
  Value code, function;  // function: none in modules and class bodies
  const ir::Body* body = nullptr;
  ir::BlockId block = 0;
  uint32_t at = 0;       // next instruction of the block
  std::vector<Value> stack;
  std::vector<Local> locals;
  std::vector<Local> cells;  // values are cells
  Value names = Value::none();  // of modules and class bodies: a dict
  Value globals;
  std::vector<Value> handled;   // exceptions in whose handlers this stands
  Visits visits;
  After after = After::push;
  Value extra;
  bool generator = false;
  bool gives_up = false;    // returns something unknown instead of going on
  bool of_text = false;     // its code is text that the program made: the line is that of who runs it
  bool started = false;     // of generators
  bool delegating = false;  // stands at a yield_from
  uint32_t guard = 0;       // 1 + the nearest frame below whose block has a handler; 0: none has
  uint32_t underflow = 0;   // values popped below the stack's bottom
  std::vector<uint8_t>* seen = nullptr;  // blocks of the body that were entered, where that is kept
};

enum IteratorKind : uint32_t { kSequence, kText, kRange, kCalls, kCount, kCycle, kRepeat, kOnce };

// What running code needs beside the machine. One for each machine.
struct Running {
  std::deque<Frame> suspended;          // of generators: Link::number
  std::unordered_map<const ir::Body*, std::vector<uint8_t>> forks;  // per block: of both sides, and of its handler
  std::unordered_map<const ir::Body*, std::vector<uint8_t>> joins;  // blocks that are entered in several ways
  std::unordered_map<uint64_t, uint32_t> recorded;  // events of code by what they say
  std::unordered_map<uint32_t, Value> bodies;       // code objects that could not be read, told once
  std::vector<class Run*> runs;         // one inside another
  std::vector<std::pair<Value, Trigger>> callbacks;  // handed to what may call them, and not called yet
  std::unordered_map<size_t, Value> compiled;        // sources by their hash
  std::unordered_map<const void*, Value> written;    // namespaces of the models that are programs (models_written.h), by source
  std::vector<Value> codecs, handlers;               // functions given to codecs.register, to a logger's addHandler
  std::vector<Value> finders;                        // put into sys.meta_path
  uint32_t finder_calls = 0;
  std::unordered_set<uint32_t> unsure;  // generators of which nobody knows how many items they give
  uint64_t unsure_rounds = 0;           // of loops over something unknown
  std::unordered_map<const ir::Body*, std::vector<uint8_t>> widened;  // blocks from which a run went on that forgot what it counted
  uint64_t steps = 0;      // instructions run
  uint64_t limit = 0;      // of the present entry
  uint64_t effects = 0;    // events recorded, those left out as repeated included
  uint64_t unlike = 0;     // states that were too large to compare
  uint64_t compared = 0;   // values looked at to compare states
  bool told_steps = false, told_forks = false;
  std::vector<const char*> cuts;  // limits that were told
  size_t recursion = 1000;        // frames, as the program may have set it
  std::unordered_map<const ir::Body*, std::vector<uint8_t>> seen;  // blocks that were entered
  std::unordered_map<const ir::Body*, Frame> left;                 // where a budget ran out: frames to go on from
  uint32_t forked = 0;     // over all
  uint32_t went_on = 0;    // behind exceptions that nobody handles
  Value main_globals;      // of the first module run
  bool weighs_depth = false;  // whether what is too deep is weighed in the end (depth.cpp)
  bool was_deep = false;
  std::unordered_set<uint32_t> deep;  // events of calls that were not followed for that
  std::optional<std::unordered_map<std::string, std::string_view>> settings;  // texts of config.json beside the program
  std::unordered_map<std::string, Value> beside;   // modules that stand beside the program, by their paths from it
  uint32_t beside_calls = 0;
  std::unordered_map<uint32_t, std::string> foreign;  // their namespaces and paths: what they define is run where it stands itself
  struct Random { Mersenne generator; size_t events; };
  std::unordered_map<uint32_t, Random> random;  // seeded with something known; 0: the module's own
};

class Run {
 public:
  explicit Run(Machine& machine);
  ~Run();
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  struct Outcome {
    Value value;
    std::optional<Value> raised;
    bool yielded = false;
    std::optional<Frame> suspended;  // of a generator that yielded
  };
  Outcome run(Frame first);
  // The frame that stands at the top; null where there is none.
  const Frame* present() const { return frames_.empty() ? nullptr : &frames_.back(); }
  const std::vector<Frame>& frames() const { return frames_; }

 private:
  // Names of which nothing is known any more: of variables, and of attributes of the objects that variables hold.
  struct Forgotten { std::vector<std::string_view> names, attributes; };
  struct Side {
    std::vector<Frame> frames;
    size_t mark;
    Forgotten forgotten;  // in the heap, when the side begins
  };

  // interpreter.cpp: the order of things.
  void steps();
  void leave();
  void finish(Outcome outcome);
  void leave_off();
  void note_block(Frame& frame);
  bool next_side();
  void unwind(Value exception);
  void return_value(Value value);
  bool pays();
  bool goes_on(const ir::Instruction& at, size_t height);
  void enter_block(ir::BlockId block);
  // forks.cpp
  void branch(std::optional<bool> condition);
  void for_iter();
  void choose(ir::BlockId target, ir::BlockId otherwise, bool drop_item);
  void fork(Frame side, Forgotten forgotten = {});
  void may_raise(std::optional<Value> exception = {});
  static bool has_handler(const Frame& f);
  uint32_t guard_above() const;
  // widening.cpp
  void widen(ir::BlockId block);
  void forget(const Forgotten& forgotten);
  bool endless(Frame& frame, ir::BlockId block);
  void leave_loop(ir::BlockId head);
  Visit& visit(Frame& frame, ir::BlockId block) { return frame.visits.of(block, running_.effects); }
  uint8_t& forks_of(const Frame& frame, ir::BlockId block, size_t which);
  uint64_t state_hash();
  bool joins(const Frame& frame, ir::BlockId block);

  // instructions.cpp and its kin: one group of operations each; false: not of this group.
  void execute(const ir::Instruction& at);
  bool names(const ir::Instruction& at);
  bool operators(const ir::Instruction& at);
  bool displays(const ir::Instruction& at);
  bool calls(const ir::Instruction& at);
  bool iteration(const ir::Instruction& at);
  bool handlers(const ir::Instruction& at);
  bool matching(const ir::Instruction& at);
  bool python_2(const ir::Instruction& at);

  void call(Value callee, std::vector<Value> arguments, Value keywords);
  bool enter(Value function, std::span<const Value> arguments, Value keywords, After after, Value extra);
  void build_class(std::span<const Value> arguments, Value keywords);
  void unpack(Value value, uint32_t before, bool starred, uint32_t behind);
  void yield(Value value);
  void delegate();
  void await(Value awaitable);
  Value load_name(std::string_view name, bool local);
  void store_local(std::string_view name, Value value, bool bound);
  void enter_with(bool async);
  void match_class(const ir::Instruction& at);

  // What is not known and nothing else told where it came from came from these.
  Value settled(Value out, std::initializer_list<Value> from) {
    const bool asked = m_.keeps_origins && out.is(Kind::unknown) && !out.is_derived() && out.text().empty();
    return asked ? m_.derived(std::span(from.begin(), from.size())) : out;
  }

  Frame& frame() { return frames_.back(); }
  Value pop();
  Value top() { return frame().stack.empty() ? Value::unknown() : frame().stack.back(); }
  void push(Value value) { frame().stack.push_back(value); }
  std::vector<Value> pop_many(uint32_t count);
  Value& below(uint32_t depth);  // 1: the top

  Machine& m_;
  Running& running_;
  Machine::Place outer_place_;
  std::vector<Frame> frames_;
  std::vector<Side> sides_;
  std::unordered_set<uint64_t> states_;
  std::optional<Outcome> first_;   // of the side that went on first
  size_t journal_base_ = 0, redo_base_ = 0;
  bool journaling_ = false;
  bool aside_ = false;             // not the first side
  bool done_ = false;              // with the present side
  size_t run_base_ = 0;            // of the journal, when it began
  Value dropped_;
};

// A call inside more calls than are followed: told at once, or weighed in the end.
inline constexpr const char* kTooDeep = "calls inside calls go deeper than is followed";
Value beyond_depth(Machine& machine, Value callee, Value arguments, Value keywords);
void weigh_depth(Machine& machine);
// Whether so many calls of the same function stand inside each other that no more are followed.
bool goes_round(Machine& machine, Value callee);

// The body of a code object, lifted when it is needed first. Null: it could not be read, which is told as a gap.
const ir::Body* body_of(Machine& machine, Value code);
// A frame for a call of a function, its arguments bound: what is missing is unknown.
std::optional<Frame> frame_of(Machine& machine, Value function, std::span<const Value> arguments, Value keywords);
// A frame for the code of a module, a class body or a text; nothing where the code cannot be read.
std::optional<Frame> frame_of_code(Machine& machine, Value code, Value globals, Value names);
// Calls something that the program defines (Value::is_defined), on a run of its own.
Value call_defined(Machine& machine, Value callee, std::span<const Value> arguments, Value keywords);
// Runs code in given namespaces: a module, exec, eval.
Value run_code(Machine& machine, Value code, Value globals, Value names);
// The exec and eval of a text or code object; nothing where it does not read as code.
enum class Source : uint8_t { module, expression };
std::optional<Value> run_source(Machine& machine, Value source, Value globals, Value names, Source kind);
std::optional<Value> compile_source(Machine& machine, std::string_view text, Source kind);

// The next item; nothing when it is exhausted. `unknown`: whether there is one cannot be told.
struct Next { std::optional<Value> item; bool unknown = false; };
Next next_of(Machine& machine, Value iterator);
Value iterator_over(Machine& machine, Value iterable);
// Resumes a generator: gives what it yields; nothing when it has ended (its value in Link::second).
std::optional<Value> resume(Machine& machine, Value generator, Value sent, std::optional<Value> thrown = {});

// A module that stands beside the program (beside.cpp), as `import` with that level finds it from code with these globals;
// `leaf`: the module itself is wanted, not its topmost package.
std::optional<Value> module_beside(Machine& machine, Value globals, std::string_view name, int64_t level, bool leaf);
// What such a module's namespace does not hold: another module of its package, or something of which only the name is known.
std::optional<Value> member_beside(Machine& machine, Value module, std::string_view name);
// What a method gives that reads a whole file, where the file stands beside the program and is small.
std::optional<Value> content_beside(Machine& machine, Value file, std::string_view method);
// A text of config.json beside the program, where `base` is what a model's class is given as `config`.
std::optional<Value> setting_beside(Machine& machine, Value base, std::string_view name);
// False for a function of such a module, where as many calls of those were followed as are.
bool enters_beside(Machine& machine, Value function);
// Whether such a module defined the function.
bool is_beside(Machine& machine, Value function);

// Asks what the program put into sys.meta_path for a module.
void ask_finders(Machine& machine, std::string_view module);

// A name that no namespace holds: a builtin, else what it most likely stands for.
Value free_name(Machine& machine, Value globals, std::string_view name);
bool is_builtin_name(std::string_view name);

}  // namespace winnow::machine
