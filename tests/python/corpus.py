#!/usr/bin/env python3
"""Scans every labelled file of a folder and compares verdicts with labels.

  corpus.py WINNOW FOLDER     FOLDER holds manifest.tsv

Misses that are known stand in FOLDER/known.tsv with their reason: they must still be wrong.

A malicious file must be malicious and its evidence must name a callee; a flagged one at least suspicious; a
clean one clean or skipped. Rows labelled `either` decide nothing.
"""
import json
import pathlib
import subprocess
import sys

import manifest


def complaint(row, artifact):
    verdict = artifact['verdict']
    standing = [f for f in artifact['findings'] if f['ruling'] != 'dismissed']
    if row['expect'] == 'malicious':
        if verdict != 'malicious':
            return 'malicious, but judged ' + verdict
        if not any(e.get('callee') for f in standing for e in f['evidence']):
            return 'no evidence names a callee'
    elif row['expect'] == 'flag' and verdict not in ('malicious', 'suspicious'):
        return 'to be flagged, but judged ' + verdict
    elif row['expect'] == 'clean' and verdict not in ('clean', 'skipped'):
        said = [f['summary'] for f in standing] + [g['what'] for g in artifact['gaps']]
        return 'clean, but judged %s: %s' % (verdict, '; '.join(said)[:200])
    return None


def scan(winnow, paths):
    run = subprocess.run([winnow, 'scan', '--format', 'json', *map(str, paths)], capture_output=True)
    if run.returncode not in (0, 1, 2):
        sys.exit('winnow ended with %d: %s' % (run.returncode, run.stderr.decode()[-2000:]))
    return {a['path']: a for a in json.loads(run.stdout)['artifacts']}


def known_misses(folder):
    listed = folder / 'known.tsv'
    if not listed.exists():
        return set()
    return {line.split('\t')[0] for line in listed.read_text().splitlines()[1:]}


def main():
    winnow, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    rows = manifest.rows(folder)
    artifacts = scan(winnow, [folder / row['file'] for row in rows])
    known = known_misses(folder)
    wrong = 0
    for row in rows:
        artifact = artifacts.get(str(folder / row['file']))
        why = complaint(row, artifact) if artifact else 'not in the report'
        if row['file'] in known:
            if why:
                continue
            why = 'is right now: take it off the list of known misses'
        if why:
            print('%s (%s): %s' % (row['file'], row['format'], why))
            wrong += 1
    print('%d files, %d wrong, %d known misses' % (len(rows), wrong, len(known)))
    sys.exit(1 if wrong or not rows else 0)


if __name__ == '__main__':
    main()
