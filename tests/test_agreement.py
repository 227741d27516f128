"""With everything going wrong, receiver and Maytapi agree in the end on what was said.

The simulator's ledger knows what it told and what it was asked to send. The receiver has a handler
that answers, and requests over REST; calls are refused, cut and left without an answer.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from receiver.simulator.faults import Faults
from receiver.simulator.ledger import Ledger
from receiver.simulator.options import Options
from receiver.simulator.running import Simulator, running
from tests.answering import PREFIX
from tests.databases import only_sqlite
from tests.processes import KEY, TOKEN, Receiver
from tests.waiting import until

Start = Callable[..., Receiver]

FAULTS = Faults.all(0.15)


@pytest.mark.parametrize(
    "count", [100, pytest.param(1000, marks=[pytest.mark.slow, pytest.mark.timeout(900)])]
)
def test_each_message_each_tick_and_each_reply_is_there_once(
    start: Start, database_url: str, seed: int, count: int
) -> None:
    ledger, held, asked = talk(start, database_url, seed, count)
    assert ledger.unheard == []
    assert _told(ledger) - _incoming(held) == Counter()
    assert _incoming(held) - _told(ledger) == Counter()

    texts = Counter(it.text for it in ledger.sent)
    assert [text for text, times in texts.items() if times > 1] == []
    replied = {it["text"] for it in held if (it["text"] or "").startswith(PREFIX)}
    assert replied == _wanted_replies(held)
    ours = [it for it in held if it["text"] in replied | asked]
    outgoing = Counter(it["text"] for it in ours if it["direction"] == "outgoing")
    assert {*outgoing} == replied | asked
    assert {*outgoing.values()} == {1}

    by_name = Counter(it["msg_id"] for it in held if it["msg_id"])
    assert {it.msg_id for it in ledger.sent if it.status != "accepted"} <= {*by_name}
    assert {*by_name.values()} == {1}
    final = {it["msg_id"]: it["status"] for it in held if it["msg_id"]}
    assert {it.msg_id: it.status for it in ledger.sent if it.msg_id in final} == final

    # Unknown stays what Maytapi never did, and what can't be told from it.
    unknown = sum(it["status"] == "unknown" for it in ours)
    undone = sum(text not in texts for text in outgoing)
    strangers = sum(it["type"] is None for it in held if it["msg_id"])
    assert unknown <= undone + strangers


@only_sqlite
def test_a_receiver_that_takes_silence_for_a_no_is_found_out(
    start: Start, database_url: str, seed: int
) -> None:
    """The control: it sends again what it got no answer to."""
    program = ("-m", "tests.controls.takes_silence_for_no")
    ledger, _, _ = talk(start, database_url, seed, 200, program=program)
    assert max(Counter(it.text for it in ledger.sent).values()) > 1


def talk(
    start: Start,
    database_url: str,
    seed: int,
    count: int,
    program: tuple[str, ...] = ("-m", "receiver"),
) -> tuple[Ledger, list[dict[str, Any]], set[str]]:
    """Let people write and be answered; return Maytapi's ledger, what is held, and what was asked
    for over REST."""
    with running(_options(seed)) as simulator:
        receiver = start(
            database_url,
            program=program,
            handlers="tests.answering:router",
            **_account(simulator),
        )
        simulator.point_at(f"{receiver.url}/webhook/{TOKEN}")
        simulator.chat(count=count)
        asked = _ask_for(receiver, simulator, count // 4)
        _come_to_rest(receiver, simulator)
        return simulator.ledger, receiver.every("/messages"), asked


def _options(seed: int) -> Options:
    return Options(
        seed=seed,
        pace=0.01,
        ack_interval=timedelta(milliseconds=50),
        redelivery=(timedelta(milliseconds=50),) * 100,
        faults=FAULTS,
    )


def _account(simulator: Simulator) -> dict[str, str]:
    names = {name.removeprefix("RECEIVER_").lower(): it for name, it in simulator.settings.items()}
    return names | {"messages_per_second": "100"}


def _ask_for(receiver: Receiver, simulator: Simulator, count: int) -> set[str]:
    """Ask over REST for messages to everybody; every third request is repeated."""
    texts = {f"number {number}" for number in range(count)}
    for number, text in enumerate(sorted(texts)):
        person = simulator.people[number % len(simulator.people)]
        for _ in range(1 + (number % 3 == 0)):
            answer = receiver.client.post(
                "/api/messages",
                json={"to": person.number, "type": "text", "text": text},
                headers={"authorization": f"Bearer {KEY}", "idempotency-key": f"key-{number}"},
            )
            assert answer.status_code == 202, answer.text
    return texts


def _come_to_rest(receiver: Receiver, simulator: Simulator) -> None:
    """Wait until nothing follows from anything any more."""

    def is_at_rest() -> bool:
        simulator.settle(within=timedelta(seconds=120))
        before = _seq(receiver)
        return not _unfinished(receiver) and before == _seq(receiver)

    until(is_at_rest, within=240)


def _unfinished(receiver: Receiver) -> bool:
    handlers = receiver.get("/handlers")["data"]
    owes = any(it["lag"] or it["waiting"] or it["parked"] for it in handlers)
    return owes or bool(receiver.get("/messages", status="queued")["data"])


def _seq(receiver: Receiver) -> int:
    handlers = receiver.get("/handlers")["data"]
    return max(it["position"] for it in handlers)


def _incoming(held: list[dict[str, Any]]) -> Counter[tuple[str | None, ...]]:
    names = ("phone_id", "chat_id", "whatsapp_id", "type", "text")
    return Counter(
        tuple(it[name] for name in names) for it in held if it["direction"] == "incoming"
    )


def _told(ledger: Ledger) -> Counter[tuple[str | None, ...]]:
    return Counter(
        (it.phone_id, it.chat_id, it.whatsapp_id, it.type, it.text) for it in ledger.incoming
    )


def _wanted_replies(held: list[dict[str, Any]]) -> set[str]:
    """Return what must have been answered: each text once, whichever phone saw it first."""
    wanted: dict[str, str] = {}
    for it in sorted(held, key=lambda it: it["id"]):
        is_text = it["direction"] == "incoming" and it["type"] == "text"
        if is_text and not it["text"].startswith(PREFIX):
            key = re.sub(r"^(true|false)_", "", it["whatsapp_id"])
            wanted.setdefault(key, f"{PREFIX}{it['whatsapp_id']}")
    return {*wanted.values()}
