#!/usr/bin/env python3
"""The program as scripts see it: exit codes, the shape of its JSON, the same answer for any way to ask.

  command_line.py WINNOW WINNOW_ASSEMBLE CASES_FOLDER
"""
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

WINNOW, ASSEMBLE, CASES = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])

CLEAN = b'\x80\x04N.'
MALICIOUS = b'cos\nsystem\n(S\'id\'\ntR.'
BROKEN = b'\x80\x04}\x8c\xc8weights'
VERDICTS = ('malicious', 'suspicious', 'clean', 'incomplete', 'skipped')


def winnow(*arguments, **options):
    run = subprocess.run([WINNOW, *map(str, arguments)], capture_output=True, timeout=60, **options)
    if run.returncode < 0 or run.returncode > 64:
        raise AssertionError('winnow %s died: %d\n%s' % (arguments, run.returncode, run.stderr.decode()))
    return run


def report(*arguments):
    return json.loads(winnow('scan', '--format', 'json', *arguments).stdout)


def without_time(text):
    text = re.sub(rb'"seconds":\s*[0-9.e+-]+', b'"seconds":0', text)
    return re.sub(rb'(under )?[0-9]+\.[0-9]+(</?\w+>|\s)+s\b', b'0 s', text)


def links(folder):
    try:
        return [os.readlink(each) for each in pathlib.Path(folder).iterdir()]
    except OSError:
        return []


def children(parent):
    """Its processes, by number."""
    found = []
    for status in pathlib.Path('/proc').glob('[0-9]*/status'):
        try:
            if re.search(r'^PPid:\t%d$' % parent, status.read_text(), re.M):
                found.append(status.parent.name)
        except OSError:
            continue  # it is gone
    return found


