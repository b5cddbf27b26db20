#!/usr/bin/env python3
"""Runs the fuzz targets one after the other and prints a row of a Markdown table for what each of them did.

  python3 fuzz/run.py                           builds the fuzz preset; ten minutes of processor time for each target
  python3 fuzz/run.py --seconds 60 zip pickle   some of them
  python3 fuzz/run.py --executions 1000000 npy  goes on until it was executed as often
  python3 fuzz/run.py --keep                    what was found goes to fuzz/seeds, minimised
  python3 fuzz/run.py --write                   replaces the rows of these targets in fuzz/README.md

Figures add up over the runs whose logs are in the folder of logs, so that time can be given in slices; without that
folder they begin anew. Ctrl-C ends the run of the present target in good order, with its row. The exit code is 1 when a
target crashed, hung or leaked; the input is in the folder that is named.
"""

import argparse
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
BEGIN, END = "<!-- table: fuzz/run.py --write -->", "<!-- end of table -->"
HEADS = ["target", "what it fuzzes", "mutation", "executions", "minutes", "edges reached", "features", "slowest", "open findings", "commit"]
LENGTHS = {"keras": 8192, "hdf5": 8192, "scan": 2048, "zip": 2048, "tar": 2048, "onnx": 2048, "flatbuffer": 2048}  # else 1024
DICTIONARIES = {"python_file": "source", "template": "source", "torchscript": "source", "decompile": None}
MEMORY = 4000
MOST_KEPT, MOST_BYTES = 300, 1 << 20  # of what is kept of one target


