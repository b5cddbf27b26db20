// What a text says, as far as words tell: whether it is language or markup, and whether it asks a model to
// deceive the person in front of it. Nothing here decides by itself; `hidden` asks it about texts that a
// template hides.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace winnow::jinja {

// Marks that people do not write as language: tags, switches (/think), labels (Question:), names of roles,
// symbols.
bool is_mark(std::string_view literal);

// Those of them that models have: of reasoning, tools, media and turns; and symbols.
bool is_familiar(std::string_view mark);

// Names of tools that come with models, so that their templates know them.
bool is_own_tool(std::string_view name);

// Whether a text opens a turn of the system or the developer.
bool speaks_for_system(std::string_view text);

// The kinds of parts of a message ("image", "text"): held against a part they ask for its kind, not for
// words.
bool names_part(std::string_view literal);

struct Signs {
  uint32_t words = 0;         // of language, without tags, roles and labels
  bool link = false;          // an address
  bool conceals = false;      // keeps something from the user
  bool about_prompt = false;  // and what is kept is, for one, the prompt itself
  bool covert = false;        // and something else is to be done that is kept
  bool deceives = false;      // wrong answers, weak code
  bool leaks = false;         // sends things away, collects secrets
  bool commands = false;      // to be executed: shell, installers, scripts
  bool overrides = false;     // what the system or the user said
  bool smuggles = false;      // words of the conversation in an address that answers are to show
  bool hostile() const { return conceals || deceives || leaks || commands || overrides; }
};

Signs signs_of(std::string_view text);

// The most words of language between two tags; a label is one.
uint32_t longest_phrase(std::string_view text);

// Text that no screen shows: characters of Unicode's tag block as the ASCII that they stand for, long runs of variation
// selectors as the bytes that they stand for, and how many characters of no width stand in long runs.
std::string invisible_text(std::string_view text);

// Whether a message in which `from` became `to` says something else; quoting, white space and marks do not
// count.
bool changes_meaning(std::string_view from, std::string_view to);

}  // namespace winnow::jinja
