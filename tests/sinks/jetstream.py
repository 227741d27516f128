"""A NATS server with JetStream, in a process that can be killed and come back to what it kept."""

from __future__ import annotations

import socket
import subprocess
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.waiting import until

PROGRAM = Path(sysconfig.get_path("scripts")) / "nats-server"


class NatsServer:
    """A server on a port of its own, and what it keeps in a folder."""

    def __init__(self, folder: Path, *, port: int | None = None, config: str = "") -> None:
        self.port = port or free_port()
        self.url = f"nats://127.0.0.1:{self.port}"
        self._config = folder / "nats.conf"
        self._config.write_text(
            f"listen: '127.0.0.1:{self.port}'\njetstream {{ store_dir: '{folder}' }}\n{config}"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, or start again, and wait until it listens."""
        self._process = subprocess.Popen(
            [PROGRAM, "-c", self._config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until(self._listens)

    def kill(self) -> None:
        """End it without a chance to clean up."""
        if self._process:
            self._process.kill()
            self._process.wait(15)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@contextmanager
def running(folder: Path, *, config: str = "") -> Iterator[NatsServer]:
    """Run a server until the block ends."""
    server = NatsServer(folder, config=config)
    server.start()
    try:
        yield server
    finally:
        server.kill()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
