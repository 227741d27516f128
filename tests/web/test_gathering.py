"""What is written together goes out together, and nothing waits for what never comes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from receiver.web.gathering import Gathering


class Wire(asyncio.Transport):
    """The end of a transport: each packet that left it, and how it ended."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent.append(bytes(data))

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        self.write(b"".join(list_of_data))

    def write_eof(self) -> None:
        self.sent.append(b"<eof>")

    def close(self) -> None:
        self.sent.append(b"<closed>")

    def is_closing(self) -> bool:
        return b"<closed>" in self.sent


def gathering() -> tuple[Gathering, list[bytes]]:
    wire = Wire()
    return Gathering(wire, asyncio.get_running_loop()), wire.sent


async def a_turn() -> None:
    await asyncio.sleep(0)


def test_a_head_and_its_body_are_one_packet() -> None:
    async def answer() -> list[bytes]:
        transport, sent = gathering()
        transport.write(b"head ")
        transport.write(b"body")
        await a_turn()
        return sent

    assert asyncio.run(answer()) == [b"head body"]


def test_a_head_alone_leaves_at_the_end_of_the_turn() -> None:
    async def begin() -> list[list[bytes]]:
        transport, sent = gathering()
        transport.write(b"head")
        transport.write(b"")
        before = list(sent)
        await a_turn()
        return [before, sent]

    assert asyncio.run(begin()) == [[], [b"head"]]


def test_whoever_goes_on_writing_is_held_up_by_two_writes_at_most() -> None:
    """The wire says when it has enough, but only of what it was given."""

    async def pour() -> list[bytes]:
        transport, sent = gathering()
        for piece in (b"1", b"2", b"3", b"4", b"5"):
            transport.write(piece)
        return list(sent)

    assert asyncio.run(pour()) == [b"12", b"34"]


def test_what_is_held_comes_before_the_end() -> None:
    async def end(how: str) -> list[bytes]:
        transport, sent = gathering()
        transport.write(b"last words")
        getattr(transport, how)()
        await a_turn()
        return sent

    assert asyncio.run(end("close")) == [b"last words", b"<closed>"]
    assert asyncio.run(end("write_eof")) == [b"last words", b"<eof>"]


def test_it_answers_as_the_transport_does() -> None:
    async def ask() -> tuple[bool, bool]:
        transport, _ = gathering()
        before = transport.is_closing()
        transport.close()
        return before, transport.is_closing()

    assert asyncio.run(ask()) == (False, True)
