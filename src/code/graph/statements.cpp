#include "code/graph/statements.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "core/print.h"

namespace winnow::graph {
namespace {

constexpr size_t kMostStatements = 10;
constexpr size_t kMostName = 40;
constexpr size_t kMostWork = 4000;

std::string number_text(double number) {
  char out[32];
  const bool whole = std::abs(number) < 1e15 && number == std::floor(number);
  std::snprintf(out, sizeof out, whole ? "%.0f" : "%.6g", number);
  return out;
}

class Writer {
 public:
  explicit Writer(const Program& program) : program_(program) {
    for (uint32_t i = 0; i < program.operations.size(); ++i) {
      const Operation& operation = program.operations[i];
      for (uint32_t k = 0; k < operation.output_count; ++k) makers_.emplace(program.output(operation, k), i);
    }
  }

  std::string write(uint32_t last, ValueId value, uint32_t question) {
    // What the question is made of is more telling than what became of it.
    std::set<uint32_t> chosen{last, question};
    gather(made_from(question), chosen, kMostStatements / 2);
    gather({value}, chosen, kMostStatements);
    std::string out;
    for (const uint32_t index : chosen) out += (out.empty() ? "" : "\n") + statement(program_.operations[index]);
    return out;
  }

 private:
  std::vector<ValueId> made_from(uint32_t index) const {
    const Operation& operation = program_.operations[index];
    std::vector<ValueId> out;
    for (uint32_t i = 0; i < operation.input_count; ++i) out.push_back(program_.input(operation, i));
    return out;
  }

  // The nearest makers of the values, until there are enough statements.
  void gather(std::vector<ValueId> values, std::set<uint32_t>& chosen, size_t most) const {
    std::unordered_set<ValueId> seen;
    for (size_t at = 0; at < values.size() && at < kMostWork && chosen.size() < most; ++at) {
      const ValueId id = values[at];
      if (id == kNoValue || program_.values[id].constant || !seen.insert(id).second) continue;
      const auto maker = makers_.find(id);
      if (maker == makers_.end()) continue;
      chosen.insert(maker->second);
      for (const ValueId from : made_from(maker->second)) values.push_back(from);
    }
  }

  std::string name_of(ValueId id) const {
    if (id == kNoValue) return "None";
    const FlatValue& value = program_.values[id];
    if (value.constant && value.known && value.elements <= 64) return number_text(value.number);
    const std::string name = value.name.empty() ? "v" + std::to_string(id) : std::string(value.name.substr(value.name.size() > kMostName ? value.name.size() - kMostName : 0));
    std::string plain;
    for (const char c : name) {
      const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
      plain += word ? c : '_';
    }
    if (plain[0] >= '0' && plain[0] <= '9') plain.insert(plain.begin(), 'v');
    return plain + (value.constant && value.elements > 1 ? "[" + std::to_string(value.elements) + " constants]" : "");
  }

  std::string statement(const Operation& operation) const {
    std::string out;
    for (uint32_t i = 0; i < operation.output_count && i < 3; ++i) out += (i == 0 ? "" : ", ") + name_of(program_.output(operation, i));
    std::string op(operation.op.substr(0, kMostName));
    out += " = " + quoted(op, false).substr(1, quoted(op, false).size() - 2) + "(";
    for (uint32_t i = 0; i < operation.input_count && i < 8; ++i) out += (i == 0 ? "" : ", ") + name_of(program_.input(operation, i));
    return out + ")";
  }

  const Program& program_;
  std::unordered_map<ValueId, uint32_t> makers_;
};

}  // namespace

std::string statements_of(const Program& program, uint32_t last, ValueId value, uint32_t question) {
  return Writer(program).write(last, value, question);
}

}  // namespace winnow::graph
