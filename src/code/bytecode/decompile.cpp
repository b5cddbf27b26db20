#include "code/bytecode/decompile.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "code/bytecode/lift.h"
#include "code/bytecode/structure.h"
#include "code/bytecode/unreachable.h"
#include "code/ir/equivalent.h"
#include "code/python/lower.h"
#include "code/python/print.h"
#include "core/print.h"

namespace winnow::bytecode {

using python::Type;

namespace {

// What is tried for a code object, in this order, until one reading passes the proof.
StructureOptions reading(uint32_t attempt) {
  StructureOptions options;
  switch (attempt) {
    case 0: break;
    case 1: options.try_else_at_end = true; break;
    case 2: options.loop_else = false; options.join_managers = false; break;
    case 3: options.chained_else = true; break;
    default: options.copies = 32; break;
  }
  return options;
}

struct Record {
  DecompiledCode result;
  std::shared_ptr<const ir::Body> body;
  Flow flow;
  python::List best;
  bool sound = false;
  bool exhausted = false;  // the budget of structuring was used up
  bool checked = false;   // in this round: a counterpart was found
  bool differs = false;   // it, or a lambda or comprehension inside, is not the same
};

class Driver final : public Nested {
 public:
  Driver(Heap& heap, const DecompileLimits& limits, Decompiled& out) : heap_(heap), limits_(limits), out_(out) {
    out_.tree = std::make_unique<python::Tree>(heap);
    steps_ = limits.steps;
  }

  void fill(const CodeObject& code, Node& definition, const Context& inside) override {
    auto record = std::make_unique<Record>();
    record->result.code = &code;
    record->result.definition = &definition;
    if (inside.depth > kMaxDepth) {
      record->result.why = "nested too deep";
    } else {
      record->body = lifted(code);
      if (record->body->blocks.empty()) record->result.why = "no instructions";
      else if (record->body->blocks.size() > limits_.blocks) record->result.why = "too large";
      record->flow = build_flow(code, *record->body, inside);
    }
    attempt(*record, 0);
    by_code_.emplace(&code, record.get());
    records_.push_back(std::move(record));
  }

  uint64_t steps_left() const { return steps_; }

  void run(const CodeObject& code, const BareFunction& bare) {
    python::Tree& tree = *out_.tree;
    Node* module = tree.make(Type::Module);
    tree.root = out_.root = module;
    Context context{tree, [this](const CodeObject& nested) { return lifted(nested); }};
    context.nested = this;
    context.code = &code;
    context.steps = &steps_;
    // Functions of Python 2 with an `exec` are not optimized.
    const bool bare_function = code.name != "<module>" && (code.flags & (CodeObject::kOptimized | CodeObject::kNewLocals)) != 0;
    if (!bare_function) fill(code, *module, context);
    else run_function(code, bare, context, *module);
    if (limits_.verify) prove(code, bare_function);
    finish();
  }

 private:
  static constexpr uint32_t kMaxDepth = 80;

  std::shared_ptr<const ir::Body> lifted(const CodeObject& code) {
    if (code.body == nullptr) code.body = std::make_shared<const ir::Body>(lift(code, heap_));
    return code.body;
  }

  static bool is_function(const Node& definition) {
    return definition.type == Type::FunctionDef || definition.type == Type::AsyncFunctionDef;
  }

  // A function without the module that it stood in.
  void run_function(const CodeObject& code, const BareFunction& bare, Context& context, Node& module) {
    python::Tree& tree = *out_.tree;
    Node* parameters = parameters_of(code, context);
    add_defaults(parameters, bare);
    const std::string_view name = bare.name.empty() ? code.name : bare.name;
    if (code.name == "<lambda>") {
      const auto body = lifted(code);
      if (Node* value = lambda_body(code, *body, context)) {
        Node* lambda = tree.make(Type::Lambda);
        lambda->first = parameters;
        lambda->second = value;
        Node* statement = tree.make(Type::Expr);
        statement->first = lambda;
        tree.append(module.body, statement);
        auto record = std::make_unique<Record>();
        record->result.code = &code;
        record->result.definition = lambda;
        record->sound = true;
        by_code_.emplace(&code, record.get());
        records_.push_back(std::move(record));
        return;
      }
    }
    const bool is_async = (code.flags & (CodeObject::kCoroutine | CodeObject::kAsyncGenerator)) != 0;
    Node* definition = tree.make(is_async ? Type::AsyncFunctionDef : Type::FunctionDef);
    definition->name = name == "<lambda>" ? "_lambda" : name;
    definition->first = parameters;
    tree.append(module.body, definition);
    fill(code, *definition, context);
  }

