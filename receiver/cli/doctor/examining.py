"""Make the checks, each a function of the case that returns what it found; nothing is changed.

A check that does not apply finds nothing. To add one, write it and name it in the tuple of its
module, by which it comes to stand in `CHAINS`; its name is what it is called in the list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from receiver import settings as settings_module
from receiver.cli.asking import advice
from receiver.cli.doctor import code, configuration, contents, databases, outside, places
from receiver.cli.doctor.case import Case
from receiver.cli.doctor.findings import Finding, Line, Verdict
from receiver.errors import BadSetting, MaytapiError, ReceiverError
from receiver.store import database

Check = Callable[[Case], Iterable[Finding]]

CHAINS: tuple[tuple[tuple[Check, ...], ...], ...] = (
    (configuration.CHECKS,),
    (
        places.PLACE,
        databases.REACH,
        databases.SCHEMA,
        databases.TABLES,
        (*places.INSIDE, *databases.SERVER, *contents.CHECKS),
    ),
    (places.BESIDE,),
    (code.CHECKS,),
    (outside.CHECKS,),
)
"""In a chain, a link is examined where all before it was in order: it can't be told otherwise."""


def examine(told: Callable[[str], None]) -> Iterator[Line]:
    """Make all checks that can be made; `told` hears the name of each before it is made."""
    try:
        settings, unknown = settings_module.read()
        case = Case(settings, unknown, database.connect(settings.database_url, reads_only=True))
    except BadSetting as error:
        yield Line("settings", Verdict.FAILED, f"{error}; only then can the rest be checked")
        return
    try:
        for chain in CHAINS:
            for link in chain:
                lines = [line for check in link for line in _made(check, case, told)]
                yield from lines
                if any(line.verdict is not Verdict.OK for line in lines):
                    break
    finally:
        case.database.engine.dispose()


def _made(check: Check, case: Case, told: Callable[[str], None]) -> Iterator[Line]:
    name = check.__name__.replace("_", " ")
    told(name)
    try:
        for found in check(case):
            yield Line(name, *found)
    except MaytapiError as error:
        yield Line(name, Verdict.FAILED, advice(error))
    except ReceiverError as error:
        yield Line(name, Verdict.FAILED, str(error))
    except OSError as error:
        reason = f"can't be looked at ({error.strerror})"
        yield Line(name, Verdict.FAILED, f"{reason}: run this as the user of the receiver")
