"""What is sent for each content, and what answers about chats are read as."""

from __future__ import annotations

from typing import Any

import pytest

from receiver.errors import Unreadable
from receiver.maytapi.calls import chats
from receiver.maytapi.contents import Reaction, Text
from tests.scripted import sample

QUOTED = "false_15550100001-1500000000@g.us_3EB0A81ECEA6D47F2F13"


def test_a_reply_quotes() -> None:
    call = chats.send_message("1", to="15550100011@c.us", text="Message Text", reply_to=QUOTED)
    assert call.body == sample("request-sendMessage-text-reply")


def test_the_filter_of_repeats_can_be_switched_off() -> None:
    call = chats.send_message("1", to="15550100011", text="Hello World!", skip_filter=True)
    assert call.body == sample("request-sendMessage-text-skip-filter")


@pytest.mark.parametrize("to", ["15550100011", "+15550100011", "+1 (555) 010-0011"])
def test_a_number_goes_without_what_is_written_between_its_digits(to: str) -> None:
    assert chats.send_message("1", to=to, text="x").body["to_number"] == "15550100011"


def test_what_a_reaction_is_about_is_its_own_affair() -> None:
    content = Reaction(emoji="😀", message_id=QUOTED)
    call = chats.send_message("1", to="15550100011@c.us", content=content, reply_to="other")
    assert call.body == sample("request-sendMessage-reaction")


@pytest.mark.parametrize("given", [{}, {"text": "a", "content": Text(text="b")}])
def test_there_is_one_thing_to_say(given: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="either text or content"):
        chats.send_message("1", to="15550100011", **given)


def test_an_empty_text_is_something_to_say() -> None:
    assert chats.send_message("1", to="15550100011", text="").body["message"] == ""


def test_a_raw_message_goes_as_it_is() -> None:
    fields = sample("request-sendMessage-sticker") | {"field_of_tomorrow": [1]}
    assert chats.send("1", fields).body == fields


@pytest.mark.parametrize("name", ["response-sendMessage", "response-sendMessage-openapi"])
def test_a_sent_message_has_an_id_of_either_form(name: str) -> None:
    sent = chats.send("1", {}).read(sample(name))
    assert sent.msg_id == sample(name)["data"]["msgId"]
    assert sent.chat_id == sample(name)["data"]["chatId"]


@pytest.mark.parametrize("data", [{}, {"msgId": ""}, {"msgId": None}, {"msgId": {}}, [], None])
def test_without_an_id_it_is_not_known_to_be_sent(data: object) -> None:
    with pytest.raises(Unreadable):
        chats.send("1", {}).read({"success": True, "data": data})


def test_a_message_without_chat_is_sent_all_the_same() -> None:
    assert chats.send("1", {}).read({"success": True, "data": {"msgId": "a"}}).chat_id is None


def test_sending_may_not_be_repeated_and_is_paced() -> None:
    call = chats.send("1", {})
    assert (call.only_reads, call.paced) == (False, True)


def test_a_history_has_messages_and_their_authors() -> None:
    history = chats.get_messages("1", "c").read(sample("response-getMessages"))
    first, second, third = history.messages
    assert (first.uid, first.from_me, first.timestamp) == ("15550100011@c.us", False, 1786299731)
    assert first.message["text"] == "machine stopped, urgent"
    assert second.quoted_msg
    assert second.quoted_msg["text"] == "machine stopped, urgent"
    assert third.message["subtype"] == "group/leave"
    assert history.users["15550100011@c.us"]["name"] == "Contact A"
    assert history.model_extra
    assert history.model_extra["me"] == {"id": 12345, "phone": "15550100001"}


def test_a_history_of_media_has_links() -> None:
    history = chats.get_conversation("1", "c").read(sample("response-getMessages-media"))
    assert [message.message["type"] for message in history.messages] == ["ptt", "video", "image"]


def test_contacts_are_people_and_groups() -> None:
    contacts = chats.contacts("1").read(sample("response-contacts"))
    assert [contact.type for contact in contacts] == ["chat", "group"]


@pytest.mark.parametrize(
    "whole", ["15550100011@c.us", {"server": "c.us", "_serialized": "15550100011@c.us"}]
)
def test_a_checked_number_has_an_id_of_either_form(whole: object) -> None:
    answer = sample("response-checkNumberStatus-valid")
    answer["result"]["id"] = whole
    checked = chats.check_number_status("1", "15550100011").read(answer)
    assert checked.id == "15550100011@c.us"
    assert (checked.status, checked.can_receive_message, checked.is_business) == (200, True, False)


def test_many_numbers_are_checked_at_once() -> None:
    one, other = chats.check_phones("1", []).read(sample("response-checkPhones"))
    assert (one.valid, one.id) == (True, "15550100011@c.us")
    assert (other.valid, other.id) == (False, None)


def test_answers_of_unknown_form_come_as_they_are() -> None:
    for call in (chats.get_message("1", "m"), chats.get_conversations("1")):
        assert call.read({"a": 1}) == {"a": 1}
        with pytest.raises(Unreadable):
            call.read(b"<html>")


def test_contacts_are_changed_by_posts_that_are_not_repeated() -> None:
    for change in (chats.contact_add, chats.contact_edit, chats.contact_remove):
        assert change("1", {"a": "b"}).body == {"a": "b"}
        assert change("1", {}).only_reads is False
