// Loads, operators, displays, strings and calls.
#include <algorithm>
#include <array>

#include "code/bytecode/folding.h"

namespace winnow::bytecode {

namespace {

Operator operator_of(ir::Binary binary) {
  switch (binary) {
    case ir::Binary::add: return Operator::Add;
    case ir::Binary::subtract: return Operator::Sub;
    case ir::Binary::multiply: return Operator::Mult;
    case ir::Binary::matrix_multiply: return Operator::MatMult;
    case ir::Binary::divide:
    case ir::Binary::true_divide: return Operator::Div;
    case ir::Binary::floor_divide: return Operator::FloorDiv;
    case ir::Binary::remainder: return Operator::Mod;
    case ir::Binary::power: return Operator::Pow;
    case ir::Binary::left_shift: return Operator::LShift;
    case ir::Binary::right_shift: return Operator::RShift;
    case ir::Binary::bit_and: return Operator::BitAnd;
    case ir::Binary::bit_or: return Operator::BitOr;
    case ir::Binary::bit_xor: return Operator::BitXor;
  }
  return Operator::Add;
}

bool is_definition(const Node* node) {
  switch (node->type) {
    case Type::FunctionDef:
    case Type::AsyncFunctionDef:
    case Type::ClassDef: return true;
    case Type::Call: return node->number != 0;
    default: return false;
  }
}

bool is_identifier(std::string_view text) {
  if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (c & 0x80) != 0;
  });
}

int32_t conversion_letter(uint32_t conversion) {
  switch (static_cast<ir::Conversion>(conversion)) {
    case ir::Conversion::none: return -1;
    case ir::Conversion::str: return 's';
    case ir::Conversion::repr: return 'r';
    case ir::Conversion::ascii: return 'a';
  }
  return -1;
}

}  // namespace

Operator compare_operator(uint32_t compare) {
  switch (static_cast<ir::Compare>(compare)) {
    case ir::Compare::lt: return Operator::Lt;
    case ir::Compare::le: return Operator::LtE;
    case ir::Compare::eq: return Operator::Eq;
    case ir::Compare::ne: return Operator::NotEq;
    case ir::Compare::gt: return Operator::Gt;
    case ir::Compare::ge: return Operator::GtE;
    case ir::Compare::in: return Operator::In;
    case ir::Compare::not_in: return Operator::NotIn;
    case ir::Compare::is: return Operator::Is;
    case ir::Compare::is_not: return Operator::IsNot;
  }
  return Operator::Eq;
}

void Simulator::load(const ir::Instruction& in) {
  switch (in.op) {
    case ir::Op::load_const:
      if (in.value.is(Kind::code)) {
        Node* code = marker(kCode);
        code->value = in.value;
        return push(code);
      }
      return push(constant(in.value));
    case ir::Op::load_fast_and_clear: {
      Node* saved = marker(kSaved);
      saved->name = in.name;
      return push(saved);
    }
    case ir::Op::load_closure: {
      Node* cell = marker(kClosure);
      cell->name = in.name;
      return push(cell);
    }
    case ir::Op::load_from_dict_or_global:
    case ir::Op::load_from_dict_or_deref: take_entry(); return push(name(in.name));
    case ir::Op::load_locals: {
      Node* call = make(Type::Call);
      call->first = make(Type::Name);
      call->first->name = "locals";
      return push(call);
    }
    case ir::Op::load_build_class: return push(marker(kBuildClass));
    case ir::Op::load_common: {
      Node* common = make(Type::Name);
      common->name = in.name;
      common->number = -1;
      return push(common);
    }
    default:
      if (builder_.version().major == 2 && in.name == "None") return push(constant(Value::none()));
      return push(name(in.name));
  }
}

// A constant slice or a tuple of them (3.14) as a subscript is written.
Node* Simulator::index_of(Node* key) {
  if (key->type != Type::Constant) return key;
  if (key->value.is(Kind::slice)) {
    const Items& parts = builder_.heap().items(key->value);
    if (parts.size != 3) return key;
    Node* slice = make(Type::Slice);
    if (!parts[0].is(Kind::none)) slice->first = constant(parts[0]);
    if (!parts[1].is(Kind::none)) slice->second = constant(parts[1]);
    if (!parts[2].is(Kind::none)) slice->third = constant(parts[2]);
    return slice;
  }
  if (key->value.is(Kind::tuple)) {
    const Items& items = builder_.heap().items(key->value);
    const bool slices = std::any_of(items.begin(), items.end(), [](const Value& v) { return v.is(Kind::slice); });
    if (!slices) return key;
    Node* tuple = make(Type::Tuple);
    for (const Value& item : items) tree_.append(tuple->items, index_of(constant(item)));
    return tuple;
  }
  return key;
}

