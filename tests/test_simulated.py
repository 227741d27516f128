"""The simulator's traffic against a real receiver: understood whole, repeats known, ledgers agree.

The receiver says by its answers what it made of each body; the simulator's ledger has them.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import timedelta
from functools import partial
from typing import Any

import httpx2
import pytest

from receiver.simulator import chatter, contents
from receiver.simulator.faults import Faults
from receiver.simulator.ledger import Attempt, Message
from receiver.simulator.options import Era, Options
from receiver.simulator.running import Simulator, running
from receiver.simulator.simulation import Simulation
from receiver.simulator.world import FIRST_PHONE_ID
from tests.databases import only_sqlite
from tests.processes import TOKEN, Receiver

SOME = Faults(repeated=0.3, reordered=0.3, early_acks=0.3, hidden_senders=0.3, bursts=0.1)


@only_sqlite
@pytest.mark.parametrize("era", list(Era))
def test_the_receiver_understands_all_that_is_told(receiver: Receiver, era: Era) -> None:
    with running(_fast(receiver, era, SOME)) as simulator:
        for kind in contents.TYPES * 2:
            simulator.do(partial(_write, kind=kind))
        simulator.chat(count=100)
        _send(simulator, 40)
        simulator.settle()

    answers = [(attempt, json.loads(attempt.answer)) for attempt in simulator.ledger.attempts]
    assert [attempt.body for attempt, it in answers if it["status"] == "quarantined"] == []
    assert {attempt.kind for attempt, _ in answers} >= {"message", "ack", "error"}
    assert {it.type for it in simulator.ledger.incoming} == set(contents.TYPES)
    assert _repeats(answers) != []
    assert [it for it in _repeats(answers) if it != Counter(stored=1, duplicate=1)] == []


@only_sqlite
@pytest.mark.parametrize("era", list(Era))
def test_the_receiver_holds_what_the_ledger_says(receiver: Receiver, era: Era) -> None:
    with running(_fast(receiver, era, SOME)) as simulator:
        simulator.chat(count=100)
        _send(simulator, 40)
        simulator.settle()

    assert simulator.ledger.unheard == []
    told = [_told(it) for it in simulator.ledger.messages if it.status != "accepted"]
    assert {row[-1] for row in told} >= {None, "failed", "reached", "seen", "played"} - _new(era)
    assert _held(receiver) == Counter(told)


def _write(simulation: Simulation, kind: str) -> None:
    chatter.write(simulation, kind, phone=simulation.world.phones[FIRST_PHONE_ID])


def _fast(receiver: Receiver, era: Era, faults: Faults) -> Options:
    return Options(
        seed=7,
        era=era,
        webhook=f"{receiver.url}/webhook/{TOKEN}",
        pace=0,
        ack_interval=timedelta(milliseconds=20),
        faults=faults,
    )


def _send(simulator: Simulator, count: int) -> None:
    """Send to people and groups, to a number that is nobody's, and a poll without options."""
    everybody = [it.number for it in simulator.people] + simulator.groups + ["15550109999"]
    key = {"x-maytapi-key": simulator.options.token}
    path = f"/api/{simulator.options.product_id}/{simulator.phone_id}/sendMessage"
    contents = [
        {"type": "text", "message": "hi"},
        {"type": "media", "message": "https://files.example.invalid/a.oga"},
        {"type": "poll", "message": "when?"},
    ]
    with httpx2.Client(base_url=simulator.url, headers=key, timeout=30) as client:
        for number in range(count):
            to = {"to_number": everybody[number % len(everybody)]}
            sent = client.post(path, json=to | contents[number % len(contents)])
            assert sent.json()["success"]


def _repeats(answers: list[tuple[Attempt, dict[str, Any]]]) -> list[Counter[str]]:
    """Count the answers to each body that was posted more than once and has a time.

    What tells a state and no time is a repeat only until something else is told.
    """
    by_body: dict[bytes, Counter[str]] = defaultdict(Counter)
    for attempt, answer in answers:
        if attempt.kind in ("message", "ack", "error"):
            by_body[attempt.body][answer["status"]] += 1
    return [count for count in by_body.values() if count.total() > 1]


def _new(era: Era) -> set[str]:
    return {"played"} if era is Era.SEED else set()


def _told(message: Message) -> tuple[str | None, ...]:
    if message.msg_id:
        return (message.msg_id, message.status)
    return (
        message.phone_id,
        message.chat_id,
        message.whatsapp_id,
        message.direction,
        message.type,
        message.text,
        message.status,
    )


def _held(receiver: Receiver) -> Counter[tuple[str | None, ...]]:
    rows: Counter[tuple[str | None, ...]] = Counter()
    for it in receiver.every("/messages"):
        if it["type"]:
            names = ("phone_id", "chat_id", "whatsapp_id", "direction", "type", "text", "status")
            rows[tuple(it[name] for name in names)] += 1
        else:
            rows[it["msg_id"], it["status"]] += 1
    return rows
