// What is handed over at one place and called at another: codecs, handlers of loggers, types of arguments, hooks of
// readers and copiers.
#include <algorithm>

#include "code/machine/interpreter.h"
#include "code/machine/models.h"
#include "code/machine/models_written.h"
#include "code/machine/objects.h"
#include "code/machine/operators.h"
#include "code/python/unicode.h"
#include "knowledge/knowledge.h"

namespace winnow::machine {
namespace {

using Found = std::optional<Value>;

// Models that know nothing of subclasses, nor of what is written in place, get the plain data.
std::vector<Value> plain_arguments(Machine& m, const Call& call) {
  std::vector<Value> out(call.arguments.begin(), call.arguments.end());
  for (Value& value : out) {
    value = plain(m, value);
    if (const auto buffer = buffer_of(m, value); buffer && value.is(Kind::byte_array)) value = m.make_bytes(*buffer);
  }
  return out;
}

Found register_codec(Machine& m, const Call& call) {
  if (call.count() > 0) m.running().codecs.push_back(call[0]);
  return Value::none();
}

// The codec of a name that the program registered.
Value own_codec(Machine& m, Value name) {
  for (const Value& search : std::vector<Value>(m.running().codecs)) {
    const Value info = m.call(search, std::span(&name, 1));
    m.raised.reset();
    if (info.is_known() && !info.is(Kind::none)) return info;
  }
  return Value::none();
}

// codecs.decode(data, name), data.decode(name) and their opposites: by the codecs of the machine, else by the program's.
template <bool decodes>
Found code_by_name(Machine& m, const Call& call) {
  const Model own = model_of(decodes ? "codecs.decode" : "codecs.encode");
  const std::vector<Value> given = plain_arguments(m, call);
  if (auto out = own(m, {call.callee, given, call.keywords})) return out;
  if (m.raised || m.running().codecs.empty()) return std::nullopt;
  const Value* named = m.keyword(call, "encoding");
  const Value name = named != nullptr ? *named : call[1];
  if (!name.is(Kind::string)) return std::nullopt;
  const Value info = own_codec(m, name);
  std::optional<Value> function;
  if (info.is(Kind::tuple) && m.heap().items(info).size > 1) function = m.heap().items(info)[decodes ? 1 : 0];
  else if (!info.is(Kind::none)) function = find_attribute(m, info, decodes ? "decode" : "encode");
  if (!function || !function->is_known()) return std::nullopt;
  const Value out = m.call(*function, std::span(call.arguments.data(), 1));
  if (out.is(Kind::tuple) && m.heap().items(out).size > 0) return m.heap().items(out)[0];
  return m.raised ? Value::unknown() : out;
}

// What a logger asks of what it was given, in its order.
constexpr std::string_view kLoggerHooks[] = {"filter", "format", "emit"};

// logger.addHandler(handler), addFilter, handler.setFormatter: of a class whose hooks the program writes.
Found add_handler(Machine& m, const Call& call) {
  const Value handler = call[call.count() == 0 ? 0 : call.count() - 1];
  const auto has = [&](std::string_view hook) { return find_in_class(m, m.heap().instance(handler).cls, hook).has_value(); };
  if (handler.is(Kind::instance) && std::any_of(std::begin(kLoggerHooks), std::end(kLoggerHooks), has)) m.running().handlers.push_back(handler);
  return std::nullopt;
}

// logger.warning('...'): its handlers get a record of it.
template <size_t first>
Found log(Machine& m, const Call& call) {
  if (m.running().handlers.empty() || call.count() <= first) return std::nullopt;
  const auto rest = call.arguments.subspan(first + 1);
  const Value parts[] = {call[first], m.heap().new_items(Kind::tuple, rest.data(), static_cast<uint32_t>(rest.size()))};
  const Value record = m.call(m.resolve("logging", "LogRecord"), parts);
  for (const std::string_view hook : kLoggerHooks) {
    for (const Value& handler : std::vector<Value>(m.running().handlers)) call_special(m, handler, hook, std::span(&record, 1));
  }
  return m.raised ? Found(Value::unknown()) : std::nullopt;
}

// parser.parse_args([...]): the types of arguments are functions that get their texts.
Found parse_arguments(Machine& m, const Call& call) {
  if (!call[0].is(Kind::object)) return std::nullopt;
  const auto given = call.count() > 1 ? m.iterate(call[1]) : std::nullopt;
  const size_t events = m.trace().events.size();
  size_t next = 0;
  for (size_t i = 0; i < events && m.step(); ++i) {
    const Event event = m.trace().events[i];
    if (event.op != Op::call || !event.callee.is(Kind::attribute) || !event.keywords.is(Kind::dict)) continue;
    const AttributeOf of = m.heap().attribute(event.callee);
    if ((of.name != "add_argument" && of.name != "add_option") || !of.base.same_as(call[0])) continue;
    const Items keywords = m.heap().items(event.keywords);
    const Value* type = m.heap().find(keywords, "type");
    const Value* otherwise = m.heap().find(keywords, "default");
    const Items names = m.heap().items(event.arguments);
    const bool positional = names.size > 0 && names[0].is_text() && !names[0].text().starts_with('-');
    Value text = otherwise != nullptr && otherwise->is(Kind::string) ? *otherwise : Value::none();
    for (size_t k = 0; given && k < given->size(); ++k) {
      for (const Value& name : names) {
        const bool named = !positional && name.is_text() && (*given)[k].is_text() && name.text() == (*given)[k].text();
        if (named && k + 1 < given->size()) text = (*given)[k + 1];
      }
    }
    if (positional && given && next < given->size()) text = (*given)[next++];
    if (type != nullptr && text.is(Kind::string) && !type->is(Kind::string)) m.call(*type, std::span(&text, 1));
    const Value name = names.size > 0 ? names[names.size - 1] : Value::none();
    if (const Value* action = m.heap().find(keywords, "action"); action != nullptr && action->is(Kind::class_object) && text.is(Kind::string)) {
      const Value parts[] = {call[0], Value::unknown_named("namespace"), text, name};
      call_special(m, new_instance(m, *action), "__call__", parts);
    }
    if (const Value* callback = m.heap().find(keywords, "callback"); callback != nullptr && text.is(Kind::string)) {
      const Value parts[] = {Value::unknown_named("option"), name, text, call[0]};
      m.call(*callback, parts);
    }
    m.raised.reset();
  }
  return std::nullopt;
}

// What json.loads has read goes through the hooks, the innermost first.
Value hooked(Machine& m, Value value, const Call& call, int depth) {
  constexpr int kDeepest = 64;
  if (depth > kDeepest || !m.step()) return value;
  if (value.is(Kind::list) || value.is(Kind::dict)) {
    for (uint32_t i = value.is(Kind::dict) ? 1 : 0; i < m.heap().items(value).size; i += value.is(Kind::dict) ? 2 : 1) {
      const Value inner = hooked(m, m.heap().items(value)[i], call, depth + 1);
      if (m.raised) return value;
      m.heap().change(value).data[i] = inner;
    }
  }
  const auto through = [&](std::string_view name, Value with) {
    const Value* hook = m.keyword(call, name);
    return hook != nullptr && !hook->is(Kind::none) ? std::optional(m.call(*hook, std::span(&with, 1))) : std::nullopt;
  };
  if (value.is(Kind::dict)) {
    const Items items = m.heap().items(value);
    std::vector<Value> pairs;
    for (uint32_t i = 0; i + 1 < items.size; i += 2) pairs.push_back(m.heap().new_tuple({items[i], items[i + 1]}));
    if (m.keyword(call, "object_pairs_hook") != nullptr) {
      return through("object_pairs_hook", m.heap().new_items(Kind::list, pairs.data(), static_cast<uint32_t>(pairs.size()))).value_or(value);
    }
    return through("object_hook", value).value_or(value);
  }
  const bool number = value.is(Kind::integer) || value.is(Kind::real) || value.is(Kind::big_integer);
  const auto text = number ? text_of(m, value) : std::nullopt;
  return text ? through(value.is(Kind::real) ? "parse_float" : "parse_int", m.make_string(*text)).value_or(value) : value;
}

Found load_json(Machine& m, const Call& call) {
  const std::vector<Value> given = plain_arguments(m, call);
  const auto read = model_of("json.loads")(m, {call.callee, given, call.keywords});
  return read && call.keywords.is(Kind::dict) ? Found(hooked(m, *read, call, 0)) : read;
}

// json.load(file), of a file that stands beside the program.
Found load_json_file(Machine& m, const Call& call) {
  if (call.count() < 1) return std::nullopt;
  const auto text = content_beside(m, call[0], "read");
  return text ? load_json(m, {call.callee, std::span(&*text, 1), call.keywords}) : std::nullopt;
}

// copy.copy(x), copy.deepcopy(x): by what the class says; else the same again.
template <bool deep>
Found copied(Machine& m, const Call& call) {
  if (!call[0].is(Kind::instance)) return model_of("copy.copy")(m, call);
  const Value memo = m.heap().new_items(Kind::dict, nullptr, 0), protocol = Value::integer(4);
  if (const auto out = call_special(m, call[0], deep ? "__deepcopy__" : "__copy__", deep ? std::span(&memo, 1) : std::span<const Value>())) return out;
  auto reduced = m.raised ? std::nullopt : call_special(m, call[0], "__reduce_ex__", std::span(&protocol, 1));
  if (!reduced && !m.raised) reduced = call_special(m, call[0], "__reduce__", {});
  if (m.raised) return Value::unknown();
  if (!reduced || !reduced->is(Kind::tuple) || m.heap().items(*reduced).size < 2) return call[0];
  const Items parts = m.heap().items(*reduced);
  const auto arguments = m.iterate(parts[1]);
  return arguments ? Found(m.call(parts[0], *arguments)) : Found(call[0]);
}

// types.new_class(name, bases, keywords, body): the body is a function that fills the namespace.
Found new_class(Machine& m, const Call& call) {
  if (!call[0].is(Kind::string)) return std::nullopt;
  const Value names = m.heap().new_items(Kind::dict, nullptr, 0);
  const Value* named = m.keyword(call, "exec_body");
  const Value body = named != nullptr ? *named : call.count() > 3 ? call[3] : Value::none();
  if (body.is_known() && !body.is(Kind::none)) m.call(body, std::span(&names, 1));
  if (m.raised) return Value::unknown();
  const Value bases = call.count() > 1 && call[1].is(Kind::tuple) ? call[1] : m.heap().new_tuple({});
  Value metaclass = Value::unknown(), keywords = call.count() > 2 && call[2].is(Kind::dict) ? call[2] : Value::none();
  if (keywords.is(Kind::dict)) {
    if (const Value* given = m.heap().find_key(keywords, Value::string("metaclass"))) metaclass = *given;
  }
  return make_class(m, call[0].text(), bases, names, metaclass, keywords);
}

// unicodedata.normalize(form, text): of letters, what Python itself makes of them in names.
Found normalised(Machine& m, const Call& call) {
  if (!call[0].is(Kind::string) || !call[1].is(Kind::string)) return std::nullopt;
  if (m.ascii(call[1].text())) return call[1];
  if (!call[0].text().starts_with("NFK")) return std::nullopt;
  const auto units = m.iterate(call[1]);
  std::string out;
  // Marks that stand behind their letters may join them, and so may parts of Hangul.
  const auto joins = [](int64_t c) { return (c >= 0x300 && c < 0x370) || (c >= 0x1100 && c < 0x1200) || (c >= 0x1AB0 && c < 0x1B00) || (c >= 0x1DC0 && c < 0x1E00) || (c >= 0x20D0 && c < 0x2100) || (c >= 0x3099 && c < 0x309B) || (c >= 0xFE20 && c < 0xFE30); };
  for (const Value& unit : *units) {
    const auto code = model_of("builtins.ord")(m, {call.callee, std::span(&unit, 1), Value::none()});
    if (code && code->is(Kind::integer) && joins(code->as_integer())) return Value::unknown();
    if (code && code->is(Kind::integer)) python::append_normalised(out, static_cast<char32_t>(code->as_integer()));
  }
  return m.make_string(out);
}

// unicodedata.lookup(name): of the letters and digits that programs spell.
Found looked_up(Machine& m, const Call& call) {
  if (!call[0].is(Kind::string)) return std::nullopt;
  std::string name;
  for (const char c : call[0].text()) name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  const auto behind = [&](std::string_view words) { return name.size() == words.size() + 1 && name.starts_with(words) && name.back() >= 'A' && name.back() <= 'Z'; };
  if (behind("LATIN SMALL LETTER ")) return m.make_string(std::string(1, static_cast<char>(name.back() + 32)));
  if (behind("LATIN CAPITAL LETTER ")) return m.make_string(std::string(1, name.back()));
  static constexpr std::pair<std::string_view, const char*> kOthers[] = {
      {"DIGIT ZERO", "0"}, {"DIGIT ONE", "1"}, {"DIGIT TWO", "2"}, {"DIGIT THREE", "3"}, {"DIGIT FOUR", "4"}, {"DIGIT FIVE", "5"}, {"DIGIT SIX", "6"},
      {"DIGIT SEVEN", "7"}, {"DIGIT EIGHT", "8"}, {"DIGIT NINE", "9"}, {"LOW LINE", "_"}, {"SPACE", " "}, {"FULL STOP", "."}, {"HYPHEN-MINUS", "-"}};
  for (const auto& [words, sign] : kOthers) {
    if (name == words) return Value::string(sign);
  }
  return std::nullopt;
}

// inspect.signature(function): the names of its parameters.
Found signature(Machine& m, const Call& call) {
  const Value function = call[0].is(Kind::method) ? m.heap().link(call[0]).second : call[0];
  if (!function.is(Kind::function) || !m.heap().function(function).code.is(Kind::code)) return std::nullopt;
  const CodeObject& code = m.heap().code(m.heap().function(function).code);
  const auto& names = code.varnames.empty() ? code.localsplusnames : code.varnames;
  std::vector<Value> out;
  for (size_t i = call[0].is(Kind::method) ? 1 : 0; i < code.argcount + code.kwonlyargcount && i < names.size(); ++i) out.push_back(Value::string(names[i]));
  const Value maker = written_definition(m, "inspect.Signature");
  if (!maker.is_defined()) return std::nullopt;
  const Value given = m.heap().new_items(Kind::tuple, out.data(), static_cast<uint32_t>(out.size()));
  return m.call_from_code(maker, std::span(&given, 1), Value::none());
}

// copyreg.pickle(cls, function): how objects of a class of the program's own are copied.
Found copied_by(Machine& m, const Call& call) {
  if (!call[0].is(Kind::class_object) || !call[1].is(Kind::function)) return std::nullopt;
  m.heap().set_key(m.heap().class_of(call[0]).names, "__reduce__", call[1]);
  return Value::none();
}

// strftime of a text that asks for nothing is the text.
template <size_t at>
Found format_time(Machine& m, const Call& call) {
  if (call.count() <= at || !call[at].is(Kind::string)) return std::nullopt;
  const std::string_view pattern = call[at].text();
  std::string out;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '%' && (i + 1 >= pattern.size() || pattern[i + 1] != '%')) return std::nullopt;
    if (pattern[i] == '%') ++i;
    out += pattern[i];
  }
  return m.make_string(out);
}

