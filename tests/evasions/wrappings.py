"""Transformations of any file: what it can be packed into without a loader or an unpacker minding."""
import base64
import bz2
import gzip
import io
import json
import lzma
import pickle
import random
import struct
import tarfile
import zipfile
import zlib


def zipped(data, method=zipfile.ZIP_DEFLATED, name=None, before=(), behind=(), comment=b''):
    # A zip under the name of a pickle would be read as one: by its first two letters it is.
    name = name or ('archive/inner.zip' if data.startswith(b'PK') else 'archive/data.pkl')
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, 'w', method) as archive:
        for other, content in before:
            archive.writestr(zipfile.ZipInfo(other), content)
        archive.writestr(zipfile.ZipInfo(name), data, method)
        for other, content in behind:
            archive.writestr(zipfile.ZipInfo(other), content)
        archive.comment = comment
    return buffer.getvalue()


TORCH = (('archive/version', b'3\n'), ('archive/byteorder', b'little'))


def zip_stored(data):
    return zipped(data, zipfile.ZIP_STORED, before=TORCH)


def zip_deflated(data):
    return zipped(data, behind=TORCH)


def zip_bzip2(data):
    return zipped(data, zipfile.ZIP_BZIP2)


def zip_lzma(data):
    return zipped(data, zipfile.ZIP_LZMA)


def zip_other_name(data):
    return zipped(data, name='x/y/z.weights')


def zip_last_of_many(data):
    others = [('layer%d' % i, bytes(16)) for i in range(50)]
    return zipped(data, before=others)


def zip_wrong_checksum(data):
    archive = bytearray(zipped(data, zipfile.ZIP_STORED, name='archive/data.pkl'))
    crc = struct.pack('<I', zlib.crc32(data))
    at = -1
    while (at := archive.find(crc, at + 1)) >= 0:
        archive[at] ^= 0xff
    return bytes(archive)


def zip_said_to_be_encrypted(data):
    archive = bytearray(zipped(data, zipfile.ZIP_STORED))
    archive[6] |= 1
    archive[archive.rfind(b'PK\1\2') + 8] |= 1
    return bytes(archive)


def zip_other_name_in_directory(data):
    archive = zipped(data, zipfile.ZIP_STORED, name='archive/data.pkl')
    head, tail = archive[:archive.rfind(b'PK\1\2')], archive[archive.rfind(b'PK\1\2'):]
    return head + tail.replace(b'archive/data.pkl', b'archive/note.txt')


def zip_junk_before(data):
    return random.Random(2).randbytes(3000) + zipped(data)


def zip_junk_behind(data):
    return zipped(data) + bytes(3000)


def zip_long_comment(data):
    return zipped(data, comment=b'x' * 60000)


def cut_off(archive, signature):
    """Nothing of an archive inside may show behind the cut: its directory would then be that of the whole file."""
    head = archive[:archive.rfind(signature)]
    return None if b'PK\5\6' in head else head


def zip_without_end(data):
    return cut_off(zipped(data), b'PK\5\6')


def zip_without_directory(data):
    return cut_off(zipped(data), b'PK\1\2')


def zip_twice_the_name(data):
    return zipped(data, before=[('archive/data.pkl', pickle.dumps({}))])


def zip_in_zip(data):
    return zipped(zipped(zipped(data), name='inner.zip'), zipfile.ZIP_STORED, name='outer.zip')


def tarred(data, mode):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        member = tarfile.TarInfo('model/data.pkl')
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def tar(data):
    return tarred(data, 'w')


def tar_gzip(data):
    return tarred(data, 'w:gz')


def tar_xz(data):
    return tarred(data, 'w:xz')


def gzipped(data):
    return gzip.compress(data, mtime=0)


def gzipped_in_pieces(data):
    half = len(data) // 2
    return gzip.compress(data[:half], mtime=0) + gzip.compress(data[half:], mtime=0)


def gzipped_thrice(data):
    return gzipped(gzipped(gzipped(data)))


def zlib_stream(data):
    return zlib.compress(data, 9)


def bzip2(data):
    return bz2.compress(data)


def xz(data):
    return lzma.compress(data)


def lzma_alone(data):
    return lzma.compress(data, lzma.FORMAT_ALONE)


def zeros_behind(data):
    return data + bytes(70_000)


def pickled_call(module, name, *arguments):
    """module.name(*arguments), as a pickle."""
    out = b'\x80\x04c%s\n%s\n(' % (module.encode(), name.encode())
    for argument in arguments:
        out += b'B' + struct.pack('<I', len(argument)) + argument
    return out + b'tR.'


def loaded_by_pickle(data):
    """A pickle that loads the pickle."""
    return pickled_call('pickle', 'loads', data)


def loaded_from_base64(data):
    text = base64.b64encode(data)
    inner = pickled_call('base64', 'b64decode', text)
    return b'\x80\x04cpickle\nloads\n' + inner[2:-1] + b'\x85R.'


def loaded_from_zlib(data):
    inner = pickled_call('zlib', 'decompress', zlib.compress(data))
    return b'\x80\x04cdill\nloads\n' + inner[2:-1] + b'\x85R.'


def loaded_by_torch(data):
    return pickled_call('torch.storage', '_load_from_bytes', data)


def array_of_objects(data):
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
    header += b' ' * (-(len(header) + 11) % 64) + b'\n'
    return b'\x93NUMPY\1\0' + struct.pack('<H', len(header)) + header + data


