#include "containers/java_stream.h"

#include <algorithm>

#include "bytes/reader.h"

namespace winnow::containers {
namespace {

constexpr int kDeepest = 2'000;
constexpr size_t kMostHandles = 4'000'000;
constexpr size_t kMostTexts = 100'000;
constexpr uint64_t kLongArray = 100;

enum Code : uint8_t {
  kNull = 0x70, kReference, kClassDescription, kObject, kString, kArray, kClass, kBlock, kEndOfBlock, kReset, kLongBlock, kException, kLongString,
  kProxyDescription, kEnum,
};
enum Flag : uint8_t { kWriteMethod = 1, kSerializable = 2, kExternalizable = 4, kBlockData = 8 };

struct Field {
  char type;
};

struct Description {
  uint32_t cls = 0;        // index into JavaStream::classes
  uint8_t flags = 0;
  std::vector<Field> fields;
  int32_t super = -1;      // index into descriptions
};

// What a handle stands for.
struct Handle {
  int32_t description = -1;  // of a class description
};

class Walk {
 public:
  Walk(Bytes bytes, JavaStream& out) : reader_(bytes), out_(out) {}

  void run() {
    reader_.skip(4);
    while (reader_.left() > 0 && reader_.ok()) content(reader_.u8(), 0);
    if (reader_.error()) out_.damage = *reader_.error();
  }

 private:
  uint32_t handle(int32_t description = -1) {
    if (handles_.size() >= kMostHandles) reader_.fail(Fault::limit, "the stream has too many objects");
    handles_.push_back({description});
    return static_cast<uint32_t>(handles_.size() - 1);
  }

  std::string_view utf() { return reader_.text(reader_.be<uint16_t>()); }

  void text(std::string_view text, uint64_t offset) {
    if (out_.texts.size() < kMostTexts) out_.texts.push_back({text, offset});
  }

  void content(uint8_t code, int depth) {
    if (!reader_.ok()) return;
    if (depth > kDeepest) return reader_.fail(Fault::limit, "objects are nested too deeply");
    switch (code) {
      case kNull: return;
      case kReference: reader_.skip(4); return;
      case kClassDescription: case kProxyDescription: description(code, depth); return;
      case kObject: return object(depth);
      case kString: {
        const uint64_t at = reader_.offset();
        handle();
        return text(utf(), at);
      }
      case kLongString: {
        const uint64_t at = reader_.offset();
        handle();
        return text(reader_.text(reader_.be<uint64_t>()), at);
      }
      case kArray: return array(depth);
      case kClass:
        described(depth);
        handle();
        return;
      case kBlock: reader_.skip(reader_.u8()); return;
      case kLongBlock: reader_.skip(reader_.be<uint32_t>()); return;
      case kEndOfBlock: return;
      case kReset: handles_.clear(); return;
      case kException: return content(reader_.u8(), depth + 1);
      case kEnum:
        described(depth);
        handle();
        return content(reader_.u8(), depth + 1);
      default: return reader_.fail(Fault::malformed, "a part of the stream has no type");
    }
  }

  // The class of what follows: described here, or earlier.
  int32_t described(int depth) {
    const uint8_t code = reader_.u8();
    if (code == kNull) return -1;
    if (code == kReference) {
      const uint32_t number = reader_.be<uint32_t>() - 0x7e0000;
      return number < handles_.size() ? handles_[number].description : -1;
    }
    return description(code, depth);
  }

