#!/usr/bin/env python3
"""Does a verdict stand when the file is changed in ways that change nothing of what it does?

Every case of tests/cases and every fixture that is malicious or clean is transformed in every way that applies; what
was malicious must stay malicious, what was clean must not be accused. `exceptions.tsv` lists what does not hold, each
with its reason; one that holds again must leave the list.

  evasions.py WINNOW WINNOW_ASSEMBLE TESTS_FOLDER [--sample N] [--only WORD] [--keep FOLDER] [--matrix]
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

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import opcodes
import wrappings

BIGGEST = 300_000  # of an input in bytes: larger ones teach nothing more
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


def variants(original):
    """(name of the transformation, bytes) of all that apply."""
    data = original.data
    parts = opcodes.opcodes_of(data)
    if parts is not None:
        for name, change in opcodes.PICKLES.items():
            changed = change(opcodes.opcodes_of(data))  # anew: some change what they are given
            if changed is not None:
                yield name, changed
        for name, wrap in wrappings.PICKLE_WRAPPINGS.items():
            yield name, wrap(data)
    for table in (wrappings.WRAPPINGS, wrappings.TEXTS):
        for name, change in table.items():
            changed = change(data)
            if changed is not None:
                yield name, changed


def verdicts(winnow, folder):
    run = subprocess.run([winnow, 'scan', '--format', 'json', '--no-progress', folder], capture_output=True)
    if run.returncode not in (0, 1, 2):
        sys.exit('winnow died: %d\n%s' % (run.returncode, run.stderr.decode()))
    return {pathlib.PurePath(a['path']).name: a['verdict'] for a in json.loads(run.stdout)['artifacts']}


def stands(expect, verdict, transformation):
    if expect == 'malicious':
        return verdict == 'malicious'
    # Some changes are tricks that no honest writer makes: they are evidence, whatever stands behind them.
    return verdict in ('clean', 'skipped', 'incomplete') or transformation in wrappings.TRICKS


def exceptions(path):
    """(transformation, original) -> reason; `*` as the original stands for all."""
    with path.open(newline='') as file:
        rows = csv.DictReader(file, delimiter='\t', quoting=csv.QUOTE_NONE)
        return {(row['transformation'], row['original']): row['reason'] for row in rows}


def transformed(originals, folder, only):
    """Writes every variant; gives name of file -> (transformation, original)."""
    files = {}
    for original in originals:
        if len(original.data) > BIGGEST:
            continue
        for transformation, data in [('as_it_is', original.data), *variants(original)]:
            if only and only not in transformation and transformation != 'as_it_is':
                continue
            name = '%06d' % len(files)
            (folder / name).write_bytes(data)
            files[name] = (transformation, original)
    return files


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('winnow')
    parser.add_argument('assembler')
    parser.add_argument('tests', type=pathlib.Path)
    parser.add_argument('--sample', type=int, default=1, help='every Nth original only')
    parser.add_argument('--only', help='transformations whose name holds this')
    parser.add_argument('--keep', type=pathlib.Path, help='write the variants here and leave them')
    parser.add_argument('--matrix', action='store_true', help='print how many verdicts stand, per transformation')
    arguments = parser.parse_args()

    originals = [*assembled(arguments.assembler, arguments.tests / 'cases'), *fixtures(arguments.tests / 'fixtures')]
    originals = originals[::arguments.sample]
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.keep or pathlib.Path(scratch)
        folder.mkdir(exist_ok=True)
        files = transformed(originals, folder, arguments.only)
        found = verdicts(arguments.winnow, folder)

    # Some inputs are what they are only by their place: told apart by scanning them as they are.
    known = {original.name for name, (transformation, original) in files.items()
             if transformation == 'as_it_is' and not stands(original.expect, found[name], transformation)}
    allowed = exceptions(pathlib.Path(__file__).with_name('exceptions.tsv'))
    used, wrong, tally = set(), [], collections.defaultdict(collections.Counter)
    for name, (transformation, original) in files.items():
        if original.name in known or transformation == 'as_it_is':
            continue
        good = stands(original.expect, found[name], transformation)
        tally[transformation][original.expect, good] += 1
        if good:
            continue
        key = next((k for k in ((transformation, original.name), (transformation, '*'), ('*', original.name))
                    if k in allowed), None)
        if key:
            used.add(key)
        else:
            wrong.append((transformation, original.name, original.expect, found[name], name))
    if arguments.matrix:
        for transformation, counts in sorted(tally.items()):
            print('%-28s malicious %4d of %4d stand   clean %4d of %4d' % (
                transformation, counts['malicious', True], counts['malicious', True] + counts['malicious', False],
                counts['clean', True], counts['clean', True] + counts['clean', False]))
    for row in wrong:
        print('%s of %s: expected %s, got %s (%s)' % row)
    unused = set(allowed) - used if arguments.sample == 1 and not arguments.only else set()
    for key in sorted(unused):
        print('%s of %s stands: take it off exceptions.tsv' % key)
    total = sum(sum(counts.values()) for counts in tally.values())
    print('%d variants of %d inputs by %d transformations: %d wrong, %d listed exceptions' % (
        total, len(originals) - len(known), len(tally), len(wrong), len(used)))
    sys.exit(1 if wrong or unused else 0)


if __name__ == '__main__':
    main()
