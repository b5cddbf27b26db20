// Numbers, and places among them, written in Python: decimals, bisection, rows of whole numbers.
#include "code/machine/models_written.h"

namespace winnow::machine {
namespace {

constexpr std::string_view kDecimals = R"py(
class Decimal:
    def __init__(self, value='0', below=1):
        if isinstance(value, str):
            text, mark, power = value.strip().replace('_', '').lower().partition('e')
            whole, dot, part = text.partition('.')
            value, power = int(whole + part), int(power or '0') - len(part)
            if power > 0: value *= 10 ** power
            else: below = 10 ** -power
        if not isinstance(value, int): raise TypeError
        while below % 10 == 0 and value % 10 == 0 and value: value, below = value // 10, below // 10
        self.number, self.below = value, below
    def __int__(self): return self.number // self.below if self.number >= 0 else -(-self.number // self.below)
    __trunc__ = to_integral_value = __int__
    def __float__(self): return self.number / self.below
    def __str__(self): return str(self.number) if self.below == 1 else unknown
    def of(self, other): return (other.number, other.below) if isinstance(other, Decimal) else (other, 1)
    def __add__(self, other):
        a, b = self.of(other)
        return Decimal(self.number * b + a * self.below, self.below * b)
    def __sub__(self, other):
        a, b = self.of(other)
        return Decimal(self.number * b - a * self.below, self.below * b)
    def __mul__(self, other):
        a, b = self.of(other)
        return Decimal(self.number * a, self.below * b)
    def __floordiv__(self, other):
        a, b = self.of(other)
        return Decimal(self.number * b // (self.below * a))
    def __mod__(self, other): return self - self // other * other
    __radd__, __rmul__ = __add__, __mul__
    def __eq__(self, other):
        a, b = self.of(other)
        return self.number * b == a * self.below
    def __lt__(self, other):
        a, b = self.of(other)
        return self.number * b < a * self.below
    def __gt__(self, other):
        a, b = self.of(other)
        return self.number * b > a * self.below
)py";

constexpr std::string_view kPlaces = R"py(
def place_of(a, x, lo, hi, key, right):
    for at in range(lo, len(a) if hi is None else hi):
        held = a[at] if key is None else key(a[at])
        if x < held or (not right and not held < x): return at
    return len(a) if hi is None else hi
def bisect_left(a, x, lo=0, hi=None, key=None): return place_of(a, x, lo, hi, key, False)
def bisect_right(a, x, lo=0, hi=None, key=None): return place_of(a, x, lo, hi, key, True)
bisect = bisect_right
def insort_left(a, x, lo=0, hi=None, key=None): a.insert(place_of(a, x if key is None else key(x), lo, hi, key, False), x)
def insort_right(a, x, lo=0, hi=None, key=None): a.insert(place_of(a, x if key is None else key(x), lo, hi, key, True), x)
insort = insort_right
)py";

constexpr std::string_view kArrays = R"py(
import struct
def array(typecode, initializer=()):
    return Whole(typecode, initializer) if typecode in 'bBhHiIlLqQ' else NotImplemented
class Whole:
    def __init__(self, typecode, initializer):
        self.typecode, self.held = typecode, []
        self.itemsize = struct.calcsize('=' + typecode)
        if isinstance(initializer, (bytes, bytearray)): self.frombytes(initializer)
        else: self.held = [int(item) for item in initializer]
    def frombytes(self, data):
        for at in range(0, len(data), self.itemsize): self.held.append(struct.unpack('=' + self.typecode, data[at:at + self.itemsize])[0])
    fromstring = frombytes
    def fromlist(self, items): self.held.extend(items)
    extend = fromlist
    def append(self, item): self.held.append(item)
    def tobytes(self): return b''.join([struct.pack('=' + self.typecode, item) for item in self.held])
    __bytes__ = tostring = tobytes
    def tolist(self): return list(self.held)
    def reverse(self): self.held.reverse()
    def pop(self, at=-1): return self.held.pop(at)
    def __len__(self): return len(self.held)
    def __getitem__(self, at): return Whole(self.typecode, self.held[at]) if isinstance(at, slice) else self.held[at]
    def __setitem__(self, at, item): self.held[at] = item
    def __iter__(self): return iter(self.held)
)py";

