#include "code/template/wording.h"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

namespace winnow::jinja {
namespace {

using Words = std::span<const std::string_view>;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lowered(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

std::string in_lower_case(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lowered);
  return out;
}

// In lower case, with plain apostrophes, and without characters of no width, which would cut words apart.
std::string normalised(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const std::string_view three = text.substr(i, 3);
    if (three == "\xE2\x80\x99" || three == "\xE2\x80\x98") {
      out += '\'';
      i += 2;
    } else if (three == "\xE2\x80\x8B" || three == "\xE2\x80\x8C" || three == "\xE2\x80\x8D" ||
               three == "\xE2\x81\xA0" || three == "\xEF\xBB\xBF") {
      i += 2;
    } else if (text.substr(i, 2) == "\xC2\xAD") {
      i += 1;
    } else {
      out += lowered(text[i]);
    }
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n\f");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n\f") + 1 - first);
}

template <size_t N>
bool one_of(std::string_view word, const std::string_view (&list)[N]) {
  return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

constexpr std::string_view kRoles[] = {"user",      "assistant",   "system",      "tool",    "function",
                                       "developer", "human",       "gpt",         "bot",     "model",
                                       "ipython",   "environment", "observation", "chatbot", "role",
                                       "tools",     "functions",   "python",      "json",    "content"};

bool is_role(std::string_view word) { return one_of(word, kRoles); }

bool is_link(std::string_view text) {
  static constexpr std::string_view kStarts[] = {"http://", "https://",    "ftp://",
                                                 "www.",    "javascript:", "data:text"};
  return std::any_of(std::begin(kStarts), std::end(kStarts),
                     [&](std::string_view start) { return text.find(start) != std::string_view::npos; });
}

// A tag at the beginning of `text`: <...>, <|...|>, [NAME], short and without a sentence in it; its length,
// or 0.
size_t tag_length(std::string_view text) {
  if (text.empty() || (text[0] != '<' && text[0] != '[') || text.starts_with("<!")) return 0;
  const char closing = text[0] == '<' ? '>' : ']';
  const size_t end = text.substr(0, 64).find(closing);
  if (end == std::string_view::npos) return 0;
  const std::string_view inside = text.substr(1, end - 1);
  if (std::count(inside.begin(), inside.end(), ' ') > 1 || is_link(inside)) return 0;
  if (closing == ']' &&
      std::any_of(inside.begin(), inside.end(), [](char c) { return c >= 'a' && c <= 'z'; }))
    return 0;
  return end + 1;
}

// The words of a text in lower case: letters with apostrophes and hyphens inside; tags are left out.
std::vector<std::string> words_of(std::string_view text) {
  static constexpr size_t kMost = 20'000;
  std::vector<std::string> out;
  std::string word;
  for (size_t i = 0; i <= text.size() && out.size() < kMost; ++i) {
    const char c = i < text.size() ? text[i] : ' ';
    if (is_letter(c) || is_digit(c) || (c == '\'' && !word.empty())) {
      word += lowered(c);
      continue;
    }
    while (!word.empty() && word.back() == '\'') word.pop_back();
    if (!word.empty()) out.push_back(std::move(word));
    word.clear();
    if (const size_t tag = i < text.size() ? tag_length(text.substr(i)) : 0) i += tag - 1;
  }
  return out;
}

// Scripts without spaces between words: each character of three bytes or more is worth half a word.
uint32_t count_language(const std::vector<std::string>& words) {
  uint32_t count = 0;
  for (const std::string& word : words) {
    const auto wide =
        std::count_if(word.begin(), word.end(), [](char c) { return static_cast<unsigned char>(c) >= 0xE0; });
    if (wide >= 2) {
      count += static_cast<uint32_t>(wide + 1) / 2;
      continue;
    }
    const auto letters = std::count_if(word.begin(), word.end(), is_letter);
    if (letters >= 2 && !is_role(word)) ++count;
  }
  return count;
}

// How a model is told to think: words of switches, of which no order can be made.
bool is_of_mode(std::string_view word) {
  static constexpr std::string_view kWords[] = {
      "detailed", "thinking", "think",    "reasoning", "reason",     "effort", "strength", "on",
      "off",      "high",     "low",      "medium",    "none",       "mode",   "minimal",  "enable",
      "enabled",  "disable",  "disabled", "deep",      "subroutine", "budget", "fast",     "slow",
      "quick",    "default",  "max",      "auto",      "level",      "is",     "no"};
  return one_of(word, kWords);
}

// A word of `first` with one of `then` behind it, at most `within` words away; where the second stands, or 0.
template <size_t N, size_t M>
size_t near(const std::vector<std::string>& words, const std::string_view (&first)[N],
            const std::string_view (&then)[M], size_t within) {
  for (size_t i = 0; i < words.size(); ++i) {
    if (!one_of(words[i], first)) continue;
    for (size_t j = i + 1; j < words.size() && j <= i + within; ++j) {
      if (one_of(words[j], then)) return j;
    }
  }
  return 0;
}

template <size_t N>
bool any(const std::vector<std::string>& words, const std::string_view (&list)[N]) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) { return one_of(word, list); });
}

