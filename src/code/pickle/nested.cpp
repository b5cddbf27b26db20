// Pickles that a program loads from its own data, as a part of its trace.
#include "code/pickle/unpickler.h"

namespace winnow::pickle {

using machine::Machine;

namespace {

// The first of the pickles that torch.save wrote before it wrote archives. Those of the version, of the system, of the
// object and of its storages' keys follow, and torch.load unpickles them all.
constexpr std::string_view kTorchMagic("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10);
constexpr int kBehindMagic = 4;
constexpr int kObject = 2;  // among those
constexpr int kMostPickles = 256;

// joblib's pickles have arrays between their opcodes, which its own reader knows to pass over: they are read as a file.
bool is_of_joblib(Bytes data) {
  const std::string_view text = as_text(data);
  return text.find("joblib.numpy_pickle") != std::string_view::npos && text.find("NumpyArrayWrapper") != std::string_view::npos;
}

// A file that is loaded from again gives its next pickle.
std::optional<Value> run_nested(Machine& machine, Bytes data, Machine::Likely likely) {
  const bool joblib = is_of_joblib(data);
  const bool looks = (joblib || likely == Machine::Likely::perhaps) && looks_like_pickle(data).pickle;
  if (joblib ? looks : likely == Machine::Likely::perhaps && !looks) return std::nullopt;
  Outcome outcome = run(machine, data, 0);
  Value root = outcome.root;
  const bool torch = root.is(Kind::big_integer) && root.text() == kTorchMagic;
  for (int i = 0; i < kMostPickles && outcome.stopped && !outcome.fault && outcome.end < data.size(); ++i) {
    const bool expected = torch && i < kBehindMagic;
    if (!expected && !looks_like_pickle(slice(data, outcome.end)).pickle) break;
    const Outcome next = run(machine, data, outcome.end);
    if (torch && i == kObject) root = next.root;
    if (!expected && !next.stopped) break;
    outcome = next;
  }
  if (outcome.fault) machine.scan().gap(machine.trace().artifacts[machine.place.artifact], *outcome.fault);
  return root;
}

}  // namespace

void attach(Machine& machine) { machine.unpickle = run_nested; }

}  // namespace winnow::pickle
