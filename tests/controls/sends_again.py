"""A receiver that sends again what was begun and not answered."""

from __future__ import annotations

from receiver.cli import main
from receiver.store import sending
from receiver.store.changing import Change
from receiver.store.sending import Begun

begin = sending.begin


def begin_again(change: Change, message_id: int) -> Begun | None:
    """Forget that it was called before."""
    change.transaction.execute(
        "UPDATE sends SET called_at = NULL WHERE message_id = {mark} AND answered_at IS NULL",
        message_id,
    )
    return begin(change, message_id)


if __name__ == "__main__":
    sending.begin = begin_again
    main()
