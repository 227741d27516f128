"""Forward what customers write to a help desk of one's own, and everything to NATS JetStream.

    HOOK_SECRET=whsec_$(openssl rand -base64 32) RECEIVER_HANDLERS=examples.sinks:router \\
        receiver serve

Whoever receives checks the signature with the same secret, so keep it. NATS needs an extra:
`pip install 'maytapi-receiver[nats]'`.
"""

from __future__ import annotations

import os

from receiver import F, MessageReceived, Router
from receiver.sinks.http import forward
from receiver.sinks.nats import publish

router = Router("sinks")
router.include(
    forward(
        "https://crm.example/hook",
        F.first_copy,
        secret=os.environ["HOOK_SECRET"],
        events=[MessageReceived],
    )
)
router.include(publish("nats://127.0.0.1:4222", subject="maytapi.{event_type}.{phone_id}"))
