#!/usr/bin/env python3
"""What the machine computes against CPython: random expressions over the types that hide payloads.

A value that is computed wrongly sends a program's run the wrong way, or leaves a name unrecovered. The machine may
say that it does not know, and it may know where CPython raises: handlers are entered anyway.

  computed_against_cpython.py WINNOW [SEED] [EXPRESSIONS]
"""
import ast
import os
import random
import re
import subprocess
import sys
import tempfile
import warnings

MODULES = 'base64, binascii, codecs, functools, html, itertools, json, math, os, re, shlex, string, struct, textwrap, unicodedata, urllib.parse, zlib'
VALUES = {
    's': ["''", "'a'", "'abc'", "'Hello World'", "'  x y\\t\\n'", "'é€ß'", "'a,b,,c'", "'system'", "'1234'", "'-12'", "'0x1f'", "'%s-%d'", "'{0}:{1}'",
          "'\\x00\\xff'", "'ﬁ'", "'ſyſtem'", "'aAbB'", "'\\u0663'", "'x'*5", "'línea\\rdos\\nx\\x0by'", "'a\\u2003b'"],
    't': ["''", "'abc'", "'Hello World'", "'a,b,,c'", "'aébab'", "'1234'", "'  x y\\t\\n'", "'llama'"],
    'b': ["b''", "b'a'", "b'abc'", "b'\\x00\\xff'", "b'Hello World'", "b'aGk='", "b'6869'", "bytearray(b'xyz')", "b'a,b,,c'", "bytes(range(5))", "b'  x\\n'"],
    'i': ['0', '1', '-1', '2', '3', '7', '10', '255', '-5', '65', '1000', '2**64', '-2**70', 'True', 'False', '5-8'],
    'f': ['0.0', '1.5', '-2.5', '3.0', '1e10', '1e-5', '0.1', "float('inf')", '2.675'],
    'l': ['[]', '[1]', '[1,2,3]', "['a','b']", '[3,1,2]', '[[1],[2]]', "list('abc')", "[1,'a',None]", '[0]*3', '(1,2,3)', '(1,)', "('a',2)"],
    'd': ['{}', "{'a':1}", '{1:2,3:4}', 'dict(a=1,b=2)', "{'x':[1]}"],
    'n': ['0', '1', '-1', '2', '3', '5', '-2', '10', 'None'],
    'm': ['1', '{1}', 'None', 'set()'],
}
ANY = 'sbiflm'
# One letter in braces is a value of that kind, `?` any; words between bars are alternatives.
SHAPES = r"""
{s}.<upper|lower|title|capitalize|swapcase|casefold|isdigit|isalpha|isspace|isidentifier|isalnum|islower|isupper|isprintable|split|rsplit|splitlines|strip|lstrip|rstrip|encode>()
{s}.<split|rsplit|strip|lstrip|rstrip|find|rfind|index|count|startswith|endswith|partition|rpartition|join|removeprefix|removesuffix>({s})
{s}.<center|zfill|ljust|rjust|expandtabs>({i})
{s}.<replace|split|rsplit|find|count|startswith|center>({s}, {i})
{s}.<find|rfind|count|startswith|endswith>({s}, {n}, {n})
{s}.replace({s}, {s})
{b}.<upper|hex|decode|split|strip|isdigit|title|swapcase|splitlines|lower>()
{b}.<split|find|index|count|startswith|endswith|partition|join|strip|removeprefix>({b})
{b}.<decode|hex>({s})
{b}.decode(<'latin-1'|'ascii'|'utf-8'|'utf-16-le'|'cp037'>)
<{s}|{b}|{l}>[{n}]
<{s}|{b}|{l}>[{n}:{n}]
<{s}|{b}|{l}>[{n}:{n}:<1|-1|2|-2>]
{?} <+|-|*|/|//|%|==|!=|<|<=|in|and|or> {?}
{i} <+|-|*|//|%|&|^|/|<<|>>> <1|3|8|255|-2>
<len|repr|str|int|float|bool|list|tuple|sorted|sum|min|max|any|all|abs|chr|ord|hex|oct|bin|bytes|bytearray|ascii>({?})
<int|round|divmod|max|min|isinstance|format>({?}, {?})
list(<map|filter>(<str|bool|ord|None>, {l}))
list(zip({s}, {l}))
[<x|x*2|str(x)|(x, x)|ord(x)> for x in <{s}|{l}> if <x|x != 1|True>]
{d}.<get|pop|setdefault>(<'a'|1|'x'>, 9)
list({d}.<keys|values|items>())
'<%s|%d|%x|%5.2f|%-8s#|%+d|%05d|%c|%r|%o|%e|%g|%.3s|%#x>' % {?}
'<{}|{:>8}|{:08.3f}|{!r}|{:x}|{:,}|{:b}|{:^10}|{:*<6}|{:e}|{:d}|{:+}|{:.2}|{:#x}>'.format({?})
f'{{{i}<|!r|!s|=><|:>6|:x|:08b|:,>}}'
<base64.b64encode|base64.b64decode|binascii.hexlify|binascii.unhexlify|base64.b32encode|base64.b16encode|base64.b85encode|base64.a85encode|zlib.crc32|zlib.adler32>({b})
re.<findall|split>(r'<\w+|[a-c]|\d|x*|\s+|.|[^,]+|(?:a|b)+|a{{1,2}}|(.)\1>', {t})
re.sub(r'<\w+|[a-c]|x*|\s+|.|(l+)>', <'Z'|''>, {t})
struct.<pack('<<b|>H|<i|>Q>', {i})|unpack('>BB', {b}[:2])|calcsize('<IHq')>
list(itertools.<chain|zip_longest|product>({s}, {l}))
functools.reduce(lambda a, b: <a+b|b+a|(a, b)>, <{s}|{l}>)
math.<floor|ceil|trunc|isqrt|factorial>(<{i}|{f}>)
int.from_bytes({b}, '<big|little>')
({i}).<bit_length()|to_bytes(9, 'little', signed=True)>
int(<'ff'|'0b11'|'z'|'12'|' 7 '|'1_000'|'0o17'|'٣'>, <16|0|2|36|10|8>)
json.dumps({?})
json.loads(<'[1, 2]'|'{{"a": null}}'|'1.5e3'|'"\\u0041"'|'true'>)
codecs.encode({s}, '<rot13|utf-16-le|utf-8>')
<urllib.parse.quote|urllib.parse.unquote|html.escape|html.unescape|textwrap.dedent|shlex.split|string.capwords|shlex.quote>({s})
unicodedata.normalize('NFKC', {s})
(lambda *a, **k: <a|a[0]|a[-1]|len(a)|(a[0], a)>)({?}, {?})
{?} if {?} else {?}
({?}, {?})[bool({?})]
""".strip().split('\n')


