"""Transformations of pickles that leave what they do as it is: what an attacker does to a payload that was caught.

Each takes the opcodes of a whole stream and gives bytes, or None where it does not apply.
"""
import pickle
import pickletools
import random
import struct


class Opcode:
    """One opcode as it stands: its name, its argument as pickletools gives it, its bytes."""

    def __init__(self, info, argument, data):
        self.name, self.argument, self.bytes = info.name, argument, data

    def __repr__(self):
        return '%s %r' % (self.name, self.argument)


def opcodes_of(data):
    """The opcodes of a stream that begins and ends `data`; None where it is anything else."""
    try:
        parts = list(pickletools.genops(data))
    except Exception:
        return None
    if not parts or parts[-1][0].name != 'STOP' or parts[-1][2] + 1 != len(data):
        return None
    ends = [position for _, _, position in parts[1:]] + [len(data)]
    return [Opcode(info, argument, data[start:end]) for (info, argument, start), end in zip(parts, ends)]


def without_frames(opcodes):
    """Frames tell lengths, which change; the unpickler does not need them."""
    return [opcode for opcode in opcodes if opcode.name != 'FRAME']


def has_proto(opcodes):
    return opcodes[0].name == 'PROTO'


def after_proto(opcodes, data):
    """`data` before everything that is executed."""
    at = 1 if has_proto(opcodes) else 0
    return join(opcodes[:at]) + data + join(opcodes[at:])


def join(opcodes):
    return b''.join(opcode.bytes for opcode in opcodes)


def each(opcodes, change):
    """Every opcode as `change` gives it (bytes), or as it is where that gives None; None where nothing changed."""
    changed = [change(opcode) for opcode in opcodes]
    if all(new is None for new in changed):
        return None
    return b''.join(opcode.bytes if new is None else new for opcode, new in zip(opcodes, changed))


def uses_memoize(opcodes):
    return any(opcode.name == 'MEMOIZE' for opcode in opcodes)


# ---- no-operations

def noise_first(opcodes):
    return after_proto(without_frames(opcodes), b'N0}0]0(1)0\x880')


def noise_between(opcodes):
    opcodes = without_frames(opcodes)
    return each(opcodes, lambda o: None if o.name in ('PROTO', 'STOP') else b'N0' + o.bytes)


def duplicated(opcodes):
    opcodes = without_frames(opcodes)
    strings = ('SHORT_BINUNICODE', 'BINUNICODE', 'UNICODE', 'GLOBAL', 'STACK_GLOBAL', 'REDUCE')
    return each(opcodes, lambda o: o.bytes + b'20' if o.name in strings else None)


def many_protos(opcodes):
    return b'\x80\x02\x80\x03\x80\x04' + join(without_frames(opcodes)[1 if has_proto(opcodes) else 0:])


def older_protocol(opcodes):
    if not has_proto(opcodes):
        return None
    return b'\x80\x02' + join(without_frames(opcodes)[1:])


def no_protocol(opcodes):
    return join(without_frames(opcodes)[1:]) if has_proto(opcodes) else None


# ---- frames

def framed(opcodes):
    body = join(without_frames(opcodes)[1 if has_proto(opcodes) else 0:])
    return b'\x80\x04\x95' + struct.pack('<Q', len(body)) + body


def lying_frame(opcodes):
    return after_proto(without_frames(opcodes), b'\x95' + struct.pack('<Q', 3))


# ---- strings

def as_text_strings(opcodes):
    def change(opcode):
        if opcode.name not in ('SHORT_BINUNICODE', 'BINUNICODE', 'BINUNICODE8'):
            return None
        text = opcode.argument
        if any(0xd800 <= ord(c) < 0xe000 for c in text):
            return None
        escaped = text.replace('\\', '\\u005c').replace('\0', '\\u0000').replace('\n', '\\u000a')
        escaped = escaped.replace('\r', '\\u000d').replace('\x1a', '\\u001a')
        return b'V' + escaped.encode('raw-unicode-escape') + b'\n'
    return each(without_frames(opcodes), change)


