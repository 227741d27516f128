"""What is secret or private is in no output, whatever is asked and whatever goes wrong."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress

import httpx2
import pytest

from tests import bodies, databases, payloads
from tests.databases import only_sqlite
from tests.processes import KEY, TOKEN, Receiver
from tests.waiting import NET

Start = Callable[..., Receiver]

NUMBER = "15557654321"
TEXT = "the cat is in the box"
PLANTED = {"token": TOKEN, "key": KEY, "number": NUMBER, "text": TEXT}

WHATSAPP_ID = f"false_{NUMBER}@c.us_3EB0A1"


@pytest.mark.parametrize("program", ["receiver", "tests.controls.debugs"])
def test_no_traffic_makes_a_secret_public(start: Start, database_url: str, program: str) -> None:
    receiver = start(database_url, program=("-m", program), max_body_bytes="4096")
    traffic(receiver)
    assert leaks(receiver) == set()


@only_sqlite
def test_the_access_log_would_be_found(start: Start, database_url: str) -> None:
    """The control: uvicorn's access log prints paths, and with them the token and ids."""
    program = ("-m", "tests.controls.logs_access")
    receiver = start(database_url, program=program, max_body_bytes="4096")
    traffic(receiver)
    assert leaks(receiver) >= {"token", "number"}


def test_what_the_database_refuses_is_not_in_the_log(receiver: Receiver, database_url: str) -> None:
    """A row that it will not have: the notification is set aside, and the log says so."""
    if database_url.startswith("sqlite"):
        refuse = (
            "CREATE TRIGGER refuse BEFORE INSERT ON messages WHEN new.text LIKE '%cat%' "
            "BEGIN SELECT RAISE(ABORT, 'refused'); END"
        )
    else:
        refuse = "ALTER TABLE messages ADD CONSTRAINT refuse CHECK (strpos(text, 'cat') = 0)"
    databases.change(database_url, refuse)
    assert receiver.post(message()).json()["status"] == "quarantined"
    assert leaks(receiver) == set()
    assert len(receiver.stderr) > 1


@pytest.mark.parametrize("table", ["acks", "messages", "heads"])
def test_a_table_that_is_gone_makes_nothing_public(
    receiver: Receiver, database_url: str, table: str
) -> None:
    receiver.post(message())
    databases.change(database_url, f"ALTER TABLE {table} RENAME TO gone")
    bearer = {"Authorization": f"Bearer {KEY}"}
    with httpx2.Client(
        base_url=receiver.url, timeout=NET, headers={"Connection": "close"}
    ) as client:
        answers = [
            client.get(f"/api/messages/{WHATSAPP_ID}", headers=bearer),
            client.get("/api/messages", headers=bearer),
            client.post(f"/webhook/{TOKEN}", content=message().replace(b"3EB0A1", b"3EB0A2")),
            client.get("/readyz"),
        ]
    failed = [answer.text for answer in answers if answer.status_code != 200]
    assert failed
    assert not [secret for secret in (*PLANTED.values(), "SELECT") if secret in str(failed)]
    assert leaks(receiver) == set()


def message() -> bytes:
    """Write a message that holds the number and the text."""
    user = {"id": f"{NUMBER}@c.us", "phone": NUMBER, "name": TEXT}
    return bodies.message(
        text=TEXT, chat=f"{NUMBER}@c.us", user=user, receiver=NUMBER, at=1707216634
    )


def traffic(receiver: Receiver) -> None:
    """Ask for all kinds of things, right and wrong, with secrets wherever they fit."""
    good = message()
    odd = payloads.load("message-text-dm") | {"user": TEXT, "conversation": [NUMBER]}
    acks = {"ackType": TEXT, "msgId": WHATSAPP_ID, "chatId": f"{NUMBER}@c.us", "time": NUMBER}
    for body in (
        good, good, payloads.dump(odd), payloads.dump({"type": "ack", "data": [acks, TEXT]}),
        good[:-5], good.replace(b"1707216634", b"NaN"), TEXT.encode(), f'["{NUMBER}"'.encode(),
        payloads.dump({"type": TEXT, "phone_id": NUMBER}), b"[" * 2000 + good,
        *map(payloads.body, payloads.NAMES),
    ):  # fmt: skip
        assert receiver.post(body).status_code in (200, 413)
    assert receiver.post(good + b" " * 4096).status_code == 413
    assert receiver.post(good, **{"Content-Encoding": TEXT}).status_code == 415
    for path in (
        f"/webhook/{TOKEN}x", f"/webhook/{TOKEN}/{NUMBER}", f"/{TOKEN}", f"/webhook/{KEY}",
        f"/api/messages?key={KEY}", f"/api/messages/{NUMBER}", f"/livez?{TOKEN}", f"//{NUMBER}",
    ):  # fmt: skip
        for method in ("GET", "POST", "DELETE"):
            assert receiver.client.request(method, path).status_code in (200, 401, 404, 405)
    for path in (
        "/messages", f"/messages/{WHATSAPP_ID}", f"/messages/{NUMBER}", f"/messages/{TEXT}",
        f"/messages?{TEXT}={NUMBER}", f"/messages?limit={NUMBER}&cursor={TEXT}", f"/{TEXT}",
    ):  # fmt: skip
        assert receiver.ask(path).status_code in (200, 400, 404)
    wrong = {"Authorization": f"Bearer {KEY}x"}
    assert receiver.client.get("/api/messages", headers=wrong).status_code == 401
    head = f"POST /webhook/{TOKEN} HTTP/1.1\r\nHost: x\r\nX-Text: {TEXT}\r\nX-Key: {KEY}\r\n"
    for request in (
        f"{TOKEN} {TEXT} {NUMBER} {KEY}\r\n\r\n",
        head,
        f"{head}Content-Length: 1000\r\n\r\n{TEXT}",
        f"{head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n{TEXT}",
        f"{head}Transfer-Encoding: chunked\r\n\r\n{TEXT}\r\n",
        f"{head}X-Large: {TEXT * 4000}\r\n\r\n",
        f"GET /webhook/{TOKEN}\xff HTTP/1.1\r\nHost: x\r\n\r\n",
    ):
        send(receiver, request.encode("latin-1"))
    assert receiver.client.get("/readyz").status_code == 200


def send(receiver: Receiver, request: bytes) -> None:
    """Send bytes and go away."""
    host, port = receiver.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as raw, suppress(ConnectionError):
        raw.sendall(request)
        raw.shutdown(socket.SHUT_WR)
        while raw.recv(65_536):
            pass


def leaks(receiver: Receiver) -> set[str]:
    """Return what the process has said that it must not say."""
    receiver.stop()
    said = "".join(receiver.stdout + receiver.stderr)
    return {name for name, secret in PLANTED.items() if secret in said}
