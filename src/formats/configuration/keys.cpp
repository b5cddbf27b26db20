#include "formats/configuration/keys.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace winnow::configuration {
namespace {

enum class Weight : uint8_t { certain, likely, nothing };

struct KeyName {
  std::string_view name;
  Key key;
  Weight weight;
};

using enum Weight;

// Sorted by name.
constexpr KeyName kKeys[] = {
    {"()", Key::factory, certain},
    {"__kind__", Key::kind, certain},
    {"_args", Key::arguments, nothing},
    {"_args_", Key::arguments, nothing},
    {"_attn_implementation", Key::attention, certain},
    {"_attn_implementation_internal", Key::attention_internal, certain},
    {"_class_name", Key::class_name, certain},
    {"_component_", Key::component, certain},
    {"_diffusers_version", Key::diffusers_version, certain},
    {"_experts_implementation", Key::attention, certain},
    {"_experts_implementation_internal", Key::attention_internal, certain},
    {"_name_or_path", Key::name_or_path, certain},
    {"_partial_", Key::partial, nothing},
    {"_target_", Key::hydra_target, certain},
    {"_type", Key::prompt_type, likely},
    {"activation_fn", Key::activation_fn, likely},
    {"activation_function", Key::activation_function, likely},
    {"architectures", Key::architectures, certain},
    {"args", Key::arguments, nothing},
    {"attn_implementation", Key::attention, certain},
    {"authorized_imports", Key::authorized_imports, likely},
    {"auto_map", Key::auto_map, certain},
    {"auto_mapping", Key::auto_mapping, certain},
    {"backbone", Key::backbone, likely},
    {"backend-path", Key::backend_path, likely},
    {"base_model_class", Key::base_model_class, nothing},
    {"base_model_name_or_path", Key::base_model, certain},
    {"build-backend", Key::build_backend, likely},
    {"characters_class", Key::characters_class, certain},
    {"class", Key::class_, nothing},
    {"class_path", Key::class_path, certain},
    {"class_type", Key::class_type, likely},
    {"code", Key::code, nothing},
    {"custom_generate", Key::custom_generate, certain},
    {"custom_pipelines", Key::custom_pipelines, certain},
    {"download", Key::download, likely},
    {"entrypoint", Key::entrypoint, likely},
    {"feature_extractor_type", Key::processor_type, certain},
    {"flavors", Key::flavors, certain},
    {"handler", Key::handler, likely},
    {"id", Key::id, nothing},
    {"idx", Key::idx, likely},
    {"image_processor_type", Key::processor_type, certain},
    {"impl", Key::impl, nothing},
    {"implementation", Key::implementation, likely},
    {"import_path", Key::import_path, likely},
    {"imports", Key::monai_imports, likely},
    {"init_args", Key::init_args, nothing},
    {"initializeCommand", Key::lifecycle, likely},
    {"inputs", Key::inputs, nothing},
    {"install", Key::lifecycle, likely},
    {"kwargs", Key::keywords, nothing},
    {"lc", Key::lc, likely},
    {"loader_module", Key::loader_module, certain},
    {"logits_processors", Key::logits_processors, likely},
    {"megatron_core", Key::megatron_core, certain},
    {"middleware", Key::middleware, likely},
    {"modelFile", Key::model_file, likely},
    {"model_code_path", Key::model_code_path, certain},
    {"model_type", Key::model_type, certain},
    {"onCreateCommand", Key::lifecycle, likely},
    {"params", Key::params, likely},
    {"parent_library", Key::parent_library, certain},
    {"peft_type", Key::peft_type, certain},
    {"plugins", Key::plugins, likely},
    {"postAttachCommand", Key::lifecycle, likely},
    {"postCreateCommand", Key::lifecycle, likely},
    {"postStartCommand", Key::lifecycle, likely},
    {"postinstall", Key::lifecycle, likely},
    {"predict", Key::predict, likely},
    {"preinstall", Key::lifecycle, likely},
    {"prepare", Key::lifecycle, likely},
    {"processor_class", Key::processor_class, certain},
    {"prompt_tuning_init", Key::prompt_tuning_init, nothing},
    {"py/function", Key::py_function, certain},
    {"py/object", Key::py_object, certain},
    {"py/reduce", Key::py_reduce, certain},
    {"py/repr", Key::py_repr, certain},
    {"py/type", Key::py_type, certain},
    {"py_modules", Key::py_modules, nothing},
    {"python_function", Key::python_function, certain},
    {"python_model", Key::python_model, certain},
    {"quantization_config", Key::quantization, nothing},
    {"requirementsFile", Key::requirements_file, likely},
    {"runOptions", Key::run_options, likely},
    {"runtime_env", Key::runtime_env, likely},
    {"sbert_ce_default_activation_function", Key::sbert_activation, certain},
    {"script_url", Key::script_url, likely},
    {"service", Key::service, likely},
    {"setup_script", Key::setup_script, likely},
    {"source_code", Key::source_code, likely},
    {"target", Key::target, likely},
    {"template_format", Key::template_format, likely},
    {"template_path", Key::template_path, likely},
    {"tokenizer_class", Key::tokenizer_class, certain},
    {"tokenizer_kwargs", Key::tokenizer_kwargs, nothing},
    {"tokenizer_name_or_path", Key::tokenizer_name, nothing},
    {"transformers_version", Key::transformers_version, certain},
    {"trust-remote-code", Key::trust_remote_code, certain},
    {"trust_remote_code", Key::trust_remote_code, certain},
    {"type", Key::type, nothing},
    {"updateContentCommand", Key::lifecycle, likely},
    {"widgets_values", Key::widgets_values, likely},
    {"working_dir", Key::working_dir, nothing},
};

constexpr size_t kLongestKey = 64;

static_assert(std::is_sorted(std::begin(kKeys), std::end(kKeys), [](const KeyName& a, const KeyName& b) { return a.name < b.name; }));

const KeyName* find_key(std::string_view name) {
  const auto at = std::lower_bound(std::begin(kKeys), std::end(kKeys), name, [](const KeyName& row, std::string_view key) { return row.name < key; });
  return at != std::end(kKeys) && at->name == name ? at : nullptr;
}

// Modules of Python's library whose members act. A text that begins with one and a dot may be the name of a function
// where some loader, known or not, looks for one.
constexpr std::string_view kActing[] = {"__builtin__", "builtins", "code",  "commands", "ctypes", "importlib", "multiprocessing", "nt",
                                        "os",          "pdb",      "pickle", "posix",    "pty",    "runpy",     "shutil",          "socket",
                                        "subprocess",  "sys",      "timeit", "urllib",   "webbrowser"};

bool begins_acting(std::string_view value) {
  const size_t dot = value.substr(0, 18).find_first_of(".:");
  return dot != std::string_view::npos && std::binary_search(std::begin(kActing), std::end(kActing), value.substr(0, dot));
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// A quoted key with its escapes undone, where these are plain ASCII: \u005f and YAML's \x5f.
std::string unescaped(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\' || at + 1 >= text.size()) {
      out += text[at];
      continue;
    }
    const char kind = text[++at];
    const size_t digits = kind == 'u' ? 4 : kind == 'x' ? 2 : kind == 'U' ? 8 : 0;
    uint32_t code = digits == 0 ? static_cast<unsigned char>(kind) : 0;
    for (size_t i = 0; i < digits; ++i) {
      const int digit = at + 1 < text.size() ? hex_digit(text[at + 1]) : -1;
      if (digit < 0) return {};
      code = code * 16 + static_cast<uint32_t>(digit);
      ++at;
    }
    out += code < 0x80 ? static_cast<char>(code) : '?';
  }
  return out;
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// The key that ends before the colon at `colon`: in quotes, or a plain word.
std::string_view key_before(std::string_view text, size_t colon) {
  size_t end = colon;
  while (end > 0 && is_blank(text[end - 1])) --end;
  if (end == 0) return {};
  const char quote = text[end - 1];
  const size_t floor = end > kLongestKey * 2 ? end - kLongestKey * 2 : 0;
  size_t start = end - 1;
  if (quote == '"' || quote == '\'') {
    while (start > floor && text[start - 1] != quote) --start;
    return start > floor || (start > 0 && text[start - 1] == quote) ? text.substr(start, end - 1 - start) : std::string_view();
  }
  start = end;
  while (start > floor && !is_blank(text[start - 1]) && text[start - 1] != '{' && text[start - 1] != ',') --start;
  return text.substr(start, end - start);
}

std::string_view value_behind(std::string_view text, size_t colon) {
  size_t at = colon + 1;
  while (at < text.size() && is_blank(text[at])) ++at;
  if (at < text.size() && (text[at] == '"' || text[at] == '\'')) ++at;
  return text.substr(at, 32);
}

void weigh_key(Marks& marks, std::string_view key) {
  if (key.size() > kLongestKey * 2 || key.empty()) return;
  std::string decoded;
  if (key.find('\\') != std::string_view::npos) {
    decoded = unescaped(key);
    key = decoded;
  }
  if (key.size() > kLongestKey) return;
  if (const KeyName* known = find_key(key)) {
    marks.certain = marks.certain || known->weight == certain;
    marks.likely = marks.likely || known->weight != nothing;
  } else if (key.find("template") != std::string_view::npos || key.ends_with("kwargs")) {
    marks.likely = true;
  }
}

// A tag where a token may begin: of Python, of HyperPyYAML, by a handle that a directive has set, or in escapes.
bool is_maker_tag(std::string_view text, size_t at) {
  if (at > 0 && !is_blank(text[at - 1]) && std::strchr("[{,:-?", text[at - 1]) == nullptr) return false;
  const std::string_view tag = text.substr(at, std::min(text.find_first_of(" \t\r\n", at), at + 200) - at);
  for (const std::string_view maker : {"!!python", "!<", "!new:", "!apply:", "!name:", "!applyref:", "!module:", "!include:"}) {
    if (tag.starts_with(maker)) return true;
  }
  return tag.size() > 1 && tag.find('%') != std::string_view::npos;
}

}  // namespace

