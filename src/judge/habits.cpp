// What functions do every day and saved objects never: read and write files, set variables of the environment,
// silence warnings. Where they do it tells the honest from the rest, and what a value is made of tells where.
#include <algorithm>

#include "judge/names.h"
#include "judge/origins.h"
#include "judge/weigher.h"

namespace winnow::judge {
namespace {

using knowledge::Callable;
using knowledge::Effect;

constexpr size_t kMostParts = 128;

// Variables by which programs that start later, this one's libraries among them, find code to run.
constexpr std::string_view kLoaderVariables[] = {
    "LD_PRELOAD",    "LD_LIBRARY_PATH", "LD_AUDIT",     "PYTHONPATH",      "PYTHONHOME",    "PYTHONSTARTUP",        "PYTHONINSPECT",   "PYTHONBREAKPOINT",
    "PYTHONUSERBASE", "PYTHONWARNINGS", "BASH_ENV",     "ENV",             "PROMPT_COMMAND", "SHELL",               "IFS",             "EDITOR",
    "VISUAL",        "PAGER",           "BROWSER",      "GIT_SSH_COMMAND", "GIT_SSH",       "GIT_EXTERNAL_DIFF",    "GIT_ASKPASS",     "SSH_ASKPASS",
    "SUDO_ASKPASS",  "PERL5OPT",        "PERL5LIB",     "RUBYOPT",         "RUBYLIB",       "NODE_OPTIONS",         "NODE_PATH",       "JAVA_TOOL_OPTIONS",
    "_JAVA_OPTIONS", "CLASSPATH",       "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_CONFIG_FILE", "CC",            "CXX",             "TF_PLUGGABLE_DEVICE_LIBRARY_PATH"};
// By which it finds programs and servers; honest code sets them, too.
constexpr std::string_view kRoutes[] = {"PATH", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "HOME", "TMPDIR"};

// Files that hold data and that nobody runs.
constexpr std::string_view kData[] = {".csv", ".tsv",  ".png",  ".jpg", ".jpeg", ".gif", ".svg",   ".pdf", ".bmp", ".tif", ".tiff",
                                      ".npy", ".npz",  ".log",  ".wav", ".mp3",  ".mp4", ".avi",   ".mat", ".arff", ".parquet", ".feather", ".jsonl"};
// Files that programs run or obey.
constexpr std::string_view kCode[] = {".py", ".pyc", ".pyd", ".pth", ".so", ".dll", ".dylib", ".sh", ".bash", ".bat", ".cmd", ".ps1", ".exe", ".vbs", ".js", ".desktop",
                                      ".service", ".plist", "rc", "profile", "authorized_keys", "crontab"};

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return out;
}

bool ends_with_one_of(std::span<const std::string_view> table, std::string_view text) {
  const std::string large = upper(text);
  return std::any_of(table.begin(), table.end(), [&](std::string_view end) { return large.ends_with(upper(end)); });
}

bool is_elsewhere(std::string_view path) {
  return path.starts_with('/') || path.starts_with('\\') || path.starts_with('~') || path.starts_with('.') || path.find("..") != std::string_view::npos ||
         path.find(':') != std::string_view::npos || path.find('$') != std::string_view::npos || path.find('%') != std::string_view::npos;
}

bool leaves_temporary(std::string_view path) {
  if (path.starts_with("/tmp") || path.starts_with("/var/tmp")) return path.find("..") != std::string_view::npos;
  return path.starts_with('/') || path.starts_with('\\') || path.starts_with('~') || path.find("..") != std::string_view::npos;
}

// What joins names of files to paths says nothing of the place.
bool computes_path(std::string_view callee) {
  static constexpr std::string_view kJoiners[] = {"os.path.join", "os.path.normpath", "os.path.basename", "os.path.splitext", "os.fspath", "builtins.str", "pathlib.Path", "pathlib.PurePath"};
  return is_one_of(kJoiners, callee);
}

}  // namespace

