// What an archive is, told by the names of its members: the layouts that frameworks write.
#pragma once

#include <cstdint>
#include <string_view>

namespace winnow::archive {

// Collects what the names say, one by one.
class Layout {
 public:
  void add(std::string_view name);
  // A member turned out to hold a model.
  void add_model() { signs_ |= kModelFile; }

  // "pytorch-zip", "npz", ...: of a zip archive.
  const char* zip_name() const;
  // "nemo", "pytorch-tar", ...: of a tar archive.
  const char* tar_name() const;

  bool is_torch() const { return has(kDataPickle) || has(kPackage); }
  // Code in PyTorch's own subset of Python, or its bytecode.
  // Before PyTorch 1.4 the objects stood in model.json.
  bool is_torchscript() const {
    return !has(kPackage) && (has(kConstants) || has(kTorchCode) || has(kTorchBytecode) || has(kTorchJson | kCode));
  }
  bool is_npz() const { return arrays_ != 0 && arrays_ == files_; }
  bool is_torch_tar() const { return has(kTorchStorages) && has(kTorchPickle); }
  bool holds_model() const;
  // Packages in which native libraries and scripts are at home: wheels, Java and Android packages, PyTorch's
  // compiled models, source trees.
  bool holds_program() const { return has(kProgram) || has(kPackage) || has(kCompiled) || has(kManifestMar); }

 private:
  enum Sign : uint32_t {
    kDataPickle = 1U << 0,
    kConstants = 1U << 1,
    kTorchCode = 1U << 2,
    kPackage = 1U << 3,
    kCompiled = 1U << 4,
    kKerasConfig = 1U << 5,
    kKerasWeights = 1U << 6,
    kKerasMetadata = 1U << 7,
    kManifestMar = 1U << 8,
    kBaselinesData = 1U << 9,
    kBaselinesWeights = 1U << 10,
    kSkopsSchema = 1U << 11,
    kH2oModel = 1U << 12,
    kNemoConfig = 1U << 13,
    kTorchStorages = 1U << 14,
    kTorchPickle = 1U << 15,
    kModelFile = 1U << 16,
    kProgram = 1U << 17,
    kH2oTrees = 1U << 18,
    kTorchBytecode = 1U << 19,
    kTorchJson = 1U << 20,
    kCode = 1U << 21,
  };
  bool has(uint32_t signs) const { return (signs_ & signs) == signs; }
  void add_ending(std::string_view name);

  uint32_t signs_ = 0;
  uint64_t files_ = 0;
  uint64_t arrays_ = 0;
};

// Storages of a PyTorch archive: raw numbers that nobody unpickles ("archive/data/12", "x/constants/3",
// "pkg/.data/94.storage").
bool is_storage_name(std::string_view name);

// Members of a PyTorch archive that its loaders unpickle.
bool is_torch_pickle_name(std::string_view name);

// The name without the folders before it.
std::string_view base_name(std::string_view name);
bool ends_with_ignoring_case(std::string_view text, std::string_view ending);

}  // namespace winnow::archive
