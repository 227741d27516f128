"""A durable inbox for the Maytapi WhatsApp API.

The names here are for authors of handlers and for users of the client. They are imported when they
are asked for, so that a command that needs none of them starts at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from receiver.dispatch.context import Context
    from receiver.dispatch.filters import F
    from receiver.dispatch.retrying import RetryPolicy
    from receiver.dispatch.routing import Router
    from receiver.errors import Discard, Retry
    from receiver.events import (
        AboutMessage,
        AckReceived,
        Event,
        LiveEvent,
        MessageEvent,
        MessageFailed,
        MessageQueued,
        MessageReceived,
        MessageRevised,
        MessageSent,
        NotificationQuarantined,
        PhoneError,
        PhoneStatusChanged,
        PollTallied,
        ReactionReceived,
    )
    from receiver.maytapi.client import MaytapiClient

__all__ = [
    "AboutMessage",
    "AckReceived",
    "Context",
    "Discard",
    "Event",
    "F",
    "LiveEvent",
    "MaytapiClient",
    "MessageEvent",
    "MessageFailed",
    "MessageQueued",
    "MessageReceived",
    "MessageRevised",
    "MessageSent",
    "NotificationQuarantined",
    "PhoneError",
    "PhoneStatusChanged",
    "PollTallied",
    "ReactionReceived",
    "Retry",
    "RetryPolicy",
    "Router",
]

_ELSEWHERE = {
    "Context": "receiver.dispatch.context",
    "Discard": "receiver.errors",
    "F": "receiver.dispatch.filters",
    "MaytapiClient": "receiver.maytapi.client",
    "Retry": "receiver.errors",
    "RetryPolicy": "receiver.dispatch.retrying",
    "Router": "receiver.dispatch.routing",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'receiver' has no attribute {name!r}")
    return getattr(import_module(_ELSEWHERE.get(name, "receiver.events")), name)


def __dir__() -> list[str]:
    return __all__
