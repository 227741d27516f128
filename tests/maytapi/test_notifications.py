"""Whatever is posted, `parse` tells what it says or why it can't be read; it never raises."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from receiver.errors import Unreadable
from receiver.maytapi import decoding, notifications
from receiver.maytapi.identity import identify, identify_by_content
from receiver.maytapi.messages import Message, Sender
from receiver.maytapi.notifications import (
    MAX_PROBLEMS,
    Ack,
    LiveEvent,
    Named,
    PhoneError,
    PhoneStatus,
    PollTally,
    Reaction,
    Reading,
    Said,
    SendFailure,
)
from tests import payloads

PRODUCT = "00000000-1111-4222-8333-444444444444"
GROUP = "120363000000000001@g.us"
OLD_GROUP = "15550100001-1500000000@g.us"
PERSON = "15550100011@c.us"
MSG_ID = "a0000001-0001-11ee-8001-000000000001"
FIRST_KEY = "3EB081AF26FADE6416D8"
CONTACT = Sender(id=PERSON, name="Contact A", phone="15550100011")
USER = Sender(id=PERSON, name="UserName", phone="15550100011")
YEAR_10000 = 253_402_300_800_000


def parse(value: Any) -> Reading:
    return notifications.parse(payloads.dump(value))


def said(value: Any) -> Said:
    """Return the one thing that a sound body says."""
    reading = parse(value)
    assert reading.problems == []
    (one,) = reading.said
    return one


def ack(*entries: Any, **around: Any) -> dict[str, Any]:
    return {"type": "ack", "phone_id": 12345, "data": list(entries), **around}


def entry(**fields: Any) -> dict[str, Any]:
    return {"chatId": PERSON, "msgId": MSG_ID, "time": 1710342107, **fields}


def about(**names: Any) -> Named:
    usual = {"phone_id": "12345", "chat_id": PERSON, "msg_id": MSG_ID, "whatsapp_id": None}
    return Named(**(usual | names))


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


def message(name: str, *, sent_at: int, **fields: Any) -> Reading:
    usual: dict[str, Any] = {
        "phone_id": "12345",
        "chat_id": GROUP,
        "chat_name": "Example Group",
        "from_me": False,
        "text": None,
        "media": None,
        "location": None,
        "quoted": None,
        "sender": CONTACT,
        "sent_at": sent_at,
        "payload": orjson.dumps(payloads.load(name)["message"]).decode(),
    }
    fields = usual | fields
    if "identity" not in fields:
        names = ("phone_id", "chat_id", "whatsapp_id")
        fields["identity"] = identify(**{name: fields[name] for name in names})
    return Reading(said=[Message(**fields)], problems=[], occasion=sent_at)


def in_openapi_form(name: str, **fields: Any) -> Reading:
    usual = {"chat_id": PERSON, "chat_name": "UserName", "whatsapp_id": FIRST_KEY, "sender": USER}
    return message(name, sent_at=1574081887_000, **(usual | fields))


def media(name: str, type_: str, suffix: str, mime_type: str, filename: str) -> Reading:
    return message(
        name,
        sent_at=1707216553_000 if type_ == "image" else 1707216634_000,
        whatsapp_id=f"false_{GROUP}_0C111122223333444455556666777788_{PERSON}",
        type=type_,
        media={
            "url": f"https://media.example.invalid/wh/AAAAAAAAAAAAAAAAAAAAAA.{suffix}",
            "mime_type": mime_type,
            "filename": filename,
        },
    )


def status(word: str) -> Reading:
    phone = PhoneStatus(phone_id="12345", product_id=PRODUCT, status=word)
    return Reading(said=[phone], problems=[], subject="phone 12345")


def told(*entries: Said, occasion: int) -> Reading:
    return Reading(said=list(entries), problems=[], occasion=occasion)


SENT_TO_GROUP = Named(
    phone_id="12345",
    chat_id=GROUP,
    msg_id=MSG_ID,
    whatsapp_id=f"true_{GROUP}_3EB0A1B2C3D4E5F6A7B8C9_15550100001@c.us",
)


def reacted_to(phone_id: str) -> Named:
    whatsapp_id = f"false_{GROUP}_3EB0A1B2C3D4E5F6A7B8C9_15550100012@c.us"
    return Named(phone_id=phone_id, chat_id=GROUP, msg_id=None, whatsapp_id=whatsapp_id)


def of_no_kind(phone_id: str) -> Named:
    whatsapp_id = f"false_{GROUP}_0C111122223333444455556666777788_{PERSON}"
    return Named(phone_id=phone_id, chat_id=GROUP, msg_id=None, whatsapp_id=whatsapp_id)


def old_acks(*times: int | None) -> list[Said]:
    other = "15550100012@c.us"
    entries = (
        ("delivered", PERSON, FIRST_KEY),
        ("reached", PERSON, FIRST_KEY),
        ("seen", other, "3EB0C1B2C3D4E5F6A7B8"),
    )
    return [
        Ack(about=about(phone_id="", chat_id=chat_id, msg_id=msg_id), type=type_, at=at)
        for (type_, chat_id, msg_id), at in zip(entries, times, strict=True)
    ]


SAYS = {
    "ack-batch-modern": told(
        *old_acks(1586874663_000, 1586874664_000, 1586874670_000), occasion=1586874663_000
    ),
    "ack-batch-seed-bare-array": told(*old_acks(None, None, None), occasion=0),
    "ack-deleted": told(
        Ack(
            about=about(whatsapp_id=f"true_{PERSON}_3EB0A1B2C3D4E5F6A7B8C9"),
            type="deleted",
            at=1710342107_000,
        ),
        occasion=1710342107_000,
    ),
    "ack-delivered-group": told(
        Ack(about=SENT_TO_GROUP, type="delivered", at=1710342107_000), occasion=1710342107_000
    ),
    "ack-mixed-batch": told(
        Ack(about=SENT_TO_GROUP, type="reached", at=1732784398_000),
        Reaction(about=reacted_to("12345"), emoji="😮", reactor_id=PERSON, at=1732784399_000),
        Ack(about=of_no_kind("12345"), type="unknown", at=1732784400_000),
        occasion=1732784398_000,
    ),
    "ack-reaction": told(
        Reaction(about=reacted_to(""), emoji="👍", reactor_id=PERSON, at=1732784398_000),
        occasion=1732784398_000,
    ),
    "ack-unknown-entry": told(
        Ack(about=of_no_kind(""), type="unknown", at=1739257237_000), occasion=1739257237_000
    ),
    "error-f04-poll-options": told(
        SendFailure(about=about(chat_id=GROUP), code="F04", message="Options are required."),
        occasion=0,
    ),
    "live-event-taken-by-agent": Reading(
        said=[LiveEvent(phone_id="12345", chat_id=PERSON, event="taken_by_agent")],
        problems=[],
        subject="live 12345 15550100011@c.us",
    ),
    "message-document-group": media(
        "message-document-group", "document", "pdf", "application/pdf", "file.pdf"
    ),
    "message-image-group": media(
        "message-image-group",
        "image",
        "jpeg?size=1280x960",
        "image/jpeg",
        f"false_{GROUP}_0C111122223333444455556666777788_{PERSON}.jpeg",
    ),
    "message-info-group-add-openapi": in_openapi_form(
        "message-info-group-add-openapi", chat_id=OLD_GROUP, chat_name=None, type="info"
    ),
    "message-location-group": message(
        "message-location-group",
        whatsapp_id=f"true_{GROUP}_12AD0000111122223333444455556666_15550100012@c.us",
        type="location",
        location={"latitude": 12.345678901234567, "longitude": 76.54321098765432},
        sent_at=1710924241_000,
    ),
    "message-location-openapi": in_openapi_form(
        "message-location-openapi",
        type="location",
        location={"latitude": 38.3978531, "longitude": 28.968876},
    ),
    "message-poll-group": message(
        "message-poll-group",
        whatsapp_id=f"false_{GROUP}_3EB0A1B2C3D4E5F6A7B8C9_15550100012@c.us",
        type="poll",
        text="testing poll",
        sent_at=1733828890_000,
    ),
    "message-ptt-group": media("message-ptt-group", "ptt", "oga", "audio/ogg", "audio.oga"),
    "message-sticker-group": media(
        "message-sticker-group", "sticker", "webp", "image/webp", "sticker.webp"
    ),
    "message-text-dm": message(
        "message-text-dm",
        chat_id=PERSON,
        chat_name="Contact A",
        whatsapp_id=f"false_{PERSON}_3EB0A1B2C3D4E5F6A7B8C9",
        type="text",
        text="test message",
        sent_at=1707216634_000,
    ),
    "message-text-group": message(
        "message-text-group",
        whatsapp_id=f"false_{GROUP}_3EB0A1B2C3D4E5F6A7B8C9_{PERSON}",
        type="text",
        text="test message",
        sent_at=1707216634_000,
    ),
    "message-text-group-fromme": message(
        "message-text-group-fromme",
        whatsapp_id=f"true_{GROUP}_3EB0A1B2C3D4E5F6A7B8C9_15550100001@c.us",
        from_me=True,
        type="text",
        text="sent from our own handset",
        sender=Sender(id="15550100001@c.us", name=None, phone="15550100001"),
        sent_at=1707216634_000,
    ),
    "message-text-group-lid-blank-user": message(
        "message-text-group-lid-blank-user",
        whatsapp_id=f"false_{GROUP}_3EB0A1B2C3D4E5F6A7B8C9_100000000000001@lid",
        type="text",
        text="test message",
        sender=Sender(id="100000000000001@lid", name=None, phone=None),
        sent_at=1707216634_000,
    ),
    "message-text-group-second-phone": message(
        "message-text-group-second-phone",
        phone_id="12346",
        whatsapp_id=f"false_{GROUP}_3EB0A1B2C3D4E5F6A7B8C9_{PERSON}",
        type="text",
        text="test message",
        sent_at=1707216634_000,
    ),
    "message-text-mention-openapi": in_openapi_form(
        "message-text-mention-openapi",
        chat_id=OLD_GROUP,
        chat_name=None,
        type="text",
        text="Message @15550100012 Text Content",
    ),
    "message-text-openapi": in_openapi_form(
        "message-text-openapi", type="text", text="Message Text"
    ),
    "message-text-quoted-openapi": in_openapi_form(
        "message-text-quoted-openapi",
        whatsapp_id="3EB0C1B2C3D4E5F6A7B8",
        type="text",
        text="my reply",
        quoted={
            "whatsapp_id": FIRST_KEY,
            "type": "text",
            "text": "Message Text",
            "sender": {"id": "15550100012@c.us", "name": "UserName", "phone": "15550100012"},
            "sent_at": 1574098389_000,
        },
    ),
    "message-text-seed-era": in_openapi_form(
        "message-text-seed-era",
        identity=identify_by_content(
            phone_id="12345",
            chat_id=PERSON,
            content=f'1574081887000 {PERSON} {{"type":"text","text":"hello"}}',
        ),
        whatsapp_id=None,
        type="text",
        text="hello",
    ),
    "message-vcard-openapi": in_openapi_form("message-vcard-openapi", type="vcard"),
    "message-video-openapi": in_openapi_form(
        "message-video-openapi",
        type="video",
        text="Media Caption Text",
        media={
            "url": "https://cdn.example.invalid/flow/xxxx.mp4",
            "mime_type": "video/mp4",
            "filename": "wa-media-xxxx.mp4",
        },
    ),
    "status-active": status("active"),
    "status-disabled": status("disabled"),
    "status-loading": status("loading"),
    "status-phone-error": status("phone-error"),
    "status-qr-code": status("qr-code"),
}


def test_every_sample_is_in_the_table() -> None:
    assert sorted(SAYS) == payloads.NAMES


@pytest.mark.parametrize("name", payloads.NAMES)
def test_a_sample_says_what_it_says(name: str) -> None:
    reading, expected = notifications.parse(payloads.body(name)), SAYS[name]
    assert reading == expected
    assert [type(one) for one in reading.said] == [type(one) for one in expected.said]


@pytest.mark.parametrize(
    "names",
    [
        {"phone_id": 12345},
        {"phone_id": "12345"},
        {"phoneId": 12345},
        {"phoneId": "12345"},
        {"phone_id": 12345, "phoneId": 12345},
        {"phone_id": "", "phoneId": 12345},
        {"phone_id": None, "phoneId": "12345"},
        {"phone_id": " 12345 ", "phoneId": 99999},
    ],
)
@pytest.mark.parametrize(
    "name", ["message-text-group", "ack-delivered-group", "status-active", "error-f04-poll-options"]
)
def test_a_phone_has_one_id_under_all_its_names(name: str, names: dict[str, Any]) -> None:
    event = payloads.load(name)
    del event["phone_id"], event["phoneId"]
    assert notifications.parse(payloads.dump(event | names)) == SAYS[name]


@pytest.mark.parametrize(
    ("names", "product_id"),
    [
        ({"product_id": PRODUCT}, PRODUCT),
        ({"productId": PRODUCT}, PRODUCT),
        ({"pid": PRODUCT}, PRODUCT),
        ({"product_id": "a", "productId": "b", "pid": "c"}, "a"),
        ({"product_id": "", "productId": None, "pid": "c"}, "c"),
        ({"pid": 7}, "7"),
        ({}, None),
    ],
)
def test_a_product_has_three_names(names: dict[str, Any], product_id: str | None) -> None:
    event = {"type": "status", "phone_id": 12345, "status": "active"}
    phone = PhoneStatus(phone_id="12345", product_id=product_id, status="active")
    assert said(event | names) == phone


@pytest.mark.parametrize("phone_id", [True, 1.5, [], {}, "x" * 256])
@pytest.mark.parametrize("name", ["message-text-group", "ack-mixed-batch", "status-active"])
def test_a_phone_id_is_never_guessed(name: str, phone_id: Any) -> None:
    reading = parse(payloads.load(name) | {"phone_id": phone_id})
    assert reading == Reading(said=[], problems=["phone_id is no id"])


@pytest.mark.parametrize("name", ["message-text-group", "ack-delivered-group"])
def test_a_message_and_an_ack_may_come_without_a_phone(name: str) -> None:
    event = payloads.load(name)
    del event["phone_id"], event["phoneId"]
    (one,) = parse(event).said
    assert isinstance(one, Message | Ack)
    assert (one.phone_id if isinstance(one, Message) else one.about.phone_id) == ""


@pytest.mark.parametrize(
    ("fields", "type_"),
    [
        ({"ackType": "delivered", "ackCode": 1}, "delivered"),
        ({"ackType": "reached"}, "reached"),
        ({"ackType": "SEEN"}, "seen"),
        ({"ackCode": 4}, "played"),
        ({"ackCode": "5"}, "deleted"),
        ({"ackType": None, "ackCode": 2}, "reached"),
        ({"ackType": "", "ackCode": 3}, "seen"),
        ({"ackType": "seen", "ackCode": 1}, "seen"),
        ({"ackType": "pinned", "ackCode": 9}, "pinned"),
        ({"ackCode": 9}, "unknown"),
        ({"ackType": None}, "unknown"),
        ({"ackType": "seen", "options": [], "reaction": "👍"}, "seen"),
        ({}, "unknown"),
    ],
)
def test_an_entry_with_an_ack_type_or_code_is_an_ack(fields: dict[str, Any], type_: str) -> None:
    one = said(ack(entry(**fields)))
    assert (type(one), one) == (Ack, Ack(about=about(), type=type_, at=1710342107_000))


@pytest.mark.parametrize("emoji", ["👍", "👩‍👩‍👧‍👦", "❤️", "x"])
def test_an_entry_with_a_reaction_is_one(emoji: str) -> None:
    one = said(ack(entry(reaction=emoji, reactorId=PERSON)))
    expected = Reaction(about=about(), emoji=emoji, reactor_id=PERSON, at=1710342107_000)
    assert (type(one), one) == (Reaction, expected)


@pytest.mark.parametrize("emoji", ["", None])
def test_an_empty_reaction_takes_it_back(emoji: str | None) -> None:
    one = said(ack(entry(reaction=emoji, reactorId=PERSON)))
    assert one == Reaction(about=about(), emoji="", reactor_id=PERSON, at=1710342107_000)


def test_a_reaction_may_come_without_its_author() -> None:
    one = said(ack(entry(reaction="👍")))
    assert one == Reaction(about=about(), emoji="👍", reactor_id="", at=1710342107_000)


def test_a_reaction_that_is_none_does_not_take_one_back() -> None:
    reading = parse(ack(entry(reaction=True)))
    assert reading == Reading(said=[], problems=["[0]: reaction is no id"])


def test_an_entry_with_options_is_a_poll_tally() -> None:
    options = [{"id": 0, "name": "Yes 😀", "votes": 2}, {"id": 1, "name": "No", "votes": 0}]
    one = said(ack(entry(text="Well?", options=options, rxid=f"true_{PERSON}_{FIRST_KEY}")))
    assert isinstance(one, PollTally)
    assert one.about == about(whatsapp_id=f"true_{PERSON}_{FIRST_KEY}")
    assert one.at == 1710342107_000
    assert json.loads(one.tally) == {"text": "Well?", "options": options}


def test_a_poll_tally_may_be_empty() -> None:
    one = said(ack(entry(options=[])))
    assert isinstance(one, PollTally)
    assert json.loads(one.tally) == {"text": None, "options": []}


@pytest.mark.parametrize(
    ("msg_id", "rxid", "named"),
    [
        (MSG_ID, "true_a@c.us_K", {"msg_id": MSG_ID, "whatsapp_id": "true_a@c.us_K"}),
        (MSG_ID, None, {"msg_id": MSG_ID, "whatsapp_id": None}),
        (None, "true_a@c.us_K", {"msg_id": None, "whatsapp_id": "true_a@c.us_K"}),
        ("", "true_a@c.us_K", {"msg_id": None, "whatsapp_id": "true_a@c.us_K"}),
        ("true_a@c.us_K", "true_a@c.us_K", {"msg_id": None, "whatsapp_id": "true_a@c.us_K"}),
        ("true_a@c.us_K", None, {"msg_id": None, "whatsapp_id": "true_a@c.us_K"}),
        ("true_a@c.us_K", "true_a@c.us_L", {"msg_id": None, "whatsapp_id": "true_a@c.us_L"}),
        (FIRST_KEY, None, {"msg_id": FIRST_KEY, "whatsapp_id": None}),
        (42, None, {"msg_id": "42", "whatsapp_id": None}),
    ],
)
def test_an_entry_names_its_message_by_either_id(
    msg_id: Any, rxid: str | None, named: dict[str, Any]
) -> None:
    one = said(ack(entry(ackCode=1, msgId=msg_id, rxid=rxid)))
    assert isinstance(one, Ack)
    assert one.about == about(**named)


def test_an_entry_may_come_without_chat_and_time() -> None:
    one = said(ack({"ackType": "seen", "msgId": MSG_ID}))
    assert one == Ack(about=about(chat_id=None), type="seen", at=None)


@pytest.mark.parametrize("ids", [{}, {"msgId": None, "rxid": None}, {"msgId": "", "rxid": " "}])
def test_an_entry_about_no_message_is_named(ids: dict[str, Any]) -> None:
    reading = parse(ack({"ackType": "seen", "chatId": PERSON} | ids))
    assert reading == Reading(said=[], problems=["[0]: msgId and rxid are missing"])


def test_a_bare_array_is_read_like_the_array_of_an_event() -> None:
    entries = payloads.load("ack-mixed-batch")["data"]
    bare, event = parse(entries), parse({"type": "ack", "data": entries})
    assert bare == event
    assert len(bare.said) == 3


@pytest.mark.parametrize("body", [b"[]", b'{"type":"ack","data":[]}'])
def test_an_empty_array_says_nothing_and_is_sound(body: bytes) -> None:
    assert notifications.parse(body) == Reading(said=[], problems=[])


@pytest.mark.parametrize("data", [None, True, 5, "x", {}, {"0": entry()}])
def test_an_ack_event_without_an_array_is_named(data: Any) -> None:
    reading = parse({"type": "ack", "phone_id": 1, "data": data})
    assert reading.said == []
    assert reading.problems[-1] == "there is no array of acks"


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (None, "no object"),
        (True, "no object"),
        (5, "no object"),
        ("x", "no object"),
        ([], "no object"),
        ([entry()], "no object"),
        ({}, "msgId and rxid are missing"),
        ({"msgId": []}, "msgId is no id"),
        ({"msgId": "x" * 256}, "msgId is no id"),
        (entry(rxid={}), "rxid is no id"),
        (entry(chatId=[]), "chatId is no id"),
        (entry(ackType=[]), "ackType is no id"),
        (entry(reaction="👍", reactorId={}), "reactorId is no id"),
    ],
)
@pytest.mark.parametrize("around", [lambda entries: ack(*entries), list], ids=["event", "bare"])
def test_a_bad_entry_does_not_cost_its_neighbours(around: Any, bad: Any, problem: str) -> None:
    good = [entry(ackType="delivered"), entry(ackType="seen")]
    sound = parse(around(good))
    reading = parse(around([good[0], bad, good[1]]))
    assert reading.said == sound.said
    assert reading.problems == [f"[1]: {problem}"]


@pytest.mark.parametrize(
    ("fields", "problems"),
    [
        ({"time": "soon"}, ["[0]: time is no time"]),
        ({"ackCode": [1]}, ["[0]: ackCode is no integer"]),
        ({"time": -1, "ackCode": 1.5}, ["[0]: time is no time", "[0]: ackCode is no integer"]),
    ],
)
def test_an_odd_field_does_not_cost_its_entry(fields: dict[str, Any], problems: list[str]) -> None:
    reading = parse(ack(entry(**({"ackType": "seen"} | fields))))
    (one,) = reading.said
    assert isinstance(one, Ack)
    assert (one.type, reading.problems) == ("seen", problems)


@pytest.mark.parametrize(
    ("fields", "note"),
    [({"options": {}}, "options is no array"), ({"options": [], "text": 5}, "text is no text")],
)
def test_an_odd_field_does_not_cost_a_tally(fields: dict[str, Any], note: str) -> None:
    reading = parse(ack(entry(**fields)))
    (one,) = reading.said
    assert isinstance(one, PollTally)
    assert json.loads(one.tally) == {"text": None, "options": []}
    assert reading.problems == [f"[0]: {note}"]


def test_a_hundred_thousand_acks_are_read_one_by_one() -> None:
    entries = b",".join(b'{"ackCode":3,"msgId":%d}' % number for number in range(100_000))
    reading = notifications.parse(b'{"type":"ack","data":[' + entries + b"]}")
    assert reading.problems == []
    acks = [one for one in reading.said if isinstance(one, Ack) and one.type == "seen"]
    assert [one.about.msg_id for one in acks] == [str(number) for number in range(100_000)]


def test_of_a_hundred_thousand_bad_entries_the_first_are_named() -> None:
    reading = parse([None] * 100_000)
    assert reading.said == []
    assert reading.problems == [f"[{position}]: no object" for position in range(MAX_PROBLEMS)]


def test_the_occasion_of_a_batch_is_the_first_time_in_it() -> None:
    times = [None, "soon", 1710342109, 1710342107]
    reading = parse(ack(*(entry(ackCode=1, time=time) for time in times)))
    assert reading.occasion == 1710342109_000


@pytest.mark.parametrize("timestamp", [None, "soon"])
def test_a_message_without_a_time_has_no_occasion(timestamp: Any) -> None:
    reading = parse(payloads.load("message-text-group") | {"timestamp": timestamp})
    assert reading.said
    assert (reading.occasion, reading.subject) == (0, None)


@pytest.mark.parametrize(
    ("changed", "failure"),
    [
        ({"to_number": "15550100011"}, {"chat_id": PERSON}),
        ({"to_number": "+15550100011"}, {"chat_id": PERSON}),
        ({"to_number": 15550100011}, {"chat_id": PERSON}),
        ({"to_number": PERSON}, {"chat_id": PERSON}),
        ({"to_number": ""}, {"chat_id": None}),
        ({"to_number": None}, {"chat_id": None}),
    ],
)
def test_a_failure_names_the_chat_that_it_was_meant_for(
    changed: dict[str, Any], failure: dict[str, Any]
) -> None:
    event = payloads.load("error-f04-poll-options")
    event["data"] |= changed
    one = said(event)
    assert isinstance(one, SendFailure)
    assert one.about == about(**failure)


def test_a_failure_may_name_its_phone_in_the_request_alone() -> None:
    event = payloads.load("error-f04-poll-options")
    del event["phone_id"], event["phoneId"]
    one = said(event)
    assert isinstance(one, SendFailure)
    assert one.about.phone_id == "12345"


def test_a_failure_is_of_the_phone_that_the_event_names() -> None:
    event = payloads.load("error-f04-poll-options")
    event["data"]["phone_id"] = "99999"
    one = said(event)
    assert isinstance(one, SendFailure)
    assert one.about.phone_id == "12345"


def test_a_failure_needs_no_more_than_the_id_of_its_message() -> None:
    one = said({"type": "error", "data": {"id": MSG_ID}})
    assert one == SendFailure(about=about(phone_id="", chat_id=None), code=None, message=None)


@pytest.mark.parametrize("code", [True, [], {}, 1.5])
def test_an_odd_code_does_not_cost_the_failure(code: Any) -> None:
    reading = parse(payloads.load("error-f04-poll-options") | {"code": code})
    (one,) = reading.said
    assert isinstance(one, SendFailure)
    assert (one.about, one.code) == (about(chat_id=GROUP), None)
    assert reading.problems == ["code is no id"]


@pytest.mark.parametrize("field", ["to_number", "phone_id"])
def test_an_odd_field_of_the_request_does_not_cost_the_failure(field: str) -> None:
    event = payloads.load("error-f04-poll-options")
    del event["phone_id"], event["phoneId"]
    event["data"][field] = [15550100011]
    reading = parse(event)
    (one,) = reading.said
    assert isinstance(one, SendFailure)
    assert one.about.msg_id == event["data"]["id"]
    assert reading.problems == [f"data.{field} is no id"]


@pytest.mark.parametrize("data", [None, {}, {"id": ""}, {"message": "hi"}])
@pytest.mark.parametrize("phone", [{"phone_id": 12345}, {}])
def test_an_error_of_no_message_is_one_of_the_phone(data: Any, phone: dict[str, Any]) -> None:
    told = {"type": "error", "code": "W05", "message": "Lib not loaded", "data": data}
    phone_id = "12345" if phone else ""
    error = PhoneError(phone_id=phone_id, code="W05", message="Lib not loaded")
    assert parse(told | phone) == Reading(said=[error], problems=[], subject=f"error {phone_id}")


def test_an_error_that_tells_nothing_is_named() -> None:
    reading = parse({"type": "error", "phone_id": 12345, "data": {}})
    problem = "data.id, code and message are missing: an error of nothing"
    assert reading == Reading(said=[], problems=[problem])


@pytest.mark.parametrize("word", ["idle", "qr-screen", "banned", "a status of tomorrow"])
def test_any_status_of_a_phone_is_kept(word: str) -> None:
    assert parse(payloads.load("status-loading") | {"status": word}) == status(word)


@pytest.mark.parametrize("gap", [{"status": None}, {"status": ""}, {"phone_id": None}])
def test_a_status_of_no_phone_or_without_a_word_is_named(gap: dict[str, Any]) -> None:
    reading = parse(payloads.load("status-loading") | gap)
    assert reading == Reading(said=[], problems=["status or phone_id is missing"])


def test_an_odd_product_does_not_cost_the_status() -> None:
    reading = parse(payloads.load("status-loading") | {"pid": []})
    (one,) = reading.said
    assert one == PhoneStatus(phone_id="12345", product_id=None, status="loading")
    assert (reading.problems, reading.subject) == (["pid is no id"], "phone 12345")


@pytest.mark.parametrize("event", ["taken_by_agent", "closed", "released_by_agent", "tomorrow"])
def test_any_event_of_a_live_chat_is_kept(event: str) -> None:
    one = said(payloads.load("live-event-taken-by-agent") | {"data": {"event": event}})
    assert one == LiveEvent(phone_id="12345", chat_id=PERSON, event=event)


@pytest.mark.parametrize(
    "gap", [{"data": None}, {"data": {}}, {"data": {"event": ""}}, {"conversation": None}]
)
def test_a_live_event_of_no_chat_or_without_a_name_is_named(gap: dict[str, Any]) -> None:
    reading = parse(payloads.load("live-event-taken-by-agent") | gap)
    assert reading == Reading(said=[], problems=["data.event or conversation is missing"])


def test_live_chats_of_two_phones_are_two_subjects() -> None:
    event = payloads.load("live-event-taken-by-agent")
    subjects = {
        parse(event | changed).subject
        for changed in ({}, {"phone_id": "12346"}, {"conversation": GROUP})
    }
    assert len(subjects) == 3


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"{}", "type is missing"),
        (b'{"type":null}', "type is missing"),
        (b'{"type":"message_edit"}', "unknown type 'message_edit'"),
        (b'{"type":"Message"}', "unknown type 'Message'"),
        (b'{"type":""}', "unknown type ''"),
        (b'{"type":"' + b"x" * 99 + b'"}', f"unknown type '{'x' * 40}'"),
        (b'{"type":5}', "type is no text"),
        (b'{"type":true}', "type is no text"),
        (b'{"type":["message"]}', "type is no text"),
        (b'{"type":{}}', "type is no text"),
        (b"null", "neither object nor array: NoneType"),
        (b"true", "neither object nor array: bool"),
        (b"5", "neither object nor array: int"),
        (b'"message"', "neither object nor array: str"),
    ],
)
def test_a_body_that_is_no_event_is_named(body: bytes, problem: str) -> None:
    assert notifications.parse(body) == Reading(said=[], problems=[problem])


@pytest.mark.parametrize(
    "body",
    [b"", b"\x00", b"\xff", b"NaN", b"[Infinity]", b"[1e999]", b"9" * 5000, b"type=message", b"{"],
)
def test_a_body_that_is_no_json_is_named(body: bytes) -> None:
    reading = notifications.parse(body)
    assert reading.said == []
    assert [problem[:10] for problem in reading.problems] == ["not JSON: "]


@pytest.mark.parametrize("levels", [100, 300, 1_000, 1_020, 100_000])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", b""),
        (b'{"type":', b"}"),
        (b'{"type":"ack","data":', b"}"),
        (b'{"type":"ack","data":[', b"]}"),
        (b'{"type":"ack","data":[{"msgId":', b"}]}"),
        (b'{"type":"ack","data":[{"msgId":"a","options":', b"}]}"),
        (b'{"type":"message","message":', b"}"),
        (b'{"type":"message","conversation":"a@c.us","message":{"id":"a","text":', b"}}"),
        (b'{"type":"message","conversation":"a@c.us","message":{"a":"\\u0000","b":', b"}}"),
        (b'{"type":"message","conversation":"a@c.us","message":{"a":"\\ud800","b":', b"}}"),
        (b'{"type":"status","phone_id":1,"status":', b"}"),
    ],
)
def test_nesting_of_any_depth_is_named_not_raised(before: bytes, after: bytes, levels: int) -> None:
    reading = read_soundly(before + nested(levels) + after)
    if levels > decoding.MAX_NESTING:
        assert reading.said == []
        assert reading.problems


def test_an_entry_too_deep_to_be_kept_does_not_cost_its_neighbours() -> None:
    options = b'{"msgId":"b","options":' + nested(300) + b"}"
    reading = notifications.parse(b'[{"msgId":"a"},' + options + b',{"msgId":"c"}]')
    assert [one.about.msg_id for one in reading.said if isinstance(one, Ack)] == ["a", "c"]
    assert reading.problems == ["[1]: nested deeper than 254 levels"]


@pytest.mark.parametrize("name", payloads.NAMES)
def test_a_byte_order_mark_changes_nothing(name: str) -> None:
    assert notifications.parse(codecs.BOM_UTF8 + payloads.body(name)) == SAYS[name]


@pytest.mark.parametrize(
    ("hurt", "repaired"),
    [
        (b"\\ud83d", "lone surrogates or NULs were replaced by U+FFFD"),
        (b"\\u0000", "lone surrogates or NULs were replaced by U+FFFD"),
        (b"\xff", "bytes that are no UTF-8 were replaced by U+FFFD"),
    ],
)
def test_a_message_with_a_hurt_text_is_still_told(hurt: bytes, repaired: str) -> None:
    body = payloads.body("message-text-group").replace(b"test message", b"test " + hurt)
    reading = read_soundly(body)
    (one,) = reading.said
    assert isinstance(one, Message)
    assert (one.text, reading.problems) == ("test \ufffd", [repaired])


DEEP, FAR_TOO_DEEP = "<nested 300 levels>", "<nested 1000 levels>"
WRONG: tuple[Any, ...] = (
    None,
    True,
    0,
    5,
    -1,
    1.5,
    "",
    "x",
    [],
    {},
    2**70,
    "x" * 256,
    DEEP,
    FAR_TOO_DEEP,
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to each place in a JSON value, the value itself first."""
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths(inner, (*path, key))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from paths(inner, (*path, position))


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """Return a JSON value with another one in that place."""
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


