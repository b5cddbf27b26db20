// winnow debug flow FILE...: the flow graph of every code object of compiled files: statements without structure;
// with --check only figures: how many slots are left that no loop, handler or `with` made.
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>

#include "code/bytecode/flow_text.h"
#include "code/bytecode/infer.h"
#include "code/bytecode/lift.h"
#include "code/bytecode/pyc.h"
#include "commands.h"
#include "terminal.h"

namespace winnow::cli {

namespace {

// Bodies stay empty; what is inside is shown on its own.
class Collector : public bytecode::Nested {
 public:
  explicit Collector(std::string& text, bool quiet) : text_(text), quiet_(quiet) {}
  size_t functions = 0, approximate = 0, slotted = 0;

  void fill(const CodeObject& code, python::Node& definition, const bytecode::Context& inside) override {
    ++functions;
    const std::shared_ptr<const ir::Body> body = inside.lift(code);
    const bytecode::Flow flow = bytecode::build_flow(code, *body, inside);
    bool slots = false;
    for (const bytecode::FlowBlock& block : flow.blocks) {
      for (const bytecode::FlowStatement& s : block.statements) slots = slots || s.kind == bytecode::FlowStatement::Kind::set_slot;
    }
    approximate += !flow.exact;
    slotted += slots;
    if (!quiet_ || !flow.exact || slots) {
      const std::string_view name = code.qualname.empty() ? code.name : code.qualname;
      text_ += "== " + std::string(name) + " line " + std::to_string(code.firstlineno) + (slots ? " slots\n" : "\n");
      text_ += bytecode::to_text(flow, inside.tree.heap());
    }
    if (definition.body.size == 0) inside.tree.append(definition.body, inside.tree.make(python::Type::Pass));
  }

 private:
  std::string& text_;
  bool quiet_;
};

}  // namespace

int debug_flow(const std::vector<std::string>& paths, bool only_check) {
  std::string text;
  Collector collector(text, only_check);
  size_t bytes = 0;
  double seconds = 0;
  for (const std::string& path : paths) {
    std::ifstream file(path, std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(file), {}};
    Heap heap;
    Value top;
    if (bytecode::looks_like_pyc(as_bytes(content))) {
      Result<bytecode::Pyc> read = bytecode::read_pyc(heap, as_bytes(content));
      if (read) top = read->contents.value;
    } else if (Result<bytecode::Inferred> read = bytecode::infer(heap, as_bytes(content)); read) {
      top = read->contents.value;
    }
    if (!top.is(Kind::code)) continue;
    text += "## " + path + "\n";
    bytes += content.size();
    const auto start = std::chrono::steady_clock::now();
    python::Tree tree(heap);
    bytecode::Context context{tree, {}, &collector};
    context.lift = [&](const CodeObject& code) { return std::make_shared<const ir::Body>(bytecode::lift(code, heap)); };
    context.code = &heap.code(top);
    python::Node* module = tree.make(python::Type::Module);
    collector.fill(heap.code(top), *module, context);
    seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  text += std::to_string(collector.functions) + " functions, " + std::to_string(collector.approximate) + " approximate, " +
          std::to_string(collector.slotted) + " with slots, " + std::to_string(bytes) + " bytes, " + std::to_string(seconds) + " s\n";
  return write_all(STDOUT_FILENO, text) ? kNothingFound : kNotScanned;
}

}  // namespace winnow::cli
