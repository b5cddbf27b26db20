// Functions as Keras writes them into configurations: marshalled code objects as text. Keras' own writers and
// loaders (func_dump, func_load in keras/utils/generic_utils.py, tf_keras/utils/generic_utils.py and
// keras/src/utils/python_utils.py) have had several forms, some of which no loader reads any more; all are read
// here, and `loads` tells whether Keras itself would.
#pragma once

#include "code/bytecode/infer.h"

namespace winnow::bytecode {

// How the text became bytes.
enum class TextForm : uint8_t {
  base64,              // leniently, as codecs.decode(..., "base64")
  raw_unicode_escape,  // what is not base64: a character is a byte
  bytes_literal,       // "b'...'": str() of bytes of base64, by Keras 2.0 under Python 3
};

struct FunctionText {
  Value code;                           // Kind::code
  std::vector<PythonVersion> versions;  // as in Inferred
  uint32_t faults = 0;
  std::vector<PythonVersion> others;    // as in Inferred
  std::vector<Value> codes;             // `code` and those inside it, for set_version
  TextForm form = TextForm::base64;
  bool loads = false;                   // Keras' loader makes this very code object of the text
  uint64_t end = 0;                     // bytes read of `size`
  uint64_t size = 0;
  // The code object that a writer under Windows meant, with `changed` slashes turned back to backslashes: `code`
  // itself where nothing else can be read, a second one where `code` loads but makes no sense, else unknown.
  // Strings keep their slashes: there the damage cannot be seen.
  Value repaired = Value::unknown();
  uint32_t changed = 0;
};

// `text` is UTF-8 (a JSON string). The decoded bytes live in the heap's arena. Errors: of the form that Keras would
// read; offsets are in the decoded bytes.
Result<FunctionText> read_function_text(Heap& heap, std::string_view text, const InferOptions& options = {});

// What base64 makes of the text as binascii.a2b_base64 does: foreign characters are skipped, what follows complete
// padding is ignored. Nothing where the padding is wrong or a character is left over.
std::optional<std::string> lenient_base64(std::string_view text);

}  // namespace winnow::bytecode
