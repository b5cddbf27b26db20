#!/usr/bin/env python3
"""Derives candidates for the knowledge base from a Python library's own sources.

Nothing is imported or run: every file is parsed with `ast` (Python 2 sources are brought to Python 3
spelling with lib2to3 first, where this interpreter still has it). Four questions can be asked:

  effects    Which functions, methods and constructors reach a primitive with an effect (a program
             started, code evaluated, a file written, ...), and which of their own parameters decides
             what it works on? The call graph is followed through imports, `self`, base classes, and
             variables that hold a freshly made object.
  reducers   Which names does the library itself put into pickles? (`__reduce__`, `__reduce_ex__`,
             `copyreg.pickle`, Cython's `__pyx_unpickle_*`, `_rebuild_*`, ...)
  classes    Which classes have a name that looks like a function's (starts with a lower-case letter)?
  setstate   Which classes define `__setstate__`, `__new__`, `__setitem__`, `append`, `extend` or
             `__reduce__`: what an unpickler calls without being asked?

  derive_knowledge.py effects  [--hops N] [--label NAME] [--package NAME]... [--skip FOLDER]... DIRECTORY...
  derive_knowledge.py reducers [--label NAME] [--package NAME]... DIRECTORY...
  derive_knowledge.py classes  [--package NAME]... DIRECTORY...
  derive_knowledge.py setstate [--package NAME]... DIRECTORY...

DIRECTORY is a folder that holds packages and modules, as `site-packages`, `Lib` or an unpacked wheel does;
with `--package` only the named package or module in it is read. For a wheel:

  unzip -q some_library.whl '*.py' -d some_library
  tools/derive_knowledge.py effects --hops 2 --label some-library-1.0 some_library

The output is tab-separated text for a person to curate, never knowledge by itself. Rows of `effects`:

  name     dotted; a class stands for its construction
  effect   as in README.md of the knowledge folder
  kind     param: a parameter decides what the primitive works on; self: the object's state does;
           const: neither, the primitive works on something fixed
  places   of the deciding parameters, counted without `self`; keyword-only ones by name
  hops     calls between the name and the primitive
  place    file:line of the definition
  chain    how the primitive is reached
  label    as given
"""
import argparse
import ast
import os
import re
import sys

from derive_library import Library, link_methods
from derive_primitives import EFFECTS_WORTH_A_CONSTANT
from derive_source import Walker, parse, statements

RANK = ['code', 'process', 'native', 'deserialise', 'network', 'fetch-model', 'file-delete', 'file-write',
        'import', 'tamper', 'terminate', 'environment', 'file-read']
UNPICKLER_METHODS = ('__init__', '__new__', '__post_init__', '__setstate__')


def effects(library, hops):
    link_methods(library)
    facts = library.propagate(hops)
    rows = []
    for name, found in facts.items():
        function = library.functions[name]
        last = name.rsplit('.', 1)[-1]
        owner = function.cls
        emitted = [name]
        if owner and last in ('__init__', '__new__', '__post_init__') and name == owner + '.' + last:
            emitted = [owner]
        for effect, (payload, distance, chain) in found.items():
            params = function.params[1:] if owner and function.kind != 'static' else function.params
            outside = [p for p in payload if p in params or p not in function.params]
            where = ','.join(str(params.index(p)) if p in params else p for p in sorted(outside))
            kind = 'param' if outside else ('self' if payload else 'const')
            if kind == 'const' and effect not in EFFECTS_WORTH_A_CONSTANT:
                continue
            for shown in emitted:
                rows.append((shown, effect, kind, where, distance, '%s:%d' % (function.file, function.line),
                             chain))
    # Classes that inherit an effectful constructor or __setstate__.
    for cls in library.classes:
        for method in UNPICKLER_METHODS:
            found = library.method(cls, method)
            if found and found in facts and not found.startswith(cls + '.'):
                function = library.functions[found]
                for effect, (payload, distance, chain) in facts[found].items():
                    params = function.params[1:]
                    outside = [p for p in payload if p in params or p not in function.params]
                    if not outside and effect not in EFFECTS_WORTH_A_CONSTANT:
                        continue
                    shown = cls if method != '__setstate__' else cls + '.__setstate__'
                    where = ','.join(str(params.index(p)) if p in params else p for p in sorted(outside))
                    rows.append((shown, effect, 'param' if outside else ('self' if payload else 'const'), where,
                                 distance + 1, '%s:%d' % (library.classes[cls]['file'],
                                                          library.classes[cls]['line']),
                                 found + ' > ' + chain))
    rows.sort(key=lambda r: (r[0], RANK.index(r[1])))
    return rows


