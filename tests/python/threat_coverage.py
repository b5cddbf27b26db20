#!/usr/bin/env python3
"""Every threat has a page, a case that catches it and a look-alike that it clears.

  threat_coverage.py SOURCE_TREE

The pages of docs/threats/ are the list of threats. A string in src/ that looks like the id of a threat must
have a page; a page must occur in a `# catches:` and in a `# clears:` line of tests/cases/. Pages have the same
sections in the same order. The table of docs/threats/README.md has one row for every page, and every name that others
use for threats stands somewhere in it.
"""
import pathlib
import re
import sys

# Pages whose rules are still to be written: id, reason.
EXEMPT = {}

# Threat ids in source: a string literal of a `threat` member, or any literal that is spelt like a page.
# What starts with a dash is joined to the dialect of the trace: threat("-file-read") is pickle-file-read.
EMITTED = re.compile(r'(?:threat\s*(?:=|\()\s*|\bfinding\(\s*)"([a-z0-9-]+)"|"(-?[a-z0-9]+(?:-[a-z0-9]+)+)",\s*Ruling::')
LITERAL = re.compile(r'"([a-z0-9]+(?:-[a-z0-9]+)+)"')

SECTIONS = ['What it is', 'Formats', 'When it runs', 'How Winnow decides', 'What clears it', 'What falls short', 'What to do',
            'References']
OPTIONAL = {'What falls short'}

# https://research.jfrog.com/model-threats/, all of its pages; the codes of Protect AI, 10x for 100 and 101.
JFROG = set('''PICKLE-MALCODE PICKLE-GETATTR PYTORCH-MALCODE PYTORCH-GETATTR H5-LAMBDA KERAS-LAMBDA KERAS-CUSTOM TFLOW-LAMBDA
TFLOW-MALOPS GGUF-SSTI ONNX-BACKDOOR ZIPSLIP NOAUTOLOAD-SUSCODE'''.split())
PROTECT_AI = {'PAIT-' + code for code in '''ARV-100 PKL-100 PKL-101 PYTCH-100 PYTCH-101 JOBLIB-100 JOBLIB-101 KERAS-100
KERAS-101 KERAS-102 GGUF-100 GGUF-101 EXDIR-100 EXDIR-101 ONNX-200 TF-200 LMAFL-300 LITERT-300 LITERT-301 LITERT-302 KERAS-300
KERAS-301 TCHST-300 TCHST-301 TF-300 TF-301 TF-302 TMT-300 TMT-301'''.split()}


def check_page(path):
    """What is wrong with the form of a page."""
    text = path.read_text()
    wrong = []
    head, *sections = re.split(r'^## (.+)\n', text, flags=re.M)
    title, _, brief = head.partition('\n')
    if not re.fullmatch(r'# [A-Z].*[^.]', title) or not brief.strip():
        wrong.append('opens with "# Title" and what the threat is in a paragraph')
    names, bodies = sections[0::2], sections[1::2]
    if [n for n in SECTIONS if n in names or n not in OPTIONAL] != names:
        wrong.append('has the sections %s' % ', '.join(names))
    wrong += ['says nothing under "%s"' % name for name, body in zip(names, bodies) if not body.strip()]
    if not text.endswith('\n') or text.endswith('\n\n') or '\t' in text:
        wrong.append('ends with one line end, and holds no tabs')
    return ['docs/threats/%s: %s' % (path.name, what) for what in wrong]


def check_table(path, pages):
    """What is wrong with the table of names."""
    text = path.read_text()
    rows = re.findall(r'^\| \[([^]]+)\]\(([^)]+)\) \| (.+) \| (.+) \|$', text, flags=re.M)
    wrong = ['row of %s links to %s' % (name, link) for name, link, _, _ in rows if link != name + '.md']
    wrong += ['no row for %s' % page for page in sorted(pages - {row[0] for row in rows})]
    wrong += ['a row for %s, which has no page' % row[0] for row in rows if row[0] not in pages]
    if [row[0] for row in rows] != sorted({row[0] for row in rows}):
        wrong.append('rows stand in order, each once')
    for column, known in ((2, JFROG), (3, PROTECT_AI)):
        used = {name for row in rows for cell in row[column].split(', ') if cell != '\u2013'
                for name in ([cell[:-1] + digit for digit in '01'] if cell.endswith('10x') else [cell])}
        wrong += ['%s is no name that others use' % name for name in sorted(used - known)]
        wrong += ['%s stands nowhere' % name for name in sorted(known - used) if name not in text.split('\n\n')[-1]]
    return ['docs/threats/README.md: ' + what for what in wrong]


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
                threat = match.group(1) or match.group(2)
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
        wrong += check_page(root / 'docs' / 'threats' / (threat + '.md'))
    wrong += check_table(root / 'docs' / 'threats' / 'README.md', pages)
    for mark, name in sorted({**caught, **cleared}.items()):
        if mark not in pages:
            wrong.append('tests/cases: %s names "%s", which has no page' % (name, mark))
    print('\n'.join(wrong))
    print('%d threats, %d spelt out in the source, %d wrong' % (len(pages), len(emitted), len(wrong)))
    sys.exit(1 if wrong or not pages else 0)


if __name__ == '__main__':
    main()
