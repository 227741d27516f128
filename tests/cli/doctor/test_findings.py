"""A finding that is not in order says what to do."""

from __future__ import annotations

from receiver.cli.doctor import findings
from receiver.cli.doctor.findings import Verdict


def test_what_to_do_follows_what_was_found() -> None:
    assert findings.ok("fine") == (Verdict.OK, "fine")
    assert findings.warning("odd", "look") == (Verdict.WARNING, "odd: look")
    assert findings.failed("broken", "mend") == (Verdict.FAILED, "broken: mend")


def test_without_problems_all_is_in_order() -> None:
    problems = [findings.failed("broken", "mend")]
    assert findings.mixed(problems, "fine") == problems
    assert findings.mixed([], "fine") == [findings.ok("fine")]


def test_one_is_not_many() -> None:
    assert [findings.counted(n, "event") for n in (0, 1, 2)] == ["0 events", "1 event", "2 events"]
