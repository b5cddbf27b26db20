// Zip, tar and npy files, honest by default and lying where an option says so.
#include <cstdio>
#include <cstring>
#include <functional>

#include "assembler_parts.h"

namespace winnow::test {

namespace {

// The option of that name, or `fallback`.
uint64_t number_or(const Options& options, std::string_view key, uint64_t fallback) {
  const auto found = options.find(key);
  return found == options.end() ? fallback : found->second.number();
}

std::string text_or(const Options& options, std::string_view key, const std::string& fallback) {
  const auto found = options.find(key);
  return found == options.end() ? fallback : found->second.text;
}

uint64_t method_number(const Option& option) {
  if (option.text == "stored") return 0;
  if (option.text == "deflated") return 8;
  return option.number();
}

uint64_t method_or(const Options& options, std::string_view key, uint64_t fallback) {
  const auto found = options.find(key);
  return found == options.end() ? fallback : method_number(found->second);
}

constexpr uint32_t kZip64 = 0xffffffff;

class ZipWriter {
 public:
  // Options: method, crc, size, packed_size, flags, name, each also with the prefix local_ or central_ for
  // one of the two headers alone; extra; central=none; offset; mode; descriptor=yes; zip64=yes; disk.
  void member(const std::string& name, const Options& options, const std::string& data) {
    const uint64_t method = method_or(options, "method", 0);
    const std::string packed =
        text_or(options, "pack", method == 8 ? "deflated" : "stored") == "deflated" ? deflate(data) : data;
    const bool described = text_or(options, "descriptor", "no") == "yes";
    const bool wide = text_or(options, "zip64", "no") == "yes";
    Fields fields{name,          method,      described ? 8u : 0u,          crc_of(data),
                  packed.size(), data.size(), text_or(options, "extra", "")};
    const uint64_t at = number_or(options, "offset", prefix_ + out_.size());
    fields = overridden(fields, "", options);

    Fields local = fields;
    if (described) local.crc = local.packed_size = local.size = 0;
    local = overridden(local, "local_", options);
    widen(local, wide);
    out_ += "PK\x03\x04" + little_endian(20, 2) + header(local) + local.name + local.extra + packed;
    if (described) {
      out_ += "PK\x07\x08" + little_endian(fields.crc, 4) + little_endian(fields.packed_size, 4) +
              little_endian(fields.size, 4);
    }
    if (text_or(options, "central", "yes") == "none") return;

    Fields central = overridden(fields, "central_", options);
    widen(central, wide);
    ++count_;
    central_ += "PK\x01\x02" + little_endian(20 | 3 << 8, 2) + little_endian(20, 2) + header(central) +
                little_endian(0, 2) + little_endian(number_or(options, "disk", 0), 2) + little_endian(0, 2) +
                little_endian(number_or(options, "mode", 0100644) << 16, 4) + little_endian(at, 4) +
                central.name + central.extra;
  }

  void raw(const std::string& bytes) { out_ += bytes; }
  void prefix(const std::string& bytes) {
    prefix_ = bytes.size();
    before_ += bytes;
  }

  // Options: comment, count, central_offset, central_size, eocd=none, signature.
  std::string finish(const Options& options, const std::string& after) {
    const std::string comment = text_or(options, "comment", "");
    const uint64_t count = number_or(options, "count", count_);
    std::string end = text_or(options, "signature", "PK\x05\x06") + little_endian(0, 4) +
                      little_endian(count, 2) + little_endian(count, 2) +
                      little_endian(number_or(options, "central_size", central_.size()), 4) +
                      little_endian(number_or(options, "central_offset", prefix_ + out_.size()), 4) +
                      little_endian(number_or(options, "comment_size", comment.size()), 2) + comment;
    if (text_or(options, "eocd", "yes") == "none") end.clear();
    return before_ + out_ + (text_or(options, "central", "yes") == "none" ? "" : central_) + end + after;
  }

 private:
  struct Fields {
    std::string name;
    uint64_t method, flags, crc, packed_size, size;
    std::string extra;
  };

  static Fields overridden(Fields fields, const std::string& prefix, const Options& options) {
    if (!prefix.empty()) fields.name = text_or(options, prefix + "name", fields.name);
    if (!prefix.empty()) fields.extra = text_or(options, prefix + "extra", fields.extra);
    fields.method = method_or(options, prefix + "method", fields.method);
    fields.flags = number_or(options, prefix + "flags", fields.flags);
    fields.crc = number_or(options, prefix + "crc", fields.crc);
    fields.packed_size = number_or(options, prefix + "packed_size", fields.packed_size);
    fields.size = number_or(options, prefix + "size", fields.size);
    return fields;
  }

  static void widen(Fields& fields, bool wide) {
    if (!wide) return;
    fields.extra += little_endian(1, 2) + little_endian(16, 2) + little_endian(fields.size, 8) +
                    little_endian(fields.packed_size, 8);
    fields.size = fields.packed_size = kZip64;
  }

