#include "formats/pickle/pickle_format.h"

#include <set>

#include "code/bytecode/show.h"
#include "code/pickle/storage_types.h"
#include "code/machine/run.h"
#include "code/pickle/unpickler.h"
#include "formats/pickle/joblib_arrays.h"

namespace winnow::pickle_format {
namespace {

constexpr std::string_view kTorchMagic("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10);
constexpr uint64_t kMostPickles = 100'000;  // concatenated in one file

// What the pickles of one file told about who wrote it.
struct Producer {
  bool torch = false;   // begins with the magic number of torch.save
  std::optional<uint64_t> storages = 0;  // bytes of the storages behind torch's pickles, where they are known
  bool joblib = false;  // holds array wrappers
};

void note_producer(const Trace& trace, Producer& producer) {
  for (const Name& name : trace.heap.names()) {
    if (name.canonical.starts_with("joblib.numpy_pickle") && name.canonical.ends_with("ArrayWrapper")) producer.joblib = true;
  }
}

// Adds up the storages that a pickle of torch.save asks for by ('storage', type, key, location, count, ...):
// each stands once behind the pickles, with a count of eight bytes before it.
void note_storages(const Trace& trace, Producer& producer) {
  std::set<std::string_view> keys;
  for (const Event& event : trace.events) {
    if (event.op != Op::persistent) continue;
    const Value id = trace.heap.items(event.arguments)[0];
    if (!id.is(Kind::tuple) || trace.heap.items(id).size < 5 || !producer.storages) continue;
    const Items& parts = trace.heap.items(id);
    std::string_view type = parts[1].is(Kind::name) ? trace.heap.name(parts[1]).qualified : std::string_view();
    const uint64_t element = pickle::storage_element_size(type.substr(type.rfind('.') + 1));
    if (element == 0 || !parts[2].is(Kind::string) || !parts[4].is(Kind::integer) || parts[4].as_integer() < 0) {
      producer.storages.reset();
    } else if (keys.insert(parts[2].text()).second) {
      uint64_t bytes = 0;
      const bool fits = !__builtin_mul_overflow(static_cast<uint64_t>(parts[4].as_integer()), element, &bytes) &&
                        !__builtin_add_overflow(bytes, *producer.storages + 8, &bytes);
      producer.storages = fits ? std::optional(bytes) : std::nullopt;
    }
  }
}

// Whether the program came to call something that knowledge lists, beyond its first `from` events.
bool calls_known(const Trace& trace, size_t from) {
  for (size_t i = from; i < trace.events.size(); ++i) {
    const Event& event = trace.events[i];
    if (event.op == Op::call && event.callee.is(Kind::name) && trace.heap.name(event.callee).known != nullptr) return true;
  }
  return false;
}

const char* name_of(const Producer& producer) {
  if (producer.torch) return "pytorch-legacy";
  if (producer.joblib) return "joblib";
  return "pickle";
}

// Source and bytecode that the program runs become artifacts of their own. The trace's memory goes with it, so
// they are copied.
void give_payloads(Scan& scan, const Artifact& artifact, const Trace& trace) {
  for (const Payload& payload : trace.payloads) {
    const Bytes bytes = as_bytes(payload.bytes);
    const Event& event = trace.events[payload.event];
    if (bytes.empty()) continue;
    if (!scan.inflate(bytes.size())) {
      scan.gap(artifact, Fault::limit, event.offset, "source that the program runs was not read by itself");
      return;
    }
    scan.child(artifact, (payload.kind == Hint::python_source ? "source@" : "bytecode@") + std::to_string(event.offset),
               scan.own({bytes.begin(), bytes.end()}), payload.kind);
  }
}

struct Reading {
  pickle::Outcome outcome;
  bool wrappers = false;  // arrays follow some of its BUILDs
};

enum class Loader : uint8_t { joblib, pickle };

// One pickle, run in a trace of its own and judged.
Reading read_one(Scan& scan, const Artifact& artifact, uint64_t start, Loader loader, Producer& producer) {
  const bool later = start > 0 && !producer.torch;
  const bool joblib = loader == Loader::joblib;
  Trace trace;
  trace.dialect = "pickle";
  trace.artifacts.push_back(artifact);
  machine::Machine machine(scan, trace);
  pickle::attach(machine);
  Reading reading;
  size_t events_before = 0;
  pickle::Options options;
  options.lenient = joblib;
  options.after_build = [&](machine::Machine& m, Value object, uint64_t offset) -> std::optional<uint64_t> {
    if (joblib) look_at_side_file(scan, artifact, m, object);
    if (!is_array_wrapper(m, object)) return std::nullopt;
    if (!reading.wrappers) events_before = m.trace().events.size();
    reading.wrappers = true;
    if (!joblib) return std::nullopt;
    const auto behind = behind_array(m, artifact.bytes, object, offset);
    if (!behind) scan.gap(artifact, Fault::unsupported, offset, "an array's description is not understood, so that its end is not known");
    return behind;
  };
  reading.outcome = pickle::run(machine, artifact.bytes, start, options);
  trace.root = reading.outcome.root;
  trace.finished = reading.outcome.stopped;
  trace.spent = reading.outcome.fault && reading.outcome.fault->fault == Fault::limit;
  trace.unclaimed = later || artifact.hint == Hint::unclaimed || artifact.hint == Hint::storage;
  // Functions that the pickle carries and does not call are for whoever uses the model.
  machine::run_uncalled(machine, Trigger::inference);
  machine.place.offset = reading.outcome.end;
  if (trace.finished) machine.record(Op::result, trace.root, Value::none(), Value::none());
  note_producer(trace, producer);
  if (producer.torch) note_storages(trace, producer);
  if (trace.root.is(Kind::big_integer) && trace.root.text() == kTorchMagic) producer.torch = true;
  give_payloads(scan, artifact, trace);
  // To pickle.load, an honest array is noise that soon ends the pickle: then there is nothing new to say.
  if (joblib || calls_known(trace, events_before)) {
    scan.submit(trace);
    scan.text += bytecode::carried_code_text(scan.show, trace.heap);
  }
  return reading;
}

// Everything behind the last pickle, and behind the storages of a torch file: bytes that nobody asks for. They
// are given on from their first byte that is not filling, and again from where a pickle begins inside them.
void read_rest(Scan& scan, const Artifact& artifact, uint64_t end, const Producer& producer) {
  constexpr std::string_view kFilling("\0\n\r\t ", 5);
  constexpr int kMostCandidates = 100'000;
  // Storages whose sizes are not told reach to the end as far as anybody knows: of them only pickles are given on.
  const bool known = !producer.torch || producer.storages;
  if (producer.torch && known) {
    if (*producer.storages >= artifact.bytes.size() - end) return;
    end += *producer.storages;
  }
  const std::string_view rest = as_text(slice(artifact.bytes, end));
  const size_t first = known ? rest.find_first_not_of(kFilling) : 0;
  if (first == std::string_view::npos) return;
  const auto give = [&](size_t at) {
    scan.child(artifact, "@" + std::to_string(end + at), as_bytes(rest.substr(at)), Hint::unclaimed);
  };
  if (known) give(first);
  int candidates = 0;
  for (size_t at = rest.find('\x80', first + 1); at != std::string_view::npos; at = rest.find('\x80', at + 1)) {
    if (at + 2 >= rest.size() || rest[at + 1] < 2 || rest[at + 1] > 5) continue;
    if (++candidates > kMostCandidates) {
      scan.gap(artifact, Fault::limit, end + at, "more places where a pickle may begin than are looked at");
      break;
    }
    const pickle::Likeness like = pickle::looks_like_pickle(as_bytes(rest.substr(at)));
    if (!like.pickle || !like.names) continue;
    give(at);
    break;
  }
}

}  // namespace

bool probe(const Artifact& artifact) {
  if (artifact.hint == Hint::storage) {
    // Numbers by contract; a whole program among them is one that hides.
    const pickle::Likeness like = pickle::looks_like_pickle(artifact.bytes);
    return like.pickle && like.names;
  }
  if (artifact.hint == Hint::pickle) return !artifact.bytes.empty();
  if (artifact.hint == Hint::python_source || artifact.hint == Hint::code_object) return false;
  return pickle::looks_like_pickle(artifact.bytes).pickle;
}

void read(Scan& scan, const Artifact& artifact) {
  Producer producer;
  uint64_t position = 0;
  for (uint64_t count = 0; position < artifact.bytes.size(); ++count) {
    const Bytes rest = slice(artifact.bytes, position);
    if (count > 0 && !pickle::looks_like_pickle(rest).pickle) break;
    if (count >= kMostPickles) {
      scan.gap(artifact, Fault::limit, position, "more than " + std::to_string(kMostPickles) + " pickles behind one another");
      break;
    }
    // Torch reads five pickles and then raw numbers.
    if (producer.torch && count >= 5) break;
    const Reading reading = read_one(scan, artifact, position, Loader::joblib, producer);
    // Loaded with pickle.load, the bytes behind a wrapper are opcodes and not an array.
    if (reading.wrappers) read_one(scan, artifact, position, Loader::pickle, producer);
    const bool first = count == 0;
    if (reading.outcome.fault) {
      // A broken pickle behind a whole one is only data, unless it got as far as naming something.
      if (first || reading.outcome.names > 0) scan.gap(artifact, *reading.outcome.fault);
      // Without a budget for its first step, what is left is the same again.
      if (reading.outcome.end == 0 && reading.outcome.fault->fault == Fault::limit) return scan.recognise(artifact, name_of(producer));
    }
    position = reading.outcome.end;
    if (!reading.outcome.stopped) break;
  }
  scan.recognise(artifact, name_of(producer));
  read_rest(scan, artifact, position, producer);
}

}  // namespace winnow::pickle_format
