"""Unknown sends are settled by what comes later, and never by what may be another's."""

from __future__ import annotations

from datetime import timedelta

import pytest

from receiver.store import sending, settling
from receiver.store.database import Database
from tests import bodies
from tests.bodies import ack, acks
from tests.store import recorded, sends
from tests.store.recorded import NOW
from tests.store.sends import MINUTE, name_made

SOON = timedelta(seconds=2)
NAME = name_made(SOON)
OTHER_NAME = name_made(SOON, number=2)
UNTIMED = "b3d7c6f0-3c1e-4b56-9a55-1f1f6f0c7a11"
"""A name that tells no time."""
LONG_AGO = name_made(timedelta(days=-31))
"""A name that tells a time at which nobody can have made it."""
LATER = NOW + 5_000
RXID = bodies.whatsapp_id("3EB0A1", from_me=True)
OTHER_CHAT = "15550100099@c.us"


def status(database: Database, message_id: int) -> str:
    found: str = recorded.message(database, message_id)["status"]
    return found


@pytest.mark.parametrize("name", [NAME, UNTIMED, LONG_AGO])
def test_an_ack_of_a_name_that_nobody_knows_settles_it(database: Database, name: str) -> None:
    message = sends.unknown(database)
    recorded.batch(database, acks(ack("reached", msg_id=name, rxid=RXID)), at=LATER)
    [found] = recorded.messages(database)
    assert (found["id"], found["status"], found["text"]) == (message, "reached", "hello")
    assert (found["msg_id"], found["whatsapp_id"]) == (name, RXID)
    [told] = recorded.events(database, "message.sent")
    assert told["message_id"] == message
    assert database.ask(sending.is_settled, message)


def test_a_deletion_tells_that_it_was_sent(database: Database) -> None:
    message = sends.unknown(database)
    recorded.batch(database, acks(ack("deleted", msg_id=NAME)), at=LATER)
    assert status(database, message) == "accepted"


def test_an_error_settles_it_as_failed(database: Database) -> None:
    message = sends.unknown(database)
    recorded.batch(database, bodies.failure(NAME, code="F04"), at=LATER)
    found = recorded.message(database, message)
    assert (found["status"], found["error"]["code"]) == ("failed", "F04")
    assert recorded.events(database, "message.sent") == []


def test_its_echo_settles_it(database: Database) -> None:
    message = sends.unknown(database)
    echo(database, "hello")
    [found] = recorded.messages(database)
    assert (found["id"], found["status"]) == (message, "accepted")
    assert found["whatsapp_id"] == RXID
    assert (found["sent_at"], found["payload"]["text"]) == ("2027-01-15T08:00:02Z", "hello")
    assert len(recorded.events(database, "message.sent")) == 1


def test_echo_and_ack_are_of_one_message(database: Database) -> None:
    message = sends.unknown(database)
    echo(database, "hello")
    recorded.batch(database, acks(ack("seen", msg_id=NAME, rxid=RXID)), at=LATER)
    [found] = recorded.messages(database)
    assert (found["id"], found["status"], found["msg_id"]) == (message, "seen", NAME)


def test_ack_and_echo_are_of_one_message_also_where_only_the_echo_tells_which(
    database: Database,
) -> None:
    message = sends.unknown(database)
    recorded.batch(database, acks(ack("seen", rxid=RXID)), at=LATER)
    assert status(database, message) == "unknown"
    echo(database, "hello")
    [found] = recorded.messages(database)
    assert (found["id"], found["status"], found["whatsapp_id"]) == (message, "seen", RXID)


@pytest.mark.parametrize(("said", "revised"), [("hello", 0), ("hello, edited", 1)])
def test_the_echo_of_what_was_accepted_is_no_revision(
    database: Database, said: str, revised: int
) -> None:
    call = sends.called(database)
    sends.accepted(database, call, NAME)
    recorded.batch(database, acks(ack("delivered", msg_id=NAME, rxid=RXID)), at=LATER)
    echo(database, said)
    [found] = recorded.messages(database)
    assert (found["id"], found["payload"]["text"]) == (call.message_id, said)
    assert len(recorded.events(database, "message.sent")) == 1
    assert len(recorded.events(database, "message.revised")) == revised


