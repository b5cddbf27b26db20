#!/usr/bin/env python3
"""Makes fuzz/seeds/fuzz_bytecode: functions with every kind of block, compiled by an interpreter.

  make_bytecode_seeds.py          run by each interpreter whose code is wanted (2.7 and later)

A seed is: minor version (16 for 2.7), length of the exception table, the table, the code.
"""
import os
import sys

SOURCES = """
def loops(x):
 for i in x:
  try:
   if i: break
   if not i: continue
   while i: i = i - 1
  finally: print(i)
 else: return [j for j in x if j]
---
def handlers(x):
 try: return x.a(1, *x, b=2, **x)
 except ValueError as e: print(e)
 except (KeyError, x): raise
 else: return x < 1 < 2
 finally: del x
---
def withs(x):
 for i in x:
  with x as y, i:
   if y: return y
   if x: break
   if i: continue
  x[1:2] = {'a': i, 'b': y}
---
def closures(a, b=1, *c):
 def inner(d=a, e=b): return a or d and lambda: a
 class C(a): x = b
 import os.path as p; from os import *
 a, b = b, a
 x, y = a
---
def generator(x):
 y = yield x
 return (yield)
---
async def asynchronous(x):
 async with x as y: await y
 async for i in x: yield i
 return
---
def matches(x):
 match x:
  case [1, *a]: return a
  case {'k': v, **r}: return r
  case C(a, b=2): return f'{x!r:>{a}}'
---
def groups(x):
 try: x()
 except* ValueError as e: x(e)
---
def delegates(x): return [*x, *x], {**x, 'a': 1}, (yield from x)
"""


def main():
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'seeds', 'fuzz_bytecode')
    if not os.path.isdir(folder):
        os.makedirs(folder)
    minor = 16 if sys.version_info[0] == 2 else sys.version_info[1]
    for source in SOURCES.split('---'):
        try:
            module = compile(source, 'seed', 'exec')
        except SyntaxError:
            continue
        for code in module.co_consts:
            if not hasattr(code, 'co_code'):
                continue
            table = bytes(getattr(code, 'co_exceptiontable', b''))
            if len(table) > 255:
                continue
            name = '%s.%d.%d' % (code.co_name, sys.version_info[0], sys.version_info[1])
            with open(os.path.join(folder, name), 'wb') as out:
                out.write(bytearray([minor, len(table)]) + table + code.co_code)


if __name__ == '__main__':
    main()
