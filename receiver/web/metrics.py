"""Metrics for Prometheus: counted when they are asked for, so they are what is stored."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from receiver.store.database import Database
from receiver.store.views import counts, handlers
from receiver.store.writer import Writer
from receiver.web.operations import Operation

PATH = "/metrics"


def operation(
    database: Database, writer: Writer, differences: Callable[[], Collection[object] | None]
) -> Operation:
    """Return the operation that counts.

    `differences` tells what Maytapi holds otherwise than it should, None where that is not known.
    """
    registry = CollectorRegistry()
    registry.register(_Stored(database, writer, differences))

    async def metrics(_request: Request) -> Response:
        text = await run_in_threadpool(generate_latest, registry)
        return Response(text, media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return Operation(
        path=PATH,
        summary="Metrics for Prometheus",
        media_type=CONTENT_TYPE_PLAIN_0_0_4,
        endpoint=metrics,
    )


class _Stored(Collector):
    def __init__(
        self,
        database: Database,
        writer: Writer,
        differences: Callable[[], Collection[object] | None],
    ) -> None:
        self._database = database
        self._writer = writer
        self._differences = differences

    def describe(self) -> Iterable[Metric]:
        """Say nothing before: a registry would count everything to find the names."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Count what is stored, and what waits to be."""
        found = counts.count(self._database.engine)
        yield _by_status("notifications", "Notifications kept, by status", found.notifications)
        yield _by_status(
            "messages", "Messages not known to be delivered, by status", found.messages
        )
        yield CounterMetricFamily(
            "receiver_events", "Events of the journal: its last seq", value=found.events
        )
        yield _phones(found.phones)
        yield from self._handlers()
        yield GaugeMetricFamily(
            "receiver_writer_waiting",
            "Notifications that wait for a commit in this process",
            value=self._writer.waiting,
        )
        differences = self._differences()
        if differences is not None:
            yield GaugeMetricFamily(
                "receiver_maytapi_differences",
                "Settings at Maytapi that are not as they should be",
                value=len(differences),
            )

    def _handlers(self) -> Iterator[Metric]:
        views = handlers.every(self._database.engine).data
        lag = GaugeMetricFamily(
            "receiver_handler_lag", "Events behind the handler's position", labels=["handler"]
        )
        owed = GaugeMetricFamily(
            "receiver_handler_retries", "Events owed, by state", labels=["handler", "state"]
        )
        for view in views:
            lag.add_metric([view.name], view.lag)
            for state in ("waiting", "parked", "dead"):
                owed.add_metric([view.name, state], getattr(view, state))
        yield lag
        yield owed


def _by_status(name: str, about: str, numbers: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(f"receiver_{name}", about, labels=["status"])
    for status, number in numbers.items():
        family.add_metric([status], number)
    return family


def _phones(told: Mapping[str, str]) -> Metric:
    family = GaugeMetricFamily(
        "receiver_phone_status",
        "1 for the status that Maytapi told last of a phone",
        labels=["phone_id", "status"],
    )
    for phone_id, status in told.items():
        family.add_metric([phone_id, status], 1)
    return family
