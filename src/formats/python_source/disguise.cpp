#include "formats/python_source/disguise.h"

#include <algorithm>
#include <optional>

#include "core/print.h"

namespace winnow::python_source {
namespace {

constexpr size_t kFar = 80;         // blanks behind which nobody looks; kWords says so
constexpr size_t kInvisible = 16;   // invisible characters in a row that are no accident
constexpr size_t kMostLines = 8;    // told of each kind

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

// A code point at the head of `text` and its bytes.
struct Letter { uint32_t code = 0; size_t size = 1; };

Letter letter_of(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const unsigned first = byte(0);
  if (first < 0xc0) return {first, 1};
  if (first < 0xe0) return {(first & 0x1f) << 6 | (byte(1) & 0x3f), 2};
  if (first < 0xf0) return {(first & 0x0f) << 12 | (byte(1) & 0x3f) << 6 | (byte(2) & 0x3f), 3};
  return {(first & 0x07) << 18 | (byte(1) & 0x3f) << 12 | (byte(2) & 0x3f) << 6 | (byte(3) & 0x3f), 4};
}

bool is_invisible(uint32_t code) {
  return (code >= 0xe0000 && code <= 0xe01ef) || (code >= 0xfe00 && code <= 0xfe0f) || (code >= 0x200b && code <= 0x200f) || (code >= 0x2060 && code <= 0x2064) || code == 0xfeff || code == 0x3164 || code == 0xffa0;
}
bool opens_direction(uint32_t code) { return (code >= 0x202a && code <= 0x202b) || (code >= 0x202d && code <= 0x202e) || (code >= 0x2066 && code <= 0x2068); }
bool closes_direction(uint32_t code) { return code == 0x202c || code == 0x2069; }
// Cyrillic letters that look Latin.
bool is_alike(uint32_t code) {
  static constexpr uint32_t kAlike[] = {0x430, 0x435, 0x43e, 0x440, 0x441, 0x443, 0x445, 0x456, 0x455, 0x458, 0x501, 0x51b, 0x51d, 0x4bb, 0x4cf, 0x410, 0x412, 0x415, 0x41a, 0x41c, 0x41d, 0x41e, 0x420, 0x421, 0x422, 0x425, 0x405, 0x406, 0x408};
  return std::find(std::begin(kAlike), std::end(kAlike), code) != std::end(kAlike);
}
// Letters that Python takes for those of ASCII.
bool is_folded(uint32_t code) { return (code >= 0x1d400 && code <= 0x1d6a3) || (code >= 0xff21 && code <= 0xff5a) || (code >= 0x24b6 && code <= 0x24e9); }

enum class Trick : uint8_t { far, turned, alike, folded, invisible };

// What is said of each, in the order of the tricks.
struct Words { const char* summary; const char* why; };
constexpr Words kWords[] = {
  {"Keeps a statement far to the right, where nobody looks.",
   "It stands behind 80 blanks or more in a line that seems to end before; nobody writes so by accident."},
  {"Turns text around, so that it reads otherwise than it runs.",
   "Control characters for text from right to left are left open at the end of the line: what follows them is shown in another order."},
  {"Uses a name in which letters of two alphabets look alike.", "The name reads like another one and is not the same."},
  {"Writes names in letters that Python takes for others.",
   "Whoever searches for the name does not find it, and Python runs it all the same."},
  {"Holds a long run of characters that nobody can see.", "Text without any width carries data or code past every reader."},
};

// What stands in a line behind many blanks and is run.
bool runs_far_off(std::string_view line) {
  if (line.size() < kFar) return false;
  const size_t start = line.find_first_not_of(" \t");
  if (start == std::string_view::npos) return false;
  size_t blanks = 0;
  for (size_t i = start; i < line.size(); ++i) {
    if (line[i] == ' ' || line[i] == '\t') {
      ++blanks;
      continue;
    }
    if (blanks >= kFar) {
      std::string_view before = line.substr(start, i - blanks - start);
      const std::string_view behind = line.substr(i);
      const bool separate = before.ends_with(';') || behind.starts_with(';');
      const bool acts = behind.find("__import__") != std::string_view::npos || behind.find("exec(") != std::string_view::npos || behind.find("eval(") != std::string_view::npos || behind.find("os.system") != std::string_view::npos || behind.find("subprocess") != std::string_view::npos;
      if (!behind.starts_with('#') && !before.starts_with('#') && (separate || acts) && behind.find('(') != std::string_view::npos) return true;
    }
    blanks = 0;
  }
  return false;
}

// The text of one file, line by line; strings and comments are told from code.
class Look {
 public:
  Look(Scan& scan, const Artifact& artifact) : scan_(scan), artifact_(artifact), text_(as_text(artifact.bytes)) {}

