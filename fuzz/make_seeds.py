#!/usr/bin/env python3
"""Makes fuzz/seeds/ from the test cases: each target gets the inputs that its reader is for. Those of marshal are
the unit tests' samples of all versions.

  make_seeds.py WINNOW_ASSEMBLE

Inputs above LARGEST bytes are left out; files are named by case, so that the difference can be reviewed. What fuzzing
found and run.py kept stays: those files are named by their hash. Seeds of fuzz_bytecode are made by
make_bytecode_seeds.py.
"""
import base64
import io
import pathlib
import re
import subprocess
import sys
import zipfile
import zlib

LARGEST = 4096
LARGEST_HDF5 = 8192  # libhdf5 leaves room between what it writes
HDF5 = b'\x89HDF\r\n\x1a\n'
HERE = pathlib.Path(__file__).parent
CASES = HERE.parent / 'tests' / 'cases'

# target: (does it take these bytes?, what of them)
COMPRESSED = (b'\x1f\x8b', b'BZh', b'\xfd7zXZ', b'\x04\x22\x4d\x18', b'\x28\xb5\x2f\xfd', b'\x78', b'\x5d\x00')


def is_container(data):
    return data.startswith((b'PK', b'\x93NUMPY', *COMPRESSED)) or data[257:262] == b'ustar'


def members(data):
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        return {name: z.read(name) for name in z.namelist()}


def script_parts(data):
    """Source, object and bytecode of an archive, as fuzz_torchscript.cpp takes them."""
    found = members(data)
    part = lambda ending: b''.join(found[name] for name in sorted(found) if name.endswith(ending))
    return part('.py') + b'\0' + part('data.pkl') + b'\0' + part('bytecode.pkl')


# As fuzz_python_file.cpp chooses names by the first byte.
NAMES = ['.py', '.ipynb', 'requirements.txt', '.sh', 'Dockerfile', '.yml', '', '.pth']


def file_with_name(name):
    number = [i for i, ending in enumerate(NAMES) if ending and name.endswith(ending)]
    return lambda data: bytes(number or [6]) + data


# Areas whose cases are no pickles.
OTHERS = set('''compressed configuration gguf graph_text java julia keras matlab msgpack network numbers onnx program python r
safetensors skops template tensorflow tflite torch7 xml'''.split())

TARGETS = {
    'fuzz_scan': (lambda area, data: True, lambda data: data),
    'fuzz_pickle': (lambda area, data: area not in OTHERS and not is_container(data), lambda data: data),
    'fuzz_zip': (lambda area, data: b'PK\x03\x04' in data, lambda data: data),
    'fuzz_tar': (lambda area, data: data[257:262] == b'ustar', lambda data: data),
    'fuzz_codecs': (lambda area, data: area == 'compressed' and data.startswith(COMPRESSED), lambda data: data),
    'fuzz_hdf5': (lambda area, data: data.startswith(HDF5), lambda data: data[len(HDF5):]),
    'fuzz_keras': (lambda area, data: area == 'keras' and not data.startswith(b'PK'), lambda data: data),
    'fuzz_r': (lambda area, data: area == 'r', lambda data: data),
    'fuzz_java': (lambda area, data: area == 'java', lambda data: data),
    'fuzz_formats': (lambda area, data: area in ('columns', 'julia', 'matlab', 'network', 'numbers', 'torch7', 'xml'), lambda data: data),
    'fuzz_gguf': (lambda area, data: data.startswith(b'GGUF'), lambda data: data),
    'fuzz_template': (lambda area, data: area in ('template', 'gguf'), lambda data: data),
    'fuzz_tensorflow': (lambda area, data: area == 'tensorflow', lambda data: data),
    'fuzz_python_file': (lambda area, data: area == 'python', None),  # with its name in front
    'fuzz_onnx': (lambda area, data: area == 'onnx', lambda data: data),
    'fuzz_flatbuffer': (lambda area, data: area == 'tflite', lambda data: b'\0' + data),
    'fuzz_tensors': (lambda area, data: area in ('safetensors', 'skops', 'msgpack') and b'PK\x05\x06' not in data or area == 'skops',
                     lambda data: members(data).get('schema.json', b'') if data.startswith(b'PK') else data),
    'fuzz_torchscript': (lambda area, data: area == 'torchscript', script_parts),
    'fuzz_configuration': (lambda area, data: area == 'configuration', lambda data: data),
    'fuzz_npy': (lambda area, data: data.startswith(b'\x93NUMPY'), lambda data: data[6:]),
}


def marshal_seeds():
    """(name, seed): the sample of each version, read as every reader of fuzz_marshal.cpp would."""
    text = (HERE.parent / 'src' / 'code' / 'bytecode' / 'lambda_samples.h').read_text()
    for major, minor, literal in re.findall(r'\{\{(\d), (\d+)\},([^}]*)\}', text):
        encoded = ''.join(re.findall('"([^"]*)"', literal))
        data = base64.b64decode(encoded)
        version = '%s.%s' % (major, minor)
        yield version + '.marshal', bytes([20 if major == '2' else int(minor) + 4]) + data
        yield version + '.bare', b'\x01' + data
        yield version + '.text', b'\x02' + encoded.encode()
        yield version + '.slashes', b'\x03' + data.replace(b'\\', b'/')
        if version == '3.8':
            yield version + '.pyc', b'\x00\x55\x0d\r\n' + bytes(12) + data
            ints = [2, 0, 0, 2, 3, 67]
            values = b''.join(b'i' + n.to_bytes(4, 'little') for n in ints) + b's\x04\0\0\0d\0S\0)\x01N)\0)\x02z\x01xz\x01kz\x01fz\x01gi\x01\0\0\0s\0\0\0\0)\0)\0'
            yield 'arguments', b'\x0c)\x10' + values
    nested = b')\x06[\x01\0\0\0Tl\x02\0\0\0\x01\0\x02\0g\0\0\0\0\0\0\xf8\x3f{z\x01aN0<\x01\0\0\0T>\x01\0\0\0i\x05\0\0\0'
    yield 'containers', b'\x0c' + nested


