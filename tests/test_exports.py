"""The public names of the package: all there, and none of any weight before it is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

import receiver
from receiver.maytapi import client


def test_every_public_name_is_there() -> None:
    assert dir(receiver) == receiver.__all__
    assert {getattr(receiver, name).__name__ for name in receiver.__all__ if name != "F"} == {
        name for name in receiver.__all__ if name != "F"
    }
    assert receiver.MaytapiClient is client.MaytapiClient


def test_other_names_are_not() -> None:
    with pytest.raises(AttributeError, match="'receiver' has no attribute 'Nonsense'"):
        receiver.Nonsense  # noqa: B018 - the access is the test


def test_importing_the_package_imports_nothing_heavy() -> None:
    program = "import sys, receiver; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert {"httpx2", "pydantic", "sqlmodel", "starlette"} & set(done.stdout.split()) == set()
