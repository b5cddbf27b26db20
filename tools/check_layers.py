#!/usr/bin/env python3
"""Proves that includes point down only. Prints `file:line: message` for every one that does not.

  check_layers.py [SOURCE_TREE]
"""
import pathlib
import re
import sys

# A layer may include what stands here, and itself. The order of ARCHITECTURE.md:
# bytes < knowledge, containers < core < code < formats < engine < apps; judge and report see core and
# knowledge only.
BELOW = {
    'bytes': set(),
    'knowledge': {'bytes'},
    'containers': {'bytes'},
    'core': {'bytes', 'knowledge'},
    'code': {'bytes', 'knowledge', 'containers', 'core'},
    'judge': {'bytes', 'knowledge', 'core'},
    'report': {'bytes', 'knowledge', 'core'},
    'formats': {'bytes', 'knowledge', 'containers', 'core', 'code'},
    'engine': {'bytes', 'knowledge', 'containers', 'core', 'code', 'judge', 'report', 'formats'},
}
BELOW['winnow.h'] = set(BELOW) | {'winnow.h'}
BELOW['apps'] = BELOW['winnow.h'] | {'apps'}

# Inside code/: source and bytecode are translated to the IR, the machine runs it, pickles drive the machine.
INSIDE_CODE = {
    'ir': set(),
    'python': {'ir'},
    'bytecode': {'ir', 'python'},
    'template': {'ir', 'python'},
    'machine': {'ir', 'python', 'bytecode'},
    'pickle': {'ir', 'python', 'bytecode', 'machine'},
    'torchscript': {'ir', 'python', 'bytecode', 'machine', 'pickle'},
    'graph': {'machine'},
    'r': set(),
}

INCLUDE = re.compile(r'\s*#\s*include\s*"([^"]+)"')


def layer_of(path):
    """The layer of a path relative to src/ or to the repository: 'core/scan.h' is of core."""
    first = path.split('/')[0]
    return 'winnow.h' if first in ('winnow.h', 'winnow.cpp') else first


def folder_inside(path, layer):
    """'code/pickle/vm.h' lies in 'pickle'; None for files directly in the layer's folder."""
    parts = path.split('/')
    return parts[1] if len(parts) > 2 and parts[0] == layer else None


def complaint(source, target):
    """Why `source` must not include `target` (both relative to src/), or None."""
    above, below = layer_of(source), layer_of(target)
    if above not in BELOW:
        return '%s is in no layer that this script knows' % source
    if below not in BELOW:
        return None  # not ours: a generated file beside the source
    if below != above and below not in BELOW[above]:
        return '%s must not include %s' % (above, below)
    here, there = folder_inside(source, above), folder_inside(target, below)
    if above == below == 'formats' and here and there and here != there:
        return 'a format must not include another format (%s includes %s)' % (here, there)
    if above == below == 'formats' and here and there is None and pathlib.PurePath(target).stem == 'registry':
        return 'a format must not include the registry'
    if above == below == 'code' and here and there and here != there:
        if there not in INSIDE_CODE.get(here, set()):
            return 'code/%s must not include code/%s' % (here, there)
    return None


def sources(root):
    """(path relative to the layers, file) of every source file."""
    for base in (root / 'src', root):
        folder = base if base.name == 'src' else base / 'apps'
        for path in sorted(folder.rglob('*')):
            if path.suffix in ('.h', '.hpp', '.c', '.cc', '.cpp', '.inc') and path.is_file():
                yield path.relative_to(base).as_posix(), path


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent)
    wrong = checked = 0
    for relative, path in sources(root):
        if relative.endswith('_test.cpp'):
            continue  # tests may look anywhere
        checked += 1
        for number, line in enumerate(path.read_text(errors='replace').splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            target = match.group(1)
            if target.startswith('../') or '/../' in target:
                why = 'includes are written from the source root, not with ".."'
            elif '/' not in target and layer_of(target) != 'winnow.h':
                continue  # a file of the same folder
            else:
                why = complaint(relative, target)
            if why:
                print('%s:%d: %s' % (path.relative_to(root), number, why))
                wrong += 1
    print('%d files, %d includes point the wrong way' % (checked, wrong))
    sys.exit(1 if wrong or not checked else 0)


if __name__ == '__main__':
    main()