  int32_t description(uint8_t code, int depth) {
    if (depth > kDeepest) return reader_.fail(Fault::limit, "objects are nested too deeply"), -1;
    const auto index = static_cast<int32_t>(descriptions_.size());
    descriptions_.emplace_back();
    JavaClass made;
    made.offset = reader_.offset();
    Description described_here;
    if (code == kProxyDescription) {
      handle(index);
      made.proxy = true;
      const uint64_t count = reader_.count(reader_.be<uint32_t>(), 2);
      for (uint64_t i = 0; i < count && reader_.ok(); ++i) (made.name += made.name.empty() ? "" : ",") += utf();
      described_here.flags = kSerializable;
    } else if (code == kClassDescription) {
      made.name = utf();
      reader_.skip(8);  // serialVersionUID
      handle(index);
      described_here.flags = reader_.u8();
      const uint64_t count = reader_.count(reader_.be<uint16_t>(), 3);
      for (uint64_t i = 0; i < count && reader_.ok(); ++i) {
        const auto type = static_cast<char>(reader_.u8());
        utf();
        if (type == '[' || type == 'L') content(reader_.u8(), depth + 1);
        described_here.fields.push_back({type});
      }
    } else {
      return reader_.fail(Fault::malformed, "the description of a class is missing"), -1;
    }
    described_here.cls = static_cast<uint32_t>(out_.classes.size());
    out_.classes.push_back(std::move(made));
    annotation(depth);
    described_here.super = described(depth + 1);
    descriptions_[static_cast<size_t>(index)] = std::move(described_here);
    return index;
  }

  void annotation(int depth) {
    while (reader_.ok()) {
      const uint8_t code = reader_.u8();
      if (code == kEndOfBlock) return;
      content(code, depth + 1);
    }
  }

  void object(int depth) {
    int32_t index = described(depth);
    handle();
    std::vector<int32_t> chain;  // from the topmost class down
    for (int left = 256; index >= 0 && left > 0; --left) {
      chain.push_back(index);
      index = descriptions_[static_cast<size_t>(index)].super;
    }
    std::reverse(chain.begin(), chain.end());
    for (const int32_t one : chain) {
      const Description cls = descriptions_[static_cast<size_t>(one)];
      if (cls.cls < out_.classes.size()) out_.classes[cls.cls].instantiated = true;
      if ((cls.flags & kSerializable) != 0) {
        for (const Field field : cls.fields) value(field.type, depth);
        if ((cls.flags & kWriteMethod) != 0) annotation(depth);
      } else if ((cls.flags & kExternalizable) != 0) {
        if ((cls.flags & kBlockData) == 0) return reader_.fail(Fault::unsupported, "an object of the first protocol has no known end");
        annotation(depth);
      }
    }
  }

  void value(char type, int depth) {
    switch (type) {
      case 'B': case 'Z': reader_.skip(1); return;
      case 'C': case 'S': reader_.skip(2); return;
      case 'I': case 'F': reader_.skip(4); return;
      case 'J': case 'D': reader_.skip(8); return;
      case 'L': case '[': return content(reader_.u8(), depth + 1);
      default: reader_.fail(Fault::malformed, "the type of a field does not exist");
    }
  }

  void array(int depth) {
    const int32_t index = described(depth);
    handle();
    const uint64_t count = reader_.be<uint32_t>();
    if (index < 0 || descriptions_[static_cast<size_t>(index)].cls >= out_.classes.size()) return reader_.fail(Fault::malformed, "an array has no class");
    JavaClass& cls = out_.classes[descriptions_[static_cast<size_t>(index)].cls];
    cls.instantiated = true;
    const char type = cls.name.size() > 1 ? cls.name[1] : 'L';
    const uint64_t width = type == 'B' || type == 'Z' ? 1 : type == 'C' || type == 'S' ? 2 : type == 'I' || type == 'F' ? 4 : type == 'J' || type == 'D' ? 8 : 0;
    if (width != 0) {
      const Bytes data = reader_.bytes(reader_.count(count, width) * width);
      if (type == 'B' && data.size() >= kLongArray) out_.arrays.push_back(data);
      return;
    }
    const uint64_t items = reader_.count(count, 1);
    for (uint64_t i = 0; i < items && reader_.ok(); ++i) content(reader_.u8(), depth + 1);
  }

  Reader reader_;
  JavaStream& out_;
  std::vector<Handle> handles_;
  std::vector<Description> descriptions_;
};

}  // namespace

bool is_java_stream(Bytes bytes) {
  return bytes.size() > 5 && as_text(bytes).starts_with("\xac\xed" + std::string("\0\5", 2)) && std::to_integer<uint8_t>(bytes[4]) >= kNull &&
         std::to_integer<uint8_t>(bytes[4]) <= kEnum;
}

JavaStream read_java_stream(Bytes bytes) {
  JavaStream out;
  Walk(bytes, out).run();
  return out;
}

}  // namespace winnow::containers
