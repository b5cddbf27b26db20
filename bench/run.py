#!/usr/bin/env python3
"""Runs Winnow beside other scanners on the same files, in one run, and prints Markdown tables.

  python3 bench/run.py                       all of it; installs the peers under build/bench-venv
  python3 bench/run.py --count 100 --zips 2 --deep 10 --most 40 --runs 1  a quick look
  python3 bench/run.py --write               also replaces the tables in bench/README.md

Costs are CPU seconds (user + system) of the median of three runs after one that warms up. Verdicts
stand beside them. README.md says how to read the tables.
"""

import argparse
import csv
import ctypes
import json
import mmap
import os
import pathlib
import pickle
import platform
import statistics
import subprocess
import sys
import tempfile

import make_trees
import scanners

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
# Kinds of files by what the formats of a manifest begin with; the first that fits.
GROUPS = (
    ("pickle family", ("7z", "joblib", "nemo", "npy", "npz", "paddle-pickle", "pickle", "pytorch", "stable-baselines",
                       "tar-of-models", "torchscript", "torchserve", "zip")),
    ("Keras", ("keras", "hdf5")),
    ("graphs", ("tf-", "tflite", "onnx", "executorch", "coreml", "openvino", "mxnet-symbol", "paddle")),
    ("templates, configurations, code", ("jinja", "json-chat", "yaml-chat", "gguf", "hf-", "python", "configuration",
                                         "tokenizer", "notebook", "dependencies")),
    ("all others", ("",)),
)
BEGIN, END = "<!-- tables: bench/run.py --write -->", "<!-- end of tables -->"


# ---- measuring ---------------------------------------------------------------------------------


def measure(scanner, path, scratch, limit):
    """The cost of one run, and its output."""
    result, report = os.path.join(scratch, "cost.json"), os.path.join(scratch, "report.json")
    pathlib.Path(report).unlink(missing_ok=True)
    command = [sys.executable, "-I", "-S", str(HERE / "launch.py"), result, str(limit)]
    with open(os.path.join(scratch, "output"), "w+") as output:
        subprocess.run([*command, *scanner.command(path, report)], cwd=scratch, env=scanners.ENVIRONMENT, check=True,
                       stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.DEVNULL)
        output.seek(0)
        text = output.read()
    with open(result) as file:
        cost = json.load(file)
    cost["alarms"] = cost["unread"] = None
    if not cost["stopped"]:
        try:
            cost["alarms"], cost["unread"] = scanner.counts(text, report)
        except Exception:
            cost["failed"] = True
    return cost


def median(scanner, path, scratch, options, before=lambda: None):
    """The run with the median CPU time, after a warm-up; a stopped or failed one is not repeated."""
    costs = []
    for number in range(options.runs + 1):
        before()
        cost = measure(scanner, path, scratch, options.limit)
        if cost["stopped"] or cost.get("failed"):
            return cost
        if number or options.runs == 0:
            costs.append(cost)
    middle = statistics.median_low([cost["cpu"] for cost in costs])
    chosen = dict(next(cost for cost in costs if cost["cpu"] == middle))
    chosen["wall"] = statistics.median(cost["wall"] for cost in costs)
    return chosen


