"""Drawing a QR in the terminal, from the picture of it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from itertools import takewhile
from typing import TypeVar

T = TypeVar("T")

MAX_PIXELS = 4096 * 4096
"""A picture is told to be larger than this in a few bytes, and takes gigabytes to read."""

QUIET = 2
"""Light modules around it, without which no camera finds it."""

Rows = list[list[bool]]
"""What is dark, row by row."""


def modules(picture: bytes) -> Rows | None:
    """Return the modules of the QR that a PNG shows, or None where it shows something else."""
    pixels = _cropped(_pixels(picture))
    if not pixels:
        return None
    # The finder in the corner begins with seven dark modules.
    finder = len(list(takewhile(bool, pixels[0])))
    count = round(7 * len(pixels[0]) / finder)
    if not 21 <= count <= 177 or count % 4 != 1 or abs(len(pixels) - len(pixels[0])) > finder / 7:
        return None
    centres = [(index + 0.5) / count for index in range(count)]
    return [[_at(_at(pixels, y), x) for x in centres] for y in centres]


def draw(rows: Rows) -> None:
    """Print modules, two rows a line."""
    from rich.console import Console
    from rich.text import Text

    for line in lines(rows):
        # Whatever the terminal's colours are, it must be dark on light.
        Console(soft_wrap=True).print(Text(line, style="#000000 on #ffffff"))


def lines(rows: Rows) -> list[str]:
    """Return the lines that show modules, with the light border that belongs to a QR."""
    width = len(rows[0]) + 2 * QUIET
    border = [[False] * width] * QUIET
    # The sides of a QR are odd: one row more, and there are pairs.
    framed = [*border, *([False] * QUIET + row + [False] * QUIET for row in rows), *border]
    framed.append([False] * width)
    pairs = zip(framed[::2], framed[1::2], strict=True)
    return ["".join(map(_half_block, upper, lower)) for upper, lower in pairs]


def _half_block(upper: bool, lower: bool) -> str:
    return (" ▄", "▀█")[upper][lower]


def _at(values: list[T], place: float) -> T:
    return values[int(place * len(values))]


def _pixels(picture: bytes) -> Rows:
    import png

    try:
        width, height, rows, _ = png.Reader(bytes=picture).asRGBA8()
        if width * height > MAX_PIXELS:
            return []
        return [_dark(row) for row in rows]
    except (png.Error, zlib.error, struct.error, EOFError, LookupError, ValueError):
        # It says png.Error for most of what is wrong with a file, and stumbles over the rest.
        return []


def _dark(row: Sequence[int]) -> list[bool]:
    pixels = zip(row[0::4], row[1::4], row[2::4], row[3::4], strict=True)
    return [red + green + blue < 384 and alpha > 127 for red, green, blue, alpha in pixels]


def _cropped(rows: Rows) -> Rows:
    """Leave out what is light around the dark."""
    dark_rows = [index for index, row in enumerate(rows) if any(row)]
    if not dark_rows:
        return []
    kept = rows[dark_rows[0] : dark_rows[-1] + 1]
    dark_columns = [index for index, column in enumerate(zip(*kept, strict=True)) if any(column)]
    return [row[dark_columns[0] : dark_columns[-1] + 1] for row in kept]