// What a value is made of: the leaves of the calls and containers that made it.
Weigher::Parts Weigher::parts_of(Value value) const {
  Parts parts;
  std::vector<Value> pending{value};
  for (size_t i = 0; i < pending.size(); ++i) {
    if (i >= kMostParts) {
      parts.outside = true;
      break;
    }
    const Value part = pending[i];
    if (part.is_text()) {
      parts.texts.push_back(part.text());
    } else if (part.is(Kind::name)) {
      if (!computes_path(heap_.name(part).canonical)) parts.names.push_back(&heap_.name(part));
    } else if (part.is(Kind::attribute)) {
      pending.push_back(heap_.attribute(part).base);
      if (const Name* name = resolved(part); name != nullptr && !computes_path(name->canonical)) parts.names.push_back(name);
    } else if (part.is(Kind::object)) {
      const Object& object = heap_.object(part);
      for (const Value inner : {object.callee, object.arguments, object.keywords}) pending.push_back(inner);
    } else if (part.is_sequence() || part.is(Kind::dict)) {
      const Items& items = heap_.items(part);
      pending.insert(pending.end(), items.begin(), items.begin() + std::min<uint32_t>(items.size, kMostParts));
    } else if (is_open_text(part)) {
      // The whole of it, since its parts alone would say that the path begins there; and what the parts are made of.
      parts.outside = true;
      open_texts_.push_back(text_with_holes(heap_, part));
      parts.texts.push_back(open_texts_.back());
      for (const Value& inner : heap_.items(part)) {
        if (inner.is(Kind::object) || inner.is(Kind::attribute) || inner.is(Kind::name)) pending.push_back(inner);
      }
    } else if (!part.is_known() || part.is_defined()) {
      parts.outside = true;
    }
  }
  return parts;
}

// Whether a value that is not known was computed from nothing but constants, by functions that only compute: who
// writes that into a program hides what it is.
bool Weigher::hides_constant(Value value) const {
  if (!value.is(Kind::object)) return false;
  const Parts parts = parts_of(value);
  const size_t length = parts.texts.empty() ? 0 : std::max_element(parts.texts.begin(), parts.texts.end(), [](auto a, auto b) { return a.size() < b.size(); })->size();
  return !parts.outside && length >= 8 && std::none_of(parts.names.begin(), parts.names.end(), [](const Name* name) {
    return may_harm(name->known) || knowledge::policy_of(name->canonical) == knowledge::Policy::foreign;
  });
}

// Whether it was read from a file that the program put into a temporary place.
bool Weigher::comes_from_file(Value value) const {
  const Parts parts = parts_of(value);
  return std::any_of(parts.names.begin(), parts.names.end(), [](const Name* name) { return name->canonical.starts_with("tempfile."); });
}

Weigher::Where Weigher::place_of(const Event& event, const Callable& known) const {
  const auto payload = payload_of(event, known);
  Parts parts = parts_of(payload ? *payload : event.arguments);
  if (event.callee.is(Kind::attribute) || event.callee.is(Kind::object)) {  // a method: the path is in what it belongs to
    const Parts owner = parts_of(event.callee);
    parts.texts.insert(parts.texts.end(), owner.texts.begin(), owner.texts.end());
    parts.names.insert(parts.names.end(), owner.names.begin(), owner.names.end());
    parts.outside = parts.outside || owner.outside;
  }
  const auto any = [&](auto test) { return std::any_of(parts.texts.begin(), parts.texts.end(), test); };
  const auto made_by = [&](std::string_view module) {
    return std::any_of(parts.names.begin(), parts.names.end(), [&](const Name* name) { return name->canonical.starts_with(module); });
  };
  std::string joined;  // os.path.join(home, '.ssh', 'id_rsa')
  for (const std::string_view text : parts.texts) {
    if (text.size() < 256 && joined.size() < 1024) (joined += '/') += text;
  }
  if (any([](std::string_view text) { return knowledge::sensitive_path(text) != nullptr; }) || knowledge::sensitive_path(joined) != nullptr) return Where::sensitive;
  // A path that is joined to a temporary one leaves it where it is absolute or goes up.
  if (made_by("tempfile.") && !any(leaves_temporary)) return Where::temporary;
  if (any(is_elsewhere) || made_by("site.") || made_by("sysconfig.") || made_by("pathlib.Path.home")) return Where::elsewhere;
  if (any([](std::string_view text) { return ends_with_one_of(kCode, text); })) return Where::program;
  if (parts.outside || !parts.names.empty() || parts.texts.empty()) return Where::given;
  if (any([](std::string_view text) { return ends_with_one_of(kData, text); })) return Where::data;
  return Where::beside;
}