def evict(path):
    """Takes a file out of the page cache."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def cached_bytes(path):
    """Bytes of a file in the page cache, whoever brought them there: read, mapped or read ahead."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
    libc.mincore.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p]
    libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    size = os.path.getsize(path)
    pages = ctypes.create_string_buffer(-(-size // mmap.PAGESIZE))
    with open(path, "rb") as file:
        place = libc.mmap(None, size, mmap.PROT_READ, mmap.MAP_SHARED, file.fileno(), 0)
    if place in (None, ctypes.c_void_p(-1).value) or libc.mincore(place, size, pages) != 0:
        raise OSError(ctypes.get_errno(), "mincore")
    libc.munmap(place, size)
    return sum(byte & 1 for byte in pages.raw) * mmap.PAGESIZE


# ---- tables ------------------------------------------------------------------------------------


def table(heads, rows):
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" + "---:|" * (len(heads) - 1)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def seconds(number):
    return f"{number:.4f}" if number < 0.1 else f"{number:.3f}" if number < 1 else f"{number:.1f}"


def amount(count):
    for unit, size in (("GiB", 1 << 30), ("MiB", 1 << 20)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{max(count, 0) / 1024:.0f} KiB"


def ratio(cost, winnow):
    if cost is winnow:
        return "1"
    number = cost["cpu"] / winnow["cpu"]
    return (">" if cost["stopped"] else "") + (f"{number:.1f}" if number < 10 else f"{number:.0f}")


def cost_cells(cost, winnow, limit):
    cpu = f">{limit}, stopped" if cost["stopped"] else "failed" if cost.get("failed") else seconds(cost["cpu"])
    return [cpu, "-" if cost.get("failed") else ratio(cost, winnow), amount(cost["peak"])]


def or_dash(value):
    return "-" if value is None else value


# ---- the sections ------------------------------------------------------------------------------


def startup_section(tools, scratch, options):
    path = os.path.join(scratch, "tiny.pkl")
    with open(path, "wb") as file:
        pickle.dump({"weights": [1.0, 2.0]}, file, 2)
    costs = {name: median(tool, path, scratch, options) for name, tool in tools.items()}
    rows = [[name, f"{1000 * cost['cpu']:.0f}", ratio(cost, costs["winnow"]), f"{1000 * cost['wall']:.0f}",
             amount(cost["peak"])] for name, cost in costs.items()]
    text = table(["one tiny file", "CPU ms", "times Winnow", "wall ms", "peak memory"], rows)
    return f"### Start-up\n\n{text}\n", costs


def tree_section(title, note, path, tools, scratch, options, more=None):
    """`more`: the head of a further column, and what stands in it for each tool."""
    files = [os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names]
    size = sum(map(os.path.getsize, files))
    costs = {name: median(tool, path, scratch, options) for name, tool in tools.items()}
    rows = []
    for name, cost in costs.items():
        done = not cost["stopped"] and not cost.get("failed")
        rows.append([name, *cost_cells(cost, costs["winnow"], options.limit),
                     f"{size / 1e6 / cost['cpu']:.0f}" if done else "-", or_dash(cost["alarms"])])
        if more:
            rows[-1].append(more[1][name])
    heads = [f"{len(files)} files, {size / 1e6:.0f} MB", "CPU s", "times Winnow", "peak memory", "MB/s", "false alarms"]
    heads += more[:1] if more else ()
    text = table(heads, rows)
    return f"### {title}\n\n{note}\n\n{text}\n"


def sparse_section(path, tools, startup, scratch, options):
    rows, costs = [], {}
    for name, tool in tools.items():
        costs[name] = cost = median(tool, path, scratch, options, before=lambda: evict(path))
        read = cost["read"] - startup[name]["read"]
        rows.append([name, *cost_cells(cost, costs["winnow"], options.limit), amount(read), amount(cached_bytes(path)),
                     or_dash(cost["alarms"])])
    evict(path)
    text = table([f"1 file, {amount(os.path.getsize(path))}", "CPU s", "times Winnow", "peak memory", "read",
                  "brought into memory", "false alarms"], rows)
    note = ("32 stored members, a sparse file. *Read*: what went through read calls, less what start-up reads. *Brought\n"
            "into memory*: pages of the file in the page cache afterwards (mincore; it was evicted before), so what was\n"
            "mapped or read ahead counts too.")
    return f"### One large checkpoint\n\n{note}\n\n{text}\n"


def constructs_section(path, tools, options):
    files = sorted(os.path.join(path, name) for name in os.listdir(path))
    rows = []
    for name, tool in tools.items():
        verdicts = list(tool.verdicts(files, options.limit))
        flagged = [pathlib.Path(file).stem for file, verdict in zip(files, verdicts) if verdict["alarm"]]
        names = ", ".join(flagged[:10]) + (f" and {len(flagged) - 10} more" if len(flagged) > 10 else "")
        rows.append([name, len(flagged), sum(v["unread"] is not None for v in verdicts), names.replace("_", " ") or "-"])
    text = table([f"{len(files)} honest files", "false alarms", "not read", "which"], rows)
    note = "Each does something that scanners like to flag and that ordinary checkpoints carry; `make_trees.py` lists them."
    return f"### Often flagged, and honest\n\n{note}\n\n{text}\n"


def labelled(folder):
    """Entries of a manifest, and whether each is harmful; those that are either are left out."""
    with open(folder / "manifest.tsv", newline="") as file:
        entries = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [(e["file"], e["format"], e["expect"] != "clean") for e in entries
            if e["expect"] in ("malicious", "flag", "clean") and (folder / e["file"]).is_file()]


def group_of(form):
    return next(group for group, beginnings in GROUPS if form.startswith(beginnings))


def tally(verdicts):
    """Of (verdict, harmful): harmful, found, not read; harmless, alarms, not read."""
    sums = [0] * 6
    for verdict, harmful in verdicts:
        start = 0 if harmful else 3
        sums[start] += 1
        sums[start + 1] += verdict["alarm"]
        sums[start + 2] += verdict["unread"] is not None
    return sums


def detection_sections(title, note, folder, tools, options):
    """Two tables: the pickle family, which all peers read, and every kind of file."""
    entries = labelled(folder)
    if options.most:  # a quick look: evenly out of all
        entries = entries[::max(1, len(entries) // options.most)]
    family, kinds = [], {}
    for name, tool in tools.items():
        verdicts = list(tool.verdicts([str(folder / file) for file, _, _ in entries], options.limit))
        rated = [(group_of(form), verdict, harmful) for (_, form, harmful), verdict in zip(entries, verdicts)]
        bad, found, lost, good, alarms, unread = tally([r[1:] for r in rated if r[0] == GROUPS[0][0]])
        family.append([name, f"{found} ({found / max(bad, 1):.0%})", bad - found - lost, lost,
                       f"{alarms} ({alarms / max(good, 1):.0%})", unread])
        for group in sorted({r[0] for r in rated}, key=[g for g, _ in GROUPS].index):
            bad, found, lost, good, alarms, unread = tally([r[1:] for r in rated if r[0] == group])
            row = kinds.setdefault(group, [f"{group}: {bad} harmful, {good} harmless"])
            row.append(f"{found if bad else '-'} / {alarms} / {lost + unread}")
        if options.verbose:
            for (file, _, harmful), verdict in zip(entries, verdicts):
                if verdict["alarm"] != harmful:
                    print(name, "missed" if harmful else "false alarm", file, verdict["unread"], sep="\t", file=sys.stderr)
    bad, _, _, good, _, _ = tally([({"alarm": 0, "unread": None}, harmful) for _, form, harmful in entries if group_of(form) == GROUPS[0][0]])
    text = table([f"pickle family: {bad} harmful, {good} harmless", "found", "missed: called clean", "missed: not read",
                  "false alarms", "harmless, not read"], family)
    by_kind = table(["found / false alarms / not read", *tools], kinds.values())
    return f"### {title}\n\n{note}\n\n{text}\n\nEvery kind of file of the collection:\n\n{by_kind}\n"


def deep_section(path, tools, scratch, options):
    harmful = sorted(os.path.join(path, "harmful", name) for name in os.listdir(path / "harmful"))
    found = {name: sum(v["alarm"] for v in tool.verdicts(harmful, options.limit)) for name, tool in tools.items()}
    return tree_section("Archives inside archives", "Two to six of zip, tar, gzip and tar.gz around one pickle. *Found*: the same archives, made again\n"
                        f"around a pickle that runs a command; {len(harmful)} of them.", path / "honest", tools, scratch, options, ("found", found))


# ---- the run -----------------------------------------------------------------------------------


def trees(options):
    """Generated once for each choice of sizes."""
    folder = ROOT / "build" / "bench" / f"{options.count}-{options.zips}-{options.entries}-{options.deep}-{options.seed}"
    stamp = folder / "complete"
    if not stamp.exists():
        make_trees.make_small(folder / "small", options.count, options.seed)
        make_trees.make_zips(folder / "zips", options.zips, options.entries, options.seed)
        make_trees.make_deep(folder / "deep", options.deep, options.seed)
        make_trees.make_constructs(folder / "constructs", options.seed)
        make_trees.make_sparse(folder / "sparse", 8 << 30)
        stamp.touch()
    return folder


def sections(tools, options, scratch):
    folder = pathlib.Path(options.trees) if options.trees else trees(options)
    fixtures = ROOT / "tests" / "fixtures"
    yield detection_sections(
        "Found and missed: the repository's own fixtures",
        "`tests/fixtures`, made to test Winnow, which therefore has the advantage here.", fixtures, tools, options)
    if options.corpus:
        yield detection_sections(
            "Found and missed: files from public repositories",
            "A labelled collection, not part of this repository (`--corpus`). Winnow was developed with it at hand, so\n"
            "this is no blind test.",
            pathlib.Path(options.corpus), tools, options)
    if (folder / "constructs").is_dir():
        yield constructs_section(folder / "constructs", tools, options)
    text, startup = startup_section(tools, scratch, options)
    yield text
    yield tree_section("Many small pickles", "Arrays, estimators, forests, vocabularies and state dicts of 5-50 KB.",
                       folder / "small", tools, scratch, options)
    yield tree_section("PyTorch zips with many entries", "Half have a member for every tensor, half one storage.",
                       folder / "zips", tools, scratch, options)
    if (folder / "deep").is_dir():
        yield deep_section(folder / "deep", tools, scratch, options)
    sparse = folder / "sparse" / "checkpoint.pt"
    if sparse.is_file():
        yield sparse_section(sparse, tools, startup, scratch, options)


def write_readme(text):
    readme = HERE / "README.md"
    before, _, rest = readme.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    readme.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--winnow", type=pathlib.Path, default=ROOT / "build" / "release" / "winnow")
    parser.add_argument("--peers", default=",".join(scanners.PEERS), help="which, separated by commas (%(default)s)")
    parser.add_argument("--no-install", action="store_true", help="leave out peers that are not installed yet")
    parser.add_argument("--corpus", type=pathlib.Path, help="a folder with a manifest.tsv: file, expect, format")
    parser.add_argument("--trees", help="time on this folder's small and zips instead of generated ones")
    parser.add_argument("--count", type=int, default=2000, help="small pickles (%(default)s)")
    parser.add_argument("--zips", type=int, default=20, help="PyTorch zips (%(default)s)")
    parser.add_argument("--entries", type=int, default=10_000, help="entries of each (%(default)s)")
    parser.add_argument("--deep", type=int, default=100, help="archives inside archives (%(default)s)")
    parser.add_argument("--most", type=int, default=0, help="about so many labelled files of each collection (all)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=3, help="measured runs (%(default)s)")
    parser.add_argument("--limit", type=int, default=60, help="CPU seconds for one run of one scanner (%(default)s)")
    parser.add_argument("--write", action="store_true", help="replace the tables in README.md")
    parser.add_argument("--verbose", action="store_true", help="name every miss and false alarm on standard error")
    options = parser.parse_args()

    tools = {"winnow": scanners.Winnow(options.winnow.resolve())}
    for name in filter(None, options.peers.split(",")):
        if name not in scanners.PEERS:
            parser.error(f"no peer is called {name}")
        peer = scanners.PEERS[name](ROOT / "build" / "bench-venv")
        if not options.no_install:
            peer.install()
        if (peer.environment / "installed").exists():
            tools[name] = peer
    load = os.getloadavg()[0]
    versions = ", ".join(f"{name} {tool.version()}" for name, tool in tools.items())
    parts = []
    with tempfile.TemporaryDirectory() as scratch:
        for part in sections(tools, options, scratch):
            print(part, flush=True)
            parts.append(part)
    foot = (f"{versions}; Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores; load "
            f"{load:.1f} at the start, {os.getloadavg()[0]:.1f} at the end; {options.runs} runs after a warm-up.\n")
    print(foot)
    if options.write:
        write_readme("\n".join([*parts, foot]))


if __name__ == "__main__":
    main()