def as_escaped_strings(opcodes):
    def change(opcode):
        if opcode.name not in ('SHORT_BINUNICODE', 'BINUNICODE') or not opcode.argument.isascii():
            return None
        return b'V' + ''.join('\\u%04x' % ord(c) for c in opcode.argument).encode() + b'\n'
    return each(without_frames(opcodes), change)


def as_long_strings(opcodes):
    def change(opcode):
        if opcode.name not in ('SHORT_BINUNICODE', 'BINUNICODE'):
            return None
        data = opcode.argument.encode('utf-8', 'surrogatepass')
        return b'\x8d' + struct.pack('<Q', len(data)) + data
    return each(without_frames(opcodes), change)


def as_old_strings(opcodes):
    """STRING with every byte escaped, as Python 2 wrote text."""
    def change(opcode):
        if opcode.name not in ('SHORT_BINUNICODE', 'BINUNICODE') or not opcode.argument.isascii():
            return None
        return b"S'" + ''.join('\\x%02x' % ord(c) for c in opcode.argument).encode() + b"'\n"
    return each(without_frames(opcodes), change)


# ---- names

def strings_split(opcodes):
    """Every string is put together from two halves while the pickle loads, names that are looked up as well."""
    def half(text):
        data = text.encode(errors='surrogatepass')
        return b'X' + struct.pack('<I', len(data)) + data

    def change(opcode):
        if opcode.name not in ('UNICODE', 'BINUNICODE', 'SHORT_BINUNICODE', 'BINUNICODE8') or len(opcode.argument) < 2:
            return None
        middle = len(opcode.argument) // 2
        return b'coperator\nconcat\n(' + half(opcode.argument[:middle]) + half(opcode.argument[middle:]) + b'tR'
    return each(without_frames(opcodes), change)


def plain_name(text):
    return text.isascii() and text.isprintable()


def as_stack_global(opcodes):
    def change(opcode):
        if opcode.name != 'GLOBAL':
            return None
        module, name = opcode.argument.split(' ', 1)
        if not plain_name(module + name) or len(module) > 255 or len(name) > 255:
            return None
        return b''.join(b'\x8c' + bytes([len(part)]) + part.encode() for part in (module, name)) + b'\x93'
    opcodes = without_frames(opcodes)
    # Before protocol 4 the names of Python 2 mean others, and dots in a name nothing.
    if not has_proto(opcodes) or opcodes[0].argument < 4:
        return None
    return each(opcodes, change)


def as_global(opcodes):
    """Two strings and STACK_GLOBAL become GLOBAL."""
    opcodes = without_frames(opcodes)
    if uses_memoize(opcodes):
        return None
    out, changed = [], False
    for opcode in opcodes:
        if (opcode.name == 'STACK_GLOBAL' and len(out) >= 2 and all(o.name.endswith('BINUNICODE') for o in out[-2:])
                and plain_name(out[-2].argument + out[-1].argument)):
            module, name = out[-2].argument, out[-1].argument
            del out[-2:]
            opcode.bytes = ('c%s\n%s\n' % (module, name)).encode()
            changed = True
        out.append(opcode)
    return join(out) if changed else None


def names_through_memo(opcodes):
    """Every string goes to the memo, is dropped, and comes back."""
    opcodes = without_frames(opcodes)
    if uses_memoize(opcodes):
        return None
    index = iter(range(1_000_000, 2_000_000))

    def change(opcode):
        if opcode.name not in ('SHORT_BINUNICODE', 'BINUNICODE', 'UNICODE'):
            return None
        number = struct.pack('<I', next(index))
        return opcode.bytes + b'r' + number + b'0' + b'j' + number
    return each(opcodes, change)


# ---- calls

