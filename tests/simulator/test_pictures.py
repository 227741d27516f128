"""Pictures are PNG that a reader of PNG takes."""

from __future__ import annotations

import struct
import zlib

from receiver.simulator import pictures

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def _chunks(png: bytes) -> dict[bytes, bytes]:
    assert png.startswith(SIGNATURE)
    chunks, rest = {}, png[len(SIGNATURE) :]
    while rest:
        (length,) = struct.unpack(">I", rest[:4])
        kind, data = rest[4:8], rest[8 : 8 + length]
        assert struct.unpack(">I", rest[8 + length : 12 + length]) == (zlib.crc32(kind + data),)
        chunks[kind], rest = data, rest[12 + length :]
    return chunks


def test_a_qr_code_is_a_square_picture() -> None:
    width, height = struct.unpack(">II", _chunks(pictures.qr_code("scan me"))[b"IHDR"][:8])
    assert width == height > 100


def test_other_words_are_another_code() -> None:
    assert pictures.qr_code("one") != pictures.qr_code("two")


def test_a_screen_has_all_the_pixels_that_it_says() -> None:
    chunks = _chunks(pictures.screen([True, False] * 20))
    width, height = struct.unpack(">II", chunks[b"IHDR"][:8])
    assert len(zlib.decompress(chunks[b"IDAT"])) == height * (1 + 3 * width)


def test_a_screen_shows_who_spoke() -> None:
    assert pictures.screen([True]) != pictures.screen([False]) != pictures.screen([])
