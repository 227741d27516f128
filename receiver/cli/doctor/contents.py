"""Checks of what is stored: what waits for somebody to look after it."""

from __future__ import annotations

from collections.abc import Iterator

from receiver.cli.doctor.case import Case
from receiver.cli.doctor.findings import Finding, counted, mixed, ok, warning
from receiver.dispatch import sending
from receiver.store import indexing
from receiver.store.views import handlers, notifications
from receiver.store.views.handlers import HandlerView

FAR_BEHIND = 10_000
"""Events."""


def owed(case: Case) -> list[Finding]:
    """Find handlers that owe what they won't do by themselves."""
    every = handlers.every(case.database.engine, case.known).data
    problems = [problem for one in every for problem in _problems(case, one)]
    return mixed(problems, "no event is dead, orphaned, held up or far behind")


def received(case: Case) -> Iterator[Finding]:
    """Tell how much came, and when the last of it did."""
    latest = notifications.recent(case.database.engine, limit=1).data
    if latest:
        count = counted(sum(case.counts.notifications.values()), "notification")
        yield ok(f"{count}, the last one at {latest[0].received_at}")
    else:
        yield ok("no notification yet")


def quarantine(case: Case) -> Iterator[Finding]:
    """Find notifications that could not be read."""
    count = case.counts.notifications["quarantined"]
    if count:
        yield warning(
            f"{counted(count, 'notification')} could not be read",
            "`receiver quarantine` tells why, `receiver reparse --all` reads again after an "
            "upgrade",
        )
    else:
        yield ok("all notifications could be read")


def sends(case: Case) -> list[Finding]:
    """Find messages of which nobody knows whether they were sent, and those that nobody sends."""
    problems = []
    if unknown := case.counts.messages["unknown"]:
        problems.append(
            warning(
                f"nobody knows whether {counted(unknown, 'message')} went out",
                "`GET /api/messages?status=unknown` lists them, an ack may settle them yet; look "
                "in WhatsApp before you send again",
            )
        )
    queued = case.counts.messages["queued"]
    if queued and not case.settings.names_account:
        problems.append(
            warning(
                f"{counted(queued, 'message')} queued, and no account is set up to send through",
                "set RECEIVER_MAYTAPI_PRODUCT_ID and RECEIVER_MAYTAPI_TOKEN",
            )
        )
    return mixed(problems, f"{counted(queued, 'message')} queued, none with an unknown outcome")


def search_index(case: Case) -> Iterator[Finding]:
    """Find an index that does not keep up."""
    lag = case.database.ask(indexing.lag)
    if lag > FAR_BEHIND:
        yield warning(
            f"{counted(lag, 'event')} behind, so that `q=` finds nothing new",
            "start `receiver serve`, which catches up; if it runs, its log says what is wrong",
        )
    else:
        yield ok(f"{counted(lag, 'event')} behind")


CHECKS = (received, quarantine, owed, sends, search_index)


def _problems(case: Case, one: HandlerView) -> Iterator[Finding]:
    name = one.name
    if one.dead:
        yield warning(
            f"{name} has given up {counted(one.dead, 'event')}",
            f"`receiver dead {name}` tells why, `receiver retry {name} --all-dead` tries again",
        )
    if one.orphaned:
        if waiting := one.waiting + one.parked:
            yield warning(
                f"{name} owes {counted(waiting, 'event')}, and its code is not there",
                "name its Router in RECEIVER_HANDLERS again, or drop them: "
                f"`DELETE /api/handlers/{name}/retries/SEQ`",
            )
    elif one.paused:
        yield warning(
            f"{name} is paused, {counted(one.lag, 'event')} behind", f"`receiver resume {name}`"
        )
    elif one.lag > FAR_BEHIND and (name != sending.NAME or case.settings.names_account):
        yield warning(
            f"{name} is {counted(one.lag, 'event')} behind",
            "see by `receiver handlers` whether it catches up"
            if one.running
            else "no process works for it: start `receiver serve`, or `receiver work`",
        )
