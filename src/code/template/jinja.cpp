#include "code/template/jinja.h"

#include <algorithm>
#include <vector>

#include "code/template/expression.h"

namespace winnow::jinja {
namespace {

using python::List;

constexpr size_t kDeepest = 100;  // blocks inside blocks
constexpr size_t kMostProblems = 100;

enum class BlockKind : uint8_t { root, for_loop, if_branch, macro, call, filter, set, with, plain };

// A block that is still open.
struct Open {
  BlockKind kind = BlockKind::root;
  std::string_view end;      // of its closing tag: "for" of endfor
  List* body = nullptr;      // where statements go
  Node* node = nullptr;      // the For, If, FunctionDef ... itself
  Node* pending = nullptr;   // call: the call; filter and set: a Name for the captured text, set: the target as well
  Node* target = nullptr;
};

class Parser {
 public:
  Parser(Tree& tree, std::string_view text) : tree_(tree), build_(tree), text_(text), segments_(text) {}

  Template run() {
    out_.module = tree_.make(Type::Module);
    open_.push_back({BlockKind::root, "", &out_.module->body});
    for (Segment segment = segments_.next(); segment.piece != Piece::end; segment = segments_.next()) read(segment);
    while (open_.size() > 1) {
      problem(text_.size(), "the block '" + std::string(open_.back().end) + "' is not closed");
      close();
    }
    return std::move(out_);
  }

 private:
  void read(const Segment& segment) {
    line_ += static_cast<int32_t>(std::count(text_.begin() + static_cast<ptrdiff_t>(counted_), text_.begin() + static_cast<ptrdiff_t>(segment.offset), '\n'));
    counted_ = segment.offset;
    build_.at(segment.offset, line_);
    if (!segment.closed) problem(segment.offset, "the tag is not closed");
    switch (segment.piece) {
      case Piece::text: add(output(build_.text(segment.content))); break;
      case Piece::expression: read_output(segment); break;
      case Piece::statement: read_statement(segment); break;
      case Piece::comment: case Piece::end: break;
    }
  }

  void add(Node* statement) { tree_.append(*open_.back().body, statement); }
  // What is written at the top is written; what a macro or a block writes is what it returns.
  Node* output(Node* value) {
    if (!in_function()) return build_.statement(build_.call(build_.name(kOutput), {value}));
    Node* add_text = build_.make(Type::AugAssign, build_.name(kText), build_.call(build_.name("str"), {value}));
    add_text->op = Operator::Add;
    return add_text;
  }
  static bool is_function(BlockKind kind) {
    return kind == BlockKind::macro || kind == BlockKind::call || kind == BlockKind::filter || kind == BlockKind::set;
  }
  bool in_function() const {
    return std::any_of(open_.begin(), open_.end(), [](const Open& block) { return is_function(block.kind); });
  }
  void assign(Node* target, Node* value) {
    Node* node = build_.make(Type::Assign, value);
    tree_.append(node->items, target);
    add(node);
  }

  void problem(uint64_t offset, std::string what, std::string_view tag = {}) {
    if (out_.problems.size() < kMostProblems) out_.problems.push_back({offset, line_, std::move(what), tag});
    else out_.more_problems = true;
  }

  // A tag that does not read: its text stays, so that a person and the judge see that something stands there.
  void bad(const Segment& segment, std::string_view why) {
    problem(segment.offset, std::string(why.empty() ? "the tag cannot be read" : why), segment.content);
    Node* node = build_.make(Type::Bad);
    node->name = segment.content;
    add(node);
  }

  void read_output(const Segment& segment) {
    Words words(segment.content, segment.offset);
    Expressions expressions(build_, words);
    ++out_.expressions;
    Node* value = expressions.tuple();
    if (value == nullptr || !words.at_end()) bad(segment, expressions.problem());
    if (value != nullptr) add(output(value));
  }

  void read_statement(const Segment& segment) {
    Words words(segment.content, segment.offset);
    if (words.peek().word != Word::name) return bad(segment, "the name of the tag is missing");
    const std::string_view tag = words.take().text;
    ++out_.expressions;
    Expressions expressions(build_, words);
    if (!statement(tag, words, expressions, segment)) bad(segment, expressions.problem());
  }

