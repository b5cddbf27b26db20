"""3.8: positional-only parameters, the walrus, = in f-strings, return and yield of starred tuples."""


def positional(a, b=1, /, c=2, *, d: int = 3, **e) -> None: return a


def annotated(a: int, /, b: str, *c: float, d: bytes): pass


def walrus(a):
    if (b := a.x) and (c := b): return b, c
    while chunk := a.read(): print(chunk)
    x = [y := 1, y ** 2]
    filtered = [last := z for z in a if (t := z) > 1]
    return any((hit := z) for z in a), (lambda: (inner := a)), filtered, last, t, x


def debug(a): return f'{a=}', f'{a + 1 = !r:>5}', f'{a = }'


def starred(a):
    yield 1, *a
    return 2, *a


def loops(a):
    for x in a:
        try: continue
        finally: print(x)


def posonly_lambda(): return lambda a, /, b: a


class C:
    @property
    def p(self, /): return self.__x

    items = [a := 1, a] if False else []


module_level = [(w := x) for x in range(3)]
async def f(a): return {x: y async for x, y in a}, [x for x in await a]
print(f'{module_level!r:^{10}}')
