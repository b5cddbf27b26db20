#include "code/bytecode/marshal.h"

#include <algorithm>
#include <unordered_set>

#include "bytes/reader.h"
#include "code/bytecode/code_fields.h"
#include "code/bytecode/marshal_numbers.h"

namespace winnow::bytecode {
namespace {

constexpr size_t kDeepest = 2000;  // MAX_MARSHAL_STACK_DEPTH
constexpr uint8_t kFlag = 0x80;    // "remember this object": from 3.4 on
constexpr uint32_t kNoReference = UINT32_MAX;

// What reading one object gives: nullopt is marshal's NULL, which ends a dict and is an error elsewhere.
using Object = std::optional<Value>;

// A container that is being read. Its items wait on the stack of values from `base` on.
struct Frame {
  enum class Type : uint8_t { items, dict, slice, code } type = Type::items;
  Value container;                     // tuples, lists, dicts and sets exist, empty, before their items
  uint64_t left = 0;                   // items to come
  size_t base = 0;
  uint32_t reference = kNoReference;   // the place kept for the object until it is done
  uint64_t offset = 0;
  bool key = true;                     // of dict: a key comes next
};

class Unmarshaller {
 public:
  Unmarshaller(Heap& heap, Bytes bytes, const MarshalOptions& options)
      : heap_(heap), options_(options), layout_(options.layout.value_or(layout_of(options.version))),
        reader_(bytes, options.base), room_(options.values) {}

  Result<Unmarshalled> run() {
    for (;;) {
      Object object;
      const bool whole = read_object(object);
      if (error_) return *error_;
      if (!whole) continue;
      if (deliver(object)) break;
      if (error_) return *error_;
    }
    if (!result_) return Error{Fault::malformed, options_.base, "there is no object, only NULL"};
    out_.value = *result_;
    out_.end = reader_.offset() - options_.base;
    return std::move(out_);
  }

 private:
  bool since(uint8_t minor) const { return options_.version >= PythonVersion{3, minor}; }
  void needs(uint8_t minor) { out_.oldest_minor = std::max(out_.oldest_minor, minor); }
  bool two() const { return options_.version.major == 2; }

  void fail(Fault fault, uint64_t offset, std::string what) {
    if (!error_) error_ = Error{fault, offset, std::move(what)};
  }

  // A number that says how something goes on.
  int32_t number() {
    const uint64_t at = reader_.offset();
    const uint32_t bits = reader_.le<uint32_t>();
    if (options_.slashes != nullptr && reader_.ok()) {
      for (int i = 0; i < 4; ++i) note_slash(at + static_cast<uint64_t>(i), static_cast<uint8_t>(bits >> (8 * i)));
    }
    if (!reader_.ok()) fail(reader_.error()->fault, reader_.error()->offset, reader_.error()->what);
    return static_cast<int32_t>(bits);
  }

  uint8_t small_number() {
    const uint64_t at = reader_.offset();
    const uint8_t n = reader_.u8();
    note_slash(at, n);
    if (!reader_.ok()) fail(reader_.error()->fault, reader_.error()->offset, "the input ends inside an object");
    return n;
  }

  void note_slash(uint64_t at, uint8_t byte) {
    if (options_.slashes != nullptr && byte == '/') options_.slashes->push_back(at - options_.base);
  }

  // `count` things of at least one byte each.
  bool size_is_good(int64_t count, uint64_t offset, const char* what) {
    if (error_) return false;
    if (count < 0) {
      fail(Fault::malformed, offset, std::string(what) + " has a negative size");
    } else if (static_cast<uint64_t>(count) > reader_.left()) {
      fail(Fault::truncated, offset, std::string(what) + " is longer than the rest of the input");
    }
    return !error_;
  }

  std::string_view raw(int64_t size, uint64_t offset, const char* what) {
    if (!size_is_good(size, offset, what)) return {};
    return reader_.text(static_cast<uint64_t>(size));
  }