def dump_deeply(value: Any) -> bytes:
    body = payloads.dump(value)
    for mark, levels in ((DEEP, 300), (FAR_TOO_DEEP, 1000)):
        body = body.replace(payloads.dump(mark), nested(levels))
    return body


def read_soundly(body: bytes) -> Reading:
    """Parse a body, and see that whatever it says can be kept, written as JSON and read again."""
    reading = notifications.parse(body)
    assert reading.said or reading.problems or is_empty_array(body)
    assert len(reading.problems) <= MAX_PROBLEMS
    # Lone surrogates and integers past 64 bits can't be written.
    kept = [orjson.loads(orjson.dumps(reading, default=tuple))]
    assert 0 <= reading.occasion < YEAR_10000
    for one in reading.said:
        match one:
            case Message():
                kept.append(orjson.loads(one.payload))
                assert isinstance(kept[-1], dict)
                digests = (one.identity.canonical, one.identity.copy)
                assert all(-(2**63) <= digest < 2**63 for digest in digests)
                assert_on_earth(one.location)
                assert_in_time(one.sent_at, (one.quoted or {}).get("sent_at"))
            case PollTally():
                kept.append(orjson.loads(one.tally))
                assert_in_time(one.at)
            case Ack() | Reaction():
                assert_in_time(one.at)
    assert not any("\0" in text for text in texts(kept))
    return reading


