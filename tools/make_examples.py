"""Writes small example models: make_examples.py FOLDER.

Half of them are malicious in form and harmless in effect: what they would run prints a line. Nothing is
loaded here; the streams are put together from their instructions (see pickletools in Python's library).
"""

import base64
import io
import struct
import sys
import zipfile
from pathlib import Path

MARK, STOP, REDUCE, POP, BUILD = b"(", b".", b"R", b"0", b"b"
TUPLE, EMPTY_TUPLE, EMPTY_DICT, SET_ITEMS, PERSISTENT = b"t", b")", b"}", b"u", b"Q"
PROTOCOL = b"\x80\x02"


def name(module: str, qualified: str) -> bytes:
    return f"c{module}\n{qualified}\n".encode()


def text(value: str) -> bytes:
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def integer(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def values(*items: bytes) -> bytes:
    return MARK + b"".join(items) + TUPLE


def call(function: bytes, *arguments: bytes) -> bytes:
    return function + values(*arguments) + REDUCE


def dictionary(**items: bytes) -> bytes:
    return EMPTY_DICT + MARK + b"".join(text(key) + value for key, value in items.items()) + SET_ITEMS


def tensor(key: str, size: int) -> bytes:
    """A tensor as torch.save writes it: the numbers stand in another entry of the archive."""
    storage = values(text("storage"), name("torch", "FloatStorage"), text(key), text("cpu"), integer(size))
    hooks = name("collections", "OrderedDict") + EMPTY_TUPLE + REDUCE
    return call(name("torch._utils", "_rebuild_tensor_v2"), storage + PERSISTENT, integer(0),
                values(integer(size)), values(integer(1)), b"\x89", hooks)


def checkpoint(program: bytes, storages: dict[str, int]) -> bytes:
    """A file as torch.save writes it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entries = {"data.pkl": program, "byteorder": b"little", "version": b"3\n"}
        entries |= {f"data/{key}": bytes(4 * size) for key, size in storages.items()}
        for entry, data in entries.items():
            archive.writestr(zipfile.ZipInfo(f"archive/{entry}"), data)
    return buffer.getvalue()


def say(line: str) -> str:
    return f"echo '{line}'"


def examples() -> dict[str, bytes]:
    weights = dictionary(weight=tensor("0", 16), bias=tensor("1", 4))
    storages = {"0": 16, "1": 4}
    shell = call(name("posix", "system"), text(say("this ran while the model was loaded")))
    source = "import os\nos.system(\"echo 'so did this'\")\n"
    encoded = base64.b64encode(source.encode()).decode()
    decoded = call(name("base64", "b64decode"), text(encoded))
    roundabout = call(call(name("builtins", "getattr"), call(name("importlib", "import_module"), text("subprocess")),
                           text("check_output")), text(say("and this")))
    method = call(name("builtins", "getattr"), name("ultralytics.nn.modules", "Detect"), text("forward"))
    return {
        "honest/weights.pt": checkpoint(PROTOCOL + weights + STOP, storages),
        "honest/labels.pkl": PROTOCOL + dictionary(note=text("never call os.system()"), version=integer(3)) + STOP,
        "honest/detector.pkl": PROTOCOL + dictionary(forward=method) + STOP,
        "malicious/weights.pt": checkpoint(PROTOCOL + shell + POP + weights + STOP, storages),
        "malicious/encoded.pkl": PROTOCOL + call(name("builtins", "exec"), decoded) + STOP,
        "malicious/roundabout.pkl": PROTOCOL + roundabout + STOP,
        "malicious/broken.pkl": PROTOCOL + shell + b"\xff\xff",
    }


def main() -> None:
    folder = Path(sys.argv[1])
    for path, data in examples().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


if __name__ == "__main__":
    main()
