"""The start, the end, and the sentences when there is no start."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import httpx2
import pytest

from receiver import serving
from receiver.errors import BadSetting, DatabaseUnavailable, StartError
from receiver.store.database import Database
from tests import databases, payloads
from tests.databases import only_postgresql, only_sqlite
from tests.processes import KEY, TOKEN, Receiver, command, environment
from tests.waiting import until

Start = Callable[..., Receiver]
Migrate = Callable[[str], None]

SECRET = "hunter2"
NOT_SET = {"webhook_token": "", "api_key": ""}
DEFAULT_DATABASE = ""
HANDLER = """
from receiver import Event, Router

router = Router("bot")

@router.on(Event)
async def note(event: Event) -> None:
    pass
"""


def test_first_start_makes_what_guards_it(start: Start, tmp_path: Path) -> None:
    receiver = start(DEFAULT_DATABASE, **NOT_SET)
    made = variables(tmp_path / ".env")
    assert set(made) == {"RECEIVER_WEBHOOK_TOKEN", "RECEIVER_API_KEY"}
    assert all(len(value) >= 32 for value in made.values())
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600

    address = f"{receiver.url}/webhook/{made['RECEIVER_WEBHOOK_TOKEN']}"
    answer = receiver.client.post(address, content=payloads.body("message-text-dm"))
    assert answer.json()["status"] == "stored"
    bearer = {"Authorization": f"Bearer {made['RECEIVER_API_KEY']}"}
    assert receiver.client.get("/api/messages", headers=bearer).status_code == 200
    assert receiver.client.get("/api/messages").status_code == 401
    assert receiver.client.post("/webhook/", content=b"{}").status_code == 404

    receiver.stop()
    assert address in "".join(receiver.stdout)
    assert made["RECEIVER_API_KEY"] not in "".join(receiver.stdout)
    assert (tmp_path / "receiver.db").is_file()


def test_second_start_keeps_the_secrets_and_prints_none(start: Start, tmp_path: Path) -> None:
    start(DEFAULT_DATABASE, **NOT_SET).stop()
    before = (tmp_path / ".env").read_bytes()
    again = start(DEFAULT_DATABASE, **NOT_SET)
    again.stop()
    assert (tmp_path / ".env").read_bytes() == before
    assert again.stdout == []
    assert len(again.stderr) == 1


def test_a_token_that_is_set_is_not_printed_when_a_key_is_made(start: Start) -> None:
    receiver = start(DEFAULT_DATABASE, api_key="")
    receiver.stop()
    assert "RECEIVER_API_KEY" in "".join(receiver.stdout)
    assert TOKEN not in "".join(receiver.stdout + receiver.stderr)


def test_secrets_that_can_be_guessed_are_named_and_used(start: Start) -> None:
    receiver = start(DEFAULT_DATABASE, webhook_token=f"{TOKEN},abc", api_key="xyz")
    assert receiver.client.post("/webhook/abc", content=b"{}").status_code == 200
    receiver.stop()
    [token, key, _ready] = receiver.stderr
    assert "RECEIVER_WEBHOOK_TOKEN has less than" in token
    assert "RECEIVER_API_KEY has less than" in key
    assert "abc" not in token
    assert "xyz" not in key


@pytest.mark.parametrize(
    ("host", "shown"), [("127.0.0.1", r"127\.0\.0\.1"), ("::1", r"\[::1\]"), ("localhost", "local")]
)
def test_the_ready_line_names_the_port_that_was_free(start: Start, host: str, shown: str) -> None:
    receiver = start(DEFAULT_DATABASE, host=host)
    assert receiver.client.get("/livez").status_code == 200
    receiver.stop()
    [line] = receiver.stderr
    assert re.fullmatch(rf"ready http://{shown}\w*:[1-9]\d+\n", line)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_0(receiver: Receiver, number: signal.Signals) -> None:
    receiver.post(payloads.body("message-text-dm"))
    assert exit_code(receiver, number) == 0
    assert len(receiver.stderr) == 1


@only_sqlite
def test_a_signal_during_the_start_is_not_lost(tmp_path: Path, empty_database_url: str) -> None:
    receiver = subprocess.Popen(
        [sys.executable, "-m", "tests.controls.ended_while_starting", "serve"],
        cwd=tmp_path,
        env=environment(empty_database_url),
    )
    try:
        assert receiver.wait(20) in (0, -signal.SIGTERM)  # it does not serve yet
    finally:
        receiver.kill()
        receiver.wait()


def test_a_stop_under_load_loses_nothing(receiver: Receiver, database_url: str) -> None:
    stored: list[bytes] = []
    others: list[int] = []

    def post(client_number: int) -> None:
        with httpx2.Client(base_url=receiver.url) as client:
            for number in range(100_000):
                body = payloads.dump({"type": "nothing", "number": [client_number, number]})
                try:
                    answer = client.post(f"/webhook/{TOKEN}", content=body)
                except httpx2.TransportError:
                    return
                (stored if answer.status_code == 200 else others).append(body)

    clients = [threading.Thread(target=post, args=(number,)) for number in range(8)]
    for client in clients:
        client.start()
    until(lambda: len(stored) > 200)
    assert exit_code(receiver, signal.SIGTERM) == 0
    for client in clients:
        client.join(30)
    assert others == []
    kept = [notification.body for notification in databases.notifications(database_url)]
    assert len(kept) == len(set(kept))
    assert set(stored) <= set(kept)


def test_what_is_in_flight_is_finished(receiver: Receiver, database_url: str) -> None:
    bodies = [payloads.body(name) for name in payloads.NAMES[:8]]
    with ThreadPoolExecutor(len(bodies)) as clients:
        with databases.blocked(database_url):
            posts = [clients.submit(receiver.post, body) for body in bodies]
            until(lambda: receiver.client.get("/readyz").status_code == 503)
            receiver.process.send_signal(signal.SIGTERM)
            until(lambda: not is_listening(receiver))
            assert not wait(posts, timeout=1).done
        assert receiver.process.wait(10) == 0
    assert [post.result().status_code for post in posts] == [200] * len(bodies)
    kept = {notification.body for notification in databases.notifications(database_url)}
    assert kept == set(bodies)


@only_sqlite
def test_a_stuck_upload_does_not_keep_it_from_ending_and_may_be_sent_again(
    receiver: Receiver,
) -> None:
    paths = (f"/webhook/{TOKEN}", "/api/messages", "/api/handlers/any/replay")
    with ExitStack() as connections:
        stuck = [connections.enter_context(half_sent(receiver, path)) for path in paths]
        receiver.client.get("/livez")  # what came before it has been read
        receiver.process.send_signal(signal.SIGTERM)
        answers = [b"".join(iter(partial(one.recv, 65_536), b"")) for one in stuck]
        assert receiver.process.wait(10) == 0
    for answer in answers:
        assert answer.startswith(b"HTTP/1.1 503 "), answer
        assert b"content-type: application/problem+json\r\n" in answer
        assert b"retry-after: " in answer
        assert answer.endswith(b'"detail":"the receiver is stopping"}')
    receiver.stop()
    assert "Traceback" not in "".join(receiver.stderr)


@only_postgresql
def test_while_the_database_is_away_everything_may_be_tried_again(
    start: Start, tmp_path: Path, database_url: str
) -> None:
    (tmp_path / "bot.py").write_text(HANDLER)
    receiver = start(database_url, handlers="bot:router")
    receiver.post(payloads.body("message-text-dm"))
    until(lambda: receiver.get("/handlers")["data"][0]["lag"] == 0)
    described = receiver.get("/openapi.json")["paths"]
    with databases.away(database_url):
        for path, methods in described.items():
            asked = methods.get("get", {"security": []})
            if "security" in asked or path in ("/api/openapi.json", "/api/docs"):
                continue
            bearer = {"Authorization": f"Bearer {KEY}"}
            answer = receiver.client.get(re.sub("{.*?}", "1", path), headers=bearer)
            assert answer.status_code == 503, path
            assert answer.headers["content-type"] == "application/problem+json"
            assert int(answer.headers["retry-after"]) > 0
        replay = {"from": 1, "dry_run": True}
        answer = receiver.send("/handlers/bot.note/replay", replay)
        assert answer.status_code == 503
    assert receiver.get("/conversations/1")["id"] == 1
    assert receiver.stop() == 0
    assert "Traceback" not in "".join(receiver.stderr)


@only_sqlite
def test_a_file_that_is_cut_off_is_no_fault(receiver: Receiver, database_url: str) -> None:
    receiver.post(payloads.body("message-text-dm"))
    with databases.away(database_url):
        answer = receiver.ask("/messages")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    receiver.stop()
    assert "Traceback" not in "".join(receiver.stderr)


@only_sqlite
def test_a_client_that_leaves_in_the_middle_is_no_fault(receiver: Receiver) -> None:
    for path in (f"/webhook/{TOKEN}", "/api/messages", "/api/handlers/any/replay"):
        with half_sent(receiver, path):
            receiver.client.get("/livez")  # what came before it has been read
    assert exit_code(receiver, signal.SIGTERM) == 0
    assert len(receiver.stderr) == 1


@only_postgresql
def test_writes_that_wait_do_not_keep_it_from_ending(receiver: Receiver, database_url: str) -> None:
    """Another process holds the right to write; nobody is told 200 for what is not stored."""
    answers: list[int] = []

    def post(name: str) -> None:
        try:
            answers.append(receiver.post(payloads.body(name)).status_code)
        except httpx2.TransportError:
            answers.append(0)

    with databases.blocked(database_url):
        posts = [threading.Thread(target=post, args=(name,)) for name in payloads.NAMES[:8]]
        for one in posts:
            one.start()
        until(lambda: receiver.client.get("/readyz").status_code == 503)
        code = exit_code(receiver, signal.SIGTERM)
    for one in posts:
        one.join(30)
    assert code == 0
    assert len(answers) == 8
    assert set(answers) <= {200, 503}
    assert answers.count(200) <= len(databases.notifications(database_url))


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        sentence = refusal(tmp_path, DEFAULT_DATABASE, port=port)
    assert f"port {port}" in sentence
    assert "RECEIVER_PORT" in sentence


@pytest.mark.parametrize("host", ["no.such.host.invalid", ".."])
def test_a_host_that_is_none_is_a_bad_setting(tmp_path: Path, host: str) -> None:
    assert "RECEIVER_HOST" in refusal(tmp_path, DEFAULT_DATABASE, host=host)


def test_a_bad_setting_is_named_and_its_value_is_not(tmp_path: Path) -> None:
    sentence = refusal(tmp_path, DEFAULT_DATABASE, webhook_token=f"two words {SECRET}")
    assert "RECEIVER_WEBHOOK_TOKEN" in sentence


def test_a_postgresql_that_does_not_answer_is_named_without_the_password(
    tmp_path: Path, closed_port: int
) -> None:
    url = f"postgresql://somebody:{SECRET}@127.0.0.1:{closed_port}/inbox"
    sentence = refusal(tmp_path, url)
    assert "inbox on 127.0.0.1" in sentence
    assert "can't be reached" in sentence


@pytest.mark.parametrize(
    "rest",
    [
        f"pass@{SECRET}@host.invalid/name",
        f"pass/{SECRET}@host.invalid/name",
        f"{SECRET}@host.invalid:port/name",
        f"{SECRET}@host.invalid:1:2/name",
        f"{SECRET}@host.invalid/name?port=x",
        f"{SECRET}@host.invalid/name?nonsense=1",
        f"{SECRET}@[::1/name",
    ],
)
def test_no_database_url_makes_the_password_public(migrate: Migrate, rest: str) -> None:
    """An @ in a password that was not escaped makes the rest of it look like a host."""
    with pytest.raises(StartError, match="RECEIVER_DATABASE_URL") as refused:
        migrate(f"postgresql://somebody:{rest}")
    assert SECRET not in str(refused.value)


def test_a_folder_that_is_missing_is_not_made(migrate: Migrate, tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match=f"{tmp_path}/missing is no folder"):
        migrate(f"sqlite:///{tmp_path}/missing/receiver.db")
    assert not (tmp_path / "missing").exists()


@pytest.mark.parametrize("path", ["file/receiver.db", "folder", "file"])
def test_a_database_that_cannot_be_a_file_is_named(
    migrate: Migrate, tmp_path: Path, path: str
) -> None:
    (tmp_path / "file").write_text("text")
    (tmp_path / "folder").mkdir()
    with pytest.raises(DatabaseUnavailable, match="RECEIVER_DATABASE_URL") as refused:
        migrate(f"sqlite:///{tmp_path}/{path}")
    assert f"{tmp_path}/{path.partition('/')[0]}" in str(refused.value)
    assert (tmp_path / "file").read_text() == "text"


@pytest.mark.skipif(sys.platform != "linux", reason="needs a folder where not even root may write")
@pytest.mark.parametrize("folder", ["/sys", "/proc"])
def test_a_folder_that_is_not_writable_is_named(migrate: Migrate, folder: str) -> None:
    with pytest.raises(DatabaseUnavailable, match=rf"{folder}/receiver\.db\.lock can't be written"):
        migrate(f"sqlite:///{folder}/receiver.db")


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///file::memory:?uri=true",
        "sqlite:///file:name?mode=memory&cache=shared&uri=true",
    ],
)
def test_a_database_in_memory_is_refused(migrate: Migrate, tmp_path: Path, url: str) -> None:
    with pytest.raises(BadSetting, match="RECEIVER_DATABASE_URL"):
        migrate(url)
    assert list(tmp_path.iterdir()) == []


@only_postgresql
def test_a_schema_that_is_missing_asks_for_migrate(tmp_path: Path, empty_database_url: str) -> None:
    assert "run receiver migrate" in refusal(tmp_path, empty_database_url, **NOT_SET)
    # The start that makes the secrets is the one that tells of them.
    assert not (tmp_path / ".env").exists()


def test_a_newer_schema_is_left_alone(tmp_path: Path, database_url: str) -> None:
    databases.change(database_url, "UPDATE alembic_version SET version_num = '9999_tomorrow'")
    for subcommand in ("serve", "migrate"):
        assert "newer" in refusal(tmp_path, database_url, subcommand=subcommand)
    [row] = databases.ask(database_url, "SELECT version_num FROM alembic_version")
    assert row.version_num == "9999_tomorrow"


@only_sqlite
def test_a_sqlite_file_has_one_receiver(
    receiver: Receiver, tmp_path: Path, database_url: str
) -> None:
    assert "in use by another receiver" in refusal(tmp_path, database_url)
    assert receiver.post(payloads.body("message-text-dm")).json()["status"] == "stored"


@only_sqlite
def test_a_failed_start_of_the_application_is_a_failure(
    tmp_path: Path, empty_database_url: str
) -> None:
    done = run("-m", "tests.controls.fails_to_start", folder=tmp_path, url=empty_database_url)
    assert done.returncode == 1
    assert "ready" not in done.stderr
    assert done.stderr.endswith("receiver: the application can't start: the lines above say why\n")


def test_migrate_makes_the_schema_and_may_be_repeated(
    start: Start, tmp_path: Path, empty_database_url: str
) -> None:
    for _ in range(2):
        done = command("migrate", folder=tmp_path, env=environment(empty_database_url))
        assert (done.returncode, done.stderr) == (0, "")
        assert "up to date" in done.stdout
    assert start(empty_database_url).get("/messages") == {"data": [], "next": None}


def test_two_that_migrate_at_once_both_succeed(
    start: Start, tmp_path: Path, empty_database_url: str
) -> None:
    both = [
        subprocess.Popen(
            [sys.executable, "-m", "receiver", "migrate"],
            cwd=tmp_path,
            env=environment(empty_database_url),
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        for _ in range(2)
    ]
    errors = [one.communicate(timeout=60)[1] for one in both]
    assert ([one.returncode for one in both], errors) == ([0, 0], ["", ""])
    assert len(databases.ask(empty_database_url, "SELECT * FROM alembic_version")) == 1
    assert start(empty_database_url).get("/messages") == {"data": [], "next": None}


@pytest.fixture
def migrate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Migrate:
    """Return a function that runs `receiver migrate` on a database, in this process."""
    monkeypatch.chdir(tmp_path)

    def migrate(database_url: str) -> None:
        monkeypatch.setenv("RECEIVER_DATABASE_URL", database_url)
        serving.migrate()

    return migrate


@pytest.fixture
def closed_port() -> Iterator[int]:
    """Return a port that nobody else can take and where nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def variables(env: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in env.read_text().splitlines())


