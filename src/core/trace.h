// What a program did, in execution order: the one form that every front end ends in and the judge reads.
// An event names what was called, with what, where it stands, and what came of it. The values live in the
// trace's heap.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "core/artifact.h"
#include "core/report.h"
#include "core/value.h"

namespace winnow {

enum class Op : uint8_t {
  import,     // callee = the name
  attribute,  // result = getattr(callee, arguments[0]) by a call that asked for it
  call,       // result = callee(*arguments, **keywords)
  construct,  // result = callee.__new__(callee, *arguments, **keywords)
  set_state,  // BUILD: callee is the object, arguments[0] the state
  extend,     // APPEND(S), ADDITEMS: callee is the object, arguments the items
  set_items,  // SETITEM(S): callee is the object, arguments key, value, key, value
  set_attribute,  // setattr(callee, arguments[0], arguments[1])
  persistent, // result = persistent_load(arguments[0])
  result,     // the program ended with the value callee
};

struct Event {
  Op op = Op::call;
  Trigger trigger = Trigger::load;
  bool computed = false;   // the machine computed the result: no effect, nothing to judge
  bool unreached = false;  // stands behind a fault at which the loader stops
  bool code = false;       // done by code that runs, not by what stores or builds the objects
  bool elsewhere = false;  // stands here only for its values: it is judged with another trace
  bool entered = false;    // code that this call runs was run on the machine, so what it does stands as events
  int32_t line = 0;        // of the source, where the code tells it; 0: not known
  uint32_t artifact = 0;   // index into Trace::artifacts
  uint32_t nested = 0;     // a program that this call loads: index into Trace::artifacts, 0 for none,
                           // UINT32_MAX for one that becomes an artifact of its own
  uint64_t offset = 0;     // in bytes from the start of that artifact
  Value callee, arguments, keywords, result;
};

// Code that the program carries or makes and hands to something that runs it.
struct Payload {
  Hint kind = Hint::none;     // python_source or code_object
  std::string_view bytes;     // in the heap or the input
  uint32_t event = 0;         // that runs it
};

struct Trace {
  std::string dialect;  // "pickle": the first word of threat ids
  std::string threat;   // the one id of all findings about its events, where their kind is not to be told apart
  std::vector<Artifact> artifacts;  // [0] is where the program stands, the rest are nested programs
  Heap heap;
  std::vector<Event> events;
  std::vector<Payload> payloads;
  std::unordered_map<uint32_t, std::string> statements;  // of events whose program is not Python: as its language writes them
  Value root;           // what the program evaluates to
  bool finished = false;  // reached its end without a fault
  bool spent = false;     // a budget of ours ended it, not a fault of its own
  bool unclaimed = false; // stands where the loader of its file does not look

  Trace() = default;
  Trace(const Trace&) = delete;
  Trace& operator=(const Trace&) = delete;
};

}  // namespace winnow
