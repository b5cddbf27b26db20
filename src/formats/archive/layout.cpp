#include "formats/archive/layout.h"

#include <algorithm>
#include <array>

namespace winnow::archive {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

constexpr std::array<std::string_view, 34> kModelEndings = {
    ".pkl",     ".pickle",     ".pt",          ".pth",   ".pt2",   ".ckpt",    ".bin",
    ".joblib",  ".dill",       ".h5",          ".hdf5",  ".keras", ".onnx",    ".pb",
    ".tflite",  ".gguf",       ".npy",         ".npz",   ".mar",   ".nemo",    ".mlmodel",
    ".skops",   ".th",         ".safetensors", ".ubj",   ".cbm",   ".pdmodel", ".pdparams",
    ".msgpack", ".caffemodel", ".torchscript", ".model", ".dat",   ".params"};

constexpr std::array<std::string_view, 10> kProgramEndings = {".py", ".ipynb", ".class", ".java", ".md",
                                                              ".js", ".cpp",   ".c",     ".rs",   ".go"};

constexpr std::array<std::string_view, 9> kProgramFiles = {
    "META-INF/MANIFEST.MF", "AndroidManifest.xml", "LICENSE",    "Makefile",   "CMakeLists.txt",
    "pyproject.toml",       "setup.cfg",           "Dockerfile", "LICENSE.txt"};

}  // namespace

std::string_view base_name(std::string_view name) {
  const size_t slash = name.find_last_of("/\\");
  return slash == std::string_view::npos ? name : name.substr(slash + 1);
}

bool ends_with_ignoring_case(std::string_view text, std::string_view ending) {
  return text.size() >= ending.size() &&
         std::equal(ending.begin(), ending.end(), text.end() - static_cast<std::ptrdiff_t>(ending.size()),
                    [](char a, char b) { return lower(a) == lower(b); });
}

bool is_storage_name(std::string_view name) {
  if (name.ends_with(".storage")) return true;
  const size_t slash = name.rfind('/');
  if (slash == std::string_view::npos || !all_digits(name.substr(slash + 1))) return false;
  const std::string_view folder = name.substr(0, slash);
  return folder.ends_with("/data") || folder.ends_with("/constants") || folder == "data" ||
         folder == "constants";
}

bool is_torch_pickle_name(std::string_view name) {
  return ends_with_ignoring_case(name, ".pkl");  // miniz looks names up without regard to case
}

void Layout::add(std::string_view name) {
  if (name.empty() || name.back() == '/') return;
  ++files_;
  const std::string_view base = base_name(name);
  if (all_digits(base)) return;  // storages: the many
  if (ends_with_ignoring_case(base, ".npy")) ++arrays_;
  struct Known {
    std::string_view base;
    uint32_t sign;
  };
  static constexpr Known kKnown[] = {
      {"constants.pkl", kConstants},
      {"bytecode.pkl", kTorchBytecode},
      {"model.json", kTorchJson},
      {"extern_modules", kPackage},
      {"config.json", kKerasConfig},
      {"metadata.json", kKerasMetadata},
      {"model.weights.h5", kKerasWeights},
      {"data", kBaselinesData},
      {"policy.pth", kBaselinesWeights},
      {"parameters", kBaselinesWeights},
      {"_stable_baselines3_version", kBaselinesWeights},
      {"pytorch_variables.pth", kBaselinesWeights},
      {"schema.json", kSkopsSchema},
      {"model.ini", kH2oModel},
      {"model_config.yaml", kNemoConfig},
      {"storages", kTorchStorages},
      {"pickle", kTorchPickle},
      {"archive_format", kCompiled},
  };
  if (base.size() == 8 && ends_with_ignoring_case(base, "data.pkl")) signs_ |= kDataPickle;
  for (const Known& known : kKnown) {
    if (base == known.base) signs_ |= known.sign;
  }
  if (name.starts_with("code/__torch__") || name.find("/code/__torch__") != std::string_view::npos) signs_ |= kTorchCode;
  if (name.find("/code/") != std::string_view::npos && name.ends_with(".py")) signs_ |= kCode;
  if (name.find("data/aotinductor/") != std::string_view::npos) signs_ |= kCompiled;
  if (name.starts_with("trees/") || name.starts_with("domains/") ||
      name == "experimental/modelDetails.json") {
    signs_ |= kH2oTrees;
  }
  if (name.ends_with("MAR-INF/MANIFEST.json")) signs_ |= kManifestMar;
  if (name.find(".dist-info/") != std::string_view::npos) signs_ |= kProgram;
  add_ending(name);
}

void Layout::add_ending(std::string_view name) {
  const auto ends = [&](std::string_view ending) { return ends_with_ignoring_case(name, ending); };
  if (std::any_of(kModelEndings.begin(), kModelEndings.end(), ends)) signs_ |= kModelFile;
  if (std::any_of(kProgramEndings.begin(), kProgramEndings.end(), ends)) signs_ |= kProgram;
  if (std::find(kProgramFiles.begin(), kProgramFiles.end(), name) != kProgramFiles.end()) signs_ |= kProgram;
}

bool Layout::holds_model() const {
  return (signs_ & (kDataPickle | kPackage | kCompiled | kKerasWeights | kManifestMar | kNemoConfig |
                    kModelFile)) != 0 ||
         is_torch_tar();
}

const char* Layout::zip_name() const {
  if (has(kManifestMar)) return "torchserve-mar";
  if (has(kPackage)) return "torch-package";
  if (has(kCompiled)) return "pytorch-pt2";
  if (has(kDataPickle | kConstants) || has(kConstants | kTorchCode) || has(kTorchJson | kCode)) return "torchscript-zip";
  if (has(kDataPickle)) return "pytorch-zip";
  if (has(kKerasConfig) && (has(kKerasWeights) || has(kKerasMetadata))) return "keras-v3-zip";
  if (has(kSkopsSchema)) return "skops";
  if (is_npz()) return "npz";
  if (has(kBaselinesData | kBaselinesWeights)) return "stable-baselines-zip";
  if (has(kH2oModel | kH2oTrees)) return "h2o-mojo-zip";
  return holds_model() ? "zip-of-models" : "zip";
}

const char* Layout::tar_name() const {
  if (is_torch_tar()) return "pytorch-tar";
  if (has(kNemoConfig)) return "nemo";
  if (has(kManifestMar)) return "torchserve-mar";
  return holds_model() ? "tar-of-models" : "tar";
}

}  // namespace winnow::archive
