// What the machine computes with: sixteen-byte values over a heap of tuples, lists, names and objects.
// Numbers, strings and bytes are held in the value itself (strings as views of the input or of the heap's
// arena), so that reading a large list of numbers costs no allocation per item. Heap things are addressed
// by index; nothing is freed before the heap is.
#pragma once

#include <bit>
#include <deque>
#include <memory>
#include <unordered_map>
#include <vector>

#include "bytes/arena.h"
#include "bytes/bytes.h"

namespace winnow {

enum class Kind : uint8_t {
  none, boolean, integer, real, string, bytes,  // held in the value
  big_integer,                                  // a view: little-endian two's complement
  tuple, list, dict, set,                       // heap().items()
  frozen_set, frozen_dict,                      // heap().items(), too
  slice,                                        // heap().items(): start, stop, step
  complex,                                      // heap().items(): two reals
  ellipsis, stop_iteration,                     // constants of marshal
  code,                                         // heap().code()
  name,                                         // heap().name(): os.system
  attribute,                                    // heap().attribute(): <object>.shape
  object,                                       // heap().object(): what a call returned
  byte_array,                                   // heap().items(): one bytes, which is written in place
  range,                                        // heap().items(): start, stop, step
  function,                                     // heap().function(): code with its globals, defaults, cells
  class_object,                                 // heap().class_of(): made by a class body
  instance,                                     // heap().instance(): of such a class, or an exception
  cell, method, super_object, descriptor, generator, iterator, module,  // heap().link()
  unknown,                                      // nothing is known; text(): the name that it came under, or empty;
                                                // or what it was computed from: is_derived()
};

class Value {
 public:
  constexpr Value() = default;

  static constexpr Value none() { return {Kind::none, 0, 0}; }
  static constexpr Value ellipsis() { return {Kind::ellipsis, 0, 0}; }
  static constexpr Value stop_iteration() { return {Kind::stop_iteration, 0, 0}; }
  static constexpr Value unknown() { return {Kind::unknown, 0, 0}; }
  static constexpr Value boolean(bool b) { return {Kind::boolean, 0, b}; }
  static constexpr Value integer(int64_t i) { return {Kind::integer, 0, static_cast<uint64_t>(i)}; }
  static constexpr Value real(double d) { return {Kind::real, 0, std::bit_cast<uint64_t>(d)}; }
  static Value string(std::string_view text) { return view(Kind::string, text); }
  static Value bytes(std::string_view data) { return view(Kind::bytes, data); }
  static Value big_integer(std::string_view data) { return view(Kind::big_integer, data); }
  // Nothing is known of it but the name it goes by: a parameter, a global that nobody sets.
  static Value unknown_named(std::string_view origin) { return view(Kind::unknown, origin); }
  static constexpr Value heap(Kind kind, uint32_t index) { return {kind, 0, index}; }
  // Not known, but computed from the values of a tuple: heap().items() of it.
  static constexpr Value derived(Value tuple) { return {Kind::unknown, kDerived, tuple.bits_}; }

  Kind kind() const { return kind_; }
  bool is(Kind kind) const { return kind_ == kind; }
  bool is_text() const { return kind_ == Kind::string || kind_ == Kind::bytes; }
  bool is_sequence() const { return kind_ == Kind::tuple || kind_ == Kind::list || kind_ == Kind::set; }
  bool is_known() const { return kind_ != Kind::unknown; }
  bool is_derived() const { return kind_ == Kind::unknown && size_ == kDerived; }
  // Something that the program itself defines with code.
  bool is_defined() const { return kind_ >= Kind::function && kind_ <= Kind::module; }

  bool as_boolean() const { return bits_ != 0; }
  int64_t as_integer() const { return static_cast<int64_t>(bits_); }
  double as_real() const { return std::bit_cast<double>(bits_); }
  // Of a string (UTF-8, surrogates kept), bytes, big integer or unknown.
  std::string_view text() const {
    if (is_derived()) return {};
    return {reinterpret_cast<const char*>(bits_), size_};
  }
  uint32_t index() const { return static_cast<uint32_t>(bits_); }

  bool same_as(const Value& other) const {
    return kind_ == other.kind_ && bits_ == other.bits_ && size_ == other.size_;
  }

 private:
  static constexpr uint64_t kDerived = uint64_t{1} << 54;  // no text is as long
  constexpr Value(Kind kind, uint64_t size, uint64_t bits) : size_(size), kind_(kind), bits_(bits) {}
  static Value view(Kind kind, std::string_view text) {
    return {kind, text.size(), reinterpret_cast<uint64_t>(text.data())};
  }

  uint64_t size_ : 56 = 0;
  Kind kind_ : 8 = Kind::unknown;
  uint64_t bits_ = 0;
};

// A growing run of values in the arena. Past `kKept` items of a list only the count goes on: what a
// program builds for data rather than for a call. `size` says how many are held, `dropped` how many not.
struct Items {
  static constexpr uint32_t kKept = 1u << 20;

