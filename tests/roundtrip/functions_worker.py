# -*- coding: utf-8 -*-
"""Runs in every Python from 2.7 on: takes functions out of compiled modules, and judges what came back of them.

    functions_worker.py extract MODULES OUT MOST      each lambda and function of at most MOST marshalled bytes, alone: OUT/*.marshal
    functions_worker.py judge OUT [JUDGE_FOLDER]      OUT/*.py against them; with a folder that holds rtcore.py by instruction graph
"""
import __future__
import dis
import io
import json
import marshal
import os
import sys

sys.setrecursionlimit(20000)
CODE = type((lambda: 0).__code__)
FUTURE = 0
for name in __future__.all_feature_names:
    if name != 'nested_scopes':
        FUTURE |= getattr(__future__, name).compiler_flag
OPTIMIZED, NEW_LOCALS, NESTED = 0x1, 0x2, 0x10
METHOD = 0x8000000 if sys.version_info >= (3, 14) else 0


def inner(code):
    return [c for c in code.co_consts if isinstance(c, CODE)]


def is_function(code):
    return code.co_flags & OPTIMIZED and code.co_flags & NEW_LOCALS and (code.co_name == '<lambda>' or not code.co_name.startswith(('<', '__annotate__')))


def modules(folder):
    for root, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            if name.endswith('.marshal'):
                with open(os.path.join(root, name), 'rb') as f:
                    yield marshal.loads(f.read())


def extract(folder, out, most):
    seen = set()
    pending = list(modules(folder))
    while pending:
        code = pending.pop()
        pending.extend(inner(code))
        if not is_function(code):
            continue
        data = marshal.dumps(code)
        if len(data) > most or data in seen:
            continue
        seen.add(data)
        name = '%s%05d.marshal' % ('lambda' if code.co_name == '<lambda>' else 'def', len(seen))
        with open(os.path.join(out, name), 'wb') as f:
            f.write(data)
    return {'functions': len(seen)}


def imported(code, loads):
    """Names that the module around may have imported: since 3.11 calls of members of such names are no method calls."""
    out = set()
    for one in inner(code):
        out |= imported(one, loads)
    ins = list(dis.get_instructions(code))
    for i in range(len(ins) - 1):
        if ins[i].opname not in loads or ins[i + 1].opname != 'LOAD_ATTR' or ' + NULL|self' in ins[i + 1].argrepr:
            continue
        pushed = ins[i].argrepr.startswith('NULL + ') or i > 0 and ins[i - 1].opname == 'PUSH_NULL'
        if pushed or ins[i].argrepr.endswith(' + NULL') or i + 2 < len(ins) and ins[i + 2].opname == 'PUSH_NULL':
            out.add(ins[i].argval)
    return out


def surroundings(code):
    """The imports that the module around may have had."""
    yield set()
    if sys.version_info >= (3, 11):
        yield imported(code, ('LOAD_GLOBAL',))
        yield imported(code, ('LOAD_GLOBAL', 'LOAD_FAST', 'LOAD_FAST_BORROW', 'LOAD_DEREF'))


def compiled(code, text, imports):
    """The function of the text, compiled where its free variables are those of a function around it."""
    if code.co_name == '<lambda>' and not text.lstrip().startswith(('def ', 'async def ', '@')):
        text = '_ = (\n' + text + '\n)\n'
    depth = 0
    free = [name for name in code.co_freevars if name != '__class__']
    places = around(code)
    if not places:
        places = ['class'] if '__class__' in code.co_freevars or code.co_flags & METHOD else []
        places = (['def'] if code.co_flags & NESTED or free else []) + places
        places = [(kind, 'around') for kind in places]
    for i in range(len(places) - 1, -1, -1):
        if free and places[i][0] == 'def' and all(kind != 'def' for kind, _ in places[:i]):
            text = ''.join(name + ' = None\n' for name in free) + text
        text = '%s %s%s:\n' % (places[i][0], places[i][1], '()' if places[i][0] == 'def' else '') + indented(text)
        depth += 1
    text = ''.join('import ' + name + '\n' for name in sorted(imports)) + text
    found = compile(text, 'decompiled', 'exec', code.co_flags & FUTURE, True)
    for _ in range(depth + 1):
        found = inner(found)[0]
    return found


def around(code):
    """Classes and functions around it, as the names of functions inside it tell: from 3.3 on these say where they stand."""
    if sys.version_info < (3, 3):
        return []
    name = getattr(code, 'co_qualname', None)
    own = code.co_name + '.<locals>.'
    for const in code.co_consts:
        if name is None and isinstance(const, str) and own in const and const.split('.')[-1] in [c.co_name for c in inner(code)]:
            name = const[:const.rindex(own)] + code.co_name
    parts = name.split('.')[:-1] if name else []
    if not all(p == '<locals>' or p.isidentifier() for p in parts):
        return []
    return [('def' if parts[i + 1:i + 2] == ['<locals>'] else 'class', parts[i]) for i in range(len(parts)) if parts[i] != '<locals>']


def indented(text):
    return ''.join('    ' + line + '\n' for line in text.split('\n'))


def plain(code):
    """What has to be the same: everything but places."""
    consts = [plain(c) if isinstance(c, CODE) else repr(c) for c in code.co_consts]
    return [code.co_code, consts, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars, code.co_argcount,
            getattr(code, 'co_kwonlyargcount', 0), code.co_flags, getattr(code, 'co_exceptiontable', b'')]


def same(core, ours, again):
    """(exact, right, why not) of a function with all that is in it."""
    if plain(ours) == plain(again):
        return True, True, ''
    if core is None:
        return False, False, 'not exact'
    others = dict(core.walk(again))
    for key, code in core.walk(ours):
        other = others.pop(key, None)
        if other is None:
            return False, False, 'missing ' + key
        right, why = core.judge(code, other)[2:]
        if not right:
            return False, False, why
    return (False, False, 'extra') if others else (False, True, '')


def judge(folder, core):
    result = {}
    failures = []
    for name in sorted(os.listdir(folder)):
        if not name.endswith('.marshal'):
            continue
        with open(os.path.join(folder, name), 'rb') as f:
            code = marshal.loads(f.read())
        kind = result.setdefault(name[:-13], {'all': 0, 'exact': 0, 'right': 0})
        kind['all'] += 1
        try:
            with io.open(os.path.join(folder, name[:-8] + '.py'), encoding='utf-8') as f:
                text = f.read()
            for imports in surroundings(code):
                exact, right, why = same(core, code, compiled(code, text.encode('utf-8') if sys.version_info[0] == 2 else text, imports))
                if right:
                    break
        except Exception as error:  # whatever it is, this one failed
            exact, right, why = False, False, '%s: %s' % (type(error).__name__, error)
        kind['exact'] += exact
        kind['right'] += right
        if not right:
            failures.append([name, code.co_name, why[:200]])
    return {'kinds': result, 'failures': failures}


def main():
    if sys.argv[1] == 'extract':
        print(json.dumps(extract(sys.argv[2], sys.argv[3], int(sys.argv[4]))))
        return
    core = None
    if len(sys.argv) > 3:
        sys.path.insert(0, sys.argv[3])
        import rtcore as core
    print(json.dumps(judge(sys.argv[2], core)))


if __name__ == '__main__':
    main()
