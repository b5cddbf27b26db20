// Texts made of sections and keys: TOML, and INI as Python's configparser reads it. Both become the tree that JSON and
// YAML become, so that one reading serves all.
#pragma once

#include "containers/document.h"

namespace winnow::containers {

// TOML 1.0. Dates are texts. What a key is given twice counts the last time.
Result<ParsedDocument> parse_toml(std::string_view source);

// [section] and "key = value" or "key: value", with values that go on in indented lines. Dots in the name of a section
// open sections in sections, as spaCy's configurations have it; quotes around a value are taken off.
Result<ParsedDocument> parse_ini(std::string_view source);

// Whether the first line that is neither blank nor a comment opens a section, or sets a key by an equals sign.
bool begins_with_section(std::string_view text);

}  // namespace winnow::containers
