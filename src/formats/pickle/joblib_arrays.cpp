#include "formats/pickle/joblib_arrays.h"

#include <charconv>

#include "code/pickle/unpickler.h"
#include "core/print.h"

namespace winnow::pickle_format {
namespace {

std::string_view class_of(const machine::Machine& machine, Value object) {
  if (!object.is(Kind::object)) return {};
  const Heap& heap = machine.heap();
  Value maker = heap.object(object).callee;
  // A class that the pickle makes itself is told by its first base: type('X', (NumpyArrayWrapper,), {}).
  if (maker.is(Kind::object)) {
    const Items& given = heap.items(heap.object(maker).arguments);
    if (given.size >= 2 && given[1].is_sequence() && heap.items(given[1]).size > 0) maker = heap.items(given[1])[0];
  }
  return maker.is(Kind::name) ? heap.name(maker).canonical : std::string_view();
}

struct DataType {
  uint64_t item_size = 0;
  bool objects = false;
};

// The types that NumPy knows by a word or a letter, with their sizes on 64 bit machines.
struct NamedType { std::string_view name; uint64_t size; };
constexpr NamedType kNamedTypes[] = {
    {"bool", 1}, {"bool_", 1}, {"bool8", 1}, {"int8", 1}, {"uint8", 1}, {"int16", 2}, {"uint16", 2}, {"int32", 4},
    {"uint32", 4}, {"int64", 8}, {"uint64", 8}, {"float16", 2}, {"float32", 4}, {"float64", 8}, {"float128", 16},
    {"longdouble", 16}, {"complex64", 8}, {"complex128", 16}, {"complex256", 32}, {"float", 8}, {"int", 8}, {"uint", 8},
    {"complex", 16}, {"half", 2}, {"single", 4}, {"double", 8}, {"byte", 1}, {"ubyte", 1}, {"short", 2}, {"ushort", 2},
    {"intc", 4}, {"uintc", 4}, {"long", 8}, {"ulong", 8}, {"longlong", 8}, {"ulonglong", 8}, {"intp", 8}, {"uintp", 8},
    {"csingle", 8}, {"cdouble", 16}, {"clongdouble", 32}, {"datetime64", 8}, {"timedelta64", 8}, {"?", 1}, {"b", 1}, {"B", 1}, {"h", 2},
    {"H", 2}, {"i", 4}, {"I", 4}, {"l", 8}, {"L", 8}, {"q", 8}, {"Q", 8}, {"p", 8}, {"P", 8}, {"e", 2}, {"f", 4}, {"d", 8}, {"g", 16},
    {"F", 8}, {"D", 16}, {"G", 32}, {"M", 8}, {"m", 8}, {"O", 8}, {"object", 8}};

// The size of one item, or nothing where the code is not understood.
std::optional<uint64_t> size_of_code(std::string_view code) {
  while (!code.empty() && std::string_view("<>=|").find(code.front()) != std::string_view::npos) code.remove_prefix(1);
  for (const NamedType& type : kNamedTypes) {
    if (type.name == code || (code.starts_with(type.name) && code.substr(type.name.size()).starts_with('['))) return type.size;
  }
  if (code.empty()) return std::nullopt;
  uint64_t size = 0;
  const auto read = std::from_chars(code.data() + 1, code.data() + code.size(), size);
  if (code.front() == 'M' || code.front() == 'm') return 8;
  if (read.ec != std::errc() || read.ptr != code.data() + code.size()) return std::nullopt;
  return code.front() == 'U' ? size * 4 : size;
}

// A dtype is numpy.dtype('f8', False, True) with the state (3, '<', subarray, names, fields, item size,
// alignment, flags).
std::optional<DataType> data_type(const Heap& heap, Value value, int depth = 0) {
  if (depth > 8) return std::nullopt;
  if (!value.is(Kind::object)) return std::nullopt;
  const Object& object = heap.object(value);
  if (!object.arguments.is_sequence()) return std::nullopt;
  const Items& arguments = heap.items(object.arguments);
  DataType type;
  bool sized = false;
  if (arguments.size > 0 && arguments[0].is_text()) {
    const std::string_view code = arguments[0].text();
    const auto size = size_of_code(code);
    sized = size.has_value();
    type.item_size = size.value_or(0);
    type.objects = code.find('O') != std::string_view::npos || code == "object";
  }
  const Value built = heap.growth(object).state;
  if (!built.is(Kind::tuple)) return sized ? std::optional(type) : std::nullopt;
  const Items& state = heap.items(built);
  if (state.size > 5 && state[5].is(Kind::integer) && state[5].as_integer() >= 0) {
    type.item_size = static_cast<uint64_t>(state[5].as_integer());
  }
  if (state.size > 7 && state[7].is(Kind::integer)) type.objects = type.objects || (state[7].as_integer() & 1) != 0;
  if (state.size > 4 && state[4].is(Kind::dict)) {
    const Items& fields = heap.items(state[4]);
    for (uint32_t i = 1; i < fields.size; i += 2) {
      if (!fields[i].is(Kind::tuple) || heap.items(fields[i]).size == 0) continue;
      const auto field = data_type(heap, heap.items(fields[i])[0], depth + 1);
      type.objects = type.objects || (field && field->objects);
    }
  }
  return type;
}

}  // namespace

bool is_array_wrapper(const machine::Machine& machine, Value object) {
  return class_of(machine, object) == "joblib.numpy_pickle.NumpyArrayWrapper";
}

void look_at_side_file(Scan& scan, const Artifact& artifact, const machine::Machine& machine, Value object) {
  const std::string_view type = class_of(machine, object);
  if (type != "joblib.numpy_pickle.NDArrayWrapper" && type != "joblib.numpy_pickle_compat.NDArrayWrapper" &&
      type != "joblib.numpy_pickle_compat.ZNDArrayWrapper") {
    return;
  }
  const Value state = machine.heap().growth(machine.heap().object(object)).state;
  const Value* name = state.is(Kind::dict) ? machine.heap().find(machine.heap().items(state), "filename") : nullptr;
  if (!name || !name->is_text() || name->text().find_first_of("/\\") == std::string_view::npos) return;
  Finding finding;
  finding.threat = "pickle-file-read";
  finding.summary = "Makes joblib load the array file " + quoted(name->text(), false) + ".";
  finding.why = "Arrays lie beside the model under a plain name. A path leads the loader to another file, which it unpickles.";
  Evidence evidence;
  evidence.callee = std::string(type);
  evidence.code = "filename = " + quoted(name->text(), false);
  evidence.location.offset = machine.place.offset;
  finding.evidence.push_back(std::move(evidence));
  scan.finding(artifact, std::move(finding));
}

std::optional<uint64_t> behind_array(machine::Machine& machine, Bytes data, Value wrapper, uint64_t offset) {
  const Heap& heap = machine.heap();
  const Value described = heap.growth(heap.object(wrapper)).state;
  if (!described.is(Kind::dict)) return std::nullopt;
  const Items& state = heap.items(described);
  const Value* shape = heap.find(state, "shape");
  const Value* dtype = heap.find(state, "dtype");
  if (!shape || !dtype || !shape->is_sequence()) return std::nullopt;
  const auto type = data_type(heap, *dtype);
  if (!type) return std::nullopt;
  if (type->objects) return pickle::run(machine, data, offset).end;
  uint64_t size = type->item_size;
  for (const Value& length : heap.items(*shape)) {
    if (!length.is(Kind::integer) || length.as_integer() < 0) return std::nullopt;
    if (__builtin_mul_overflow(size, static_cast<uint64_t>(length.as_integer()), &size)) return std::nullopt;
  }
  const Value* alignment = heap.find(state, "numpy_array_alignment_bytes");
  if (alignment && alignment->is(Kind::integer)) {
    if (offset >= data.size()) return std::nullopt;
    offset += 1 + static_cast<uint64_t>(data[offset]);
  }
  if (offset > data.size() || size > data.size() - offset) return data.size();
  return offset + size;
}

}  // namespace winnow::pickle_format
