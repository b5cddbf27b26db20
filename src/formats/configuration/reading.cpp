#include "formats/configuration/reading.h"

#include <algorithm>

#include "code/pickle/unpickler.h"
#include "core/print.h"

namespace winnow::configuration {
namespace {

constexpr int kDeepest = 400;
constexpr size_t kMostTemplates = 2000;    // of one document, those that differ
constexpr size_t kMostListed = 8;          // names in a sentence

bool has_tags(std::string_view text) {
  return text.find("{{") != std::string_view::npos || text.find("{%") != std::string_view::npos || text.find("{#") != std::string_view::npos;
}

std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (size_t i = 0; i < names.size() && i < kMostListed; ++i) out += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kMostListed) out += " and " + std::to_string(names.size() - kMostListed) + " more";
  return out;
}

}  // namespace

Reading::Reading(Scan& scan, const Artifact& artifact, const Document& document, Syntax syntax)
    : scan_(scan), artifact_(artifact), document_(document), yaml_(syntax == Syntax::yaml), sections_(syntax == Syntax::sections), seen_(document.nodes.size(), false), made_(document.nodes.size()),
      machine_(scan, trace_) {
  trace_.dialect = "configuration";
  trace_.threat = "configuration-code";
  trace_.artifacts.push_back(artifact);
  pickle::attach(machine_);
}

bool Reading::run() {
  visit(document_.root, {});
  if (sections_) read_section_root(document_.root);
  run_expressions();
  if (cut_) scan_.gap(artifact_, Fault::limit, 0, "the configuration is too large or nested too deep to be followed to its end");
  conclude();
  return !format_.empty();
}

void Reading::visit(NodeId id, Place place) {
  if (seen_[id]) return;
  seen_[id] = true;
  const Node& node = document_[id];
  if (++place.depth > kDeepest || !scan_.step()) {
    cut_ = true;
    return;
  }
  if (!node.tag.empty()) evaluate(id, place.depth);
  switch (node.kind) {
    case NodeKind::text: return visit_text(node, place);
    case NodeKind::list: {
      // Settings of RL Zoo: [policy_kwargs, dict(...)].
      if (node.count == 2 && text_of(document_.child(node, 0)).ends_with("kwargs")) note_evaluated(document_.child(node, 1));
      for (uint32_t i = 0; i < node.count; ++i) visit(document_.child(node, i), {place.key, id, place.rendered, place.depth});
      if (id == document_.root) read_modules(id);
      return;
    }
    case NodeKind::map: return visit_map(id, place);
    default: return;
  }
}

void Reading::visit_map(NodeId id, const Place& place) {
  const Node& node = document_[id];
  const Members members(document_, node);
  if (members.any()) {
    read_hub(id, members, place);
    read_services(id, members, place);
    read_flows(id, members, place);
    if (makes_call(id, members, place)) evaluate(id, place.depth);
  } else if (node.count < 256 && makes_call(id, members, place)) {
    evaluate(id, place.depth);
  }
  for (uint32_t i = 0; i + 1 < node.count; i += 2) {
    const NodeId key_id = document_.child(node, i), value = document_.child(node, i + 1);
    const Node& key = document_[key_id];
    Place inner{key.kind == NodeKind::text ? key.text : std::string_view(), id, place.rendered, place.depth};
    if (key.kind != NodeKind::text || !key.tag.empty()) visit(key_id, inner);
    const Key known = key_of(inner.key);
    const bool text = known == Key::template_ || known == Key::template_path || (inner.key == "template" || inner.key == "prompt");
    if (inner.key.ends_with("kwargs") && document_.is_text(value)) note_evaluated(value);
    inner.rendered = place.rendered || (text && inner.key.find("path") == std::string_view::npos);
    visit(value, inner);
  }
}

// Texts that Jinja would render, and expressions.
void Reading::visit_text(const Node& node, const Place& place) {
  const std::string_view text = node.text;
  if (text.size() < 3) return;
  note_expression(node);
  if (!has_tags(text)) return note_value(node, place);
  if (!rendered_.insert(text).second) return;
  if (rendered_.size() > kMostTemplates) {
    if (rendered_.size() == kMostTemplates + 1) scan_.gap(artifact_, Fault::limit, node.offset, "more templates than are read");
    return;
  }
  if (place.rendered) name_format("chat-template-config");
  const std::string name = place.key.empty() ? "template" : std::string(place.key.substr(0, 60));
  scan_.child(artifact_, name, as_bytes(text).size() == 0 ? Bytes() : scan_.own({as_bytes(text).begin(), as_bytes(text).end()}),
              place.rendered ? Hint::jinja_template : Hint::none);
}