  // Reads a whole object into `object` and gives true, or opens a frame for its parts.
  bool read_object(Object& object) {
    const uint64_t offset = reader_.offset();
    if (frames_.size() >= kDeepest) fail(Fault::limit, offset, "objects are nested more than 2000 deep");
    if (room_ == 0) fail(Fault::limit, offset, "the budget for objects is used up");
    if (reader_.left() == 0) fail(Fault::truncated, offset, "the input ends where an object is expected");
    if (error_) return false;
    --room_;
    uint8_t type = reader_.u8();
    const bool flagged = since(4) && (type & kFlag) != 0;
    if (flagged) type &= static_cast<uint8_t>(~kFlag);
    if (flagged || std::string_view("aAzZr)t").find(static_cast<char>(type)) != std::string_view::npos) needs(4);
    switch (type) {
      case '0': object = std::nullopt; return true;
      case 'N': object = Value::none(); return true;
      case 'F': object = Value::boolean(false); return true;
      case 'T': object = Value::boolean(true); return true;
      case 'S': object = Value::stop_iteration(); return true;
      case '.': object = Value::ellipsis(); return true;
      case '(': case ')': case '[': case '<': case '>': case '{': case '}': case ':': case 'c':
        return open(type, flagged, offset, object);
      case 'r': case 'R': object = read_reference(type, offset); return !error_;
      default: break;
    }
    const Value value = read_scalar(type, offset);
    if (error_) return false;
    if (flagged) references_.push_back(value);
    object = value;
    return true;
  }

  Value read_scalar(uint8_t type, uint64_t offset) {
    switch (type) {
      case 'i': return Value::integer(data32());
      case 'I': {
        const uint64_t low = static_cast<uint64_t>(data32()) & 0xffffffff;
        return Value::integer(static_cast<int64_t>(static_cast<uint64_t>(data32()) << 32 | low));
      }
      case 'l': return read_long(offset);
      case 'g': return Value::real(std::bit_cast<double>(data64()));
      case 'f': return Value::real(read_text_float(offset));
      case 'x': case 'y': return read_complex(type, offset);
      case 's': return Value::bytes(raw(number(), offset, "a byte string"));
      case 'u': return read_text(number(), offset);
      case 't': return read_interned(offset);
      case 'a': case 'A':
        if (since(4)) return read_latin1(number(), offset);
        break;
      case 'z': case 'Z':
        if (since(4)) return read_latin1(small_number(), offset);
        break;
      default: break;
    }
    unknown_type(type, offset);
    return Value::none();
  }

  void unknown_type(uint8_t type, uint64_t offset) {
    fail(Fault::malformed, offset, "no object begins with byte " + std::to_string(type));
  }

  int64_t data32() {
    if (two() && reader_.left() < 4) return data32_at_end();
    const uint32_t bits = reader_.le<uint32_t>();
    check_reader();
    return static_cast<int32_t>(bits);
  }
  // 2.7 reads on past the end of a string, where every byte is EOF: -1.
  int64_t data32_at_end() {
    uint64_t bits = 0;
    for (unsigned shift = 0; shift < 32; shift += 8) bits |= reader_.left() > 0 ? uint64_t{reader_.u8()} << shift : UINT64_MAX << shift;
    return static_cast<int64_t>(bits);
  }
  uint64_t data64() {
    const uint64_t bits = reader_.le<uint64_t>();
    check_reader();
    return bits;
  }
  void check_reader() {
    if (!reader_.ok()) fail(reader_.error()->fault, reader_.error()->offset, reader_.error()->what);
  }

  Value read_long(uint64_t offset) {
    const int32_t n = number();
    const uint64_t digits = static_cast<uint64_t>(n < 0 ? -int64_t{n} : int64_t{n});
    if (!size_is_good(static_cast<int64_t>(digits * 2), offset, "a long integer")) return Value::none();
    const std::string_view data = reader_.text(digits * 2);
    const auto value = long_from_digits(heap_.arena(), data, n < 0, two() ? Longs::always_big : Longs::as_fits);
    if (!value) fail(Fault::malformed, offset, "the digits of a long integer are wrong");
    return value.value_or(Value::none());
  }

