"""What the factories make is what Maytapi posts: it becomes the event that is meant."""

from __future__ import annotations

from typing import Any

import pytest

from receiver import (
    AckReceived,
    Event,
    LiveEvent,
    MessageFailed,
    MessageReceived,
    MessageSent,
    PhoneStatusChanged,
    PollTallied,
    ReactionReceived,
    Router,
)
from receiver.testing import (
    ack,
    failed,
    live_event,
    media,
    message,
    phone_status,
    play,
    poll,
    reaction,
    sent,
)

GROUP = "120363000000000001@g.us"
ID = "false_15550100011@c.us_3EB0A1"


@pytest.mark.parametrize(
    ("payload", "kind", "says"),
    [
        (message("hi"), MessageReceived, {"text": "hi", "type": "text", "from_me": False}),
        (message(group=GROUP), MessageReceived, {"chat_id": GROUP}),
        (message(number="15550100099"), MessageReceived, {"chat_id": "15550100099@c.us"}),
        (message(phone="777", id=ID), MessageReceived, {"phone_id": "777", "whatsapp_id": ID}),
        (message(fields={"mentions": ["x"]}), MessageReceived, {"type": "text"}),
        (media("video", caption="look"), MessageReceived, {"type": "video", "text": "look"}),
        (sent("hi"), MessageSent, {"text": "hi", "from_me": True}),
        (ack("seen", msg_id="m-1"), AckReceived, {"ack": "seen", "msg_id": "m-1"}),
        (reaction("👍", to=ID), ReactionReceived, {"emoji": "👍", "whatsapp_id": ID}),
        (poll({"yes": 2}, of=ID, text="Well?"), PollTallied, {"text": "Well?"}),
        (failed("no", msg_id="m-1", code="F1"), MessageFailed, {"error": "no", "code": "F1"}),
        (phone_status("disabled"), PhoneStatusChanged, {"status": "disabled"}),
        (live_event("closed"), LiveEvent, {"event": "closed"}),
    ],
)
def test_it_becomes_the_event_that_is_meant(
    payload: dict[str, Any], kind: type[Event], says: dict[str, Any]
) -> None:
    [event] = play(Router("none"), payload).events
    assert type(event) is kind
    assert {name: getattr(event, name) for name in says} == says


def test_each_is_another_one() -> None:
    bench = play(Router("none"), message(), message(), media(), media())
    events = [event for event in bench.events if isinstance(event, MessageReceived)]
    assert len(events) == 4
    times = [event.sent_at for event in events]
    assert None not in times
    assert times == sorted(set(times), key=times.index)


def test_who_writes_is_told() -> None:
    [event] = play(Router("none"), message(name="Grace", number="15550100042")).events
    assert isinstance(event, MessageReceived)
    assert event.sender
    assert (event.sender.name, event.sender.phone) == ("Grace", "15550100042")
