// The entry: encodings, the two languages, tokens and failures.
#include "code/python/parse.h"

#include "code/python/parser.h"
#include "code/python/print_literals.h"
#include "code/python/unicode.h"

namespace winnow::python {
namespace {

constexpr size_t kMostErrors = 100;

Parsed parse_as(Tree& tree, std::string_view text, const ParseOptions& options, bool python_2, const Letters* letters,
                bool& saw_python_2) {
  Parsed parsed;
  Parser parser(tree, text, options, python_2, letters);
  parser.run(parsed);
  parsed.major = python_2 ? 2 : 3;
  saw_python_2 = parser.saw_python_2();
  return parsed;
}

}  // namespace

Parsed parse(Tree& tree, std::string_view text, const ParseOptions& options) {
  Parsed refused;
  if (text.size() >= UINT32_MAX / 4) {
    refused.root = tree.make(options.mode == ParseMode::expression ? Type::Bad : Type::Module);
    refused.complete = false;
    refused.errors.push_back({0, 1, "more source than is read"});
    return refused;
  }
  SourceText source;
  source.text = text;
  if (options.form == SourceForm::bytes) source = decode_source(tree.heap(), text);
  bool saw_python_2 = false;
  const bool known_2 = options.version.major == 2;
  Parsed parsed = parse_as(tree, source.text, options, known_2, source.letters, saw_python_2);
  if (saw_python_2 && options.version.major == 0) {
    Parsed again = parse_as(tree, source.text, options, true, source.letters, saw_python_2);
    if (again.errors.size() <= parsed.errors.size()) parsed = std::move(again);
  }
  for (ParseError& error : parsed.errors) error.offset += static_cast<uint32_t>(source.skipped);
  parsed.decoded = source.decoded;
  if (!source.problem.empty()) parsed.errors.insert(parsed.errors.begin(), {0, 1, source.problem});
  return parsed;
}

Parser::Parser(Tree& tree, std::string_view text, const ParseOptions& options, bool python_2, const Letters* letters)
    : tree_(tree), text_(text), options_(options), python_2_(python_2), letters_(letters), lexer_(text, python_2) {}

void Parser::run(Parsed& into) {
  next_line();
  if (options_.mode == ParseMode::expression) {
    while (kind() == Tok::indent || kind() == Tok::error) {  // eval skips what stands before
      if (kind() == Tok::error) note(token().what, token().begin, token().line);
      advance();
      if (at_line_end()) break;
    }
    const Token begin = token();
    into.root = expressions();
    if (!failed_ && kind() == Tok::newline) next_line();
    while (!failed_ && kind() == Tok::dedent) advance();
    if (!failed_ && kind() != Tok::end) fail("more than one expression");
    if (failed_) {
      into.root = make(Type::Bad, begin);
      into.root->name = text_.substr(begin.begin);
    }
  } else {
    const bool unicode_literals = options_.unicode_literals;
    into.root = make(Type::Module);
    statements(into.root->body, false);
    if (python_2_ && options_.unicode_literals && !unicode_literals) unicode_docstring(*into.root);
  }
  into.errors = std::move(errors_);
  into.complete = !full_;
}

// `from __future__ import unicode_literals` holds for the docstring that stands before it, too.
void Parser::unicode_docstring(const Node& module) {
  const Node* first = module.body.empty() ? nullptr : module.body[0];
  if (first == nullptr || first->type != Type::Expr || first->first->type != Type::Constant) return;
  const char initial = first->offset < text_.size() ? text_[first->offset] : 'b';
  Value& value = first->first->value;
  if (value.is(Kind::bytes) && (initial | 0x20) != 'b') value = Value::string(value.text());
}

void Parser::next_line() {
  lexer_.next_line(tokens_);
  at_ = 0;
  lines_++;
}

Node* Parser::make(Type type, const Token& from) {
  if (++nodes_ > options_.max_nodes && !full_) {
    full_ = true;
    fail("more code than is read");
  }
  Node* node = tree_.make(type);
  node->line = from.line;
  node->offset = from.begin;
  return node;
}

Node* Parser::make(Type type, const Node* from) {
  Node* node = make(type, token());
  node->line = from->line;
  node->offset = from->offset;
  return node;
}

void Parser::note(const char* what, uint32_t offset, int32_t line) {
  if (errors_.size() < kMostErrors) errors_.push_back({offset, line, what});
}

Node* Parser::fail(const char* what) {
  if (!failed_) {
    const Token& at = token();
    note(at.kind == Tok::error ? at.what : what, at.begin, at.line);
    failed_ = true;
  }
  at_ = tokens_.size() - 1;
  return make(Type::Bad);
}

void Parser::back_to(const Mark& mark) {
  at_ = mark.at;
  errors_.resize(mark.errors);
  saw_python_2_ = mark.saw_python_2;
  failed_ = false;
}

// The name at the token, which is consumed; empty (and a failure) where there is none.
std::string_view Parser::identifier() {
  const Token at = token();
  const bool soft = (at.kind == Tok::kw_async || at.kind == Tok::kw_await) && options_.version < PythonVersion{3, 7};
  if (at.kind != Tok::name && !soft) {
    fail("a name is expected");
    return {};
  }
  advance();
  const std::string_view written = text_of(at);
  if ((at.flags & kNonAscii) == 0) return written;
  std::string normalised;
  size_t length = 1;
  bool changed = false;
  for (size_t i = 0; i < written.size(); i += length) {
    const char32_t c = next_code_point(written, i, length);
    changed = changed || !is_normalised(c);
    append_normalised(normalised, c);
  }
  return changed ? tree_.text(normalised) : written;
}

// True where an expression may begin.
bool Parser::at_operand() const {
  switch (kind()) {
    case Tok::name: case Tok::number: case Tok::string: case Tok::fstring_start: case Tok::lparen: case Tok::lbracket:
    case Tok::lbrace: case Tok::minus: case Tok::plus: case Tok::tilde: case Tok::star: case Tok::ellipsis:
    case Tok::backtick: case Tok::kw_not: case Tok::kw_lambda: case Tok::kw_await: case Tok::kw_async:
    case Tok::kw_yield: case Tok::kw_None: case Tok::kw_True: case Tok::kw_False: case Tok::error:
      return true;
    default: return false;
  }
}

}  // namespace winnow::python
