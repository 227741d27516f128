"""What a simulation is like: its size, its speed, its era and its faults."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from receiver.simulator.faults import Faults


class Era(StrEnum):
    """Which of Maytapi's forms is spoken."""

    SEED = "seed"
    """The listing's: camelCase ids, bare keys as message ids, bare arrays of acks without times."""
    MODERN = "modern"


@dataclass(frozen=True, kw_only=True)
class Options:
    """Everything that can be chosen; the same options lead to the same people and chatter."""

    seed: int = 0
    era: Era = Era.MODERN
    phones: int = 2
    people: int = 12
    groups: int = 3
    product_id: str = "5e110000-1111-4222-8333-444444444444"
    token: str = "simulated-token"
    rapidapi_key: str = "simulated-rapidapi-key"
    webhook: str = ""
    """Set from the start, with acks switched on; otherwise setWebhook sets it."""
    pace: float = 1.0
    """How long people and WhatsApp take: 1 as in life, 0.1 ten times as fast, 0 at once."""
    ack_interval: timedelta = timedelta(seconds=2)
    """How long acks are collected for one array."""
    restart_time: timedelta = timedelta(seconds=5)
    """How long a phone answers W05 after a restart."""
    redelivery: tuple[timedelta, ...] = tuple(timedelta(seconds=2**power) for power in range(6))
    """The pauses between the tries to post what was answered 5xx, or not at all."""
    answering: bool = True
    """Whether people answer what is sent to them."""
    anywhere: bool = False
    """Whether webhooks outside this machine are posted to."""
    faults: Faults = field(default_factory=Faults)
