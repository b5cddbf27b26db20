#!/usr/bin/env python3
"""The page of --format html, read by real parsers: it is well-formed, alone, readable, and hostile text is only text.

  html_report.py WINNOW WINNOW_ASSEMBLE CASES_FOLDER PAGE_CSS
"""
import base64
import hashlib
import html
import html.parser
import io
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree
import zipfile

WINNOW, ASSEMBLE, CASES, STYLE = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]), pathlib.Path(sys.argv[4])

# Every element of the page with every attribute that it may have.
ALLOWED = {
    'html': {'lang'}, 'head': set(), 'title': {'id'}, 'style': set(), 'body': set(),
    'meta': {'charset', 'http-equiv', 'content', 'name'},
    'a': {'class', 'href'}, 'header': {'class'}, 'main': {'class'}, 'footer': {'class'}, 'h1': set(), 'h2': set(),
    'h3': set(), 'h4': set(), 'p': {'class'}, 'b': set(), 'i': {'class'}, 'bdi': set(), 'code': set(), 'mark': set(),
    'pre': {'class'}, 'span': {'class', 'data-n'}, 'div': {'class', 'id', 'tabindex', 'role', 'aria-label'},
    'section': {'class', 'id', 'aria-label'}, 'figure': {'class'}, 'figcaption': set(), 'ul': {'class'}, 'li': set(),
    'dl': {'class'}, 'dt': set(), 'dd': set(), 'details': {'class', 'id', 'open'}, 'summary': set(),
    'fieldset': {'class'}, 'legend': set(), 'label': {'class'}, 'input': {'type', 'name', 'id', 'checked'},
    'svg': {'class', 'role', 'aria-labelledby', 'aria-hidden', 'width', 'height', 'viewbox'}, 'desc': {'id'}, 'g': {'class'},
    'path': {'class', 'd'}, 'rect': {'class', 'rx', 'x', 'y', 'width', 'height'}, 'text': {'class', 'x', 'y', 'text-anchor'},
}
VOID = {'meta', 'input'}
# Attributes whose values are ours alone, and what they look like.
VALUES = {'class': r'[a-z0-9 -]*', 'id': r'[a-z0-9-]+', 'href': r'#[a-z0-9-]+', 'data-n': r'\d+', 'd': r'[MCHLVaz0-9 .,-]*',
          'x': r'[0-9.]+', 'y': r'[0-9.]+', 'width': r'[0-9.]+', 'height': r'[0-9.]+', 'aria-labelledby': r'[a-z0-9 -]+'}


