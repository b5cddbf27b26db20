// R's objects, as readRDS() and load() read them. Reading runs nothing; but an object can hold code that runs by itself:
// - a promise that was not evaluated is an expression that runs as soon as somebody looks at the object (CVE-2024-27322);
// - an active binding calls a function whenever its variable is read;
// - .First and its kin in a saved workspace are called when R starts with it.
// Then there is code that runs when the model is used: functions that it carries (bytecode stands beside its source),
// and calls and formulas, which predict() and update() evaluate. All of it is run without effects (code/r), in that
// order, and judged. Data, promises that have their value, and attributes run nothing.
// Specification: R Internals, 1.8; src/main/serialize.c.
#include "formats/r/r.h"

#include <algorithm>
#include <unordered_set>

#include "code/r/deparse.h"
#include "code/r/evaluate.h"
#include "code/r/unserialize.h"
#include "containers/codecs.h"
#include "core/print.h"

namespace winnow::r_format {
namespace {

using r::Id;
using r::Object;
using r::Pool;
using r::Type;
using r::When;

// Functions of a saved workspace that R calls itself.
constexpr std::string_view kCalledByR[] = {".First", ".Last", ".First.sys", ".onLoad", ".onAttach", ".onUnload", ".Last.lib", ".First.lib"};

class Reading {
 public:
  Reading(Scan& scan, const Artifact& artifact) : scan_(scan), artifact_(artifact), pool_(trace_.heap.arena()), evaluator_(scan, trace_, pool_) {
    trace_.dialect = "r";
    trace_.artifacts.push_back(artifact);
  }

  void run() {
    const r::Unserialised read = r::unserialize(pool_, artifact_.bytes, scan_.budget.memory);
    scan_.recognise(artifact_, read.saved ? "r-rdata" : "r-rds");
    if (read.damage) scan_.gap(artifact_, *read.damage);
    find_parts(read.order);
    if (read.saved) define_variables(read.root);
    run_touched(read.order);
    if (read.saved) run_called_by_r(read.root);
    for (const Id id : read.mapped) tell_mapped(id);
    tell_packages(read.namespaces);
    run_stored(read.order);
    for (const Id id : read.order) {
      if (pool_.is(id, Type::closure)) evaluator_.run_function(id, When::called, pool_[id].offset);
      if (pool_.is(id, Type::bytecode)) check_bytecode(id);
    }
    trace_.finished = true;
    const size_t events = trace_.events.size();
    scan_.submit(trace_);
    if (events == 0) tell_harmless(read.order);
    hand_on(read.order);
    if (read.end < artifact_.bytes.size() && !read.damage) {
      scan_.child(artifact_, "@gap-" + std::to_string(read.end), slice(artifact_.bytes, read.end), Hint::unclaimed);
    }
  }

 private:
  // Code that is a part of other code is run with it.
  void find_parts(const std::vector<Id>& order) {
    for (const Id id : order) {
      const Object object = pool_[id];
      switch (object.type) {
        case Type::closure:
          parts_.insert(object.c);
          for (const r::Argument& formal : pool_.cells(object.b)) parts_.insert(formal.value);
          break;
        case Type::promise:
          parts_.insert(object.c);
          if (object.b == r::kUnbound) promised_.insert(object.c);
          break;
        case Type::bytecode:
          for (uint32_t i = 0; i < pool_[object.a].count; ++i) parts_.insert(pool_.item(object.a, i));
          break;
        case Type::language:
          parts_.insert(object.b);
          for (Id cell = object.c; cell != r::kNull && pool_.is(cell, Type::pairlist); cell = pool_[cell].c) parts_.insert(pool_[cell].b);
          break;
        default: break;
      }
    }
  }

