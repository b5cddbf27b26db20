#!/usr/bin/env python3
"""Derives candidates for the knowledge base from a Python library's own sources.

Nothing is imported or run: every file is parsed with `ast` (Python 2 sources are brought to Python 3
spelling with lib2to3 first, where this interpreter still has it). Four questions can be asked:

  effects    Which functions, methods and constructors reach a primitive with an effect (a program
             started, code evaluated, a file written, ...), and which of their own parameters decides
             what it works on? The call graph is followed through imports, `self`, base classes, and
             variables that hold a freshly made object.
  reducers   Which names does the library itself put into pickles? (`__reduce__`, `__reduce_ex__`,
             `copyreg.pickle`, Cython's `__pyx_unpickle_*`, `_rebuild_*`, ...)
  classes    Which classes have a name that looks like a function's (starts with a lower-case letter)?
  setstate   Which classes define `__setstate__`, `__new__`, `__setitem__`, `append`, `extend` or
             `__reduce__`: what an unpickler calls without being asked?

  derive_knowledge.py effects  [--hops N] [--label NAME] [--package NAME]... [--skip FOLDER]... DIRECTORY...
  derive_knowledge.py reducers [--label NAME] [--package NAME]... DIRECTORY...
  derive_knowledge.py classes  [--package NAME]... DIRECTORY...
  derive_knowledge.py setstate [--package NAME]... DIRECTORY...

DIRECTORY is a folder that holds packages and modules, as `site-packages`, `Lib` or an unpacked wheel does;
with `--package` only the named package or module in it is read. For a wheel:

  unzip -q some_library.whl '*.py' -d some_library
  tools/derive_knowledge.py effects --hops 2 --label some-library-1.0 some_library

The output is tab-separated text for a person to curate, never knowledge by itself. Rows of `effects`:

  name     dotted; a class stands for its construction
  effect   as in README.md of the knowledge folder
  kind     param: a parameter decides what the primitive works on; self: the object's state does;
           const: neither, the primitive works on something fixed
  places   of the deciding parameters, counted without `self`; keyword-only ones by name
  hops     calls between the name and the primitive
  place    file:line of the definition
  chain    how the primitive is reached
  label    as given
"""
import argparse
import ast
import functools
import os
import re
import sys
import warnings

# Primitives: dotted name -> (effect, place of the parameter that decides, or None for "always").
SINKS = {}


def _sinks(effect, where, names):
    for name in names.split():
        SINKS[name] = (effect, where)


_sinks('process', 0, '''os.system os.popen os.popen2 os.popen3 os.popen4 os.execl os.execle os.execlp
  os.execlpe os.execv os.execve os.execvp os.execvpe os.posix_spawn os.posix_spawnp os.startfile
  subprocess.Popen subprocess.call subprocess.run subprocess.check_call subprocess.check_output
  subprocess.getoutput subprocess.getstatusoutput _posixsubprocess.fork_exec pty.spawn
  commands.getoutput commands.getstatusoutput popen2.Popen3 popen2.Popen4 popen2.popen2 popen2.popen3
  asyncio.create_subprocess_shell asyncio.create_subprocess_exec
  asyncio.subprocess.create_subprocess_shell asyncio.subprocess.create_subprocess_exec
  posix.system nt.system platform.popen pexpect.spawn pexpect.run sh.Command''')
_sinks('process', 1, '''os.spawnl os.spawnle os.spawnlp os.spawnlpe os.spawnv os.spawnve os.spawnvp
  os.spawnvpe _winapi.CreateProcess''')
_sinks('code', 0, '''eval exec builtins.eval builtins.exec execfile code.InteractiveInterpreter.runcode
  types.FunctionType types.CodeType runpy.run_path runpy.run_module runpy._run_code
  _testcapi.run_in_subinterp _xxsubinterpreters.run_string torch.jit.CompilationUnit''')
_sinks('native', 0, '''ctypes.CDLL ctypes.cdll.LoadLibrary ctypes.WinDLL ctypes.OleDLL ctypes.PyDLL
  ctypes.windll.LoadLibrary _ctypes.dlopen _ctypes.LoadLibrary imp.load_dynamic _imp.create_dynamic
  importlib.machinery.ExtensionFileLoader numpy.ctypeslib.load_library torch.ops.load_library
  torch.classes.load_library ctypes.string_at ctypes.memmove''')