  bool statement(std::string_view tag, Words& words, Expressions& expressions, const Segment& segment) {
    if (tag.starts_with("end")) return end(tag.substr(3), segment);
    if (tag == "for") return for_loop(words, expressions);
    if (tag == "if") return if_branch(expressions, *open_.back().body);
    if (tag == "elif") return else_if(expressions);
    if (tag == "else") return otherwise();
    if (tag == "set") return set(words, expressions);
    if (tag == "macro") return macro(words, expressions);
    if (tag == "call") return call(words, expressions);
    if (tag == "filter") return filter(expressions);
    if (tag == "with") return with(words, expressions);
    if (tag == "block" || tag == "generation") return push({BlockKind::plain, tag, open_.back().body});
    if (tag == "autoescape") return run_expression(expressions) && push({BlockKind::plain, tag, open_.back().body});
    if (tag == "trans") return translate(words, expressions);
    if (tag == "pluralize" || tag == "debug") return true;
    if (tag == "do") return run_expression(expressions);
    if (tag == "print") return print(expressions);
    if (tag == "break" || tag == "continue") {
      add(build_.make(tag == "break" ? Type::Break : Type::Continue));
      return true;
    }
    if (tag == "include" || tag == "extends" || tag == "import" || tag == "from") return include(expressions, words, tag);
    return false;
  }

  bool push(Open block) {
    if (open_.size() >= kDeepest) {
      problem(text_.size(), "blocks are nested too deeply");
      return false;
    }
    open_.push_back(block);
    if (is_function(block.kind)) assign(build_.name(kText), build_.text(""));
    return true;
  }

  bool end(std::string_view name, const Segment& segment) {
    // An end tag closes the nearest block of its name; what was left open inside ends with it.
    size_t at = open_.size();
    while (at > 1 && open_[at - 1].end != name) --at;
    if (at <= 1) return false;
    while (open_.size() >= at) {
      if (open_.size() > at) problem(segment.offset, "the block '" + std::string(open_.back().end) + "' is not closed");
      close();
    }
    return true;
  }

  void close() {
    const Open block = open_.back();
    if (is_function(block.kind)) add(build_.make(Type::Return, build_.name(kText)));
    open_.pop_back();
    if (block.kind == BlockKind::call) add(output(block.pending));
    if (block.kind == BlockKind::filter) {
      Node* captured = build_.call(build_.name(block.node->name), {});
      replace_captured(block, captured);
      add(output(block.pending));
    }
    if (block.kind == BlockKind::set) {
      Node* captured = build_.call(build_.name(block.node->name), {});
      replace_captured(block, captured);
      assign(block.target, block.pending);
    }
  }

  // The text that a block writes, as a function that is called where the text is used.
  Node* capture(BlockKind kind, std::string_view end, Node* placeholder) {
    Node* function = build_.make(Type::FunctionDef, build_.make(Type::Arguments));
    function->name = tree_.text("jinja.block." + std::to_string(++captures_));
    add(function);
    if (!push({kind, end, &function->body, function, placeholder})) return nullptr;
    return function;
  }
  static void replace_captured(const Open& block, Node* captured) {
    // The placeholder became part of the filtered expression: it turns into the call in place.
    Node* placeholder = block.node->second;
    if (placeholder == nullptr) return;
    *placeholder = *captured;
    block.node->second = nullptr;
  }

  bool for_loop(Words& words, Expressions& expressions) {
    Node* target = expressions.target();
    if (target == nullptr || !words.accept("in")) return false;
    Node* iterable = comma_list(words, expressions);
    if (iterable == nullptr) return false;
    Node* test = nullptr;
    if (words.accept("if") && (test = expressions.expression()) == nullptr) return false;
    words.accept("recursive");
    Node* loop = build_.make(Type::For, target, iterable);
    add(loop);
    List* body = &loop->body;
    if (test != nullptr) {
      Node* filtered = build_.make(Type::If, test);
      tree_.append(loop->body, filtered);
      body = &filtered->body;
    }
    return push({BlockKind::for_loop, "for", body, loop});
  }

  // Without the inline if, which behind `in` belongs to the loop.
  Node* comma_list(Words& words, Expressions& expressions) {
    Node* first = expressions.condition();
    if (first == nullptr || !words.peek().is(",")) return first;
    Node* all = build_.make(Type::Tuple);
    tree_.append(all->items, first);
    while (words.accept(",")) {
      if (words.at_end()) break;
      Node* next = expressions.condition();
      if (next == nullptr) return nullptr;
      tree_.append(all->items, next);
    }
    return all;
  }

  bool if_branch(Expressions& expressions, List& into) {
    Node* test = expressions.tuple();
    if (test == nullptr) return false;
    Node* branch = build_.make(Type::If, test);
    tree_.append(into, branch);
    return push({BlockKind::if_branch, "if", &branch->body, branch});
  }

