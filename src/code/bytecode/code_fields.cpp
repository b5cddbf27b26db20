#include "code/bytecode/code_fields.h"

#include <algorithm>

namespace winnow::bytecode {
namespace {

// Collects the parts of one code object; the first complaint sticks.
class Maker {
 public:
  Maker(Heap& heap, const CodeFields& fields, uint64_t& room) : heap_(heap), fields_(fields), room_(room) {}

  Result<CodeObject> make() {
    check_numbers();
    CodeObject code;
    code.version = fields_.version;
    code.argcount = static_cast<uint32_t>(fields_.argcount);
    code.posonlyargcount = static_cast<uint32_t>(fields_.posonlyargcount);
    code.kwonlyargcount = static_cast<uint32_t>(fields_.kwonlyargcount);
    code.nlocals = static_cast<uint32_t>(fields_.nlocals);
    code.stacksize = static_cast<uint32_t>(fields_.stacksize);
    code.flags = static_cast<uint32_t>(fields_.flags);
    code.firstlineno = fields_.firstlineno;
    code.offset = fields_.offset;
    code.code = bytes(fields_.code, "instructions");
    if (const Items* items = tuple(fields_.consts, "constants")) code.consts.assign(items->begin(), items->end());
    code.names = texts(fields_.names, "names");
    code.filename = text(fields_.filename, "file name");
    code.name = text(fields_.name, "name");
    code.linetable = bytes(fields_.linetable, "line table");
    if (fields_.layout == CodeLayout::python3_11) {
      read_localsplus(code);
    } else {
      code.varnames = texts(fields_.varnames, "local names");
      code.freevars = texts(fields_.freevars, "free names");
      code.cellvars = texts(fields_.cellvars, "cell names");
    }
    if (error_) return *error_;
    check_arguments(code);
    if (error_) return *error_;
    return code;
  }

 private:
  bool since(uint8_t minor) const { return fields_.version >= PythonVersion{3, minor}; }

  void complain(Fault fault, std::string what) {
    if (!error_) error_ = Error{fault, fields_.offset, "code object: " + std::move(what)};
  }

  void check_numbers() {
    const CodeFields& f = fields_;
    if (f.argcount < 0 || f.kwonlyargcount < 0 || f.posonlyargcount < 0 || f.nlocals < 0)
      complain(Fault::malformed, "a count is negative");
    if (f.posonlyargcount > f.argcount) complain(Fault::malformed, "more positional-only arguments than arguments");
    if (since(8) && (f.stacksize < 0 || f.flags < 0)) complain(Fault::malformed, "stack size or flags are negative");
  }

  bool is_text(Value v) const {
    if (fields_.text == Text::either) return v.is_text();
    return v.is(fields_.version.major == 2 ? Kind::bytes : Kind::string);
  }

  std::string_view text(Value v, const char* what) {
    if (is_text(v)) return v.text();
    complain(Fault::malformed, std::string("the ") + what + " is not a string");
    return {};
  }

  std::string_view bytes(Value v, const char* what) {
    if (v.is(Kind::bytes) || (fields_.text == Text::either && v.is(Kind::string))) return v.text();
    complain(Fault::malformed, std::string("the ") + what + " are not bytes");
    return {};
  }

  const Items* tuple(Value v, const char* what) {
    if (!v.is(Kind::tuple)) {
      complain(Fault::malformed, std::string("the ") + what + " are not a tuple");
      return nullptr;
    }
    const Items& items = heap_.items(v);
    if (!items.complete() || items.size > room_) {
      complain(Fault::limit, std::string("too many ") + what);
      return nullptr;
    }
    room_ -= items.size;
    return &items;
  }

  std::vector<std::string_view> texts(Value v, const char* what) {
    std::vector<std::string_view> out;
    const Items* items = tuple(v, what);
    if (items == nullptr) return out;
    out.reserve(items->size);
    for (const Value& item : *items) {
      if (!is_text(item)) {
        complain(Fault::malformed, std::string("not all ") + what + " are strings");
        break;
      }
      out.push_back(item.text());
    }
    return out;
  }

  // From 3.11 on the kinds of names are bits of one table; the three older tables follow from it.
  void read_localsplus(CodeObject& code) {
    code.qualname = text(fields_.qualname, "qualified name");
    code.exceptiontable = bytes(fields_.exceptiontable, "exception table");
    code.localsplusnames = texts(fields_.localsplusnames, "local names");
    const std::string_view kinds = bytes(fields_.localspluskinds, "kinds of local names");
    if (error_) return;
    if (kinds.size() != code.localsplusnames.size()) return complain(Fault::malformed, "not as many kinds as local names");
    if (code.code.size() % 2 != 0) return complain(Fault::malformed, "half an instruction");
    for (size_t i = 0; i < kinds.size(); ++i) {
      const auto kind = static_cast<uint8_t>(kinds[i]);
      code.localspluskinds.push_back(kind);
      const std::string_view name = code.localsplusnames[i];
      if (kind & CodeObject::kLocal) code.varnames.push_back(name);
      if (kind & CodeObject::kCell) code.cellvars.push_back(name);
      if ((kind & (CodeObject::kFree | CodeObject::kLocal | CodeObject::kCell)) == CodeObject::kFree) code.freevars.push_back(name);
    }
    code.nlocals = static_cast<uint32_t>(code.varnames.size());
  }

  void check_arguments(CodeObject& code) {
    constexpr uint64_t kMostMadeUp = 255;
    const uint64_t arguments = uint64_t{code.argcount} + code.kwonlyargcount + ((code.flags & CodeObject::kVarArgs) != 0) +
                               ((code.flags & CodeObject::kVarKeywords) != 0);
    if (arguments <= code.varnames.size()) return;
    if (since(6)) return complain(Fault::malformed, "more arguments than local names");
    // Nobody can call what takes more; it may be there only to be stumbled over.
    if (arguments > kMostMadeUp) code.argcount = code.kwonlyargcount = 0;
    while (code.varnames.size() < std::min(arguments, kMostMadeUp)) {
      code.varnames.push_back(heap_.arena().copy("argument" + std::to_string(code.varnames.size())));
    }
  }

  Heap& heap_;
  const CodeFields& fields_;
  uint64_t& room_;
  std::optional<Error> error_;
};

constexpr CodePart kOldParts[] = {&CodeFields::code,     &CodeFields::consts,   &CodeFields::names,
                                  &CodeFields::varnames, &CodeFields::freevars, &CodeFields::cellvars,
                                  &CodeFields::filename, &CodeFields::name,     &CodeFields::linetable};
constexpr CodePart kNewParts[] = {&CodeFields::code,     &CodeFields::consts,
                                  &CodeFields::names,    &CodeFields::localsplusnames,
                                  &CodeFields::localspluskinds, &CodeFields::filename,
                                  &CodeFields::name,     &CodeFields::qualname,
                                  &CodeFields::linetable, &CodeFields::exceptiontable};

}  // namespace

std::span<const CodePart> code_parts(CodeLayout layout) {
  if (layout == CodeLayout::python3_11) return kNewParts;
  return kOldParts;
}

Result<CodeObject> make_code(Heap& heap, const CodeFields& fields, uint64_t& room) {
  return Maker(heap, fields, room).make();
}

}  // namespace winnow::bytecode