_sinks('import', 0, '''__import__ builtins.__import__ importlib.import_module importlib.__import__
  imp.load_module imp.load_source imp.find_module pkgutil.resolve_name
  importlib.util.spec_from_file_location importlib.machinery.SourceFileLoader''')
_sinks('deserialise', 0, '''pickle.load pickle.loads pickle.Unpickler cPickle.load cPickle.loads
  cPickle.Unpickler _pickle.load _pickle.loads _pickle.Unpickler marshal.load marshal.loads
  shelve.open dill.load dill.loads cloudpickle.load cloudpickle.loads joblib.load torch.load
  pandas.read_pickle jsonpickle.decode yaml.load yaml.unsafe_load yaml.full_load
  pickle._load pickle._loads pickle._Unpickler''')
_sinks('network', 0, '''socket.socket.connect socket.create_connection socket.getaddrinfo
  socket.gethostbyname socket.create_server urllib.request.urlopen urllib.request.urlretrieve
  urllib.urlopen urllib.urlretrieve urllib2.urlopen requests.get requests.post requests.put
  requests.head http.client.HTTPConnection http.client.HTTPSConnection httplib.HTTPConnection
  httplib.HTTPSConnection ftplib.FTP telnetlib.Telnet smtplib.SMTP poplib.POP3 imaplib.IMAP4
  nntplib.NNTP xmlrpc.client.ServerProxy webbrowser.open socket.socket.bind ssl.get_server_certificate
  asyncio.open_connection asyncio.start_server httpx.get httpx.post paramiko.SSHClient
  torch.hub.download_url_to_file torch.hub.load_state_dict_from_url wget.download gdown.download''')
_sinks('network', 1, 'requests.request httpx.request')
_sinks('fetch-model', 0, '''huggingface_hub.hf_hub_download huggingface_hub.snapshot_download
  huggingface_hub.cached_download torch.hub.load transformers.utils.cached_file
  transformers.utils.hub.cached_file keras.utils.get_file tensorflow.keras.utils.get_file''')
_sinks('file-write', 0, '''os.mkdir os.makedirs os.mkfifo os.mknod os.chmod os.chown os.truncate
  os.utime pathlib.Path.write_text pathlib.Path.write_bytes pathlib.Path.mkdir pathlib.Path.touch
  logging.FileHandler logging.handlers.RotatingFileHandler sqlite3.connect shutil.unpack_archive
  numpy.save numpy.savez numpy.savetxt torch.save joblib.dump dbm.open''')
_sinks('file-write', 1, '''os.rename os.replace os.renames os.symlink os.link shutil.copy shutil.copy2
  shutil.copyfile shutil.copytree shutil.move''')
_sinks('file-delete', 0, '''os.remove os.unlink os.rmdir os.removedirs shutil.rmtree pathlib.Path.unlink
  pathlib.Path.rmdir''')
_sinks('file-read', 0, '''os.listdir os.scandir os.walk os.readlink glob.glob glob.iglob
  pathlib.Path.read_text pathlib.Path.read_bytes linecache.getline linecache.getlines
  numpy.load numpy.loadtxt numpy.genfromtxt numpy.fromfile numpy.memmap pandas.read_csv''')
_sinks('environment', 0, 'os.putenv os.unsetenv os.chdir os.chroot os.environ.setdefault')
_sinks('terminate', None, 'os._exit os.abort os.kill os.killpg sys.exit faulthandler._sigsegv')
_sinks('tamper', 0, '''sys.settrace sys.setprofile threading.settrace signal.signal
  sys.path.append sys.path.insert sys.path.extend codecs.register''')
# Methods so telling that the receiver's type need not be known.
METHOD_SINKS = {
    'extractall': ('file-write', 'self'), 'write_text': ('file-write', 'self'),
    'write_bytes': ('file-write', 'self'), 'load_module': ('code', 'self'),
    'exec_module': ('code', 'self'), 'find_class': ('import', 1), 'sendall': ('network', 'self'),
}
OPENERS = {'open': 1, 'io.open': 1, 'builtins.open': 1, 'codecs.open': 1, 'gzip.open': 1, 'bz2.open': 1,
           'lzma.open': 1, 'os.open': None, 'file': 1, 'io.FileIO': 1, 'tarfile.open': 1,
           'tarfile.TarFile': 1, 'zipfile.ZipFile': 1, 'gzip.GzipFile': 1, 'bz2.BZ2File': 1,
           'wave.open': 1, 'h5py.File': 1, 'os.fdopen': 1, 'tokenize.open': None, 'fileinput.input': None,
           'smart_open.open': 1, 'fsspec.open': 1}
