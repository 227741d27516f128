"""A call of the API, and its answer. What Maytapi refuses, it mostly refuses with HTTP 200."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson


@dataclass(frozen=True, kw_only=True)
class Call:
    """What a client asks for."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)
    """What stands in the body."""
    token: str | None = None
    """`x-maytapi-key`."""
    rapidapi_key: str | None = None

    @property
    def parts(self) -> list[str]:
        """The path, taken apart."""
        return [part for part in self.path.split("/") if part]

    def number(self, name: str, default: int) -> int:
        """Return a whole number of the query."""
        given = self.query.get(name, "")
        return int(given) if given.isdecimal() else default


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the client gets."""

    status: int = 200
    media_type: str = "application/json"
    body: bytes = b""
    dropped: bool = False
    """The connection ends in place of the answer."""
    early: bool = False
    """What is to be posted because of the call goes first."""
    msg_id: str | None = None
    """What was accepted to be sent."""


def answer(value: Any) -> Answer:
    """Answer with JSON that has no `success`."""
    return Answer(body=orjson.dumps(value))


def succeed(**fields: Any) -> Answer:
    """Say that it is done."""
    return answer({"success": True, **fields})


def refuse(message: str, code: str | None = None) -> Answer:
    """Say that it is not done; the HTTP status does not tell."""
    return answer({"success": False, **({"code": code} if code else {}), "message": message})


def picture(png: bytes) -> Answer:
    """Show a picture."""
    return Answer(media_type="image/png", body=png)
