// The fallback that keeps every name and call where no structure was found: the blocks in the order of the code,
// labels and jumps as comments. What stands in it is for reading, not for running.
#include <algorithm>
#include <string>

#include "code/bytecode/structure.h"
#include "code/bytecode/structure_graph.h"
#include "code/python/print.h"

namespace winnow::bytecode {

using python::Type;
using Kind_ = FlowStatement::Kind;

namespace {

class Linear {
 public:
  Linear(python::Tree& tree, const Flow& flow, bool is_function) : tree_(tree), flow_(flow), is_function_(is_function) {
    if (flow.code != nullptr) print_options_.version = flow.code->version;
  }

  python::List run() {
    mark_targets();
    for (BlockId b = 0; b < flow_.blocks.size(); ++b) {
      if (!reached_[b]) continue;
      if (labelled_[b]) comment(label(b) + ":");
      const FlowBlock& block = flow_.blocks[b];
      if (block.exception != kNoSlot) comment(slot_name(block.exception) + " = the exception");
      for (const FlowStatement& statement : block.statements) write(statement);
      write_exit(b);
    }
    tree_.append(out_, tree_.make(Type::Pass));
    return out_;
  }

 private:
  std::string label(BlockId b) const { return "L" + std::to_string(flow_.blocks[b].offset); }
  static std::string slot_name(SlotId slot) { return "_slot" + std::to_string(slot); }

  void mark_targets() {
    reached_.assign(flow_.blocks.size(), false);
    labelled_.assign(flow_.blocks.size(), false);
    std::vector<BlockId> work;
    std::vector<BlockId> to;
    if (!flow_.blocks.empty()) work.push_back(0);
    while (!work.empty()) {
      const BlockId b = work.back();
      work.pop_back();
      if (b >= reached_.size() || reached_[b]) continue;
      reached_[b] = true;
      successors(flow_.blocks[b], to);
      if (flow_.blocks[b].handler != kNoBlock) to.push_back(flow_.blocks[b].handler);
      for (const BlockId next : to) {
        if (next < labelled_.size() && next != b + 1) labelled_[next] = true;
      }
      work.insert(work.end(), to.begin(), to.end());
    }
  }

  // Slots become variables. Iterative over the tree, which may be shared: a named slot is not visited twice.
  const Node* named(Node* root) {
    std::vector<Node*> work{root};
    for (size_t steps = 0; !work.empty() && steps < 1'000'000; ++steps) {
      Node* node = work.back();
      work.pop_back();
      if (node == nullptr) continue;
      if (is_slot(node)) {
        node->name = tree_.text(slot_name(slot_number(node)));
        continue;
      }
      for (Node* child : {node->first, node->second, node->third}) work.push_back(child);
      const bool definition = node->type == Type::FunctionDef || node->type == Type::AsyncFunctionDef || node->type == Type::ClassDef;
      for (const python::List* list : {&node->items, &node->others, &node->body, &node->orelse, &node->handlers}) {
        if (definition && list == &node->body) continue;
        for (Node* child : *list) work.push_back(child);
      }
    }
    return root;
  }

  std::string text(Node* node) {
    if (node == nullptr) return "...";
    std::string printed = python::print(*named(node), tree_.heap(), print_options_);
    while (!printed.empty() && printed.back() == '\n') printed.pop_back();
    return printed;
  }

  void comment(const std::string& words) {
    Node* node = tree_.make(Type::Comment);
    node->name = tree_.text(words);
    tree_.append(out_, node);
  }

  void write(const FlowStatement& statement) {
    switch (statement.kind) {
      case Kind_::plain:
        named(statement.node);
        tree_.append(out_, statement.node);
        return;
      case Kind_::set_slot: assign(statement.slot, statement.node, ""); return;
      case Kind_::set_iterator: assign(statement.slot, statement.node, "iter"); return;
      case Kind_::set_async_iterator: assign(statement.slot, statement.node, "aiter"); return;
      case Kind_::enter_with: case Kind_::enter_async_with:
        assign(statement.slot, statement.node, "");
        comment((statement.kind == Kind_::enter_with ? "enter " : "async enter ") + slot_name(statement.slot) +
                (statement.entered == kNoSlot ? std::string{} : ", giving " + slot_name(statement.entered)));
        return;
      case Kind_::leave_loop: return;
      case Kind_::leave_with: comment("leave " + slot_name(statement.slot)); return;
      case Kind_::enter_handler: comment("the exception is being handled"); return;
      case Kind_::leave_handler: comment("the exception was handled"); return;
    }
  }

  void assign(SlotId slot, Node* value, std::string_view function) {
    named(value);
    if (!function.empty()) {
      Node* call = tree_.make(Type::Call);
      call->first = tree_.make(Type::Name);
      call->first->name = function;
      tree_.append(call->items, value);
      value = call;
    }
    Node* node = tree_.make(Type::Assign);
    Node* target = tree_.make(Type::Name);
    target->name = tree_.text(slot_name(slot));
    tree_.append(node->items, target);
    node->first = value;
    tree_.append(out_, node);
  }

  std::string go(BlockId to) const { return to < flow_.blocks.size() ? "goto " + label(to) : "goto nowhere"; }

  void write_exit(BlockId b) {
    const FlowBlock& block = flow_.blocks[b];
    switch (block.exit) {
      case FlowExit::jump:
        if (block.target != b + 1) comment(go(block.target));
        return;
      case FlowExit::branch:
        if (block.target == b + 1) comment("if not (" + text(block.value) + "): " + go(block.otherwise));
        else if (block.otherwise == b + 1) comment("if " + text(block.value) + ": " + go(block.target));
        else comment("if " + text(block.value) + ": " + go(block.target) + " else: " + go(block.otherwise));
        return;
      case FlowExit::for_each: case FlowExit::async_for_each:
        comment("for " + text(block.value) + " in " + slot_name(block.slot) + ": " + go(block.target) +
                " else: " + go(block.otherwise));
        return;
      case FlowExit::match_exception: case FlowExit::match_exception_group:
        comment("if " + slot_name(block.slot) + " is a " + text(block.value) + ": " + go(block.target) + " else: " + go(block.otherwise));
        return;
      case FlowExit::with_suppresses:
        comment("if leaving " + slot_name(block.slot) + " suppresses the exception: " + go(block.target) + " else: " + go(block.otherwise));
        return;
      case FlowExit::return_value: {
        Node* node = tree_.make(Type::Return);
        if (block.value != nullptr) named(block.value);
        node->first = is_none(block.value) ? nullptr : block.value;
        if (is_function_) tree_.append(out_, node);
        else if (!is_none(block.value)) comment("return " + text(block.value));
        return;
      }
      case FlowExit::raise:
        named(block.value);
        tree_.append(out_, block.value);
        return;
      case FlowExit::reraise: comment("raise " + slot_name(block.slot) + " again"); return;
      case FlowExit::invalid: comment("control leaves the code here"); return;
    }
  }

  python::Tree& tree_;
  const Flow& flow_;
  bool is_function_;
  python::PrintOptions print_options_;
  python::List out_;
  std::vector<bool> reached_, labelled_;
};

}  // namespace

python::List linear(python::Tree& tree, const Flow& flow, bool is_function) { return Linear(tree, flow, is_function).run(); }

}  // namespace winnow::bytecode
