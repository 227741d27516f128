"""What is written down, and found again."""

from __future__ import annotations

from receiver.simulator.ledger import Attempt, Direction, Ledger, Message
from tests.simulator.acting import ADAS_CHAT, HOOK, START


def _message(direction: Direction, **fields: str) -> Message:
    return Message(
        phone_id="12345",
        chat_id=ADAS_CHAT,
        direction=direction,
        type="text",
        text="hello",
        sent_at=START,
        **fields,  # type: ignore[arg-type]
    )


def _attempt(body: bytes, status: int | None) -> Attempt:
    return Attempt(
        at=START, phone_id="12345", kind="message", url=HOOK, body=body, status=status, answer=""
    )


def _sent() -> Ledger:
    ledger = Ledger()
    ledger.write(_message(Direction.OUTGOING, msg_id="uuid", status="accepted"))
    return ledger


def test_a_tick_raises_the_status_and_none_lowers_it() -> None:
    ledger = _sent()
    for ack in ("seen", "delivered"):
        ledger.tick("uuid", ack)
    assert [it.status for it in ledger.sent] == ["seen"]


def test_a_deletion_is_beside_the_status() -> None:
    ledger = _sent()
    ledger.tick("uuid", "reached")
    ledger.tick("uuid", "deleted")
    [message] = ledger.sent
    assert (message.status, message.deleted) == ("reached", True)


def test_a_sent_message_is_found_by_both_its_names() -> None:
    ledger = _sent()
    ledger.learn("uuid", "true_chat_key")
    assert ledger.outgoing("uuid") is ledger.outgoing("true_chat_key")
    assert ledger.outgoing("unknown") is None


def test_a_lost_answer_is_written_down() -> None:
    ledger = _sent()
    ledger.lose_answer("uuid")
    assert not ledger.sent[0].answered


def test_what_people_say_is_apart_from_what_is_sent() -> None:
    ledger = _sent()
    said = _message(Direction.INCOMING, whatsapp_id="false_chat_key")
    ledger.write(said)
    assert ledger.incoming == [said]
    assert ledger.outgoing("false_chat_key") is None
    assert len(ledger.messages) == 2


def test_a_body_is_unheard_until_one_attempt_is_answered_200() -> None:
    ledger = Ledger()
    ledger.attempts += [_attempt(b"a", 503), _attempt(b"b", None), _attempt(b"b", 500)]
    assert ledger.unheard == [b"a", b"b"]
    ledger.attempts.append(_attempt(b"a", 200))
    assert ledger.unheard == [b"b"]
