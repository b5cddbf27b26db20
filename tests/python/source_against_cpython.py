#!/usr/bin/env python3
"""Compares the parser and the printer of Python source with CPython, over the standard library.

usage: source_against_cpython.py WINNOW [--seconds N] [--python VERSION]... [--list]

For this interpreter, and for 2.7, 3.8 and 3.13 where pyenv has them: every file that CPython parses is parsed
without an error, gives CPython's own tree, and what is printed of it gives that tree again. Python 2's tree has
other words: there only the printed text is compared, tree with tree, by Python 2 itself. (Not its code: 2.7 leaves
out optimisations where line numbers jump far.) Without --seconds 0 (no limit) a sample is read, in an order that depends on the names alone.
"""
from __future__ import print_function

import ast
import hashlib
import io
import os
import subprocess
import sys
import time
import warnings

VERSION = "%d.%d" % sys.version_info[:2]
SKIPPED_FIELDS = ("ctx", "kind", "type_comment", "type_ignores")
# 3.14's fields that older trees lack.
ADDED = {"FunctionDef": ["type_params"], "AsyncFunctionDef": ["type_params"], "ClassDef": ["type_params"],
         "TypeVar": ["default_value"], "ParamSpec": ["default_value"], "TypeVarTuple": ["default_value"]}


def constant(value):
    """In the printer's spelling."""
    if isinstance(value, float):
        return repr(value).replace("inf", "1e309")
    if isinstance(value, complex):
        return constant(value.imag) + "j"
    if isinstance(value, str):
        return ascii(value)
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 66 * 32:
        return hex(value)
    return "..." if value is Ellipsis else repr(value)


def dump(node):
    """ast.dump with all fields of 3.14, except those that are none of ours."""
    if isinstance(node, list):
        return "[" + ", ".join(map(dump, node)) + "]"
    if not isinstance(node, ast.AST):
        return ascii(node) if isinstance(node, str) else repr(node)
    name = type(node).__name__
    if name == "Constant":
        return "Constant(value=%s)" % constant(node.value)
    if name == "MatchSingleton":
        return "MatchSingleton(value=%r)" % node.value
    if name == "Index":  # 3.8
        return dump(node.value)
    if name == "ExtSlice":
        return "Tuple(elts=%s)" % dump(node.dims)
    if name == "JoinedStr":  # the first 3.12 ends formats with an empty piece
        values = [v for v in node.values if not (isinstance(v, ast.Constant) and v.value == "")]
        return "JoinedStr(values=%s)" % dump(values)
    if name == "Compare":
        links = ["CompareOp(op=%s, comparator=%s)" % (dump(o), dump(c)) for o, c in zip(node.ops, node.comparators)]
        return "Compare(left=%s, comparisons=[%s])" % (dump(node.left), ", ".join(links))
    fields = ["%s=%s" % (f, dump(getattr(node, f, None))) for f in node._fields if f not in SKIPPED_FIELDS]
    for added in ADDED.get(name, []):
        if added not in node._fields:
            fields.append("%s=%s" % (added, "[]" if added == "type_params" else "None"))
    if name == "arg":
        fields.append("tuple=None")
    if name == "ExceptHandler":
        fields.append("target=None")
    return "%s(%s)" % (name, ", ".join(fields))


def run(winnow, path, show):
    command = [winnow, "debug", "parse", path, "--python", VERSION, "--show", show]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = process.communicate()
    return out, err.decode("utf-8", "replace").strip()


def check(winnow, path):
    """What is wrong with one file; None: CPython does not read it either; empty: nothing."""
    with io.open(path, "rb") as file:
        source = file.read()
    if b"\\N{" in source:
        return None  # names of characters are not resolved
    try:
        if sys.version_info[0] == 2:
            wanted = ast.dump(ast.parse(source))
        else:
            wanted = dump(ast.parse(source))
    except (SyntaxError, ValueError):
        return None
    text, errors = run(winnow, path, "source")
    if errors:
        return errors.splitlines()[0]
    if sys.version_info[0] == 2:
        try:
            return "" if wanted == ast.dump(ast.parse(text)) else "the printed text has another tree"
        except SyntaxError as error:
            return "the printed text does not parse: %s" % error
    tree, errors = run(winnow, path, "tree")
    ours = tree.decode("ascii").strip()
    if ours != wanted:
        at = next((i for i, (a, b) in enumerate(zip(ours, wanted)) if a != b), min(len(ours), len(wanted)))
        return "the tree differs: %s | CPython: %s" % (ours[max(at - 80, 0):at + 80], wanted[max(at - 10, 0):at + 80])
    try:
        again = dump(ast.parse(text))
    except SyntaxError as error:
        return "the printed text does not parse: %s" % error
    return "" if again == wanted else "the printed text has another tree"


def worker(winnow, seconds, listing):
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(20000)
    if hasattr(sys, "set_int_max_str_digits"):
        sys.set_int_max_str_digits(0)
    root = os.path.dirname(os.__file__)
    paths = []
    for folder, folders, files in os.walk(root):
        folders[:] = [f for f in folders if f not in ("site-packages", "__pycache__")]
        paths += [os.path.join(folder, f) for f in files if f.endswith(".py")]
    paths.sort(key=lambda p: hashlib.md5(os.path.relpath(p, root).encode()).hexdigest())
    end = time.time() + seconds
    read, bad = 0, []
    for path in paths:
        if seconds and time.time() > end:
            break
        fault = check(winnow, path)
        if fault is None:
            continue
        read += 1
        if fault:
            bad.append((path, fault))
    for path, fault in bad[:None if listing else 10]:
        print("%s: %s: %s" % (VERSION, os.path.relpath(path, root), fault[:400]))
    print("%s: %d of %d files agree (%d in the library)" % (VERSION, read - len(bad), read, len(paths)))
    return 1 if bad else 0


def main(arguments):
    winnow, options = arguments[0], arguments[1:]
    seconds, versions = 20.0, []
    while options:
        word = options.pop(0)
        if word == "--seconds":
            seconds = float(options.pop(0))
        elif word == "--python":
            versions.append(options.pop(0))
    if "--worker" in arguments:
        return worker(winnow, seconds, "--list" in arguments)
    home = os.path.expanduser("~/.pyenv/versions")
    found = sorted(os.listdir(home)) if os.path.isdir(home) else []
    interpreters = [] if versions else [sys.executable]
    for version in versions or ["2.7", "3.8", "3.13"]:
        interpreters += [os.path.join(home, f, "bin/python") for f in found if f.startswith(version + ".")][:1]
    passed_on = ["--seconds", str(seconds), "--worker"] + (["--list"] if "--list" in arguments else [])
    return max([subprocess.call([i, "-B", os.path.abspath(__file__), winnow] + passed_on) for i in interpreters])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
