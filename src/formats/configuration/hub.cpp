// Model repositories as the libraries of Hugging Face read them: what code comes with a model, what code another
// repository is asked for, and who has to agree to that.
//
// auto_map, custom_pipelines, classes of diffusers and of sentence-transformers run only where whoever loads the model
// says trust_remote_code=True, in the versions of today. Every honest model with an architecture of its own has them, and
// transformers itself writes the other repository's name into each copy that is made of one. What they lead to is
// told; the files of this repository are judged for themselves.
//
// Not asked: attention kernels that a configuration names (CVE-2026-4372), and whatever a configuration agrees to in
// its reader's place (CVE-2026-5241; the tokenizer of prompt tuning in peft).
// Source: transformers dynamic_module_utils.py, integrations/hub_kernels.py; diffusers pipeline_loading_utils.py;
// sentence_transformers util/misc.py; peft auto.py, tuners/prompt_tuning/model.py.
#include <algorithm>

#include "core/print.h"
#include "formats/configuration/reading.h"

namespace winnow::configuration {
namespace {

bool is_one_of(std::span<const std::string_view> table, std::string_view word) { return std::find(table.begin(), table.end(), word) != table.end(); }

// The pattern by which transformers knows a kernel: owner/name, a revision, a function, and a wrapper before.
bool is_kernel(std::string_view text) {
  const size_t slash = text.find('/');
  return slash != std::string_view::npos && slash > 0 && slash + 1 < text.size() && text.find('/', slash + 1) == std::string_view::npos &&
         text.substr(0, slash).find(':') == std::string_view::npos && text[slash + 1] != ':' && text.find("://") == std::string_view::npos;
}

// "owner/name" of a hub, and no path of somebody's machine.
bool is_repository(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 >= text.size() || text.size() > 200) return false;
  if (text.find('/', slash + 1) != std::string_view::npos || text.front() == '.' || text.front() == '~' || text.find('\\') != std::string_view::npos) return false;
  return text.find(':') == std::string_view::npos && text.find(' ') == std::string_view::npos;
}

// Libraries whose classes stand in the index of a pipeline; everything else is a pipeline of diffusers or a file.
constexpr std::string_view kPipelineLibraries[] = {"diffusers", "transformers", "optimum", "onnxruntime", "onnxruntime.training", "peft", "flax", "k_diffusion", "timm"};

}  // namespace

void Reading::read_hub(NodeId id, const Members& members, const Place& place) {
  if (const auto map = members[Key::auto_map]) read_auto_map(*map);
  if (const auto pipelines = members[Key::custom_pipelines]; pipelines && document_.is(*pipelines, NodeKind::map)) {
    const Node& tasks = document_[*pipelines];
    for (uint32_t i = 1; i < tasks.count; i += 2) {
      const auto impl = document_.find(document_.child(tasks, i), "impl");
      if (impl) read_code_reference(text_of(impl), "transformers.pipeline", document_[*impl].offset);
    }
  }
  read_attention(members);
  if (members.has(Key::trust_remote_code)) read_trust(id, members, place);
  if (members.has(Key::class_name) && id == document_.root) read_pipeline(id);
  if (members.has(Key::peft_type) || members.has(Key::base_model)) read_adapter(id, members);
  if (const std::string_view name = text_of(members[Key::name_or_path]); is_repository(name)) refer("model", name, "transformers (_name_or_path)");
  if (const auto generate = members[Key::custom_generate]; document_.is_text(generate.value_or(id))) {
    refer("code", text_of(generate), "transformers.GenerationMixin.generate (custom_generate)");
  }
  // Dense of sentence-transformers and its cross encoders call the class without arguments; Coqui TTS imports its own.
  for (const Key key : {Key::activation_function, Key::activation_fn, Key::sbert_activation}) {
    const std::string_view name = text_of(members[key]);
    if (name.find('.') != std::string_view::npos) call_named(name, machine_.heap().new_tuple({}), Value::none(), document_[*members[key]].offset);
  }
  for (const Key key : {Key::characters_class, Key::megatron_core}) {
    if (const std::string_view name = text_of(members[key]); !name.empty()) import_dotted(name);
  }
  if (id != document_.root) return;
  if (members.has(Key::diffusers_version) || members.has(Key::class_name)) name_format("diffusers-config");
  if (members.has(Key::peft_type)) name_format("peft-adapter");
  if (members.has(Key::tokenizer_class)) name_format(members.has(Key::model_type) ? "transformers-config" : "tokenizer-config");
  if (members.has(Key::model_type) || members.has(Key::architectures) || members.has(Key::auto_map)) name_format("transformers-config");
  if (members.has(Key::processor_type) || members.has(Key::processor_class)) name_format("processor-config");
  if (members.has(Key::transformers_version)) name_format("generation-config");
}

