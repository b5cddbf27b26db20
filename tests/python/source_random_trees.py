#!/usr/bin/env python3
"""Compares the parser and the printer with CPython on random trees, in which everything nests in everything.

usage: source_random_trees.py WINNOW [--seconds N] [--seed N]

Each tree is spelled by ast.unparse; then source_against_cpython.py's comparison is made of it. Trees for which
CPython itself has no spelling are left out. Prints what differs, as small as it was made.
"""
import ast
import os
import random
import sys
import tempfile
import time
import warnings

from source_against_cpython import check

CONSTANTS = [0, 1, 7, 10**25, 1.5, 1e300, 2j, "s", "it's", '"q"', "a\nb\\", "{x}", "\u202e\0", b"b\xff'", None, True, ..., ""]
BINARY = [ast.Add, ast.Sub, ast.Mult, ast.MatMult, ast.Div, ast.Mod, ast.Pow, ast.LShift, ast.RShift, ast.BitOr,
          ast.BitXor, ast.BitAnd, ast.FloorDiv]
UNARY = [ast.Invert, ast.Not, ast.UAdd, ast.USub]
COMPARE = [ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Is, ast.IsNot, ast.In, ast.NotIn]
LOAD, STORE = ast.Load(), ast.Store()


class Trees:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def pick(self, *choices):
        return self.random.choice(choices)

    def chance(self, share):
        return self.random.random() < share

    def some(self, make, depth, least=0, most=3):
        return [make(depth - 1) for _ in range(self.random.randint(least, most))]

    def maybe(self, make, depth, share=0.4):
        return make(depth - 1) if self.chance(share) else None

    def name(self):
        return ast.Name(self.pick(*"abcxyz"), LOAD)

    def constant(self):
        return ast.Constant(self.random.choice(CONSTANTS))

    def arguments(self, depth, annotated):
        names = list("pqrstuvw")
        self.random.shuffle(names)

        def argument():
            return ast.arg(names.pop(), self.maybe(self.expression, depth) if annotated else None)

        plain = [argument() for _ in range(self.random.randint(0, 3))]
        split = self.random.randint(0, len(plain))
        named = [argument() for _ in range(self.random.randint(0, 2))]
        return ast.arguments(
            plain[:split], plain[split:], argument() if self.chance(0.3) else None, named,
            [self.maybe(self.expression, depth) for _ in named], argument() if self.chance(0.3) else None,
            self.some(self.expression, depth, 0, len(plain)))

    def comprehensions(self, depth):
        return [ast.comprehension(self.target(depth - 1), self.expression(depth - 1),
                                  self.some(self.expression, depth, 0, 2), 0) for _ in range(self.random.randint(1, 2))]

    def target(self, depth):
        kind = self.random.randint(0, 6)
        if depth <= 0 or kind < 3:
            return ast.Name(self.pick(*"mno"), STORE)
        if kind == 3:
            return ast.Attribute(self.expression(depth - 1), "attr", STORE)
        if kind == 4:
            return ast.Subscript(self.expression(depth - 1), self.subscript(depth - 1), STORE)
        return self.pick(ast.Tuple, ast.List)(self.some(self.target, depth, 1), STORE)

    def subscript(self, depth):
        kind = self.random.randint(0, 4)
        if kind == 0:
            return ast.Slice(*[self.maybe(self.expression, depth, 0.6) for _ in range(3)])
        if kind == 1:
            return ast.Tuple([self.pick(ast.Slice(self.expression(depth - 1), None, None), self.expression(depth - 1))
                              for _ in range(self.random.randint(1, 3))], LOAD)
        return self.expression(depth - 1)

    def item(self, depth):
        return ast.Starred(self.expression(depth), LOAD) if self.chance(0.15) else self.expression(depth)

    def keyword(self, depth):
        return ast.keyword(self.pick("k1", "k2", None), self.expression(depth))

    def formatted(self, depth, is_format=False):
        values = []
        for _ in range(self.random.randint(0, 3)):
            if self.chance(0.5):
                values.append(ast.Constant(self.pick(">", "10") if is_format else self.pick("t", "{", "'", '"', "\n", "\\", "'''", "é")))
            else:
                spec = self.formatted(depth - 1, True) if self.chance(0.3) and not is_format else None
                values.append(ast.FormattedValue(self.expression(depth - 1), self.pick(-1, 114, 115, 97), spec))
        return ast.JoinedStr(values)

    def expression(self, depth):
        if depth <= 0:
            return self.name() if self.chance(0.6) else self.constant()
        e, below = self.expression, depth - 1
        return self.random.choice([
            self.constant,
            lambda: ast.BoolOp(self.pick(ast.And, ast.Or)(), self.some(e, depth, 2)),
            lambda: ast.BinOp(e(below), self.random.choice(BINARY)(), e(below)),
            lambda: ast.BinOp(e(below), self.random.choice(BINARY)(), e(below)),
            lambda: ast.UnaryOp(self.random.choice(UNARY)(), e(below)),
            lambda: ast.Lambda(self.arguments(below, False), e(below)),
            lambda: ast.IfExp(e(below), e(below), e(below)),
            lambda: ast.Dict(*zip(*[(self.maybe(e, depth, 0.8), e(below)) for _ in range(self.random.randint(1, 3))])),
            lambda: ast.Set(self.some(self.item, depth, 1)),
            lambda: self.pick(ast.ListComp, ast.SetComp, ast.GeneratorExp)(e(below), self.comprehensions(depth)),
            lambda: ast.DictComp(e(below), e(below), self.comprehensions(depth)),
            lambda: self.pick(ast.Await, ast.YieldFrom, ast.Yield)(e(below)),
            lambda: ast.Yield(None),
            lambda: ast.Compare(e(below), [self.random.choice(COMPARE)() for _ in range(2)], [e(below), e(below)]),
            lambda: ast.Call(e(below), self.some(self.item, depth), self.some(self.keyword, depth, 0, 2)),
            lambda: self.formatted(depth),
            lambda: ast.Attribute(e(below), "attr", LOAD),
            lambda: ast.Subscript(e(below), self.subscript(below), LOAD),
            lambda: ast.NamedExpr(ast.Name("w", STORE), e(below)),
            lambda: self.pick(ast.List, ast.Tuple)(self.some(self.item, depth), LOAD),
        ])()

    def pattern(self, depth):
        p = self.pattern
        kind = self.random.randint(0, 8)
        if depth <= 0 or kind == 0:
            return ast.MatchAs(None, self.pick("u", "v", None))
        if kind == 1:
            return ast.MatchValue(self.pick(ast.Constant(1), ast.Constant("x"), ast.UnaryOp(ast.USub(), ast.Constant(2)),
                                            ast.Attribute(self.name(), "a", LOAD),
                                            ast.BinOp(ast.Constant(1), ast.Add(), ast.Constant(2j))))
        if kind == 2:
            return ast.MatchSingleton(self.pick(None, True, False))
        if kind == 3:
            return ast.MatchSequence(self.some(p, depth) + [ast.MatchStar(self.pick("s", None))])
        if kind == 4:
            patterns = self.some(p, depth, 0, 2)
            return ast.MatchMapping([ast.Constant(i) for i, _ in enumerate(patterns)], patterns, self.pick("rest", None))
        if kind == 5:
            named = self.some(p, depth, 0, 2)
            return ast.MatchClass(self.name(), self.some(p, depth, 0, 2), ["k%d" % i for i, _ in enumerate(named)], named)
        return ast.MatchAs(p(depth - 1), "t") if kind == 6 else ast.MatchOr([p(depth - 1), p(depth - 1)])

    def body(self, depth):
        return self.some(self.statement, depth, 1, 2)

    def otherwise(self, depth):
        return self.body(depth) if self.chance(0.3) else []

    def statement(self, depth):
        e, t = self.expression, self.target
        if depth <= 0:
            return ast.Expr(e(2))
        single = self.pick(ast.Name("g", STORE), ast.Attribute(e(1), "h", STORE))
        more = {"type_params": []} if sys.version_info >= (3, 12) else {}
        return self.random.choice([
            lambda: ast.Expr(e(4)),
            lambda: ast.Assign(self.some(t, 3, 1, 2), e(3)),
            lambda: ast.AugAssign(single, self.random.choice(BINARY)(), e(3)),
            lambda: ast.AnnAssign(single, e(2), self.maybe(e, 3), int(isinstance(single, ast.Name) and self.chance(0.5))),
            lambda: ast.For(t(2), e(2), self.body(depth), self.otherwise(depth)),
            lambda: ast.While(e(2), self.body(depth), self.otherwise(depth)),
            lambda: ast.If(e(2), self.body(depth), self.otherwise(depth)),
            lambda: ast.With([ast.withitem(e(3), self.maybe(t, 2)) for _ in range(self.random.randint(1, 2))], self.body(depth)),
            lambda: ast.Match(e(2), [ast.match_case(self.pattern(3), self.maybe(e, 2), self.body(depth))]),
            lambda: ast.Raise(e(2), self.maybe(e, 2)),
            lambda: self.pick(ast.Try, ast.TryStar)(
                self.body(depth), [ast.ExceptHandler(e(2), self.pick("ex", None), self.body(depth))],
                self.otherwise(depth), self.otherwise(depth)),
            lambda: ast.Assert(e(2), self.maybe(e, 3)),
            lambda: self.pick(ast.FunctionDef, ast.AsyncFunctionDef)(
                "f", self.arguments(2, True), self.body(depth), self.some(e, 3, 0, 1), self.maybe(e, 3), **more),
            lambda: ast.ClassDef("C", self.some(self.item, 2), self.some(self.keyword, 2, 0, 1), self.body(depth),
                                 self.some(e, 2, 0, 1), **more),
            lambda: ast.Return(e(3)),
            lambda: ast.Delete(self.some(t, 3, 1, 2)),
        ])()


def texts(trees, count):
    out = []
    while len(out) < count:
        try:
            text = ast.unparse(ast.fix_missing_locations(ast.Module([trees.statement(3)], [])))
            ast.parse(text)
            out.append(text)
        except (ValueError, SyntaxError, RecursionError):
            pass  # a tree that ast.unparse cannot spell
    return out


def main(arguments):
    winnow, options = arguments[0], dict(zip(arguments[1::2], arguments[2::2]))
    warnings.simplefilter("ignore")
    trees = Trees(int(options.get("--seed", "1")))
    end = time.time() + float(options.get("--seconds", "5"))
    read, bad = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "tree.py")

        def fault(text):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            return check(winnow, path)

        while time.time() < end and bad < 5:
            statements = texts(trees, 40)
            read += len(statements)
            if not fault("\n".join(statements)):
                continue
            for text in statements:
                what = fault(text)
                if what:
                    bad += 1
                    print(text, what, sep="\n", end="\n\n")
    print("%d trees, %d differ" % (read, bad))
    return 1 if bad else 0


sys.exit(main(sys.argv[1:]))
