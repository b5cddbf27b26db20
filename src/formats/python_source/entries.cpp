#include "formats/python_source/entries.h"

namespace winnow::python_source {
namespace {

using python::Node;
using python::Type;

bool is_own_name(const Node* node) { return node != nullptr && node->type == Type::Name && node->name == "__name__"; }
bool is_main(const Node* node) { return node != nullptr && node->type == Type::Constant && node->value.is_text() && node->value.text() == "__main__"; }

enum class Asks : uint8_t { no, whether, whether_not };

// __name__ == '__main__', also the other way round and with further conditions.
Asks asks_for_main(const Node* test, int depth = 0) {
  if (test == nullptr || depth > 8) return Asks::no;
  if (test->type == Type::UnaryOp && test->op == python::Operator::Not) {
    const Asks inner = asks_for_main(test->first, depth + 1);
    return inner == Asks::whether ? Asks::whether_not : inner == Asks::whether_not ? Asks::whether : Asks::no;
  }
  if (test->type == Type::BoolOp) {
    for (const Node* part : test->items) {
      if (const Asks asks = asks_for_main(part, depth + 1); asks != Asks::no) return asks;
    }
  }
  if (test->type != Type::Compare || test->items.size != 1) return Asks::no;
  const Node *left = test->first, *right = test->items[0]->first;
  if (!(is_own_name(left) && is_main(right)) && !(is_main(left) && is_own_name(right))) return Asks::no;
  const python::Operator op = test->items[0]->op;
  return op == python::Operator::NotEq || op == python::Operator::IsNot ? Asks::whether_not : Asks::whether;
}

}  // namespace

MainCode main_code(const Node& module) {
  MainCode out;
  for (Node* statement : module.body) {
    if (statement->type == Type::If) {
      const Asks asks = asks_for_main(statement->first);
      if (asks == Asks::no) continue;
      const python::List& block = asks == Asks::whether ? statement->body : statement->orelse;
      out.statements.insert(out.statements.end(), block.begin(), block.end());
    } else if (statement->type == Type::Expr && asks_for_main(statement->first) != Asks::no) {
      out.statements.push_back(statement);
    }
  }
  return out;
}

}  // namespace winnow::python_source
