#!/usr/bin/env python3
"""nesting.py WINNOW: everything that nests, nested without end, in one process with the usual stack of 8 MB.

A reader, parser, evaluator or printer that recurses with the depth of its input ends the process; so does one that takes
more time or memory for each level. With sanitizers, whose frames are several times as large, this says most.
"""
import pathlib
import resource
import struct
import subprocess
import sys
import tempfile

DEPTH = 20_000
SECONDS = 300  # for all of them, on a busy machine with sanitizers


def each(*parts):
    """parts: what stands before, opens, stands inside, closes and stands behind."""
    before, opens, inside, closes, behind = (*parts, '', '', '', '')[:5]
    return before + opens * DEPTH + inside + closes * DEPTH + behind


PYTHON = {
    'brackets': each('x = ', '(', '1', ')'), 'lists': each('x = ', '[', '', ']'), 'dicts': each('x = ', '{1:', '1', '}'),
    'signs': each('x = ', '-', '1'), 'not': each('x = ', 'not ', '1'), 'powers': each('x = ', 'a ** ', 'a'), 'sums': each('x = ', 'a + ', 'a'),
    'calls': each('f', '()'), 'arguments': each('', 'f(', '1', ')'), 'attributes': each('f', '.a'), 'items': each('f', '[0]'),
    'lambdas': each('x = ', 'lambda: ', '1'), 'choices': each('x = ', 'a if b else ', 'c'), 'formats': each('f"', '{a:'),
    'comprehensions': each('x = [a ', 'for a in b ', ']'), 'assignments': each('', 'x = ', '1'), 'elif': each('if a: pass\n', 'elif a: pass\n'),
    'patterns': each('match a:\n case ', '[', '_', ']', ': pass'), 'decorators': each('', '@a\n', 'def f(): pass'), 'await': each('async def f(): ', 'await ', 'x'),
    'grown': f'import os\nx = []\nfor i in range({DEPTH}): x = [x]\nos.system(x)\nprint(x, x == [x])\n',
    'calls itself': 'def f(n): return f(n + 1)\nf(0)\n', 'equals itself': 'x = []\nx.append(x)\nprint(x, x == x)\nimport os\nos.system(x)\n',
}
TEMPLATES = {
    'brackets': each('{{ ', '(', '1', ')', ' }}'), 'filters': each('{{ a', '|upper', ' }}'), 'attributes': each('{{ a', '.b', ' }}'),
    'choices': each('{{ ', 'a if b else ', 'c }}'), 'joins': each('{{ ', 'a ~ ', 'a }}'), 'macro': '{% macro m(a) %}{{ m(m(a)) }}{% endmacro %}{{ m(1) }}',
}
R_TEXTS = {'brackets': each('', '(', '1', ')'), 'functions': each('', 'function() ', '1'), 'signs': each('', '-', '1'), 'items': each('a', '[[1]]'),
           'arrows': each('', 'a <- ', '1'), 'else': each('', 'if (a) b else ', 'c')}


def r_items(*words):
    head = b'X\n' + struct.pack('>iii', 2, 0x40000, 0x20300)
    return head + struct.pack('>%di' % len(words), *words) * DEPTH + struct.pack('>i', 254)


def r_text(text):
    """A promise that evaluates a text."""
    word = lambda name: struct.pack('>iii', 1, 0x40009, len(name)) + name
    nil = struct.pack('>i', 254)
    parse = struct.pack('>i', 6) + word(b'parse') + struct.pack('>i', 0x402) + word(b'text') + struct.pack('>iiii', 16, 1, 0x40009, len(text)) + text.encode() + nil
    return b'X\n' + struct.pack('>iiii', 2, 0x40000, 0x20300, 5) + struct.pack('>i', 6) + word(b'eval') + struct.pack('>i', 2) + parse + nil + nil + nil


