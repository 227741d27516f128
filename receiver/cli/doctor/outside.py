"""Checks of what is elsewhere: the account at Maytapi, its phones, and our public address."""

from __future__ import annotations

from collections.abc import Iterator

from receiver.account import Held
from receiver.cli.doctor.case import Case
from receiver.cli.doctor.findings import Finding, failed, mixed, ok, warning
from receiver.errors import ReceiverError
from receiver.maytapi.answers import Phone
from receiver.maytapi.drift import Difference, Ours
from receiver.web.webhook import FINE


def account(case: Case) -> Iterator[Finding]:
    """Find an account that does not let us in."""
    held = case.heard.held
    if isinstance(held, ReceiverError):
        raise held
    if held:
        yield ok("Maytapi answers")
    else:
        yield ok("none is set up: nothing is sent, and nothing asked of Maytapi")


def webhook(case: Case) -> list[Finding]:
    """Find what Maytapi does not post here."""
    held = case.heard.held
    if not isinstance(held, Held) or not case.tokens:
        return []
    found = held.drift(Ours(tokens=case.tokens, base=case.address or None))
    return mixed([_drifted(case, one) for one in found], "Maytapi posts here, acks too")


def phones(case: Case) -> list[Finding]:
    """Find phones of the account that are not on line, and a default one that is none of them."""
    held = case.heard.held
    if not isinstance(held, Held):
        return []
    found = [_phone(case, one, alone=len(held.phones) == 1) for one in held.phones]
    wanted = case.settings.maytapi_phone_id
    if wanted and wanted not in held.configs:
        found.append(
            failed(
                f"RECEIVER_MAYTAPI_PHONE_ID is {wanted}, which is no phone of the account",
                "`receiver phones` lists their ids",
            )
        )
    if not found:
        found.append(warning("the account has no phone", "add one in Maytapi's console"))
    return found


def public_address(case: Case) -> Iterator[Finding]:
    """Find a public address that does not lead here."""
    hook = case.heard.hook
    advice = "see that `receiver serve` runs, and that the proxy in front of it passes /webhook/"
    if hook is None:
        return
    if isinstance(hook, ReceiverError):
        # What it says itself is said of Maytapi.
        reason = str(hook.__cause__ or hook) or "it took too long"
        yield failed(f"{case.address} can't be reached from here ({reason})", advice)
    elif hook.status == 200 and hook.body == FINE:
        yield ok(f"{case.address} leads to our webhook")
    elif hook.status == 404:
        yield failed(
            f"{case.address} does not know our webhook's token (HTTP 404)",
            f"{advice} unchanged; if it runs with another token, set RECEIVER_WEBHOOK_TOKEN here",
        )
    else:
        yield failed(f"{case.address} gives another answer than ours (HTTP {hook.status})", advice)


CHECKS = (account, webhook, phones, public_address)


def _drifted(case: Case, difference: Difference) -> Finding:
    place, what, held = difference
    if place != "product":
        advice = "take the phone's own webhook away in Maytapi's console"
    else:
        advice = f"`receiver webhook set {case.address or 'https://my.host'}`"
    if what == "webhook":
        return failed(f"the webhook of the {place} is not ours ({held})", advice)
    return failed(f"acks of the {place} are not delivered", advice)


def _phone(case: Case, phone: Phone, *, alone: bool) -> Finding:
    # The first form of the API tells no status, and a number only while somebody is logged in.
    status = phone.status or ("active" if phone.number else "logged out")
    if status == "active":
        return ok(f"{phone.id} is active")
    needed = alone or phone.id == case.settings.maytapi_phone_id
    problem = failed if needed and status != "loading" else warning
    return problem(
        f"{phone.id} is {status}",
        f"`receiver status --phone-id {phone.id}` shows its session, "
        f"`receiver qr --phone-id {phone.id}` logs it in",
    )
