"""Short ways to let things happen in a simulation, and to look at what it told."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from receiver.simulator import answering
from receiver.simulator.calls import Answer, Call
from receiver.simulator.faults import Faults
from receiver.simulator.options import Options
from receiver.simulator.simulation import Simulation

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
HOOK = "http://127.0.0.1:1/hook"
PHONE = 12345
OTHER_PHONE = 12346
ADA = "15550100011"
ADAS_CHAT = f"{ADA}@c.us"
NOBODY = "15550109999"


def simulation(**options: Any) -> Simulation:
    """Return a simulation in which nobody takes their time, told of by a webhook."""
    chosen = {"webhook": HOOK, "pace": 0.0, "ack_interval": timedelta(0), **options}
    return Simulation(Options(**chosen), START)


def told(simulation: Simulation, *, within: timedelta = timedelta(0)) -> list[Any]:
    """Let time pass; return the bodies that are posted meanwhile."""
    notifications = simulation.advance(simulation.now + within)
    return [json.loads(notification.body) for notification in notifications]


def of_type(bodies: list[Any], kind: str) -> list[Any]:
    """Return the bodies of one type; bare arrays have none."""
    return [body for body in bodies if isinstance(body, dict) and body["type"] == kind]


def ask(
    simulation: Simulation,
    method: str,
    path: str,
    *,
    query: dict[str, str] | None = None,
    fields: dict[str, Any] | None = None,
) -> Answer:
    """Make a call as the direct API has it, with the right token."""
    options = simulation.options
    return answering.respond(
        simulation,
        Call(
            method=method,
            path=f"/api/{options.product_id}/{path}",
            query=query or {},
            fields=fields or {},
            token=options.token,
        ),
    )


def get(simulation: Simulation, path: str, **query: str) -> Any:
    """Get an answer of JSON."""
    return json.loads(ask(simulation, "GET", path, query=query).body)


def post(simulation: Simulation, path: str, **fields: Any) -> Any:
    """Post fields, and get an answer of JSON."""
    return json.loads(ask(simulation, "POST", path, fields=fields).body)


def send(simulation: Simulation, to: str = ADA, **fields: Any) -> str:
    """Send a message, a text unless the fields say otherwise; return its msgId."""
    request = {"to_number": to, "type": "text", "message": "hello"} | fields
    answer = post(simulation, f"{PHONE}/sendMessage", **request)
    assert answer["success"], answer
    return str(answer["data"]["msgId"])


def faults(**shares: float) -> Faults:
    """Return faults of which some happen."""
    return Faults(**shares)  # type: ignore[arg-type]


def post_say(simulation: Simulation, **fields: Any) -> str:
    """Let somebody say something by the simulation's own lever; return WhatsApp's id."""
    call = Call(method="POST", path="/simulator/say", fields={"text": "hello"} | fields)
    answer = json.loads(answering.respond(simulation, call).body)
    assert answer["success"], answer
    return str(answer["data"]["id"])


def shape(value: Any) -> Any:
    """Return the names and types of JSON, whatever its values; of an array, its first part's."""
    if isinstance(value, dict):
        return {name: shape(part) for name, part in value.items()}
    return [shape(part) for part in value[:1]] if isinstance(value, list) else type(value)
