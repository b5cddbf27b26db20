// What is known of every value of a graph for the search of steering.h: one pass in the order of computing.
#pragma once

#include <vector>

#include "code/graph/program.h"

namespace winnow::graph {

inline constexpr uint32_t kNoQuestion = std::numeric_limits<uint32_t>::max();

// Something that is asked of the input: a comparison with what the model has brought along, or a function that jumps.
struct Question {
  uint32_t operation = 0;
  ValueId asked = kNoValue;
  bool exact = false;     // is it equal?
  bool soft = false;      // a steep function in place of a comparison
  bool idle = false;      // with zero, with what is no number: guards ask so
  bool pattern = false;   // with several different numbers at once
  bool picked = false;    // of what stands at a constant place of the input
  bool single = false;    // of one such place alone
  bool reduced = false;   // of a sum or an extreme
  uint8_t depth = 0;      // learned layers before it
  uint64_t sources = 0;   // inputs of the graph, as bits
};

enum class Nature : uint8_t { constant, plain, decision };

struct State {
  Nature nature = Nature::constant;
  uint8_t depth = 0;      // the most learned layers on a way from an input
  uint8_t open = 0;       // axes of the input, beside the batch, along which it still varies
  uint8_t steep = 0;      // steep functions since the last learned layer
  uint8_t layers = 0;     // of decisions: learned layers since the question
  bool picked = false, single = false, reduced = false;  // since the last learned layer
  bool fresh = false;     // the last axis was made for comparing with several constants
  bool offset = false;    // something was added since
  bool offsets = false;   // several different numbers were
  bool mixed = false;     // holds constants beside what it is
  bool sized = false;     // its size depends on the input
  bool vector = false;    // holds several numbers that the model has brought along, times something or not
  bool count = false;     // of decisions: a sum of yes and no
  bool ramp = false;
  uint32_t question = kNoQuestion;   // of decisions
  uint32_t switched = kNoQuestion;   // old control flow: lets it pass
  uint64_t sources = 0;
};

enum class Way : uint8_t { replaces, switches, adds, scales, mixes, stands_beside };

// A decision meets something else.
struct Meeting {
  uint32_t operation = 0;
  uint32_t question = 0;
  ValueId decision = kNoValue;
  Way way = Way::mixes;
  bool vector = false;   // what is put in are several numbers
  bool whole = false;    // one decision for the whole input
  bool picked = false, reduced = false;  // of the decision, behind the question
  uint8_t depth = 0;     // of the other side
};

struct Flow {
  std::vector<State> states;      // by value
  std::vector<Question> questions;
  std::vector<Meeting> meetings;
  uint64_t content = 0;           // inputs that learned layers work on, as bits
};

Flow follow(const Program& program);

}  // namespace winnow::graph
