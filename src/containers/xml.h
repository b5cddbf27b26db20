// XML as a flat list of elements with their attributes and texts, read by libexpat with nothing loaded from outside: what
// a document type declares (entities, files, addresses) is told and not followed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bytes/bytes.h"
#include "bytes/result.h"

namespace winnow::containers {

struct XmlAttribute {
  std::string name, value;  // names without their namespace
};

struct XmlElement {
  std::string name;
  std::vector<XmlAttribute> attributes;
  std::string text;        // directly in it
  uint32_t parent = 0;     // the root is its own
  uint32_t depth = 0;
  uint64_t offset = 0;

  std::string_view attribute(std::string_view wanted) const {
    for (const XmlAttribute& one : attributes) {
      if (one.name == wanted) return one.value;
    }
    return {};
  }
};

struct XmlEntity {
  std::string name;
  std::string target;      // of external ones: a file or address
  uint64_t offset = 0;
  bool external = false, parameter = false, used = false;
};

struct Xml {
  std::vector<XmlElement> elements;
  std::vector<XmlEntity> entities;
  std::string type;          // the file or address of the document type, where one is given
  bool explodes = false;     // entities grow beyond what any document needs
  std::optional<Error> damage;
};

// Past `most` elements reading ends with an error.
Xml read_xml(Bytes bytes, size_t most = 2'000'000);

// The name of the first element, of a text that begins like XML; empty where it does not.
std::string_view xml_root(Bytes bytes);

}  // namespace winnow::containers
