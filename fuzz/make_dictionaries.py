#!/usr/bin/env python3
"""Writes the dictionaries of the fuzz targets: make_dictionaries.py"""
import pathlib
import pickletools
import re

HERE = pathlib.Path(__file__).parent

NAMES = '''os system posix nt subprocess Popen builtins exec eval getattr __import__ compile map filter importlib
import_module operator attrgetter methodcaller itemgetter _operator functools partial reduce pickle _pickle loads
load io BytesIO marshal types FunctionType CodeType base64 b64decode zlib decompress codecs decode copyreg
add_extension _reconstructor collections OrderedDict defaultdict numpy ndarray dtype numpy.core.multiarray
_reconstruct torch FloatStorage torch._utils _rebuild_tensor_v2 torch.storage _load_from_bytes joblib.numpy_pickle
NumpyArrayWrapper dill._dill _create_function _create_code __setstate__ __builtins__ __globals__ __class__
str.join str.format bytes.fromhex sys modules pkgutil resolve_name argparse Namespace'''.split()

KEYWORDS = '''False None True and as assert async await break class continue def del elif else except finally for from
global if import in is lambda nonlocal not or pass raise return try while with yield match case type print exec
__future__ print_function unicode_literals coding'''.split()

TOKENS = {
    'source': [word.encode() for word in KEYWORDS] +
              [b'**', b'//', b'<<', b'>>', b':=', b'->', b'<>', b'...', b'"""', b"'''", b'f"', b"rb'", b't"', b'ur"', b'{{', b'}}',
               b'!r', b'\\N{', b'\\u00e9', b'\\\n', b'\n    ', b'\n\t', b'\r\n', b'\xef\xbb\xbf', b'0x', b'1e', b'10L', b'_'],
    'zip': [b'PK\x03\x04', b'PK\x01\x02', b'PK\x05\x06', b'PK\x06\x06', b'PK\x06\x07', b'PK\x07\x08',
            b'\x01\x00\x10\x00', b'\x08\x00', b'\xff\xff\xff\xff', b'archive/data.pkl', b'../', b'up\x00\x00'],
    'tar': [b'ustar\x0000', b'ustar  \x00', b'././@LongLink', b'././@PaxHeader', b'12 path=a/b\n', b'9 size=1\n',
            b'20 GNU.sparse.major=1\n', b'00000000000\x00', b'77777777777\x00', b'\x80\x00\x00\x00', b'../'],
    'codecs': [b'\x1f\x8b\x08\x00', b'BZh9', b'1AY&SY', b'\xfd7zXZ\x00', b'YZ', b'\x5d\x00\x00\x80\x00',
               b'\x04\x22\x4d\x18', b'\x28\xb5\x2f\xfd', b'\x78\x9c', b'\x78\xda', b'ZF0x', b'\xff\xff\xff\xff'],
    'npy': [b'\x01\x00', b'\x02\x00', b'\x03\x00', b"{'descr': '", b"', 'fortran_order': False, 'shape': (", b'), }',
            b'|O', b'<f8', b'|V8', b"[('a', '<f8')]", b'__import__', b'\n'],
    'marshal': [bytes([c | flag]) for c in b'0NFTS.iIlgfyxsutRraAzZ()[{<>:}c' for flag in (0, 0x80)] +
               [b'r\0\0\0\0', b'r\x01\0\0\0', b's\0\0\0\0', b')\0', b'\xda\x01x', b'\xff\xff\xff\x7f', b'\0\0\0\x80'],
    'hdf5': [b'OHDR', b'OCHK', b'TREE', b'SNOD', b'HEAP', b'GCOL', b'FRHP', b'FHDB', b'FHIB', b'BTHD', b'BTLF', b'BTIN',
             b'\xff' * 8, b'model_config', b'\x0c\x00', b'\x10\x00', b'\x11\x00', b'\x06\x00', b'\x15\x00'],
    'keras': [b'"class_name": ', b'"config": ', b'"module": ', b'"function"', b'"registered_name": ', b'"__lambda__"', b'"Lambda"',
              b'"function_type": "lambda"', b'"inbound_nodes": ', b'"args": ', b'"kwargs": ', b'"vocabulary": ', b'"TFOpLambda"',
              b'"value": ', b'"code": ', b'"defaults": ', b'"closure": ', b'"__tuple__"', b'NaN', b'\\u00', b'class_name: ', b'config:\n',
              b'!!python/object/apply:', b'&a ', b'*a', b'"os"', b'"system"'],
    'scan': [b'PK\x03\x04', b'PK\x05\x06', b'\x93NUMPY\x01\x00', b'\x1f\x8b\x08', b'BZh9', b'ustar\x0000',
             b'\x80\x02', b'\x80\x04\x95', b'cos\nsystem\n', b'7z\xbc\xaf\x27\x1c'],
}


def quoted(token):
    return '"%s"\n' % ''.join(chr(b) if 0x20 <= b < 0x7f and chr(b) not in '"\\' else '\\x%02x' % b for b in token)


def modelled_names():
    """The builtins that the machine computes, by the names in its tables: the module and the last part of each."""
    words = set()
    for path in sorted((HERE.parent / 'src' / 'code' / 'machine').glob('models*.cpp')):
        for name in re.findall(r'\{"([A-Za-z_][\w.]*)",', path.read_text()):
            words.update(part for part in name.split('.') if part != 'builtins')
    return [word.encode() for word in sorted(words)]


def main():
    TOKENS['machine'] = TOKENS['source'] + [name.encode() for name in NAMES if '.' not in name] + modelled_names()
    TOKENS['pickle'] = ([opcode.code.encode('latin-1') for opcode in pickletools.opcodes] +
                        [b'\x8c' + bytes([len(name)]) + name.encode() for name in NAMES] +
                        [b'c' + name.encode() + b'\n' for name in NAMES[:12]])
    for name, tokens in TOKENS.items():
        (HERE / (name + '.dict')).write_text(''.join(map(quoted, tokens)))


if __name__ == '__main__':
    main()