def is_empty_array(body: bytes) -> bool:
    value = decoding.decode(body).value
    return (value.get("data") if isinstance(value, dict) else value) == []


def assert_on_earth(location: dict[str, float] | None) -> None:
    if location:
        assert -90 <= location["latitude"] <= 90
        assert -180 <= location["longitude"] <= 180


def assert_in_time(*moments: int | None) -> None:
    assert all(moment is None or 0 <= moment < YEAR_10000 for moment in moments)


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from texts(inner)


@pytest.mark.parametrize("name", payloads.NAMES)
def test_no_wrong_type_in_any_field_is_fatal_or_passed_over(name: str) -> None:
    sample = payloads.load(name)
    for path in paths(sample):
        for wrong in WRONG:
            read_soundly(dump_deeply(replaced(sample, path, wrong)))


@pytest.mark.parametrize(
    "name", ["ack-batch-modern", "ack-batch-seed-bare-array", "ack-mixed-batch"]
)
def test_no_wrong_type_in_an_entry_costs_its_neighbours(name: str) -> None:
    sample = payloads.load(name)
    entries = () if isinstance(sample, list) else ("data",)
    sound = SAYS[name].said
    for path in paths(sample):
        if path[: len(entries)] != entries or len(path) <= len(entries):
            continue
        position = path[len(entries)]
        neighbours = [one for index, one in enumerate(sound) if index != position]
        for wrong in WRONG:
            reading = notifications.parse(dump_deeply(replaced(sample, path, wrong)))
            if len(reading.said) == len(sound):
                del reading.said[position]
            assert reading.said == neighbours


