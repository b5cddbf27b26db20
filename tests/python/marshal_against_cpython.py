"""Compares the reader of marshal with the interpreters found: dumps of many objects and of code objects of the
standard library must be equal, mutated bytes be accepted or refused alike, and instructions be those of `dis`.

  marshal_against_cpython.py WINNOW [MODULES] [MUTANTS] [VERSION...]

Interpreters: this one, python2.7 and python3.N on the PATH, those of pyenv; and in WINNOW_PYODIDE, a folder with
one folder for each minor version (3.14) in which the npm package of Pyodide is installed, with sources to compile in
WINNOW_SOURCES/3.14.
"""
import glob
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile

ARGUMENT = b'argument'.hex()
WORKER = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'marshal_worker.py')


def interpreters():
    """(version, command) of each minor version once."""
    found = {}
    home = os.environ.get('PYENV_ROOT', os.path.expanduser('~/.pyenv'))
    candidates = [sys.executable] + [shutil.which('python%s' % v) for v in ['2.7'] + ['3.%d' % n for n in range(16)]]
    candidates += sorted(glob.glob(os.path.join(home, 'versions', '*', 'bin', 'python')))
    for path in candidates:
        if not path:
            continue
        try:
            text = subprocess.run([path, '-c', 'import sys; print("%d.%d" % sys.version_info[:2])'],
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=20, check=True).stdout.decode().strip()
        except (OSError, subprocess.SubprocessError):
            continue
        found.setdefault(text, [path, '-B'])
    folder = os.environ.get('WINNOW_PYODIDE')
    if folder and shutil.which('node'):
        for version in os.listdir(folder):
            if version.startswith('3.') and os.path.isdir(os.path.join(folder, version, 'node_modules', 'pyodide')):
                found.setdefault(version, ['node', os.path.join(os.path.dirname(WORKER), 'pyodide_run.mjs'), os.path.join(folder, version)])
    return sorted(found.items(), key=lambda item: [int(n) for n in item[0].split('.')])


def split(data):
    out, at = [], 0
    while at < len(data):
        size, = struct.unpack('<I', data[at:at + 4])
        out.append(data[at + 4:at + 4 + size])
        at += 4 + size
    return out


def write(path, objects):
    with open(path, 'wb') as file:
        for data in objects:
            file.write(struct.pack('<I', len(data)) + data)


