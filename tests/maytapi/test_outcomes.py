"""The rule: refused, not done yet, or unknown; for each answer there is."""

from __future__ import annotations

import traceback
from datetime import timedelta
from typing import Any

import pytest

from receiver.errors import (
    AccountRefused,
    ApiRefused,
    ApiUnavailable,
    MaytapiError,
    OutcomeUnknown,
    ReceiverError,
    UnexpectedAnswer,
)
from receiver.maytapi import outcomes
from receiver.maytapi.calls import account, chats, phones
from receiver.maytapi.outcomes import Response
from tests import payloads
from tests.scripted import FOLDER, PNG, sample

SEND = chats.send("1", {})
READ = account.list_phones()
RESTART = phones.restart("1")

NO = {"success": False, "message": "no"}
EXPECTED = {"w05-lib-not-loaded": ApiUnavailable, "product-id-wrong": AccountRefused}
ERRORS = sorted(path.stem for path in FOLDER.glob("response-error-*.json"))


def failure(call: Any, status: int, value: object, **more: Any) -> MaytapiError:
    body = value if isinstance(value, bytes) else payloads.dump(value)
    with pytest.raises(MaytapiError) as failed:
        outcomes.result(call, Response(status, body, **more))
    return failed.value


@pytest.mark.parametrize("call", [SEND, READ, RESTART, phones.screen("1"), account.product()])
@pytest.mark.parametrize("name", ERRORS)
def test_a_no_is_no_answer_whatever_was_asked(call: Any, name: str) -> None:
    """A list, an object or a picture was to come: the no has HTTP 200 and is an object."""
    expected = EXPECTED.get(name.removeprefix("response-error-"), ApiRefused)
    error = failure(call, 200, sample(name))
    assert type(error) is expected
    assert error.message == sample(name)["message"]
    assert error.code == sample(name).get("code")
    assert error.http_status == 200


@pytest.mark.parametrize(
    ("status", "value", "expected"),
    [
        (200, NO, ApiRefused),
        (200, {"success": "false"}, ApiRefused),
        (200, {"success": 0}, ApiRefused),
        (400, NO, ApiRefused),
        (401, {"message": "You are not subscribed to this API."}, AccountRefused),
        (403, b"<html>", AccountRefused),
        (404, b"", ApiRefused),
        (413, b"too large", ApiRefused),
        (408, b"", ApiUnavailable),
        (425, b"", ApiUnavailable),
        (429, {"message": "Too many requests"}, ApiUnavailable),
        (200, NO | {"code": "W05"}, ApiUnavailable),
        (400, NO | {"code": "W05"}, ApiUnavailable),
        (500, NO | {"code": "W05"}, ApiUnavailable),
        (200, NO | {"message": "phone not connected"}, ApiUnavailable),
        (400, NO | {"message": "Phone Not Connected!"}, ApiUnavailable),
        (200, NO | {"message": "First scan a phone to the instance"}, ApiUnavailable),
        (500, NO, OutcomeUnknown),
        (500, NO | {"message": "phone not connected"}, OutcomeUnknown),
        (502, b"<html>", OutcomeUnknown),
        (503, b"", OutcomeUnknown),
        (504, b"", OutcomeUnknown),
        (301, b"", UnexpectedAnswer),
        (302, NO, UnexpectedAnswer),
        (304, b"", UnexpectedAnswer),
        (200, b"", UnexpectedAnswer),
        (200, b"OK", UnexpectedAnswer),
        (200, [], UnexpectedAnswer),
        (200, {}, UnexpectedAnswer),
        (200, {"success": True}, UnexpectedAnswer),
        (200, {"success": True, "data": {"chatId": "x"}}, UnexpectedAnswer),
        (200, {"message": "something else"}, UnexpectedAnswer),
    ],
)
def test_what_has_become_of_a_send(status: int, value: object, expected: type) -> None:
    assert type(failure(SEND, status, value)) is expected


def test_a_caller_tells_three_cases_apart() -> None:
    assert issubclass(UnexpectedAnswer, OutcomeUnknown)
    cases = (ApiRefused, ApiUnavailable, OutcomeUnknown)
    assert not any(issubclass(one, other) for one in cases for other in cases if one is not other)
    assert all(issubclass(case, MaytapiError) for case in cases)
    assert issubclass(MaytapiError, ReceiverError)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_read_has_nothing_to_do_twice(status: int) -> None:
    assert type(failure(READ, status, b"")) is ApiUnavailable
    assert type(failure(RESTART, status, b"")) is OutcomeUnknown


def test_a_lost_answer_is_unknown_but_to_a_read() -> None:
    assert type(outcomes.unanswered(READ, "x")) is ApiUnavailable
    assert type(outcomes.unanswered(SEND, "x")) is OutcomeUnknown
    assert type(outcomes.unanswered(RESTART, "x")) is OutcomeUnknown
    assert type(outcomes.unconnected("x")) is ApiUnavailable


def test_how_long_to_wait_is_told() -> None:
    error = failure(SEND, 429, b"", retry_after=timedelta(seconds=5))
    assert isinstance(error, ApiUnavailable)
    assert error.retry_after == timedelta(seconds=5)


def test_what_was_said_is_told_within_bounds() -> None:
    error = failure(SEND, 200, NO | {"message": "x" * 10_000, "code": "y" * 10_000})
    assert len(str(error)) < 400


@pytest.mark.parametrize("odd", [{"message": {"a": 1}}, {"message": None}, {"code": 7}])
def test_an_odd_no_is_a_no(odd: dict[str, object]) -> None:
    error = failure(SEND, 200, {"success": False, **odd})
    assert (type(error), error.code) == (ApiRefused, None)
    assert str(error)


def test_right_answers_are_read() -> None:
    sent = outcomes.result(SEND, Response(200, payloads.dump(sample("response-sendMessage"))))
    assert sent.msg_id == "a0000001-0001-11ee-8001-000000000001"
    assert outcomes.result(READ, Response(201, b"[]")) == []
    assert outcomes.result(phones.screen("1"), Response(200, PNG)) == PNG


def test_a_byte_order_mark_is_no_obstacle() -> None:
    assert outcomes.result(READ, Response(200, b"\xef\xbb\xbf[]")) == []


SECRET = "secret-of-the-account"


@pytest.mark.parametrize("status", [200, 302, 401, 429, 500])
def test_a_server_that_repeats_the_key_makes_it_no_more_public(status: int) -> None:
    said = {"success": False, "message": f"{SECRET} is wrong", "code": SECRET}
    error = failure(SEND, status, said, secret=SECRET)
    assert SECRET[:10] not in "".join(traceback.format_exception(error))


@pytest.mark.parametrize("secret", ["", "t", "token"])
def test_words_are_not_taken_for_a_key(secret: str) -> None:
    error = failure(SEND, 200, NO | {"message": "token not connected"}, secret=secret)
    assert (type(error), error.message) == (ApiUnavailable, "token not connected")


def test_what_has_the_key_in_it_is_read_all_the_same() -> None:
    body = payloads.dump([{"id": 1, "name": SECRET}])
    (phone,) = outcomes.result(READ, Response(200, body, secret=SECRET))
    assert phone.name == SECRET
