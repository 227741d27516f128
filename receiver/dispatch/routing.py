"""Router: which function handles which events."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any, Generic, Literal, TypeVar, get_args, overload

from receiver.dispatch.context import Context
from receiver.dispatch.filters import Condition, Field, Predicate
from receiver.dispatch.retrying import RetryPolicy
from receiver.errors import BadHandler
from receiver.events import CLASSES, Event

Happening = TypeVar("Happening", bound=Event)
Order = Literal["conversation", "none"]
Start = Literal["now", "beginning"]

DEFAULT_RETRY = RetryPolicy()
DEFAULT_TIMEOUT = timedelta(seconds=60)


@dataclass(frozen=True, kw_only=True, eq=False)
class Handler:
    """A function, the events that it is for, and how it wants to be called."""

    name: str
    event: type[Event]
    filters: tuple[Predicate, ...]
    function: Callable[..., Any]
    takes_context: bool
    is_async: bool
    order: Order
    retry: RetryPolicy
    timeout: timedelta
    start: Start
    trusted: bool = False
    """One of ours, that can't end the process: after a crash nothing is held against its events."""

    @property
    def is_ordered(self) -> bool:
        """Whether an event waits for those before it in its conversation."""
        return self.order == "conversation"

    @property
    def types(self) -> list[str]:
        """The types of the events that it can want, as far as they are known."""
        return [kind for kind, event in CLASSES.items() if issubclass(event, self.event)]

    def wants(self, event: Event) -> bool:
        """Tell whether the function is to be called with an event."""
        return isinstance(event, self.event) and all(holds(event) for holds in self.filters)

    def may_want(self, event: Event) -> bool:
        """Tell the same, but True where a filter fails: the call will, and that is told."""
        try:
            return self.wants(event)
        except BaseException:  # a filter is a handler's code as well
            return True


class Router:
    """A collection of handlers; the name is a part of theirs, so a new name is a new position."""

    def __init__(self, name: str) -> None:
        _check_name(name)
        self.name = name
        self._parts: list[Handler | Router] = []

    def on(
        self,
        event: type[Happening],
        *filters: Predicate,
        name: str | None = None,
        order: Order = "conversation",
        retry: RetryPolicy = DEFAULT_RETRY,
        timeout: timedelta | float = DEFAULT_TIMEOUT,
        start: Start = "now",
    ) -> Registration[Happening]:
        """Register a function for the events of a class that pass all filters.

        Its name is `router.function` unless given; it is what its position is kept under. With
        `order="none"` an event doesn't wait for those before it in its conversation. A call that
        lasts longer than `timeout` (in seconds, if it is a number) is ended and tried again. A new
        handler starts at `now`, or at the `beginning` of the journal.

        Raises:
            BadHandler: the class or a filter can't be right.
        """
        _check_event(event)
        for condition in filters:
            _check_filter(event, condition)
        _check_options(retry, order, start)
        limit = _limit(timeout)

        def register(function: Callable[..., Any]) -> None:
            own = name or f"{self.name}.{getattr(function, '__name__', type(function).__name__)}"
            self._check_new(own)
            self._parts.append(
                Handler(
                    name=own, event=event, filters=filters, function=function,
                    takes_context=_takes_context(own, function), is_async=_is_async(function),
                    order=order, retry=retry, timeout=limit, start=start,
                )
            )  # fmt: skip

        return Registration(register)

    def include(self, other: Router) -> None:
        """Take another router's handlers in, also those that it gets later."""
        if not isinstance(other, Router):
            raise BadHandler(f"include() wants a Router, not {other!r}")
        if other is self or self in other._routers():
            raise BadHandler(f"the Router {other.name!r} can't include itself")
        self._parts.append(other)

    def handlers(self) -> Iterator[Handler]:
        """Return all handlers in the order of their registration."""
        for part in self._parts:
            if isinstance(part, Router):
                yield from part.handlers()
            else:
                yield part

    def _check_new(self, name: str) -> None:
        _check_name(name)
        if any(handler.name == name for handler in self.handlers()):
            raise BadHandler(f"two handlers are named {name!r}: give one a name= of its own")

    def _routers(self) -> Iterator[Router]:
        for part in self._parts:
            if isinstance(part, Router):
                yield part
                yield from part._routers()