// {"AutoModel": "module.Class"}, of tokenizers a pair of the slow and the fast one, of image processors one for each backend.
void Reading::read_auto_map(NodeId id) {
  const auto read = [&](auto&& self, NodeId node, std::string_view by, int depth) -> void {
    const Node& value = document_[node];
    if (value.kind == NodeKind::text) return read_code_reference(value.text, "transformers." + std::string(by), value.offset);
    if (depth > 3) return;
    for (uint32_t i = 0; value.kind == NodeKind::list && i < value.count; ++i) self(self, document_.child(value, i), by, depth + 1);
    for (uint32_t i = 0; value.kind == NodeKind::map && i + 1 < value.count; i += 2) {
      self(self, document_.child(value, i + 1), depth == 0 ? document_[document_.child(value, i)].text : by, depth + 1);
    }
  };
  read(read, id, "AutoTokenizer", 0);
}

// "module.Class" of this repository, "owner/name--module.Class" of another one.
void Reading::read_code_reference(std::string_view reference, std::string_view by, uint64_t offset) {
  if (reference.empty() || reference.size() > 500) return;
  const size_t mark = reference.find("--");
  const std::string_view repository = mark == std::string_view::npos ? std::string_view() : reference.substr(0, mark);
  const std::string_view name = mark == std::string_view::npos ? reference : reference.substr(mark + 2);
  const std::string file = std::string(name.substr(0, name.rfind('.'))) + ".py";
  const std::string target = repository.empty() ? file : std::string(repository) + "/" + file;
  refer("code", target, by);
  if (repository.empty()) {
    return finding("remote-code", Ruling::dismissed, "Brings Python code of its own: " + file + ".",
                   "It runs only where whoever loads the model agrees (trust_remote_code=True); the file is judged for itself.", by, quoted(reference, false), offset);
  }
  finding("remote-code", Ruling::dismissed, "Takes Python code from another repository: " + std::string(repository) + ".",
          "It runs only where whoever loads the model agrees (trust_remote_code=True), and transformers writes the name into every copy of such a model. "
          "What stands there can change after this scan.", by, quoted(reference, false), offset);
}

// The loader fetches the kernel, which is Python and native code, and imports it.
void Reading::read_attention(const Members& members) {
  static constexpr std::string_view kOwn[] = {"kernels-community/", "huggingface/", "kernels-staging/"};
  for (const Key key : {Key::attention, Key::attention_internal}) {
    const auto given = members[key];
    if (!given) continue;
    std::vector<NodeId> values{*given};
    if (const Node& node = document_[*given]; node.kind == NodeKind::map) {
      for (uint32_t i = 1; i < node.count && i < 64; i += 2) values.push_back(document_.child(node, i));
    }
    for (const NodeId value : values) {
      std::string_view text = text_of(value);
      if (const size_t wrapper = text.find('|'); wrapper != std::string_view::npos) text.remove_prefix(wrapper + 1);
      if (!is_kernel(text)) continue;
      const std::string_view repository = text.substr(0, text.find_first_of("@:"));
      refer("code", repository, "kernels.get_kernel");
      const bool own = std::any_of(std::begin(kOwn), std::end(kOwn), [&](std::string_view owner) { return repository.starts_with(owner); });
      finding("remote-code", own ? Ruling::dismissed : Ruling::confirmed, "Makes the loader fetch and run code from " + std::string(repository) + ".",
              own ? "It is a kernel that the authors of the loader publish."
                  : "The configuration names an attention kernel in somebody's repository. transformers 4.56 to 5.2 download and import it without asking, also with "
                    "trust_remote_code=False (CVE-2026-4372), and no version writes such a name into a model that it saves.",
              "kernels.get_kernel", quoted(text, false), document_[value].offset);
    }
  }
}

// A configuration that agrees in the place of whoever loads it. That is nothing by itself: the program that loads it has to ask it.
void Reading::read_trust(NodeId id, const Members& members, const Place& place) {
  if (!is_true(members[Key::trust_remote_code])) return;
  constexpr uint32_t kStub = 12;  // keys and values: a nested configuration that is hardly more than a reference
  const uint64_t offset = document_[*members[Key::trust_remote_code]].offset;
  const Node& node = document_[id];
  const bool model = members.has(Key::model_type) || members.has(Key::architectures);
  for (uint32_t i = 0; model && i + 1 < node.count; i += 2) {
    const NodeId inner = document_.child(node, i + 1);
    if (!document_.is(inner, NodeKind::map)) continue;
    const Members nested(document_, document_[inner]);
    bool other = false;
    if (const auto map = nested[Key::auto_map]; map && document_.is(*map, NodeKind::map)) {
      for (uint32_t j = 1; j < document_[*map].count; j += 2) other = other || document_[document_.child(document_[*map], j)].text.find("--") != std::string_view::npos;
    }
    const std::string_view name = text_of(nested[Key::name_or_path]);
    if (!other && (!is_repository(name) || document_[inner].count > kStub)) continue;
    return finding("remote-code", Ruling::confirmed, "Agrees to run the code of another repository" + (name.empty() ? std::string() : ", " + std::string(name.substr(0, 200))) + ", in the place of whoever loads it.",
                   "trust_remote_code stands in the file, beside a part that the loader fetches from elsewhere with just that setting (CVE-2026-5241). Nobody is asked.",
                   "transformers.AutoConfig.from_pretrained", "trust_remote_code: true", offset);
  }
  finding("remote-code", Ruling::dismissed, "Says that code from repositories may run (trust_remote_code).",
          place.parent == kNoNode || yaml_ ? "It is a setting of a program; by itself it makes no loader fetch anything." : "The loaders that are known do not take this from the file.",
          "trust_remote_code", "trust_remote_code: true", offset);
}

