// Java's object streams (java.io.ObjectOutputStream): what classes they make objects of, and the texts in them. The
// stream is walked as ObjectInputStream reads it; fields that nobody asks about are skipped.
// https://docs.oracle.com/en/java/javase/21/docs/specs/serialization/protocol.html
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bytes/bytes.h"
#include "bytes/result.h"

namespace winnow::containers {

struct JavaClass {
  std::string name;      // "java.util.HashMap"; of a proxy the interfaces, joined with commas
  uint64_t offset = 0;   // of its description
  bool proxy = false;
  bool instantiated = false;  // an object of it, or of a class below it, is made; else it is only named
};

struct JavaText {
  std::string_view text;  // modified UTF-8, as it stands
  uint64_t offset = 0;
};

struct JavaStream {
  std::vector<JavaClass> classes;
  std::vector<JavaText> texts;
  std::vector<Bytes> arrays;      // of bytes, from a hundred on: programs of Java among them
  std::optional<Error> damage;
};

bool is_java_stream(Bytes bytes);
JavaStream read_java_stream(Bytes bytes);

}  // namespace winnow::containers
