#!/usr/bin/env python3
"""Every threat has a page, a case that catches it and a look-alike that it clears.

  threat_coverage.py SOURCE_TREE

The pages of docs/threats/ are the list of threats. A string in src/ that looks like the id of a threat must
have a page; a page must occur in a `# catches:` and in a `# clears:` line of tests/cases/.
"""
import pathlib
import re
import sys

# Pages whose rules are still to be written: id, reason.
EXEMPT = {}

# Threat ids in source: a string literal of a `threat` member, or any literal that is spelt like a page.
# What starts with a dash is joined to the dialect of the trace: threat("-file-read") is pickle-file-read.
EMITTED = re.compile(r'threat\s*(?:=|\()\s*"([a-z0-9-]+)"')
LITERAL = re.compile(r'"([a-z0-9]+(?:-[a-z0-9]+)+)"')


def marks(cases, key):
    found = {}
    for path in sorted(cases.rglob('*.test')):
        for line in path.read_text().splitlines():
            if line.startswith('# %s: ' % key):
                for value in line.partition(': ')[2].split(','):
                    found.setdefault(value.strip(), path.name)
    return found


def main():
    root = pathlib.Path(sys.argv[1])
    pages = {path.stem for path in (root / 'docs' / 'threats').glob('*.md') if path.stem.lower() != 'readme'}
    caught, cleared = marks(root / 'tests' / 'cases', 'catches'), marks(root / 'tests' / 'cases', 'clears')
    wrong = []
    emitted = set()
    for path in sorted((root / 'src').rglob('*')):
        if path.suffix not in ('.h', '.cpp') or path.name.endswith('_test.cpp'):
            continue
        for number, line in enumerate(path.read_text(errors='replace').splitlines(), 1):
            for match in EMITTED.finditer(line):
                threat = match.group(1)
                known = any(page.endswith(threat) for page in pages) if threat[0] == '-' else threat in pages
                if not known:
                    wrong.append('%s:%d: "%s" has no page' % (path.relative_to(root), number, threat))
            emitted |= {word for word in LITERAL.findall(line) if word in pages}
    for threat in sorted(pages):
        if threat in EXEMPT:
            continue
        if threat not in caught:
            wrong.append('docs/threats/%s.md: no case catches it' % threat)
        if threat not in cleared:
            wrong.append('docs/threats/%s.md: no look-alike is cleared of it' % threat)
    for mark, name in sorted({**caught, **cleared}.items()):
        if mark not in pages:
            wrong.append('tests/cases: %s names "%s", which has no page' % (name, mark))
    print('\n'.join(wrong))
    print('%d threats, %d spelt out in the source, %d wrong' % (len(pages), len(emitted), len(wrong)))
    sys.exit(1 if wrong or not pages else 0)


if __name__ == '__main__':
    main()
