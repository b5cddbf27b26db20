// Where a value comes from, as far as a program's own calls tell: over the network, out of a place where secrets are
// kept, out of a decoder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/value.h"

namespace winnow::judge {

struct Origin {
  bool received = false;    // over the network
  bool connection = false;  // that stays open, as a socket does
  bool secret = false;      // from a file where secrets are kept
  bool everything = false;  // the whole environment
  bool output = false;      // of a program that was started
  bool decoded = false;     // by a decoder or decompressor
  bool spied = false;       // screen, keys, clipboard, camera
  bool read = false;        // from a file
  bool library = false;     // a folder of Python's libraries
  bool path = false;        // an object that stands for a path
  bool numbers = false;     // out of arrays, tensors or pictures
  bool encrypted = false;   // by a cipher
  bool memory = false;      // from a file that is only in memory
  bool given = false;       // something of it is not known
  bool module_file = false; // the file of a module that is installed
  bool asked_for = false;   // what something that downloads was given an address for
  uint32_t facts = 0;       // about the machine and its user
  std::vector<std::string_view> variables;  // of the environment that hold secrets
  std::vector<std::string_view> texts;      // constants that it is made of
  std::vector<std::string_view> addresses;  // from where it was received
  std::vector<std::string_view> models;     // repositories that it was taken from
  std::vector<uint32_t> made;               // the events that made the objects among it
  std::string what;                         // the secret or fact: "socket.gethostname"
};

Origin origin_of(const Heap& heap, Value value);

// A text with a mark for each part that is not known: "curl http://x/?\x01".
inline constexpr char kHole = '\x01';
std::string text_with_holes(const Heap& heap, Value value);

}  // namespace winnow::judge
