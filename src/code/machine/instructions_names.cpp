// Instructions that load, store and delete names and attributes, and those of imports.
#include <algorithm>

#include "code/machine/interpreter.h"
#include "code/machine/objects.h"
#include "code/machine/operators.h"
#include "code/machine/run.h"
#include "knowledge/knowledge.h"

namespace winnow::machine {
namespace {

Local* find(std::vector<Local>& locals, std::string_view name) {
  for (Local& local : locals) {
    if (local.name.data() == name.data() && local.name.size() == name.size()) return &local;
  }
  for (Local& local : locals) {
    if (local.name == name) return &local;
  }
  return nullptr;
}

// Names that the leading libraries are imported under: for functions that come without their globals.
struct Habit { std::string_view name, module, member; };
constexpr Habit kHabits[] = {
    {"tf", "tensorflow", ""}, {"K", "keras.backend", ""}, {"np", "numpy", ""}, {"keras", "keras", ""}, {"tensorflow", "tensorflow", ""},
    {"numpy", "numpy", ""}, {"backend", "keras.backend", ""}, {"layers", "keras.layers", ""}, {"ops", "keras.ops", ""}, {"jnp", "jax.numpy", ""},
    {"jax", "jax", ""}, {"torch", "torch", ""}, {"nn", "torch.nn", ""}, {"F", "torch.nn.functional", ""}, {"pd", "pandas", ""}, {"scipy", "scipy", ""},
    {"plt", "matplotlib.pyplot", ""}, {"tfp", "tensorflow_probability", ""}, {"sp", "scipy", ""}, {"cv2", "cv2", ""},
    {"partial", "functools", "partial"}, {"reduce", "functools", "reduce"}, {"Counter", "collections", "Counter"},
    {"defaultdict", "collections", "defaultdict"}, {"Popen", "subprocess", "Popen"}, {"check_output", "subprocess", "check_output"}};

}  // namespace

Value free_name(Machine& m, Value globals, std::string_view name) {
  // In Python 2 these are names like others.
  if (name == "True" || name == "False") return Value::boolean(name == "True");
  if (name == "None") return Value::none();
  if (globals.is(Kind::dict)) {
    if (const Value* stars = m.heap().find_key(globals, Value::string("*")); stars != nullptr && stars->is(Kind::list)) {
      const Items modules = m.heap().items(*stars);
      for (uint32_t i = modules.size; i-- > 0;) {
        if (!modules[i].is(Kind::name)) continue;
        const std::string module(m.heap().name(modules[i]).canonical);
        const std::string member = knowledge::canonical(module, name);
        if (knowledge::find(member) != nullptr || model_of(member) != nullptr || (!is_builtin_name(name) && i == 0)) return m.import_name(module, name);
      }
    }
  }
  if (is_builtin_name(name)) return m.import_name("builtins", name);
  if (name == "__loader__" || name == "__spec__") return m.resolve("_frozen_importlib", "BuiltinImporter");
  if (const auto own = m.set_in("builtins", name)) return *own;
  for (const Habit& habit : kHabits) {
    if (habit.name == name) return m.import_name(habit.module, habit.member);
  }
  if (knowledge::policy_of(name) == knowledge::Policy::stdlib && name.find("__") == std::string_view::npos) return m.import_name(name, "");
  return Value::unknown_named(name);
}

void Run::store_local(std::string_view name, Value value, bool bound) {
  Frame& f = frame();
  if (Local* local = find(f.locals, name)) {
    local->value = value;
    local->bound = bound;
  } else if (bound) {
    f.locals.push_back({name, value, true});
  }
}

// A name of a module or class body, or a global.
Value Run::load_name(std::string_view name, bool local) {
  Frame& f = frame();
  const Value key = Value::string(name);
  if (local && f.names.is(Kind::dict) && !f.names.same_as(f.globals)) {
    if (const Value* held = m_.heap().find_key(f.names, key)) return *held;
  }
  if (local && !f.names.is(Kind::dict)) {
    if (const Local* held = find(f.locals, name); held != nullptr && held->bound) return held->value;
    // A namespace of another kind, made by __prepare__.
    if (f.names.is_known() && !f.names.is(Kind::none)) {
      const Value found = subscript(m_, f.names, key);
      if (!m_.raised && found.is_known()) return found;
      m_.raised.reset();
    }
  }
  if (f.globals.is(Kind::dict)) {
    if (const Value* held = m_.heap().find_key(f.globals, key)) return *held;
    // Builtins of the program's own making.
    if (const Value* builtins = m_.heap().find_key(f.globals, Value::string("__builtins__")); builtins != nullptr && builtins->is(Kind::dict)) {
      if (const Value* held = m_.heap().find_key(*builtins, key)) return *held;
    }
  } else if (f.globals.is(Kind::instance) || f.globals.is(Kind::name)) {
    const Value found = subscript(m_, f.globals, key);
    if (!m_.raised && found.is_known()) return found;
    m_.raised.reset();
  }
  const Value found = free_name(m_, f.globals, name);
  if (!found.is_known()) may_raise(name_error(m_, name));
  return found;
}

bool Run::names(const ir::Instruction& at) {
  Heap& heap = m_.heap();
  switch (at.op) {
    case ir::Op::load_fast: {
      const Local* local = find(frame().locals, at.name);
      if (local == nullptr || !local->bound) {
        if (const Local* cell = find(frame().cells, at.name)) {
          push(heap.link(cell->value).first);
          return true;
        }
        may_raise();
        push(Value::unknown_named(at.name));
      } else {
        push(local->value);
      }
      return true;
    }
    case ir::Op::store_fast: store_local(at.name, pop(), true); return true;
    case ir::Op::delete_fast: store_local(at.name, Value::unknown(), false); return true;
    case ir::Op::load_fast_and_clear: {
      if (Local* cell = find(frame().cells, at.name)) {
        push(cell->value);
        Link link;
        cell->value = heap.new_link(Kind::cell, link);
        return true;
      }
      const Local* local = find(frame().locals, at.name);
      push(local != nullptr && local->bound ? local->value : Value::unknown_named(at.name));
      store_local(at.name, Value::unknown(), false);
      return true;
    }
    case ir::Op::restore_fast: {
      const Value value = pop();
      if (Local* cell = find(frame().cells, at.name); cell != nullptr && value.is(Kind::cell)) cell->value = value;
      else store_local(at.name, value, value.is_known());
      return true;
    }
    case ir::Op::load_deref: case ir::Op::load_class_deref: case ir::Op::load_from_dict_or_deref: {
      Value dict = at.op == ir::Op::load_from_dict_or_deref ? pop() : at.op == ir::Op::load_class_deref ? frame().names : Value::none();
      if (dict.is(Kind::dict)) {
        if (const Value* held = heap.find_key(dict, Value::string(at.name))) {
          push(*held);
          return true;
        }
      }
      const Local* cell = find(frame().cells, at.name);
      const bool bound = cell != nullptr && cell->value.is(Kind::cell) && heap.link(cell->value).number == 1;
      if (bound) push(heap.link(cell->value).first);
      else push(cell == nullptr ? load_name(at.name, true) : Value::unknown_named(at.name));
      return true;
    }
    case ir::Op::store_deref: {
      const Value value = pop();
      Local* cell = find(frame().cells, at.name);
      if (cell == nullptr) {
        Link link;
        frame().cells.push_back({at.name, heap.new_link(Kind::cell, link), true});
        cell = &frame().cells.back();
      }
      if (cell->value.is(Kind::cell)) {
        Link& link = heap.change_link(cell->value);
        link.first = value;
        link.number = 1;
      }
      return true;
    }
    case ir::Op::delete_deref:
      if (const Local* cell = find(frame().cells, at.name); cell != nullptr && cell->value.is(Kind::cell)) heap.change_link(cell->value).number = 0;
      return true;
    case ir::Op::load_closure: {
      const Local* cell = find(frame().cells, at.name);
      if (cell == nullptr) {
        Link link;
        if (const Local* local = find(frame().locals, at.name); local != nullptr && local->bound) link.first = local->value, link.number = 1;
        frame().cells.push_back({at.name, heap.new_link(Kind::cell, link), true});
        cell = &frame().cells.back();
      }
      push(cell->value);
      return true;
    }
    case ir::Op::load_name: push(load_name(at.name, true)); return true;
    case ir::Op::load_global: push(load_name(at.name, false)); return true;
    case ir::Op::store_name: {
      const Value value = pop();
      Frame& f = frame();
      if (f.names.is(Kind::dict)) heap.set_key(f.names, at.name, value);
      else if (f.names.is_known() && !f.names.is(Kind::none)) store_subscript(m_, f.names, Value::string(at.name), value);
      else store_local(at.name, value, true);
      return true;
    }
    case ir::Op::store_global: {
      const Value value = pop();
      if (frame().globals.is(Kind::dict)) heap.set_key(frame().globals, at.name, value);
      return true;
    }
    case ir::Op::delete_name: case ir::Op::delete_global: {
      const Value dict = at.op == ir::Op::delete_name ? frame().names : frame().globals;
      if (dict.is(Kind::dict)) heap.remove_key(dict, Value::string(at.name));
      return true;
    }
    case ir::Op::load_locals: {
      Frame& f = frame();
      if (!f.names.is(Kind::none)) {
        push(f.names);
        return true;
      }
      const Value dict = heap.new_items(Kind::dict, nullptr, 0);
      for (const Local& local : f.locals) if (local.bound) heap.set_key(dict, local.name, local.value);
      push(dict);
      return true;
    }
    case ir::Op::load_from_dict_or_global: {
      const Value dict = pop();
      const Value* held = dict.is(Kind::dict) ? heap.find_key(dict, Value::string(at.name)) : nullptr;
      push(held != nullptr ? *held : load_name(at.name, false));
      return true;
    }
    case ir::Op::load_attr: {
      const Value base = pop();
      if (const auto setting = base.is_defined() ? std::nullopt : setting_beside(m_, base, at.name)) {
        push(*setting);
        return true;
      }
      const auto found = find_attribute(m_, base, at.name);
      if (m_.raised) return true;
      if (!found) {
        m_.raised = attribute_error(m_, base, at.name);
        return true;
      }
      if (!base.is_defined() && (found->is(Kind::attribute) || !found->is_known())) {
        may_raise(base.is_known() && !base.is(Kind::object) && !base.is(Kind::attribute) ? std::optional(attribute_error(m_, base, at.name)) : std::nullopt);
      }
      push(*found);
      return true;
    }
    case ir::Op::store_attr: {
      const Value object = pop(), value = pop();
      if (object.is_defined()) {
        set_defined_attribute(m_, object, at.name, value);
      } else if (object.is(Kind::name) || object.is(Kind::object)) {
        m_.set_attribute(object, at.name, value);
      }
      return true;
    }
    case ir::Op::delete_attr: delete_attribute(m_, pop(), at.name); return true;
    case ir::Op::load_super_attr: {
      const Value self = pop(), cls = pop();
      pop();
      Link link;
      link.first = cls;
      link.second = self;
      const auto found = defined_attribute(m_, heap.new_link(Kind::super_object, link), at.name);
      if (m_.raised) return true;
      push(found.value_or(Value::unknown()));
      return true;
    }
    case ir::Op::load_build_class: push(m_.resolve("builtins", "__build_class__")); return true;
    case ir::Op::load_common: push(m_.resolve("builtins", at.name)); return true;
    case ir::Op::setup_annotations: {
      const Value names = frame().names;
      if (names.is(Kind::dict) && heap.find_key(names, Value::string("__annotations__")) == nullptr) {
        heap.set_key(names, "__annotations__", heap.new_items(Kind::dict, nullptr, 0));
      }
      return true;
    }
    case ir::Op::import_name: {
      const Value fromlist = pop(), level = pop();
      const bool leaf = fromlist.is_sequence() && heap.items(fromlist).size > 0;
      const std::string_view module = leaf ? at.name : at.name.substr(0, at.name.find('.'));
      const int64_t steps = level.is(Kind::integer) ? level.as_integer() : 0;
      if (!running_.finders.empty() && steps == 0) ask_finders(m_, at.name);
      if (const auto beside = m_.home == nullptr ? std::nullopt : module_beside(m_, frame().globals, at.name, steps, leaf)) {
        push(*beside);
        return true;
      }
      if (steps > 0) {
        push(m_.import_name("__package__", at.name));
      } else if (module == "__main__" && running_.main_globals.is(Kind::dict)) {
        Link link;
        link.first = running_.main_globals;
        link.second = Value::string("__main__");
        push(heap.new_link(Kind::module, link));
      } else {
        if (!leaf && at.name != module) m_.import_name(at.name, "");
        push(m_.import_name(module, ""));
      }
      if (knowledge::policy_of(at.name) != knowledge::Policy::stdlib) may_raise();
      return true;
    }
    case ir::Op::import_from: {
      const Value module = top();
      const auto found = find_attribute(m_, module, at.name);
      if (m_.raised) return true;
      push(found.value_or(Value::unknown_named(at.name)));
      return true;
    }
    case ir::Op::import_star: {
      const Value module = pop();
      Frame& f = frame();
      const Value into = f.names.is(Kind::dict) ? f.names : f.globals;
      if (!into.is(Kind::dict)) return true;
      if (module.is(Kind::module)) {
        const Items pairs = heap.items(heap.link(module).first);
        for (uint32_t i = 0; i + 1 < pairs.size; i += 2) heap.set_key(into, pairs[i], pairs[i + 1]);
        return true;
      }
      const Value* stars = heap.find_key(f.globals.is(Kind::dict) ? f.globals : into, Value::string("*"));
      std::vector<Value> modules;
      if (stars != nullptr && stars->is(Kind::list)) modules.assign(heap.items(*stars).begin(), heap.items(*stars).end());
      modules.push_back(module);
      const Value list = heap.new_items(Kind::list, modules.data(), static_cast<uint32_t>(modules.size()));
      heap.set_key(f.globals.is(Kind::dict) ? f.globals : into, "*", list);
      return true;
    }
    default: return false;
  }
}

}  // namespace winnow::machine
