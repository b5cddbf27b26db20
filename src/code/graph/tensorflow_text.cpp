#include "code/graph/tensorflow_text.h"

#include <algorithm>
#include <unordered_map>

#include "containers/protobuf.h"

namespace winnow::graph {
namespace {

using machine::Machine;
using Inputs = std::span<const Value>;
using Operation = Value (*)(Machine&, const Node&, Inputs);

constexpr uint32_t kMostItems = 4096;

Value list_of(Machine& m, const std::vector<Value>& items) {
  if (items.size() == 1) return items.front();
  return m.heap().new_items(Kind::list, items.data(), static_cast<uint32_t>(items.size()));
}

// Broadcasts: every list has one length, and what is no list goes with each of its items.
template <class Function>
Value each(Machine& m, Inputs in, Function function) {
  uint32_t size = 0;
  for (const Value& value : in) {
    if (value.is(Kind::list)) size = std::max(size, m.heap().items(value).size);
  }
  std::vector<Value> row(in.begin(), in.end());
  if (size == 0) return function(Inputs(row));
  if (size > kMostItems) return Value::unknown();
  std::vector<Value> out;
  for (uint32_t i = 0; i < size; ++i) {
    for (size_t k = 0; k < in.size(); ++k) {
      if (!in[k].is(Kind::list)) continue;
      const Items items = m.heap().items(in[k]);
      if (items.size != size) return Value::unknown();
      row[k] = items[i];
    }
    out.push_back(function(Inputs(row)));
    if (!out.back().is_known()) return Value::unknown();
  }
  return list_of(m, out);
}

// All inputs as one list of items; nothing of what is longer than is looked at.
std::vector<Value> items_of(Machine& m, Value value) {
  if (!value.is(Kind::list)) return {value};
  const Items items = m.heap().items(value);
  if (items.size > kMostItems) return {};
  return {items.begin(), items.end()};
}

std::string text_attribute(const Node& node, std::string_view name, std::string_view otherwise = {}) {
  const Attribute* found = attribute(node, name);
  return std::string(found == nullptr ? otherwise : text_of(*found));
}

int64_t number_attribute(const Node& node, std::string_view name, int64_t otherwise) {
  const Attribute* found = attribute(node, name);
  int64_t number = otherwise;
  if (found == nullptr) return number;
  containers::each_field(found->value, [&](const containers::ProtoField& field) {
    if (field.type == containers::WireType::varint && (field.number == 3 || field.number == 5)) number = static_cast<int64_t>(field.value);
    return true;
  });
  return number;
}

Value joined(Machine& m, const Node& node, Inputs in) {
  const std::string between = text_attribute(node, "separator");
  return each(m, in, [&](Inputs row) {
    std::string out;
    for (size_t i = 0; i < row.size(); ++i) {
      if (!row[i].is_text()) return Value::unknown();
      if (i > 0) out += between;
      out += row[i].text();
    }
    return m.make_string(out);
  });
}

Value reduced(Machine& m, const Node& node, Inputs in) {
  if (in.empty()) return Value::unknown();
  const std::string between = text_attribute(node, "separator");
  std::string out;
  bool first = true;
  for (const Value& item : items_of(m, in[0])) {
    if (!item.is_text()) return Value::unknown();
    if (!first) out += between;
    out += item.text();
    first = false;
  }
  return m.make_string(out);
}

Value formatted(Machine& m, const Node& node, Inputs in) {
  const std::string pattern = text_attribute(node, "template"), holder = text_attribute(node, "placeholder", "%s");
  std::string out;
  size_t next = 0, from = 0;
  for (size_t at = pattern.find(holder); !holder.empty() && at != std::string::npos; at = pattern.find(holder, from)) {
    if (next >= in.size()) return Value::unknown();
    const Value part = in[next++];
    if (!part.is_text() && !part.is(Kind::integer)) return Value::unknown();
    out += pattern.substr(from, at - from);
    out += part.is_text() ? std::string(part.text()) : std::to_string(part.as_integer());
    from = at + holder.size();
  }
  return m.make_string(out + pattern.substr(from));
}

template <char kMethod>
Value method(Machine& m, const Node&, Inputs in) {
  constexpr std::string_view kName = kMethod == 'l' ? "lower" : kMethod == 'u' ? "upper" : "strip";
  if (in.empty()) return Value::unknown();
  return each(m, in.first(1), [&](Inputs row) { return row[0].is_text() ? m.call(m.attribute(row[0], kName), std::span<const Value>()) : Value::unknown(); });
}

Value decoded(Machine& m, const Node&, Inputs in) {
  return each(m, in, [&](Inputs row) {
    if (row.empty() || !row[0].is_text()) return Value::unknown();
    std::string padded(row[0].text());
    while (padded.size() % 4 != 0) padded += '=';
    const Value text = m.make_string(padded);
    return m.call(m.resolve("base64", "urlsafe_b64decode"), std::span<const Value>(&text, 1));
  });
}

Value as_string(Machine& m, const Node&, Inputs in) {
  return each(m, in, [&](Inputs row) { return !row.empty() && row[0].is(Kind::integer) ? m.make_string(std::to_string(row[0].as_integer())) : Value::unknown(); });
}

Value substring(Machine& m, const Node&, Inputs in) {
  if (in.size() < 3) return Value::unknown();
  return each(m, in.first(3), [&](Inputs row) {
    if (!row[0].is_text() || !row[1].is(Kind::integer) || !row[2].is(Kind::integer) || row[2].as_integer() < 0) return Value::unknown();
    const std::string_view text = row[0].text();
    const int64_t size = static_cast<int64_t>(text.size());
    const int64_t start = row[1].as_integer() < 0 ? row[1].as_integer() + size : row[1].as_integer();
    if (start < 0 || start > size) return Value::unknown();
    return Value::string(text.substr(static_cast<size_t>(start), static_cast<size_t>(row[2].as_integer())));
  });
}

// StringSplit parts at each character of its delimiter and leaves out what is empty; V2 at the whole text, and at white
// space where that is empty.
template <bool kWhole>
Value split(Machine& m, const Node& node, Inputs in) {
  if (in.size() < 2 || !in[1].is_text()) return Value::unknown();
  const std::string_view by = in[1].text();
  const bool spaces = kWhole && by.empty(), skips = spaces || (!kWhole && number_attribute(node, "skip_empty", 1) != 0);
  std::vector<Value> out;
  for (const Value& item : items_of(m, in[0])) {
    if (!item.is_text()) return Value::unknown();
    std::string_view rest = item.text();
    for (bool more = true; more && out.size() < kMostItems;) {
      size_t end = std::string_view::npos, skip = 1;
      if (spaces) end = rest.find_first_of(" \t\r\n\f\v");
      else if (kWhole) end = rest.find(by), skip = by.size();
      else if (by.empty()) end = rest.size() > 1 ? 1 : std::string_view::npos, skip = 0;
      else end = rest.find_first_of(by);
      more = end != std::string_view::npos;
      const std::string_view part = rest.substr(0, end);
      if (!part.empty() || !skips) out.push_back(Value::string(part));
      if (more) rest.remove_prefix(end + skip);
    }
  }
  return out.empty() ? Value::unknown() : list_of(m, out);
}

// RE2's patterns and rewrites as Python reads them; \0 is the whole match.
Value replaced(Machine& m, const Node& node, Inputs in, Value pattern, Value rewrite) {
  if (in.empty() || !pattern.is_text() || !rewrite.is_text()) return Value::unknown();
  std::string by(rewrite.text());
  for (size_t at = by.find("\\0"); at != std::string::npos; at = by.find("\\0", at + 5)) by.replace(at, 2, "\\g<0>");
  const Value count = Value::integer(number_attribute(node, "replace_global", 1) != 0 ? 0 : 1);
  return each(m, in.first(1), [&](Inputs row) {
    if (!row[0].is_text()) return Value::unknown();
    // Texts of a graph are bytes; the pattern's own are text.
    const Value arguments[] = {m.make_string(pattern.text()), m.make_string(by), m.make_string(row[0].text()), count};
    const Machine::Place outer = m.place;
    m.place.code = true;
    const Value out = m.call_from_code(m.resolve("re", "sub"), arguments, Value::none());
    m.place = outer;
    m.raised.reset();
    return out.is_text() ? out : Value::unknown();
  });
}

Value regex_replaced(Machine& m, const Node& node, Inputs in) { return in.size() < 3 ? Value::unknown() : replaced(m, node, in, in[1], in[2]); }

Value static_regex_replaced(Machine& m, const Node& node, Inputs in) {
  return replaced(m, node, in, m.make_string(text_attribute(node, "pattern")), m.make_string(text_attribute(node, "rewrite")));
}

Value same(Machine&, const Node&, Inputs in) { return in.empty() ? Value::unknown() : in[0]; }

void append_utf8(std::string& out, int64_t code) {
  const auto c = static_cast<uint32_t>(code);
  const auto put = [&](uint32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) return put(c);
  if (c < 0x800) return put(0xC0 | c >> 6), put(0x80 | (c & 63));
  if (c < 0x10000) return put(0xE0 | c >> 12), put(0x80 | (c >> 6 & 63)), put(0x80 | (c & 63));
  put(0xF0 | c >> 18), put(0x80 | (c >> 12 & 63)), put(0x80 | (c >> 6 & 63)), put(0x80 | (c & 63));
}

// Numbers of characters to texts, one for each row that the second input parts them into.
Value encoded(Machine& m, const Node&, Inputs in) {
  if (in.empty()) return Value::unknown();
  const std::vector<Value> codes = items_of(m, in[0]);
  const std::vector<Value> ends = in.size() > 1 ? items_of(m, in[1]) : std::vector<Value>();
  std::vector<Value> rows;
  std::string row;
  for (size_t i = 0; i < codes.size(); ++i) {
    if (!codes[i].is(Kind::integer) || codes[i].as_integer() < 0 || codes[i].as_integer() > 0x10FFFF) return Value::unknown();
    append_utf8(row, codes[i].as_integer());
    const bool ended = std::any_of(ends.begin(), ends.end(), [&](Value end) { return end.is(Kind::integer) && end.as_integer() == static_cast<int64_t>(i) + 1; });
    if (!ended && i + 1 < codes.size()) continue;
    rows.push_back(m.make_string(row));
    row.clear();
  }
  return rows.empty() ? Value::unknown() : list_of(m, rows);
}

Value as_bytes_list(Machine& m, const Node&, Inputs in) {
  if (in.empty() || !in[0].is_text() || in[0].text().size() > kMostItems) return Value::unknown();
  std::vector<Value> out;
  for (const char c : in[0].text()) out.push_back(Value::integer(static_cast<unsigned char>(c)));
  return out.empty() ? Value::unknown() : list_of(m, out);
}

Value reversed(Machine& m, const Node&, Inputs in) {
  if (in.empty()) return Value::unknown();
  std::vector<Value> items = items_of(m, in[0]);
  std::reverse(items.begin(), items.end());
  return items.empty() ? Value::unknown() : list_of(m, items);
}

Value gathered(Machine& m, const Node&, Inputs in) {
  if (in.size() < 2 || !in[0].is(Kind::list)) return Value::unknown();
  const std::vector<Value> items = items_of(m, in[0]);
  return each(m, in.subspan(1, 1), [&](Inputs row) {
    const bool inside = row[0].is(Kind::integer) && row[0].as_integer() >= 0 && row[0].as_integer() < static_cast<int64_t>(items.size());
    return inside ? items[static_cast<size_t>(row[0].as_integer())] : Value::unknown();
  });
}

Value sliced(Machine& m, const Node& node, Inputs in) {
  if (in.size() < 4 || !in[1].is(Kind::integer) || !in[2].is(Kind::integer) || !in[3].is(Kind::integer)) return Value::unknown();
  const std::vector<Value> items = items_of(m, in[0]);
  const auto size = static_cast<int64_t>(items.size());
  const int64_t step = in[3].as_integer();
  if (step == 0 || size == 0 || step > size || step < -size) return Value::unknown();
  const auto place = [&](Value value) { return value.as_integer() < 0 ? value.as_integer() + size : value.as_integer(); };
  int64_t at = place(in[1]), end = place(in[2]);
  if ((number_attribute(node, "shrink_axis_mask", 0) & 1) != 0) return at >= 0 && at < size ? items[static_cast<size_t>(at)] : Value::unknown();
  if ((number_attribute(node, "begin_mask", 0) & 1) != 0) at = step > 0 ? 0 : size - 1;
  if ((number_attribute(node, "end_mask", 0) & 1) != 0) end = step > 0 ? size : -1;
  at = std::clamp<int64_t>(at, step > 0 ? 0 : -1, step > 0 ? size : size - 1);
  end = std::clamp<int64_t>(end, -1, size);
  std::vector<Value> out;
  for (; step > 0 ? at < end : at > end; at += step) out.push_back(items[static_cast<size_t>(at)]);
  return out.empty() ? Value::unknown() : list_of(m, out);
}

Value range(Machine& m, const Node&, Inputs in) {
  if (in.size() < 3 || !in[0].is(Kind::integer) || !in[1].is(Kind::integer) || !in[2].is(Kind::integer)) return Value::unknown();
  const int64_t step = in[2].as_integer(), end = in[1].as_integer();
  std::vector<Value> out;
  for (int64_t at = in[0].as_integer(); step != 0 && (step > 0 ? at < end : at > end); ) {
    if (out.size() >= kMostItems) return Value::unknown();
    out.push_back(Value::integer(at));
    if (__builtin_add_overflow(at, step, &at)) break;
  }
  return out.empty() ? Value::unknown() : list_of(m, out);
}

template <char kSign>
Value calculated(Machine& m, const Node&, Inputs in) {
  if (in.size() < 2) return Value::unknown();
  return each(m, in.first(2), [&](Inputs row) {
    if (kSign == '+' && row[0].is_text() && row[1].is_text()) return m.make_string(std::string(row[0].text()) + std::string(row[1].text()));
    if (!row[0].is(Kind::integer) || !row[1].is(Kind::integer)) return Value::unknown();
    const int64_t a = row[0].as_integer(), b = row[1].as_integer();
    int64_t out = 0;
    bool over = false;
    if (kSign == '+') over = __builtin_add_overflow(a, b, &out);
    else if (kSign == '-') over = __builtin_sub_overflow(a, b, &out);
    else if (kSign == '*') over = __builtin_mul_overflow(a, b, &out);
    else if (kSign == '^') out = a ^ b;
    else if (b > 0) out = ((a % b) + b) % b;
    else over = true;
    return over ? Value::unknown() : Value::integer(out);
  });
}

const std::unordered_map<std::string_view, Operation>& operations() {
  static const std::unordered_map<std::string_view, Operation> kAll = {
      {"StringJoin", joined}, {"ReduceJoin", reduced}, {"UnsortedSegmentJoin", reduced}, {"StringFormat", formatted},
      {"StringLower", method<'l'>}, {"StringUpper", method<'u'>}, {"StringStrip", method<'s'>}, {"DecodeBase64", decoded},
      {"AsString", as_string}, {"Substr", substring}, {"StringSplit", split<false>}, {"StringSplitV2", split<true>},
      {"RegexReplace", regex_replaced}, {"StaticRegexReplace", static_regex_replaced}, {"UnicodeTranscode", same}, {"UnicodeEncode", encoded},
      {"UnicodeDecode", as_bytes_list}, {"DecodeRaw", as_bytes_list}, {"Reverse", reversed}, {"ReverseV2", reversed},
      {"Gather", gathered}, {"GatherV2", gathered}, {"StridedSlice", sliced}, {"Range", range},
      {"Add", calculated<'+'>}, {"AddV2", calculated<'+'>}, {"Sub", calculated<'-'>}, {"Mul", calculated<'*'>},
      {"BitwiseXor", calculated<'^'>}, {"FloorMod", calculated<'%'>}, {"Mod", calculated<'%'>},
  };
  return kAll;
}

}  // namespace

bool is_text_operation(std::string_view op) { return operations().contains(op); }

Value text_operation(machine::Machine& machine, const Node& node, std::span<const Value> inputs, uint32_t output) {
  const auto found = operations().find(node.op);
  if (found == operations().end()) return Value::unknown();
  // Of what a split gives, the places of the parts stand beside the parts.
  const bool splits = node.op.starts_with("StringSplit");
  if (splits && output > 1) return Value::unknown();
  if (!std::all_of(inputs.begin(), inputs.end(), [](Value value) { return value.is_known(); })) return Value::unknown();
  return found->second(machine, node, inputs);
}

}  // namespace winnow::graph