  // What the two headers share, from the flags to the length of the extra field. 1980-01-01.
  static std::string header(const Fields& fields) {
    return little_endian(fields.flags, 2) + little_endian(fields.method, 2) + little_endian(0, 2) +
           little_endian(33, 2) + little_endian(fields.crc, 4) + little_endian(fields.packed_size, 4) +
           little_endian(fields.size, 4) + little_endian(fields.name.size(), 2) +
           little_endian(fields.extra.size(), 2);
  }

  std::string before_, out_, central_;
  uint64_t prefix_ = 0, count_ = 0;
};

// The items of `zip { ... }` and `tar { ... }`, up to the closing brace.
void items(Parser& parser, const std::function<void(const std::string&)>& item) {
  parser.skip_newlines();
  if (parser.next().kind != TokenKind::open) parser.fail("a block { ... } is missing");
  for (parser.skip_newlines(); parser.peek().kind != TokenKind::close; parser.skip_newlines()) {
    item(parser.next().text);
  }
  parser.next();
}

std::string member_name(Parser& parser) {
  if (parser.peek().kind != TokenKind::string) parser.fail("a member needs a name");
  return parser.next().text;
}

std::string zip(Parser& parser) {
  ZipWriter writer;
  const Options whole = parser.options();
  std::string after;
  items(parser, [&](const std::string& word) {
    if (word == "member") {
      const std::string name = member_name(parser);
      const Options options = parser.options();
      writer.member(name, options, parser.block());
    } else if (word == "raw") {
      writer.raw(parser.block());
    } else if (word == "prepend") {
      writer.prefix(parser.block());
    } else if (word == "append") {
      after += parser.block();
    } else {
      parser.fail("'" + word + "' is none of member, raw, prepend, append");
    }
  });
  return writer.finish(whole, after);
}

void put(std::string& header, size_t at, size_t width, const std::string& text) {
  header.replace(at, std::min(width, text.size()), text.substr(0, width));
}

std::string octal(uint64_t value, size_t width) {
  char text[32];
  std::snprintf(text, sizeof text, "%0*llo", static_cast<int>(width - 1),
                static_cast<unsigned long long>(value));
  return text;
}

// Options: type (one character), link, size, checksum, magic, prefix, mode, raw_size (the twelve bytes of
// the size field as they stand).
std::string tar_member(const std::string& name, const Options& options, const std::string& data) {
  std::string header(512, '\0');
  put(header, 0, 100, name);
  put(header, 100, 8, octal(number_or(options, "mode", 0644), 8));
  put(header, 108, 8, octal(0, 8));
  put(header, 116, 8, octal(0, 8));
  put(header, 124, 12, octal(number_or(options, "size", data.size()), 12));
  put(header, 124, 12, text_or(options, "raw_size", ""));
  put(header, 136, 12, octal(0, 12));
  put(header, 156, 1, text_or(options, "type", "0"));
  put(header, 157, 100, text_or(options, "link", ""));
  put(header, 257, 8, text_or(options, "magic", std::string("ustar\00000", 8)));
  put(header, 345, 155, text_or(options, "prefix", ""));
  put(header, 148, 8, "        ");
  uint64_t sum = 0;
  for (const char c : header) sum += static_cast<uint8_t>(c);
  put(header, 148, 8, octal(number_or(options, "checksum", sum), 7) + std::string("\0 ", 2));
  return header + data + std::string((512 - data.size() % 512) % 512, '\0');
}

std::string tar(Parser& parser) {
  const Options whole = parser.options();
  std::string out;
  items(parser, [&](const std::string& word) {
    if (word == "member") {
      const std::string name = member_name(parser);
      const Options options = parser.options();
      out += tar_member(name, options, parser.block());
    } else if (word == "raw") {
      out += parser.block();
    } else {
      parser.fail("'" + word + "' is none of member, raw");
    }
  });
  return out + (text_or(whole, "end", "yes") == "none" ? "" : std::string(1024, '\0'));
}

// npy descr="|O" shape="(1,)" { pickle }: options fortran, version, header (the whole dict), length.
std::string npy(Parser& parser) {
  const Options options = parser.options();
  const uint64_t version = number_or(options, "version", 1);
  std::string header = text_or(options, "header",
                               "{'descr': '" + text_or(options, "descr", "|O") +
                                   "', 'fortran_order': " + text_or(options, "fortran", "False") +
                                   ", 'shape': " + text_or(options, "shape", "()") + ", }");
  const size_t width = version == 1 ? 2 : 4;
  while ((8 + width + header.size() + 1) % 64 != 0) header += ' ';
  header += '\n';
  return std::string("\x93NUMPY") + static_cast<char>(version) + '\0' +
         little_endian(number_or(options, "length", header.size()), width) + header + parser.block();
}

}  // namespace

std::optional<std::string> assemble_container(Parser& parser, const std::string& word) {
  if (word == "zip") return zip(parser);
  if (word == "tar") return tar(parser);
  if (word == "npy") return npy(parser);
  return std::nullopt;
}

}  // namespace winnow::test