// model_index.json: "_class_name" may be [module, class], a component [library, class].
void Reading::read_pipeline(NodeId id) {
  const Node& node = document_[id];
  for (uint32_t i = 0; i + 1 < node.count; i += 2) {
    const std::string_view key = document_[document_.child(node, i)].text;
    const NodeId value = document_.child(node, i + 1);
    if (!document_.is(value, NodeKind::list) || document_[value].count != 2) continue;
    const std::string_view library = text_of(document_.child(document_[value], 0)), name = text_of(document_.child(document_[value], 1));
    if (library.empty() || name.empty()) continue;
    const uint64_t offset = document_[value].offset;
    if (key == "_class_name") {
      read_code_reference(std::string(library) + "." + std::string(name), "diffusers.DiffusionPipeline", offset);
      continue;
    }
    if (key.starts_with('_') || is_one_of(kPipelineLibraries, library)) continue;
    // A file in the folder of the component, a pipeline of diffusers, or a module that is imported.
    refer("code", std::string(key) + "/" + std::string(library) + ".py", "diffusers.DiffusionPipeline");
    machine_.place.offset = offset;
    import_dotted(std::string(library) + "." + std::string(name));
  }
}

// modules.json of sentence-transformers: [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}].
void Reading::read_modules(NodeId list) {
  const Node& node = document_[list];
  for (uint32_t i = 0; i < node.count && i < 1000; ++i) {
    const NodeId item = document_.child(node, i);
    if (!document_.is(item, NodeKind::map) || !document_.find(item, "idx") || !document_.find(item, "path")) continue;
    const auto type = document_.find(item, "type");
    const std::string_view name = text_of(type);
    if (name.empty()) continue;
    name_format("sentence-transformers-modules");
    if (name.starts_with("sentence_transformers.")) continue;
    machine_.place.offset = document_[*type].offset;
    if (name.find("--") == std::string_view::npos) import_dotted(name);
    read_code_reference(name, "sentence_transformers.SentenceTransformer", document_[*type].offset);
  }
}

void Reading::read_adapter(NodeId id, const Members& members) {
  if (const std::string_view base = text_of(members[Key::base_model]); is_repository(base)) refer("model", base, "peft.PeftModel");
  if (const auto mapping = members[Key::auto_mapping]; mapping && document_.is(*mapping, NodeKind::map)) {
    const std::string_view library = document_.text(*mapping, "parent_library"), name = document_.text(*mapping, "base_model_class");
    if (!library.empty()) {
      machine_.place.offset = document_[*mapping].offset;
      import_dotted(std::string(library) + (name.empty() ? "" : "." + std::string(name)));
    }
  }
  const auto keywords = members[Key::tokenizer_kwargs];
  if (!keywords || !document_.is(*keywords, NodeKind::map) || !is_true(document_.find(*keywords, "trust_remote_code"))) return;
  const std::string_view tokenizer = text_of(members[Key::tokenizer_name]);
  const auto inference = document_.find(id, "inference_mode");
  const bool loaded = text_of(members[Key::prompt_tuning_init]) == "TEXT" && !tokenizer.empty() && !is_true(inference);
  finding("remote-code", loaded ? Ruling::confirmed : Ruling::dismissed, "Agrees to run the code of a tokenizer" + (tokenizer.empty() ? std::string() : ", " + std::string(tokenizer.substr(0, 200))) + ", in the place of whoever loads it.",
          loaded ? "Prompt tuning loads the tokenizer that the file names, with the settings of the file, trust_remote_code among them. Nobody is asked."
                 : "The tokenizer is not loaded with these settings, which only begin a training.",
          "transformers.AutoTokenizer.from_pretrained", "trust_remote_code: true", document_[*keywords].offset);
  if (loaded) refer("model", tokenizer, "transformers.AutoTokenizer.from_pretrained");
}

}  // namespace winnow::configuration