def half_sent(receiver: Receiver, path: str) -> socket.socket:
    """Send the beginning of a body."""
    host, port = receiver.url.removeprefix("http://").split(":")
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {KEY}\r\n"
    connection = socket.create_connection((host, int(port)), timeout=30)
    connection.sendall(f"{head}Content-Length: 100\r\n\r\n{{".encode())
    return connection


def is_listening(receiver: Receiver) -> bool:
    host, port = receiver.url.removeprefix("http://").split(":")
    try:
        socket.create_connection((host, int(port))).close()
    except ConnectionRefusedError:
        return False
    return True


def exit_code(receiver: Receiver, number: signal.Signals) -> int:
    """Send a signal and return the exit code; ten seconds are promised."""
    receiver.process.send_signal(number)
    receiver.process.wait(10)
    return receiver.stop()


def refusal(folder: Path, database_url: str, subcommand: str = "serve", **settings: str) -> str:
    """Return the one sentence with which a command refuses to start."""
    done = command(subcommand, folder=folder, env=environment(database_url, **settings))
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    assert re.fullmatch(r"receiver: [^\n]+\n", done.stderr), done.stderr
    for secret in (SECRET, TOKEN, KEY):
        assert secret not in done.stderr
    return done.stderr


def run(*program: str, folder: Path, url: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *program, "serve"],
        cwd=folder, env=environment(url) | {"PYTHONUNBUFFERED": "1"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_nobody_else_may_read_what_is_stored(start: Start, tmp_path: Path) -> None:
    receiver = start(DEFAULT_DATABASE)
    receiver.post(payloads.body("message-text-dm"))
    files = [file for file in tmp_path.iterdir() if file.name.startswith("receiver.db")]
    assert {file.name for file in files} >= {"receiver.db", "receiver.db-wal"}
    readable = [f for f in files if f.stat().st_mode & 0o077 and not f.name.endswith(".lock")]
    assert readable == []


def test_a_database_of_somebody_else_is_named(tmp_path: Path, empty_database_url: str) -> None:
    databases.change(empty_database_url, "CREATE TABLE messages (id INTEGER PRIMARY KEY)")
    sentence = refusal(tmp_path, empty_database_url, subcommand="migrate")
    assert "is not a receiver's database: it has a table messages" in sentence


def test_a_file_that_is_no_database_is_not_said_to_be_in_the_wrong_folder(tmp_path: Path) -> None:
    (tmp_path / "receiver.db").write_bytes(b"no database, but long enough to be read" * 100)
    sentence = refusal(tmp_path, DEFAULT_DATABASE)
    assert "file is not a database" in sentence
    assert "folder" not in sentence


@only_sqlite
def test_it_can_be_told_whether_a_file_is_owned(empty_database: Database) -> None:
    file = empty_database.file
    assert file
    assert not serving.is_owned(file)
    assert not serving.lock_file(file).exists()
    with serving.own(empty_database):
        assert serving.is_owned(file)
    assert not serving.is_owned(file)
    serving.lock_file(file).unlink()
    serving.lock_file(file).mkdir()
    with pytest.raises(DatabaseUnavailable, match="check that this user may write there"):
        serving.is_owned(file)
