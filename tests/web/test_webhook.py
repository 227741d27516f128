"""The webhook's answers, line by line, and what a body may be."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import asynccontextmanager, contextmanager
from itertools import islice
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from receiver.app import create_app
from receiver.settings import Settings
from receiver.store.database import Database
from receiver.store.writer import Writer
from receiver.web.auth import Secrets
from receiver.web.webhook import Webhook
from tests import databases, payloads
from tests.databases import only_sqlite
from tests.processes import KEY, TOKEN, Receiver
from tests.web.asking import HOOK, assert_problem, get
from tests.web.conftest import Serve

TEXT = payloads.body("message-text-dm")


def test_a_notification_is_stored_and_its_events_counted(client: TestClient) -> None:
    answer = client.post(HOOK, content=TEXT)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"status": "stored", "notification_id": 1, "events": 1}
    answer = client.post(HOOK, content=payloads.body("ack-batch-modern"))
    assert answer.json() == {"status": "stored", "notification_id": 2, "events": 3}


def test_a_repeat_is_a_duplicate_of_the_first(client: TestClient, database_url: str) -> None:
    client.post(HOOK, content=TEXT)
    client.post(HOOK, content=payloads.body("message-text-group"))
    answer = client.post(HOOK, content=TEXT)
    assert (answer.status_code, answer.json()) == (
        200,
        {"status": "duplicate", "notification_id": 1, "events": 0},
    )
    assert len(databases.notifications(database_url)) == 2


def test_what_cannot_be_read_is_kept_byte_for_byte(client: TestClient, database_url: str) -> None:
    body = b'{"type": "message", \xff'
    answer = client.post(HOOK, content=body)
    assert (answer.status_code, answer.json()) == (
        200,
        {"status": "quarantined", "notification_id": 1, "events": 1},
    )
    [kept] = databases.notifications(database_url)
    assert (kept.status, kept.body) == ("quarantined", body)


@only_sqlite
@pytest.mark.parametrize(
    "content_type", [None, "application/json", "text/plain; charset=utf-16", "multipart/form-data"]
)
def test_the_bytes_decide_and_not_the_content_type(
    client: TestClient, content_type: str | None
) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    answer = client.post(HOOK, content=TEXT, headers=headers)
    assert answer.json()["status"] == "stored"


@only_sqlite
def test_get_and_head_say_that_the_address_is_right(client: TestClient) -> None:
    answer = client.get(HOOK)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert client.head(HOOK).status_code == 200


@only_sqlite
def test_other_methods_are_refused_with_those_that_are_not(client: TestClient) -> None:
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
        answer = client.request(method, HOOK)
        assert_problem(answer, 405)
        assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}


@only_sqlite
def test_a_wrong_token_is_no_path_whatever_the_method(client: TestClient) -> None:
    for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"):
        unknown = client.request(method, "/nothing")
        assert unknown.status_code == 404
        for token in (TOKEN[:-1], f"{TOKEN}x", TOKEN.upper(), f"{TOKEN}/", f"{TOKEN}/x", "", "ü"):
            answer = client.request(method, f"/webhook/{token}")
            assert answer.status_code == 404, (method, token)
            assert (answer.headers, answer.content) == (unknown.headers, unknown.content)


@only_sqlite
def test_a_wrong_token_gets_the_bytes_of_an_unknown_path(receiver: Receiver) -> None:
    """On the wire, and without the 100 that asks for a body."""
    answers = {
        path: exchange(
            receiver,
            f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nConnection: close\r\n"
            "Expect: 100-continue\r\n\r\n",
        )
        for path in ("/webhook/wrong", "/nothing")
    }
    assert answers["/webhook/wrong"] == answers["/nothing"]
    assert answers["/nothing"].startswith(b"HTTP/1.1 404 ")
    right = exchange(
        receiver,
        f"POST {HOOK} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n"
        "Expect: 100-continue\r\n\r\n{}",
    )
    assert right.startswith(b"HTTP/1.1 100 ")


def test_the_body_of_a_wrong_token_is_not_read(database: Database) -> None:
    app = create_app(Settings(webhook_token=TOKEN, api_key=KEY), database)
    sent: list[Any] = []

    async def receive() -> Any:
        raise AssertionError("the body is read")

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/webhook/wrong",
        "query_string": b"",
        "headers": [(b"content-length", b"5")],
    }
    asyncio.run(app(scope, receive, send))
    assert sent[0]["status"] == 404


def test_the_limit_is_exact(serve: Serve) -> None:
    client = serve(max_body_bytes=1024)
    assert client.post(HOOK, content=b"x" * 1024).json()["status"] == "quarantined"
    assert_problem(client.post(HOOK, content=b"x" * 1025), 413)


@only_sqlite
def test_a_length_over_the_limit_is_refused_before_the_body(serve: Serve) -> None:
    client = serve(max_body_bytes=1024)
    answer = client.post(HOOK, content=b"x", headers={"Content-Length": "1025"})
    assert_problem(answer, 413)


@only_sqlite
def test_a_body_in_chunks_has_the_same_limit(start: Any, database_url: str) -> None:
    receiver = start(database_url, max_body_bytes="1024")

    def post(*chunks: bytes) -> int:
        return receiver.client.post(HOOK, content=iter(chunks)).status_code

    assert post(b"x" * 512, b"y" * 512) == 200
    assert post(b"x" * 512, b"y" * 512, b"z") == 413
    assert post(b"x" * 1_000_000) == 413
    assert post(b"{}") == 200
    kept = [notification.body for notification in databases.notifications(database_url)]
    assert kept == [b"x" * 512 + b"y" * 512, b"{}"]


@only_sqlite
def test_half_a_body_is_not_stored(receiver: Receiver, database_url: str) -> None:
    with connection(receiver) as half:
        half.sendall(f"POST {HOOK} HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n".encode())
        half.sendall(TEXT[:50])
    assert receiver.post(TEXT).json()["status"] == "stored"
    receiver.stop()
    assert [one.body for one in databases.notifications(database_url)] == [TEXT]
    assert [line for line in receiver.stderr if not line.startswith(("INFO", "ready"))] == []


def test_an_encoded_body_is_refused(client: TestClient, database_url: str) -> None:
    for encoding in ("gzip", "deflate", "br", "identity, gzip", "x"):
        answer = client.post(HOOK, content=TEXT, headers={"Content-Encoding": encoding})
        assert_problem(answer, 415)
    assert databases.notifications(database_url) == []
    for encoding in ("", "identity", " Identity "):
        answer = client.post(HOOK, content=TEXT, headers={"Content-Encoding": encoding})
        assert answer.status_code == 200, encoding


@only_sqlite
def test_two_tokens_are_good_while_one_takes_over(serve: Serve) -> None:
    client = serve(webhook_token="old-one, new-one")
    assert client.post("/webhook/old-one", content=TEXT).json()["status"] == "stored"
    assert client.post("/webhook/new-one", content=TEXT).json()["status"] == "duplicate"
    for wrong in ("old-one, new-one", "old-one,new-one", "old-one%2C", TOKEN, "%20new-one"):
        assert client.post(f"/webhook/{wrong}", content=TEXT).status_code == 404


@pytest.mark.parametrize("limits", [{"max_waiting": 1}, {"max_waiting_bytes": 10}])
def test_overload_is_refused_and_what_was_taken_is_stored(
    database: Database, database_url: str, limits: dict[str, int]
) -> None:
    bodies = [b"body number %d" % number for number in range(6)]
    with (
        hook_with(Writer(database, **limits)) as client,
        ThreadPoolExecutor(len(bodies)) as threads,
        databases.blocked(database_url),
    ):
        posts = {threads.submit(client.post, HOOK, content=body): body for body in bodies}
        refused = list(islice(as_completed(posts, timeout=5), len(bodies) - 1))
        for post in refused:
            assert_problem(post.result(), 503)
            assert int(post.result().headers["retry-after"]) > 0
    [taken] = set(posts) - set(refused)
    assert taken.result().status_code == 200
    assert [one.body for one in databases.notifications(database_url)] == [posts[taken]]


def test_it_takes_more_when_the_overload_is_over(database: Database, database_url: str) -> None:
    with hook_with(Writer(database, max_waiting=1)) as client:
        with ThreadPoolExecutor(2) as threads, databases.blocked(database_url):
            posts = [threads.submit(client.post, HOOK, content=TEXT) for _ in range(2)]
            refused = next(as_completed(posts, timeout=5))
            assert refused.result().status_code == 503
        assert client.post(HOOK, content=b"{}").status_code == 200


@only_sqlite
def test_a_stopped_writer_refuses(serve: Serve) -> None:
    client = serve()
    client.__exit__()
    answer = client.post(HOOK, content=TEXT)
    assert_problem(answer, 503)
    assert "retry-after" in answer.headers


def test_a_broken_schema_is_503_and_not_a_hang(receiver: Receiver, database_url: str) -> None:
    databases.change(database_url, "ALTER TABLE heads RENAME TO gone")
    receiver.client.timeout = 10
    for _ in range(2):
        assert_problem(receiver.post(TEXT), 503)
    databases.change(database_url, "ALTER TABLE gone RENAME TO heads")
    assert receiver.post(TEXT).json()["status"] == "stored"


def message(**fields: Any) -> dict[str, Any]:
    return payloads.load("message-text-dm") | fields


def with_text(text: str) -> bytes:
    """Write a message whose text is given as JSON writes it."""
    return payloads.dump(message(message={"type": "text", "text": "HERE"})).replace(
        b'"HERE"', text.encode("utf-8", "surrogatepass")
    )


def nested(levels: int) -> bytes:
    return with_text("[" * levels + "]" * levels)


STORED, QUARANTINED, EITHER = {"stored"}, {"quarantined"}, {"stored", "quarantined"}

BODIES: dict[str, tuple[bytes, set[str]]] = {
    "nothing": (b"", QUARANTINED),
    "white space": (b" \r\n\t", QUARANTINED),
    "broken": (b'{"type": "message", ', QUARANTINED),
    "two values": (b"{}{}", QUARANTINED),
    "null": (b"null", QUARANTINED),
    "a number": (b"17", QUARANTINED),
    "a text": (b'"message"', QUARANTINED),
    "an empty object": (b"{}", QUARANTINED),
    "an empty array": (b"[]", STORED),
    "an array of other things": (b'[1, null, [], "x", {}]', QUARANTINED),
    "a form": (b"payload=%7B%22type%22%3A%22message%22%7D", QUARANTINED),
    "bytes": (bytes(range(256)), QUARANTINED),
    "UTF-16": (TEXT.decode().encode("utf-16"), QUARANTINED),
    "a byte order mark": (b"\xef\xbb\xbf" + TEXT, EITHER),
    "no UTF-8 in the text": (TEXT.replace(b"test message", b"caf\xe9"), QUARANTINED),
    "a lone surrogate": (with_text(r'"\ud83d"'), QUARANTINED),
    "a lone surrogate in bytes": (with_text('"\ud83d"'), QUARANTINED),
    "two surrogates in the wrong order": (with_text(r'"\ude00\ud83d"'), QUARANTINED),
    "a pair of surrogates": (with_text(r'"\ud83d\ude00"'), STORED),
    "NUL": (with_text(r'"a\u0000b"'), QUARANTINED),
    "NUL in a key": (with_text(r'{"a\u0000b": "\u0000"}'), QUARANTINED),
    "a raw NUL": (with_text('"a\x00b"'), QUARANTINED),
    "NaN": (with_text("NaN"), QUARANTINED),
    "infinity": (with_text("[-Infinity, 1e999]"), QUARANTINED),
    "a huge integer": (with_text("9" * 5000), QUARANTINED),
    "a huge id": (payloads.dump(message(phone_id=2**70)), EITHER),
    "a huge time": (payloads.dump(message(timestamp=10**30)), QUARANTINED),
    "a negative time": (payloads.dump(message(timestamp=-1)), QUARANTINED),
    "a time that is true": (payloads.dump(message(timestamp=True)), QUARANTINED),
    "the last second": (payloads.dump(message(timestamp=253_402_300_799)), STORED),
    "100 levels": (nested(100), EITHER),
    "300 levels": (nested(300), QUARANTINED),
    "100,000 levels": (nested(100_000), QUARANTINED),
    "objects of 100,000 levels": (b'{"a":' * 100_000, QUARANTINED),
    "a message that is text": (payloads.dump(message(message="x")), QUARANTINED),
    "a user that is an array": (payloads.dump(message(user=[])), QUARANTINED),
    "a conversation that is an object": (payloads.dump(message(conversation={})), QUARANTINED),
    "a long id": (payloads.dump(message(conversation="x" * 256)), QUARANTINED),
    "a long text": (with_text(json.dumps("x" * 1_000_000)), STORED),
    "a place beyond the earth": (
        payloads.dump(message(message={"type": "location", "payload": "91,nan"})),
        QUARANTINED,
    ),
    "acks that are none": (b'{"type": "ack", "data": {"0": {}}}', QUARANTINED),
    "a type of tomorrow": (b'{"type": "tomorrow"}', QUARANTINED),
    "a type that is an array": (b'{"type": [[]]}', QUARANTINED),
    "the same key twice": (TEXT[:-2] + b',"type":"ack"}', QUARANTINED),
}


def test_any_body_is_kept_and_never_a_fault(receiver: Receiver, database_url: str) -> None:
    for name, (body, statuses) in BODIES.items():
        answer = receiver.post(body)
        assert answer.status_code == 200, name
        assert answer.json()["status"] in statuses, name
        again = receiver.post(body)
        assert (again.status_code, again.json()["status"]) == (200, "duplicate"), name

    kept = [notification.body for notification in databases.notifications(database_url)]
    assert kept == [body for body, _ in BODIES.values()]
    listed = get(receiver.client, "/messages", limit=200)["data"]
    assert len(listed) > 5
    for one in listed:
        assert get(receiver.client, f"/messages/{one['id']}") == one


def test_a_hundred_thousand_acks_are_one_notification(
    receiver: Receiver, database_url: str
) -> None:
    entries = [
        {"ackType": "seen", "chatId": "15550100011@c.us", "msgId": f"3EB0{n:016X}", "time": 10**9}
        for n in range(100_000)
    ]
    body = payloads.dump({"type": "ack", "data": [*entries, None]})
    receiver.client.timeout = 120
    answer = receiver.post(body)
    assert (answer.status_code, answer.json()["status"]) == (200, "quarantined")
    assert answer.json()["events"] == 100_001
    [kept] = databases.notifications(database_url)
    assert kept.body == body
    assert get(receiver.client, f"/messages/{entries[-1]['msgId']}")["status"] == "seen"


@contextmanager
def hook_with(writer: Writer) -> Iterator[TestClient]:
    """Serve the webhook alone, with a writer of other limits."""
    hook = Webhook(writer, tokens=Secrets([TOKEN]), max_body_bytes=10_000)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await writer.start()
        yield
        await writer.stop()

    app = Starlette(routes=[Mount("/webhook", hook)], lifespan=lifespan)
    with TestClient(app) as client:
        yield client


@contextmanager
def connection(receiver: Receiver) -> Iterator[socket.socket]:
    host, port = receiver.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as raw:
        yield raw


def exchange(receiver: Receiver, request: str) -> bytes:
    """Send bytes, and return all that comes until the other side closes."""
    with connection(receiver) as raw:
        raw.sendall(request.encode())
        return b"".join(iter(lambda: raw.recv(65_536), b""))