void Simulator::operators(const ir::Instruction& in) {
  switch (in.op) {
    case ir::Op::unary: {
      Node* operand = take();
      Node* node = nullptr;
      switch (static_cast<ir::Unary>(in.a)) {
        case ir::Unary::negative: node = unary(Operator::USub, operand); break;
        case ir::Unary::positive: node = unary(Operator::UAdd, operand); break;
        case ir::Unary::invert: node = unary(Operator::Invert, operand); break;
        case ir::Unary::logical_not: node = unary(Operator::Not, operand); break;
        case ir::Unary::repr:
          node = make(Type::Repr);
          node->first = operand;
          break;
      }
      if (node == nullptr) node = operand;
      return push(node);
    }
    case ir::Op::binary:
    case ir::Op::inplace: {
      const std::vector<Entry> both = take_many(2);
      if (both.size() < 2) return fail();
      Node* node = make(Type::BinOp);
      node->first = expression_of(both[0]);
      node->second = expression_of(both[1]);
      node->op = operator_of(static_cast<ir::Binary>(in.a));
      if (in.op == ir::Op::inplace) node->number = 1;
      return push(node);
    }
    case ir::Op::compare: {
      const std::vector<Entry> both = take_many(2);
      if (both.size() < 2) return fail();
      Node* node = make(Type::Compare);
      node->first = expression_of(both[0]);
      Node* link = make(Type::CompareOp);
      link->op = compare_operator(in.a);
      link->first = display_of(expression_of(both[1]));
      tree_.append(node->items, link);
      return push(node);
    }
    case ir::Op::subscript: {
      const std::vector<Entry> both = take_many(2);
      if (both.size() < 2) return fail();
      Node* node = make(Type::Subscript);
      node->first = expression_of(both[0]);
      node->second = index_of(expression_of(both[1]));
      return push(node);
    }
    case ir::Op::build_slice: {
      const std::vector<Entry> parts = take_many(in.a == 3 ? 3 : 2);
      if (parts.size() < 2) return fail();
      Node* node = make(Type::Slice);
      const auto part = [&](const Entry& entry) -> Node* {
        Node* value = expression_of(entry);
        return value->type == Type::Constant && value->value.is(Kind::none) ? nullptr : value;
      };
      node->first = part(parts[0]);
      node->second = part(parts[1]);
      if (parts.size() == 3) {
        // `x[a:b:]` and `x[a:b:None]` both build three.
        node->third = expression_of(parts[2]);
      }
      return push(node);
    }
    case ir::Op::load_attr: {
      // Before a copy's attribute comes the rest of `x.a += v`.
      Node* node = make(Type::Attribute);
      node->first = as_target_part(take_entry());
      node->name = builder_.plain_name(in.name);
      return push(node);
    }
    default: return;
  }
}

// An import's attributes stay visible: `import a.b as c` loads b of a in 3.6 and below.
Node* Simulator::as_target_part(Entry entry) {
  if (entry.node->type == Type::Import && entry.node->items.empty() && builder_.version() < PythonVersion{3, 7}) return entry.node;
  return expression_of(entry);
}

Node* Simulator::display_of(Node* node) {
  if (node->type != Type::Constant || !node->value.is(Kind::frozen_set)) return node;
  const Items& items = builder_.heap().items(node->value);
  if (items.size == 0) return node;
  Node* set = make(Type::Set);
  for (const Value& item : items) tree_.append(set->items, constant(item));
  return set;
}

