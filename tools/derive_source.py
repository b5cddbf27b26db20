"""Reads one module for derive_knowledge.py: what its functions call, and with which of their own parameters."""

import ast
import functools
import os
import re
import warnings

from derive_primitives import METHOD_SINKS, OPENERS, SINKS


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


class Walker:
    """Reads one module into the library."""

    def __init__(self, library, name, is_package, file):
        self.library, self.name, self.is_package, self.file = library, name, is_package, file
        self.names = {}

    def module(self, tree):
        self.imports(tree.body, self.names)
        for node in statements(tree.body):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                self.names[node.name] = self.name + '.' + node.name
        for node in statements(tree.body):
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
        for node in statements(body):
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
        for node in statements(body):
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
                return inner + '.' + node.attr if inner and inner[0] != '<' and is_class_like(inner) else None
            if isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name) and cls \
                    and value.value.id == 'self':
                made = self.library.classes.get(cls, {}).get('attributes', {}).get(value.attr)
                return made + '.' + node.attr if made and is_class_like(made) else None
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
                        if made and made[0] != '<' and is_class_like(made):
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
                    extra = open_mode(sub, OPENERS[plain])
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


def is_class_like(name):
    last = name.rsplit('.', 1)[-1].lstrip('_')
    return last[:1].isupper() or name in ('socket.socket',)


def statements(body):
    """Statements of a body, also those under if, try, with and loops; not inside functions or classes."""
    for node in body:
        yield node
        for field in ('body', 'orelse', 'finalbody'):
            if isinstance(node, (ast.If, ast.Try, ast.With, ast.For, ast.While)) or \
                    node.__class__.__name__ == 'TryStar':
                yield from statements(getattr(node, field, []) or [])
        for handler in getattr(node, 'handlers', []) or []:
            yield from statements(handler.body)


def open_mode(call, index):
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
