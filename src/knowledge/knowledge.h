// What is known of callables: their effect on the world, which argument carries the payload, and why. The
// facts live in knowledge/*.toml and are compiled in as tables with an index by hash; see knowledge/README.md.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace winnow::knowledge {

enum class Effect : uint8_t {
  code, process, native, network, file_write, file_delete, file_read, environment, deserialise, fetch_model,
  terminate, introspect, import, tamper, input, call, pure, construct,
};

enum class PayloadKind : uint8_t {
  none, shell, argv, python, code, pickle, marshal, path, url, host, module, model, callable, attribute,
  template_text,
};

struct Callable {
  std::string_view name;      // canonical; a trailing '*' in the TOML is a wildcard and is kept here
  Effect effect;
  PayloadKind payload;
  int8_t position;            // of the payload among the positional arguments; -1: none
  std::string_view keyword;   // of the payload; empty: none
  std::string_view why;       // a sentence: "Starts a program through the shell."
  std::string_view source;    // where the claim comes from
};

// Whether a callable only computes or constructs. One without an entry (null) is not trusted.
inline bool is_trusted(const Callable* known) {
  return known != nullptr && (known->effect == Effect::pure || known->effect == Effect::construct);
}

// What an unlisted callable of a module is taken for.
enum class Policy : uint8_t {
  foreign,    // nothing is known: the user's own package
  stdlib,     // Python's own library, any version
  framework,  // a well-known library
};

// The entry for a canonical name: exact, else the longest wildcard. Null where there is none.
const Callable* find(std::string_view canonical);

// The entries whose names begin with `module` and a dot.
std::span<const Callable> members_of(std::string_view module);

// The one spelling of module + qualified name: posix.system and nt.system are os.system,
// __builtin__.eval is builtins.eval. An empty `qualified` names the module itself.
std::string canonical(std::string_view module, std::string_view qualified);

// By the first component of a dotted name.
Policy policy_of(std::string_view dotted);

// A sensitive place (an SSH key, a start-up folder) that `path` names; null where there is none.
struct Sensitive { std::string_view pattern, why; };
const Sensitive* sensitive_path(std::string_view path);

// A word that starts programs on a command line; null where it is none.
struct Command { std::string_view name, why; bool strong; };
const Command* command(std::string_view word);

std::string_view version();  // a digest of the tables

}  // namespace winnow::knowledge
