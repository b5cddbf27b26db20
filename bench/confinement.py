#!/usr/bin/env python3
"""What the confinement of readers costs a file: the same folder, scanned with and without.

  confinement.py WINNOW [--count FILES] [--runs RUNS] [--most MICROSECONDS]

One worker; the best of several runs, for what else the machine does only adds. Fails where it costs more than --most
(100) of the processor's time; the clock is told as well, and believed on a quiet machine.
"""
import argparse
import os
import pathlib
import pickle
import subprocess
import sys
import tempfile
import time


def cost(command):
    """Seconds on the clock, and of the processor with all children."""
    before, started = os.times(), time.monotonic()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    after = os.times()
    return time.monotonic() - started, after.children_user + after.children_system - before.children_user - before.children_system


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("winnow")
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--most", type=float, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.count):
            pathlib.Path(folder, "%05d.pkl" % number).write_bytes(pickle.dumps({"weights": [number, 2.5], "name": "layer"}))
        command = [os.path.abspath(options.winnow), "scan", "--jobs", "1", "--no-progress", folder]
        runs = [(cost(command), cost([*command[:-1], "--no-sandbox", folder])) for _ in range(options.runs)]
    walls, times = ([[run[side][kind] * 1e6 / options.count for run in runs] for side in (0, 1)] for kind in (0, 1))
    print("%d files: %.1f us a file confined, %.1f without; the difference is %.1f us (processor: %.1f us)" % (
        options.count, min(walls[0]), min(walls[1]), min(walls[0]) - min(walls[1]), min(times[0]) - min(times[1])))
    sys.exit(0 if min(times[0]) - min(times[1]) <= options.most else 1)


if __name__ == "__main__":
    main()
