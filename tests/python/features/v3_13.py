"""3.13: defaults of type parameters, what classes note of themselves, dedented docstrings."""


def generic[T = int, *Ts = *tuple[int], **P = [int]](x: T) -> T:
    """First line.

        Indented.
      Less.
    """
    return x


class Noted:
    """Text.
        More.
    """

    def __init__(self, a):
        self.a, self.b = a
        self.c: int = 1
        self.d += 1

    def other(self): self.e = lambda: setattr(self, 'f', 1)


def truth(a, b): return not not a, not a == b, bool(a and b), (a or b) is None
def conditional(a): return [x for x in a if x if not x.y]