def as_obj(opcodes):
    """GLOBAL, a tuple of one constant, REDUCE become MARK GLOBAL constant OBJ."""
    opcodes = [o for o in without_frames(opcodes) if not o.name.endswith('PUT')]
    if uses_memoize(opcodes) or any(o.name.endswith('GET') for o in opcodes):
        return None
    constants = ('SHORT_BINUNICODE', 'BINUNICODE', 'UNICODE', 'STRING', 'BININT', 'BININT1')
    out, changed, i = b'', False, 0
    while i < len(opcodes):
        names = [o.name for o in opcodes[i:i + 4]]
        if len(names) == 4 and names[0] == 'GLOBAL' and names[1] in constants and names[2:] == ['TUPLE1', 'REDUCE']:
            out += b'(' + opcodes[i].bytes + opcodes[i + 1].bytes + b'o'
            changed, i = True, i + 4
        else:
            out, i = out + opcodes[i].bytes, i + 1
    return out if changed else None


def long_tuples(opcodes):
    """TUPLE1 after a constant becomes MARK constant TUPLE."""
    opcodes = without_frames(opcodes)
    out, changed = [], False
    for opcode in opcodes:
        if opcode.name == 'TUPLE1' and out and out[-1].name in ('SHORT_BINUNICODE', 'BINUNICODE', 'UNICODE', 'STRING'):
            out[-1].bytes, opcode.bytes, changed = b'(' + out[-1].bytes, b't', True
        out.append(opcode)
    return join(out) if changed else None


def numbers_as_text(opcodes):
    def change(opcode):
        if opcode.name not in ('BININT', 'BININT1', 'BININT2'):
            return None
        return b'L%dL\n' % opcode.argument
    return each(without_frames(opcodes), change)


def sparse_memo(opcodes):
    shift = 100_000

    def change(opcode):
        if opcode.name in ('PUT', 'BINPUT', 'LONG_BINPUT'):
            return b'r' + struct.pack('<I', opcode.argument + shift)
        if opcode.name in ('GET', 'BINGET', 'LONG_BINGET'):
            return b'j' + struct.pack('<I', opcode.argument + shift)
        return None
    opcodes = without_frames(opcodes)
    memo = [o.argument for o in opcodes if o.name.endswith(('PUT', 'GET'))]
    if uses_memoize(opcodes) or any(not 0 <= index < 2**31 for index in memo):
        return None
    return each(opcodes, change)


def result_wrapped(opcodes):
    """The object is one item of a dictionary, behind honest ones."""
    opcodes = without_frames(opcodes)
    start = 1 if has_proto(opcodes) else 0
    return join(opcodes[:start]) + b'}(X\x05\0\0\0epochK\x03X\x05\0\0\0model' + join(opcodes[start:-1]) + b'u.'


def result_dropped(opcodes):
    opcodes = without_frames(opcodes)
    return join(opcodes[:-1]) + b'0}(X\x05\0\0\0epochK\x03u.'


# ---- ends

def without_stop(opcodes):
    return join(opcodes[:-1])


def garbage_instead_of_stop(opcodes):
    return join(opcodes[:-1]) + b'\xff\xfe\xfd'


def junk_behind(opcodes):
    return join(opcodes) + random.Random(1).randbytes(5000)


def honest_pickle_behind(opcodes):
    return join(opcodes) + pickle.dumps({'weights': [0.5] * 100}, 4)


def honest_pickle_before(opcodes):
    return pickle.dumps({'weights': [0.5] * 100}, 4) + join(opcodes)


PICKLES = {f.__name__: f for f in (
    noise_first, noise_between, duplicated, many_protos, older_protocol, no_protocol, framed, lying_frame,
    as_text_strings, as_escaped_strings, as_long_strings, as_old_strings, strings_split, as_stack_global, as_global,
    names_through_memo, as_obj, long_tuples, numbers_as_text, sparse_memo, result_wrapped, result_dropped,
    without_stop, garbage_instead_of_stop, junk_behind, honest_pickle_behind, honest_pickle_before)}