fuzzed = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])

KEYS = sorted(
    {"quotedMsg", "latitude", "longitude", "__proto__"}.union(
        *(
            {key for key in path if isinstance(key, str)}
            for name in payloads.NAMES
            for path in paths(payloads.load(name))
        )
    )
)
WORDS = ("message", "ack", "error", "status", "live_event", "text", "location", "info", MSG_ID)
IDS = (PERSON, GROUP, f"false_{GROUP}_K_{PERSON}", f"true_{PERSON}_K", "__", "true_@_")
NUMBERS = (0, -1, 1707216634, 10**12, 10**15, 2**31, 2**63, 2**64, 2**70, -(2**70), 10**400, 1e308)

hostile_text = st.text(
    st.sampled_from("\0\ud83d\ude00\ud800\udfff\ufffd\ufeff\u202e_@+,é😀 ") | st.characters()
)
scalars = (
    st.sampled_from((None, True, False, *WORDS, *IDS, *NUMBERS))
    | hostile_text
    | st.integers()
    | st.floats()
)
json_values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(KEYS) | hostile_text, inner, max_size=6)
    ),
    max_leaves=20,
)
events = st.builds(
    lambda kind, fields: {"type": kind} | fields,
    st.sampled_from(WORDS[:5]),
    st.dictionaries(st.sampled_from(KEYS), json_values, max_size=10),
)


