// Steps run on a stack of expressions. What a value holds was computed before everything that is still to be
// emitted, so a statement first moves the values that wait on the stack into slots; the patterns in which a
// compiler keeps values there across a store (chained and tuple assignment, augmented targets, imports) are known
// and need none. Where a pattern does not come out the block is run again "carefully": then every value that is
// copied or moved goes through a slot, which is always right.
#include <algorithm>

#include "code/bytecode/folding.h"

namespace winnow::bytecode {

namespace {

bool is_marker(const Node* node, int32_t which) {
  return node != nullptr && node->type == Type::Bad && node->number == which;
}

// May be computed earlier or later without a difference, or is no value at all.
bool is_stable(const Node* node) {
  if (is_slot_read(node)) return true;
  if (node->type == Type::Constant) return true;
  if (node->type != Type::Bad) return false;
  switch (node->number) {
    case kHole:
    case kSaved:
    case kEnterAwaitable:
    case kInput:
    case kCode:
    case kBuildClass: return true;
    default: return false;
  }
}

// Waits for a store that is still to come, as far as the stack can tell.
bool is_waiting(const Node* node) {
  return !is_slot_read(node) && !is_marker(node, kHole) && !is_marker(node, kSaved) && !is_marker(node, kEnterAwaitable) &&
         !is_marker(node, kInput);
}

// When an empty collection is made does not matter to what else is computed.
bool is_empty_display(const Node* node) {
  const bool display = node->type == Type::List || node->type == Type::Tuple || node->type == Type::Set || node->type == Type::Dict;
  return display && node->items.empty();
}

bool is_chain(const Node* node) { return node->type == Type::NamedExpr && !node->items.empty(); }

}  // namespace

Simulator::Simulator(Builder& builder, SimulatorOptions options)
    : builder_(builder), tree_(builder.tree()), options_(options), stack_(run_.stack) {}

void Simulator::enter(std::vector<Entry> stack) {
  stack_ = std::move(stack);
  if (item_ == nullptr) return;
  Node* hole = marker(kHole, item_);
  hole->offset = 0;
  ++holes_;
  push(hole);
}

Node* Simulator::make(Type type) {
  Node* node = tree_.make(type);
  node->line = line_;
  node->offset = offset_;
  return node;
}

Node* Simulator::marker(Marker which, Node* first, Node* second) {
  Node* node = make(Type::Bad);
  node->number = which;
  node->first = first;
  node->second = second;
  return node;
}

Node* Simulator::name(std::string_view text) {
  Node* node = make(Type::Name);
  node->name = builder_.plain_name(text);
  return node;
}

Node* Simulator::constant(Value value) {
  Node* node = make(Type::Constant);
  node->value = value;
  return node;
}

Node* Simulator::slot_name(SlotId slot) {
  Node* node = make(Type::Name);
  node->number = static_cast<int32_t>(slot);
  return node;
}

Node* Simulator::unary(Operator op, Node* operand) {
  Node* node = make(Type::UnaryOp);
  node->op = op;
  node->first = operand;
  return node;
}

void Simulator::push(Node* node) { stack_.push_back({node, ++sequence_}); }

Entry* Simulator::at(uint32_t depth) {
  if (depth == 0 || depth > stack_.size()) return nullptr;
  return &stack_[stack_.size() - depth];
}

Entry Simulator::take_entry() {
  if (stack_.empty()) {  // what no compiler writes: the interpreter would read its locals
    if (options_.isolated) fail();
    builder_.inexact();
    Node* node = make(Type::Name);
    node->name = "__below_the_stack__";
    return {node, ++sequence_};
  }
  const Entry entry = stack_.back();
  stack_.pop_back();
  return entry;
}

Node* Simulator::expression_of(Entry entry) { return as_expression(entry.node); }

Node* Simulator::take() { return expression_of(take_entry()); }

bool Simulator::in_order(std::span<const Entry> entries) const {
  uint32_t last = 0;
  for (const Entry& entry : entries) {
    if (is_stable(entry.node) || is_empty_display(entry.node)) continue;
    if (entry.sequence < last) return false;
    last = entry.sequence;
  }
  return true;
}

// A display is as old as the youngest of its parts: to build it computes nothing.
void Simulator::push_display(Node* node, std::span<const Entry> parts) {
  if (parts.empty()) return push(node);
  uint32_t sequence = 0;
  for (const Entry& part : parts) sequence = std::max(sequence, part.sequence);
  stack_.push_back({node, sequence});
}

std::vector<Entry> Simulator::take_many(uint32_t count) {
  std::vector<Entry> entries;
  while (stack_.size() < count && entries.size() < count - stack_.size()) {
    Entry missing;
    if (options_.isolated || count > 10000) fail();
    builder_.inexact();
    missing.node = make(Type::Name);
    missing.node->name = "__below_the_stack__";
    entries.push_back(missing);
    if (failed()) break;
  }
  const size_t there = std::min<size_t>(count, stack_.size());
  const auto begin = stack_.end() - static_cast<ptrdiff_t>(there);
  entries.insert(entries.end(), begin, stack_.end());
  stack_.resize(stack_.size() - there);
  if (permuted_ && !in_order(entries)) fail();
  return entries;
}

void Simulator::append_taken(python::List& list, uint32_t count) {
  for (const Entry& entry : take_many(count)) tree_.append(list, expression_of(entry));
}

// ---- statements ----

void Simulator::emit(FlowStatement::Kind kind, Node* node, SlotId slot, SlotId entered) {
  if (options_.isolated) return fail();
  close_group();
  settle_holes();
  materialise();
  if (builder_.version() < PythonVersion{3, 8}) keep_constants();
  if (node != nullptr && kind == FlowStatement::Kind::plain && node->line == 0) node->line = line_;
  run_.statements.push_back({kind, node, slot, entered, offset_});
}

// Up to 3.7 a return of a constant out of a `with`, `finally` or handler has it on the stack while those are left: it goes to
// a slot, and so differs from a return behind them.
void Simulator::keep_constants() {
  for (size_t i = 0; i < stack_.size(); ++i) {
    Node* node = stack_[i].node;
    if (node->type != Type::Constant) continue;
    const SlotId slot = builder_.new_slot();
    Node* read = slot_name(slot);
    for (Entry& entry : stack_) {
      if (entry.node == node) entry.node = read;
    }
    run_.statements.push_back({FlowStatement::Kind::set_slot, node, slot, kNoSlot, offset_});
  }
}

// Values that wait go to slots, in the order in which they were computed.
void Simulator::materialise(size_t from) {
  bool any = false;
  for (size_t i = from; i < stack_.size(); ++i) any = any || !is_stable(stack_[i].node);
  if (!any) return;
  if (options_.isolated) return fail();
  std::vector<size_t> order;
  for (size_t i = from; i < stack_.size(); ++i) {
    if (!is_stable(stack_[i].node)) order.push_back(i);
  }
  if (permuted_) {
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return stack_[a].sequence < stack_[b].sequence; });
  }
  for (const size_t i : order) {
    Node* node = stack_[i].node;
    if (is_stable(node)) continue;  // a copy of one before
    if (node->type == Type::NamedExpr || node->type == Type::Print) {
      if (!options_.careful && (is_chain(node) || node->type == Type::Print)) return fail();
    }
    if ((is_marker(node, kLeftWith) || is_marker(node, kEnterAwaitable)) && !options_.careful) return fail();
    const SlotId slot = builder_.new_slot();
    FlowStatement set = builder_.slot_statement(node, slot);
    Node* read = slot_name(slot);
    for (Entry& entry : stack_) {
      if (entry.node == node) entry.node = read;
    }
    if (set.kind == FlowStatement::Kind::set_slot) set.node = as_expression(node);
    set.offset = offset_;
    run_.statements.push_back(set);
  }
}

