"""The ladder: any order of acks, with any repeats, ends in the same status."""

from __future__ import annotations

from itertools import permutations, product

import pytest

from receiver.maytapi import acks

STATUSES = (None, *acks.LADDER)
TICKS = ("delivered", "reached", "seen", "played")
NEWS = ("failed", *TICKS, "deleted", "unknown")
"""Everything that an ack or an error can tell."""


def rung(status: str | None) -> int:
    return STATUSES.index(status)


def after(status: str | None, *told: str) -> str | None:
    for news in told:
        status = acks.advance(status, news)
    return status


def test_ticks_rise_from_one_tick_to_played() -> None:
    assert acks.LADDER == (
        "queued",
        "unknown",
        "accepted",
        "failed",
        "delivered",
        "reached",
        "seen",
        "played",
    )


def test_higher_is_commutative_and_idempotent() -> None:
    for one, other in product(STATUSES, repeat=2):
        expected = STATUSES[max(rung(one), rung(other))]
        assert acks.higher(one, other) == acks.higher(other, one) == expected
        assert acks.higher(one, one) == one


def test_higher_is_associative() -> None:
    for one, two, three in product(STATUSES, repeat=3):
        left = acks.higher(acks.higher(one, two), three)
        assert left == acks.higher(one, acks.higher(two, three))


@pytest.mark.parametrize("start", STATUSES)
def test_every_order_of_all_news_ends_in_the_same_status(start: str | None) -> None:
    ends = {after(start, *order) for order in permutations(NEWS)}
    assert ends == {"played"}


@pytest.mark.parametrize("start", STATUSES)
def test_every_order_of_some_news_ends_at_the_highest_told(start: str | None) -> None:
    for count in range(len(TICKS) + 1):
        for order in permutations(("failed", *TICKS), count):
            expected = STATUSES[max(map(rung, (start, *order)))]
            assert after(start, *order) == expected


def test_repeats_change_nothing() -> None:
    for start, one, other in product(STATUSES, NEWS, NEWS):
        assert after(start, one, other, one, one, other) == after(start, one, other)


def test_a_status_never_goes_back() -> None:
    for start, news in product(STATUSES, (*NEWS, *acks.LADDER, "", "ERROR", "no such word")):
        assert rung(acks.advance(start, news)) >= rung(start)


def test_seen_is_not_undone_by_delivered() -> None:
    assert after(None, "seen", "delivered", "reached") == "seen"


def test_a_tick_outweighs_a_failure() -> None:
    assert after("accepted", "failed", "delivered") == "delivered"
    assert after("accepted", "delivered", "failed") == "delivered"


@pytest.mark.parametrize("start", STATUSES)
@pytest.mark.parametrize("news", ["deleted", "unknown", "queued", "accepted", "", "pinned"])
def test_what_is_no_tick_and_no_failure_moves_nothing(start: str | None, news: str) -> None:
    """`queued`, `accepted` and `unknown` are ours to say, whatever an ack is called."""
    assert acks.advance(start, news) == start


@pytest.mark.parametrize(
    ("code", "name"),
    [(1, "delivered"), (2, "reached"), (3, "seen"), (4, "played"), (5, "deleted")],
)
def test_a_code_alone_names_the_ack(code: int, name: str) -> None:
    assert acks.name_of(None, code) == name


@pytest.mark.parametrize("code", [None, 0, -1, 6, 2**31 - 1])
def test_without_type_and_known_code_the_kind_is_unknown(code: int | None) -> None:
    assert acks.name_of(None, code) == acks.UNKNOWN_KIND == "unknown"


@pytest.mark.parametrize("code", [None, 0, 1, 3, 99])
def test_the_type_wins_over_the_code(code: int | None) -> None:
    assert acks.name_of("reached", code) == "reached"


def test_an_ack_type_of_tomorrow_keeps_its_name() -> None:
    assert acks.name_of("Pinned", None) == "pinned"


def test_every_code_names_a_rung_or_the_deletion() -> None:
    assert set(acks.ACK_CODES.values()) == {*TICKS, acks.DELETED}


def test_only_what_we_sent_shows_a_status() -> None:
    assert acks.shown("seen", "outgoing") == "seen"
    assert acks.shown("seen", "incoming") is None
