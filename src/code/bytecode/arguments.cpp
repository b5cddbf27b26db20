#include "code/bytecode/arguments.h"

#include <algorithm>

#include "code/bytecode/code_fields.h"
#include "code/bytecode/infer.h"

namespace winnow::bytecode {
namespace {

constexpr size_t kMostNested = 32;  // code objects among the constants that help to tell the version
constexpr uint64_t kMostEntries = uint64_t{1} << 20;

Error malformed(std::string what) { return {Fault::malformed, 0, "arguments of a code object: " + std::move(what)}; }

bool is_integer(Value v) { return v.is(Kind::integer) || v.is(Kind::boolean); }

// Reads the arguments from the left; the first that is not what it should be sticks.
class Arguments {
 public:
  explicit Arguments(std::span<const Value> values) : values_(values) {}

  size_t left() const { return values_.size() - at_; }
  bool next_is_text() const { return left() > 0 && values_[at_].is_text(); }
  bool next_is_integer() const { return left() > 0 && is_integer(values_[at_]); }
  bool next_is_table() const { return next_is_text() || (left() > 0 && values_[at_].is(Kind::none)); }
  bool ok() const { return ok_; }

  Value take() {
    if (left() > 0) return values_[at_++];
    ok_ = false;
    return Value::none();
  }
  int32_t number() {
    const Value v = take();
    if (v.is(Kind::boolean)) return v.as_boolean() ? 1 : 0;
    if (!v.is(Kind::integer) || v.as_integer() != static_cast<int32_t>(v.as_integer())) ok_ = false;
    return ok_ ? static_cast<int32_t>(v.as_integer()) : 0;
  }