  void run() {
    size_t begin = 0;
    for (line_ = 1; begin < text_.size(); ++line_) {
      size_t end = text_.find('\n', begin);
      if (end == std::string_view::npos) end = text_.size();
      const std::string_view line = text_.substr(begin, end - begin);
      if (runs_far_off(line)) tell(Trick::far, line);
      begin = end + 1;
    }
    if (std::none_of(text_.begin(), text_.end(), [](char c) { return static_cast<unsigned char>(c) >= 0xc2; })) return;
    letters();
  }

 private:
  void letters() {
    line_ = 1;
    size_t start = 0;   // of the line
    int open = 0;       // directions of this line
    size_t unseen = 0;
    bool latin = false, alike = false, folded = false;
    char quote = 0;     // the string that this stands in
    bool triple = false, comment = false;
    const auto end_word = [&] {
      if (alike && latin) tell(Trick::alike, line_at(start));
      if (folded) tell(Trick::folded, line_at(start));
      latin = alike = folded = false;
    };
    for (size_t i = 0; i < text_.size();) {
      const Letter letter = letter_of(text_.substr(i));
      const char c = letter.size == 1 ? text_[i] : '\0';
      if (c == '\n') {
        end_word();
        if (open > 0) tell(Trick::turned, line_at(start));
        open = 0;
        comment = false;
        if (!triple) quote = 0;
        start = i + 1;
        ++line_;
      } else if (letter.size > 1) {
        if (opens_direction(letter.code)) ++open;
        if (closes_direction(letter.code)) open -= open > 0;
        unseen = is_invisible(letter.code) ? unseen + 1 : 0;
        if (unseen == kInvisible) tell(Trick::invisible, line_at(start));
        if (quote == 0 && !comment) {
          alike = alike || is_alike(letter.code);
          folded = folded || is_folded(letter.code);
        }
      } else {
        unseen = 0;
        if (quote != 0) {
          if (c == '\\') ++i;
          else if (c == quote && (!triple || text_.substr(i, 3) == std::string(3, c))) {
            i += triple ? 2 : 0;
            quote = 0;
            triple = false;
          }
        } else if (!comment) {
          if (is_letter(c)) latin = true;
          else if (c < '0' || c > '9') end_word();
          if (c == '#') comment = true;
          if (c == '\'' || c == '"') {
            quote = c;
            triple = text_.substr(i, 3) == std::string(3, c);
            i += triple ? 2 : 0;
          }
        }
      }
      i += letter.size;
    }
    if (open > 0) tell(Trick::turned, line_at(start));
    end_word();
  }

  std::string_view line_at(size_t start) const {
    const std::string_view rest = text_.substr(start);
    return rest.substr(0, rest.find('\n'));
  }

  void tell(Trick trick, std::string_view line) {
    if (told_[static_cast<size_t>(trick)]++ >= kMostLines) return;
    Finding finding;
    finding.threat = "source-disguise";
    finding.ruling = Ruling::suspected;
    finding.trigger = Trigger::other;
    const Words& words = kWords[static_cast<size_t>(trick)];
    finding.summary = words.summary;
    finding.why = words.why;
    Evidence evidence;
    std::string shown;
    for (const char c : line.substr(0, 4000)) {
      if (c == ' ' && shown.ends_with("    ")) continue;
      shown += c;
    }
    const std::string safe = quoted(shown, false, 200);
    evidence.code = safe.substr(1, safe.size() - 2);
    evidence.location.line = line_;
    finding.evidence.push_back(std::move(evidence));
    scan_.finding(artifact_, std::move(finding));
  }

  Scan& scan_;
  const Artifact& artifact_;
  std::string_view text_;
  uint64_t line_ = 1;
  size_t told_[std::size(kWords)] = {};
};

}  // namespace

void tell_disguise(Scan& scan, const Artifact& artifact) { Look(scan, artifact).run(); }

}  // namespace winnow::python_source