constexpr std::string_view kNumPy = R"py(
WIDTHS = {'uint8': 1, 'int8': 1, 'byte': 1, 'ubyte': 1, 'b': 1, 'B': 1, 'u1': 1, 'i1': 1, 'uint16': 2, 'int16': 2, 'u2': 2, '<u2': 2, 'uint32': 4, 'int32': 4, 'u4': 4, '<u4': 4, 'i4': 4, 'int64': 8, 'uint64': 8, 'int': 8, 'i8': 8, 'u8': 8}
def width_of(dtype):
    if dtype is None: return 8
    return WIDTHS.get(dtype, 0) or WIDTHS.get(getattr(dtype, '__name__', 0), 0)
class Row:
    def __init__(self, held, width): self.held, self.itemsize, self.shape, self.size, self.ndim = held, width, (len(held),), len(held), 1
    def __iter__(self): return iter(self.held)
    def __len__(self): return len(self.held)
    def __getitem__(self, at):
        if isinstance(at, Row): at = at.held
        if isinstance(at, int): return self.held[at]
        if isinstance(at, slice): return type(self)(self.held[at], self.itemsize)
        if isinstance(at, list): return type(self)([self.held[one] for one in at], self.itemsize)
        return unknown
    def tobytes(self, order='C'): return b''.join([(one % 256 ** self.itemsize).to_bytes(self.itemsize, 'little') for one in self.held])
    __bytes__ = tostring = tobytes
    def tolist(self): return list(self.held)
    def flatten(self): return self
    ravel = copy = flatten
    def astype(self, dtype, *more, **named): return Row(self.held, width_of(dtype)) if width_of(dtype) else unknown
    def cumsum(self): return cumsum(self)
    def with_each(self, other, work):
        if isinstance(other, int): return Row([self.cut(work(one, other)) for one in self.held], self.itemsize)
        if isinstance(other, Row) and len(other.held) == len(self.held): return Row([self.cut(work(one, two)) for one, two in zip(self.held, other.held)], max(self.itemsize, other.itemsize))
        return unknown
    def cut(self, one): return one % 256 if self.itemsize == 1 else one
    def __xor__(self, other): return self.with_each(other, lambda a, b: a ^ b)
    def __add__(self, other): return self.with_each(other, lambda a, b: a + b)
    def __sub__(self, other): return self.with_each(other, lambda a, b: a - b)
    def __rsub__(self, other): return self.with_each(other, lambda a, b: b - a)
    def __mul__(self, other): return self.with_each(other, lambda a, b: a * b)
    def __floordiv__(self, other): return self.with_each(other, lambda a, b: a // b)
    def __mod__(self, other): return self.with_each(other, lambda a, b: a % b)
    def __and__(self, other): return self.with_each(other, lambda a, b: a & b)
    def __or__(self, other): return self.with_each(other, lambda a, b: a | b)
    def __rshift__(self, other): return self.with_each(other, lambda a, b: a >> b)
    def __truediv__(self, other): return unknown
    __rtruediv__ = __pow__ = __matmul__ = __rmatmul__ = __truediv__
    __rxor__, __radd__, __rmul__ = __xor__, __add__, __mul__
    def argsort(self): return argsort(self)
class Letters(Row):
    def tobytes(self, order='C'): return unknown
    def with_each(self, other, work): return unknown
    def cumsum(self): return unknown
    def astype(self, dtype, *more, **named): return unknown
def array(object, dtype=None, **named):
    if isinstance(object, Row): return object
    held = list(object) if isinstance(object, (list, tuple, range)) else []
    if held and dtype is None and all([isinstance(one, str) for one in held]): return Letters(held, 4)
    if not held or not width_of(dtype): return NotImplemented
    for one in held:
        if not isinstance(one, int) or isinstance(one, bool): return NotImplemented
    return Row(held, width_of(dtype))
asarray = array
def frombuffer(buffer, dtype='float', count=-1, offset=0):
    width = width_of(dtype)
    if not width or not isinstance(buffer, (bytes, bytearray)): return NotImplemented
    held = [int.from_bytes(buffer[at:at + width], 'little') for at in range(offset, len(buffer) - width + 1, width)]
    return Row(held if count < 0 else held[:count], width)
fromstring = frombuffer
def cumsum(a, axis=None):
    row, total, held = array(a), 0, []
    if not isinstance(row, Row): return NotImplemented
    for one in row.held:
        total += one
        held.append(total)
    return Row(held, 8)
def argsort(a, axis=-1, kind=None):
    row = array(a)
    if not isinstance(row, Row): return NotImplemented
    return Row(sorted(range(len(row.held)), key=row.held.__getitem__), 8)
def sort(a, axis=-1):
    row = array(a)
    return type(row)(sorted(row.held), row.itemsize) if isinstance(row, Row) else NotImplemented
def roll(a, shift, axis=None):
    row = array(a)
    if not isinstance(row, Row) or not isinstance(shift, int): return NotImplemented
    at = len(row.held) - shift % len(row.held)
    return type(row)(row.held[at:] + row.held[:at], row.itemsize)
def take(a, indices, axis=None):
    row = array(a)
    return row[list(indices)] if isinstance(row, Row) else NotImplemented
def concatenate(arrays, axis=0):
    rows = [array(one) for one in arrays]
    for row in rows:
        if not isinstance(row, Row) or type(row) is not type(rows[0]): return NotImplemented
    return type(rows[0])(sum([row.held for row in rows], []), rows[0].itemsize)
def packbits(a, axis=None, bitorder='big'):
    row = array(a)
    if type(row) is not Row: return NotImplemented
    held, out = row.held + [0] * (-len(row.held) % 8), []
    for at in range(0, len(held), 8):
        bits = held[at:at + 8]
        if bitorder != 'big': bits = bits[::-1]
        number = 0
        for bit in bits: number = number * 2 + (bit != 0)
        out.append(number)
    return Row(out, 1)
def unpackbits(a, axis=None, count=None, bitorder='big'):
    row = array(a, 'uint8')
    if type(row) is not Row: return NotImplemented
    order = range(7, -1, -1) if bitorder == 'big' else range(8)
    return Row([one >> at & 1 for one in row.held for at in order], 1)
def flip(m, axis=None): return array(m)[::-1] if isinstance(m, Row) else NotImplemented
def bitwise_xor(a, b): return array(a) ^ b if isinstance(a, Row) else NotImplemented
)py";

