"""A handler for end-to-end tests: it answers each text once, by a text that is like no other."""

from __future__ import annotations

from receiver import Context, F, MessageReceived, Router

PREFIX = "re: "

router = Router("answering")


@router.on(MessageReceived, F.type == "text", F.first_copy, ~F.text.startswith(PREFIX))
async def answer(event: MessageReceived, context: Context) -> None:
    """Answer, naming the message that is answered."""
    await context.reply(f"{PREFIX}{event.whatsapp_id}")
