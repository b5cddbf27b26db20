#!/usr/bin/env python3
"""The completions of bash, zsh and fish, each asked by its own shell; those that are not installed are left out.

  completions.py WINNOW
"""
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

WINNOW = pathlib.Path(sys.argv[1]).resolve()
# What is typed, and a word that must be offered (zsh: to which the only possible word is completed).
ASKED = [('winnow selft', 'selftest'), ('winnow scan --form', '--format'), ('winnow scan --format s', 'sarif'),
         ('winnow scan --fail-on mal', 'malicious'), ('winnow completion f', 'fish'),
         ('winnow explain keras-lambda', 'keras-lambda-code'), ('winnow scan some-mod', 'some-model.pkl')]


def by_bash(folder, typed):
    script = """source completion; compopt() { :; }; COMP_WORDS=(%s); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        COMPREPLY=(); _winnow; printf '%%s\\n' "${COMPREPLY[@]}" """ % typed
    return subprocess.run(['bash', '--norc', '-c', script], cwd=folder, capture_output=True, text=True, check=True).stdout.split()


def by_fish(folder, typed):
    script = 'source completion; complete -C "%s"' % typed
    lines = subprocess.run(['fish', '--no-config', '-c', script], cwd=folder, capture_output=True, text=True, check=True).stdout.splitlines()
    return [line.split('\t')[0].split('=')[-1] for line in lines]


def by_zsh(folder, typed):
    """zsh completes only what is typed at a terminal: it is given one."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        os.execvp('zsh', ['zsh', '-f', '-i'])
    seen = ''

    def expect(pattern, seconds=30):
        nonlocal seen
        end = time.monotonic() + seconds
        while not re.search(pattern, seen) and time.monotonic() < end:
            if select.select([terminal], [], [], 0.2)[0]:
                seen += re.sub(r'\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]', '', os.read(terminal, 4096).decode(errors='replace'))
        return re.search(pattern, seen)

    def send(text):
        nonlocal seen
        seen = ''
        os.write(terminal, text.encode())

    try:
        send("PROMPT='' RPROMPT='' fpath=($PWD/functions $fpath); unsetopt zle_bracketed_paste; autoload -Uz compinit; compinit -u -D; echo re''ady\n")
        expect('\nready')
        send(typed + '\t')
        found = expect(re.escape(typed) + r'[\w.-]+[ =]', 10) or expect(re.escape(typed) + r'[\w.-]+', 1)
        return [found[0].split()[-1]] if found else [seen]
    finally:
        os.close(terminal)
        os.waitpid(process, 0)


def main():
    asked = 0
    environment = dict(os.environ, PATH='%s:%s' % (WINNOW.parent, os.environ['PATH']), TERM='dumb')
    os.environ.update(environment)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / 'some-model.pkl').write_bytes(b'N.')
        (folder / 'functions').mkdir()
        os.environ['HOME'] = os.environ['XDG_DATA_HOME'] = os.environ['XDG_CONFIG_HOME'] = str(folder)
        for shell, ask in (('bash', by_bash), ('zsh', by_zsh), ('fish', by_fish)):
            if not shutil.which(shell):
                print(shell + ' is not installed')
                continue
            text = subprocess.run([WINNOW, 'completion', shell], capture_output=True, check=True).stdout
            (folder / ('functions/_winnow' if shell == 'zsh' else 'completion')).write_bytes(text)
            for typed, wanted in ASKED:
                got = ask(folder, typed)
                if wanted not in [word.rstrip('=') for word in got]:
                    sys.exit('%s offers %s for %r, not %s' % (shell, got[:20], typed, wanted))
                asked += 1
    print('%d completions' % asked)


if __name__ == '__main__':
    main()
