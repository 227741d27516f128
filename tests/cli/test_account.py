"""The commands about the account, against a scripted Maytapi."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.qr import picture
from tests.scripted import PNG, Answer, Maytapi, hang_up, sample

SENT = sample("response-sendMessage")
PHONES = sample("response-listPhones")
DONE = {"success": True}


@pytest.fixture(autouse=True)
def one_phone(maytapi: Maytapi) -> None:
    maytapi.answers("listPhones", PHONES)


def test_a_message_is_sent_by_the_only_phone(maytapi: Maytapi, run: Run) -> None:
    maytapi.answers("sendMessage", SENT)
    done = run("send", "+15550100011", "hello")
    assert (done.code, done.err) == (0, "")
    assert SENT["data"]["msgId"] in done.out
    assert maytapi.paths() == ["GET /p/listPhones", "POST /p/12345/sendMessage"]
    assert maytapi.asked[1].json == {
        "to_number": "15550100011", "type": "text", "message": "hello"
    }  # fmt: skip


def test_a_sent_message_for_machines(maytapi: Maytapi, run: Run) -> None:
    maytapi.answers("sendMessage", SENT)
    done = run("send", "15550100011", "hello", "--json")
    assert json.loads(done.out) == {
        "msg_id": SENT["data"]["msgId"], "chat_id": SENT["data"]["chatId"]
    }  # fmt: skip


def test_the_phone_is_the_one_given_or_set(maytapi: Maytapi, run: Run) -> None:
    maytapi.answers("sendMessage", SENT)
    run("send", "15550100011", "hello", "--phone-id", "7", MAYTAPI_PHONE_ID="8")
    run("send", "15550100011", "hello", "--reply-to", "m", MAYTAPI_PHONE_ID="8")
    assert maytapi.paths() == ["POST /p/7/sendMessage", "POST /p/8/sendMessage"]
    assert maytapi.asked[1].json["reply_to"] == "m"


@pytest.mark.parametrize(
    ("phones", "said"),
    [([], "no phone yet"), ([{"id": 1}, {"id": 2}], "RECEIVER_MAYTAPI_PHONE_ID: 1, 2")],
)
def test_which_phone_must_be_clear(
    maytapi: Maytapi, run: Run, phones: list[dict[str, int]], said: str
) -> None:
    maytapi.answers("listPhones", phones)
    done = run("send", "15550100011", "hello")
    assert done.code == 1
    assert said in done.err


def test_a_link_is_sent_with_its_caption(maytapi: Maytapi, run: Run) -> None:
    maytapi.answers("sendMessage", SENT)
    assert run("send", "15550100011", "look", "--media", "https://x.invalid/a.png").code == 0
    assert maytapi.asked[1].json == {
        "to_number": "15550100011", "type": "media", "text": "look",
        "message": "https://x.invalid/a.png",
    }  # fmt: skip


def test_a_file_is_sent_without_a_caption(maytapi: Maytapi, run: Run, tmp_path: Path) -> None:
    maytapi.answers("sendMessage", SENT)
    (tmp_path / "cat.png").write_bytes(PNG)
    assert run("send", "15550100011", "--media", "cat.png").code == 0
    sent = maytapi.asked[1].json
    assert (sent["type"], sent["filename"]) == ("media", "cat.png")
    assert sent["message"].startswith("data:image/png;base64,")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--media", "nothing.png"), "nothing.png can't be read"),
        (("--media", "large.png"), "send a link"),
    ],
)
def test_media_that_cannot_be_sent_is_named(
    maytapi: Maytapi, run: Run, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    (tmp_path / "large.png").write_bytes(PNG + b"x" * 1024 * 1024)
    done = run("send", "15550100011", *arguments)
    assert done.code == 1
    assert said in done.err
    assert "POST /p/12345/sendMessage" not in maytapi.paths()


def test_a_send_whose_answer_is_lost_is_made_once_and_says_so(maytapi: Maytapi, run: Run) -> None:
    maytapi.answers("sendMessage", hang_up, SENT)
    done = run("send", "15550100011", "hello")
    assert done.code == 1
    assert "may have been done all the same: look before you try again" in done.err
    assert done.err.count("\n") == 1
    assert maytapi.paths().count("POST /p/12345/sendMessage") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("send",),
        ("send", "1"),
        ("send", "1", "hello"),
        ("phones", "x"),
        ("status", "--nonsense"),
        ("logout", "x"),
    ],
)
def test_wrong_use_asks_nothing(maytapi: Maytapi, run: Run, arguments: tuple[str, ...]) -> None:
    assert run(*arguments).code == 2
    assert maytapi.asked == []


def test_phones_are_a_table_for_people(maytapi: Maytapi, run: Run) -> None:
    maytapi.answers("listPhones", [*PHONES, {"id": 2, "name": "[red]shop"}])
    done = run("phones")
    assert done.code == 0
    rows = [line.split() for line in done.out.splitlines()]
    assert ["12345", "15550100001", "active"] in rows
    assert ["2", "[red]shop"] in rows


def test_phones_are_json_for_machines(run: Run) -> None:
    (phone,) = json.loads(run("phones", "--json").out)["data"]
    assert (phone["id"], phone["number"], phone["multi_device"]) == ("12345", "15550100001", True)


def test_the_product_is_shown(maytapi: Maytapi, run: Run) -> None:
    maytapi.answers("product", sample("response-product-seed"))
    done = run("product")
    assert "https://receiver.example.invalid/hook" in done.out
    assert " yes " in done.out
    product = json.loads(run("product", "--json").out)
    assert (product["ack_delivery"], product["phone_limit"]) == (True, 2)


@pytest.mark.parametrize("era", ["seed", "modern"])
def test_a_status_is_shown(maytapi: Maytapi, run: Run, era: str) -> None:
    maytapi.answers("status", sample(f"response-status-{era}"))
    done = run("status")
    assert done.code == 0
    assert "12345" in done.out
    status = json.loads(run("status", "--json").out)
    assert (status["phone_id"], status["logged_in"]) == ("12345", True)


def test_a_screen_is_saved(maytapi: Maytapi, run: Run, tmp_path: Path) -> None:
    maytapi.answers("screen", Answer(PNG))
    assert run("screen").out == "saved to screen.png\n"
    assert (tmp_path / "screen.png").read_bytes() == PNG
    assert json.loads(run("screen", "other.png", "--json").out) == {
        "file": "other.png", "size": len(PNG)
    }  # fmt: skip


def test_a_file_that_cannot_be_written_is_named(maytapi: Maytapi, run: Run) -> None:
    maytapi.answers("screen", Answer(PNG))
    done = run("screen", "no/such/folder.png")
    assert (done.code, done.out) == (1, "")
    assert "no/such/folder.png can't be written" in done.err


def test_a_no_in_place_of_a_screen_is_a_failure(maytapi: Maytapi, run: Run, tmp_path: Path) -> None:
    maytapi.answers("screen", sample("response-error-instance-not-found"))
    done = run("screen")
    assert done.code == 1
    assert done.err == (
        "receiver: Maytapi refused: instance not found; "
        "`receiver phones` lists the ids of the account's phones\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_qr_is_saved_and_drawn(maytapi: Maytapi, run: Run, tmp_path: Path) -> None:
    maytapi.answers("qrCode", Answer(picture()))
    done = run("qr")
    assert done.code == 0
    assert "█▀▀▀▀▀█" in done.out
    assert (tmp_path / "qr.png").read_bytes() == picture()


def test_a_picture_that_is_no_qr_is_saved_all_the_same(
    maytapi: Maytapi, run: Run, tmp_path: Path
) -> None:
    maytapi.answers("qrCode", Answer(PNG))
    assert run("qr", "here.png").out == "saved to here.png\n"
    assert (tmp_path / "here.png").read_bytes() == PNG


def test_a_qr_for_machines_is_a_file(maytapi: Maytapi, run: Run) -> None:
    maytapi.answers("qrCode", Answer(picture()))
    assert json.loads(run("qr", "--json").out)["file"] == "qr.png"


def test_a_phone_that_is_logged_in_has_no_qr(maytapi: Maytapi, run: Run) -> None:
    maytapi.answers("qrCode", DONE)
    done = run("qr")
    assert done.code == 1
    assert "`receiver status` tells whether it is logged in already" in done.err


def test_a_session_is_restarted(maytapi: Maytapi, run: Run) -> None:
    maytapi.answers("restart", DONE)
    assert run("restart").out.startswith("phone 12345 is restarted: ")
    assert json.loads(run("restart", "--json").out) == {"phone_id": "12345", "done": "restarted"}
    assert maytapi.paths().count("POST /p/12345/restart") == 2


@pytest.mark.parametrize(("answer", "code", "made"), [("y\n", 0, 1), ("n\n", 1, 0), ("", 1, 0)])
def test_a_logout_asks_first(
    maytapi: Maytapi, run: Run, monkeypatch: pytest.MonkeyPatch, answer: str, code: int, made: int
) -> None:
    maytapi.answers("logout", DONE)
    monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
    done = run("logout")
    assert done.code == code
    assert "Log phone 12345 out?" in done.err
    assert maytapi.paths().count("POST /p/12345/logout") == made


def test_a_machine_is_asked_nothing(maytapi: Maytapi, run: Run) -> None:
    done = run("logout", "--json")
    assert (done.code, done.out) == (2, "")
    assert "--yes" in done.err
    assert maytapi.asked == []


def test_a_logout_that_is_meant_does_not_ask(maytapi: Maytapi, run: Run) -> None:
    maytapi.answers("logout", DONE)
    assert run("logout", "--yes").code == 0
    assert json.loads(run("logout", "--yes", "--json").out)["done"] == "logged out"


def test_a_logout_warns_once_of_what_is_no_setting(
    maytapi: Maytapi, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    maytapi.answers("logout", DONE)
    assert run("logout", "--yes", COLOUR="red").code == 0
    assert len([one for one in caplog.records if "RECEIVER_COLOUR" in one.message]) == 1
