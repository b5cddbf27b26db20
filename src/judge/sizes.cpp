// Loads that take a machine's memory or its time: what only computes, and would make something far larger than the
// file that asks for it. A model is as large as its file, or its file's folder; nothing that is saved has a size
// that stands in it as a mere number.
#include <algorithm>
#include <cmath>

#include "judge/names.h"
#include "judge/weigher.h"

namespace winnow::judge {
namespace {

constexpr int64_t kEnormous = int64_t{1} << 30;         // bytes, characters, items
constexpr double kEnormousArray = 1024.0 * 1024 * 1024;  // elements of an array of numbers
constexpr size_t kLongestNumber = 100'000;               // digits; reading them takes their square, and Python since 3.11 refuses 4,300

// What makes as much as one of its numbers says.
constexpr std::string_view kGrowing[] = {
    "builtins.bytes", "builtins.bytearray", "math.perm", "math.comb",
    "builtins.str.zfill", "builtins.str.ljust", "builtins.str.rjust", "builtins.str.center", "builtins.bytes.zfill", "builtins.bytes.ljust",
    "builtins.bytes.rjust", "builtins.bytes.center", "builtins.str.expandtabs", "builtins.bytes.expandtabs",
    "os.urandom", "random.randbytes", "random.getrandbits", "secrets.token_bytes", "secrets.token_hex", "secrets.randbits",
    "ctypes.create_string_buffer", "ctypes.create_unicode_buffer", "mmap.mmap", "array.array", "random.sample", "random.choices",
    "numpy.random.bytes", "PIL.Image.new"};

// What repeats its text or list as often as a number says, what puts two of them together, and what makes a number with
// as many digits as its second argument says.
constexpr std::string_view kRepeating[] = {"operator.mul", "operator.imul", "builtins.str.__mul__", "builtins.list.__mul__", "builtins.bytes.__mul__", "builtins.tuple.__mul__"};
constexpr std::string_view kJoining[] = {"operator.add", "operator.iadd", "operator.concat", "operator.iconcat", "builtins.list.__add__", "builtins.str.__add__", "builtins.tuple.__add__", "builtins.bytes.__add__"};
constexpr std::string_view kPowers[] = {"operator.pow", "operator.ipow", "operator.lshift", "operator.ilshift", "builtins.pow", "builtins.int.__pow__", "builtins.int.__lshift__"};

// What makes an array, whose sides are multiplied.
constexpr std::string_view kArrays[] = {"zeros", "ones", "empty", "full", "arange", "eye", "identity", "rand", "randn", "tri", "tile", "repeat", "ndarray",
                                        "linspace", "logspace", "indices", "randperm", "_reconstruct", "Tensor", "FloatTensor", "DoubleTensor",
                                        "LongTensor", "IntTensor", "ByteTensor", "HalfTensor", "date_range"};

// What reads an iterable to its end.
constexpr std::string_view kReaders[] = {"builtins.list", "builtins.tuple", "builtins.set", "builtins.frozenset", "builtins.sum", "builtins.max",
                                         "builtins.min", "builtins.all", "builtins.any", "builtins.sorted", "builtins.dict", "collections.deque",
                                         "collections.Counter", "collections.OrderedDict", "builtins.bytes", "builtins.bytearray", "array.array",
                                         "numpy.fromiter", "builtins.str.join", "builtins.bytes.join", "math.prod", "math.fsum"};

// What fills a text up to a width that stands in another text.
constexpr std::string_view kFormatters[] = {"builtins.format", "operator.mod", "operator.imod", "builtins.str.format", "builtins.str.format_map", "builtins.str.__mod__",
                                            "builtins.str.__format__", "builtins.int.__format__", "builtins.float.__format__", "builtins.bytes.__mod__",
                                            "struct.pack", "struct.Struct", "struct.calcsize", "struct.pack_into", "string.Formatter.format", "string.Formatter.vformat"};

int64_t number_in(Value value) { return value.is(Kind::big_integer) ? INT64_MAX : value.is(Kind::integer) ? value.as_integer() : 0; }

// Whether a run of digits in the text is a width of 2^30 and more. Digits behind letters or more digits than any width
// has are names and numbers of another kind; what a formatter is given as a pattern has little but widths in it.
bool has_enormous_width(std::string_view text) {
  constexpr size_t kLongestPattern = 4096;
  int64_t value = 0;
  for (const char c : text.substr(0, kLongestPattern)) {
    value = c >= '0' && c <= '9' ? std::min<int64_t>(value * 10 + (c - '0'), INT64_MAX / 100) : 0;
    if (value >= kEnormous) return true;
  }
  return false;
}

// 1e999999999: as a fraction, a number of so many digits.
bool has_enormous_exponent(std::string_view text) {
  constexpr int64_t kMostDigits = 10'000'000;
  const size_t mark = text.find_last_of("eE");
  int64_t value = 0;
  for (const char c : mark == std::string_view::npos ? std::string_view() : text.substr(mark + 1, 32)) {
    if (c >= '0' && c <= '9') value = std::min(value * 10 + (c - '0'), INT64_MAX / 100);
  }
  return value >= kMostDigits;
}

// How many addresses a network has: 10.0.0.0/8.
double addresses_of(std::string_view network) {
  const size_t slash = network.rfind('/');
  const int bits = network.find(':') != std::string_view::npos ? 128 : 32;
  int prefix = 0;
  for (const char c : slash == std::string_view::npos ? std::string_view() : network.substr(slash + 1, 4)) {
    if (c >= '0' && c <= '9') prefix = prefix * 10 + (c - '0');
  }
  return slash == std::string_view::npos || prefix > bits ? 1 : std::pow(2.0, bits - prefix);
}

bool is_pattern(std::string_view callee, std::string_view text) {
  if (callee.starts_with("struct.") || callee.ends_with("__format__") || callee == "builtins.format") return true;
  return text.find_first_of("%{") != std::string_view::npos;
}

bool is_library_of_arrays(std::string_view callee) {
  static constexpr std::string_view kLibraries[] = {"numpy.", "torch.", "jax.numpy.", "tensorflow.", "cupy.", "pandas."};
  return std::any_of(std::begin(kLibraries), std::end(kLibraries), [&](std::string_view one) { return callee.starts_with(one); });
}

}  // namespace

// Whether the size of what this callable makes is worth a look; asked once for each name.
bool Weigher::may_grow(Value callee) {
  if (callee.is(Kind::attribute)) callee = heap_.attribute(callee).resolved;
  if (!callee.is(Kind::name)) return false;
  enum : uint8_t { unknown, no, yes };
  const uint32_t index = callee.index();
  if (index >= growing_.size()) growing_.resize(heap_.names().size(), unknown);
  if (growing_[index] == unknown) {
    const std::string_view name = heap_.name(callee).canonical;
    const bool listed = is_one_of(kGrowing, name) || is_one_of(kRepeating, name) || is_one_of(kJoining, name) || is_one_of(kPowers, name) || name == "fractions.Fraction" || is_one_of(kReaders, name) || is_one_of(kFormatters, name) || name == "math.factorial" ||
                        name == "builtins.int" || (is_library_of_arrays(name) && is_one_of(kArrays, last_part(name)));
    growing_[index] = listed ? yes : no;
  }
  return growing_[index] == yes;
}

void Weigher::weigh_size(uint32_t index, const Event& event, std::string_view callee) {
  if (!grows_without_bound(event, callee)) return;
  add(index, {"-denial-of-service", Ruling::suspected, "Computes something of enormous size when the model is loaded.",
              "The result would take the memory of the machine, or its time.", callee});
}

// Whether the result has a size that no model has: by a number among the arguments, by the shape of an array, by a
// width in a text, or because something without an end is read to its end.
bool Weigher::grows_without_bound(const Event& event, std::string_view callee) const {
  const std::vector<Value> given = arguments_of(event);
  if (given.empty()) return false;
  const auto enormous = [](Value value) { return number_in(value) >= kEnormous; };
  if (is_library_of_arrays(callee) && is_one_of(kArrays, last_part(callee))) return makes_enormous_array(given, last_part(callee));
  if (callee == "math.factorial") return number_in(given[0]) >= 1'000'000;
  if (is_one_of(kGrowing, callee) && std::any_of(given.begin(), given.end(), enormous)) return true;
  if (is_one_of(kPowers, callee)) return given.size() == 2 && enormous(given[1]);
  if (is_one_of(kRepeating, callee)) {
    const double length = given.size() != 2 ? 0 : std::max(length_of(given[0], 0), length_of(given[1], 0));
    const auto times = given.size() != 2 ? 0 : static_cast<double>(std::max(number_in(given[0]), number_in(given[1])));
    const bool numbers = std::all_of(given.begin(), given.end(), [](Value one) { return one.is(Kind::integer) || one.is(Kind::big_integer); });
    return !numbers && std::max(length, 1.0) * times >= static_cast<double>(kEnormous);
  }
  if (is_one_of(kJoining, callee)) {
    constexpr double kMany = 1024 * 1024, kExpansion = 64;
    const double length = given.size() != 2 ? 0 : length_of(given[0], 0) + length_of(given[1], 0);
    return length >= kMany && length / kExpansion > static_cast<double>(trace_.artifacts.front().bytes.size());
  }
  if (callee == "fractions.Fraction") return given[0].is_text() && has_enormous_exponent(given[0].text());
  if (callee == "builtins.int" || callee == "builtins.int.__new__") return given[0].is_text() && given[0].text().size() >= kLongestNumber;
  if (is_one_of(kFormatters, callee)) {
    const auto pattern = [&](Value value) { return value.is_text() && is_pattern(callee, value.text()) && has_enormous_width(value.text()); };
    const auto width = [&](Value value) { return value.is(Kind::tuple) && std::any_of(heap_.items(value).begin(), heap_.items(value).end(), enormous); };
    if (std::any_of(given.begin(), given.end(), pattern)) return true;
    // '%*d' takes its width from the values.
    return given.size() == 2 && given[0].is_text() && given[0].text().find('*') != std::string_view::npos && callee == "operator.mod" && width(given[1]);
  }
  return is_one_of(kReaders, callee) && std::any_of(given.begin(), given.end(), [&](Value one) { return length_of(one, 0) >= static_cast<double>(kEnormous); });
}

// By the product of all numbers and of the sides of all shapes, against the file: what came with the file is in it.
bool Weigher::makes_enormous_array(const std::vector<Value>& given, std::string_view maker) const {
  constexpr double kExpansion = 64;
  double elements = 1;
  const auto count = [&](Value value) { elements *= static_cast<double>(std::max<int64_t>(number_in(value), 1)); };
  if (maker == "arange" && given.size() > 1) {
    elements = static_cast<double>(number_in(given[1])) - static_cast<double>(number_in(given[0]));
    return elements >= kEnormousArray;
  }
  for (const Value& value : given) {
    count(value);
    if (value.is(Kind::tuple) || value.is(Kind::list)) {
      const Items& sides = heap_.items(value);
      for (uint32_t i = 0; i < std::min<uint32_t>(sides.size, 64); ++i) count(sides[i]);
    }
    if (maker == "full") break;  // then comes the number that it is filled with
  }
  return elements >= kEnormousArray && elements / kExpansion > static_cast<double>(trace_.artifacts.front().bytes.size());
}

// How many values an iterable has that the program only described: itertools' products, ranges, counters without an
// end. 0 where it cannot be told.
double Weigher::length_of(Value value, int depth) const {
  constexpr int kDeepest = 8;
  constexpr double kEndless = 1e300;
  if (depth > kDeepest) return 0;
  if (value.is(Kind::list) || value.is(Kind::tuple) || value.is(Kind::set) || value.is(Kind::frozen_set)) return static_cast<double>(heap_.items(value).size);
  if (value.is_text()) return static_cast<double>(value.text().size());
  if (!value.is(Kind::object)) return 0;
  const Object& made = heap_.object(value);
  const Name* maker = named(made.callee);
  if (maker == nullptr || !made.arguments.is_sequence()) return 0;
  const Items& given = heap_.items(made.arguments);
  const std::string_view callee = maker->canonical;
  const auto keyword = [&](std::string_view name) -> int64_t {
    const Value* found = made.keywords.is(Kind::dict) ? heap_.find(heap_.items(made.keywords), name) : nullptr;
    return found != nullptr ? number_in(*found) : 0;
  };
  const auto inner = [&](uint32_t index) { return index < given.size ? length_of(given[index], depth + 1) : 0.0; };
  if (callee == "itertools.count") return kEndless;
  if (callee == "itertools.cycle") return inner(0) > 0 ? kEndless : 0;
  if (callee == "itertools.repeat") {
    const int64_t times = given.size > 1 ? number_in(given[1]) : keyword("times");
    return given.size == 1 && times == 0 ? kEndless : static_cast<double>(times);
  }
  if (callee.starts_with("ipaddress.")) return given.size > 0 && given[0].is_text() ? addresses_of(given[0].text()) : 0;
  if (callee == "builtins.zip") {
    double shortest = given.size == 0 ? 0 : kEndless;
    for (uint32_t i = 0; i < given.size; ++i) shortest = std::min(shortest, inner(i));
    return shortest;
  }
  if (callee == "builtins.range") {
    double longest = 0;
    for (const Value& one : given) longest = std::max(longest, static_cast<double>(number_in(one)));
    return longest;
  }
  if (callee == "itertools.product") {
    double length = 1;
    for (uint32_t i = 0; i < given.size; ++i) length = std::min(length * inner(i), kEndless);
    return std::min(std::pow(length, static_cast<double>(std::max<int64_t>(keyword("repeat"), 1))), kEndless);
  }
  if (callee == "itertools.permutations" || callee == "itertools.combinations" || callee == "itertools.combinations_with_replacement") {
    const double of = inner(0);
    const double taken = given.size > 1 ? static_cast<double>(number_in(given[1])) : std::max(of, static_cast<double>(keyword("r")));
    double length = taken <= of || callee.ends_with("replacement") ? 1 : 0;
    for (double i = 0; i < std::min(taken, 1000.0) && length < kEndless; ++i) length *= callee == "itertools.permutations" ? of - i : (of - i) / (i + 1);
    return callee.ends_with("replacement") ? std::min(std::pow(of, taken) / std::tgamma(std::min(taken, 100.0) + 1), kEndless) : std::max(length, 0.0);
  }
  // What passes its input on, one for one or fewer.
  static constexpr std::string_view kPassing[] = {"builtins.iter", "builtins.enumerate", "builtins.reversed", "itertools.starmap", "builtins.map"};
  if (callee == "builtins.map" || callee == "itertools.starmap") return inner(1);
  if (is_one_of(kPassing, callee)) return inner(0);
  if (callee == "itertools.islice") {
    const double stop = given.size > 1 ? static_cast<double>(number_in(given[given.size > 2 ? 2 : 1])) : 0;
    return stop > 0 ? std::min(stop, inner(0)) : inner(0);
  }
  if (callee == "itertools.chain") {
    double length = 0;
    for (uint32_t i = 0; i < given.size; ++i) length += inner(i);
    return length;
  }
  return 0;
}

}  // namespace winnow::judge