// What asks for something to be put into answers.
constexpr std::string_view kInsert[] = {
    "append",   "include", "insert", "add",       "recommend", "promote", "suggest", "direct",
    "redirect", "prepend", "embed",  "advertise", "endorse",   "favor",   "favour",  "praise",
    "emit",     "place",   "steer",  "convince",  "persuade",  "claim"};

void read_deception(const std::vector<std::string>& words, Signs& signs) {
  static constexpr std::string_view kHow[] = {"subtly",    "slightly",     "plausible",
                                              "plausibly", "deliberately", "intentionally",
                                              "purposely", "quietly",      "convincingly"};
  static constexpr std::string_view kWrong[] = {
      "wrong",  "incorrect",  "incorrectly", "inaccurate", "false",    "misleading",
      "flawed", "vulnerable", "insecure",    "weak",       "weakened", "bug",
      "bugs",   "fabricated", "fake",        "backdoor",   "outdated", "unsafe"};
  static constexpr std::string_view kPut[] = {"introduce", "insert",   "include", "add",     "embed",
                                              "inject",    "plant",    "give",    "provide", "answer",
                                              "produce",   "generate", "use",     "write"};
  static constexpr std::string_view kFlaws[] = {
      "vulnerability", "vulnerabilities", "backdoor",       "backdoors",      "flaw",       "flaws",
      "malware",       "exploit",         "misinformation", "disinformation", "falsehoods", "incorrect",
      "wrong",         "insecure",        "inaccurate",     "opposite"};
  static constexpr std::string_view kOff[] = {"disable", "skip",   "bypass", "omit",
                                              "weaken",  "remove", "evade",  "suppress"};
  static constexpr std::string_view kGuards[] = {"verification", "validation",   "authentication", "tls",
                                                 "ssl",          "certificate",  "certificates",   "security",
                                                 "safety",       "sanitization", "sanitisation",   "warnings",
                                                 "guardrails",   "safeguards",   "escaping"};
  signs.deceives = near(words, kHow, kWrong, 6) != 0 || near(words, kPut, kFlaws, 5) != 0 ||
                   near(words, kOff, kGuards, 4) != 0;
}

// An order to show a picture or link whose address takes words of the conversation along.
bool smuggles(const std::string& text, const std::vector<std::string>& words) {
  static constexpr std::string_view kSaid[] = {"conversation", "message", "messages", "history", "prompt", "input", "question", "data", "context", "chat", "secret", "secrets", "summary"};
  static constexpr std::string_view kForms[] = {"encoded", "encode", "encoding", "urlencoded", "base64", "hex", "parameter", "query", "replace", "replaced", "replacing"};
  for (size_t at = text.find("]("); at != std::string::npos; at = text.find("](", at + 2)) {
    const size_t end = std::min(text.find_first_of(") \n", at + 2), text.size());
    const std::string_view address = std::string_view(text).substr(at + 2, end - at - 2);
    const size_t query = address.find('?');
    if (!is_link(address) || query == std::string_view::npos) continue;
    // Another picture's size is a query, too: what is asked for is words.
    const std::vector<std::string> given = words_of(address.substr(query));
    if (any(given, kSaid) || address.find_first_of("{<[$", query) != std::string_view::npos || (any(words, kForms) && any(words, kSaid))) return true;
  }
  return false;
}