  bool else_if(Expressions& expressions) {
    if (open_.back().kind != BlockKind::if_branch) return false;
    Node* test = expressions.tuple();
    if (test == nullptr) return false;
    Node* branch = build_.make(Type::If, test);
    tree_.append(open_.back().node->orelse, branch);
    open_.back().node = branch;
    open_.back().body = &branch->body;
    return true;
  }

  bool otherwise() {
    Open& block = open_.back();
    if (block.kind != BlockKind::if_branch && block.kind != BlockKind::for_loop) return false;
    block.body = &block.node->orelse;
    return true;
  }

  bool set(Words& words, Expressions& expressions) {
    Node* target = expressions.target();
    if (target == nullptr) return false;
    if (words.accept("=")) {
      Node* value = expressions.tuple();
      if (value != nullptr) assign(target, value);
      return value != nullptr;
    }
    Node* placeholder = build_.name("jinja.captured");
    Node* value = placeholder;
    if (words.accept("|") && (value = expressions.filters_on(placeholder)) == nullptr) return false;
    Node* function = capture(BlockKind::set, "set", value);
    if (function == nullptr) return false;
    function->second = placeholder;
    open_.back().target = target;
    return true;
  }

  bool filter(Expressions& expressions) {
    Node* placeholder = build_.name("jinja.captured");
    Node* value = expressions.filters_on(placeholder);
    if (value == nullptr) return false;
    Node* function = capture(BlockKind::filter, "filter", value);
    if (function == nullptr) return false;
    function->second = placeholder;
    return true;
  }

  bool macro(Words& words, Expressions& expressions) {
    if (words.peek().word != Word::name) return false;
    Node* function = build_.make(Type::FunctionDef);
    function->name = words.take().text;
    function->first = build_.make(Type::Arguments);
    if (!expressions.parameters(function->first)) return false;
    add(function);
    return push({BlockKind::macro, "macro", &function->body, function});
  }

  bool call(Words& words, Expressions& expressions) {
    Node* caller = build_.make(Type::FunctionDef);
    caller->name = "caller";
    caller->first = build_.make(Type::Arguments);
    if (words.peek().is("(") && !expressions.parameters(caller->first)) return false;
    Node* value = expressions.expression();
    if (value == nullptr || value->type != Type::Call) return false;
    add(caller);
    Node* keyword = build_.make(Type::Keyword, build_.name("caller"));
    keyword->name = "caller";
    tree_.append(value->others, keyword);
    return push({BlockKind::call, "call", &caller->body, caller, value});
  }

  bool with(Words& words, Expressions& expressions) {
    while (!words.at_end()) {
      Node* target = expressions.target();
      if (target == nullptr || !words.accept("=")) return false;
      Node* value = expressions.expression();
      if (value == nullptr) return false;
      assign(target, value);
      if (!words.accept(",") && !words.at_end()) return false;
    }
    return push({BlockKind::with, "with", open_.back().body});
  }

  bool run_expression(Expressions& expressions) {
    Node* value = expressions.tuple();
    if (value == nullptr) return false;
    add(build_.statement(value));
    return true;
  }

  bool print(Expressions& expressions) {
    Node* value = expressions.tuple();
    if (value == nullptr) return false;
    add(output(value));
    return true;
  }

  // {% trans a, b=expression %}
  bool translate(Words& words, Expressions& expressions) {
    while (!words.at_end()) {
      Node* target = expressions.target();
      if (target == nullptr) return false;
      if (words.accept("=")) {
        Node* value = expressions.expression();
        if (value == nullptr) return false;
        assign(target, value);
      }
      if (!words.accept(",") && !words.at_end()) return words.peek().word == Word::name && push({BlockKind::plain, "trans", open_.back().body});
    }
    return push({BlockKind::plain, "trans", open_.back().body});
  }

  bool include(Expressions& expressions, Words& words, std::string_view tag) {
    Node* name = expressions.expression();
    if (name == nullptr) return false;
    Node* loaded = build_.call(build_.name(kInclude), {name});
    if (tag == "import" && words.accept("as")) {
      Node* target = expressions.target();
      if (target == nullptr) return false;
      assign(target, loaded);
    } else {
      add(build_.statement(loaded));
    }
    return true;
  }

  Tree& tree_;
  Builder build_;
  std::string_view text_;
  Segments segments_;
  Template out_;
  std::vector<Open> open_;
  int32_t line_ = 1;
  size_t counted_ = 0;
  uint32_t captures_ = 0;
};

}  // namespace

bool has_tags(std::string_view text) {
  return text.find("{{") != std::string_view::npos || text.find("{%") != std::string_view::npos;
}

Template parse(Tree& tree, std::string_view text) { return Parser(tree, text).run(); }

}  // namespace winnow::jinja
