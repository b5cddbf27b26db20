// Protocol buffers as text (prototxt, pbtxt): names with values and messages in braces, as a tree. A name that is given
// more than once stands more than once in its map. Nothing recurses.
// https://protobuf.dev/reference/protobuf/textformat-spec/
#pragma once

#include "containers/document.h"

namespace winnow::containers {

// `source` must outlive the document, whose root is a map. Numbers and enumerators are texts, as they are written.
Result<Document> parse_text_proto(std::string_view source);

}  // namespace winnow::containers