  Value* data = nullptr;
  uint32_t size = 0;
  uint32_t capacity = 0;
  uint64_t dropped : 40 = 0;
  uint64_t epoch : 24 = 0;  // of the journal, in which this was saved last

  const Value* begin() const { return data; }
  const Value* end() const { return data + size; }
  const Value& operator[](uint32_t i) const { return data[i]; }
  bool complete() const { return dropped == 0; }
};

namespace knowledge { struct Callable; }
struct CodeObject;

// A dotted name and what became of it. `module` and `qualified` are as the program spelled them,
// `canonical` is their one spelling (os.system for posix.system).
struct Name {
  std::string_view module;
  std::string_view qualified;  // empty for a module
  std::string_view canonical;
  std::string_view last;       // of `canonical`: what is behind its last dot
  const knowledge::Callable* known = nullptr;   // null: knowledge has no entry
  const knowledge::Callable* setter = nullptr;  // of its __setstate__
  uint64_t offset = 0;         // where it was first met, in the artifact `artifact`
  uint32_t artifact = 0;
  bool retrieved = false;      // a value of the program: loaded by name
  bool by_code = false;        // loaded by code that runs, not by what the program stores
  bool called = false;         // called, or handed to something that the machine saw calling it
};

// An attribute of something that is not a name. `resolved` is the name of the class's own attribute
// (code.InteractiveInterpreter.runcode) where the class is known, else unknown.
struct AttributeOf {
  Value base;
  std::string_view name;
  Value resolved;
};

// What a call returned, by how it was made.
struct Object {
  Value callee;      // a name, attribute, object or unknown
  Value arguments;   // a tuple
  Value keywords;    // a dict, or none
  uint32_t event = 0;   // of the trace that made it
  uint32_t growth = 0;  // what was done to it since, by Heap::growth(); 0: nothing
};

// What was done to an object since it was made: to few of a model's many.
struct Growth {
  Value state;       // the last BUILD: a dict, tuple or anything; unknown where there was none
  bool has_state = false;
  Items appended;    // list items it was extended with
  Items entries;     // key, value, key, value that were set on it
};

// A function of the program: code and what it runs with.
struct Function {
  Value code;
  Value globals;            // a dict, or unknown
  std::string_view name;
  Value defaults;           // a tuple, or none
  Value keyword_defaults;   // a dict, or none
  Value closure;            // a tuple of cells, or none
  Value attributes;         // a dict, or none
  Value owner;              // the class in whose body it stands, else none
  uint32_t epoch = 0;
  bool called = false;      // by the program: not to be run again for its effects
};

// A class that the program's code makes.
struct Class {
  std::string_view name;
  Value bases;      // a tuple of classes: class_object, name, anything
  Value order;      // the method resolution order: a tuple that begins with the class itself
  Value names;      // its namespace: a dict
  Value metaclass;  // builtins.type, or another
  uint32_t epoch = 0;
  bool used = false;  // instances were made by the program
};

struct Instance {
  Value cls;         // a class_object; a name for exceptions of Python itself
  Value attributes;  // a dict
  Value held;        // what a subclass of str, list, dict ... holds; the arguments of an exception
};

// Small things of two or three parts.
//   cell           first: its content; number: 1 = bound
//   method         first: self, second: function
//   super_object   first: the class behind which the search begins, second: self
//   descriptor     number: Descriptor; first: getter or function, second: setter, third: deleter
//   generator      number: of its frame, in the machine
//   iterator       number: how many were taken; first: what is iterated; second, third: see the machine
//   module         first: its namespace, a dict; second: its name
struct Link {
  Value first, second, third;
  uint64_t number = 0;
  uint32_t kind = 0;   // of descriptors and iterators
  uint32_t epoch = 0;
};

class Heap {
 public:
  Heap();
  ~Heap();
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  Arena& arena() { return arena_; }
  uint64_t used() const { return arena_.used() + made_; }  // bytes, for the memory budget

  Value new_string(std::string_view text) { return Value::string(arena_.copy(text)); }
  Value new_bytes(std::string_view data) { return Value::bytes(arena_.copy(data)); }

  // A tuple, list, dict (key, value, key, value) or set holding a copy of the values.
  Value new_items(Kind kind, const Value* from, uint32_t count);
  Value new_tuple(std::initializer_list<Value> values) {
    return new_items(Kind::tuple, values.begin(), static_cast<uint32_t>(values.size()));
  }
  Items& items(Value container) { return items_[container.index()]; }
  const Items& items(Value container) const { return items_[container.index()]; }
  void append(Items& to, const Value* from, uint32_t count);
  // Every tuple, list, dict and set that was made, in the order of their making.
  const std::vector<Items>& all_items() const { return items_; }

