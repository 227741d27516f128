"""From bytes to JSON values, with a second chance for text that only almost is.

orjson reads exactly what RFC 8259 allows. What it refuses is tried once more, leniently: a byte
order mark is dropped, bytes that are no UTF-8, lone surrogates and NUL become U+FFFD. NaN and
Infinity are refused both times: no database and no client of ours can hold them. An integer past 64
bits, of which orjson makes a float, stays what it is.
"""

from __future__ import annotations

import json
import math
import re
from contextlib import suppress
from typing import Any, NamedTuple, NoReturn

import orjson

from receiver.errors import Unreadable

MAX_NESTING = 254
"""Levels that a kept part may have: as many as orjson writes. It reads 1,024."""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_REPLACEMENT = "\ufffd"
_AS_ZEROS = bytes.maketrans(b"123456789", b"0" * 9)
_MANY_DIGITS = b"0" * len(str(2**63))
"""Where no digits run this long no integer is past 64 bits; to look costs next to nothing."""


class Decoded(NamedTuple):
    """A JSON value, and what had to be repaired to get it (empty when nothing)."""

    value: Any
    repaired: str = ""


def decode(body: bytes) -> Decoded:
    """Read a body as JSON.

    Raises:
        Unreadable: neither strictly nor leniently is this JSON.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as strictly:
        return _leniently(body, strictly)
    if _may_hold_huge(body):
        with suppress(RecursionError):  # what is that deep is not kept
            value = _slowly(body)
    if b"\\u0000" in body:
        return _storable(value)
    return Decoded(value=value)


def encode(value: Any) -> str:
    """Write a part of a notification as JSON text, to be kept.

    Raises:
        Unreadable: it is nested deeper than `MAX_NESTING`.
    """
    try:
        option = orjson.OPT_PASSTHROUGH_SUBCLASS
        return orjson.dumps(value, default=_digits, option=option).decode()
    except (orjson.JSONEncodeError, RecursionError) as error:
        raise Unreadable(f"nested deeper than {MAX_NESTING} levels") from error


def reread(kept: bytes) -> Any:
    """Read what `encode` wrote."""
    return _slowly(kept) if _may_hold_huge(kept) else orjson.loads(kept)


class _Huge(int):
    """An integer past 64 bits, which orjson leaves to us to write."""


def _digits(value: Any) -> orjson.Fragment:
    if isinstance(value, _Huge):
        return orjson.Fragment(str(value))
    raise TypeError


def _may_hold_huge(body: bytes) -> bool:
    return _MANY_DIGITS in body.translate(_AS_ZEROS)


def _slowly(text: str | bytes) -> Any:
    return json.loads(text, parse_constant=_refuse, parse_int=_integer, parse_float=_number)


def _leniently(body: bytes, strictly: orjson.JSONDecodeError) -> Decoded:
    text = body.decode("utf-8-sig", "replace")
    try:
        value = _slowly(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"not JSON: {strictly}") from error
    decoded = _storable(value)
    if decoded.repaired or body.endswith(text.encode()):
        return decoded
    return Decoded(value=value, repaired="bytes that are no UTF-8 were replaced by U+FFFD")


def _storable(value: Any) -> Decoded:
    try:
        cleaned = _clean(value)
        untouched = cleaned == value
    except RecursionError as error:
        raise Unreadable(f"nested deeper than {MAX_NESTING} levels") from error
    if untouched:
        return Decoded(value=value)
    return Decoded(value=cleaned, repaired="lone surrogates or NULs were replaced by U+FFFD")


def _clean(value: Any) -> Any:
    match value:
        case str():
            return _UNSTORABLE.sub(_REPLACEMENT, value)
        case list():
            return [_clean(element) for element in value]
        case dict():
            return {_clean(key): _clean(element) for key, element in value.items()}
        case _:
            return value


def _integer(text: str) -> int:
    _number(text)  # orjson refuses one that no float comes near
    number = int(text)
    return number if -(2**63) <= number < 2**64 else _Huge(number)


def _number(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
