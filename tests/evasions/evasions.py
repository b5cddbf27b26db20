#!/usr/bin/env python3
"""Does a verdict stand when the file is changed in ways that change nothing of what it does?

Every case of tests/cases and every fixture that is malicious or clean is transformed in every way that applies, with
--pairs also in every two ways after each other; what was malicious must stay malicious, what was clean must not be
accused. `exceptions.tsv` lists what does not hold, each with its reason; one that holds again must leave the list.

  evasions.py WINNOW WINNOW_ASSEMBLE TESTS_FOLDER [--pairs] [--sample N] [--only WORD] [--keep FOLDER] [--matrix]
"""
import argparse
import collections
import csv
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import warnings
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import opcodes
import wrappings

BIGGEST = 300_000  # of an input in bytes: larger ones teach nothing more
BATCH = 50_000_000  # bytes in a folder that is scanned at once
Original = collections.namedtuple('Original', 'name expect data')


def assembled(assembler, folder):
    """Inputs of the cases whose file is recognised by its content alone."""
    for path in sorted(folder.rglob('*.test')):
        text = path.read_text(encoding='utf-8', errors='replace')
        verdict = re.search(r'^verdict: (\w+)', text, re.M)
        if not verdict or verdict[1] not in ('malicious', 'clean') or re.search(r'^# (xfail|file):', text, re.M):
            continue
        run = subprocess.run([assembler, path], capture_output=True)
        if run.returncode == 0:
            yield Original('%s/%s' % (path.parent.name, path.stem), verdict[1], run.stdout)


def fixtures(folder):
    with (folder / 'manifest.tsv').open(newline='') as file:
        for row in csv.DictReader(file, delimiter='\t', quoting=csv.QUOTE_NONE):
            if row['expect'] in ('malicious', 'clean'):
                yield Original(row['file'], row['expect'], (folder / row['file']).read_bytes())


def variants(data):
    """(name of the transformation, bytes, ending of the name) of all that apply."""
    if opcodes.opcodes_of(data) is not None:
        for name, change in opcodes.PICKLES.items():
            changed = change(opcodes.opcodes_of(data))  # anew: some change what they are given
            if changed is not None:
                yield name, changed, ''
        for name, wrap in wrappings.PICKLE_WRAPPINGS.items():
            yield name, wrap(data), ''
    for table in (wrappings.WRAPPINGS, wrappings.REPACKS, wrappings.TEXTS):
        for name, change in table.items():
            changed = change(data)
            if changed is not None:
                yield name, changed, ''
    for name, ending in wrappings.RENAMES.items():
        yield name, data, ending


def pairs(data):
    """As variants, of every variant; what only renames comes last."""
    for first, once, ending in variants(data):
        if not ending and len(once) <= BIGGEST:
            for second, twice, ending in variants(once):
                yield '%s, %s' % (first, second), twice, ending


def verdicts(winnow, folder):
    run = subprocess.run([winnow, 'scan', '--format', 'json', '--no-progress', folder], capture_output=True)
    if run.returncode not in (0, 1, 2):
        sys.exit('winnow died: %d\n%s' % (run.returncode, run.stderr.decode()))
    return {pathlib.PurePath(a['path']).name: a['verdict'] for a in json.loads(run.stdout)['artifacts']}


def stands(expect, verdict, transformation):
    if expect == 'malicious':
        return verdict == 'malicious'
    # Some changes are tricks that no honest writer makes: they are evidence, whatever stands behind them.
    parts = transformation.split(', ')
    tricks = wrappings.TRICKS + (wrappings.TRICKS_IN_PAIRS if len(parts) == 2 else ())
    return verdict in ('clean', 'skipped', 'incomplete') or any(part in tricks for part in parts)


def exceptions(path):
    """(transformation, original) -> reason; `*` as the original stands for all."""
    with path.open(newline='') as file:
        rows = csv.DictReader(file, delimiter='\t', quoting=csv.QUOTE_NONE)
        return {(row['transformation'], row['original']): row['reason'] for row in rows}