 private:
  std::span<const Value> values_;
  size_t at_ = 0;
  bool ok_ = true;
};

// The fields as they were given; the layout is that of the arguments.
Result<CodeFields> read_fields(Heap& heap, std::span<const Value> values) {
  Arguments arguments(values);
  CodeFields f;
  f.text = Text::either;
  if (arguments.next_is_text()) arguments.take();  // dill: the co_lnotab of 3.10 and later, which nothing reads
  size_t numbers = 0;
  int32_t counts[6] = {};
  for (; numbers < 6 && arguments.next_is_integer(); ++numbers) counts[numbers] = arguments.number();
  if (numbers < 4 || !arguments.next_is_text()) return malformed("four to six numbers and the instructions are expected first");
  size_t at = 0;
  f.argcount = counts[at++];
  if (numbers == 6) f.posonlyargcount = counts[at++];
  if (numbers >= 5) f.kwonlyargcount = counts[at++];
  f.nlocals = counts[at++];
  f.stacksize = counts[at++];
  f.flags = counts[at++];
  f.layout = numbers == 4 ? CodeLayout::python2 : numbers == 5 ? CodeLayout::python3_0 : CodeLayout::python3_8;
  f.code = arguments.take();
  f.consts = arguments.take();
  f.names = arguments.take();
  f.varnames = arguments.take();
  f.filename = arguments.take();
  f.name = arguments.take();
  f.qualname = f.name;
  f.exceptiontable = Value::bytes({});
  if (numbers == 6 && arguments.next_is_text()) {
    f.layout = CodeLayout::python3_11;
    f.qualname = arguments.take();
  }
  f.firstlineno = arguments.number();
  f.linetable = arguments.take();
  while (f.layout == CodeLayout::python3_11 && arguments.next_is_table()) f.exceptiontable = arguments.take();
  if (f.exceptiontable.is(Kind::none)) f.exceptiontable = Value::bytes({});
  const Value empty = heap.new_items(Kind::tuple, nullptr, 0);
  f.freevars = arguments.left() > 0 ? arguments.take() : empty;
  f.cellvars = arguments.left() > 0 ? arguments.take() : empty;
  if (!arguments.ok() || arguments.left() > 0) return malformed("their number or their types fit no version");
  return f;
}

// The tables of 3.11 from those before: locals, of which some are cells, then other cells, then free variables.
bool join_locals(Heap& heap, CodeFields& f) {
  if (!f.varnames.is(Kind::tuple) || !f.cellvars.is(Kind::tuple) || !f.freevars.is(Kind::tuple)) return false;
  std::vector<Value> names;
  std::string kinds;
  const auto add = [&](Value table, uint8_t kind) {
    for (const Value& name : heap.items(table)) {
      names.push_back(name);
      kinds += static_cast<char>(kind);
    }
  };
  add(f.varnames, CodeObject::kLocal);
  const size_t locals = names.size();
  std::unordered_map<std::string_view, size_t> local;
  for (size_t i = 0; i < locals; ++i) {
    if (names[i].is_text()) local.emplace(names[i].text(), i);
  }
  for (const Value& name : heap.items(f.cellvars)) {
    const auto found = name.is_text() ? local.find(name.text()) : local.end();
    if (found != local.end()) {
      kinds[found->second] = static_cast<char>(kinds[found->second] | CodeObject::kCell);
    } else {
      names.push_back(name);
      kinds += static_cast<char>(CodeObject::kCell);
    }
  }
  add(f.freevars, CodeObject::kFree);
  f.localsplusnames = heap.new_items(Kind::tuple, names.data(), static_cast<uint32_t>(names.size()));
  f.localspluskinds = heap.new_bytes(kinds);
  return true;
}

PythonVersion some_version(CodeLayout layout) {
  switch (layout) {
    case CodeLayout::python2: return {2, 7};
    case CodeLayout::python3_0: return {3, 7};
    case CodeLayout::python3_8: return {3, 10};
    case CodeLayout::python3_11: return {3, 13};
  }
  return {3, 13};
}

std::vector<Value> with_nested(const Heap& heap, Value code) {
  std::vector<Value> all{code};
  for (size_t i = 0; i < all.size() && all.size() < kMostNested; ++i) {
    for (const Value constant : heap.code(all[i]).consts) {
      const bool fresh = constant.is(Kind::code) && std::none_of(all.begin(), all.end(), [&](Value v) { return v.same_as(constant); });
      if (fresh && all.size() < kMostNested) all.push_back(constant);
    }
  }
  return all;
}

struct Attempt {
  CodeObject code;
  Ranking ranking;
};

// The code object in one layout, and how well its versions suit it.
Result<Attempt> try_layout(Heap& heap, CodeFields fields, CodeLayout layout, std::optional<PythonVersion> prior) {
  fields.layout = layout;
  fields.version = some_version(layout);
  if (layout == CodeLayout::python3_11 && !join_locals(heap, fields)) return malformed("the tables of names are not tuples");
  uint64_t room = kMostEntries;
  Result<CodeObject> made = make_code(heap, fields, room);
  if (!made) return made.error();
  Heap scratch;  // only the numbers of constants count, not where they are
  const Value code = scratch.new_code(*made);
  RankOptions options;
  options.layout = layout;
  options.kinds = Kinds::made;
  options.prior = prior;
  return Attempt{made.take(), rank_versions(scratch, {&code, 1}, options)};
}

}  // namespace

Result<Value> code_from_arguments(Heap& heap, std::span<const Value> arguments, std::optional<PythonVersion> prior) {
  const Result<CodeFields> fields = read_fields(heap, arguments);
  if (!fields) return fields.error();
  Result<Attempt> best = try_layout(heap, *fields, fields->layout, prior);
  // dill hands the arguments of one version to the CodeType of another: instructions need not be of the layout's.
  for (const CodeLayout layout : {CodeLayout::python3_11, CodeLayout::python3_8, CodeLayout::python3_0, CodeLayout::python2}) {
    if (best && best->ranking.faults == 0) break;
    if (layout == fields->layout) continue;
    Result<Attempt> other = try_layout(heap, *fields, layout, prior);
    if (other && (!best || other->ranking.faults < best->ranking.faults)) best = std::move(other);
  }
  if (!best) return best.error();
  best->code.version = best->ranking.versions[0];
  const Value code = heap.new_code(std::move(best->code));
  // What else the version could be, the nested code objects may decide.
  std::vector<Value> all = with_nested(heap, code);
  std::erase_if(all, [&](Value v) { return layout_of(heap.code(v).version) != layout_of(heap.code(code).version); });
  if (all.size() > 1) {
    RankOptions options;
    options.layout = layout_of(heap.code(code).version);
    options.kinds = Kinds::made;
    options.prior = prior;
    const Ranking ranking = rank_versions(heap, all, options);
    set_version(heap, all, ranking.versions[0]);
  }
  return code;
}

}  // namespace winnow::bytecode
