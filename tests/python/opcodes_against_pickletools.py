#!/usr/bin/env python3
"""Compares our opcode reader with CPython's pickletools: same offsets, same names.

  opcodes_against_pickletools.py WINNOW [FOLDER_OF_MODELS]

`winnow debug opcodes FILE` prints one line per opcode, `<offset> <NAME>`. The streams are what pickle.dump
writes for values of every kind and protocol, what random valid opcodes make, and the pickles among the
files of the folder. Nothing is unpickled.
"""
import collections
import concurrent.futures
import datetime
import decimal
import os
import pathlib
import pickle
import pickletools
import random
import struct
import subprocess
import sys
import tempfile

import manifest

SEED = 20240817
RANDOM_STREAMS = 150
LARGEST = 300_000


def expected(data):
    """The opcodes of the first pickle, and where it ends; None where pickletools refuses the bytes."""
    lines = []
    try:
        for opcode, _, offset in pickletools.genops(data):
            lines.append('%d %s' % (offset, opcode.name))
    except Exception:  # pickletools raises whatever its decoders do
        return None
    return lines


def written_streams():
    """What pickle itself writes."""
    point = collections.namedtuple('point', 'x y')
    point.__module__, globals()['point'] = __name__, point
    values = [
        None, True, 0, -1, 255, 256, 65536, -2**31, 2**31, 2**63, -2**200, 2**4000, 1.5, float('inf'),
        '', 'abc', 'caf\u00e9 \u4e2d \U0001f600 \\ \n \ud800', 'x' * 300, 'y' * 70000, b'', b'abc', b'\x80' * 300,
        b'z' * 70000, bytearray(b'abc'), (), (1,), (1, 2), (1, 2, 3), tuple(range(10)), [], list(range(2500)),
        {}, {'a': 1, 'b': [1, {'c': ()}]}, {i: str(i) for i in range(1500)}, set(), {1, 2}, frozenset('abc'),
        collections.OrderedDict(a=1), collections.Counter('abc'), datetime.datetime(2020, 1, 2),
        decimal.Decimal('1.5'), slice(1, 2), range(3), complex(1, 2), int, len, point(1, 2), Ellipsis,
        ValueError('x'), collections.deque([1, 2], 3),
    ]
    shared = ['shared']
    cycle = []
    cycle.append(cycle)
    values += [[shared, shared, (shared,)], cycle]
    for value in values:
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            try:
                yield pickle.dumps(value, protocol)
            except Exception:  # not every value fits every protocol
                pass
    out_of_band = []
    yield pickle.dumps([pickle.PickleBuffer(b'abc'), pickle.PickleBuffer(bytearray(b'x'))], 5,
                       buffer_callback=out_of_band.append)


def random_argument(kind, rng):
    text = bytes(rng.choice(b'abcXYZ09._- ') for _ in range(rng.choice((0, 1, 5, 40, 300))))
    makers = {
        'uint1': lambda: bytes([rng.randrange(256)]), 'uint2': lambda: rng.randbytes(2),
        'int4': lambda: rng.randbytes(4), 'uint4': lambda: rng.randbytes(4),
        'uint8': lambda: struct.pack('<Q', rng.randrange(2**40)), 'float8': lambda: rng.randbytes(8),
        'floatnl': lambda: b'%d.25\n' % rng.randrange(-999, 999),
        'decimalnl_short': lambda: b'%d\n' % rng.randrange(10**6),
        'decimalnl_long': lambda: b'%dL\n' % rng.randrange(-10**30, 10**30),
        'stringnl': lambda: b"'" + text + b"'\n", 'stringnl_noescape': lambda: text + b'\n',
        'stringnl_noescape_pair': lambda: text + b'\n' + text + b'\n', 'unicodestringnl': lambda: text + b'\n',
        'string1': lambda: bytes([len(text[:255])]) + text[:255],
        'bytes1': lambda: bytes([len(text[:255])]) + text[:255],
        'unicodestring1': lambda: bytes([len(text[:255])]) + text[:255],
        'string4': lambda: struct.pack('<i', len(text)) + text,
        'bytes4': lambda: struct.pack('<I', len(text)) + text,
        'unicodestring4': lambda: struct.pack('<I', len(text)) + text,
        'bytes8': lambda: struct.pack('<Q', len(text)) + text,
        'bytearray8': lambda: struct.pack('<Q', len(text)) + text,
        'unicodestring8': lambda: struct.pack('<Q', len(text)) + text,
        'long1': lambda: b'\x03' + rng.randbytes(3), 'long4': lambda: b'\x05\0\0\0' + rng.randbytes(5),
    }
    return makers[kind.name]() if kind else b''


def random_streams():
    """Opcodes in any order: no stack makes sense of them, but a reader must see the same ones."""
    rng = random.Random(SEED)
    usable = [op for op in pickletools.opcodes if op.name not in ('STOP', 'FRAME')]
    for _ in range(RANDOM_STREAMS):
        data = b'\x80\x05'
        for _ in range(rng.randrange(1, 60)):
            opcode = rng.choice(usable)
            data += opcode.code.encode('latin-1') + random_argument(opcode.arg, rng)
        yield data + b'.'


def model_streams(folder):
    for path in sorted(folder.rglob('*')):
        if path.is_file() and path.stat().st_size <= LARGEST:
            data = path.read_bytes()
            if data[:1] == b'\x80' and data[1:2] in b'\x02\x03\x04\x05':
                yield data


def compare(winnow, path, lines):
    """What is wrong with our reading of the file, or None."""
    run = subprocess.run([winnow, 'debug', 'opcodes', path], capture_output=True, text=True, errors='replace')
    actual = [' '.join(line.split()[:2]) for line in run.stdout.splitlines()]
    if actual[:len(lines)] == lines:
        return None
    at = next((i for i, (a, b) in enumerate(zip(lines, actual)) if a != b), min(len(lines), len(actual)))
    return 'stream of %d bytes (%s...): at opcode %d pickletools says %r, we say %r' % (
        path.stat().st_size, path.read_bytes()[:16].hex(), at, lines[at:at + 1], actual[at:at + 1])


def main():
    winnow = sys.argv[1]
    streams = [*written_streams(), *random_streams()]
    for folder in map(pathlib.Path, sys.argv[2:]):
        if folder.is_dir():
            streams += model_streams(folder)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / 'stream.pkl'
        path.write_bytes(b'\x80\x04N.')
        probe = subprocess.run([winnow, 'debug', 'opcodes', path], capture_output=True, text=True)
        if probe.returncode == 64:
            manifest.skip('`winnow debug opcodes` does not exist')
        lines_of = {}
        for number, data in enumerate(streams):
            lines = expected(data)
            if lines is not None:
                path = pathlib.Path(folder) / ('%d.pkl' % number)
                path.write_bytes(data)
                lines_of[path] = lines
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            complaints = list(pool.map(lambda path: compare(winnow, path, lines_of[path]), lines_of))
    wrong = list(filter(None, complaints))
    print('\n'.join(wrong))
    print('%d streams, %d wrong' % (len(complaints), len(wrong)))
    sys.exit(1 if wrong else 0)


if __name__ == '__main__':
    main()