Key key_of(std::string_view name) {
  if (name.size() > kLongestKey) return Key::none;
  if (const KeyName* known = find_key(name)) return known->key;
  if (name.starts_with("py/")) return Key::py_other;
  return name.find("template") != std::string_view::npos ? Key::template_ : Key::none;
}

Members::Members(const Document& document, const Node& map) {
  at_.fill(kNone);
  for (uint32_t i = 0; i + 1 < map.count; i += 2) {
    const Node& name = document[document.child(map, i)];
    if (name.kind != NodeKind::text) continue;
    const Key key = key_of(name.text);
    if (key == Key::none) continue;
    at_[static_cast<size_t>(key)] = document.child(map, i + 1);
    any_ = true;
  }
}

Marks look(std::string_view text) {
  constexpr size_t kMostKeys = size_t{1} << 24;  // bytes in which keys that are only likely are looked for
  Marks marks;
  for (size_t at = text.find(':'); at != std::string_view::npos && !marks.certain; at = text.find(':', at + 1)) {
    weigh_key(marks, key_before(text, at));
    if (!marks.likely && at < kMostKeys && begins_acting(value_behind(text, at))) marks.likely = true;
  }
  if (text.size() > kMostKeys) marks.likely = marks.certain;
  for (size_t at = text.find('!'); at != std::string_view::npos && !marks.tags; at = text.find('!', at + 1)) marks.tags = is_maker_tag(text, at);
  marks.tags = marks.tags || text.find("%TAG ") != std::string_view::npos;
  marks.expressions = text.find("\"$") != std::string_view::npos || text.find("'$") != std::string_view::npos;
  marks.templates = text.find("{{") != std::string_view::npos || text.find("{%") != std::string_view::npos;
  return marks;
}

}  // namespace winnow::configuration
