// winnow debug hdf5 FILE: what the reader of HDF5 sees, for the test that compares it with h5py.
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "commands.h"
#include "containers/hdf5.h"
#include "core/print.h"
#include "terminal.h"

namespace winnow::cli {

namespace {

std::string hex(std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out.empty() ? "-" : out;
}

}  // namespace

// Lines of words: object ADDRESS KIND NAME; attribute NAME text|other SCALAR VALUE...; outside KIND NAME TARGET INSIDE;
// damage WORDS. Names and values in hexadecimal digits.
int debug_hdf5(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(file), {}};
  const containers::Hdf5 read = containers::read_hdf5(as_bytes(content));
  static constexpr const char* kKinds[] = {"group", "dataset", "other"};
  static constexpr const char* kReaches[] = {"external_link", "external_data", "virtual_dataset", "user_link", "plugin_filter"};
  std::string text;
  for (const containers::Hdf5Object& object : read.objects) {
    text += "object " + std::to_string(object.offset - read.start) + " " + kKinds[static_cast<int>(object.kind)] + " " + hex(object.name) + "\n";
    for (const containers::Hdf5Attribute& attribute : object.attributes) {
      text += "attribute " + hex(attribute.name) + (attribute.text ? " text " : " other ") + (attribute.scalar ? "1" : "0");
      for (const std::string_view one : attribute.texts) {
        if (attribute.text) text += " " + hex(one);
      }
      text += "\n";
    }
  }
  for (const containers::Hdf5Outside& outside : read.outside) {
    text += std::string("outside ") + kReaches[static_cast<int>(outside.reach)] + " " + hex(outside.name) + " " + hex(outside.target) + " " + hex(outside.inside) + "\n";
  }
  for (const Error& error : read.damage) text += "damage " + error.what + "\n";
  return write_all(STDOUT_FILENO, text) ? kNothingFound : kNotScanned;
}

}  // namespace winnow::cli
