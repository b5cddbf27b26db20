// What operations do, by name. Those that are not listed are opaque: what they give is taken for the network's work.
#include <algorithm>
#include <unordered_map>

#include "code/graph/program.h"

namespace winnow::graph {
namespace {

using enum Kind;

struct Row {
  Kind kind;
  std::string_view names;  // parted by spaces
};

constexpr Row kOnnx[] = {
    {copy, "Identity Reshape Transpose Unsqueeze Squeeze Flatten Expand Tile Dropout Cast CastLike BitCast DepthToSpace SpaceToDepth "
           "OptionalGetElement Optional Resize Upsample Pad EyeLike QuantizeLinear DequantizeLinear Trilu "
           "ConcatFromSequence ImageScaler FeatureVectorizer ReverseSequence CenterCropPad"},
    {equal, "Equal StringEqual RegexFullMatch"},
    {order, "Greater Less GreaterOrEqual LessOrEqual Binarizer"},
    {logic, "And Or Xor Not BitwiseAnd BitwiseOr BitwiseXor BitwiseNot BitShift"},
    {add, "Add Sub Sum BiasAdd"},
    {multiply, "Mul PRelu"},
    {divide, "Div Reciprocal"},
    {extreme, "Max Min"},
    {clip, "Clip"},
    {power, "Pow"},
    {smooth, "Neg Abs Sqrt Log Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh Det Mean Mod FMod Scaler StringNormalizer "
             "StringConcat StringSplit StringLower StringUpper"},
    {steep, "Exp Sigmoid Tanh Relu LeakyRelu Elu Selu Celu Gelu Softplus Softsign HardSigmoid HardSwish Mish Swish Erf FastGelu "
            "QuickGelu BiasGelu"},
    {step, "Sign Floor Ceil Round ThresholdedRelu Shrink Hardmax"},
    {oddity, "IsNaN IsInf"},
    {reduce, "ReduceSum ReduceMean ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceSumSquare "
             "GlobalAveragePool GlobalMaxPool GlobalLpPool"},
    {position, "ArgMax ArgMin TopK"},
    {pool, "MaxPool AveragePool LpPool MaxRoiPool RoiAlign"},
    {running, "CumSum CumProd"},
    {find, "NonZero Unique"},
    {select, "Gather GatherElements GatherND Slice Split ArrayFeatureExtractor SequenceAt SplitToSequence Compress GridSample AffineGrid"},
    {scatter, "Scatter ScatterElements ScatterND TensorScatter"},
    {join, "Concat SequenceConstruct SequenceInsert"},
    {choose, "Where If"},
    {shape, "Shape Size SequenceLength"},
    {fill, "ConstantOfShape Constant SequenceEmpty"},
    {ramp, "Range"},
    {learned, "Conv ConvTranspose ConvInteger MatMul MatMulInteger Gemm Einsum RNN LSTM GRU QLinearConv QLinearMatMul FusedConv FusedMatMul "
              "FusedGemm DeformConv MatMulNBits MatMulBnb4 MatMulFpQ4 QGemm MatMulIntegerToFloat DynamicQuantizeMatMul TransposeMatMul "
              "LinearRegressor LinearClassifier TreeEnsemble TreeEnsembleClassifier TreeEnsembleRegressor SVMClassifier SVMRegressor "
              "Attention MultiHeadAttention QAttention NhwcConv DynamicQuantizeLSTM MoE QMoE FusedMatMulActivation"},
    {normal, "Softmax LogSoftmax BatchNormalization LayerNormalization InstanceNormalization GroupNormalization LRN LpNormalization "
             "MeanVarianceNormalization SkipLayerNormalization SimplifiedLayerNormalization SkipSimplifiedLayerNormalization RMSNormalization "
             "Normalizer Imputer"},
    {look_up, "LabelEncoder CategoryMapper DictVectorizer TfIdfVectorizer OneHotEncoder OneHot StringMapping"},
    {random, "RandomNormal RandomNormalLike RandomUniform RandomUniformLike Bernoulli Multinomial"},
};

constexpr Row kTensorflow[] = {
    {copy, "Identity IdentityN EnsureShape ExpandDims Reshape Squeeze StopGradient Snapshot PreventGradient CheckNumerics BroadcastTo Tile Enter Exit "
           "NextIteration RefIdentity Bitcast Transpose Cast DepthToSpace SpaceToDepth Pad PadV2 MirrorPad Placeholder PlaceholderWithDefault "
           "QuantizeV2 Dequantize FakeQuantWithMinMaxVars FakeQuantWithMinMaxArgs FakeQuantWithMinMaxVarsPerChannel ResizeBilinear ResizeNearestNeighbor "
           "ResizeBicubic MatrixBandPart SpaceToBatchND BatchToSpaceND ReverseV2 ReverseSequence Roll MatrixDiag MatrixDiagV3 MatrixDiagPart MatrixDiagPartV3 MatrixSetDiag MatrixSetDiagV3 RaggedTensorToTensor RefEnter LoopCond DecodeRaw StringToNumber"},
    {equal, "Equal NotEqual StaticRegexFullMatch RegexFullMatch ApproximateEqual"},
    {order, "Greater Less GreaterEqual LessEqual"},
    {logic, "LogicalAnd LogicalOr LogicalNot BitwiseAnd BitwiseOr BitwiseXor Invert LeftShift RightShift"},
    {add, "Add AddV2 AddN Sub BiasAdd BiasAddV1 AccumulateNV2 SquaredDifference"},
    {multiply, "Mul MulNoNan"},
    {divide, "RealDiv Div DivNoNan Reciprocal Inv Xdivy"},
    {extreme, "Maximum Minimum"},
    {clip, "ClipByValue"},
    {power, "Pow"},
    {smooth, "Neg Abs Sqrt Rsqrt Square Log Log1p Sin Cos Tan Asin Acos Atan Atan2 Sinh Cosh FloorMod Mod TruncateMod FloorDiv TruncateDiv StringLower "
             "StringUpper StringStrip StringJoin AsString Substr RegexReplace StaticRegexReplace RGBToHSV"},
    {steep, "Exp Expm1 Sigmoid Tanh Relu Relu6 LeakyRelu Elu Selu Softplus Softsign Erf"},
    {step, "Sign Floor Ceil Round Rint"},
    {oddity, "IsNan IsInf IsFinite"},
    {reduce, "Sum Mean Max Min Prod Any All EuclideanNorm SegmentSum SegmentMean UnsortedSegmentSum UnsortedSegmentMax"},
    {position, "ArgMax ArgMin TopK TopKV2 InTopK InTopKV2"},
    {pool, "MaxPool AvgPool MaxPool3D AvgPool3D MaxPoolV2"},
    {running, "Cumsum Cumprod"},
    {find, "Where Unique UniqueV2"},
    {select, "Gather GatherV2 GatherNd StridedSlice Slice Split SplitV Unpack ResourceGather DynamicPartition CropAndResize TensorListGetItem"},
    {scatter, "TensorScatterUpdate TensorScatterAdd ScatterNd TensorScatterSub TensorScatterMax TensorScatterMin DynamicStitch TensorListSetItem"},
    {join, "Concat ConcatV2 Pack ParallelConcat"},
    {choose, "Select SelectV2 If StatelessIf Case StatelessCase"},
    {shape, "Shape ShapeN Size Rank"},
    {fill, "Const HostConst Fill Empty OnesLike ZerosLike"},
    {ramp, "Range LinSpace"},
    {learned, "Conv2D Conv3D Conv1D DepthwiseConv2dNative Conv2DBackpropInput Conv3DBackpropInputV2 MatMul BatchMatMul BatchMatMulV2 BatchMatMulV3 Einsum "
              "CudnnRNN CudnnRNNV2 CudnnRNNV3 LSTMBlockCell BlockLSTM BlockLSTMV2 GRUBlockCell _FusedConv2D _FusedMatMul QuantizedConv2D QuantizedMatMul "
              "SparseMatMul SparseTensorDenseMatMul DecisionForestsInference SimpleMLInferenceOp SimpleMLInferenceOpWithHandle"},
    {normal, "Softmax LogSoftmax FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3 LRN L2Loss"},
    {look_up, "LookupTableFindV2 LookupTableFind OneHot StringToHashBucketFast StringToHashBucketStrong StringToHashBucket Bucketize"},
    {merge, "Merge RefMerge"},
    {gate, "Switch RefSwitch"},
    {random, "RandomUniform RandomStandardNormal TruncatedNormal RandomUniformInt StatelessRandomUniformV2 StatelessRandomNormalV2 Multinomial"},
};

using Table = std::unordered_map<std::string_view, Kind>;

template <size_t kRows>
Table table_of(const Row (&rows)[kRows]) {
  Table table;
  for (const Row& row : rows) {
    for (std::string_view rest = row.names; !rest.empty();) {
      const size_t end = std::min(rest.find(' '), rest.size());
      table.emplace(rest.substr(0, end), row.kind);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return table;
}

Kind kind_in(const Table& table, std::string_view op) {
  const auto found = table.find(op);
  return found == table.end() ? opaque : found->second;
}

}  // namespace

Kind kind_of_onnx(std::string_view op) {
  static const Table table = table_of(kOnnx);
  return kind_in(table, op);
}

Kind kind_of_tensorflow(std::string_view op) {
  static const Table table = table_of(kTensorflow);
  return kind_in(table, op);
}

uint8_t open_axes(const std::vector<int64_t>& dimensions) {
  if (dimensions.size() == 1) return dimensions[0] == 1 ? 0 : 1;
  uint8_t open = 0;
  for (size_t i = 1; i < dimensions.size() && open < 8; ++i) open = static_cast<uint8_t>(open + (dimensions[i] == 1 ? 0 : 1));
  return open;
}

}  // namespace winnow::graph
