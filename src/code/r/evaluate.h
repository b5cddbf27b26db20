// Runs R's calls without any effect: text and numbers are computed, functions are entered, names are followed through
// get(), do.call(), match.fun() and parse(); what acts on the world becomes an event of the trace, with what is known of
// its arguments. Arguments are computed before the call: R would do it later or never, and nothing is missed by it.
#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "code/r/object.h"
#include "core/scan.h"
#include "core/trace.h"
#include "knowledge/knowledge.h"

namespace winnow::r {

// When the code that is run would run for a victim.
enum class When : uint8_t {
  touched,  // as soon as somebody looks at the object
  stored,   // a call or formula that functions of R evaluate when the model is used
  called,   // a function that the model carries
};

using Arguments = std::vector<Argument>;

class Evaluator {
 public:
  Evaluator(Scan& scan, Trace& trace, Pool& pool);

  // Gives what the code evaluates to.
  Id run(Id code, Id environment, When when, uint64_t offset);
  // With arguments that are not known.
  void run_function(Id closure, When when, uint64_t offset);
  // Makes a variable of the global environment.
  void define(std::string_view name, Id value);

  // What models of builtins use.
  Pool& pool() { return pool_; }
  Id call_value(Id function, const Arguments& given);
  Id evaluate(Id code, Id environment);
  std::vector<Id> parsed(std::string_view source, bool& whole);
  Id load(std::string_view serialised);  // what unserialize() gives
  Id find_variable(std::string_view name, Id environment);
  void set_variable(std::string_view name, Id value, Id environment);
  Id environment_of_call() const { return current_; }

 private:
  struct Environment {
    std::unordered_map<std::string_view, Id> variables;
    Id parent = kEmpty;
  };
  enum class Signal : uint8_t { none, leave_loop, next_turn, leave_function };
  using Special = Id (Evaluator::*)(Id call, const Arguments& given, Id environment);

  // evaluate.cpp
  Environment& environment(Id id);
  void fill(Environment& made, Id cells);
  Id force(Id promise);
  Id call(Id id, Id environment);
  Id callable(Id head, Id environment);
  Arguments evaluated(const Arguments& given, Id environment);
  Id apply(Id function, const Arguments& values, const Arguments& written, Id environment);
  Id enter(Id closure, const Arguments& values);
  void bind(Id closure, Id frame, const Arguments& values);
  Id call_builtin(std::string_view name, const Arguments& values, const Arguments& written, Id environment);
  Id call_callbacks(const Arguments& values);
  bool step();

  // special.cpp
  static Special special_of(std::string_view name);
  Id do_block(Id, const Arguments&, Id);
  Id do_if(Id, const Arguments&, Id);
  Id do_for(Id, const Arguments&, Id);
  Id do_while(Id, const Arguments&, Id);
  Id do_function(Id, const Arguments&, Id);
  Id do_assign(Id, const Arguments&, Id);
  Id do_assign_outside(Id, const Arguments&, Id);
  Id do_quote(Id, const Arguments&, Id);
  Id do_expression(Id, const Arguments&, Id);
  Id do_formula(Id, const Arguments&, Id);
  Id do_substitute(Id, const Arguments&, Id);
  Id do_return(Id, const Arguments&, Id);
  Id do_break(Id, const Arguments&, Id);
  Id do_next(Id, const Arguments&, Id);
  Id do_member(Id, const Arguments&, Id);
  Id do_qualified(Id, const Arguments&, Id);
  Id do_missing(Id, const Arguments&, Id);
  Id do_switch(Id, const Arguments&, Id);
  Id do_evaluate(Id, const Arguments&, Id);
  Id do_local(Id, const Arguments&, Id);
  Id do_logical(Id, const Arguments&, Id);
  Id do_try(Id, const Arguments&, Id);
  Id do_delayed(Id, const Arguments&, Id);
  void assign_to(Id target, Id value, Id environment, bool outside);
  Id branch(Id code, Id environment);
  void run_body(Id body, Id environment);
  Id evaluate_value(Id value, Id environment);

  // effects.cpp
  const knowledge::Callable* known(std::string_view function);
  const knowledge::Callable* foreign(std::string_view function, const Arguments& values);
  static std::string spelling(std::string_view name);
  void effect(const knowledge::Callable& callable, const Arguments& values, const Arguments& written);
  Value value_of(Id id);
  std::string statement(const knowledge::Callable& callable, const Arguments& values, const Arguments& written);

  Scan& scan_;
  Trace& trace_;
  Pool& pool_;
  std::unordered_map<Id, Environment> environments_;
  std::unordered_map<Id, Id> forced_;
  std::unordered_map<std::string, const knowledge::Callable*> names_;
  std::unordered_set<std::string> said_;
  std::vector<Id> active_;     // closures that are being run
  Id current_ = kGlobal;
  When when_ = When::touched;
  uint64_t offset_ = 0;
  Signal signal_ = Signal::none;
  Id returned_ = kNull;
  int depth_ = 0, unsure_ = 0;  // unsure: inside of branches that may not be taken
  uint64_t steps_ = 0, left_ = 0;
  bool flat_ = false;           // functions are not entered: their own run tells what they do
  bool limited_ = false;
};

// A builtin that only computes, or nothing where it is not modelled.
using Model = Id (*)(Evaluator&, const Arguments&);
Model model_of(std::string_view name);

}  // namespace winnow::r
