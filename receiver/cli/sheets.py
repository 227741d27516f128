"""Rows for spreadsheets: CSV after RFC 4180, in UTF-8, without what they would take for a formula.

A column has the name that its value has in REST, with a dot before what is inside of an object.
Lists and payloads are in no column; JSON lines have them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

COLUMNS: Mapping[str, Sequence[str]] = {
    "messages": (
        "id", "phone_id", "conversation_id", "chat_id", "direction", "msg_id", "whatsapp_id",
        "type", "text", "media.url", "media.mime_type", "media.filename", "location.latitude",
        "location.longitude", "sender.id", "sender.name", "sender.phone", "sent_at", "received_at",
        "status", "quoted.whatsapp_id", "deleted_at", "error.code", "error.message",
    ),
    "conversations": (
        "id", "phone_id", "chat_id", "kind", "name", "unread", "last_message.id",
        "last_message.direction", "last_message.type", "last_message.text", "last_message.status",
        "last_activity_at",
    ),
    "events": (
        "seq", "type", "at", "phone_id", "conversation_id", "message_id", "notification_id",
        "data.type", "data.status",
    ),
    "notifications": ("id", "received_at", "status", "reason"),
}  # fmt: skip

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""A text that begins so may be calculated, and do anything; the last four are their wide forms."""


def heading(kind: str) -> bytes:
    """Return the names of the columns."""
    return _written([COLUMNS[kind]])


def rows(kind: str, views: Sequence[Any]) -> bytes:
    """Return a row for each."""
    names = [name.split(".") for name in COLUMNS[kind]]
    shown = [orjson.loads(orjson.dumps(view)) for view in views]
    return _written([[_cell(one, path) for path in names] for one in shown])


def harmless(text: str) -> str:
    """Return a text that is a text in a spreadsheet too: an apostrophe in front makes it one."""
    return f"'{text}" if text.startswith(DANGEROUS) else text


def _cell(value: Any, path: Sequence[str]) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return harmless(value) if isinstance(value, str) else value


def _written(rows: Sequence[Sequence[Any]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
