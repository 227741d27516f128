"""A person is known by every spelling of the number, by nothing else, and struck out whole."""

from __future__ import annotations

import json

import pytest

from receiver.errors import Unsendable
from receiver.maytapi.identity import canonical_key
from receiver.maytapi.person import STRUCK, Person

NUMBER = "15550100077"
PERSON = Person(NUMBER)
HIDDEN = Person("100000000000077@lid")
GROUP = Person("120363000000000007@g.us")


@pytest.mark.parametrize(
    "name",
    [
        NUMBER,
        "+1 (555) 010-0077",
        f"{NUMBER}@c.us",
        f"+{NUMBER}@c.us",
        f"{NUMBER}@s.whatsapp.net",
    ],
)
def test_a_number_is_taken_however_it_is_written(name: str) -> None:
    person = Person(name)
    assert person.number == NUMBER
    assert person.chat_ids == [f"{NUMBER}@c.us", f"{NUMBER}@s.whatsapp.net"]


@pytest.mark.parametrize("name", ["", "Ada", "123", "@c.us", "a b@c.us"])
def test_what_names_nobody_is_refused(name: str) -> None:
    with pytest.raises(Unsendable):
        Person(name)


@pytest.mark.parametrize(
    "text",
    [
        NUMBER,
        f"call +{NUMBER}!",
        "001555 010 0077",
        "1.555.010.0077",
        "1 (555) 010-0077",
        f"@{NUMBER} look",
        f"false_{NUMBER}@c.us_3EB0A1",
        f"true_120363000000000001@g.us_3EB0A1_{NUMBER}@c.us",
        f"{NUMBER}:12@s.whatsapp.net",
    ],
)
def test_the_name_is_found_and_struck_out_of_texts(text: str) -> None:
    assert PERSON.is_in(text)
    struck = PERSON.struck_from(text)
    assert STRUCK in struck
    assert not PERSON.is_in(struck)
    assert "@c.us" not in struck.replace("120363000000000001@g.us", "")


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        f"2{NUMBER}",
        f"{NUMBER}0",
        "15550100078",
        f"{NUMBER}-1500000000@g.us",
        f"false_{NUMBER}-1500000000@g.us_3EB0A1",
    ],
)
def test_others_are_not_taken_for_them(text: str | None) -> None:
    assert not PERSON.is_in(text)


def test_a_short_number_is_looked_for_in_ids_alone() -> None:
    short = Person("12345")
    assert not short.is_in_body(b'{"phone_id": 12345}')
    assert short.is_in_body(b'{"conversation": "12345@c.us"}')


def test_a_hidden_person_and_a_group_are_known_by_their_ids() -> None:
    assert HIDDEN.number is None
    assert HIDDEN.is_in("@100000000000077 look")
    assert HIDDEN.is_party("false_120363000000000001@g.us_3EB0A1_100000000000077@lid")
    assert GROUP.is_party("false_120363000000000007@g.us_3EB0A1_15550100077@c.us")
    assert not GROUP.is_in("120363000000000007", "9120363000000000007@g.us")
    assert Person(f"{NUMBER}-15@g.us").is_in(f'"{NUMBER}-15@g.us"')


def test_an_id_tells_who_takes_part() -> None:
    assert PERSON.is_party(f"true_{NUMBER}@c.us_3EB0A1")
    assert not PERSON.is_party("true_15550100012@c.us_3EB0A1")
    assert not PERSON.is_party(NUMBER)
    assert not PERSON.is_party(None)


def test_a_body_may_escape_what_it_need_not() -> None:
    escaped = '{"conversation": "' + "".join(f"\\u{ord(c):04x}" for c in NUMBER) + '\\u0040c.us"}'
    assert PERSON.is_in_body(escaped.encode())
    assert PERSON.is_in_body(f'\xff{{"phone": {NUMBER}}}'.encode("latin-1"))
    assert not PERSON.is_in_body(b'{"text": "\\u00e9 15550100012"}')


def test_what_is_about_them_alone_is_emptied_and_the_rest_stays() -> None:
    key = canonical_key("3EB0QUOTED")
    value = {
        "text": f"@{NUMBER} and @15550100012",
        "mentions": [f"{NUMBER}@c.us", "15550100012@c.us"],
        "quotedMsg": {"text": "secret", "user": {"id": f"{NUMBER}@c.us", "name": "Ada"}},
        "other": [{"id": "3EB0QUOTED", "text": "secret"}, {"id": "3EB0OTHER", "text": "kept"}],
        "vcardList": [{"displayName": "Ada", "vcard": f"BEGIN:VCARD\nTEL:+{NUMBER}\nEND:VCARD"}],
        "participant": f"{NUMBER}@c.us",
        "voters": [int(NUMBER), 7, None, 1.5],
        "votes": {NUMBER: 1},
    }
    assert PERSON.struck_out(value, {key}) == {
        "text": f"@{STRUCK} and @15550100012",
        "mentions": [STRUCK, "15550100012@c.us"],
        "quotedMsg": {},
        "other": [{}, {"id": "3EB0OTHER", "text": "kept"}],
        "vcardList": [{}],
        "participant": STRUCK,
        "voters": [STRUCK, 7, None, 1.5],
        "votes": {STRUCK: 1},
    }
    assert NUMBER not in json.dumps(PERSON.struck_out([value, NUMBER]))
    assert PERSON.struck_out(f"call {NUMBER}") == f"call {STRUCK}"


def test_nothing_and_a_list_are_about_nobody() -> None:
    assert not PERSON.is_of(None)
    assert not PERSON.is_of([NUMBER])


def test_a_body_tells_whose_phone_it_came_to() -> None:
    assert PERSON.is_receiver(f'{{"receiver": "{NUMBER}"}}'.encode())
    assert PERSON.is_receiver(f'{{"receiver":{NUMBER}}}'.encode())
    assert not PERSON.is_receiver(f'{{"receiver": "{NUMBER}1", "to": "{NUMBER}"}}'.encode())
    assert not GROUP.is_receiver(b'{"receiver": "None"}')