RANK = ['code', 'process', 'native', 'deserialise', 'network', 'fetch-model', 'file-delete', 'file-write',
        'import', 'tamper', 'terminate', 'environment', 'file-read']
CONST_MATTERS = {'process', 'network', 'native', 'file-delete', 'code', 'deserialise', 'fetch-model'}
UNPICKLER_METHODS = ('__init__', '__new__', '__post_init__', '__setstate__')


@functools.lru_cache(maxsize=None)
def python2_tool():
    """Brings Python 2 spelling to Python 3."""
    from lib2to3 import refactor
    folder = os.path.join(os.path.dirname(refactor.__file__), 'fixes')
    wanted = ('print', 'except', 'exec', 'raise', 'numliterals', 'repr', 'ne', 'backtick', 'tuple_params', 'throw',
              'unicode', 'execfile')
    return refactor.RefactoringTool(['lib2to3.fixes.fix_' + name for name in wanted
                                     if os.path.exists(os.path.join(folder, 'fix_%s.py' % name))])


def parse(path):
    """The file's syntax tree, or None."""
    try:
        with open(path, 'rb') as file:
            raw = file.read()
    except OSError:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        try:
            return ast.parse(raw)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            pass
        try:
            text = raw.decode('utf-8', 'replace').replace('\r\n', '\n')
            text = re.sub(r'coding[:=]', 'encoding ', text[:300]) + text[300:]
            return ast.parse(str(python2_tool().refactor_string(text + '\n', path)))
        except Exception:
            return None


class Function:
    """One function: its parameters, and its calls as (callee, taint per positional, per keyword, line)."""
    __slots__ = ('name', 'params', 'calls', 'cls', 'line', 'stored', 'file', 'vararg', 'kwarg', 'kind')

    def __init__(self, name):
        self.name, self.params, self.calls, self.cls, self.line = name, [], [], None, 0
        self.stored, self.file, self.vararg, self.kwarg, self.kind = set(), '', None, None, 'function'