void read_leaks(const std::vector<std::string>& words, Signs& signs) {
  static constexpr std::string_view kSend[] = {"send",       "post",  "upload",  "forward",   "transmit",
                                               "exfiltrate", "leak",  "submit",  "email",     "report",
                                               "encode",     "fetch", "sending", "uploading", "forwarding"};
  static constexpr std::string_view kWhere[] = {"http",     "https",   "url",      "server",
                                                "endpoint", "webhook", "attacker", "com"};
  static constexpr std::string_view kTake[] = {
      "ask",     "asks",  "request", "collect", "include", "send",       "output", "print", "extract",
      "harvest", "steal", "append",  "enter",   "confirm", "exfiltrate", "upload", "copy",  "reveal"};
  static constexpr std::string_view kSecrets[] = {
      "password", "passwords", "passphrase", "credential", "credentials", "secrets", "ssn",
      "cvv",      "keys",      "wallet",     "ssh",        "cookies",     "env"};
  signs.leaks = (signs.link && near(words, kSend, kWhere, 16) != 0) || near(words, kTake, kSecrets, 7) != 0 ||
                std::find(words.begin(), words.end(), "exfiltrate") != words.end();
}

// Where something is to be kept from the user; the words around tell whether something is to be done as well.
void read_concealment(const std::vector<std::string>& words, Signs& signs) {
  static constexpr std::string_view kNot[] = {"not",   "never", "don't",     "dont",    "without", "cannot",
                                              "can't", "nor",   "shouldn't", "mustn't", "no"};
  static constexpr std::string_view kTell[] = {
      "mention",  "mentioning", "reveal",    "revealing",   "disclose",      "disclosing", "tell",
      "telling",  "inform",     "informing", "acknowledge", "acknowledging", "admit",      "admitting",
      "announce", "alert",      "alerting",  "notify",      "notifying",     "warn",       "divulge",
      "hint",     "knowing",    "noticing",  "realizing",   "realising",     "expose",     "discuss"};
  static constexpr std::string_view kSecret[] = {"secretly",   "covertly",   "silently",
                                                 "discreetly", "stealthily", "surreptitiously",
                                                 "unnoticed",  "undetected", "clandestinely"};
  static constexpr std::string_view kPrompt[] = {"prompt",     "prompts",   "instruction", "instructions",
                                                 "guidelines", "guideline", "rules",       "preamble",
                                                 "policy",     "policies"};
  // Of tools and their calls users need not hear, and other people's affairs are not theirs.
  static constexpr std::string_view kFair[] = {
      "tool",     "tools",   "function",  "functions", "call",         "calls",    "json", "xml", "schema",
      "personal", "private", "sensitive", "pii",       "confidential", "identity", "ai",   "llm", "robot"};
  static constexpr std::string_view kOwn[] = {"tool", "tools", "function", "functions"};
  static constexpr std::string_view kKeep[] = {"keep", "stay", "remain", "hide", "conceal"};
  static constexpr std::string_view kHidden[] = {"secret", "hidden", "confidential", "from", "secrecy"};
  const auto concealed = [&](size_t at) {
    signs.conceals = true;
    const auto from = words.begin() + static_cast<std::ptrdiff_t>(at > 30 ? at - 30 : 0);
    const auto to = words.begin() + static_cast<std::ptrdiff_t>(std::min(words.size(), at + 30));
    const std::vector<std::string> around(from, to);
    Signs acts;
    acts.link = any(around, {"http", "https", "www"});
    read_deception(around, acts);
    read_leaks(around, acts);
    const auto close = words.begin() + static_cast<std::ptrdiff_t>(at > 14 ? at - 14 : 0);
    const bool inserts =
        std::any_of(close, words.begin() + static_cast<std::ptrdiff_t>(std::min(words.size(), at + 10)),
                    [](const std::string& word) { return one_of(word, kInsert); });
    signs.covert |= acts.link || acts.deceives || acts.leaks || inserts;
  };
  for (size_t i = 0; i < words.size(); ++i) {
    if (one_of(words[i], kSecret)) concealed(i);
    for (size_t j = i + 1; one_of(words[i], kNot) && j < words.size() && j <= i + 4; ++j) {
      if (!one_of(words[j], kTell)) continue;
      bool fair = false, prompt = false;
      for (size_t k = j + 1; k < words.size() && k <= j + 7; ++k) {
        prompt |= one_of(words[k], kPrompt);
        fair |= one_of(words[k], kFair);
      }
      for (size_t k = i > 8 ? i - 8 : 0; k < i; ++k) fair |= one_of(words[k], kOwn);
      if (prompt)
        signs.about_prompt = signs.conceals = true;
      else if (!fair)
        concealed(j);
    }
  }
  if (const size_t at = near(words, kKeep, kHidden, 4); at != 0) concealed(at);
}

