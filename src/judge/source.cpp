#include "judge/source.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "knowledge/knowledge.h"

namespace winnow::judge {
namespace {

using knowledge::Effect;

bool starts_name(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_'; }
bool in_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

bool acts(const knowledge::Callable* known) {
  // Looking an attribute up does nothing by itself; traced models are full of it.
  if (known == nullptr || known->name == "builtins.getattr") return false;
  switch (known->effect) {
    case Effect::code: case Effect::process: case Effect::native: case Effect::network: case Effect::file_write:
    case Effect::file_delete: case Effect::terminate: case Effect::tamper: case Effect::deserialise:
    case Effect::import: case Effect::introspect: case Effect::environment: case Effect::file_read:
      return true;
    default: return false;
  }
}

// The words of a statement, with strings and comments taken out.
struct Token {
  enum class Type : uint8_t { name, number, string, prefix, sign, line_end } type;
  std::string_view text;
  size_t at;
};

constexpr size_t kMostTokens = 200'000;

std::vector<Token> tokens_of(std::string_view source) {
  std::vector<Token> out;
  for (size_t i = 0; i < source.size() && out.size() < kMostTokens;) {
    const char c = source[i];
    const size_t start = i;
    if (c == '#') {
      while (i < source.size() && source[i] != '\n' && source[i] != '\r') ++i;
    } else if (c == '\'' || c == '"') {
      const bool triple = source.substr(i, 3) == std::string(3, c);
      i += triple ? 3 : 1;
      while (i < source.size()) {
        if (source[i] == '\\') { i += 2; continue; }
        if (triple ? source.substr(i, 3) == std::string(3, c) : source[i] == c || source[i] == '\n') break;
        ++i;
      }
      i = std::min(i + (triple ? 3 : 1), source.size());
      out.push_back({Token::Type::string, source.substr(start, i - start), start});
    } else if (starts_name(c)) {
      while (i < source.size() && in_name(source[i])) ++i;
      const bool prefix = i - start <= 2 && i < source.size() && (source[i] == '\'' || source[i] == '"');
      const bool evaluated = source.substr(start, i - start).find_first_of("fFtT") != std::string_view::npos;
      if (!prefix) out.push_back({Token::Type::name, source.substr(start, i - start), start});
      else if (evaluated) out.push_back({Token::Type::prefix, source.substr(start, i - start), start});
    } else if (std::isdigit(static_cast<unsigned char>(c))) {
      while (i < source.size() && (in_name(source[i]) || source[i] == '.')) ++i;
      out.push_back({Token::Type::number, source.substr(start, i - start), start});
    } else {
      ++i;
      if (c == '\n' || c == '\r' || c == ';') out.push_back({Token::Type::line_end, source.substr(start, 1), start});
      else if (!std::isspace(static_cast<unsigned char>(c))) out.push_back({Token::Type::sign, source.substr(start, 1), start});
    }
  }
  return out;
}

using Aliases = std::map<std::string, std::string, std::less<>>;

// import a.b as c / from a import b as c: fills the aliases; gives the index behind the statement.
size_t read_import(const std::vector<Token>& tokens, size_t i, SourceFacts& facts, Aliases& aliases) {
  const bool from = tokens[i].text == "from";
  const auto dotted = [&](size_t& at) {
    std::string name;
    while (at < tokens.size() && (tokens[at].type == Token::Type::name || tokens[at].text == ".") &&
           tokens[at].text != "import" && tokens[at].text != "as") {
      name += tokens[at++].text;
    }
    return name;
  };
  ++i;
  std::string module;
  if (from) {
    module = dotted(i);
    facts.imports.push_back(module);
    if (i >= tokens.size() || tokens[i].text != "import") return i;
    ++i;
  }
  while (i < tokens.size() && tokens[i].type != Token::Type::line_end) {
    if (tokens[i].text == "(" || tokens[i].text == ")" || tokens[i].text == ",") { ++i; continue; }
    const size_t before = i;
    const std::string name = dotted(i);
    std::string bound = from ? name : name.substr(0, name.find('.'));
    std::string target = from ? module + "." + name : bound;
    if (i + 1 < tokens.size() && tokens[i].text == "as") {
      bound = tokens[i + 1].text;
      target = from ? target : name;
      i += 2;
    }
    if (!from) facts.imports.push_back(name);
    if (!bound.empty()) aliases[bound] = target;
    if (i == before) ++i;
  }
  return i;
}

std::string unquoted(std::string_view literal) {
  const size_t quote = literal.find_first_of("'\"");
  if (quote == std::string_view::npos || literal.size() < quote + 2) return {};
  return std::string(literal.substr(quote + 1, literal.size() - quote - 2));
}

// The text of a call from its first token to its closing bracket, shortened.
std::string call_text(std::string_view source, const std::vector<Token>& tokens, size_t first, size_t open) {
  int depth = 0;
  size_t end = open;
  for (; end < tokens.size(); ++end) {
    if (tokens[end].text == "(") ++depth;
    if (tokens[end].text == ")" && --depth == 0) break;
  }
  const size_t from = tokens[first].at;
  const size_t to = end < tokens.size() ? tokens[end].at + 1 : source.size();
  std::string text(source.substr(from, std::min<size_t>(to - from, 200)));
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  return text;
}

// Names in letters that Python folds to ASCII, or a declared encoding that is not the one that is read here.
bool is_disguised(std::string_view source, const std::vector<Token>& tokens) {
  for (const Token& token : tokens) {
    if (token.type == Token::Type::sign && static_cast<unsigned char>(token.text[0]) >= 0x80) return true;
  }
  const std::string_view head = source.substr(0, 200);
  const size_t coding = head.find("coding");
  if (coding == std::string_view::npos || head.find('#') > coding) return false;
  std::string name;
  for (size_t i = coding + 6; i < head.size() && head[i] != '\n' && head[i] != '\r'; ++i) {
    if (std::isalnum(static_cast<unsigned char>(head[i]))) name += static_cast<char>(std::tolower(static_cast<unsigned char>(head[i])));
  }
  return !name.starts_with("utf8") && !name.starts_with("latin1") && !name.starts_with("ascii") && !name.starts_with("iso8859");
}

// Strings with code inside: what they call is not read.
bool evaluates_strings(const std::vector<Token>& tokens) {
  return std::any_of(tokens.begin(), tokens.end(), [](const Token& token) { return token.type == Token::Type::prefix; });
}

bool only_constants(const std::vector<Token>& tokens) {
  static const std::set<std::string_view> kWords = {"None", "True", "False"};
  bool any = false;
  Token::Type previous = Token::Type::line_end;
  for (const Token& token : tokens) {
    // f'{...}' evaluates what stands between its braces.
    if (token.type == Token::Type::string && (previous == Token::Type::prefix)) return false;
    if (token.type == Token::Type::name && !kWords.contains(token.text)) return false;
    if (token.type == Token::Type::sign && std::string_view("()[]{},:-").find(token.text[0]) == std::string_view::npos) return false;
    // Two constants in a row are an expression: 1 -1, "a" "b" alone is still a literal.
    if (token.type == Token::Type::sign && token.text == "-" && previous == Token::Type::number) return false;
    previous = token.type;
    any = any || token.type != Token::Type::line_end;
  }
  return any;
}

}  // namespace

SourceFacts read_source(std::string_view source) {
  SourceFacts facts;
  const std::vector<Token> tokens = tokens_of(source);
  // What was not read to its end is no constant, and hides what follows.
  const bool whole = tokens.size() < kMostTokens;
  facts.literal = whole && only_constants(tokens);
  facts.disguised = !whole || is_disguised(source, tokens) || evaluates_strings(tokens);
  Aliases aliases;
  for (size_t i = 0; i < tokens.size();) {
    const Token& token = tokens[i];
    if (token.type != Token::Type::name) {
      ++i;
      continue;
    }
    if (token.text == "import" || token.text == "from") {
      i = read_import(tokens, i, facts, aliases);
      continue;
    }
    if (token.text == "def" || token.text == "class") {
      i += 2;
      continue;
    }
    // A dotted chain, through __import__('x') at its head.
    const size_t first = i;
    std::string name(token.text);
    ++i;
    if (name == "__import__" && i + 2 < tokens.size() && tokens[i].text == "(" && tokens[i + 1].type == Token::Type::string &&
        tokens[i + 2].text == ")") {
      name = unquoted(tokens[i + 1].text);
      facts.imports.push_back(name);
      facts.calls.push_back("builtins.__import__");
      i += 3;
    } else if (const auto alias = aliases.find(name); alias != aliases.end()) {
      name = alias->second;
    }
    while (i + 1 < tokens.size() && tokens[i].text == "." && tokens[i + 1].type == Token::Type::name) {
      name += "." + std::string(tokens[i + 1].text);
      i += 2;
    }
    if (i >= tokens.size() || tokens[i].text != "(") continue;
    std::string resolved = knowledge::canonical(name.find('.') == std::string::npos ? "builtins" : "", name);
    if (name.find('.') == std::string::npos && knowledge::find(resolved) == nullptr) resolved = name;
    facts.calls.push_back(resolved);
    if (facts.acting.empty() && acts(knowledge::find(resolved))) {
      facts.acting = resolved;
      facts.acting_code = call_text(source, tokens, first, i);
    }
  }
  return facts;
}

std::string acting_name(const std::vector<std::string_view>& names) {
  // eval is not among them: torch and pandas have methods of that name.
  static constexpr std::string_view kBuiltins[] = {"exec", "__import__", "execfile"};
  const std::set<std::string_view> all(names.begin(), names.end());
  for (const std::string_view word : all) {
    const bool dotted = word.find('.') != std::string_view::npos;
    if (!dotted && knowledge::policy_of(word) == knowledge::Policy::foreign) continue;
    // Ordinary code names the types of functions, and what dataclasses generates names its generator.
    if (word == "dataclasses" || word == "types") continue;
    const std::string module = knowledge::canonical(word, "");
    for (const knowledge::Callable& callable : knowledge::members_of(module)) {
      if (!all.contains(callable.name.substr(module.size() + 1))) continue;
      switch (callable.effect) {
        case Effect::code: case Effect::process: case Effect::native: case Effect::network: case Effect::file_delete:
        case Effect::tamper: return std::string(callable.name);
        default: break;
      }
    }
  }
  for (const std::string_view name : kBuiltins) {
    if (all.contains(name)) return "builtins." + std::string(name);
  }
  return {};
}

std::vector<std::string_view> words_in(std::string_view source) {
  std::vector<std::string_view> out;
  for (const Token& token : tokens_of(source)) {
    if (token.type == Token::Type::name) out.push_back(token.text);
  }
  return out;
}

std::vector<std::string_view> identifiers_in(std::string_view data) {
  constexpr size_t kMost = 100'000;
  std::vector<std::string_view> out;
  for (size_t i = 0; i < data.size() && out.size() < kMost;) {
    if (!starts_name(data[i])) { ++i; continue; }
    const size_t start = i;
    while (i < data.size() && in_name(data[i])) ++i;
    // In compiled code a name stands behind its type and length: also the run without its first letters.
    for (size_t skip = 0; skip <= 2 && i - start > skip + 1; ++skip) out.push_back(data.substr(start + skip, i - start - skip));
  }
  return out;
}

}  // namespace winnow::judge
