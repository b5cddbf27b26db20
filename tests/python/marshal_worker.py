"""What an interpreter itself sees in marshalled objects; run by marshal_against_cpython.py in every Python from 2.7 on.

  marshal_worker.py make FOLDER MODULES [SOURCES]   writes FOLDER/objects: marshalled objects, each behind its size,
                                                    among them MODULES of the standard library (or of SOURCES)
  marshal_worker.py view OBJECTS FIRST              a line for each object from FIRST on: its dump, or "error"
  marshal_worker.py list OBJECTS                    the instructions of each object that is code

The dump is that of `winnow debug marshal`. Nothing that is unmarshalled is run.
"""
import binascii
import dis
import glob
import marshal
import os
import struct
import sys
import threading

TWO = sys.version_info[0] == 2
VERSION = sys.version_info[:2]
CODE = type(threading.Thread.run.__code__)
if not TWO:
    long = int
    unicode = str


def hexa(data):
    if isinstance(data, unicode):
        data = data.encode('utf-8') if TWO else data.encode('utf-8', 'surrogatepass')
    return binascii.hexlify(data).decode('ascii')


def whole(value):
    if (not TWO or isinstance(value, int)) and -2 ** 63 <= value < 2 ** 63:
        return 'int %d' % value
    size = 0
    while not -(1 << (8 * size - 1) if size else 0) <= value < (1 << (8 * size - 1) if size else 1):
        size += 1
    digits = '%0*x' % (2 * size, value & ((1 << 8 * size) - 1)) if size else ''
    return 'big ' + ''.join(reversed([digits[i:i + 2] for i in range(0, len(digits), 2)]))


def names(title, values):
    return ' %s[%s]' % (title, ''.join(hexa(v) + ',' for v in values))


def code(c, still):
    numbers = [c.co_argcount, getattr(c, 'co_posonlyargcount', 0), getattr(c, 'co_kwonlyargcount', 0), c.co_nlocals,
               c.co_stacksize & 0xffffffff, c.co_flags & 0xffffffbf]  # without CO_NOFREE, which is computed anew
    out = '(code ' + ' '.join('%d' % n for n in numbers)
    lines = c.co_linetable if VERSION >= (3, 10) else c.co_lnotab
    out += ' %d code %s name %s qualname %s' % (
        c.co_firstlineno, hexa(c.co_code), hexa(c.co_name), hexa(c.co_qualname) if VERSION >= (3, 11) else '')
    out += ' file %s lines %s exceptions %s' % (
        hexa(c.co_filename), hexa(lines), hexa(c.co_exceptiontable) if VERSION >= (3, 11) else '')
    out += names('names', c.co_names) + names('varnames', c.co_varnames)
    out += names('freevars', c.co_freevars) + names('cellvars', c.co_cellvars)
    return out + ' consts' + ''.join(' ' + dump(v, still) for v in c.co_consts) + ')'


def items(name, identity, values, still, ordered):
    if identity in still:
        return '(%s again)' % name
    still = still + (identity,)
    parts = [': '.join(dump(v, still) for v in group) for group in values]
    if not ordered:
        parts.sort()
    return '(' + ' '.join([name] + parts) + ')'


def dump(value, still=()):
    for constant, word in ((None, 'none'), (True, 'true'), (False, 'false'), (Ellipsis, 'ellipsis'),
                           (StopIteration, 'stopiteration')):
        if value is constant:
            return word
    kind = type(value)
    if kind in (int, long):
        return whole(value)
    if kind is float:
        return 'real ' + (hexa(struct.pack('<d', value)) if value == value else 'nan')
    if kind is complex:
        return '(complex %s %s)' % (dump(value.real), dump(value.imag))
    if kind is bytes:
        return 'bytes ' + hexa(value)
    if kind is unicode:
        return 'str ' + hexa(value)
    if kind is CODE:
        return code(value, still)
    if kind is slice:
        return items('slice', id(value), [(value.start,), (value.stop,), (value.step,)], still, True)
    if kind in (tuple, list):
        return items(kind.__name__, id(value), [(v,) for v in value], still, True)
    if kind in (set, frozenset):
        return items(kind.__name__, id(value), [(v,) for v in value], still, False)
    return items(kind.__name__, id(value), list(value.items()), still, False)


