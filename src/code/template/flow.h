// What a chat template writes, and on what that depends. A template may not only run code: it decides what
// the model is told, and the user sees neither the template nor what it adds. So the tree is followed with
// values that know where they come from (the user's words, the date, the place in the conversation, ...), and
// every text that is written is kept with the conditions under which it is.
//
// The reading is generous: both sides of every branch are taken, what is set in a branch is one more thing
// that the variable may hold, and what depends on a condition remembers it through variables, macros,
// look-ups and arithmetic.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "code/python/ast.h"

namespace winnow::jinja {

// What a condition asks for.
enum class Asks : uint8_t {
  words,   // words of a message
  mark,    // marks in a message that users do not write as language: tags, switches, labels
  date,    // the day or the hour
  place,   // a far position in the conversation, or its length
  size,    // how long a message is, or another number made of it
  chance,  // what is drawn by lot
  name,    // which tool there is, or who asks
};

struct Trigger {
  Asks asks = Asks::words;
  std::string literal;  // that the message is held against; empty where there is none
  uint32_t offset = 0;  // in the tag that asks
};

using Causes = uint64_t;  // a set of triggers, by their index
inline constexpr size_t kMostTriggers = 64;

enum class Made : uint8_t {
  text,
  words,
  other,
  pause
};  // of words: a message's own; pause: nothing, but not adjacent

// What is written at one place.
struct Fragment {
  Made made = Made::text;
  std::string text;
  Causes causes = 0;
  uint32_t offset = 0;
};

// A message's words that are not written as they are.
struct Change {
  enum class Kind : uint8_t { replaced, withheld, supplanted };
  Kind kind = Kind::replaced;
  std::string from, to;
  Causes causes = 0;
  uint32_t offset = 0;
};

struct Writing {
  std::vector<Trigger> triggers;
  std::vector<Fragment> pieces;  // in the order of the template
  std::vector<Change> changes;
  bool converses = false;  // it asks for a conversation
  bool cut_short = false;  // the template is larger than is followed
};

// Which of the names that the caller fills in hold words of users: those of conversations and prompts; in a
// template that is certainly a chat's also `user`, `system`, `content` and the like.
enum class Inputs : uint8_t { conversations, chat };

Writing follow(const python::Node& module, Inputs inputs);

}  // namespace winnow::jinja
