"""Compares the reader of HDF5 with h5py: objects, links, attributes and what reaches out of the file must be the same in the
fixtures and in files of every layout that are made here.

  hdf5_against_h5py.py WINNOW FIXTURES

Runs in a Python that has h5py: this one, or that of WINNOW_H5PY. Without one it is skipped.
"""
import os
import subprocess
import sys
import tempfile

try:
    import h5py
    import numpy
except ImportError:
    other = os.environ.get('WINNOW_H5PY')
    if other:
        os.execv(other, [other] + sys.argv)
    print('skipped: no h5py (WINNOW_H5PY names a Python that has it)')
    sys.exit(0)


def words(data):
    return data.hex() if data else '-'


def encoded(value):
    return value if isinstance(value, bytes) else value.encode('utf-8', 'surrogateescape')


def attribute_lines(item):
    for name in item.attrs:
        kind = item.attrs.get_id(name)
        if h5py.check_string_dtype(kind.dtype) is None and kind.dtype.kind != 'S':
            yield 'attribute %s other' % words(encoded(name))
            continue
        scalar = kind.shape == ()
        value = item.attrs[name]
        values = [value] if scalar else [] if isinstance(value, h5py.Empty) else list(numpy.asarray(value).ravel())
        if isinstance(value, h5py.Empty):
            values, scalar = [], False
        shown = [words(encoded(v).split(b'\0')[0] if h5py.check_string_dtype(kind.dtype).length is None else encoded(v).rstrip(b'\0')) for v in values]
        yield ' '.join(['attribute', words(encoded(name)), 'text', '1' if scalar else '0'] + shown)


def expected(path):
    """(objects by address with their attributes, what reaches out), as h5py sees them."""
    objects, outside = {}, []

    def visit(item):
        address = h5py.h5o.get_info(item.id).addr
        if address in objects:
            return
        kind = 'group' if isinstance(item, h5py.Group) else 'dataset' if isinstance(item, h5py.Dataset) else 'other'
        objects[address] = (kind, sorted(attribute_lines(item)))
        if kind == 'dataset':
            for name, _, _ in item.external or ():
                outside.append('external_data %s' % words(encoded(name)))
            if item.is_virtual:
                outside.append('virtual_dataset')
            filters = item.id.get_create_plist()
            for i in range(filters.get_nfilters()):
                if filters.get_filter(i)[0] >= 256:
                    outside.append('plugin_filter %s' % words(str(filters.get_filter(i)[0]).encode()))
        if kind != 'group':
            return
        for name in item:
            link = item.get(name, getlink=True)
            if isinstance(link, h5py.ExternalLink):
                outside.append('external_link %s %s %s' % (words(encoded(name)), words(encoded(link.filename)), words(encoded(link.path))))
            elif isinstance(link, h5py.HardLink):
                visit(item[name])

    with h5py.File(path, 'r') as file:
        visit(file['/'])
    return objects, sorted(outside)


def seen(winnow, path):
    text = subprocess.run([winnow, 'debug', 'hdf5', path], stdout=subprocess.PIPE, check=True).stdout.decode()
    objects, outside, damage = {}, [], []
    for line in text.splitlines():
        parts = line.split(' ')
        if parts[0] == 'object':
            present = objects[int(parts[1])] = (parts[2], [])
        elif parts[0] == 'attribute':
            present[1].append(line if parts[2] == 'text' else ' '.join(parts[:3]))
        elif parts[0] == 'outside':
            shown = {'external_link': parts[1:], 'external_data': [parts[1], parts[3]], 'plugin_filter': [parts[1], parts[3]]}
            outside.append(' '.join(shown.get(parts[1], parts[1:2])))
        else:
            damage.append(line)
    return {address: (kind, sorted(lines)) for address, (kind, lines) in objects.items()}, sorted(outside), damage


