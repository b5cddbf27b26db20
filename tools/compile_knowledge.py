#!/usr/bin/env python3
"""Compiles knowledge/*.toml into the C++ tables that src/knowledge/knowledge.cpp includes.

usage: compile_knowledge.py KNOWLEDGE_DIR OUTPUT

Groups of callables become one array sorted by name (wildcards apart), aliases and module
policies sorted arrays, and the digest of all tables the version that reports show.
"""
import hashlib
import pathlib
import sys
import tomllib

EFFECTS = """code process native network file-write file-delete file-read environment deserialise fetch-model
terminate introspect import tamper input call pure construct""".split()
PAYLOADS = "none shell argv python code pickle marshal path url host module model callable attribute template".split()
POLICIES = ["foreign", "stdlib", "framework"]


def quoted(text):
    """Initialises a std::string_view."""
    out = []
    for byte in text.encode():
        if byte in b'"\\':
            out.append("\\" + chr(byte))
        elif 32 <= byte < 127:
            out.append(chr(byte))
        else:
            out.append("\\%03o" % byte)
    # With its length, so that compilers need not count characters at compile time.
    return '{"' + "".join(out) + '", ' + str(len(text.encode())) + "}"


def payload_of(group, where):
    """'shell@0,command' -> (kind, position, keyword)"""
    text = group.get("payload", "")
    if not text:
        return "none", -1, ""
    kind, _, places = text.partition("@")
    if kind not in PAYLOADS:
        raise SystemExit(f"{where}: unknown payload kind {kind!r}")
    position, keyword = -1, ""
    for place in filter(None, (p.strip() for p in places.split(","))):
        if place.isdigit():
            position = int(place)
        else:
            keyword = place
    return kind, position, keyword


def read(folder):
    callables, aliases, modules, paths, commands = {}, {}, {}, [], []
    for path in sorted(pathlib.Path(folder).glob("*.toml")):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        for group in table.get("group", []):
            effect = group["effect"]
            if effect not in EFFECTS:
                raise SystemExit(f"{path}: unknown effect {effect!r}")
            row = (effect, *payload_of(group, path), group.get("why", ""), group.get("source", ""))
            for name in group["names"]:
                trusted = effect in ("pure", "construct")
                # A dangerous entry wins over a trusted one of the same name.
                if name in callables and trusted:
                    continue
                callables[name] = row
        for alias in table.get("alias", []):
            aliases[alias["from"]] = alias["to"]
        for module in table.get("module", []):
            if module["policy"] not in POLICIES:
                raise SystemExit(f"{path}: unknown policy {module['policy']!r}")
            modules[module["prefix"]] = module["policy"]
        # Paths are compared without case and with forward slashes.
        paths += [(p["pattern"].lower().replace("\\", "/"), p.get("why", "")) for p in table.get("path", [])]
        commands += [(c["name"], c.get("why", ""), c.get("strong", False)) for c in table.get("command", [])]
    return callables, aliases, modules, paths, commands


def array(out, kind, name, rows):
    # A row of its own at the end keeps an empty table legal; the count says how many are real.
    out.append(f"constexpr {kind} {name}[] = {{")
    out += [f"  {{{row}}}," for row in rows]
    out.append("  {}};")
    out.append(f"constexpr size_t {name}Count = {len(rows)};")


def hash_of(name):
    """FNV-1a, as hash_of() in src/knowledge/knowledge.cpp computes it."""
    value = 2166136261
    for byte in name.encode():
        value = (value ^ byte) * 16777619 & 0xFFFFFFFF
    return value


def index(out, name, keys):
    """Where each key's row stands, by hash with linear probing; 0 is an empty slot, so rows count from 1."""
    size = 1
    while size < 2 * len(keys) + 2:
        size *= 2
    slots = [0] * size
    for row, key in enumerate(keys):
        at = hash_of(key) % size
        while slots[at]:
            at = (at + 1) % size
        slots[at] = row + 1
    out.append(f"constexpr uint16_t {name}Index[] = {{{','.join(map(str, slots))}}};")


def main():
    folder, output = sys.argv[1:]
    callables, aliases, modules, paths, commands = read(folder)

    def row(name):
        effect, kind, position, keyword, why, source = callables[name]
        kind = "template_text" if kind == "template" else kind
        kind = "PayloadKind::" + kind
        return (f"{quoted(name)}, Effect::{effect.replace('-', '_')}, {kind}, {position}, "
                f"{quoted(keyword)}, {quoted(why)}, {quoted(source)}")

    exact = sorted((n for n in callables if not n.endswith("*")), key=str.encode)
    wild = sorted(n for n in callables if n.endswith("*"))
    for name in wild:
        if not name.endswith((".*", "_*")):
            raise SystemExit(f"{name}: a wildcard begins at a dot or an underscore, where names are looked up")
    out = ["// Generated by tools/compile_knowledge.py."]
    array(out, "Callable", "kCallables", [row(n) for n in exact])
    array(out, "Callable", "kWildcards", [row(n) for n in wild])
    array(out, "Alias", "kAliases", [f"{quoted(f)}, {quoted(aliases[f])}" for f in sorted(aliases, key=str.encode)])
    array(out, "Module", "kModules", [f"{quoted(m)}, Policy::{modules[m]}" for m in sorted(modules, key=str.encode)])
    array(out, "Sensitive", "kSensitive", [f"{quoted(p)}, {quoted(w)}" for p, w in paths])
    array(out, "Command", "kCommands",
          [f"{quoted(n)}, {quoted(w)}, {'true' if s else 'false'}" for n, w, s in sorted(commands)])
    index(out, "kCallables", exact)
    index(out, "kWildcards", wild)
    index(out, "kAliases", sorted(aliases, key=str.encode))
    digest = hashlib.sha256("\n".join(out).encode()).hexdigest()[:12]
    out.append(f"constexpr std::string_view kVersion{quoted(digest)};")
    text = "\n".join(out) + "\n"
    target = pathlib.Path(output)
    if not target.exists() or target.read_text() != text:
        target.write_text(text)


if __name__ == "__main__":
    main()