constexpr Written kParts[] = {
    {"decimal.Decimal", kDecimals, Takes::content}, {"array.array", kArrays, Takes::content, Origins::lost},
    {"bisect.insort", kPlaces, Takes::content, Origins::lost}, {"bisect.insort_left", kPlaces, Takes::content, Origins::lost},
    {"bisect.insort_right", kPlaces, Takes::content, Origins::lost}, {"bisect.bisect", kPlaces, Takes::content, Origins::lost},
    {"bisect.bisect_left", kPlaces, Takes::content, Origins::lost}, {"bisect.bisect_right", kPlaces, Takes::content, Origins::lost},
    {"numpy.array", kNumPy, Takes::content, Origins::lost}, {"numpy.asarray", kNumPy, Takes::content, Origins::lost},
    {"numpy.frombuffer", kNumPy, Takes::content, Origins::lost}, {"numpy.fromstring", kNumPy, Takes::content, Origins::lost},
    {"numpy.cumsum", kNumPy, Takes::content, Origins::lost}, {"numpy.flip", kNumPy, Takes::content, Origins::lost},
    {"numpy.bitwise_xor", kNumPy, Takes::content, Origins::lost}, {"numpy.argsort", kNumPy, Takes::content, Origins::lost},
    {"numpy.sort", kNumPy, Takes::content, Origins::lost}, {"numpy.roll", kNumPy, Takes::content, Origins::lost},
    {"numpy.take", kNumPy, Takes::content, Origins::lost}, {"numpy.concatenate", kNumPy, Takes::content, Origins::lost},
    {"numpy.packbits", kNumPy, Takes::content, Origins::lost}, {"numpy.unpackbits", kNumPy, Takes::content, Origins::lost},
};

}  // namespace

std::span<const Written> written_number_parts() { return kParts; }

}  // namespace winnow::machine
