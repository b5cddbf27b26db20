// Mutation of files as their readers see them: a format is read into a tree of records, the tree is edited, and written
// again with the lengths, counts and offsets that then hold, but for those that are made to lie. So a mutated file is
// as deep as a valid one, where bytes that are changed at random die at the first length.
//
// A format is a reader and a writer, which must agree: what is read and written unchanged is the same bytes, and input
// for which that is not so is left to mutation of bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::fuzz {

using Random = std::minstd_rand;

// A number below `limit`; zero where there is none.
inline size_t below(Random& random, size_t limit) { return limit == 0 ? 0 : random() % limit; }

struct Record {
  uint32_t kind = 0;           // the format's own: an opcode, a field's number, a part of a zip
  std::string text;            // what stands in it, without the lengths that the writer adds
  std::vector<Record> parts;
  int64_t lie = 0;             // what the file says of its length, count or place, less what is true
};

struct RecordFormat {
  Record (*read)(std::string_view file);
  std::string (*write)(const Record& file);
  // Bytes of each number in a record's text, from its start; empty where the text is any bytes.
  std::string_view (*widths)(const Record& record);
  // What a record of this kind may turn into without a change of its text.
  uint32_t (*other_kind)(const Record& record, Random& random);
  // A new record that may stand beside the one given.
  Record (*another)(const Record& beside, Random& random);
  // Whether the file holds addresses of its own parts: then no edit changes the size of anything.
  bool keeps_places = false;
};

extern const RecordFormat kPickleRecords;    // opcodes; frames hold theirs
extern const RecordFormat kZipRecords;       // members, each of local header, data and entry; the end record
extern const RecordFormat kProtobufRecords;  // fields, and messages in them
extern const RecordFormat kGgufRecords;      // pairs, arrays, tensors
extern const RecordFormat kHdf5Records;      // messages of object headers, words of everything else

// The format that a file's first bytes tell, or null.
const RecordFormat* format_of(std::string_view file);

// Changes bytes as libFuzzer does: its LLVMFuzzerMutate, or a stand-in.
using ChangeBytes = size_t (*)(uint8_t* data, size_t size, size_t most);

// Edits a file a few times. Empty where it cannot be read as that format.
std::string edit(const RecordFormat& format, std::string_view file, Random& random, ChangeBytes change);

// Puts records of one file among those of another.
std::string cross(const RecordFormat& format, std::string_view file, std::string_view donor, Random& random);

// What libFuzzer's hooks do: most changes are of records, the rest of bytes. `format` may be null.
size_t mutate(const RecordFormat* format, uint8_t* data, size_t size, size_t most, unsigned seed, ChangeBytes change);
size_t cross_over(const RecordFormat* format, std::string_view file, std::string_view donor, uint8_t* out, size_t most, unsigned seed);

inline void append_number(std::string& out, uint64_t number, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) out += static_cast<char>(number >> (8 * i));
}
inline uint64_t number_at(std::string_view text, size_t at, size_t bytes) {
  uint64_t number = 0;
  for (size_t i = 0; i < bytes && at + i < text.size(); ++i) {
    number |= static_cast<uint64_t>(static_cast<uint8_t>(text[at + i])) << (8 * i);
  }
  return number;
}

}  // namespace winnow::fuzz

// In a target: its inputs are mutated as that format (an expression over `file`, which may give null).
#ifdef WINNOW_FUZZ
extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t most);
#define WINNOW_MUTATE_RECORDS(format)                                                                              \
  extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {               \
    const std::string_view file(reinterpret_cast<const char*>(data), size);                                         \
    (void)file;                                                                                                     \
    return winnow::fuzz::mutate(format, data, size, most, seed, LLVMFuzzerMutate);                                  \
  }                                                                                                                 \
  extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t* data, size_t size, const uint8_t* other,               \
                                              size_t other_size, uint8_t* out, size_t most, unsigned seed) {        \
    const std::string_view file(reinterpret_cast<const char*>(data), size);                                         \
    const std::string_view donor(reinterpret_cast<const char*>(other), other_size);                                 \
    return winnow::fuzz::cross_over(format, file, donor, out, most, seed);                                          \
  }
#else
#define WINNOW_MUTATE_RECORDS(format)
#endif
