// What an expression of a template may be worth: texts, where they come from, and what they depend on.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "code/template/flow.h"

namespace winnow::jinja {

// Where a value comes from; bits.
enum Origin : uint8_t {
  kConversation = 1,  // the messages, or one of them
  kWords = 2,         // what a message says
  kPart = 4,          // a part of what it says that may be an object with a kind
  kSize = 8,          // a number made of words
  kPlace = 16,        // a position in the conversation
  kDate = 32,
  kChance = 64,
  kName = 128,  // what a tool is called, or who asks
};

struct Compound;

using Run = std::vector<Fragment>;  // pieces one behind the other

struct Worth {
  std::vector<Run> runs;  // the texts that it may be
  uint8_t origins = 0;
  Causes causes = 0;  // what it depends on as a whole
  std::optional<int64_t> number;
  Compound* parts = nullptr;  // of a list, dict or namespace; shared by all who hold it
  const python::Node* function = nullptr;
  std::string cut_at;  // words that were split at this text

  bool from(uint8_t origin) const { return (origins & origin) != 0; }
};

struct Compound {
  std::vector<Worth> items;
  std::vector<std::pair<std::string, Worth>> members;
};

inline constexpr size_t kMostRuns = 12;
inline constexpr size_t kMostPieces = 96;  // of one run
inline constexpr size_t kMostItems = 256;
inline constexpr size_t kLongestText = size_t{1} << 16;  // of one worth: what is longer is cut

// Bytes of text, for the budget.
size_t size_of(const Worth& worth);

Worth of_text(std::string text, uint32_t offset);
Worth of_words(uint8_t origins, uint32_t offset);
Worth of_nothing(uint32_t offset);

// The constant texts that it may be: those runs that are text and nothing else.
std::vector<std::string> texts_of(const Worth& worth);
// The one constant text that it is, if it can be nothing else.
std::optional<std::string> constant_of(const Worth& worth);

// Everything that it depends on: as a whole, and each of its texts.
Causes causes_of(const Worth& worth);

// One of the two, whichever it is.
void merge(Worth& into, const Worth& other);
// The two behind each other.
Worth joined(const Worth& left, const Worth& right);
// Every text that it may be, as one sequence with pauses between alternatives.
Run sequence_of(const Worth& worth);

// Methods and filters that turn one constant text into another; nothing where `name` is none of them.
std::optional<std::string> changed_text(std::string_view name, const std::string& text);
std::string replaced(const std::string& text, const std::string& from, const std::string& to);
// Python's text[lower:upper:step] by bytes; parts that are missing are null.
std::string sliced(const std::string& text, const int64_t* lower, const int64_t* upper, const int64_t* step);

}  // namespace winnow::jinja
