#include "code/python/dump.h"

#include <algorithm>
#include <vector>

#include "code/python/print.h"
#include "code/python/print_literals.h"
#include "code/python/shapes.h"

namespace winnow::python {
namespace {

// Text, or a node whose text is still to come. The stack of them stands for recursion.
struct Work {
  const Node* node;
  std::string text;
};

class Dumper {
 public:
  explicit Dumper(const Heap& heap) : heap_(heap) {}

  std::string run(const Node& root) {
    work_.push_back({&root, {}});
    while (!work_.empty()) {
      const Work next = std::move(work_.back());
      work_.pop_back();
      out_ += next.text;
      if (next.node == nullptr) continue;
      const size_t base = work_.size();
      node(*next.node);
      std::reverse(work_.begin() + static_cast<std::ptrdiff_t>(base), work_.end());
    }
    return std::move(out_);
  }

 private:
  void text(std::string_view text) { work_.push_back({nullptr, std::string(text)}); }
  void child(const Node* node) {
    if (node == nullptr) text("None");
    else work_.push_back({node, {}});
  }
  void quoted(std::string_view string) { text(print(Value::string(string), heap_)); }

  void list(std::string_view name, Node* const* from, size_t count, bool names = false) {
    text(std::string(name) + "=[");
    for (size_t i = 0; i < count; i++) {
      if (i != 0) text(", ");
      if (names) quoted(from[i]->name);
      else child(from[i]);
    }
    text("]");
  }

  void node(const Node& node) {
    if (node.type == Type::Arguments) return arguments(node);
    const Shape* shape = shape_of(node.type);
    if (shape == nullptr) return;
    text(shape->name);
    text("(");
    fields(node, shape->fields);
    text(")");
  }

  void fields(const Node& node, std::string_view spec) {
    bool first = true;
    while (const auto next = next_field(spec)) {
      if (!first) text(", ");
      first = false;
      field(node, next->name, next->member);
    }
  }

  void field(const Node& node, std::string_view name, char member) {
    switch (member) {
      case 'I': return list(name, node.items.data, node.items.size);
      case 'O': return list(name, node.others.data, node.others.size);
      case 'B': return list(name, node.body.data, node.body.size);
      case 'E': return list(name, node.orelse.data, node.orelse.size);
      case 'H': return list(name, node.handlers.data, node.handlers.size);
      case 'S': {
        const List& names = node.type == Type::MatchClass ? node.others : node.items;
        return list(name, names.data, names.size, true);
      }
      default: break;
    }
    text(std::string(name) + "=");
    switch (member) {
      case '1': return child(node.first);
      case '2': return child(node.second);
      case '3': return child(node.third);
      case 'n': return quoted(node.name);
      case 'N': return node.name.empty() ? text("None") : quoted(node.name);
      case 'o': return node.other.empty() ? text("None") : quoted(node.other);
      case 'v': return text(print(node.value, heap_));
      case 'p': return text(std::string(operator_class(node.op)) + "()");
      default: return text(std::to_string(node.number));
    }
  }

  void arguments(const Node& node) {
    const auto positional = std::min(static_cast<size_t>(node.number), static_cast<size_t>(node.items.size));
    text("arguments(");
    list("posonlyargs", node.items.data, positional);
    text(", ");
    list("args", node.items.data + positional, node.items.size - positional);
    text(", vararg=");
    child(node.first);
    text(", ");
    list("kwonlyargs", node.others.data, node.others.size);
    text(", ");
    list("kw_defaults", node.orelse.data, node.orelse.size);
    text(", kwarg=");
    child(node.second);
    text(", ");
    list("defaults", node.handlers.data, node.handlers.size);
    text(")");
  }

  const Heap& heap_;
  std::vector<Work> work_;
  std::string out_;
};

}  // namespace

std::string dump(const Node& node, const Heap& heap) { return Dumper(heap).run(node); }

}  // namespace winnow::python
