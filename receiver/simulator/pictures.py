"""The pictures of a session: the QR code to scan, and the screen of a phone that is logged in."""

from __future__ import annotations

from io import BytesIO

import png
import segno

_WIDTH, _HEIGHT = 320, 480
_WALL, _BAR, _THEIRS, _OURS = (236, 229, 221), (7, 94, 84), (255, 255, 255), (220, 248, 198)
_BAR_HEIGHT, _BUBBLE_HEIGHT = 40, 36

Colour = tuple[int, int, int]


def qr_code(words: str) -> bytes:
    """Draw a QR code, as a PNG."""
    file = BytesIO()
    segno.make(words, micro=False).save(file, kind="png", scale=6)
    return file.getvalue()


def screen(sides: list[bool]) -> bytes:
    """Draw a chat, as a PNG: a bubble for each of the latest messages, on the right what is ours.

    There are no words in it: nobody's words should be in a picture that is passed around.
    """
    rows = [_row(_BAR, 0, _WIDTH)] * _BAR_HEIGHT
    for ours in sides[-((_HEIGHT - _BAR_HEIGHT) // (_BUBBLE_HEIGHT + 12)) :]:
        bubble = _row(_OURS, 120, 310) if ours else _row(_THEIRS, 10, 200)
        rows += [_row(_WALL, 0, _WIDTH)] * 12 + [bubble] * _BUBBLE_HEIGHT
    rows += [_row(_WALL, 0, _WIDTH)] * (_HEIGHT - len(rows))
    file = BytesIO()
    png.Writer(_WIDTH, len(rows), greyscale=False).write(file, rows)
    return file.getvalue()


def _row(colour: Colour, left: int, right: int) -> bytes:
    wall = bytes(_WALL)
    return wall * left + bytes(colour) * (right - left) + wall * (_WIDTH - right)
