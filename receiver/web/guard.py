"""Bound what a stranger's connection can cost: bytes of a head, time for a head or a body.

uvicorn's own protocol has no such bounds. The guard leans on its internals, so the tests beside it
talk raw bytes to a real server: an upgrade that moves something shows there. Whose request it is,
what it asks for and how large its body may be are not judged here.
"""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import timedelta
from http import HTTPStatus
from math import inf

from httptools import HttpParserError
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from receiver.web.gathering import Gathering

logger = logging.getLogger(__name__)

MAX_QUEUED_REQUESTS = 100
LINGER = timedelta(seconds=1)
UNREAD = timedelta(seconds=30)
"""How long an answer may wait for its reader to take more of it."""
MAX_LINGER_BYTES = 1_048_576
MAX_UNAWAITED_BYTES = 128 * 1_048_576
"""Swallowed of a body that was answered unread: many who send one read only at its end."""


def guarded(
    *,
    max_head_bytes: int = 32_768,
    head_timeout: timedelta = timedelta(seconds=10),
    body_timeout: timedelta = timedelta(seconds=15),
    min_body_bytes_per_second: int = 65_536,
) -> type[asyncio.Protocol]:
    """Return the class to hand to `uvicorn.Config(http=...)`.

    What comes of a body prolongs its time by what it takes at the minimal rate: 16 MB on a slow
    line may last 271 seconds, a drip 15. A body that was answered unread is not prolonged.
    """

    class Guarded(Guard):
        pass

    Guarded.max_head_bytes = max_head_bytes
    Guarded.head_seconds = head_timeout.total_seconds()
    Guarded.body_seconds = body_timeout.total_seconds()
    Guarded.min_body_bytes_per_second = min_body_bytes_per_second
    return Guarded


