"""A body comes out as it went in, and a large one takes less room."""

from __future__ import annotations

import pytest

from receiver.store import bodies


@pytest.mark.parametrize("body", [b"", b"{\xff\x00", b"x" * 4095, b"[1, 2]" * 10_000])
def test_it_comes_out_as_it_went_in(body: bytes) -> None:
    assert bodies.unpack(*bodies.pack(body)) == body


def test_what_is_large_takes_less_room() -> None:
    body = b'{"ackType": "delivered"}' * 1000
    assert bodies.pack(body).encoding == "zlib"
    assert len(bodies.pack(body).body) < len(body) / 10
