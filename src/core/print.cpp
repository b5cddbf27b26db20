#include "core/print.h"

#include <algorithm>
#include <cstdio>
#include <set>
#include <utility>

#include "core/code_object.h"
#include "knowledge/knowledge.h"

namespace winnow {
namespace {

constexpr int kDeepest = 6;
constexpr uint32_t kMostItems = 24;
constexpr size_t kLongestLine = 4000;

void append_escaped(std::string& out, unsigned char c) {
  char buffer[8];
  if (c == '\n') out += "\\n";
  else if (c == '\r') out += "\\r";
  else if (c == '\t') out += "\\t";
  else if (c < 0x20 || c == 0x7f) {
    std::snprintf(buffer, sizeof buffer, "\\x%02x", c);
    out += buffer;
  } else {
    out += static_cast<char>(c);
  }
}

struct CodePoint {
  uint32_t value = 0;
  size_t size = 0;      // bytes; 0: no UTF-8
  bool shown = true;    // false: it is written as its escape
};

// Surrogates are legal in pickles and not in reports; what cannot be seen, or turns text around, is shown as its escape.
CodePoint code_point_at(std::string_view text, size_t i) {
  const auto c = static_cast<unsigned char>(text[i]);
  CodePoint out;
  out.size = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
  if (out.size == 0 || i + out.size > text.size()) return {};
  out.value = out.size == 1 ? c : c & (0xff >> (out.size + 1));
  for (size_t k = 1; k < out.size; ++k) {
    const auto next = static_cast<unsigned char>(text[i + k]);
    if ((next & 0xc0) != 0x80) return {};
    out.value = out.value << 6 | (next & 0x3f);
  }
  static constexpr std::pair<uint32_t, uint32_t> kUnseen[] = {{0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f}, {0xd800, 0xdfff}, {0xfeff, 0xfeff}, {0xe0000, 0xe0fff}};
  for (const auto& [first, last] : kUnseen) out.shown = out.shown && (out.value < first || out.value > last);
  return out;
}

// The module of a name: its canonical spelling without as many parts as stand behind the module.
std::string_view module_of(const Name& name) {
  std::string_view module = name.canonical;
  std::string_view rest = name.qualified;
  while (!rest.empty()) {
    const size_t dot = module.rfind('.');
    if (dot == std::string_view::npos) break;
    module = module.substr(0, dot);
    const size_t next = rest.find('.');
    rest = next == std::string_view::npos ? std::string_view() : rest.substr(next + 1);
  }
  return module;
}

std::string defined_name(std::string_view name, std::string_view otherwise) { return std::string(name.empty() ? otherwise : name); }

}  // namespace

std::string quoted(std::string_view text, bool bytes, size_t most) {
  const bool shortened = text.size() > most + 40;
  const std::string_view shown = shortened ? text.substr(0, most) : text;
  const char quote = shown.find('\'') != std::string_view::npos && shown.find('"') == std::string_view::npos ? '"' : '\'';
  std::string out = bytes ? "b" : "";
  out += quote;
  for (size_t i = 0; i < shown.size();) {
    const auto c = static_cast<unsigned char>(shown[i]);
    const CodePoint point = bytes ? CodePoint{c, c < 0x80 ? 1u : 0u} : code_point_at(shown, i);
    if (point.size == 0 || !point.shown) {
      char buffer[16];
      std::snprintf(buffer, sizeof buffer, point.size == 0 ? "\\x%02x" : point.value < 0x10000 ? "\\u%04x" : "\\U%08x", point.size == 0 ? c : point.value);
      out += buffer;
      i += std::max<size_t>(point.size, 1);
    } else if (point.size > 1) {
      out += shown.substr(i, point.size);
      i += point.size;
    } else {
      if (c == static_cast<unsigned char>(quote) || c == '\\') out += '\\';
      append_escaped(out, c);
      ++i;
    }
  }
  out += quote;
  if (shortened) out += "[... " + std::to_string(text.size()) + (bytes ? " bytes]" : " characters]");
  return out;
}

Printer::Printer(const Trace& trace) : trace_(trace) {
  const auto count = static_cast<uint32_t>(trace.events.size());
  imports_.assign(count, false);
  std::set<std::string_view> modules{"builtins"};
  for (uint32_t i = 0; i < count; ++i) {
    const Event& event = trace.events[i];
    if (event.op == Op::import && event.callee.is(Kind::name)) {
      imports_[i] = modules.insert(module_of(trace.heap.name(event.callee))).second;
    }
  }
  uses_.assign(count, 0);
  changed_.assign(count, false);
  variables_.assign(count, 0);
  lines_.assign(count, 0);
  std::vector<Value> pending;
  for (const Event& event : trace.events) {
    for (const Value value : {event.callee, event.arguments, event.keywords}) count_uses(value, pending);
    const bool changes = event.op == Op::set_state || event.op == Op::extend || event.op == Op::set_items ||
                         event.op == Op::set_attribute;
    if (changes && event.callee.is(Kind::object)) changed_[trace.heap.object(event.callee).event] = true;
  }
  count_uses(trace.root, pending);
  seen_.clear();
  uint32_t next_variable = 0;
  uint64_t line = 1;
  uint32_t artifact = 0;
  for (uint32_t i = 0; i < count; ++i) {
    if (folded(i) || !printed(i)) {
      lines_[i] = line;
      continue;
    }
    if (trace.events[i].artifact != artifact) {
      artifact = trace.events[i].artifact;
      ++line;  // the remark that names it
    }
    lines_[i] = line++;
    if (trace.events[i].result.is(Kind::object) && !trace.events[i].computed) variables_[i] = next_variable++;
  }
}

// Iterative, and each container once: shared and cyclic values cost no more.
void Printer::count_uses(Value value, std::vector<Value>& pending) {
  pending.push_back(value);
  while (!pending.empty()) {
    const Value v = pending.back();
    pending.pop_back();
    if (v.is(Kind::object)) {
      ++uses_[trace_.heap.object(v).event];
    } else if (v.is(Kind::attribute)) {
      pending.push_back(trace_.heap.attribute(v).base);
    } else if (v.is_sequence() || v.is(Kind::dict) || v.is_derived()) {
      if (v.index() >= seen_.size()) seen_.resize(v.index() + 1, false);
      if (seen_[v.index()]) continue;
      seen_[v.index()] = true;
      for (const Value& item : trace_.heap.items(v)) {
        if (item.is(Kind::object) || item.is(Kind::attribute) || item.is_sequence() || item.is(Kind::dict) || item.is_derived()) pending.push_back(item);
      }
    }
  }
}

bool Printer::printed(uint32_t index) const {
  const Event& event = trace_.events[index];
  if (event.op == Op::import) return imports_[index];
  // A computed call that only hands an object on is told by the object's own statement.
  return !(event.computed && event.result.is(Kind::object));
}

// Whether an event's value is written where it is used instead of on a line of its own.
bool Printer::folded(uint32_t index) const {
  const Event& event = trace_.events[index];
  if (event.computed || changed_[index] || uses_[index] != 1 || event.nested != 0) return false;
  if (event.op == Op::persistent) return true;
  if (event.op != Op::call && event.op != Op::construct) return false;
  if (!event.callee.is(Kind::name)) return false;
  const knowledge::Callable* known = trace_.heap.name(event.callee).known;
  return is_trusted(known);
}

std::string Printer::variable(uint32_t event) const { return "_var" + std::to_string(variables_[event]); }

std::string Printer::items(const Items& items, int depth) const {
  std::string out;
  const uint32_t shown = items.size > kMostItems + 8 ? kMostItems : items.size;
  for (uint32_t i = 0; i < shown && out.size() < kLongestLine; ++i) {
    if (i > 0) out += ", ";
    out += expression(items[i], depth + 1);
  }
  if (shown < items.size || !items.complete()) {
    out += ", ... " + std::to_string(items.size + items.dropped) + " items";
  }
  return out;
}

std::string Printer::pairs(const Items& items, int depth) const {
  std::string out;
  const uint32_t shown = items.size > 2 * kMostItems + 16 ? 2 * kMostItems : items.size;
  for (uint32_t i = 0; i + 1 < shown && out.size() < kLongestLine; i += 2) {
    if (i > 0) out += ", ";
    out += expression(items[i], depth + 1) + ": " + expression(items[i + 1], depth + 1);
  }
  if (shown < items.size || !items.complete()) {
    out += ", ... " + std::to_string((items.size + items.dropped) / 2) + " entries";
  }
  return out;
}

std::string Printer::expression(Value value, int depth) const {
  if (depth > kDeepest && value.kind() >= Kind::tuple && !value.is(Kind::name)) return "...";
  const Heap& heap = trace_.heap;
  switch (value.kind()) {
    case Kind::none: return "None";
    case Kind::boolean: return value.as_boolean() ? "True" : "False";
    case Kind::integer: return std::to_string(value.as_integer());
    case Kind::real: {
      char buffer[40];
      std::snprintf(buffer, sizeof buffer, "%.17g", value.as_real());
      return buffer;
    }
    case Kind::string: return quoted(value.text(), false, depth == 0 ? 2000 : 600);
    case Kind::bytes: return quoted(value.text(), true, 160);
    case Kind::big_integer: return "<integer of " + std::to_string(value.text().size()) + " bytes>";
    case Kind::tuple: {
      const Items& all = heap.items(value);
      return "(" + items(all, depth) + (all.size == 1 ? ",)" : ")");
    }
    case Kind::list: return "[" + items(heap.items(value), depth) + "]";
    case Kind::set: return heap.items(value).size == 0 ? "set()" : "{" + items(heap.items(value), depth) + "}";
    case Kind::dict: return "{" + pairs(heap.items(value), depth) + "}";
    case Kind::frozen_set: return "frozenset({" + items(heap.items(value), depth) + "})";
    case Kind::frozen_dict: return "frozendict({" + pairs(heap.items(value), depth) + "})";
    case Kind::slice: return "slice(" + items(heap.items(value), depth) + ")";
    case Kind::complex: return "complex(" + items(heap.items(value), depth) + ")";
    case Kind::ellipsis: return "Ellipsis";
    case Kind::stop_iteration: return "StopIteration";
    case Kind::code: return "<code object " + quoted(heap.code(value).name, false, 80) + ">";
    case Kind::name: {
      std::string_view name = heap.name(value).canonical;
      if (name.starts_with("builtins.") && name.find('.', 9) == std::string_view::npos) name.remove_prefix(9);
      return std::string(name);
    }
    case Kind::attribute: {
      const AttributeOf& of = heap.attribute(value);
      const bool item = of.name.starts_with('[');  // an item of something unknown
      return expression(of.base, depth + 1) + (item ? "" : ".") + std::string(of.name);
    }
    case Kind::object: {
      const uint32_t event = heap.object(value).event;
      return folded(event) ? call(trace_.events[event], depth + 1) : variable(event);
    }
    case Kind::byte_array: return "bytearray(" + items(heap.items(value), depth) + ")";
    case Kind::range: return "range(" + items(heap.items(value), depth) + ")";
    case Kind::function: return defined_name(heap.function(value).name, "<lambda>");
    case Kind::class_object: return defined_name(heap.class_of(value).name, "<class>");
    case Kind::instance: return instance(heap.instance(value), depth);
    case Kind::method: return expression(heap.link(value).first, depth + 1) + "." + expression(heap.link(value).second, depth + 1);
    case Kind::super_object: return "super()";
    case Kind::module: return expression(heap.link(value).second, depth + 1);
    case Kind::cell: return "<cell>";
    case Kind::descriptor: return "<descriptor>";
    case Kind::generator: return "<generator>";
    case Kind::iterator: return "iter(" + expression(heap.link(value).first, depth + 1) + ")";
    case Kind::unknown:
      if (value.is_derived()) {
        // A text of which parts are known ends with an ellipsis.
        const Items& parts = heap.items(value);
        if (parts.size == 0 || !parts[parts.size - 1].is(Kind::ellipsis)) return "<of " + items(parts, depth) + ">";
        std::string out;
        for (uint32_t i = 0; i + 1 < parts.size; ++i) out += (i > 0 ? " + " : "") + expression(parts[i], depth + 1);
        return out;
      }
      return value.text().empty() ? "<unknown>" : std::string(value.text());
  }
  return "<unknown>";
}

// KeyError('x'), Parser(...)
std::string Printer::instance(const Instance& instance, int depth) const {
  std::string out = expression(instance.cls, depth + 1) + "(";
  if (instance.held.is(Kind::tuple)) out += items(trace_.heap.items(instance.held), depth);
  else if (instance.held.is_known()) out += expression(instance.held, depth + 1);
  return out + ")";
}

std::string Printer::call(const Event& event, int depth) const {
  if (event.op == Op::persistent) return "persistent_load(" + items(trace_.heap.items(event.arguments), depth) + ")";
  std::string out = expression(event.callee, depth);
  if (event.op == Op::attribute && event.arguments.is_sequence() && trace_.heap.items(event.arguments).size == 1 &&
      !event.callee.is(Kind::object)) {
    // A look-up by syntax, not by a call of getattr or attrgetter.
    const Value name = trace_.heap.items(event.arguments)[0];
    if (name.is(Kind::string)) {
      const std::string shown = quoted(name.text(), false);
      return out + "." + shown.substr(1, shown.size() - 2);
    }
  }
  if (event.op == Op::construct) {
    out += ".__new__(" + out;
    if (event.arguments.is_sequence() && trace_.heap.items(event.arguments).size > 0) out += ", ";
  } else {
    out += "(";
  }
  if (event.arguments.is_sequence()) out += items(trace_.heap.items(event.arguments), depth);
  if (event.keywords.is(Kind::dict)) {
    const Items& given = trace_.heap.items(event.keywords);
    for (uint32_t i = 0; i + 1 < given.size; i += 2) {
      if (!out.ends_with("(")) out += ", ";
      if (given[i].is_text()) out += std::string(given[i].text()) + "=";
      out += expression(given[i + 1], depth + 1);
    }
  }
  out += ")";
  return out;
}

std::string Printer::statement(uint32_t index) const {
  if (const auto own = trace_.statements.find(index); own != trace_.statements.end()) return own->second;
  const Event& event = trace_.events[index];
  const Heap& heap = trace_.heap;
  const auto argument = [&](uint32_t i) {
    if (!event.arguments.is_sequence() && !event.arguments.is(Kind::dict)) return Value::unknown();
    const Items& all = heap.items(event.arguments);
    return i < all.size ? all[i] : Value::unknown();
  };
  std::string out;
  switch (event.op) {
    case Op::import: out = "import " + std::string(module_of(heap.name(event.callee))); break;
    case Op::set_state: out = expression(event.callee, 0) + ".__setstate__(" + expression(argument(0), 1) + ")"; break;
    case Op::extend: out = expression(event.callee, 0) + ".extend(" + expression(event.arguments, 0) + ")"; break;
    case Op::set_items: out = expression(event.callee, 0) + ".update(" + expression(event.arguments, 0) + ")"; break;
    case Op::set_attribute:
      out = expression(event.callee, 0) + "." + std::string(argument(0).is_text() ? argument(0).text() : "?") + " = " +
            expression(argument(1), 1);
      break;
    case Op::result: out = "result = " + expression(event.callee, 0); break;
    default:
      if (event.computed) {
        out = call(event, 0);
        if (const std::string result = expression(event.result, 1); result != out && result != "<unknown>") out += "  # = " + result;
      } else if (folded(index)) {
        out = call(event, 0);
      } else {
        out = variable(index) + " = " + call(event, 0);
      }
      break;
  }
  if (event.unreached) out += event.code ? "  # behind a condition that does not hold" : "  # behind a fault";
  if (out.size() > 2 * kLongestLine) {
    out.resize(2 * kLongestLine);
    out += " ...";
  }
  return out;
}

std::string Printer::text() const {
  std::string out;
  uint32_t artifact = 0;
  uint64_t line = 1;
  const auto put = [&](const std::string& statement) {
    char number[24];
    std::snprintf(number, sizeof number, "%4llu  ", static_cast<unsigned long long>(line++));
    out += number + statement + "\n";
  };
  for (uint32_t i = 0; i < trace_.events.size(); ++i) {
    if (trace_.events[i].elsewhere || folded(i) || !printed(i)) continue;
    if (trace_.events[i].artifact != artifact) {
      artifact = trace_.events[i].artifact;
      const std::string& path = trace_.artifacts[artifact].path;
      put("# " + path.substr(path.rfind('!') == std::string::npos ? 0 : path.rfind('!') + 1));
    }
    put(statement(i));
  }
  return out;
}

}  // namespace winnow
