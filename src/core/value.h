// What the machine computes with: sixteen-byte values over a heap of tuples, lists, names and objects.
// Numbers, strings and bytes are held in the value itself (strings as views of the input or of the heap's
// arena), so that reading a large list of numbers costs no allocation per item. Heap things are addressed
// by index; nothing is freed before the heap is.
#pragma once

#include <bit>
#include <deque>
#include <unordered_map>

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
  unknown,                                      // nothing is known
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
  static constexpr Value heap(Kind kind, uint32_t index) { return {kind, 0, index}; }

  Kind kind() const { return kind_; }
  bool is(Kind kind) const { return kind_ == kind; }
  bool is_text() const { return kind_ == Kind::string || kind_ == Kind::bytes; }
  bool is_sequence() const { return kind_ == Kind::tuple || kind_ == Kind::list || kind_ == Kind::set; }
  bool is_known() const { return kind_ != Kind::unknown; }

  bool as_boolean() const { return bits_ != 0; }
  int64_t as_integer() const { return static_cast<int64_t>(bits_); }
  double as_real() const { return std::bit_cast<double>(bits_); }
  // Of a string (UTF-8, surrogates kept), bytes or big integer.
  std::string_view text() const { return {reinterpret_cast<const char*>(bits_), size_}; }
  uint32_t index() const { return static_cast<uint32_t>(bits_); }

  bool same_as(const Value& other) const {
    return kind_ == other.kind_ && bits_ == other.bits_ && size_ == other.size_;
  }

 private:
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
  uint64_t dropped = 0;

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
  const knowledge::Callable* known = nullptr;  // null: knowledge has no entry
  uint64_t offset = 0;         // where it was first met, in the artifact `artifact`
  uint32_t artifact = 0;
  bool retrieved = false;      // a value of the program: loaded by name
  bool called = false;         // called, or handed to something that the machine saw calling it
};

// An attribute of something that is not a name. `resolved` is the name of the class's own attribute
// (code.InteractiveInterpreter.runcode) where the class is known, else unknown.
struct AttributeOf {
  Value base;
  std::string_view name;
  Value resolved;
};

// What a call returned, by how it was made; and what was done to it since.
struct Object {
  Value callee;      // a name, attribute, object or unknown
  Value arguments;   // a tuple
  Value keywords;    // a dict, or none
  uint32_t event = 0;  // of the trace that made it
  Value state;       // the last BUILD: a dict, tuple or anything; unknown where there was none
  bool has_state = false;
  Items appended;    // list items it was extended with
  Items entries;     // key, value, key, value that were set on it
};

class Heap {
 public:
  Heap();
  ~Heap();
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  Arena& arena() { return arena_; }
  uint64_t used() const;  // bytes, for the memory budget

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

  Value new_attribute(const AttributeOf& attribute);
  const AttributeOf& attribute(Value v) const { return attributes_[v.index()]; }

  Value new_code(CodeObject code);
  CodeObject& code(Value v);
  const CodeObject& code(Value v) const;

  // Names are interned by their canonical spelling; the caller fills a new one in.
  std::pair<Value, bool> intern_name(std::string_view canonical);
  Name& name(Value v) { return names_[v.index()]; }
  const Name& name(Value v) const { return names_[v.index()]; }
  const std::vector<Name>& names() const { return names_; }

  // The value under a string key in a dict's items, or null. The last entry wins, as in Python.
  const Value* find(const Items& dict, std::string_view key) const;

 private:
  Arena arena_;
  std::vector<Items> items_;
  std::vector<Object> objects_;
  std::vector<AttributeOf> attributes_;
  std::vector<Name> names_;
  std::deque<CodeObject> codes_;
  std::unordered_map<std::string_view, uint32_t> name_index_;
};

}  // namespace winnow
