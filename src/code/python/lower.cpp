// The way through a tree: its scopes, then its code objects.
#include "code/python/lower.h"

#include "code/python/lowering.h"

namespace winnow::python {
namespace {

// Flags of code objects that `from __future__ import` sets; 3.9 and later keep them elsewhere.
uint32_t future_flag(std::string_view name, PythonVersion version) {
  const bool moved = version >= PythonVersion{3, 9};
  uint32_t flag = 0;
  if (name == "division") flag = 0x2000;
  if (name == "absolute_import") flag = 0x4000;
  if (name == "with_statement") flag = 0x8000;
  if (name == "print_function") flag = 0x10000;
  if (name == "unicode_literals") flag = 0x20000;
  if (name == "barry_as_FLUFL") flag = 0x40000;
  if (name == "generator_stop") flag = 0x80000;
  if (name == "annotations") flag = 0x100000;
  return moved ? flag << 4 : flag;
}

}  // namespace

void Lowerer::read_futures(const List& statements) {
  for (const Node* node : statements) {
    if (node->type == Type::Expr && node->first != nullptr && node->first->type == Type::Constant) continue;
    if (node->type != Type::ImportFrom || node->name != "__future__") return;
    for (const Node* alias : node->items) {
      future_ |= future_flag(alias->name, options_.version);
      future_annotations_ |= alias->name == "annotations";
      absolute_import_ |= alias->name == "absolute_import";
    }
  }
}

Value Lowerer::run(const Node& root) {
  if (root.type == Type::Module) read_futures(root.body);
  ScopeOptions scope_options;
  scope_options.version = options_.version;
  scope_options.future_annotations = future_annotations_;
  scope_options.enclosing = options_.enclosing;
  scope_options.arena = &heap_.arena();
  find_scopes(root, scope_options, scopes_);
  enter_unit(scopes_.module(), "<module>", nullptr);
  unit_->code.firstlineno = 1;
  if (scopes_.too_deep) emit(Op::unknown).name = "names nested too deeply are not resolved";
  const Node* value = &root;
  if (root.type == Type::Module && options_.mode == LowerMode::eval && root.body.size == 1 &&
      root.body[0]->type == Type::Expr) {
    value = root.body[0]->first;
  }
  if (value == &root && root.type == Type::Module) {
    module_body(root);
  } else {
    expression(value);
    exit(ir::Exit::return_value);
  }
  return leave_unit();
}

Value lower(Tree& tree, const Node& root, const LowerOptions& options) { return Lowerer(tree, options).run(root); }

}  // namespace winnow::python
