"""What all of Python 3.6 and later compile."""
from __future__ import generator_stop
import os.path, sys as system, xml.dom.minidom as dom
from os import (path as p, sep)
from . import sibling
from ..up import other as another

CONSTANT: int = 3
declared: 'str'
system.attribute: int = 4
system.items[0]: int
(parenthesised): int = 5
global at_module
at_module = ...


def parameters(a, b: int = 1, *args: str, c, d: float = 2.5, **kwargs) -> 'text':
    """A docstring."""
    local: int = 3
    unset: 'nothing'
    return a, b, args, c, d, kwargs, local


def only_keywords(*, a, b=None): return a or b and not a
def decorated(): pass
decorated = staticmethod(decorated)


@decorated
@decorated(1, *sep, a=2, **p)
def twice(x=(1, 2), y=[1, 2]): yield x; return y


class Base(object): pass


@twice
class Derived(Base, metaclass=type, **{}):
    """Text of the class."""
    member: int
    other: str = 'x'
    __private = 1
    name = [other for other in 'abc' if other]

    def __init__(self, value):
        super().__init__(value)
        super(Derived, self).__init__(*value)
        self.__private = self.value = value
        self.count: int = 0

    def closure(self):
        return __class__, self.__private, lambda: self.value

    class Nested:
        def method(self): return Nested

    del name


def scopes(a):
    b = c = 1

    def inner():
        nonlocal b
        global d
        b += 1
        d = a
        return b, c, lambda x=b: (x, a, b)

    class Inside:
        a = a
        b = c

        def method(self): return a, b
    return inner, Inside


def constants():
    return (1, 2, (3, 'x', b'y', None, True, ...)), -1, -1.5, 2 ** 10, 'a' * 10, 'a' 'b', 1j, -2j, 1 + 2j, 0x7fffffffffffffffff, \
        1 << 70, 3 // 2, 7 % 3, -7 // 2, 7 / 2, ~5, not 1, 'abc'[1], (1, 2)[0], 1e300 * 1e300, 2 ** -1, '\ud800', 'é', {}, [], ()


def displays(a, b):
    x = [1, 2, 3]
    y = {1, 2, 3}
    z = {'a': 1, 'b': a, **b, 'c': 2, **a}
    return [1, a], (a, *b, 1), [*a, *b], {*a, 1}, {a: b}, {'x': 1}, [a, 1, 2], [*a], {**a}, {1: 2, 3: 4}, x, y, z, (*a,), \
        [1, 2, 3, 'x', None], {a, b}, [1, 2, 3, *a]


def calls(f, a, b):
    f(); f(a); f(a, *b); f(*a); f(*a, *b); f(a, x=1); f(a, *b, x=1, **a); f(**a); f(x=1, **a, **b); f(*a, b, *a, x=1, y=2, **b)
    f.method(a); f.method(*a); f.method(x=1); f(a)(b)[a].c(1)
    f(1, 2, a=3, b=4)
    f(*(1, 2), **{'a': 1})
    return f(x for x in a)


def operators(a, b):
    a += b; a -= b; a *= b; a /= b; a //= b; a %= b; a **= b; a <<= b; a >>= b; a &= b; a |= b; a ^= b; a @= b
    a.x += 1
    a[b] -= 2
    a[1:b] *= 3
    a[b][1].c[b] /= 4
    return a + b - a * b / a // b % a ** b << a >> b & a | b ^ a @ b, -a, +a, ~a, not a


def comparisons(a, b, c):
    x = a < b <= c != a > b >= c == a
    y = a is b is not c
    z = a in b not in c
    if a < b < c: return 1
    if not a < b < c: return 2
    if not a in b or not a is c: return 3
    return x, y, z, a in [1, 2, 3], a in {1, 2}, a not in (1, 2), a in [b, c], not a is None, a in [], not (a and b)


def conditions(a, b, c):
    x = a and b or c
    y = a or b and c
    z = a if b else c if a else b
    w = (a if b else c) and (b or c)
    if a and b or c: x = 1
    elif a or b and c: x = 2
    elif not (a and (b or not c)): x = 3
    elif (a if b else c): x = 4
    else: x = 5
    while a and (b or c): a = b
    assert a and b, 'message'
    assert not a
    return x if a else y if not b else (z, w)


