"""Writes docs/threats/*.md as a C++ table: embed_threats.py FOLDER OUTPUT."""

import sys
from pathlib import Path


def literal(text: str) -> str:
    """A C++ string literal; long text becomes several that the compiler joins."""
    special = {"\\": "\\\\", '"': '\\"', "\n": "\\n"}
    pieces = []
    for line in text.splitlines(keepends=True) or [""]:
        pieces.append('"' + "".join(special.get(c, c) for c in line) + '"')
    return "\n     ".join(pieces)


def row(page: Path) -> str:
    text = page.read_text(encoding="utf-8")
    title, _, body = text.partition("\n")
    if not title.startswith("# ") or not body.strip():
        sys.exit(f"{page}: must open with '# Title' and a paragraph")
    brief = " ".join(body.strip().split("\n\n")[0].split())
    fields = [page.stem, title[2:].strip(), brief, text]
    return "    {" + ",\n     ".join(literal(field) for field in fields) + "},\n"


def main() -> None:
    folder, output = map(Path, sys.argv[1:])
    pages = sorted((page for page in folder.glob("*.md") if page.stem != "README"), key=lambda page: page.stem)
    rows = "".join(row(page) for page in pages)
    # The last, empty row keeps the table valid where there is no page at all.
    output.write_text(f"constexpr ThreatPage kPages[] = {{\n{rows}    {{}},\n}};\n", encoding="utf-8")


if __name__ == "__main__":
    main()
