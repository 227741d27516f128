"""Runs the comparison servers under uvicorn with the receiver's options, so that only the
application differs."""

from __future__ import annotations

import socket
import sys
from typing import Any

import uvicorn


class AnnouncedServer(uvicorn.Server):
    """Says where it listens, in the receiver's words, once it does."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        sys.stderr.write(f"ready http://{host}:{port}\n")
        sys.stderr.flush()


def serve(app: Any) -> None:
    """Serve an ASGI app on a free port of 127.0.0.1 until SIGTERM."""
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        http="httptools",
        loop="uvloop",
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        date_header=False,
        server_header=False,
        proxy_headers=False,
    )
    AnnouncedServer(config).run()
