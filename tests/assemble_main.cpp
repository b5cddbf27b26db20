// winnow-assemble [FILE.test|FILE.asm|-] : writes the bytes that the text (or a test case's input) spells.
#include <fstream>
#include <iostream>
#include <iterator>

#include "assembler.h"
#include "case_file.h"

int main(int argc, char** argv) {
  const std::string path = argc > 1 ? argv[1] : "-";
  std::ifstream file(path, std::ios::binary);
  std::istream& in = path == "-" ? std::cin : file;
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const std::string input = path.ends_with(".test") ? winnow::test::parse_case(text).input : text;
  auto bytes = winnow::test::assemble(input);
  if (!bytes) {
    std::cerr << path << ": line " << bytes.error().offset << " of the input: " << bytes.error().what << "\n";
    return 1;
  }
  std::cout.write(bytes->data(), static_cast<std::streamsize>(bytes->size()));
  return 0;
}