def allowing(allowed, transformation, original):
    """The key of the exception that covers this; a pair has those of its two."""
    for each in (transformation, *transformation.split(', ')):
        for key in ((each, original), (each, '*'), ('*', original)):
            if key in allowed:
                return key
    return None


def batches(originals, of, only):
    """Lists of (transformation, original, bytes, ending), small enough for a folder."""
    batch, size = [], 0
    for original in originals:
        for transformation, data, ending in of(original.data):
            if only and only not in transformation:
                continue
            batch.append((transformation, original, data, ending))
            size += len(data)
            if size > BATCH:
                yield batch
                batch, size = [], 0
    yield batch


def scanned(winnow, batch, keep):
    """(transformation, original, verdict, name of the file) of each."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        if keep:
            folder = keep / ('%03d' % len(list(keep.glob('*'))))
            folder.mkdir(parents=True)
        names = ['%06d%s' % (number, ending) for number, (_, _, _, ending) in enumerate(batch)]
        for name, (_, _, data, _) in zip(names, batch):
            (folder / name).write_bytes(data)
        found = verdicts(winnow, folder) if batch else {}
    return [(transformation, original, found[name], name) for name, (transformation, original, _, _) in zip(names, batch)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('winnow')
    parser.add_argument('assembler')
    parser.add_argument('tests', type=pathlib.Path)
    parser.add_argument('--pairs', action='store_true', help='two transformations after each other, instead of one')
    parser.add_argument('--sample', type=int, default=1, help='one original in N only, always the same ones')
    parser.add_argument('--only', help='transformations whose name holds this')
    parser.add_argument('--keep', type=pathlib.Path, help='write the variants here and leave them')
    parser.add_argument('--matrix', action='store_true', help='print how many verdicts stand, per transformation')
    arguments = parser.parse_args()
    warnings.filterwarnings('ignore', 'Duplicate name')

    originals = [*assembled(arguments.assembler, arguments.tests / 'cases'), *fixtures(arguments.tests / 'fixtures')]
    originals = [original for original in originals if zlib.crc32(original.name.encode()) % arguments.sample == 0 and len(original.data) <= BIGGEST]
    # Some inputs are what they are only by their place: told apart by scanning them as they are.
    known = {original.name for batch in batches(originals, lambda data: [('as_it_is', data, '')], None)
             for transformation, original, verdict, _ in scanned(arguments.winnow, batch, None)
             if not stands(original.expect, verdict, transformation)}
    originals = [original for original in originals if original.name not in known]

    allowed = exceptions(pathlib.Path(__file__).with_name('exceptions.tsv'))
    used, wrong, tally = set(), [], collections.defaultdict(collections.Counter)
    results = (result for batch in batches(originals, pairs if arguments.pairs else variants, arguments.only)
               for result in scanned(arguments.winnow, batch, arguments.keep))
    for transformation, original, verdict, name in results:
        good = stands(original.expect, verdict, transformation)
        tally[transformation][original.expect, good] += 1
        if good:
            continue
        key = allowing(allowed, transformation, original.name)
        if key:
            used.add(key)
        else:
            wrong.append((transformation, original.name, original.expect, verdict, name))
    if arguments.matrix:
        width = max(map(len, tally), default=0)
        for transformation, counts in sorted(tally.items()):
            print('%-*s malicious %4d of %4d stand   clean %4d of %4d' % (
                width, transformation, counts['malicious', True], counts['malicious', True] + counts['malicious', False],
                counts['clean', True], counts['clean', True] + counts['clean', False]))
    for row in wrong:
        print('%s of %s: expected %s, got %s (%s)' % row)
    partly = arguments.sample != 1 or arguments.only or arguments.pairs
    unused = set() if partly else {key for key in allowed if ', ' not in key[0]} - used
    for key in sorted(unused):
        print('%s of %s stands: take it off exceptions.tsv' % key)
    total = sum(sum(counts.values()) for counts in tally.values())
    print('%d variants of %d inputs by %d %s: %d wrong, %d listed exceptions' % (
        total, len(originals), len(tally), 'pairs of transformations' if arguments.pairs else 'transformations', len(wrong), len(used)))
    sys.exit(1 if wrong or unused else 0)


if __name__ == '__main__':
    main()