def written(value: Any, *, escaped: bool) -> bytes:
    """Write what is almost JSON: NaN, lone surrogates, integers of any length."""
    return json.dumps(value, ensure_ascii=escaped).encode("utf-8", "surrogatepass")


@st.composite
def mutated_samples(draw: st.DrawFn) -> bytes:
    """Draw a sample with fields dropped, doubled, swapped or of another type, perhaps cut off."""
    value = payloads.load(draw(st.sampled_from(payloads.NAMES)))
    for _ in range(draw(st.integers(0, 3))):
        path = draw(st.sampled_from(list(paths(value))))
        match draw(st.sampled_from(["retype", "drop", "double", "swap"])):
            case "retype":
                value = replaced(value, path, draw(json_values))
            case "drop" if path:
                value = without(value, path)
            case "double":
                value = replaced(value, path, [at(value, path)] * 2)
            case "swap":
                value = replaced(value, path, at(value, draw(st.sampled_from(list(paths(value))))))
    body = written(value, escaped=draw(st.booleans()))
    start, end = sorted(draw(st.tuples(*[st.integers(0, len(body))] * 2)))
    match draw(st.sampled_from(["whole", "truncate", "overwrite", "insert", "remove", "repeat"])):
        case "truncate":
            return body[:start]
        case "overwrite":
            return body[:start] + draw(st.binary(max_size=8)) + body[start + 8 :]
        case "insert":
            return body[:start] + draw(st.binary(max_size=8)) + body[start:]
        case "remove":
            return body[:start] + body[end:]
        case "repeat":
            return body[:end] + body[start:]
    return body


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def without(value: Any, path: tuple[Any, ...]) -> Any:
    copy = value.copy()
    if path[1:]:
        copy[path[0]] = without(value[path[0]], path[1:])
    else:
        del copy[path[0]]
    return copy


@fuzzed
@given(st.binary(max_size=200))
def test_no_bytes_are_fatal(body: bytes) -> None:
    read_soundly(body)


@fuzzed
@given(json_values | events, st.booleans())
def test_no_json_is_fatal(value: Any, escaped: bool) -> None:
    read_soundly(written(value, escaped=escaped))


@fuzzed
@given(st.lists(st.dictionaries(st.sampled_from(KEYS), scalars, max_size=8), max_size=5))
def test_entries_say_the_same_alone_and_in_an_array(entries: list[Any]) -> None:
    try:
        entries = decoding.decode(written(entries, escaped=True)).value
    except Unreadable:
        return
    alone = [one for entry in entries for one in parse([entry]).said]
    assert parse(entries).said == alone


@fuzzed
@given(mutated_samples())
def test_no_mutation_of_a_sample_is_fatal(body: bytes) -> None:
    read_soundly(body)
