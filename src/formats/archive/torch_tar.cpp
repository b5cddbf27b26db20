#include "formats/archive/torch_tar.h"

#include <optional>

#include "bytes/reader.h"
#include "code/pickle/opcodes.h"
#include "code/pickle/storage_types.h"
#include "code/pickle/unpickler.h"

namespace winnow::archive {

namespace {

constexpr uint64_t kMostPickles = 100'000;

// The offset behind the STOP of the pickle at `offset`; nothing when it does not come to one.
std::optional<uint64_t> pickle_end(Bytes bytes, uint64_t offset) {
  pickle::Instruction instruction;
  while (pickle::read_instruction(bytes, offset, instruction)) {
    offset = instruction.next;
    if (instruction.opcode == pickle::Opcode::STOP) return offset;
  }
  return std::nullopt;
}

// `storages`: a count, then for each a pickle of (key, location, type), an element count and the elements.
// Gives false where the numbers do not lead to the next pickle.
bool skip_storage(Bytes bytes, std::string_view description, uint64_t& offset) {
  const std::optional<uint64_t> element = pickle::storage_element_size_in(description);
  if (!element) return false;
  if (*element == 0) return true;
  Reader reader(bytes);
  reader.seek(offset);
  const uint64_t count = reader.le<uint64_t>();
  if (!reader.ok() || count > reader.left() / *element) return false;
  offset += 8 + count * *element;
  return true;
}

// Where the type of a storage is not told for sure: a pickle behind its elements, whatever size they have.
void give_pickles_behind(Scan& scan, const Artifact& artifact, std::string_view name, Bytes bytes, uint64_t offset) {
  Reader reader(bytes);
  reader.seek(offset);
  const uint64_t count = reader.le<uint64_t>();
  if (!reader.ok()) return;
  for (const uint64_t element : {1, 2, 4, 8, 16}) {
    if (count > reader.left() / element) return;
    const uint64_t behind = reader.offset() + count * element;
    const Bytes rest = slice(bytes, behind);
    const pickle::Likeness like = pickle::looks_like_pickle(rest);
    if (like.pickle && like.names) scan.child(artifact, std::string(name) + "@" + std::to_string(behind), rest, Hint::pickle);
  }
}

// `tensors`: a count, then for each a pickle, the dimensions as int32 and four zero bytes, and int64 each of
// sizes, strides and the offset.
bool skip_tensor(Bytes bytes, uint64_t& offset) {
  Reader reader(bytes);
  reader.seek(offset);
  const uint64_t dimensions = reader.le<uint32_t>();
  reader.skip(4);
  if (!reader.ok() || dimensions > reader.left() / 16) return false;
  const uint64_t size = 8 + dimensions * 16 + 8;
  if (size > reader.left() + 8) return false;
  offset += size;
  return true;
}

}  // namespace

bool is_torch_tar_pickle(std::string_view name) {
  if (name.starts_with("./")) name.remove_prefix(2);
  return name == "pickle" || name == "storages" || name == "tensors" || name == "sys_info";
}

void read_torch_tar_member(Scan& scan, const Artifact& artifact, std::string_view name, Bytes bytes) {
  const std::string_view base = name.starts_with("./") ? name.substr(2) : name;
  if (base == "pickle" || base == "sys_info") {
    scan.child(artifact, name, bytes, Hint::pickle);
    return;
  }
  uint64_t offset = 0;
  for (uint64_t count = 0; offset < bytes.size(); ++count) {
    const std::optional<uint64_t> end = pickle_end(bytes, offset);
    const std::string child =
        count == 0 ? std::string(name) : std::string(name) + "@" + std::to_string(offset);
    if (!end || count == kMostPickles) {
      scan.child(artifact, child, slice(bytes, offset), Hint::pickle);
      return;
    }
    const Bytes pickle = slice(bytes, offset, *end - offset);
    scan.child(artifact, child, pickle, Hint::pickle);
    offset = *end;
    if (count == 0) continue;  // the number of what follows
    const bool known =
        base == "storages" ? skip_storage(bytes, as_text(pickle), offset) : skip_tensor(bytes, offset);
    if (known) continue;
    scan.gap(artifact, Fault::malformed, offset,
             "'" + std::string(base) + "' does not hold what it promises");
    scan.child(artifact, std::string(name) + "@" + std::to_string(offset), slice(bytes, offset),
               Hint::unclaimed);
    if (base == "storages") give_pickles_behind(scan, artifact, name, bytes, offset);
    return;
  }
}

}  // namespace winnow::archive
