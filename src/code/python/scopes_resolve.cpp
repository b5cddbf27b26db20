// Who owns each name that the scopes use.
#include <set>

#include "code/python/scopes_parts.h"

namespace winnow::python {
namespace {

constexpr uint16_t kBound = Symbol::kLocal | Symbol::kParameter | Symbol::kImported | Symbol::kTypeParameter;
using Names = std::set<std::string_view>;

class Resolver {
 public:
  Resolver(const ScopeOptions& options, Scopes& scopes) : options_(options), scopes_(scopes) {}

  void run() {
    if (scopes_.module() == nullptr) return;
    bind(*scopes_.module());
    Names free;
    settle(*scopes_.module(), free);
  }

 private:
  bool later(uint8_t minor) const { return options_.version >= PythonVersion{3, minor}; }

  // Names that a class body lends to the functions inside it, as cells that the compiler makes.
  bool lent_by_class(std::string_view name) const {
    return (name == "__class__" && options_.version.major >= 3) || (name == "__classdict__" && later(12)) ||
           (name == "__conditional_annotations__" && later(14));
  }

  // The binding of a name that `scope` uses but does not bind.
  Binding outer(const Scope& scope, std::string_view name) const {
    if (scope.sees_class) {
      const Scope* owner = scope.parent;
      while (owner != nullptr && owner->kind != ScopeKind::class_body && owner->sees_class) owner = owner->parent;
      const Symbol* symbol = owner != nullptr && owner->kind == ScopeKind::class_body ? owner->find(name) : nullptr;
      if (symbol != nullptr && name != "__classdict__") {
        if ((symbol->flags & Symbol::kGlobal) != 0) return Binding::global_explicit;
        if ((symbol->flags & kBound) != 0 && (symbol->flags & Symbol::kNonlocal) == 0) return Binding::global_implicit;
      }
    }
    for (const Scope* at = scope.parent; at != nullptr; at = at->parent) {
      if (at->kind == ScopeKind::class_body) {
        if (lent_by_class(name)) return Binding::free;
        continue;
      }
      if (at->kind == ScopeKind::module) break;
      const Symbol* symbol = at->find(name);
      if (symbol == nullptr) continue;
      if ((symbol->flags & Symbol::kGlobal) != 0) return Binding::global_implicit;
      if ((symbol->flags & (kBound | Symbol::kNonlocal)) != 0) return Binding::free;
    }
    for (const std::string_view enclosing : options_.enclosing) {
      if (enclosing == name && scope.kind != ScopeKind::module) return Binding::free;
    }
    return Binding::global_implicit;
  }

  void bind(Scope& scope) {
    for (Symbol& symbol : scope.symbols) {
      if ((symbol.flags & Symbol::kGlobal) != 0) {
        symbol.binding = Binding::global_explicit;
      } else if ((symbol.flags & Symbol::kNonlocal) != 0) {
        symbol.binding = Binding::free;
      } else if ((symbol.flags & kBound) != 0) {
        symbol.binding = Binding::local;
      } else {
        symbol.binding = outer(scope, symbol.name);
      }
    }
    for (Scope* child : scope.children) bind(*child);
  }

  static bool free_in_child(const Scope& scope, std::string_view name) {
    for (const Scope* child : scope.children) {
      const Symbol* symbol = child->find(name);
      if (symbol != nullptr && symbol->binding == Binding::free) return true;
    }
    return false;
  }

  // 3.12 runs comprehensions in the function around them (PEP 709): their names become its own.
  static void inline_comprehension(Scope& scope, Scope& inner, Names& inner_free, Names& cells) {
    inner.inlined = true;
    for (const Symbol& symbol : inner.symbols) {
      if ((symbol.flags & Symbol::kParameter) != 0) continue;
      if (symbol.binding == Binding::cell || (symbol.flags & Symbol::kInlinedCell) != 0) cells.insert(symbol.name);
      Symbol* mine = scope.find(symbol.name);
      if (mine == nullptr) {
        scope.index.emplace(symbol.name, static_cast<uint32_t>(scope.symbols.size()));
        scope.symbols.push_back({symbol.name, symbol.flags, symbol.binding});
        continue;
      }
      if ((mine->flags & kBound) == 0) continue;
      if (symbol.binding == Binding::cell && scope.is_function_like()) mine->binding = Binding::cell;
      if (scope.kind != ScopeKind::class_body && !free_in_child(inner, symbol.name)) inner_free.erase(symbol.name);
    }
  }

  // Cells of a scope, from what its children leave free; adds to `free` what the scope leaves free itself.
  void settle(Scope& scope, Names& free) {
    Names below, cells;
    const std::vector<Scope*> children = scope.children;
    for (Scope* child : children) {
      Names child_free;
      settle(*child, child_free);
      const bool inlines = later(12) && child->comprehension != Type::Bad && child->comprehension != Type::GeneratorExp &&
                           !scope.sees_class;
      if (inlines) inline_comprehension(scope, *child, child_free, cells);
      below.insert(child_free.begin(), child_free.end());
    }
    splice_inlined(scope);
    if (scope.is_function_like()) {
      for (Symbol& symbol : scope.symbols) {
        if (symbol.binding != Binding::local) continue;
        if (below.count(symbol.name) == 0 && cells.count(symbol.name) == 0) continue;
        symbol.binding = Binding::cell;
        below.erase(symbol.name);
      }
    } else if (scope.kind == ScopeKind::class_body) {
      if (options_.version.major >= 3 && below.erase("__class__") != 0) scope.needs_class_cell = true;
      if (later(12) && below.erase("__classdict__") != 0) scope.needs_class_dict = true;
      if (later(14) && below.erase("__conditional_annotations__") != 0) {
        if (Symbol* set = scope.find("__conditional_annotations__"); set != nullptr) set->binding = Binding::cell;
      }
    }
    for (Symbol& symbol : scope.symbols) {
      if (cells.count(symbol.name) != 0) symbol.flags |= Symbol::kInlinedCell;
      if (symbol.binding == Binding::free) free.insert(symbol.name);
    }
    for (const std::string_view name : below) pass_on(scope, name, free);
  }

  void pass_on(Scope& scope, std::string_view name, Names& free) {
    Symbol* symbol = scope.find(name);
    if (symbol != nullptr) {
      if (scope.kind == ScopeKind::class_body && (symbol->flags & (kBound | Symbol::kGlobal)) != 0) {
        symbol->flags |= Symbol::kFreeInClass;
      }
      if (scope.kind == ScopeKind::module) return;
    } else {
      if (scope.kind == ScopeKind::module) return;
      if (outer(scope, name) != Binding::free) return;
      scope.index.emplace(name, static_cast<uint32_t>(scope.symbols.size()));
      scope.symbols.push_back({name, 0, Binding::free});
    }
    free.insert(name);
  }

  static void splice_inlined(Scope& scope) {
    std::vector<Scope*> spliced;
    for (Scope* child : scope.children) {
      if (child->inlined) {
        spliced.insert(spliced.end(), child->children.begin(), child->children.end());
      } else {
        spliced.push_back(child);
      }
    }
    scope.children = std::move(spliced);
  }

  const ScopeOptions& options_;
  Scopes& scopes_;
};

}  // namespace

void resolve_names(const ScopeOptions& options, Scopes& scopes) { Resolver(options, scopes).run(); }

}  // namespace winnow::python
