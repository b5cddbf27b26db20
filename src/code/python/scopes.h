// Who owns a name: the symbol tables of a syntax tree, as CPython's compiler makes them. Each module, function,
// lambda, class, comprehension and (3.12 and later) annotation or type parameter scope gets a Scope; each name
// used in it is local, a cell, free or global. Facts: Python's reference, "Naming and binding"; PEP 227, 572,
// 649, 695, 709.
#pragma once

#include <deque>
#include <unordered_map>
#include <vector>

#include "code/python/ast.h"

namespace winnow::python {

enum class ScopeKind : uint8_t {
  module,
  function,         // lambdas and comprehensions, too
  class_body,
  annotations,      // 3.14: __annotate__ of a function, class or module
  type_parameters,  // 3.12: the function around a generic function, class or alias
  type_value,       // 3.12: the lazy value of an alias, a bound or a default
};

enum class Binding : uint8_t { global_implicit, global_explicit, local, cell, free };

struct Symbol {
  enum Flag : uint16_t {
    kGlobal = 1, kLocal = 2, kParameter = 4, kNonlocal = 8, kUsed = 16, kFreeInClass = 32, kImported = 64,
    kAnnotated = 128, kIterated = 256, kTypeParameter = 512, kInlinedCell = 1024,
  };
  std::string_view name;
  uint16_t flags = 0;
  Binding binding = Binding::global_implicit;
};

struct Scope {
  ScopeKind kind = ScopeKind::module;
  Type comprehension = Type::Bad;   // ListComp, SetComp, DictComp or GeneratorExp where it is one
  const Node* node = nullptr;
  Scope* parent = nullptr;
  std::vector<Scope*> children;
  std::vector<Symbol> symbols;      // in the order in which they were met
  std::unordered_map<std::string_view, uint32_t> index;
  std::string_view private_name;    // the class whose private names are mangled here
  bool nested = false;              // inside a function
  bool generator = false, coroutine = false;
  bool unoptimized = false;         // Python 2: a bare exec or import * in a function
  bool sees_class = false;          // an annotation scope right inside a class
  bool needs_class_cell = false;    // of a class: __class__ is used below
  bool needs_class_dict = false;    // of a class: __classdict__ is used below
  bool conditional_annotations = false;  // 3.14, of modules and classes
  bool inlined = false;             // a comprehension that 3.12 and later run in its parent
  bool has_annotations = false;     // variables are annotated here

  bool is_function_like() const { return kind != ScopeKind::module && kind != ScopeKind::class_body; }
  Symbol* find(std::string_view name) {
    const auto found = index.find(name);
    return found == index.end() ? nullptr : &symbols[found->second];
  }
  const Symbol* find(std::string_view name) const { return const_cast<Scope*>(this)->find(name); }
};

// Which of a node's scopes is meant: a generic function has its own, that of its type parameters and that of its annotations.
enum class ScopeRole : uint8_t { own, type_parameters, annotations, bound, default_value };

struct ScopeOptions {
  PythonVersion version;
  bool future_annotations = false;
  std::vector<std::string_view> enclosing;  // names that an enclosing function, not in this tree, binds
  Arena* arena = nullptr;                   // for mangled names
};

class Scopes {
 public:
  Scope* find(const Node* node, ScopeRole role = ScopeRole::own) const {
    const auto found = scopes_.find(key(node, role));
    return found == scopes_.end() ? nullptr : found->second;
  }
  Scope* module() const { return module_; }

  Scope* make(const Node* node, ScopeRole role, ScopeKind kind, Scope* parent);
  Scope* find_annotations(const Scope* owner) const;

  bool too_deep = false;  // the tree is nested beyond what is followed; its names there are not known
 private:
  static uintptr_t key(const Node* node, ScopeRole role) {
    return reinterpret_cast<uintptr_t>(node) + static_cast<uintptr_t>(role);
  }
  std::deque<Scope> all_;
  std::unordered_map<uintptr_t, Scope*> scopes_;
  Scope* module_ = nullptr;
};

// Names, then bindings, of the whole tree below `root` (a Module or an expression).
void find_scopes(const Node& root, const ScopeOptions& options, Scopes& scopes);

// `__name` as it is known inside class `private_name`: `_Class__name`.
std::string_view mangled(Arena& arena, std::string_view private_name, std::string_view name);

// How deep statements and expressions may nest in all that walks a tree.
inline constexpr uint32_t kDeepest = 1200;

}  // namespace winnow::python
