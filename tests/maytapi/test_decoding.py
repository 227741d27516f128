"""Bytes to JSON: strictly first, then leniently, and never into what a database can't hold."""

from __future__ import annotations

import codecs
import json
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from receiver.errors import Unreadable
from receiver.maytapi import decoding
from tests import payloads

REPLACED_BYTES = "bytes that are no UTF-8 were replaced by U+FFFD"
REPLACED_CHARACTERS = "lone surrogates or NULs were replaced by U+FFFD"

plain_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_characters="\0")),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(
            st.text(st.characters(codec="utf-8", exclude_characters="\0")), inner, max_size=5
        )
    ),
    max_leaves=15,
)


def nested(levels: int, core: bytes = b"") -> bytes:
    return b"[" * levels + core + b"]" * levels


@pytest.mark.parametrize("name", payloads.NAMES)
def test_a_sound_body_is_read_without_repair(name: str) -> None:
    decoded = decoding.decode(payloads.body(name))
    assert (decoded.value, decoded.repaired) == (payloads.load(name), "")


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"null", None),
        (b" true ", True),
        (b"0", 0),
        (b'"x"', "x"),
        (b"[]", []),
        (b"{}", {}),
        (b'"\\ud83d\\ude00"', "😀"),
        ("😀".join('""').encode(), "😀"),
        (b'"\\\\u0000"', "\\u0000"),
        (b'"\xef\xbf\xbd"', "\ufffd"),
        (b'{"a":1,"a":2}', {"a": 2}),
    ],
)
def test_all_of_json_is_read_as_it_is(body: bytes, value: Any) -> None:
    decoded = decoding.decode(body)
    assert (decoded.value, decoded.repaired) == (value, "")


@pytest.mark.parametrize(
    ("body", "value", "repaired"),
    [
        (b'"a\\ud83db"', "a\ufffdb", REPLACED_CHARACTERS),
        (b'"a\\ude00b"', "a\ufffdb", REPLACED_CHARACTERS),
        (b'"\\ude00\\ud83d"', "\ufffd\ufffd", REPLACED_CHARACTERS),
        (b'"a\\u0000b"', "a\ufffdb", REPLACED_CHARACTERS),
        (b'{"\\u0000":["\\u0000",1]}', {"\ufffd": ["\ufffd", 1]}, REPLACED_CHARACTERS),
        (b'{"\\ud800":{"a":"\\udfff"}}', {"\ufffd": {"a": "\ufffd"}}, REPLACED_CHARACTERS),
        (b'["\\ud800","\\u0000"]', ["\ufffd", "\ufffd"], REPLACED_CHARACTERS),
        (b'"a\xffb"', "a\ufffdb", REPLACED_BYTES),
        (b'"\xc0\xaf"', "\ufffd\ufffd", REPLACED_BYTES),
        (b'"\xed\xa0\x80"', "\ufffd\ufffd\ufffd", REPLACED_BYTES),
        (b'"\xf0\x9f\x98"', "\ufffd", REPLACED_BYTES),
        (b'"\xff\xef\xbf\xbd"', "\ufffd\ufffd", REPLACED_BYTES),
        (b'"\xff\\u0000\\ud800"', "\ufffd\ufffd\ufffd", REPLACED_CHARACTERS),
        (codecs.BOM_UTF8 + b'"\xff"', "\ufffd", REPLACED_BYTES),
        (codecs.BOM_UTF8 + b'"\\u0000"', "\ufffd", REPLACED_CHARACTERS),
    ],
)
def test_what_no_database_can_hold_is_replaced_and_told(
    body: bytes, value: Any, repaired: str
) -> None:
    decoded = decoding.decode(body)
    assert (decoded.value, decoded.repaired) == (value, repaired)


@pytest.mark.parametrize("name", payloads.NAMES)
def test_a_byte_order_mark_is_no_repair(name: str) -> None:
    decoded = decoding.decode(codecs.BOM_UTF8 + payloads.body(name))
    assert (decoded.value, decoded.repaired) == (payloads.load(name), "")


