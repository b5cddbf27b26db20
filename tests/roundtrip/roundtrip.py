#!/usr/bin/env python3
"""Decompiles compiled modules, has the matching Python compile the result, and judges: how many functions and
modules have the same instruction graph again, how many names the text kept, how fast it went.

    roundtrip.py --winnow build/release/winnow --minor 3.11 --pyc DIR [--out DIR] [--judge .../rt.sh] [--jobs 2]

DIR holds *.pyc with a bare *.marshal beside each (the judge's `compile` command makes both). Without a judge only
name uses, crashes, speed and winnow's own proof are counted.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import re
import resource
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import names  # noqa: E402


def files_below(folder):
    for root, _, files in os.walk(folder):
        for file in sorted(files):
            if file.endswith('.pyc'):
                yield os.path.relpath(os.path.join(root, file), folder)[:-4]


def decompile_all(winnow, pairs):
    """Exit codes. In one process as long as nothing goes wrong there."""
    for _, target in pairs:
        os.makedirs(os.path.dirname(target), exist_ok=True)
    with tempfile.NamedTemporaryFile('w', suffix='.list') as listing:
        listing.write(''.join('%s\t%s\n' % pair for pair in pairs))
        listing.flush()
        try:
            if subprocess.run([winnow, 'debug', 'decompile', '@' + listing.name], capture_output=True, timeout=600).returncode == 0:
                return [0] * len(pairs)
        except subprocess.TimeoutExpired:
            pass
    return [decompile(winnow, *pair) for pair in pairs]


def decompile(winnow, source, target):
    os.makedirs(os.path.dirname(target), exist_ok=True)
    try:
        done = subprocess.run([winnow, 'debug', 'decompile', source, '-o', target], capture_output=True, timeout=60)
        return done.returncode
    except subprocess.TimeoutExpired:
        return 'timeout'


def group(reason):
    reason = re.sub(r'offset \S+: ', '', reason)
    reason = re.sub(r"'[^']*'|\"[^\"]*\"", lambda m: m.group(0) if m.group(0)[1:-1].isupper() or '_' in m.group(0) and m.group(0)[1:-1].upper() == m.group(0)[1:-1] else "'_'", reason)
    return re.sub(r'\d+', 'N', reason)[:110]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--winnow', required=True)
    parser.add_argument('--minor', required=True)
    parser.add_argument('--pyc', required=True)
    parser.add_argument('--out', default='')
    parser.add_argument('--judge', default=os.environ.get('WINNOW_JUDGE', ''))
    parser.add_argument('--jobs', type=int, default=2)
    parser.add_argument('--failures', type=int, default=0, help='print this many groups of failures')
    parser.add_argument('--json', default='')
    o = parser.parse_args()
    out = o.out or '/tmp/winnow-roundtrip-' + o.minor
    modules = list(files_below(o.pyc))
    started = resource.getrusage(resource.RUSAGE_CHILDREN)
    pairs = [(os.path.join(o.pyc, m + '.pyc'), os.path.join(out, m + '.py')) for m in modules]
    chunks = [pairs[i:i + 200] for i in range(0, len(pairs), 200)]
    with concurrent.futures.ThreadPoolExecutor(o.jobs) as pool:
        codes = [code for chunk in pool.map(lambda c: decompile_all(o.winnow, c), chunks) for code in chunk]
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = used.ru_utime + used.ru_stime - started.ru_utime - started.ru_stime
    size = sum(os.path.getsize(os.path.join(o.pyc, m + '.pyc')) for m in modules)
    result = {
        'minor': o.minor, 'modules': len(modules), 'megabytes': round(size / 1e6, 2),
        'crashes': sum(1 for c in codes if c == 'timeout' or c < 0), 'refused': sum(1 for c in codes if c not in (0, 'timeout') and c > 0),
        'seconds_per_megabyte': round(seconds / (size / 1e6), 3),
    }
    minor = tuple(int(x) for x in o.minor.split('.'))
    kept = total = 0
    lost_names = collections.Counter()
    banners = collections.Counter()
    for m in modules:
        try:
            with open(os.path.join(out, m + '.py'), encoding='utf-8', errors='replace') as f:
                text = f.read()
        except OSError:
            text = ''
        with open(os.path.join(o.pyc, m + '.marshal'), 'rb') as f:
            lost, count = names.missing_names(f.read(), minor, text)
        kept += count - len(lost)
        total += count
        lost_names.update(lost)
        banners.update(re.findall(r'# (not (?:verified|structured|read): .*)', text))
    result['names'] = round(100.0 * kept / max(total, 1), 3)
    if o.judge:
        report = os.path.join(out, '_judge.json')
        subprocess.run([o.judge, o.minor, 'compare', o.pyc, out, report], check=True, stdout=subprocess.DEVNULL)
        with open(report, encoding='utf-8') as f:
            judged = json.load(f)
        s = judged['summary']
        result['functions'] = round(100.0 * s['code_sem'] / s['code_objects'], 2)
        result['functions_exact'] = round(100.0 * s['code_exact'] / s['code_objects'], 2)
        result['modules_right'] = round(100.0 * s['module_sem'] / s['modules'], 2)
        result['compiles'] = '%d/%d' % (s['compile'], s['modules'])
        if o.failures:
            reasons = collections.defaultdict(list)
            for m in judged['modules']:
                if not m['compiles']:
                    print('does not compile:', m['name'], m['error'][:150])
                for f in m['functions']:
                    if not f['sem']:
                        reasons[group(f['reason'])].append((f['size'], m['name'], f['key'], f['reason']))
            for reason, cases in sorted(reasons.items(), key=lambda kv: -len(kv[1]))[:o.failures]:
                cases.sort()
                print('%5d  %s' % (len(cases), reason))
                for case in cases[:3]:
                    print('         %d %s %s | %s' % (case[0], case[1], case[2], case[3][:160]))
            print('banners:', banners.most_common(12))
            print('names lost:', lost_names.most_common(12))
    else:
        print('no judge (--judge or WINNOW_JUDGE): graphs are not compared')
    print(json.dumps(result))
    if o.json:
        with open(o.json, 'w', encoding='utf-8') as f:
            json.dump(result, f)


if __name__ == '__main__':
    main()
