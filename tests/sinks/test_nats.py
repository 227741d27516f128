"""Publishing to JetStream, on a real server, which is killed in between."""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.errors import Error as JetStreamError

from receiver import Discard, Event, F, MessageReceived, Retry, Router
from receiver.inbox import Inbox
from receiver.sinks import nats as sink
from receiver.sinks.nats import publish
from receiver.store.database import Database
from tests import bodies
from tests.dispatch import handmade
from tests.sinks import jetstream
from tests.sinks.jetstream import NatsServer
from tests.store import recorded
from tests.waiting import until

STREAM = "events"
FEW, MANY = 400, 10_000


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NatsServer]:
    """Return a running server."""
    with jetstream.running(tmp_path) as server:
        yield server


def test_without_its_client_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nats", None)
    monkeypatch.delitem(sys.modules, sink.__name__)
    with pytest.raises(ImportError, match=r"pip install 'maytapi-receiver\[nats\]'"):
        importlib.import_module(sink.__name__)


@asynccontextmanager
async def _stream(server: NatsServer, **config: Any) -> AsyncIterator[JetStreamContext]:
    async with await nats.connect(server.url, max_reconnect_attempts=-1) as client:
        context = client.jetstream()
        await context.add_stream(name=STREAM, subjects=["maytapi.>"], **config)
        yield context


async def _count(context: JetStreamContext) -> int:
    try:
        return (await context.stream_info(STREAM)).state.messages
    except (JetStreamError, nats.errors.Error):  # it is away
        return 0


async def _all(context: JetStreamContext) -> list[Msg]:
    """Return what a consumer sees from the beginning to the end."""
    count = await _count(context)
    consumer = await context.subscribe("maytapi.>", stream=STREAM, ordered_consumer=True)
    return [await consumer.next_msg(timeout=10) for _ in range(count)]


async def _publish(router: Router, *events: Event) -> None:
    [handler] = router.handlers()
    for event in events:
        await handler.function(event)


def test_an_event_is_published_under_its_subject_and_its_id(server: NatsServer) -> None:
    router = publish(server.url)

    async def scenario() -> list[Msg]:
        async with _stream(server) as context:
            await _publish(router, handmade.message(), handmade.phone_status("loading"))
            return await _all(context)

    message, status = asyncio.run(scenario())
    assert message.subject == "maytapi.message.received.12345"
    assert message.headers == {"Nats-Msg-Id": "1"}
    assert json.loads(message.data)["message"]["text"] == "What is the price?"
    assert status.subject == "maytapi.phone.status.12345"


def test_an_event_that_is_published_again_is_kept_once(server: NatsServer) -> None:
    one, two = publish(server.url), publish(server.url, source="two-")

    async def scenario() -> list[Msg]:
        async with _stream(server) as context:
            await _publish(one, *[handmade.message()] * 3)
            await _publish(two, *[handmade.message()] * 2)
            return await _all(context)

    ids = [message.headers["Nats-Msg-Id"] for message in asyncio.run(scenario()) if message.headers]
    assert ids == ["1", "two-1"]


@pytest.mark.parametrize(
    ("pattern", "phone_id", "subject"),
    [
        ("maytapi.{event_type}.{phone_id}", "1.2 *>\r\n3", "maytapi.message.received.1_2_____3"),
        ("maytapi.{conversation_id}", "1", "maytapi.3"),
        ("maytapi.{phone_id}", None, "maytapi.-"),
        ("maytapi.all", "1", "maytapi.all"),
    ],
)
def test_what_comes_from_outside_is_one_token_of_the_subject(
    server: NatsServer, pattern: str, phone_id: str | None, subject: str
) -> None:
    router = publish(server.url, subject=pattern)

    async def scenario() -> list[Msg]:
        async with _stream(server) as context:
            await _publish(router, handmade.message(phone_id=phone_id))
            return await _all(context)

    [message] = asyncio.run(scenario())
    assert message.subject == subject


@pytest.mark.parametrize("pattern", ["a.{chat}", "a.{", "a.{0}"])
def test_a_subject_that_can_not_be_right_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="is no subject"):
        publish("nats://127.0.0.1", subject=pattern)


def test_only_what_was_asked_for_is_published() -> None:
    router = publish("nats://127.0.0.1", F.text == "hello", events=[MessageReceived])
    [handler] = router.handlers()
    assert handler.wants(handmade.message(text="hello"))
    assert not handler.wants(handmade.message())
    assert not handler.wants(handmade.ack("seen"))


def test_without_a_stream_it_is_a_failure(server: NatsServer) -> None:
    router = publish(server.url)
    with pytest.raises(Retry, match="no JetStream stream takes its subject"):
        asyncio.run(_publish(router, handmade.message()))


