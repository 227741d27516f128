"""Start a simulated Maytapi: in a thread beside a test or a demo, or in the foreground."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

import uvicorn

from receiver.errors import StartError
from receiver.simulator import chatter, contents, talking
from receiver.simulator.answering import DIRECT_PREFIX
from receiver.simulator.contents import Content
from receiver.simulator.face import DroppableProtocol, Face
from receiver.simulator.ledger import Ledger
from receiver.simulator.options import Options
from receiver.simulator.people import Person
from receiver.simulator.simulation import Simulation
from receiver.simulator.world import Said

Found = TypeVar("Found")

PATIENCE = timedelta(seconds=30)


class Simulator:
    """A Maytapi that runs in this process; its methods may be called from any thread but its own.

    What people say and how a phone fares is told by its methods, what came of it by its `ledger`.
    """

    def __init__(self, options: Options, url: str) -> None:
        self.options = options
        self.url = url
        self.face = Face(options)
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def ledger(self) -> Ledger:
        """What was said, sent, told and answered so far."""
        return self.face.simulation.ledger

    @property
    def phone_id(self) -> str:
        """The first phone's."""
        return str(next(iter(self.face.simulation.world.phones)))

    @property
    def people(self) -> list[Person]:
        """Who can be talked to."""
        return [*self.face.simulation.world.people.values()]

    @property
    def groups(self) -> list[str]:
        """The chat ids of the groups."""
        return [*self.face.simulation.world.groups]

    @property
    def settings(self) -> dict[str, str]:
        """What a receiver is set to, to speak with it; in RapidAPI's flavour `url` is the base."""
        return {
            "RECEIVER_MAYTAPI_BASE_URL": f"{self.url}/{DIRECT_PREFIX}",
            "RECEIVER_MAYTAPI_PRODUCT_ID": self.options.product_id,
            "RECEIVER_MAYTAPI_TOKEN": self.options.token,
            "RECEIVER_MAYTAPI_PHONE_ID": self.phone_id,
        }

    def point_at(self, webhook: str) -> None:
        """Set the webhook and switch acks on, as setWebhook and setAckPreference do."""

        def point(simulation: Simulation) -> None:
            simulation.world.webhook = webhook
            simulation.world.ack_delivery = True

        self.do(point)

    def say(
        self,
        said: str | Content,
        *,
        person: Person | None = None,
        group: str | None = None,
        phone_id: str | None = None,
    ) -> Said:
        """Let somebody (the first person) write to a phone (the first), or in a group.

        `contents` makes what is no text.
        """
        content = contents.text(said) if isinstance(said, str) else said

        def speak(simulation: Simulation) -> Said:
            world = simulation.world
            return talking.say(
                simulation,
                person or self.people[0],
                content,
                phone=world.phones[int(phone_id or self.phone_id)],
                group=world.groups[group] if group else None,
            )

        return self.do(speak)

    def chat(self, *, count: int | None = None, every: timedelta = timedelta(0)) -> None:
        """Let people write of themselves: everything that `contents` knows, and more."""
        self.do(lambda simulation: chatter.chat(simulation, every=every, count=count))

    def settle(self, *, within: timedelta = PATIENCE) -> None:
        """Wait until all was told that follows from what happened, the answers included.

        Raises:
            TimeoutError: it is not over; what is refused is told again for as long as it takes.
        """
        settling = asyncio.run_coroutine_threadsafe(self.face.settle(), self._running_loop())
        try:
            settling.result(within.total_seconds())
        except TimeoutError:
            settling.cancel()
            raise

    def do(self, action: Callable[[Simulation], Found]) -> Found:
        """Let anything happen: `talking`, `phones` and `chatter` hold what can."""

        async def act() -> Found:
            return self.face.do(action)

        return asyncio.run_coroutine_threadsafe(act(), self._running_loop()).result()

    def run(self, listener: socket.socket, *, ready: Callable[[], None]) -> None:
        """Run until the process is asked to stop, or `stop` is called."""
        asyncio.run(self._serve(listener, ready))

    def stop(self) -> None:
        """Ask it to stop."""
        self._server.should_exit = True

    async def _serve(self, listener: socket.socket, ready: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._server = _Server(_config(self.face), ready)
        await self._server.serve(sockets=[listener])

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        assert self._loop, "it is running once `running` or `run` says so"
        return self._loop


@contextmanager
def running(options: Options | None = None) -> Iterator[Simulator]:
    """Run a simulator in a thread, from `with` to its end."""
    with listen(0) as listener:
        simulator = Simulator(options or Options(), address(listener))
        ready = threading.Event()
        thread = threading.Thread(
            target=simulator.run, args=(listener,), kwargs={"ready": ready.set}, daemon=True
        )
        thread.start()
        if not ready.wait(PATIENCE.total_seconds()):
            raise StartError("the simulator does not start")
        try:
            yield simulator
        finally:
            simulator.stop()
            thread.join()


@contextmanager
def listen(port: int) -> Iterator[socket.socket]:
    """Listen on this machine alone.

    Raises:
        StartError: the port is taken.
    """
    try:
        listener = socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise StartError(
            f"port {port} can't be listened on ({os.strerror(error.errno or 0)}): "
            "choose another with --port"
        ) from error
    with listener:
        yield listener


def address(listener: socket.socket) -> str:
    """Return the URL of a listener."""
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


class _Server(uvicorn.Server):
    """A server that says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        # uvicorn sends itself the signal that ended it once more: here it ends nothing more.
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, self.handle_exit)
        await super().serve(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        try:
            self._ready()
        except BaseException:
            await self.shutdown(sockets)
            raise


def _config(face: Face) -> uvicorn.Config:
    return uvicorn.Config(
        face.app,
        http=DroppableProtocol,
        lifespan="on",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )
