// Jinja's filters in Python: a table of those that are one method or function of Python's.
#include "code/template/expression.h"
#include "code/template/jinja.h"

namespace winnow::jinja {
namespace {

enum class Form : uint8_t {
  method,    // value.word(arguments)
  function,  // word(value, arguments)
  itself,    // value
};

struct Filter {
  std::string_view name;
  Form form;
  std::string_view word;
};

constexpr Filter kFilters[] = {
    {"abs", Form::function, "abs"},        {"capitalize", Form::method, "capitalize"}, {"count", Form::function, "len"},
    {"e", Form::itself, ""},               {"escape", Form::itself, ""},               {"float", Form::function, "float"},
    {"forceescape", Form::itself, ""},     {"int", Form::function, "int"},             {"items", Form::method, "items"},
    {"length", Form::function, "len"},     {"list", Form::function, "list"},           {"lower", Form::method, "lower"},
    {"max", Form::function, "max"},        {"min", Form::function, "min"},             {"replace", Form::method, "replace"},
    {"safe", Form::itself, ""},            {"string", Form::function, "str"},          {"striptags", Form::itself, ""},
    {"sum", Form::function, "sum"},        {"title", Form::method, "title"},           {"trim", Form::method, "strip"},
    {"upper", Form::method, "upper"},      {"sort", Form::function, "sorted"},         {"startswith", Form::method, "startswith"},
    {"endswith", Form::method, "endswith"}, {"split", Form::method, "split"},          {"strip", Form::method, "strip"},
};

Node* join(Builder& build, Node* value, const Node& call) {
  Node* between = call.items.size > 0 ? call.items[0] : build.text("");
  Node* strings = build.call(build.name("map"), {build.name("str"), value});
  return build.call(build.attribute(build.call(build.name("str"), {between}), "join"), {strings});
}

Node* item(Builder& build, Node* value, int64_t index) {
  return build.make(Type::Subscript, build.call(build.name("list"), {value}), build.constant(Value::integer(index)));
}

Node* reversed(Builder& build, Node* value) {
  Node* slice = build.make(Type::Slice);
  slice->third = build.constant(Value::integer(-1));
  return build.make(Type::Subscript, value, slice);
}

// `x|map(attribute='name')` and `x|map('filter', ...)`: a comprehension.
Node* map(Builder& build, Node* value, const Node& call) {
  Node* element = nullptr;
  Node* each = build.name("jinja.each");
  for (const Node* keyword : call.others) {
    if (keyword->name == "attribute") element = build.call(build.name(kPath), {each, keyword->first});
  }
  if (element == nullptr) {
    if (call.items.size == 0 || call.items[0]->type != Type::Constant || !call.items[0]->value.is(Kind::string)) return nullptr;
    Node* rest = build.make(Type::Call);
    for (uint32_t i = 1; i < call.items.size; ++i) build.tree().append(rest->items, call.items[i]);
    const std::string_view name = call.items[0]->value.text();
    // A map of maps is nested no deeper than its text, but no honest template has one.
    element = name == "map" ? nullptr : filter_in_python(build, name, each, *rest);
    if (element == nullptr) {
      element = build.call(build.name(build.tree().text(std::string(kFilter) + std::string(name))), {each});
      for (Node* argument : rest->items) build.tree().append(element->items, argument);
    }
  }
  Node* loop = build.make(Type::Comprehension, each, value);
  Node* out = build.make(Type::ListComp, element);
  build.tree().append(out->items, loop);
  return out;
}

// Filters that look at an attribute of each element: by keyword, or by their first argument.
bool looks_at_each(std::string_view name) {
  return name == "sort" || name == "unique" || name == "min" || name == "max" || name == "sum" || name == "join" || name == "groupby" ||
         name == "selectattr" || name == "rejectattr";
}

Node* with_attribute(Builder& build, std::string_view name, Node* value, const Node& call) {
  Node* attribute = nullptr;
  for (const Node* keyword : call.others) {
    if (keyword->name == "attribute") attribute = keyword->first;
  }
  if (attribute == nullptr && call.items.size > 0 && (name == "groupby" || name.ends_with("attr"))) attribute = call.items[0];
  if (attribute == nullptr && call.items.size > 1 && name == "join") attribute = call.items[1];
  if (attribute == nullptr && call.items.size > 0 && name == "sum") attribute = call.items[0];
  if (attribute == nullptr) return value;
  if (name != "sum" && name != "join") return build.call(build.name(kBy), {value, attribute});
  // What is added up or joined is the attributes.
  Node* each = build.name("jinja.each");
  Node* out = build.make(Type::ListComp, build.call(build.name(kPath), {each, attribute}));
  build.tree().append(out->items, build.make(Type::Comprehension, each, value));
  return out;
}

Node* formatted(Builder& build, Node* value, const Node& call) {
  Node* right = nullptr;
  if (call.items.size == 0 && !call.others.empty()) {
    right = build.make(Type::Dict);
    for (Node* keyword : call.others) {
      build.tree().append(right->items, build.text(keyword->name));
      build.tree().append(right->others, keyword->first);
    }
  } else {
    right = build.make(Type::Tuple);
    for (Node* argument : call.items) build.tree().append(right->items, argument);
  }
  return build.operation(value, Operator::Mod, right);
}

}  // namespace

Node* filter_in_python(Builder& build, std::string_view name, Node* value, const Node& call) {
  if (looks_at_each(name)) value = with_attribute(build, name, value, call);
  if (name == "attr") {
    if (call.items.size > 0) return build.call(build.name(kAttribute), {value, call.items[0]});
    if (!call.others.empty()) return build.call(build.name(kAttribute), {value, call.others[0]->first});
  }
  if (name == "groupby" || name == "unique" || name.ends_with("attr")) {
    Node* out = build.call(build.name(build.tree().text(std::string(kFilter) + std::string(name))), {value});
    for (Node* argument : call.items) build.tree().append(out->items, argument);
    out->others = call.others;
    return out;
  }
  if (name == "join") return join(build, value, call);
  if (name == "first") return item(build, value, 0);
  if (name == "last") return item(build, value, -1);
  if (name == "reverse") return reversed(build, value);
  if (name == "map") return map(build, value, call);
  if (name == "format") return formatted(build, value, call);
  if ((name == "default" || name == "d")) {
    Node* otherwise = call.items.size > 0 ? call.items[0] : build.text("");
    Node* out = build.make(Type::IfExp, build.call(build.name("jinja.test.defined"), {value}), value);
    out->third = otherwise;
    return out;
  }
  for (const Filter& filter : kFilters) {
    if (filter.name != name) continue;
    if (filter.form == Form::itself) return value;
    Node* out = filter.form == Form::method
                    ? build.call(build.attribute(build.call(build.name("str"), {value}), filter.word), {})
                    : build.call(build.name(filter.word), {value});
    if (filter.word == "items") out = build.call(build.attribute(value, "items"), {});
    if (name == "sum") {
      for (Node* keyword : call.others) {
        if (keyword->name == "start") build.tree().append(out->items, keyword->first);
      }
      if (call.items.size > 1) build.tree().append(out->items, call.items[1]);
    }
    if (looks_at_each(name)) return out;  // what is left are ways to sort
    for (Node* argument : call.items) build.tree().append(out->items, argument);
    out->others = call.others;
    return out;
  }
  return nullptr;
}

}  // namespace winnow::jinja
