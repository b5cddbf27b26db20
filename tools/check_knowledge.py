#!/usr/bin/env python3
"""Checks the tables of the knowledge base. Prints `file: message` for every fault, then what the tables hold.

  check_knowledge.py [KNOWLEDGE_DIR]

Faults: unknown fields, effects, payload kinds or policies; missing reasons; names that are no dotted names, are
listed twice, stand out of order in their group, or are not canonical (an alias spells them otherwise); an alias
that leads in a circle; patterns that can never match. Exits with 1 where there is one.
"""
import collections
import pathlib
import re
import sys
import tomllib

import compile_knowledge

FIELDS = {
    'group': {'effect', 'payload', 'why', 'source', 'names'},
    'alias': {'from', 'to', 'why'},
    'module': {'prefix', 'policy', 'why'},
    'path': {'pattern', 'why'},
    'command': {'name', 'why', 'strong'},
}
REQUIRED = {
    'group': {'effect', 'why', 'source', 'names'},
    'alias': {'from', 'to'},
    'module': {'prefix', 'policy'},
    'path': {'pattern', 'why'},
    'command': {'name', 'why'},
}
TRUSTED = {'pure', 'construct'}
PAYLOAD = re.compile(r'(%s)(@(\d+|[A-Za-z_]\w*)(,(\d+|[A-Za-z_]\w*))?)?' % '|'.join(compile_knowledge.PAYLOADS))
NAME = re.compile(r'[^\W\d]\w*(\.[^\W\d]\w*)*(\.?\*)?')


class Checker:
    def __init__(self):
        self.faults = []
        self.callables = {}                      # name -> (file, effect)
        self.aliases, self.alias_files = {}, {}
        self.seen = collections.defaultdict(dict)  # table -> key -> file
        self.effects = collections.Counter()

    def fault(self, file, message):
        self.faults.append(f'{file}: {message}')

    def once(self, table, key, file):
        if key in self.seen[table]:
            self.fault(file, f'{table} {key!r} is listed twice (also in {self.seen[table][key]})')
        self.seen[table][key] = file

    def read(self, file):
        try:
            tables = tomllib.loads(file.read_text(encoding='utf-8'))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            return self.fault(file.name, str(error))
        for table, rows in tables.items():
            if table not in FIELDS:
                self.fault(file.name, f'unknown table [[{table}]]')
                continue
            for row in rows:
                shown = next((str(row[k]) for k in ('from', 'prefix', 'pattern', 'name') if k in row), row.get('why', ''))
                for field in sorted(set(row) - FIELDS[table]):
                    self.fault(file.name, f'{table} {shown!r}: unknown field {field!r}')
                missing = sorted(REQUIRED[table] - set(row))
                for field in missing:
                    self.fault(file.name, f'{table} {shown!r}: {field} is missing')
                if not missing:
                    getattr(self, table)(row, file.name)

    def group(self, row, file):
        effect, names = row['effect'], row['names']
        shown = f'{effect} group {row["source"]!r}'
        if effect not in compile_knowledge.EFFECTS:
            self.fault(file, f'{shown}: unknown effect')
        if 'payload' in row and not PAYLOAD.fullmatch(row['payload']):
            self.fault(file, f'{shown}: bad payload {row["payload"]!r}')
        if not row['why'].endswith('.') or not row['why'][:1].isupper():
            self.fault(file, f'{shown}: `why` is no sentence: {row["why"]!r}')
        if not names:
            self.fault(file, f'{shown}: holds no names')
        if names != sorted(names):
            out = next(b for a, b in zip(names, names[1:]) if a > b)
            self.fault(file, f'{shown}: {out!r} is out of order')
        for name in names:
            if not NAME.fullmatch(name):
                self.fault(file, f'{shown}: {name!r} is no dotted name')
            known = self.callables.get(name)
            if known and (known[1] in TRUSTED) == (effect in TRUSTED):
                self.fault(file, f'{name!r} is listed twice (also in {known[0]})')
            elif known:
                self.fault(file, f'{name!r} is both trusted and dangerous (also in {known[0]})')
            self.callables[name] = (file, effect)
            self.effects[effect] += 1

    def alias(self, row, file):
        self.once('alias', row['from'], file)
        self.aliases[row['from']] = row['to']
        self.alias_files[row['from']] = file

    def module(self, row, file):
        self.once('module', row['prefix'], file)
        if row['policy'] not in compile_knowledge.POLICIES:
            self.fault(file, f'module {row["prefix"]!r}: unknown policy {row["policy"]!r}')
        if '.' in row['prefix']:
            self.fault(file, f'module {row["prefix"]!r}: only the first component of a name is looked at')

    def path(self, row, file):
        pattern = row['pattern']
        self.once('path', pattern, file)
        if pattern != pattern.lower() or '\\' in pattern:
            self.fault(file, f'path {pattern!r}: paths are compared in lower case with forward slashes')
        if len(pattern.replace('*', '')) < 4:
            self.fault(file, f'path {pattern!r}: too short, it occurs anywhere')

    def command(self, row, file):
        self.once('command', row['name'], file)
        if row['name'] != row['name'].lower() or re.search(r'[\s/;|&]', row['name']):
            self.fault(file, f'command {row["name"]!r}: one word in lower case')
        if not isinstance(row.get('strong', False), bool):
            self.fault(file, f'command {row["name"]!r}: strong is true or false')

    def canonical(self, name):
        """As knowledge::canonical does it; None where the aliases lead in a circle."""
        for _ in range(8):
            prefix = name
            while prefix and prefix not in self.aliases:
                prefix = prefix.rpartition('.')[0]
            if not prefix:
                return name
            spelled = self.aliases[prefix] + name[len(prefix):]
            if spelled == name:
                return name
            name = spelled
        return None

    def check_spelling(self):
        for source, file in sorted(self.alias_files.items()):
            if self.canonical(source) is None:
                self.fault(file, f'alias {source!r} leads in a circle')
        for name, (file, _) in sorted(self.callables.items()):
            bare = name.removesuffix('*').removesuffix('.')
            spelled = self.canonical(bare)
            if spelled is not None and spelled != bare:
                self.fault(file, f'{name!r} is never looked up: its canonical name is {spelled!r}')


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / 'knowledge')
    checker = Checker()
    files = sorted(folder.glob('*.toml'))
    for file in files:
        checker.read(file)
    checker.check_spelling()
    for fault in checker.faults:
        print(fault)
    counts = ', '.join(f'{checker.effects[effect]} {effect}' for effect in compile_knowledge.EFFECTS)
    print(f'{len(files)} files, {len(checker.callables)} callables ({counts}), {len(checker.aliases)} aliases, '
          + ', '.join(f'{len(checker.seen[t])} {t}s' for t in ('module', 'path', 'command'))
          + f'; {len(checker.faults)} faults')
    return 1 if checker.faults or not files else 0


if __name__ == '__main__':
    sys.exit(main())
