#include "engine/wire.h"

#include <algorithm>
#include <type_traits>

#include "bytes/reader.h"

namespace winnow::engine {
namespace {

// The last value of every enumeration that travels, for the reader to check.
constexpr Verdict last(Verdict) { return Verdict::malicious; }
constexpr Ruling last(Ruling) { return Ruling::confirmed; }
constexpr Trigger last(Trigger) { return Trigger::other; }
constexpr Safety last(Safety) { return Safety::dangerous; }

class Writer {
 public:
  void operator()(uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8) out.push_back(static_cast<char>(number >> shift));
  }
  void operator()(const std::string& text) {
    (*this)(uint64_t{text.size()});
    out += text;
  }
  void operator()(const std::optional<uint64_t>& number) {
    (*this)(uint64_t{number.has_value()});
    (*this)(number.value_or(0));
  }
  void word(const std::string& text) { (*this)(text); }
  template <class T>
    requires std::is_enum_v<T>
  void operator()(T value) {
    (*this)(static_cast<uint64_t>(value));
  }
  template <class T>
  void operator()(const std::vector<T>& items) {
    (*this)(uint64_t{items.size()});
    for (const T& item : items) fields(*this, item);
  }

  std::string out;
};

class Parser {
 public:
  explicit Parser(Bytes bytes) : reader(bytes) {}

  void operator()(uint64_t& number) { number = reader.le<uint64_t>(); }
  void operator()(std::string& text) { text = reader.text(reader.le<uint64_t>()); }
  // One of our own, which reports show as it is: nothing that a worker was made to say may stand there.
  void word(std::string& text) {
    (*this)(text);
    const auto plain = [](char c) { return c >= ' ' && c <= '~'; };
    if (text.size() > 300 || !std::all_of(text.begin(), text.end(), plain)) reader.fail(Fault::malformed, "not a word of a report");
  }
  void operator()(std::optional<uint64_t>& number) {
    const bool there = reader.le<uint64_t>() != 0;
    const auto value = reader.le<uint64_t>();
    number = there ? std::optional(value) : std::nullopt;
  }
  template <class T>
    requires std::is_enum_v<T>
  void operator()(T& value) {
    const auto number = reader.le<uint64_t>();
    if (number > static_cast<uint64_t>(last(T{}))) return reader.fail(Fault::malformed, "not a value of a report");
    value = static_cast<T>(number);
  }
  template <class T>
  void operator()(std::vector<T>& items) {
    // Every item holds a text, whose length alone takes eight bytes.
    const uint64_t count = reader.count(reader.le<uint64_t>(), sizeof(uint64_t));
    for (uint64_t i = 0; i < count && reader.ok(); ++i) fields(*this, items.emplace_back());
  }

  Reader reader;
};

// What travels, once for both directions: `stream` writes or reads the parts of each type in turn. The bindings
// break the build where a type gets a member that does not travel yet.
template <class T, class Of>
concept Either = std::is_same_v<std::remove_const_t<T>, Of>;

template <class Stream>
void fields(Stream& stream, Either<Location> auto& location) {
  auto& [member, offset, line] = location;
  (stream(member), stream(offset), stream(line));
}

template <class Stream>
void fields(Stream& stream, Either<Evidence> auto& evidence) {
  auto& [callee, code, location] = evidence;
  (stream(callee), stream(code), fields(stream, location));
}

template <class Stream>
void fields(Stream& stream, Either<Finding> auto& finding) {
  auto& [threat, ruling, trigger, summary, why, evidence] = finding;
  (stream.word(threat), stream(ruling), stream(trigger), stream(summary), stream(why), stream(evidence));
}

template <class Stream>
void fields(Stream& stream, Either<Reference> auto& reference) {
  auto& [kind, target, by, trigger, member] = reference;
  (stream.word(kind), stream(target), stream(by), stream(trigger), stream(member));
}

template <class Stream>
void fields(Stream& stream, Either<ImportedName> auto& imported) {
  auto& [name, safety] = imported;
  (stream(name), stream(safety));
}

template <class Stream>
void fields(Stream& stream, Either<Gap> auto& gap) {
  auto& [fault, location, what] = gap;
  (stream.word(fault), fields(stream, location), stream(what));
}

template <class Stream>
void fields(Stream& stream, Either<ArtifactReport> auto& report) {
  auto& [path, size, format, verdict, sha256, findings, references, imports, gaps, text] = report;
  (stream(path), stream(size), stream.word(format), stream(verdict), stream.word(sha256));
  (stream(findings), stream(references), stream(imports), stream(gaps), stream(text));
}

}  // namespace

std::string pack(const ArtifactReport& report) {
  Writer writer;
  fields(writer, report);
  return std::move(writer.out);
}

Result<ArtifactReport> unpack(Bytes bytes) {
  ArtifactReport report;
  Parser parser(bytes);
  fields(parser, report);
  if (parser.reader.left() != 0) parser.reader.fail(Fault::malformed, "more than a report");
  if (!parser.reader.ok()) return *parser.reader.error();
  return report;
}

}  // namespace winnow::engine