  double read_text_float(uint64_t offset) {
    const auto value = float_from_text(raw(small_number(), offset, "a number"));
    if (!value) fail(Fault::malformed, offset, "the text of a number is wrong");
    return value.value_or(0);
  }

  Value read_complex(uint8_t type, uint64_t offset) {
    Value parts[2];
    for (Value& part : parts) part = Value::real(type == 'y' ? std::bit_cast<double>(data64()) : read_text_float(offset));
    return error_ ? Value::none() : heap_.new_items(Kind::complex, parts, 2);
  }

  Value read_text(int64_t size, uint64_t offset) {
    const std::string_view text = raw(size, offset, "a string");
    if (!is_utf8_with_surrogates(text)) fail(Fault::malformed, offset, "a string is not UTF-8");
    return Value::string(text);
  }

  Value read_interned(uint64_t offset) {
    if (two()) {
      const Value value = Value::bytes(raw(number(), offset, "a byte string"));
      interned_.push_back(value);
      return value;
    }
    if (since(4)) return read_text(number(), offset);
    unknown_type('t', offset);
    return Value::none();
  }

  // The "ASCII" forms take any byte, as a character of Latin-1.
  Value read_latin1(int64_t size, uint64_t offset) {
    const std::string_view data = raw(size, offset, "a string");
    size_t high = 0;
    for (const char c : data) high += static_cast<unsigned char>(c) >> 7;
    if (high == 0) return Value::string(data);
    char* const to = heap_.arena().allocate<char>(data.size() + high);
    char* next = to;
    for (const char c : data) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte < 0x80) {
        *next++ = c;
      } else {
        *next++ = static_cast<char>(0xc0 | byte >> 6);
        *next++ = static_cast<char>(0x80 | (byte & 0x3f));
      }
    }
    return Value::string({to, data.size() + high});
  }

  Value read_reference(uint8_t type, uint64_t offset) {
    if (type == 'r' ? !since(4) : !two()) {
      unknown_type(type, offset);
      return Value::none();
    }
    const int32_t index = number();
    if (error_) return Value::none();
    const auto at = static_cast<size_t>(index);
    if (type == 'R') {
      if (index >= 0 && at < interned_.size()) return interned_[at];
    } else if (index >= 0 && at < references_.size() && references_[at]) {
      return *references_[at];
    }
    fail(Fault::malformed, offset, "a reference to an object that is not there");
    return Value::none();
  }

  uint32_t reserve(bool flagged) {
    if (!flagged) return kNoReference;
    references_.push_back(std::nullopt);
    return static_cast<uint32_t>(references_.size() - 1);
  }

  // Opens a container or code object. An empty one is whole at once.
  bool open(uint8_t type, bool flagged, uint64_t offset, Object& object) {
    Frame frame;
    frame.offset = offset;
    frame.base = stack_.size();
    const bool known = type == ')' ? since(4) : type == ':' ? since(14) : type == '}' ? since(15) : true;
    if (!known) unknown_type(type, offset);
    if (type == ':') needs(14);
    if (type == '}') needs(15);
    if (type == 'c') return open_code(frame, flagged);
    if (type == ':') {
      frame.type = Frame::Type::slice;
      frame.left = 3;
      frame.reference = reserve(flagged);
      frames_.push_back(frame);
      return false;
    }
    if (type == '{' || type == '}') {
      frame.type = Frame::Type::dict;
    } else {
      const int64_t count = type == ')' ? small_number() : number();
      if (!size_is_good(count, offset, "a container")) return false;
      frame.left = static_cast<uint64_t>(count);
    }
    if (error_) return false;
    const Kind kind = kind_of(type);
    frame.container = heap_.new_items(kind, nullptr, 0);
    // Frozen things cannot be referred to before they are whole; the others can, and so hold themselves.
    const bool frozen = kind == Kind::frozen_dict || (kind == Kind::frozen_set && frame.left > 0);
    frame.reference = reserve(flagged);
    if (frame.reference != kNoReference && !frozen) references_[frame.reference] = frame.container;
    if (kind == Kind::tuple) unhashable_.insert(frame.container.index());  // until it is whole
    if (frame.type == Frame::Type::items && frame.left == 0) {
      unhashable_.erase(frame.container.index());
      object = frame.container;
      return true;
    }
    if (kind == Kind::tuple) unfinished_.insert(frame.container.index());
    frames_.push_back(frame);
    return false;
  }

