"""What is found leads on to what it told of, and no further."""

from __future__ import annotations

import pytest

from receiver.errors import IsOurs
from receiver.maytapi.person import Person
from receiver.store import journal, traces
from receiver.store.database import Database
from receiver.store.journal import Heads
from receiver.store.rows import Transaction
from receiver.store.traces import Traces
from receiver.testing import message as told
from tests import payloads
from tests.bodies import GROUP, message
from tests.store import recorded

NUMBER = "15550100077"
OTHER_GROUP = "120363000000000002@g.us"
PERSON = Person(NUMBER)


def look(database: Database, person: Person = PERSON, *, page: int = 2) -> Traces:
    with database.engine.connect() as connection:
        transaction = Transaction(connection)
        upto = journal.heads(transaction)
        nothing = Heads(0, 0, 0, 0)
        return traces.look(transaction.fetch, person, Traces(), after=nothing, upto=upto, page=page)


def said(key: str, *, chat: str = GROUP, by: str = f"{NUMBER}@c.us", phone: str = "12345") -> bytes:
    return message(serialized=f"false_{chat}_{key}_{by}", chat=chat, phone=phone)


def test_numbers_are_cut_into_runs_and_ids_into_lists() -> None:
    assert [*traces.pages(2, 7, 2)] == [(3, 4), (5, 6), (7, 7)]
    assert [*traces.pages(7, 7, 2)] == []
    assert [*traces.chunks({5, 1, 3}, 2)] == [[1, 3], [5]]


def test_another_phones_copy_is_theirs_under_whatever_name(database: Database) -> None:
    recorded.each(database, said("3EB0A", by="77@lid", phone="12346"), said("3EB0A"))
    found = look(database)
    assert (found.messages, found.events, found.notifications) == ({1, 2}, {1, 2}, {1, 2})
    assert found.also == {"77@lid"}


def test_a_message_of_the_same_key_in_another_group_is_not(database: Database) -> None:
    # System messages have small numbers for keys.
    recorded.each(database, said("17", chat=OTHER_GROUP, by="77@lid"), said("17"))
    found = look(database)
    assert (found.messages, found.notifications) == ({2}, {2})


def test_who_quotes_them_is_found_by_the_key_alone(database: Database) -> None:
    quoting = {"quoted": {"id": "3EB0A", "text": "secret"}}
    reply = told("yes", number="15550100088", group=GROUP) | quoting
    recorded.each(database, payloads.dump(reply), said("3EB0A"), said("3EB0B", by="88@lid"))
    # The same once more, otherwise written: it is stored, and no news.
    recorded.each(database, payloads.dump(reply | {"conversation_name": "friends"}))
    assert [event["notification_id"] for event in recorded.events(database)] == [1, 2, 3]
    found = look(database)
    assert (found.naming, found.messages, found.notifications) == ({1}, {2}, {1, 2, 4})


def test_a_quote_without_an_id_leads_nowhere(database: Database) -> None:
    quoting = {"quoted": {"text": "secret"}}
    reply = told("yes", number="15550100088", group=GROUP) | quoting
    recorded.each(database, payloads.dump(reply), said("3EB0A"))
    found = look(database)
    assert (found.naming, found.notifications) == (set(), {2})


def test_what_was_found_before_leads_to_what_came_since(database: Database) -> None:
    recorded.each(database, said("3EB0A"))
    first = look(database)
    reply = told("yes", number="15550100088", group=GROUP)
    reply["quoted"] = {"id": "3EB0A", "text": "secret"}
    recorded.each(database, payloads.dump(reply))
    with database.engine.connect() as connection:
        fetch = Transaction(connection).fetch
        upto = journal.heads(Transaction(connection))
        second = traces.look(fetch, PERSON, first, after=Heads(1, 1, 1, 1), upto=upto)
    assert (second.messages, second.naming, second.notifications) == (set(), {2}, {2})
    first |= second
    assert first.notifications == {1, 2}


@pytest.mark.parametrize("name", ["message-text-group-fromme", "message-text-dm"])
def test_our_own_number_is_refused(database: Database, name: str) -> None:
    recorded.each(database, payloads.body(name))
    with pytest.raises(IsOurs):
        look(database, Person("15550100001"))


def test_how_far_it_is_is_told(database: Database) -> None:
    recorded.each(database, said("3EB0A"), said("3EB0B"), said("3EB0C"))
    heard: list[tuple[int, int]] = []
    with database.engine.connect() as connection:
        transaction = Transaction(connection)
        traces.look(
            transaction.fetch, PERSON, Traces(), after=Heads(0, 0, 0, 0),
            upto=journal.heads(transaction), page=2, told=lambda *one: heard.append(one),
        )  # fmt: skip
    assert heard == [(2, 3), (3, 3)]