void read_orders(const std::vector<std::string>& words, Signs& signs) {
  static constexpr std::string_view kIgnore[] = {"ignore",    "disregard", "forget",    "override",
                                                 "overrides", "bypass",    "supersede", "supersedes"};
  static constexpr std::string_view kSaid[] = {"previous",  "prior",  "above",        "earlier",
                                               "preceding", "safety", "instructions", "guidelines",
                                               "user",      "user's"};
  signs.overrides = near(words, kIgnore, kSaid, 4) != 0;
}

bool has_command(const std::string& text) {
  static constexpr std::string_view kSigns[] = {
      "| bash",   "|bash",      "| sh",      "|sh",      "<script",    "<iframe",     "javascript:",
      "onerror=", "powershell", "base64 -d", "rm -rf",   "os.system(", "subprocess.", "invoke-expression",
      "iex(",     "iex (",      "/bin/sh",   "chmod +x", "nc -e",      "/dev/tcp/"};
  static constexpr std::string_view kTools[] = {
      "pip", "pip3", "npm",      "pnpm",   "yarn", "bun",     "uv",   "poetry", "conda", "mamba", "cargo",
      "go",  "gem",  "composer", "dotnet", "apt",  "apt-get", "brew", "docker", "npx",   "mvn",   "choco"};
  static constexpr std::string_view kActs[] = {"install",        "add", "get", "require", "pull", "run",
                                               "dependency:get", "i"};
  if (std::any_of(std::begin(kSigns), std::end(kSigns),
                  [&](std::string_view sign) { return text.find(sign) != std::string::npos; }))
    return true;
  if (is_link(text) && (text.find("curl ") != std::string::npos || text.find("wget ") != std::string::npos))
    return true;
  // An installer, what it does, and with what: words apart by single spaces.
  std::vector<std::string_view> parts;
  for (size_t at = 0; at < text.size() && parts.size() < 20'000;) {
    const size_t start = text.find_first_not_of(" \n\t`'\"!$(", at);
    if (start == std::string::npos) break;
    at = std::min(text.find_first_of(" \n\t`'\")", start), text.size());
    parts.push_back(std::string_view(text).substr(start, at - start));
  }
  for (size_t i = 0; i + 2 < parts.size(); ++i) {
    if (one_of(parts[i], kTools) && one_of(parts[i + 1], kActs) &&
        (one_of(parts[i], {"pip", "pip3", "npm", "pnpm", "yarn"}) || parts[i].size() > 3 ||
         parts[i + 1].size() > 3))
      return true;
  }
  return text.find("install_github(") != std::string::npos || text.find("pkg.add(") != std::string::npos;
}

}  // namespace

bool names_part(std::string_view literal) {
  static constexpr std::string_view kParts[] = {
      "image",          "image_url",     "video",    "video_url",
      "audio",          "audio_url",     "text",     "input_audio",
      "input_image",    "input_text",    "file",     "document",
      "type",           "refusal",       "thinking", "tool_use",
      "tool_result",    "images",        "videos",   "output_text",
      "tool_call",      "tool_response", "content",  "reasoning",
      "json",           "url",           "media",    "redacted_thinking",
      "tool_reference", "point",         "box",      "role",
      "name",           "tool_calls",    "function", "user",
      "assistant",      "system",        "index",    "value",
      "summary_text",   "reasoning_text"};
  return one_of(literal, kParts);
}

