"""Routers with handlers that do nothing, for RECEIVER_HANDLERS."""

from __future__ import annotations

from receiver import F, MessageReceived, Router


def _router(handlers: int) -> Router:
    router = Router("benchmark")

    async def nothing(event: MessageReceived) -> None:
        pass

    for number in range(handlers):
        register = router.on(MessageReceived, F.text.contains("message"), name=f"nothing.{number}")
        register(nothing)
    return router


one = _router(1)
ten = _router(10)
