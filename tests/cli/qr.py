"""A picture of something that looks like a QR: finders in three corners, a pattern between."""

from __future__ import annotations

import io

import png


def modules(count: int = 25) -> list[list[bool]]:
    """Return dark and light modules."""
    return [[_dark(x, y, count) for x in range(count)] for y in range(count)]


def picture(count: int = 25, scale: int = 5, margin: int = 20) -> bytes:
    """Return them as a PNG with a margin."""
    rows = []
    width = count * scale + 2 * margin
    blank = [255] * width
    for row in modules(count):
        line = [255] * margin + [0 if dark else 255 for dark in row for _ in range(scale)]
        rows += [line + [255] * margin] * scale
    return encoded([blank] * margin + rows + [blank] * margin)


def encoded(rows: list[list[int]]) -> bytes:
    """Return grey pixels as a PNG."""
    file = io.BytesIO()
    png.Writer(len(rows[0]), len(rows), greyscale=True).write(file, rows)
    return file.getvalue()


def _dark(x: int, y: int, count: int) -> bool:
    for left, top in ((0, 0), (count - 7, 0), (0, count - 7)):
        column, row = x - left, y - top
        if -1 <= column <= 7 and -1 <= row <= 7:
            ring = max(abs(column - 3), abs(row - 3))
            return ring in (0, 1, 3)
    return (x * 7 + y * 3) % 5 < 2
