#!/usr/bin/env python3
"""The Debian packages: made by CPack, unpacked on an empty root, and the program in them runs.

  package.py BUILD_FOLDER
"""
import gzip
import pathlib
import shutil
import subprocess
import sys
import tempfile

BUILD = pathlib.Path(sys.argv[1]).resolve()
FILES = ['usr/bin/winnow', 'usr/share/man/man1/winnow.1.gz', 'usr/share/bash-completion/completions/winnow',
         'usr/share/zsh/vendor-completions/_winnow', 'usr/share/fish/vendor_completions.d/winnow.fish',
         'usr/share/doc/winnow/copyright']


def output(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


def main():
    if not all(map(shutil.which, ('cpack', 'dpkg-deb', 'dpkg-shlibdeps'))):
        print('cpack and dpkg-dev are needed')
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        output('cpack', '--config', str(BUILD / 'CPackConfig.cmake'), '-B', str(folder / 'made'), cwd=folder)
        packages = {package.name.split('_')[0]: package for package in (folder / 'made').glob('*.deb')}
        assert set(packages) == {'winnow', 'libwinnow-dev'}, packages
        control = output('dpkg-deb', '--field', str(packages['winnow']))
        depends = next(line for line in control.splitlines() if line.startswith('Depends: '))
        for library in ('libc6', 'libstdc++6', 'libarchive13', 'zlib1g'):
            assert library in depends, depends
        root = folder / 'root'
        output('dpkg-deb', '--extract', str(packages['winnow']), str(root))
        for name in FILES:
            assert (root / name).is_file(), name + ' is missing'
        assert not list(root.rglob('*.a')) and not list(root.rglob('*.h')), 'the program brings the library along'
        manual = gzip.open(root / FILES[1], 'rt').read()
        for part in ('.SH NAME', '.SH BUDGETS', '.SH CONFIGURATION', '.SH "EXIT STATUS"', '\\-\\-fail\\-on'):
            assert part in manual, part
        if shutil.which('man'):
            faults = subprocess.run(['man', '--warnings', '-l', '-Tutf8', '-'], input=manual, capture_output=True, text=True,
                                    env={'PATH': '/usr/bin:/bin', 'LC_ALL': 'C.UTF-8', 'MANWIDTH': '80'})
            assert faults.returncode == 0 and not faults.stderr.strip(), faults.stderr
        # On a root of its own: the package, the libraries that it asks for, and nothing else.
        for line in output('ldd', str(root / 'usr/bin/winnow')).splitlines():
            path = next((word for word in line.split() if word.startswith('/')), None)
            if path:
                to = root / path[1:]
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, to)
        (root / 'model.pkl').write_bytes(b"cos\nsystem\n(S'id'\ntR.")
        chroot = ['unshare', '--user', '--map-root-user'] if subprocess.run(['chroot', '/', 'true'], capture_output=True).returncode else []
        run = subprocess.run([*chroot, 'chroot', str(root), '/usr/bin/winnow', 'scan', '/model.pkl'], capture_output=True, text=True)
        assert run.returncode == 1 and 'os.system' in run.stdout, run
        output('dpkg-deb', '--extract', str(packages['libwinnow-dev']), str(folder / 'library'))
        for name in ('libwinnow.a', 'winnow.h', 'budget.h', 'winnow-config.cmake'):
            assert list((folder / 'library').rglob(name)), name + ' is missing'
    print('packages: %s' % ', '.join(sorted(package.name for package in packages.values())))


if __name__ == '__main__':
    main()
