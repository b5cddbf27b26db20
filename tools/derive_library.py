"""The modules of one library for derive_knowledge.py: which name means which function, and what reaches an effect."""

import os
import sys

from derive_primitives import EFFECTS_WORTH_A_CONSTANT, METHOD_SINKS, OPENERS, SINKS
from derive_source import Walker, parse


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
                    if payload and not mapped and effect not in EFFECTS_WORTH_A_CONSTANT:
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
