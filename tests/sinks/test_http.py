"""Forwarding over HTTP: what is sent, what becomes of each answer, and where it never goes."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import runpy
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
import trustme
from standardwebhooks.webhooks import Webhook

from receiver import Discard, Event, F, MessageReceived, Retry, Router
from receiver.errors import BadHandler
from receiver.inbox import Inbox
from receiver.sinks import doors, http
from receiver.sinks.http import forward
from receiver.store.database import Database
from tests import payloads
from tests.dispatch import handmade
from tests.sinks.scripted import Answer, Server, serving
from tests.waiting import until

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()


@pytest.fixture
def server() -> Iterator[Server]:
    """Return a server that takes everything."""
    with serving() as server:
        yield server


def _router(url: str, *filters: Any, **options: Any) -> Router:
    return forward(url, *filters, **{"secret": SECRET, "allow_private": True} | options)


def _post(router: Router, *events: Event) -> None:
    [handler] = router.handlers()

    async def post() -> None:
        for event in events or (handmade.message(),):
            await handler.function(event)

    asyncio.run(post())


def _outcome(router: Router) -> Retry | Discard:
    with pytest.raises((Retry, Discard)) as raised:
        _post(router)
    return raised.value


def _outcomes(router: Router, times: int) -> list[str]:
    """Post an event after another in one loop; return why each has to be tried again."""
    [handler] = router.handlers()

    async def post() -> list[str]:
        reasons = []
        for _ in range(times):
            with pytest.raises(Retry) as raised:
                await handler.function(handmade.message())
            reasons.append(raised.value.reason)
        return reasons

    return asyncio.run(post())


def test_what_is_sent_is_the_event_and_signed(server: Server) -> None:
    _post(_router(server.url))
    [asked] = server.asked
    assert asked.path == "/hook?of=us"
    assert asked.headers["host"] == f"127.0.0.1:{server.port}"
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["webhook-id"] == "1"
    event = Webhook(SECRET).verify(asked.body, dict(asked.headers))
    assert event["type"] == "message.received"
    assert event["message"]["text"] == "What is the price?"


def test_while_a_secret_is_replaced_both_sign(server: Server) -> None:
    new = "whsec_" + base64.b64encode(b"n" * 32).decode()
    _post(_router(server.url, secret=[new, SECRET]))
    [asked] = server.asked
    for secret in (new, SECRET):
        Webhook(secret).verify(asked.body, dict(asked.headers))


def test_events_share_a_connection(server: Server) -> None:
    _post(_router(server.url), *(handmade.message(seq) for seq in range(1, 6)))
    assert [asked.headers["webhook-id"] for asked in server.asked] == ["1", "2", "3", "4", "5"]
    assert len({asked.client for asked in server.asked}) == 1


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_2xx_is_success(status: int) -> None:
    with serving(Answer(status=status, body=b"")) as server:
        _post(_router(server.url))
        assert len(server.asked) == 1


@pytest.mark.parametrize("status", [400, 401, 404, 409, 422, 500, 502, 504])
def test_any_other_status_asks_for_a_retry(status: int) -> None:
    with serving(Answer(status=status)) as server:
        outcome = _outcome(_router(server.url))
    assert isinstance(outcome, Retry)
    assert str(status) in outcome.reason
    assert outcome.delay is None


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_heeded(status: int) -> None:
    with serving(Answer(status=status, headers={"retry-after": "120"})) as server:
        outcome = _outcome(_router(server.url))
    assert isinstance(outcome, Retry)
    assert outcome.delay == timedelta(seconds=120)


def test_retry_after_may_be_a_date() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True)
    with serving(Answer(status=503, headers={"retry-after": date})) as server:
        outcome = _outcome(_router(server.url))
    assert isinstance(outcome, Retry)
    assert outcome.delay
    assert timedelta(minutes=9) < outcome.delay <= timedelta(minutes=10)


@pytest.mark.parametrize(
    ("told", "delay"),
    [
        ("soon", None),
        ("-5", None),
        ("", None),
        ("99999999999999999999", None),
        ("Tue, 06 Feb 2024 10:23:54", None),
        ("Tue, 06 Feb 2024 10:23:54 GMT", timedelta(0)),
        ("999999999", timedelta(days=1)),
    ],
)
def test_a_retry_after_that_makes_no_sense_does_no_harm(told: str, delay: Any) -> None:
    with serving(Answer(status=429, headers={"retry-after": told})) as server:
        outcome = _outcome(_router(server.url))
    assert isinstance(outcome, Retry)
    assert outcome.delay == delay


def test_a_url_that_is_gone_is_sent_nothing_more(caplog: pytest.LogCaptureFixture) -> None:
    with serving(Answer(status=410)) as server:
        router = _router(server.url)
        for _ in range(3):
            outcome = _outcome(router)
            assert isinstance(outcome, Discard)
            assert "410" in outcome.reason
        assert len(server.asked) == 1
    assert [record.levelname for record in caplog.records if "410" in record.message] == ["ERROR"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int, server: Server) -> None:
    for location in ("http://169.254.169.254/latest/meta-data", server.url):
        with serving(Answer(status=status, headers={"location": location})) as first:
            outcome = _outcome(_router(first.url))
            assert len(first.asked) == 1
        assert isinstance(outcome, Retry)
    assert server.asked == []


def test_a_server_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "PHASES", httpx2.Timeout(0.1))
    tested = threading.Event()
    with serving(Answer(after=tested.wait)) as server:
        outcome = _outcome(_router(server.url))
        tested.set()
    assert isinstance(outcome, Retry)
    assert "ReadTimeout" in outcome.reason


def test_a_body_that_never_ends_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MAX_ANSWER_TIME", timedelta(milliseconds=100))
    with serving(Answer(headers={"content-length": "1000"}, body=b"a")) as server:
        _post(_router(server.url), handmade.message(1), handmade.message(2))
    assert len({asked.client for asked in server.asked}) == 2, "the connection is of no use more"


def test_of_a_huge_body_no_more_is_read_than_is_allowed() -> None:
    with serving(Answer(body=b"a" * 200_000_000)) as server:
        _post(_router(server.url), handmade.message(1), handmade.message(2))
    assert len({asked.client for asked in server.asked}) == 2


def test_a_compressed_body_is_not_unpacked() -> None:
    with serving(Answer(headers={"content-encoding": "gzip"}, body=b"no gzip at all")) as server:
        _post(_router(server.url))
    assert server.asked[0].headers["accept-encoding"] == "identity"


def test_a_head_that_never_ends_is_a_failure() -> None:
    with serving(Answer(headers={"x": "a" * 500_000})) as server:
        assert isinstance(_outcome(_router(server.url)), Retry)


@pytest.mark.parametrize(("status", "is_away"), [(503, True), (429, True), (500, False)])
def test_whoever_comes_while_a_url_is_away_waits_before_it(
    monkeypatch: pytest.MonkeyPatch, status: int, is_away: bool
) -> None:
    monkeypatch.setattr(http, "PATIENCE", timedelta(seconds=1))
    monkeypatch.setattr(doors, "FIRST_PAUSE", 60)
    with serving(Answer(status=status)) as server:
        [first, second] = _outcomes(_router(server.url), 2)
    assert first == f"127.0.0.1 has answered {status}"
    assert second == ("127.0.0.1 is away" if is_away else first)
    assert len(server.asked) == (1 if is_away else 2)


def test_whoever_comes_where_nobody_listens_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "PATIENCE", timedelta(seconds=1))
    monkeypatch.setattr(doors, "FIRST_PAUSE", 60)
    with _listening() as listener:
        port = listener.getsockname()[1]
    [first, second] = _outcomes(_router(f"http://127.0.0.1:{port}/"), 2)
    assert "can't be connected to" in first
    assert "is away" in second


def test_where_nobody_listens_it_is_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert "can't be connected to" in str(_outcome(_router(f"http://127.0.0.1:{port}/")))


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0.0.0.0",
     "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "127.0.0.1.", "LOCALHOST"],
)  # fmt: skip
def test_private_addresses_are_not_connected_to_in_any_spelling(host: str) -> None:
    with _listening() as listener:
        port = listener.getsockname()[1]
        outcome = _outcome(_router(f"https://{host}:{port}/", allow_private=False))
        assert isinstance(outcome, Retry)
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_what_is_connected_to_is_what_was_judged(
    monkeypatch: pytest.MonkeyPatch, server: Server
) -> None:
    """A name that resolves to something else the next time (DNS rebinding) gains nothing."""
    lookups = []

    def getaddrinfo(host: str, port: int, *_: object, **__: object) -> list[object]:
        lookups.append(host)
        address = "127.0.0.1" if len(lookups) == 1 else "127.0.0.2"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    _post(_router(f"http://rebind.test:{server.port}/"))
    assert lookups == ["rebind.test"]
    assert server.asked[0].headers["host"] == f"rebind.test:{server.port}"


def test_the_next_address_is_tried_where_the_first_refuses(
    monkeypatch: pytest.MonkeyPatch, server: Server
) -> None:
    _resolve(monkeypatch, "127.0.0.9", "127.0.0.1")
    _post(_router(f"http://two.test:{server.port}/"))
    assert len(server.asked) == 1


@pytest.mark.parametrize(("host", "is_right"), [("hook.test", True), ("other.test", False)])
def test_the_certificate_is_checked_against_the_name(
    host: str, is_right: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, tls = trustme.CA(), ssl.create_default_context()
    authority.configure_trust(tls)
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("hook.test").configure_cert(served)
    server = Server("127.0.0.1", [Answer()])
    server.wrap(served)
    with server.running():
        _resolve(monkeypatch, "127.0.0.1")
        router = _router(f"https://{host}:{server.port}/", tls=tls)
        if is_right:
            _post(router)
        else:
            assert isinstance(_outcome(router), Retry)
    assert len(server.asked) == is_right


@pytest.mark.parametrize(
    "url",
    ["", "hook", "ftp://example.com/", "http://example.com/", "https://", "file:///etc/passwd",
     "https://user:password@example.com/", "https://exa mple.com:port/", "https://0177.0.0.1/",
     "https://①②⑦.0.0.1/"],
)  # fmt: skip
def test_a_url_that_can_not_be_right_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ValueError, match="a URL to forward to") as refused:
        forward(url, secret=SECRET)
    assert len(url) < 9 or url not in str(refused.value)


def test_each_url_is_a_handler_of_its_own() -> None:
    router = Router("all")
    for path in ("one", "two"):
        router.include(forward(f"https://example.com/{path}", secret=SECRET))
    one, two = (handler.name for handler in router.handlers())
    assert one != two
    assert one.startswith("forward.example.com.")
    [again] = forward("https://example.com/one", secret=SECRET).handlers()
    assert again.name == one
    [named] = forward("https://example.com/one", secret=SECRET, name="crm").handlers()
    assert named.name == "crm"


def test_only_what_was_asked_for_is_forwarded() -> None:
    router = _router("https://a.test/", F.text.contains("price"), events=[MessageReceived])
    [handler] = router.handlers()
    assert handler.wants(handmade.message())
    assert not handler.wants(handmade.message(text="hello"))
    assert not handler.wants(handmade.ack("seen"))
    with pytest.raises(BadHandler, match="'txt'"):
        _router("https://a.test/", F.txt == "a")


def test_secrets_are_in_no_log_and_no_repr(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(Answer(status=500), Answer(status=410)) as server:
        router = _router(f"{server.url}&key=hidden-in-the-url")
        shown = [repr(handler) for handler in router.handlers()]
        shown += [_outcome(router).reason, _outcome(router).reason]
    text = "\n".join((*shown, caplog.text))
    assert "hidden-in-the-url" in server.asked[0].path
    for secret in ("hidden-in-the-url", SECRET, SECRET.removeprefix("whsec_")):
        assert secret not in text
    assert "15550100011" not in text


def test_the_example_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    made = runpy.run_path(str(Path(__file__).parents[2] / "examples" / "sinks.py"))
    http, nats = made["router"].handlers()
    assert http.name.startswith("forward.crm.example.")
    assert nats.name == "nats.publish"


def test_what_comes_in_goes_out(database: Database, server: Server) -> None:
    [handler] = _router(server.url, events=[MessageReceived]).handlers()

    async def walk() -> None:
        async with Inbox(database, [handler]) as inbox:
            await asyncio.to_thread(until, lambda: _has_a_position(database))
            await inbox.writer.record(payloads.body("message-text-dm"))
            await asyncio.to_thread(until, lambda: server.asked)

    asyncio.run(walk())
    sent = json.loads(server.asked[0].body)
    assert sent["message"]["text"]


def _has_a_position(database: Database) -> bool:
    with database.engine.connect() as connection:
        return bool(
            connection.exec_driver_sql(
                "SELECT count(*) FROM positions WHERE reader LIKE 'forward.127.0.0.1.%%'"
            ).scalar()
        )


def _listening() -> socket.socket:
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    return listener


def _resolve(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    def getaddrinfo(host: str, port: int, *_: object, **__: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
