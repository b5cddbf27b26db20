// Constant expressions: what CPython's compilers compute beforehand.
#include "code/ir/fold.h"
#include "code/python/lowering.h"

namespace winnow::python {

constexpr size_t kLongestSum = size_t{1} << 24;  // bytes of a text that is written in parts

// The constant that an expression comes out as. Sums are folded along their left spine, without recursion.
bool Lowerer::constant_of(const Node* node, Value* out) {
  if (node == nullptr) return false;
  const Deeper deeper(*this);
  if (deeper.too_deep()) return false;
  switch (node->type) {
    case Type::Constant: return *out = node->value, true;
    case Type::Name:
      if (node->name != "__debug__" || !later(4)) return false;
      return *out = Value::boolean(true), true;
    case Type::UnaryOp: {
      Value v;
      if (!constant_of(node->first, &v)) return false;
      const ir::Unary op = node->op == Operator::USub     ? ir::Unary::negative
                           : node->op == Operator::UAdd   ? ir::Unary::positive
                           : node->op == Operator::Invert ? ir::Unary::invert
                                                          : ir::Unary::logical_not;
      return ir::fold_unary(heap_, op, v, out);
    }
    case Type::BinOp: {
      std::vector<const Node*> spine;
      const Node* at = node;
      while (at != nullptr && at->type == Type::BinOp) {
        // The right side decides at once in nearly all sums that are not constant.
        if (at->second == nullptr || (at->second->type == Type::Name && at->second->name != "__debug__")) return false;
        if (at->second->type == Type::Call || at->second->type == Type::Attribute) return false;
        spine.push_back(at);
        at = at->first;
      }
      Value left;
      if (!constant_of(at, &left)) return false;
      // Texts are added up first and become one value: a payload of thousands of lines takes no square of its size.
      std::string sum;
      const auto settle = [&] {
        if (!sum.empty()) left = left.is(Kind::string) ? heap_.new_string(sum) : heap_.new_bytes(sum);
        sum.clear();
      };
      for (auto up = spine.rbegin(); up != spine.rend(); ++up) {
        Value right;
        if (!constant_of((*up)->second, &right)) return false;
        const auto op = static_cast<ir::Binary>(operator_of((*up)->op));
        if (op == ir::Binary::add && left.is_text() && right.kind() == left.kind()) {
          if (sum.empty()) sum = left.text();
          sum += right.text();
          if (sum.size() > kLongestSum) return false;
          continue;
        }
        settle();
        if (!ir::fold_binary(heap_, options_.version, op, left, right, &left)) return false;
      }
      settle();
      return *out = left, true;
    }
    case Type::Tuple: return constant_tuple(node->items, Kind::tuple, out);
    case Type::Subscript: {
      Value container, key;
      if (!constant_of(node->first, &container) || !constant_of(node->second, &key)) return false;
      return !python2() && ir::fold_subscript(heap_, options_.version, container, key, out);
    }
    default: return false;
  }
}

bool Lowerer::constant_tuple(const List& items, Kind kind, Value* out) {
  std::vector<Value> values;
  for (const Node* item : items) {
    Value value;
    if (!constant_of(item, &value)) return false;
    bool known = false;
    if (kind == Kind::frozen_set) {
      for (const Value other : values) known |= ir::same_constant(heap_, other, value);
    }
    if (!known) values.push_back(value);
  }
  *out = heap_.new_items(kind, values.data(), static_cast<uint32_t>(values.size()));
  return true;
}

bool Lowerer::truth(const Node* node, bool* out) {
  Value value;
  return constant_of(node, &value) && ir::constant_truth(heap_, value, out);
}

namespace {

struct Placeholder {
  std::string literal;  // before it
  char conversion = 0;
  std::string spec;
};

// Splits "a %s b %-5r" into literals and placeholders; false where an f-string could not say the same.
bool split_format(std::string_view format, std::vector<Placeholder>& holders, std::string& tail) {
  std::string literal;
  size_t i = 0;
  while (i < format.size()) {
    if (format[i] != '%') {
      literal += format[i++];
      continue;
    }
    if (++i >= format.size()) return false;
    if (format[i] == '%') {
      literal += '%';
      ++i;
      continue;
    }
    Placeholder holder;
    bool left = false;
    while (i < format.size() && (format[i] == '-' || format[i] == '+' || format[i] == ' ' || format[i] == '#' || format[i] == '0')) {
      if (format[i] != '-') return false;
      left = true;
      ++i;
    }
    std::string width, precision;
    bool dotted = false;
    while (i < format.size() && format[i] >= '0' && format[i] <= '9') width += format[i++];
    if (i < format.size() && format[i] == '.') {
      dotted = true;
      ++i;
      while (i < format.size() && format[i] >= '0' && format[i] <= '9') precision += format[i++];
      if (precision.empty()) precision = "0";
    }
    if (width.size() > 2 || precision.size() > 2) return false;
    if (i >= format.size() || (format[i] != 's' && format[i] != 'r' && format[i] != 'a')) return false;
    holder.conversion = format[i++];
    if (!left && !width.empty() && std::stoi(width) > 0) holder.spec += '>';
    if (!width.empty() && std::stoi(width) > 0) holder.spec += std::to_string(std::stoi(width));
    if (dotted) holder.spec += "." + std::to_string(std::stoi(precision));
    holder.literal = std::move(literal);
    literal.clear();
    holders.push_back(std::move(holder));
  }
  tail = std::move(literal);
  return true;
}

}  // namespace

// The left side: up to 3.13 it may be a sum of texts.
bool Lowerer::percent_format_text(const Node* node, Value* out) {
  if (node->first == nullptr || (later(14) && node->first->type != Type::Constant)) return false;
  return constant_of(node->first, out) && out->is(Kind::string);
}

// "%s of %r" % (a, b): 3.11 and later compile it as an f-string.
bool Lowerer::percent_format_applies(const Node* node) {
  if (!later(11) || node->type != Type::BinOp || node->op != Operator::Mod) return false;
  Value format;
  if (!percent_format_text(node, &format)) return false;
  if (node->second == nullptr || node->second->type != Type::Tuple) return false;
  for (const Node* item : node->second->items) {
    if (item->type == Type::Starred) return false;
  }
  // A constant tuple has been folded by then.
  Value folded;
  if (!later(14) && constant_tuple(node->second->items, Kind::tuple, &folded)) return false;
  std::vector<Placeholder> holders;
  std::string tail;
  return split_format(format.text(), holders, tail) && holders.size() == node->second->items.size;
}

void Lowerer::percent_format(const Node* node) {
  std::vector<Placeholder> holders;
  std::string tail;
  Value format;
  if (!percent_format_text(node, &format)) return;
  split_format(format.text(), holders, tail);
  uint32_t parts = 0;
  for (uint32_t i = 0; i < holders.size(); ++i) {
    if (!holders[i].literal.empty()) {
      constant(heap_.new_string(holders[i].literal));
      ++parts;
    }
    expression(node->second->items[i]);
    const bool spec = !holders[i].spec.empty();
    if (spec) constant(heap_.new_string(holders[i].spec));
    const ir::Conversion conversion = holders[i].conversion == 's'   ? ir::Conversion::str
                                      : holders[i].conversion == 'r' ? ir::Conversion::repr
                                                                     : ir::Conversion::ascii;
    emit(Op::format_value, static_cast<uint32_t>(conversion), spec ? 1 : 0);
    ++parts;
  }
  if (!tail.empty()) {
    constant(heap_.new_string(tail));
    ++parts;
  }
  if (parts == 0) return constant_string("");
  if (parts > 1) emit(Op::build_string, parts);
}

}  // namespace winnow::python
