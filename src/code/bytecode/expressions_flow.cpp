// Steps that are more than a value: imports, loops and generators, handlers, `with`, `match`, Python 2's
// statements; and what folding put in the place of blocks.
#include <algorithm>

#include "code/bytecode/folding.h"

namespace winnow::bytecode {

namespace {

bool is_marker(const Node* node, int32_t which) {
  return node != nullptr && node->type == Type::Bad && node->number == which;
}

bool is_constant(const Node* node, Kind kind) { return node->type == Type::Constant && node->value.is(kind); }

}  // namespace

void Simulator::fail() {
  if (options_.careful && !options_.isolated) builder_.inexact();
  else run_.failed = true;
}

void Simulator::step(const Step& step) {
  switch (step.kind) {
    case Step::Kind::instruction:
      offset_ = step.instruction->offset;
      if (step.instruction->line != 0) line_ = step.instruction->line;
      return instruction(*step.instruction);
    case Step::Kind::bool_op: {
      Entry left = take_entry();
      Node* value = expression_of(left);
      Node* node = make(Type::BoolOp);
      node->op = step.op;
      node->number = step.by_jumps ? 1 : 0;
      const auto add = [&](Node* operand) {
        if (operand->type == Type::BoolOp && operand->op == step.op) {
          for (Node* each : operand->items) tree_.append(node->items, each);
        } else {
          tree_.append(node->items, operand);
        }
      };
      add(value);
      add(step.node);
      return push(node);
    }
    case Step::Kind::if_exp: {
      Node* node = make(Type::IfExp);
      node->first = take();
      node->second = step.node;
      node->third = step.other;
      return push(node);
    }
    case Step::Kind::link: {
      const std::vector<Entry> both = take_many(2);
      if (both.size() < 2) return fail();
      Node* node = make(Type::Compare);
      node->first = expression_of(both[0]);
      Node* link = make(Type::CompareOp);
      link->op = step.op;
      link->first = display_of(expression_of(both[1]));
      tree_.append(node->items, link);
      for (Node* each : *step.links) tree_.append(node->items, each);
      return push(node);
    }
    case Step::Kind::collect: return collect(*step.folded);
    case Step::Kind::assertion: {
      Node* node = make(Type::Assert);
      node->first = take();
      node->second = step.node;
      return emit(FlowStatement::Kind::plain, node);
    }
    case Step::Kind::pattern: return match_case(step);
    case Step::Kind::capture_rest: return capture_rest(step);
    case Step::Kind::negate: return push(unary(Operator::Not, take()));
  }
}

void Simulator::instruction(const ir::Instruction& in) {
  using ir::Op;
  switch (in.op) {
    case Op::load_const: case Op::load_fast: case Op::load_fast_and_clear: case Op::load_deref: case Op::load_class_deref:
    case Op::load_closure: case Op::load_name: case Op::load_global: case Op::load_locals: case Op::load_from_dict_or_global:
    case Op::load_from_dict_or_deref: case Op::load_build_class: case Op::load_common: return load(in);
    case Op::store_fast: case Op::store_deref: case Op::store_name: case Op::store_global: case Op::store_attr:
    case Op::store_subscript: return store(in);
    case Op::restore_fast: {
      const Entry saved = take_entry();
      if (!is_marker(saved.node, kSaved)) store_value(saved, name(in.name));
      return;
    }
    case Op::delete_fast: case Op::delete_deref: case Op::delete_name: case Op::delete_global: case Op::delete_attr:
    case Op::delete_subscript: return remove(in);
    case Op::load_attr: case Op::unary: case Op::binary: case Op::inplace: case Op::compare: case Op::subscript:
    case Op::build_slice: return operators(in);
    case Op::load_super_attr: {
      const std::vector<Entry> parts = take_many(3);
      if (parts.size() < 3) return fail();
      Node *call = make(Type::Call), *attribute = make(Type::Attribute);
      call->first = expression_of(parts[0]);
      if (in.a == 1) {
        tree_.append(call->items, expression_of(parts[1]));
        tree_.append(call->items, expression_of(parts[2]));
      }
      attribute->first = call;
      attribute->name = builder_.plain_name(in.name);
      return push(attribute);
    }
    case Op::build_tuple: case Op::build_list: case Op::build_set: case Op::build_map: case Op::build_const_map: case Op::build_string:
    case Op::list_to_tuple: return display(in);
    case Op::list_append: case Op::set_add: case Op::map_add: case Op::list_extend: case Op::set_update:
    case Op::dict_update: case Op::dict_merge: return grow(in);
    case Op::format_value: case Op::build_interpolation: case Op::build_template: return strings(in);
    case Op::unpack_sequence: return unpack(in.a, 0, false);
    case Op::unpack_ex: return unpack(in.a, in.b, true);
    case Op::copy: case Op::swap: case Op::rotate: return shuffle(in);
    case Op::pop: return pop(in);
    case Op::call: return call(in);
    case Op::call_ex: return call_ex(in);
    case Op::make_function: {
      Node* code = take_entry().node;
      const auto part = [&](uint32_t bit) -> Node* { return (in.a & bit) != 0 ? take_entry().node : nullptr; };
      part(ir::kClosure);
      Node* annotate = part(ir::kAnnotate);
      Node* annotations = part(ir::kAnnotations);
      Node* keyword_defaults = part(ir::kKeywordDefaults);
      Node* defaults = part(ir::kDefaults);
      if (!is_marker(code, kCode)) {
        fail();
        return push(code);
      }
      return push(builder_.make_function(builder_.heap().code(code->value), code->value, {defaults, keyword_defaults, annotations, annotate}, line_));
    }
    case Op::import_name: case Op::import_from: case Op::import_star: return imports(in);
    case Op::intrinsic: return intrinsic(in);
    case Op::setup_annotations: return;
    case Op::get_iter: case Op::get_aiter: case Op::get_yield_from_iter: case Op::get_anext: case Op::yield_from:
    case Op::yield_value: return iteration(in);
    case Op::get_awaitable: return push(marker(kAwaitable, take_entry().node));
    case Op::await_value: return await(in);
    case Op::enter_handler: return emit(FlowStatement::Kind::enter_handler, nullptr);
    case Op::leave_handler: return emit(FlowStatement::Kind::leave_handler, nullptr);
    case Op::end_async_for: case Op::match_exception: case Op::match_exception_group: case Op::prepare_reraise_star:
    case Op::enter_with: case Op::enter_async_with: case Op::exit_with: return exceptions(in);
    case Op::match_class: case Op::match_mapping: case Op::match_sequence: case Op::match_keys: case Op::get_len: return matching(in);
    case Op::print_item: case Op::print_newline: case Op::print_item_to: case Op::print_newline_to: case Op::exec_statement:
    case Op::build_class_2: return python2(in);
    case Op::unknown: {
      Node* comment = make(Type::Comment);
      comment->name = in.name;
      builder_.inexact();
      return emit(FlowStatement::Kind::plain, comment);
    }
  }
}

// ---- imports ----

// Import as a value: `name` the module, `number` the level, `value` what was asked for, `items` the aliases that
// were stored, `other` "*" once a part of a dotted name was taken.
void Simulator::imports(const ir::Instruction& in) {
  switch (in.op) {
    case ir::Op::import_name: {
      const std::vector<Entry> parts = take_many(2);
      if (parts.size() < 2) return fail();
      Node* node = make(Type::Import);
      node->name = in.name;
      Node *level = expression_of(parts[0]), *wanted = expression_of(parts[1]);
      node->number = is_constant(level, Kind::integer) ? static_cast<int32_t>(level->value.as_integer()) : 0;
      node->second = wanted;
      return push(node);
    }
    case ir::Op::import_from: {
      Entry* module = at(1);
      if (module == nullptr) return fail();
      Node* part = make(Type::Alias);
      part->name = in.name;
      part->first = module->node;
      if (module->node->type == Type::Import && is_constant(module->node->second, Kind::none)) module->node->other = "*";
      if (module->node->type == Type::Alias) module->node->other = "*";
      return push(part);
    }
    default: {
      Node* module = take_entry().node;
      if (module->type != Type::Import) {
        Node* statement = make(Type::Expr);
        statement->first = as_expression(module);
        builder_.inexact();
        return emit(FlowStatement::Kind::plain, statement);
      }
      Node* alias = make(Type::Alias);
      alias->name = "*";
      tree_.append(module->items, alias);
      return emit_import_from(module);
    }
  }
}

void Simulator::emit_import_from(Node* import) {
  Node* statement = make(Type::ImportFrom);
  statement->name = import->name;
  statement->number = import->number > 0 ? import->number : 0;
  statement->items = import->items;
  statement->line = import->line;
  emit(FlowStatement::Kind::plain, statement);
}

Node* Simulator::import_call(Node* import) {
  Node* call = make(Type::Call);
  call->first = make(Type::Name);
  call->first->name = "__import__";
  tree_.append(call->items, constant(Value::string(import->name)));
  const bool plain = is_constant(import->second, Kind::none) && import->number <= 0;
  const auto keyword = [&](std::string_view text, Node* value) {
    Node* node = make(Type::Keyword);
    node->name = text;
    node->first = value;
    tree_.append(call->others, node);
  };
  if (!plain) {
    keyword("fromlist", import->second);
    keyword("level", constant(Value::integer(import->number)));
  }
  builder_.inexact();
  return call;
}

// A store of a module, or of a name of one. False: of something else.
bool Simulator::store_import(Node* value, Node* target) {
  Node* root = value;
  bool dotted = false;
  while ((root->type == Type::Alias || root->type == Type::Attribute) && root->first != nullptr) {
    root = root->first;
    dotted = true;
  }
  if (root->type != Type::Import || target->type != Type::Name || target->name.empty()) return false;
  const bool module = is_constant(root->second, Kind::none);
  Node* alias = make(Type::Alias);
  if (!module && value->type == Type::Alias && value->first == root) {
    alias->name = builder_.plain_name(value->name);
    if (alias->name != target->name) alias->other = target->name;
    const bool still = std::any_of(stack_.begin(), stack_.end(), [&](const Entry& e) { return e.node == root; });
    if (!still) return false;
    tree_.append(root->items, alias);
    return true;
  }
  if (!module || (value->type == Type::Attribute && builder_.version() >= PythonVersion{3, 7})) return false;
  // `import a.b as c`: b of a; the whole path must have been gone.
  alias->name = root->name;
  const std::string_view first = root->name.substr(0, root->name.find('.'));
  if (dotted) {
    std::string path;
    for (const Node* at = value; at != root; at = at->first) path = "." + std::string(at->name) + path;
    if (std::string(first) + path != root->name) return false;
    alias->other = target->name;
  } else if (builder_.plain_name(first) != target->name) {
    alias->other = target->name;
  }
  Node* statement = make(Type::Import);
  tree_.append(statement->items, alias);
  statement->line = root->line;
  // 3.7 pops the package behind the store.
  const bool parent = dotted && !stack_.empty() && stack_.back().node == value->first;
  Entry waits;
  if (parent) {
    waits = stack_.back();
    stack_.pop_back();
  }
  emit(FlowStatement::Kind::plain, statement);
  if (parent) stack_.push_back(waits);
  return true;
}

// ---- loops and generators ----

void Simulator::iteration(const ir::Instruction& in) {
  switch (in.op) {
    case ir::Op::get_iter:
    case ir::Op::get_aiter:
    case ir::Op::get_yield_from_iter: {
      Node* iterable = take();
      return push(marker(in.op == ir::Op::get_iter ? kIterator : in.op == ir::Op::get_aiter ? kAsyncIterator : kYieldFromIterator, display_of(iterable)));
    }
    case ir::Op::get_anext: {
      Entry* iterator = at(1);
      if (iterator == nullptr) return fail();
      return push(marker(kAnext, iterator->node));
    }
    case ir::Op::yield_from: {
      Node* from = take_entry().node;
      Node* node = make(Type::YieldFrom);
      node->first = is_marker(from, kYieldFromIterator) ? from->first : as_expression(from);
      return push(node);
    }
    default: {
      Node* value = take();
      Node* node = make(Type::Yield);
      if (!is_constant(value, Kind::none)) node->first = value;
      return push(node);
    }
  }
}

void Simulator::await(const ir::Instruction&) {
  Node* value = take_entry().node;
  if (is_marker(value, kAwaitable)) value = value->first;
  if (value->type == Type::Bad) {
    switch (static_cast<Marker>(value->number)) {
      case kEnterAwaitable: return push(slot_name(slot_read(value->first)));
      case kLeftWith: value->second = value->first; return push(value);
      case kExitResult: value->number = kAwaitedExit; return push(value);
      default: break;
    }
  }
  const bool comprehension = value->type == Type::ListComp || value->type == Type::SetComp || value->type == Type::DictComp;
  if (comprehension && value->number == 1) {
    value->number = 0;
    return push(value);
  }
  Node* node = make(Type::Await);
  node->first = as_expression(value);
  push(node);
}

// ---- handlers ----

void Simulator::exceptions(const ir::Instruction& in) {
  switch (in.op) {
    case ir::Op::match_exception: {
      Node* type = take();
      Entry* exception = at(1);
      if (exception == nullptr) return fail();
      return push(marker(kMatchesException, exception->node, type));
    }
    case ir::Op::match_exception_group: {
      const std::vector<Entry> both = take_many(2);
      if (both.size() < 2) return fail();
      Node* type = expression_of(both[1]);
      push(marker(kRestOfGroup, both[0].node, type));
      return push(marker(kMatchesGroup, both[0].node, type));
    }
    case ir::Op::prepare_reraise_star: {
      const std::vector<Entry> both = take_many(2);
      if (both.size() < 2) return fail();
      return pattern(in, {expression_of(both[0]), expression_of(both[1])});
    }
    case ir::Op::end_async_for: {
      take_entry();
      take_entry();
      return;
    }
    case ir::Op::enter_with:
    case ir::Op::enter_async_with: {
      if (options_.isolated) return fail();
      Node* manager = take();
      const bool plain = in.op == ir::Op::enter_with;
      close_group();
      materialise();
      const SlotId exit = builder_.new_slot(), entered = builder_.new_slot();
      builder_.mark_exit_slot(exit);
      emit(plain ? FlowStatement::Kind::enter_with : FlowStatement::Kind::enter_async_with, manager, exit, entered);
      push(slot_name(exit));
      return push(plain ? slot_name(entered) : marker(kEnterAwaitable, slot_name(entered)));
    }
    case ir::Op::exit_with: {
      Entry *exit = at(2), *exception = at(1);
      if (exit == nullptr) return fail();
      return push(marker(kExitResult, exit->node, exception->node));
    }
    default: return;
  }
}

void Simulator::express() {
  for (size_t i = 0; i < stack_.size(); ++i) {
    Node* node = stack_[i].node;
    if (is_marker(node, kIterator) || is_marker(node, kAsyncIterator)) continue;
    const bool once = std::count_if(stack_.begin(), stack_.end(), [&](const Entry& e) { return e.node == node; }) == 1;
    if (!once && !is_constant(node, Kind::none) && !is_slot_read(node)) return materialise();
    node = as_expression(node);
    if (i < stack_.size()) stack_[i].node = node;
  }
}

Node* Simulator::raise(uint32_t count) {
  std::vector<Entry> parts = take_many(count > 3 ? 3 : count);
  Node* node = make(Type::Raise);
  const auto is_assertion = [&](const Node* exception) {
    return exception->type == Type::Name && exception->number == -1 && exception->name == "AssertionError";
  };
  if (parts.size() == 1) {  // `assert False` keeps no test
    Node* exception = parts[0].node;
    const bool called = exception->type == Type::Call && exception->items.size <= 1 && exception->others.empty() && is_assertion(exception->first);
    if (called || is_assertion(exception)) {
      Node* assertion = make(Type::Assert);
      assertion->first = constant(Value::boolean(false));
      if (called && exception->items.size == 1) assertion->second = exception->items[0];
      return assertion;
    }
  }
  const bool old = builder_.version().major == 2;
  if (old) node->number = 2;
  if (!parts.empty()) node->first = expression_of(parts[0]);
  if (parts.size() > 1) node->second = expression_of(parts[1]);
  if (parts.size() > 2) node->third = expression_of(parts[2]);
  return node;
}

// ---- match ----

// Calls of names that no source can spell, for structuring to read: __match_class__(subject, cls, names, positional) ...
void Simulator::pattern(const ir::Instruction& in, std::initializer_list<Node*> arguments) {
  std::string_view text = "__match__";
  switch (in.op) {
    case ir::Op::match_class: text = "__match_class__"; break;
    case ir::Op::match_mapping: text = "__match_mapping__"; break;
    case ir::Op::match_sequence: text = "__match_sequence__"; break;
    case ir::Op::match_keys: text = "__match_keys__"; break;
    case ir::Op::get_len: text = "__match_length__"; break;
    case ir::Op::prepare_reraise_star: text = "__reraise_star__"; break;
    default: break;
  }
  Node* call = make(Type::Call);
  call->first = make(Type::Name);
  call->first->name = text;
  call->first->number = -2;
  for (Node* argument : arguments) tree_.append(call->items, argument);
  if (in.op == ir::Op::match_class) tree_.append(call->items, constant(Value::integer(in.a)));
  push(call);
}

void Simulator::matching(const ir::Instruction& in) {
  // The subject and what was taken of it are looked at again: they have slots.
  if (!options_.isolated) {
    close_group();
    settle_holes();
    materialise(stack_.empty() ? 0 : 0);
  }
  switch (in.op) {
    case ir::Op::match_class: {
      const std::vector<Entry> parts = take_many(3);
      if (parts.size() < 3) return fail();
      return pattern(in, {expression_of(parts[0]), expression_of(parts[1]), expression_of(parts[2])});
    }
    case ir::Op::match_keys: {
      Entry *keys = at(1), *subject = at(2);
      if (subject == nullptr) return fail();
      return pattern(in, {as_expression(subject->node), as_expression(keys->node)});
    }
    default: {
      Entry* subject = at(1);
      if (subject == nullptr) return fail();
      return pattern(in, {as_expression(subject->node)});
    }
  }
}

// ---- Python 2 ----

void Simulator::python2(const ir::Instruction& in) {
  switch (in.op) {
    case ir::Op::print_item: {
      Node* value = take();
      if (options_.isolated) return fail();
      if (!run_.statements.empty() && run_.statements.back().kind == FlowStatement::Kind::plain) {
        Node* last = run_.statements.back().node;
        if (last->type == Type::Print && last->number == 0 && last->first == nullptr) return tree_.append(last->items, value);
      }
      Node* print = make(Type::Print);
      tree_.append(print->items, value);
      return emit(FlowStatement::Kind::plain, print);
    }
    case ir::Op::print_newline: {
      if (options_.isolated) return fail();
      if (!run_.statements.empty() && run_.statements.back().kind == FlowStatement::Kind::plain) {
        Node* last = run_.statements.back().node;
        if (last->type == Type::Print && last->number == 0 && last->first == nullptr) {
          last->number = 1;
          return;
        }
      }
      Node* print = make(Type::Print);
      print->number = 1;
      return emit(FlowStatement::Kind::plain, print);
    }
    case ir::Op::print_item_to: {  // (v stream --): the stream's other copy waits below
      Node* stream = take_entry().node;
      Node* value = take();
      const bool waits = !stack_.empty() && stack_.back().node == stream && !is_slot_read(stream);
      if (!waits) {
        Node* print = make(Type::Print);
        print->first = as_expression(stream);
        tree_.append(print->items, value);
        return emit(FlowStatement::Kind::plain, print);
      }
      if (stream->type != Type::Print && stream->type != Type::Constant && open_copies_ > 0) --open_copies_;
      if (stream->type == Type::Print) {
        if (open_copies_ > 0) --open_copies_;
        return tree_.append(stream->items, value);
      }
      Node* print = make(Type::Print);
      print->first = as_expression(stream);
      tree_.append(print->items, value);
      stack_.back().node = print;
      return;
    }
    case ir::Op::print_newline_to: {
      Node* stream = take_entry().node;
      Node* print = stream;
      if (stream->type != Type::Print) {
        print = make(Type::Print);
        print->first = as_expression(stream);
      }
      print->number = 1;
      return emit(FlowStatement::Kind::plain, print);
    }
    case ir::Op::exec_statement: {
      Node *locals = take_entry().node, *globals = take_entry().node;
      Node* node = make(Type::Exec);
      node->first = take();
      const bool same = locals == globals;
      if (same && open_copies_ > 0 && globals->type != Type::Constant && !is_slot_read(globals)) --open_copies_;
      if (!(same && is_constant(globals, Kind::none))) {
        node->second = as_expression(globals);
        if (!same) node->third = as_expression(locals);
      }
      return emit(FlowStatement::Kind::plain, node);
    }
    default: {  // build_class_2: (name bases dict -- cls), the dict is the result of calling the body
      const std::vector<Entry> parts = take_many(3);
      if (parts.size() < 3) return fail();
      Node* cls = builder_.make_class_2(parts[0].node, parts[1].node, parts[2].node);
      if (cls != nullptr) return push(cls);
      Node* call = make(Type::Call);
      call->first = make(Type::Name);
      call->first->name = "type";
      for (const Entry& part : parts) tree_.append(call->items, expression_of(part));
      return push(call);
    }
  }
}

// ---- folded loops ----

// Replaces the iterable of a comprehension's first generator.
void Simulator::collect(const Folded& folded) {
  Node* iterator = take_entry().node;
  const Generator& outermost = folded.generators.front();
  const int32_t wanted = outermost.is_async ? kAsyncIterator : kIterator;
  Node* iterable = is_marker(iterator, wanted) ? iterator->first : as_expression(iterator);
  static constexpr Type kTypes[] = {Type::ListComp, Type::SetComp, Type::DictComp, Type::GeneratorExp};
  Node* node = make(kTypes[static_cast<size_t>(folded.kind)]);
  node->first = folded.element;
  node->second = folded.value;
  for (size_t i = 0; i < folded.generators.size(); ++i) {
    const Generator& generator = folded.generators[i];
    Node* each = make(Type::Comprehension);
    each->first = generator.target;
    each->second = i == 0 ? iterable : generator.iterable;
    for (Node* condition : generator.conditions) tree_.append(each->items, condition);
    each->number = generator.is_async ? 1 : 0;
    tree_.append(node->items, each);
  }
  if (folded.kind == Collection::generator) {
    run_.generated = node;
    return;
  }
  Entry* collection = at(folded.depth);
  static constexpr Type kDisplays[] = {Type::List, Type::Set, Type::Dict};
  if (collection == nullptr || collection->node->type != kDisplays[static_cast<size_t>(folded.kind)] || !collection->node->items.empty()) {
    // Of a collection that something else is in already: all the same, item by item.
    if (options_.isolated || collection == nullptr) return fail();
    builder_.inexact();
    Node* call = make(Type::Call);
    call->first = make(Type::Attribute);
    call->first->first = collection->node;
    call->first->name = folded.kind == Collection::list ? "extend" : "update";
    tree_.append(call->items, node);
    Node* statement = make(Type::Expr);
    statement->first = call;
    return emit(FlowStatement::Kind::plain, statement);
  }
  // The iterable was computed with the collection already there: an empty display costs nothing.
  collection->node = node;
  collection->sequence = ++sequence_;
}

}  // namespace winnow::bytecode
