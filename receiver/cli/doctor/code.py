"""Checks of the handlers' code."""

from __future__ import annotations

from collections.abc import Iterator

from receiver.cli.doctor.case import Case
from receiver.cli.doctor.findings import Finding, Verdict, ok
from receiver.errors import BadHandler


def handlers(case: Case) -> Iterator[Finding]:
    """Find handlers that can't be loaded: with them nothing starts."""
    match case.handlers:
        case BadHandler() as error:
            yield Finding(
                Verdict.FAILED, f"{error}; correct it, or take it out of RECEIVER_HANDLERS"
            )
        case found:
            yield ok(f"loaded: {', '.join(found)}" if found else "RECEIVER_HANDLERS names none")


CHECKS = (handlers,)
