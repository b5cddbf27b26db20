// The class that follows a template; the declarations stand under the file that holds them.
#pragma once

#include <deque>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "code/template/worth.h"

namespace winnow::jinja {

using python::List;
using python::Node;

class Flow {
 public:
  explicit Flow(Inputs inputs) : inputs_(inputs) {}
  Writing run(const Node& module);

 private:
  // flow.cpp: statements, and what is written.
  void statements(const List& body);
  void statement(const Node& node);
  void branch(const Node& node);
  void loop(const Node& node);
  void assign(const Node& target, Worth value);
  void assign_name(std::string_view name, Worth value);
  void bind(std::string_view name, Worth value);  // in the innermost scope, for sure
  const Worth* variable(std::string_view name) const;
  void write(const Worth& worth);
  void write_fragment(Fragment piece);
  void change(Change::Kind kind, std::string from, std::string to, Causes causes, uint32_t offset);
  // What one side of a branch does.
  struct Side {
    size_t words = 0;    // messages written
    std::string text;    // the first language written
    bool stops = false;  // it raises
  };
  Side side(const List& body);
  void compare_sides(const std::vector<Side>& sides, Causes causes, uint32_t offset);

  // flow_values.cpp: expressions.
  Worth value(const Node* node);
  Worth value_of(const Node& node);
  Worth input(std::string_view name, uint32_t offset);
  Worth binary(const Node& node);
  Worth operate(const Node& node, const Worth& left, const Worth& right);
  Worth any_of(const Node& node);
  Worth conditional(const Node& node);
  Worth comparison(const Node& node);
  Worth collection(const Node& node);
  Worth subscript(const Node& node);
  Worth comprehension(const Node& node);
  Worth member(const Worth& of, const Worth& key, uint32_t offset);
  Worth element(const Worth& of, uint32_t offset);
  Worth words_as_text(Worth worth);
  void either(Worth& into, const Worth& other);
  Compound* new_compound();
  // The condition that some of these are held against the others.
  Causes relate(std::initializer_list<const Worth*> all, uint32_t offset);
  Causes trigger(Asks asks, std::string literal, uint32_t offset);
  bool asks_for_words(Causes causes) const;

  // flow_calls.cpp: calls, methods, filters and tests.
  Worth call(const Node& node);
  Worth call_name(std::string_view name, const Node& node);
  Worth call_function(const Node& function, const Node& node);
  Worth filter(std::string_view name, const Node& node);
  Worth test(const Node& node);
  Worth select(std::string_view name, const Node& node);
  Worth method(const Worth& of, std::string_view name, const Node& node, const Node* receiver);
  Worth method_of_words(const Worth& of, std::string_view name, const std::vector<Worth>& arguments,
                        uint32_t offset);
  Worth replace(const Worth& of, const std::vector<Worth>& arguments, uint32_t offset);
  Worth join(const Worth& between, const Worth& list, uint32_t offset);
  Worth format(const Worth& pattern, const std::vector<Worth>& arguments, uint32_t offset);
  Worth split(const Worth& of, const std::vector<Worth>& arguments, uint32_t offset);
  bool grow(const Worth& of, std::string_view name, const std::vector<Worth>& arguments,
            const Node* receiver);
  Worth members_of(const Node& node);
  Worth pairs_of_message(const Worth& of, std::string_view name, uint32_t offset);
  Worth pairs_of(const Worth& of, bool with_names, uint32_t offset);
  Worth length_of(const Worth& of, uint32_t offset);
  std::vector<Worth> arguments_of(const Node& node, size_t from = 0);
  Worth all_of(const std::vector<Worth>& arguments, uint32_t offset);

  bool step();

  Inputs inputs_;
  Writing writing_;
  std::vector<const Node*> mappings_;  // what conditions around say is a mapping: `in` asks for its keys
  // Loops and macros have variables of their own; the innermost scope is the last.
  struct Scope {
    std::map<std::string, Worth, std::less<>> variables;
    int branches = 0;  // open in it: what is set inside is set perhaps
  };
  std::vector<Scope> scopes_;
  std::vector<const Node*> called_;  // macros that are being followed
  std::deque<Compound> compounds_;
  std::vector<Fragment>* out_ = nullptr;  // where text goes: the template's, or a macro's
  Causes guard_ = 0;                      // of all conditions around
  Causes left_ = 0;                       // of those under which the rest of a loop's body is left out
  uint64_t steps_ = 0;
  size_t written_ = 0;  // bytes
  int depth_ = 0;
  int branches_ = 0;  // open in all scopes
  int quiet_ = 0;     // a first pass over a loop, for what it sets
  int loops_ = 0;
  bool stopped_ = false;  // this side of a branch raises
};

}  // namespace winnow::jinja
