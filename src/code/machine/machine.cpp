#include "code/machine/machine.h"

namespace winnow::machine {

const Value* Machine::keyword(const Call& call, std::string_view name) const {
  if (!call.keywords.is(Kind::dict)) return nullptr;
  return heap().find(heap().items(call.keywords), name);
}

Value Machine::make_string(std::string_view text) {
  return text.size() > scan_.budget.string || exhausted() ? Value::unknown() : heap().new_string(text);
}

Value Machine::make_bytes(std::string_view data) {
  return data.size() > scan_.budget.string || exhausted() ? Value::unknown() : heap().new_bytes(data);
}

std::optional<std::vector<Value>> Machine::iterate(Value iterable) {
  std::vector<Value> out;
  switch (iterable.kind()) {
    case Kind::tuple: case Kind::list: case Kind::set: {
      const Items& items = heap().items(iterable);
      if (!items.complete()) return std::nullopt;
      out.assign(items.begin(), items.end());
      return out;
    }
    case Kind::dict: {
      const Items& items = heap().items(iterable);
      if (!items.complete()) return std::nullopt;
      for (uint32_t i = 0; i + 1 < items.size; i += 2) out.push_back(items[i]);
      return out;
    }
    case Kind::bytes:
      for (const char c : iterable.text()) out.push_back(Value::integer(static_cast<unsigned char>(c)));
      return out;
    case Kind::string: {
      const std::string_view text = iterable.text();
      for (size_t i = 0; i < text.size();) {
        size_t size = 1;
        while (i + size < text.size() && (static_cast<unsigned char>(text[i + size]) & 0xc0) == 0x80) ++size;
        out.push_back(Value::string(text.substr(i, size)));
        i += size;
      }
      return out;
    }
    case Kind::object: {
      const Object& object = heap().object(iterable);
      if (object.appended.size > 0) {
        out.assign(object.appended.begin(), object.appended.end());
        return out;
      }
      return std::nullopt;
    }
    default: return std::nullopt;
  }
}

std::optional<std::string_view> file_content(const Machine& machine, Value value) {
  if (!value.is(Kind::object)) return std::nullopt;
  const Object& object = machine.heap().object(value);
  if (!object.callee.is(Kind::name)) return std::nullopt;
  const std::string_view maker = machine.heap().name(object.callee).canonical;
  if (maker != "io.BytesIO" && maker != "io.StringIO" && maker != "io.BufferedReader" && maker != "io.TextIOWrapper") {
    return std::nullopt;
  }
  // Unpickled file objects are built from (content, position, attributes).
  const bool built = object.has_state && object.state.is(Kind::tuple);
  const Items& arguments = machine.heap().items(built ? object.state : object.arguments);
  if (arguments.size == 0) return std::nullopt;
  return arguments[0].is_text() ? std::optional(arguments[0].text()) : std::nullopt;
}

}  // namespace winnow::machine