FlowStatement Builder::slot_statement(Node* node, SlotId slot) {
  FlowStatement set{FlowStatement::Kind::set_slot, node, slot, kNoSlot, 0};
  if (is_marker(node, kIterator)) {
    set.kind = FlowStatement::Kind::set_iterator;
    set.node = node->first;
    mark_iterator_slot(slot);
  } else if (is_marker(node, kAsyncIterator)) {
    set.kind = FlowStatement::Kind::set_async_iterator;
    set.node = node->first;
    mark_iterator_slot(slot);
  }
  return set;
}

// Markers become what they stand for, where a value takes part in an expression after all.
Node* Simulator::as_expression(Node* node) {
  switch (node->type) {
    case Type::NamedExpr: {
      if (node->items.empty()) return node;
      if (options_.careful || builder_.version() < PythonVersion{3, 8}) fail();
      Node* value = node->first;
      for (Node* target : node->items) {
        if (target->type != Type::Name) fail();
        Node* named = make(Type::NamedExpr);
        named->first = target;
        named->second = value;
        value = named;
      }
      return value;
    }
    case Type::BinOp: {
      if (node->number == 0) return node;
      // An in-place operation whose result goes elsewhere than to its target.
      if (!options_.careful || options_.isolated) {
        fail();
        return node;
      }
      const SlotId slot = builder_.new_slot();
      emit(FlowStatement::Kind::set_slot, node->first, slot);
      Node* statement = make(Type::AugAssign);
      statement->first = slot_name(slot);
      statement->op = node->op;
      statement->second = node->second;
      emit(FlowStatement::Kind::plain, statement);
      return slot_name(slot);
    }
    case Type::Import: return import_call(node);
    case Type::Alias: {
      Node* attribute = make(Type::Attribute);
      attribute->first = as_expression(node->first);
      attribute->name = node->name;
      builder_.inexact();
      return attribute;
    }
    case Type::Print:
      fail();
      return node->first != nullptr ? node->first : node;
    case Type::FunctionDef:
    case Type::AsyncFunctionDef:
    case Type::ClassDef: {
      if (options_.isolated) fail();
      builder_.inexact();
      emit(FlowStatement::Kind::plain, node);
      Node* read = make(Type::Name);
      read->name = node->name;
      return read;
    }
    case Type::Call: {
      if (node->number == 0) return node;
      if (node->number == 2) node->first = as_expression(node->first);
      node->number = 0;  // a decorator's call whose result goes elsewhere than to the name
      if (node->items.size == 1) node->items[0] = as_expression(node->items[0]);
      return node;
    }
    case Type::Bad: break;
    default: return node;
  }
  const auto call_of = [&](std::string_view function, std::initializer_list<Node*> arguments) {
    Node* call = make(Type::Call);
    call->first = make(Type::Name);
    call->first->name = function;
    for (Node* argument : arguments) tree_.append(call->items, as_expression(argument));
    return call;
  };
  switch (static_cast<Marker>(node->number)) {
    case kPlainBad: return node;
    case kInput: fail(); return node;
    case kHole: {
      if (options_.isolated) fail();
      Node* read = slot_name(builder_.new_slot());
      fill_hole(node, read);
      for (Entry& entry : stack_) {
        if (entry.node == node) entry.node = read;
      }
      return slot_name(slot_read(read));
    }
    case kSaved: {
      builder_.inexact();
      Node* read = make(Type::Name);
      read->name = node->name;
      return read;
    }
    case kIterator: return call_of("iter", {node->first});
    case kAsyncIterator: return call_of("aiter", {node->first});
    case kYieldFromIterator: return call_of("iter", {node->first});
    case kAnext: return call_of("anext", {node->first});
    case kAwaitable: return node->first;
    case kMatchesException:
    case kMatchesGroup: return call_of("isinstance", {node->first, node->second});
    case kRestOfGroup: return as_expression(node->first);
    case kExitResult:
    case kAwaitedExit: return call_of("__exit__", {node->first, node->second});
    case kEnterAwaitable: return call_of("__aenter__", {node->first});
    case kCode: {
      Node* code = make(Type::Code);
      code->value = node->value;
      return code;
    }
    case kComprehension: return hoist_comprehension(node);
    case kBuildClass: {
      Node* read = make(Type::Name);
      read->name = "__build_class__";
      return read;
    }
    case kLeftWith: {
      Node* call = make(Type::Call);
      call->first = node->first;
      for (int i = 0; i < 3; ++i) tree_.append(call->items, constant(Value::none()));
      return call;
    }
    case kClosure: {
      Node* read = make(Type::Name);
      read->name = builder_.plain_name(node->name);
      return read;
    }
    case kGeneric: {
      Node* code = make(Type::Code);
      code->value = node->value;
      return code;
    }
    case kTypeVariable: {
      Node* call = make(Type::Call);
      call->first = make(Type::Name);
      call->first->name = node->first->type == Type::TypeVar ? "TypeVar" : node->first->type == Type::ParamSpec ? "ParamSpec" : "TypeVarTuple";
      tree_.append(call->items, constant(Value::string(node->first->name)));
      return call;
    }
    case kTypeParameters: {
      Node* tuple = make(Type::Tuple);
      for (Node* item : node->items) tree_.append(tuple->items, item);
      return tuple;
    }
  }
  return node;
}

