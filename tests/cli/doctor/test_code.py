"""The handlers' code: loaded, or why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.doctor.conftest import Examine
from tests.databases import only_sqlite

pytestmark = only_sqlite


def test_no_handler_is_needed(examine: Examine) -> None:
    assert examine().one("handlers") == ("ok", "RECEIVER_HANDLERS names none")


@pytest.mark.usefixtures("shop")
def test_handlers_are_named(examine: Examine) -> None:
    found = examine(HANDLERS="shop:router").one("handlers")
    assert found == ("ok", "loaded: shop.answer, shop.count")


def test_code_that_can_not_be_loaded_is_found(examine: Examine, tmp_path: Path) -> None:
    (tmp_path / "broken_bot.py").write_text("1 / 0")
    verdict, detail = examine(HANDLERS="broken_bot:router").one("handlers")
    assert verdict == "failed"
    assert "ZeroDivisionError" in detail
    assert detail.endswith("correct it, or take it out of RECEIVER_HANDLERS")