  void add_defaults(Node* parameters, const BareFunction& bare) {
    python::Tree& tree = *out_.tree;
    if (parameters == nullptr) return;
    const auto constant = [&](Value value) {
      Node* node = tree.make(Type::Constant);
      node->value = value;
      return node;
    };
    if (bare.defaults.is(Kind::tuple) || bare.defaults.is(Kind::list)) {
      const Items& items = heap_.items(bare.defaults);
      const uint32_t count = std::min(items.size, parameters->items.size);
      for (uint32_t i = 0; i < count; ++i) tree.append(parameters->handlers, constant(items[i]));
    }
    if (bare.keyword_defaults.is(Kind::dict)) {
      const Items& items = heap_.items(bare.keyword_defaults);
      parameters->orelse = {};
      for (const Node* parameter : parameters->others) {
        const Value* value = heap_.find(items, parameter->name);
        tree.append(parameters->orelse, value == nullptr ? nullptr : constant(*value));
      }
    }
  }

  void attempt(Record& record, uint32_t number) {
    Node& definition = *record.result.definition;
    if (definition.type == Type::Lambda || record.exhausted) return;  // there is one reading of an expression
    definition.body = {};
    if (record.body == nullptr || record.body->blocks.empty() || record.body->blocks.size() > limits_.blocks) return;
    StructureOptions options = reading(number);
    options.is_function = is_function(definition);
    options.steps = &steps_;
    Structured structured = structure(*out_.tree, record.flow, options);
    record.exhausted = structured.exhausted;
    restore_matches(*out_.tree, structured.body);
    definition.body = structured.body;
    if (number == 0) {
      record.best = structured.body;
      record.sound = structured.sound;
      record.result.why = structured.why;
    } else if (structured.sound && !record.sound) {
      record.best = structured.body;
      record.sound = true;
      record.result.why.clear();
    }
  }

  // Lowers the tree and holds every code object against its own; those that differ are read in other ways.
  void prove(const CodeObject& code, bool is_function) {
    for (uint32_t number = 0; number < limits_.attempts; ++number) {
      if (number != 0) {
        for (const auto& record : records_) {
          if (record->result.quality != Quality::verified) attempt(*record, number);
        }
      }
      for (const auto& record : records_) record->checked = record->differs = false;
      compare_all(code, is_function);
      bool all = true;
      for (const auto& record : records_) {
        if (record->result.quality == Quality::verified) continue;
        if (record->checked && !record->differs) {
          record->result.quality = Quality::verified;
          record->result.why.clear();
        } else {
          all = false;
        }
      }
      if (all) return;
    }
    for (const auto& record : records_) {
      if (record->result.quality != Quality::verified) record->result.definition->body = record->best;
    }
  }

  void compare_all(const CodeObject& code, bool is_function) {
    python::LowerOptions options;
    options.version = code.version;
    if (is_function) options.enclosing = code.freevars;
    const Value lowered = python::lower(*out_.tree, *out_.root, options);
    if (!lowered.is(Kind::code)) return;
    struct Pair { const CodeObject* ours; const CodeObject* again; Record* owner; };
    std::vector<Pair> work;
    if (!is_function) work.push_back({&code, &heap_.code(lowered), nullptr});
    else if (const CodeObject* function = first_code(heap_.code(lowered))) work.push_back({&code, function, nullptr});
    while (!work.empty()) {
      Pair pair = work.back();
      work.pop_back();
      const auto own = by_code_.find(pair.ours);
      if (own != by_code_.end()) {
        pair.owner = own->second;
        pair.owner->checked = true;
      }
      const bool proved = pair.owner != nullptr && pair.owner->result.quality == Quality::verified;
      ir::Verdict verdict;
      if (pair.owner != nullptr && !pair.owner->differs && (!proved || first_code(*pair.ours) != nullptr)) {
        lifted(*pair.ours);
        verdict = ir::equivalent(*pair.ours, *pair.again, heap_);
        if (!verdict && !proved) {
          pair.owner->differs = true;
          if (pair.owner->sound) pair.owner->result.why = verdict.why;
        }
      }
      // Functions that are made at the same place belong together; of others, those of one name in their order.
      for (const auto& [ours, again] : verdict.functions) {
        work.push_back({&heap_.code(ours), &heap_.code(again), pair.owner});
      }
      match_constants(*pair.ours, *pair.again, [&](const CodeObject& ours, const CodeObject* again) {
        for (const auto& made : verdict.functions) {
          if (&heap_.code(made.first) == &ours) return;
        }
        if (again != nullptr) work.push_back({&ours, again, pair.owner});
        else if (pair.owner != nullptr && by_code_.count(&ours) == 0 && makes_function(heap_, *lifted(*pair.ours), ours)) pair.owner->differs = true;
      });
    }
  }