class Library:
    def __init__(self):
        self.functions, self.classes, self.modules, self.aliases = {}, {}, {}, {}

    # -- reading ---------------------------------------------------------------------------------
    def read(self, root, package=None, skip=()):
        top = os.path.join(root, package.replace('.', os.sep)) if package else root
        files = []
        if package and os.path.isfile(top + '.py'):
            files.append(top + '.py')
        for folder, folders, names in os.walk(top):
            folders[:] = sorted(f for f in folders if f not in skip and f != '__pycache__'
                                and not f.endswith(('.dist-info', '.egg-info', '.data', '.libs')))
            files += [os.path.join(folder, n) for n in sorted(names) if n.endswith('.py')]
        for path in files:
            relative = os.path.relpath(path, root)[:-3].replace(os.sep, '.')
            is_package = relative.endswith('.__init__')
            name = relative[:-9] if is_package else relative
            tree = parse(path)
            if tree is None:
                print('# not parsed: %s' % relative, file=sys.stderr)
                continue
            self.modules[name] = path
            Walker(self, name, is_package, os.path.relpath(path, root)).module(tree)

    # -- resolving -------------------------------------------------------------------------------
    def canonical(self, name, depth=0):
        """Follows re-exports (`from .x import y` in a package) to where a name is defined."""
        if not name or depth > 8:
            return name
        if name in self.functions or name in self.classes or name in SINKS or name in OPENERS:
            return name
        if name in self.aliases and self.aliases[name] != name:
            return self.canonical(self.aliases[name], depth + 1)
        head, _, tail = name.rpartition('.')
        if head:
            found = self.canonical(head, depth + 1)
            if found != head:
                return self.canonical(found + '.' + tail, depth + 1)
        return name

    def method(self, cls, name, seen=None):
        """The function that `cls.name` means, through base classes."""
        seen = seen or set()
        if cls in seen or cls not in self.classes:
            direct = cls + '.' + name
            return direct if direct in SINKS else None
        seen.add(cls)
        if cls + '.' + name in self.functions:
            return cls + '.' + name
        for base in self.classes[cls]['bases']:
            found = self.method(self.canonical(base), name, seen)
            if found:
                return found
        return None

    def callee_functions(self, name):
        """Functions run by calling the thing of this name: itself, or a class's constructors."""
        name = self.canonical(name)
        if name in self.functions or name in SINKS:
            return [name]
        if name in self.classes:
            found = [self.method(name, m) for m in ('__new__', '__init__', '__post_init__')]
            return [f for f in found if f]
        head, _, tail = name.rpartition('.')
        if head in self.classes:
            found = self.method(head, tail)
            return [found] if found else []
        return []

    # -- propagating -----------------------------------------------------------------------------
    def propagate(self, hops):
        """function -> {effect: (payload parameters or () for constant, hops, chain)}."""
        facts = {}

        def note(function, effect, payload, distance, chain):
            known = facts.setdefault(function, {})
            old = known.get(effect)
            better = old is None or (bool(payload) and not old[0]) or \
                (bool(payload) == bool(old[0]) and distance < old[1])
            if better:
                known[effect] = (payload, distance, chain)
            return better

        callers = {}
        for name, function in self.functions.items():
            for call in function.calls:
                callee, positional, keywords, line, extra = call
                canonical = self.canonical(callee) if callee else None
                if canonical in SINKS:
                    effect, where = SINKS[canonical]
                    payload = _taint(where, positional, keywords)
                    if canonical in ('eval', 'exec') and not payload and extra == 'const':
                        continue
                    note(name, effect, payload, 0, canonical)
                elif canonical in OPENERS:
                    effect = 'file-write' if extra == 'write' else 'file-read'
                    note(name, effect, positional[0] if positional else keywords.get('file', ()), 0,
                         canonical + ("('w')" if extra == 'write' else ''))
                elif extra and extra.startswith('method:'):
                    effect, where = METHOD_SINKS[extra[7:]]
                    payload = keywords.get('<self>', ()) if where == 'self' else \
                        _taint(where, positional, keywords)
                    note(name, effect, payload, 0, '.' + extra[7:])
                if canonical:
                    for target in self.callee_functions(canonical):
                        callers.setdefault(target, []).append((name, call))
        work = [f for f in facts]
        while work:
            current = work.pop()
            for caller, (callee, positional, keywords, line, extra) in callers.get(current, ()):
                for effect, (payload, distance, chain) in list(facts.get(current, {}).items()):
                    if distance + 1 > hops or caller == current:
                        continue
                    mapped = self.map_payload(current, payload, positional, keywords, caller, callee)
                    if payload and not mapped and effect not in CONST_MATTERS:
                        continue
                    short = current if len(chain) < 160 else current.rsplit('.', 1)[-1]
                    if note(caller, effect, mapped, distance + 1, short + ' > ' + chain):
                        work.append(caller)
        return facts

    def map_payload(self, current, payload, positional, keywords, caller, callee):
        function = self.functions.get(current)
        if function is None:
            return ()
        mapped = set()
        bound = function.cls is not None and function.kind != 'static'
        params = function.params[1:] if bound and function.params else function.params
        # `Class.method(obj, x)` passes self itself; `obj.method(x)` and constructors do not.
        for want in payload:
            if bound and function.params and want == function.params[0]:
                mapped |= set(keywords.get('<self>', ()))
                if self.functions[caller].cls and callee and callee.startswith('<self>'):
                    mapped.add(self.functions[caller].params[0] if self.functions[caller].params else 'self')
                continue
            if want in params and params.index(want) < len(positional):
                mapped |= set(positional[params.index(want)])
            elif want == function.vararg:
                for taint in positional[len(params):]:
                    mapped |= set(taint)
            if want in keywords:
                mapped |= set(keywords[want])
            mapped |= set(keywords.get('<star>', ()))
        return tuple(sorted(mapped))


def _taint(where, positional, keywords):
    if where is None:
        return ()
    if isinstance(where, int):
        found = set(positional[where]) if where < len(positional) else set()
        if not found:
            for key in ('args', 'cmd', 'command', 'url', 'name', 'path', 'filename', 'src', 'dst', 'host',
                        'address', 'file', 'fp', 'repo_id', 'pretrained_model_name_or_path'):
                found |= set(keywords.get(key, ()))
        return tuple(sorted(found | set(keywords.get('<star>', ()))))
    return tuple(keywords.get(where, ()))


