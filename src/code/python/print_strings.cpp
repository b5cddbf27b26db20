// Strings and f-strings. Before 3.12 an f-string was one string token: what it nests may neither use its
// quotes nor hold a backslash, so each level tries the quotes that are left.
#include "code/python/dump.h"
#include "code/python/parse.h"
#include "code/python/printer.h"

namespace winnow::python {

void Printer::string(std::string_view text, TextKind kind, std::string_view prefix) {
  write(prefix);
  const Quote quote = preferred_quote(text, quotes_);
  if (!plain_) {
    write(quote_text(quote));
    escape_text(out_, text, kind, quote);
    write(quote_text(quote));
    return;
  }
  for (const Quote q : {quote, kSingle, kDouble, kTripleDouble, kTripleSingle}) {
    if ((quotes_ & q) == 0) continue;
    const size_t before = out_.size();
    write(quote_text(q));
    if (plain_text(out_, text, kind, q)) return write(quote_text(q));
    out_.resize(before);
  }
  misfit_ = true;
  write(quote_text(quote));
  escape_text(out_, text, kind, quote);
  write(quote_text(quote));
}

void Printer::formatted_string(const Node& node) {
  if (loose_) {
    formatted_with(node, kSingle, false);
    return;
  }
  const bool strict = options_.version < PythonVersion{3, 12};
  for (const Quote quote : {kSingle, kDouble, kTripleDouble, kTripleSingle}) {
    if ((quotes_ & quote) == 0) continue;
    if (!strict && quote > kDouble) break;
    const size_t before = out_.size();
    const bool misfit = misfit_;
    misfit_ = false;
    const bool fits = formatted_with(node, quote, true) && !misfit_;
    misfit_ = misfit;
    if (fits || stopped_) return;
    out_.resize(before);
  }
  if (plain_) {  // inside another one, which is going to be printed again without this care
    misfit_ = true;
    return write("''");
  }
  if (strict) complete_ = false;
  loose_ = true;
  formatted_with(node, kSingle, false);
  loose_ = false;
}

bool Printer::formatted_with(const Node& node, Quote quote, bool strict) {
  if (stops()) return true;
  const Level level(*this);
  write(node.type == Type::TemplateStr ? 't' : 'f');
  write(quote_text(quote));
  const bool fits = formatted_parts(node.items, quote, strict, false);
  write(quote_text(quote));
  return fits;
}

bool Printer::formatted_parts(const List& items, Quote quote, bool strict, bool is_spec) {
  for (const Node* item : items) {
    if (item == nullptr) continue;
    if (item->type == Type::Constant && item->value.is_text()) {
      if (plain_) {  // nested in another: no backslash here either
        std::string text;
        if (!plain_text(text, item->value.text(), TextKind::unicode, quote)) return false;
        for (const char c : text) {
          if (c == '{' || c == '}') write(c);
          write(c);
        }
      } else {
        escape_text(out_, item->value.text(), TextKind::unicode, quote, true);
      }
    } else if (item->type == Type::FormattedValue || item->type == Type::Interpolation) {
      if (!formatted_value(*item, quote, strict)) return false;
    } else if (item->type == Type::JoinedStr) {
      if (!formatted_parts(item->items, quote, strict, is_spec)) return false;
    } else {
      return false;
    }
    if (stopped_) return true;
  }
  return true;
}

// A t-string keeps the text of its expressions as a value of the program: it is printed as it was where it is nothing
// but another spelling of the expression.
bool Printer::is_spelled_so(const Node& node) const {
  if (node.first == nullptr || node.name.size() > 10'000) return false;
  for (const char c : node.name) {
    if (c < ' ' || c > '~') return false;
  }
  Heap heap;
  Tree tree(heap);
  ParseOptions options;
  options.mode = ParseMode::expression;
  options.version = options_.version;
  const std::string text = "(" + std::string(node.name) + ")";
  const Parsed parsed = parse(tree, text, options);
  return parsed.ok() && dump(*parsed.root, heap) == dump(*node.first, heap_);
}

bool Printer::formatted_value(const Node& node, Quote quote, bool strict) {
  write('{');
  const auto quotes = quotes_;
  const bool plain = plain_;
  if (strict) {
    quotes_ &= static_cast<uint8_t>(~quote);
    if (quote == kSingle) quotes_ &= static_cast<uint8_t>(~kTripleSingle);
    if (quote == kDouble) quotes_ &= static_cast<uint8_t>(~kTripleDouble);
    plain_ = true;
  }
  bool fits = true;
  const size_t begin = out_.size();
  if (node.type == Type::Interpolation && is_spelled_so(node)) write(node.name);
  else expression(node.first, static_cast<Precedence>(kTest + 1));
  if (out_[begin] == '{') out_.insert(begin, 1, ' ');
  if (strict) {
    const std::string_view text = std::string_view(out_).substr(begin);
    fits = text.find(quote_text(quote)) == text.npos && text.find('\\') == text.npos && !misfit_;
    if (quote == kSingle || quote == kDouble) fits = fits && text.find('\n') == text.npos;
  }
  quotes_ = quotes;
  plain_ = plain;
  if (!fits) return false;
  if (node.number > 0) {
    write('!');
    write(static_cast<char>(node.number));
  }
  if (node.second != nullptr) {
    write(':');
    if (node.second->type == Type::JoinedStr) {
      fits = formatted_parts(node.second->items, quote, strict, true);
    } else {
      return false;
    }
  }
  write('}');
  return fits;
}

}  // namespace winnow::python