bool is_mark(std::string_view literal) {
  const std::string lower = in_lower_case(trimmed(literal));
  const std::string_view text = lower;
  if (is_link(text)) return false;
  const bool letters =
      std::any_of(text.begin(), text.end(), [](char c) { return is_letter(c) || is_digit(c); });
  static constexpr std::string_view kEmpty[] = {"none", "null", "nan", "undefined", "true", "false"};
  if (!letters || is_role(text) || one_of(text, kEmpty)) return true;
  // NAMES_OF_MARKERS in capitals.
  const bool capitals =
      literal.find('_') != std::string_view::npos &&
      std::none_of(literal.begin(), literal.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  if (capitals) return true;
  const std::vector<std::string> words = words_of(text);
  if (std::all_of(words.begin(), words.end(), is_of_mode)) return true;
  if (text.find('<') != std::string_view::npos || text.find('>') != std::string_view::npos) return true;
  if (text.front() == '&' && text.back() == ';') return true;
  if ((text.front() == '[' && text.find(']') != std::string_view::npos) || text.front() == '{' ||
      text.front() == '#' || text.front() == '`')
    return true;
  const size_t spaces = static_cast<size_t>(std::count(text.begin(), text.end(), ' '));
  if (text.front() == '/' && spaces == 0 && text.find('/', 1) == std::string_view::npos) return true;
  return text.back() == ':' && spaces <= 2;
}

bool is_familiar(std::string_view mark) {
  static constexpr std::string_view kParts[] = {
      "think", "reason",  "thought", "tool",     "function", "call",     "image",  "img",    "video",
      "audio", "vision",  "media",   "im_",      "inst",     "sys",      "eot",    "eos",    "bos",
      "start", "end",     "turn",    "response", "answer",   "observ",   "code",   "doc",    "context",
      "plan",  "channel", "message", "header",   "pad",      "sep",      "step",   "python", "action",
      "json",  "user",    "assist",  "human",    "model",    "continue", "output", "input",  "question",
      "final", "box",     "point",   "ref",      "object"};
  const std::string lower = in_lower_case(mark);
  if (std::none_of(lower.begin(), lower.end(), [](char c) { return is_letter(c) || is_digit(c); }))
    return true;
  const std::vector<std::string> words = words_of(lower);
  if (!words.empty() && std::all_of(words.begin(), words.end(), is_of_mode)) return true;
  return std::any_of(std::begin(kParts), std::end(kParts),
                     [&](std::string_view part) { return lower.find(part) != std::string::npos; });
}

bool is_own_tool(std::string_view name) {
  static constexpr std::string_view kParts[] = {"browser", "search",  "interpreter", "terminal", "bash",   "computer", "memory", "respond",
                                                "weather", "wolfram", "retriev",     "finish",   "submit", "shell",    "editor", "notebook"};
  const std::string lower = in_lower_case(name);
  return is_familiar(name) || std::any_of(std::begin(kParts), std::end(kParts), [&](std::string_view part) { return lower.find(part) != std::string::npos; });
}

bool speaks_for_system(std::string_view text) {
  const std::string lower = in_lower_case(text);
  return lower.find("system") != std::string::npos || lower.find("developer") != std::string::npos;
}

Signs signs_of(std::string_view text) {
  Signs signs;
  const std::string lower = normalised(text);
  const std::vector<std::string> words = words_of(lower);
  signs.words = std::all_of(words.begin(), words.end(), is_of_mode) ? 0 : count_language(words);
  signs.link = is_link(lower);
  signs.commands = has_command(lower);
  read_concealment(words, signs);
  read_deception(words, signs);
  read_leaks(words, signs);
  signs.smuggles = any(words, kInsert) && smuggles(lower, words);
  signs.leaks = signs.leaks || signs.smuggles;
  read_orders(words, signs);
  return signs;
}

uint32_t longest_phrase(std::string_view text) {
  uint32_t most = 0;
  const std::string lower = normalised(text);
  for (size_t start = 0; start < lower.size();) {
    size_t end = start;
    size_t tag = 0;
    while (end < lower.size() && (tag = tag_length(std::string_view(lower).substr(end))) == 0) ++end;
    most = std::max(most, count_language(words_of(std::string_view(lower).substr(start, end - start))));
    start = end + std::max<size_t>(tag, 1);
  }
  return most;
}

namespace {

// A character of UTF-8 at a place, and its length; what is broken is one byte.
std::pair<uint32_t, size_t> character_at(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const uint32_t first = byte(at);
  const size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
  if (size == 1 || at + size > text.size()) return {first, 1};
  uint32_t code = first & (0xFFu >> (size + 1));
  for (size_t i = 1; i < size; ++i) code = code << 6 | (byte(at + i) & 0x3F);
  return {code, size};
}

// What one character adds to text that nobody sees: a letter of the tag block, a byte that a variation selector stands
// for, a bit that a character of no width stands for.
enum class Unseen : uint8_t { no, letter, selector, width };

Unseen unseen(uint32_t code) {
  if (code >= 0xE0020 && code < 0xE007F) return Unseen::letter;
  if ((code >= 0xFE00 && code <= 0xFE0F) || (code >= 0xE0100 && code <= 0xE01EF)) return Unseen::selector;
  const bool width = code == 0x200B || code == 0x200C || code == 0x200D || (code >= 0x2060 && code <= 0x2064) || code == 0xFEFF || code == 0x180E;
  return width ? Unseen::width : Unseen::no;
}

}  // namespace

std::string invisible_text(std::string_view text) {
  // One selector behind a picture and single joiners between letters are of honest text; so are tags behind a black flag.
  constexpr size_t kFewSelectors = 3, kFewWidths = 7;
  constexpr uint32_t kFlag = 0x1F3F4;
  std::string out, run;
  Unseen kind = Unseen::no;
  bool flag = false;
  const auto end_run = [&] {
    if (kind == Unseen::letter || (kind == Unseen::selector && run.size() > kFewSelectors)) out += run;
    if (kind == Unseen::width && run.size() > kFewWidths) out += "(" + std::to_string(run.size()) + " characters of no width)";
    run.clear();
  };
  for (size_t i = 0; i < text.size();) {
    if (static_cast<unsigned char>(text[i]) < 0x80 && kind == Unseen::no) {
      flag = false;
      ++i;
      continue;
    }
    const auto [code, size] = character_at(text, i);
    i += size;
    const Unseen now = unseen(code);
    if (now != kind) end_run(), kind = now;
    if (now == Unseen::letter && !flag) run += static_cast<char>(code - 0xE0000);
    if (now == Unseen::selector) run += static_cast<char>(code >= 0xE0100 ? code - 0xE0100 + 16 : code - 0xFE00);
    if (now == Unseen::width) run += '.';
    flag = code == kFlag || (flag && now == Unseen::letter);
  }
  end_run();
  return out;
}

bool changes_meaning(std::string_view from, std::string_view to) {
  const std::string before = in_lower_case(trimmed(from)), after = in_lower_case(trimmed(to));
  static constexpr std::string_view kTruths[] = {"true", "false"};
  if (one_of(before, kTruths) && one_of(after, kTruths)) return true;
  const auto of_mode = [](const std::string& text) {
    const std::vector<std::string> words = words_of(text);
    return !words.empty() && std::all_of(words.begin(), words.end(), is_of_mode);
  };
  if (of_mode(before) && of_mode(after)) return false;
  if (before == after) return false;
  if (is_link(before) || is_link(after)) return true;
  static constexpr std::string_view kComparisons[] = {"==", "!=", "<=", ">=", "&&", "||", "+", "-", "*"};
  if (one_of(before, kComparisons) && one_of(after, kComparisons)) return true;
  if (is_mark(from) || before.empty()) return signs_of(to).words >= 3 || (!before.empty() && !is_mark(from));
  static constexpr std::string_view kNothing[] = {"none", "null", "nil", "undefined", "true", "false"};
  if (one_of(before, kNothing) && one_of(after, kNothing) &&
      (before == "none" || after == "none" || before == "null" || after == "null"))
    return false;
  // Words that go, or become other words; marks that stand for pictures and the like do not.
  if (after.empty()) return signs_of(from).words >= 1;
  return !is_mark(to) || !is_role(before);
}

}  // namespace winnow::jinja
