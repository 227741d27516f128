"""Every exception of ours.

ReceiverError
├── StartError            a command cannot go on; the message says what to do next
│   ├── BadSetting
│   ├── DatabaseUnavailable
│   ├── SchemaMismatch
│   ├── DatabaseInUse
│   ├── BadHandler
│   └── IsOurs
├── Unreadable            a part of a notification that could not be read
├── NotStored             nobody may be told 200; the sender should try again
│   ├── Overloaded
│   ├── Stopping
│   └── Displaced
├── DatabaseFailed        what was asked or changed was not; a later try may work
├── OperatorError         what an operator asks of a handler can't be done; the message says why
│   ├── UnknownHandler
│   ├── NotOwed
│   └── NotNow
├── HandlerSignal         what handlers raise to say what is to become of their event
│   ├── Retry
│   └── Discard
├── RequestError          an answer of 400 or above, with its status
│   └── KeyMissing
└── MaytapiError          a call of Maytapi's API did not do what was asked; the rule: outcomes.py
    ├── ApiRefused        surely not done, and the same call again would be refused again
    │   ├── AccountRefused
    │   └── Unsendable    not even sent: it was refused here
    ├── ApiUnavailable    surely not done; another try later may work
    └── OutcomeUnknown    it may have been done
        └── UnexpectedAnswer
"""

from __future__ import annotations

from datetime import timedelta


class ReceiverError(Exception):
    """What every exception of ours is."""


class StartError(ReceiverError):
    """A command cannot start; the message is a sentence for a person."""


class BadSetting(StartError):
    """A setting is missing or wrong; names the variable, never its value."""


class DatabaseUnavailable(StartError):
    """The database did not answer, or its file can't be used."""


class SchemaMismatch(StartError):
    """The database's schema is older or newer than this code, or not ours."""


class DatabaseInUse(StartError):
    """Another process owns the SQLite file."""


class BadHandler(StartError):
    """A handler can't be registered or loaded; the message says what was found."""


class IsOurs(StartError):
    """A number that is to be erased is one of our own phones'."""


class Unreadable(ReceiverError):
    """One thing in a notification could not be read; the message names the field."""


class NotStored(ReceiverError):
    """A notification was not stored, or it is not known to be."""


class Overloaded(NotStored):
    """More is waiting to be stored than we are willing to hold in memory."""


class Stopping(NotStored):
    """The writer takes nothing more, because the process is stopping."""


class Displaced(NotStored):
    """Another process may have taken over what this one was working on."""


class DatabaseFailed(ReceiverError):
    """The database can't be reached, or failed meanwhile; a later try may work."""


class OperatorError(ReceiverError):
    """An operator asked for what can't be done with a handler."""


class UnknownHandler(OperatorError):
    """No handler of this name has ever run on this database."""

    def __init__(self, handler: str) -> None:
        super().__init__(f"there is no handler {handler!r}: see `receiver handlers`")
        self.handler = handler


class NotOwed(OperatorError):
    """The handler owes no such event: it is done, was dropped, or was never due."""

    def __init__(self, handler: str, seq: int) -> None:
        super().__init__(f"the handler {handler!r} owes no event {seq}")
        self.handler = handler
        self.seq = seq


class NotNow(OperatorError):
    """The event is owed, but can't be tried at this moment."""


class HandlerSignal(ReceiverError):
    """What a handler raises to say what is to become of its event."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


class Retry(HandlerSignal):
    """Raised by a handler that asks for another try, after a `delay` of its choice if given."""

    delay: timedelta | None = None

    def __init__(self, reason: str = "", *, delay: timedelta | float | None = None) -> None:
        super().__init__(reason)
        if delay is not None:
            self.delay = delay if isinstance(delay, timedelta) else timedelta(seconds=delay)


class Discard(HandlerSignal):
    """Raised by a handler that gives an event up for good: it is dead, and not tried again."""


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


class MaytapiError(ReceiverError):
    """A call of Maytapi's API did not do what was asked, or is not known to have done it."""

    def __init__(
        self, message: str, *, code: str | None = None, http_status: int | None = None
    ) -> None:
        super().__init__(f"{message} ({code})" if code else message)
        self.message = message
        self.code = code
        """Maytapi's own, a letter and two digits; most refusals have none."""
        self.http_status = http_status


class ApiRefused(MaytapiError):
    """Maytapi said no: nothing was done, and asking the same again is of no use."""


class AccountRefused(ApiRefused):
    """Maytapi does not know the account: all calls are refused until the settings are right."""


class Unsendable(ApiRefused):
    """What is to be sent lacks something, or can't be sent; the message says what."""


class ApiUnavailable(MaytapiError):
    """Nothing was done, because Maytapi or the phone was not there; a later try may work."""

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        http_status: int | None = None,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(message, code=code, http_status=http_status)
        self.retry_after = retry_after
        """How long Maytapi asked to be left alone, if it did."""


class OutcomeUnknown(MaytapiError):
    """No answer, or one of a server in trouble: it may have been done."""


class UnexpectedAnswer(OutcomeUnknown):
    """Maytapi answered something that is in none of its documents."""