void Simulator::display(const ir::Instruction& in) {
  switch (in.op) {
    case ir::Op::build_tuple:
    case ir::Op::build_list:
    case ir::Op::build_set: {
      Node* node = make(in.op == ir::Op::build_tuple ? Type::Tuple : in.op == ir::Op::build_list ? Type::List : Type::Set);
      const std::vector<Entry> items = take_many(in.a);
      const bool cells = !items.empty() && items[0].node->type == Type::Bad && items[0].node->number == kClosure;
      for (const Entry& item : items) {
        Node* variable = item.node->type == Type::NamedExpr ? item.node->first : item.node;
        const bool alias = in.a == 3 && builder_.version() >= PythonVersion{3, 12} && Builder::is_definition(items[2].node);
        if (variable->type == Type::Bad && variable->number == kTypeVariable) {
          tree_.append(node->items, variable);
        } else if (alias) {
          tree_.append(node->items, item.node);
        } else {
          tree_.append(node->items, expression_of(item));
        }
      }
      if (cells) node->other = "closure";
      return push_display(node, items);
    }
    case ir::Op::build_map: {
      if (in.a > (1u << 20)) return fail();
      const std::vector<Entry> items = take_many(in.a * 2);
      Node* node = make(Type::Dict);
      for (size_t i = 0; i + 1 < items.size(); i += 2) {
        tree_.append(node->items, expression_of(items[i]));
        tree_.append(node->others, expression_of(items[i + 1]));
      }
      return push_display(node, items);
    }
    case ir::Op::build_const_map: {
      const std::vector<Entry> items = take_many(in.a);
      Node* node = make(Type::Dict);
      const bool keys = in.value.is(Kind::tuple);
      for (uint32_t i = 0; i < items.size(); ++i) {
        const bool known = keys && i < builder_.heap().items(in.value).size;
        tree_.append(node->items, constant(known ? builder_.heap().items(in.value)[i] : Value::unknown()));
        tree_.append(node->others, expression_of(items[i]));
      }
      return push(node);
    }
    case ir::Op::build_string: {
      Node* node = make(Type::JoinedStr);
      for (const Entry& part : take_many(in.a)) {
        Node* value = expression_of(part);
        if (value->type == Type::JoinedStr && value->number == 1) {
          tree_.append(node->items, value->items[0]);
        } else if (value->type == Type::Constant && value->value.is(Kind::string)) {
          tree_.append(node->items, value);
        } else {
          Node* formatted = make(Type::FormattedValue);
          formatted->first = value;
          formatted->number = -1;
          tree_.append(node->items, formatted);
          builder_.inexact();
        }
      }
      return push(node);
    }
    case ir::Op::list_to_tuple: {
      Entry* top = at(1);
      if (top == nullptr || top->node->type != Type::List) {
        Node* call = make(Type::Call);
        call->first = make(Type::Name);
        call->first->name = "tuple";
        tree_.append(call->items, take());
        return push(call);
      }
      Node* tuple = make(Type::Tuple);
      tuple->items = top->node->items;
      tuple->other = "list";
      top->node = tuple;
      return;
    }
    default: return;
  }
}

void Simulator::grow(const ir::Instruction& in) {
  const bool pair = in.op == ir::Op::map_add;
  const bool permuted = permuted_;
  if (pair && builder_.version() < PythonVersion{3, 8}) permuted_ = false;  // the value was computed before the key
  const std::vector<Entry> values = take_many(pair ? 2 : 1);
  permuted_ = permuted;
  if (values.size() < (pair ? 2u : 1u)) return fail();
  Entry* container = at(in.a == 0 ? 1 : in.a);
  Node* to = container == nullptr ? nullptr : container->node;
  Node* value = expression_of(values.back());
  const Type type = to == nullptr ? Type::Bad : to->type;
  const auto star = [&](Node* starred) {
    Node* node = make(Type::Starred);
    node->first = starred;
    return node;
  };
  const auto expand = [&](Kind kind) {
    if (value->type != Type::Constant || !value->value.is(kind) || !to->items.empty()) return false;
    for (const Value& item : builder_.heap().items(value->value)) tree_.append(to->items, constant(item));
    return true;
  };
  container = at(in.a == 0 ? 1 : in.a);
  to = container == nullptr ? nullptr : container->node;
  if (container != nullptr) {
    for (const Entry& each : values) container->sequence = std::max(container->sequence, each.sequence);
  }
  switch (in.op) {
    case ir::Op::list_append:
      if (type == Type::List) return tree_.append(to->items, value);
      break;
    case ir::Op::set_add:
      // 3.14: the annotation of that number is in force. Its name is found when all is there.
      if (type == Type::Name && to->name == "__conditional_annotations__" && value->type == Type::Constant && value->value.is(Kind::integer) &&
          builder_.version() >= PythonVersion{3, 14}) {
        Node* statement = make(Type::AnnAssign);
        statement->value = value->value;
        statement->number = 1;
        const Entry names = take_entry();
        emit(FlowStatement::Kind::plain, statement);
        return stack_.push_back(names);
      }
      if (type == Type::Set) return tree_.append(to->items, value);
      break;
    case ir::Op::list_extend:
      if (type == Type::List) return expand(Kind::tuple) ? void() : tree_.append(to->items, star(value));
      break;
    case ir::Op::set_update:
      if (type == Type::Set) return expand(Kind::frozen_set) ? void() : tree_.append(to->items, star(value));
      break;
    case ir::Op::map_add:
      if (type == Type::Dict) {
        tree_.append(to->items, expression_of(values[0]));
        return tree_.append(to->others, value);
      }
      break;
    case ir::Op::dict_update:
    case ir::Op::dict_merge:
      if (type == Type::Dict) {
        tree_.append(to->items, nullptr);
        return tree_.append(to->others, value);
      }
      break;
    default: break;
  }
  // Of a value that is no display: by its method.
  if (options_.isolated || to == nullptr) return fail();
  static constexpr std::array kMethods = {std::pair{ir::Op::list_append, std::string_view("append")}, std::pair{ir::Op::set_add, std::string_view("add")},
                                          std::pair{ir::Op::list_extend, std::string_view("extend")}};
  Node* call = make(Type::Call);
  Node* statement = make(Type::Expr);
  builder_.inexact();
  if (!is_slot_read(to)) {
    materialise();
    container = at(in.a == 0 ? 1 : in.a);
    to = container == nullptr ? to : container->node;
  }
  if (pair) {
    Node *assign = make(Type::Assign), *target = make(Type::Subscript);
    target->first = to;
    target->second = expression_of(values[0]);
    tree_.append(assign->items, target);
    assign->first = value;
    return emit(FlowStatement::Kind::plain, assign);
  }
  call->first = make(Type::Attribute);
  call->first->first = to;
  call->first->name = "update";
  for (const auto& [op, method] : kMethods) {
    if (op == in.op) call->first->name = method;
  }
  tree_.append(call->items, value);
  statement->first = call;
  emit(FlowStatement::Kind::plain, statement);
}