// print() writes to what the program made or keeps in memory, be it given or put in the place of sys.stdout.
Found print_to(Machine& m, const Call& call) {
  const Value* given = m.keyword(call, "file");
  const Value file = given != nullptr && !given->is(Kind::none) ? *given : m.attribute(m.resolve("sys", ""), "stdout");
  if (!file.is(Kind::instance) && !file.is(Kind::object)) return Value::none();
  const auto word = [&](std::string_view name, std::string_view otherwise) {
    const Value* text = m.keyword(call, name);
    return text != nullptr && text->is(Kind::string) ? std::string(text->text()) : std::string(otherwise);
  };
  const std::string between = word("sep", " ");
  std::string out;
  bool sure = true;
  for (size_t i = 0; i < call.count(); ++i) {
    const auto shown = text_of(m, call[i]);
    sure = sure && shown;
    if (i > 0) out += between;
    out += shown.value_or("");
  }
  const Value text = sure ? m.make_string(out + word("end", "\n")) : Value::unknown();
  const auto write = m.raised ? std::nullopt : find_attribute(m, file, "write");
  if (write && !m.raised) m.call_from_code(*write, std::span(&text, 1), Value::none());
  return m.raised ? Value::unknown() : Value::none();
}

// breakpoint(): calls what the program put in the place of its hook.
Found call_breakpoint_hook(Machine& m, const Call& call) {
  const Value hook = m.attribute(m.resolve("sys", ""), "breakpointhook");
  if (!hook.is_known() || (hook.is(Kind::name) && m.heap().name(hook).canonical == "sys.breakpointhook")) return std::nullopt;
  return m.call_from_code(hook, call.arguments, call.keywords);
}

