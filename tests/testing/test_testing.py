"""The public names for the tests of handlers."""

from __future__ import annotations

import pytest

from receiver import testing


def test_every_public_name_is_there() -> None:
    assert all(getattr(testing, name) for name in testing.__all__)
    assert dir(testing) == sorted(testing.__all__)


def test_another_name_is_refused() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        _ = testing.nonsense
