"""What a failure says: one sentence, on stderr, with the next step."""

from __future__ import annotations

import socket

import pytest

from tests.cli.conftest import Run
from tests.scripted import Answer, Maytapi, sample


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (sample("response-error-product-id-wrong"), "check RECEIVER_MAYTAPI_PRODUCT_ID"),
        (Answer({"message": "Invalid API key"}, 401), "check RECEIVER_MAYTAPI_PRODUCT_ID"),
        (sample("response-error-not-your-phone"), "`receiver phones` lists"),
        (
            {"success": False, "message": "Phone is already logged in."},
            "refused: Phone is already logged in; `receiver status` shows the session",
        ),
        ({"success": False, "message": "no"}, "Maytapi refused: no; nothing was done"),
        (Answer(b"", 429, {"retry-after": "100"}), "nothing was done: try again in a minute"),
        ({"a": 1}, "check RECEIVER_MAYTAPI_BASE_URL"),
        (Answer(b"<html>", 302), "check RECEIVER_MAYTAPI_BASE_URL"),
    ],
)
def test_a_failure_says_what_to_do_next(
    maytapi: Maytapi, run: Run, answer: Answer, said: str
) -> None:
    maytapi.answers("*", answer)
    done = run("product")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("receiver: ")
    assert done.err.count("\n") == 1
    assert said in done.err


def test_nobody_there_is_told(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    done = run("product", MAYTAPI_BASE_URL=url)
    assert done.code == 1
    assert "Maytapi can't be reached" in done.err
    assert "try again in a minute" in done.err


def test_without_an_account_the_variables_are_named(maytapi: Maytapi, run: Run) -> None:
    done = run("phones", MAYTAPI_TOKEN="")
    assert done.code == 1
    assert "RECEIVER_MAYTAPI_PRODUCT_ID" in done.err
    assert "RECEIVER_MAYTAPI_RAPIDAPI_KEY" in done.err
    assert maytapi.asked == []


def test_a_bad_setting_is_named(run: Run) -> None:
    done = run("phones", MAYTAPI_BASE_URL="nonsense")
    assert done.code == 1
    assert done.err.startswith("receiver: RECEIVER_MAYTAPI_BASE_URL: ")