SOURCES = {
    'statements': 'def f(a, b=1, /, c: int = 2, *d, e, **g) -> int:\n    global x\n    return [i async for i in a if b]\n'
                  'try:\n    pass\nexcept* (A, B) as e:\n    raise e from None\nelse:\n    del a[0], b\nfinally:\n    assert a, b\n'
                  '@d\nclass A[T: int = str](B, k=1):\n    x: int = 1\n    (y): str\nasync def g():\n    async with a as b, c: await d\n',
    'patterns': 'match a, *b:\n    case [1, *_] | {"k": v, **r} | P.q(x, y=-1 + 2j) as z if w: pass\n    case None | "s" | (a.b): pass\n',
    'strings': 'x = f"{a!r:>{w}} {{}} {b = } {c["d"]:%H} {f\'{1}\'}" "t" rf\'\\d{x}\'\ny = t\'{ z!s}\', b"\\xff", r"\\N", "\\N{SPACE}\\u00e9\\\n"\n',
    'expressions': 'a = lambda *a, b=1: (yield a), [*b, c := d], {**e, 1: 2}, {3, *f}\ng = a if not b else -c ** ~d @ e // 1_0.5e3j\n'
                   'h[1:2, ::3, ...] += 0xff << 0o7 & 0b1 | a < b is not c not in d\n',
    'python_2': 'print >>f, `x`, u"a" ur"\\u0041",\nexec "a" in b, c\ntry:\n  raise E, "v", t\nexcept (A, B), e: print 0777 <> 10L\n'
                'def f((a, (b, c)), d=lambda (x): x): return [x for x in 1, 2 if lambda: 3]\n',
    'broken': 'if a = 1:\n    b(\nelse\n  c = """d\n   e)]}\n \tf\n\x00g\\h\n$ ? !\n',
}


def source_seeds():
    """(name, seed): the first byte holds the options of fuzz_source.cpp."""
    for name, text in SOURCES.items():
        yield name, (b'\2' if name == 'python_2' else b'\0') + text.encode()
        if name == 'expressions':
            for number, line in enumerate(text.splitlines()):
                yield 'expression%d' % number, b'\1' + line.split(' = ')[-1].encode()


def machine_seeds():
    """(name, seed): the programs of the machine's unit tests, and the functions of fuzz_bytecode as they are run."""
    text = (HERE.parent / 'src' / 'code' / 'machine' / 'run_test.cpp').read_text()
    for name, source in re.findall(r'\{"(\w+)", R"py\((.*?)\)py"', text, re.S):
        if len(source) <= LARGEST:
            yield name + '.py', b'\0' + source.encode()
    for path in sorted((HERE / 'seeds' / 'fuzz_bytecode').iterdir()):
        yield path.name, b'\1' + path.read_bytes()


def empty(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if not re.fullmatch('[0-9a-f]{40}', path.name):
            path.unlink()
    return folder


def main():
    seeds = HERE / 'seeds'
    for target in TARGETS:
        empty(seeds / target)
    count = total = 0
    seen = set()
    for path in sorted(CASES.rglob('*.test')):
        sampled = zlib.crc32(path.relative_to(CASES).as_posix().encode()) % 4 == 0
        data = subprocess.run([sys.argv[1], path], check=True, capture_output=True).stdout
        if not data or len(data) > (LARGEST_HDF5 if data.startswith(HDF5) else LARGEST):
            continue
        for target, (takes, part) in TARGETS.items():
            # The whole scan gets a sample of what the other targets have in full.
            if not takes(path.parent.name, data) or (target == 'fuzz_scan' and not sampled):
                continue
            name = re.search(r'^# file: (.*)', path.read_text(), re.M)
            seed = (part or file_with_name(name.group(1) if name else ''))(data)
            if (target, seed) in seen:
                continue
            seen.add((target, seed))
            (seeds / target / ('%s.%s' % (path.parent.name, path.stem))).write_bytes(seed)
            count, total = count + 1, total + len(seed)
    compiled = ((path.name, path.read_bytes()) for path in sorted((seeds / 'fuzz_bytecode').iterdir()))
    for target, made in (('fuzz_marshal', marshal_seeds()), ('fuzz_source', source_seeds()), ('fuzz_machine', machine_seeds()),
                         ('fuzz_decompile', compiled)):
        folder = empty(seeds / target)
        for name, seed in made:
            (folder / name).write_bytes(seed)
            count, total = count + 1, total + len(seed)
    print('%d seeds, %d bytes' % (count, total))


if __name__ == '__main__':
    main()
