"""A first minute without an account: a receiver, a simulated Maytapi, and a handler that answers.

All three run in this process, on a SQLite file that is gone afterwards; what is shown in the
terminal is what anybody can read from the receiver over REST.
"""

from __future__ import annotations

import json
import secrets
import signal
import tempfile
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from textwrap import shorten
from typing import Any

import httpx2
from rich.console import Console
from rich.text import Text

from receiver import serving
from receiver.dispatch.context import Context
from receiver.dispatch.filters import F
from receiver.dispatch.routing import Router
from receiver.events import MessageReceived
from receiver.maytapi.drift import Ours
from receiver.settings import Settings
from receiver.simulator import running
from receiver.simulator.options import Options
from receiver.simulator.running import Simulator
from receiver.simulator.simulation import Simulation

OPTIONS = Options(phones=1, people=6, groups=1, pace=0.4, ack_interval=timedelta(seconds=0.5))
OPENING = "Hello! What is the price?"
CHATTER_EVERY = timedelta(seconds=4)
TICKS = {"delivered": "✓", "reached": "✓✓", "seen": "✓✓ seen", "played": "✓✓ played"}


def demo(*, port: int, seed: int) -> None:
    """Run until Ctrl-C.

    Raises:
        StartError: the port is taken.
    """
    with (
        tempfile.TemporaryDirectory(prefix="receiver-demo-") as folder,
        running.running(replace(OPTIONS, seed=seed)) as simulator,
    ):
        settings = _settings(Path(folder), port, simulator)
        simulator.do(_deliver_acks)  # before the receiver looks whether it does

        def ready(address: str) -> None:
            client = httpx2.Client(
                base_url=address, headers={"authorization": f"Bearer {settings.api_key}"}
            )
            _welcome(address, settings.api_key)
            threading.Thread(target=_show, args=(client,), name="shown", daemon=True).start()
            simulator.point_at(Ours(tokens=[settings.webhook_token], base=address).url())
            simulator.say(OPENING)
            simulator.chat(every=CHATTER_EVERY)

        serving.run(settings, [*_router().handlers()], ready=ready)
    print("ended; nothing of it is left")


def _deliver_acks(simulation: Simulation) -> None:
    simulation.world.ack_delivery = True


def _router() -> Router:
    router = Router("demo")

    @router.on(MessageReceived, F.type == "text", F.first_copy)
    async def answer(event: MessageReceived, context: Context) -> None:
        count = context.state["count"] = context.state.get("count", 0) + 1
        await context.reply(f"You wrote: {event.text} (your message {count})")

    return router


def _settings(folder: Path, port: int, simulator: Simulator) -> Settings:
    account: dict[str, Any] = {
        name.removeprefix("RECEIVER_").lower(): value for name, value in simulator.settings.items()
    }
    own: dict[str, Any] = {
        "database_url": f"sqlite:///{folder / 'demo.db'}",
        "webhook_token": secrets.token_urlsafe(16),
        "api_key": secrets.token_urlsafe(16),
        "port": port,
        "messages_per_second": 20,
    }
    # What is set for a receiver of one's own, in .env or the environment, is left alone.
    return Settings.model_construct(**(own | account))


def _welcome(address: str, key: str) -> None:
    lines = (
        f"A receiver on {address}, a simulated Maytapi, and a handler that answers.",
        "Ctrl-C ends all of it. Read from a second terminal what is stored:",
        f"  curl -H 'Authorization: Bearer {key}' {address}/api/conversations",
        "",
    )
    print("\n".join(lines), flush=True)


def _show(client: httpx2.Client) -> None:
    """Print what the stream of events tells, until the server ends."""
    console = Console(highlight=False)
    try:
        with client.stream("GET", "/api/events/stream?after=0", timeout=None) as stream:
            for line in stream.iter_lines():
                if line.startswith("data:"):
                    event = json.loads(line.removeprefix("data:"))
                    if shown := _line(event, partial(_read, client)):
                        console.print(shown)
    except httpx2.TransportError:
        pass  # the end of it all
    except SystemExit:  # rich's word for a pipe that nobody reads
        signal.raise_signal(signal.SIGTERM)


def _read(client: httpx2.Client, path: str) -> dict[str, Any]:
    answer: dict[str, Any] = client.get(f"/api{path}").json()
    return answer


def _line(event: dict[str, Any], read: Callable[[str], dict[str, Any]]) -> Text | None:
    """Write an event for a person; `read` gets what it is about over REST."""
    kind, data = event["type"], event["data"]
    if kind in ("message.failed", "phone.status", "live.event"):
        return _told(event, f"{kind} {json.dumps(data, ensure_ascii=False)}", "yellow")
    if event["message_id"] is None:
        return None
    message = read(f"/messages/{event['message_id']}")
    chat = read(f"/conversations/{event['conversation_id']}")
    name = chat["name"] or chat["chat_id"].partition("@")[0]
    said = shorten(message["text"] or f"[{message['type']}]", 50, placeholder=" …")
    match kind:
        case "message.received":
            return _told(event, f"{name}: {said}", "cyan")
        case "message.queued":
            return _told(event, f"  to {name}: {said}", "green")
        case "message.ack" if tick := TICKS.get(data["type"]):
            return _told(event, f"  {tick:<9} {name}: {said}", "dim")
        case "message.reaction":
            return _told(event, f"  {data['emoji']} from {name}, on: {said}", "magenta")
        case _:
            return None


def _told(event: dict[str, Any], words: str, style: str) -> Text:
    return Text.assemble((event["at"][11:19], "dim"), "  ", (_printable(words), style))


def _printable(words: str) -> str:
    return "".join(c if c.isprintable() else " " for c in words)
