// Calls of what has a name: by what is known of it, else by where it lives and by what it is given.
#include <algorithm>
#include <utility>

#include "bytes/place.h"
#include "core/print.h"
#include "judge/names.h"
#include "judge/signs.h"
#include "judge/weigher.h"

namespace winnow::judge {

using knowledge::Callable;
using knowledge::Effect;
using knowledge::Policy;

void Weigher::weigh_call(uint32_t index, const Event& event) {
  const Name* name = resolved(event.callee);
  if (name == nullptr) return weigh_made(index, event);
  if (event.code && opens_door(name->last)) return weigh_door(index, std::string(name->canonical));
  const bool fills = fills_state(*name);
  if (fills) weigh_filled(index, event, *name);
  if (is_trusted(name->known)) {
    if (!fills && event.callee.is(Kind::name)) weigh_trusted(index, event);
    if (!event.callee.is(Kind::name) && !event.code && !weigh_binding(index, event, name->canonical) && may_grow(event.callee)) {
      weigh_size(index, event, name->canonical);
    }
    return;
  }
  if (event.nested != 0) return weigh_load(index, event, *name);
  if (trace_.threat == "custom-operator") return weigh_operator(index, event, *name);
  if (name->known != nullptr) return weigh_known(index, event, *name);
  weigh_unknown(index, event, *name);
}

// What only computes can still harm by the size of its result, and what prepares a call for later by what
// that call will be given.
void Weigher::weigh_trusted(uint32_t index, const Event& event) {
  static constexpr std::string_view kPreparing = "operator.methodcaller";
  static constexpr std::string_view kBinders[] = {"functools.partial", "operator.attrgetter", "operator.itemgetter"};
  const std::string_view callee = heap_.name(event.callee).canonical;
  if (callee == kPreparing) {
    weigh_arguments(index, event, callee, Role::function);
    return;
  }
  if (weigh_binding(index, event, callee)) return;
  if (is_one_of(kBinders, callee)) {
    return add(index, {"-callback", Ruling::dismissed, "Prepares a call with " + std::string(callee) + ".",
                       "It only binds what it is given; a call of the result is judged where it stands.", callee});
  }
  if (may_grow(event.callee)) weigh_size(index, event, callee);
}

void Weigher::weigh_known(uint32_t index, const Event& event, const Name& name) {
  const Callable& known = *name.known;
  const bool only_reads = known.effect == Effect::file_write && opens_for_reading(event, name);
  if (trace_.dialect == "tensorflow" || trace_.dialect == "torchscript") return weigh_operation(index, event, name);
  if (trace_.dialect == "r") return weigh_in_r(index, event, name);
  const bool arrays = event.code && loads_arrays_only(event, name);
  const Effect effect = only_reads || arrays ? Effect::file_read : known.effect;
  const Rule* rule = rule_for(effect);
  if (rule == nullptr) return;
  if (event.op == Op::construct) return weigh_bare_instance(index, name, *rule);
  switch (known.effect) {
    case Effect::code: return weigh_code(index, event, name);
    case Effect::deserialise:
      if (!arrays) return weigh_load(index, event, name);
      break;
    case Effect::fetch_model: return weigh_fetch(index, event, name);
    case Effect::import:
      // The importers of dill and cloudpickle only bring back what a function needs.
      if (is_function_pickler(name.canonical) || weigh_imported_file(index, event, name)) return;
      break;
    case Effect::tamper:
      if (name.canonical == "copyreg.pickle" && event.arguments.is_sequence() && heap_.items(event.arguments).size > 0 &&
          heap_.items(event.arguments)[0].is(Kind::class_object)) {
        return add(index, {rule->threat, Ruling::dismissed, "Tells how objects of a class of its own are copied and pickled: " + call_text(index) + ".",
                           "Objects of other classes are copied as before; what the function does is told by itself.", name.canonical});
      }
      break;
    case Effect::file_write:
      if (opens_no_file(event, known)) return;
      break;
    default: break;
  }
  Ruling ruling = rule->called;
  if (event.code && effect == Effect::network && fetches_published_weights(event, name)) ruling = Ruling::dismissed;
  if (event.code && is_ordinary_in_code(event, name.canonical, effect)) ruling = Ruling::dismissed;
  if (event.code && trace_.dialect != "template") ruling = ruling_of_habit(event, name, effect).value_or(ruling);
  if (event.code && trace_.dialect == "python") ruling = ruling_in_module(name, effect, ruling);
  if (effect == Effect::call) ruling = ruling_of_callback(event, name, ruling);
  // Scripts of data sets download them, by the functions of libraries that are there for it.
  if (event.code && is_configuration() && effect == Effect::network && knowledge::policy_of(name.canonical) == Policy::framework) ruling = Ruling::dismissed;
  if (!event.code && is_configuration() && ruling != Ruling::dismissed) {
    const bool runner = effect == Effect::call && ruling == Ruling::confirmed;
    if (!runner) ruling = ruling_in_configuration(event, name, effect).value_or(ruling);
  }
  if (effect == Effect::file_read) {
    // Functions read what they are given, and files of their own; reading alone takes nothing away.
    if (event.code && ruling != Ruling::confirmed) ruling = Ruling::dismissed;
    for (const std::string_view text : texts_of(event)) {
      if (knowledge::sensitive_path(text) != nullptr) ruling = Ruling::confirmed;
    }
    for (const std::string& text : open_texts_of(event)) {
      if (knowledge::sensitive_path(text) != nullptr) ruling = Ruling::confirmed;
    }
  }
  add(index,
      {rule->threat, ruling, std::string(rule->verb) + " when the model is loaded: " + call_text(index) + ".",
       std::string(known.why), name.canonical});
}

// Modules are programs: their top level reads settings, silences warnings, registers what is done in the end, and gives
// up where it cannot run.
Ruling Weigher::ruling_in_module(const Name& name, Effect effect, Ruling otherwise) {
  static constexpr std::string_view kOwnAffairs[] = {"warnings", "atexit", "gc", "readline"};
  const std::string_view canonical = name.canonical;
  if (effect == Effect::environment || effect == Effect::file_read) return Ruling::dismissed;
  if (canonical == "sys.exit" || canonical == "builtins.exit" || canonical == "builtins.quit") return Ruling::dismissed;
  if (effect != Effect::tamper) return otherwise;
  return is_one_of(kOwnAffairs, canonical.substr(0, canonical.find('.'))) ? Ruling::dismissed : Ruling::suspected;
}

// What a saved object has no use for, and every other function does: looking at objects, importing by name, reading
// settings, seeding random numbers. What comes of it is judged where it is used.
bool Weigher::is_ordinary_in_code(const Event& event, std::string_view callee, Effect effect) const {
  static constexpr std::string_view kSeeds[] = {"seed", "set_seed", "manual_seed", "set_random_seed"};
  static constexpr std::string_view kSettings[] = {"os.getenv", "os.environ.get", "os.environ.__getitem__", "os.getcwd", "os.cpu_count",
                                                   "platform.system", "platform.python_version", "os.environ.keys", "shutil.get_terminal_size"};
  if (is_one_of(kSeeds, last_part(callee)) || is_one_of(kSettings, callee) || callee.starts_with("os.path.")) return true;
  if (callee.starts_with("gc.get_")) return false;  // everything that lives, whoever made it
  if (effect != Effect::introspect && effect != Effect::import) return false;
  const std::vector<std::string_view> texts = texts_of(event);
  return std::none_of(texts.begin(), texts.end(), opens_door);
}

// __new__ alone does not run what the constructor does.
void Weigher::weigh_bare_instance(uint32_t index, const Name& name, const Rule& rule) {
  const std::string summary = "Holds an instance of " + std::string(name.canonical) + ".";
  // Of frameworks, many a class reads or runs something in its constructor, and its objects are saved all the same.
  const bool framework = knowledge::policy_of(name.canonical) == Policy::framework && name.known->effect != Effect::tamper;
  if (framework || (!runs_code(name.known) && name.known->effect != Effect::tamper)) {
    return add(index, {rule.threat, Ruling::dismissed, summary,
                       "The object is made without its constructor, which alone would act.", name.canonical});
  }
  add(index, {"-dangerous-reference", Ruling::suspected, summary,
              std::string(name.known->why) +
                  " The object is made without its constructor, but no honest model holds one.",
              name.canonical});
}

// What is called by name stands as an event of its own and is judged there.
Ruling Weigher::ruling_of_callback(const Event& event, const Name& name, Ruling otherwise) const {
  const auto payload = payload_of(event, *name.known);
  if (payload && names_code_runner(*payload)) return Ruling::confirmed;
  // Wherever among the arguments it stands: an object's method counts them in another way than its class does.
  if (!event.code && held_among(arguments_of(event), [](const Name& one) { return runs_code(one.known) && !names_class(one.canonical); }) != nullptr) return Ruling::confirmed;
  if (!event.code && payload && held_among({*payload}, [](const Name& one) { return runs_code(one.known); }) != nullptr) return Ruling::confirmed;
  if (event.code) {
    // What code hands on and the machine can run was run, and stands as events.
    const std::vector<Value> given = arguments_of(event);
    const bool runner = std::any_of(given.begin(), given.end(), [&](Value one) { return names_code_runner(one); });
    return runner ? Ruling::confirmed : Ruling::dismissed;
  }
  // Libraries hand their own functions to their own; the standard library's callbacks run what no model needs run.
  const Name* handed = payload ? named(*payload) : nullptr;
  if (handed != nullptr && (is_trusted(handed->known) || knowledge::policy_of(name.canonical) != Policy::stdlib)) {
    return Ruling::dismissed;
  }
  return is_function_pickler(name.canonical) ? Ruling::dismissed : otherwise;
}

// The statement of a call without the variable that takes its result.
std::string Weigher::call_text(uint32_t index) {
  std::string text = printer().statement(index);
  const size_t equals = text.find(" = ");
  if (equals != std::string::npos && text.starts_with("_var")) text.erase(0, equals + 3);
  return text;
}

// open(path) and open(path, 'rb') read; any other mode writes.
bool Weigher::opens_for_reading(const Event& event, const Name& name) const {
  static constexpr std::string_view kOpeners[] = {"open", "FileIO", "file", "netcdf_file"};
  if (!is_one_of(kOpeners, last_part(name.canonical))) return false;
  const auto mode_in = [](Value given) { return given.is_text() ? given.text() : std::string_view("?"); };
  std::string_view mode = "r";
  const uint32_t position = name.canonical.starts_with("pathlib.") ? 0 : 1;
  if (event.arguments.is_sequence() && heap_.items(event.arguments).size > position) {
    mode = mode_in(heap_.items(event.arguments)[position]);
  }
  if (const Value* given = keyword_of(event, "mode")) mode = mode_in(*given);
  return mode.find_first_not_of("rbtU") == std::string_view::npos;
}

// No path at all, or <stdout> and kin: streams that are open already.
bool Weigher::opens_no_file(const Event& event, const Callable& known) const {
  const auto payload = payload_of(event, known);
  if (payload && payload->is(Kind::none)) return true;
  if (!payload && known.position < 0 && !known.keyword.empty()) return true;  // print(..., file=None) and its kin
  return payload && payload->is_text() && payload->text().starts_with('<') && payload->text().ends_with('>');
}

// {% include %}, {% import %}: loaders of models give templates no folder to take others from, and chat templates have none.
void Weigher::weigh_include(uint32_t index, const Event& event) {
  const auto given = arguments_of(event);
  if (given.empty()) return;
  const bool text = given[0].is_text();
  const bool secret = text && (knowledge::sensitive_path(given[0].text()) != nullptr || leads_outside(given[0].text()));
  const bool chosen = !text && trace_.artifacts.front().hint == Hint::jinja_template;
  add(index, {"-code-execution", secret || chosen ? Ruling::suspected : Ruling::dismissed,
              text ? "Takes in another template: " + quoted(given[0].text(), false) + "." : "Takes in another template, by a name that is computed.",
              secret || chosen ? "No honest template does so; where a loader has a folder of templates, a file of the machine is read into what the model is told." : "Loaders of models give templates no folder, so that nothing is found.",
              "jinja.include"});
}

// Callables of which knowledge says nothing: by where they live and what they are given.
void Weigher::weigh_unknown(uint32_t index, const Event& event, const Name& name) {
  static constexpr std::string_view kNew = ".__new__";  // a class's own, called by name
  const std::string callee(name.canonical);
  // What other templates define, a template calls with texts of any kind.
  if (name.canonical == "jinja.include") return weigh_include(index, event);
  if (name.canonical.starts_with("jinja.include")) return;
  // Methods of texts and lists do nothing but compute, whatever they are given.
  if (event.code && is_builtin(name.canonical) && std::count(callee.begin(), callee.end(), '.') > 1) return;
  // Messages may name whatever they like.
  static constexpr std::string_view kTelling[] = {"warnings.", "logging.", "absl.logging.", "traceback.", "pprint."};
  if (event.code && starts_with_one_of(kTelling, callee)) return;
  std::string_view type = name.canonical;
  if (type.ends_with(kNew)) type.remove_suffix(kNew.size());
  const bool constructs = event.op == Op::construct || names_class(type);
  if (weigh_arguments(index, event, callee, constructs ? Role::type : Role::function)) return;
  // Among functions, numpy.append and its kin are what they are called.
  if (changes_module_state(name) && (!event.code || knowledge::policy_of(callee) == Policy::stdlib)) {
    return add(index,
               {"-runtime-tampering", Ruling::suspected,
                "Changes what belongs to a module: " + callee + "() when the model is loaded.",
                "A list, dict or set of another module is emptied or filled; that is how programs, scanners "
                "among them, are led astray.",
                callee});
  }
  // Functions call what they like; a saved object is made by a few functions of its own library.
  if (event.code) return;
  const std::string summary = "Calls " + callee + " when the model is loaded.";
  const Policy policy = knowledge::policy_of(name.canonical);
  if (is_configuration() && (policy != Policy::stdlib || is_ordinary_in_code(event, callee, Effect::pure))) return;
  if (policy == Policy::stdlib) {
    return add(index,
               {"-unusual-call", Ruling::suspected, summary,
                "It belongs to Python's standard library, and no model library puts a call of it into a "
                "saved model.",
                callee});
  }
  if (policy == Policy::framework && !constructs && !rebuilds(name.canonical)) {
    if (const Callable* same = moved_function(event.callee)) {
      const Rule* rule = rule_for(same->effect);
      return add(index, {rule->threat, rule->called, summary,
                         std::string(same->why) + " Libraries move their functions: this one has the name of " + std::string(same->name) + ".", callee});
    }
    return add(index,
               {"-unusual-call", Ruling::suspected, summary,
                "It is a function of a library, but none that the library itself puts into saved models.",
                callee});
  }
}

// A function that runs code or programs and has the same name elsewhere in the same library; null where there is none,
// or where those that share the name do different things. Asked once for each name.
const Callable* Weigher::moved_function(Value callee) {
  constexpr size_t kTelling = 8;  // shorter names are everybody's: load, run, main
  if (!callee.is(Kind::name)) return nullptr;
  const auto [found, fresh] = moved_.try_emplace(callee.index(), nullptr);
  if (!fresh) return found->second;
  const std::string_view name = heap_.name(callee).canonical;
  const std::string_view last = last_part(name);
  if (last.size() < kTelling) return nullptr;
  for (const Callable& one : knowledge::members_of(name.substr(0, name.find('.')))) {
    if (last_part(one.name) != last) continue;
    if (!runs_code(&one)) return found->second = nullptr;
    found->second = &one;
  }
  return found->second;
}

// Whether the arguments alone told against the call; if so, that is written down.
bool Weigher::weigh_arguments(uint32_t index, const Event& event, std::string_view callee, Role role) {
  if (weigh_callbacks(index, event, callee)) return true;
  const Policy policy = knowledge::policy_of(callee);
  // Text is what some classes hold: strings of documents, prompts, tokens.
  if (event.op == Op::construct || (role == Role::type && policy == Policy::framework)) return false;
  for (const std::string_view text : texts_of(event)) {
    const SignOf sign = sign_of(text);
    if (sign.sign == Sign::none) continue;
    // Objects keep addresses and places as data; functions are given them to use.
    if (role == Role::type && (sign.sign == Sign::url || sign.sign == Sign::path)) continue;
    // A library's functions, and one's own, download the data that a configuration names.
    const bool named = is_configuration() && policy != Policy::stdlib;
    if (sign.sign == Sign::url) refer_to(event, text, "url", callee);
    if (named && (sign.sign == Sign::url || sign.sign == Sign::path)) continue;
    // A library's function that is given code or a command runs it; of the user's own that is only likely.
    const bool runs = (sign.sign == Sign::command || sign.sign == Sign::code) && policy != Policy::foreign;
    add(index,
        {"-suspicious-argument", runs ? Ruling::confirmed : Ruling::suspected,
         "Calls " + std::string(callee) + " with an argument that " + sign.why + ".",
         "Nothing is known of " + std::string(callee) + "; what it is given is what an attack would give it.",
         callee});
    return true;
  }
  return false;
}

// A trusted callable that is given a function which acts: a default factory, a key, a partial. Nothing is called
// yet as far as is known, and nothing honest prepares it. Functions that dill and cloudpickle save refer to what
// they like.
bool Weigher::weigh_binding(uint32_t index, const Event& event, std::string_view callee) {
  if (!holds_actors_ || event.op == Op::construct || is_function_pickler(callee)) return false;
  const Name* given = held_among(arguments_of(event), is_actor);
  if (given == nullptr) return false;
  const bool calls = runs_code(given->known) && !is_binder(callee) && !is_for_functions(*given);
  add(index, {"-callback", calls ? Ruling::confirmed : Ruling::suspected,
              "Gives " + std::string(given->canonical) + " to " + std::string(callee) + ".",
              std::string(given->known->why) + " It is bound here and may be called by whoever uses the result.",
              given->canonical});
  return true;
}

// A function that runs code, given to what may call it. What a partial holds is handed over with it.
bool Weigher::weigh_callbacks(uint32_t index, const Event& event, std::string_view callee) {
  const std::vector<Value> given = arguments_of(event);
  const auto direct = std::find_if(given.begin(), given.end(), [&](Value one) { return names_code_runner(one); });
  const Name* held = direct != given.end() ? named(*direct)
                     : event.code ? nullptr : held_among(given, [](const Name& one) { return runs_code(one.known) && !names_class(one.canonical); });
  if (held == nullptr) return false;
  const std::string handed(held->canonical);
  add(index,
      {"-callback", Ruling::confirmed, "Hands " + handed + " to " + std::string(callee) + ".",
       "A function that runs code or programs is given to a callable when the model is loaded.", handed});
  return true;
}

}  // namespace winnow::judge