class Registration(Generic[Happening]):
    """The decorator that `Router.on` makes; the function stays as it is."""

    def __init__(self, register: Callable[[Callable[..., Any]], None]) -> None:
        self._register = register

    @overload
    def __call__(
        self, function: Callable[[Happening, Context], Awaitable[None]]
    ) -> Callable[[Happening, Context], Awaitable[None]]: ...

    @overload
    def __call__(
        self, function: Callable[[Happening], Awaitable[None]]
    ) -> Callable[[Happening], Awaitable[None]]: ...

    @overload
    def __call__(
        self, function: Callable[[Happening, Context], None]
    ) -> Callable[[Happening, Context], None]: ...

    @overload
    def __call__(self, function: Callable[[Happening], None]) -> Callable[[Happening], None]: ...

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Register the function."""
        self._register(function)
        return function


def _check_name(name: str) -> None:
    if not name or name.startswith("@") or any(not c.isprintable() or c in "/ " for c in name):
        raise BadHandler(f"{name!r} can't be a name: use letters, digits, . _ -")


def _check_event(event: object) -> None:
    if not (isinstance(event, type) and issubclass(event, Event)):
        raise BadHandler(f"on() wants a class of events, not {event!r}")


def _limit(timeout: object) -> timedelta:
    limit = timeout
    if isinstance(timeout, int | float):
        with suppress(ValueError, OverflowError):  # NaN and infinity
            limit = timedelta(seconds=timeout)
    if not isinstance(limit, timedelta) or limit <= timedelta():
        raise BadHandler(f"timeout= is a timedelta or a number of seconds, not {timeout!r}")
    return limit


def _check_options(retry: object, order: object, start: object) -> None:
    if not isinstance(retry, RetryPolicy):
        raise BadHandler(f"retry= is a RetryPolicy, not {retry!r}")
    for word, known in ((order, get_args(Order)), (start, get_args(Start))):
        if word not in known:
            raise BadHandler(f"on() does not know {word!r}: use one of {', '.join(known)}")


def _check_filter(event: type[Event], condition: Predicate) -> None:
    if not callable(condition):
        raise BadHandler(f"a filter is a function of the event, not {condition!r}")
    if _is_async(condition):
        raise BadHandler(f"the filter {condition!r} is an async def: nobody waits for its answer")
    for field in _fields(condition):
        known = _known(event)
        if field.path and field.path[0] not in known:
            shown = ", ".join(sorted(known))
            raise BadHandler(f"{event.__name__} has no {field.path[0]!r}; it has {shown}")


def _known(event: type[Event]) -> set[str]:
    kinds = [event, *(kind for kind in CLASSES.values() if issubclass(kind, event))]
    return {field.name for kind in kinds for field in fields(kind)}


def _fields(condition: Predicate) -> Iterator[Field]:
    if isinstance(condition, Condition):
        yield from condition.fields


def _is_async(function: Callable[..., Any]) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004 - an object with an async __call__
    )


def _takes_context(name: str, function: Callable[..., Any]) -> bool:
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise BadHandler(f"the handler {name!r} has a yield in it, and would never run")
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        raise BadHandler(f"the handler {name!r} is no function") from None
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    required = [p for p in parameters if p.default is p.empty and p.kind not in
                (p.VAR_POSITIONAL, p.VAR_KEYWORD)]  # fmt: skip
    wanted = len([p for p in positional if p.default is p.empty])
    if len(required) > wanted or wanted not in (1, 2):
        raise BadHandler(f"the handler {name!r} must take (event) or (event, context)")
    return wanted == 2
