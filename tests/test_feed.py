"""Two ways to follow the journal from outside, while notifications come from all sides."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from tests.bodies import message
from tests.databases import only_sqlite
from tests.processes import KEY, TOKEN, Receiver
from tests.waiting import NET, until

Start = Callable[..., Receiver]

WRITERS = 4
EACH = 60
ALL = [*range(1, WRITERS * EACH + 1)]


@pytest.fixture
def receivers(start: Start, database_url: str) -> list[Receiver]:
    """Return the processes on one database: two where there can be."""
    return [start(database_url) for _ in range(1 if database_url.startswith("sqlite") else 2)]


def test_readers_see_every_event_once_and_in_order(receivers: list[Receiver]) -> None:
    """Some ask again and again, some hold a stream that is cut all the time."""
    seen: dict[str, list[int]] = {}
    threads = [
        threading.Thread(target=_write, args=(receivers[writer % len(receivers)], writer))
        for writer in range(WRITERS)
    ]
    for number, receiver in enumerate(receivers):
        for follow in (_ask, _stream):
            seen[f"{follow.__name__}{number}"] = found = []
            threads.append(threading.Thread(target=follow, args=(receiver, found)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(NET)
    assert seen == dict.fromkeys(seen, ALL)


@only_sqlite
def test_a_stream_ends_well_when_the_process_is_stopped(receivers: list[Receiver]) -> None:
    [receiver] = receivers
    lines: list[str] = []

    def listen() -> None:
        with httpx2.Client(base_url=receiver.url, timeout=NET) as client:
            lines.extend(_lines(client, "after=0"))
        lines.append("ended")

    listening = threading.Thread(target=listen)
    listening.start()
    until(lambda: ": from 0" in lines)
    receiver.post(message())
    until(lambda: "id: 1" in lines)
    assert receiver.stop() == 0
    listening.join(10)
    assert lines[-1] == "ended"


def _write(receiver: Receiver, writer: int) -> None:
    with httpx2.Client(base_url=receiver.url, timeout=NET) as client:
        for number in range(EACH):
            body = message(f"3EB0{writer}X{number}", chat=f"{number % 7}@c.us")
            assert client.post(f"/webhook/{TOKEN}", content=body).status_code == 200


def _ask(receiver: Receiver, found: list[int]) -> None:
    with httpx2.Client(base_url=receiver.url, timeout=NET) as client:
        after = 0
        while len(found) < len(ALL):
            page: Any = client.get(
                "/api/events", params={"after": after, "limit": 7}, headers=BEARER
            ).json()
            found += [event["seq"] for event in page["data"]]
            after = page["next"]


def _stream(receiver: Receiver, found: list[int]) -> None:
    with httpx2.Client(base_url=receiver.url, timeout=NET) as client:
        while len(found) < len(ALL):
            before = len(found)
            for line in _lines(client, f"after={found[-1] if found else 0}"):
                if line.startswith("id: "):
                    found.append(int(line.removeprefix("id: ")))
                    if len(found) == before + 20 or len(found) == len(ALL):
                        break


def _lines(client: httpx2.Client, query: str) -> Iterator[str]:
    with client.stream("GET", f"/api/events/stream?{query}", headers=BEARER) as answer:
        yield from answer.iter_lines()


BEARER = {"Authorization": f"Bearer {KEY}"}
