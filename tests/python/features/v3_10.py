"""3.9 and 3.10: match, parenthesised with, any expression as decorator, unions, big displays."""


def matches(x):
    match x:
        case 1: return 'one'
        case -1 | 2.5 | 'text' | b'bytes' | 1 + 2j: return 'literals'
        case None | True: return 'singletons'
        case []: return 'empty'
        case [a]: return a
        case [a, b, *_]: return a, b
        case (a, *rest, b): return rest
        case [*_, (1 | 2) as last]: return last
        case [_, _]: return 'two'
        case {'k': v, **rest}: return v, rest
        case {1: _, 'x': [c]}: return c
        case {}: return 'mapping'
        case Point(x=0, y=y) if y > 0: return y
        case Point(a, b, z=Point(1)): return a, b
        case int() | str(): return 'types'
        case a.b.c: return 'dotted'
        case [Point(x=1) as p, {'a': q} as r] if p and q: return r
        case (1, a) | (a, 2): return a
        case _: return 'default'


def in_loop(xs):
    for x in xs:
        match x:
            case 1: continue
            case 2: break
            case y if y: pass
    match xs:
        case {'a': 1}: print('one')
    match xs, 1:
        case x, 1: return x
    match xs:
        case whole: return whole


def withs(a):
    with (open(a) as b, open(b) as c,): return b, c
    with (a): pass


buttons = [print]


@buttons[0]
@(lambda f: f)
def decorated(a: int | None = None) -> list[int]: return a


def big(a):
    x = [a, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31]
    y = {a: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 7, 8: 8, 9: 9, 10: 10, 11: 11, 12: 12, 13: 13, 14: 14, 15: 15, 16: 16, 17: 17}
    a(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32)
    a(a=1, b=2, c=3, d=4, e=5, f=6, g=7, h=8, i=9, j=10, k=11, l=12, m=13, n=14, o=15, p=16, q=17)
    return x, y, a | {**a}, (a, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31)
