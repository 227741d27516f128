"""Pictures are PNG that a reader of PNG takes."""

from __future__ import annotations

import png

from receiver.simulator import pictures


def _size(picture: bytes) -> tuple[int, int]:
    """Read a picture to its end; return its width and height."""
    width, height, rows, _ = png.Reader(bytes=picture).asRGB8()
    assert [len(row) for row in rows] == [3 * width] * height
    return width, height


def test_a_qr_code_is_a_square_picture() -> None:
    width, height = _size(pictures.qr_code("scan me"))
    assert width == height > 100


def test_other_words_are_another_code() -> None:
    assert pictures.qr_code("one") != pictures.qr_code("two")


def test_a_screen_is_of_one_size_however_much_was_said() -> None:
    sizes = {_size(pictures.screen([True, False] * chats)) for chats in (0, 1, 20)}
    assert sizes == {(320, 480)}


def test_a_screen_shows_who_spoke() -> None:
    assert pictures.screen([True]) != pictures.screen([False]) != pictures.screen([])
