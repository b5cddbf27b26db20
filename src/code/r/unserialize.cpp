#include "code/r/unserialize.h"

#include <bit>
#include <charconv>
#include <limits>

#include "bytes/reader.h"

namespace winnow::r {
namespace {

constexpr int kDeepest = 3'000;             // R's own stack ends at some 5,000 levels of its expressions
constexpr uint32_t kMostStrings = 1u << 16;  // of one vector that are kept

// Codes that stand for no type of R (serialize.c).
enum Code : uint32_t {
  kAltrep = 238, kAttrPairlist = 239, kAttrLanguage = 240, kBaseEnvironment = 241, kEmptyEnvironment = 242, kDefinition = 244, kReuse = 243,
  kPersistent = 247, kPackage = 248, kNamespace = 249, kBaseNamespaceCode = 250, kMissingArgument = 251, kUnboundValue = 252, kGlobalEnvironment = 253,
  kNullValue = 254, kReference = 255,
};

enum class Form : uint8_t { xdr, ascii, native };

// Numbers and texts in one of the three forms.
class Input {
 public:
  Input(Bytes bytes, Form form) : reader_(bytes), form_(form) {}

  uint64_t offset() const { return reader_.offset(); }
  bool ok() const { return reader_.ok(); }
  Reader& reader() { return reader_; }
  void fail(Fault fault, std::string what) { reader_.fail(fault, std::move(what)); }

  int32_t integer() {
    if (form_ == Form::xdr) return static_cast<int32_t>(reader_.be<uint32_t>());
    if (form_ == Form::native) return static_cast<int32_t>(reader_.le<uint32_t>());
    const std::string_view text = word();
    if (text == "NA") return INT32_MIN;
    int32_t value = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault != std::errc() && reader_.ok()) fail(Fault::malformed, "a number is missing");
    return value;
  }

  // `count` numbers of `width` bytes. ASCII is turned into little-endian bytes.
  Bytes numbers(Arena& arena, uint64_t count, size_t width, bool real) {
    if (form_ != Form::ascii) return reader_.bytes(reader_.count(count, width) * width);
    count = reader_.count(count, 2);
    char* to = arena.allocate<char>(count * width);
    for (uint64_t i = 0; i < count && reader_.ok(); ++i) put(to + i * width, width, real);
    return reader_.ok() ? as_bytes({to, count * width}) : Bytes();
  }

  std::string_view text(Arena& arena, uint64_t size) {
    if (form_ != Form::ascii) return reader_.text(size);
    size = reader_.count(size, 1);
    char* to = arena.allocate<char>(size);
    space();
    for (uint64_t i = 0; i < size; ++i) to[i] = escaped();
    return reader_.ok() ? std::string_view(to, size) : std::string_view();
  }

  bool little() const { return form_ != Form::xdr; }

 private:
  char peek() {
    if (reader_.left() == 0) return '\0';
    const uint64_t at = reader_.offset();
    const auto c = static_cast<char>(reader_.u8());
    reader_.seek(at);
    return c;
  }

  void space() {
    while (reader_.left() > 0 && static_cast<unsigned char>(peek()) <= ' ') reader_.u8();
  }

  std::string_view word() {
    space();
    size_t size = 0;
    const uint64_t start = reader_.offset();
    while (reader_.left() > 0 && static_cast<unsigned char>(peek()) > ' ' && size < 100) reader_.u8(), ++size;
    if (size == 0) {
      reader_.fail(Fault::truncated, "the text ends within a value");
      return {};
    }
    reader_.seek(start);
    return reader_.text(size);
  }

  void put(char* to, size_t width, bool real) {
    uint64_t bits = 0;
    if (width == 1) {
      const std::string_view text = word();
      unsigned value = 0;
      std::from_chars(text.data(), text.data() + text.size(), value, 16);
      bits = value;
    } else if (!real) {
      bits = static_cast<uint32_t>(integer());
    } else {
      const std::string_view text = word();
      double value = 0;
      if (text == "NA" || text == "NaN") value = std::numeric_limits<double>::quiet_NaN();
      else if (text == "Inf" || text == "-Inf") value = text[0] == '-' ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
      else std::from_chars(text.data(), text.data() + text.size(), value);
      bits = std::bit_cast<uint64_t>(value);
    }
    for (size_t b = 0; b < width; ++b) to[b] = static_cast<char>(bits >> (8 * b));
  }