// ---- holes: the items of an unpacked value ----

void Simulator::fill_hole(Node* hole, Node* target) {
  if (!dropped_.empty() && hole != dropped_.back()) {
    // `_, _, x = y`: 3.11 and later drop what the next store would overwrite.
    std::vector<Node*> dropped = std::move(dropped_);
    dropped_.clear();
    for (Node* each : dropped) {
      Node* same = nullptr;
      if (target->type == Type::Name && !target->name.empty()) {
        same = make(Type::Name);
        same->name = target->name;
      } else {
        if (options_.isolated) fail();
        same = slot_name(builder_.new_slot());
      }
      fill_hole(each, same);
    }
  }
  if (!hole->other.empty()) {
    Node* star = make(Type::Starred);
    star->first = target;
    target = star;
  }
  hole->first->items[hole->offset] = target;
  if (holes_ > 0) --holes_;
}

void Simulator::settle_holes() {
  if (holes_ == 0) return;
  const std::vector<Node*> dropped = std::move(dropped_);
  dropped_.clear();
  for (Node* each : dropped) {
    if (options_.isolated) return fail();
    fill_hole(each, slot_name(builder_.new_slot()));
  }
  for (Entry& entry : stack_) {
    if (!is_marker(entry.node, kHole)) continue;
    if (options_.isolated) return fail();
    Node* read = slot_name(builder_.new_slot());
    fill_hole(entry.node, read);
    entry.node = slot_name(slot_read(read));
  }
}

