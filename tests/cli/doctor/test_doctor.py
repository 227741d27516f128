"""The command as a whole: what it prints and ends with, and that it leaves all as it was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import TOKEN, WEBHOOK_TOKEN, Run
from tests.cli.doctor.conftest import KEY, NO_ACCOUNT, Examine
from tests.databases import only_sqlite
from tests.processes import TOKEN as SERVED_TOKEN
from tests.processes import Receiver, command, environment

PASSWORD = "planted-password"
SECRETS = {
    "WEBHOOK_TOKEN": "planted-webhook-token",
    "API_KEY": "planted-api-key",
    "MAYTAPI_TOKEN": "planted-maytapi-token",
}


def test_what_is_in_order_is_said_to_be(examine: Examine, run: Run, database_url: str) -> None:
    examined = examine()
    assert (examined.code, examined.bad()) == (0, set())
    done = run("doctor", DATABASE_URL=database_url, API_KEY=KEY)
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith("in order\n")
    assert all(line["detail"] in done.out for line in examined.lines)


@only_sqlite
def test_a_warning_is_no_failure(examine: Examine, run: Run, database_url: str) -> None:
    done = run("doctor", DATABASE_URL=database_url, COLOUR="red")
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith("in order, but see the warnings\n")


@only_sqlite
def test_a_failure_is(examine: Examine, run: Run, database_url: str) -> None:
    done = run("doctor", DATABASE_URL=database_url, HANDLERS="nothing:here")
    assert done.code == 1
    assert "nothing:here" in done.out
    assert done.err == "receiver: not in order, 1 failed: the lines above say what to do\n"


def test_wrong_use_is_2(run: Run) -> None:
    assert run("doctor", "all").code == 2


def test_nothing_is_made_in_an_empty_folder(tmp_path: Path) -> None:
    env = environment("", webhook_token="", api_key="")
    done = command("doctor", folder=tmp_path, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert "there is no database" in done.stdout
    assert list(tmp_path.iterdir()) == []


@only_sqlite
def test_what_is_there_is_left_as_it_is(examine: Examine, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("OTHER=x\n")
    before = _content(tmp_path)
    examine()
    assert _content(tmp_path) == before


def test_it_works_beside_a_server(
    start: Callable[..., Receiver], database_url: str, examine: Examine
) -> None:
    server = start(database_url)
    examined = examine(WEBHOOK_TOKEN=SERVED_TOKEN, PUBLIC_URL=server.url, **NO_ACCOUNT)
    assert examined.one("public address") == ("ok", f"{server.url} leads to our webhook")
    if database_url.startswith("sqlite"):
        assert examined.one("owner") == ("ok", "a receiver uses the file at this moment")
    assert examined.bad() == set()
    wrong = examine(PUBLIC_URL=server.url, **NO_ACCOUNT).one("public address")
    assert wrong[0] == "failed"
    assert "HTTP 404" in wrong[1]
    assert server.stop() == 0


@only_sqlite
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"DATABASE_URL": f"postgresql://someone:{PASSWORD}@127.0.0.1:1/inbox"},
        {"DATABASE_URL": f"postgresql://someone:{PASSWORD}@half@127.0.0.1/inbox"},
        {"API_KEY": f"two words {PASSWORD}"},
        {"PORT": PASSWORD},
        {"PUBLIC_URL": "http://127.0.0.1:1"},
        {"PUBLIC_URL": f"http://127.0.0.1:1/webhook/{PASSWORD}"},
        {"PASWORD": PASSWORD},
    ],
)
def test_nothing_secret_is_printed(
    examine: Examine, run: Run, database_url: str, settings: dict[str, str]
) -> None:
    given = {"DATABASE_URL": database_url, **SECRETS, **settings}
    for arguments in (("doctor",), ("doctor", "--json")):
        done = run(*arguments, **given)
        for secret in (PASSWORD, TOKEN, WEBHOOK_TOKEN, *SECRETS.values()):
            assert secret not in done.out + done.err


def _content(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}
