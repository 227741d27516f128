"""The demo: one command shows a conversation, and the same is readable over REST."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import httpx2

from tests.processes import environment
from tests.waiting import until


def test_a_newcomer_sees_a_conversation_with_climbing_ticks(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "receiver", "demo"],
        cwd=tmp_path,
        env=environment("sqlite:///of-ones-own.db", handlers="of.ones:own"),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    lines: list[str] = []
    reader = threading.Thread(target=lines.extend, args=(process.stdout,))
    reader.start()
    try:
        until(lambda: any("✓✓ " in line for line in lines))
        shown = "".join(lines)
        assert re.search(r"Ada Brown: Hello!.*\n(.*\n)*.*to Ada Brown: You wrote: Hello!", shown)
        assert re.search(r"✓  .*\n(.*\n)*.*✓✓ ", shown)
        found = re.search(r"Bearer (\S+)' (\S+)", shown)
        assert found
        answer = httpx2.get(found[2], headers={"authorization": f"Bearer {found[1]}"})
        names = [one["name"] for one in answer.json()["data"]]
        assert "Ada Brown" in names
    finally:
        process.send_signal(signal.SIGINT)
        code = process.wait(20)
        reader.join(5)
        process.stdout.close()
    assert code == 0
    assert [*tmp_path.iterdir()] == []


def test_it_ends_when_nobody_reads_it_any_more(tmp_path: Path) -> None:
    """As in `receiver demo | head`."""
    with subprocess.Popen(
        [sys.executable, "-m", "receiver", "demo"], cwd=tmp_path, env=environment(""),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout
        assert process.stderr
        assert any("Ada Brown" in line for line in process.stdout)
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait(20) == 0
    assert "Traceback" not in said
    assert "is wrong" not in said
    assert [*tmp_path.iterdir()] == []