void Simulator::unpack(uint32_t before, uint32_t after, bool starred) {
  const uint32_t count = before + after + (starred ? 1 : 0);
  if (count > (1u << 16) || before > (1u << 16) || after > (1u << 16)) return fail();
  const Entry value = take_entry();
  Node* tuple = make(Type::Tuple);
  for (uint32_t i = 0; i < count; ++i) tree_.append(tuple->items, nullptr);
  if (count == 0) tuple->type = Type::List;  // `[] = x`: `()` is no target before 3.6
  store_value(value, tuple);
  for (uint32_t i = count; i > 0; --i) {
    Node* hole = marker(kHole, tuple);
    hole->offset = i - 1;
    if (starred && i - 1 == before) hole->other = "*";
    ++holes_;
    push(hole);
  }
}

// ---- stores ----

// The value stays on the stack below: `a = b = value`, or `(a := value)`.
void Simulator::chain(Node* value, Node* target) {
  if (open_copies_ > 0 && !is_stable(value)) --open_copies_;
  Node* chained = value;
  if (!is_chain(value)) {
    chained = make(Type::NamedExpr);
    chained->first = as_value(value);
    stack_.back().node = chained;
    for (Entry& entry : stack_) {
      if (entry.node == value) entry.node = chained, ++open_copies_;
    }
  }
  tree_.append(chained->items, target);
}

