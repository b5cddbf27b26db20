// The mutators keep what they promise: seeds are written again as they were read, and most of what is edited still reads
// as the format, deeper than bytes changed at random would.
#include "records.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

#include "code/pickle/opcodes.h"
#include "containers/hdf5.h"
#include "containers/protobuf.h"
#include "containers/zip.h"
#include "winnow.h"

namespace winnow::fuzz {
namespace {

// Those that make_seeds.py made.
std::vector<std::string> seeds(const std::string& target) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(SEEDS) + "/" + target)) {
    const bool found = entry.path().filename().string().size() == 40;  // by a fuzzer, which names by hash: broken as a rule
    if (!found) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> files;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    files.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return files;
}

// In place of libFuzzer's own.
size_t flip(uint8_t* data, size_t size, size_t most) {
  if (most == 0) return 0;
  if (size == 0) data[size++] = 'a';
  data[size / 2] ^= 0x10;
  return size;
}

struct Asked {
  const char* target;
  const RecordFormat* format;
  std::function<bool(std::string_view)> reads;  // deeper than a broken file would
  double exact;                                 // of the seeds, written as they were read
  double least;                                 // of the edited files that must read
};

bool reads_as_pickle(std::string_view file) {
  uint64_t at = 0, count = 0;
  pickle::Instruction instruction;
  while (pickle::read_instruction(as_bytes(file), at, instruction)) at = instruction.next, ++count;
  return at == file.size() && count > 2;
}

bool reads_as_zip(std::string_view file) {
  const containers::Zip zip = containers::read_zip(as_bytes(file));
  return zip.has_directory && !zip.members.empty() && zip.members.front().data_offset != 0;
}

bool reads_as_message(std::string_view file) {
  size_t count = 0;
  const auto error = containers::each_field(as_bytes(file), [&](const containers::ProtoField&) { return ++count > 0; });
  return !error && count > 0;
}

bool reads_as_hdf5(std::string_view file) {
  const std::string whole = std::string("\x89HDF\r\n\x1a\n", 8) + std::string(file);
  return containers::read_hdf5(as_bytes(whole)).objects.size() > 1;
}

bool reads_as_gguf(std::string_view file) {
  Options options;
  options.jobs = 1;
  const Report report = scan("model.gguf", as_bytes(file), options);
  return report.artifacts.front().gaps.empty() || report.artifacts.size() > 1;
}

const Asked kAsked[] = {
    {"fuzz_pickle", &kPickleRecords, reads_as_pickle, 0.95, 0.7},
    {"fuzz_zip", &kZipRecords, reads_as_zip, 0.9, 0.6},
    {"fuzz_onnx", &kProtobufRecords, reads_as_message, 0.7, 0.7},
    {"fuzz_hdf5", &kHdf5Records, reads_as_hdf5, 0.9, 0.6},
    {"fuzz_gguf", &kGgufRecords, reads_as_gguf, 0.6, 0.3},
};

TEST(Records, ReadAndWrittenAreTheSame) {
  for (const Asked& asked : kAsked) {
    size_t same = 0, all = 0;
    for (const std::string& file : seeds(asked.target)) {
      const Record root = asked.format->read(file);
      ++all;
      same += !root.parts.empty() && asked.format->write(root) == file;
    }
    EXPECT_GE(static_cast<double>(same), asked.exact * static_cast<double>(all)) << asked.target << " " << same << " of " << all;
    EXPECT_GT(all, 0U) << asked.target;
  }
}

TEST(Records, EditedFilesStillRead) {
  for (const Asked& asked : kAsked) {
    size_t changed = 0, read = 0;
    unsigned seed = 1;
    for (const std::string& file : seeds(asked.target)) {
      if (!asked.reads(file) || asked.format->write(asked.format->read(file)) != file) continue;
      for (int round = 0; round < 8; ++round) {
        Random random(++seed * 7919);
        const std::string edited = edit(*asked.format, file, random, flip);
        if (edited.empty() || edited == file) continue;
        ++changed;
        read += asked.reads(edited);
      }
    }
    EXPECT_GT(changed, 8U) << asked.target;
    EXPECT_GE(static_cast<double>(read), asked.least * static_cast<double>(changed)) << asked.target << " " << read << " of " << changed;
  }
}

TEST(Records, LengthsFollowWhatIsEdited) {
  // A message in a message, whose text grows: both lengths do.
  const std::string file("\x0a\x05\x12\x03" "abc", 7);
  Record root = kProtobufRecords.read(file);
  ASSERT_EQ(root.parts.size(), 1U);
  ASSERT_EQ(root.parts[0].parts.size(), 1U);
  root.parts[0].parts[0].text = "abcdef";
  EXPECT_EQ(kProtobufRecords.write(root), std::string("\x0a\x08\x12\x06" "abcdef"));
  root.parts[0].lie = 1;
  EXPECT_EQ(kProtobufRecords.write(root), std::string("\x0a\x09\x12\x06" "abcdef"));
}

TEST(Records, FramesFollowTheirOpcodes) {
  const std::string file("\x80\x04\x95\x03\0\0\0\0\0\0\0K\x01.", 14);
  Record root = kPickleRecords.read(file);
  ASSERT_EQ(kPickleRecords.write(root), file);
  ASSERT_EQ(root.parts.size(), 2U);
  root.parts[1].parts.insert(root.parts[1].parts.begin(), {'N', {}, {}, 0});
  EXPECT_EQ(kPickleRecords.write(root), std::string("\x80\x04\x95\x04\0\0\0\0\0\0\0NK\x01.", 15));
}

}  // namespace
}  // namespace winnow::fuzz
