#!/usr/bin/env python3
"""Decompiles functions one by one, without the module around them, as a Keras Lambda or a pickle carries them, has the
matching Python compile what comes out, and judges it.

    functions.py --winnow build/release/winnow --modules DIR --python /usr/bin/python3.11 [--judge FOLDER] [--most 1500]
    functions.py ... --pyodide npm/3.14             a folder with the npm package, for versions without a native interpreter

DIR holds *.marshal of that version (roundtrip.py). A judge is a folder with rtcore.py, whose `walk` and `judge` compare
instruction graphs; without one only functions that come back byte for byte count.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--winnow', required=True)
    parser.add_argument('--modules', required=True)
    parser.add_argument('--python', default='')
    parser.add_argument('--pyodide', default='')
    parser.add_argument('--judge', default=os.environ.get('WINNOW_JUDGE_FOLDER', ''))
    parser.add_argument('--most', default='1500')
    parser.add_argument('--failures', type=int, default=0)
    parser.add_argument('--out', default='')
    o = parser.parse_args()
    runner = ['node', os.path.join(HERE, '..', 'python', 'pyodide_run.mjs'), o.pyodide] if o.pyodide else [o.python]
    out = os.path.abspath(o.out) if o.out else tempfile.mkdtemp(prefix='winnow-functions-')
    os.makedirs(out, exist_ok=True)

    def run(*arguments):
        done = subprocess.run(runner + [os.path.join(HERE, 'functions_worker.py'), *arguments], stdout=subprocess.PIPE, check=True)
        return json.loads(done.stdout.decode().strip().splitlines()[-1])

    run('extract', os.path.abspath(o.modules), out, o.most)
    names = sorted(n[:-8] for n in os.listdir(out) if n.endswith('.marshal'))
    with tempfile.NamedTemporaryFile('w', suffix='.list') as listing:
        listing.write(''.join('%s/%s.marshal\t%s/%s.py\n' % (out, n, out, n) for n in names))
        listing.flush()
        subprocess.run([o.winnow, 'debug', 'decompile', '@' + listing.name], check=False, stdout=subprocess.DEVNULL)
    result = run('judge', out, *([os.path.abspath(o.judge)] if o.judge else []))
    for name, function, why in result['failures'][:o.failures]:
        print(name, function, why)
    print(json.dumps({kind: {'all': v['all'], 'right': round(100.0 * v['right'] / v['all'], 2), 'exact': round(100.0 * v['exact'] / v['all'], 2)}
                      for kind, v in result['kinds'].items()}))
    if not o.out:
        shutil.rmtree(out)
    return 0


if __name__ == '__main__':
    sys.exit(main())
