"""The types of events, which others have programmed against."""

from __future__ import annotations

import re

from receiver.events import CLASSES, EventType

PROMISED = {
    "message.received", "message.sent", "message.ack", "message.reaction", "message.poll",
    "message.queued", "message.failed", "phone.status", "live.event", "notification.quarantined",
}  # fmt: skip


def test_what_was_promised_is_still_called_so() -> None:
    assert {kind.value for kind in EventType} >= PROMISED


def test_a_type_is_a_thing_and_what_happened_to_it() -> None:
    for kind in EventType:
        assert re.fullmatch(r"[a-z]+\.[a-z]+", kind.value)
        assert kind.name == kind.value.replace(".", "_").upper()


def test_each_type_has_a_class_of_its_own() -> None:
    assert set(CLASSES) == set(EventType)
    assert len(set(CLASSES.values())) == len(CLASSES)
