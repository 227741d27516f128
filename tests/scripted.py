"""A scripted Maytapi on loopback: it notes what it is asked, and answers what the test wants.

It is a server of sockets and not a stand-in for the client, so that it can also misbehave: say
nothing, close the connection at any moment, or send what is no HTTP.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from tests.listening import Listener, serving

FOLDER = Path(__file__).parent / "samples" / "api"

PNG = b"\x89PNG\r\n\x1a\n and so on"


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes
    connection: int

    @property
    def is_whole(self) -> bool:
        """A client that is killed can leave the head of a request behind, and no body."""
        return len(self.body) == int(self.headers.get("content-length", 0))

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What is answered; a value becomes JSON."""

    value: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> bytes:
        return self.value if isinstance(self.value, bytes) else json.dumps(self.value).encode()


Fault = Callable[[BaseHTTPRequestHandler], Answer | None]
"""Does what it wants with the connection; this is closed, unless there is an answer to give."""


def sample(name: str) -> Any:
    """Return an answer of Maytapi's, or the fields of a request, as its documents show them."""
    return json.loads((FOLDER / f"{name}.json").read_bytes())


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    """Close the connection without an answer."""


def reset(handler: BaseHTTPRequestHandler) -> None:
    """Close the connection the hard way."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def half(handler: BaseHTTPRequestHandler) -> None:
    """Promise an answer and send a part of it."""
    handler.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"success"')


def babble(handler: BaseHTTPRequestHandler) -> None:
    """Send what is no HTTP."""
    handler.wfile.write(b"good morning\r\n\r\n")


def stall(handler: BaseHTTPRequestHandler) -> None:
    """Say nothing, until the client goes away."""
    handler.connection.settimeout(30)
    handler.connection.recv(1)


class Maytapi:
    """The server; `script` gives answers to come, by the last part of the path, or for `*` all."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.script: dict[str, list[Answer | Fault]] = {}
        self._lock = threading.Lock()
        self._connections = 0
        self._server = Listener(("127.0.0.1", 0), self._handler())
        self._serving = serving(self._server)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._serving.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._serving.__exit__(kind, error, traceback)

    def answers(self, name: str, *answers: Answer | Fault | dict[str, Any] | list[Any]) -> None:
        """Set the answers to a path that ends so, in their order; the last one stays."""
        self.script[name] = [
            Answer(answer) if isinstance(answer, dict | list) else answer for answer in answers
        ]

    def paths(self) -> list[str]:
        return [f"{asked.method} {asked.path}" for asked in self.asked]

    def _next(self, path: str) -> Answer | Fault:
        with self._lock:
            name = path.rpartition("/")[2]
            answers = self.script.get(name) or self.script.get("*")
            if not answers:
                return Answer({"success": False, "message": f"no answer to {name} in the script"})
            return answers.pop(0) if len(answers) > 1 else answers[0]

    def _note(self, asked: Asked) -> None:
        with self._lock:
            self.asked.append(asked)

    def _connected(self) -> int:
        with self._lock:
            self._connections += 1
            return self._connections

    def _handler(maytapi) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                self.number = maytapi._connected()

            def do_GET(self) -> None:
                target = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                self.asked = Asked(
                    self.command, target.path, dict(parse_qsl(target.query)),
                    {name.lower(): value for name, value in self.headers.items()},
                    body, self.number,
                )  # fmt: skip
                maytapi._note(self.asked)
                answer = maytapi._next(target.path)
                if not isinstance(answer, Answer | None):
                    answer = answer(self)
                if answer:
                    self.answer(answer)
                else:
                    self.close_connection = True

            do_POST = do_GET

            def answer(self, answer: Answer) -> None:
                body = answer.body()
                self.send_response_only(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler
