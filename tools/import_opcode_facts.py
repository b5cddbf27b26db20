#!/usr/bin/env python3
"""Rewrites facts read from CPython's own `opcode` and `dis` modules as knowledge/opcodes/<minor>.json.

usage: import_opcode_facts.py FACTS_DIR OUTPUT_DIR

FACTS_DIR holds one <minor>.json per version with what the interpreter's modules say: opmap, has* lists, inline
cache entries, the map from specialised bytes to their base. What decoding needs is kept, by name, one line each.
"""
import json
import pathlib
import sys

CLASSES = {"hasconst": "constant", "hasname": "name", "haslocal": "local", "hasfree": "free",
           "hasjrel": "relative", "hasjabs": "absolute", "hascompare": "compare"}
TABLES = {"_nb_ops": "binary_operators", "_intrinsic_1_descs": "intrinsics_1", "_intrinsic_2_descs": "intrinsics_2",
          "_common_constants": "common_constants"}


def convert(facts, minor):
    opcodes = {byte: name for name, byte in facts["opmap"].items() if byte < 256}
    deopt = {int(byte): name for byte, name in facts.get("deopt", {}).items()}
    out = {"python": minor, "source": facts["origin"], "have_argument": facts["HAVE_ARGUMENT"]}
    out["opcodes"] = {opcodes[b].replace("+", "_"): b for b in sorted(opcodes) if b not in deopt}
    out["arguments"] = {}
    for key, word in CLASSES.items():
        names = [opcodes[b].replace("+", "_") for b in sorted(facts.get(key, [])) if b in opcodes and b not in deopt]
        if names:
            out["arguments"][word] = names
    caches = facts.get("_inline_cache_entries", {})
    if isinstance(caches, list):
        caches = {opcodes[b]: n for b, n in enumerate(caches) if n and b in opcodes}
    out["caches"] = {name: n for name, n in sorted(caches.items()) if name in out["opcodes"]}
    specialised = {}
    for byte, name in sorted(deopt.items()):
        specialised.setdefault(name, []).append(byte)
    out["specialised"] = specialised
    for key, word in TABLES.items():
        if key in facts:
            out[word] = [item[0] if isinstance(item, list) else item for item in facts[key]]
    return {key: value for key, value in out.items() if value != {}}


def text_of(table):
    lines = []
    for key, value in table.items():
        if isinstance(value, dict):
            inner = ",\n".join(f"    {json.dumps(k)}: {json.dumps(v)}" for k, v in value.items())
            lines.append(f"  {json.dumps(key)}: {{\n{inner}\n  }}")
        else:
            lines.append(f"  {json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main():
    source, target = map(pathlib.Path, sys.argv[1:3])
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.glob("*.json")):
        facts = json.loads(path.read_text(encoding="utf-8"))
        (target / path.name).write_text(text_of(convert(facts, path.stem)), encoding="utf-8")


if __name__ == "__main__":
    main()
