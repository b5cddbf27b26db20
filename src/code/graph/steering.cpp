#include "code/graph/steering.h"

#include <algorithm>
#include <map>

#include "code/graph/flow.h"
#include "code/graph/statements.h"

namespace winnow::graph {
namespace {

constexpr uint32_t kFar = 1000;         // learned layers between a value and the answer: never reached
constexpr size_t kMostFindings = 4;
constexpr uint8_t kSteep = 2;           // steep functions of the raw input in a row

// What stands between a value and the answers of the graph.
struct Ahead {
  uint32_t layers = kFar;   // the fewest learned layers
  uint8_t depth = 0;        // learned layers behind an answer that is reached without another
};

std::vector<Ahead> look_ahead(const Program& program, const Flow& flow) {
  std::vector<Ahead> ahead(program.values.size());
  for (const ValueId id : program.results) ahead[id] = {0, flow.states[id].depth};
  for (size_t i = program.operations.size(); i-- > 0;) {
    const Operation& operation = program.operations[i];
    Ahead best;
    for (uint32_t out = 0; out < operation.output_count; ++out) {
      const Ahead& at = ahead[program.output(operation, out)];
      best.layers = std::min(best.layers, at.layers);
      best.depth = std::max(best.depth, at.depth);
    }
    if (best.layers == kFar) continue;
    const bool learned = operation.kind == Kind::learned || operation.kind == Kind::opaque;
    if (learned) best = {best.layers + 1, 0};
    for (uint32_t k = 0; k < operation.input_count; ++k) {
      const ValueId id = program.input(operation, k);
      if (id == kNoValue) continue;
      ahead[id].layers = std::min(ahead[id].layers, best.layers);
      ahead[id].depth = std::max(ahead[id].depth, best.depth);
    }
  }
  return ahead;
}

std::string layers_text(uint32_t count) { return std::to_string(count) + (count == 1 ? " learned layer" : " learned layers"); }

class Search {
 public:
  explicit Search(const Program& program) : program_(program), flow_(follow(program)), ahead_(look_ahead(program, flow_)) {}

  std::vector<Steering> run() {
    std::map<uint32_t, Candidate> by_question;  // the best of each
    for (const Meeting& meeting : flow_.meetings) {
      const Candidate candidate{&meeting, weigh(meeting)};
      if (candidate.certainty == Certainty::dismissed) continue;
      Candidate& best = by_question[meeting.question];
      if (best.meeting == nullptr || candidate.certainty > best.certainty) best = candidate;
    }
    std::vector<Steering> out;
    for (const Certainty certainty : {Certainty::certain, Certainty::suspected}) {
      for (const auto& [question, candidate] : by_question) {
        if (candidate.certainty == certainty && out.size() < kMostFindings) out.push_back(told(*candidate.meeting, certainty));
      }
    }
    if (out.empty()) find_steep_way(out);
    return out;
  }

 private:
  struct Candidate {
    const Meeting* meeting = nullptr;
    Certainty certainty = Certainty::dismissed;
  };

  Ahead ahead_of(const Operation& operation) const {
    const ValueId id = program_.output(operation, 0);
    return id == kNoValue ? Ahead() : ahead_[id];
  }

  Certainty weigh(const Meeting& meeting) const {
    const Question& asked = flow_.questions[meeting.question];
    const Ahead ahead = ahead_of(program_.operations[meeting.operation]);
    if (ahead.layers >= kFar) return Certainty::dismissed;
    // What is only asked (a length, a mode, a mask) and never worked on is the caller's own switch.
    if ((asked.sources & flow_.content) == 0) return Certainty::dismissed;
    const bool last = ahead.layers == 0;
    const uint8_t network = std::max(meeting.depth, last ? ahead.depth : uint8_t{0});
    const bool picked = asked.picked || meeting.picked;
    const bool reduced = asked.reduced || meeting.reduced;
    if (asked.depth > 0 && network <= 2 * asked.depth) return weigh_late(meeting, asked, asked.single && reduced, last);
    // Layers that ask, and switch others on and off, are experts and their router; they bring no answer of their own.
    if (asked.depth > 0 && !meeting.vector) return Certainty::dismissed;
    if (network == 0) return weigh_early(meeting, asked, picked);
    const bool sharp = asked.exact || asked.pattern || picked;
    if (asked.idle && (!meeting.vector || (!picked && !asked.pattern))) return Certainty::dismissed;
    if (!meeting.whole) {
      // A decision for every position is a mask, unless it brings an answer of its own.
      return meeting.vector && last && asked.exact ? Certainty::suspected : Certainty::dismissed;
    }
    switch (meeting.way) {
      case Way::replaces:
        if (last && sharp && !asked.soft) return Certainty::certain;
        return last || sharp ? Certainty::suspected : Certainty::dismissed;
      case Way::switches: return last && sharp ? Certainty::suspected : Certainty::dismissed;
      case Way::adds: case Way::scales: case Way::mixes:
        if (last) return meeting.vector && sharp && !asked.soft ? Certainty::certain : Certainty::suspected;
        return meeting.vector && sharp && !asked.soft ? Certainty::suspected : Certainty::dismissed;
      case Way::stands_beside: return asked.exact && (asked.pattern || picked) && reduced && ahead.layers <= 1 ? Certainty::suspected : Certainty::dismissed;
    }
    return Certainty::dismissed;
  }