  static Kind kind_of(uint8_t type) {
    switch (type) {
      case '[': return Kind::list;
      case '<': return Kind::set;
      case '>': return Kind::frozen_set;
      case '{': return Kind::dict;
      case '}': return Kind::frozen_dict;
      default: return Kind::tuple;
    }
  }

  bool open_code(Frame& frame, bool flagged) {
    if (codes_.size() + out_.codes.size() >= options_.codes) {
      fail(Fault::limit, frame.offset, "too many code objects");
      return false;
    }
    frame.type = Frame::Type::code;
    frame.reference = reserve(flagged);
    CodeFields fields;
    fields.version = options_.version;
    fields.layout = layout_;
    fields.offset = frame.offset;
    fields.argcount = number();
    if (layout_ >= CodeLayout::python3_8) fields.posonlyargcount = number();
    if (layout_ != CodeLayout::python2) fields.kwonlyargcount = number();
    if (layout_ != CodeLayout::python3_11) fields.nlocals = number();
    fields.stacksize = number();
    fields.flags = number();
    if (error_) return false;
    frame.left = code_parts(layout_).size();
    codes_.push_back(fields);
    frames_.push_back(frame);
    return false;
  }

  // Gives an object to the container that waits for it, and what that completes to the next. True when the
  // outermost object is whole.
  bool deliver(Object object) {
    while (!frames_.empty()) {
      Frame& frame = frames_.back();
      bool whole = false;
      switch (frame.type) {
        case Frame::Type::items: whole = take_item(frame, object); break;
        case Frame::Type::dict: whole = take_entry(frame, object); break;
        case Frame::Type::slice: case Frame::Type::code: whole = take_part(frame, object); break;
      }
      if (error_ || !whole) return false;
      object = close(frame, object);
      if (error_) return false;
      frames_.pop_back();
    }
    result_ = object;
    return true;
  }

  bool take_item(Frame& frame, const Object& object) {
    if (!object) {
      fail(Fault::malformed, reader_.offset() - 1, "NULL where an item is expected");
      return false;
    }
    if (!frame.container.is(Kind::tuple) && !frame.container.is(Kind::list)) require_hashable(*object, frame.offset);
    stack_.push_back(*object);
    return --frame.left == 0;
  }

  bool take_entry(Frame& frame, const Object& object) {
    if (frame.key) {
      if (!object) return true;
      stack_.push_back(*object);
      frame.key = false;
      return false;
    }
    frame.key = true;
    if (!object) {
      // A value that is NULL ended the dict from 3.4 on; before, the entry was dropped.
      stack_.pop_back();
      return since(4);
    }
    require_hashable(stack_.back(), frame.offset);
    stack_.push_back(*object);
    return false;
  }

  // NULL for a part makes NULL of the whole.
  bool take_part(Frame& frame, const Object& object) {
    if (!object) return true;
    stack_.push_back(*object);
    --frame.left;
    if (frame.type == Frame::Type::code) {
      const std::span<const CodePart> parts = code_parts(layout_);
      const size_t next = parts.size() - frame.left;
      if (frame.left > 0 && parts[next] == &CodeFields::linetable) codes_.back().firstlineno = number();
    }
    return frame.left == 0;
  }

  // The object whose parts are all there; `last` is the one delivered last.
  Object close(Frame& frame, const Object& last) {
    const Value* const parts = stack_.data() + frame.base;
    const auto count = static_cast<uint32_t>(stack_.size() - frame.base);
    Object object;
    switch (frame.type) {
      case Frame::Type::items:
      case Frame::Type::dict: object = close_items(frame, parts, count); break;
      case Frame::Type::slice:
        if (last) object = close_slice(parts);
        break;
      case Frame::Type::code:
        if (last) object = close_code(parts);
        codes_.pop_back();
        break;
    }
    stack_.resize(frame.base);
    if (frame.reference != kNoReference && object) references_[frame.reference] = *object;
    return object;
  }

