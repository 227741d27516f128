"""Checks of the settings: what is set, and who could read it."""

from __future__ import annotations

from collections.abc import Iterator

from receiver.cli.doctor.case import Case
from receiver.cli.doctor.findings import Finding, mixed, ok, warning
from receiver.settings import ENV_FILE, GUARDS, SHORT_SECRET, short_secrets

OTHERS = 0o077
"""The rights of everybody but the owner."""


def settings(case: Case) -> list[Finding]:
    """Find variables that nothing reads; wrong values are found before there is a case."""
    return mixed(
        [warning(f"{name} is no setting, and does nothing", tip) for name, tip in case.unknown],
        "all that is set is known and valid",
    )


def secrets(case: Case) -> Iterator[Finding]:
    """Find secrets that can be guessed."""
    short = short_secrets(case.settings)
    for variable in short:
        yield warning(
            f"{variable} has less than {SHORT_SECRET} characters, and can be guessed",
            "take a longer one, or leave it out, and one will be made",
        )
    if short:
        return
    if all(getattr(case.settings, name) for name in GUARDS):
        yield ok("webhook token and API key are long enough")
    else:
        yield ok("webhook token and API key are made, where not set, by the first `receiver serve`")


def privacy(case: Case) -> list[Finding]:
    """Find files that others on this machine can read."""
    private = [file for file in (ENV_FILE.absolute(), case.file) if file and file.exists()]
    if not private:
        return []
    return mixed(
        [
            warning(f"{file} can be read by others on this machine", f"`chmod 600 {file}`")
            for file in private
            if file.stat().st_mode & OTHERS
        ],
        f"{' and '.join(file.name for file in private)} can be read by this user alone",
    )


CHECKS = (settings, secrets, privacy)
