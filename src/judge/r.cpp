// Calls that R code makes. Three times are told apart: what runs as soon as an object is touched (promises, active
// bindings: `load`), calls and formulas that are kept as data and evaluated by functions of R when the model is used,
// and functions that the model carries (`code`), which do what functions do every day. What a function is given by
// whoever calls it is not the model's doing; what stands in it as a constant is.
#include <algorithm>

#include "bytes/place.h"
#include "judge/names.h"
#include "judge/signs.h"
#include "judge/source.h"
#include "judge/weigher.h"

namespace winnow::judge {
namespace {

using knowledge::Effect;
using knowledge::PayloadKind;

// Programs that functions of honest packages start: they tell something of the machine, convert, compress or build.
constexpr std::string_view kTools[] = {"uname", "nvidia-smi", "sysctl", "nproc", "lscpu", "sw_vers", "system_profiler", "which", "where", "free", "wmic", "ver",
                                       "java", "python", "python3", "pandoc", "git", "locale", "timedatectl", "lsb_release", "getconf", "Rscript", "R", "latex",
                                       "pdflatex", "dot", "gs", "convert", "clear", "cls", "diff", "patch", "cmp", "make", "cmake", "gcc", "g++", "clang", "unzip",
                                       "zip", "tar", "gzip", "gunzip", "tput", "stty", "grep", "ls", "ps", "df", "conda", "pip", "nvcc", "ffmpeg", "gnuplot"};
// Those by which attacks show or learn that they run.
constexpr std::string_view kProofs[] = {"id", "whoami", "calc", "calc.exe", "xcalc", "gnome-calculator", "notepad", "notepad.exe", "touch", "ping", "nslookup", "mspaint"};

// Variables by which R and other programs find code to run.
constexpr std::string_view kCodeVariables[] = {"LD_PRELOAD", "LD_LIBRARY_PATH", "R_PROFILE", "R_PROFILE_USER", "R_ENVIRON", "R_ENVIRON_USER", "R_LIBS", "R_LIBS_USER",
                                               "R_LIBS_SITE", "R_HOME", "PYTHONSTARTUP", "PYTHONPATH", "BASH_ENV", "RETICULATE_PYTHON", "PATH", "R_BROWSER", "PAGER", "EDITOR"};

bool is_address(std::string_view text) {
  return text.starts_with("http://") || text.starts_with("https://") || text.starts_with("ftp://") || text.starts_with("ftps://");
}

bool leaves_folder(std::string_view path) {
  return leads_outside(path) || path.starts_with('*') || path.find('$') != std::string_view::npos || path.find('%') != std::string_view::npos;
}

bool is_temporary(std::string_view path) {
  return (path.starts_with("/tmp/") || path.starts_with("/var/tmp/")) && path.find("..") == std::string_view::npos;
}

// "base::system" of "r.base.system".
std::string in_words_of_r(std::string_view canonical) {
  if (!canonical.starts_with("r.")) return std::string(canonical);  // of Python, through reticulate
  canonical.remove_prefix(2);
  const size_t dot = canonical.find('.');
  return std::string(canonical.substr(0, dot)) + "::" + std::string(canonical.substr(dot + 1));
}

// The first word of a command line without the folder that it stands in.
std::string_view program_of(std::string_view command) {
  const std::string_view word = command.substr(0, command.find_first_of(" \t\n;|&"));
  return word.substr(word.find_last_of("/\\") == std::string_view::npos ? 0 : word.find_last_of("/\\") + 1);
}

}  // namespace

void Weigher::weigh_in_r(uint32_t index, const Event& event, const Name& name) {
  const Rule* rule = rule_for(name.known->effect);
  if (rule == nullptr) return;
  std::string why(name.known->why);
  const Ruling ruling = ruling_in_r(event, name, why);
  const std::string_view threat = event.trigger == Trigger::load ? "r-promise-code" : "r-carried-code";
  const std::string callee = in_words_of_r(name.canonical);
  for (const std::string_view text : texts_of(event)) {
    if (is_address(text)) scan_.references.push_back({"url", std::string(text), callee});
  }
  add(index, {threat, ruling, std::string(rule->verb) + " when the model is loaded: " + call_text(index) + ".", std::move(why), callee});
}

Ruling Weigher::ruling_in_r(const Event& event, const Name& name, std::string& why) const {
  const bool at_load = event.trigger == Trigger::load;
  const Ruling otherwise = at_load ? Ruling::suspected : Ruling::dismissed;
  const auto payload = payload_of(event, *name.known);
  const bool known = payload && payload->is_text() && !payload->text().empty();
  const std::string_view text = known ? payload->text() : std::string_view();
  const bool placed = name.known->position >= 0 || !name.known->keyword.empty();
  if (!at_load && placed && !known && name.known->effect != Effect::process) why += " Whoever calls the function says where and what.";
  switch (name.known->effect) {
    case Effect::process:
      if (name.known->position < 0 && !known) return why += " No command is given to it.", Ruling::dismissed;
      return ruling_of_r_program(event, text, why);
    case Effect::native:
      if (at_load) return Ruling::confirmed;
      return known && leaves_folder(text) ? Ruling::suspected : Ruling::dismissed;
    case Effect::code:
      if (name.known->payload == PayloadKind::callable) {  // a class of Java, by its name
        std::string cls = "jvm." + std::string(text);
        std::replace(cls.begin(), cls.end(), '/', '.');
        return known && runs_code(knowledge::find(cls)) ? Ruling::confirmed : Ruling::dismissed;
      }
      if (name.known->payload == PayloadKind::python) {
        if (!known) return otherwise;
        return read_source(text).acting.empty() ? Ruling::dismissed : Ruling::confirmed;
      }
      if (known && is_address(text)) return Ruling::confirmed;
      if (at_load) return known ? Ruling::confirmed : Ruling::suspected;
      return Ruling::dismissed;
    case Effect::network:
      if (at_load) return Ruling::confirmed;
      if (!event.code) return why += " The call tells how the model was made; it is data.", Ruling::dismissed;
      if (text == "localhost" || text == "127.0.0.1") return Ruling::dismissed;
      if (known && name.known->payload == PayloadKind::host) return Ruling::confirmed;  // no library keeps a machine's name in a model
      return known ? Ruling::suspected : Ruling::dismissed;
    case Effect::file_read: case Effect::file_write: case Effect::file_delete: return ruling_of_r_files(event, name, why);
    case Effect::deserialise:
      if (known && is_address(text)) return at_load || event.code ? Ruling::suspected : Ruling::dismissed;
      return Ruling::dismissed;
    case Effect::environment: {
      const bool asks = last_part(name.canonical) == "getenv" || last_part(name.canonical) == "info" || name.canonical.ends_with(".commandArgs");
      if (asks || !event.keywords.is(Kind::dict)) return Ruling::dismissed;
      const Items& given = heap_.items(event.keywords);
      for (uint32_t i = 0; i + 1 < given.size; i += 2) {
        if (!given[i].is_text() || !is_one_of(kCodeVariables, given[i].text())) continue;
        if (at_load || given[i + 1].is_text()) return at_load ? Ruling::confirmed : Ruling::suspected;
      }
      return Ruling::dismissed;
    }
    default: return otherwise;
  }
}

Ruling Weigher::ruling_of_r_program(const Event& event, std::string_view command, std::string& why) const {
  if (event.trigger == Trigger::load) return Ruling::confirmed;
  if (command.empty()) return why += " Whoever calls the function gives the command.", Ruling::dismissed;
  std::string whole(command);
  for (const std::string_view text : texts_of(event)) {
    if (text.data() != command.data() && whole.size() < 4096) (whole += ' ') += text;
  }
  const std::string_view program = program_of(command);
  const bool tool = is_one_of(kTools, program);
  const bool chained = whole.find_first_of("|;&><`$\n") != std::string::npos;
  if (tool && !chained) return why += " Functions of honest packages start this program, too.", Ruling::dismissed;
  const knowledge::Command* word = knowledge::command(program);
  const SignOf sign = sign_of(whole);
  const bool strong = word != nullptr && word->strong;
  if (is_one_of(kProofs, program) || (!tool && strong) || (chained && sign.sign == Sign::command) || whole.find("://") != std::string::npos) {
    if (sign.sign == Sign::command) why += " What it is given " + sign.why + ".";
    return Ruling::confirmed;
  }
  // A call that is kept as data holds no command: honest ones tell how the model was made.
  return event.code ? Ruling::suspected : Ruling::confirmed;
}

Ruling Weigher::ruling_of_r_files(const Event& event, const Name& name, std::string& why) const {
  const bool at_load = event.trigger == Trigger::load;
  Effect effect = name.known->effect;
  const auto payload = payload_of(event, *name.known);
  std::string_view path = payload && payload->is_text() ? payload->text() : std::string_view();
  if (payload && payload->is(Kind::list)) {  // several: the first that is not the model's own
    for (const Value& one : heap_.items(*payload)) {
      if (one.is_text() && (path.empty() || leaves_folder(one.text()))) path = one.text();
    }
  }
  if (name.known->position == 0 && effect == Effect::file_write && name.known->keyword == "description") {  // file(): by its mode
    const Value* open = keyword_of(event, "open");
    const Items* given = event.arguments.is_sequence() ? &heap_.items(event.arguments) : nullptr;
    const Value mode = open != nullptr ? *open : given != nullptr && given->size > 1 ? (*given)[1] : Value::none();
    if (!mode.is_text() || mode.text().find_first_of("wa+") == std::string_view::npos) effect = Effect::file_read;
  }
  if (path.empty()) return at_load && effect == Effect::file_delete ? Ruling::suspected : Ruling::dismissed;
  if (is_address(path)) return at_load ? Ruling::confirmed : event.code ? Ruling::suspected : Ruling::dismissed;
  const auto* sensitive = knowledge::sensitive_path(path);
  for (const std::string_view text : texts_of(event)) {  // also where it is copied from
    if (sensitive == nullptr && at_load) sensitive = knowledge::sensitive_path(text);
  }
  if (sensitive != nullptr) {
    why += " It names a sensitive place: " + std::string(sensitive->why) + ".";
    return effect == Effect::file_read && !at_load ? Ruling::suspected : Ruling::confirmed;
  }
  if (effect == Effect::file_read) return Ruling::dismissed;
  if (is_temporary(path)) return at_load ? Ruling::suspected : Ruling::dismissed;
  if (!event.code && !at_load) return why += " The call tells how the model was made; it is data.", Ruling::dismissed;
  if (leaves_folder(path)) return effect == Effect::file_delete || at_load ? Ruling::confirmed : Ruling::suspected;
  return at_load ? Ruling::suspected : Ruling::dismissed;
}

}  // namespace winnow::judge
