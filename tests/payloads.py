"""The payloads of `tests/samples/`, as Maytapi posts them, and bodies made after their shape."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "samples"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))


def body(name: str) -> bytes:
    """Return a sample, byte for byte."""
    return (FOLDER / f"{name}.json").read_bytes()


def load(name: str) -> Any:
    """Return what a sample holds, to be changed."""
    return json.loads(body(name))


def request(name: str) -> Any:
    """Return a documented request of sendMessage."""
    return json.loads((FOLDER / "api" / f"request-sendMessage-{name}.json").read_text())


def answer(name: str) -> Any:
    """Return an answer of the API, as it was seen or documented."""
    return json.loads((FOLDER / "api" / f"response-{name}.json").read_text())


def dump(value: Any) -> bytes:
    """Write a body as Maytapi would."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
