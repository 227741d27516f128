"""The tail of the journal: what was read last, without a hole, and no more than its size."""

from __future__ import annotations

from receiver.store.tail import KEPT_FOR, Tail


def tail(size: int = 4) -> Tail[int]:
    return Tail(seq=lambda number: number, size=size)


def test_what_follows_a_place_is_there_as_far_as_it_reaches_back() -> None:
    kept = tail()
    kept.add(3, [4, 5, 6])
    assert (kept.reaches(3), kept.reaches(2)) == (True, False)
    assert (kept.after(3), kept.after(5), kept.after(6), kept.last) == ([4, 5, 6], [6], [], 6)


def test_what_follows_on_is_added_and_the_oldest_makes_room() -> None:
    kept = tail()
    kept.add(0, [1, 2, 3])
    kept.add(3, [4, 5, 6])
    assert (kept.reaches(2), kept.reaches(1)) == (True, False)
    assert (kept.after(2), len(kept)) == ([3, 4, 5, 6], 4)


def test_numbers_that_were_erased_are_no_hole() -> None:
    kept = tail()
    kept.add(0, [2, 7])
    kept.add(7, [9])
    assert (kept.after(0), kept.after(3), kept.after(8)) == ([2, 7, 9], [7, 9], [9])


def test_after_a_gap_it_begins_anew() -> None:
    kept = tail()
    kept.add(0, [1, 2])
    kept.add(5, [6])
    assert (kept.reaches(5), kept.reaches(4), kept.after(5)) == (True, False, [6])


def test_what_is_far_behind_or_nothing_changes_nothing() -> None:
    kept = tail()
    kept.add(5, [6, 7])
    kept.add(0, [1, 2])
    kept.add(9, [])
    assert (kept.after(5), kept.reaches(4), kept.last) == ([6, 7], False, 7)


def test_behind_its_last_item_it_knows_that_there_was_nothing() -> None:
    kept = tail()
    kept.add(0, [1], end=5)
    assert (kept.after(3), kept.reaches(3), kept.end) == ([], True, 5)
    kept.add(5, [7])
    assert (kept.after(3), kept.reaches(0), kept.end) == ([7], True, 7)
    kept.add(6, [], end=9)
    assert (kept.after(0), kept.end) == ([1, 7], 7)


def test_what_was_read_some_time_ago_is_read_anew() -> None:
    now = [0.0]
    kept = Tail[int](seq=lambda number: number, size=9, clock=lambda: now[0])
    kept.add(0, [1, 2])
    now[0] += KEPT_FOR.total_seconds()
    kept.add(2, [3])
    assert (kept.reaches(0), kept.after(0)) == (True, [1, 2, 3])
    now[0] += 1
    assert (kept.reaches(1), kept.reaches(2), kept.after(0), kept.last) == (False, True, [3], 3)
    now[0] += KEPT_FOR.total_seconds()
    assert (kept.reaches(2), kept.reaches(3), kept.after(0), kept.last) == (False, True, [], 3)
    kept.add(3, [4])
    assert (kept.reaches(3), kept.after(3)) == (True, [4])


def test_before_the_first_it_has_nothing() -> None:
    assert (tail().after(0), tail().last, len(tail())) == ([], 0, 0)
