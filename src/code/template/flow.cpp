#include "code/template/flow.h"

#include <algorithm>

#include "code/template/flow_parts.h"
#include "code/template/jinja.h"
#include "code/template/wording.h"

namespace winnow::jinja {

using python::Type;

namespace {

constexpr uint64_t kMostSteps = 300'000;
constexpr size_t kMostWritten = size_t{32} << 20;  // bytes
constexpr size_t kMostChanges = 200;
constexpr size_t kMostUnrolled = 128;

}  // namespace

bool Flow::step() {
  if (++steps_ <= kMostSteps) return true;
  writing_.cut_short = true;
  return false;
}

Writing Flow::run(const Node& module) {
  out_ = &writing_.pieces;
  scopes_.emplace_back();
  statements(module.body);
  return std::move(writing_);
}

void Flow::statements(const List& body) {
  for (const Node* node : body) {
    if (!step()) return;
    statement(*node);
  }
}

void Flow::statement(const Node& node) {
  switch (node.type) {
    case Type::Expr: {
      const Node& expression = *node.first;
      // Text between tags is the bulk of a template, and as long as it likes.
      const bool output = expression.type == Type::Call && expression.first->type == Type::Name &&
                          expression.first->name == kOutput;
      if (output && expression.items[0]->type == Type::Constant &&
          expression.items[0]->value.is(Kind::string)) {
        return write_fragment({Made::text, std::string(expression.items[0]->value.text()), guard_ | left_,
                               expression.items[0]->offset});
      }
      const Worth worth = value(output ? expression.items[0] : &expression);
      if (output) write(worth);
      return;
    }
    case Type::AugAssign: return write(value(node.second));  // the text of a macro or block
    case Type::Assign:
      if (node.items[0]->type == Type::Name && node.items[0]->name == kText) return;
      return assign(*node.items[0], value(node.first));
    case Type::FunctionDef: {
      Worth function;
      function.function = &node;
      return assign_name(node.name, std::move(function));
    }
    case Type::If: return branch(node);
    case Type::For: return loop(node);
    case Type::Break:
    case Type::Continue: left_ |= guard_; return;
    default: return;
  }
}

Flow::Side Flow::side(const List& body) {
  const size_t start = out_->size();
  const bool stopped = std::exchange(stopped_, false);
  ++branches_;
  ++scopes_.back().branches;
  statements(body);
  --scopes_.back().branches;
  --branches_;
  Side out;
  for (size_t i = start; i < out_->size(); ++i) {
    const Fragment& piece = (*out_)[i];
    if (piece.made == Made::words) ++out.words;
    if (out.text.empty() && piece.made == Made::text && signs_of(piece.text).words > 0) out.text = piece.text;
  }
  out.stops = std::exchange(stopped_, stopped);
  return out;
}

// Branches in a row: each condition stands also before the sides behind it.
void Flow::branch(const Node& first) {
  const Causes outside = guard_;
  Causes asked = 0;
  std::vector<Side> sides;
  for (const Node* node = &first; node != nullptr && step();) {
    asked |= causes_of(value(node->first));
    guard_ = outside | asked;
    sides.push_back(side(node->body));
    const bool chained = node->orelse.size == 1 && node->orelse[0]->type == Type::If;
    if (!chained) sides.push_back(side(node->orelse));
    node = chained ? node->orelse[0] : nullptr;
  }
  guard_ = outside;
  compare_sides(sides, asked & ~outside, first.offset);
}

// Words in a message decide whether the message is written at all.
void Flow::compare_sides(const std::vector<Side>& sides, Causes causes, uint32_t offset) {
  if (!asks_for_words(causes)) return;
  const auto writes = [](const Side& one) { return one.words > 0; };
  const auto leaves_out = [](const Side& one) { return one.words == 0 && !one.stops; };
  if (std::none_of(sides.begin(), sides.end(), writes) ||
      std::none_of(sides.begin(), sides.end(), leaves_out))
    return;
  std::string instead;
  for (const Side& one : sides) {
    if (leaves_out(one) && !one.text.empty()) instead = one.text;
  }
  const Change::Kind kind = instead.empty() ? Change::Kind::withheld : Change::Kind::supplanted;
  change(kind, "", std::move(instead), causes, offset);
}

void Flow::loop(const Node& node) {
  const Worth over = value(node.second);
  const Causes outside = guard_, left = left_;
  const size_t start = out_->size();
  guard_ |= causes_of(over);
  ++branches_;
  ++loops_;
  const bool known = over.parts != nullptr && !over.parts->items.empty() && over.parts->members.empty() &&
                     over.parts->items.size() <= kMostUnrolled && !over.from(kConversation | kWords) &&
                     loops_ <= 3;
  if (known) {
    // By index: a loop may add to the list that it goes through.
    const size_t count = over.parts->items.size();
    for (size_t i = 0; i < count && step(); ++i) {
      Worth item = over.parts->items[i];
      item.causes |= over.causes;
      scopes_.emplace_back();
      assign(*node.first, std::move(item));
      statements(node.body);
      scopes_.pop_back();
    }
  } else {
    // What a later round finds in a namespace was set by an earlier one.
    const int passes = loops_ == 1 ? 2 : 1;
    for (int pass = 1; pass <= passes; ++pass) {
      quiet_ += pass < passes;
      scopes_.emplace_back();
      assign(*node.first, element(over, node.offset));
      statements(node.body);
      scopes_.pop_back();
      quiet_ -= pass < passes;
    }
  }
  --loops_;
  // Words decide which messages the loop comes to, or where one is cut.
  const bool words = std::any_of(out_->begin() + static_cast<std::ptrdiff_t>(start), out_->end(),
                                 [](const Fragment& piece) { return piece.made == Made::words; });
  if (words && asks_for_words(over.causes & ~outside))
    change(Change::Kind::withheld, "", "", over.causes & ~outside, node.offset);
  guard_ = outside;
  left_ = left;
  statements(node.orelse);
  --branches_;
}

void Flow::assign(const Node& target, Worth worth) {
  if (target.type == Type::Name) return assign_name(target.name, std::move(worth));
  if (target.type == Type::Tuple) {
    for (size_t i = 0; i < target.items.size; ++i) {
      const bool listed = worth.parts != nullptr && i < worth.parts->items.size();
      assign(*target.items[i], listed ? worth.parts->items[i] : element(worth, target.offset));
    }
    return;
  }
  if (target.type != Type::Attribute) return;
  const Worth owner = value(target.first);
  if (owner.parts == nullptr) return;
  worth.causes |= guard_ | left_;
  for (auto& [name, old] : owner.parts->members) {
    if (name != target.name) continue;
    if (branches_ == 0)
      old = std::move(worth);
    else
      either(old, worth);
    return;
  }
  if (owner.parts->members.size() < kMostItems)
    owner.parts->members.emplace_back(target.name, std::move(worth));
}

const Worth* Flow::variable(std::string_view name) const {
  for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
    const auto found = scope->variables.find(name);
    if (found != scope->variables.end()) return &found->second;
  }
  return nullptr;
}

