"""What all answers share: frozen, tolerant of both eras, and nothing is lost."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from receiver.maytapi.answers import Answer, Phone, Sent, SessionStatus


def test_keys_that_no_document_knows_are_kept() -> None:
    phone = Phone.model_validate({"id": 1, "data": {"a": [1]}, "keyOfTomorrow": None})
    assert phone.model_extra == {"data": {"a": [1]}, "keyOfTomorrow": None}


def test_answers_are_not_changed() -> None:
    phone = Phone(id="1")
    with pytest.raises(ValidationError, match="frozen"):
        phone.id = "2"


def test_a_boolean_is_no_id() -> None:
    with pytest.raises(ValidationError):
        Phone.model_validate({"id": True})


@pytest.mark.parametrize("given", [True, 1, "true"])
def test_truths_are_booleans_however_they_are_written(given: object) -> None:
    assert SessionStatus.model_validate({"loggedIn": given}).logged_in is True


def test_names_of_both_styles_are_read() -> None:
    assert Sent.model_validate({"msgId": "a"}) == Sent.model_validate({"msg_id": "a"})


def test_what_is_wrong_is_not_shown() -> None:
    with pytest.raises(ValidationError) as wrong:
        Sent.model_validate({"msgId": {"secret": "15550100011"}})
    assert "15550100011" not in str(wrong.value)


def test_every_answer_is_one() -> None:
    assert all(answer.model_config["frozen"] for answer in Answer.__subclasses__())