def their_view(python, path, count):
    """One line an object; "crash" where the interpreter died of it."""
    lines = []
    while len(lines) < count:
        run = subprocess.run(python + [WORKER, 'view', path, str(len(lines))], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        lines += run.stdout.decode('latin-1').split('\n')[:-1]
        if len(lines) < count:
            lines.append('crash')
    return lines


def our_view(winnow, path, version):
    run = subprocess.run([winnow, 'debug', 'marshal', path, '--python', 'many-' + version], stdout=subprocess.PIPE, check=True)
    lines = run.stdout.decode().splitlines()
    return [line for line in lines if not line.startswith('end ')], [int(line[4:]) for line in lines if line.startswith('end ')]


def mutants(objects, count):
    """Bytes changed, inserted, cut out; prefixes."""
    chooser = random.Random(7)
    small = [o for o in objects if 0 < len(o) < 2000]
    codes = [o for o in objects if 0 < len(o) < 6000 and o[0] & 0x7f == ord('c')]
    for _ in range(count):
        data = bytearray(chooser.choice(codes if chooser.random() < 0.5 else small))
        for _ in range(chooser.choice((1, 1, 2, 3))):
            at = chooser.randrange(len(data))
            how = chooser.random()
            if how < 0.5:
                data[at] = chooser.randrange(256)
            elif how < 0.7:
                data[at] = ord(chooser.choice('0NFTS.iIlgfyxsutRraAzZ()[{<>:}c')) | chooser.choice((0, 0x80))
            elif how < 0.8:
                del data[at:at + chooser.randrange(1, 5)]
            elif how < 0.9:
                data[at:at] = bytes([chooser.randrange(256)])
            else:
                del data[at:]
            data = data or bytearray(b'0')
        yield bytes(data)


def without_instructions(line):
    """co_code of 3.11 and later shows what specialised instructions were made of, not the bytes."""
    parts = line.split(' code ')
    return ' code '.join([parts[0]] + [p.split(' ', 1)[1] if ' ' in p else p for p in parts[1:]])


def compare(label, ours, theirs, same):
    bad = 0
    for number, (our, their) in enumerate(zip(ours, theirs)):
        if their == 'crash':
            continue
        if ARGUMENT in our:
            continue  # a name that we made up where an old interpreter accepts more arguments than names
        if our.split(' ')[0] == their.split(' ')[0] == 'error' or same(our, their):
            continue
        bad += 1
        if bad <= 5:
            at = next((i for i, (a, b) in enumerate(zip(our, their)) if a != b), min(len(our), len(their)))
            print('%s object %d:\n  ours:   %s\n  theirs: %s' % (label, number, our[max(0, at - 60):at + 140], their[max(0, at - 60):at + 140]))
    return bad + abs(len(ours) - len(theirs))


def rows_of(lines):
    """The instructions of each code object: {offset: (name, argument, target)}."""
    codes = []
    for line in lines:
        if line == 'code':
            codes.append({})
        elif line:
            offset, name, argument, target = line.split(' ')
            codes[-1][int(offset)] = (name, int(argument), int(target))
    return codes


def compare_instructions(label, python, winnow, path, version):
    """Every instruction that we see is one of dis; what we do not see is not reached."""
    theirs = subprocess.run(python + [WORKER, 'list', path], stdout=subprocess.PIPE, check=True).stdout.decode().split('\n')
    ours = subprocess.run([winnow, 'debug', 'marshal', path, '--python', 'list-' + version], stdout=subprocess.PIPE, check=True).stdout.decode().split('\n')
    theirs, ours = rows_of(theirs), rows_of(ours)
    bad = abs(len(theirs) - len(ours))
    seen = total = 0
    for number, (our, their) in enumerate(zip(ours, theirs)):
        total += len(their)
        seen += len(our)
        for offset, row in our.items():
            other = their.get(offset)
            if other is None or row[0] != other[0] or (row[1] != other[1] and -1 not in (row[1], other[1])) or (row[2] != other[2] and -1 not in (row[2], other[2])):
                bad += 1
                if bad <= 5:
                    print('%s code %d offset %d: ours %s, theirs %s' % (label, number, offset, row, other))
    print('%s: %d code objects, %d of %d instructions reached, %d differ' % (label, len(theirs), seen, total, bad))
    return bad


def check(winnow, version, python, modules, count):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'objects')
        sources = os.path.join(os.environ.get('WINNOW_SOURCES', '/nowhere'), version)
        subprocess.run(python + [WORKER, 'make', folder, modules] + ([sources] if os.path.isdir(sources) else []), check=True)
        with open(path, 'rb') as file:
            objects = split(file.read())
        theirs = their_view(python, path, len(objects))
        ours, ends = our_view(winnow, path, version)
        bad = compare(version, ours, theirs, lambda a, b: a == b)
        bad += sum(1 for end, data in zip(ends, objects) if end != len(data))
        bad += compare_instructions(version, python, winnow, path, version)
        mutated = list(mutants(objects, count))
        write(path, mutated)
        theirs = their_view(python, path, len(mutated))
        ours, _ = our_view(winnow, path, version)
        late = [int(n) for n in version.split('.')] >= [3, 11]
        wrong = compare(version + ' mutated', ours, theirs, lambda a, b: a == b or (late and without_instructions(a) == without_instructions(b)))
        accepted = sum(1 for line in theirs if not line.startswith('error') and line != 'crash')
        print('%s: %d objects, %d differ; %d mutants (%d accepted, %d crash the interpreter), %d differ' % (
            version, len(objects), bad, len(mutated), accepted, theirs.count('crash'), wrong), flush=True)
        return bad + wrong


def main():
    winnow = sys.argv[1]
    modules = sys.argv[2] if len(sys.argv) > 2 else '12'
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 600
    found = [(v, p) for v, p in interpreters() if v in sys.argv[4:] or len(sys.argv) < 5]
    if not found:
        print('no Python interpreter was found')
        return 77
    return 1 if sum(check(winnow, version, python, modules, count) for version, python in found) else 0


if __name__ == '__main__':
    sys.exit(main())
