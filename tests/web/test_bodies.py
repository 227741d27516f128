"""What is sent in the body of a request is checked whole, and what is wrong is named."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.types import Message

from receiver.errors import RequestError
from receiver.web import bodies
from receiver.web.bodies import Body, Whole

pytestmark = pytest.mark.anyio


class Wish(Body):
    """What the tests send."""

    size: int
    name: str = ""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def request(*chunks: bytes) -> Request:
    left = [*chunks]

    async def receive() -> Message:
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    return Request({"type": "http", "method": "POST", "headers": []}, receive)


async def test_it_is_read_whatever_the_pieces() -> None:
    assert await bodies.read(request(b'{"si', b'ze": 3}'), Wish) == Wish(size=3)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "JSON"),
        (b"{", "JSON"),
        (b"[]", "object"),
        (b"{}", "size"),
        (b'{"size": "3"}', "size"),
        (b'{"size": true}', "size"),
        (b'{"size": 3, "colour": 1}', "colour"),
    ],
)
async def test_what_is_wrong_is_named(body: bytes, said: str) -> None:
    with pytest.raises(RequestError, match=said) as refused:
        await bodies.read(request(body), Wish)
    assert refused.value.status == 400


async def test_more_than_is_allowed_is_not_read_on() -> None:
    endless = [b" " * 10] * 1000
    with pytest.raises(RequestError) as refused:
        await bodies.read(request(*endless), Wish, max_bytes=25)
    assert refused.value.status == 413


def test_a_whole_number_may_be_written_as_json_has_it() -> None:
    adapter = TypeAdapter(Whole)
    assert [adapter.validate_json(text) for text in ("3", "3.0", "3e0")] == [3, 3, 3]
    for text in ("3.5", '"3"', "true", "-1", "1e30"):
        with pytest.raises(ValidationError):
            adapter.validate_json(text, strict=True)
