"""One message, of whatever type, as one of our phones saw it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from receiver.errors import Unreadable
from receiver.maytapi import messages
from receiver.maytapi.fields import Fields
from receiver.maytapi.identity import identify
from receiver.maytapi.messages import Message, Sender
from tests import payloads

MESSAGES = [name for name in payloads.NAMES if name.startswith("message-")]
GROUP = "120363000000000001@g.us"
KEY = "3EB0A1B2C3D4E5F6A7B8C9"
CONTACT = Sender(id="15550100011@c.us", name="Contact A", phone="15550100011")
BLANK = {"id": "", "name": "", "phone": ""}


def read(event: dict[str, Any], *notes: str) -> Message:
    """Read an event that leaves these notes, or none."""
    problems: list[str] = []
    message = messages.read(Fields(event, problems), phone_id="12345")
    assert problems == list(notes)
    return message


def event(name: str = "message-text-group", /, **changed: Any) -> dict[str, Any]:
    """Return a sample; of its `message` the given fields are other ones, and `...` takes away."""
    event: dict[str, Any] = payloads.load(name)
    event["message"] = _without_gaps(event["message"] | changed)
    return event


def around(name: str = "message-text-group", /, **changed: Any) -> dict[str, Any]:
    """Return a sample with other fields around its `message`; `...` takes one away."""
    return _without_gaps(payloads.load(name) | changed)


def _without_gaps(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not ...}


@pytest.mark.parametrize("name", MESSAGES)
def test_the_message_object_is_kept_whole(name: str) -> None:
    assert json.loads(read(payloads.load(name)).payload) == payloads.load(name)["message"]


@pytest.mark.parametrize(
    "type_", ["text", "reaction", "message_edit", "live_location", "订单", "💥"]
)
def test_a_type_of_tomorrow_keeps_its_name_and_all_its_fields(type_: str) -> None:
    extra = {"id": KEY, "type": type_, "text": "hi", "new": [{"deep": {"a": [1, None, 1.5]}}]}
    message = read(around(message=extra))
    assert (message.type, message.text) == (type_, "hi")
    assert json.loads(message.payload) == extra


def test_a_type_of_tomorrow_shows_its_media() -> None:
    message = read(event("message-image-group", type="hologram", caption="look"))
    assert (message.type, message.text) == ("hologram", "look")
    assert message.media == {
        "url": "https://media.example.invalid/wh/AAAAAAAAAAAAAAAAAAAAAA.jpeg?size=1280x960",
        "mime_type": "image/jpeg",
        "filename": f"false_{GROUP}_0C111122223333444455556666777788_15550100011@c.us.jpeg",
    }


@pytest.mark.parametrize("type_", [..., None, "", " "])
def test_a_message_without_a_type_is_of_unknown_type(type_: Any) -> None:
    assert read(event(type=type_)).type == "unknown"


@pytest.mark.parametrize(
    ("changed", "whatsapp_id"),
    [
        ({"_serialized": "one", "id": "other"}, "one"),
        ({"_serialized": "", "id": "other"}, "other"),
        ({"_serialized": None, "id": "other"}, "other"),
        ({"_serialized": ..., "id": 42}, "42"),
        ({"_serialized": ..., "id": ...}, None),
    ],
)
def test_the_serialized_id_is_preferred(changed: dict[str, Any], whatsapp_id: str | None) -> None:
    assert read(event(**changed)).whatsapp_id == whatsapp_id


def test_the_identity_is_made_of_phone_chat_and_id() -> None:
    message = read(event())
    assert message.whatsapp_id is not None
    assert message.identity == identify(
        phone_id="12345", chat_id=GROUP, whatsapp_id=message.whatsapp_id
    )


def test_the_same_message_on_two_phones_is_one_message_and_two_copies() -> None:
    one = payloads.load("message-text-group")
    other = payloads.load("message-text-group-second-phone")
    first = messages.read(Fields(one, []), phone_id="12345")
    second = messages.read(Fields(other, []), phone_id="12346")
    assert first.identity.canonical == second.identity.canonical
    assert first.identity.copy != second.identity.copy


def test_our_message_seen_by_our_other_phone_is_the_same_message() -> None:
    own = read(payloads.load("message-text-group-fromme"))
    seen = read(event(id=f"false_{GROUP}_{KEY}_100000000000009@lid", _serialized=...))
    assert own.identity.canonical == seen.identity.canonical
    assert own.identity.copy != seen.identity.copy


def test_without_an_id_the_same_body_is_the_same_message() -> None:
    seed_era = payloads.load("message-text-seed-era")
    assert read(seed_era).identity == read(payloads.load("message-text-seed-era")).identity


@pytest.mark.parametrize(
    "changed",
    [
        {"timestamp": 1574081888},
        {"message": {"type": "text", "text": "hallo"}},
        {"conversation": "15550100001-1500000000@g.us"},
        {"user": {"id": "15550100012@c.us", "name": "UserName", "phone": "15550100012"}},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_without_an_id_another_time_text_chat_or_sender_is_another_message(
    changed: dict[str, Any],
) -> None:
    one = read(around("message-text-seed-era"))
    other = read(around("message-text-seed-era", **changed))
    assert one.identity != other.identity


@pytest.mark.parametrize(
    ("own_id", "flag", "from_me"),
    [
        (f"true_{GROUP}_{KEY}_15550100001@c.us", True, True),
        (f"false_{GROUP}_{KEY}_15550100011@c.us", False, False),
        (f"true_{GROUP}_{KEY}_15550100012@c.us", False, False),
        (f"false_{GROUP}_{KEY}_15550100001@c.us", True, True),
        (f"true_{GROUP}_{KEY}_15550100001@c.us", 1, True),
        (f"true_{GROUP}_{KEY}_15550100001@c.us", 0, False),
        (f"true_{GROUP}_{KEY}_15550100001@c.us", ..., True),
        (f"true_15550100011@c.us_{KEY}", None, True),
        (f"false_{GROUP}_{KEY}_15550100011@c.us", ..., False),
        (KEY, True, True),
        (KEY, ..., False),
        (..., ..., False),
    ],
)
def test_the_flag_tells_who_sent_it_and_without_it_the_id(
    own_id: Any, flag: Any, from_me: bool
) -> None:
    assert read(event(id=own_id, _serialized=own_id, fromMe=flag)).from_me is from_me


def test_a_flag_that_is_none_leaves_it_to_the_id() -> None:
    own = event("message-text-group-fromme", fromMe="yes")
    assert read(own, "message.fromMe is no boolean").from_me


def test_our_own_message_is_known_by_a_flag_told_as_text() -> None:
    """Whoever answers what is not told to be ours talks to himself."""
    name = f"false_15550100011@c.us_{KEY}"
    assert read(event(id=name, _serialized=name, fromMe="true")).from_me


def test_our_own_message_is_not_said_by_the_chat_partner() -> None:
    """`user` has been seen as the partner there."""
    message = read(event("message-text-dm", id=f"true_15550100011@c.us_{KEY}", fromMe=True))
    assert message.sender == Sender(id="15550100001@c.us", name=None, phone="15550100001")


def test_our_own_name_in_a_group_is_the_one_in_the_id() -> None:
    own_id = f"true_{GROUP}_{KEY}_100000000000009@lid"
    message = read(event("message-text-group-fromme", id=own_id, _serialized=own_id))
    assert message.sender == Sender(id="100000000000009@lid", name=None, phone="15550100001")


def test_our_own_number_in_a_group_may_be_the_one_in_the_id() -> None:
    own_id = f"true_{GROUP}_{KEY}_15550100001@c.us"
    own = event("message-text-group-fromme", id=own_id, _serialized=own_id)
    del own["receiver"]
    assert read(own).sender == Sender(id="15550100001@c.us", name=None, phone="15550100001")


def test_our_own_message_may_come_without_our_number() -> None:
    own = event("message-text-dm", id=KEY, _serialized=KEY, fromMe=True)
    del own["receiver"]
    assert read(own).sender is None


def test_the_user_is_the_sender() -> None:
    assert read(event()).sender == CONTACT


def test_ids_of_the_user_may_be_integers() -> None:
    message = read(around(user={"id": 15550100011, "phone": 15550100011}))
    assert message.sender == Sender(id="15550100011", name=None, phone="15550100011")


@pytest.mark.parametrize("user", [..., None, {}, BLANK, {"id": None, "name": None}])
@pytest.mark.parametrize(
    ("participant", "sender"),
    [
        ("_100000000000001@lid", Sender(id="100000000000001@lid", name=None, phone=None)),
        ("_15550100011@c.us", Sender(id="15550100011@c.us", name=None, phone="15550100011")),
        ("_15550100001@c.us", None),
        ("", None),
    ],
    ids=["hidden", "known", "our own number", "no participant"],
)
def test_behind_a_blank_user_in_a_group_is_the_participant_of_the_id(
    user: Any, participant: str, sender: Sender | None
) -> None:
    """But where that is our own number, or no one, nobody knows who spoke."""
    whatsapp_id = f"false_{GROUP}_{KEY}{participant}"
    blank = event(id=whatsapp_id, _serialized=whatsapp_id) | {"user": user}
    assert read(_without_gaps(blank)).sender == sender


@pytest.mark.parametrize(
    ("chat_id", "phone"), [("15550100011@c.us", "15550100011"), ("100000000000001@lid", None)]
)
def test_behind_a_blank_user_in_a_direct_chat_is_the_chat(chat_id: str, phone: str | None) -> None:
    whatsapp_id = f"false_{chat_id}_{KEY}"
    blank = event("message-text-dm", id=whatsapp_id, _serialized=whatsapp_id)
    message = read(blank | {"conversation": chat_id, "user": BLANK})
    assert message.sender == Sender(id=chat_id, name=None, phone=phone)


def test_a_hidden_id_in_a_direct_chat_with_a_number_is_of_that_number() -> None:
    hidden = f"false_100000000000001@lid_{KEY}"
    known = event("message-text-dm", id=hidden, _serialized=hidden)
    for name in ("", "100000000000001@lid"):
        sender = read(known | {"user": {"id": name}}).sender
        assert sender == Sender(id=name or "15550100011@c.us", name=None, phone="15550100011")


def test_behind_a_blank_user_and_a_bare_id_is_the_chat() -> None:
    message = read(around("message-text-openapi", user=BLANK))
    assert message.sender == Sender(id="15550100011@c.us", name=None, phone="15550100011")


def test_behind_a_blank_user_and_a_bare_id_may_be_ourselves() -> None:
    """Some types come without the flag, and then nothing tells."""
    assert read(event("message-text-openapi", fromMe=...) | {"user": BLANK}).sender is None


def test_behind_a_blank_user_in_a_group_and_a_bare_id_is_nobody() -> None:
    assert read(around("message-text-openapi", conversation=GROUP, user=BLANK)).sender is None


@pytest.mark.parametrize("known", [{"name": "Contact A"}, {"phone": "15550100011"}])
def test_what_is_known_of_the_sender_is_kept_without_an_id(known: dict[str, str]) -> None:
    message = read(around("message-text-openapi", conversation=GROUP, user=known))
    assert message.sender == Sender(**({"id": None, "name": None, "phone": None} | known))


def test_our_own_number_as_participant_is_not_the_sender_of_a_named_user() -> None:
    whatsapp_id = f"false_{GROUP}_{KEY}_15550100001@c.us"
    named = event(id=whatsapp_id, _serialized=whatsapp_id) | {"user": {"name": "Contact A"}}
    assert read(named).sender == Sender(id=None, name="Contact A", phone=None)


@pytest.mark.parametrize("conversation", [..., None, "", " "])
def test_without_a_conversation_the_id_names_the_chat(conversation: Any) -> None:
    assert read(around(conversation=conversation)).chat_id == GROUP


def test_without_a_conversation_and_an_id_the_sender_is_the_chat() -> None:
    seed_era = around("message-text-seed-era", conversation=...)
    assert read(seed_era).chat_id == "15550100011@c.us"


@pytest.mark.parametrize("user", [..., None, {}, BLANK])
def test_a_message_of_no_chat_is_unreadable(user: Any) -> None:
    with pytest.raises(Unreadable, match="conversation is missing"):
        read(around("message-text-openapi", conversation="", user=user))


@pytest.mark.parametrize("message", [..., None])
def test_an_event_without_a_message_is_unreadable(message: Any) -> None:
    with pytest.raises(Unreadable, match="no message object"):
        read(around(message=message))


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"conversation": []}, "conversation is no id"),
        ({"conversation": "x" * 256}, "conversation is no id"),
        ({"message": {"id": {"_serialized": KEY}}}, r"message\.id is no id"),
        ({"message": {"_serialized": True, "id": KEY}}, r"message\._serialized is no id"),
        ({"message": {}, "conversation": "", "user": {"id": 1.5}}, r"user\.id is no id"),
    ],
)
def test_what_could_be_mistaken_for_another_message_or_chat_is_unreadable(
    changed: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Unreadable, match=reason):
        read(around(**changed))


@pytest.mark.parametrize("wrong", [True, 1.5, [], {}, "x" * 256], ids=lambda wrong: str(wrong)[:5])
def test_an_odd_field_beside_the_ids_does_not_cost_the_message(wrong: Any) -> None:
    odd = event(type=wrong)
    odd |= {"receiver": wrong, "user": {"id": wrong, "name": "Contact A", "phone": wrong}}
    message = read(
        odd,
        "receiver is no id",
        "user.phone is no id",
        "user.id is no id",
        "message.type is no id",
    )
    assert (message.type, message.text) == ("unknown", "test message")
    assert message.sender == Sender(id="15550100011@c.us", name="Contact A", phone="15550100011")


@pytest.mark.parametrize(
    ("name", "changed", "chat_name"),
    [
        ("message-text-group", {}, "Example Group"),
        ("message-text-group", {"conversation_name": ""}, None),
        ("message-text-group", {"conversation_name": ...}, None),
        ("message-text-mention-openapi", {}, None),
        ("message-text-dm", {"conversation_name": "Kim"}, "Kim"),
        ("message-text-dm", {"conversation_name": ""}, "Contact A"),
        ("message-text-openapi", {}, "UserName"),
        ("message-text-openapi", {"user": BLANK}, None),
        ("message-text-group-fromme", {"conversation_name": ...}, None),
    ],
)
def test_a_direct_chat_without_a_name_is_called_after_the_person(
    name: str, changed: dict[str, Any], chat_name: str | None
) -> None:
    assert read(around(name, **changed)).chat_name == chat_name


def test_a_direct_chat_is_not_called_after_us() -> None:
    own = event("message-text-dm", fromMe=True) | {"conversation_name": ""}
    assert read(own).chat_name is None


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"text": "hello", "caption": "look"}, "hello"),
        ({"text": "", "caption": "look"}, "look"),
        ({"text": ..., "caption": "look"}, "look"),
        ({"text": "", "caption": ""}, None),
        ({"text": None}, None),
        ({"text": ...}, None),
        ({"text": "  two\nlines  "}, "  two\nlines  "),
        ({"text": "x" * 1_000_000}, "x" * 1_000_000),
    ],
    ids=range(8),
)
def test_the_text_is_the_text_or_the_caption(changed: dict[str, Any], text: str | None) -> None:
    assert read(event(**changed)).text == text


def test_a_text_that_is_none_is_noted() -> None:
    message = read(event(text=5, caption="look"), "message.text is no text")
    assert message.text == "look"


@pytest.mark.parametrize("url", [..., None, ""])
def test_without_a_url_there_is_no_media(url: Any) -> None:
    assert read(event("message-image-group", url=url)).media is None


def test_media_may_come_without_type_and_name() -> None:
    message = read(event("message-ptt-group", mime="audio/ogg; codecs=opus", filename=...))
    assert message.media == {
        "url": "https://media.example.invalid/wh/AAAAAAAAAAAAAAAAAAAAAA.oga",
        "mime_type": "audio/ogg; codecs=opus",
        "filename": None,
    }


@pytest.mark.parametrize(
    ("changed", "latitude", "longitude"),
    [
        ({"payload": "38.3978531,28.968876"}, 38.3978531, 28.968876),
        ({"payload": "-90,180"}, -90.0, 180.0),
        ({"payload": "0,0"}, 0.0, 0.0),
        ({"payload": " 12.5 , -0.25 "}, 12.5, -0.25),
        ({"payload": ..., "latitude": 12.5, "longitude": -7}, 12.5, -7.0),
        ({"payload": ..., "latitude": "12.5", "longitude": "-7"}, 12.5, -7.0),
        ({"payload": None, "latitude": 90, "longitude": -180}, 90.0, -180.0),
    ],
)
def test_a_location_is_one_string_or_two_fields(
    changed: dict[str, Any], latitude: float, longitude: float
) -> None:
    message = read(event("message-location-openapi", **changed))
    assert message.location == {"latitude": latitude, "longitude": longitude}


def test_a_live_location_shows_where_it_began() -> None:
    live = event("message-location-openapi", type="live_location", payload="12.5,7")
    assert read(live).location == {"latitude": 12.5, "longitude": 7.0}


@pytest.mark.parametrize(
    "changed",
    [
        {"payload": "90.1,0"},
        {"payload": "0,-180.1"},
        {"payload": "1e400,0"},
        {"payload": "nan,nan"},
        {"payload": "inf,0"},
        {"payload": ..., "latitude": 91, "longitude": 0},
    ],
)
def test_a_location_off_the_earth_is_noted(changed: dict[str, Any]) -> None:
    far = event("message-location-openapi", **changed)
    assert read(far, "message.payload is no place on earth").location is None


@pytest.mark.parametrize(
    "changed",
    [
        {"payload": ""},
        {"payload": "x"},
        {"payload": "12.5"},
        {"payload": "12.5;7"},
        {"payload": "1,2,3"},
        {"payload": "1_0,2"},
        {"payload": ...},
        {"payload": 5},
        {"payload": []},
        {"payload": ..., "latitude": 1},
        {"payload": ..., "latitude": True, "longitude": False},
        {"payload": ..., "latitude": [], "longitude": {}},
    ],
)
def test_what_is_no_location_is_noted(changed: dict[str, Any]) -> None:
    nowhere = event("message-location-openapi", **changed)
    assert read(nowhere, "message.payload is no location").location is None


def test_only_locations_have_a_location() -> None:
    assert read(event(payload="12.5,7")).location is None


def test_a_quoted_message_is_told_in_short() -> None:
    assert read(payloads.load("message-text-quoted-openapi")).quoted == {
        "whatsapp_id": "3EB081AF26FADE6416D8",
        "type": "text",
        "text": "Message Text",
        "sender": {"id": "15550100012@c.us", "name": "UserName", "phone": "15550100012"},
        "sent_at": 1574098389_000,
    }


def test_a_quoted_message_may_be_inside_the_message() -> None:
    quoted = {"_serialized": f"false_{GROUP}_{KEY}", "id": "other", "caption": "look"}
    assert read(event(quotedMsg=quoted)).quoted == {
        "whatsapp_id": f"false_{GROUP}_{KEY}",
        "type": None,
        "text": "look",
        "sender": None,
        "sent_at": None,
    }


def test_ids_of_a_quoted_message_may_be_integers() -> None:
    quoted = read(around(quoted={"id": 42, "user": {"id": 1, "name": "", "phone": 2}})).quoted
    assert quoted is not None
    assert quoted["whatsapp_id"] == "42"
    assert quoted["sender"] == {"id": "1", "name": None, "phone": "2"}


@pytest.mark.parametrize("quoted", [..., None])
def test_most_messages_quote_nothing(quoted: Any) -> None:
    assert read(around(quoted=quoted)).quoted is None


@pytest.mark.parametrize(
    ("quoted", "note"),
    [
        ("x", "quoted is no object"),
        ({"id": []}, "quoted.id is no id"),
        ({"user": []}, "quoted.user is no object"),
        ({"user": {"phone": {}}}, "quoted.user.phone is no id"),
        ({"text": 5}, "quoted.text is no text"),
        ({"timestamp": -1}, "quoted.timestamp is no time"),
    ],
)
def test_an_odd_quotation_does_not_cost_the_message(quoted: Any, note: str) -> None:
    assert read(around(quoted=quoted), note).text == "test message"


def test_an_impossible_time_does_not_cost_the_message() -> None:
    assert read(around(timestamp="yesterday"), "timestamp is no time").sent_at is None


@pytest.mark.parametrize("timestamp", [1707216634, 1707216634_000, "1707216634", 1707216634.0])
def test_the_time_is_in_milliseconds(timestamp: Any) -> None:
    assert read(around(timestamp=timestamp)).sent_at == 1707216634_000


def test_a_message_as_deep_as_can_be_kept_is_read() -> None:
    deepest: list[Any] = []
    for _ in range(252):
        deepest = [deepest]
    assert read(event(new=deepest)).text == "test message"
    with pytest.raises(Unreadable, match="254 levels"):
        read(event(new=[deepest]))