REBUILD = re.compile(r'^_*(rebuild|reconstruct|restore|unpickle|pyx_unpickle|recreate|make_skel|from_pickle)'
                     r'|unpickle|_ctor$|_reconstruct|_rebuild|^_new_|_from_args$|^_?unreduce|^_?revive|'
                     r'^__?\w*(generator|bit_generator)\w*ctor')


def reducers(root, package=None):
    """(name, how it was found) pairs of what the library's own pickling support calls at load."""
    found = set()
    library = Library()
    for folder, folders, files in os.walk(os.path.join(root, package.replace('.', os.sep)) if package else root):
        folders[:] = [f for f in folders if f != '__pycache__' and not f.endswith('.dist-info')]
        for file in sorted(files):
            path = os.path.join(folder, file)
            relative = os.path.relpath(path, root)
            module = re.sub(r'\.(py|pyx|pxi|pyx\.in|pyx\.tp)$', '', relative).replace(os.sep, '.')
            module = re.sub(r'\.__init__$', '', module)
            if file.endswith(('.pyx', '.pyx.in', '.pyx.tp', '.pxi')):
                with open(path, 'rb') as handle:
                    text = handle.read().decode('utf-8', 'replace')
                for match in re.finditer(r'^(?:cp?def|def)\s+(?:\w+\s+)?(\w+)\s*\(', text, re.M):
                    if REBUILD.search(match.group(1)):
                        found.add((module + '.' + match.group(1), 'name'))
                for match in re.finditer(r'^cdef class (\w+)', text, re.M):
                    found.add((module + '.__pyx_unpickle_' + match.group(1), 'cython'))
                for match in re.finditer(r'def __reduce(?:_ex|_cython)?__\([^)]*\):(.*?)(?=\n    (?:def|cp?def|@)|\n\S)',
                                         text, re.S):
                    for back in re.finditer(r'return\s*\(?\s*([A-Za-z_][\w.]*)\s*,', match.group(1)):
                        found.add((module + '.' + back.group(1), 'reduce'))
            if not file.endswith('.py'):
                continue
            tree = parse(path)
            if tree is None:
                continue
            walker = Walker(library, module, file == '__init__.py', relative)
            walker.imports(tree.body, walker.names)
            for node in statements(tree.body):
                if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                    walker.names[node.name] = module + '.' + node.name
                if isinstance(node, ast.FunctionDef) and REBUILD.search(node.name):
                    found.add((module + '.' + node.name, 'name'))
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef) and (
                        node.name in ('__reduce__', '__reduce_ex__') or re.match(r'_?(reduce|pickle|save)_', node.name)):
                    local = {}
                    walker.imports_of(list(ast.walk(node)), local)
                    for sub in ast.walk(node):
                        if isinstance(sub, ast.Return) and isinstance(sub.value, ast.Tuple) and sub.value.elts:
                            target = walker.resolve(sub.value.elts[0], local, None, {})
                            if target and not target.startswith('self.'):
                                found.add((target, 'reduce'))
                elif isinstance(node, ast.Call):
                    callee = walker.resolve(node.func, {}, None, {})
                    if callee in ('copyreg.pickle', 'copy_reg.pickle') and len(node.args) > 2:
                        target = walker.resolve(node.args[2], {}, None, {})
                        if target:
                            found.add((target, 'copyreg'))
    return sorted(found)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('question', choices=['effects', 'reducers', 'classes', 'setstate'])
    parser.add_argument('directories', nargs='+', metavar='DIRECTORY')
    parser.add_argument('--hops', type=int, default=4, help='calls that may lie between a name and a primitive')
    parser.add_argument('--label', default='', help='the last column of every row')
    parser.add_argument('--package', action='append', default=[], help='read only this package of the directory')
    parser.add_argument('--skip', action='append', default=[], metavar='FOLDER', help='folder names to leave out')
    options = parser.parse_args()
    sys.setrecursionlimit(20000)
    for directory in options.directories:
        packages = options.package or [None]
        if options.question == 'reducers':
            for package in packages:
                for name, how in reducers(directory, package):
                    print('\t'.join((name, how, options.label)))
            continue
        library = Library()
        for package in packages:
            library.read(directory, package, set(options.skip))
        if options.question == 'effects':
            for row in effects(library, options.hops):
                print('\t'.join(map(str, row)) + '\t' + options.label)
        elif options.question == 'classes':
            for name in sorted(library.classes):
                if name.rsplit('.', 1)[-1].lstrip('_')[:1].islower():
                    print(name + '\t' + library.classes[name]['file'])
        else:
            for name in sorted(library.classes):
                for method in ('__setstate__', '__reduce__', '__reduce_ex__', '__new__', '__setitem__', 'append',
                               'extend', '__setattr__'):
                    if name + '.' + method in library.functions:
                        print(name + '\t' + method)
    return 0


if __name__ == '__main__':
    sys.exit(main())
