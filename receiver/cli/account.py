"""The commands about the account at Maytapi: its phones, their sessions, a message to somebody."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from receiver.cli.asking import PhoneId, ask, ask_phone, chosen
from receiver.cli.showing import Json, as_json, as_table
from receiver.errors import StartError, UnexpectedAnswer, Unsendable

if TYPE_CHECKING:
    from receiver.maytapi.client import MaytapiClient
    from receiver.maytapi.contents import Content

app = typer.Typer()


@app.command()
def send(
    to: Annotated[str, typer.Argument(help="A number with its country code, or a chat's id.")],
    text: Annotated[str, typer.Argument(help="What to say; with --media the caption.")] = "",
    *,
    media: Annotated[str, typer.Option(help="A link, or a file of less than 1 MB.")] = "",
    reply_to: Annotated[str, typer.Option(help="The id of a message to quote.")] = "",
    phone_id: PhoneId = "",
    json: Json = False,
) -> None:
    """Send a message."""
    if not text and not media:
        raise typer.BadParameter("give a text, or --media")
    from receiver.maytapi.outgoing import chat_of

    content = _content(media, text)
    try:
        chat_of(to)  # says what is wrong with it, which Maytapi would not
    except Unsendable as error:
        raise typer.BadParameter(str(error)) from error
    _, sent = ask_phone(
        phone_id,
        lambda client, phone: client.send_message(
            phone, to=to, content=content, reply_to=reply_to or None
        ),
    )
    if json:
        as_json({"msg_id": sent.msg_id, "chat_id": sent.chat_id})
    else:
        print(f"accepted: Maytapi will send {sent.msg_id} to {sent.chat_id or to}")


@app.command()
def phones(*, json: Json = False) -> None:
    """List the phones of the account."""
    found = ask(lambda client, _settings: client.list_phones())
    if json:
        as_json({"data": [phone.model_dump(mode="json") for phone in found]})
    else:
        columns = ("id", "number", "status", "name")
        as_table(columns, [(phone.id, phone.number, phone.status, phone.name) for phone in found])


@app.command()
def product(*, json: Json = False) -> None:
    """Show the account: its webhook, and whether acks are delivered."""
    held = ask(lambda client, _settings: client.product())
    if json:
        as_json(held.model_dump(mode="json"))
    else:
        as_table(
            ("product", "webhook", "acks", "phones at most"),
            [(held.pid, held.webhook or "none", held.ack_delivery, held.phone_limit)],
        )


@app.command()
def status(*, phone_id: PhoneId = "", json: Json = False) -> None:
    """Show how a phone's session is."""
    phone, session = ask_phone(phone_id, lambda client, phone: client.status(phone))
    if json:
        as_json({"phone_id": phone, **session.model_dump(mode="json")})
    else:
        as_table(
            ("phone", "number", "logged in", "waits for a QR", "loading", "state", "message"),
            [
                (
                    phone, session.number, session.logged_in, session.is_qr, session.loading,
                    session.state and session.state.state, session.message,
                )
            ],
        )  # fmt: skip


@app.command()
def screen(
    file: Annotated[Path, typer.Argument(help="Where to save it.")] = Path("screen.png"),
    *,
    phone_id: PhoneId = "",
    json: Json = False,
) -> None:
    """Save a picture of a phone's session."""
    _, picture = ask_phone(phone_id, lambda client, phone: client.screen(phone))
    _save(picture, file, json=json)


@app.command()
def qr(
    file: Annotated[Path, typer.Argument(help="Where to save it.")] = Path("qr.png"),
    *,
    phone_id: PhoneId = "",
    json: Json = False,
) -> None:
    """Show the QR that logs a phone in: WhatsApp, Linked devices, Link a device."""
    from receiver.cli import drawing

    async def question(client: MaytapiClient, phone: str) -> bytes:
        try:
            return await client.qr_code(phone)
        except UnexpectedAnswer as error:
            raise StartError(
                f"Maytapi gave no QR for phone {phone}: `receiver status` tells whether it is "
                "logged in already"
            ) from error

    _, picture = ask_phone(phone_id, question)
    if not json and (modules := drawing.modules(picture)):
        drawing.draw(modules)
    _save(picture, file, json=json)


@app.command()
def restart(*, phone_id: PhoneId = "", json: Json = False) -> None:
    """Restart a phone's session."""
    phone, _ = ask_phone(phone_id, lambda client, phone: client.restart(phone))
    _tell(phone, "restarted", "it answers again in some seconds", json=json)


@app.command()
def logout(
    *,
    phone_id: PhoneId = "",
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    json: Json = False,
) -> None:
    """Log a phone out, after asking whether you mean it."""
    if json and not yes:
        raise typer.BadParameter("--json asks nothing: add --yes if you mean it")
    from receiver import settings

    loaded = settings.load()
    phone = ask(lambda client, settings: chosen(client, settings, phone_id), loaded)
    if not yes:
        typer.confirm(
            f"Log phone {phone} out? Somebody must scan a QR to use it again", abort=True, err=True
        )
    ask(lambda client, _settings: client.logout(phone), loaded)
    _tell(phone, "logged out", "`receiver qr` shows the QR that logs it in", json=json)


def _content(media: str, text: str) -> Content:
    from receiver.maytapi.client import attach
    from receiver.maytapi.contents import Media, Text

    if not media:
        return Text(text=text)
    if media.startswith(("http://", "https://", "data:")):
        return Media(media=media, text=text)
    return attach(Path(media), text=text)


def _save(picture: bytes, file: Path, *, json: bool) -> None:
    try:
        file.write_bytes(picture)
    except OSError as error:
        raise StartError(
            f"{file} can't be written ({error.strerror}): name another file"
        ) from error
    if json:
        as_json({"file": str(file), "size": len(picture)})
    else:
        print(f"saved to {file}")


def _tell(phone_id: str, done: str, next_step: str, *, json: bool) -> None:
    if json:
        as_json({"phone_id": phone_id, "done": done})
    else:
        print(f"phone {phone_id} is {done}: {next_step}")
