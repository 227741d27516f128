"""A QR, from its picture to the terminal."""

from __future__ import annotations

import struct
import zlib

import pytest

from receiver.cli import drawing
from tests.cli import qr
from tests.scripted import PNG


@pytest.mark.parametrize("count", [21, 25, 57, 177])
@pytest.mark.parametrize("scale", [1, 3, 4])
@pytest.mark.parametrize("margin", [0, 9])
def test_the_modules_of_a_picture_are_found(count: int, scale: int, margin: int) -> None:
    assert drawing.modules(qr.picture(count, scale, margin)) == qr.modules(count)


def test_what_is_drawn_is_what_was_found() -> None:
    modules = qr.modules()
    shown = []
    for line in drawing.lines(modules):
        shown.append([block in "▀█" for block in line])
        shown.append([block in "▄█" for block in line])
    quiet = drawing.QUIET
    inside = [row[quiet:-quiet] for row in shown[quiet : quiet + len(modules)]]
    assert inside == modules
    outside = shown[:quiet] + shown[quiet + len(modules) :]
    assert not any(any(row) for row in outside)
    assert not any(row[0] or row[1] or row[-1] or row[-2] for row in shown)
    assert len(outside) >= 2 * quiet


@pytest.mark.parametrize(
    "picture",
    [
        b"",
        PNG,
        b"\xff\xd8\xff JPEG",
        qr.picture()[:-200],
        qr.encoded([[255] * 50] * 50),
        qr.encoded([[0] * 50] * 50),
        qr.encoded([[0, 255] * 50] * 100),
        qr.encoded([[0] * 14 + [255] * 86] * 50 + [[255] * 99 + [0]] * 3),
    ],
    ids=["empty", "broken", "other", "cut", "white", "black", "stripes", "wide"],
)
def test_what_is_no_qr_is_not_drawn(picture: bytes) -> None:
    assert drawing.modules(picture) is None


@pytest.mark.parametrize(
    ("width", "data"),
    [
        (100_000, b"\0" * 1000),  # told to be gigabytes
        (0, b""),
        (30, b"\0" * 7),
    ],
)
def test_a_file_that_lies_is_not_drawn(width: int, data: bytes) -> None:
    header = struct.pack(">IIBBBBB", width, width, 8, 0, 0, 0, 1)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")
    assert drawing.modules(b"\x89PNG\r\n\x1a\n" + body) is None


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def test_it_is_printed_dark_on_light(capsys: pytest.CaptureFixture[str]) -> None:
    drawing.draw(qr.modules())
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == (25 + 2 * drawing.QUIET + 1) // 2
    assert all(len(line) == 25 + 2 * drawing.QUIET for line in lines)