  char escaped() {
    static constexpr std::string_view kNames = "ntvbrfa", kMeanings = "\n\t\v\b\r\f\a";
    const auto c = static_cast<char>(reader_.u8());
    if (c != '\\') return c;
    const auto next = static_cast<char>(reader_.u8());
    if (const size_t at = kNames.find(next); at != std::string_view::npos) return kMeanings[at];
    if (next < '0' || next > '7') return next;
    int value = next - '0';
    for (int i = 0; i < 2 && peek() >= '0' && peek() <= '7'; ++i) value = value * 8 + (static_cast<char>(reader_.u8()) - '0');
    return static_cast<char>(value);
  }

  Reader reader_;
  Form form_;
};

class Reading {
 public:
  Reading(Pool& pool, Input input, uint64_t memory, Unserialised& out) : pool_(pool), in_(std::move(input)), memory_(memory), out_(out) {}

  void run() {
    const int32_t version = in_.integer();
    in_.integer();  // R that wrote it
    in_.integer();  // the oldest R that can read it
    if (in_.ok() && version != 2 && version != 3) in_.fail(Fault::unsupported, "version " + std::to_string(version) + " of R's serialisation is unknown");
    if (version == 3) in_.text(pool_.arena(), length());  // the encoding of texts that name none
    out_.root = item(0);
    out_.end = in_.offset();
    out_.damage = in_.reader().error();
  }

 private:
  // What recurses builds no texts itself, and what one kind of object needs is no part of another's frames: the stack
  // has to hold kDeepest of them, with sanitizers too.
  [[gnu::noinline]] Id refuse(Fault fault, const char* what) {
    in_.fail(fault, what);
    return kNull;
  }

  [[gnu::noinline]] Id refuse_type(uint32_t code) {
    in_.fail(Fault::malformed, "type " + std::to_string(code) + " of an object does not exist");
    return kNull;
  }

  Id make(Type type, uint64_t offset) {
    if (pool_.memory() > memory_) refuse(Fault::limit, "the objects take more memory than is allowed");
    const Id id = pool_.make(type);
    pool_[id].offset = offset;
    out_.order.push_back(id);
    return id;
  }

  uint64_t length() {
    const int32_t size = in_.integer();
    if (size >= 0) return static_cast<uint64_t>(size);
    if (size != -1) return refuse(Fault::malformed, "a length is negative"), 0;
    const auto high = static_cast<uint32_t>(in_.integer());
    const auto low = static_cast<uint32_t>(in_.integer());
    return static_cast<uint64_t>(high) << 32 | low;
  }

  Id item(int depth) { return item(static_cast<uint32_t>(in_.integer()), depth); }

  Id item(uint32_t flags, int depth) {
    if (!in_.ok()) return kNull;
    if (depth > kDeepest) return refuse(Fault::limit, "objects are nested too deeply");
    const uint64_t offset = in_.offset();
    switch (flags & 0xff) {
      case kNullValue: return kNull;
      case kEmptyEnvironment: return kEmpty;
      case kBaseEnvironment: case kBaseNamespaceCode: return kBase;
      case kGlobalEnvironment: return kGlobal;
      case kUnboundValue: return kUnbound;
      case kMissingArgument: return kMissing;
      case kReference: return reference(flags);
      case kPersistent: case kPackage: case kNamespace: return named_environment(flags & 0xff, offset, depth);
      case kAltrep: return altrep(depth);
      case 1: return symbol(depth);
      case 4: return environment(offset, depth);
      case 2: case 3: case 5: case 6: case 17: return chain(flags, depth);
      case 7: case 8: return internal(offset);
      case 9: return chars(flags, offset, depth);
      case 21: return with_attributes(bytecode(depth), flags, depth);
      case 22: return external(flags, offset, depth);
      case 23: return with_attributes(refer(make(Type::weak, offset)), flags, depth);
      case 25: return with_attributes(make(Type::object, offset), flags, depth);
      default: return vector(flags, offset, depth);
    }
  }

  Id refer(Id id) {
    references_.push_back(id);
    return id;
  }