void Flow::bind(std::string_view name, Worth worth) {
  scopes_.back().variables.insert_or_assign(std::string(name), std::move(worth));
}

void Flow::assign_name(std::string_view name, Worth worth) {
  const Worth* old = variable(name);
  const bool asked = writing_.converses;  // to set a name is not to ask for it
  const bool had_words = old == nullptr ? input(name, 0).from(kWords) : old->from(kWords);
  writing_.converses = asked;
  if (had_words && !worth.from(kWords) && asks_for_words(guard_)) {
    for (const std::string& text : texts_of(worth)) {
      if (text.empty()) change(Change::Kind::withheld, "", "", guard_, 0);
      if (signs_of(text).words > 0)
        change(Change::Kind::supplanted, "", text, guard_,
               worth.runs[0].empty() ? 0 : worth.runs[0][0].offset);
    }
  }
  worth.causes |= guard_ | left_;
  if (old != nullptr && scopes_.back().branches > 0) {
    Worth both = *old;
    either(both, worth);
    worth = std::move(both);
  }
  bind(name, std::move(worth));
}

void Flow::write(const Worth& worth) {
  for (Fragment piece : sequence_of(worth)) {
    piece.causes |= worth.causes;
    if (piece.made == Made::words && asks_for_words(piece.causes & ~guard_))
      change(Change::Kind::withheld, "", "", piece.causes & ~guard_, piece.offset);
    piece.causes |= guard_ | left_;
    write_fragment(std::move(piece));
  }
}

void Flow::write_fragment(Fragment piece) {
  if (quiet_ > 0 && out_ == &writing_.pieces) return;
  written_ += piece.text.size() + sizeof(Fragment);
  if (written_ <= kMostWritten)
    out_->push_back(std::move(piece));
  else
    writing_.cut_short = true;
}

void Flow::change(Change::Kind kind, std::string from, std::string to, Causes causes, uint32_t offset) {
  for (const Change& known : writing_.changes) {
    if (known.kind == kind && known.offset == offset && known.from == from && known.to == to) return;
  }
  if (writing_.changes.size() < kMostChanges)
    writing_.changes.push_back({kind, std::move(from), std::move(to), causes, offset});
}

Causes Flow::trigger(Asks asks, std::string literal, uint32_t offset) {
  auto& all = writing_.triggers;
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].asks == asks && all[i].literal == literal &&
        (all[i].offset == offset || i + 1 == kMostTriggers))
      return Causes{1} << i;
  }
  if (all.size() < kMostTriggers) {
    all.push_back({asks, std::move(literal), offset});
    return Causes{1} << (all.size() - 1);
  }
  // No room: the nearest of its kind stands for it; the last one where there is none.
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].asks == asks) return Causes{1} << i;
  }
  all.back() = {asks, std::move(literal), offset};
  return Causes{1} << (all.size() - 1);
}

bool Flow::asks_for_words(Causes causes) const {
  for (size_t i = 0; i < writing_.triggers.size(); ++i) {
    if ((causes >> i & 1) != 0 && writing_.triggers[i].asks == Asks::words) return true;
  }
  return false;
}

Writing follow(const python::Node& module, Inputs inputs) { return Flow(inputs).run(module); }

}  // namespace winnow::jinja
