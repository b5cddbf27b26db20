// Texts beside models that hold words, numbers and names of files: vocabularies, descriptions of checkpoints, compiled
// networks as text.
#include <algorithm>
#include <cctype>

#include "formats/numbers/checks.h"

namespace winnow::numbers {
namespace {

// The start of an object of JSON, without what is blank in front of it; empty where it is none.
std::string_view json_start(Bytes bytes, size_t most) {
  const std::string_view text = as_text(bytes).substr(0, most);
  const size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{' ? text.substr(first) : std::string_view();
}

bool has(std::string_view text, std::string_view word) { return text.find(word) != std::string_view::npos; }

bool is_line(std::string_view text, std::string_view line) {
  for (size_t at = text.find(line); at != std::string_view::npos; at = text.find(line, at + 1)) {
    const size_t end = at + line.size();
    if ((at == 0 || text[at - 1] == '\n') && (end == text.size() || text[end] == '\n' || text[end] == '\r')) return true;
  }
  return false;
}

}  // namespace

bool is_bpe_merges(Bytes bytes) { return as_text(bytes).starts_with("#version: 0."); }

// BERT's: a word a line, with the marks that every such vocabulary has.
bool is_wordpiece(Bytes bytes) {
  const std::string_view start = as_text(bytes).substr(0, 16384);
  if (!start.starts_with('[') && !start.starts_with('<') && !start.starts_with('!')) return false;
  return is_line(start, "[UNK]") && is_line(start, "[CLS]") && is_line(start, "[SEP]");
}

// tiktoken's: a token in base64 and its rank, line by line.
bool is_tiktoken(Bytes bytes) {
  std::string_view text = as_text(bytes).substr(0, 4096);
  for (int line = 0; line < 4; ++line) {
    const size_t end = text.find('\n'), space = text.find(' ');
    if (end == std::string_view::npos || space == 0 || space == std::string_view::npos || space > end || space % 4 != 0) return false;
    const std::string_view token = text.substr(0, space), rank = text.substr(space + 1, end - space - 1);
    const auto letter = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '/' || c == '='; };
    if (rank.empty() || !std::all_of(token.begin(), token.end(), letter) || !std::all_of(rank.begin(), rank.end(), [](char c) { return c >= '0' && c <= '9'; })) return false;
    text.remove_prefix(end + 1);
  }
  return true;
}

// What tensorflow.train.latest_checkpoint reads.
bool is_checkpoint_state(Bytes bytes) { return as_text(bytes).starts_with("model_checkpoint_path: \""); }

// Orbax: what is in a checkpoint, and how its arrays lie on devices.
bool is_orbax(Bytes bytes) {
  const std::string_view start = json_start(bytes, 65536);
  const std::string_view first = start.substr(0, 64);
  return has(first, "\"item_handlers\"") || (has(first, "\"tree_metadata\"") && (has(start, "\"key_metadata\"") || start.size() < 100));
}

// tokenizers: normaliser, pre-tokeniser, model and post-processor, each of a kind that the library has built in.
bool is_tokenizer_json(Bytes bytes) {
  const std::string_view start = json_start(bytes, 4096);
  return has(start.substr(0, 64), "\"version\"") && has(start, "\"truncation\"") && has(start, "\"added_tokens\"");
}

// Core ML, compiled: a program as text, and the layers of older networks.
bool is_coreml_program(Bytes bytes) {
  const std::string_view start = as_text(bytes).substr(0, 256);
  return start.starts_with("program(") && has(start, "buildInfo");
}

bool is_espresso(Bytes bytes) {
  const std::string_view start = json_start(bytes, 65536);
  return has(start, "\"storage\"") && has(start, ".espresso.weights\"") && has(start, "\"layers\"");
}

bool is_nnef(Bytes bytes) {
  const std::string_view start = as_text(bytes).substr(0, 4096);
  return start.starts_with("version 1.") && has(start, "\ngraph ") && has(start, "->");
}

}  // namespace winnow::numbers