  Id reference(uint32_t flags) {
    uint64_t index = flags >> 8;
    if (index == 0) index = static_cast<uint32_t>(in_.integer());
    if (index == 0 || index > references_.size()) return refuse(Fault::malformed, "a reference to an object that was not read");
    return references_[index - 1];
  }

  [[gnu::noinline]] Id named_environment(uint32_t code, uint64_t offset, int depth) {
    if (in_.integer() != 0) refuse(Fault::unsupported, "names in persistent strings are not supported by R either");
    const uint64_t count = in_.reader().count(length(), 4);
    std::string_view first;
    for (uint64_t i = 0; i < count && in_.ok(); ++i) {
      const Id text = item(depth + 1);
      if (i == 0) first = pool_.as_string(text).value_or("");
    }
    const Id id = make(Type::environment, offset);
    pool_[id].a = kBase;
    pool_[id].data = as_bytes(first);
    if (code == kNamespace) out_.namespaces.push_back(first);
    return refer(id);
  }

  // Vectors in a compact form: a class, its state, attributes. Those of R itself hold data; `mmap` names a file.
  [[gnu::noinline]] Id altrep(int depth) {
    const Id info = item(depth + 1), state = item(depth + 1);
    item(depth + 1);  // attributes
    return compact(info, state);
  }

  [[gnu::noinline]] Id compact(Id info, Id state) {
    const std::vector<Argument> names = pool_.cells(info, 3);
    const std::string_view cls = names.empty() ? std::string_view() : pool_.as_string(names[0].value).value_or("");
    if (cls.starts_with("mmap")) out_.mapped.push_back(state);
    if (names.size() > 1) out_.namespaces.push_back(pool_.as_string(names[1].value).value_or(""));
    if (cls.starts_with("wrap_") && pool_.is(state, Type::list) && pool_[state].count > 0) return pool_.item(state, 0);
    if ((cls.starts_with("wrap_") || cls == "deferred_string") && pool_.is(state, Type::pairlist)) return pool_[state].b;
    return cls.starts_with("compact_") ? sequence(state) : kUnknown;
  }

