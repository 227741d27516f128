"""Every exception of ours.

ReceiverError
├── StartError            a command cannot go on; the message says what to do next
│   ├── BadSetting
│   ├── DatabaseUnavailable
│   ├── SchemaMismatch
│   └── DatabaseInUse
├── Unreadable            a part of a notification that could not be read
├── NotStored             nobody may be told 200; the sender should try again
│   ├── Overloaded
│   └── Stopping
└── RequestError          an answer of 400 or above, with its status
    └── KeyMissing
"""

from __future__ import annotations


class ReceiverError(Exception):
    """What every exception of ours is."""


class StartError(ReceiverError):
    """A command cannot start; the message is a sentence for a person."""


class BadSetting(StartError):
    """A setting is missing or wrong; names the variable, never its value."""


class DatabaseUnavailable(StartError):
    """The database did not answer, or its file can't be used."""


class SchemaMismatch(StartError):
    """The database's schema is older or newer than this code."""


class DatabaseInUse(StartError):
    """Another process owns the SQLite file."""


class Unreadable(ReceiverError):
    """One thing in a notification could not be read; the message names the field."""


class NotStored(ReceiverError):
    """A notification was not stored, or it is not known to be."""


class Overloaded(NotStored):
    """More is waiting to be stored than we are willing to hold in memory."""


class Stopping(NotStored):
    """The writer takes nothing more, because the process is stopping."""


class RequestError(ReceiverError):
    """A request that is answered with a problem (RFC 9457)."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class KeyMissing(RequestError):
    """The API key is missing or wrong; carries the ways in which it may be given."""

    def __init__(self, challenge: str) -> None:
        super().__init__(401, "send a right API key: `Authorization: Bearer KEY`")
        self.challenge = challenge
