"""The composition root: settings and a database become an application."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext

from anyio.to_thread import current_default_thread_limiter
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Lifespan, Receive, Scope, Send

from receiver import account
from receiver.dispatch import loading
from receiver.dispatch.routing import Handler
from receiver.drifting import DriftWatch
from receiver.errors import Stopping
from receiver.inbox import Inbox
from receiver.maytapi.drift import Ours
from receiver.settings import Settings, split
from receiver.store.database import CONNECTIONS, Database
from receiver.web import api, description, metrics, openapi, operations, probes, problems, webhook
from receiver.web.auth import RequireKey, Secrets
from receiver.web.headers import SecureHeaders
from receiver.web.problems import HANDLERS
from receiver.web.stream import Streams
from receiver.web.webhook import PREFIX, Webhook

CLOSED = (f"{openapi.PREFIX}/", metrics.PATH)
"""Where it is no secret that there is something for those who have a key."""


THREADS = CONNECTIONS - 10
"""For requests, which wait for one as long as it takes; for a connection they would wait in vain.
The other connections are for the writer, the watch, the index and the handlers."""


class Application:
    """All that is served, to be called as ASGI has it."""

    def __init__(self, webhook: ASGIApp, routed: Starlette, streams: Streams) -> None:
        self._webhook = webhook
        self._routed = routed
        self.routes = routed.routes
        """All but the webhook's."""
        self.end_streams = streams.end
        """Let the answers end that have no end of their own; the server waits for all answers."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._routed(scope, receive, send)
            return
        # The webhook goes past routing and middleware: they would cost it a tenth of its speed.
        app = self._webhook if scope["path"].startswith(PREFIX) else self._routed
        try:
            await app(scope, receive, send)
        except asyncio.CancelledError:  # the process stops, and waits no longer for what is missing
            await problems.answer(Stopping("the receiver is stopping"))(scope, receive, send)


def create_app(
    settings: Settings, database: Database, handlers: Sequence[Handler] | None = ()
) -> Application:
    """Build the application on a database whose schema is right.

    Its lifespan runs the writer, the handlers, and the sender; with None for handlers both of these
    are left to other processes.

    Raises:
        StartError: a setting or a handler can't be right.
    """
    inbox = Inbox.from_settings(settings, database, handlers)
    drift = _drift(settings)
    hook = Webhook(
        inbox.writer,
        tokens=Secrets(split(settings.webhook_token)),
        max_body_bytes=settings.max_body_bytes,
    )
    streams = Streams(database, inbox.watch)
    beside = [
        *webhook.OPERATIONS,
        *probes.operations(inbox.writer),
        metrics.operation(database, inbox.writer, lambda: drift.found if drift else None),
    ]
    below = api.operations(
        database,
        inbox.writer,
        streams,
        None if handlers is None else loading.known(inbox.handlers),
        default_phone=settings.default_phone,
        max_body_bytes=settings.max_body_bytes,
        has_sender=handlers is None or settings.names_account,
        beside=beside,
    )

    routed = Starlette(
        routes=operations.routes([*beside, *below]),
        middleware=_middleware(settings, open_paths=[one.path for one in beside if one.is_open]),
        exception_handlers=HANDLERS,
        lifespan=_lifespan(inbox, drift),
    )
    # A redirect would tell that a path exists, and Maytapi is not known to follow one.
    routed.router.redirect_slashes = False
    return Application(hook, routed, streams)


def _lifespan(inbox: Inbox, drift: DriftWatch | None) -> Lifespan[Starlette]:
    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        current_default_thread_limiter().total_tokens = THREADS
        async with inbox, drift or nullcontext():
            _calm_the_collector()
            yield

    return lifespan


def _drift(settings: Settings) -> DriftWatch | None:
    """Watch what Maytapi holds, if there is an account."""
    if not settings.names_account:
        return None
    ours = Ours(tokens=split(settings.webhook_token), base=settings.public_url.rstrip("/") or None)
    return DriftWatch(account.client(settings), ours)


def _middleware(settings: Settings, *, open_paths: Sequence[str]) -> list[Middleware]:
    return [
        Middleware(SecureHeaders, below=CLOSED),
        *_cors(split(settings.cors_origins)),
        Middleware(
            RequireKey,
            keys=Secrets(split(settings.api_key)),
            open_paths=open_paths,
            announced=CLOSED,
            browsable=[description.DOCUMENT, description.PAGE],
        ),
    ]


def _cors(origins: list[str]) -> list[Middleware]:
    """Let pages of these origins ask, key in hand; without any, no browser lets a page do so."""
    if not origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["authorization", "content-type", "idempotency-key", "last-event-id"],
        )
    ]


def _calm_the_collector() -> None:
    # What the start has made stays: to look through it again and again costs a seventh of the
    # speed and doubles the slowest answers.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