  const CodeObject* first_code(const CodeObject& in) const {
    for (const Value constant : in.consts) {
      if (constant.is(Kind::code)) return &heap_.code(constant);
    }
    return nullptr;
  }

  // Code constants of one name belong together in their order.
  template <class F>
  void match_constants(const CodeObject& ours, const CodeObject& again, F&& each) {
    std::unordered_map<std::string_view, std::vector<const CodeObject*>> others;
    for (const Value constant : again.consts) {
      if (constant.is(Kind::code)) others[heap_.code(constant).name].push_back(&heap_.code(constant));
    }
    std::unordered_map<std::string_view, size_t> met;
    for (const Value constant : ours.consts) {
      if (!constant.is(Kind::code)) continue;
      const CodeObject& mine = heap_.code(constant);
      const std::vector<const CodeObject*>& same = others[mine.name];
      const size_t index = met[mine.name]++;
      each(mine, index < same.size() ? same[index] : nullptr);
    }
  }

  void finish() {
    for (const auto& record : records_) {
      settle(*record);
      out_.codes.push_back(record->result);
    }
    out_.complete = out_.complete && steps_ != 0;
  }

  // The best reading stays, or the linear form takes its place.
  void settle(Record& record) {
    python::Tree& tree = *out_.tree;
    Node& definition = *record.result.definition;
    DecompiledCode& result = record.result;
    if (result.quality == Quality::verified) return;
    if (definition.type == Type::Lambda) {
      result.quality = Quality::structured;
      return;
    }
    python::List body;
    if (record.sound && record.body != nullptr) {
      if (const std::string_view lost = lost_name(*result.code, *record.body, record.best); !lost.empty()) {
        record.sound = false;
        result.why = "the name " + std::string(lost) + " would be lost";
      }
    }
    if (record.sound) {
      result.quality = Quality::structured;
      body = record.best;
      if (limits_.verify && limits_.banners) body = with_banner(body, "not verified: " + (result.why.empty() ? "the graph differs" : result.why));
    } else if (record.body != nullptr && !record.body->blocks.empty()) {
      result.quality = Quality::linear;
      body = linear(tree, record.flow, is_function(definition));
      if (!lost_name(*result.code, *record.body, body).empty()) add_instructions(body, *record.body);
      if (limits_.banners) body = with_banner(body, "not structured: " + result.why);
    } else {
      result.quality = Quality::unread;
      body = with_banner(body, "not read: " + result.why);
      tree.append(body, tree.make(Type::Pass));
    }
    definition.body = body;
  }

  // The last resort: the instructions themselves, as comments.
  void add_instructions(python::List& body, const ir::Body& instructions) {
    python::Tree& tree = *out_.tree;
    const std::string text = ir::to_text(instructions, heap_);
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find('\n', at), text.size());
      Node* comment = tree.make(Type::Comment);
      comment->name = tree.text(std::string_view(text).substr(at, end - at));
      tree.append(body, comment);
      at = end + 1;
    }
  }

  // A name that the instructions use and the statements lack: what could not be proved must not hide anything.
  std::string_view lost_name(const CodeObject& code, const ir::Body& body, const python::List& statements) {
    Node* module = out_.tree->make(Type::Module);
    module->body = statements;
    python::PrintOptions options;
    options.version = code.version;
    const std::string text = python::print(*module, heap_, options);
    std::unordered_set<std::string_view> names;
    const auto in_name = [](char c) { return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    for (size_t at = 0; at < text.size();) {
      size_t end = at;
      while (end < text.size() && in_name(text[end])) ++end;
      if (end != at) names.insert(std::string_view(text).substr(at, end - at));
      at = end + 1;
    }
    for (const ir::Block& block : body.blocks) {
      for (const ir::Instruction& in : block.instructions) {
        const bool used = in.op == ir::Op::load_attr || in.op == ir::Op::store_attr || in.op == ir::Op::delete_attr ||
                          in.op == ir::Op::load_global || in.op == ir::Op::load_name || in.op == ir::Op::load_super_attr ||
                          in.op == ir::Op::import_name || in.op == ir::Op::import_from;
        if (!used || in.name.empty() || names.count(in.name) != 0) continue;
        if (!std::all_of(in.name.begin(), in.name.end(), [&](char c) { return in_name(c) || c == '.'; })) continue;  // spelled otherwise
        if (in.name.starts_with("__") && in.name.ends_with("__")) continue;  // the compiler's own
        if (in.name == "AssertionError" || in.name == "StopAsyncIteration") continue;
        const size_t private_part = in.name.find("__", 1);  // _Class__name
        if (private_part != std::string_view::npos && names.count(in.name.substr(private_part)) != 0) continue;
        if (in.name.find('.') != std::string_view::npos && names.count(in.name.substr(in.name.rfind('.') + 1)) != 0) continue;
        return in.name;
      }
    }
    return {};
  }

  python::List with_banner(const python::List& body, const std::string& words) {
    python::Tree& tree = *out_.tree;
    python::List all;
    Node* comment = tree.make(Type::Comment);
    comment->name = tree.text(words);
    // A docstring stays in front.
    uint32_t i = 0;
    if (!body.empty() && body[0]->type == Type::Expr && body[0]->first != nullptr && body[0]->first->type == Type::Constant) {
      tree.append(all, body[i++]);
    }
    tree.append(all, comment);
    for (; i < body.size; ++i) tree.append(all, body[i]);
    return all;
  }

  Heap& heap_;
  DecompileLimits limits_;
  Decompiled& out_;
  uint64_t steps_ = 0;
  std::unordered_multimap<const CodeObject*, Record*> by_code_;
  std::vector<std::unique_ptr<Record>> records_;
};

}  // namespace

