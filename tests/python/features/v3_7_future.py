"""Annotations as text."""
from __future__ import annotations
a: int = 1
b: dict[str, a.b] = {}


class C:
    x: List['text']

    def method(self, y: C, *z: Tuple[int, ...], w: x | None = None) -> -1 + f(2, a=3): local: int = 1
