"""Find the handlers that the settings name: by dotted paths, and by entry points."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable
from importlib.metadata import entry_points
from pathlib import Path
from traceback import extract_tb
from typing import Any

from receiver.dispatch.routing import Handler, Router
from receiver.errors import BadHandler
from receiver.store.operating import Known

ENTRY_POINTS = "receiver.handlers"


def load(names: Iterable[str]) -> list[Handler]:
    """Return the handlers of all that is named, in this order.

    A name is `package.module:router`, looked for in the current folder too, or `@name` of the
    entry-point group `receiver.handlers`.

    Raises:
        BadHandler: a name leads to no Router, or two handlers have one name.
    """
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, here)
    handlers: dict[str, Handler] = {}
    for name in names:
        for handler in _router(name).handlers():
            if handler.name in handlers:
                raise BadHandler(
                    f"two handlers are named {handler.name!r}, the second in {name!r}: give their "
                    "Routers different names, or one of them a name= of its own"
                )
            handlers[handler.name] = handler
    return list(handlers.values())


def known(handlers: Iterable[Handler]) -> dict[str, Known]:
    """Return what operators need to know of handlers, by their names."""
    return {
        handler.name: Known(ordered=handler.is_ordered, types=handler.types) for handler in handlers
    }


def _router(name: str) -> Router:
    found = _entry_point(name[1:]) if name.startswith("@") else _attribute(name)
    if not isinstance(found, Router):
        raise BadHandler(f"no Router at {name!r}, but {type(found).__name__}")
    return found


def _entry_point(name: str) -> Any:
    points = entry_points(group=ENTRY_POINTS)
    for point in points:
        if point.name == name:
            return _imported(f"@{name}", point.load)
    installed = ", ".join(sorted(f"@{point.name}" for point in points)) or "none"
    raise BadHandler(f"no installed package offers handlers as '@{name}'; installed: {installed}")


def _attribute(name: str) -> Any:
    module, _, attribute = name.partition(":")
    if not module or not attribute:
        raise BadHandler(f"{name!r} names no handlers: write package.module:router, or @name")
    found = _imported(name, lambda: importlib.import_module(module))
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise BadHandler(f"no {part!r} in {name!r}: the module is there, without it")
        found = getattr(found, part)
    return found


def _imported(name: str, load: Any) -> Any:
    try:
        return load()
    except ModuleNotFoundError as error:
        raise BadHandler(
            f"no module {error.name!r}, wanted for {name!r}: start in the folder that holds it, or "
            "install it"
        ) from error
    except BadHandler as error:
        raise BadHandler(f"{name!r}: {error}") from error
    except (Exception, SystemExit) as error:  # whatever a module does when it is imported
        raise BadHandler(
            f"{name!r} fails when it is imported{_place(error)}: {type(error).__name__}: {error}"
        ) from error


def _place(error: BaseException) -> str:
    """Say where a module failed; a SyntaxError says so itself."""
    [*_, last] = extract_tb(error.__traceback__)
    return "" if last.filename.startswith("<") else f" ({last.filename}, line {last.lineno})"
