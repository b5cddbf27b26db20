"""Our compiler of source against CPython's: what it makes must be equal to the interpreter's own bytecode, lifted.

  lowered_against_cpython.py WINNOW [MODULES] [VERSION...]

The files in features/ with every interpreter that is new enough (all functions must be equal), and MODULES of each
one's standard library (99 % of functions). Of each function some changed copies must be told from it,
bar the few that do the same (a constant stored and never read, a handler of code that cannot fail).
"""
import glob
import os
import random
import re
import subprocess
import sys
import tempfile

from marshal_against_cpython import interpreters

FEATURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'features')
COMPILE = '''
import io, os, py_compile, sys
pairs = sys.argv[1:]
for i in range(0, len(pairs), 2):
    try:
        py_compile.compile(pairs[i], pairs[i + 1], doraise=True)
    except py_compile.PyCompileError as error:
        sys.stdout.write(str(error) + "\\n")
'''


def number(version):
    return tuple(int(part) for part in version.split('.'))


def features(version):
    if version == '2.7':
        return [os.path.join(FEATURES, 'python2.py')]
    found = []
    for path in sorted(glob.glob(os.path.join(FEATURES, 'v3_*.py'))):
        least = re.match(r'v(\d+)_(\d+)', os.path.basename(path))
        if (int(least.group(1)), int(least.group(2))) <= number(version):
            found.append(path)
    return found


def compare(winnow, command, sources, mutants):
    """The lines of `winnow debug equivalent`."""
    with tempfile.TemporaryDirectory() as folder:
        script = os.path.join(folder, 'compile.py')
        with open(script, 'w') as file:
            file.write(COMPILE)
        pairs = []
        for i, path in enumerate(sources):
            pairs += [path, os.path.join(folder, '%d.pyc' % i)]
            open(pairs[-1], 'w').close()
        result = subprocess.run(command + [script] + pairs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
        lines = result.stdout.decode(errors='replace').splitlines()
        there = []
        for source, compiled in zip(pairs[::2], pairs[1::2]):
            if os.path.getsize(compiled) > 0:
                there += [source, compiled]
        if not there:
            return lines, ''
        result = subprocess.run([winnow, 'debug', 'equivalent', '--mutants', str(mutants)] + there, stdout=subprocess.PIPE, timeout=600)
        return lines, result.stdout.decode(errors='replace')


def main():
    winnow = os.path.abspath(sys.argv[1])
    modules = int(sys.argv[2]) if len(sys.argv) > 2 else 25
    found = [(version, command) for version, command in interpreters()
             if (version == '2.7' or number(version) >= (3, 6)) and number(version) <= (3, 14)]
    if sys.argv[3:]:
        found = [one for one in found if one[0] in sys.argv[3:]]
    if not found:
        print('no interpreter found')
        return 77
    failed = False
    for version, command in found:
        complaints, text = compare(winnow, command, features(version), 8)
        equal, all_of = map(int, re.search(r'(\d+) of (\d+) functions equal', text).groups())
        missed, mutants = map(int, re.search(r'(\d+) of (\d+) mutants missed', text).groups())
        print('%s: features %d of %d equal; %d of %d mutants missed' % (version, equal, all_of, missed, mutants))
        if equal != all_of or any('Error' in line for line in complaints) or missed > mutants * 0.06:
            print('\n'.join(complaints[-10:] + text.splitlines()[:25]))
            failed = True
        if command[0] == 'node':
            continue
        library = subprocess.run(command + ['-c', 'import os; print(os.path.dirname(os.__file__))'], stdout=subprocess.PIPE).stdout.decode().strip()
        sources = sorted(glob.glob(os.path.join(library, '*.py')) + glob.glob(os.path.join(library, '*', '*.py')))
        sources = [path for path in sources if 'site-packages' not in path and 'lib2to3' not in path and 'bad' not in path]
        _, text = compare(winnow, command, random.Random(0).sample(sources, min(modules, len(sources))), 0)
        equal, all_of = map(int, re.search(r'(\d+) of (\d+) functions equal', text).groups())
        print('%s: library  %d of %d equal' % (version, equal, all_of))
        if equal < all_of * 0.99:
            print('\n'.join(text.splitlines()[:10]))
            failed = True
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
