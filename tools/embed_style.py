"""Writes a style sheet as a C++ literal, with the hash by which a page allows it: embed_style.py FILE OUTPUT.

What is only for its readers (remarks, indentation) stays behind. The sheet stands in well-formed XML: it must hold
no '<' and no '&'.
"""

import base64
import hashlib
import re
import sys
from pathlib import Path


def main() -> None:
    source, output = map(Path, sys.argv[1:])
    style = re.sub(r"/\*.*?\*/", "", source.read_text(encoding="utf-8"), flags=re.S)
    style = "\n".join(line.strip() for line in style.splitlines() if line.strip()) + "\n"
    if re.search(r"[<&]|\)STYLE\"|url\(|@import", style):
        sys.exit(f"{source}: holds something that a page of its own cannot have")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    output.write_text(f'constexpr char kStyle[] = R"STYLE({style})STYLE";\n'
                      f'constexpr char kStyleHash[] = "sha256-{digest}";\n', encoding="utf-8")


if __name__ == "__main__":
    main()
