#include "judge/weigher.h"

#include <algorithm>
#include <utility>

#include "judge/names.h"
#include "judge/origins.h"

namespace winnow::judge {

using knowledge::Callable;

namespace {

// The opinions are worded for loading, by far the most common time.
std::string in_words_of(Trigger trigger, std::string summary) {
  static constexpr std::string_view kLoaded[] = {" when the model is loaded", " when it is loaded"};
  if (trigger == Trigger::load) return summary;
  const std::string_view when = trigger == Trigger::inference ? " when the model is used"
                                : trigger == Trigger::import  ? " when the module is imported" : " when it is called";
  for (const std::string_view loaded : kLoaded) {
    const size_t at = summary.find(loaded);
    if (at != std::string::npos) return summary.replace(at, loaded.size(), when);
  }
  return summary;
}

}  // namespace

void Weigher::add(uint32_t index, Opinion opinion) {
  const Event& event = trace_.events[index];
  if (event.unreached && event.code && (opinion.ruling != Ruling::confirmed || knowledge::find(opinion.callee) == nullptr)) return;  // nor would it run
  if (event.unreached && opinion.ruling == Ruling::confirmed) {
    opinion.ruling = Ruling::suspected;
    opinion.why += event.code ? " It stands behind a condition that does not hold, as far as is known here." : " It stands behind a fault at which CPython's loader stops.";
  }
  Finding finding;
  if (opinion.threat.starts_with('-')) {
    finding.threat = trace_.threat.empty() ? trace_.dialect + std::string(opinion.threat) : trace_.threat;
  } else {
    finding.threat = opinion.threat;
  }
  finding.ruling = opinion.ruling;
  finding.trigger = event.trigger;
  finding.summary = in_words_of(event.trigger, std::move(opinion.summary));
  finding.why = std::move(opinion.why);
  Evidence evidence;
  evidence.callee = opinion.callee;
  evidence.code = event.op == Op::import ? printer().expression(event.callee) : printer().statement(index);
  evidence.location.member = scan_.member_of(trace_.artifacts[event.artifact]);
  evidence.location.offset = event.offset;
  evidence.location.line = printer().line_of(index);
  if (is_program() && trace_.threat != "compiled-python" && event.line > 0 && event.artifact == 0) {
    // The line as it stands, and what it comes to where that is something else.
    const int32_t number = event.line + static_cast<int32_t>(opinion.line);
    const std::string line = source_line(number);
    evidence.location.line = static_cast<uint64_t>(number);
    if (trace_.threat == "script-command") evidence.code = line;
    else if (!line.empty()) evidence.code = line + "  # = " + evidence.code;
  }
  finding.evidence.push_back(std::move(evidence));
  scan_.findings.push_back(std::move(finding));
}

// A line of the source that the program stands in, without the blanks around and long blanks inside.
std::string Weigher::source_line(int32_t line) {
  constexpr size_t kLongest = 300;
  const std::string_view source = as_text(trace_.artifacts.front().bytes);
  if (lines_.empty()) {
    lines_.push_back(0);
    for (size_t i = 0; i < source.size(); ++i) {
      if (source[i] == '\n' || (source[i] == '\r' && (i + 1 >= source.size() || source[i + 1] != '\n'))) lines_.push_back(static_cast<uint32_t>(i + 1));
    }
  }
  const auto number = static_cast<size_t>(line - 1);
  if (line <= 0 || number >= lines_.size()) return {};
  std::string_view text = source.substr(lines_[number]);
  text = text.substr(0, text.find_first_of("\r\n"));
  std::string out;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\t';
    if (blank && (out.empty() || out.ends_with("    "))) continue;
    out += blank ? ' ' : c;
    if (out.size() >= kLongest) return out + " ...";
  }
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

Printer& Weigher::printer() {
  if (!printer_) printer_ = std::make_unique<Printer>(trace_);
  return *printer_;
}

const Name* Weigher::named(Value value) const { return value.is(Kind::name) ? &heap_.name(value) : nullptr; }

const Name* Weigher::resolved(Value callee) const {
  return named(callee.is(Kind::attribute) ? heap_.attribute(callee).resolved : callee);
}

bool Weigher::names_code_runner(Value value) const {
  const Name* name = named(value);
  return name != nullptr && runs_code(name->known);
}

// The first name that is wanted among the values, and in the containers and partials that are among them.
const Name* Weigher::held_among(std::vector<Value> given, bool (*wanted)(const Name&)) const {
  constexpr size_t kMostValues = 512;
  for (size_t i = 0; i < given.size() && given.size() < kMostValues; ++i) {
    const Value value = given[i];
    if (const Name* name = named(value); name != nullptr && wanted(*name)) return name;
    const auto open = [&](Value inside) {
      if (!inside.is_sequence() && !inside.is(Kind::dict)) return;
      const Items& items = heap_.items(inside);
      given.insert(given.end(), items.begin(), items.begin() + std::min<size_t>(items.size, kMostValues));
    };
    open(value);
    if (!value.is(Kind::object)) continue;
    const Object& object = heap_.object(value);
    const Name* maker = named(object.callee);
    if (maker == nullptr || !is_binder(maker->canonical)) continue;
    open(object.arguments);
    open(object.keywords);
    open(heap_.growth(object).state);
  }
  return nullptr;
}

std::vector<Value> Weigher::arguments_of(const Event& event) const {
  std::vector<Value> out;
  if (event.arguments.is_sequence()) {
    const Items& given = heap_.items(event.arguments);
    out.assign(given.begin(), given.end());
  }
  if (event.keywords.is(Kind::dict)) {
    const Items& given = heap_.items(event.keywords);
    for (uint32_t i = 1; i < given.size; i += 2) out.push_back(given[i]);
  }
  return out;
}

// The strings among the arguments, also inside the containers that are arguments.
std::vector<std::string_view> Weigher::texts_of(const Event& event) const {
  constexpr size_t kMost = kMostTexts;
  std::vector<std::string_view> out;
  std::vector<Value> pending = arguments_of(event);
  size_t looked = 0;
  while (!pending.empty() && out.size() < kMost && looked++ < 4 * kMost) {
    const Value value = pending.back();
    pending.pop_back();
    if (value.is_text()) out.push_back(value.text());
    if (value.is_sequence() || value.is(Kind::dict)) {
      const Items& items = heap_.items(value);
      for (uint32_t i = std::min<uint32_t>(items.size, kMost); i-- > 0;) pending.push_back(items[i]);
    }
  }
  return out;
}

bool Weigher::is_open_text(Value value) const {
  if (!value.is_derived()) return false;
  const Items& parts = heap_.items(value);
  return parts.size > 1 && parts[parts.size - 1].is(Kind::ellipsis);
}

std::vector<std::string> Weigher::open_texts_of(const Event& event) const {
  std::vector<std::string> out;
  for (const Value& value : arguments_of(event)) {
    if (is_open_text(value)) out.push_back(text_with_holes(heap_, value));
  }
  return out;
}

std::optional<Value> Weigher::payload_of(const Event& event, const Callable& known) const {
  if (!known.keyword.empty()) {
    if (const Value* found = keyword_of(event, known.keyword)) return *found;
  }
  if (known.position < 0 || !event.arguments.is_sequence()) return std::nullopt;
  const Items& given = heap_.items(event.arguments);
  const auto position = static_cast<uint32_t>(known.position);
  if (position < given.size) return given[position];
  // A command that is given by name.
  if (known.payload != knowledge::PayloadKind::shell && known.payload != knowledge::PayloadKind::argv) return std::nullopt;
  for (const std::string_view name : {"command", "cmd", "args", "argv", "cmdline", "program", "file", "path"}) {
    if (const Value* found = keyword_of(event, name)) return *found;
  }
  return std::nullopt;
}

const Value* Weigher::keyword_of(const Event& event, std::string_view keyword) const {
  return event.keywords.is(Kind::dict) ? heap_.find(heap_.items(event.keywords), keyword) : nullptr;
}

}  // namespace winnow::judge
