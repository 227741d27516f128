"""The calls about one phone: its session, its settings, its queue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from receiver.maytapi.answers import Config, Done, QueueStats, SessionStatus
from receiver.maytapi.calls.making import Call, acting, part, picture, posting, reading, whole


def screen(phone_id: str) -> Call[bytes]:
    """Return a picture of the session as WhatsApp Web would show it; the QR when logged out."""
    return reading(phone_id, "screen", read=picture)


def status(phone_id: str) -> Call[SessionStatus]:
    """Return how the phone's session is."""
    return reading(phone_id, "status", read=_status)


def qr_code(phone_id: str) -> Call[bytes]:
    """Return the QR that a phone must scan, as a picture; there is none while it is logged in."""
    return reading(phone_id, "qrCode", read=picture)


# POST, as in the listing, for these four: the documents of 2023 say GET, traffic of 2026 posts.
def restart(phone_id: str) -> Call[Done]:
    """Restart the phone's session; for some seconds calls fail with W05."""
    return posting(phone_id, "restart", read=whole(Done))


def backup(phone_id: str) -> Call[dict[str, Any]]:
    """Return what `restore` needs to open the session again (not with multi-device)."""
    return posting(phone_id, "backup", read=part("data", dict[str, Any]))


def restore(phone_id: str, session: Mapping[str, Any]) -> Call[Done]:
    """Open a session again from a `backup`."""
    return posting(phone_id, "restore", body=dict(session), read=whole(Done))


def logout(phone_id: str) -> Call[Done]:
    """Log the phone out; a QR must be scanned to use it again."""
    return posting(phone_id, "logout", read=whole(Done))


def redeploy(phone_id: str) -> Call[Done]:
    """Start the phone's session anew: the cure for one that is stuck."""
    return acting(phone_id, "redeploy")


def factory_reset(phone_id: str) -> Call[Done]:
    """Forget the phone's session and all that belongs to it."""
    return acting(phone_id, "factoryreset")


def clear(phone_id: str) -> Call[Done]:
    """Clear the phone's session; some accounts have it in place of `logout`."""
    return acting(phone_id, "clear")


def delete_phone(phone_id: str) -> Call[Done]:
    """Delete the phone; Maytapi wants `factory_reset` in its place."""
    return acting(phone_id, "delete")


def config(phone_id: str) -> Call[Config]:
    """Return the phone's own webhook, if it has one, and whether its acks are delivered."""
    return reading(phone_id, "config", read=part("status", Config))


def set_config(
    phone_id: str, *, webhook: str | None = None, ack_delivery: bool | None = None
) -> Call[Config]:
    """Give the phone a webhook of its own (`""` takes it away), or switch its acks on or off."""
    given = {"webhook": webhook, "ack_delivery": ack_delivery}
    body = {name: value for name, value in given.items() if value is not None}
    return posting(phone_id, "config", body=body, read=part("status", Config))


def queue(phone_id: str) -> Call[QueueStats]:
    """Return how many messages the phone has still to send."""
    return reading(phone_id, "queue", read=part("stats", QueueStats))


def purge_queue(phone_id: str) -> Call[Done]:
    """Drop the messages that the phone has still to send."""
    return acting(phone_id, "purgeQueue")


def catalog(phone_id: str) -> Call[list[dict[str, Any]]]:
    """Return the products that the phone's business sells."""
    return reading(phone_id, "catalog", read=part("data", list[dict[str, Any]]))


def _status(value: Any) -> SessionStatus:
    status = part("status", SessionStatus)(value)
    # One client has seen the number beside the status in place of inside.
    return status if status.number else status.model_copy(update={"number": _number(value)})


def _number(value: Any) -> str | None:
    number = value.get("number")
    return str(number) if isinstance(number, str | int) else None
