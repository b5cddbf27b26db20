#!/usr/bin/env python3
"""Makes fuzz/seeds/ from the test cases: each target gets the inputs that its reader is for.

  make_seeds.py WINNOW_ASSEMBLE

Inputs above LARGEST bytes are left out; files are named by case, so that the difference can be reviewed.
"""
import pathlib
import shutil
import subprocess
import sys

LARGEST = 4096
HERE = pathlib.Path(__file__).parent
CASES = HERE.parent / 'tests' / 'cases'

# target: (does it take these bytes?, what of them)
COMPRESSED = (b'\x1f\x8b', b'BZh', b'\xfd7zXZ', b'\x04\x22\x4d\x18', b'\x28\xb5\x2f\xfd', b'\x78', b'\x5d\x00')


def is_container(data):
    return data.startswith((b'PK', b'\x93NUMPY', *COMPRESSED)) or data[257:262] == b'ustar'


TARGETS = {
    'fuzz_scan': (lambda area, data: True, lambda data: data),
    'fuzz_pickle': (lambda area, data: not is_container(data), lambda data: data),
    'fuzz_zip': (lambda area, data: b'PK\x03\x04' in data, lambda data: data),
    'fuzz_tar': (lambda area, data: data[257:262] == b'ustar', lambda data: data),
    'fuzz_codecs': (lambda area, data: area == 'compressed' and data.startswith(COMPRESSED), lambda data: data),
    'fuzz_npy': (lambda area, data: data.startswith(b'\x93NUMPY'), lambda data: data[6:]),
}


def main():
    seeds = HERE / 'seeds'
    if seeds.is_dir():
        shutil.rmtree(seeds)
    count = total = 0
    seen = set()
    for number, path in enumerate(sorted(CASES.rglob('*.test'))):
        data = subprocess.run([sys.argv[1], path], check=True, capture_output=True).stdout
        if not data or len(data) > LARGEST:
            continue
        for target, (takes, part) in TARGETS.items():
            # The whole scan gets a sample of what the other targets have in full.
            if not takes(path.parent.name, data) or (target == 'fuzz_scan' and number % 4):
                continue
            seed = part(data)
            if (target, seed) in seen:
                continue
            seen.add((target, seed))
            folder = seeds / target
            folder.mkdir(parents=True, exist_ok=True)
            (folder / ('%s.%s' % (path.parent.name, path.stem))).write_bytes(seed)
            count, total = count + 1, total + len(seed)
    print('%d seeds, %d bytes' % (count, total))


if __name__ == '__main__':
    main()
