"""A webhook that writes down what it gets, and answers what it is told to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

from tests.listening import Listener, serving


class Hook:
    """A server on this machine; `statuses` are its next answers, then all is 200."""

    def __init__(self, statuses: Iterable[int]) -> None:
        self.bodies: list[bytes] = []
        self.paths: list[str] = []
        self._statuses = iter(statuses)
        hook = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                hook.paths.append(self.path)
                hook.bodies.append(body)
                answer = b'{"status": "stored"}'
                self.send_response(next(hook._statuses, 200))
                self.send_header("location", "/elsewhere")
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        self._server = Listener(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"

    @contextmanager
    def serving(self) -> Iterator[Hook]:
        with serving(self._server):
            yield self


@contextmanager
def hook(*statuses: int) -> Iterator[Hook]:
    """Run a webhook, from `with` to its end."""
    with Hook(statuses).serving() as served:
        yield served