  Value new_object(const Object& object);
  Object& object(Value v) { return objects_[v.index()]; }
  const Object& object(Value v) const { return objects_[v.index()]; }
  const Growth& growth(const Object& object) const { return object.growth == 0 ? kNoGrowth : growths_[object.growth - 1]; }
  Growth& grow(Value object);

  Value new_attribute(const AttributeOf& attribute);
  const AttributeOf& attribute(Value v) const { return attributes_[v.index()]; }

  Value new_code(CodeObject code);
  CodeObject& code(Value v);
  const CodeObject& code(Value v) const;
  uint32_t code_count() const;

  Value new_function(const Function& function);
  Function& function(Value v) { return functions_[v.index()]; }
  const Function& function(Value v) const { return functions_[v.index()]; }
  const std::deque<Function>& functions() const { return functions_; }
  Value new_class(const Class& made);
  Class& class_of(Value v) { return classes_[v.index()]; }
  const Class& class_of(Value v) const { return classes_[v.index()]; }
  const std::deque<Class>& classes() const { return classes_; }
  Value new_instance(const Instance& instance);
  Instance& instance(Value v) { return instances_[v.index()]; }
  const Instance& instance(Value v) const { return instances_[v.index()]; }
  Value new_link(Kind kind, const Link& link);
  Link& link(Value v) { return links_[v.index()]; }
  const Link& link(Value v) const { return links_[v.index()]; }

  // The journal lets a run go back to where it forked. While it is kept, whoever changes something in place
  // asks for it by these; without a journal they cost nothing.
  Items& change(Value container);
  Function& change_function(Value function);
  Class& change_class(Value made);
  Link& change_link(Value link);
  // Journals nest as runs inside runs do. mark_journal() gives the place to rewind to; what is rewound with
  // Redo::keep can be put in place again by replay_journal(), back to the redo_size() of before.
  enum class Redo : uint8_t { drop, keep };
  void begin_journal() { ++journals_; }
  size_t mark_journal();
  void rewind_journal(size_t mark, Redo redo);
  size_t redo_size() const;
  void replay_journal(size_t redo_mark);
  void end_journal();
  // Tells what was changed behind a mark, for comparing states: kind and index of each.
  void changed_since(size_t mark, std::vector<std::pair<Kind, uint32_t>>& out) const;
  size_t journal_size() const;
  bool journaled() const { return journals_ > 0; }
  // Whether a container may be written in place: no journal is kept, or it has saved the container already.
  bool is_saved(Value container) const { return journals_ == 0 || items_[container.index()].epoch == epoch_; }

  // Sets, finds and removes by key as a dict does: equal keys once, in the order of their first setting.
  // Keys are compared by same_key().
  const Value* find_key(Value dict, Value key) const;
  void set_key(Value dict, Value key, Value value);
  void set_key(Value dict, std::string_view key, Value value);
  bool remove_key(Value dict, Value key);

  // Names are interned by their canonical spelling; the caller fills a new one in.
  std::pair<Value, bool> intern_name(std::string_view canonical);
  Name& name(Value v) { return names_[v.index()]; }
  const Name& name(Value v) const { return names_[v.index()]; }
  const std::vector<Name>& names() const { return names_; }

  // The value under a string key in a dict's items, or null. The last entry wins, as in Python.
  const Value* find(const Items& dict, std::string_view key) const;

 private:
  static const Growth kNoGrowth;

  // Counts what is made outside of the arena; nothing that was made goes before the heap does.
  template <class List, class Made>
  uint32_t add(List& list, Made&& made) {
    made_ += sizeof(typename List::value_type);
    list.push_back(std::forward<Made>(made));
    return static_cast<uint32_t>(list.size() - 1);
  }

  Arena arena_;
  uint64_t made_ = 0;
  std::vector<Items> items_;
  std::vector<Object> objects_;
  std::vector<Growth> growths_;
  std::vector<AttributeOf> attributes_;
  std::vector<Name> names_;
  std::deque<CodeObject> codes_;
  std::deque<Function> functions_;
  std::deque<Class> classes_;
  std::deque<Instance> instances_;
  std::deque<Link> links_;
  struct Saved;
  void restore(const Saved& saved);
  Saved current(const Saved& like) const;
  std::vector<Saved> journal_, redo_;
  uint32_t epoch_ = 0;
  uint32_t journals_ = 0;  // marks that are open
  struct DictIndex;
  mutable std::unordered_map<uint32_t, std::unique_ptr<DictIndex>> indices_;  // of large dicts
  std::unordered_map<std::string_view, uint32_t> name_index_;
};

// Whether two values are the same dict key: equal texts, equal numbers (1, 1.0 and True), equal tuples of such.
bool same_key(const Heap& heap, Value a, Value b, int depth = 0);

}  // namespace winnow
