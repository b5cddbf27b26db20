// Julia's objects in BSON, as BSON.jl reads them (src/extensions.jl, src/anonymous.jl): documents with a `tag` that says
// what they become. `ref` and `datatype` look up any name of any module, `struct` makes an object of any type without its
// constructor, and `jl_anonymous` defines a type with methods whose lowered code stands in the file: functions that run
// when the model is used. Honest models of Flux hold such functions; what their code names decides.
#include "formats/julia/julia.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "bytes/reader.h"
#include "core/print.h"

namespace winnow::julia {
namespace {

constexpr size_t kDeepest = 400;
constexpr size_t kMostTexts = 2'000'000;

enum class Danger : uint8_t { runs, reaches };
struct Word {
  std::string_view name;
  Danger danger;
};
// Of Base, Core, Sockets, Downloads.
constexpr Word kWords[] = {{"run", Danger::runs}, {"cmd_gen", Danger::runs}, {"Cmd", Danger::runs}, {"pipeline", Danger::runs}, {"readchomp", Danger::runs}, {"spawn", Danger::runs},
                           {"include_string", Danger::runs}, {"eval", Danger::runs}, {"evalfile", Danger::runs}, {"foreigncall", Danger::runs}, {"dlopen", Danger::runs},
                           {"unsafe_load", Danger::reaches}, {"unsafe_store!", Danger::reaches}, {"download", Danger::reaches}, {"connect", Danger::reaches}, {"listen", Danger::reaches},
                           {"rm", Danger::reaches}, {"open", Danger::reaches}, {"write", Danger::reaches}, {"cp", Danger::reaches}, {"mv", Danger::reaches}, {"ENV", Danger::reaches}};

const Word* word_of(std::string_view name) {
  const auto* found = std::find_if(std::begin(kWords), std::end(kWords), [&](const Word& word) { return word.name == name; });
  return found == std::end(kWords) ? nullptr : found;
}

// One document or list that is being read.
struct Open {
  uint64_t end = 0;
  bool list = false;
  std::string_view key;                     // under which it stands in its parent
  std::string_view tag;
  std::vector<std::string_view> texts;      // directly in it
  bool global = false;                      // an object of Core.GlobalRef: a name of a module that code uses
};

class Reading {
 public:
  Reading(Scan& scan, const Artifact& artifact) : scan_(scan), artifact_(artifact), reader_(artifact.bytes) {}

  void run() {
    scan_.recognise(artifact_, "julia-bson");
    enter(false, {});
    while (!open_.empty() && reader_.ok()) {
      if (!scan_.step()) reader_.fail(Fault::limit, "the budget for work is used up");
      element();
    }
    if (reader_.error()) scan_.gap(artifact_, *reader_.error());
    judge();
  }

 private:
  void enter(bool list, std::string_view key) {
    const uint64_t start = reader_.offset();
    const uint64_t size = reader_.le<uint32_t>();
    if (open_.size() >= kDeepest) return reader_.fail(Fault::limit, "documents are nested too deeply");
    if (size < 5 || size - 4 > reader_.left()) return reader_.fail(size < 5 ? Fault::malformed : Fault::truncated, "a document runs past the end");
    open_.push_back({start + size, list, key, {}, {}, false});
  }

  void leave() {
    Open done = std::move(open_.back());
    open_.pop_back();
    if (done.tag == "jl_anonymous") anonymous_ = true;
    const bool of_global = open_.size() >= 2 && open_[open_.size() - 2].global;
    if (done.tag == "symbol" && done.texts.size() >= 2 && of_global) symbols_.insert(done.texts.back() == "symbol" ? done.texts.front() : done.texts.back());
    if (done.list && (done.key == "path" || done.key == "name") && !done.texts.empty()) {
      std::string path;
      for (const std::string_view part : done.texts) (path += path.empty() ? "" : ".") += part;
      if (path.ends_with(".GlobalRef") && open_.size() >= 2) open_[open_.size() - 2].global = true;
      if (names_.size() < kMostTexts) names_.insert(path);
    }
  }

  void text(std::string_view key, std::string_view value) {
    Open& here = open_.back();
    if (key == "tag") here.tag = value;
    if (here.texts.size() < 64) here.texts.push_back(value);
    if (value.size() > 3 && key != "tag" && texts_.size() < 64) texts_.insert(value);
  }

