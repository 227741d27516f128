"""Publish events to NATS JetStream, for fan-out beyond what one database is made for.

An event is published under its id, and again until the server has acknowledged it: JetStream keeps
it once, as long as the repeat comes within the stream's `duplicate_window` (two minutes unless set
otherwise). The stream is yours to make; a subject that no stream takes is a failure.

    router = publish("nats://127.0.0.1:4222", events=[MessageReceived])
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal

try:
    from nats import errors
    from nats.aio.client import Client
    from nats.js.errors import APIError, NoStreamResponseError
except ModuleNotFoundError as error:
    # Its name on the index is another one's.
    raise ImportError(
        "the client of NATS is not installed: pip install 'maytapi-receiver[nats]'"
    ) from error

from receiver import Discard, Event, Retry, RetryPolicy, Router
from receiver.sinks import bodies
from receiver.sinks.lifetimes import LoopLong

logger = logging.getLogger(__name__)

SUBJECT = "maytapi.{event_type}.{phone_id}"
RETRY = RetryPolicy(attempts=5_000, first=timedelta(seconds=1), longest=timedelta(seconds=30))
"""Soon enough for the server to know an event again, and for about a day."""
TIMEOUT = timedelta(seconds=60)
"""How long a try waits for a server that is away before it becomes a retry."""
ACK_WITHIN = timedelta(seconds=5)
LOOK_EVERY = timedelta(milliseconds=100)

_UNSAFE = re.compile(r"[^\w-]", re.ASCII)


def publish(
    servers: str | Sequence[str],
    *filters: Callable[[Any], object],
    subject: str = SUBJECT,
    events: Sequence[type[Event]] = (Event,),
    source: str = "",
    name: str = "nats.publish",
    order: Literal["conversation", "none"] = "conversation",
    retry: RetryPolicy = RETRY,
    start: Literal["now", "beginning"] = "now",
    options: Mapping[str, Any] | None = None,
) -> Router:
    """Make a Router that publishes the events of these classes that pass all filters.

    `subject` may name `event_type`, `phone_id` and `conversation_id`. Where several receivers
    publish to one stream, each needs a `source` of its own, which goes before its ids. `options`
    are further arguments of `nats.connect`, such as `user_credentials` and `tls`.

    Raises:
        ValueError: the subject names something else.
    """
    _subject(subject, event_type="", phone_id="", conversation_id="")
    publisher = _Publisher(servers, subject, source, options or {})
    wanted = tuple(events)
    router = Router("nats")
    router.on(
        Event,
        lambda event: isinstance(event, wanted),
        *filters,
        name=name,
        order=order,
        retry=retry,
        timeout=TIMEOUT,
        start=start,
    )(publisher.publish)
    return router


class _Publisher:
    """A connection to a server, or to whichever of several is there."""

    def __init__(
        self, servers: str | Sequence[str], subject: str, source: str, options: Mapping[str, Any]
    ) -> None:
        self._subject = subject
        self._source = source
        self._client = LoopLong(lambda: _connected(servers, options))

    async def publish(self, event: Event) -> None:
        """Publish an event, and return when the stream has it."""
        client = await self._client.get()
        try:
            await self._until_acknowledged(client, event)
        except errors.MaxPayloadError:
            raise Discard("it is larger than the NATS server takes") from None
        except NoStreamResponseError as error:
            raise Retry("no JetStream stream takes its subject") from error
        except APIError as error:
            raise Retry(f"JetStream refuses it: {error.description}") from error
        except errors.ConnectionClosedError as error:
            await self._client.forget(client)
            raise Retry("the NATS server has closed the connection") from error

    async def _until_acknowledged(self, client: Client, event: Event) -> None:
        jetstream = client.jetstream()
        body = bodies.write(event)
        headers = {"Nats-Msg-Id": f"{self._source}{event.id}"}
        subject = _subject(
            self._subject,
            event_type=event.event_type,
            phone_id=event.phone_id,
            conversation_id=event.conversation_id,
        )
        while True:
            await _until_connected(client)
            try:
                await jetstream.publish(
                    subject, body, timeout=ACK_WITHIN.total_seconds(), headers=headers
                )
            except (errors.TimeoutError, errors.OutboundBufferLimitError):
                continue  # the id makes it harmless to ask again for what is there already
            return


async def _until_connected(client: Client) -> None:
    while not (client.is_connected or client.is_closed):  # noqa: ASYNC110 - it has no event
        await asyncio.sleep(LOOK_EVERY.total_seconds())


async def _connected(
    servers: str | Sequence[str], options: Mapping[str, Any]
) -> AsyncGenerator[Client, None]:
    client = Client()
    given: dict[str, Any] = {
        "servers": servers if isinstance(servers, str) else list(servers),
        "name": "maytapi-receiver",
        "max_reconnect_attempts": -1,
        # What could not be sent is not kept in memory: it is sent again by the loop that waits.
        "pending_size": 0,
        "error_cb": _log,
    }
    try:
        await client.connect(**{**given, **options})
        yield client
    finally:
        await client.close()


async def _log(error: Exception) -> None:
    # Without its text, which may hold the URL, and in it a password.
    logger.warning("NATS: %s", type(error).__name__)


def _subject(pattern: str, *, event_type: str, **ids: object) -> str:
    """Fill in a pattern; only an event's type may be more than one token."""
    tokens = {name: _UNSAFE.sub("_", str(value or "-")) for name, value in ids.items()}
    kind = ".".join(_UNSAFE.sub("_", token) for token in event_type.split("."))
    try:
        return pattern.format(event_type=kind or "-", **tokens)
    except (KeyError, IndexError, ValueError):
        raise ValueError(
            f"{pattern!r} is no subject: it may name {{event_type}}, {{phone_id}} and "
            "{conversation_id}"
        ) from None