def test_what_the_stream_refuses_is_tried_again(server: NatsServer) -> None:
    router = publish(server.url)

    async def scenario() -> None:
        async with _stream(server, max_msg_size=10):
            await _publish(router, handmade.message())

    with pytest.raises(Retry, match="JetStream refuses it: message size exceeds"):
        asyncio.run(scenario())


def test_what_the_server_never_takes_is_given_up(tmp_path: Path) -> None:
    with jetstream.running(tmp_path, config="max_payload: 100") as server:
        router = publish(server.url)
        with pytest.raises(Discard, match="larger than the NATS server takes"):
            asyncio.run(_publish(router, handmade.message()))


def test_it_waits_for_a_server_that_is_not_there_yet(tmp_path: Path) -> None:
    server = NatsServer(tmp_path)
    router = publish(server.url, options={"reconnect_time_wait": 0.01})

    async def scenario() -> int:
        publishing = asyncio.ensure_future(_publish(router, handmade.message()))
        await asyncio.to_thread(server.start)
        async with _stream(server) as context:
            try:
                await publishing
            except Retry:  # the stream was made too late
                await _publish(router, handmade.message())
            return await _count(context)

    try:
        assert asyncio.run(scenario()) == 1
    finally:
        server.kill()


def test_an_acknowledgement_that_is_lost_is_asked_for_again(
    server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sink, "ACK_WITHIN", timedelta(microseconds=1))
    router = publish(server.url)

    async def scenario() -> list[Msg]:
        async with _stream(server) as context:
            publishing = asyncio.ensure_future(_publish(router, handmade.message()))
            await _reached(context, 1)
            assert not publishing.done()
            monkeypatch.setattr(sink, "ACK_WITHIN", timedelta(seconds=5))
            await publishing
            return await _all(context)

    assert len(asyncio.run(scenario())) == 1


def test_a_connection_that_was_closed_for_good_is_opened_anew(server: NatsServer) -> None:
    options = {"max_reconnect_attempts": 1, "reconnect_time_wait": 0.01}
    router = publish(server.url, options=options)

    async def scenario() -> int:
        async with _stream(server) as context:
            await _publish(router, handmade.message(1))
            await asyncio.to_thread(server.kill)
            with pytest.raises(Retry, match="has closed the connection"):
                await _publish(router, handmade.message(2))
            await asyncio.to_thread(server.start)
            await _reached(context, 1)
            await _publish(router, handmade.message(2))
            return await _count(context)

    assert asyncio.run(scenario()) == 2


def test_a_password_is_not_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "secret-of-the-tests"
    with jetstream.running(tmp_path, config=f"authorization: {{ token: {secret}-2 }}") as server:
        url = server.url.replace("//", f"//{secret}@")
        router = publish(url, options={"reconnect_time_wait": 0.01})

        async def scenario() -> None:
            async with asyncio.timeout(0.5):
                await _publish(router, handmade.message())

        with pytest.raises((TimeoutError, Retry)):
            asyncio.run(scenario())
    assert "NATS: " in caplog.text
    assert secret not in caplog.text + repr(list(router.handlers()))


@pytest.mark.parametrize("count", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
def test_with_the_server_killed_in_between_a_consumer_sees_each_event_once(
    database: Database, server: NatsServer, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sink, "ACK_WITHIN", timedelta(milliseconds=500))
    keys = range(count)
    chats = [f"1555010{key % 40:04}@c.us" for key in keys]
    sent = [bodies.message(f"3EB0{key:06}", chat=chats[key], at=key + 1) for key in keys]
    recorded.batch(database, *sent)
    router = publish(server.url, start="beginning", options={"reconnect_time_wait": 0.05})

    async def scenario() -> list[Msg]:
        async with _stream(server) as context:
            async with Inbox(database, list(router.handlers())):
                await _reached(context, count // 4)
                await asyncio.to_thread(server.kill)
                await asyncio.to_thread(server.start)
                await asyncio.to_thread(until, lambda: _is_done(database, count), within=240)
            return await _all(context)

    messages = asyncio.run(scenario())
    seen = [int(message.headers["Nats-Msg-Id"]) for message in messages if message.headers]
    assert sorted(seen) == list(range(1, count + 1))
    for conversation in range(40):
        of_one = [seq for seq in seen if (seq - 1) % 40 == conversation]
        assert of_one == sorted(of_one)


async def _reached(context: JetStreamContext, count: int) -> None:
    async with asyncio.timeout(60):
        while await _count(context) < count:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)


def _is_done(database: Database, count: int) -> bool:
    with database.engine.connect() as connection:
        position = connection.exec_driver_sql(
            "SELECT seq FROM positions WHERE reader = 'nats.publish'"
        ).scalar()
        owed = connection.exec_driver_sql("SELECT count(*) FROM retries").scalar()
    return position == count and not owed
