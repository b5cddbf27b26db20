// R's objects: what a serialised file holds, what source is parsed to, and what running it gives, in one form. Objects
// are rows of a pool, addressed by index; vectors of numbers are views of the input, so that data costs no memory.
// Types are those of R (src/include/Rinternals.h).
#pragma once

#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bytes/arena.h"
#include "bytes/bytes.h"

namespace winnow::r {

using Id = uint32_t;

enum class Type : uint8_t {
  null = 0, symbol = 1, pairlist = 2, closure = 3, environment = 4, promise = 5, language = 6, special = 7, builtin = 8, chars = 9,
  logical = 10, integer = 13, real = 14, complex = 15, strings = 16, dots = 17, list = 19, expression = 20, bytecode = 21,
  external = 22, weak = 23, raw = 24, object = 25,
  function = 200,  // of R itself or of a package, by name
  marker = 201,    // missing argument, unbound value: nothing by itself
  unknown = 202,
};

// What every pool begins with.
inline constexpr Id kNull = 0, kUnknown = 1, kMissing = 2, kUnbound = 3, kGlobal = 4, kBase = 5, kEmpty = 6;

struct Object {
  Type type = Type::null;
  bool active = false;    // of a pairlist: an active binding, whose value is a function that is called
  bool little = false;    // of numbers: how they lie in `data`
  bool complete = true;   // of strings: not all are kept
  Id attributes = 0;      // a pairlist
  //                   a             b          c
  //   pairlist, calls tag           value      next
  //   closure         environment   formals    body
  //   promise         environment   value      code
  //   environment     enclosing     frame      table
  //   bytecode        constants     source
  Id a = 0, b = 0, c = 0;
  uint32_t first = 0, count = 0;  // of strings, lists, expressions: a range of links
  Bytes data;             // of chars, symbols, functions: text; of numbers: their bytes
  uint64_t offset = 0;    // in the file; 0 for what is computed
};

struct Argument {
  std::string_view name;  // empty: by position
  Id value = kNull;
};

class Pool {
 public:
  explicit Pool(Arena& arena);

  Id make(Type type);
  Id symbol(std::string_view name);     // each name once
  Id function(std::string_view name);   // "system", "utils::download.file"
  Id text(std::string_view text);       // a vector of one, copied
  Id texts(const std::vector<std::string_view>& texts);
  Id number(double value) { return numbers({&value, 1}); }
  Id numbers(std::span<const double> values);
  Id integers(std::span<const int32_t> values, Type type = Type::integer);
  Id logical(bool value) { const int32_t one = value; return integers({&one, 1}, Type::logical); }
  Id raw(std::string_view bytes);
  Id items(Type type, const std::vector<Id>& items);
  Id chain(Type first, const std::vector<Argument>& cells);  // a pairlist; a call where `first` is language
  Id call(Id function, const std::vector<Argument>& arguments);

  Object& operator[](Id id) { return objects_[id]; }
  const Object& operator[](Id id) const { return objects_[id]; }
  size_t size() const { return objects_.size(); }
  size_t memory() const { return objects_.size() * sizeof(Object) + links_.size() * sizeof(Id) + arena_.used(); }

  bool is(Id id, Type type) const { return objects_[id].type == type; }
  std::string_view name(Id id) const { return as_text(objects_[id].data); }  // of a symbol, function, chars
  Id item(Id list, uint32_t index) const { return links_[objects_[list].first + index]; }
  uint32_t add_links(const std::vector<Id>& links);

  // Of vectors. Nothing where it is not known, not there, or not available (NA).
  size_t length(Id id) const;
  std::optional<std::string_view> string_at(Id id, size_t index) const;
  std::optional<double> number_at(Id id, size_t index) const;
  // The one string of a vector of one; of symbols and chars their text.
  std::optional<std::string_view> as_string(Id id) const;
  std::optional<double> as_number(Id id) const { return length(id) >= 1 ? number_at(id, 0) : std::nullopt; }
  bool is_number(Id id) const;
  bool is_vector(Id id) const;

  Id attribute(Id id, std::string_view name) const;
  std::string_view name_of_item(Id list, size_t index) const;  // by its names; empty where it has none
  // The cells of a pairlist or call behind its first: (tag, value) each, at most `most`.
  std::vector<Argument> cells(Id chain, size_t most = 4096) const;

  Arena& arena() { return arena_; }

 private:
  Arena& arena_;
  std::vector<Object> objects_;
  std::vector<Id> links_;
  std::unordered_map<std::string_view, Id> symbols_;
};

}  // namespace winnow::r
