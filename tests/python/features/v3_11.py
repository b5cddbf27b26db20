"""3.11: except*, starred subscripts, annotations of starred parameters, formats of tuples."""


def groups(f):
    try: f()
    except* ValueError: print('value')
    except* (TypeError, KeyError) as e: print(e)
    else: print('else')
    finally: print('finally')
    for x in f:
        try: x()
        except* OSError as e: raise ValueError from e


def subscripts(a, b): return a[*b], a[1, *b], a[b:1, *b]
def starred(*args: *tuple[int, ...]): return args
def formats(a, b): return '%s' % (a,), '%s and %r' % (a, b), '%10s|%-10.3s|%a' % (a, b, a), '%s%%' % (a,), '%s' % (1,), '%d %s' % (a, b)


async def comprehensions(a):
    return [[x async for x in y] for y in a], [[await z for z in y] async for y in a]


class C:
    def method(self):
        return [self.x for self.x in super().items], (lambda: [__class__ for _ in self])
