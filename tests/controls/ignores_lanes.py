"""A receiver whose handlers get the events of a conversation side by side."""

from __future__ import annotations

from collections.abc import Hashable

from receiver.cli import main
from receiver.dispatch.shift import Shift
from receiver.events import Event


def lane(shift: Shift, event: Event) -> Hashable:
    """Return a lane for each event alone."""
    return -event.id


if __name__ == "__main__":
    Shift._lane = lane  # type: ignore[method-assign]
    main()
