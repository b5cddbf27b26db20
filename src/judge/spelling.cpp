// Names that mislead by how they are written: with blanks or control characters in them, or in letters of
// other scripts that make them look like modules of Python's. Otherwise other scripts are legal and honest.
#include <optional>

#include "judge/weigher.h"

namespace winnow::judge {
namespace {

// Cyrillic and Greek letters that look Latin.
struct Alike { std::string_view letter; char latin; };
constexpr Alike kAlike[] = {{"\xd0\xb0", 'a'}, {"\xd0\xb5", 'e'}, {"\xd0\xbe", 'o'}, {"\xd1\x80", 'p'},
                            {"\xd1\x81", 'c'}, {"\xd1\x83", 'y'}, {"\xd1\x85", 'x'}, {"\xd1\x96", 'i'},
                            {"\xd1\x95", 's'}, {"\xd1\x98", 'j'}, {"\xce\xbf", 'o'}, {"\xce\xb1", 'a'},
                            {"\xcf\x81", 'p'}, {"\xce\xbd", 'v'}};

unsigned byte_at(std::string_view text, size_t i) {
  return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
}

// What the letter at the head of `text` looks like, and the bytes that it takes; no letter for one that looks
// like none of ASCII's.
struct Look {
  std::optional<char> latin;
  size_t size = 1;
};

Look look_of(std::string_view text) {
  const unsigned first = byte_at(text, 0), second = byte_at(text, 1), third = byte_at(text, 2);
  if (first < 0x80) return {text[0], 1};
  for (const Alike& alike : kAlike) {
    if (text.starts_with(alike.letter)) return {alike.latin, alike.letter.size()};
  }
  const bool full_width = first == 0xef && (second == 0xbc || second == 0xbd) && third >= 0x80;
  if (full_width) return {static_cast<char>(((second - 0xbc) << 6 | (third & 0x3f)) + 0x20), 3};
  return {};
}

// How a dotted name misleads, as a clause that follows it; empty where it does not.
std::string disguise_of(std::string_view name) {
  std::string folded;
  bool foreign = false;
  while (!name.empty()) {
    const unsigned first = byte_at(name, 0), second = byte_at(name, 1);
    if (first <= 0x20 || first == 0x7f) return "has blanks or control characters in it";
    if (first == 0xed && second >= 0xa0) return "holds half characters";
    if (first == 0xe2 && second == 0x80) return "holds invisible characters";
    foreign = foreign || first >= 0x80;
    const Look look = look_of(name);
    if (look.latin) folded += *look.latin;
    name.remove_prefix(look.size);
  }
  if (!foreign || knowledge::policy_of(folded) != knowledge::Policy::stdlib) return {};
  return "looks like " + folded + " and is not";
}

}  // namespace

// No pickler writes such names. In bytes that only look like a pickle they are noise.
void Weigher::weigh_spelling() {
  if (trace_.unclaimed) return;
  for (uint32_t i = 0; i < trace_.events.size(); ++i) {
    const Event& event = trace_.events[i];
    if (event.unreached) continue;
    const Name* name = event.op == Op::import ? named(event.callee) : nullptr;
    if (name == nullptr) continue;
    const std::string reason = disguise_of(name->canonical);
    // A name that source puts together with what is not known here, printed as Python prints a class.
    if (reason.empty() || (trace_.dialect == "source" && name->canonical.find("<class '") != std::string_view::npos)) continue;
    add(i, {"-malformed", Ruling::suspected,
            "Names " + quoted(name->canonical, false) + ", which " + reason + ".",
            "Such a name serves to mislead readers and scanners; no library writes it.", name->canonical});
  }
}

}  // namespace winnow::judge