class Walker:
    """Reads one module into the library."""

    def __init__(self, library, name, is_package, file):
        self.library, self.name, self.is_package, self.file = library, name, is_package, file
        self.names = {}

    def module(self, tree):
        self.imports(tree.body, self.names)
        for node in _statements(tree.body):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                self.names[node.name] = self.name + '.' + node.name
        for node in _statements(tree.body):
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                value = self.dotted(node.value, self.names)
                if value and value.split('.')[0] in (self.names.get(value.split('.')[0]) or value, value):
                    resolved = self.resolve(node.value, self.names, None, {})
                    if resolved and '.' in resolved:
                        self.names.setdefault(node.targets[0].id, resolved)
        for alias, target in self.names.items():
            if target != self.name + '.' + alias:
                self.library.aliases[self.name + '.' + alias] = target
        self.body(tree.body, self.name, None)

    def imports(self, body, names):
        for node in _statements(body):
            if isinstance(node, ast.Import):
                for item in node.names:
                    if item.asname:
                        names[item.asname] = item.name
                    else:
                        names[item.name.split('.')[0]] = item.name.split('.')[0]
            elif isinstance(node, ast.ImportFrom):
                base = node.module or ''
                if node.level:
                    parts = self.name.split('.')
                    drop = node.level - (1 if self.is_package else 0)
                    parts = parts[:len(parts) - drop] if drop else parts
                    base = '.'.join(parts + ([node.module] if node.module else []))
                for item in node.names:
                    if item.name == '*':
                        self.library.aliases.setdefault(self.name + '.*', base)
                        continue
                    names[item.asname or item.name] = (base + '.' if base else '') + item.name

    def body(self, body, prefix, cls):
        for node in _statements(body):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self.function(node, prefix + '.' + node.name, cls)
            elif isinstance(node, ast.ClassDef):
                name = prefix + '.' + node.name
                bases = [self.resolve(b, self.names, None, {}) for b in node.bases]
                attributes = {}
                for sub in ast.walk(node):
                    if isinstance(sub, ast.Assign) and isinstance(sub.value, ast.Call):
                        for target in sub.targets:
                            if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) \
                                    and target.value.id == 'self':
                                made = self.resolve(sub.value.func, self.names, None, {})
                                if made:
                                    attributes.setdefault(target.attr, made)
                self.library.classes.setdefault(name, {'bases': [b for b in bases if b], 'file': self.file,
                                                       'attributes': attributes, 'line': node.lineno})
                self.body(node.body, name, name)

    @staticmethod
    def dotted(node, names):
        parts = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if isinstance(node, ast.Name):
            return '.'.join([node.id] + parts[::-1])
        return None

    def resolve(self, node, names, cls, types):
        """The dotted name that an expression means, `<self>.Class.method` for methods of self."""
        if isinstance(node, ast.Name):
            if node.id in types:
                return None
            return names.get(node.id) or self.names.get(node.id) or node.id
        if isinstance(node, ast.Attribute):
            value = node.value
            if isinstance(value, ast.Name) and cls and value.id in ('self', 'cls'):
                return '<self>' + cls + '.' + node.attr
            if isinstance(value, ast.Call):
                inner = self.resolve(value.func, names, cls, types)
                if inner == 'super' and cls:
                    return '<super>' + cls + '.' + node.attr
                return inner + '.' + node.attr if inner and inner[0] != '<' and _is_class_like(inner) else None
            if isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name) and cls \
                    and value.value.id == 'self':
                made = self.library.classes.get(cls, {}).get('attributes', {}).get(value.attr)
                return made + '.' + node.attr if made and _is_class_like(made) else None
            if isinstance(value, ast.Name) and value.id in types:
                made = types[value.id]
                return made + '.' + node.attr if made else None
            head = self.resolve(value, names, cls, types)
            return head + '.' + node.attr if head and head[0] != '<' else None
        return None

    def function(self, node, name, cls):
        library = self.library
        function = Function(name)
        arguments = node.args
        function.params = [a.arg for a in arguments.posonlyargs + arguments.args]
        keyword_only = [a.arg for a in arguments.kwonlyargs]
        function.vararg = arguments.vararg.arg if arguments.vararg else None
        function.kwarg = arguments.kwarg.arg if arguments.kwarg else None
        function.cls, function.line, function.file = cls, node.lineno, self.file
        if cls:
            decorators = {d.id for d in node.decorator_list if isinstance(d, ast.Name)}
            function.kind = 'static' if 'staticmethod' in decorators else 'method'
        everything = list(ast.walk(node))
        names = dict()
        self.imports_of(everything, names)
        taint = {p: {p} for p in function.params + keyword_only}
        for extra in (function.vararg, function.kwarg):
            if extra:
                taint[extra] = {extra}
        types = {}
        held = {}
        for _ in range(3):
            for sub in everything:
                pairs = []
                if isinstance(sub, ast.Assign):
                    pairs = [(t, sub.value) for t in sub.targets]
                elif isinstance(sub, (ast.AugAssign, ast.AnnAssign)) and sub.value is not None:
                    pairs = [(sub.target, sub.value)]
                elif isinstance(sub, ast.NamedExpr):
                    pairs = [(sub.target, sub.value)]
                elif isinstance(sub, (ast.For, ast.comprehension)):
                    pairs = [(sub.target, sub.iter)]
                elif isinstance(sub, (ast.With, ast.AsyncWith)):
                    pairs = [(i.optional_vars, i.context_expr) for i in sub.items if i.optional_vars]
                for target, value in pairs:
                    sources = self.taint_of(value, taint, held)
                    for leaf in ast.walk(target):
                        if isinstance(leaf, ast.Name):
                            if sources:
                                taint.setdefault(leaf.id, set()).update(sources)
                        elif isinstance(leaf, ast.Attribute) and isinstance(leaf.value, ast.Name) \
                                and leaf.value.id == 'self' and sources:
                            held.setdefault(leaf.attr, set()).update(sources)
                    if isinstance(target, ast.Name) and isinstance(value, ast.Call):
                        made = self.resolve(value.func, names, cls, {})
                        if made and made[0] != '<' and _is_class_like(made):
                            types[target.id] = made
        function.stored = set().union(*held.values()) if held else set()
        for sub in everything:
            if not isinstance(sub, ast.Call):
                continue
            callee = self.resolve(sub.func, names, cls, types)
            if isinstance(sub.func, ast.Name) and sub.func.id in taint and sub.func.id not in names \
                    and sub.func.id not in self.names:
                callee = None
            positional = [tuple(self.taint_of(a, taint, held)) for a in sub.args]
            keywords = {k.arg or '<star>': tuple(self.taint_of(k.value, taint, held)) for k in sub.keywords}
            for a in sub.args:
                if isinstance(a, ast.Starred):
                    keywords['<star>'] = tuple(self.taint_of(a, taint, held))
            if isinstance(sub.func, ast.Attribute):
                keywords['<self>'] = tuple(self.taint_of(sub.func.value, taint, held))
            extra = None
            plain = callee
            if callee and callee.startswith('<self>'):
                plain = ('self', cls, callee.rsplit('.', 1)[-1])
            elif callee and callee.startswith('<super>'):
                plain = ('super', cls, callee.rsplit('.', 1)[-1])
            if isinstance(plain, str):
                if plain in OPENERS:
                    extra = _open_mode(sub, OPENERS[plain])
                elif sub.args and isinstance(sub.args[0], ast.Constant):
                    extra = 'const'
            if isinstance(sub.func, ast.Attribute) and sub.func.attr in METHOD_SINKS and \
                    not (isinstance(plain, str) and plain in SINKS):
                extra = 'method:' + sub.func.attr
            function.calls.append((plain, positional, keywords, sub.lineno, extra))
        if name in library.functions:           # if/else twins: keep both
            library.functions[name].calls += function.calls
        else:
            library.functions[name] = function
        for sub in node.body:
            if isinstance(sub, ast.ClassDef):
                self.body([sub], name, cls)

    def imports_of(self, nodes, names):
        for node in nodes:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                self.imports([node], names)

    def taint_of(self, node, taint, held):
        found = set()
        stack = [node]
        while stack:
            current = stack.pop()
            if isinstance(current, ast.Name):
                found |= taint.get(current.id, set())
            elif isinstance(current, ast.Attribute) and isinstance(current.value, ast.Name) \
                    and current.value.id == 'self' and current.attr in held:
                found |= held[current.attr]
                continue
            elif isinstance(current, ast.Call) and isinstance(current.func, ast.Name) and \
                    current.func.id in ('len', 'isinstance', 'type', 'id', 'hash', 'bool', 'hasattr'):
                continue
            stack.extend(ast.iter_child_nodes(current))
        return found


