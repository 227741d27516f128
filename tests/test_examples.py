"""The examples do what they say."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from examples import help_desk, keywords, phone_alert
from receiver.testing import media, message, phone_status, play, sent

GROUP = "120363000000000001@g.us"


def test_each_keyword_is_answered() -> None:
    bench = play(keywords.router, message("What are your HOURS? And the address!"))
    assert [one.text for one in bench.sent] == [*keywords.ANSWERS.values()]


def test_the_menu_is_shown_once_to_each_person() -> None:
    other = "15550100099"
    bench = play(
        keywords.router, message("hi"), message("hm"), message("hours"), message("hi", number=other)
    )
    assert [one.text for one in bench.sent] == [
        keywords.MENU,
        keywords.ANSWERS["hours"],
        keywords.MENU,
    ]
    assert bench.sent[-1].chat_id == f"{other}@c.us"


def test_groups_files_and_what_we_write_ourselves_are_left_alone() -> None:
    bench = play(
        keywords.router, message("hours", group=GROUP), media(caption="hours"), sent("hours")
    )
    assert bench.sent == []
    assert bench.failures == []


def test_words_are_compared_without_case_and_marks() -> None:
    assert keywords.words("Hours, HOURS; (hours") == {"hours", "(hours"}
    assert keywords.words(None) == set()


class Desk(ThreadingHTTPServer):
    """A help desk that takes tickets, or answers with another status."""

    status = 201
    tickets: list[tuple[str, dict[str, Any]]]


class _Counter(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        desk = self.server
        assert isinstance(desk, Desk)
        ticket = json.loads(self.rfile.read(int(self.headers["content-length"])))
        desk.tickets.append((self.headers["idempotency-key"], ticket))
        self.send_response(desk.status)
        self.send_header("retry-after", "7")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    with Desk(("127.0.0.1", 0), _Counter) as desk:
        desk.tickets = []
        monkeypatch.setenv("HELP_DESK_URL", f"http://127.0.0.1:{desk.server_address[1]}/tickets")
        threading.Thread(target=desk.serve_forever, daemon=True).start()
        yield desk
        desk.shutdown()


def test_a_message_becomes_a_ticket_with_a_key_of_its_own(desk: Desk) -> None:
    bench = play(
        help_desk.router, message("help!", name="Ada"), media(caption="see", url="https://x.test/1")
    )
    assert bench.failures == []
    [(first_key, first), (second_key, second)] = desk.tickets
    assert first_key != second_key
    assert (first["name"], first["from"], first["text"]) == ("Ada", "15550100011", "help!")
    assert (second["media"], second["text"]) == ("https://x.test/1", "see")


def test_a_busy_desk_is_asked_again_when_it_says(desk: Desk) -> None:
    desk.status = 429
    [failure] = play(help_desk.router, message()).failures
    assert failure.delay
    assert (failure.dead, failure.delay.total_seconds()) == (False, 7)


@pytest.mark.parametrize(("status", "dead"), [(400, True), (503, False)])
def test_what_it_refuses_is_dead_and_what_it_can_not_do_now_is_not(
    desk: Desk, status: int, dead: bool
) -> None:
    desk.status = status
    [failure] = play(help_desk.router, message()).failures
    assert failure.dead is dead


def test_a_desk_that_does_not_listen_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELP_DESK_URL", "http://127.0.0.1:9/tickets")
    bench = play(help_desk.router, message(), message())
    assert [failure.dead for failure in bench.failures] == [False]
    assert len(bench.owed) == 2


@pytest.fixture
def alerting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERT_NUMBER", "15550100099")
    monkeypatch.setenv("ALERT_PHONE_ID", "12346")


def test_going_off_line_and_coming_back_are_told_through_another_phone(alerting: None) -> None:
    told = play(
        phone_alert.router, *(phone_status(status) for status in ("disabled", "loading", "active"))
    )
    assert [(one.phone_id, one.chat_id) for one in told.sent] == [("12346", "15550100099@c.us")] * 2
    assert [one.text for one in told.sent] == [
        "Phone 12345 is off-line: disabled",
        "Phone 12345 is on-line",
    ]


def test_the_phone_that_alerts_does_not_tell_of_itself(
    alerting: None, caplog: pytest.LogCaptureFixture
) -> None:
    assert play(phone_alert.router, phone_status("disabled", phone="12346")).sent == []
    assert "disabled" in caplog.text
