"""Which names that instructions of a marshalled module use its decompiled text lacks. Reads marshal and bytecode itself,
of any version of Python; of opcodes it takes the tables in knowledge/opcodes."""
import functools
import json
import os
import re
import struct

OPCODES = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'knowledge', 'opcodes')

# What the compiler adds to classes and modules without a word of it in the source.
HOUSEKEEPING = {
    '__module__', '__name__', '__qualname__', '__firstlineno__', '__static_attributes__', '__classcell__', '__class__',
    '__classdict__', '__classdictcell__', '__annotations__', '__annotate__', '__annotate_func__',
    '__conditional_annotations__', '__type_params__', '__doc__', '.generic_base', '.type_params', '.defaults',
    '.kwdefaults', '__build_class__', '__locals__', 'StopAsyncIteration', 'AssertionError', '__debug__',
}


class Marshal:
    def __init__(self, data, minor):
        self.data, self.at, self.minor = data, 0, minor
        self.refs, self.interned, self.uses = [], [], []

    def take(self, count):
        piece = self.data[self.at:self.at + count]
        self.at += count
        return piece

    def i32(self):
        return struct.unpack('<i', self.take(4))[0]

    def items(self, count):
        return [self.read() for _ in range(count)]

    def read(self):
        byte = self.take(1)[0]
        flag, kind = byte & 0x80, chr(byte & 0x7f)
        slot = None
        if flag:
            slot = len(self.refs)
            self.refs.append(None)
        value = self.body(kind)
        if slot is not None:
            self.refs[slot] = value
        return value

    def body(self, kind):
        if kind in '0NFTS.':
            return None
        if kind == 'i':
            return self.i32()
        if kind == 'I':
            return self.take(8)
        if kind == 'l':
            return self.take(2 * abs(self.i32()))
        if kind == 'f':
            return self.take(self.take(1)[0])
        if kind == 'g':
            return self.take(8)
        if kind == 'x':
            return [self.take(self.take(1)[0]) for _ in range(2)]
        if kind == 'y':
            return self.take(16)
        if kind == 's':
            return self.take(self.i32())
        if kind in 'u' or kind in 'aA' and self.minor >= (3, 4):
            return self.take(self.i32()).decode('utf-8', 'replace')
        if kind == 't':
            text = self.take(self.i32()).decode('utf-8', 'replace')
            if self.minor < (3, 0):
                self.interned.append(text)
            return text
        if kind == 'R':
            return self.interned[self.i32()]
        if kind in 'zZ':
            return self.take(self.take(1)[0]).decode('latin-1')
        if kind == 'r':
            return self.refs[self.i32()]
        if kind == ')':
            return self.items(self.take(1)[0])
        if kind in '([<>':
            return self.items(self.i32())
        if kind == ':':
            return self.items(3)
        if kind in '{}':
            while True:
                if self.data[self.at:self.at + 1] == b'0':
                    self.at += 1
                    return None
                self.items(2)
        if kind == 'c':
            return self.code()
        raise ValueError('marshal type %r at %d' % (kind, self.at))

    def code(self):
        if self.minor >= (3, 11):
            numbers, objects = 5, ('code', 'consts', 'names', 'localsplus', 'kinds', 'filename', 'name', 'qualname')
        elif self.minor >= (3, 8):
            numbers, objects = 6, ('code', 'consts', 'names', 'varnames', 'freevars', 'cellvars', 'filename', 'name')
        elif self.minor >= (3, 0):
            numbers, objects = 5, ('code', 'consts', 'names', 'varnames', 'freevars', 'cellvars', 'filename', 'name')
        else:
            numbers, objects = 4, ('code', 'consts', 'names', 'varnames', 'freevars', 'cellvars', 'filename', 'name')
        self.take(4 * numbers)
        read = {part: self.read() for part in objects}
        self.uses.extend(uses_of(read['code'], [text_of(n) for n in read['names']], self.minor))
        self.i32()
        for _ in range(2 if self.minor >= (3, 11) else 1):
            self.read()
        return None


def text_of(name):
    return name.decode('utf-8', 'replace') if isinstance(name, bytes) else name


@functools.lru_cache(None)
def table(minor):
    """Of each opcode with a name: by how many bits its argument is shifted; the opcode of EXTENDED_ARG."""
    with open(os.path.join(OPCODES, '%d.%d.json' % minor), encoding='utf-8') as f:
        facts = json.load(f)
    shifts = {'LOAD_GLOBAL': minor >= (3, 11), 'LOAD_ATTR': minor >= (3, 12), 'LOAD_SUPER_ATTR': 2, 'IMPORT_NAME': 2 * (minor >= (3, 15))}
    named = {facts['opcodes'][op]: int(shifts.get(op, 0)) for op in facts['arguments']['name']}
    return named, facts['opcodes']['EXTENDED_ARG'], facts['have_argument']


def uses_of(code, names, minor):
    """The name of every instruction that has one, whether control reaches it or not. Inline caches are zero: no such opcode."""
    named, extended, have_argument = table(minor)
    at = high = 0
    while at < len(code):
        opcode = code[at]
        if minor < (3, 6):
            short = opcode < have_argument
            argument = 0 if short else code[at + 1] | code[at + 2] << 8 | high
            at += 1 if short else 3
            high = argument << 16 if opcode == extended else 0
        else:
            argument = code[at + 1] | high
            at += 2
            high = argument << 8 if opcode == extended else 0
        if opcode in named:
            yield names[argument >> named[opcode]]


def uses_in(data, minor):
    reader = Marshal(data, minor)
    reader.read()
    return [name for name in reader.uses if name not in HOUSEKEEPING]


def missing_names(data, minor, text):
    """The names of the uses that the text has nowhere, one for each use; the number of all uses."""
    words = set(re.findall(r'[^\W\d]\w*', text))
    lost = {}
    uses = uses_in(data, minor)
    for name in set(uses):
        parts = [p for p in name.split('.') if p]
        private = re.match(r'_+[A-Za-z0-9][A-Za-z0-9_]*?(__\w+)$', name)
        if all(p in words for p in parts):
            continue
        if private and any(name.endswith(w) for w in words if w.startswith('__')):
            continue
        lost[name] = True
    return [name for name in uses if name in lost], len(uses)