def objects():
    """Objects of every kind that this version can marshal."""
    yield from_text('None, True, False, Ellipsis, StopIteration')
    for n in (0, 1, -1, 127, 2 ** 15, 2 ** 31 - 1, 2 ** 31, -2 ** 31, -2 ** 31 - 1, 2 ** 63 - 1, 2 ** 63, -2 ** 63,
              -2 ** 63 - 1, 2 ** 64, 10 ** 40, -10 ** 40, 3 ** 500, 2 ** 15 - 1, 2 ** 30, 2 ** 45, -2 ** 45, 255, -256):
        yield n
        yield long(n)
    for f in (0.0, -0.0, 1.5, 1e300, 5e-324, float('inf'), float('-inf'), float('nan')):
        yield f
        yield complex(f, -f)
    yield from_text("b'', b'abc', b'x' * 300, u'', u'abc', u'x' * 300, u'\\xe9', u'\\u20ac', u'\\U0001f600', u'\\ud800'")
    yield from_text("(), (1,), tuple(range(300)), [], [1, [2, [3]]], {}, {1: 2, 'a': (3, None)}, set(), set([1, 2]),"
                    " frozenset(), frozenset([1, (2, 3), 'x'])")
    same = ('shared', 12345678901234567890, 1.25)
    yield (same, same, [same], {same: same})
    if VERSION >= (3, 14):
        yield (slice(1, None, 3), slice(slice(1), 'a', ()))
    if VERSION >= (3, 15):
        yield from_text("frozendict({1: 2, 'a': (3,)}), frozendict()")
    for text in ('lambda x, *a, k=1, **kw: (x, a, k, kw)', 'lambda x: lambda: x', 'lambda: (yield)'):
        if not (TWO and 'k=' in text):
            yield compile(text, '<t\xe9xt>', 'eval')


def from_text(text):
    return eval(text)


def modules(most, folder):
    folder = folder or os.path.dirname(os.__file__)
    paths = sorted(glob.glob(os.path.join(folder, '*.py')) + glob.glob(os.path.join(folder, '*', '*.py')))
    paths = [p for p in paths if 'site-packages' not in p and 'lib2to3' not in p]
    step = max(1, len(paths) // most)
    for path in paths[::step]:
        with open(path, 'rb') as file:
            source = file.read()
        try:
            yield compile(source, path, 'exec', 0, True)
        except (SyntaxError, UnicodeDecodeError, ValueError):
            pass


def make(folder, most, sources=None):
    with open(os.path.join(folder, 'objects'), 'wb') as out:
        def put(value, *version):
            data = marshal.dumps(value, *version)
            out.write(struct.pack('<I', len(data)) + data)
        for value in objects():
            for version in range(marshal.version + 1):
                try:
                    put(value, version)
                except ValueError:
                    pass  # this version of the format has no form for it
        if VERSION >= (3, 4):
            cycle = [1]
            cycle.append((cycle, {'again': cycle}))
            for version in range(3, marshal.version + 1):
                put(cycle, version)
        for value in modules(most, sources):
            put(value)


def read_objects(path):
    with open(path, 'rb') as file:
        data = file.read()
    at = 0
    while at < len(data):
        size, = struct.unpack('<I', data[at:at + 4])
        yield data[at + 4:at + 4 + size]
        at += 4 + size


def view(path, first):
    try:
        import resource
        resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
    except ImportError:
        pass
    for number, data in enumerate(read_objects(path)):
        if number < first:
            continue
        try:
            line = dump(marshal.loads(data))
        except Exception as error:
            line = 'error ' + type(error).__name__
        sys.stdout.write(line + '\n')
        sys.stdout.flush()


def instructions(c):
    """(offset, name, argument, target) of each, EXTENDED_ARG joined with what it extends."""
    if not TWO:
        start = None
        for i in dis.get_instructions(c):
            if start is None:
                start = i.offset
            if i.opname == 'EXTENDED_ARG':
                continue
            jumps = i.opcode in dis.hasjrel or i.opcode in dis.hasjabs or i.opname in getattr(dis, 'hasjump', ())
            argument = i.arg if i.opcode >= dis.HAVE_ARGUMENT and i.arg is not None else -1
            yield start, i.opname, argument, i.argval if jumps and isinstance(i.argval, int) else -1
            start = None
        return
    code = bytearray(c.co_code)
    at = start = extended = 0
    while at < len(code):
        op = code[at]
        at += 1
        argument = -1
        if op >= dis.HAVE_ARGUMENT:
            argument = code[at] | code[at + 1] << 8 | extended
            at += 2
        extended = argument << 16 if op == dis.EXTENDED_ARG else 0
        if op == dis.EXTENDED_ARG:
            continue
        target = at + argument if op in dis.hasjrel else argument if op in dis.hasjabs else -1
        yield start, dis.opname[op].replace('+', '_'), argument, target
        start = at


def list_instructions(path):
    for data in read_objects(path):
        pending = [marshal.loads(data)]
        seen = []
        while pending:
            c = pending.pop()
            if type(c) is not CODE or any(c is s for s in seen):
                continue
            seen.append(c)
            print('code')
            for row in instructions(c):
                print('%d %s %d %d' % row)
            pending += reversed([v for v in c.co_consts if type(v) is CODE])


def main():
    if sys.argv[1] == 'make':
        make(sys.argv[2], int(sys.argv[3]), *sys.argv[4:])
    elif sys.argv[1] == 'view':
        view(sys.argv[2], int(sys.argv[3]))
    else:
        list_instructions(sys.argv[2])


if __name__ == '__main__':
    if sys.platform == 'emscripten':
        main()
    else:
        sys.setrecursionlimit(100000)
        threading.stack_size(512 << 20)
        thread = threading.Thread(target=main)
        thread.start()
        thread.join()
