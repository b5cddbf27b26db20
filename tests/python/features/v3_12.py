"""3.12: type parameters, aliases, comprehensions in line, nested f-strings."""
type Alias = int | str
type Generic[T, *Ts, **P] = dict[T, tuple[*Ts]]


def identity[T](x: T) -> T: return x
def bounded[T: int, U: (int, str)](x: T, y: U = 1, *, z=2) -> T: return x
async def asynchronous[T](x): return await x


class Box[T]:
    item: T
    type Local = T

    def get(self) -> T: return self.item
    def map[U](self, f: U) -> 'Box[U]': return f(self.item)


class Derived[T, *Ts](Box[T], metaclass=type): x = [T for _ in 'abc']


def enclosed(a):
    def generic[T](b: a = a) -> T: return a, b
    class Inner[T](a): b = a
    type Lazy = a
    return generic, Inner, Lazy, super


class Comprehensions:
    a = 1
    b = [a for a in 'xyz']
    c = [x for x in b if x]
    d = {x: [y for y in x] for x in b}
    f = [a for x in range(3)]

    def method(self): return [super().method for _ in self], [self.__mangled for _ in self]


def comprehensions(a):
    x = 1
    y = [x for x in a]
    z = [lambda: q for q in a]
    t = [lambda: x for x in a], [x for x in a if x], [(x, r) for x, r in a]
    w = [[x for x in x] for x in a if x]
    def inner(): return [x for _ in a], [a for a in y]
    try: return {k: r for k, r in a}
    except ValueError as e: return [e for e in a]
    finally: return y, z, w, t, inner


def supers(self):
    class C(self):
        def m(self, x): return super().m(x), super().attribute, super(C, self).m, super(C, self).m(x), super()
        def n(): return super().n
    return C


async def inline(a): return [x async for x in a if await x], [await x for x in a], {x: y async for x, y in a}
def nested(a): return f'{f'{a!r:>{1 + 2}}'}', f"{a["k"]}", f'{'\n'.join(a)}'
