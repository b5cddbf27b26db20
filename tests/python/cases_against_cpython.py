#!/usr/bin/env python3
"""Asks CPython's own unpickler what the test cases do, so that the expectations rest on more than opinion.

Every import gives a stand-in that only writes down that it was called; nothing else is ever imported or run.
A case that names a callee (`# names: os.system`) must have called it; a case without one must not have
called anything harmful.

  cases_against_cpython.py WINNOW_ASSEMBLE CASES_FOLDER
"""
import _compat_pickle
import copyreg
import io
import pathlib
import pickle
import resource
import subprocess
import sys

# Areas whose callees are called by the stream itself, rather than through what a call returned.
AREAS = ('opcodes', 'semantics', 'breaks')

# Cases where stand-ins cannot tell, or where versions of CPython differ.
EXEMPT = {
    'semantics/build-on-class': 'the callee is reached through a changed class',
    'semantics/frame-too-long': 'CPython refuses the frame',
    'semantics/sparse-memo': 'CPython asks for 68 GB here',
    'semantics/sparse-memo-clean': 'CPython asks for 68 GB here',
    'semantics/builtins-dictionary': 'the callee comes out of a dictionary that a stand-in has not',
    'semantics/build-on-module': 'the callee is reached through a changed module',
    'semantics/overridden-name': 'the callee is reached through a changed module',
    'semantics/setitem-environment': 'nothing is called',
    'semantics/append-search-path': 'nothing is called',
    'semantics/second-stream': 'one load reads one stream',
    'semantics/blanks-between-streams': 'one load reads one stream',
    'breaks/deep-nesting': 'takes apart 100,000 lists by recursion',
    'breaks/underflow-clean': 'is expected to be skipped',
    'breaks/deep-nesting-clean': 'takes apart 100,000 lists by recursion',
}

# Pure callables that the cases build arguments with.
REAL = {('builtins', 'bytes'): bytes, ('builtins', 'tuple'): tuple, ('builtins', 'map'): map,
        ('builtins', 'set'): set, ('builtins', 'len'): len, ('builtins', 'object'): object,
        ('builtins', 'range'): range, ('_operator', 'getitem'): lambda a, b: a[b],
        ('datetime', 'timedelta'): __import__('datetime').timedelta}

ALIASES = {'posix.system': 'os.system', 'pathlib.os.system': 'os.system', 'numpy.f2py.os.system': 'os.system'}


class Stand(type):
    """A type whose calls and whose instances' construction are written down."""
    def __call__(cls, *arguments, **keywords):
        cls.log.append(cls.path)
        return type.__call__(cls)


def stand_in(log, path):
    def new(cls, *arguments, **keywords):
        return object.__new__(cls)

    def init(self, *arguments, **keywords):
        pass
    return Stand(path, (), {'log': log, 'path': path, '__new__': new, '__init__': init,
                            'append': lambda *a: None, '__setitem__': lambda *a: None})


class Recorder(pickle.Unpickler):
    def __init__(self, data):
        super().__init__(io.BufferedReader(io.BytesIO(data)), buffers=[b'buffer'] * 8)
        self.data, self.log, self.names = data, [], {}

    def find_class(self, module, name):
        protocol = self.data[1] if self.data[:1] == b'\x80' else 0
        if protocol < 3:
            module, name = _compat_pickle.NAME_MAPPING.get((module, name), (module, name))
            module = _compat_pickle.IMPORT_MAPPING.get(module, module)
        if (module, name) in REAL:
            return REAL[module, name]
        if (module, name) == ('copyreg', 'add_extension'):
            return copyreg.add_extension
        if (module, name) == ('functools', 'partial'):
            return __import__('functools').partial
        path = module + '.' + name
        path = ALIASES.get(path, path)
        if path not in self.names:
            self.names[path] = stand_in(self.log, path)
        return self.names[path]

    def persistent_load(self, key):
        return key


def called(data):
    """The names of the stand-ins that loading the bytes calls, and the error that ended it."""
    for table in (copyreg._extension_registry, copyreg._inverted_registry, copyreg._extension_cache):
        table.clear()
    recorder = Recorder(data)
    try:
        recorder.load()
        fault = None
    except Exception as error:  # what loaders raise is theirs to choose
        fault = '%s: %s' % (type(error).__name__, error)
    return recorder.log, fault


def marks(text, key):
    return [value.strip() for line in text.splitlines() if line.startswith('# %s: ' % key)
            for value in line.partition(': ')[2].split(',')]


def main():
    assembler, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    wrong = checked = 0
    streams = []
    for area in AREAS:
        for path in sorted((folder / area).glob('*.test')):
            name = '%s/%s' % (area, path.stem)
            if name in EXEMPT:
                continue
            data = subprocess.run([assembler, path], check=True, capture_output=True).stdout
            streams.append((name, path.read_text(), data))
    # After the assembler has run: a sanitizer in it would not start under a limit.
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    for name, text, data in streams:
        log, fault = called(data)
        checked += 1
        expected = marks(text, 'names')
        missing = [callee for callee in expected if callee not in log]
        harmful = [callee for callee in log if callee in
                   ('os.system', 'os.popen', 'builtins.eval', 'builtins.exec', 'subprocess.Popen')]
        if missing:
            print('%s: CPython did not call %s (%s)' % (name, ', '.join(missing), fault or 'loaded'))
            wrong += 1
        if 'verdict: clean' in text and (harmful or fault):
            print('%s: expected clean, but CPython called %s (%s)' % (name, harmful, fault))
            wrong += 1
        if 'verdict: incomplete' in text and (harmful or not fault):
            print('%s: expected a fault, but CPython loaded it; called %s' % (name, harmful))
            wrong += 1
    print('%d cases, %d wrong' % (checked, wrong))
    sys.exit(1 if wrong or not checked else 0)


if __name__ == '__main__':
    main()
