"""Asking Maytapi from the command line: which account, which phone, and what a failure means."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from receiver.errors import (
    AccountRefused,
    ApiRefused,
    ApiUnavailable,
    MaytapiError,
    StartError,
    UnexpectedAnswer,
    Unsendable,
)

if TYPE_CHECKING:
    from receiver.maytapi.client import MaytapiClient
    from receiver.settings import Settings

T = TypeVar("T")

PhoneId = Annotated[
    str, typer.Option(help="Which phone; RECEIVER_MAYTAPI_PHONE_ID, or the only one.")
]


def ask(
    question: Callable[[MaytapiClient, Settings], Awaitable[T]], loaded: Settings | None = None
) -> T:
    """Put a question to Maytapi, through the account of the settings.

    Loading them warns of what is wrong with them: who asks twice loads them once.

    Raises:
        StartError: it was not answered; the message says what to do next.
    """
    from receiver import settings

    try:
        return asyncio.run(_ask(question, loaded or settings.load()))
    except MaytapiError as error:
        raise StartError(advice(error)) from error


def ask_phone(given: str, question: Callable[[MaytapiClient, str], Awaitable[T]]) -> tuple[str, T]:
    """Put a question about the phone that is meant; return its id, and the answer.

    Raises:
        StartError: it is not clear which one, or it was not answered.
    """

    async def about_phone(client: MaytapiClient, settings: Settings) -> tuple[str, T]:
        phone_id = await chosen(client, settings, given)
        return phone_id, await question(client, phone_id)

    return ask(about_phone)


async def chosen(client: MaytapiClient, settings: Settings, given: str) -> str:
    """Return the phone that is meant: the one given, the default one, or the only one.

    Raises:
        StartError: there are several, or none.
    """
    if phone_id := given or settings.maytapi_phone_id:
        return phone_id
    ids = [phone.id for phone in await client.list_phones()]
    if len(ids) == 1:
        return ids[0]
    if not ids:
        raise StartError("the account has no phone yet: add one in Maytapi's console")
    raise StartError(
        f"say which phone, with --phone-id or RECEIVER_MAYTAPI_PHONE_ID: {', '.join(ids)}"
    )


async def _ask(
    question: Callable[[MaytapiClient, Settings], Awaitable[T]], settings: Settings
) -> T:
    from receiver import account

    async with account.client(settings) as client:
        return await question(client, settings)


def advice(error: MaytapiError) -> str:
    """Return what failed, and what to do next, in one sentence."""
    match error:
        case Unsendable():
            return str(error)
        case ApiRefused():
            return f"Maytapi refused: {str(error).rstrip('.')}; {_check(error)}"
        case ApiUnavailable():
            return f"{error}; nothing was done: try again in a minute"
        case UnexpectedAnswer():
            return f"Maytapi gave no answer that is known: {error}; check RECEIVER_MAYTAPI_BASE_URL"
        case _:
            return f"{error}; it may have been done all the same: look before you try again"


def _check(error: ApiRefused) -> str:
    said = error.message.lower()
    if isinstance(error, AccountRefused):
        return (
            "check RECEIVER_MAYTAPI_PRODUCT_ID and RECEIVER_MAYTAPI_TOKEN, or "
            "RECEIVER_MAYTAPI_RAPIDAPI_KEY"
        )
    if "logged in" in said:
        return "`receiver status` shows the session"
    if "phone" in said or "instance" in said:
        return "`receiver phones` lists the ids of the account's phones"
    return "nothing was done"
