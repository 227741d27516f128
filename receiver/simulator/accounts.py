"""The endpoints of the account: product, phones, webhook, queues, logs (protocol, section b)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from receiver.simulator.calls import Answer, Call, answer, refuse, succeed
from receiver.simulator.ledger import Attempt
from receiver.simulator.options import Era
from receiver.simulator.simulation import Simulation
from receiver.simulator.world import Phone, PhoneState

ROWS_A_PAGE = 50

Endpoint = Callable[[Simulation, Call], Answer]


def product(simulation: Simulation, _call: Call) -> Answer:
    """Describe the account; there is no `success` in it."""
    world = simulation.world
    wants_acks = world.ack_delivery
    return answer(
        {
            "pid": world.product_id,
            "webhook": world.webhook,
            "ack_delivery": int(wants_acks) if _is_old(simulation) else wants_acks,
            "phone_limit": world.phone_limit,
        }
    )


def list_phones(simulation: Simulation, _call: Call) -> Answer:
    """List the phones: an array, while every failure is an object."""
    return answer([_phone(simulation, phone) for phone in simulation.world.phones.values()])


def set_webhook(simulation: Simulation, call: Call) -> Answer:
    """Set the account's webhook."""
    simulation.world.webhook = str(call.fields.get("webhook") or "")
    return product(simulation, call)


def set_ack_preference(simulation: Simulation, call: Call) -> Answer:
    """Switch acks: the listing names the field `preference`, the later document `ack_delivery`."""
    given = call.fields.get("ack_delivery", call.fields.get("preference"))
    if given is None:
        return refuse("preference is required.")
    simulation.world.ack_delivery = bool(given)
    return product(simulation, call)


def add_phone(simulation: Simulation, call: Call) -> Answer:
    """Add a phone, which then wants its QR code scanned."""
    world = simulation.world
    if len(world.phones) >= world.phone_limit:
        return refuse("Phone limit is reached.")
    phone = world.add_phone(None, PhoneState.QR_CODE)
    return answer(
        {
            "id": phone.id if _is_old(simulation) else str(phone.id),
            "pid": world.product_id,
            "number": call.fields.get("number"),
        }
    )


def queues(simulation: Simulation, _call: Call) -> Answer:
    """Tell how much each phone has to send."""
    return succeed(
        queues=[
            {"id": phone.id, "status": phone.state, "queue": len(phone.queue)}
            for phone in simulation.world.phones.values()
        ]
    )


def logs(simulation: Simulation, call: Call) -> Answer:
    """Show what was posted and how it was answered, the newest first."""
    attempts = simulation.ledger.attempts
    rows = [*enumerate(attempts, 1)][::-1]
    start = call.number("page", 0) * ROWS_A_PAGE
    page = rows[start : start + ROWS_A_PAGE]
    return succeed(
        data={
            "count": str(len(attempts)),
            "list": [_log_row(simulation, number, attempt) for number, attempt in page],
        }
    )


ENDPOINTS: Mapping[tuple[str, str], Endpoint] = {
    ("GET", "product"): product,
    ("GET", "listPhones"): list_phones,
    ("POST", "setWebhook"): set_webhook,
    ("POST", "addPhone"): add_phone,
    ("POST", "setAckPreference"): set_ack_preference,
    ("GET", "queues"): queues,
    ("GET", "logs"): logs,
}


def _is_old(simulation: Simulation) -> bool:
    return simulation.options.era is Era.SEED


def _phone(simulation: Simulation, phone: Phone) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": phone.id}
    if phone.number:
        shown["number"] = phone.number
    if _is_old(simulation):
        return shown
    return shown | {
        "status": phone.state,
        "type": "whatsapp",
        "name": "",
        "data": {},
        "multi_device": True,
    }


def _log_row(simulation: Simulation, number: int, attempt: Attempt) -> dict[str, Any]:
    at = attempt.at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    body = orjson.loads(attempt.body)
    return {
        "id": number,
        "pid": simulation.world.product_id,
        "phone": attempt.phone_id,
        "created_at": at,
        "updated_at": at,
        "type": _log_type(attempt.kind, body),
        "data": {
            "body": body,
            "webhook": attempt.url,
            "response": {"body": attempt.answer, "statusCode": attempt.status},
        },
    }


def _log_type(kind: str, body: Any) -> str:
    if kind == "error":
        return "error"
    if kind == "message" and not body["message"].get("fromMe"):
        return "incoming"
    return "outgoing"
