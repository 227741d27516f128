"""Every module has its tests, and every setting, route and event its place in the README."""

from __future__ import annotations

from pathlib import Path

from receiver.events import EventType
from receiver.settings import Settings
from receiver.store import database as databases
from tests.web.asking import every_operation

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def test_every_module_has_its_test_file() -> None:
    missing = []
    for module in sorted((ROOT / "receiver").rglob("*.py")):
        place = module.relative_to(ROOT / "receiver")
        if place.name != "__init__.py":
            mirror = ROOT / "tests" / place.with_name(f"test_{place.stem.strip('_')}.py")
            if not mirror.is_file() or "def test_" not in mirror.read_text():
                missing.append(str(mirror.relative_to(ROOT)))
    assert missing == []


def test_every_setting_is_in_the_readme() -> None:
    variables = [f"RECEIVER_{name.upper()}" for name in Settings.model_fields]
    assert [variable for variable in variables if f"`{variable}`" not in README] == []


def test_every_path_is_in_the_readme(tmp_path: Path) -> None:
    database = databases.connect(f"sqlite:///{tmp_path / 'receiver.db'}")
    paths = [f"{one.method} {one.path}" for one in every_operation(database)]
    assert len(paths) >= 5
    assert [path for path in paths if f"{path.replace(':path', '')}`" not in README] == []


def test_every_event_is_in_the_readme() -> None:
    assert [kind.value for kind in EventType if f"`{kind.value}`" not in README] == []