// sys.meta_path.insert(0, finder), append(finder): it is asked for every module from then on.
Found add_finder(Machine& m, const Call& call) {
  constexpr size_t kMost = 16;
  auto& finders = m.running().finders;
  if (call.count() > 0 && finders.size() < kMost && call[call.count() - 1].is_defined()) finders.push_back(call[call.count() - 1]);
  return std::nullopt;
}

// gc.get_objects(): the namespaces of the modules that the program imported, and whatever else lives.
Found living_objects(Machine& m, const Call& call) {
  const Value tuple = m.heap().new_items(Kind::tuple, call.arguments.data(), static_cast<uint32_t>(call.count()));
  const Value told = m.record(Op::call, call.callee, tuple, call.keywords);
  if (!told.is(Kind::object) || m.heap().growth(m.heap().object(told)).appended.size > 0) return told;
  std::vector<Value> all;
  for (uint32_t i = 0; i < m.heap().names().size(); ++i) {
    const Name& name = m.heap().names()[i];
    if (!name.retrieved || !name.qualified.empty() || knowledge::policy_of(name.canonical) != knowledge::Policy::stdlib) continue;
    all.push_back(m.resolve(name.canonical, ""));
    all.push_back(m.attribute(all.back(), "__dict__"));
  }
  all.push_back(Value::unknown_named("object"));
  m.heap().append(m.heap().grow(told).appended, all.data(), static_cast<uint32_t>(all.size()));
  return told;
}

