// What programs that serve models import and run by the name that a configuration gives: files of the same repository
// for the most part, which are judged for themselves.
//
//   TorchServe    MANIFEST.json: model.handler, model.modelFile, model.requirementsFile
//   MLflow        MLmodel: flavors.python_function.loader_module, .code, .python_model, .model_code_path
//   MLServer      model-settings.json: implementation
//   Ray Serve     import_path, runtime_env.working_dir, .py_modules
//   BentoML, Cog  service, predict: "file.py:Class"
//   LLaMA-Factory script_url: a loading script of a data set
//   Ultralytics   backbone and head of a model, whose texts YOLOv5 and its kin give to eval; download of a data set, which
//                 is given to a shell or to exec
//   RL Zoo        policy_kwargs and its kin, which are given to eval
#include "core/print.h"
#include "formats/configuration/reading.h"

namespace winnow::configuration {
namespace {

bool is_address(std::string_view text) { return text.find("://") != std::string_view::npos; }

}  // namespace

// "package.module" as a file of the repository; the engine tells whether it is there.
void Reading::refer_to_module(std::string_view module, std::string_view by) {
  if (module.empty() || module.size() > 300) return;
  std::string path(module);
  for (char& c : path) c = c == '.' ? '/' : c;
  refer("code", path + ".py", by);
}

void Reading::read_services(NodeId id, const Members& members, const Place& place) {
  const bool root = id == document_.root;
  if (const std::string_view handler = text_of(members[Key::handler]); !handler.empty() && place.key == "model" && document_.find(id, "modelName")) {
    name_format("torchserve-manifest");
    const std::string_view file = handler.substr(0, handler.find(':'));
    if (file.ends_with(".py") || handler != file) refer("code", std::string(file) + (file.ends_with(".py") ? "" : ".py"), "ts.model_loader");
    for (const Key key : {Key::model_file, Key::requirements_file}) refer("code", text_of(members[key]), "ts.model_loader");
  }
  if (const auto flavors = members[Key::flavors]; root && flavors && document_.is(*flavors, NodeKind::map)) read_mlflow(*flavors);
  if (const std::string_view name = text_of(members[Key::implementation]); root && name.find('.') != std::string_view::npos && document_.find(id, "name")) {
    name_format("mlserver-settings");
    call_named(name, machine_.heap().new_tuple({Value::unknown()}), Value::none(), document_[*members[Key::implementation]].offset);
    if (!name.starts_with("mlserver")) refer_to_module(name.substr(0, name.rfind('.')), "mlserver");
  }
  if (const std::string_view path = text_of(members[Key::import_path]); path.find(':') != std::string_view::npos && !is_address(path)) {
    name_format("ray-config");
    refer_to_module(path.substr(0, path.find(':')), "ray.serve");
  }
  if (const auto environment = members[Key::runtime_env]; environment && document_.is(*environment, NodeKind::map)) {
    if (const std::string_view folder = document_.text(*environment, "working_dir"); is_address(folder)) {
      refer("url", folder, "ray (runtime_env.working_dir)");
      finding("remote-code", Ruling::suspected, "Runs code from an address: " + std::string(folder.substr(0, 300)) + ".",
              "Ray downloads the folder and puts it where Python finds its modules. What stands there can change after this scan.", "ray (runtime_env.working_dir)",
              quoted(folder, false), document_[*environment].offset);
    }
  }
  for (const Key key : {Key::service, Key::predict}) {
    const std::string_view name = text_of(members[key]);
    const size_t colon = name.find(':');
    if (!root || colon == std::string_view::npos || colon == 0 || is_address(name) || name.find(' ') != std::string_view::npos) continue;
    name_format(key == Key::service ? "bentoml-config" : "cog-config");
    const std::string_view file = name.substr(0, colon);
    file.ends_with(".py") ? refer("code", file, key == Key::service ? "bentoml" : "cog") : refer_to_module(file, key == Key::service ? "bentoml" : "cog");
  }
  if (root && members.has(Key::backbone) && document_.is(*members[Key::backbone], NodeKind::list)) {
    if (yaml_) name_format("yolo-config");
    read_layers(*members[Key::backbone]);
    if (const auto head = document_.find(id, "head")) read_layers(*head);
    if (const auto activation = document_.find(id, "activation")) note_evaluated(*activation);
  }
  if (root && members.has(Key::download) && (document_.find(id, "train") || document_.find(id, "val")) && document_.find(id, "names")) read_download(*members[Key::download]);
  if (const std::string_view script = text_of(members[Key::script_url]); !script.empty()) refer(is_address(script) ? "url" : "code", script, "datasets.load_dataset");
}

// [[from, number, module, arguments], ...]
void Reading::read_layers(NodeId layers) {
  const Node& list = document_[layers];
  for (uint32_t i = 0; list.kind == NodeKind::list && i < list.count && i < 10'000; ++i) {
    const Node& layer = document_[document_.child(list, i)];
    if (layer.kind != NodeKind::list || layer.count < 3) continue;
    note_evaluated(document_.child(layer, 2));
    if (layer.count < 4 || !document_.is(document_.child(layer, 3), NodeKind::list)) continue;
    const Node& arguments = document_[document_.child(layer, 3)];
    for (uint32_t j = 0; j < arguments.count && j < 100; ++j) note_evaluated(document_.child(arguments, j));
  }
}

// A text that a program gives to eval: nothing where it calls nothing.
void Reading::note_evaluated(NodeId id) {
  const std::string_view text = text_of(id);
  if (text.find('(') == std::string_view::npos || text.size() > 65536) return;
  run_source(text, document_[id].offset);
}

// The script that fetches a data set which is not there: an address, a command, or Python.
void Reading::read_download(NodeId id) {
  const std::string_view text = text_of(id);
  if (text.empty()) return;
  name_format("data-set-config");
  if (is_address(text.substr(0, 16))) return refer("url", text, "ultralytics.data");
  machine_.place.offset = document_[id].offset;
  // Read as a program: it fetches archives, unpacks and moves them all day.
  if (!text.starts_with("bash ")) return give_source("import os\n" + std::string(text), "data-set-config");
  const std::string_view script = text.substr(5);
  if (script.find_first_of(" ;|&<>$`\n") == std::string_view::npos && !is_address(script)) return refer("code", script, "ultralytics.data");
  has_objects_ = true;
  machine_.call(machine_.import_name("os", "system"), std::initializer_list<Value>{machine_.heap().new_string(text)});
}

// MLmodel: the flavour python_function imports its loader, with the folder `code` in front of Python's path.
void Reading::read_mlflow(NodeId flavors) {
  const auto python = document_.find(flavors, "python_function");
  if (!python || !document_.is(*python, NodeKind::map)) return;
  name_format("mlflow-model");
  const std::string_view loader = document_.text(*python, "loader_module");
  const std::string code(document_.text(*python, "code"));
  if (!loader.empty()) {
    machine_.place.offset = document_[*python].offset;
    import_dotted(loader);
    const bool own = loader.starts_with("mlflow.") || loader == "mlflow";
    if (!own) {
      const std::string module = (code.empty() ? "" : code + ".") + std::string(loader);
      refer_to_module(module, "mlflow.pyfunc.load_model");
      finding("remote-code", Ruling::dismissed, "Is loaded by a module of its own: " + std::string(loader.substr(0, 200)) + ".",
              "MLflow imports it from the model's folder or from what whoever loads it has installed; the file is judged for itself.", "mlflow.pyfunc.load_model",
              quoted(loader, false), document_[*python].offset);
    }
  }
  for (const std::string_view key : {"python_model", "model_code_path"}) {
    const auto given = document_.find(*python, key);
    if (!given) continue;
    const std::string_view path = document_.is_text(*given) ? document_[*given].text : document_.text(*given, "path");
    refer(key == "python_model" ? "file" : "code", path, "mlflow.pyfunc.load_model");
  }
}

}  // namespace winnow::configuration
