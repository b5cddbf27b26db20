"""Asks one peer, through its own Python interface, for verdicts; runs in the peer's environment.

  drive.py TOOL              a file name per line of standard input; one JSON object per file:
                             "alarm", and "unread" (a reason) where it gave no verdict
  drive.py fickling --tree PATH  every file of a folder, for fickling has no such command; one summary object

An alarm is what makes the tool's own command fail as "found": picklescan's dangerous globals (not
its suspicious ones), any issue of modelscan, any severity of fickling above LIKELY_SAFE, a CRITICAL
risk of aisbom, a warning or a critical issue of modelaudit.
"""

import json
import logging
import os
import sys


def picklescan():
    from picklescan.scanner import scan_file_path

    def scan(path):
        result = scan_file_path(path)
        unread = "error" if result.scan_err else None if result.scanned_files else "skipped"
        return result.issues_count > 0, unread

    return scan


def modelscan():
    from modelscan.modelscan import ModelScan

    def scan(path):
        scanner = ModelScan()
        result = scanner.scan(path)
        unread = "error" if result.get("errors") else None if scanner.scanned else "skipped"
        return bool(scanner.issues.all_issues), unread

    return scan


def fickling():
    import zipfile

    from fickling.analysis import Severity
    from fickling.loader import scan_file, scan_zip_archive

    def scan(path):
        if zipfile.is_zipfile(path):
            results = list(scan_zip_archive(path, graceful=True).values())
        else:
            results = [scan_file(path, graceful=True)]
        found = [analysis.severity for result in results for analysis in result.results]
        unread = "error" if any(result.errors for result in results) else None if found else "skipped"
        return any(severity > Severity.LIKELY_SAFE for severity in found), unread

    return scan


def aisbom():
    from aisbom.scanner import DeepScanner

    def scan(path):
        result = DeepScanner(path).scan()
        risks = [str(artifact.get("risk_level", "")).upper() for artifact in result["artifacts"]]
        alarm = any("CRITICAL" in risk for risk in risks)
        unread = "error" if result.get("errors") else None if risks else "skipped"
        return alarm, unread

    return scan


def modelaudit():
    from modelaudit.core import determine_exit_code, scan_model_directory_or_file

    def scan(path):
        result = scan_model_directory_or_file(path, cache_enabled=False)
        code = determine_exit_code(result)
        unread = "error" if code == 2 else None if result.scanner_names else "skipped"
        return code == 1, unread

    return scan


def verdict(scan, path):
    try:
        alarm, unread = scan(path)
    except (Exception, SystemExit) as problem:
        alarm, unread = False, f"error: {type(problem).__name__}"
    return {"alarm": alarm, "unread": None if alarm else unread}


def main():
    out = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what the tools print is not the answer
    logging.disable(logging.CRITICAL)
    tools = (picklescan, modelscan, fickling, aisbom, modelaudit)
    scan = next(tool for tool in tools if tool.__name__ == sys.argv[1])()
    if sys.argv[2:3] == ["--tree"]:
        tree = sys.argv[3]
        files = [os.path.join(folder, file) for folder, _, names in os.walk(tree) for file in names]
        verdicts = [verdict(scan, file) for file in sorted(files) or [tree]]
        print(json.dumps({"alarms": sum(v["alarm"] for v in verdicts),
                          "unread": sum(v["unread"] is not None for v in verdicts)}), file=out)
        return
    for line in sys.stdin:
        print(json.dumps(verdict(scan, line.rstrip("\n"))), file=out, flush=True)


main()
