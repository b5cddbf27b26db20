#include "formats/registry.h"

#include "formats/archive/archive.h"
#include "formats/columns/columns.h"
#include "formats/compressed/compressed.h"
#include "formats/configuration/configuration.h"
#include "formats/dependencies/dependencies.h"
#include "formats/executorch/executorch.h"
#include "formats/gguf/gguf.h"
#include "formats/graph_text/graph_text.h"
#include "formats/java/java.h"
#include "formats/julia/julia.h"
#include "formats/keras/keras.h"
#include "formats/matlab/matlab.h"
#include "formats/msgpack/msgpack.h"
#include "formats/network/network.h"
#include "formats/notebook/notebook.h"
#include "formats/numbers/numbers.h"
#include "formats/numpy/numpy.h"
#include "formats/onnx/onnx.h"
#include "formats/pickle/pickle_format.h"
#include "formats/program/program.h"
#include "formats/pyc/pyc_format.h"
#include "formats/python_source/python_source.h"
#include "formats/r/r.h"
#include "formats/script/script.h"
#include "formats/safetensors/safetensors.h"
#include "formats/skops/skops.h"
#include "formats/stable_baselines/stable_baselines.h"
#include "formats/template/template.h"
#include "formats/tensorflow/tensorflow.h"
#include "formats/tflite/tflite.h"
#include "formats/torch7/torch7.h"
#include "formats/weight_index/weight_index.h"
#include "formats/xml_model/xml_model.h"

namespace winnow {
namespace {

constexpr Format kFormats[] = {
    {"pickle", pickle_format::probe, pickle_format::read},
    archive::kZip,
    archive::kTar,
    archive::kOther,
    compressed::kCompressed,
    numpy::kNpy,
    keras_format::kHdf5,
    keras_format::kJson,
    keras_format::kYaml,
    keras_format::kMetadata,
    pyc_format::kPyc,
    configuration::kJson,
    configuration::kYaml,
    configuration::kSections,
    gguf::kGguf,
    gguf::kGgml,
    tensorflow_format::kGraph,
    network::kCoreml,
    network::kCaffeText,
    network::kMxnet,
    network::kPaddle,
    network::kPaddleText,
    network::kTensorrt,
    java::kObjects,
    java::kClasses,
    java::kSource,
    graph_text::kGraphText,
    julia::kBson,
    matlab::kMat,
    torch7::kT7,
    xml_model::kModel,
    numbers::kNumbers,
    columns::kArrow,
    columns::kParquet,
    columns::kZarr,
    safetensors::kSafetensors,
    tflite::kTflite,
    msgpack::kMsgpack,
    executorch::kExecutorch,
    skops::kSchema,
    weight_index::kIndex,
    onnx_format::kOnnx,
    r_format::kR,
    r_format::kLazyLoad,
    template_format::kTemplate,
    stable_baselines::kData,
    program::kProgram,
    program::kExecutable,
    notebook::kNotebook,
    dependencies::kDependencies,
    script::kScript,
    python_source::kSource,
};

}  // namespace

std::span<const Format> formats() { return kFormats; }

}  // namespace winnow