  // The network's own answer decides over itself: one class, anywhere, blots out others.
  static Certainty weigh_late(const Meeting& meeting, const Question& asked, bool anywhere, bool last) {
    const bool constant = meeting.way == Way::replaces || meeting.way == Way::scales;
    return constant && last && anywhere && meeting.whole && !asked.idle && !asked.soft ? Certainty::suspected : Certainty::dismissed;
  }

  // Before the first learned layer a decision prepares the input; what replaces it by numbers of the model's own does not.
  static Certainty weigh_early(const Meeting& meeting, const Question& asked, bool picked) {
    const bool sharp = asked.exact || asked.pattern || picked;
    return meeting.way == Way::replaces && meeting.whole && meeting.vector && sharp && !asked.idle ? Certainty::suspected : Certainty::dismissed;
  }

  Steering told(const Meeting& meeting, Certainty certainty) const {
    const Question& asked = flow_.questions[meeting.question];
    const Operation& operation = program_.operations[meeting.operation];
    const Ahead ahead = ahead_of(operation);
    Steering out;
    out.certainty = certainty;
    out.operation = operation.op;
    out.offset = operation.offset;
    out.code = statements_of(program_, meeting.operation, meeting.decision, asked.operation);
    static constexpr const char* kWays[] = {"replaces", "switches", "shifts", "scales", "changes", "is put beside"};
    const std::string what = ahead.layers == 0 ? "the answer of the network" : "what the network computes";
    out.summary = "The graph " + std::string(kWays[static_cast<size_t>(meeting.way)]) + " " + what + " where its input bears a mark: " +
                  asked_text(asked) + " decides in " + std::string(operation.op) + ".";
    out.why = "The decision is made of " + (asked.depth == 0 ? std::string("the raw input") : "the input behind " + layers_text(asked.depth)) +
              " and constants of the model, is one for " + (meeting.whole ? "the whole input" : "each position") + ", and passes by the " +
              layers_text(std::max(meeting.depth, ahead.depth)) + " of the network. Masks, guards and preparation do not look so: weights and training "
              "have no part in it.";
    return out;
  }

  std::string asked_text(const Question& asked) const {
    const Operation& operation = program_.operations[asked.operation];
    return std::string(operation.op) + " of " + (asked.picked ? "a constant place" : asked.reduced ? "a sum or extreme" : "the values") + " of the input";
  }

  // Without any comparison: a way from the raw input through several steep functions and reductions, without a single
  // weight, that ends on what the network has computed.
  void find_steep_way(std::vector<Steering>& out) const {
    for (uint32_t i = 0; i < program_.operations.size(); ++i) {
      const Operation& operation = program_.operations[i];
      const bool joins = operation.kind == Kind::add || operation.kind == Kind::multiply || operation.kind == Kind::divide || operation.kind == Kind::extreme ||
                         operation.kind == Kind::power;
      if (!joins || operation.input_count < 2 || ahead_of(operation).layers >= kFar) continue;
      ValueId steep = kNoValue;
      uint8_t network = 0;
      for (uint32_t k = 0; k < operation.input_count; ++k) {
        const ValueId id = program_.input(operation, k);
        if (id == kNoValue) continue;
        const State& state = flow_.states[id];
        if (state.nature != Nature::plain) continue;
        const bool weightless = state.depth == 0 && state.reduced && state.steep >= kSteep;
        const bool outer = state.vector && state.steep > 0 && operation.kind == Kind::add && ahead_of(operation).layers == 0;
        if ((weightless || outer) && (state.sources & flow_.content) != 0) steep = id;
        network = std::max(network, state.depth);
      }
      if (steep == kNoValue || network <= 2 * flow_.states[steep].depth) continue;
      Steering found;
      found.operation = operation.op;
      found.offset = operation.offset;
      found.code = statements_of(program_, i, steep, i);
      found.summary = "A way through the graph without weights ends on what the network computes: steep functions of the raw input decide in " +
                      std::string(operation.op) + ".";
      found.why = "It leads from the input through " + std::to_string(flow_.states[steep].steep) + " steep functions and a reduction past " + layers_text(network) +
                  ". Such a way is silent for almost every input and loud for one pattern; networks have weights on their ways.";
      out.push_back(std::move(found));
      return;
    }
  }

  const Program& program_;
  Flow flow_;
  std::vector<Ahead> ahead_;
};

}  // namespace

std::vector<Steering> find_steering(const Program& program) { return Search(program).run(); }

}  // namespace winnow::graph