class Guard(HttpToolsProtocol):
    """uvicorn's protocol, cutting whoever is too slow or too long; `guarded` sets the limits.

    What runs for every request reads no clock, and calls uvicorn by name: before Python 3.12,
    `super()` costs more than the rest.

    To close with bytes unread would reset away what was answered last. So a connection whose peer
    still sends is half-closed, and what comes is swallowed, within bounds, until the peer goes.
    """

    max_head_bytes: int
    head_seconds: float
    body_seconds: float
    min_body_bytes_per_second: int

    # A few more attributes in the instance's dict would slow down all of uvicorn's: it is full.
    __slots__ = (
        "_fault",
        "_interval",
        "_max_head_bytes",
        "_max_linger_bytes",
        "_outlet",
        "_pending_bytes",
        "_refused",
        "_stalled",
        "_timed",
        "_timed_bytes",
        "_timed_since",
        "_timer",
    )

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(Gathering(transport, self.loop))  # type: ignore[arg-type]
        self.ws_protocol_class = None  # a WebSocket would leave the guard behind
        self._fault = HTTPStatus.BAD_REQUEST
        """How a request that can't be parsed is refused."""
        self._refused = False
        self._stalled: asyncio.TimerHandle | None = None
        self._outlet = _Outlet(self.transport)
        self._max_head_bytes = self.max_head_bytes
        self._max_linger_bytes = MAX_LINGER_BYTES
        self._pending_bytes = 0
        """Received since a head was finished or a piece of a body met."""
        self._timed: tuple[object, bool] = (None, True)
        """The latest request, and whether it is the head after it that is under way."""
        self._timed_since = self.loop.time()
        self._timed_bytes = 0
        # Looking this often, none of what begins between two looks is overdue at the second.
        self._interval = min(self.head_seconds, self.body_seconds)
        self._timer = self.loop.call_later(self._interval, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        self._timer.cancel()
        if self._stalled:
            self._stalled.cancel()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stalled = self.loop.call_later(UNREAD.total_seconds(), self.transport.abort)

    def resume_writing(self) -> None:
        if self._stalled:
            self._stalled.cancel()
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        pending = self._pending_bytes + len(data)
        if pending > self._max_head_bytes or self._refused:
            self._receive_in_slices(data)
            return
        self._pending_bytes = pending
        HttpToolsProtocol.data_received(self, data)
        cycle = self.cycle
        if cycle is None or cycle.more_body or cycle.scope is not self.scope:
            self._note_unfinished(len(data))

    def on_headers_complete(self) -> None:
        for name, _ in self.headers:
            if name == b"host":
                break
        else:
            if self.parser.get_http_version() != "1.0":
                raise HttpParserError("no Host")
        codings = [value for name, value in self.headers if name == b"transfer-encoding"]
        if codings and not _is_chunked_alone(b",".join(codings)):
            self._fault = HTTPStatus.NOT_IMPLEMENTED
            raise HttpParserError("another transfer coding than chunked")
        if self.pipeline and len(self.pipeline) >= MAX_QUEUED_REQUESTS:
            raise HttpParserError("too many requests ahead of their answers")
        HttpToolsProtocol.on_headers_complete(self)
        self.cycle.transport = self._outlet  # type: ignore[assignment]
        self.headers = []  # for trailers: they must not join the headers that the app sees
        self._pending_bytes = 0

    def on_body(self, body: bytes) -> None:
        self._pending_bytes = 0
        HttpToolsProtocol.on_body(self, body)

    def send_400_response(self, msg: str) -> None:
        self._refuse(self._fault)

    def part(self) -> None:
        """Close after an answer, but not before the sender of a body could have read it."""
        if self._refused or not self.cycle.more_body:
            self.transport.close()
            return
        self._refused = True
        self._max_linger_bytes = MAX_UNAWAITED_BYTES
        self.pipeline.clear()
        self._half_close(self.body_seconds)

    def _unsupported_upgrade_warning(self) -> None:
        """Ignore the wish, as HTTP allows, unless the parser has skipped a body because of it."""
        lengths = (b"content-length", b"transfer-encoding")
        if any(name in lengths for name, _ in self.scope["headers"]):
            self.cycle.more_body = True
            self._refuse(HTTPStatus.BAD_REQUEST)

    def _receive_in_slices(self, data: bytes) -> None:
        """Feed a large read so that a head is measured wherever in it the head begins."""
        rest = memoryview(data)
        while rest and not self._refused:
            if room := self._max_head_bytes - self._pending_bytes:
                self.data_received(bytes(rest[:room]))
                rest = rest[room:]
            else:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        if self._refused:
            self._unset_keepalive_if_required()
            self._pending_bytes += len(rest)
            if self._pending_bytes > self._max_linger_bytes:
                self.transport.abort()

    def _in_head(self) -> bool:
        return self.cycle is None or self.cycle.scope is not self.scope

    def _note_unfinished(self, received: int) -> None:
        timed = (self.cycle, self._in_head())
        if timed != self._timed:
            self._timed, self._timed_since, self._timed_bytes = timed, self.loop.time(), 0
        self._timed_bytes += received

    def _look(self) -> None:
        """Refuse what is overdue, and look again when something may be."""
        now = self.loop.time()
        if self.flow.read_paused or (self.cycle and self.cycle.waiting_for_100_continue):
            self._timed_since = now  # the app has not asked for what is missing
        due = self._due()
        if now >= due:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
            return
        self._timer = self.loop.call_at(min(due, now + self._interval), self._look)
        if due == inf and self.cycle.response_complete and self.timeout_keep_alive_task is None:
            # Bytes that begin no request make uvicorn forget to end an idle connection.
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def _due(self) -> float:
        if self._in_head():
            return self._timed_since + self.head_seconds
        if not self.cycle.more_body:
            return inf
        prolonged_by = 0 if self.cycle.response_complete else self._timed_bytes
        return self._timed_since + self.body_seconds + prolonged_by / self.min_body_bytes_per_second

    def _refuse(self, status: HTTPStatus) -> None:
        """Take no more: answer and close, or close after the answers to earlier requests."""
        self._refused = True
        self._timer.cancel()
        if self._in_head() or not self.cycle.more_body:
            if self.cycle and not self.cycle.response_complete:
                self.cycle.keep_alive = False
                return
            answerable = self._pending_bytes > 0
        else:
            if self.pipeline:
                self.pipeline.popleft()  # itself; the connection is idle, then closed, without it
                return
            answerable = not self.cycle.response_started
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if answerable:
            logger.info("refused a request: %d %s", status, status.phrase)
            self.transport.write(_problem(status, self.server_state.default_headers))
            self._half_close(LINGER.total_seconds())
        else:
            self.transport.close()
            self._abort_after(LINGER.total_seconds())

    def _half_close(self, seconds: float) -> None:
        """Say that no more will be said, and leave the peer time to hear it and go."""
        if self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()
        self._abort_after(seconds)

    def _abort_after(self, seconds: float) -> None:
        self._timer.cancel()
        self._timer = self.loop.call_later(seconds, self.transport.abort)


class _Outlet:
    """What an answer is written to, in place of the transport, which it would close at once."""

    __slots__ = ("_transport", "is_closing", "write")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self.write = transport.write
        self.is_closing = transport.is_closing

    def close(self) -> None:
        guard = self._transport.get_protocol()
        if isinstance(guard, Guard):  # else the connection is gone
            guard.part()


def _is_chunked_alone(codings: bytes) -> bool:
    """Tell whether a body comes as it is; where its end can't be told, the parser will complain."""
    *others, last = [coding.strip() for coding in codings.lower().split(b",")]
    return not others or last != b"chunked"


def _problem(status: HTTPStatus, default_headers: list[tuple[bytes, bytes]]) -> bytes:
    body = json.dumps({"type": "about:blank", "title": status.phrase, "status": status}).encode()
    headers = [
        *default_headers,
        (b"content-type", b"application/problem+json"),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
    ]
    lines = b"".join(b"%b: %b\r\n" % header for header in headers)
    return b"HTTP/1.1 %d %b\r\n%b\r\n%b" % (status, status.phrase.encode(), lines, body)
