// Strings, and f-strings with what nests in them (PEP 701): text, fields that are tokens again, formats with fields.
#include "code/python/lexer.h"

namespace winnow::python {
namespace {

constexpr uint32_t kDeepestFormatted = 150;  // as CPython

}  // namespace

bool Lexer::string_prefix(size_t begin, size_t end, uint8_t& flags) const {
  uint8_t found = 0;
  for (size_t i = begin; i < end; i++) {
    uint8_t flag = 0;
    switch (text_[i] | 0x20) {
      case 'r': flag = kRaw; break;
      case 'b': flag = kBytes; break;
      case 'u': flag = kUnicode; break;
      case 'f': flag = kFormatted; break;
      case 't': flag = kTemplate; break;
      default: return false;
    }
    if ((found & flag) != 0) return false;
    found |= flag;
  }
  const uint8_t kinds = found & (kBytes | kUnicode | kFormatted | kTemplate);
  if ((kinds & (kinds - 1)) != 0) return false;  // one of them at most
  if (python_2_ && (kinds & (kFormatted | kTemplate)) != 0) return false;
  flags = found;
  return true;
}

// A string with its quotes, or the beginning of an f-string.
void Lexer::string(size_t begin, uint8_t flags) {
  const char quote = text_[at_];
  const bool triple = at(at_ + 1) == quote && at(at_ + 2) == quote;
  if (triple) flags |= kTriple;
  at_ += triple ? 3 : 1;
  const bool look = !triple || abandoned_ < kMostAbandoned;
  if ((flags & (kFormatted | kTemplate)) != 0 && look) {
    add(Tok::fstring_start, begin, at_, flags);
    if (modes_.size() > 2 * kDeepestFormatted) {
      error("f-strings nest too deeply", begin, at_);
      modes_.clear();
      return;
    }
    modes_.push_back({Mode::text, flags, quote, depth_, static_cast<uint32_t>(begin)});
    return;
  }
  const int32_t line = line_;
  const size_t inside = at_;
  while (look && at_ < text_.size()) {
    const char c = text_[at_];
    if (c == quote && (!triple || (at(at_ + 1) == quote && at(at_ + 2) == quote))) {
      at_ += triple ? 3 : 1;
      add(Tok::string, begin, at_, flags);
      tokens_->back().line = line;
      return;
    }
    if (c == '\\' && at_ + 1 < text_.size()) {
      flags |= kEscapes;
      at_++;
      if (text_[at_] == '\r' && at(at_ + 1) == '\n') at_++;
      if (text_[at_] == '\n' || text_[at_] == '\r') line_++;
    } else if (c == '\n' || c == '\r') {
      if (!triple) break;
      if (c == '\r') flags |= kEscapes;
      if (c == '\r' && at(at_ + 1) == '\n') at_++;
      line_++;
    }
    at_++;
  }
  // Never closed: the line that it began in ends it.
  if (triple) abandoned_++;
  at_ = inside;
  line_ = line;
  while (at_ < text_.size() && text_[at_] != '\n' && text_[at_] != '\r') at_++;
  error("a string is never closed", begin, at_);
}

// One character of an f-string's text that is neither a brace nor the end, with what it escapes.
void Lexer::formatted_character(char c, bool raw, uint8_t& flags) {
  if (c == '\n' || c == '\r') {
    if (c == '\r') flags |= kEscapes;
    if (c == '\r' && at(at_ + 1) == '\n') at_++;
    line_++;
  } else if (c == '\\' && at_ + 1 < text_.size()) {
    flags |= kEscapes;
    const char next = text_[at_ + 1];
    if (next == '{' || next == '}') {  // no escape: the brace is looked at next
    } else if (next == 'N' && !raw && at(at_ + 2) == '{') {
      const size_t stop = text_.find_first_of("\n\r'\"{}", at_ + 3);
      at_ = stop != text_.npos && text_[stop] == '}' ? stop : at_ + 1;
    } else {
      at_++;
      if (next == '\r' && at(at_ + 1) == '\n') at_++;
      if (next == '\n' || next == '\r') line_++;
    }
  }
  at_++;
}

// The text of an f-string up to a field, its end, or (in a format) the end of the field.
void Lexer::formatted_text() {
  const Mode mode = modes_.back();
  const bool triple = (mode.flags & kTriple) != 0, raw = (mode.flags & kRaw) != 0;
  const bool is_format = mode.kind == Mode::format;
  const size_t begin = at_;
  const int32_t line = line_;
  uint8_t flags = mode.flags;
  const auto middle = [&] {
    if (at_ == begin) return;
    add(Tok::fstring_middle, begin, at_, flags);
    tokens_->back().line = line;
  };
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == mode.quote && (!triple || (at(at_ + 1) == mode.quote && at(at_ + 2) == mode.quote))) {
      middle();
      return leave_formatted();
    }
    if (c == '{') {
      if (!is_format && at(at_ + 1) == '{') {
        flags |= kEscapes;
        at_ += 2;
        continue;
      }
      middle();
      add(Tok::lbrace, at_, at_ + 1);
      at_++;
      depth_++;
      modes_.push_back({Mode::field, mode.flags, mode.quote, depth_, mode.begin});
      return;
    }
    if (c == '}') {
      if (!is_format && at(at_ + 1) == '}') {
        flags |= kEscapes;
        at_ += 2;
        continue;
      }
      middle();
      if (is_format) {
        modes_.pop_back();
      } else {
        error("a single } in an f-string", at_, at_ + 1);
        at_++;
      }
      return;
    }
    if ((c == '\n' || c == '\r') && !triple) break;
    formatted_character(c, raw, flags);
  }
  if (at_ >= text_.size()) {
    unfinished("an f-string is never closed");
    return;
  }
  middle();
  error("an f-string is never closed", at_, at_);
  modes_.clear();
}

// At the closing quotes, which also end a format that was left open.
void Lexer::leave_formatted() {
  const Mode mode = modes_.back();
  const size_t size = (mode.flags & kTriple) != 0 ? 3 : 1;
  if (mode.kind == Mode::format) {
    error("a field of an f-string is never closed", at_, at_);
    while (!modes_.empty() && modes_.back().kind != Mode::text) {
      if (modes_.back().kind == Mode::field && depth_ != 0) depth_--;
      modes_.pop_back();
    }
  }
  if (!modes_.empty()) modes_.pop_back();
  add(Tok::fstring_end, at_, at_ + size, mode.flags);
  at_ += size;
}

}  // namespace winnow::python