// Definitions and imports are bound by statements of their own, not by chains.
Node* Simulator::as_value(Node* node) {
  switch (node->type) {
    case Type::FunctionDef:
    case Type::AsyncFunctionDef:
    case Type::ClassDef:
    case Type::Import:
    case Type::Alias: return as_expression(node);
    case Type::Bad: return node->number == kTypeVariable ? node : as_expression(node);
    case Type::Call:
    case Type::BinOp: return as_expression(node);
    default: return node;
  }
}

void Simulator::store_value(Entry value, Node* target) {
  if (failed()) return;
  if (is_marker(value.node, kHole)) return fill_hole(value.node, target);
  if (!stack_.empty() && stack_.back().node == value.node && !is_slot_read(value.node) && value.node->type != Type::Print) {
    return chain(value.node, target);
  }
  if (options_.isolated) return fail();
  if (is_chain(value.node)) {
    Node* assign = make(Type::Assign);
    for (Node* each : value.node->items) tree_.append(assign->items, each);
    tree_.append(assign->items, target);
    assign->first = value.node->first;
    return emit(FlowStatement::Kind::plain, assign);
  }
  if (value.node->type == Type::Alias && store_import(value.node, target)) return;
  if (!group_.empty() && value.sequence >= group_start_) close_group();
  const bool waits = std::any_of(stack_.begin(), stack_.end(), [](const Entry& e) { return is_waiting(e.node); });
  if (!waits && group_.empty()) return plain_assign(value.node, target);
  if (group_.empty()) group_start_ = sequence_ + 1;
  group_.push_back({target, value.node, value.sequence});
  if (!waits) close_group();
}

void Simulator::close_group() {
  if (group_.empty()) return;
  std::vector<Pending> group = std::move(group_);
  group_.clear();
  const bool waits = std::any_of(stack_.begin(), stack_.end(), [](const Entry& e) { return is_waiting(e.node); });
  if (!waits) {
    if (group.size() == 1) return plain_assign(group[0].value, group[0].target);
    std::stable_sort(group.begin(), group.end(), [](const Pending& a, const Pending& b) { return a.sequence < b.sequence; });
    Node *assign = make(Type::Assign), *targets = make(Type::Tuple), *values = make(Type::Tuple);
    for (const Pending& each : group) {
      tree_.append(targets->items, each.target);
      tree_.append(values->items, as_expression(each.value));
    }
    tree_.append(assign->items, targets);
    assign->first = values;
    return emit(FlowStatement::Kind::plain, assign);
  }
  // Not a tuple's worth: others still wait. All in the order of their making.
  const auto older = [&](uint32_t than) {
    return std::all_of(stack_.begin(), stack_.end(), [&](const Entry& e) { return !is_waiting(e.node) || e.sequence < than; });
  };
  if (group.size() == 1 && older(group[0].sequence)) {
    materialise();
    return plain_assign(group[0].value, group[0].target);
  }
  if (!options_.careful && permuted_) return fail();
  const size_t base = stack_.size();
  for (const Pending& each : group) stack_.push_back({each.value, each.sequence});
  const bool permuted = permuted_;
  permuted_ = true;
  materialise();
  permuted_ = permuted;
  std::vector<Entry> values(stack_.begin() + static_cast<ptrdiff_t>(base), stack_.end());
  stack_.resize(base);
  for (size_t i = 0; i < group.size(); ++i) plain_assign(values[i].node, group[i].target);
}

