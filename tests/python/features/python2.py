"""Python 2 alone: statements and habits that are gone."""
import os, sys as system
from os import path
print "a", 1,
print
print >>system.stderr, "x", path
print >>system.stderr, "y",
exec "a = 1"
exec "b = 2" in {}
exec "c = 3" in {}, {}
exec("d = 4", {})


def old(a, (b, (c, d)), e=1, *f, **g):
    print `a`, a <> b
    raise ValueError, "text", None


def bare():
    exec "x = 1"
    return x, len


def imports():
    from os import *
    return getcwd()


def tries(x):
    try:
        return x()
    except (IOError, OSError), e:
        print e
    except KeyError, x.y:
        raise
    except ValueError as other[0]:
        pass
    except:
        print "all"
    else:
        x = 1
    finally:
        x = None
    raise ValueError, "text"


class Old:
    "text"
    a = 1

    def method(self, *args, **kw):
        return self.other(1, a=2, *args, **kw) + f(*args) + f(**kw) + f(1, x=2, **kw) + f(1, *args)


class New(object, Old):
    __private = 1

    def get(self):
        return self.__private


def numbers():
    return 0777, 10L, 0xffffffffffL, 1 / 2, -7 / 2, u'a' 'b', ur'\u0041', 'a' * 3, -1, 7 // 2, 'abc'[1]


def slices(a, b):
    a[1:2] = b[:]
    del a[:3]
    a[b:] += a[::2]
    return a[1:2, ...], a[b:1]


def lists(a):
    x = [y for z in a if z for y in z if not y]
    s = {y for y in a}
    d = {y: z for y, z in a}
    g = (y for y in a)
    return x, s, d, g, a in [1, 2], a in {1, 2}, {1: 2, a: x}, {}


def generator():
    yield
    x = yield 1
    return


def outer(a):
    def inner():
        return a
    b = lambda: (a, c)
    c = 1
    return inner, b


def loops(a):
    while 1:
        for x in a:
            try:
                if x:
                    continue
                break
            finally:
                print x
        else:
            print "no break"
        if a and not x or None is a:
            return
    with open(a) as f, open(x):
        for line in f:
            return line


assert old, "message"
assert 1 < len(system.argv) < 3