  void define_variables(Id root) {
    for (const r::Argument& variable : pool_.cells(root, 100'000)) {
      if (!variable.name.empty()) evaluator_.define(variable.name, variable.value);
    }
  }

  void run_touched(const std::vector<Id>& order) {
    for (const Id id : order) {
      const Object object = pool_[id];
      if (object.type == Type::promise && object.b == r::kUnbound) evaluator_.run(object.c, object.a, When::touched, object.offset);
      if (object.type == Type::pairlist && object.active) evaluator_.run_function(object.b, When::touched, object.offset);
    }
  }

  void run_called_by_r(Id root) {
    for (const r::Argument& variable : pool_.cells(root, 100'000)) {
      for (const std::string_view name : kCalledByR) {
        if (variable.name == name) evaluator_.run_function(variable.value, When::touched, pool_[variable.value].offset);
      }
    }
  }

  void run_stored(const std::vector<Id>& order) {
    for (const Id id : order) {
      if (pool_.is(id, Type::language) && parts_.count(id) == 0) evaluator_.run(id, r::kGlobal, When::stored, pool_[id].offset);
    }
  }

  // The names that code uses and its source does not: what runs is the bytecode.
  void check_bytecode(Id id) {
    std::unordered_set<Id> seen;
    std::vector<Id> work{pool_[id].b};
    std::unordered_set<std::string_view> source;
    collect(work, seen, source);
    if (!scan_.step(seen.size())) return scan_.gap(artifact_, Fault::limit, pool_[id].offset, "the budget for work is used up");
    for (uint32_t i = 1; i < pool_[pool_[id].a].count; ++i) {
      const Id constant = pool_.item(pool_[id].a, i);
      if (pool_.is(constant, Type::symbol) && source.count(pool_.name(constant)) == 0) hidden(id, constant);
      if (pool_.is(constant, Type::language) && seen.count(constant) == 0) {
        evaluator_.run(constant, r::kGlobal, promised_.count(id) != 0 ? When::touched : When::called, pool_[id].offset);
      }
    }
  }

  void collect(std::vector<Id>& work, std::unordered_set<Id>& seen, std::unordered_set<std::string_view>& names) {
    while (!work.empty()) {
      const Id id = work.back();
      work.pop_back();
      if (id == r::kNull || !seen.insert(id).second) continue;
      const Object& object = pool_[id];
      if (object.type == Type::symbol) names.insert(pool_.name(id));
      if (object.type == Type::strings) {
        for (uint32_t i = 0; i < object.count; ++i) names.insert(pool_.string_at(id, i).value_or(""));
      }
      if (object.type == Type::language || object.type == Type::pairlist || object.type == Type::closure) work.insert(work.end(), {object.a, object.b, object.c});
      if (object.type == Type::bytecode) work.push_back(object.b);
    }
  }

  void hidden(Id code, Id symbol) {
    const std::string name(pool_.name(symbol));
    for (const char* package : {"base.", "utils."}) {
      const knowledge::Callable* known = knowledge::find("r." + std::string(package) + name);
      if (known == nullptr || (known->effect != knowledge::Effect::process && known->effect != knowledge::Effect::code && known->effect != knowledge::Effect::native)) continue;
      Finding finding;
      const bool touched = promised_.count(code) != 0;
      finding.threat = touched ? "r-promise-code" : "r-carried-code";
      finding.ruling = touched ? Ruling::confirmed : Ruling::suspected;
      finding.trigger = touched ? Trigger::load : Trigger::inference;
      finding.summary = "Hides a use of " + name + "() in compiled code.";
      finding.why = "A function is carried with its source and as bytecode. R runs the bytecode, and it uses a name that the source does not have.";
      Evidence evidence;
      evidence.callee = std::string(package).substr(0, std::string(package).size() - 1) + "::" + name;
      evidence.code = r::deparse(pool_, pool_[code].b, 300);
      evidence.location.offset = pool_[code].offset;
      finding.evidence.push_back(std::move(evidence));
      scan_.finding(artifact_, std::move(finding));
      return;
    }
  }

  // Packages that R loads to find an environment or a class of vectors: their code runs, where they are installed.
  void tell_packages(const std::vector<std::string_view>& names) {
    static constexpr std::string_view kOwn[] = {"base", "stats", "utils", "methods", "graphics", "grDevices", "tools", "parallel", "splines", "stats4", "compiler", "grid", "datasets"};
    for (const std::string_view name : names) {
      if (name.empty() || std::find(std::begin(kOwn), std::end(kOwn), name) != std::end(kOwn)) continue;
      scan_.references.push_back({"code", std::string(name), "base::loadNamespace"});
    }
  }

  // A vector that R maps from a file which the object names; some are mapped to be written.
  void tell_mapped(Id state) {
    std::string path;
    for (const r::Argument& part : pool_.cells(state)) {
      if (path.empty()) path = pool_.as_string(part.value).value_or("");
    }
    for (uint32_t i = 0; path.empty() && pool_.is(state, Type::list) && i < pool_[state].count; ++i) path = pool_.as_string(pool_.item(state, i)).value_or("");
    Finding finding;
    finding.threat = "r-promise-code";
    finding.ruling = Ruling::suspected;
    finding.summary = "Maps the file " + quoted(path, false) + " of the machine that loads it.";
    finding.why = "A vector is kept as a file that R opens when the object is read. No model that is given to others does that.";
    Evidence evidence;
    evidence.callee = "base::mmap";
    evidence.code = r::deparse(pool_, state, 300);
    evidence.location.offset = pool_[state].offset;
    finding.evidence.push_back(std::move(evidence));
    scan_.finding(artifact_, std::move(finding));
  }

  // Says why there is nothing to fear, where there was something to look at.
  void tell_harmless(const std::vector<Id>& order) {
    size_t functions = 0, calls = 0, forced = 0, open = 0;
    for (const Id id : order) {
      functions += pool_.is(id, Type::closure);
      calls += pool_.is(id, Type::language) && parts_.count(id) == 0;
      if (pool_.is(id, Type::promise)) (pool_[id].b == r::kUnbound ? open : forced) += 1;
    }
    const auto tell = [&](const char* threat, std::string summary, const char* why) {
      Finding finding;
      finding.threat = threat;
      finding.ruling = Ruling::dismissed;
      finding.trigger = Trigger::other;
      finding.summary = std::move(summary);
      finding.why = why;
      scan_.finding(artifact_, std::move(finding));
    };
    if (forced + open > 0) {
      tell("r-promise-code", "Holds " + std::to_string(forced + open) + " promises.",
           open == 0 ? "All of them have their value, so that nothing is evaluated." : "Those that are evaluated when they are touched only compute.");
    }
    if (functions + calls > 0) {
      tell("r-carried-code", "Carries " + std::to_string(functions) + " functions and " + std::to_string(calls) + " calls and formulas.",
           "They were run without effects and only compute.");
    }
  }

  // What is kept as bytes and is something else: models of other libraries, objects inside objects.
  void hand_on(const std::vector<Id>& order) {
    for (const Id id : order) {
      if (!pool_.is(id, Type::raw)) continue;
      const Bytes data = pool_[id].data;
      const std::string_view text = as_text(data);
      const bool other = r::is_serialised(data) || text.starts_with("PK\x03\x04") || text.starts_with("\x89HDF") || containers::codec_of(data) != containers::Codec::none;
      const bool pickle = data.size() > 8 && text[0] == '\x80' && text[1] >= 2 && text[1] <= 5;
      if (other || pickle) scan_.child(artifact_, "raw-" + std::to_string(pool_[id].offset), data, other ? Hint::none : Hint::unclaimed);
    }
  }

  Scan& scan_;
  const Artifact& artifact_;
  Trace trace_;
  Pool pool_;
  r::Evaluator evaluator_;
  std::unordered_set<Id> parts_;
  std::unordered_set<Id> promised_;  // code that runs when the object is touched
};

constexpr uint64_t kMostBlocks = 100'000;

}  // namespace

bool is_r(const Artifact& artifact) {
  return (artifact.hint == Hint::none || artifact.hint == Hint::unclaimed) && r::is_serialised(artifact.bytes);
}

void read_r(Scan& scan, const Artifact& artifact) { Reading(scan, artifact).run(); }

// A database of lazy loading (.rdb): blocks of a length in four bytes and a stream of zlib, one object each.
bool is_lazy_load(const Artifact& artifact) {
  if (artifact.hint != Hint::none || artifact.bytes.size() < 16) return false;
  const Bytes stream = slice(artifact.bytes, 4);
  const std::string_view start = as_text(artifact.bytes);
  if (stream[0] != std::byte{0x78} || static_cast<unsigned char>(start[0]) > 0x10) return false;
  containers::Limits limits;
  uint64_t left = 1u << 16;
  limits.allow = [&left](uint64_t size) { return size <= left && ((left -= size), true); };
  const auto decoded = containers::decode(containers::Codec::zlib, slice(stream, 0, 1u << 15), limits);
  return r::is_serialised(decoded.bytes);
}

void read_lazy_load(Scan& scan, const Artifact& artifact) {
  scan.recognise(artifact, "r-lazyload");
  containers::Limits limits;
  limits.ratio = scan.budget.inflation_ratio;
  limits.allow = [&scan](uint64_t bytes) { return scan.inflate(bytes); };
  uint64_t at = 0;
  for (uint64_t block = 0; at + 6 < artifact.bytes.size(); ++block) {
    if (block >= kMostBlocks) return scan.gap(artifact, Fault::limit, at, "the database has too many objects");
    containers::Decoded decoded = containers::decode(containers::Codec::zlib, slice(artifact.bytes, at + 4), limits);
    if (decoded.error || decoded.consumed == 0) {
      scan.gap(artifact, decoded.error ? decoded.error->fault : Fault::malformed, at, "an object of the database cannot be decoded");
      return;
    }
    scan.child(artifact, "object-" + std::to_string(at), scan.own(std::move(decoded.bytes)));
    at += 4 + decoded.consumed;
  }
}

}  // namespace winnow::r_format
