#include "formats/numpy/descriptor.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace winnow::numpy {

namespace {

std::optional<uint64_t> times(std::optional<uint64_t> a, std::optional<uint64_t> b) {
  uint64_t out = 0;
  if (!a || !b || __builtin_mul_overflow(*a, *b, &out)) return std::nullopt;
  return out;
}

std::optional<uint64_t> plus(std::optional<uint64_t> a, std::optional<uint64_t> b) {
  uint64_t out = 0;
  if (!a || !b || __builtin_add_overflow(*a, *b, &out)) return std::nullopt;
  return out;
}

std::optional<uint64_t> number_of(std::string_view digits) {
  uint64_t value = 0;
  if (digits.empty()) return std::nullopt;
  for (const char c : digits) {
    if (c < '0' || c > '9' || value > UINT64_MAX / 16) return std::nullopt;
    value = value * 10 + static_cast<uint64_t>(c - '0');
  }
  return value;
}

// Whether the object type is named anywhere. No other type has an O behind a character that is no letter;
// spellings that NumPy refuses are an error there, and a pickle here.
bool names_objects(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == 'O' && (i == 0 || !std::isalpha(static_cast<unsigned char>(text[i - 1])))) return true;
  }
  return text.find("obj") != std::string_view::npos;
}

struct Named {
  std::string_view name;
  uint64_t size;
};
constexpr std::array<Named, 26> kNamed = {{
    {"bool", 1},       {"int8", 1},        {"uint8", 1},       {"byte", 1},     {"int16", 2},   {"uint16", 2},
    {"float16", 2},    {"half", 2},        {"int32", 4},       {"uint32", 4},   {"float32", 4}, {"single", 4},
    {"intc", 4},       {"uintc", 4},       {"int64", 8},       {"uint64", 8},   {"float64", 8}, {"double", 8},
    {"float", 8},      {"complex64", 8},   {"complex128", 16}, {"complex", 16}, {"int", 8},     {"uint", 8},
    {"datetime64", 8}, {"timedelta64", 8},
}};

// One type without repeats: "<f8", "S10", "M8[ns]".
DataType simple_type(std::string_view text) {
  DataType out;
  while (!text.empty() && std::string_view("<>=|").find(text.front()) != std::string_view::npos) {
    text.remove_prefix(1);
  }
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  if (text.empty()) return out;
  const size_t bracket = text.find('[');
  const std::string_view bare = text.substr(0, bracket);
  if (bare.empty()) return out;
  for (const Named& named : kNamed) {
    if (bare == named.name) {
      out.item_size = named.size;
      return out;
    }
  }
  if (text == "?") out.item_size = 1;
  const auto count = number_of(bare.substr(1));
  switch (bare.front()) {
    case 'b':
    case 'i':
    case 'u':
    case 'f':
    case 'c':
    case 'S':
    case 'a':
    case 'V':
    case 'm':
    case 'M':
    case 'B':
      if (count) out.item_size = count;
      break;
    case 'U': out.item_size = times(count, 4); break;
    default: break;
  }
  return out;
}

// "(2,3)f4" or "3f4": takes the repeat away and gives it.
std::optional<uint64_t> take_repeat(std::string_view& text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  if (!text.empty() && text.front() == '(') {
    const size_t end = text.find(')');
    if (end == std::string_view::npos) return std::nullopt;
    std::string_view inner = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    std::optional<uint64_t> product = 1;
    while (!inner.empty()) {
      const size_t comma = std::min(inner.find(','), inner.size());
      std::string_view part = inner.substr(0, comma);
      while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
      if (!part.empty()) product = times(product, number_of(part));
      inner.remove_prefix(std::min(comma + 1, inner.size()));
    }
    return product;
  }
  size_t digits = 0;
  while (digits < text.size() && std::isdigit(static_cast<unsigned char>(text[digits]))) ++digits;
  if (digits == 0) return 1;
  const auto repeat = number_of(text.substr(0, digits));
  text.remove_prefix(digits);
  return repeat;
}

std::optional<uint64_t> shape_product(const LiteralTree& tree, uint32_t shape) {
  const Literal& node = tree[shape];
  if (node.kind == LiteralKind::integer) return node.integer;
  std::optional<uint64_t> product = 1;
  if (node.kind != LiteralKind::tuple && node.kind != LiteralKind::list) return std::nullopt;
  for (const uint32_t item : node.items) {
    if (tree[item].kind != LiteralKind::integer) return std::nullopt;
    product = times(product, tree[item].integer);
  }
  return product;
}

// A part of a descriptor still to be read, and how often it stands in an item.
struct Part {
  uint32_t node;
  std::optional<uint64_t> repeat;
};

// A field is a sequence of name, descriptor and perhaps shape; strings are sequences too.
void add_field(const LiteralTree& tree, const Literal& field, Part part, std::vector<Part>& pending,
               DataType& out) {
  if (field.kind == LiteralKind::text) {
    const std::string_view text = field.text;
    out.objects = out.objects || names_objects(text) || text.substr(std::min<size_t>(1, text.size())) == "O";
    out.item_size.reset();
    return;
  }
  if (field.items.size() == 2) {
    pending.push_back({field.items[1], part.repeat});
  } else if (field.items.size() == 3) {
    pending.push_back({field.items[1], times(part.repeat, shape_product(tree, field.items[2]))});
  } else {
    out.item_size.reset();
  }
}

}  // namespace

DataType data_type_of(std::string_view text) {
  DataType out;
  out.objects = names_objects(text);
  out.item_size = 0;
  size_t depth = 0, start = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : ',';
    if (c == '(' || c == '[') ++depth;
    if ((c == ')' || c == ']') && depth > 0) --depth;
    if (c != ',' || (depth > 0 && i < text.size())) continue;
    std::string_view piece = text.substr(start, i - start);
    start = i + 1;
    // A byte order may stand before the repeat as well as behind it.
    while (!piece.empty() && std::string_view("<>=| ").find(piece.front()) != std::string_view::npos) {
      piece.remove_prefix(1);
    }
    const auto repeat = take_repeat(piece);
    const DataType one = simple_type(piece);
    out.item_size = plus(out.item_size, times(repeat, one.item_size));
  }
  return out;
}

DataType data_type_of(const LiteralTree& tree, uint32_t descriptor) {
  DataType out;
  out.item_size = 0;
  std::vector<Part> pending{{descriptor, 1}};
  while (!pending.empty()) {
    const Part part = pending.back();
    pending.pop_back();
    const Literal& node = tree[part.node];
    switch (node.kind) {
      case LiteralKind::text: {
        const DataType one = data_type_of(std::string_view(node.text));
        out.objects = out.objects || one.objects;
        out.item_size = plus(out.item_size, times(part.repeat, one.item_size));
        break;
      }
      case LiteralKind::tuple:
        if (node.items.size() != 2) out.item_size.reset();
        for (size_t i = 0; i < node.items.size() && i < 1; ++i) {
          const auto shape = node.items.size() == 2 ? shape_product(tree, node.items[1]) : std::nullopt;
          pending.push_back({node.items[0], times(part.repeat, shape)});
        }
        break;
      case LiteralKind::list:
      case LiteralKind::set:
        for (const uint32_t item : node.items) add_field(tree, tree[item], part, pending, out);
        break;
      default:
        // Dicts were accepted by older versions; whatever else stands there is read for objects alone.
        for (const uint32_t item : node.items) pending.push_back({item, std::nullopt});
        out.item_size.reset();
        break;
    }
  }
  return out;
}

}  // namespace winnow::numpy
