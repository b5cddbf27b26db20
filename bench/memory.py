#!/usr/bin/env python3
"""What a scan needs of memory: scans every file of a labelled folder by itself and reports the largest resident set.

  memory.py WINNOW FOLDER...   folders with a manifest.tsv; those that are not there are left out, 77 if none is
  --most MIB                   fails where a file needs more (64)
  --list COUNT                 the files that need most (5)

The largest resident set of the program and its workers is counted (wait4), pages of the file that are mapped included.
What a Python process has of its own before it becomes the program, some 10 MiB, is the least that can be measured.
"""
import argparse
import csv
import os
import pathlib
import statistics
import subprocess
import sys

MIB = 1 << 20


def peak_of(winnow, path):
    """Bytes. A process of its own for each file: the kernel keeps one peak for all children that were waited for."""
    code = "import os, sys; os.execv(sys.argv[1], sys.argv[1:])"
    process = os.posix_spawn(sys.executable, [sys.executable, "-I", "-S", "-c", code, winnow, "scan", "--jobs", "1", "--no-progress", path],
                             os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)])
    _, status, usage = os.wait4(process, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1, 2, 3):
        sys.exit("%s: winnow ended with %d" % (path, os.waitstatus_to_exitcode(status)))
    return usage.ru_maxrss * 1024


def files_of(folder):
    with open(folder / "manifest.tsv", newline="") as manifest:
        for row in csv.DictReader(manifest, delimiter="\t", quoting=csv.QUOTE_NONE):
            if (folder / row["file"]).is_file():
                yield str(folder / row["file"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("winnow")
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    parser.add_argument("--most", type=int, default=64)
    parser.add_argument("--list", type=int, default=5)
    options = parser.parse_args()
    winnow = os.path.abspath(options.winnow)
    version = subprocess.run([winnow, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    folders = [folder for folder in options.folders if (folder / "manifest.tsv").is_file()]
    if not folders:
        print("none of the folders is here")
        sys.exit(77)
    failed = False
    for folder in folders:
        peaks = sorted(((peak_of(winnow, path), path) for path in files_of(folder)), reverse=True)
        if not peaks:
            continue
        numbers = [peak for peak, _ in peaks]
        over = sum(peak > options.most * MIB for peak in numbers)
        failed |= over > 0
        print("%s: %d files, largest %.1f MiB, median %.1f MiB, %d above %d MiB (%s)" % (
            folder, len(peaks), numbers[0] / MIB, statistics.median(numbers) / MIB, over, options.most, version))
        for peak, path in peaks[:max(options.list, over)]:
            print("  %6.1f MiB  %8d KiB  %s" % (peak / MIB, os.path.getsize(path) // 1024, os.path.relpath(path, folder)))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
