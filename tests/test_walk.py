"""One story, from the posted body to what is read."""

from __future__ import annotations

from tests import payloads
from tests.processes import Receiver


def test_every_sample_is_stored_once(receiver: Receiver) -> None:
    for name in payloads.NAMES:
        first = receiver.post(payloads.body(name))
        assert (first.status_code, first.json()["status"]) == (200, "stored"), name

    for name in payloads.NAMES:
        again = receiver.post(payloads.body(name))
        assert (again.status_code, again.json()["status"]) == (200, "duplicate"), name
        assert again.json()["events"] == 0