  void element() {
    if (reader_.offset() >= open_.back().end) return leave();
    const uint8_t type = reader_.u8();
    if (type == 0) return leave();
    const std::string_view key = reader_.line('\0');
    switch (type) {
      case 0x01: case 0x09: case 0x11: case 0x12: reader_.skip(8); return;
      case 0x02: case 0x0d: case 0x0e: {
        const uint64_t size = reader_.le<uint32_t>();
        const std::string_view value = reader_.text(size);
        if (reader_.ok() && size > 0) text(key, value.substr(0, size - 1));
        return;
      }
      case 0x03: return enter(false, key);
      case 0x04: return enter(true, key);
      case 0x05: {
        const uint64_t size = reader_.le<uint32_t>();
        reader_.skip(1 + size);
        return;
      }
      case 0x06: case 0x0a: case 0x7f: case 0xff: return;
      case 0x07: reader_.skip(12); return;
      case 0x08: reader_.skip(1); return;
      case 0x10: reader_.skip(4); return;
      default: reader_.fail(Fault::malformed, "the type of a value does not exist");
    }
  }

  void judge() {
    std::string used, stored;
    bool runs = false, stored_runs = false;
    for (const std::string_view symbol : symbols_) {
      const Word* word = anonymous_ ? word_of(symbol) : nullptr;
      if (word == nullptr) continue;
      (used += used.empty() ? "" : ", ") += symbol;
      runs = runs || word->danger == Danger::runs;
    }
    for (const std::string& name : names_) {
      const bool base = name.find("Base.") != std::string::npos || name.find("Core.") != std::string::npos || name.find("Sockets.") != std::string::npos ||
                        name.find("Downloads.") != std::string::npos || name.find("Libdl.") != std::string::npos;
      std::string_view last = std::string_view(name).substr(name.rfind('.') + 1);
      if (last.starts_with('#')) last.remove_prefix(1);  // the type of a function
      const Word* word = base ? word_of(last) : nullptr;
      if (word == nullptr) continue;
      (stored += stored.empty() ? "" : ", ") += name;
      stored_runs = stored_runs || word->danger == Danger::runs;
    }
    std::string texts;
    for (const std::string_view one : texts_) {
      if (texts.size() < 300) (texts += texts.empty() ? "" : ", ") += quoted(one, false, 100);
    }
    if (!used.empty()) {
      tell(runs ? Ruling::confirmed : Ruling::suspected, "Carries a function that uses " + used + ".", "Its lowered code stands in the file and runs when the model calls it.", used, "<function: " + texts + ">");
    }
    if (!stored.empty()) {
      tell(stored_runs ? Ruling::confirmed : Ruling::suspected, "Holds the function " + stored + ".", "The name is looked up when the file is loaded, and whoever calls what holds it calls the function.", stored, stored);
    }
    if (!used.empty() || !stored.empty()) return;
    tell(Ruling::dismissed, anonymous_ ? "Carries functions that only compute." : "Holds arrays and objects.",
         anonymous_ ? "Their code names nothing that acts on the machine." : "No function stands in the file, and none that acts is named.", {}, {});
  }

  void tell(Ruling ruling, std::string summary, std::string why, std::string callee, std::string code) {
    scan_.note(artifact_, "julia-function", {ruling, Trigger::inference, std::move(summary), std::move(why), std::move(callee), std::move(code), {}});
  }

  Scan& scan_;
  const Artifact& artifact_;
  Reader reader_;
  std::vector<Open> open_;
  std::set<std::string_view> symbols_, texts_;
  std::set<std::string> names_;
  bool anonymous_ = false;
};

}  // namespace

// A document of BSON with a tag of BSON.jl in it.
bool is_bson(const Artifact& artifact) {
  if (artifact.hint != Hint::none || artifact.bytes.size() < 16) return false;
  Reader reader(artifact.bytes);
  const uint64_t size = reader.le<uint32_t>();
  const uint8_t type = reader.u8();
  if (size < 16 || size > artifact.bytes.size() + (uint64_t{1} << 30) || (type != 0x02 && type != 0x03 && type != 0x04)) return false;
  const std::string_view key = reader.line('\0');
  if (!reader.ok() || key.empty() || key.size() > 64) return false;
  const std::string_view start = as_text(artifact.bytes).substr(0, 65536);
  return start.find(std::string_view("\x02tag\0", 5)) != std::string_view::npos;
}

void read_bson(Scan& scan, const Artifact& artifact) { Reading(scan, artifact).run(); }

}  // namespace winnow::julia
