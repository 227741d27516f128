"""Watch what Maytapi holds of us: a webhook that was changed there costs days of messages.

It only looks, and says what it sees; nothing is set right by itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta

from receiver import account
from receiver.errors import MaytapiError
from receiver.maytapi.client import MaytapiClient
from receiver.maytapi.drift import Difference, Ours

logger = logging.getLogger(__name__)

LOOK_EVERY = timedelta(minutes=5)


class DriftWatch:
    """Looks every few minutes, from `__aenter__` to `__aexit__`."""

    def __init__(self, client: MaytapiClient, ours: Ours, *, every: timedelta = LOOK_EVERY) -> None:
        """Without a base in `ours` only the delivery of acks can be compared."""
        self._client = client
        self._ours = ours
        self._every = every
        self.found: Sequence[Difference] | None = None
        """What was different when it was looked last; None before, and when it can't be told."""

    async def __aenter__(self) -> DriftWatch:
        """Begin."""
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Look no longer."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._client.close()

    async def look(self) -> None:
        """Compare once; what is as it was before is not said again."""
        before = self.found
        try:
            found = (await account.held(self._client)).drift(self._ours)
        except MaytapiError as error:
            self.found = None
            logger.warning("what Maytapi holds can't be told: %s", type(error).__name__)
            return
        self.found = [one for one in found if self._ours.base or one.what != "webhook"]
        for one in self.found:
            if one not in (before or ()):
                logger.warning(
                    "Maytapi's %s of %s is wrong: %s; `receiver webhook set` mends it",
                    one.what, one.place, one.held,
                )  # fmt: skip
        if before and not self.found:
            logger.info("what Maytapi holds is right again")

    async def _run(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(self._every.total_seconds())
