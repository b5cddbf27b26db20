#include "code/bytecode/unreachable.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "code/bytecode/decode.h"
#include "code/bytecode/lift.h"
#include "code/ir/ir.h"

namespace winnow::bytecode {
namespace {

bool holds_values(Value v) {
  return v.is(Kind::tuple) || v.is(Kind::list) || v.is(Kind::set) || v.is(Kind::frozen_set) || v.is(Kind::dict) || v.is(Kind::frozen_dict);
}

// Code objects within a container among the constants: marshal writes them anywhere.
void codes_within(const Heap& heap, Value constant, std::vector<const CodeObject*>& out) {
  constexpr size_t kMostContainers = 10'000;
  std::vector<Value> pending{constant};
  std::unordered_set<uint64_t> seen;
  while (!pending.empty() && seen.size() < kMostContainers) {
    const Value v = pending.back();
    pending.pop_back();
    if (v.is(Kind::code)) {
      out.push_back(&heap.code(v));
    } else if (seen.insert(uint64_t{static_cast<uint8_t>(v.kind())} << 32 | v.index()).second) {
      const Items& items = heap.items(v);
      for (uint32_t i = items.size; i-- > 0;) {
        if (items[i].is(Kind::code) || holds_values(items[i])) pending.push_back(items[i]);
      }
    }
  }
}

std::unordered_map<const CodeObject*, Use> uses_of_code(const Heap& heap, const ir::Body& body) {
  constexpr size_t kNear = 3;  // the name of the function and what it closes over stand between
  std::unordered_map<const CodeObject*, Use> out;
  for (const ir::Block& block : body.blocks) {
    for (size_t i = 0; i < block.instructions.size(); ++i) {
      if (!block.instructions[i].value.is(Kind::code)) continue;
      Use& use = out.try_emplace(&heap.code(block.instructions[i].value), Use::value).first->second;
      for (size_t j = i; j < block.instructions.size() && j <= i + kNear; ++j) {
        if (block.instructions[j].op == ir::Op::make_function) use = Use::function;
      }
    }
  }
  return out;
}

}  // namespace

std::vector<HeldCode> held_codes(const Heap& heap, const CodeObject& code) {
  std::vector<HeldCode> out, pending{{&code, nullptr, Use::function}};
  std::unordered_set<const CodeObject*> seen;
  while (!pending.empty()) {
    const HeldCode held = pending.back();
    pending.pop_back();
    if (!seen.insert(held.code).second) continue;
    out.push_back(held);
    const CodeObject& holder = *held.code;
    const auto holds_code = [](Value v) { return v.is(Kind::code) || holds_values(v); };
    if (std::none_of(holder.consts.begin(), holder.consts.end(), holds_code)) continue;
    if (holder.body == nullptr) holder.body = std::make_shared<const ir::Body>(lift(holder, heap));
    const auto uses = uses_of_code(heap, *holder.body);
    std::vector<HeldCode> inner;
    for (const Value constant : holder.consts) {
      if (constant.is(Kind::code)) {
        const auto found = uses.find(&heap.code(constant));
        inner.push_back({&heap.code(constant), &holder, found == uses.end() ? Use::none : found->second});
      } else if (holds_values(constant)) {
        std::vector<const CodeObject*> within;
        codes_within(heap, constant, within);
        for (const CodeObject* one : within) inner.push_back({one, &holder, Use::value});
      }
    }
    pending.insert(pending.end(), inner.rbegin(), inner.rend());
  }
  return out;
}

bool makes_function(const Heap& heap, const ir::Body& body, const CodeObject& code) {
  const auto uses = uses_of_code(heap, body);
  const auto found = uses.find(&code);
  return found != uses.end() && found->second == Use::function;
}

const char* use_text(const HeldCode& held) {
  switch (held.use) {
    case Use::function: return "";
    case Use::value: return ", a value";
    case Use::none: return ", which no instruction loads";
  }
  return "";
}

std::vector<std::string_view> unreached_names(const CodeObject& code) {
  constexpr int kMostReadings = 64;
  std::vector<std::string_view> out;
  if (code.names.empty() || (code.body != nullptr && code.body->reached == code.body->code_size)) return out;
  const Decoding decoding = decode(code);
  std::vector<bool> known(code.code.size(), false);
  const auto mark = [&](uint32_t from, uint32_t to) {
    for (uint32_t i = from; i < to && i < known.size(); ++i) known[i] = true;
  };
  for (const Decoded& d : decoding.instructions) mark(d.offset, d.next);
  std::unordered_set<std::string_view> seen;
  CodeObject rest;
  rest.version = code.version;
  rest.names = code.names;
  rest.consts = code.consts;
  uint32_t at = 0;
  for (int reading = 0; reading < kMostReadings; ++reading) {
    while (at < known.size() && known[at]) ++at;
    if (at >= known.size()) break;
    rest.code = code.code.substr(at);
    const Decoding dead = decode(rest);
    uint32_t end = at + (code.version.major == 2 || code.version.minor < 6 ? 1 : 2);
    for (const Decoded& d : dead.instructions) {
      if (at + d.offset < known.size() && known[at + d.offset]) continue;
      mark(at + d.offset, at + d.next);
      end = std::max(end, std::min<uint32_t>(at + d.next, static_cast<uint32_t>(known.size())));
      if (d.argument != Argument::name || d.out_of_range) continue;
      const uint32_t index = name_index(code.version, d.opcode, d.arg);
      if (index < code.names.size() && seen.insert(code.names[index]).second) out.push_back(code.names[index]);
    }
    mark(at, at + 1);
  }
  return out;
}

}  // namespace winnow::bytecode