def _is_class_like(name):
    last = name.rsplit('.', 1)[-1].lstrip('_')
    return last[:1].isupper() or name in ('socket.socket',)


def _statements(body):
    """Statements of a body, also those under if, try, with and loops; not inside functions or classes."""
    for node in body:
        yield node
        for field in ('body', 'orelse', 'finalbody'):
            if isinstance(node, (ast.If, ast.Try, ast.With, ast.For, ast.While)) or \
                    node.__class__.__name__ == 'TryStar':
                yield from _statements(getattr(node, field, []) or [])
        for handler in getattr(node, 'handlers', []) or []:
            yield from _statements(handler.body)


def _open_mode(call, index):
    mode = None
    if index is not None and len(call.args) > index:
        mode = call.args[index]
    for keyword in call.keywords:
        if keyword.arg == 'mode':
            mode = keyword.value
    if mode is None:
        if index is None and len(call.args) > 1:
            text = ast.dump(call.args[1])
            return 'write' if re.search('O_CREAT|O_WRONLY|O_RDWR|O_TRUNC', text) else 'read'
        return 'read'
    if isinstance(mode, ast.Constant) and isinstance(mode.value, str):
        return 'write' if set(mode.value) & set('wax+') else 'read'
    return 'write'


def link_methods(library):
    """Turns calls of self and super into the functions that they reach."""
    for name, function in library.functions.items():
        linked = []
        for callee, positional, keywords, line, extra in function.calls:
            if isinstance(callee, tuple):
                how, cls, method = callee
                found = None
                if how == 'self':
                    found = library.method(cls, method)
                    if function.params and function.params[0] in ('self', 'cls'):
                        keywords = dict(keywords, **{'<self>': tuple(
                            set(keywords.get('<self>', ())) | ({function.params[0]} | function.stored))})
                else:
                    for base in library.classes.get(cls, {'bases': []})['bases']:
                        found = library.method(library.canonical(base), method)
                        if found:
                            break
                        full = library.canonical(base) + '.' + method
                        if method == '__init__' and library.canonical(base) in SINKS:
                            found = library.canonical(base)
                            break
                        if full in SINKS:
                            found = full
                            break
                callee = found
            linked.append((callee, positional, keywords, line, extra))
        function.calls = linked


