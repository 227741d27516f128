"""The commands about the webhook: its URL, and what Maytapi holds of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from receiver.cli.asking import ask
from receiver.cli.showing import Json, as_json, as_table
from receiver.errors import BadSetting, StartError

if TYPE_CHECKING:
    from receiver.maytapi.client import MaytapiClient
    from receiver.maytapi.drift import Difference, Ours
    from receiver.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Tell Maytapi where to post, and see what it holds.")


def _address(value: str) -> str:
    from receiver.maytapi.drift import is_address

    if value and not is_address(value):
        raise typer.BadParameter("write it like https://my.host, without /webhook/ and the token")
    return value.rstrip("/")


_Found = tuple[str, "list[Difference]"]
"""Where the receiver is reached, if that is known, and what is not as it should be."""

Address = Annotated[
    str,
    typer.Argument(
        help="Where the receiver is reached: https://my.host; else RECEIVER_PUBLIC_URL.",
        callback=_address,
    ),
]


@app.command()
def url(address: Address = "", *, json: Json = False) -> None:
    """Print the webhook's URL, with its token; with no address known, as seen on this machine."""
    from receiver import settings

    loaded = settings.load()
    whole = _ours(loaded, _known(loaded, address) or _listening(loaded)).url()
    if json:
        as_json({"url": whole})
    else:
        print(whole)


@app.command("set")
def set_url(address: Address = "", *, json: Json = False) -> None:
    """Have Maytapi post everything here, acks too; then read back whether it will."""

    async def question(client: MaytapiClient, settings: Settings) -> _Found:
        from receiver import account

        known = _known(settings, address)
        if not known:
            raise typer.BadParameter(
                "give the address, https://my.host, or set RECEIVER_PUBLIC_URL"
            )
        ours = _ours(settings, known)
        await client.set_webhook(ours.url())
        await client.set_ack_preference(True)
        return known, (await account.held(client)).drift(ours)

    _report(*ask(question), json=json)


@app.command()
def check(address: Address = "", *, json: Json = False) -> None:
    """Tell whether Maytapi posts here, acks too; with no address known, whatever the host."""

    async def question(client: MaytapiClient, settings: Settings) -> _Found:
        from receiver import account

        known = _known(settings, address)
        return known, (await account.held(client)).drift(_ours(settings, known or None))

    _report(*ask(question), json=json)


def _known(settings: Settings, address: str) -> str:
    return address or settings.public_url.rstrip("/")


def _ours(settings: Settings, base: str | None) -> Ours:
    from receiver.maytapi.drift import Ours
    from receiver.settings import split

    tokens = split(settings.webhook_token)
    if not tokens:
        raise BadSetting(
            "there is no webhook token yet: start `receiver serve` here once, which makes one, or "
            "set RECEIVER_WEBHOOK_TOKEN"
        )
    return Ours(tokens=tokens, base=base)


def _listening(settings: Settings) -> str:
    if settings.port == 0:
        raise StartError("RECEIVER_PORT is 0, a port that only `receiver serve` knows: give a URL")
    return settings.address(settings.port)


def _report(address: str, found: list[Difference], *, json: bool) -> None:
    if json:
        as_json({"right": not found, "differences": [one._asdict() for one in found]})
    elif found:
        as_table(("where", "what", "Maytapi holds"), found)
    else:
        print("Maytapi posts to our webhook, and delivers acks")
    if found:
        raise StartError(
            f"Maytapi does not post everything here: `receiver webhook set {address or 'URL'}` "
            f"sets the product's webhook{'' if address else ', to where Maytapi reaches us'}; one "
            "of a phone's own is taken away in Maytapi's console"
        )