// Settings are words and numbers. One that is a call of what acts, or a command that runs what it downloads, waits for
// code beside it that evaluates it.
void Reading::note_value(const Node& node, const Place& place) {
  const std::string_view text = node.text;
  if (yaml_ || sections_ || text.size() > 4096 || text.size() < 8 || place.rendered || held_text_.data() != nullptr) return;
  const auto has = [&](std::string_view part) { return text.find(part) != std::string_view::npos; };
  static constexpr std::string_view kCalls[] = {"__import__(", "os.system(", "os.popen(", "subprocess.", "exec(", "eval(", "pty.spawn("};
  const bool code = std::any_of(std::begin(kCalls), std::end(kCalls), has) && text.find(')') != std::string_view::npos;
  const bool fetches = (has("curl ") || has("wget ") || has("iwr ") || has("DownloadString")) && (has("|sh") || has("| sh") || has("|bash") || has("| bash") || has("iex") || has("IEX"));
  if (code || fetches || has("/dev/tcp/")) held_text_ = text, held_offset_ = node.offset, held_key_ = place.key;
}

// What only one line says: that names are called which do nothing but make the objects of a model.
void Reading::conclude() {
  if (has_objects_) {
    trace_.finished = true;
    trace_.root = machine_.heap().new_items(Kind::list, held_.data(), static_cast<uint32_t>(held_.size()));
    scan_.submit(trace_);
  }
  if (!rendered_.empty()) name_format("configuration");
  if (format_.empty()) return;
  scan_.recognise(artifact_, format_);
  static constexpr std::string_view kOfModels[] = {"transformers-config", "tokenizer-config", "diffusers-config", "processor-config", "generation-config", "peft-adapter"};
  if (held_text_.data() != nullptr && std::find(std::begin(kOfModels), std::end(kOfModels), format_) != std::end(kOfModels)) {
    finding("configuration-code", Ruling::suspected, "Holds a command or code as the setting " + quoted(held_key_, false) + ".",
            "Loaders do nothing with it; settings of models are words and numbers, and code beside the model may run this one.", held_key_, quoted(held_text_, false, 300), held_offset_);
  }
  if (called_.empty()) return;
  finding("configuration-code", Ruling::dismissed, "Names what its loader is to call: " + listed(called_) + ".",
          "Each was called on the abstract machine with the arguments that stand in the file; what acts is told by itself.", called_.front(),
          quoted(called_.front(), false), 0);
}

void Reading::finding(std::string_view threat, Ruling ruling, std::string summary, std::string why, std::string_view callee, std::string code,
                      uint64_t offset) {
  Finding out;
  out.threat = threat;
  out.ruling = ruling;
  out.summary = std::move(summary);
  out.why = std::move(why);
  Evidence evidence;
  evidence.callee = callee;
  evidence.code = std::move(code);
  evidence.location.offset = offset;
  out.evidence.push_back(std::move(evidence));
  scan_.finding(artifact_, std::move(out));
}

void Reading::refer(std::string_view kind, std::string_view target, std::string_view by) {
  constexpr size_t kMost = 1000;
  if (scan_.references.size() < kMost && !target.empty()) scan_.refer(artifact_, {std::string(kind), std::string(target.substr(0, 500)), std::string(by)});
}

bool Reading::is_true(std::optional<NodeId> id) const { return id && document_[*id].kind == NodeKind::boolean && document_[*id].truth; }

// The value of a key, as YAML's merge keys bring it, too: <<: *base.
std::optional<NodeId> Reading::find(NodeId map, std::string_view key, int depth) const {
  constexpr int kDeepestMerge = 8;
  if (const auto direct = document_.find(map, key)) return direct;
  if (!yaml_ || depth > kDeepestMerge) return std::nullopt;
  const auto merged = document_.find(map, "<<");
  if (!merged) return std::nullopt;
  const Node& from = document_[*merged];
  if (from.kind == NodeKind::map) return find(*merged, key, depth + 1);
  for (uint32_t i = 0; from.kind == NodeKind::list && i < from.count && i < 64; ++i) {
    if (const auto found = find(document_.child(from, i), key, depth + 1)) return found;
  }
  return std::nullopt;
}

}  // namespace winnow::configuration