// The ruling for a function's dealings with files, nothing where the rule for the effect stands.
std::optional<Ruling> Weigher::ruling_of_files(const Event& event, const Name& name, Effect effect) const {
  static constexpr std::string_view kFolders[] = {"makedirs", "mkdir", "mkdtemp", "ensure_dir"};
  if (effect != Effect::file_read && effect != Effect::file_write && effect != Effect::file_delete) return std::nullopt;
  if (name.canonical.starts_with("tempfile.")) return Ruling::dismissed;
  const Where where = place_of(event, *name.known);
  if (where == Where::temporary) return Ruling::dismissed;
  if (effect == Effect::file_delete) return std::nullopt;
  const bool makes_folder = is_one_of(kFolders, last_part(name.canonical));
  switch (where) {
    case Where::sensitive: return Ruling::confirmed;
    case Where::temporary: return Ruling::dismissed;
    case Where::elsewhere: return effect == Effect::file_read ? std::optional(Ruling::dismissed) : makes_folder ? std::optional(Ruling::suspected) : std::nullopt;
    case Where::data: return Ruling::dismissed;
    case Where::program: return effect == Effect::file_read ? std::optional(Ruling::dismissed) : std::nullopt;
    case Where::given: {
      // Whoever calls save(path) says where it writes; a function that is called by then was called with what it got.
      const bool saves = effect == Effect::file_write && event.trigger == Trigger::inference;
      return effect == Effect::file_read || makes_folder || saves ? Ruling::dismissed : Ruling::suspected;
    }
    case Where::beside: return effect == Effect::file_read || makes_folder ? std::optional(Ruling::dismissed) : std::nullopt;
  }
  return std::nullopt;
}

// Functions that set variables of the environment, by the names of these.
std::optional<Ruling> Weigher::ruling_of_variables(const Event& event) const {
  const std::vector<Value> given = arguments_of(event);
  std::vector<Value> names;
  const Value pairs = given.empty() ? event.arguments : given[0];
  if (pairs.is(Kind::dict)) {
    const Items& items = heap_.items(pairs);
    for (uint32_t i = 0; i + 1 < items.size; i += 2) names.push_back(items[i]);
  } else if (!given.empty()) {
    names.push_back(given[0]);
  }
  if (names.empty()) return std::nullopt;
  Ruling worst = Ruling::dismissed;
  for (const Value& name : names) {
    if (!name.is_text()) {
      worst = std::max(worst, Ruling::suspected);
      continue;
    }
    const std::string variable = upper(name.text());
    if (is_one_of(kLoaderVariables, variable) || variable.starts_with("DYLD_")) return Ruling::confirmed;
    if (is_one_of(kRoutes, variable)) worst = std::max(worst, Ruling::suspected);
  }
  return worst;
}

// What a function does with the interpreter and the world as every other does; nothing where the rule stands.
constexpr std::string_view kHandlers[] = {"signal.signal", "signal.getsignal", "signal.SIG_DFL", "signal.SIG_IGN", "signal.default_int_handler"};

