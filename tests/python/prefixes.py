#!/usr/bin/env python3
"""Hands small labelled files to winnow-prefixes, which scans what broken downloads leave of them.

  prefixes.py WINNOW_PREFIXES FOLDER...     folders with manifest.tsv; at least one must exist
"""
import pathlib
import subprocess
import sys

import manifest

LARGEST = 200_000    # bytes of a file
PER_FORMAT = 12      # files of one format and label
SECONDS = 150


def main():
    folders = [folder for folder in map(pathlib.Path, sys.argv[2:]) if (folder / 'manifest.tsv').is_file()]
    if not folders:
        manifest.skip('none of %s holds a manifest.tsv' % ', '.join(sys.argv[2:]))
    lines, taken = [], {}
    for folder in folders:
        for row in sorted(manifest.rows(folder), key=lambda row: (int(row.get('size') or 0), row['file'])):
            path = folder / row['file']
            kind = (row['format'], row['expect'])
            if taken.get(kind, 0) >= PER_FORMAT or path.stat().st_size > LARGEST:
                continue
            taken[kind] = taken.get(kind, 0) + 1
            is_raw = row['format'] == 'pickle' and row['expect'] == 'malicious'
            lines.append('%s\t%s' % ('raw' if is_raw else 'any', path))
    run = subprocess.run([sys.argv[1]], input='\n'.join(lines).encode(), timeout=SECONDS)
    sys.exit(run.returncode)


if __name__ == '__main__':
    main()