void Simulator::plain_assign(Node* value, Node* target) {
  if (store_import(value, target) || store_definition(value, target) || store_augmented(value, target)) return;
  value = as_expression(value);
  if (failed() || annotate(target, value)) return;
  // A parameter of Python 2 that is a tuple: its names stand in the signature.
  if (builder_.version().major == 2 && target->type == Type::Tuple && value->type == Type::Name && value->name.starts_with(".")) return;
  Node* assign = make(Type::Assign);
  tree_.append(assign->items, target);
  assign->first = value;
  emit(FlowStatement::Kind::plain, assign);
}

namespace {

// Whether the target of `x.a += v` is the thing that was loaded: the same nodes, which were copied on the stack.
bool same_place(const Node* loaded, const Node* target) {
  if (loaded->type != target->type) return false;
  switch (loaded->type) {
    case Type::Name: return loaded->name == target->name && loaded->number == target->number;
    case Type::Attribute: return loaded->name == target->name && loaded->first == target->first;
    case Type::Subscript: {
      if (loaded->first != target->first) return false;
      const Node *a = loaded->second, *b = target->second;
      if (a == b) return true;
      return a->type == Type::Slice && b->type == Type::Slice && a->first == b->first && a->second == b->second && a->third == b->third;
    }
    default: return false;
  }
}

}  // namespace

bool Simulator::store_augmented(Node* value, Node* target) {
  if (value->type != Type::BinOp || value->number == 0 || !same_place(value->first, target)) return false;
  const auto settle = [&](const Node* node) {
    if (node != nullptr && !is_stable(node) && open_copies_ > 0) --open_copies_;
  };
  if (target->type == Type::Attribute) settle(target->first);
  if (target->type == Type::Subscript) {
    settle(target->first);
    const Node *a = value->first->second, *b = target->second;
    if (a == b) {
      settle(a);
    } else {
      settle(b->first), settle(b->second), settle(b->third);
    }
  }
  Node* statement = make(Type::AugAssign);
  statement->first = target;
  statement->op = value->op;
  statement->second = value->second;
  emit(FlowStatement::Kind::plain, statement);
  return true;
}

void Simulator::store(const ir::Instruction& in) {
  switch (in.op) {
    case ir::Op::store_attr: {
      const Entry object = take_entry();
      const Entry value = take_entry();
      Node* target = make(Type::Attribute);
      target->first = expression_of(object);
      target->name = builder_.plain_name(in.name);
      const bool augmented = value.node->type == Type::BinOp && value.node->number != 0 && same_place(value.node->first, target);
      const Entry both[] = {value, object};
      if (permuted_ && !augmented && !in_order(both)) return fail();
      return store_value(value, target);
    }
    case ir::Op::store_subscript: {
      const Entry key = take_entry();
      const Entry object = take_entry();
      const Entry value = take_entry();
      // 3.14: the dict of annotations is filled while it lies on the stack.
      if (object.node->type == Type::Dict && !stack_.empty() && stack_.back().node == object.node && builder_.version() >= PythonVersion{3, 14}) {
        if (open_copies_ > 0) --open_copies_;
        tree_.append(object.node->items, expression_of(key));
        return tree_.append(object.node->others, expression_of(value));
      }
      Node* target = make(Type::Subscript);
      target->first = expression_of(object);
      target->second = expression_of(key);
      const bool augmented = value.node->type == Type::BinOp && value.node->number != 0 && same_place(value.node->first, target);
      const Entry all[] = {value, object, key};
      if (permuted_ && !augmented && !in_order(all)) return fail();
      target->second = index_of(target->second);
      return store_value(value, target);
    }
    default: {
      if (in.name == ".generic_base") return void(take_entry());
      if (in.name == ".type_params") return builder_.set_type_parameters(take_entry().node);
      return store_value(take_entry(), name(in.name));
    }
  }
}

void Simulator::assign_to(Node* target) { store_value(take_entry(), target); }