def message(*fields):
    """A message in a message, by these fields in turn."""
    parts, size = [], 0
    for _ in range(DEPTH // 10):
        for field in fields:
            length, left = b'', size
            while left > 127:
                length, left = length + bytes([left & 127 | 128]), left >> 7
            head = bytes([field << 3 | 2]) + length + bytes([left])
            parts.append(head)
            size += len(head)
    return b''.join(reversed(parts))


def files():
    for name, text in PYTHON.items():
        yield name + '.py', 'import os\nos.system("id")\n' + text + '\n'
    for name, text in TEMPLATES.items():
        yield name + '.jinja', text
    for name, text in R_TEXTS.items():
        yield name + '.rds', r_text(text)
    for name, words in {'lists': (19, 1), 'pairs': (2,), 'calls': (6,), 'attributes': (0x202,), 'closures': (3,), 'environments': (4, 0), 'S4': (0x219,)}.items():
        yield name + '.r.rds', r_items(*words)
    pickled = {'lists': b']' * DEPTH + b'a' * (DEPTH - 1), 'tuples': b')' + b'\x85' * DEPTH, 'argument': b'cos\nsystem\n)' + b'\x85' * DEPTH + b'R',
               'calls': b'ca\nb\n' * DEPTH + b')' + b'R\x85' * DEPTH, 'getattr': b'cbuiltins\ngetattr\n' * DEPTH + b'cos\nsystem\n' + b'X\x01\0\0\0a\x86R' * DEPTH,
               'partial': b'cfunctools\npartial\n' * DEPTH + b'cos\nsystem\n' + b'\x85R' * DEPTH + b')R', 'dicts': b'}K\x01' * DEPTH + b'}' + b's' * DEPTH}
    for name, opcodes in pickled.items():
        yield name + '.pkl', b'\x80\x02' + opcodes + b'.'
    yield 'arrays.json', each('', '[', '', ']')
    yield 'objects.json', each('', '{"_target_":"os.system","a":', '1', '}')
    yield 'layers.json', each('', '{"class_name":"Sequential","config":{"layers":[', '', ']}}')
    yield 'flow.yaml', each('a: ', '[', '', ']')
    yield 'blocks.yaml', each('', '- ', 'a')
    yield 'aliases.yaml', 'a0: &a0 [x]\n' + ''.join(f'a{i}: &a{i} [*a{i - 1},*a{i - 1}]\n' for i in range(1, 2000))
    yield 'cells.ipynb', each('{"nbformat":4,"cells":[', '{"cell_type":"code","source":[', '', ']}', ']}')
    yield 'model.msgpack', b'\x81\xa1a' + b'\x91' * DEPTH + b'\xc0'
    yield 'module.pyc', b'\x55\x0d\r\n' + bytes(12) + b'\xa9\x01' * DEPTH + b'N'
    yield 'object.ser', b'\xac\xed\0\5' + b'sr\0\x01A' + bytes(8) + b'\2\0\0x' + b'r\0\x01A' + bytes(8) + b'\2\0\0x'
    yield 'model.t7', b''.join(struct.pack('<iiiid', 3, i + 1, 1, 1, 1.0) for i in range(DEPTH)) + bytes(4)
    yield 'model.pmml', each('<PMML>', '<a>', '', '</a>', '</PMML>')
    yield 'net.prototxt', each('layer { name: "a" type: "Python" }\n', 'layer {', '', '}')
    yield 'model.onnx', b'\x08\x08\x12\x02ab' + message(6, 5, 1) + b'\x42\x04\x0a\0\x10\x0d'
    yield 'saved_model.pb', b'\x08\x01' + message(10, 2, 2)
    yield 'model.gguf', b'GGUF' + struct.pack('<IQQQ', 3, 0, 1, 1) + b'a' + struct.pack('<I', 9) + struct.pack('<IQ', 9, 1) * DEPTH
    yield 'run.sh', each('#!/bin/sh\n', 'echo $(', 'id', ')')


def main():
    usual = 8 << 20
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files():
            (pathlib.Path(folder) / name.replace(' ', '-')).write_bytes(content if isinstance(content, bytes) else content.encode())
        paths = sorted(pathlib.Path(folder).iterdir())
        command = [sys.argv[1], 'scan', '--no-sandbox', '--no-progress', '--jobs', '1', '--quiet']
        failed = []
        for path in paths:
            run = subprocess.run([*command, path], stderr=subprocess.PIPE, timeout=SECONDS,
                                 preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_STACK, (usual, usual)))
            if run.returncode not in (0, 1, 2) or b'Sanitizer' in run.stderr:
                failed.append(f'{path.name}: exit code {run.returncode}')
    print(f'{len(paths)} files, {len(failed)} failed')
    print(*failed, sep='\n')
    sys.exit(bool(failed))


if __name__ == '__main__':
    main()
