"""Was it done? Everything that decides what has become of a call lives here.

A message that was sent twice can't be taken back, so each failure says one of three things by its
type, and the caller of a send must go by it:

`ApiRefused`      surely not done, now or later: Maytapi said no (`success: false`, whatever the
                  HTTP status; any 4xx). `Unsendable` was not even sent; `AccountRefused` is
                  about no call in particular.
`ApiUnavailable`  surely not done, but it may be later: no connection was made; W05, with which
                  the session says that it started nothing; 429, 408 and 425, which say that the
                  request was not taken; a refusal because the phone is not connected.
`OutcomeUnknown`  everything else that may happen once a byte of the request was written: no
                  answer in time, a connection that broke, 5xx, a redirect, an answer nobody
                  understands. A call that only reads has nothing to do twice: for it a missing
                  answer and 5xx count as `ApiUnavailable`.

What is `ApiUnavailable` may be repeated, and nothing else: the client's retries go by that alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple, TypeVar

from receiver.errors import (
    AccountRefused,
    ApiRefused,
    ApiUnavailable,
    MaytapiError,
    OutcomeUnknown,
    UnexpectedAnswer,
    Unreadable,
)
from receiver.maytapi.calls.making import Call
from receiver.maytapi.decoding import decode

NOT_LOADED = "W05"
"""The code of a session that restarts; it says so with HTTP 200 as well."""

NOT_TAKEN = (408, 425, 429)
"""HTTP statuses by which a server says that it did not begin."""

_OFFLINE = ("not connected", "scan ", "not logged in")
_NO_ACCOUNT = "product id is wrong"
_MAX_MESSAGE_CHARACTERS = 300
_MAX_CODE_CHARACTERS = 20
_MIN_SECRET_CHARACTERS = 8

T = TypeVar("T")


@dataclass(frozen=True)
class Response:
    """What came back over HTTP."""

    status: int
    body: bytes
    retry_after: timedelta | None = None
    secret: str = field(default="", repr=False)
    """What no exception may repeat, even where a server does."""


class _Said(NamedTuple):
    """What an object tells when it is no answer but an excuse."""

    refused: bool
    message: str
    code: str | None

    @property
    def offline(self) -> bool:
        return any(words in self.message.lower() for words in _OFFLINE)

    @property
    def no_account(self) -> bool:
        return _NO_ACCOUNT in self.message.lower()


def result(call: Call[T], response: Response) -> T:
    """Return what a call was answered.

    Raises:
        MaytapiError: it was not done, or it is not known; the type tells which.
    """
    value = _json(response.body)
    said = _said(value, response.secret)
    if said.refused or not 200 <= response.status < 300:
        raise _failure(call, response, said)
    try:
        return call.read(response.body if value is None else value)
    except Unreadable as odd:
        message = said.message or f"the answer has none of the known forms: {odd}"
        raise UnexpectedAnswer(message, http_status=response.status) from odd


def unconnected(reason: str) -> ApiUnavailable:
    """Return what to raise when no connection was made, so that nothing can have been sent."""
    return ApiUnavailable(f"Maytapi can't be reached: {reason}")


def unanswered(call: Call[Any], reason: str) -> MaytapiError:
    """Return what to raise when a request was written, or began to be, and no answer came."""
    message = f"Maytapi did not answer: {reason}"
    return ApiUnavailable(message) if call.only_reads else OutcomeUnknown(message)


def _failure(call: Call[Any], response: Response, said: _Said) -> MaytapiError:
    status, code = response.status, said.code
    message = said.message or f"HTTP {status}"
    again = code == NOT_LOADED or status in NOT_TAKEN or (status < 500 and said.offline)
    if again or (status >= 500 and call.only_reads):
        return ApiUnavailable(
            message, code=code, http_status=status, retry_after=response.retry_after
        )
    if 400 <= status < 500 or (said.refused and status < 300):
        refused = AccountRefused if status in (401, 403) or said.no_account else ApiRefused
        return refused(message, code=code, http_status=status)
    if status >= 500:
        return OutcomeUnknown(message, code=code, http_status=status)
    return UnexpectedAnswer(f"HTTP {status} in place of an answer", http_status=status)


def _json(body: bytes) -> Any:
    try:
        return decode(body).value
    except Unreadable:
        return None


def _said(value: Any, secret: str) -> _Said:
    if not isinstance(value, dict):
        return _Said(refused=False, message="", code=None)
    message, code = value.get("message"), value.get("code")
    return _Said(
        refused=value.get("success") in (False, "false"),
        message=_shown(message, secret)[:_MAX_MESSAGE_CHARACTERS],
        code=_shown(code, secret)[:_MAX_CODE_CHARACTERS] or None,
    )


def _shown(text: Any, secret: str) -> str:
    if not isinstance(text, str):
        return ""
    # What is shorter is no secret but a word, and other words have it in them.
    return text.replace(secret, "(the key)") if len(secret) >= _MIN_SECRET_CHARACTERS else text
