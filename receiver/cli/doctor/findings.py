"""What a check finds: a verdict, and for all that is not in order what to do next."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Verdict(StrEnum):
    """How it is."""

    OK = "ok"
    WARNING = "warning"
    """It works, and somebody should look after it."""
    FAILED = "failed"
    """It does not work, or does not hold what is promised."""


class Finding(NamedTuple):
    """One thing that a check has found; nothing secret is in it."""

    verdict: Verdict
    detail: str


class Line(NamedTuple):
    """A finding, and the check that made it."""

    check: str
    verdict: Verdict
    detail: str


def ok(found: str) -> Finding:
    """Return that something is in order."""
    return Finding(Verdict.OK, found)


def warning(found: str, advice: str) -> Finding:
    """Return what should be looked after, and how."""
    return Finding(Verdict.WARNING, f"{found}: {advice}")


def failed(found: str, advice: str) -> Finding:
    """Return what is not in order, and what sets it right."""
    return Finding(Verdict.FAILED, f"{found}: {advice}")


def mixed(problems: list[Finding], otherwise: str) -> list[Finding]:
    """Return problems, or that there are none."""
    return problems or [ok(otherwise)]


def counted(number: int, noun: str) -> str:
    """Write a number and what it counts, of which there may be one or more."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