def test_what_was_told_before_it_was_known_to_be_unknown_settles_it(database: Database) -> None:
    """The process has ended during the call; the ack comes before anybody looks at the send."""
    call = sends.called(database)
    recorded.batch(database, acks(ack("seen", msg_id=NAME)), at=LATER)
    assert status(database, call.message_id) == "queued"
    sends.change(database, lambda change: sending.begin(change, call.message_id), at=LATER)
    assert status(database, call.message_id) == "seen"


@pytest.mark.parametrize(
    "body",
    [
        acks(ack("seen", msg_id=NAME, chat=OTHER_CHAT)),
        acks(ack("seen", msg_id=NAME), phone="99999"),
        acks(ack("seen", msg_id=name_made(timedelta(hours=-2)))),
        acks(ack("seen", msg_id=name_made(timedelta(hours=2)))),
        acks(ack("seen", rxid=RXID)),
        acks(bodies.reaction(RXID, "👍")),
        bodies.message("3EB0A1", text="other", from_me=True, at=LATER // 1000),
        bodies.message("3EB0A1", text="hello", from_me=True, at=NOW // 1000 - 600),
        bodies.message("3EB0A1", text="hello", from_me=False, at=LATER // 1000),
        bodies.message("3EB0A1", text="hello", from_me=True, chat=OTHER_CHAT, at=LATER // 1000),
    ],
    ids=[
        "other chat", "other phone", "older name", "later name", "no name", "reaction",
        "other text", "older echo", "incoming", "echo elsewhere",
    ],
)  # fmt: skip
def test_what_is_about_something_else_settles_nothing(database: Database, body: bytes) -> None:
    message = sends.unknown(database)
    recorded.batch(database, body, at=LATER)
    assert status(database, message) == "unknown"
    assert len(recorded.messages(database)) == 2


def test_what_comes_long_after_and_tells_no_time_settles_nothing(database: Database) -> None:
    message = sends.unknown(database)
    recorded.batch(database, acks(ack("seen", msg_id=UNTIMED)), at=NOW + 11 * MINUTE)
    assert status(database, message) == "unknown"


def test_a_name_that_may_be_of_two_settles_neither(database: Database) -> None:
    both = [sends.unknown(database, "one"), sends.unknown(database, "two")]
    recorded.batch(database, acks(ack("seen", msg_id=NAME)), at=LATER)
    assert [status(database, one) for one in both] == ["unknown", "unknown"]


def test_two_names_that_may_be_of_one_settle_nothing(database: Database) -> None:
    message = sends.unknown(database)
    entries = (ack("seen", msg_id=NAME), ack("seen", msg_id=OTHER_NAME))
    recorded.batch(database, acks(*entries), at=LATER)
    assert status(database, message) == "unknown"


def test_names_made_at_other_times_are_told_apart(database: Database) -> None:
    first = sends.unknown(database, "one")
    second = sends.unknown(database, "two", at=NOW + 30 * MINUTE)
    late = name_made(timedelta(minutes=30, seconds=1), number=2)
    entries = (ack("seen", msg_id=late), ack("reached", msg_id=NAME))
    recorded.batch(database, acks(*entries), at=NOW + 31 * MINUTE)
    assert (status(database, first), status(database, second)) == ("reached", "seen")


def test_a_call_under_way_has_to_be_answered_first(database: Database) -> None:
    """The ack may be of either; once the other has its name, it can be of one only."""
    message, call = sends.unknown(database, "one"), sends.called(database, "two")
    entries = (ack("seen", msg_id=NAME), ack("reached", msg_id=OTHER_NAME))
    recorded.batch(database, acks(*entries), at=LATER)
    assert status(database, message) == "unknown"
    sends.accepted(database, call, OTHER_NAME, at=LATER)
    assert status(database, message) == "seen"
    assert status(database, call.message_id) == "reached"


def test_an_echo_that_may_be_of_another_of_the_same_text_settles_nothing(
    database: Database,
) -> None:
    sends.accepted(database, sends.called(database), NAME)
    message = sends.unknown(database)
    echo(database, "hello")
    assert status(database, message) == "unknown"


def test_an_old_unknown_one_is_looked_for_no_longer(database: Database) -> None:
    message = sends.unknown(database)
    long_after = NOW + (settling.LOOK_BACK + SOON) // timedelta(milliseconds=1)
    recorded.batch(database, acks(ack("seen", msg_id=NAME)), at=long_after)
    assert status(database, message) == "unknown"


def echo(database: Database, text: str) -> None:
    body = bodies.message("3EB0A1", text=text, from_me=True, at=NOW // 1000 + 2)
    recorded.batch(database, body, at=LATER)
