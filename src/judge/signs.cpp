#include "judge/signs.h"

#include <algorithm>
#include <cctype>

#include "judge/source.h"
#include "knowledge/knowledge.h"

namespace winnow::judge {
namespace {

constexpr size_t kLongest = 64 * 1024;

std::string_view first_word(std::string_view text) {
  const size_t end = text.find_first_of(" \t\n;|&");
  std::string_view word = text.substr(0, end);
  const size_t slash = word.find_last_of("/\\");
  if (slash != std::string_view::npos) word.remove_prefix(slash + 1);
  if (word.size() > 4 && (word.ends_with(".exe") || word.ends_with(".EXE"))) word.remove_suffix(4);
  return word;
}

// What follows the command word as a shell would read it: options, redirections, pipes, substitutions, paths.
bool has_shell_syntax(std::string_view text) {
  static constexpr std::string_view kSigns[] = {" -", " /", " >", " <", " | ", " && ", "; ", "$(", "`", " ~", "://", " \"", " '", "||"};
  return std::any_of(std::begin(kSigns), std::end(kSigns), [&](std::string_view sign) { return text.find(sign) != std::string_view::npos; });
}

SignOf command_sign(std::string_view text) {
  // Each part of a chain can be the command.
  for (size_t at = 0; at < text.size();) {
    size_t end = text.find_first_of("\n;|&", at);
    if (end == std::string_view::npos) end = text.size();
    std::string_view part = text.substr(at, end - at);
    while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
    at = end + 1;
    if (part.empty()) continue;
    const std::string_view word = first_word(part);
    const knowledge::Command* command = knowledge::command(word);
    if (command == nullptr) continue;
    const bool alone = word.size() == part.size();
    const bool path = part.substr(0, part.find(' ')).find('/') != std::string_view::npos;
    if ((command->strong && !alone) || (!alone && has_shell_syntax(part)) || (path && part.front() == '/')) {
      return {Sign::command, "is a command line that starts " + std::string(word)};
    }
  }
  return {};
}

SignOf code_sign(std::string_view text) {
  if (text.find('(') == std::string_view::npos) return {};
  if (text.starts_with('$')) text.remove_prefix(1);  // a configuration's mark of an expression
  const SourceFacts facts = read_source(text);
  if (facts.acting.empty()) return {};
  // Prose may mention a call: code begins with a statement or the call itself.
  static constexpr std::string_view kStarts[] = {"import ", "from ", "__import__", "exec", "eval", "def ", "class ", "lambda", "#!", "getattr", "(", "["};
  std::string_view trimmed = text;
  while (!trimmed.empty() && std::isspace(static_cast<unsigned char>(trimmed.front()))) trimmed.remove_prefix(1);
  const bool starts = std::any_of(std::begin(kStarts), std::end(kStarts), [&](std::string_view s) { return trimmed.starts_with(s); });
  const bool whole = trimmed.starts_with(facts.acting_code.substr(0, facts.acting_code.find('(')));
  if (!starts && !whole) return {};
  return {Sign::code, "is Python code that calls " + facts.acting};
}

SignOf url_sign(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://", "ftp://", "file://", "ws://", "wss://", "tcp://", "smb://", "ssh://"}) {
    if (text.starts_with(scheme) && text.size() > scheme.size() + 3 && text.find(' ') == std::string_view::npos) {
      return {Sign::url, "is an address"};
    }
  }
  return {};
}

SignOf path_sign(std::string_view text) {
  if (text.size() > 512 || text.find('\n') != std::string_view::npos) return {};
  const bool looks = text.find('/') != std::string_view::npos || text.find('\\') != std::string_view::npos || text.starts_with('~') || text.starts_with('.');
  if (!looks) return {};
  if (const knowledge::Sensitive* place = knowledge::sensitive_path(text)) {
    return {Sign::path, "names a sensitive place: " + std::string(place->why)};
  }
  return {};
}

std::string decoded_base64(std::string_view text) {
  std::string out;
  uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    int digit = c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' + 26 : c >= '0' && c <= '9' ? c - '0' + 52
                : c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
    if (c == '=' || c == '\n') continue;
    if (digit < 0) return {};
    bits = bits << 6 | static_cast<uint32_t>(digit);
    held += 6;
    if (held >= 8) {
      held -= 8;
      out += static_cast<char>(bits >> held);
    }
  }
  return out;
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return (u >= 0x20 && u < 0x7f) || c == '\n' || c == '\t' || c == '\r';
  });
}

std::string decoded_hex(std::string_view text) {
  std::string out;
  int high = -1;
  for (const char c : text) {
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    if (digit < 0) return {};
    if (high >= 0) out += static_cast<char>(high * 16 + digit);
    high = high >= 0 ? -1 : digit;
  }
  return high < 0 ? out : std::string();
}

// A code object as marshal writes it, by its type code and a name that it uses to act.
SignOf bytecode_sign(std::string_view data) {
  if (data.size() < 32 || (data[0] != '\xe3' && data[0] != 'c') || is_printable(data)) return {};
  const std::string acting = acting_name(identifiers_in(data));
  if (acting.empty()) return {};
  return {Sign::code, "is compiled Python code that uses " + acting};
}

SignOf plain_sign(std::string_view text) {
  for (const auto reader : {command_sign, code_sign, url_sign, path_sign, bytecode_sign}) {
    SignOf sign = reader(text);
    if (sign.sign != Sign::none) return sign;
  }
  return {};
}

}  // namespace

SignOf sign_of(std::string_view text) {
  if (text.size() < 3) return {};
  text = text.substr(0, kLongest);  // the intent of a longer one shows at its beginning
  SignOf sign = plain_sign(text);
  if (sign.sign != Sign::none) return sign;
  if (text.size() < 12) return {};
  const std::pair<const char*, std::string> layers[] = {{"hex", decoded_hex(text)}, {"base64", decoded_base64(text)}};
  for (const auto& [name, decoded] : layers) {
    if (decoded.empty()) continue;
    sign = plain_sign(decoded);
    if (sign.sign == Sign::none) continue;
    sign.why = "decodes from " + std::string(name) + " to what " + sign.why;
    return sign;
  }
  return sign;
}

}  // namespace winnow::judge