// ---- strings ----

Node* Simulator::joined(Node* part) {
  if (part->type == Type::JoinedStr) {
    part->number = 0;
    return part;
  }
  Node* node = make(Type::JoinedStr);
  if (part->type != Type::Constant || !part->value.is(Kind::string)) {
    Node* formatted = make(Type::FormattedValue);
    formatted->first = part;
    formatted->number = -1;
    part = formatted;
  }
  tree_.append(node->items, part);
  return node;
}

void Simulator::strings(const ir::Instruction& in) {
  switch (in.op) {
    case ir::Op::format_value: {
      const std::vector<Entry> parts = take_many(in.b == 1 ? 2 : 1);
      if (parts.empty() || (in.b == 1 && parts.size() < 2)) return fail();
      Node* formatted = make(Type::FormattedValue);
      formatted->first = expression_of(parts[0]);
      formatted->number = conversion_letter(in.a);
      if (in.b == 1) formatted->second = joined(expression_of(parts[1]));
      Node* node = make(Type::JoinedStr);
      node->number = 1;  // alone until it is built into a longer one
      tree_.append(node->items, formatted);
      return push(node);
    }
    case ir::Op::build_interpolation: {
      const std::vector<Entry> parts = take_many(in.b == 1 ? 3 : 2);
      if (parts.size() < 2) return fail();
      Node* node = make(Type::Interpolation);
      node->first = expression_of(parts[0]);
      const Node* text = parts[1].node;
      if (text->type == Type::Constant && text->value.is(Kind::string)) node->name = text->value.text();
      node->number = conversion_letter(in.a);
      if (parts.size() == 3) node->second = joined(expression_of(parts[2]));
      return push(node);
    }
    case ir::Op::build_template: {
      const std::vector<Entry> parts = take_many(2);
      if (parts.size() < 2) return fail();
      Node* node = make(Type::TemplateStr);
      Node* texts = expression_of(parts[0]);
      Node* values = expression_of(parts[1]);
      const auto text_at = [&](uint32_t i) -> Node* {
        if (texts->type == Type::Constant && texts->value.is(Kind::tuple)) {
          const Items& items = builder_.heap().items(texts->value);
          return i < items.size ? constant(items[i]) : nullptr;
        }
        return texts->type == Type::Tuple && i < texts->items.size ? texts->items[i] : nullptr;
      };
      const uint32_t count = values->type == Type::Tuple ? values->items.size : 0;
      for (uint32_t i = 0; i <= count; ++i) {
        Node* text = text_at(i);
        if (text != nullptr && !(text->type == Type::Constant && text->value.is(Kind::string) && text->value.text().empty())) {
          tree_.append(node->items, text);
        }
        if (i < count) tree_.append(node->items, values->items[i]);
      }
      return push(node);
    }
    default: return;
  }
}

// ---- calls ----