def test_a_genuine_replacement_character_is_no_repair() -> None:
    decoded = decoding.decode(codecs.BOM_UTF8 + '"\ufffd"'.encode())
    assert (decoded.value, decoded.repaired) == ("\ufffd", "")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        codecs.BOM_UTF8,
        codecs.BOM_UTF8 * 2 + b"[]",
        b"\x00",
        b"[\x00]",
        b'"a\x00b"',
        b'"a\nb"',
        b"NaN",
        b"[Infinity]",
        b'{"a":-Infinity}',
        b"1e999",
        b"-1e999",
        b"9" * 5000,
        b"-" + b"9" * 5000,
        b'["\\ud800",NaN]',
        b'["\\ud800",1e999]',
        b'["\\ud800",' + b"9" * 5000 + b"]",
        b"{} {}",
        b"{}\n{}",
        b"[1,]",
        b"{'a':1}",
        b"[",
        b'{"a":1',
        b"01",
        b"+1",
        b".5",
        b"nul",
        b'"\\x"',
        b'"\\ud8"',
        b"a=1&b=2",
        b"\xff\xfe",
        '{"a":1}'.encode("utf-16"),
        '{"a":1}'.encode("utf-16-be"),
        '{"a":1}'.encode("utf-32"),
    ],
    ids=lambda body: repr(body[:12]),
)
def test_what_is_no_json_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable, match="not JSON"):
        decoding.decode(body)


@pytest.mark.parametrize("broken", [b"", b'"\\ud800",'], ids=["strictly", "leniently"])
@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"18446744073709551615", 2**64 - 1),
        (b"-9223372036854775808", -(2**63)),
        (b"1234567890123456789", 1234567890123456789),
        (b"-0", 0),
        (b"1e3", 1000.0),
        (b"1e-999", 0.0),
        (b"1.5e20", 1.5e20),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_number_is_read_alike_by_both_readers(broken: bytes, text: bytes, value: float) -> None:
    read = decoding.decode(b"[" + broken + text + b"]").value[-1]
    assert (type(read), read) == (type(value), value)
    assert orjson.loads(decoding.encode(read)) == value


@pytest.mark.parametrize("broken", [b"", b'"\\ud800",'], ids=["strictly", "leniently"])
@pytest.mark.parametrize(
    "digits",
    ["18446744073709551616", "-9223372036854775809", "-9999999999999999999", "1" + "0" * 300],
    ids=lambda digits: digits[:24],
)
def test_an_integer_past_64_bits_keeps_its_digits(broken: bytes, digits: str) -> None:
    read = decoding.decode(b"[" + broken + digits.encode() + b',{"a":0}]').value
    assert read[-2:] == [int(digits), {"a": 0}]
    kept = decoding.encode(read[-2:])
    assert kept == f'[{digits},{{"a":0}}]'
    assert decoding.reread(kept.encode()) == read[-2:]


def test_digits_in_a_text_are_no_number() -> None:
    text = f'["{"1" * 400}"]'
    assert decoding.encode(decoding.decode(text.encode()).value) == text


@pytest.mark.parametrize("core", [b"", b'"\\ud800"', b'"\\u0000"', b'"\xff"'])
@pytest.mark.parametrize("levels", [100, 254, 300, 1_000, 1_024, 1_025, 100_000])
def test_nesting_of_any_depth_is_read_or_refused(levels: int, core: bytes) -> None:
    try:
        decoded = decoding.decode(nested(levels, core))
    except Unreadable:
        assert levels > decoding.MAX_NESTING
    else:
        assert levels <= 1_024
        assert isinstance(decoded.value, list)


def test_strict_json_is_read_to_1024_levels() -> None:
    assert decoding.decode(nested(1_024)).value
    with pytest.raises(Unreadable):
        decoding.decode(nested(1_025))


def test_a_kept_part_may_have_254_levels() -> None:
    deepest = decoding.decode(nested(254)).value
    assert decoding.encode(deepest) == "[" * 254 + "]" * 254
    with pytest.raises(Unreadable, match="254 levels"):
        decoding.encode([deepest])


def test_a_part_far_too_deep_is_refused_not_raised() -> None:
    with pytest.raises(Unreadable, match="254 levels"):
        decoding.encode(decoding.decode(nested(1_024)).value)


@pytest.mark.parametrize("name", payloads.NAMES)
def test_what_was_decoded_is_encoded_as_the_same_json(name: str) -> None:
    value = payloads.load(name)
    assert orjson.loads(decoding.encode(value)) == value


@settings(deadline=None, max_examples=150)
@given(plain_json)
def test_the_lenient_reader_agrees_with_the_strict_one(value: Any) -> None:
    body = json.dumps(value).encode()
    strict, lenient = decoding.decode(body), decoding.decode(codecs.BOM_UTF8 + body)
    assert lenient == strict
    assert strict.repaired == ""
    assert json.loads(decoding.encode(strict.value)) == value


@settings(deadline=None, max_examples=150)
@given(st.text(st.sampled_from("\0\ud83d\ude00\ud800\udfff\ufffdé😀a") | st.characters()))
def test_no_text_comes_out_that_a_database_refuses(text: str) -> None:
    for body in (json.dumps(text).encode(), f'"{text}"'.encode("utf-8", "surrogatepass")):
        try:
            decoded = decoding.decode(body)
        except Unreadable:
            continue
        assert "\0" not in decoded.value
        decoded.value.encode()
