"""Search means the same on both databases, and nothing that is typed upsets either."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from receiver.store import searching
from receiver.store.database import Database, open_writer
from receiver.store.rows import Transaction
from receiver.store.views import conversations, messages
from receiver.store.views.conversations import ConversationView
from receiver.store.views.filters import ConversationFilter, MessageFilter
from receiver.store.views.messages import MessageView
from receiver.store.views.shapes import Cursor, Page
from tests.bodies import CHAT, GROUP, SENT, message
from tests.store import recorded
from tests.store.views.paging import every_page, plans

TEXTS = (
    "The new price list",
    "List of prices, 2024",
    "Crème brûlée!",
    "Привет, мир",
    "السَّلامُ عليكم",
    "İstanbul'da hava güzel",
    "你好，世界",
    '100% sure: C++ AND (NOT) "quoted" it\'s',
)


@pytest.fixture
def texts(database: Database) -> Database:
    """Return a database where these texts are messages 1, 2, 3 …"""
    recorded.batch(
        database, *(message(f"3EB0{n}", text=text, at=SENT - n) for n, text in enumerate(TEXTS))
    )
    recorded.index(database)
    return database


def find(database: Database, question: str, **wanted: object) -> list[int]:
    filter = MessageFilter(**wanted)  # type: ignore[arg-type]
    return [one.id for one in messages.matching(database.engine, question, filter, limit=99).data]


def test_what_is_looked_for_is_found(texts: Database) -> None:
    for question, ids in (
        ("price", [1]),
        ("PRICE List", [1]),
        ("list", [2, 1]),
        ("pric*", [2, 1]),
        ('"price list"', [1]),
        ('"list price"', []),
        ('"new pri"*', [1]),
        ("price 2024", []),
        ("creme brulee", [3]),
        ("BRÛLÉE", [3]),
        ("привет", [4]),
        ("МИР", [4]),
        ("السلام", [5]),
        ("istanbul", [6]),
        ("ISTANBUL", [6]),
        ("GÜZEL", [6]),
        ("世界", [7]),
        ("界世", []),
        ("好", [7]),
        ("and", [8]),
        ("not", [8]),
        ("it's", [8]),
        ("C++", [8]),
        ("x OR list", []),
        ('"', []),
        ("👍", []),
        ("", []),
    ):
        assert find(texts, question) == ids, question


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(max_size=60) | st.text(alphabet="\"*:()^-+'\\&|!<> aAé界", max_size=40))
def test_nothing_that_is_typed_is_an_error(texts: Database, question: str) -> None:
    find(texts, question)
    conversations.recent(texts.engine, question=question, limit=9)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25
)
@given(st.text(min_size=1, max_size=80))
def test_every_text_can_be_indexed_and_is_found_by_itself(database: Database, text: str) -> None:
    with suppress(UnicodeEncodeError):
        recorded.batch(database, message(f"3EB0{abs(hash(text))}", text=text))
        recorded.index(database)
        find(database, f'"{text}"')


def test_a_text_without_an_end_is_found_by_its_beginning(database: Database) -> None:
    recorded.batch(database, message(text="beginning " + "ﷺ" * 100_000 + " x" * 500_000))
    recorded.index(database)
    assert find(database, "beginning") == [1]


def test_messages_are_found_by_who_sent_them(database: Database) -> None:
    recorded.batch(database, message(user={"id": CHAT, "name": "Ada Lovelace"}))
    recorded.index(database)
    assert find(database, "lovelace hello") == [1]


def test_a_revised_message_is_found_by_what_it_says_now(database: Database) -> None:
    recorded.each(database, message(text="old words"))
    recorded.index(database)
    recorded.each(database, message(text="new words", at=SENT + 1))
    recorded.index(database)
    assert [find(database, question) for question in ("old", "new", "words")] == [[], [1], [1]]


def test_pages_follow_each_other(database: Database) -> None:
    recorded.batch(database, *(message(f"3EB0{n}", text=f"common {n}") for n in range(7)))
    recorded.index(database)

    def turn(after: Cursor | None) -> Page[MessageView]:
        return messages.matching(database.engine, "common", limit=3, after=after)

    pages = every_page(turn)
    assert [[one.id for one in page.data] for page in pages] == [[7, 6, 5], [4, 3, 2], [1]]


def test_words_that_nothing_is_left_of_end_no_list(database: Database) -> None:
    recorded.batch(database, *(message(f"3EB0{n}") for n in range(4)))
    recorded.index(database)
    recorded.change(database, "DELETE FROM messages WHERE id IN (3, 2)")

    def turn(after: Cursor | None) -> Page[MessageView]:
        return messages.matching(database.engine, "hello", limit=2, after=after)

    pages = every_page(turn)
    assert [[one.id for one in page.data] for page in pages] == [[4], [1]]


def test_nothing_is_missed_where_the_latest_end_and_the_index_begins(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "LATELY", 3)
    monkeypatch.setattr(searching, "LATELY_ACTIVE", 3)
    recorded.batch(
        database,
        *(message(f"3EB0{n}", chat=f"{n}@c.us", name="Ada", at=SENT + n) for n in range(10)),
    )
    recorded.index(database)
    for limit in (1, 2, 3, 4, 99):

        def turn(after: Cursor | None, limit: int = limit) -> Page[MessageView]:
            return messages.matching(database.engine, "hello", limit=limit, after=after)

        def turn_chats(after: Cursor | None, limit: int = limit) -> Page[ConversationView]:
            return conversations.recent(database.engine, question="ada", limit=limit, after=after)

        found = [one.id for page in every_page(turn) for one in page.data]
        chats = [one.id for page in every_page(turn_chats) for one in page.data]
        assert found == chats == [*range(10, 0, -1)]


def test_filters_narrow_a_search_down(database: Database) -> None:
    recorded.batch(
        database,
        message("3EB0A", text="yes"),
        message("3EB0B", text="yes", from_me=True),
        message("3EB0C", text="yes", chat=GROUP, at=SENT + 60),
    )
    recorded.index(database)
    assert find(database, "yes", direction="outgoing") == [2]
    assert find(database, "yes", type="text", since=(SENT + 1) * 1000) == [3]
    assert find(database, "yes", type="image") == []
    assert find(database, "yes", status="failed") == []


def test_conversations_are_found_by_name_and_by_number(database: Database) -> None:
    recorded.batch(
        database,
        message("3EB0A", name="Ada Lovelace"),
        message("3EB0B", chat=GROUP, name="The Group"),
    )
    recorded.index(database)
    nobody = ConversationFilter(kind="other")
    for question, ids in (
        ("ada", [1]),
        ("lovelace ADA", [1]),
        ("love*", [1]),
        ("group", [2]),
        ("1555", [1]),
        ("+1 (555) 010-0011", [1]),
        ("15550100011", [1]),
        ("5550100011", []),
        ("hello", []),
        ("!", []),
    ):
        found = conversations.recent(database.engine, question=question, limit=9)
        assert [one.id for one in found.data] == ids, question
        assert not conversations.recent(database.engine, nobody, question=question, limit=9).data


def test_a_search_is_answered_from_the_index(texts: Database) -> None:
    plan = plans(texts, lambda: messages.matching(texts.engine, "price", limit=50))
    if texts.file:
        assert "VIRTUAL TABLE INDEX" in plan
        assert "TEMP B-TREE" not in plan.splitlines()[0]
    else:
        recorded.change(texts, "SET enable_indexscan = off")
        assert "message_words" in plan


def test_what_is_gone_since_its_words_were_read_is_not_found(database: Database) -> None:
    with open_writer(database) as connection, connection.begin():
        transaction = Transaction(connection)
        for table in (searching.MESSAGES, searching.CONVERSATIONS):
            searching.keep(transaction, table, [(7, ["hello"])])
    assert recorded.count(database, "message_words") == 0
    assert recorded.count(database, "conversation_words") == 0


def test_sqlites_index_forgets_deleted_words_bit_by_bit(on_sqlite: Database) -> None:
    segments = "SELECT block FROM message_words_data"
    with open_writer(on_sqlite) as connection:
        for n in range(20):
            text = "zebra" if n == 3 else "xylophone"
            recorded.commit(connection, [message(f"3EB0{n}", text=text)])
            recorded.index(on_sqlite)
        with connection.begin():
            transaction = Transaction(connection)
            searching.keep(transaction, searching.MESSAGES, [(4, [])])
        assert b"zebra" in _all_of(on_sqlite, segments)
        with connection.begin():
            merge = partial(searching.merge, Transaction(connection), searching.MESSAGES)
            assert merge(is_first=True)
            while merge(is_first=False):
                pass
    assert b"zebra" not in _all_of(on_sqlite, segments)
    assert len(find(on_sqlite, "xylophone")) == 19


def _all_of(database: Database, sql: str) -> bytes:
    return b"".join(row["block"] for row in recorded.rows(database, sql))