  // compact_intseq: how many, from where, by what.
  Id sequence(Id state) {
    const auto count = pool_.number_at(state, 0), from = pool_.number_at(state, 1), by = pool_.number_at(state, 2);
    if (!count || !from || !by || *count > 10'000 || *count < 0) return kUnknown;
    std::vector<double> values;
    for (int i = 0; i < static_cast<int>(*count); ++i) values.push_back(*from + i * *by);
    return pool_.numbers(values);
  }

  [[gnu::noinline]] Id symbol(int depth) {
    const Id text = item(depth + 1);
    const Id id = pool_.symbol(pool_.is(text, Type::chars) ? pool_.name(text) : std::string_view("NA"));
    return refer(id);
  }

  [[gnu::noinline]] Id environment(uint64_t offset, int depth) {
    in_.integer();  // locked
    const Id id = refer(make(Type::environment, offset));
    const Id enclosing = item(depth + 1);
    pool_[id].a = enclosing;
    const Id frame = item(depth + 1);
    pool_[id].b = frame;
    const Id table = item(depth + 1);
    pool_[id].c = table;
    const Id attributes = item(depth + 1);
    pool_[id].attributes = attributes;
    return id;
  }

  static bool is_chain(uint32_t flags) {
    const uint32_t code = flags & 0xff;
    return code == 2 || code == 3 || code == 5 || code == 6 || code == 17;
  }

  // Cells that follow each other need no depth, however many there are.
  [[gnu::noinline]] Id chain(uint32_t flags, int depth) {
    Id head = kNull, last = kNull;
    for (;;) {
      const Id id = make(static_cast<Type>(flags & 0xff), in_.offset());
      pool_[id].active = (flags & 0xff) == 2 && (flags >> 12 & 0x8000) != 0;
      if (head == kNull) head = id;
      if (last != kNull) pool_[last].c = id;
      const Id attributes = (flags & 0x200) != 0 ? item(depth + 1) : kNull;
      pool_[id].attributes = attributes;
      const Id tag = (flags & 0x400) != 0 ? item(depth + 1) : kNull;
      pool_[id].a = tag;
      const Id value = item(depth + 1);
      pool_[id].b = value;
      if (!in_.ok()) return head;
      flags = static_cast<uint32_t>(in_.integer());
      last = id;
      if (!is_chain(flags)) break;
    }
    const Id rest = item(flags, depth + 1);
    pool_[last].c = rest;
    return head;
  }

  [[gnu::noinline]] Id internal(uint64_t offset) {
    const std::string_view name = in_.text(pool_.arena(), length());
    const Id id = make(Type::function, offset);
    pool_[id].data = as_bytes(name);
    return id;
  }

  [[gnu::noinline]] Id chars(uint32_t flags, uint64_t offset, int depth) {
    const int32_t size = in_.integer();
    if (size < -1) return refuse(Fault::malformed, "a length is negative");
    const Id id = make(size == -1 ? Type::marker : Type::chars, offset);
    if (size > 0) pool_[id].data = as_bytes(in_.text(pool_.arena(), static_cast<uint64_t>(size)));
    if ((flags & 0x200) != 0) item(depth + 1);
    return id;
  }

  [[gnu::noinline]] Id external(uint32_t flags, uint64_t offset, int depth) {
    const Id id = refer(make(Type::external, offset));
    const Id held = item(depth + 1);
    pool_[id].b = held;
    const Id tag = item(depth + 1);
    pool_[id].a = tag;
    return with_attributes(id, flags, depth);
  }

  Id with_attributes(Id id, uint32_t flags, int depth) {
    if ((flags & 0x200) == 0) return id;
    const Id attributes = item(depth + 1);
    pool_[id].attributes = attributes;
    return id;
  }

  [[gnu::noinline]] Id vector(uint32_t flags, uint64_t offset, int depth) {
    const auto code = flags & 0xff;
    const auto type = static_cast<Type>(code);
    const size_t width = code == 10 || code == 13 ? 4 : code == 14 ? 8 : code == 15 ? 16 : code == 24 ? 1 : 0;
    if (width == 0 && code != 16 && code != 19 && code != 20) {
      return refuse_type(code);
    }
    const uint64_t count = length();
    const Id id = make(type, offset);
    if (width != 0) read_numbers(id, count, width);
    else read_items(id, in_.reader().count(count, 4), depth);
    return with_attributes(id, flags, depth);
  }

  [[gnu::noinline]] void read_numbers(Id id, uint64_t count, size_t width) {
    const bool halves = width == 16;
    pool_[id].data = in_.numbers(pool_.arena(), halves ? count * 2 : count, halves ? 8 : width, width >= 8);
    pool_[id].little = in_.little();
  }

  [[gnu::noinline]] void read_items(Id id, uint64_t count, int depth) {
    const bool strings = pool_.is(id, Type::strings);
    std::vector<Id> items;
    for (uint64_t i = 0; i < count && in_.ok(); ++i) {
      if (strings && items.size() >= kMostStrings) {
        pool_[id].complete = false;
        skip_string(depth);
        continue;
      }
      items.push_back(item(depth + 1));
    }
    const uint32_t first = pool_.add_links(items);
    pool_[id].first = first;
    pool_[id].count = static_cast<uint32_t>(items.size());
  }

  [[gnu::noinline]] void skip_string(int depth) {
    const auto flags = static_cast<uint32_t>(in_.integer());
    if ((flags & 0xff) != 9 || (flags & 0x200) != 0) {
      item(flags, depth + 1);
      return;
    }
    const int32_t size = in_.integer();
    if (size > 0) in_.text(pool_.arena(), static_cast<uint64_t>(size));
  }

  // ReadBC: a table of shared parts, then code and constants, the first of which is the source.
  [[gnu::noinline]] Id bytecode(int depth) {
    const uint64_t count = in_.reader().count(length(), 1);
    std::vector<Id> shared(count, kNull);
    return code(shared, depth);
  }

  Id code(std::vector<Id>& shared, int depth) {
    if (depth > kDeepest) return refuse(Fault::limit, "objects are nested too deeply");
    const Id id = make(Type::bytecode, in_.offset());
    item(depth + 1);  // the instructions
    const uint64_t count = in_.reader().count(length(), 4);
    std::vector<Id> constants;
    for (uint64_t i = 0; i < count && in_.ok(); ++i) {
      const auto type = static_cast<uint32_t>(in_.integer());
      switch (type) {
        case 21: constants.push_back(code(shared, depth + 1)); break;
        case 2: case 6: case kDefinition: case kReuse: case kAttrLanguage: case kAttrPairlist:
          constants.push_back(shared_part(type, shared, depth + 1));
          break;
        default: constants.push_back(item(depth + 1));
      }
    }
    const Id all = pool_.items(Type::list, constants);
    pool_[id].a = all;
    pool_[id].b = constants.empty() ? kNull : constants[0];
    return id;
  }

  // ReadBCLang; the cells of a list follow each other without depth.
  Id shared_part(uint32_t type, std::vector<Id>& shared, int depth) {
    if (depth > kDeepest) return refuse(Fault::limit, "objects are nested too deeply");
    Id head = kNull, last = kNull;
    const auto join = [&](Id next) {
      if (last != kNull) pool_[last].c = next;
      return head == kNull ? next : head;
    };
    while (in_.ok()) {
      if (type == kReuse) {
        const auto index = static_cast<uint32_t>(in_.integer());
        if (index >= shared.size()) return refuse(Fault::malformed, "a reference to code that was not read");
        return join(shared[index]);
      }
      std::optional<uint32_t> place;
      if (type == kDefinition) {
        place = static_cast<uint32_t>(in_.integer());
        type = static_cast<uint32_t>(in_.integer());
      }
      if (type != 2 && type != 6 && type != kAttrLanguage && type != kAttrPairlist) return join(item(depth + 1));
      const Id id = make(type == 6 || type == kAttrLanguage ? Type::language : Type::pairlist, in_.offset());
      if (place && *place < shared.size()) shared[*place] = id;
      if (type == kAttrLanguage || type == kAttrPairlist) {
        const Id attributes = item(depth + 1);
        pool_[id].attributes = attributes;
      }
      const Id tag = item(depth + 1);
      pool_[id].a = tag;
      const Id value = shared_part(static_cast<uint32_t>(in_.integer()), shared, depth + 1);
      pool_[id].b = value;
      head = join(id);
      last = id;
      type = static_cast<uint32_t>(in_.integer());
    }
    return head;
  }

  Pool& pool_;
  Input in_;
  uint64_t memory_;
  Unserialised& out_;
  std::vector<Id> references_;
};

struct Start {
  size_t size = 0;  // 0: none
  Form form = Form::xdr;
  bool saved = false;
};

Start start_of(std::string_view text) {
  Start start;
  if (text.size() > 7 && text.starts_with("RD") && (text[3] == '2' || text[3] == '3') && text[4] == '\n' &&
      (text[2] == 'X' || text[2] == 'A' || text[2] == 'B')) {
    start.saved = true;
    start.size = 5;
    text.remove_prefix(5);
  }
  if (text.size() < 7 || text[1] != '\n') return {};
  const bool xdr = text[0] == 'X' && text.substr(2, 3) == std::string_view("\0\0\0", 3) && (text[5] == 2 || text[5] == 3);
  const bool native = text[0] == 'B' && (text[2] == 2 || text[2] == 3) && text.substr(3, 3) == std::string_view("\0\0\0", 3);
  const bool ascii = text[0] == 'A' && (text[2] == '2' || text[2] == '3') && (text[3] == '\n' || text[3] == '\r');
  if (!xdr && !native && !ascii) return {};
  start.size += 2;
  start.form = xdr ? Form::xdr : native ? Form::native : Form::ascii;
  return start;
}

}  // namespace

bool is_serialised(Bytes bytes) { return start_of(as_text(bytes).substr(0, 32)).size != 0; }

Unserialised unserialize(Pool& pool, Bytes bytes, uint64_t memory) {
  Unserialised out;
  const Start start = start_of(as_text(bytes).substr(0, 32));
  out.saved = start.saved;
  if (start.size == 0) {
    out.damage = Error{Fault::malformed, 0, "no serialised R object"};
    return out;
  }
  Input input(bytes, start.form);
  input.reader().skip(start.size);
  Reading(pool, std::move(input), memory, out).run();
  return out;
}

}  // namespace winnow::r
