"""What the copies of a message share, and what tells them apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.maytapi import identity
from receiver.maytapi.identity import WhatsAppId
from tests import payloads

GROUP = "120363000000000001@g.us"
KEY = "3EB0A1B2C3D4E5F6A7B8C9"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            f"false_15550100011@c.us_{KEY}",
            WhatsAppId(from_me=False, chat_id="15550100011@c.us", key=KEY, participant=None),
        ),
        (
            f"true_{GROUP}_{KEY}_15550100001@c.us",
            WhatsAppId(from_me=True, chat_id=GROUP, key=KEY, participant="15550100001@c.us"),
        ),
        (
            f"false_{GROUP}_{KEY}_100000000000001@lid",
            WhatsAppId(from_me=False, chat_id=GROUP, key=KEY, participant="100000000000001@lid"),
        ),
        (
            f"false_15550100001-1500000000@g.us_{KEY}",
            WhatsAppId(
                from_me=False, chat_id="15550100001-1500000000@g.us", key=KEY, participant=None
            ),
        ),
        (
            f"false_status@broadcast_{KEY}_15550100011@c.us",
            WhatsAppId(
                from_me=False, chat_id="status@broadcast", key=KEY, participant="15550100011@c.us"
            ),
        ),
        (
            f"false_{GROUP}_{KEY}_of_parts@lid",
            WhatsAppId(from_me=False, chat_id=GROUP, key=KEY, participant="of_parts@lid"),
        ),
        (
            f"false_{GROUP}_1707216634_",
            WhatsAppId(from_me=False, chat_id=GROUP, key="1707216634", participant=None),
        ),
    ],
)
def test_a_serialized_id_is_taken_apart(text: str, parts: WhatsAppId) -> None:
    assert identity.take_apart(text) == parts


@pytest.mark.parametrize(
    "text",
    [
        "",
        "_",
        "___",
        KEY,
        "a0000001-0001-11ee-8001-000000000001",
        "15550100011@c.us",
        "true_15550100011@c.us",
        "true_15550100011@c.us_",
        f"maybe_15550100011@c.us_{KEY}",
        f"True_15550100011@c.us_{KEY}",
        f"true_15550100011_{KEY}",
        f"_15550100011@c.us_{KEY}",
    ],
)
def test_what_is_no_serialized_id_is_not_taken_apart(text: str) -> None:
    assert identity.take_apart(text) is None


@pytest.mark.parametrize(
    "text",
    [
        f"false_{GROUP}_{KEY}_15550100011@c.us",
        f"true_{GROUP}_{KEY}_15550100001@c.us",
        f"false_{GROUP}_{KEY}_100000000000001@lid",
        f"false_{GROUP}_{KEY}",
        KEY,
    ],
)
def test_all_copies_of_a_message_share_the_canonical_key(text: str) -> None:
    """Whichever phone reports it, however it knows the sender, and whatever is left of the id."""
    assert identity.key_of(text) == KEY
    assert identity.canonical_key(text) == identity.canonical_key(KEY)


@pytest.mark.parametrize("text", ["", "_", "a_b", "true_15550100011@c.us_"])
def test_an_id_without_a_key_is_its_own_key(text: str) -> None:
    assert identity.key_of(text) == text


def test_messages_with_other_keys_have_another_canonical_key() -> None:
    assert identity.canonical_key(KEY) != identity.canonical_key("3EB0B1B2C3D4E5F6A7B9C0")


def test_the_copies_that_two_phones_see_are_one_message_and_two_copies() -> None:
    one, other = (
        identity.identify(
            phone_id=str(event["phone_id"]),
            chat_id=event["conversation"],
            whatsapp_id=event["message"]["_serialized"],
        )
        for event in map(payloads.load, ("message-text-group", "message-text-group-second-phone"))
    )
    assert one.canonical == other.canonical
    assert one.copy != other.copy


@pytest.mark.parametrize(
    ("phone_id", "chat_id", "whatsapp_id"),
    [
        ("12346", GROUP, KEY),
        ("12345", "15550100011@c.us", KEY),
        ("12345", GROUP, f"false_{GROUP}_{KEY}"),
        ("12345", GROUP, "3EB0B1B2C3D4E5F6A7B9C0"),
    ],
)
def test_another_phone_chat_or_id_is_another_copy(
    phone_id: str, chat_id: str, whatsapp_id: str
) -> None:
    copy = identity.identify(phone_id="12345", chat_id=GROUP, whatsapp_id=KEY).copy
    other = identity.identify(phone_id=phone_id, chat_id=chat_id, whatsapp_id=whatsapp_id)
    assert other.copy != copy


def test_identities_stay_what_is_stored_in_databases() -> None:
    """Another digest would no longer find a message that an older release has written."""
    given = identity.identify(
        phone_id="12345",
        chat_id=GROUP,
        whatsapp_id=f"false_{GROUP}_{KEY}_15550100011@c.us",
    )
    assert (given.canonical, given.copy) == (3066508927129117381, 6867532290239854007)
    told = identity.identify_by_content(phone_id="12345", chat_id=GROUP, content="hello")
    assert (told.canonical, told.copy) == (-6361636117772159875, 3742277179730087868)


def test_without_an_id_the_content_is_the_identity() -> None:
    one = identity.identify_by_content(phone_id="1", chat_id="a@c.us", content="hello")
    again = identity.identify_by_content(phone_id="1", chat_id="a@c.us", content="hello")
    other_phone = identity.identify_by_content(phone_id="2", chat_id="a@c.us", content="hello")
    other_chat = identity.identify_by_content(phone_id="1", chat_id="b@c.us", content="hello")
    other_text = identity.identify_by_content(phone_id="1", chat_id="a@c.us", content="hallo")
    assert one == again
    assert one.canonical == other_phone.canonical == other_chat.canonical
    assert other_text.canonical != one.canonical
    assert len({one.copy, other_phone.copy, other_chat.copy, other_text.copy}) == 4


@given(st.text(max_size=300), st.text(max_size=30), st.text(max_size=30))
def test_both_digests_fit_a_signed_64_bit_column(whatsapp_id: str, phone: str, chat: str) -> None:
    given = identity.identify(phone_id=phone, chat_id=chat, whatsapp_id=whatsapp_id)
    assert all(-(2**63) <= digest < 2**63 for digest in (given.canonical, given.copy))
    assert given.canonical == identity.canonical_key(whatsapp_id)


@given(
    st.booleans(),
    st.from_regex(r"\A[^_@]{1,20}@[^_@]{1,5}\Z"),
    st.from_regex(r"\A[^_]{1,20}\Z"),
    st.text(),
)
def test_an_id_is_made_of_the_parts_that_it_is_taken_into(
    from_me: bool, chat_id: str, key: str, participant: str
) -> None:
    text = f"{str(from_me).lower()}_{chat_id}_{key}_{participant}"
    assert identity.take_apart(text) == WhatsAppId(
        from_me=from_me, chat_id=chat_id, key=key, participant=participant or None
    )
    assert identity.key_of(text) == key


@pytest.mark.parametrize(
    ("text", "is_api_id"),
    [
        ("a0000001-0001-11ee-8001-000000000001", True),
        ("A0000001-0001-11EE-8001-000000000001", True),
        ("a0000001000111ee8001000000000001", False),
        ("a0000001-0001-11ee-8001-00000000000", False),
        ("a0000001-0001-11ee-8001-0000000000012", False),
        ("a0000001-0001-11ee-8001-000000000001\n", False),
        ("g0000001-0001-11ee-8001-000000000001", False),
        (KEY, False),
        (f"true_15550100011@c.us_{KEY}", False),
        ("", False),
    ],
)
def test_the_api_names_messages_by_uuid(text: str, is_api_id: bool) -> None:
    assert identity.is_api_id(text) is is_api_id


def test_a_bare_id_is_a_key_alone() -> None:
    assert identity.is_bare(KEY)
    assert not identity.is_bare(f"true_15550100011@c.us_{KEY}")


@pytest.mark.parametrize(
    ("chat_id", "kind"),
    [
        ("15550100011@c.us", "person"),
        ("15550100011@s.whatsapp.net", "person"),
        (GROUP, "group"),
        ("15550100001-1500000000@g.us", "group"),
        ("100000000000001@lid", "hidden"),
        ("status@broadcast", "other"),
        ("120363000000000001@newsletter", "other"),
        ("15550100011", "other"),
        ("", "other"),
    ],
)
def test_a_chat_id_tells_the_kind_of_conversation(chat_id: str, kind: str) -> None:
    assert identity.kind_of(chat_id) == kind


@pytest.mark.parametrize(
    ("chat_id", "phone"),
    [
        ("15550100011@c.us", "15550100011"),
        ("15550100011@s.whatsapp.net", "15550100011"),
        ("100000000000001@lid", None),
        ("120363000000000001@g.us", None),
        ("status@broadcast", None),
        ("a@c.us", None),
        ("٣@c.us", None),
        ("@c.us", None),
        ("15550100011", None),
        (None, None),
    ],
)
def test_the_id_of_a_person_is_a_number(chat_id: str | None, phone: str | None) -> None:
    assert identity.phone_of(chat_id) == phone
