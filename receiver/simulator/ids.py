"""Ids as WhatsApp and Maytapi make them (protocol, section c), from randomness that is given."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from random import Random

_UUID_EPOCH = datetime(1582, 10, 15, tzinfo=UTC)


class Device(StrEnum):
    """What a message was written on: it shows in the id."""

    WEB = "web"
    IPHONE = "iphone"
    ANDROID = "android"


class Ids:
    """A source of ids that never gives one twice."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._node = random.getrandbits(48)
        self._latest = 0

    def key(self, device: Device) -> str:
        """Make the part of a WhatsApp id that all copies of a message share."""
        match device:
            case Device.WEB:
                return f"3EB0{self._hex(18)}"
            case Device.IPHONE:
                return f"3A{self._hex(18)}"
            case Device.ANDROID:
                return self._hex(32)

    def msg_id(self, now: datetime) -> str:
        """Make an id as sendMessage answers it: a UUID of version 1."""
        ticks = (now - _UUID_EPOCH) // timedelta(microseconds=1) * 10
        self._latest = max(self._latest + 1, ticks)
        low, middle, high = (
            self._latest & 0xFFFFFFFF,
            (self._latest >> 32) & 0xFFFF,
            (self._latest >> 48) & 0x0FFF,
        )
        fields = (low, middle, high, 0x80, 0x01, self._node)
        return str(uuid.UUID(fields=fields, version=1))

    def file(self) -> str:
        """Make the name of a file on the media host."""
        return self._hex(22)

    def _hex(self, digits: int) -> str:
        return f"{self._random.getrandbits(4 * digits):0{digits}X}"


def serialized(chat_id: str, key: str, *, from_me: bool, participant: str | None = None) -> str:
    """Write the id of a message as one phone sees it."""
    parts = ["true" if from_me else "false", chat_id, key]
    return "_".join([*parts, participant] if participant else parts)
