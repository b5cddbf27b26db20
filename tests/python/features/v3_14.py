"""3.14: lazy annotations, template strings, any, all and tuple of generators, finally."""
x: int = 1
if x: y: str = 'a'
z: list[undefined]


class Annotated:
    a: int
    if x: b: str = 'x'
    c: 'text' = None

    def method(self, p: a, *q: b) -> Annotated: local: p = 1; return local


def function(a: undefined, b: int = 1, /, *c: str, d: x, **e: y) -> z: return a
def builtins(a): return all(x for x in a), any(not x for x in a), tuple(x for x in a if x), all([x for x in a])
def templates(a, b): return t'', t'x', t'{a}', t'x{a!r:>{b}}y{b}', t'{a}{b}', t'a' t'{b}', t'{a = }'


def groups(f):
    try: f()
    except ValueError, TypeError: print('either')
