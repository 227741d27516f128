"""The guard, from outside: raw bytes to a real server on both event loops."""

from __future__ import annotations

import asyncio
import gc
import json
import queue
import re
import socket
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from receiver.web import guard
from receiver.web.guard import LINGER, MAX_QUEUED_REQUESTS, Guard, guarded

NET = 30.0
"""Seconds after which a test gives up; nothing waits this long when all is well."""
MAX_HEAD_BYTES = 32_768
HEAD_TIMEOUT = timedelta(seconds=0.3)
BODY_TIMEOUT = timedelta(seconds=0.36)
BYTES_PER_SECOND = 1_000_000
KEEP_ALIVE: Any = 0.9
A_WHILE = 0.5
"""Longer than either timeout."""

GET = b"GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"
CHUNKED = b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"


def post(path: str = "/echo", *, length: int) -> bytes:
    return b"POST %b HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (path.encode(), length)


class Service:
    """A running server, and an app that remembers what it lived through."""

    def __init__(self, loop: str, **limits: Any) -> None:
        self.gate = threading.Event()
        self.seen: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        config = uvicorn.Config(
            self,
            port=0,
            http=guarded(**limits),
            loop=loop,
            lifespan="off",
            log_config=None,
            timeout_keep_alive=KEEP_ALIVE,
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"]
        if path == "/early":
            await answer(send, 404)
            return
        if path in ("/gate", "/last"):
            await asyncio.to_thread(self.gate.wait, NET)
        if path == "/pour":
            await send({"type": "http.response.start", "status": 200})
            while (await _heard(receive)) is None:
                await send({"type": "http.response.body", "body": bytes(65_536), "more_body": True})
            self.seen.put({"path": path, "headers": {}, "body": None})
            return
        if path == "/start":
            await send({"type": "http.response.start", "status": 200})
            await send({"type": "http.response.body", "body": b"begun", "more_body": True})
        body = await read(receive)
        self.seen.put({"path": path, "headers": dict(scope["headers"]), "body": body})
        if body is not None and path != "/start":
            closing = ((b"connection", b"close"),) if path == "/last" else ()
            await answer(send, 200, b"%d bytes" % len(body), *closing)

    @contextmanager
    def connection(self) -> Iterator[socket.socket]:
        address = self.server.servers[0].sockets[0].getsockname()
        with socket.create_connection(address, timeout=NET) as connection:
            yield connection

    def exchange(self, *sent: bytes) -> bytes:
        """Send, and return all that comes until the server closes."""
        with self.connection() as connection:
            for piece in sent:
                connection.sendall(piece)
            return read_to_end(connection)

    def next_seen(self) -> dict[str, Any]:
        return self.seen.get(timeout=NET)


async def answer(send: Any, status: int, body: bytes = b"", *more: tuple[bytes, bytes]) -> None:
    headers = [(b"content-length", b"%d" % len(body)), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def read(receive: Any) -> bytes | None:
    body = b""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message["body"]
        more = message["more_body"]
    return body


@contextmanager
def serving(loop: str, **limits: Any) -> Iterator[Service]:
    service = Service(loop, **limits)
    service.thread.start()
    until(lambda: service.server.started)
    try:
        yield service
    finally:
        service.gate.set()
        service.server.should_exit = True
        service.thread.join(NET)
        assert not service.thread.is_alive()


LOOPS = ["asyncio"] if sys.platform == "win32" else ["asyncio", "uvloop"]


@pytest.fixture(scope="module", params=LOOPS)
def patient_server(request: pytest.FixtureRequest) -> Iterator[Service]:
    with serving(request.param) as service:
        yield service


@pytest.fixture(scope="module")
def hasty_server() -> Iterator[Service]:
    limits = {"head_timeout": HEAD_TIMEOUT, "body_timeout": BODY_TIMEOUT}
    with serving(LOOPS[-1], min_body_bytes_per_second=BYTES_PER_SECOND, **limits) as service:
        yield service


@pytest.fixture
def patient(patient_server: Service) -> Service:
    return fresh(patient_server)


@pytest.fixture
def hasty(hasty_server: Service) -> Service:
    return fresh(hasty_server)


def fresh(service: Service) -> Service:
    service.gate.clear()
    until(lambda: not service.server.server_state.connections)
    while not service.seen.empty():
        service.seen.get()
    return service


def until(look: Callable[[], bool]) -> None:
    deadline = time.monotonic() + NET
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def read_to_end(connection: socket.socket) -> bytes:
    connection.settimeout(NET)
    received = b""
    while piece := connection.recv(65_536):
        received += piece
    return received


def read_until(connection: socket.socket, ending: bytes) -> bytes:
    received = b""
    while not received.endswith(ending):
        piece = connection.recv(65_536)
        assert piece, received
        received += piece
    return received


def drip(connection: socket.socket, pieces: Iterator[bytes]) -> bytes:
    """Send a piece every now and then until the server has something to say."""
    deadline = time.monotonic() + NET
    for piece in pieces:
        connection.sendall(piece)
        if hears(connection, within=0.02):
            break
        assert time.monotonic() < deadline
    return read_to_end(connection)


def hears(connection: socket.socket, *, within: float) -> bool:
    connection.settimeout(within)
    try:
        connection.recv(1, socket.MSG_PEEK)
    except TimeoutError:
        return False
    finally:
        connection.settimeout(NET)
    return True


def is_cut(connection: socket.socket, piece: bytes, *, within: float) -> bool:
    """Send a piece again and again, and tell whether the server ends that."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            connection.sendall(piece)
        except (ConnectionResetError, BrokenPipeError):
            return True
        time.sleep(0.001)
    return False


def endless(piece: bytes) -> Iterator[bytes]:
    while True:
        yield piece


def is_problem(answer: bytes, status: int) -> bool:
    """It is one whole answer, the last on its connection, in the one shape of errors."""
    head, _, body = answer.partition(b"\r\n\r\n")
    status_line, *lines = head.lower().split(b"\r\n")
    headers = dict(line.split(b": ", 1) for line in lines)
    problem = json.loads(body)
    return (
        status_line.startswith(b"http/1.1 %d " % status)
        and headers[b"content-type"] == b"application/problem+json"
        and headers[b"content-length"] == b"%d" % len(body)
        and headers[b"connection"] == b"close"
        and b"date" in headers
        and problem["type"] == "about:blank"
        and problem["status"] == status
        and problem["title"].lower().encode() in status_line
    )


def head_of(size: int) -> bytes:
    frame = b"GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: %b\r\n\r\n"
    return frame % (b"x" * (size - len(frame % b"")))


LONG_HEADS = {
    "one header": GET[:-2] + b"X: " + b"x" * 100_000 + b"\r\n\r\n",
    "one name": GET[:-2] + b"x" * 100_000 + b": x\r\n\r\n",
    "many headers": GET[:-2] + b"X: 0123456789012345678901234567890\r\n" * 2_000 + b"\r\n",
    "the url": b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "no end": GET[:-2] + b"X: " + b"x" * 100_000,
    "line ends": b"\r\n" * 50_000,
}


@pytest.mark.parametrize("head", LONG_HEADS.values(), ids=LONG_HEADS)
def test_a_long_head_is_refused(patient: Service, head: bytes) -> None:
    assert is_problem(patient.exchange(head), 431)
    assert patient.seen.empty()


def test_a_head_of_the_limit_passes_and_one_byte_more_does_not(patient: Service) -> None:
    assert patient.exchange(head_of(MAX_HEAD_BYTES)).startswith(b"HTTP/1.1 200")
    assert is_problem(patient.exchange(head_of(MAX_HEAD_BYTES + 1)), 431)


def test_a_head_is_measured_over_many_reads(patient: Service) -> None:
    with patient.connection() as connection:
        connection.sendall(GET[:-2])
        assert is_problem(drip(connection, endless(b"X: " + b"x" * 5_000 + b"\r\n")), 431)


def test_a_head_is_measured_behind_an_earlier_request(patient: Service) -> None:
    answers = patient.exchange(GET + LONG_HEADS["many headers"])
    assert re.findall(rb"HTTP/1.1 (\d+)", answers) == [b"200"]
    assert b"connection: close" in answers


def test_a_request_is_answered_in_spite_of_endless_line_ends_behind_it(patient: Service) -> None:
    with patient.connection() as connection:
        connection.sendall(post("/gate", length=0) + LONG_HEADS["line ends"])
        assert not hears(connection, within=0.02)
        patient.gate.set()
        answers = read_to_end(connection)
    assert re.findall(rb"HTTP/1.1 (\d+)", answers) == [b"200"]


def test_a_huge_head_is_cut_early(patient: Service) -> None:
    head = GET[:-2] + b"X: " + b"x" * 100_000_000
    with patient.connection() as connection:
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            connection.sendall(head)
        assert is_problem(read_to_end(connection), 431)


def test_a_body_may_be_larger_than_a_head(patient: Service) -> None:
    with patient.connection() as connection:
        connection.sendall(post(length=2_000_000) + b"x" * 2_000_000)
        assert read_until(connection, b"2000000 bytes").startswith(b"HTTP/1.1 200")


def test_a_silent_connection_is_closed_without_a_word(hasty: Service) -> None:
    assert hasty.exchange() == b""


def test_a_dripped_head_is_cut(hasty: Service) -> None:
    with hasty.connection() as connection:
        connection.sendall(GET[:-2])
        assert is_problem(drip(connection, endless(b"X: x\r\n")), 408)
    assert hasty.seen.empty()


def test_a_dripped_head_is_cut_on_a_connection_that_was_good(hasty: Service) -> None:
    with hasty.connection() as connection:
        connection.sendall(GET)
        read_until(connection, b"0 bytes")
        connection.sendall(GET[:-2])
        assert is_problem(drip(connection, endless(b"X: x\r\n")), 408)


@pytest.mark.parametrize(
    ("half", "timeout"),
    [(GET[:-2], HEAD_TIMEOUT), (post(length=5), BODY_TIMEOUT)],
    ids=["head", "body"],
)
def test_what_begins_after_a_pause_has_its_own_time(
    hasty: Service, half: bytes, timeout: timedelta
) -> None:
    with hasty.connection() as connection:
        connection.sendall(GET)
        read_until(connection, b"0 bytes")
        assert not hears(connection, within=A_WHILE)
        begun = time.monotonic()
        connection.sendall(half)
        assert is_problem(read_to_end(connection), 408)
        assert time.monotonic() - begun > 0.9 * timeout.total_seconds()


def test_an_idle_connection_is_left_to_uvicorn(hasty: Service) -> None:
    with hasty.connection() as connection:
        for _ in range(2):
            connection.sendall(GET)
            read_until(connection, b"0 bytes")
            assert not hears(connection, within=A_WHILE)
        assert read_to_end(connection) == b""


def test_an_idle_connection_ends_even_after_stray_line_ends(hasty: Service) -> None:
    with hasty.connection() as connection:
        connection.sendall(GET)
        read_until(connection, b"0 bytes")
        connection.sendall(b"\r\n")
        assert read_to_end(connection) == b""


def test_a_body_that_stops_short_is_cut(hasty: Service) -> None:
    assert is_problem(hasty.exchange(post(length=5), b"x"), 408)
    assert hasty.next_seen()["body"] is None


def test_the_app_hears_at_once_that_a_body_was_cut(hasty: Service) -> None:
    with hasty.connection() as connection:
        connection.sendall(post(length=5))
        assert hasty.seen.get(timeout=0.8 * LINGER.total_seconds())["body"] is None


def test_a_dripped_body_is_cut(hasty: Service) -> None:
    with hasty.connection() as connection:
        connection.sendall(post(length=1_000_000))
        assert is_problem(drip(connection, endless(b"x")), 408)
    assert hasty.next_seen()["body"] is None


def test_a_dripped_chunked_body_is_cut(hasty: Service) -> None:
    with hasty.connection() as connection:
        connection.sendall(CHUNKED)
        assert is_problem(drip(connection, endless(b"1\r\nx\r\n")), 408)
    assert hasty.next_seen()["body"] is None


def test_a_body_that_keeps_up_the_rate_is_awaited(hasty: Service) -> None:
    with hasty.connection() as connection:
        connection.sendall(post(length=BYTES_PER_SECOND + 1) + b"x" * BYTES_PER_SECOND)
        assert not hears(connection, within=A_WHILE)
        connection.sendall(b"x")
        read_until(connection, b"1000001 bytes")


def test_a_body_that_nobody_awaits_earns_no_time_and_no_second_answer(hasty: Service) -> None:
    with hasty.connection() as connection:
        connection.sendall(post("/early", length=3 * BYTES_PER_SECOND))
        read_until(connection, b"\r\n\r\n")
        connection.sendall(b"x" * 2 * BYTES_PER_SECOND)
        assert hears(connection, within=2)
        assert read_to_end(connection) == b""


LAST = post("/early", length=3_000_000).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
"""Whoever sends it wants no further answer, and may read this one when all is sent."""


def test_an_answer_before_the_body_is_heard_by_whoever_reads_after_it(patient: Service) -> None:
    with patient.connection() as connection:
        connection.sendall(LAST)
        assert hears(connection, within=NET)
        for _ in range(30):
            connection.sendall(b"x" * 100_000)
        assert read_to_end(connection).startswith(b"HTTP/1.1 404")
    until(lambda: not patient.server.server_state.connections)


def test_it_is_heard_by_whoever_takes_longer_than_idle_connections_may(patient: Service) -> None:
    with patient.connection() as connection:
        connection.sendall(LAST)
        assert hears(connection, within=NET)
        assert not is_cut(connection, b"x", within=2 * KEEP_ALIVE)
        assert read_to_end(connection).startswith(b"HTTP/1.1 404")


def test_what_follows_the_last_answer_is_not_served(patient: Service) -> None:
    with patient.connection() as connection:
        connection.sendall(LAST)
        assert hears(connection, within=NET)
        connection.sendall(b"x" * 3_000_000 + GET)
        answers = read_to_end(connection)
    assert answers.count(b"HTTP/1.1") == 1
    assert patient.seen.empty()


def test_a_body_behind_the_last_answer_is_not_served(patient: Service) -> None:
    with patient.connection() as connection:
        connection.sendall(post("/last", length=0) + post(length=5) + b"x")
        assert not hears(connection, within=0.02)
        patient.gate.set()
        assert read_to_end(connection).count(b"HTTP/1.1") == 1
        assert patient.next_seen()["path"] == "/last"
    until(lambda: not patient.server.server_state.connections)
    assert patient.seen.empty()


def test_a_body_that_nobody_awaits_is_swallowed_up_to_a_size(
    patient: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "MAX_UNAWAITED_BYTES", 1_000_000)
    with patient.connection() as connection:
        connection.sendall(LAST)
        assert hears(connection, within=NET)
        assert is_cut(connection, b"x" * 100_000, within=NET)


def test_a_body_that_nobody_awaits_is_swallowed_for_a_time(hasty: Service) -> None:
    with hasty.connection() as connection:
        connection.sendall(LAST)
        assert hears(connection, within=NET)
        assert is_cut(connection, b"x", within=NET)


def test_a_connection_serves_on_after_an_answer_before_the_body(patient: Service) -> None:
    with patient.connection() as connection:
        connection.sendall(post("/early", length=100_000))
        read_until(connection, b"\r\n\r\n")
        connection.sendall(b"x" * 100_000 + GET)
        read_until(connection, b"0 bytes")


def test_an_idle_connection_ends_even_after_an_answer_before_the_body(hasty: Service) -> None:
    with hasty.connection() as connection:
        connection.sendall(post("/early", length=5))
        read_until(connection, b"\r\n\r\n")
        connection.sendall(b"x" * 5)
        assert read_to_end(connection) == b""


def test_a_body_is_cut_without_an_answer_into_the_answer_begun(hasty: Service) -> None:
    answer = hasty.exchange(post("/start", length=5), b"x")
    assert answer.endswith(b"begun\r\n")
    assert hasty.next_seen()["body"] is None


def test_a_slow_app_is_left_alone(hasty: Service) -> None:
    with hasty.connection() as connection:
        connection.sendall(post("/gate", length=0))
        assert not hears(connection, within=KEEP_ALIVE + A_WHILE)
        hasty.gate.set()
        read_until(connection, b"0 bytes")


def test_a_late_app_is_not_blamed_on_the_peer(hasty: Service) -> None:
    with hasty.connection() as connection:
        connection.sendall(post("/gate", length=100_001) + b"x" * 100_000)
        assert not hears(connection, within=2 * A_WHILE)
        hasty.gate.set()
        connection.sendall(b"x")
        read_until(connection, b"100001 bytes")


def test_a_peer_may_wait_for_a_late_continue(hasty: Service) -> None:
    with hasty.connection() as connection:
        expect = b"Expect: 100-continue\r\n\r\n"
        connection.sendall(post("/gate", length=1).removesuffix(b"\r\n") + expect)
        assert not hears(connection, within=A_WHILE)
        hasty.gate.set()
        read_until(connection, b"100 Continue\r\n\r\n")
        connection.sendall(b"x")
        read_until(connection, b"1 bytes")


@pytest.mark.parametrize(
    "flood",
    [b"1;" + b"x" * 100_000, b"0\r\nX: " + b"x" * 100_000, b"0\r\n" + b"X: x\r\n" * 20_000],
    ids=["a chunk extension", "a trailer", "many trailers"],
)
def test_a_body_cannot_hide_a_flood(patient: Service, flood: bytes) -> None:
    with patient.connection() as connection:
        connection.sendall(CHUNKED)
        connection.sendall(flood)
        assert is_problem(read_to_end(connection), 431)
    assert patient.next_seen()["body"] is None


def test_trailers_do_not_join_the_headers(patient: Service) -> None:
    with patient.connection() as connection:
        connection.sendall(CHUNKED + b"1\r\nx\r\n0\r\nAuthorization: x\r\n\r\n")
        read_until(connection, b"1 bytes")
    assert list(patient.next_seen()["headers"]) == [b"host", b"transfer-encoding"]


def chunked_with(*lines: bytes) -> bytes:
    head = b"\r\n".join([b"POST /echo HTTP/1.1", b"Host: a", *lines])
    return head + b"\r\n\r\n1\r\nx\r\n0\r\n\r\n"


BROKEN = {
    "length and chunked": chunked_with(b"Content-Length: 11", b"Transfer-Encoding: chunked"),
    "chunked and length": chunked_with(b"Transfer-Encoding: chunked", b"Content-Length: 11"),
    "two lengths": chunked_with(b"Content-Length: 11", b"Content-Length: 5"),
    "a length twice": chunked_with(b"Content-Length: 11", b"Content-Length: 11"),
    "a list of lengths": chunked_with(b"Content-Length: 11, 11"),
    "a negative length": chunked_with(b"Content-Length: -11"),
    "an unknown coding": chunked_with(b"Transfer-Encoding: xchunked"),
    "no chunks": chunked_with(b"Transfer-Encoding: gzip"),
    "coded chunks": chunked_with(b"Transfer-Encoding: chunked, gzip"),
    "chunks twice": chunked_with(*[b"Transfer-Encoding: chunked"] * 2),
    "an empty coding": chunked_with(b"Transfer-Encoding: "),
    "a space before the colon": chunked_with(b"Content-Length : 11"),
    "a folded header": chunked_with(b"X: x", b" y", b"Content-Length: 11"),
    "a NUL": chunked_with(b"X: \0", b"Content-Length: 11"),
    "bare line feeds": b"GET /echo HTTP/1.1\nHost: a\n\n",
    "a bad chunk": CHUNKED + b"x\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "a strange version": b"GET /echo HTTP/3.0\r\nHost: a\r\n\r\n",
    "no Host": b"GET /echo HTTP/1.1\r\n\r\n",
    "no Host but a lookalike": b"GET /echo HTTP/1.1\r\nX-Host: a\r\n\r\n",
    "an upgrade with a body": post(length=1)[:-2] + b"Connection: upgrade\r\nUpgrade: h2c\r\n\r\nx",
}


@pytest.mark.parametrize("request_", BROKEN.values(), ids=BROKEN)
def test_a_broken_request_is_refused(patient: Service, request_: bytes) -> None:
    assert is_problem(patient.exchange(request_), 400)
    assert patient.seen.empty() or patient.next_seen()["body"] is None


@pytest.mark.parametrize(
    "codings", [["gzip, chunked"], ["gzip", "chunked"], ["Identity, chunked"], ["x,chunked"]]
)
def test_a_body_that_is_coded_otherwise_than_in_chunks_is_refused(
    patient: Service, codings: list[str]
) -> None:
    lines = [b"Transfer-Encoding: " + coding.encode() for coding in codings]
    assert is_problem(patient.exchange(chunked_with(*lines)), 501)
    assert patient.seen.empty()


def test_chunks_may_be_announced_in_capitals(patient: Service) -> None:
    with patient.connection() as connection:
        connection.sendall(chunked_with(b"Transfer-Encoding:  Chunked "))
        read_until(connection, b"1 bytes")


def test_a_broken_request_is_refused_on_a_connection_that_was_good(patient: Service) -> None:
    with patient.connection() as connection:
        connection.sendall(GET)
        read_until(connection, b"0 bytes")
        connection.sendall(BROKEN["TLS"])
        assert is_problem(read_to_end(connection), 400)


@pytest.mark.parametrize("broken", [b"broken", CHUNKED + b"x\r\n"], ids=["head", "body"])
@pytest.mark.parametrize("reads", [1, 2])
def test_a_refusal_lets_earlier_requests_have_their_answers(
    patient: Service, broken: bytes, reads: int
) -> None:
    with patient.connection() as connection:
        connection.sendall(post("/gate", length=0) + GET + (broken if reads == 1 else b""))
        if reads == 2:
            assert not hears(connection, within=0.02)
            connection.sendall(broken)
        assert not hears(connection, within=0.02)
        patient.gate.set()
        answers = read_to_end(connection)
    statuses = re.findall(rb"HTTP/1.1 (\d+)", answers)
    assert statuses in ([b"200", b"200"], [b"200", b"200", b"400"])
    assert [patient.next_seen()["path"] for _ in range(2)] == ["/gate", "/echo"]


def test_what_follows_a_refusal_is_swallowed(hasty: Service) -> None:
    with hasty.connection() as connection:
        connection.sendall(GET[:-2])
        assert is_problem(read_to_end(connection), 408)
        connection.sendall(b"\r\n")
        connection.sendall(post("/late", length=0))
        with hasty.connection() as other:
            other.sendall(GET)
            read_until(other, b"0 bytes")
    assert hasty.next_seen()["path"] == "/echo"
    assert hasty.seen.empty()


def test_a_refused_peer_cannot_stay(hasty: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("receiver.web.guard.LINGER", timedelta(seconds=0.05))
    with hasty.connection() as connection:
        connection.sendall(GET[:-2])
        assert is_problem(read_to_end(connection), 408)
        until(lambda: not hasty.server.server_state.connections)


def test_http_1_0_needs_no_host(patient: Service) -> None:
    assert patient.exchange(b"GET /echo HTTP/1.0\r\n\r\n").endswith(b"0 bytes")


@pytest.mark.parametrize("protocol", [b"h2c", b"websocket"])
def test_the_wish_for_an_upgrade_is_ignored(patient: Service, protocol: bytes) -> None:
    key = b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    with patient.connection() as connection:
        wish = b"Connection: upgrade\r\nUpgrade: %b\r\n%b\r\n" % (protocol, key)
        connection.sendall(GET[:-2] + wish)
        assert read_until(connection, b"0 bytes").startswith(b"HTTP/1.1 200")


def test_a_connection_is_kept_and_pipelined_requests_are_answered_in_order(
    patient: Service,
) -> None:
    with patient.connection() as connection:
        for _ in range(2):
            bodies = [b"x" * length for length in (1, 40_000, 0, 2)]
            connection.sendall(b"".join(post(length=len(body)) + body for body in bodies))
            answers = read_until(connection, b"2 bytes").split(b"HTTP/1.1 200 OK")
            lengths = [answer.rsplit(b"\r\n")[-1] for answer in answers[1:]]
            assert lengths == [b"%d bytes" % len(body) for body in bodies]


def test_an_answer_leaves_in_one_piece(patient: Service) -> None:
    with patient.connection() as connection:
        for _ in range(50):
            connection.sendall(GET)
            assert connection.recv(65_536).endswith(b"0 bytes")


def test_heads_are_measured_one_by_one(patient: Service) -> None:
    with patient.connection() as connection:
        for _ in range(5):
            connection.sendall(GET[:-2] + b"X: " + b"x" * 10_000 + b"\r\n\r\n")
            read_until(connection, b"0 bytes")


def test_requests_cannot_pile_up(patient: Service) -> None:
    with patient.connection() as connection:
        connection.sendall(post("/gate", length=0) + GET * (MAX_QUEUED_REQUESTS + 1))
        assert not hears(connection, within=0.02)
        patient.gate.set()
        answers = read_to_end(connection)
    assert answers.count(b"HTTP/1.1 200 OK") == MAX_QUEUED_REQUESTS + 1


def test_a_stuck_upload_does_not_keep_the_server() -> None:
    with serving("asyncio", body_timeout=BODY_TIMEOUT) as service:
        with service.connection() as upload:
            upload.sendall(post(length=5) + b"x")
            assert not hears(upload, within=0.02)
            service.server.should_exit = True
            assert is_problem(read_to_end(upload), 408)
        service.thread.join(NET)
        assert not service.thread.is_alive()


def test_nothing_remains_of_a_closed_connection(hasty: Service) -> None:
    with hasty.connection() as connection:
        connection.sendall(GET)
        read_until(connection, b"0 bytes")
        (protocol,) = map(weakref.ref, hasty.server.server_state.connections)
    until(lambda: gc.collect() >= 0 and protocol() is None)


def test_uvicorn_still_has_what_the_guard_overrides() -> None:
    own = {name for name in vars(Guard) if callable(getattr(Guard, name))}
    overridden = own & set(vars(HttpToolsProtocol))
    assert overridden == {
        "_unsupported_upgrade_warning",
        "connection_lost",
        "connection_made",
        "data_received",
        "on_body",
        "on_headers_complete",
        "pause_writing",
        "resume_writing",
        "send_400_response",
    }


def test_uvicorn_still_has_what_the_guard_reads(patient: Service) -> None:
    with patient.connection() as connection:
        connection.sendall(post("/gate", length=5))
        assert not hears(connection, within=0.05)
        (protocol,) = patient.server.server_state.connections
        assert isinstance(protocol, Guard)
        names = "cycle flow headers loop parser pipeline scope server_state ws_protocol_class"
        timeouts = {"timeout_keep_alive", "timeout_keep_alive_task"}
        assert vars(protocol).keys() >= set(names.split()) | timeouts
        names = "disconnected keep_alive message_event more_body response_complete scope"
        more = {"response_started", "transport", "waiting_for_100_continue"}
        assert vars(protocol.cycle).keys() >= set(names.split()) | more
        assert protocol.cycle.scope is protocol.scope


def test_an_answer_that_nobody_takes_is_given_up(
    patient: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else each such client would hold its connection and what is buffered for it, for ever."""
    monkeypatch.setattr(guard, "UNREAD", timedelta(seconds=A_WHILE))
    with patient.connection() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(b"GET /pour HTTP/1.1\r\nHost: a\r\n\r\n")
        assert patient.seen.get(timeout=NET)["path"] == "/pour"


def test_an_answer_that_is_taken_slowly_goes_on(
    patient: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "UNREAD", timedelta(seconds=A_WHILE))
    with patient.connection() as connection:
        connection.sendall(b"GET /pour HTTP/1.1\r\nHost: a\r\n\r\n")
        deadline = time.monotonic() + 3 * A_WHILE
        while time.monotonic() < deadline:
            assert connection.recv(1_000_000)
    assert patient.seen.get(timeout=NET)["path"] == "/pour"


async def _heard(receive: Any) -> Any:
    """Return what is there to be received by now, if anything is."""
    try:
        async with asyncio.timeout(0):
            message = await receive()
    except TimeoutError:
        return None
    return message if message["type"] == "http.disconnect" else None