// A wait of a known number of seconds that nobody minds.
bool Weigher::is_short_wait(const Event& event) const {
  constexpr double kLongest = 600;
  const std::vector<Value> given = arguments_of(event);
  if (given.size() != 1) return false;
  if (given[0].is(Kind::integer)) return given[0].as_integer() >= 0 && static_cast<double>(given[0].as_integer()) <= kLongest;
  return given[0].is(Kind::real) && given[0].as_real() <= kLongest;
}

// A handler that the program writes itself, and so was run, or the one that stood there before.
bool Weigher::handles_itself(const Event& event) const {
  const std::vector<Value> given = arguments_of(event);
  if (given.size() != 2) return false;
  if (given[1].is(Kind::function)) return true;
  const Name* maker = given[1].is(Kind::object) ? resolved(heap_.object(given[1]).callee) : resolved(given[1]);
  return maker != nullptr && is_one_of(kHandlers, maker->canonical);
}

std::optional<Ruling> Weigher::ruling_of_habit(const Event& event, const Name& name, Effect effect) const {
  static constexpr std::string_view kSetters[] = {"os.putenv", "os.environ.setdefault", "os.environ.update", "os.environ.__setitem__", "os.unsetenv", "os.environ.pop"};
  static constexpr std::string_view kOwn[] = {"sys.setrecursionlimit", "warnings.catch_warnings", "warnings.simplefilter", "warnings.filterwarnings",
                                              "warnings.resetwarnings", "sys.setswitchinterval"};
  // Waiting for what it has started itself: what that does is told.
  static constexpr std::string_view kWaits[] = {"threading.Thread.join", "multiprocessing.Process.join", "multiprocessing.process.BaseProcess.join"};
  if (is_one_of(kOwn, name.canonical) || is_one_of(kWaits, name.canonical)) return Ruling::dismissed;
  // A debugger that somebody left in a function waits for them, not for an attacker.
  if (effect == Effect::input && last_part(name.canonical) == "set_trace" && arguments_of(event).empty()) return Ruling::dismissed;
  if (name.canonical == "asyncio.sleep" && is_short_wait(event)) return Ruling::dismissed;
  if (name.canonical == "signal.signal" && handles_itself(event)) return Ruling::dismissed;
  if (is_one_of(kSetters, name.canonical)) return ruling_of_variables(event);
  return ruling_of_files(event, name, effect);
}

// keras.utils.get_file of weights that the authors of Keras publish.
bool Weigher::fetches_published_weights(const Event& event, const Name& name) const {
  static constexpr std::string_view kPublishers[] = {"https://storage.googleapis.com/tensorflow/", "https://storage.googleapis.com/keras-applications/",
                                                     "https://storage.googleapis.com/download.tensorflow.org/", "https://github.com/keras-team/",
                                                     "https://github.com/fchollet/deep-learning-models/releases/"};
  static constexpr std::string_view kWeights[] = {".h5", ".keras", ".npz", ".weights"};
  if (last_part(name.canonical) != "get_file") return false;
  bool published = false;
  for (const std::string_view text : texts_of(event)) {
    if (text.find("://") == std::string_view::npos) continue;
    if (text.find("..") != std::string_view::npos || !starts_with_one_of(kPublishers, text) || !ends_with_one_of(kWeights, text)) return false;
    published = true;
  }
  return published;
}

// numpy.load reads arrays alone, unless it is told to allow pickles.
bool Weigher::loads_arrays_only(const Event& event, const Name& name) const {
  static constexpr std::string_view kLoaders[] = {"numpy.load", "numpy.lib.npyio.load", "numpy.lib._npyio_impl.load"};
  if (!is_one_of(kLoaders, name.canonical)) return false;
  const Value* allowed = keyword_of(event, "allow_pickle");
  if (allowed != nullptr) return allowed->is(Kind::boolean) && !allowed->as_boolean();
  return !event.keywords.is(Kind::unknown) && arguments_of(event).size() <= 2;
}

}  // namespace winnow::judge
