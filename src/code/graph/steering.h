// Architectural backdoors: a graph whose answer is decided by a mark in its input. The weights of such a model are
// honest, so that retraining does not help; what steers it is a way through the graph that passes the network by. It asks
// something of the raw input (is this pixel 1? does this token occur?), makes one decision of it for the whole input, and
// puts the decision into the network's answer: chosen by Where or If, masked in by arithmetic, or by any other operation.
//
// So the analysis follows decisions. Every value is a constant, a decision (it depends on the input by comparisons
// with constants alone), or anything else, with how many learned layers lie behind it. Where a decision meets what the
// network has computed, the input steers the network from outside; whether that is a mask, as attention, padding and
// preprocessing have them, or a backdoor is told by what is asked, how much of the input one decision is about, what is
// put in and whether the network still works on it afterwards.
// Bober-Irizar et al., "Architectural Backdoors in Neural Networks" (2023); HiddenLayer, "ShadowLogic" (2024).
#pragma once

#include <string>
#include <vector>

#include "code/graph/program.h"

namespace winnow::graph {

enum class Certainty : uint8_t { dismissed, suspected, certain };

struct Steering {
  Certainty certainty = Certainty::suspected;
  std::string operation;  // the name of the operation that joins both ways
  std::string summary;    // a sentence
  std::string why;
  std::string code;       // the part of the graph that decides, as statements
  uint64_t offset = 0;    // of that operation, in the file
};

std::vector<Steering> find_steering(const Program& program);

}  // namespace winnow::graph
