#!/usr/bin/env python3
"""Compiles knowledge/opcodes/*.json into the C++ tables that src/code/bytecode/opcodes.* include.

usage: compile_opcodes.py OPCODES_DIR NAMES_OUTPUT TABLES_OUTPUT

NAMES: the enumerators of Opcode, one per name over all versions. TABLES: one row per byte and version, and the
lists of names that arguments index (they only ever grew, so the longest serves all versions).
"""
import json
import pathlib
import sys


def longest(tables, key):
    """The list under `key` that all versions' lists are a prefix of."""
    best = []
    for table in tables:
        names = table.get(key, [])
        if best[:len(names)] != names[:len(best)]:
            raise SystemExit(f"{table['python']}: {key} is not an extension of the earlier versions' list")
        best = max(best, names, key=len)
    return best


def rows(table):
    out = [("unknown_opcode", "none", 0, False)] * 256
    kinds = {name: kind for kind, names in table["arguments"].items() for name in names}
    caches = table.get("caches", {})
    for name, byte in table["opcodes"].items():
        plain = "plain" if byte >= table["have_argument"] else "none"
        out[byte] = (name.lower(), kinds.get(name, plain), caches.get(name, 0), False)
    for name, byte_list in table.get("specialised", {}).items():
        base = out[table["opcodes"][name]]
        for byte in byte_list:
            out[byte] = base[:3] + (True,)
    return out


def main():
    folder, names_path, tables_path = map(pathlib.Path, sys.argv[1:4])
    tables = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")]
    tables.sort(key=lambda table: tuple(map(int, table["python"].split("."))))
    names = sorted({name for table in tables for name in table["opcodes"]})
    names_path.write_text("".join(f'WINNOW_OPCODE({name.lower()}, "{name}")\n' for name in names), encoding="utf-8")

    text = ["constexpr OpcodeSet kSets[] = {\n"]
    for table in tables:
        major, minor = table["python"].split(".")
        text.append(f"{{{{{major}, {minor}}}, {table['have_argument']}, {{{{\n")
        for opcode, kind, caches, specialised in rows(table):
            text.append(f"{{Opcode::{opcode}, Argument::{kind}, {caches}, {str(specialised).lower()}}},\n")
        text.append("}}},\n")
    text.append("};\n")
    for key in ("binary_operators", "intrinsics_1", "intrinsics_2", "common_constants"):
        words = ", ".join(json.dumps(word) for word in longest(tables, key))
        text.append(f"constexpr std::string_view k_{key}[] = {{{words}}};\n")
    tables_path.write_text("".join(text), encoding="utf-8")


if __name__ == "__main__":
    main()
