"""What mypy says to the authors of handlers."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

HANDLERS = Path(__file__).parent / "typing_check.py"


def test_good_handlers_are_taken_and_bad_ones_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--no-pretty"),
            *("--config-file=", "--cache-dir", tmp_path, HANDLERS),
        ],
        cwd=HANDLERS.parents[1], capture_output=True, text=True, check=False,
    )  # fmt: skip
    told = {int(n) for n in re.findall(rf"{HANDLERS.name}:(\d+): error", done.stdout)}
    lines = enumerate(HANDLERS.read_text().splitlines(), 1)
    assert told == {number for number, line in lines if "# refused" in line}, done.stdout
    assert done.stderr == ""
