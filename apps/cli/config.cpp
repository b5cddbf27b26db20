#include "config.h"

#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace winnow::cli {
namespace {

constexpr std::string_view kCommands[] = {"scan", "decompile"};

bool is_key_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

// One line of the file.
class Line {
 public:
  Line(std::string_view text, size_t number) : text_(text), number_(number) {}

  void blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r')) ++at_;
  }
  bool ends() {
    blanks();
    return at_ == text_.size() || text_[at_] == '#';
  }
  bool take(char c) {
    blanks();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  std::string key() {
    blanks();
    const size_t begin = at_;
    while (at_ < text_.size() && is_key_letter(text_[at_])) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }
  Error error(std::string what) const { return Error{Fault::malformed, number_, std::move(what)}; }

  Result<std::string> value() {
    blanks();
    if (at_ == text_.size()) return error("a value is missing");
    if (text_[at_] == '"' || text_[at_] == '\'') return quoted(text_[at_++]);
    const size_t begin = at_;
    while (at_ < text_.size() && (is_key_letter(text_[at_]) || text_[at_] == '.')) ++at_;
    std::string word(text_.substr(begin, at_ - begin));
    const bool number = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) { return std::isdigit(static_cast<unsigned char>(c)) || c == '_'; });
    if (number) std::erase(word, '_');
    if (!number && word != "true" && word != "false") return error("a value is true, false, a number or a text in quotes");
    return word;
  }

 private:
  Result<std::string> quoted(char mark) {
    std::string out;
    for (; at_ < text_.size() && text_[at_] != mark; ++at_) {
      if (text_[at_] != '\\' || mark == '\'') {
        out += text_[at_];
        continue;
      }
      if (++at_ == text_.size()) break;
      switch (text_[at_]) {
        case '"': case '\\': out += text_[at_]; break;
        case 't': out += '\t'; break;
        case 'n': out += '\n'; break;
        default: return error("an escape that is not known");
      }
    }
    if (at_ == text_.size()) return error("a text has no end");
    ++at_;
    return out;
  }

  std::string_view text_;
  size_t number_ = 0, at_ = 0;
};

}  // namespace

Result<std::vector<Setting>> parse_config(std::string_view text) {
  std::vector<Setting> settings;
  std::string section;
  size_t number = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    Line line(text.substr(at, end - at), ++number);
    at = end + 1;
    if (line.ends()) continue;
    if (line.take('[')) {
      section = line.key();
      if (section.empty() || !line.take(']') || !line.ends()) return line.error("a section is [name]");
      continue;
    }
    Setting setting{section, line.key(), {}, number};
    if (setting.key.empty() || !line.take('=')) return line.error("a setting is key = value");
    Result<std::string> value = line.value();
    if (!value) return value.error();
    setting.value = value.take();
    if (!line.ends()) return line.error("something stands behind the value");
    const bool twice = std::any_of(settings.begin(), settings.end(), [&](auto& other) { return other.section == section && other.key == setting.key; });
    if (twice) return line.error("'" + setting.key + "' is set twice");
    settings.push_back(std::move(setting));
  }
  return settings;
}

Result<std::vector<std::string>> words_of(const std::vector<Setting>& settings, std::string_view command) {
  std::vector<std::string> words;
  for (const Setting& setting : settings) {
    const bool known = setting.section == "budget" || std::find(std::begin(kCommands), std::end(kCommands), setting.section) != std::end(kCommands);
    if (!known) return Error{Fault::malformed, setting.line, "there is no section [" + setting.section + "]"};
    if (setting.section == "budget") {
      words.push_back("--budget=" + setting.key + "=" + setting.value);
    } else if (setting.section == command) {
      words.push_back("--" + setting.key + "=" + setting.value);
    }
  }
  if (std::find(std::begin(kCommands), std::end(kCommands), command) == std::end(kCommands)) words.clear();
  return words;
}

std::string usual_config() {
  const char* const folder = std::getenv("XDG_CONFIG_HOME");
  const char* const home = std::getenv("HOME");
  std::string path;
  if (folder != nullptr && *folder == '/') {
    path = folder;
  } else if (home != nullptr && *home == '/') {
    path = std::string(home) + "/.config";
  } else {
    return {};
  }
  path += "/winnow/winnow.toml";
  struct stat entry {};
  return ::stat(path.c_str(), &entry) == 0 ? path : std::string();
}

}  // namespace winnow::cli