const char* quality_name(Quality quality) {
  switch (quality) {
    case Quality::verified: return "verified";
    case Quality::structured: return "structured";
    case Quality::linear: return "linear";
    case Quality::unread: return "unread";
  }
  return "unread";
}

namespace {

std::string tree_text(const Decompiled& decompiled) {
  python::PrintOptions options;
  for (const DecompiledCode& code : decompiled.codes) {
    options.version = code.code->version;
    // A function of 2.7 alone does not show the __future__ imports that it was compiled under.
    const uint32_t flags = options.version.major == 2 ? code.code->flags : 0;
    options.print_function = options.print_function || (flags & 0x10000) != 0;
    options.unicode_literals = options.unicode_literals || (flags & 0x20000) != 0;
  }
  return python::print(*decompiled.root, decompiled.tree->heap(), options);
}

std::string spelled(const CodeObject& code) { return quoted(code.qualname.empty() ? code.name : code.qualname, false, 200); }

// What is carried and not made a function, as comments: the text behind them still compiles to what runs.
class Leftovers {
 public:
  Leftovers(Heap& heap, const DecompileLimits& limits, uint64_t steps) : heap_(heap), limits_(limits) { limits_.steps = steps; }

  std::string text(const CodeObject& outermost, Decompiled& out) {
    for (const HeldCode& held : held_codes(heap_, outermost)) {
      if (text_.size() > kMostText || limits_.steps == 0) {
        comment("more code objects are not shown: too many");
        out.complete = false;
        break;
      }
      if (held.use == Use::none) comment("unreachable: no instruction of " + spelled(*held.holder) + " loads this code object");
      else if (held.use == Use::value) comment("a value in " + spelled(*held.holder) + ": the code object " + spelled(*held.code));
      if (held.use != Use::function) body(*held.code);
      names(*held.code);
    }
    return std::move(text_);
  }

 private:
  static constexpr size_t kMostText = size_t{16} << 20;

  void comment(std::string_view line) { text_ += "# " + std::string(line) + "\n"; }

  void body(const CodeObject& code) {
    Decompiled part;
    Driver driver(heap_, limits_, part);
    driver.run(code, {});
    limits_.steps = driver.steps_left();
    const std::string text = tree_text(part);
    const char* indent = "    ";
    if ((code.flags & (CodeObject::kOptimized | CodeObject::kNewLocals)) == 0 && code.name != "<module>") {
      const std::string name = spelled(code);
      comment("    class " + name.substr(1, name.size() - 2) + ":");
      indent = "        ";
    }
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find('\n', at), text.size());
      if (end != at) comment(indent + text.substr(at, end - at));
      at = end + 1;
    }
  }

  void names(const CodeObject& code) {
    const std::vector<std::string_view> names = unreached_names(code);
    if (names.empty()) return;
    std::string line = "unreachable: instructions of " + spelled(code) + " that use";
    for (size_t i = 0; i < names.size(); ++i) {
      const std::string name = quoted(names[i], false, 200);
      line += (i == 0 ? " " : ", ") + name.substr(1, name.size() - 2);
    }
    comment(line);
  }

  Heap& heap_;
  DecompileLimits limits_;
  std::string text_;
};

}  // namespace

Decompiled decompile(Heap& heap, const CodeObject& code, const DecompileLimits& limits, const BareFunction& bare) {
  Decompiled out;
  Driver driver(heap, limits, out);
  driver.run(code, bare);
  out.leftovers = Leftovers(heap, limits, driver.steps_left()).text(code, out);
  return out;
}

std::string source_text(const Decompiled& decompiled) { return tree_text(decompiled) + decompiled.leftovers; }

}  // namespace winnow::bytecode