def build(folder):
    subprocess.run(["cmake", "--preset", "fuzz"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    targets = [path.stem for path in HERE.glob("fuzz_*.cpp")]
    subprocess.run(["cmake", "--build", folder.parent, "--target", *targets], cwd=ROOT, check=True)


def command(target, options, *arguments):
    dictionary = DICTIONARIES.get(target, target)
    found = [] if dictionary is None or not (HERE / f"{dictionary}.dict").exists() else [f"-dict={HERE / dictionary}.dict"]
    return [str(options.binaries / f"fuzz_{target}"), f"-max_len={LENGTHS.get(target, 1024)}", f"-timeout={options.timeout}", f"-report_slow_units={options.timeout}",
            f"-rss_limit_mb={MEMORY}", *found, *arguments]


SPENT = "processor seconds:"
ENVIRONMENT = {**os.environ, "ASAN_OPTIONS": "quarantine_size_mb=16:malloc_context_size=3"}


def processor_seconds(process):
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def fuzz(target, options, commit):
    """One run, whose log is kept with what it took. True if it was not interrupted."""
    found, findings, logs = (folder / target for folder in (options.found, options.findings, options.logs))
    for folder in (found, findings, logs):
        folder.mkdir(parents=True, exist_ok=True)
    path = logs / f"{len(list(logs.iterdir())):04}.log"
    run = command(target, options, "-print_final_stats=1", f"-artifact_prefix={findings}/", str(found), str(HERE / "seeds" / f"fuzz_{target}"))
    seconds, whole = 0.0, True
    with path.open("wb") as log:
        process = subprocess.Popen(run, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=log, start_new_session=True)
        while process.poll() is None:
            try:
                time.sleep(1)
                seconds = processor_seconds(process)
                enough = seconds >= options.seconds and (seconds >= options.most or executions(path) >= options.executions)
            except KeyboardInterrupt:
                enough, whole = True, False
            if enough:
                process.send_signal(signal.SIGUSR1)  # libFuzzer ends after the present input
                process.wait()
        log.seek(0, os.SEEK_END)
        log.write(f"\n{SPENT} {seconds:.0f} at {commit}\n".encode())
    return whole


def executions(path):
    text = path.read_bytes().decode("latin-1")
    return int(last(r"number_of_executed_units:\s*(\d+)", text, last(r"(?m)^#(\d+)\t", text, 0)))


def last(pattern, log, default="-"):
    numbers = re.findall(pattern, log)
    return numbers[-1] if numbers else default


def describe(target):
    """The first sentence of the target's own comment, and how its inputs are changed."""
    text = (HERE / f"fuzz_{target}.cpp").read_text()
    comment = " ".join(line[3:] for line in re.match(r"(?:// .*\n)+", text).group().splitlines())
    mutated = re.search(r"WINNOW_MUTATE_RECORDS\((.*)\)", text)
    formats = re.findall(r"k(\w+)Records", mutated.group(1)) if mutated else []
    return re.match(r".*?\.(?= |$)", comment).group().rstrip("."), ", ".join(formats).lower() or ("by format" if mutated else "bytes")


def row(target, options):
    """Of all runs whose logs are there: sums, and what the last of them reached."""
    logs = sorted((options.logs / target).iterdir())
    texts = [path.read_bytes().decode("latin-1") for path in logs]
    log = texts[-1]
    reached, edges = last(r"cov: (\d+)", log), last(r"Loaded 1 modules\s+\((\d+) inline", log)
    share = f"{reached} of {edges}" if edges != "-" else reached
    seconds = sum(int(last(SPENT + r" (\d+)", text, 0)) for text in texts)
    slowest = max(int(last(r"slowest_unit_time_sec:\s*(\d+)", text, 0)) for text in texts)
    commits = [last(SPENT + r".* at (\w+)", text) for text in texts]
    commit = commits[0] if commits[0] == commits[-1] else f"{commits[0]} to {commits[-1]}"
    return [target, *describe(target), str(sum(executions(path) for path in logs)), f"{seconds / 60:.1f}", share,
            last(r"ft: (\d+)", log), f"{slowest} s", str(len(open_findings(target, options))), commit]


def open_findings(target, options):
    folder = options.findings / target
    return sorted(folder.iterdir()) if folder.is_dir() else []


def keep(target, options, found):
    """Of the inputs that reach what all of them reach, so many that seeds stay few; made ones stay as they are."""
    seeds = HERE / "seeds" / f"fuzz_{target}"
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(command(target, options, "-merge=1", scratch, str(seeds), str(found)), env=ENVIRONMENT,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for path in seeds.iterdir():
            if re.fullmatch("[0-9a-f]{40}", path.name):
                path.unlink()
        made = {path.read_bytes() for path in seeds.iterdir()}
        total = 0
        kept = sorted((path for path in pathlib.Path(scratch).iterdir() if path.read_bytes() not in made), key=lambda path: path.stat().st_size)
        for path in kept[::-(-len(kept) // MOST_KEPT) or 1]:  # of every size
            total += path.stat().st_size
            if total > MOST_BYTES:
                break
            shutil.copy(path, seeds / path.name)


def table(rows):
    lines = ["| " + " | ".join(HEADS) + " |", "|---|---|---|" + "---:|" * (len(HEADS) - 4) + "---|"]
    return "\n".join(lines + ["| " + " | ".join(cells) + " |" for _, cells in sorted(rows.items())])


def write_readme(rows):
    readme = HERE / "README.md"
    before, _, rest = readme.read_text().partition(BEGIN)
    old, _, after = rest.partition(END)
    known = {}
    for line in old.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == len(HEADS) and cells[0] not in (HEADS[0], "---") and (HERE / f"fuzz_{cells[0]}.cpp").exists():
            known[cells[0]] = cells
    readme.write_text(f"{before}{BEGIN}\n\n{table({**known, **rows})}\n\n{END}{after}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", help="without fuzz_ (all)")
    parser.add_argument("--seconds", type=int, default=600, help="of processor time, for each target (%(default)s)")
    parser.add_argument("--executions", type=int, default=0, help="at least so many, whatever time they take")
    parser.add_argument("--most", type=int, default=1 << 30, help="but no more seconds than this")
    parser.add_argument("--timeout", type=int, default=20, help="seconds on the clock that an input may take (%(default)s); more where much else runs")
    parser.add_argument("--binaries", type=pathlib.Path, help="built targets (build/fuzz/fuzz, which is then built)")
    parser.add_argument("--found", type=pathlib.Path, default=ROOT / "build" / "fuzz" / "found", help="new inputs (%(default)s)")
    parser.add_argument("--findings", type=pathlib.Path, default=ROOT / "build" / "fuzz" / "findings", help="what crashed (%(default)s)")
    parser.add_argument("--logs", type=pathlib.Path, default=ROOT / "build" / "fuzz" / "logs", help="of the runs (%(default)s)")
    parser.add_argument("--keep", action="store_true", help="minimise what was found into fuzz/seeds")
    parser.add_argument("--write", action="store_true", help="replace rows in README.md")
    options = parser.parse_args()
    if options.binaries is None:
        options.binaries = ROOT / "build" / "fuzz" / "fuzz"
        build(options.binaries)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()
    rows, failed = {}, False
    for target in options.targets or sorted(path.stem[5:] for path in HERE.glob("fuzz_*.cpp")):
        whole = fuzz(target, options, commit)
        rows[target] = row(target, options)
        print(" | ".join(rows[target]), flush=True)
        for path in open_findings(target, options):
            failed = True
            print(f"  {path}", flush=True)
        if options.keep:
            keep(target, options, options.found / target)
        if options.write:
            write_readme(rows)
        if not whole:
            break
    sys.exit(failed)


if __name__ == "__main__":
    main()