void Simulator::remove(const ir::Instruction& in) {
  Node* statement = make(Type::Delete);
  Node* target = nullptr;
  switch (in.op) {
    case ir::Op::delete_attr:
      target = make(Type::Attribute);
      target->first = take();
      target->name = builder_.plain_name(in.name);
      break;
    case ir::Op::delete_subscript: {
      const std::vector<Entry> both = take_many(2);
      if (both.size() < 2) return fail();
      target = make(Type::Subscript);
      target->first = expression_of(both[0]);
      target->second = index_of(expression_of(both[1]));
      break;
    }
    default: target = name(in.name); break;
  }
  tree_.append(statement->items, target);
  emit(FlowStatement::Kind::plain, statement);
}

void Simulator::pop(const ir::Instruction&) {
  const Entry entry = take_entry();
  Node* node = entry.node;
  if (is_slot_read(node)) {
    if (!run_.statements.empty() && run_.statements.back().entered == slot_read(node)) run_.statements.back().entered = kNoSlot;
    // A return out of a loop: its value was there before the iterator went. A break and a return behind the loop have
    // it the other way round, and structuring tells them apart by the slot.
    if (options_.isolated) return;
    if (builder_.is_iterator_slot(slot_read(node))) return emit(FlowStatement::Kind::leave_loop, nullptr, slot_read(node));
    if (!stack_.empty() && !is_stable(stack_.back().node)) materialise();
    return;
  }
  if (std::any_of(stack_.begin(), stack_.end(), [&](const Entry& e) { return e.node == node; }) && !is_chain(node)) {
    if (!is_stable(node) && open_copies_ > 0) --open_copies_;
    return;
  }
  if (node->type == Type::Bad) {
    switch (static_cast<Marker>(node->number)) {
      case kHole:
        if (builder_.version() >= PythonVersion{3, 11}) return dropped_.push_back(node);
        if (options_.isolated) fail();
        return fill_hole(node, slot_name(builder_.new_slot()));
      case kSaved:
      case kInput: if (options_.isolated) fail(); return;
      case kLeftWith: return emit(FlowStatement::Kind::leave_with, nullptr, slot_read(node->first));
      case kTypeParameters: return;
      default: break;
    }
  }
  if (node->type == Type::Import) {
    if (node->items.empty() && node->other == "*") return;  // `import a.b as c`: a was only a way to b
    if (!node->items.empty()) return emit_import_from(node);
  }
  if (node->type == Type::Alias && node->other == "*") return;
  if (node->type == Type::Name && node->name == "__conditional_annotations__" && builder_.version() >= PythonVersion{3, 14}) return;
  if (node->type == Type::Print) return emit(FlowStatement::Kind::plain, node);
  if (node->type == Type::Constant && node->value.is(Kind::none)) return;
  Node* statement = make(Type::Expr);
  statement->first = as_expression(node);
  if (is_slot_read(statement->first)) return;
  emit(FlowStatement::Kind::plain, statement);
}

void Simulator::shuffle(const ir::Instruction& in) {
  if (options_.careful) materialise();
  switch (in.op) {
    case ir::Op::copy: {
      Entry* from = at(in.a);
      if (from == nullptr) {
        if (options_.isolated) return fail();
        return stack_.push_back(take_entry());
      }
      if (is_marker(from->node, kHole)) {
        if (options_.isolated) return fail();
        settle_holes();
        from = at(in.a);
      }
      if (!is_stable(from->node)) ++open_copies_;
      stack_.push_back({from->node, from->sequence});
      return;
    }
    case ir::Op::swap: {
      Entry* other = at(in.a);
      if (other == nullptr) return fail();
      std::swap(*other, stack_.back());
      permuted_ = true;
      return;
    }
    case ir::Op::rotate: {
      if (in.a == 0 || in.a > stack_.size()) return fail();
      std::rotate(stack_.end() - static_cast<ptrdiff_t>(in.a), stack_.end() - 1, stack_.end());
      permuted_ = true;
      return;
    }
    default: return;
  }
}

void Simulator::finish() {
  close_group();
  settle_holes();
  if (open_copies_ != 0 && !options_.careful) fail();
}

}  // namespace winnow::bytecode
