"""Ids as WhatsApp and Maytapi make them; the receiver's own reading of them agrees."""

from __future__ import annotations

import uuid
from random import Random

import pytest

from receiver.maytapi import identity
from receiver.simulator.ids import Device, Ids, serialized
from tests.simulator.acting import ADAS_CHAT, START


@pytest.mark.parametrize(
    ("device", "start", "length"),
    [(Device.WEB, "3EB0", 22), (Device.IPHONE, "3A", 20), (Device.ANDROID, "", 32)],
)
def test_a_key_shows_the_device(device: Device, start: str, length: int) -> None:
    key = Ids(Random(1)).key(device)
    assert key.startswith(start)
    assert len(key) == length
    assert set(key) <= set("0123456789ABCDEF")


def test_a_msg_id_is_a_uuid_of_version_1_that_tells_the_time() -> None:
    made = uuid.UUID(Ids(Random(1)).msg_id(START))
    assert made.version == 1
    assert (made.time - 0x01B21DD213814000) / 1e7 == START.timestamp()
    assert identity.is_api_id(str(made))


def test_no_msg_id_comes_twice_in_the_same_moment() -> None:
    ids = Ids(Random(1))
    assert len({ids.msg_id(START) for _ in range(1000)}) == 1000


def test_a_file_has_a_name_of_its_own() -> None:
    ids = Ids(Random(1))
    assert ids.file() != ids.file()


@pytest.mark.parametrize("participant", [None, ADAS_CHAT])
def test_a_serialized_id_is_taken_apart_as_it_was_put_together(participant: str | None) -> None:
    whole = serialized("120363000000000001@g.us", "3EB0A1", from_me=True, participant=participant)
    assert identity.take_apart(whole) == (True, "120363000000000001@g.us", "3EB0A1", participant)
