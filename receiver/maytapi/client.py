"""The client: one method for each of `calls`, made with patience and at a pace.

What it raises is of `receiver.errors` alone; `outcomes` has the rule that says which.
"""

from __future__ import annotations

import asyncio
import inspect
import random
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from receiver.errors import ApiUnavailable, Unsendable
from receiver.maytapi import access, outcomes, pacing
from receiver.maytapi.calls import account, chats, groups, phones
from receiver.maytapi.calls.making import Call
from receiver.maytapi.connection import Connection, Timeouts
from receiver.maytapi.contents import MAX_MEDIA_BYTES, Media

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Manners:
    """How a client behaves towards Maytapi; the clock, the waiting and the dice are for tests."""

    tries: int = 3
    """For a call that surely did nothing; 1 is for callers who try again themselves."""
    messages_per_second: float | None = 5
    """What each phone may send; None is as fast as messages are given."""
    timeouts: Timeouts = field(default_factory=Timeouts)
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    chance: Callable[[], float] = random.random
    clock: Callable[[], float] = time.monotonic


def _method(
    function: Callable[P, Call[T]],
) -> Callable[Concatenate[MaytapiClient, P], Coroutine[Any, Any, T]]:
    async def method(self: MaytapiClient, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.make(function(*args, **kwargs))

    signature = inspect.signature(function)
    me = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    with_me = signature.replace(parameters=[me, *signature.parameters.values()])
    method.__signature__ = with_me  # type: ignore[attr-defined]  # for help() and editors
    method.__name__, method.__doc__ = function.__name__, function.__doc__
    return method


class MaytapiClient:
    """Maytapi's API, one method an endpoint, each of which makes the call of that name.

    Use it as an async context manager, or call `close`. It belongs to one event loop: a script
    without one has `asyncio.Runner`. A call that surely did nothing is made again; a send never
    otherwise. Cancelling a call leaves open whether it was done, as `OutcomeUnknown` does.
    """

    def __init__(
        self,
        product_id: str | None,
        token: str,
        *,
        base_url: str | None = None,
        manners: Manners = Manners(),
    ) -> None:
        """Set up the client; no connection is made before the first call.

        Args:
            product_id: None is RapidAPI's flavour, where the token implies it.

        Raises:
            Unsendable: the token, the product id or the URL can't be one.
        """
        if product_id is None:
            way = access.rapidapi(token, base_url=base_url or access.RAPIDAPI_URL)
        else:
            base_url = base_url or access.DIRECT_URL
            way = access.direct(product_id, token, base_url=base_url)
        self._manners = manners
        self._pace = pacing.Pace(manners.messages_per_second)
        self._connection = Connection(way, manners.timeouts)

    @classmethod
    def rapidapi(
        cls,
        key: str,
        *,
        base_url: str | None = None,
        manners: Manners = Manners(),
    ) -> Self:
        """Return a client that goes through RapidAPI.

        Raises:
            Unsendable: the key or the URL can't be one.
        """
        return cls(None, key, base_url=base_url, manners=manners)

    def __repr__(self) -> str:
        return f"MaytapiClient({self._connection.base_url!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._connection.close()

    screen = _method(phones.screen)
    status = _method(phones.status)
    qr_code = _method(phones.qr_code)
    restart = _method(phones.restart)
    backup = _method(phones.backup)
    restore = _method(phones.restore)
    logout = _method(phones.logout)
    send_message = _method(chats.send_message)
    product = _method(account.product)
    list_phones = _method(account.list_phones)
    set_webhook = _method(account.set_webhook)
    add_phone = _method(account.add_phone)
    set_ack_preference = _method(account.set_ack_preference)

    send = _method(chats.send)
    queues = _method(account.queues)
    logs = _method(account.logs)
    redeploy = _method(phones.redeploy)
    factory_reset = _method(phones.factory_reset)
    clear = _method(phones.clear)
    delete_phone = _method(phones.delete_phone)
    config = _method(phones.config)
    set_config = _method(phones.set_config)
    queue = _method(phones.queue)
    purge_queue = _method(phones.purge_queue)
    catalog = _method(phones.catalog)
    contacts = _method(chats.contacts)
    contact = _method(chats.contact)
    contact_add = _method(chats.contact_add)
    contact_edit = _method(chats.contact_edit)
    contact_remove = _method(chats.contact_remove)
    check_number_status = _method(chats.check_number_status)
    check_phones = _method(chats.check_phones)
    get_conversations = _method(chats.get_conversations)
    get_conversation = _method(chats.get_conversation)
    get_messages = _method(chats.get_messages)
    get_message = _method(chats.get_message)
    create_group = _method(groups.create_group)
    get_groups = _method(groups.get_groups)
    get_group = _method(groups.get_group)
    group_add = _method(groups.group_add)
    group_remove = _method(groups.group_remove)
    group_promote = _method(groups.group_promote)
    group_demote = _method(groups.group_demote)
    group_config = _method(groups.group_config)
    set_profile_image = _method(groups.set_profile_image)
    leave_group = _method(groups.leave_group)

    async def make(self, call: Call[T]) -> T:
        """Make a call; again, after a pause, as long as it surely did nothing and may yet.

        Raises:
            MaytapiError: what became of it; see `outcomes`.
        """
        manners = self._manners
        request = self._connection.request(call)
        if call.paced:
            await manners.sleep(self._pace.wait(call.path[0], manners.clock()))
        tries = 1
        while True:
            try:
                response = await self._connection.exchange(request, call)
                return outcomes.result(call, response)
            except ApiUnavailable as error:
                pause = pacing.pause(tries, error.retry_after, manners.chance())
                if tries >= manners.tries or pause is None:
                    raise
            tries += 1
            await manners.sleep(pause.total_seconds())


def attach(path: Path, *, text: str = "") -> Media:
    """Read a file to be sent as a part of the call.

    Raises:
        Unsendable: it can't be read, or is too large.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_MEDIA_BYTES + 1)
    except OSError as error:
        raise Unsendable(f"{path} can't be read ({error.strerror})") from error
    return Media(media=data, text=text, filename=path.name)