def effects(library, hops):
    link_methods(library)
    facts = library.propagate(hops)
    rows = []
    for name, found in facts.items():
        function = library.functions[name]
        last = name.rsplit('.', 1)[-1]
        owner = function.cls
        emitted = [name]
        if owner and last in ('__init__', '__new__', '__post_init__') and name == owner + '.' + last:
            emitted = [owner]
        for effect, (payload, distance, chain) in found.items():
            params = function.params[1:] if owner and function.kind != 'static' else function.params
            outside = [p for p in payload if p in params or p not in function.params]
            where = ','.join(str(params.index(p)) if p in params else p for p in sorted(outside))
            kind = 'param' if outside else ('self' if payload else 'const')
            if kind == 'const' and effect not in CONST_MATTERS:
                continue
            for shown in emitted:
                rows.append((shown, effect, kind, where, distance, '%s:%d' % (function.file, function.line),
                             chain))
    # Classes that inherit an effectful constructor or __setstate__.
    for cls in library.classes:
        for method in UNPICKLER_METHODS:
            found = library.method(cls, method)
            if found and found in facts and not found.startswith(cls + '.'):
                function = library.functions[found]
                for effect, (payload, distance, chain) in facts[found].items():
                    params = function.params[1:]
                    outside = [p for p in payload if p in params or p not in function.params]
                    if not outside and effect not in CONST_MATTERS:
                        continue
                    shown = cls if method != '__setstate__' else cls + '.__setstate__'
                    where = ','.join(str(params.index(p)) if p in params else p for p in sorted(outside))
                    rows.append((shown, effect, 'param' if outside else ('self' if payload else 'const'), where,
                                 distance + 1, '%s:%d' % (library.classes[cls]['file'],
                                                          library.classes[cls]['line']),
                                 found + ' > ' + chain))
    rows.sort(key=lambda r: (r[0], RANK.index(r[1])))
    return rows


REBUILD = re.compile(r'^_*(rebuild|reconstruct|restore|unpickle|pyx_unpickle|recreate|make_skel|from_pickle)'
                     r'|unpickle|_ctor$|_reconstruct|_rebuild|^_new_|_from_args$|^_?unreduce|^_?revive|'
                     r'^__?\w*(generator|bit_generator)\w*ctor')


