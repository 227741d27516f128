"""Who is erased is in no row and no file any more, whatever comes between, and others stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from receiver.errors import IsOurs
from receiver.events import ERASED, Event
from receiver.maytapi import outgoing
from receiver.maytapi.person import STRUCK, Person
from receiver.store import database as databases
from receiver.store import erasing, migrating, queueing, reading
from receiver.store.database import Database
from receiver.store.erasing import Erased
from receiver.store.queueing import Queued
from receiver.store.views import conversations
from receiver.testing import message as told
from tests import payloads
from tests.bodies import GROUP, SENT, UUID, ack, acks, message, reaction
from tests.databases import blocked
from tests.store import leaving, owing, recorded, sends
from tests.store.leaving import ASKED, CHAT, NUMBER, OTHER, SECRET, THEIRS, holding

PERSON = Person(NUMBER)
NOTHING = Erased(
    conversations=0, messages=0, reactions=0, mentions=0, events=0, notifications=0, unsent=0,
    groups=[], also=[],
)  # fmt: skip
NAMES = (NUMBER, SECRET, "555 010 0077", "Ada Secret")


class Killed(BaseException):
    """The process ends."""


def erase(database: Database, person: Person = PERSON, *, page: int = 3) -> Erased:
    return erasing.erase(database, person, rest=lambda seconds: None, page=page)


@pytest.fixture
def left(database: Database) -> Database:
    """Return a database in which the person has left traces of every kind."""
    leaving.leave(database)
    return database


@pytest.mark.parametrize("page", [1, 10_000])
def test_nothing_of_them_is_in_any_row(left: Database, page: int) -> None:
    assert set(holding(left, *NAMES)) == {
        "conversations", "conversation_words", "events", "handler_states", "message_words",
        "messages", "notifications", "poll_tallies", "reactions", "retries", "sends", "states",
    }  # fmt: skip
    erase(left, page=page)
    assert holding(left, *NAMES) == []


def test_what_would_be_erased_is_what_is_erased(left: Database) -> None:
    before = leaving.everything(left)
    counted = erasing.count(left, PERSON, page=7)
    assert leaving.everything(left) == before
    assert counted == erase(left)
    assert (counted.conversations, counted.reactions, counted.unsent) == (2, 1, 0)
    assert erase(left) == NOTHING


def test_others_keep_all_that_does_not_name_them(left: Database) -> None:
    before = leaving.others(left)
    erase(left)
    after = leaving.others(left)
    assert [one["chat_id"] for one in after] == [one["chat_id"] for one in before]
    same = [one["chat_id"] for one in before if one in after]
    assert {"15550100011@c.us", "15550100066@c.us"} <= {*same}
    kept = [message["text"] for one in after for message in one["messages"]]
    expected = [
        message["text"]
        for one in before
        for message in one["messages"]
        if SECRET not in str(message["text"]) and not PERSON.is_party(message["whatsapp_id"])
    ]
    assert [PERSON.struck_from(text) if text else text for text in expected] == kept


def test_a_group_shows_the_newest_message_that_is_left(database: Database) -> None:
    def said(key: str, by: str, at: int) -> bytes:
        serialized = f"false_{GROUP}_{key}_{by}@c.us"
        return message(text=key, serialized=serialized, chat=GROUP, at=at)

    recorded.batch(database, said("3EB0A", OTHER, SENT), said("3EB0B", NUMBER, SENT + 1))
    erase(database)
    [shown] = conversations.recent(database.engine, limit=9).data
    assert shown.last_message is not None
    assert (shown.last_message.text, shown.unread) == ("3EB0A", 1)
    assert shown.last_activity_at == "2023-11-14T22:13:20Z"
    recorded.batch(database, said("3EB0C", NUMBER, SENT + 2))
    erase(database, Person(OTHER))
    erase(database)
    empty = recorded.conversation(database, GROUP, "12345")
    assert (empty["last_message_id"], empty["last_activity_at"], empty["unread"]) == (None, 0, 0)


def test_the_journal_has_no_hole_and_tells_nothing_more(left: Database) -> None:
    last = max(event["seq"] for event in recorded.events(left))
    erased = erase(left).events
    events = recorded.events(left)
    assert [event["seq"] for event in events] == [*range(1, last + 1)]
    emptied = [event for event in events if event["type"] == ERASED]
    assert len(emptied) == erased > 100
    assert {(e["conversation_id"], e["message_id"], str(e["data"])) for e in emptied} == {
        (None, None, "{}")
    }
    for event in left.ask(reading.after, 0, limit=10_000):
        if event.event_type == ERASED:
            assert type(event) is Event


def test_nothing_is_owed_of_them(left: Database) -> None:
    theirs = leaving.chat_id(left, CHAT)
    live = recorded.events(left, "live.event")
    [seq] = [event["seq"] for event in live if event["conversation_id"] == theirs]
    owing.owe(left, (seq, owing.State.PARKED))
    erase(left)
    [owed] = recorded.rows(left, "SELECT seq, error FROM retries")
    assert owed == {"seq": 8, "error": f"no {STRUCK}"}


def test_a_new_message_begins_anew_and_a_repeat_is_one(left: Database) -> None:
    before = leaving.chat_id(left, CHAT)
    repeats = [*recorded.each(left, *leaving.bodies()[-3:])]
    erase(left)
    body = payloads.body("message-text-dm").replace(b"15550100011", NUMBER.encode())
    [first] = recorded.each(left, body)
    assert first.status == "stored"
    conversation = recorded.conversation(left, CHAT, "12345")
    assert conversation["id"] > before
    assert (conversation["unread"], conversation["name"]) == (1, "Contact A")
    assert {one.status for one in repeats} == {"duplicate"}
    assert erase(left).messages == 1
    [again] = recorded.each(left, body)
    assert (again.status, again.notification_id) == ("duplicate", first.notification_id)
    assert holding(left, NUMBER) == []


def test_who_is_stopped_after_every_step_gets_it_done(left: Database) -> None:
    def stop(seconds: float) -> None:
        raise Killed

    stops = 0
    while erasing.count(left, PERSON) != NOTHING:
        with pytest.raises(Killed):
            erasing.erase(left, PERSON, rest=stop, page=20)
        stops += 1
    assert stops > 10
    erase(left)
    assert holding(left, *NAMES) == []


def test_what_comes_meanwhile_is_erased_too(left: Database) -> None:
    late = [
        told(f"{SECRET} still", number=NUMBER),
        told(SECRET, number=NUMBER, group=GROUP),
        payloads.load("ack-reaction") | {"phone_id": 12345},
    ]
    late[2]["data"][0] |= {"msgId": ASKED, "rxid": ASKED, "reactorId": CHAT, "time": 1_790_000_001}
    late += [told("well", number=OTHER, group=GROUP) | {"quoted": {"id": THEIRS, "text": SECRET}}]
    late += [told(f"{NUMBER} again", number=OTHER, group=GROUP)]
    waiting = list(map(payloads.dump, late))

    def rest(seconds: float) -> None:
        if waiting:
            recorded.batch(left, waiting.pop())
            recorded.index(left)

    erasing.erase(left, PERSON, rest=rest, page=2)
    assert waiting == []
    assert holding(left, *NAMES) == []


def test_what_comes_about_old_messages_is_erased_too(left: Database) -> None:
    revised = message(text=f"ask {NUMBER}", serialized=ASKED, chat=GROUP, at=1_790_000_000)
    late = [revised, acks(reaction(ASKED, "🎻", by=CHAT, at=1_790_000_000))]

    def rest(seconds: float) -> None:
        if late and not recorded.rows(left, f"SELECT 1 FROM reactions WHERE reactor_id = '{CHAT}'"):
            recorded.each(left, *late)
            late.clear()

    erasing.erase(left, PERSON, rest=rest, page=20)
    assert late == []
    assert recorded.message(left, ASKED)["text"] == f"ask {STRUCK}"
    assert holding(left, *NAMES) == []


def test_one_of_our_own_phones_is_refused_and_nothing_is_erased(left: Database) -> None:
    ours = payloads.body("message-text-group-fromme")
    recorded.each(left, ours)
    before = leaving.everything(left)
    for attempt in (erase, lambda *one: erasing.count(*one)):
        with pytest.raises(IsOurs, match="our own phones"):
            attempt(left, Person("15550100001"))
    assert leaving.everything(left) == before


def test_what_is_still_to_be_sent_to_others_is_left_until_it_is(database: Database) -> None:
    id = sends.queued(database, f"call {NUMBER}", chat=f"{OTHER}@c.us")
    assert erase(database).unsent == 1
    assert sends.begun(database, id).request["message"] == f"call {NUMBER}"
    assert erase(database).mentions == 1
    assert holding(database, NUMBER) == []


def test_a_key_that_names_them_still_tells_a_repeat(database: Database) -> None:
    hello = outgoing.write(phone_id="12345", to=OTHER, text="hello")

    def ask() -> Queued:
        origin = f"key reminder of {NUMBER}"
        return sends.change(database, lambda change: queueing.queue(change, hello, origin=origin))

    first = ask()
    sends.begun(database, first.message_id)
    assert erase(database).mentions == 1
    assert holding(database, NUMBER) == []
    assert ask() == Queued(first.message_id, is_new=False, is_same=True)
    assert erase(database) == NOTHING


def test_a_group_that_is_made_of_the_number_stays_and_is_named(database: Database) -> None:
    group = f"{NUMBER}-1500000000@g.us"
    recorded.each(database, message(chat=group), message("3EB0B", chat=CHAT))
    erased = erase(database)
    assert (erased.groups, erased.messages) == ([group], 1)
    assert recorded.conversation(database, group, "12345")["unread"] == 1
    assert erase(database, Person(group)).messages == 1
    assert holding(database, NUMBER) == []


def test_other_names_of_the_person_are_told(database: Database) -> None:
    user = {"id": "100000000000077@lid", "name": "", "phone": NUMBER}
    recorded.each(database, message(serialized=f"false_{GROUP}_A_1@lid", chat=GROUP, user=user))
    assert erasing.count(database, PERSON).also == ["100000000000077@lid"]
    assert erasing.count(database, Person("100000000000077@lid")).also == [NUMBER]
    assert erase(database).messages == 1


def test_events_of_a_message_that_became_another_are_found(database: Database) -> None:
    recorded.each(
        database,
        acks(ack("delivered", msg_id=UUID, chat=None), phone=None),
        acks(ack("seen", rxid=f"true_{CHAT}_3EB0A", chat=CHAT)),
        acks(ack("reached", msg_id=UUID, rxid=f"true_{CHAT}_3EB0A", chat=CHAT)),
    )
    assert recorded.count(database, "merged_messages") == 1
    assert erase(database).events == 3
    assert recorded.count(database, "merged_messages") == 0
    assert all(event["type"] == ERASED for event in recorded.events(database))


def overwrite_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tuple(one for one in databases.PRAGMAS if "secure_delete" not in one)
    assert len(kept) == len(databases.PRAGMAS) - 1
    monkeypatch.setattr(databases, "PRAGMAS", kept)


def filled(folder: Path) -> tuple[Database, tuple[bytes, ...]]:
    """Return a database with traces, and the bytes that may not be left."""
    database = databases.connect(f"sqlite:///{folder / 'receiver.db'}")
    migrating.migrate(database)
    leaving.leave(database)
    needles = (NUMBER.encode(), SECRET.encode(), b"555 010 0077", leaving.packed(database))
    assert leaving.in_files(folder, leaving.packed(database))
    return database, needles


def test_nothing_of_them_is_in_any_file(tmp_path: Path) -> None:
    database, needles = filled(tmp_path)
    erase(database)
    assert erasing.scrub(database, alone=False)
    assert leaving.in_files(tmp_path, *needles) == []


def test_it_would_be_if_nothing_were_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    overwrite_nothing(monkeypatch)
    database, needles = filled(tmp_path)
    erase(database)
    assert erasing.scrub(database, alone=False)
    assert leaving.in_files(tmp_path, *needles) == ["receiver.db"]
    assert erasing.scrub(database, alone=True)
    assert leaving.in_files(tmp_path, *needles) == []


def test_the_log_is_not_emptied_while_somebody_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, needles = filled(tmp_path)
    with database.engine.connect() as reader:
        reader.exec_driver_sql("SELECT count(*) FROM messages").scalar_one()
        erase(database)
        assert not erasing.scrub(database, alone=False)
        assert "receiver.db-wal" in leaving.in_files(tmp_path, *needles)
    assert erasing.scrub(database, alone=False)
    assert leaving.in_files(tmp_path, *needles) == []


def test_the_file_is_not_written_anew_while_somebody_writes(
    on_sqlite: Database, sqlite_url: str
) -> None:
    with blocked(sqlite_url):
        assert not erasing.scrub(on_sqlite, alone=True)
    assert erasing.scrub(on_sqlite, alone=True)


def test_an_empty_database_has_nothing_of_anybody(database: Database) -> None:
    assert erase(database).messages == 0


def test_whoever_writes_gets_the_time_that_each_step_took(left: Database) -> None:
    rests: list[float] = []
    erasing.erase(left, PERSON, rest=rests.append, page=20)
    assert len(rests) > 10
    assert min(rests) >= erasing.SHORTEST_REST.total_seconds()