def written(shape, choose):
    """A shape with its choices made."""
    while True:
        found = re.search(r'<(?=[^<>|]*\|)((?:[^<>|]|<(?![^<>|]*\|))*(?:\|(?:[^<>|])*)+)>(?!>)', shape)
        if not found:
            break
        shape = shape[:found.start()] + choose(found.group(1).split('|')) + shape[found.end():]
    def value(match):
        kind = choose(ANY) if match.group(1) == '?' else match.group(1)
        return choose(VALUES[kind])
    return re.sub(r'(?<!\{)\{([stbifldnm?])\}(?!\})', value, shape).replace('{{', '{').replace('}}', '}')


def asked(seed, count):
    """Expressions with what CPython makes of them, as text; what raises or is endless is left out."""
    choose = random.Random(seed).choice
    names = {}
    exec('import ' + MODULES, names)
    out = []
    while len(out) < count:
        expression = written(choose(SHAPES), choose)
        try:
            value = eval(expression, dict(names))
            text = repr(value)
        except Exception:
            continue
        if len(text) < 200 and isinstance(value, (str, bytes, bytearray, int, float, list, tuple, type(None))):
            out.append((expression, text))
    return out


def main():
    winnow, seed, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1, int(sys.argv[3]) if len(sys.argv) > 3 else 3000
    warnings.simplefilter('ignore')
    expected = asked(seed, count)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'module.py')
        with open(path, 'w', encoding='utf-8') as file:
            file.write('import %s\n' % MODULES)
            for number, (expression, _) in enumerate(expected):
                file.write('try: r = repr(%s)\nexcept Exception: r = "raised"\nos.system("Q%d " + r)\n' % (expression, number))
        trace = subprocess.run([winnow, 'scan', '--show', 'trace', path], stdout=subprocess.PIPE, text=True).stdout
    computed = {}
    for shown in re.findall(r'os\.system\((.*)\)\s*$', trace, re.M):
        try:
            number, _, text = ast.literal_eval(shown).partition(' ')
        except (SyntaxError, ValueError):
            continue  # not known
        if text != 'raised':
            computed.setdefault(int(number[1:]), []).append(text)
    wrong = [(expression, text, computed[i]) for i, (expression, text) in enumerate(expected) if i in computed and text not in computed[i]]
    for expression, text, values in wrong[:20]:
        print('%s is %s, not %s' % (expression, text, ' or '.join(values)))
    print('%d expressions: %d computed, %d of them wrong' % (len(expected), len(computed), len(wrong)))
    if wrong or len(computed) < len(expected) * 0.7:
        sys.exit(1)


if __name__ == '__main__':
    main()
