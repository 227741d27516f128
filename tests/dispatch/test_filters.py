"""F: a condition says what it looks like, of events that have the value and of those that don't."""

from __future__ import annotations

import re
from typing import Any

import pytest

from receiver import F
from receiver.events import Media
from tests.dispatch import handmade

EVENT = handmade.message(
    text="The PRICE of eggs",
    payload={"subtype": "x", "tags": ["a", "b"], "items": 3, "deep": {"er": None}},
)
NO_TEXT = handmade.message(
    text=None, sender=None, media=Media(url="https://x/y.png", mime_type=None, filename=None)
)


def shown(value: object) -> str:
    """Show a value of a case, the same in every process."""
    return re.sub(r"<function .*?> at \w+>", "a lambda", repr(value))


@pytest.mark.parametrize(
    ("condition", "of_event", "of_no_text"),
    [
        (F.text, True, False),
        (F.from_me, False, False),
        (~F.from_me, True, True),
        (F.text.contains("PRICE"), True, False),
        (F.text.contains("price"), False, False),
        (F.text.contains("price", ignore_case=True), True, False),
        (F.text.startswith("The"), True, False),
        (F.text.startswith(("A", "The")), True, False),
        (F.text.endswith("eggs"), True, False),
        (F.text.matches(r"of \w+$"), True, False),
        (F.text.matches(re.compile("PRICE", re.IGNORECASE)), True, False),
        (F.text.in_({"The PRICE of eggs"}), True, False),
        (F.text.is_(str.istitle), False, False),
        (F.text == "The PRICE of eggs", True, False),
        (F.text != "other", True, True),
        (F.text == None, False, True),  # noqa: E711
        (F.text != None, True, False),  # noqa: E711
        (F.text < "U", True, False),
        (F.text >= "U", False, False),
        (F.id > 0, True, True),
        (F.id <= 0, False, False),
        (F.sender.phone == "15550100011", True, False),
        (F.media.url.endswith(".png"), False, True),
        (F.payload["subtype"] == "x", True, False),
        (F.payload["tags"].contains("b"), True, False),
        (F.payload["items"] == 3, True, False),
        (F.payload["deep"]["er"]["gone"], False, False),
        (F.nothing_of_the_kind, False, False),
        (F.text & ~F.from_me, True, False),
        (F.from_me | (F.type == "text"), True, True),
        (F.text & (lambda event: event.id == 1), True, False),
        ((lambda event: event.id == 1) & F.text, True, False),
        ((lambda event: False) | F.text, True, False),
        (~(F.text == "other") & F.first_copy, True, True),
        (F, True, True),
    ],
    ids=shown,
)
def test_it_holds_where_it_should(condition: Any, of_event: bool, of_no_text: bool) -> None:
    assert condition(EVENT) is of_event
    assert condition(NO_TEXT) is of_no_text


def test_it_is_shown_as_it_is_written() -> None:
    assert repr(F.text.contains("x") & ~F.from_me) == "(F.text.contains('x') & ~F.from_me)"
    assert repr(F.ack == "seen") == "(F.ack == 'seen')"


def test_and_or_not_and_in_are_refused_before_they_mislead() -> None:
    for mistaken in (
        lambda: F.text and F.from_me,
        lambda: not F.text,
        lambda: F.text in ["a"],
        lambda: 1 < F.id < 3,
    ):
        with pytest.raises(TypeError, match=r"use & \| ~"):
            mistaken()


def test_it_has_no_private_names() -> None:
    with pytest.raises(AttributeError):
        F._private  # noqa: B018