  Value close_items(const Frame& frame, const Value* items, uint32_t count) {
    heap_.append(heap_.items(frame.container), items, count);
    if (frame.container.is(Kind::tuple)) {
      unfinished_.erase(frame.container.index());
      if (all_hashable(items, count)) unhashable_.erase(frame.container.index());
    } else if (frame.container.is(Kind::frozen_dict) && !all_hashable(items, count)) {
      unhashable_.insert(frame.container.index());
    }
    return frame.container;
  }

  Value close_slice(const Value* parts) {
    const Value slice = heap_.new_items(Kind::slice, parts, 3);
    if (!all_hashable(parts, 3)) unhashable_.insert(slice.index());
    return slice;
  }

  Object close_code(const Value* parts) {
    CodeFields& fields = codes_.back();
    const std::span<const CodePart> order = code_parts(layout_);
    for (size_t i = 0; i < order.size(); ++i) {
      fields.*order[i] = parts[i];
      if (parts[i].is(Kind::tuple) && unfinished_.contains(parts[i].index())) {
        fail(Fault::malformed, fields.offset, "code object: a tuple that is not yet whole holds the code object that uses it");
        return std::nullopt;
      }
    }
    Result<CodeObject> made = make_code(heap_, fields, room_);
    if (!made) {
      error_ = made.error();
      return std::nullopt;
    }
    const bool hashable = all_hashable(made->consts.data(), made->consts.size());
    const Value code = heap_.new_code(made.take());
    if (!hashable) unhashable_codes_.insert(code.index());
    out_.codes.push_back(code);
    return code;
  }

  bool hashable(Value v) const {
    if (v.is(Kind::list) || v.is(Kind::dict) || v.is(Kind::set)) return false;
    if (v.is(Kind::tuple) || v.is(Kind::slice) || v.is(Kind::frozen_dict)) return !unhashable_.contains(v.index());
    return !v.is(Kind::code) || !unhashable_codes_.contains(v.index());
  }

  bool all_hashable(const Value* values, size_t count) const {
    for (size_t i = 0; i < count; ++i) {
      if (!hashable(values[i])) return false;
    }
    return true;
  }

  void require_hashable(Value v, uint64_t offset) {
    if (!hashable(v)) fail(Fault::malformed, offset, "a member of a set, or a key, that has no hash");
  }

  Heap& heap_;
  const MarshalOptions& options_;
  const CodeLayout layout_;
  Reader reader_;
  uint64_t room_;
  std::optional<Error> error_;
  std::vector<Frame> frames_;
  std::vector<CodeFields> codes_;  // of the open frames that are code objects
  std::vector<Value> stack_;
  std::vector<std::optional<Value>> references_;  // from 3.4 on
  std::vector<Value> interned_;                   // 2.7
  std::unordered_set<uint32_t> unhashable_, unhashable_codes_;
  std::unordered_set<uint32_t> unfinished_;
  Object result_;
  Unmarshalled out_;
};

}  // namespace

CodeLayout layout_of(PythonVersion version) {
  if (version.major == 2) return CodeLayout::python2;
  if (version < PythonVersion{3, 8}) return CodeLayout::python3_0;
  return version < PythonVersion{3, 11} ? CodeLayout::python3_8 : CodeLayout::python3_11;
}

Result<Unmarshalled> read_marshal(Heap& heap, Bytes bytes, const MarshalOptions& options) {
  return Unmarshaller(heap, bytes, options).run();
}

void set_version(Heap& heap, const std::vector<Value>& codes, PythonVersion version) {
  for (const Value code : codes) {
    heap.code(code).version = version;
    heap.code(code).body.reset();
  }
}

}  // namespace winnow::bytecode
