#include <algorithm>
#include <utility>

#include "code/template/flow_parts.h"
#include "code/template/jinja.h"
#include "code/template/wording.h"

namespace winnow::jinja {

using python::Type;

namespace {

constexpr size_t kDeepestCall = 12;

template <size_t N>
bool one_of(std::string_view word, const std::string_view (&list)[N]) {
  return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

// The name and the receiver of a method: x.name(...) as it stands in the tree.
struct Method {
  const Node* receiver = nullptr;
  std::string_view name;
};

Method method_in(const Node& function) {
  if (function.type == Type::Attribute) return {function.first, function.name};
  const bool looked_up = function.type == Type::Call && function.first->type == Type::Name &&
                         function.items.size >= 2 &&
                         (function.first->name == kAttribute || function.first->name == kItem);
  if (!looked_up || function.items[1]->type != Type::Constant || !function.items[1]->value.is(Kind::string))
    return {};
  return {function.items[0], function.items[1]->value.text()};
}

}  // namespace

std::vector<Worth> Flow::arguments_of(const Node& node, size_t from) {
  std::vector<Worth> out;
  for (size_t i = from; i < node.items.size && i < kMostItems; ++i) out.push_back(value(node.items[i]));
  for (const Node* keyword : node.others) out.push_back(value(keyword->first));
  return out;
}

// What nothing is known of gives back what it was given, first of all its first argument.
Worth Flow::all_of(const std::vector<Worth>& arguments, uint32_t offset) {
  if (arguments.empty()) return of_nothing(offset);
  Worth out = arguments[0];
  for (const Worth& argument : arguments) {
    out.origins |= argument.origins;
    out.causes |= argument.causes;
    if (out.parts == nullptr) out.parts = argument.parts;
  }
  return out;
}

Worth Flow::call(const Node& node) {
  const Node& function = *node.first;
  if (function.type == Type::Name) return call_name(function.name, node);
  if (const Method found = method_in(function); found.receiver != nullptr) {
    const bool loop = found.receiver->type == Type::Name && found.receiver->name == "loop";
    const Worth of = loop ? of_nothing(node.offset) : value(found.receiver);
    if (found.receiver->type != Type::Name || found.receiver->name != "str") {
      const Worth held = member(of, of_text(std::string(found.name), node.offset), node.offset);
      if (held.function != nullptr) return call_function(*held.function, node);
    }
    return method(of, found.name, node, found.receiver);
  }
  const Worth called = value(&function);
  if (called.function != nullptr) return call_function(*called.function, node);
  Worth out = all_of(arguments_of(node), node.offset);
  out.causes |= called.causes;
  return out;
}

Worth Flow::call_name(std::string_view name, const Node& node) {
  static constexpr std::string_view kDates[] = {"strftime_now", "now",    "datetime",     "date",    "time",
                                                "today",        "utcnow", "current_date", "strftime"};
  if (const Worth* known = variable(name); known != nullptr && known->function != nullptr)
    return call_function(*known->function, node);
  if (name == kAttribute || name == kItem || name == kPath) {
    if (node.items.size < 2) return of_nothing(node.offset);
    if (node.items[0]->type == Type::Name && node.items[0]->name == "loop" &&
        node.items[1]->type == Type::Constant) {
      static constexpr std::string_view kPlaces[] = {"index", "index0", "revindex", "revindex0", "length"};
      static constexpr std::string_view kNeighbours[] = {"previtem", "nextitem"};
      const std::string_view what = node.items[1]->value.text();
      Worth out = of_nothing(node.offset);
      if (one_of(what, kPlaces)) out.origins = kPlace;
      if (one_of(what, kNeighbours)) out.origins = kConversation;
      return out;
    }
    return member(value(node.items[0]), value(node.items[1]), node.offset);
  }
  if (name == kBy) return value(node.items[0]);
  if (name.starts_with(kFilter)) return filter(name.substr(kFilter.size()), node);
  if (name.starts_with(kTest)) return test(node);
  if (name == "raise_exception") {
    stopped_ = true;
    return {};
  }
  if (name == "namespace" || name == "dict") return members_of(node);
  if (one_of(name, kDates)) {
    Worth out = of_nothing(node.offset);
    out.origins = kDate;
    return out;
  }
  const std::vector<Worth> arguments = arguments_of(node);
  if (arguments.empty()) return of_nothing(node.offset);
  if (name == "len") return length_of(arguments[0], node.offset);
  if (name == "str") return words_as_text(arguments[0]);
  if (name == "map") return arguments.back();
  if (name == "range") {
    Worth out = all_of(arguments, node.offset);
    out.runs = of_nothing(node.offset).runs;
    out.number.reset();
    return out;
  }
  Worth out = all_of(arguments, node.offset);
  if (name == "int" && arguments[0].number) out.number = arguments[0].number;
  return out;
}

Worth Flow::length_of(const Worth& of, uint32_t offset) {
  Worth out = of_nothing(offset);
  out.causes = of.causes;
  if (of.from(kWords))
    out.origins = of.cut_at.empty() ? kSize : 0;
  else if (of.from(kConversation))
    out.origins = kPlace;
  else if (const auto text = constant_of(of))
    out.number = static_cast<int64_t>(text->size());
  return out;
}

// namespace(a=1), dict(a=1), and with a dict in front.
Worth Flow::members_of(const Node& node) {
  Worth out;
  for (const Worth& given : arguments_of(node)) {
    out.causes |= given.causes;
    break;
  }
  out.parts = new_compound();
  if (node.items.size > 0) {
    const Worth first = value(node.items[0]);
    if (first.parts != nullptr) *out.parts = *first.parts;
  }
  for (const Node* keyword : node.others) {
    if (out.parts->members.size() < kMostItems)
      out.parts->members.emplace_back(std::string(keyword->name), value(keyword->first));
  }
  return out;
}

// A macro or a block: what it writes is what it is worth.
Worth Flow::call_function(const Node& function, const Node& node) {
  // A macro that calls itself writes nothing that it does not write anyway.
  if (std::find(called_.begin(), called_.end(), &function) != called_.end())
    return all_of(arguments_of(node), node.offset);
  if (called_.size() >= kDeepestCall || !step()) {
    writing_.cut_short = true;
    return of_nothing(node.offset);
  }
  const Node& parameters = *function.first;
  std::vector<Worth> given;
  for (const Node* argument : node.items) given.push_back(value(argument));
  Scope scope;
  for (size_t i = 0; i < parameters.items.size; ++i) {
    const Node* keyword = nullptr;
    for (const Node* one : node.others) {
      if (one->name == parameters.items[i]->name) keyword = one->first;
    }
    if (keyword == nullptr && i < parameters.handlers.size) keyword = parameters.handlers[i];
    scope.variables.insert_or_assign(std::string(parameters.items[i]->name),
                                     i < given.size() ? given[i] : value(keyword));
  }
  for (const Node* one : node.others) {
    if (one->name == "caller") scope.variables.insert_or_assign("caller", value(one->first));
  }
  std::vector<Fragment> written;
  std::vector<Fragment>* outer = std::exchange(out_, &written);
  scopes_.push_back(std::move(scope));
  called_.push_back(&function);
  ++branches_;
  statements(function.body);
  --branches_;
  called_.pop_back();
  scopes_.pop_back();
  out_ = outer;
  Worth out;
  out.runs.push_back({});
  for (Fragment& piece : written) {
    if (piece.made == Made::words) out.origins |= kWords;
    Run& run = out.runs[0];
    const bool adjacent = !run.empty() && run.back().made == Made::text && piece.made == Made::text &&
                          run.back().causes == piece.causes;
    if (adjacent)
      run.back().text += piece.text;
    else
      run.push_back(std::move(piece));
  }
  return out;
}

Worth Flow::test(const Node& node) {
  const std::vector<Worth> arguments = arguments_of(node);
  Worth out;
  for (const Worth& argument : arguments) out.causes |= causes_of(argument);
  for (size_t i = 1; i < arguments.size(); ++i)
    out.causes |= relate({&arguments[0], &arguments[i]}, node.offset);
  const std::string_view name = node.first->name;
  if (arguments.size() == 1 && (name.ends_with(".odd") || name.ends_with(".even"))) {
    if (arguments[0].from(kSize)) out.causes |= trigger(Asks::size, "", node.offset);
    if (arguments[0].from(kDate)) out.causes |= trigger(Asks::date, "", node.offset);
  }
  return out;
}

Worth Flow::filter(std::string_view name, const Node& node) {
  static constexpr std::string_view kSelecting[] = {"select", "reject", "selectattr", "rejectattr"};
  static constexpr std::string_view kTelling[] = {"tojson", "pprint",  "string",    "urlencode",
                                                  "indent", "to_json", "from_json", "xmlattr"};
  if (one_of(name, kSelecting)) return select(name, node);
  const std::vector<Worth> arguments = arguments_of(node);
  if (arguments.empty()) return of_nothing(node.offset);
  const Worth& of = arguments[0];
  if (name == "random") {
    Worth out = element(of, node.offset);
    out.origins |= kChance;
    if (of.parts != nullptr) out.causes |= trigger(Asks::chance, "", node.offset);
    return out;
  }
  if (name == "wordcount") return length_of(words_as_text(of), node.offset);
  if (one_of(name, kTelling)) {
    Worth out = words_as_text(of);
    if (of.parts != nullptr && of.runs.empty())
      out.runs = {sequence_of(join(of_text(" ", node.offset), of, node.offset))};
    return out;
  }
  if (name == "dictsort") return pairs_of(of, true, node.offset);
  if (name == "unique" || name == "sort" || name == "batch" || name == "slice") return of;
  return method(of, name, node, nullptr);
}

// `messages|selectattr('content', 'equalto', 'x')`: what is kept depends on the test.
Worth Flow::select(std::string_view name, const Node& node) {
  const std::vector<Worth> arguments = arguments_of(node);
  if (arguments.empty()) return of_nothing(node.offset);
  Worth out = arguments[0];
  const bool by_attribute = name.ends_with("attr");
  Worth tested = element(arguments[0], node.offset);
  if (by_attribute && arguments.size() > 1) tested = member(tested, arguments[1], node.offset);
  for (size_t i = by_attribute ? 3 : 2; i < arguments.size(); ++i)
    out.causes |= arguments[i].causes | relate({&tested, &arguments[i]}, node.offset);
  return out;
}

Worth Flow::method(const Worth& of, std::string_view name, const Node& node, const Node* receiver) {
  const std::vector<Worth> arguments = arguments_of(node, receiver == nullptr ? 1 : 0);
  if (grow(of, name, arguments, receiver)) return {};
  if (name == "join" && !arguments.empty()) return join(of, arguments[0], node.offset);
  if (name == "format" || name == "format_map") return format(of, arguments, node.offset);
  if (name == "replace" && arguments.size() > 1) return replace(of, arguments, node.offset);
  if (name == "split" || name == "rsplit" || name == "partition" || name == "rpartition")
    return split(of, arguments, node.offset);
  if (name == "get" && !arguments.empty()) {
    Worth out = member(of, arguments[0], node.offset);
    if (arguments.size() > 1) {
      Worth otherwise = arguments[1];
      otherwise.causes |= out.causes;
      either(out, otherwise);
    }
    return out;
  }
  if (name == "items" || name == "values" || name == "keys") {
    if (!of.from(kConversation)) return name == "keys" ? of : pairs_of(of, name == "items", node.offset);
    return pairs_of_message(of, name, node.offset);
  }
  if (const auto text = constant_of(of)) {
    if (const auto changed = changed_text(name, *text); changed && arguments.empty()) {
      Worth out = of_text(*changed, node.offset);
      out.causes = of.causes;
      return out;
    }
  }
  if (of.from(kWords | kConversation | kDate)) return method_of_words(of, name, arguments, node.offset);
  if (name == "pop" || name == "find" || name == "index" || name == "count") {
    Worth out = name == "pop" ? element(of, node.offset) : of_nothing(node.offset);
    for (const Worth& argument : arguments)
      out.causes |= argument.causes | relate({&of, &argument}, node.offset);
    out.causes |= of.causes;
    return out;
  }
  std::vector<Worth> all = arguments;
  all.insert(all.begin(), of);
  Worth out = all_of(all, node.offset);
  for (const Worth& argument : arguments) out.causes |= relate({&of, &argument}, node.offset);
  return out;
}

Worth Flow::method_of_words(const Worth& of, std::string_view name, const std::vector<Worth>& arguments,
                            uint32_t offset) {
  static constexpr std::string_view kAsking[] = {
      "startswith", "endswith",     "find",   "rfind",        "index",        "rindex",
      "count",      "__contains__", "__eq__", "removeprefix", "removesuffix", "isoformat",
      "contains",   "search",       "match",  "regex_search", "regex_match",  "test"};
  static constexpr std::string_view kNumbers[] = {"find", "rfind", "index", "rindex", "count"};
  Worth out = name == "pop" || name == "copy" ? of : words_as_text(of);
  Causes asked = 0;
  for (const Worth& argument : arguments) out.causes |= argument.causes;
  if (one_of(name, kAsking)) {
    for (const Worth& argument : arguments) asked |= relate({&out, &argument}, offset);
    if (!name.starts_with("remove")) {
      const uint8_t date = out.origins & kDate;
      const Causes before = out.causes;
      out = one_of(name, kNumbers) ? of_nothing(offset) : Worth();
      out.origins = date;
      out.causes = before;
    }
  }
  out.causes |= of.causes | asked;
  return out;
}

// dict.items() and dict.values() of a dict that is known.
Worth Flow::pairs_of(const Worth& of, bool with_names, uint32_t offset) {
  if (of.parts == nullptr || of.parts->members.empty()) return of;
  Worth out = of;
  out.parts = new_compound();
  const Compound& parts = *of.parts;
  for (const auto& [name, held] : parts.members) {
    Worth item = held;
    if (with_names) {
      item = Worth();
      item.parts = new_compound();
      item.parts->items = {of_text(name, offset), held};
    }
    out.parts->items.push_back(std::move(item));
  }
  return out;
}

// message.items(), keys() and values(): the keys are the message's form, the values what it says.
Worth Flow::pairs_of_message(const Worth& of, std::string_view name, uint32_t offset) {
  const Worth said = of_words(kWords | kPart, offset);
  Worth out;
  out.causes = of.causes;
  out.parts = new_compound();
  if (name == "keys") {
    out.parts->items = {of_nothing(offset)};
  } else if (name == "values") {
    out.parts->items = {said};
  } else {
    Worth pair;
    pair.parts = new_compound();
    pair.parts->items = {of_nothing(offset), said};
    out.parts->items = {std::move(pair)};
  }
  return out;
}

// list.append and its kin: the list holds one thing more.
bool Flow::grow(const Worth& of, std::string_view name, const std::vector<Worth>& arguments,
                const Node* receiver) {
  static constexpr std::string_view kGrowing[] = {"append",     "insert", "extend",     "update",
                                                  "setdefault", "add",    "__setitem__"};
  if (!one_of(name, kGrowing) || arguments.empty() || receiver == nullptr) return false;
  Compound* parts = of.parts;
  if (parts == nullptr) {
    if (receiver->type != Type::Name) return false;
    Worth with = of;
    with.parts = parts = new_compound();
    bind(receiver->name, std::move(with));
  }
  if (parts->items.size() >= kMostItems) return true;
  Worth item = arguments.back();
  item.causes |= guard_ | left_;
  if ((name == "update" || name == "extend") && item.parts != nullptr && item.parts != parts) {
    const Compound& more = *item.parts;
    for (const Worth& one : more.items) {
      if (parts->items.size() < kMostItems) parts->items.push_back(one);
    }
    for (const auto& [key, held] : more.members) {
      if (parts->members.size() >= kMostItems) break;
      parts->members.emplace_back(key, held);
      parts->members.back().second.causes |= guard_ | left_;
    }
    return true;
  }
  if (item.parts != parts) parts->items.push_back(std::move(item));
  return true;
}

Worth Flow::replace(const Worth& of, const std::vector<Worth>& arguments, uint32_t offset) {
  Worth out = words_as_text(of);
  out.causes |= arguments[0].causes | arguments[1].causes;
  const std::vector<std::string> from = texts_of(arguments[0]), to = texts_of(arguments[1]);
  if (of.from(kWords)) {
    for (const std::string& before : from) {
      for (const std::string& after : to)
        change(Change::Kind::replaced, before, after, guard_ | out.causes, offset);
    }
  }
  // What callers give beside words, tools for one, may have its names and marks changed, but nothing said in
  // it.
  if (!of.from(kWords) && !constant_of(of) && of.parts == nullptr) {
    for (const std::string& after : to) {
      const Signs signs = signs_of(after);
      if (signs.words >= 3 || signs.link)
        change(Change::Kind::replaced, from.empty() ? "" : from[0], after, guard_ | out.causes, offset);
    }
  }
  for (Run& run : out.runs) {
    for (Fragment& piece : run) {
      if (piece.made == Made::text && from.size() == 1 && to.size() == 1)
        piece.text = replaced(piece.text, from[0], to[0]).substr(0, kLongestText);
    }
  }
  // Text that takes the place of a mark in a text of the template's own is written as well.
  if (!of.from(kWords) && constant_of(of) && to.empty() && from.size() == 1) {
    const std::string text = *constant_of(of);
    const size_t at = text.find(from[0]);
    if (at == std::string::npos || from[0].empty()) return out;
    Worth all = joined(joined(of_text(text.substr(0, at), offset), words_as_text(arguments[1])),
                       of_text(text.substr(at + from[0].size()), offset));
    all.causes |= out.causes;
    return all;
  }
  return out;
}

// between.join(list); the list of a text that was cut is that text, changed.
Worth Flow::join(const Worth& between, const Worth& list, uint32_t offset) {
  Worth out;
  if (list.parts != nullptr) {
    out.runs.push_back({});
    const Compound& parts = *list.parts;
    for (size_t i = 0; i < parts.items.size(); ++i) {
      if (i > 0) out = joined(out, between);
      out = joined(out, words_as_text(parts.items[i]));
      steps_ += 1 + size_of(out) / 256;
    }
    for (size_t i = 0; parts.items.empty() && i < parts.members.size(); ++i) {
      if (i > 0) out = joined(out, between);
      out = joined(out, of_text(parts.members[i].first, offset));
    }
  }
  if (list.parts == nullptr || list.from(kWords | kConversation)) either(out, words_as_text(list));
  out.origins |= between.origins;
  out.causes |= between.causes | list.causes;
  if (!list.cut_at.empty() && list.from(kWords)) {
    for (const std::string& text : texts_of(between))
      change(Change::Kind::replaced, list.cut_at, text, guard_ | out.causes, offset);
  }
  out.cut_at.clear();
  out.parts = nullptr;
  return out;
}

// %s, %c, %d and {} in a pattern, in order.
Worth Flow::format(const Worth& pattern, const std::vector<Worth>& arguments, uint32_t offset) {
  Worth out;
  const std::vector<std::string> texts = texts_of(pattern);
  if (texts.empty()) return all_of(arguments, offset);
  const std::string& text = texts[0];
  out.runs.push_back({});
  size_t used = 0, start = 0;
  for (size_t at = 0; at < text.size() && step(); ++at) {
    size_t length = 0;
    const bool percent = text[at] == '%' && at + 1 < text.size();
    if (percent && text[at + 1] != '%')
      length = text.find_first_of("scdrixXufg", at + 1) - at + 1;
    else if (text[at] == '{')
      length = text.find('}', at) - at + 1;
    if (length == 0 || length > 40 || at + length > text.size() || used >= arguments.size()) continue;
    out = joined(out, of_text(text.substr(start, at - start), offset));
    const Worth& argument = arguments[used++];
    if (percent && text[at + length - 1] == 'c' && argument.number && *argument.number > 0 &&
        *argument.number < 0x80) {
      out = joined(out, of_text(std::string(1, static_cast<char>(*argument.number)), offset));
    } else {
      out = joined(out, words_as_text(argument));
    }
    at += length - 1;
    start = at + 1;
  }
  out = joined(out, of_text(text.substr(start), offset));
  for (const Worth& argument : arguments) {
    out.causes |= argument.causes;
    out.origins |= argument.origins;
  }
  out.causes |= pattern.causes;
  return out;
}

Worth Flow::split(const Worth& of, const std::vector<Worth>& arguments, uint32_t offset) {
  Worth out = words_as_text(of);
  const std::vector<std::string> at = arguments.empty() ? std::vector<std::string>() : texts_of(arguments[0]);
  if (const auto text = constant_of(of); text && at.size() <= 1) {
    out = Worth();
    out.parts = new_compound();
    const std::string between = at.empty() ? " " : at[0];
    for (size_t start = 0;
         !between.empty() && start <= text->size() && out.parts->items.size() < kMostItems;) {
      const size_t end = std::min(text->find(between, start), text->size());
      out.parts->items.push_back(of_text(text->substr(start, end - start), offset));
      start = end + between.size();
    }
    out.causes = of.causes;
    return out;
  }
  if (!of.from(kWords | kConversation)) return out;
  if (!arguments.empty()) out.causes |= arguments[0].causes | relate({&out, &arguments[0]}, offset);
  out.cut_at = at.empty() ? " " : at[0];
  return out;
}

}  // namespace winnow::jinja