def reducers(root, package=None):
    """(name, how it was found) pairs of what the library's own pickling support calls at load."""
    found = set()
    library = Library()
    for folder, folders, files in os.walk(os.path.join(root, package.replace('.', os.sep)) if package else root):
        folders[:] = [f for f in folders if f != '__pycache__' and not f.endswith('.dist-info')]
        for file in sorted(files):
            path = os.path.join(folder, file)
            relative = os.path.relpath(path, root)
            module = re.sub(r'\.(py|pyx|pxi|pyx\.in|pyx\.tp)$', '', relative).replace(os.sep, '.')
            module = re.sub(r'\.__init__$', '', module)
            if file.endswith(('.pyx', '.pyx.in', '.pyx.tp', '.pxi')):
                with open(path, 'rb') as handle:
                    text = handle.read().decode('utf-8', 'replace')
                for match in re.finditer(r'^(?:cp?def|def)\s+(?:\w+\s+)?(\w+)\s*\(', text, re.M):
                    if REBUILD.search(match.group(1)):
                        found.add((module + '.' + match.group(1), 'name'))
                for match in re.finditer(r'^cdef class (\w+)', text, re.M):
                    found.add((module + '.__pyx_unpickle_' + match.group(1), 'cython'))
                for match in re.finditer(r'def __reduce(?:_ex|_cython)?__\([^)]*\):(.*?)(?=\n    (?:def|cp?def|@)|\n\S)',
                                         text, re.S):
                    for back in re.finditer(r'return\s*\(?\s*([A-Za-z_][\w.]*)\s*,', match.group(1)):
                        found.add((module + '.' + back.group(1), 'reduce'))
            if not file.endswith('.py'):
                continue
            tree = parse(path)
            if tree is None:
                continue
            walker = Walker(library, module, file == '__init__.py', relative)
            walker.imports(tree.body, walker.names)
            for node in _statements(tree.body):
                if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                    walker.names[node.name] = module + '.' + node.name
                if isinstance(node, ast.FunctionDef) and REBUILD.search(node.name):
                    found.add((module + '.' + node.name, 'name'))
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef) and (
                        node.name in ('__reduce__', '__reduce_ex__') or re.match(r'_?(reduce|pickle|save)_', node.name)):
                    local = {}
                    walker.imports_of(list(ast.walk(node)), local)
                    for sub in ast.walk(node):
                        if isinstance(sub, ast.Return) and isinstance(sub.value, ast.Tuple) and sub.value.elts:
                            target = walker.resolve(sub.value.elts[0], local, None, {})
                            if target and not target.startswith('self.'):
                                found.add((target, 'reduce'))
                elif isinstance(node, ast.Call):
                    callee = walker.resolve(node.func, {}, None, {})
                    if callee in ('copyreg.pickle', 'copy_reg.pickle') and len(node.args) > 2:
                        target = walker.resolve(node.args[2], {}, None, {})
                        if target:
                            found.add((target, 'copyreg'))
    return sorted(found)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('question', choices=['effects', 'reducers', 'classes', 'setstate'])
    parser.add_argument('directories', nargs='+', metavar='DIRECTORY')
    parser.add_argument('--hops', type=int, default=4, help='calls that may lie between a name and a primitive')
    parser.add_argument('--label', default='', help='the last column of every row')
    parser.add_argument('--package', action='append', default=[], help='read only this package of the directory')
    parser.add_argument('--skip', action='append', default=[], metavar='FOLDER', help='folder names to leave out')
    options = parser.parse_args()
    sys.setrecursionlimit(20000)
    for directory in options.directories:
        packages = options.package or [None]
        if options.question == 'reducers':
            for package in packages:
                for name, how in reducers(directory, package):
                    print('\t'.join((name, how, options.label)))
            continue
        library = Library()
        for package in packages:
            library.read(directory, package, set(options.skip))
        if options.question == 'effects':
            for row in effects(library, options.hops):
                print('\t'.join(map(str, row)) + '\t' + options.label)
        elif options.question == 'classes':
            for name in sorted(library.classes):
                if name.rsplit('.', 1)[-1].lstrip('_')[:1].islower():
                    print(name + '\t' + library.classes[name]['file'])
        else:
            for name in sorted(library.classes):
                for method in ('__setstate__', '__reduce__', '__reduce_ex__', '__new__', '__setitem__', 'append',
                               'extend', '__setattr__'):
                    if name + '.' + method in library.functions:
                        print(name + '\t' + method)
    return 0


if __name__ == '__main__':
    sys.exit(main())