def fill(file, rounds):
    """Groups, links, attributes and datasets of all kinds, `rounds` of each: few stand in headers, many in trees and heaps."""
    for i in range(rounds):
        group = file.create_group('group%d' % i)
        group.attrs['text'] = 'value %d' % i
        group.attrs['bytes'] = numpy.bytes_(b'fixed')
        group.attrs['number'] = i
        group['soft'] = h5py.SoftLink('/group0')
        group['outside'] = h5py.ExternalLink('other%d.h5' % i, '/a/b')
        group['hard'] = file['group0']
        file.attrs['attribute%d' % i] = ['a', 'bc', '\u00e9' * i]
    top = file.create_group('datasets')
    numbers = numpy.arange(1000, dtype='f4').reshape(10, 100)
    top.create_dataset('contiguous', data=numbers)
    top.create_dataset('chunked', data=numbers, chunks=(5, 10))
    top.create_dataset('filtered', data=numbers, chunks=(5, 10), compression='gzip', shuffle=True, fletcher32=True)
    top.create_dataset('growing', data=numbers, maxshape=(None, 100))
    top.create_dataset('scalar', data=3)
    top.create_dataset('empty', data=h5py.Empty('f4'))
    top.create_dataset('texts', data=['a', 'b'], dtype=h5py.string_dtype())
    top.create_dataset('external', shape=(10,), dtype='u1', external=[('/tmp/nothing.bin', 0, 10)])
    top['named type'] = numpy.dtype('f8')
    top['contiguous'].attrs['fixed'] = numpy.array([b'ab', b'c'], dtype='S4')
    top['contiguous'].attrs['shape'] = h5py.Empty('S3')
    top['contiguous'].attrs['pairs'] = numpy.zeros(2, dtype=[('a', 'i4'), ('b', 'f8')])
    top['contiguous'].attrs.create('typed', numpy.float64(1), dtype=top['named type'])
    layout = h5py.VirtualLayout(shape=(10,), dtype='f4')
    layout[:] = h5py.VirtualSource('source.h5', 'data', shape=(10,))
    if file.libver[1] != 'v108':
        top.create_virtual_dataset('virtual', layout)


def make(folder):
    """Files of every version of the format: (name, path)."""
    for low, high in (('earliest', 'v108'), ('earliest', 'latest'), ('v108', 'v108'), ('v110', 'v110'), ('v112', 'v112'), ('latest', 'latest')):
        for rounds in (1, 7, 40, 400):
            path = os.path.join(folder, '%s-%s-%d.h5' % (low, high, rounds))
            with h5py.File(path, 'w', libver=(low, high)) as file:
                fill(file, rounds)
            yield path
    path = os.path.join(folder, 'block.h5')
    with h5py.File(path, 'w', userblock_size=1024) as file:
        fill(file, 2)
    yield path
    path = os.path.join(folder, 'ordered.h5')
    with h5py.File(path, 'w', libver='latest', track_order=True) as file:
        fill(file, 20)
    yield path
    path = os.path.join(folder, 'long.h5')
    with h5py.File(path, 'w', libver='latest') as file:
        file.attrs['model_config'] = 'x' * 200000
        file.attrs['fixed'] = numpy.bytes_(b'y' * 100000)
        for i in range(20):
            file.attrs['long%d' % i] = numpy.bytes_(b'z' * 30000)
    yield path
    path = os.path.join(folder, 'deep.h5')
    with h5py.File(path, 'w') as file:
        file.create_group('/'.join('abc'[i % 3] for i in range(200))).attrs['here'] = 'deep'
    yield path
    path = os.path.join(folder, 'removed.h5')
    with h5py.File(path, 'w', libver='latest') as file:
        fill(file, 60)
        for i in range(0, 60, 2):
            del file['group%d' % i]
            del file.attrs['attribute%d' % i]
    yield path


def fixtures(folder):
    for root, _, files in os.walk(folder):
        for name in sorted(files):
            if name.endswith(('.h5', '.hdf5', '.keras.h5')):
                yield os.path.join(root, name)


def main():
    winnow, folder = sys.argv[1], sys.argv[2]
    count, wrong = 0, 0
    with tempfile.TemporaryDirectory() as made:
        for path in list(make(made)) + list(fixtures(folder)):
            try:
                objects, outside = expected(path)
            except OSError as error:
                print('not opened by h5py: %s: %s' % (os.path.basename(path), error))
                continue
            ours, reaching, damage = seen(winnow, path)
            count += 1
            for what, left, right in (('objects', objects, ours), ('reaching out', outside, reaching), ('damage', [], damage)):
                if left != right:
                    wrong += 1
                    print('%s: %s differ' % (os.path.basename(path), what))
                    if isinstance(left, dict):
                        differing = [(a, left.get(a), right.get(a)) for a in sorted(set(left) | set(right)) if left.get(a) != right.get(a)]
                        print('  ', str(differing[:2])[:600])
                    else:
                        print('  ', str([x for x in left if x not in right][:3]), str([x for x in right if x not in left][:3]))
    print('%d files, %d differences' % (count, wrong))
    return 1 if wrong or not count else 0


if __name__ == '__main__':
    sys.exit(main())