class CommandLine(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name)
        self.clean = self.write('clean.pkl', CLEAN)
        self.malicious = self.write('malicious.pkl', MALICIOUS)
        self.broken = self.write('broken.pkl', BROKEN)

    def write(self, name, data):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def test_exit_codes(self):
        self.assertEqual(winnow('scan', self.clean).returncode, 0)
        self.assertEqual(winnow('scan', self.malicious).returncode, 1)
        self.assertEqual(winnow('scan', self.broken).returncode, 2)
        self.assertEqual(winnow('scan', self.clean, self.broken).returncode, 2)
        self.assertEqual(winnow('scan', self.clean, self.broken, self.malicious).returncode, 1)
        self.assertEqual(winnow('scan', self.root / 'missing.pkl').returncode, 2)
        self.assertEqual(winnow('scan').returncode, 64)
        self.assertEqual(winnow('scan', '--no-such-option', self.clean).returncode, 64)
        self.assertEqual(winnow('scan', '--format', 'poem', self.clean).returncode, 64)
        self.assertEqual(winnow().returncode, 64)

    def test_fail_on(self):
        suspicious = self.write('suspicious.pkl', b'\x80\x02csys\n_getframe\nK\x01\x85R.')
        self.assertEqual(report(suspicious)['artifacts'][0]['verdict'], 'suspicious')
        self.assertEqual(winnow('scan', suspicious).returncode, 1)
        self.assertEqual(winnow('scan', '--fail-on', 'malicious', suspicious).returncode, 0)
        self.assertEqual(winnow('scan', '--fail-on', 'malicious', self.malicious).returncode, 1)

    def test_json_shape(self):
        whole = report(self.root)
        self.assertEqual(whole['schema'], 'winnow.report/1')
        self.assertEqual(whole['tool']['name'], 'winnow')
        self.assertEqual(set(whole['tool']), {'name', 'version', 'knowledge'})
        self.assertEqual(set(whole['summary']), {'files', 'models', 'bytes', 'seconds', *VERDICTS})
        self.assertEqual(whole['summary']['files'], 3)
        self.assertEqual(sum(whole['summary'][verdict] for verdict in VERDICTS), 3)
        self.assertEqual(whole['summary']['bytes'], len(CLEAN) + len(MALICIOUS) + len(BROKEN))
        for artifact in whole['artifacts']:
            self.check_artifact(artifact)
        self.assertEqual([a['path'] for a in whole['artifacts']], sorted(a['path'] for a in whole['artifacts']))

    def check_artifact(self, artifact):
        self.assertLessEqual({'path', 'size', 'format', 'verdict', 'findings', 'references', 'imports', 'gaps'},
                             set(artifact))
        self.assertIn(artifact['verdict'], VERDICTS)
        self.assertNotIn('sha256', artifact)
        for finding in artifact['findings']:
            self.assertEqual({'threat', 'ruling', 'trigger', 'summary', 'why', 'evidence'}, set(finding))
            self.assertIn(finding['ruling'], ('confirmed', 'suspected', 'dismissed'))
            self.assertIn(finding['trigger'], ('load', 'inference', 'import', 'other'))
            self.assertTrue(finding['summary'])
            self.assertTrue(finding['why'])
            for evidence in finding['evidence']:
                self.assertLessEqual({'callee', 'code', 'location'}, set(evidence))
                self.assertLessEqual(set(evidence['location']), {'member', 'offset', 'line'})
        for name in artifact['imports']:
            self.assertEqual({'name', 'safety'}, set(name))
            self.assertIn(name['safety'], ('innocuous', 'suspicious', 'dangerous'))
        for gap in artifact['gaps']:
            self.assertEqual({'fault', 'location', 'what'}, set(gap))
        for reference in artifact['references']:
            self.assertEqual({'kind', 'target', 'by', 'trigger'}, set(reference) - {'member'})

    def test_shape_over_all_cases(self):
        for path in sorted(CASES.rglob('*.test'))[::7]:
            data = subprocess.run([ASSEMBLE, path], check=True, capture_output=True).stdout
            self.write('cases/%s.%s' % (path.parent.name, path.stem), data)
        whole = report(self.root / 'cases')
        self.assertGreater(len(whole['artifacts']), 20)
        explained = {line.split()[0] for line in winnow('explain').stdout.decode().splitlines()}
        self.assertLessEqual({f['threat'] for a in whole['artifacts'] for f in a['findings']}, explained)
        for artifact in whole['artifacts']:
            self.check_artifact(artifact)

    def test_budgets(self):
        long = self.write('long.pkl', MALICIOUS[:-1] + b'0' + b'N0' * 20000 + b'N.')
        artifact = report('--budget', 'steps=8000', long)['artifacts'][0]
        self.assertEqual(artifact['verdict'], 'malicious')
        gap = artifact['gaps'][0]
        self.assertEqual({each['fault'] for each in artifact['gaps']}, {'limit'})
        self.assertIn('budget steps=8000', gap['what'])
        self.assertGreater(gap['location']['offset'], 4000)
        self.assertEqual(report('--budget=steps=8000', '--budget=steps=1G', long)['artifacts'][0]['gaps'], [])
        self.assertEqual(len(report('--budget', 'steps=1', self.clean)['artifacts'][0]['gaps']), 1)
        several = winnow('scan', '--budget', 'steps=8000', '--budget', 'memo=9', self.clean, self.clean, self.malicious)
        self.assertEqual(several.returncode, 1, 'paths behind a budget are paths')
        for wrong in ('steps', 'steps=', 'steps=x', 'speed=3', '=3', 'ratio=0'):
            self.assertEqual(winnow('scan', '--budget', wrong, long).returncode, 64, wrong)
        help_text = winnow('scan', '--help').stdout.decode()
        for name in ('inflated-bytes', 'ratio', 'members', 'nesting', 'steps', 'code-steps', 'forks', 'memo', 'memory', 'string', 'seconds'):
            self.assertRegex(help_text, r'(?m)^  %s +[a-z]' % name)

    def test_seconds(self):
        endless = self.write('endless.pkl', b"cbuiltins\nexec\n(S'x = 0\\nwhile True:\\n    x += 1\\n'\ntR.")
        begin = time.monotonic()
        artifact = report('--budget', 'seconds=1', '--budget', 'code-steps=1T', '--budget', 'memory=1T', endless)['artifacts'][0]
        self.assertLess(time.monotonic() - begin, 30)
        self.assertIn('budget seconds=1', ' '.join(gap['what'] for gap in artifact['gaps']))
        self.assertNotEqual(artifact['verdict'], 'clean')

    def test_configuration(self):
        config = self.write('home/winnow/winnow.toml', b"""# what we want
[scan]
format = "json"   # for programs
fail-on = 'malicious'
hash = true
[budget]
steps = 2_000_000
seconds = 0
""")
        environment = {'HOME': str(self.root), 'XDG_CONFIG_HOME': str(self.root / 'home')}
        usual = json.loads(winnow('scan', self.clean, env=environment).stdout)
        self.assertIn('sha256', usual['artifacts'][0])
        named = winnow('--config', config, 'scan', '--hash=false', self.clean, env={})
        self.assertNotIn('sha256', json.loads(named.stdout)['artifacts'][0])
        self.assertIn('1 clean', winnow('--no-config', 'scan', self.clean, env=environment).stdout.decode())
        self.assertIn('os.system', winnow('decompile', self.malicious, env=environment).stdout.decode())
        # A file beside the models says nothing.
        self.write('winnow.toml', b'[scan]\nquiet = true\n')
        self.assertIn(b'MALICIOUS', winnow('scan', 'malicious.pkl', cwd=self.root).stdout)
        for wrong in (b'[scan]\nspeed = 3\n', b'[scan]\nformat = "poem"\n', b'[scna]\nhash = true\n', b'[scan\n', b'hash = true\n',
                      b'[scan]\nhash = yes\n', b'[scan]\nhash = "\n', b'[budget]\nspeed = 3\n', b'[scan]\nhash = true\nhash = true\n', b'[scan]\n\xff\n'):
            run = winnow('--config', self.write('wrong.toml', wrong), 'scan', self.clean)
            self.assertEqual((run.returncode, run.stdout), (64, b''), wrong)
            self.assertIn(b'wrong.toml', run.stderr, wrong)
        for nothing in ('missing.toml', '.', '/dev/zero'):
            run = winnow('--config', self.root / nothing, 'scan', self.clean)
            self.assertEqual((run.returncode, run.stdout), (64, b''), nothing)

    def test_completions_and_manual(self):
        manual = winnow('debug', 'manual').stdout.decode()
        for shell in ('bash', 'zsh', 'fish'):
            text = winnow('completion', shell).stdout.decode()
            for word in ('fail-on', 'sarif', 'decompile', 'inflated-bytes'):
                self.assertIn(word, text)
                self.assertIn(word.replace('-', '\\-'), manual)
            checked = {'bash': ['bash', '-n'], 'zsh': ['zsh', '-n'], 'fish': ['fish', '-n']}[shell]
            if shutil.which(shell):
                subprocess.run([*checked, self.write('completion', text.encode())], check=True)
        self.assertEqual(winnow('completion', 'tcsh').returncode, 64)
        completed = subprocess.run(['bash', '-c', """source %s; complete_words() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=();
            compopt() { :; }; _winnow; echo "${COMPREPLY[@]}"; }; complete_words winnow sc; complete_words winnow scan --form
            complete_words winnow scan --format s; complete_words winnow scan --budget mem; complete_words winnow completion f""" %
            self.write('completion.bash', winnow('completion', 'bash').stdout)], capture_output=True, text=True, check=True).stdout
        self.assertEqual(completed.splitlines(), ['scan', '--format', 'sarif', 'members= memo= memory=', 'fish'])

    def test_explain(self):
        listed = [line.split()[0] for line in winnow('explain').stdout.decode().splitlines()]
        self.assertEqual(listed, sorted(listed))
        self.assertLessEqual({'pickle-code-execution', 'keras-lambda-code', 'archive-slip'}, set(listed))
        page = winnow('explain', 'pickle-code-execution')
        self.assertEqual(page.returncode, 0)
        for section in ('What it is', 'Formats', 'When it runs', 'How Winnow decides', 'What clears it', 'What to do', 'References'):
            self.assertIn('\n%s\n' % section, page.stdout.decode())
        self.assertLess(max(map(len, page.stdout.decode().splitlines())), 101)
        self.assertEqual(winnow('explain', 'pickle-code').stdout, page.stdout)
        for word, meant in (('pickle-code-exection', 'pickle-code-execution'), ('lambda', 'keras-lambda-code'), ('archive-', 'archive-slip')):
            run = winnow('explain', word)
            self.assertEqual((run.returncode, run.stdout), (64, b''))
            self.assertIn(meant, run.stderr.decode())
        self.assertEqual(winnow('explain', 'x' * 5000).returncode, 64)

    def test_hash(self):
        import hashlib
        artifact = report('--hash', self.clean)['artifacts'][0]
        self.assertEqual(artifact['sha256'], hashlib.sha256(CLEAN).hexdigest())

    def test_folder_equals_its_files(self):
        for name in ('deep/a.pkl', 'deep/er/b.bin', 'deep/er/c'):
            self.write(name, MALICIOUS if name.endswith('bin') else CLEAN)
        whole = {a['path']: a for a in report(self.root)['artifacts']}
        single = {}
        for path in (p for p in self.root.rglob('*') if p.is_file()):
            single.update({a['path']: a for a in report(path)['artifacts']})
        self.assertEqual(whole, single)

    def test_jobs_change_nothing(self):
        for number in range(60):
            self.write('many/%d.pkl' % number, (CLEAN, MALICIOUS, BROKEN)[number % 3])
        one = winnow('scan', '--format', 'json', '--jobs', '1', self.root).stdout
        for jobs in ('2', '7'):
            more = winnow('scan', '--format', 'json', '--jobs', jobs, self.root).stdout
            self.assertEqual(without_time(one), without_time(more))

    def test_runs_change_nothing(self):
        """The same bytes, the same report, whatever addresses, order of folders, time and locale are."""
        for number in range(12):
            self.write('many/%d.pkl' % number, (CLEAN, MALICIOUS, BROKEN)[number % 3])
        for source in sorted(CASES.glob('*/*-clean.test'))[::40]:
            assembled = subprocess.run([ASSEMBLE, source], capture_output=True)
            self.write('many/%s.bin' % source.stem, assembled.stdout)
        for form in ('json', 'sarif', 'html', 'text'):
            first = without_time(winnow('scan', '--format', form, '--explain', self.root).stdout)
            for jobs, locale in (('1', 'C'), ('3', 'C.UTF-8'), ('3', 'C')):
                again = subprocess.run([WINNOW, 'scan', '--format', form, '--explain', '--jobs', jobs, self.root], capture_output=True,
                                       env={'LC_ALL': locale, 'TZ': 'Asia/Tokyo', 'PATH': '/usr/bin', 'FILL': 'x' * 5000}).stdout
                self.assertEqual(first, without_time(again), form)

    def test_sandbox_changes_nothing_but_its_field(self):
        for number in range(30):
            self.write('many/%d.pkl' % number, (CLEAN, MALICIOUS, BROKEN)[number % 3])
        confined, free = report(self.root), report('--no-sandbox', self.root)
        self.assertEqual(confined['artifacts'], free['artifacts'])
        self.assertEqual(confined['sandbox'][0], 'process')
        self.assertEqual(free['sandbox'], [])
        self.assertIn(b'without a sandbox', winnow('scan', '--no-sandbox', self.clean).stdout)
        self.assertNotIn(b'without a sandbox', winnow('scan', self.clean).stdout)

    def test_selftest(self):
        """A kernel without a layer fails here, and so it should: nobody has looked at that one yet."""
        run = winnow('selftest')
        self.assertIn(b'a reader that tries to', run.stdout)
        self.assertNotIn(b'NOT STOPPED', run.stdout)
        self.assertEqual(run.returncode, 0)

    def test_standard_input(self):
        for data in (MALICIOUS, MALICIOUS + bytes(3 << 20)):
            piped = json.loads(winnow('scan', '--format', 'json', '-', input=data).stdout)
            self.assertEqual([a['path'] for a in piped['artifacts']], ['-'])
            self.assertEqual(piped['artifacts'][0]['verdict'], 'malicious')
            self.assertEqual(piped['artifacts'][0]['size'], len(data))
        with open(self.malicious, 'rb') as file:
            self.assertEqual(winnow('scan', '-', stdin=file).returncode, 1)
        self.assertIn(b"os.system('id')", winnow('decompile', '-', input=MALICIOUS).stdout)

    def test_interrupted_run_reports_what_is_done(self):
        for number in range(4000):
            self.write('many/%04d.pkl' % number, MALICIOUS)
        out = self.root / 'report.json'
        for signal_number in (signal.SIGINT, signal.SIGTERM):
            run = subprocess.Popen([WINNOW, 'scan', '--jobs', '1', '--format', 'json', '-o', out, self.root / 'many'],
                                   stderr=subprocess.DEVNULL)
            time.sleep(0.06)
            run.send_signal(signal_number)
            self.assertIn(run.wait(60), (1, 2, -signal_number))
            if run.returncode < 0:
                continue  # it came before the program was ready for it
            whole = json.loads(out.read_text())
            self.assertEqual(len(whole['artifacts']), 4000)
            for artifact in whole['artifacts']:
                if artifact['verdict'] != 'malicious':
                    self.assertEqual(artifact['verdict'], 'incomplete')
                    self.assertEqual(artifact['gaps'][0]['what'], 'not scanned: the run was stopped')

    def test_waiting_for_standard_input_can_be_interrupted(self):
        run = subprocess.Popen([WINNOW, 'scan', '--format', 'json', '-'], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        while run.poll() is None and not any('memfd:' in link for link in links('/proc/%d/fd' % run.pid)):
            time.sleep(0.01)  # where it keeps what it is given
        time.sleep(0.1)  # now it waits for more
        run.send_signal(signal.SIGINT)
        out, _ = run.communicate(timeout=30)
        self.assertEqual(run.returncode, 2)
        self.assertEqual(json.loads(out)['artifacts'][0]['gaps'][0]['what'], 'not scanned: the run was stopped')

    def test_closed_descriptors(self):
        """What is opened instead of a closed one is not written to by mistake."""
        out = self.root / 'report.json'
        for closed in ('<&-', '2>&-', '<&- 2>&-', '<&- >&- 2>&-'):
            run = subprocess.run(['bash', '-c', '"$@" ' + closed, '-', WINNOW, 'scan', '--format', 'json', '-o', out, self.clean,
                                  self.malicious, self.root / 'missing.pkl'], stderr=subprocess.DEVNULL)
            self.assertEqual(run.returncode, 1, closed)
            whole = json.loads(out.read_text())
            self.assertEqual([a['verdict'] for a in whole['artifacts']], ['clean', 'malicious', 'incomplete'], closed)
        self.assertEqual(subprocess.run(['bash', '-c', '"$@" >&-', '-', WINNOW, 'scan', self.clean], stderr=subprocess.DEVNULL).returncode, 2)

    def test_few_descriptors(self):
        for number in range(60):
            self.write('many/%d.pkl' % number, CLEAN)
        run = winnow('scan', '--format', 'json', '--jobs', '16', self.root / 'many',
                     preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16)))
        self.assertEqual(json.loads(run.stdout)['summary']['clean'], 60)

    def test_worker_keeps_no_environment(self):
        if 'seccomp' not in json.loads(winnow('scan', '--format', 'json', self.clean).stdout)['sandbox']:
            self.skipTest('this kernel gives no seccomp')
        endless = self.write('endless.pkl', b"cbuiltins\nexec\n(S'x = 0\\nwhile True:\\n    x += 1\\n'\ntR.")
        run = subprocess.Popen([WINNOW, 'scan', '--quiet', '--budget=code-steps=1T', '--budget=seconds=60', endless],
                               env={'SECRET': 'told'}, stderr=subprocess.DEVNULL)
        try:
            status = ''
            while not re.search(r'Seccomp:\t2\n', status):
                self.assertIsNone(run.poll())
                time.sleep(0.1)
                workers = children(run.pid)
                try:
                    status = pathlib.Path('/proc/%s/status' % workers[0]).read_text() if workers else ''
                except OSError:
                    continue  # another takes its place
            time.sleep(0.2)  # until it has its file
            self.assertRegex(status, r'NoNewPrivs:\t1\n')
            self.assertRegex(status, r'CapEff:\t0+\n')
            if os.getuid() == 0:
                self.assertNotIn(b'told', pathlib.Path('/proc/%s/environ' % workers[0]).read_bytes())
                held = [link for link in links('/proc/%s/fd' % workers[0]) if not link.startswith('socket:')]
                self.assertEqual(sorted(held), sorted(['/dev/null'] * 3 + [os.path.realpath(endless)]))
        finally:
            run.kill()
            run.wait()

    def test_awkward_files(self):
        os.mkfifo(self.root / 'pipe.pkl')
        os.symlink('loop.pkl', self.root / 'loop.pkl')
        os.symlink('nowhere', self.root / 'dangling.pkl')
        odd = os.fsencode(self.root) + b'/odd\xff\x1b[2J.pkl'
        with open(odd, 'wb') as file:
            file.write(MALICIOUS)
        by_name = {pathlib.PurePath(a['path']).name: a for a in report(self.root)['artifacts']}
        for name in ('pipe.pkl', 'loop.pkl', 'dangling.pkl'):
            self.assertEqual(by_name[name]['verdict'], 'incomplete', name)
            self.assertEqual(by_name[name]['gaps'][0]['fault'], 'unreadable', name)
        self.assertEqual([a['verdict'] for name, a in by_name.items() if name.startswith('odd')], ['malicious'])
        self.assertNotIn(b'\x1b', winnow('scan', self.root).stdout)
        self.assertEqual(report('/dev/zero')['artifacts'][0]['verdict'], 'incomplete')

    def test_content_decides(self):
        verdicts = {a['verdict'] for name in ('model.txt', 'model.PT', 'model', '.hidden', 'model.png', 'model.npy')
                    for a in report(self.write('names/' + name, MALICIOUS))['artifacts']}
        self.assertEqual(verdicts, {'malicious'})

    def test_output_file(self):
        out = self.root / 'report.json'
        run = winnow('scan', '--format', 'json', '-o', out, self.malicious)
        self.assertEqual(run.returncode, 1)
        self.assertEqual(run.stdout, b'')
        self.assertEqual(json.loads(out.read_text())['summary']['malicious'], 1)
        self.assertEqual(winnow('scan', '-o', self.malicious, self.clean, self.malicious).returncode, 64)
        self.assertEqual(self.malicious.read_bytes(), MALICIOUS)

    def test_sarif(self):
        log = json.loads(winnow('scan', '--format', 'sarif', self.malicious).stdout)
        self.assertEqual(log['version'], '2.1.0')
        driver = log['runs'][0]['tool']['driver']
        rules = {rule['id'] for rule in driver['rules']}
        results = log['runs'][0]['results']
        self.assertTrue(results)
        self.assertLessEqual({result['ruleId'] for result in results}, rules)

    def test_text_names_the_call(self):
        text = winnow('scan', self.malicious).stdout.decode()
        self.assertIn('os.system', text)
        self.assertIn('malicious', text.lower())

    def test_decompile(self):
        text = winnow('decompile', self.malicious).stdout.decode()
        self.assertIn("os.system('id')", text)

    def test_hostile_names(self):
        """Nothing from a stream reaches a terminal or a report unescaped."""
        path = self.write('esc\x1b[31m.pkl', b'cos\nsystem\n(S\'\\x1b]0;owned\\x07 \\x00 id\'\ntR.')
        text = winnow('scan', path).stdout
        self.assertNotIn(b'\x1b]', text)
        self.assertNotIn(b'\x07', text)
        self.assertNotIn(b'\x1b[31m.pkl', text)
        self.assertNotIn(b'\x1b]', winnow('decompile', path).stdout)
        self.assertEqual(report(path)['artifacts'][0]['verdict'], 'malicious')

    def test_broken_text_is_valid_json(self):
        for number, data in enumerate((b'cos\nsyst\xff\xfeem\n(tR.', b'c\xed\xa0\x80\n\x80\n.',
                                       b'\x80\x04\x8c\x02\xed\xa0\x94.')):
            for artifact in report(self.write('%d.pkl' % number, data))['artifacts']:
                self.check_artifact(artifact)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
