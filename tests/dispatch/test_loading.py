"""Loading: what the settings name, and for everything else a sentence."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from receiver.dispatch import loading
from receiver.errors import BadHandler

ROUTER = """
from receiver import Event, Router

router = Router("{name}")

@router.on(Event)
async def note(event: Event) -> None: ...

class inside:
    router = router

nothing = 7
"""
Write = Callable[[str], str]
_numbers = itertools.count()


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Return a function that writes a module into the current folder and returns its name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    before = set(sys.modules)

    def write(text: str) -> str:
        name = f"loaded_{next(_numbers)}"
        (tmp_path / f"{name}.py").write_text(text)
        return name

    yield write
    for name in set(sys.modules) - before:
        if name.startswith("loaded_"):
            del sys.modules[name]


def test_routers_are_found_by_module_and_attribute_in_the_current_folder(write: Write) -> None:
    shop, desk = write(ROUTER.format(name="shop")), write(ROUTER.format(name="desk"))
    handlers = loading.load([f"{shop}:router", f"{desk}:inside.router"])
    assert [handler.name for handler in handlers] == ["shop.note", "desk.note"]


def test_nothing_named_is_nothing_loaded() -> None:
    assert loading.load([]) == []


def test_an_entry_point_is_found_by_its_name(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    module = write(ROUTER.format(name="shop"))
    _install(monkeypatch, shop=f"{module}:router")
    assert [handler.name for handler in loading.load(["@shop"])] == ["shop.note"]
    with pytest.raises(BadHandler, match=r"'@desk'; installed: @shop$"):
        loading.load(["@desk"])


def test_an_entry_point_that_is_broken_is_told_by_its_name(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = write(ROUTER.format(name="shop"))
    _install(monkeypatch, gone="no_such_module:router", lacking=f"{module}:no_such_thing")
    for name in ("@gone", "@lacking"):
        with pytest.raises(BadHandler, match=name):
            loading.load([name])


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("{}", "names no handlers"),
        (":router", "names no handlers"),
        ("{}:", "names no handlers"),
        ("no_such_module:router", "no module 'no_such_module'"),
        ("{}.deeper:router", "no module"),
        ("{}:no_such", "no 'no_such' in"),
        ("{}:nothing.more", "no 'more' in"),
        ("{}:nothing", "no Router at '.*', but int"),
        ("..{}:router", "fails when it is imported"),
        ("@nothing", "offers handlers as '@nothing'"),
    ],
)
def test_each_mistake_has_a_sentence(write: Write, name: str, reason: str) -> None:
    module = write(ROUTER.format(name="shop"))
    with pytest.raises(BadHandler, match=reason):
        loading.load([name.format(module)])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import no_such_module", "no module 'no_such_module', wanted for 'loaded_"),
        ("1 / 0", r"fails when it is imported \(.*loaded_.*\.py, line 1\): ZeroDivisionError"),
        ("def", r"fails when it is imported: SyntaxError.*line 1"),
        ("import sys; sys.exit(3)", r"fails when it is imported \(.*, line 1\): SystemExit"),
        ("from receiver import Router; Router('a b')", "'a b' can't be a name"),
    ],
)
def test_a_module_that_fails_has_a_sentence_too(write: Write, text: str, reason: str) -> None:
    with pytest.raises(BadHandler, match=reason):
        loading.load([f"{write(text)}:router"])


def test_two_handlers_of_one_name_are_refused(write: Write) -> None:
    modules = [write(ROUTER.format(name="shop")) for _ in "ab"]
    with pytest.raises(BadHandler, match=r"two handlers are named 'shop\.note', the second in"):
        loading.load([f"{module}:router" for module in modules])


def test_a_router_named_twice_is_one_name_too_many(write: Write) -> None:
    name = f"{write(ROUTER.format(name='shop'))}:router"
    with pytest.raises(BadHandler, match="two handlers"):
        loading.load([name, name])


def _install(monkeypatch: pytest.MonkeyPatch, **points: str) -> None:
    found = EntryPoints(
        EntryPoint(name=name, value=value, group=loading.ENTRY_POINTS)
        for name, value in points.items()
    )
    monkeypatch.setattr(loading, "entry_points", lambda group: found.select(group=group))