void Simulator::call(const ir::Instruction& in) {
  if (in.a > (1u << 20) || in.names.size() > in.a) return fail();
  const std::vector<Entry> parts = take_many(in.a + 1);
  if (parts.size() < in.a + 1 || failed()) return fail();
  Node* function = parts[0].node;
  const bool simple = in.names.empty();
  if (function->type == Type::Bad) {
    if (function->number == kComprehension && in.a == 1 && simple) return push(finish_comprehension(function, parts[1].node));
    if (function->number == kGeneric && simple) {
      std::vector<Node*> arguments;
      for (size_t i = 1; i < parts.size(); ++i) arguments.push_back(parts[i].node);
      if (Node* made = builder_.make_generic(function, arguments)) return push(made);
    }
  }
  if (is_slot_read(function) && simple && in.a == 3 && builder_.is_exit_slot(slot_read(function))) {
    const bool none = std::all_of(parts.begin() + 1, parts.end(), [](const Entry& e) { return e.node->type == Type::Constant && e.node->value.is(Kind::none); });
    if (none) return push(marker(kLeftWith, function));
  }
  Node* node = make(Type::Call);
  if (builder_.version().major == 2 && in.a == 0 && Builder::is_definition(function)) {  // a class's body
    node->first = function;
    node->number = 2;
    return push(node);
  }
  if (simple && in.a == 1 && is_definition(parts[1].node)) {
    node->first = expression_of(parts[0]);
    tree_.append(node->items, parts[1].node);
    node->number = 1;
    return push(node);
  }
  const bool builds_class = function->type == Type::Bad && function->number == kBuildClass;
  node->first = builds_class ? function : expression_of(parts[0]);
  const size_t plain = in.a - in.names.size();
  for (size_t i = 0; i < in.a; ++i) {
    Node* value = builds_class && i == 0 ? parts[1].node : expression_of(parts[i + 1]);
    if (i < plain) {
      tree_.append(node->items, value);
      continue;
    }
    Node* keyword = make(Type::Keyword);
    keyword->name = in.names[i - plain];
    keyword->first = value;
    tree_.append(node->others, keyword);
  }
  if (builds_class) return build_class(node);
  push(node);
}

void Simulator::build_class(Node* call) {
  Node* definition = builder_.make_class(call);
  if (definition != nullptr) return push(definition);
  call->first = as_expression(call->first);
  if (call->items.size != 0) call->items[0] = as_expression(call->items[0]);
  push(call);
}

void Simulator::call_ex(const ir::Instruction& in) {
  const bool permuted = permuted_;
  if (builder_.version() < PythonVersion{3, 5}) permuted_ = false;  // *args come last of all, wherever they stand
  const std::vector<Entry> parts = take_many(in.a == 1 ? 3 : 2);
  permuted_ = permuted;
  if (parts.size() < 2 || failed()) return fail();
  Node* node = make(Type::Call);
  const bool builds_class = parts[0].node->type == Type::Bad && parts[0].node->number == kBuildClass;
  node->first = builds_class ? parts[0].node : expression_of(parts[0]);
  Node* arguments = parts[1].node;
  // What a compiler gathered from several arguments is spread again.
  const bool constants = arguments->type == Type::Constant && arguments->value.is(Kind::tuple);
  if (arguments->type == Type::Tuple && (in.a == 1 || arguments->other == "list")) {
    for (Node* item : arguments->items) tree_.append(node->items, item);
  } else if (constants && in.a == 1) {
    for (const Value& item : builder_.heap().items(arguments->value)) tree_.append(node->items, constant(item));
  } else {
    Node* star = make(Type::Starred);
    star->first = expression_of(parts[1]);
    tree_.append(node->items, star);
  }
  if (parts.size() == 3) {
    Node* mapping = expression_of(parts[2]);
    const bool display = mapping->type == Type::Dict;
    for (uint32_t i = 0; display && i < mapping->items.size; ++i) {
      const Node* key = mapping->items[i];
      Node* keyword = make(Type::Keyword);
      keyword->first = mapping->others[i];
      if (key != nullptr) {
        if (key->type != Type::Constant || !key->value.is_text() || !is_identifier(key->value.text())) {
          Node* one = make(Type::Dict);
          tree_.append(one->items, mapping->items[i]);
          tree_.append(one->others, mapping->others[i]);
          keyword->first = one;
        } else {
          keyword->name = key->value.text();
        }
      }
      tree_.append(node->others, keyword);
    }
    if (!display) {
      Node* keyword = make(Type::Keyword);
      keyword->first = mapping;
      tree_.append(node->others, keyword);
    }
  }
  if (builds_class) return build_class(node);
  push(node);
}

}  // namespace winnow::bytecode
