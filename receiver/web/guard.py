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
from typing import Any

from httptools import HttpParserError
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

logger = logging.getLogger(__name__)

MAX_QUEUED_REQUESTS = 100
"""More in a row, without waiting for the answers, and the connection is closed."""
LINGER = timedelta(seconds=1)
"""How long a refused peer has to read why."""
MAX_LINGER_BYTES = 1_048_576


def guarded(
    *,
    max_head_bytes: int = 32_768,
    head_timeout: timedelta = timedelta(seconds=10),
    body_timeout: timedelta = timedelta(seconds=15),
    min_body_bytes_per_second: int = 65_536,
) -> type[asyncio.Protocol]:
    """Return the class to hand to `uvicorn.Config(http=...)`.

    What has come of a body prolongs its time by what it takes at the minimal rate: 16 MB on a slow
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

    Overrides call uvicorn's methods by name rather than through `super()`: they run for every
    request, and that is a third of their price.
    """

    max_head_bytes: int
    head_seconds: float
    body_seconds: float
    min_body_bytes_per_second: int

    _refused = False
    _pending_bytes = 0
    """Received since the parser last finished a head or met a piece of a body."""
    _body_bytes = 0
    _since = 0.0
    """When the head or the body that is under way began, see `_timed`."""
    _timed: tuple[object, bool] = (None, False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ws_protocol_class = None  # a WebSocket would leave the guard behind

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._since = self.loop.time()
        self._timer = self.loop.call_later(self._look_every, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        pending = self._pending_bytes + len(data)
        if pending > self.max_head_bytes or self._refused:
            self._receive_in_slices(data)
            return
        self._pending_bytes = pending
        HttpToolsProtocol.data_received(self, data)
        cycle = self.cycle
        if cycle is None or cycle.more_body or self.scope is not cycle.scope:
            self._note_unfinished()

    def on_headers_complete(self) -> None:
        for name, _ in self.headers:
            if name == b"host":
                break
        else:
            if self.parser.get_http_version() != "1.0":
                raise HttpParserError("no Host")
        if self.pipeline and len(self.pipeline) >= MAX_QUEUED_REQUESTS:
            raise HttpParserError("too many requests at once")
        HttpToolsProtocol.on_headers_complete(self)
        self.headers = []  # where trailers go: they must not join the headers of the request
        self._pending_bytes = 0

    def on_body(self, body: bytes) -> None:
        self._pending_bytes = 0
        self._body_bytes += len(body)
        HttpToolsProtocol.on_body(self, body)

    def _in_head(self): return self.cycle is None or self.scope is not self.cycle.scope
    def _look(self): pass
    _look_every=10