// collections.Counter(items).most_common(n): of what it was made of.
Found most_common(Machine& m, const Call& call) {
  if (!call[0].is(Kind::object)) return std::nullopt;
  const Object counter = m.heap().object(call[0]);
  if (counter.growth != 0 || !counter.arguments.is_sequence() || m.heap().items(counter.arguments).size != 1) return std::nullopt;
  const auto items = m.iterate(m.heap().items(counter.arguments)[0]);
  if (!items || items->size() > 4096) return std::nullopt;
  std::vector<std::pair<Value, int64_t>> counts;
  for (const Value& item : *items) {
    if (!item.is_text() && !item.is(Kind::integer)) return std::nullopt;
    const auto found = std::find_if(counts.begin(), counts.end(), [&](const auto& one) { return same_key(m.heap(), one.first, item); });
    if (found != counts.end()) ++found->second;
    else counts.emplace_back(item, 1);
  }
  std::stable_sort(counts.begin(), counts.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  if (const auto most = integer_of(call[1]); call.count() > 1 && most && *most >= 0 && static_cast<size_t>(*most) < counts.size()) counts.resize(static_cast<size_t>(*most));
  std::vector<Value> out;
  for (const auto& [item, count] : counts) out.push_back(m.heap().new_tuple({item, Value::integer(count)}));
  return m.heap().new_items(Kind::list, out.data(), static_cast<uint32_t>(out.size()));
}

#define WINNOW_LOGGER(method, model) {"logging.getLogger." method, model}, {"logging.getLogger()." method, model}, {"logging.Logger." method, model}

constexpr ModelEntry kModels[] = {
    {"codecs.register", register_codec},
    {"codecs.decode", code_by_name<true>},
    {"codecs.encode", code_by_name<false>},
    {"builtins.bytes.decode", code_by_name<true>},
    {"builtins.bytearray.decode", code_by_name<true>},
    {"builtins.str.encode", code_by_name<false>},
    WINNOW_LOGGER("addHandler", add_handler),
    WINNOW_LOGGER("addFilter", add_handler),
    {"logging.Handler.setFormatter", add_handler},
    {"logging.StreamHandler.setFormatter", add_handler},
    {"logging.Handler.addFilter", add_handler},
    {"logging.StreamHandler.addFilter", add_handler},
    WINNOW_LOGGER("debug", log<1>),
    WINNOW_LOGGER("info", log<1>),
    WINNOW_LOGGER("warning", log<1>),
    WINNOW_LOGGER("error", log<1>),
    WINNOW_LOGGER("critical", log<1>),
    WINNOW_LOGGER("exception", log<1>),
    WINNOW_LOGGER("log", log<2>),
    {"logging.debug", log<0>},
    {"logging.info", log<0>},
    {"logging.warning", log<0>},
    {"logging.error", log<0>},
    {"logging.critical", log<0>},
    {"argparse.ArgumentParser.parse_args", parse_arguments},
    {"optparse.OptionParser.parse_args", parse_arguments},
    {"argparse.ArgumentParser.parse_known_args", parse_arguments},
    {"json.loads", load_json},
    {"json.load", load_json_file},
    {"copy.copy", copied<false>},
    {"copy.deepcopy", copied<true>},
    {"types.new_class", new_class},
    {"unicodedata.normalize", normalised},
    {"unicodedata.lookup", looked_up},
    {"copyreg.pickle", copied_by},
    {"inspect.signature", signature},
    {"time.strftime", format_time<0>},
    {"datetime.date.strftime", format_time<1>},
    {"datetime.datetime.strftime", format_time<1>},
    {"builtins.print", print_to},
    {"sys.meta_path.insert", add_finder},
    {"sys.meta_path.append", add_finder},
    {"builtins.breakpoint", call_breakpoint_hook},
    {"gc.get_objects", living_objects},
    {"collections.Counter.most_common", most_common},
};

}  // namespace

void ask_finders(Machine& m, std::string_view module) {
  constexpr uint32_t kMost = 4096;  // over all imports
  const Value given[] = {m.make_string(module), Value::none()};
  for (const Value& finder : std::vector<Value>(m.running().finders)) {
    for (const std::string_view hook : {"find_spec", "find_module"}) {
      const auto method = ++m.running().finder_calls < kMost ? find_attribute(m, finder, hook) : std::nullopt;
      if (method && method->is_defined()) m.call(*method, given);
      m.raised.reset();
    }
  }
}

std::span<const ModelEntry> registered_models() { return kModels; }

}  // namespace winnow::machine
