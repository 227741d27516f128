"""A receiver that ends at a step of sending, as if it were killed: `before call` and the like."""

from __future__ import annotations

import os
import sys
from typing import Any

from receiver.cli import main
from receiver.dispatch.sending import Sender
from receiver.maytapi.client import MaytapiClient
from receiver.store import sending


def end(*_: object, **__: object) -> Any:
    """End the process without a chance to clean up."""
    os._exit(9)


async def write_and_end(sender: Sender, job: Any) -> None:
    """Let the answer be stored, and end before the handler's position is."""
    await sender._written(job)
    end()


if __name__ == "__main__":
    match sys.argv.pop(1):
        case "before it is begun":
            sending.begin = end
        case "before the call":
            MaytapiClient.send = end  # type: ignore[method-assign, assignment]
        case "before the answer is stored":
            sending.accept = end
        case "after the answer is stored":
            Sender._keep = write_and_end  # type: ignore[method-assign]
        case step:
            sys.exit(f"no step {step!r}")
    main()