def saved_arrays(data):
    return zipped(array_of_objects(data), zipfile.ZIP_STORED, name='arr_0.npy')


def legacy_torch(data):
    """torch's form of before 1.6: magic number, protocol, system, the object, keys of storages."""
    parts = [pickle.dumps(0x1950a86a20f9469cfc6c, 2), pickle.dumps(1001, 2),
             pickle.dumps({'protocol_version': 1001, 'little_endian': True, 'type_sizes': {'int': 4}}, 2)]
    return b''.join(parts) + data + pickle.dumps([], 2)


# For pickles only: the rest holds any file.
PICKLE_WRAPPINGS = {f.__name__: f for f in (
    loaded_by_pickle, loaded_from_base64, loaded_from_zlib, loaded_by_torch, array_of_objects, saved_arrays,
    legacy_torch)}

WRAPPINGS = {f.__name__: f for f in (
    zip_stored, zip_deflated, zip_bzip2, zip_lzma, zip_other_name, zip_last_of_many, zip_wrong_checksum,
    zip_said_to_be_encrypted, zip_other_name_in_directory, zip_junk_before, zip_junk_behind, zip_long_comment,
    zip_without_end, zip_without_directory, zip_twice_the_name, zip_in_zip, tar, tar_gzip, tar_xz, gzipped,
    gzipped_in_pieces, gzipped_thrice, zlib_stream, bzip2, xz, lzma_alone, zeros_behind)}


# What only somebody writes who wants two readers to see two things, or names not to be seen.
TRICKS = ('zip_said_to_be_encrypted', 'zip_other_name_in_directory', 'zip_twice_the_name', 'strings_split')
# Beside another change: around anything but a pickle, loaders compare the checksum.
TRICKS_IN_PAIRS = ('zip_wrong_checksum',)


# ---- archives that are written anew

def members_of(data):
    """(name, content) of every member of a plain zip; None of anything else, for which a name may mean two things."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            names = [info.filename for info in infos]
            if not data.startswith(b'PK\3\4') or len(set(names)) != len(names) or any(info.flag_bits & 1 for info in infos):
                return None
            return [(info.filename, archive.read(info)) for info in infos]
    except Exception:
        return None


def written_anew(members, method):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, 'w', method) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return buffer.getvalue()


def members_reordered(data):
    members = members_of(data)
    return written_anew(members[::-1], zipfile.ZIP_STORED) if members and len(members) > 1 else None


def members_deflated(data):
    members = members_of(data)
    return written_anew(members, zipfile.ZIP_DEFLATED) if members else None


def members_between_others(data):
    members = members_of(data)
    if not members:
        return None
    folder = members[0][0].rpartition('/')[0]
    notes = [('%s%s%d.txt' % (folder, '/' if folder else '', i), b'nothing to see') for i in range(3)]
    return written_anew([notes[0], *members, *notes[1:]], zipfile.ZIP_STORED)


def tar_reordered(data):
    """Archives of whole files only, each of another name."""
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode='r:') as archive:
            members = [(member, archive.extractfile(member).read()) for member in archive if member.isfile()]
            if len(members) < 2 or len({member.name for member, _ in members}) != len(archive.getmembers()):
                return None
    except Exception:
        return None
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode='w', format=tarfile.PAX_FORMAT) as archive:
        for member, content in members[::-1]:
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def recompressed(data):
    """The same codec, other settings."""
    for signature, codec, settings in ((b'\x1f\x8b', gzip, {'compresslevel': 1, 'mtime': 7}), (b'BZh', bz2, {'compresslevel': 1}),
                                       (b'\xfd7zXZ', lzma, {'preset': 0, 'check': lzma.CHECK_NONE})):
        if data.startswith(signature):
            try:
                return codec.compress(codec.decompress(data), **settings)
            except Exception:
                return None
    return None


REPACKS = {f.__name__: f for f in (
    members_reordered, members_deflated, members_between_others, tar_reordered, recompressed)}


# What the file is called instead; without any of these it has no ending at all.
RENAMES = {
    'called_text': '.txt', 'called_picture': '.PNG', 'called_safetensors': '.safetensors', 'called_pickle': '.pkl',
    'called_torch': '.pt', 'called_onnx': '.onnx', 'called_hdf5': '.h5', 'called_backup': '.pkl.bak~'}


# ---- texts

def json_of(data):
    """The value of a JSON text that is an object; None where it is none."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def json_indented(data):
    value = json_of(data)
    return None if value is None else json.dumps(value, indent=4).encode()


def json_escaped(data):
    """Every character of every string as \\uXXXX."""
    value = json_of(data)
    if value is None:
        return None
    out, inside = [], False
    text = json.dumps(value, ensure_ascii=True)
    i = 0
    while i < len(text):
        c = text[i]
        if inside and c == '\\':
            size = 6 if text[i + 1] == 'u' else 2
            out.append(text[i:i + size])
            i += size
            continue
        if c == '"':
            inside = not inside
            out.append(c)
        else:
            out.append('\\u%04x' % ord(c) if inside else c)
        i += 1
    return ''.join(out).encode()


def json_reordered(data):
    value = json_of(data)
    return None if value is None else json.dumps(dict(reversed(value.items()))).encode()


def json_with_mark(data):
    return None if json_of(data) is None else b'\xef\xbb\xbf' + data


TEXTS = {f.__name__: f for f in (json_indented, json_escaped, json_reordered, json_with_mark)}
