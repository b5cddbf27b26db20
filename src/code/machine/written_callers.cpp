// What calls functions for others, and what tells of functions and classes, written in Python: merges, scanners, doubles for tests,
// signatures, classes made of fields, orders of tasks.
#include "code/machine/models_written.h"

namespace winnow::machine {
namespace {

constexpr std::string_view kCallers = R"py(
def execute(func, args, msg=None, verbose=0, dry_run=0): func(*args)
def merge(*iterables, key=None, reverse=False):
    out = []
    for one in iterables: out.extend(one)
    return iter(sorted(out, key=key, reverse=reverse))
)py";

constexpr std::string_view kDoubles = R"py(
class Mock:
    def __init__(self, spec=None, side_effect=None, return_value=unknown, wraps=None, name=None, **keywords):
        self.side_effect, self.return_value, self.wraps = side_effect, return_value, wraps
    def __call__(self, *arguments, **keywords):
        if callable(self.side_effect): return self.side_effect(*arguments, **keywords)
        if self.wraps is not None: return self.wraps(*arguments, **keywords)
        return self.return_value
MagicMock = Mock
)py";

constexpr std::string_view kPatches = R"py(
import pkgutil
class patch:
    def __init__(self, target, new=unknown, *arguments, **keywords):
        owner, dot, self.name = target.rpartition('.')
        self.owner, self.new = pkgutil.resolve_name(owner), new
    def __enter__(self):
        self.former = getattr(self.owner, self.name)
        setattr(self.owner, self.name, self.new)
        return self.new
    def __exit__(self, *error): setattr(self.owner, self.name, self.former)
    start = __enter__
    stop = __exit__
    def __call__(self, function):
        def patched(*arguments, **keywords):
            with self: return function(*arguments, **keywords)
        return patched
)py";

constexpr std::string_view kSettings = R"py(
import pkgutil
def made(settings, key):
    factory = settings[key]
    if isinstance(factory, str): factory = pkgutil.resolve_name(factory)
    return factory(**{name: settings[name] for name in settings if name not in ('()', 'class', '.', 'level', 'formatter', 'filters')})
def dictConfig(config):
    if isinstance(config, dict):
        for key in config: dictConfig(config[key])
        if '()' in config: made(config, '()')
        elif 'class' in config: made(config, 'class')
    elif isinstance(config, list):
        for one in config: dictConfig(one)
)py";

constexpr std::string_view kCode = R"py(
def _run_code(code, run_globals, init_globals=None, mod_name=None, mod_spec=None, pkg_name=None, script_name=None):
    exec(code, run_globals)
    return run_globals
)py";

constexpr std::string_view kScanners = R"py(
import re
class Scanner:
    def __init__(self, lexicon, flags=0): self.lexicon, self.match = lexicon, None
    def scan(self, string):
        out, at = [], 0
        while at < len(string):
            for pattern, action in self.lexicon:
                found = re.match(pattern, string[at:])
                if found is not None and found.end() > 0: break
            else: break
            at += found.end()
            if callable(action):
                self.match = found
                action = action(self, found.group())
            if action is not None: out.append(action)
        return out, string[at:]
)py";

constexpr std::string_view kSignatures = R"py(
class Parameter:
    def __init__(self, name): self.name, self.default, self.kind, self.annotation = name, unknown, unknown, unknown
class Signature:
    def __init__(self, names): self.parameters = {name: Parameter(name) for name in names}
)py";

constexpr std::string_view kFields = R"py(
import dataclasses
def make_dataclass(cls_name, fields, bases=(), namespace=None, **keywords):
    names, annotations = dict(namespace or {}), {}
    for field in fields:
        if isinstance(field, str): field = (field, unknown)
        annotations[field[0]] = field[1]
        if len(field) > 2: names[field[0]] = field[2]
    names['__annotations__'] = annotations
    return dataclasses.dataclass(type(cls_name, bases, names))
)py";

constexpr std::string_view kOrders = R"py(
class TopologicalSorter:
    def __init__(self, graph=None):
        self.before, self.over, self.given = {}, [], []
        for node in graph or {}: self.add(node, *graph[node])
    def add(self, node, *predecessors):
        held = self.before.setdefault(node, [])
        for one in predecessors:
            if one not in held: held.append(one)
            self.before.setdefault(one, [])
    def prepare(self): pass
    def get_ready(self):
        out = tuple([node for node in self.before if node not in self.given and all([one in self.over for one in self.before[node]])])
        self.given.extend(out)
        return out
    def done(self, *nodes): self.over.extend(nodes)
    def is_active(self): return len(self.over) < len(self.before)
    __bool__ = is_active
    def static_order(self):
        out = []
        while True:
            ready = self.get_ready()
            if not ready: return iter(out)
            out.extend(ready)
            self.done(*ready)
)py";

constexpr Written kParts[] = {
    {"distutils.util.execute", kCallers, Takes::anything}, {"setuptools._distutils.util.execute", kCallers, Takes::anything},
    {"heapq.merge", kCallers, Takes::data},
    {"unittest.mock.Mock", kDoubles, Takes::anything, Origins::lost}, {"unittest.mock.MagicMock", kDoubles, Takes::anything, Origins::lost},
    {"unittest.mock.patch", kPatches, Takes::anything}, {"logging.config.dictConfig", kSettings, Takes::content}, {"runpy._run_code", kCode, Takes::anything},
    {"re.Scanner", kScanners, Takes::data, Origins::lost},
    {"inspect.Signature", kSignatures, Takes::content, Origins::lost},
    {"dataclasses.make_dataclass", kFields, Takes::data, Origins::lost},
    {"graphlib.TopologicalSorter", kOrders, Takes::data, Origins::lost},
};

}  // namespace

std::span<const Written> written_caller_parts() { return kParts; }

}  // namespace winnow::machine
