"""Which names of a marshalled module its decompiled text lacks. Reads marshal itself, of any version of Python."""
import re
import struct

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
        self.refs, self.interned, self.names = [], [], set()

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
        if kind in 'su' or kind in 'aA' and self.minor >= (3, 4):
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
        for part in objects:
            value = self.read()
            if part == 'names':
                self.names.update(value)
        self.i32()
        for _ in range(2 if self.minor >= (3, 11) else 1):
            self.read()
        return None


def names_of(data, minor):
    reader = Marshal(data, minor)
    reader.read()
    return reader.names - HOUSEKEEPING


def missing_names(data, minor, text):
    words = set(re.findall(r'[^\W\d]\w*', text))
    lost = []
    for name in names_of(data, minor):
        parts = [p for p in name.split('.') if p]
        private = re.match(r'_+[A-Za-z0-9][A-Za-z0-9_]*?(__\w+)$', name)
        if all(p in words for p in parts):
            continue
        if private and any(name.endswith(w) for w in words if w.startswith('__')):
            continue
        lost.append(name)
    return sorted(lost), len(names_of(data, minor))
