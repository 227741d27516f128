"""Handlers under fire: each event reaches each of them, in order, and ends done or dead."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from tests import bodies, choir, databases, zoo
from tests.databases import only_postgresql, only_sqlite
from tests.processes import Receiver
from tests.waiting import until
from tests.workers import Worker

Start = Callable[..., Receiver]
Program = tuple[str, ...]

RECEIVER: Program = ("-m", "receiver")
WITHIN = 120
NAMES = [handler.name for handler in zoo.router.handlers()]
CALM = [name for name in NAMES if name.split("_")[0] not in ("swallow", "loop", "kill")]
"""Those that want every message."""
TEXTS = ["worst", "good", "bad", "poison", "shaky", "good", "bad", "shaky", "good", "good"]


@dataclass
class Outcome:
    """What has become of the events; equal to `Outcome()` where every promise was kept."""

    lost: list[tuple[str, int]] = field(default_factory=list)
    """Neither done nor dead."""
    untried: list[tuple[str, int]] = field(default_factory=list)
    too_often: list[tuple[str, int]] = field(default_factory=list)
    """Tried more often than its handler allows."""


@pytest.mark.parametrize(
    ("rounds", "kills"),
    [(1, 1), pytest.param(8, 20, marks=[pytest.mark.slow, pytest.mark.timeout(900)])],
)
def test_whatever_handlers_do_every_event_ends_done_or_dead(
    start: Start, tmp_path: Path, database_url: str, seed: int, rounds: int, kills: int
) -> None:
    texts = TEXTS * rounds
    in_the_zoo(start, database_url, texts, kills=kills, random=Random(seed))
    assert outcome(tmp_path, database_url, texts) == Outcome()
    dead = databases.ask(database_url, "SELECT handler FROM retries")
    assert Counter(row.handler for row in dead)["kill_3"] == rounds


@only_sqlite
def test_moving_the_position_early_loses_events(
    start: Start, tmp_path: Path, database_url: str, seed: int
) -> None:
    """The control: what was under way when the process was killed is never seen again."""
    program = ("-m", "tests.controls.moves_early")
    texts = ["poison", "good", "good"]
    in_the_zoo(start, database_url, texts, kills=0, random=Random(seed), program=program)
    assert ("kill_3", 1) in outcome(tmp_path, database_url, texts).lost


@only_sqlite
def test_counting_tries_afterwards_tries_too_often(
    start: Start, tmp_path: Path, database_url: str
) -> None:
    """The control: an event that kills the process does so for ever."""
    receive_and_store(start(database_url), ["poison"])
    stand_at_the_beginning(database_url)
    for _ in range(zoo.ATTEMPTS + 1):
        receiver = let_in(start, database_url, ("-m", "tests.controls.counts_late"))
        if receiver:
            receiver.process.wait(30)
    too_often = outcome(tmp_path, database_url, ["poison"]).too_often
    # Under load the ends of the process cost others a try too many as well.
    assert [one for one in too_often if one[0].startswith("kill")] == [("kill_3", 1)]


@only_postgresql
@pytest.mark.parametrize(
    ("messages", "kills"),
    [(100, 1), pytest.param(3_000, 20, marks=[pytest.mark.slow, pytest.mark.timeout(900)])],
)
def test_several_workers_keep_the_order_and_skip_nothing(
    start: Start, tmp_path: Path, database_url: str, seed: int, messages: int, kills: int
) -> None:
    random = Random(seed)
    receiver = start(database_url)
    with ExitStack() as stack:
        workers = [stack.enter_context(working(tmp_path, database_url)) for _ in range(2)]
        until(lambda: all(worker.ready for worker in workers))
        for number in range(messages):
            say(receiver, number, random)
            if number % (messages // kills) == messages // kills - 1:
                workers.pop(random.randrange(2)).kill()
                workers.append(stack.enter_context(working(tmp_path, database_url)))
        until(lambda: settled(database_url, choir.NAMES), within=WITHIN)
    assert disorder(tmp_path, database_url) == []
    assert set(unfinished(tmp_path, database_url)) == dead(database_url)


@only_sqlite
def test_one_process_keeps_the_order_as_well(
    start: Start, tmp_path: Path, database_url: str, seed: int
) -> None:
    sing(start, database_url, seed)
    assert disorder(tmp_path, database_url) == []
    assert set(unfinished(tmp_path, database_url)) == dead(database_url)


@only_sqlite
def test_without_lanes_the_order_is_lost(
    start: Start, tmp_path: Path, database_url: str, seed: int
) -> None:
    """The control: events of a conversation overtake each other."""
    sing(start, database_url, seed, program=("-m", "tests.controls.ignores_lanes"))
    assert disorder(tmp_path, database_url)


def in_the_zoo(
    start: Start,
    url: str,
    texts: Sequence[str],
    *,
    kills: int,
    random: Random,
    program: Program = RECEIVER,
) -> None:
    """Let the zoo handle messages, start what has ended, and end it ourselves now and then."""
    receive_and_store(start(url), texts)
    stand_at_the_beginning(url)
    while not settled(url, NAMES):
        receiver = let_in(start, url, program)
        if receiver is None:
            continue
        lives_until = random.uniform(0, 1) if kills else WITHIN
        until(lambda: has_ended(receiver, lives_until) or settled(url, NAMES), within=WITHIN)  # noqa: B023
        receiver.kill()
        kills = max(0, kills - 1)


def let_in(start: Start, url: str, program: Program) -> Receiver | None:
    """Start a receiver for the zoo; None where an event has ended it before it was ready."""
    try:
        return start(url, program=program, handlers="tests.zoo:router")
    except AssertionError as error:
        if "did not start" not in str(error):
            raise
        return None


def receive_and_store(receiver: Receiver, texts: Sequence[str]) -> None:
    """Receive messages of a few chats in turn, without a handler for them."""
    for number, text in enumerate(texts):
        receiver.post(bodies.message(f"3EB0{number:06}", text=text, chat=f"1{number % 4}@c.us"))
    receiver.stop()


def stand_at_the_beginning(url: str) -> None:
    """Let the zoo have seen nothing yet."""
    rows = (f"INSERT INTO positions VALUES ('{name}', 0, true, false)" for name in NAMES)
    databases.change(url, *rows)


def has_ended(receiver: Receiver, seconds: float) -> bool:
    """Wait so long for the end of a process; it is as if ended after it."""
    if seconds < WITHIN:
        threading.Event().wait(seconds)
        return True
    return receiver.process.poll() is not None


def sing(start: Start, url: str, seed: int, *, program: Program = RECEIVER) -> None:
    """Let the choir handle messages of a few chats, in one process."""
    random = Random(seed)
    receiver = start(url, program=program, handlers="tests.choir:router")
    for number in range(100):
        say(receiver, number, random)
    until(lambda: settled(url, choir.NAMES), within=WITHIN)


def say(receiver: Receiver, number: int, random: Random) -> None:
    """Receive a message of one of a few chats; in one of them every tenth is bad."""
    chat = random.randrange(4)
    text = "bad" if chat == 0 and random.random() < 0.1 else "good"
    body = bodies.message(f"3EB0{number:06}", text=text, chat=f"1{chat}@c.us")
    assert receiver.post(body).status_code == 200


def working(folder: Path, url: str) -> Worker:
    """Let another process work for the choir."""
    return Worker(folder, url, "tests.choir:router")


def settled(url: str, names: Sequence[str]) -> bool:
    """Tell whether the handlers have come to the end, and owe nothing but the dead."""
    at_end = "SELECT reader FROM positions JOIN heads ON heads.seq = positions.seq"
    there = {row.reader for row in databases.ask(url, at_end)}
    owed = databases.ask(url, "SELECT 1 FROM retries WHERE state <> 'dead'")
    return not owed and there >= set(names)


def dead(url: str) -> set[tuple[str, int]]:
    rows = databases.ask(url, "SELECT handler, seq FROM retries WHERE state = 'dead'")
    return {(row.handler, row.seq) for row in rows}


def outcome(folder: Path, url: str, texts: Sequence[str]) -> Outcome:
    """Compare what the zoo has written down with what was promised."""
    lines = [line.split(" ") for line in (folder / "zoo.log").read_text().splitlines()]
    tries = Counter((name, int(seq)) for word, name, seq, _ in lines if word == "try")
    ended = {(name, int(seq)) for word, name, seq, _ in lines if word == "done"} | dead(url)
    wanted = [
        *((name, seq) for name in CALM for seq in range(1, len(texts) + 1)),
        *((name, seq) for name in ("swallow_1", "loop_3") for seq in numbers(texts, "worst")),
        *(("kill_3", seq) for seq in numbers(texts, "poison")),
    ]
    return Outcome(
        lost=[call for call in wanted if call not in ended],
        untried=[call for call in wanted if not tries[call]],
        too_often=[call for call, count in tries.items() if count > allowed(call[0])],
    )


def numbers(texts: Sequence[str], text: str) -> list[int]:
    return [seq for seq, one in enumerate(texts, 1) if one == text]


def allowed(name: str) -> int:
    """Return how often a handler may be tried; whoever tries once may not lose the event."""
    return max(2, int(name.split("_")[-1]))


def sung(folder: Path) -> list[tuple[str, str, int, int]]:
    lines = [line.split(" ") for line in (folder / "choir.log").read_text().splitlines()]
    return [(word, name, int(chat), int(seq)) for word, name, chat, seq in lines]


def disorder(folder: Path, url: str) -> list[tuple[str, int, int]]:
    """Return what began before something earlier of its conversation was done, or dead."""
    journal: dict[int, list[int]] = defaultdict(list)
    for row in databases.ask(url, "SELECT seq, conversation_id FROM events ORDER BY seq"):
        journal[row.conversation_id].append(row.seq)
    began: dict[tuple[str, int], int] = {}
    over: dict[tuple[str, int], int] = {}
    ends = dead(url)
    for place, (word, name, _, seq) in enumerate(sung(folder)):
        began.setdefault((name, seq), place)
        if (name, seq) in ends:
            over[name, seq] = place  # with its last try
        elif word == "end":
            over.setdefault((name, seq), place)
    never = 10**9
    return [
        (name, earlier, later)
        for name in choir.NAMES
        for of_chat in journal.values()
        for earlier, later in pairwise(of_chat)
        if over.get((name, earlier), never) > began.get((name, later), never)
    ]


def unfinished(folder: Path, url: str) -> list[tuple[str, int]]:
    """Return what never came to its end."""
    ended = {(name, seq) for word, name, _, seq in sung(folder) if word == "end"}
    numbers = [row.seq for row in databases.ask(url, "SELECT seq FROM events")]
    return [(name, seq) for name in choir.NAMES for seq in numbers if (name, seq) not in ended]
