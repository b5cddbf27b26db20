#!/usr/bin/env python3
"""Runs the fuzz targets one after the other and prints a Markdown table of what they did.

  python3 fuzz/run.py                           builds the fuzz preset; ten minutes for each target
  python3 fuzz/run.py --seconds 60 zip pickle   some of them
  python3 fuzz/run.py --keep                    what was found goes to fuzz/seeds, minimised
  python3 fuzz/run.py --write                   replaces the rows of these targets in fuzz/README.md

The exit code is 1 when a target crashed, hung or leaked; the input is in the folder that is named.
"""

import argparse
import os
import pathlib
import re
import shutil
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
TIMEOUT, MEMORY = 20, 4000
MOST_KEPT, MOST_BYTES = 300, 1 << 20  # of what is kept of one target


def build(folder):
    subprocess.run(["cmake", "--preset", "fuzz"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    targets = [path.stem for path in HERE.glob("fuzz_*.cpp")]
    subprocess.run(["cmake", "--build", folder.parent, "--target", *targets], cwd=ROOT, check=True)


def command(target, options, *arguments):
    dictionary = DICTIONARIES.get(target, target)
    found = [] if dictionary is None or not (HERE / f"{dictionary}.dict").exists() else [f"-dict={HERE / dictionary}.dict"]
    return [str(options.binaries / f"fuzz_{target}"), f"-max_len={LENGTHS.get(target, 1024)}", f"-timeout={TIMEOUT}",
            f"-rss_limit_mb={MEMORY}", *found, *arguments]


ENVIRONMENT = {**os.environ, "ASAN_OPTIONS": "quarantine_size_mb=16:malloc_context_size=3"}


def fuzz(target, options, found):
    """One run; its log, and how long it took."""
    findings = options.findings / target
    findings.mkdir(parents=True, exist_ok=True)
    found.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    run = subprocess.run(command(target, options, f"-max_total_time={options.seconds}", "-print_final_stats=1",
                                 f"-artifact_prefix={findings}/", str(found), str(HERE / "seeds" / f"fuzz_{target}")),
                         env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    return run.stderr.decode("latin-1"), time.monotonic() - started, sorted(findings.iterdir())


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


def row(target, log, seconds, findings, commit):
    reached, edges = last(r"cov: (\d+)", log), last(r"Loaded 1 modules\s+\((\d+) inline", log)
    share = f"{reached} of {edges}" if edges != "-" else reached
    return [target, *describe(target), last(r"number_of_executed_units:\s*(\d+)", log), f"{seconds / 60:.1f}", share,
            last(r"ft: (\d+)", log), last(r"slowest_unit_time_sec:\s*(\d+)", log) + " s", str(len(findings)), commit]


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
    parser.add_argument("--seconds", type=int, default=600, help="for each target (%(default)s)")
    parser.add_argument("--binaries", type=pathlib.Path, help="built targets (build/fuzz/fuzz, which is then built)")
    parser.add_argument("--found", type=pathlib.Path, default=ROOT / "build" / "fuzz" / "found", help="new inputs (%(default)s)")
    parser.add_argument("--findings", type=pathlib.Path, default=ROOT / "build" / "fuzz" / "findings", help="what crashed (%(default)s)")
    parser.add_argument("--keep", action="store_true", help="minimise what was found into fuzz/seeds")
    parser.add_argument("--write", action="store_true", help="replace rows in README.md")
    options = parser.parse_args()
    if options.binaries is None:
        options.binaries = ROOT / "build" / "fuzz" / "fuzz"
        build(options.binaries)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()
    rows, failed = {}, False
    for target in options.targets or sorted(path.stem[5:] for path in HERE.glob("fuzz_*.cpp")):
        log, seconds, findings = fuzz(target, options, options.found / target)
        rows[target] = row(target, log, seconds, findings, commit)
        print(" | ".join(rows[target]), flush=True)
        for path in findings:
            failed = True
            print(f"  {path}", flush=True)
        if options.keep:
            keep(target, options, options.found / target)
        if options.write:
            write_readme(rows)
    sys.exit(failed)


if __name__ == "__main__":
    main()
