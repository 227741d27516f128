"""The ledger of calls: begun once, answered once, and never begun again where nobody can know."""

from __future__ import annotations

import pytest

from receiver.store import sending
from receiver.store.changing import Change
from receiver.store.database import Database
from receiver.store.sending import Begun
from tests import bodies
from tests.bodies import CHAT, OTHER_UUID, PHONE, UUID, ack, acks
from tests.store import recorded, sends
from tests.store.recorded import NOW


def begin(database: Database, message_id: int) -> Begun | None:
    return sends.change(database, lambda change: sending.begin(change, message_id), at=NOW + 1)


def is_settled(database: Database, message_id: int) -> bool:
    return database.ask(sending.is_settled, message_id)


def test_a_call_is_what_was_queued(database: Database) -> None:
    message = sends.queued(database, "hello")
    assert not is_settled(database, message)
    call = sends.begun(database, message)
    request = {"to_number": CHAT, "type": "text", "message": "hello"}
    assert call == Begun(message, PHONE, request, NOW)


def test_what_was_begun_and_not_answered_becomes_unknown_and_is_not_begun_again(
    database: Database,
) -> None:
    call = sends.called(database)
    assert begin(database, call.message_id) is None
    assert recorded.message(database, call.message_id)["status"] == "unknown"
    assert begin(database, call.message_id) is None


def test_what_is_not_there_is_settled(database: Database) -> None:
    assert is_settled(database, 7)
    assert begin(database, 7) is None


def test_an_answer_names_the_message_and_is_told(database: Database) -> None:
    call = sends.called(database)
    assert sends.accepted(database, call, UUID)
    message = recorded.message(database, UUID)
    assert (message["id"], message["status"]) == (call.message_id, "accepted")
    [told] = recorded.events(database, "message.sent")
    assert told["message_id"] == call.message_id
    assert is_settled(database, call.message_id)
    assert begin(database, call.message_id) is None


def test_the_answer_counts_also_when_it_was_taken_for_lost(database: Database) -> None:
    call = sends.called(database)
    assert begin(database, call.message_id) is None
    sends.accepted(database, call, UUID)
    assert recorded.message(database, call.message_id)["status"] == "accepted"


@pytest.mark.parametrize("phone", [PHONE, None])
def test_what_was_told_before_the_answer_is_kept(database: Database, phone: str | None) -> None:
    call = sends.called(database)
    rxid = bodies.whatsapp_id("3EB0A1", from_me=True)
    entries = [ack("delivered", msg_id=UUID), ack("seen", msg_id=UUID, rxid=rxid)]
    recorded.batch(database, acks(*entries) if phone else bodies.bare_acks(*entries))
    sends.accepted(database, call, UUID)
    [message] = recorded.messages(database)
    assert (message["id"], message["status"]) == (call.message_id, "seen")
    assert (message["text"], message["whatsapp_id"]) == ("hello", rxid)
    assert [one["type"] for one in message["acks"]] == ["delivered", "seen"]


def test_an_error_that_came_before_the_answer_is_kept(database: Database) -> None:
    call = sends.called(database)
    recorded.batch(database, bodies.failure(UUID, code="F04"))
    sends.accepted(database, call, UUID)
    message = recorded.message(database, call.message_id)
    assert (message["status"], message["error"]["code"]) == ("failed", "F04")
    assert recorded.events(database, "message.sent") == []


def test_an_answer_with_whatsapps_own_id_finds_what_acks_told_of_it(database: Database) -> None:
    call = sends.called(database)
    rxid = bodies.whatsapp_id("3EB0A1", from_me=True)
    recorded.batch(database, acks(ack("delivered", msg_id=rxid)))
    sends.accepted(database, call, rxid)
    [message] = recorded.messages(database)
    assert (message["status"], message["whatsapp_id"]) == ("delivered", rxid)
    recorded.batch(database, acks(ack("seen", msg_id=rxid)))
    assert recorded.message(database, call.message_id)["status"] == "seen"


def test_a_name_that_another_of_our_messages_has_is_not_taken_from_it(database: Database) -> None:
    first, second = sends.called(database, "same"), sends.called(database, "same")
    assert sends.accepted(database, first, UUID)
    assert not sends.accepted(database, second, UUID)
    assert recorded.message(database, UUID)["id"] == first.message_id
    assert recorded.message(database, second.message_id)["status"] == "accepted"


def test_a_failure_is_told_with_its_reason(database: Database) -> None:
    call = sends.called(database)
    fail(database, call)
    reason = {"code": "F01", "message": "no such number"}
    message = recorded.message(database, call.message_id)
    assert (message["status"], message["error"]) == ("failed", reason)
    [told] = recorded.events(database, "message.failed")
    assert (told["message_id"], told["data"]) == (call.message_id, reason)
    assert begin(database, call.message_id) is None


def test_a_call_that_did_nothing_can_be_made_again(database: Database) -> None:
    call = sends.called(database)
    assert take_back(database, call)
    assert recorded.message(database, call.message_id)["status"] == "queued"
    again = begin(database, call.message_id)
    assert again == call._replace(called_at=NOW + 1)
    assert not take_back(database, call), "it is no longer that call which is under way"


def test_a_call_that_was_taken_for_unknown_is_not_taken_back(database: Database) -> None:
    call = sends.called(database)
    begin(database, call.message_id)
    assert not take_back(database, call)
    assert recorded.message(database, call.message_id)["status"] == "unknown"


def test_what_is_answered_stays_as_it_is(database: Database) -> None:
    call = sends.called(database)
    sends.accepted(database, call, UUID)
    before = recorded.message(database, call.message_id)
    sends.accepted(database, call, OTHER_UUID)
    fail(database, call)
    take_back(database, call)
    sends.change(database, lambda change: sending.doubt(change, call.message_id))
    assert recorded.message(database, call.message_id) == before


def fail(database: Database, call: Begun) -> None:
    def job(change: Change) -> None:
        sending.fail(change, call, code="F01", message="no such number")

    sends.change(database, job)


def take_back(database: Database, call: Begun) -> bool:
    return sends.change(database, lambda change: sending.take_back(change, call))
