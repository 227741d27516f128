"""Forward what people write to a help desk that takes JSON over HTTP.

    HELP_DESK_URL=https://desk.example/tickets RECEIVER_HANDLERS=examples.help_desk:router \\
        receiver serve

A desk that is down for an hour gets everything afterwards, each conversation in its order.
"""

from __future__ import annotations

import os

import httpx2

from receiver import Discard, F, MessageReceived, Retry, Router

router = Router("help_desk")


@router.on(MessageReceived, F.first_copy)
async def forward(event: MessageReceived) -> None:
    """Post a message to the desk; what it refuses for good is dead, and waits to be looked at."""
    ticket = {
        "from": event.sender.phone if event.sender else None,
        "name": event.sender.name if event.sender else None,
        "chat": event.chat_id,
        "text": event.text,
        "media": event.media.url if event.media else None,
        "sent_at": event.sent_at.isoformat() if event.sent_at else None,
    }
    # A handler may run again: by the key the desk knows what it has.
    headers = {"Idempotency-Key": f"whatsapp-{event.id}"}
    async with httpx2.AsyncClient(timeout=20) as client:
        answer = await client.post(os.environ["HELP_DESK_URL"], json=ticket, headers=headers)
    if answer.status_code == 429:
        raise Retry("the desk is busy", delay=float(answer.headers.get("retry-after", 60)))
    if 400 <= answer.status_code < 500:
        raise Discard(f"the desk refuses it: {answer.status_code}")
    answer.raise_for_status()
