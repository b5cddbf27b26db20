"""Lifts the standard library of each interpreter found: every function must keep the promises of the IR, without an
anomaly (jumps, indices, the depth of the stack against what the compiler declares). Mutated files must not crash it.

  lift_stdlib.py WINNOW [MODULES] [MUTANTS]
"""
import os
import random
import re
import subprocess
import sys
import tempfile

from marshal_against_cpython import interpreters

COMPILE = '''
import os, py_compile, sys
folder = os.path.dirname(os.__file__)
out, most = sys.argv[1], int(sys.argv[2])
names = []
for base, _, files in os.walk(folder):
    if 'site-packages' in base or os.path.basename(base) in ('test', 'tests', 'lib2to3'):
        continue
    names += [os.path.join(base, f) for f in files if f.endswith('.py')]
names.sort()
for i, name in enumerate(names[::max(1, len(names) // most)]):
    try:
        py_compile.compile(name, os.path.join(out, '%d.pyc' % i), doraise=True)
    except Exception:
        pass
'''


def check(winnow, paths):
    run = subprocess.run([winnow, 'debug', 'ir', '--check', *paths], capture_output=True, text=True, errors='replace')
    if run.returncode != 0:
        sys.exit('debug ir ended with %d\n%s' % (run.returncode, run.stderr[-2000:]))
    return run.stdout


def mutants(paths, count, folder):
    chance = random.Random(3)
    for i in range(count):
        with open(chance.choice(paths), 'rb') as file:
            data = bytearray(file.read())
        for _ in range(chance.randrange(1, 12)):
            data[chance.randrange(16, len(data))] = chance.randrange(256)
        path = os.path.join(folder, 'mutant%d.pyc' % i)
        with open(path, 'wb') as file:
            file.write(data)
        yield path


def main():
    winnow = sys.argv[1]
    modules = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    changed = int(sys.argv[3]) if len(sys.argv) > 3 else 200
    failed = False
    for version, command in interpreters():
        with tempfile.TemporaryDirectory() as folder:
            made = subprocess.run([*command, '-c', COMPILE, folder, str(modules)], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, timeout=300)
            paths = sorted(os.path.join(folder, name) for name in os.listdir(folder))
            if made.returncode != 0 or not paths:
                continue  # Pyodide: its sources are elsewhere
            text = check(winnow, paths)
            summary = text.splitlines()[-1]
            print(version, summary)
            figures = re.search(r'(\d+) not read, (\d+) functions, (\d+) broken, (\d+) with anomalies', summary)
            if not figures or figures[1] != '0' or figures[3] != '0' or figures[4] != '0':
                failed = True
                print(text[:2000])
            check(winnow, list(mutants(paths, changed, folder)))
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
