"""The scanners: how each is installed, asked for one file, timed on a folder, and what its answer means."""

import json
import os
import pathlib
import re
import select
import subprocess
import venv

HERE = pathlib.Path(__file__).resolve().parent
ENVIRONMENT = dict(os.environ, AISBOM_OFFLINE="1", AISBOM_NO_TELEMETRY="1", AISBOM_NO_HF_LOOKUP="1",
                   PROMPTFOO_DISABLE_TELEMETRY="1", NO_ANALYTICS="1", HF_HUB_OFFLINE="1",
                   HOME=str(HERE.parent / "build" / "bench-venv"))  # aisbom and modelaudit keep notes there


class Scanner:
    """What all have in common. `counts` gives the files with an alarm and those not read, None where it is not said."""

    packages = ()

    def __init__(self, environments):
        self.environment = environments / self.name

    def program(self, name):
        return str(self.environment / "bin" / name)

    def install(self):
        done = self.environment / "installed"
        if not done.exists():
            venv.create(self.environment, with_pip=True)
            quiet = ["-q", "--disable-pip-version-check"]
            subprocess.run([self.program("pip"), "install", *quiet, *self.packages], check=True)
            done.touch()

    def version(self):
        package = self.packages[0].split("[")[0]
        code = f"import importlib.metadata as m; print(m.version({package!r}))"
        command = [self.program("python"), "-c", code]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    def verdicts(self, files, limit):
        """One verdict per file; a scanner that dies or hangs is started again after that file."""
        scanner = None
        for file in files:
            if scanner is None:
                scanner = subprocess.Popen([self.program("python"), str(HERE / "drive.py"), self.name], env=ENVIRONMENT,
                                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            scanner.stdin.write(os.fsencode(file) + b"\n")
            scanner.stdin.flush()
            ready, _, _ = select.select([scanner.stdout], [], [], limit)
            line = scanner.stdout.readline() if ready else b""
            if line:
                yield json.loads(line)
                continue
            scanner.kill()
            scanner.communicate()
            scanner = None
            yield {"alarm": False, "unread": "died" if ready else "took too long"}
        if scanner is not None:
            scanner.communicate()


class Winnow(Scanner):
    name = "winnow"

    def __init__(self, binary):
        self.binary = str(binary)

    def install(self):
        pass

    def version(self):
        words = subprocess.run([self.binary, "--version"], capture_output=True, text=True, check=True).stdout
        return words.removeprefix("winnow").strip().split(",")[0]

    def command(self, path, report):
        return [self.binary, "scan", "--jobs", "1", "--no-sandbox", "--no-progress", str(path)]

    def counts(self, output, report):
        summary = output.strip().splitlines()[-1]
        number = {word: int(count) for count, word in re.findall(r"(\d+) ([a-z]+)", summary.rsplit(": ", 1)[1])}
        alarms = number.get("malicious", 0) + number.get("suspicious", 0)
        return alarms, number.get("incomplete", 0) + number.get("skipped", 0)

    def verdicts(self, files, limit):
        for file in files:
            done = subprocess.run([self.binary, "scan", "--format", "json", "--no-progress", str(file)],
                                  capture_output=True, timeout=limit)
            verdict = json.loads(done.stdout)["artifacts"][0]["verdict"]
            yield {"alarm": verdict in ("malicious", "suspicious"),
                   "unread": verdict if verdict in ("incomplete", "skipped") else None}


class Picklescan(Scanner):
    name = "picklescan"
    packages = ("picklescan[7z]", "numpy<2.3")  # what it asks for when it meets 7z and .npy

    def command(self, path, report):
        return [self.program("picklescan"), "-p", str(path)]

    def counts(self, output, report):
        return int(re.search(r"Infected files: (\d+)", output)[1]), None


class Fickling(Scanner):
    name = "fickling"
    packages = ("fickling", "typing_extensions")  # 0.1.12 imports the second without naming it

    def command(self, path, report):
        return [self.program("python"), str(HERE / "drive.py"), "fickling", "--tree", str(path)]

    def counts(self, output, report):
        summary = json.loads(output)
        return summary["alarms"], summary["unread"]


class Modelscan(Scanner):
    name = "modelscan"
    packages = ("modelscan", "numpy<2.3")  # 0.8.8 cannot read .npy with later ones

    def command(self, path, report):
        return [self.program("modelscan"), "scan", "-p", str(path), "-r", "json", "-o", report]

    def counts(self, output, report):
        with open(report) as file:
            return len({issue["source"].split(":")[0] for issue in json.load(file)["issues"]}), None


class Aisbom(Scanner):
    name = "aisbom"
    packages = ("aisbom-cli",)

    def command(self, path, report):
        return [self.program("aisbom"), "scan", str(path), "--offline", "--output", report]

    def counts(self, output, report):
        with open(report) as file:
            components = json.load(file).get("components", [])
        return sum("Risk: CRITICAL" in component.get("description", "") for component in components), None


class Modelaudit(Scanner):
    name = "modelaudit"
    packages = ("modelaudit[h5,joblib,onnx,safetensors,sevenzip,tflite]",)

    def command(self, path, report):
        return [self.program("modelaudit"), "scan", str(path), "--no-cache", "--format", "json", "--output", report]

    def counts(self, output, report):
        with open(report) as file:
            found = json.load(file)
        places = [issue["location"] or "" for issue in found["issues"] if issue["severity"] in ("warning", "critical")]
        files = {asset["path"] for asset in found["assets"]}
        return sum(any(place.startswith(file) for place in places) for file in files), None


PEERS = {peer.name: peer for peer in (Picklescan, Fickling, Modelscan, Modelaudit, Aisbom)}