def unpacking(a):
    b, c = a
    b, *c = a
    *b, c, d = a
    (b, (c, *d)), e = a
    [b, c] = c, b
    b, c, d = d, b, c
    b, c, d, e = e, d, c, b
    a.x, a[0], f = a
    b = c = d, e = a
    for i, (j, *k) in a: pass
    x, y = 1, 2
    x, y, z = y, 1, x
    (q) = 1
    return b


def slices(a, b):
    a[1:2] = a[:]
    a[::2], a[1:2:3], a[b:], a[:b] = a[1, 2], a[1:2, ..., b], a[()], a[None:None]
    del a[1:2], a[b], a.x, b
    return a[-1], a[1:2][0], a['x']


def loops(a):
    for x in a:
        if x: continue
        if a: break
        print(x)
    else:
        print('else')
    while True:
        if a: break
        while a:
            if x: continue
            break
        else:
            continue
        break
    while 0: print('never')
    for i in [1, 2, 3]: pass
    for i in {1, 2}: pass
    for i in [a, x]: pass
    for i in range(3):
        for j in a:
            if i == j: break
        else: continue
        break
    while a: pass
    if 0: never()
    elif 1: always()
    else: never()
    if __debug__: debug()
    return


def tries(f):
    try: f()
    except: pass
    try: f()
    except ValueError: return 1
    except (TypeError, KeyError) as e: print(e); return e
    except Exception as e: raise RuntimeError('x') from e
    else: print('else')
    finally: print('finally')
    try:
        try: f()
        finally: print('inner')
    except OSError as e:
        try: raise
        except: pass
    for x in f:
        try:
            if x: continue
            if f: break
            return x
        except ValueError as e:
            if x: continue
            elif f: break
            return e
        finally:
            print('each')
    while f:
        try: f(); break
        finally:
            if f: print('x')
            else: f = None
    try: return f()
    finally: f = 1
    raise
    raise ValueError


def nested_finally(f):
    try:
        try:
            return f(1)
        finally:
            f(2)
    finally:
        try:
            f(3)
        except ValueError:
            f(4)
    for x in f:
        try:
            try: continue
            finally: f(5)
        finally: f(6)


def withs(f):
    with f: pass
    with f as g: return g
    with f as a, f() as (b, c), f.x as f.y: print(a, b, c)
    for x in f:
        with x as y:
            if y: continue
            if x: break
            return x
    with f:
        with f as g:
            try: return g()
            finally: print(g)
    with f as g[0]: raise ValueError(g)


def comprehensions(a, b):
    return [x for x in a], {x for x in a if x}, {x: y for x, y in a}, (x for x in a), [x for y in a for x in y if x if y], \
        [[y for y in x] for x in a], [x + b for x in a], [lambda: i for i in a], list(x for x in a for y in [x] if y), \
        [(x, y) for x in a for y in (1, 2)], {x: [z for z in y] for x, y in b if x}, [b for x in a if b for b in x]


at_level = [x for x in sep]
nested = {x: {y for y in sep if x} for x in sep}


def generators(a):
    x = yield
    y = yield x
    z = yield from a
    yield (yield x), y
    try: yield z
    except GeneratorExit: return
    finally: yield 1
    lambda: (yield)


async def coroutines(a):
    await a
    async for x in a:
        if x: continue
        print(x)
        break
    else: print('else')
    async with a as b, a: print(await b)
    async with a: return await a
    return [await x for x in a], [x async for x in a], {x async for x in a if await x}, (x async for x in a)


async def asynchronous_generator(a):
    async for x in a:
        yield x
        async with x: await a
    try: await a
    except ValueError as e: yield e
    finally: await a


def strings(a, b):
    return f'', f'{a}', f'x{a}y', f'{a!r}{b!s:>10}{a!a:{b}}', f'{a:{b}.{a}}', f'{{}}', f'{a}' 'x' f'{b}', '%s' % a, '%s %r' % (a, b), \
        '%d' % (a,), '%-5s|%5.2s|%%' % (a, b), f'{a + 1:x}{"q" if b else 1}', b'a' b'b', f'{lambda_(lambda x: x)}', f"{a['k']}"


def deletions(a):
    b = 1
    del b
    del (a.b, [a.c, a[1]])
    global d
    del d
    def f(): return a


def statements(a):
    """Doc."""
    pass
    1
    'text'
    a
    a.b
    ...
    -1
    a, 1
    return


print(*sep, end='')
lambda a, *b, c=1, **d: (a, b, c, d)
lambda: None
if sep: x: int = 1
for x in []: pass