class Page(html.parser.HTMLParser):
    """Checks while it reads; keeps the text, the ids and the links."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.text, self.faults, self.stack, self.ids, self.links, self.radios, self.style = [], [], [], [], [], [], ''
        self.feed(text)
        self.close()
        if self.stack:
            self.faults.append('never closed: %s' % self.stack)
        self.text = ''.join(self.text)

    def handle_starttag(self, tag, attributes):
        if tag not in ALLOWED:
            self.faults.append('element <%s>' % tag)
        for name, value in attributes:
            if name not in ALLOWED.get(tag, ()):
                self.faults.append('attribute %s of <%s>' % (name, tag))
            if name in VALUES and not re.fullmatch(VALUES[name], value):
                self.faults.append('%s=%r of <%s>' % (name, value, tag))
            if name == 'id':
                self.ids.append(value)
            if name == 'href':
                self.links.append(value[1:])
        if tag == 'input':
            self.radios.append(dict(attributes)['id'])
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.stack.pop()

    def handle_endtag(self, tag):
        if not self.stack or self.stack[-1] != tag:
            self.faults.append('</%s> in %s' % (tag, self.stack[-3:]))
        else:
            self.stack.pop()

    def handle_data(self, data):
        if self.stack and self.stack[-1] == 'style':
            self.style += data
        else:
            self.text.append(data)

    def handle_comment(self, data):
        self.faults.append('comment %r' % data[:40])

    def handle_pi(self, data):
        self.faults.append('instruction %r' % data[:40])

    def unknown_decl(self, data):
        self.faults.append('declaration %r' % data[:40])


def render(*arguments, **options):
    run = subprocess.run([WINNOW, 'scan', '--format', 'html', *map(str, arguments)], capture_output=True, timeout=120, **options)
    if run.returncode not in (0, 1, 2):
        raise AssertionError('winnow died: %d\n%s' % (run.returncode, run.stderr.decode(errors='replace')))
    return run.stdout.decode('utf-8')


# Ways out of text, of attributes, of comments, of raw text, of SVG, and what only looks like text.
HOSTILE = [
    '<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', "' onfocus='alert(1)' autofocus='", '</title><svg onload=x>',
    '</style><link rel=stylesheet href=//evil.example/x>', '<!--', ']]>', '<![CDATA[x', '&lt;b&gt;', '&#60;i&#62;', '`${x}`',
    '<a href="javascript:alert(1)">click</a>', '<iframe src=https://evil.example>', '</span></code></pre></details><b>out</b>',
    '<base href=//evil.example>', '<meta http-equiv=refresh content=0;url=//evil.example>', '{{7*7}}', '%3Cscript%3E',
]


def pickle_of(module, name, *arguments):
    text = b''.join(b'X' + struct.pack('<I', len(a)) + a for a in (a.encode() for a in arguments))
    return b'\x80\x02c' + module.encode() + b'\n' + name.encode() + b'\n(' + text + b'tR.'


class HtmlReport(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name)

    def write(self, name, data):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def check(self, text):
        page = Page(text)
        self.assertEqual(page.faults, [])
        self.assertEqual(len(page.ids), len(set(page.ids)), 'ids are used once')
        self.assertLessEqual(set(page.links), set(page.ids), 'links lead somewhere')
        xml.etree.ElementTree.fromstring(text)
        digest = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()
        self.assertIn("default-src 'none'; style-src 'sha256-%s'" % digest, html.unescape(text))
        for radio in page.radios:
            if radio != 'show-all':
                self.assertIn('body:has(#%s:checked)' % radio, page.style)
        self.assertNotRegex(page.style, r'url\(|@import|https?:')
        return page

    def test_every_kind_of_case(self):
        for path in sorted(CASES.rglob('*.test'))[::3]:
            data = subprocess.run([ASSEMBLE, path], check=True, capture_output=True).stdout
            self.write('%s/%s' % (path.parent.name, path.stem), data)
        page = self.check(render('--show', 'decompiled', '--hash', self.root))
        for word in ('Malicious', 'Suspicious', 'Incomplete', 'Clean', 'No models', 'looked at and dismissed', 'Not read',
                     'About these threats', 'What loads what', 'All that the file would do', 'SHA-256'):
            self.assertIn(word, page.text)
        self.check(render('--show', 'trace', self.root))

    def test_single_files(self):
        for name, data, word in (('a.pkl', pickle_of('os', 'system', 'id'), 'Starts a program'), ('b.pkl', b'\x80\x04N.', 'Clean'),
                                 ('c.txt', b'just text', 'No model'), ('d.pkl', b'\x80\x04}\x8c\xc8weights', 'Incomplete'),
                                 ('e.pkl', pickle_of('sys', '_getframe'), 'Suspicious')):
            self.assertIn(word, self.check(render(self.write(name, data))).text)
        self.assertIn('Incomplete', self.check(render(self.root / 'missing')).text)
        (self.root / 'empty').mkdir()
        self.assertIn('Nothing to scan', self.check(render(self.root / 'empty')).text)

    def test_hostile_text_is_text(self):
        for number, hostile in enumerate(HOSTILE):
            self.write('argument/%d.pkl' % number, pickle_of('os', 'system', hostile))
            self.write('name/%d.pkl' % number, pickle_of('os', hostile, 'x'))
            self.write('module/%d.pkl' % number, pickle_of(hostile, 'system', 'x'))
            self.write('source/%d.pkl' % number, pickle_of('builtins', 'exec', 'import os\nos.system("""%s""")' % hostile))
            self.write('fetched/%d.pkl' % number, pickle_of('transformers', 'AutoModel.from_pretrained', hostile))
            self.write('template/%d.jinja' % number, ("{{ ''.__class__.__base__.__subclasses__() }} %s" % hostile).encode())
            self.write('file/%d %s.pkl' % (number, hostile.replace('/', '\u2215')), pickle_of('os', 'system', 'file'))
            buffer = io.BytesIO()
            with zipfile.ZipFile(buffer, 'w') as archive:
                archive.writestr('%s/data.pkl' % hostile, pickle_of('os', 'system', 'member'))
                archive.writestr('../../%s' % hostile, b'up')
            self.write('member/%d.pt' % number, buffer.getvalue())
        text = render('--show', 'decompiled', self.root)
        page = self.check(text)
        for hostile in HOSTILE:
            self.assertIn(hostile, page.text)
        self.check(render('--show', 'trace', self.root))

    def test_unseen_characters_are_seen(self):
        unseen = '\u202egnp.\u2066\u200b\u00ad\ufeff\U000e0041\x1b[31m\x07\x00\x85\ufffe'
        self.write('a\u202egnp.pkl', pickle_of('os', 'system', unseen))
        self.write('c\u202egnp.pkl', pickle_of('os', 'system\u202e', unseen))
        self.write('b\x1b[31m\x7f.pkl', b'cos\nsyst\xff\xfeem\n(tR.')
        text = render('--show', 'decompiled', self.root)
        page = self.check(text)
        for character in unseen:
            if not character.isprintable():
                self.assertNotIn(character, text)
        self.assertIn('a\\u202egnp.pkl', page.text)
        self.assertIn('<span class="unseen">\\u202e</span>', text)

    def test_addresses_are_no_links(self):
        self.write('a.pkl', pickle_of('urllib.request', 'urlopen', 'https://evil.example/x'))
        text = render(self.root)
        self.assertIn('https://evil.example/x', self.check(text).text)
        self.assertNotRegex(text, r'="[^"]*https?:')

    def test_many_files(self):
        for number in range(3000):
            self.write('many/%d/%d.pkl' % (number % 50, number), b'\x80\x04K%cN.' % (number % 256))
        self.write('many/bad.pkl', pickle_of('os', 'system', 'id'))
        text = render(self.root)
        self.assertIn('1 of 3,001 files acts', self.check(text).text)
        self.assertLess(len(text), 1000 * 3000)

    def test_same_bytes_each_time(self):
        path = self.write('a.pkl', pickle_of('os', 'system', 'id'))
        once, twice = (re.sub(r'<dt>Time</dt><dd>[^<]*', '', render(path)) for _ in range(2))
        self.assertEqual(once, twice)

    def test_for_keyboards(self):
        text = render(self.write('a.pkl', pickle_of('os', 'system', 'id')))
        body = text[text.index('<body'):]
        self.assertTrue(body.startswith('<body><a class="skip" href="#files">'), 'the first stop leads to the files')
        self.assertNotRegex(text, r'tabindex="[1-9]')
        self.assertEqual(text.count('<h1>'), 1)
        self.assertIn('lang="en"', text)


class Style(unittest.TestCase):
    """WCAG 2.2, 1.4.3: text against its ground at least 4.5 to 1; 1.4.11: drawings 3 to 1."""
    TONES = ('bad', 'warn', 'gap', 'good', 'none')
    TEXT = ([(ink, ground) for ink in ('ink', 'soft') for ground in ('paper', 'card', 'tint')] +
            [('link', ground) for ground in ('paper', 'card')] + [('ink', 'mark'), ('paper', 'ink')] +
            [('ink', tone + '-ground') for tone in TONES] + [(tone, tone + '-ground') for tone in TONES] +
            [(tone, ground) for tone in TONES for ground in ('paper', 'card')] +
            [(ink, 'tint') for ink in ('keyword', 'string', 'number', 'comment', 'name')])
    DRAWN = [('link', 'paper'), ('link', 'card')] + [(tone, 'card') for tone in TONES]

    def setUp(self):
        self.style = re.sub(r'/\*.*?\*/', '', STYLE.read_text(), flags=re.S)

    def themes(self):
        blocks = re.findall(r':root\s*\{([^}]*)\}', self.style)
        self.assertEqual(len(blocks), 2, 'light and dark')
        light, dark = (dict(re.findall(r'--([a-z-]+):\s*(#[0-9a-f]{6})', block)) for block in blocks)
        self.assertEqual(set(light), set(dark))
        return light, dark

    @staticmethod
    def luminance(colour):
        parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    def contrast(self, theme, ink, ground):
        low, high = sorted((self.luminance(theme[ink]), self.luminance(theme[ground])))
        return (high + 0.05) / (low + 0.05)

    def test_contrast(self):
        for theme in self.themes():
            for pairs, least in ((self.TEXT, 4.5), (self.DRAWN, 3.0)):
                for ink, ground in pairs:
                    self.assertGreaterEqual(self.contrast(theme, ink, ground), least, '%s on %s' % (ink, ground))

    def test_every_text_colour_is_measured(self):
        used = set(re.findall(r'(?<![-a-z])(?:color|fill): var\(--([a-z-]+)', self.style)) - {'tone', 'grain', 'ground'}
        known = {ink for ink, _ in self.TEXT} | {ground for _, ground in self.TEXT} | {'line'}
        self.assertLessEqual(used, known)

    def test_paper_and_preferences(self):
        for part in ('@media print', '::details-content', 'prefers-color-scheme: dark', 'prefers-reduced-motion', ':focus-visible'):
            self.assertIn(part, self.style)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
