"""A server on loopback that answers as a test says, and keeps what it was sent."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.listening import Listener
from tests.listening import serving as listening


@dataclass(kw_only=True)
class Asked:
    """A request as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    client: tuple[str, int]


@dataclass(kw_only=True)
class Answer:
    """What to say; `drips` are written one at a time, each when the test lets it."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"ok"
    after: Callable[[], object] = lambda: None
    """Called before a word is said."""


class Server:
    """Answers with each answer of the script in turn, and then with the last one on and on."""

    def __init__(self, address: str, script: list[Answer]) -> None:
        self.asked: list[Asked] = []
        self.script = script
        self._server = Listener((address, 0), self._handler())
        self.port = self._server.server_port
        self.url = f"http://{address}:{self.port}/hook?of=us"

    def wrap(self, tls: ssl.SSLContext) -> None:
        """Speak TLS."""
        self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)

    def next(self, asked: Asked) -> Answer:
        """Keep a request, and say what to answer."""
        self.asked.append(asked)
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]

    @contextmanager
    def running(self) -> Iterator[Server]:
        """Serve until the block ends."""
        with listening(self._server):
            yield self

    def _handler(server) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                answer = server.next(
                    Asked(
                        path=self.path,
                        headers=headers,
                        body=body,
                        client=self.client_address,
                    )
                )
                answer.after()
                self._say(answer)

            def _say(self, answer: Answer) -> None:
                try:
                    self.send_response(answer.status)
                    for name, value in answer.headers.items():
                        self.send_header(name, value)
                    if "content-length" not in answer.headers:
                        self.send_header("content-length", str(len(answer.body)))
                    self.end_headers()
                    self.wfile.write(answer.body)
                except OSError:
                    self.close_connection = True  # whoever asked has gone

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


@contextmanager
def serving(*script: Answer, address: str = "127.0.0.1") -> Iterator[Server]:
    """Run a server; without a script it takes everything."""
    with Server(address, list(script) or [Answer()]).running() as server:
        yield server
