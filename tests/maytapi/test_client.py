"""The client against a Maytapi on loopback: what it sends, what it repeats, what it never does."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import socket
import traceback
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from receiver.errors import (
    ApiRefused,
    ApiUnavailable,
    MaytapiError,
    OutcomeUnknown,
    UnexpectedAnswer,
    Unsendable,
)
from receiver.maytapi.client import Manners, MaytapiClient, attach
from receiver.maytapi.connection import Timeouts
from tests import scripted
from tests.maytapi import endpoints
from tests.maytapi.endpoints import Endpoint
from tests.scripted import Answer, Fault, Maytapi, sample

T = TypeVar("T")

PRODUCT_ID = "00000000-1111-4222-8333-444444444444"
TOKEN = "token-that-opens-the-account"
PHONE = endpoints.PHONE
W05 = sample("response-error-w05-lib-not-loaded")
SENT = sample("response-sendMessage")
FLAVOURS = ("direct", "rapidapi")
BRIEF = timedelta(seconds=0.2)


class Clock:
    """Time that passes while somebody sleeps, and at no other moment."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        if seconds:
            self.slept.append(seconds)
            self.now += seconds

    def manners(self, **changes: Any) -> Manners:
        return Manners(sleep=self.sleep, clock=lambda: self.now, chance=lambda: 1.0, **changes)


@pytest.fixture
def maytapi() -> Iterator[Maytapi]:
    with Maytapi() as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


def client(url: str, flavour: str = "direct", manners: Manners | None = None) -> MaytapiClient:
    manners = manners or Clock().manners()
    if flavour == "rapidapi":
        return MaytapiClient.rapidapi(TOKEN, base_url=url, manners=manners)
    return MaytapiClient(PRODUCT_ID, TOKEN, base_url=url, manners=manners)


def ask(
    question: Callable[[MaytapiClient], Awaitable[T]],
    url: str,
    flavour: str = "direct",
    manners: Manners | None = None,
) -> T:
    async def asked() -> T:
        async with client(url, flavour, manners) as maytapi:
            return await question(maytapi)

    return asyncio.run(asked())


def send(maytapi: MaytapiClient) -> Awaitable[Any]:
    return maytapi.send_message(PHONE, to="15550100011", text="hello")


def read(maytapi: MaytapiClient) -> Awaitable[Any]:
    return maytapi.list_phones()


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("endpoint", endpoints.ALL, ids=lambda endpoint: endpoint.name)
def test_every_endpoint_sends_what_the_protocol_says(
    maytapi: Maytapi, flavour: str, endpoint: Endpoint
) -> None:
    maytapi.answers("*", Answer(endpoint.answer))
    ask(
        lambda client: getattr(client, endpoint.name)(*endpoint.args, **endpoint.options),
        maytapi.url,
        flavour,
    )
    (asked,) = maytapi.asked
    method, path = endpoint.sends.split()
    prefix = f"/{PRODUCT_ID}" if flavour == "direct" else ""
    assert (asked.method, asked.path) == (method, prefix + path)
    assert asked.query == endpoint.query
    if endpoint.body is None:
        assert asked.body == b""
    else:
        assert asked.json == endpoint.body
        assert asked.headers["content-type"] == "application/json"


def test_each_method_is_one_of_these_endpoints() -> None:
    methods = {
        name
        for name, method in vars(MaytapiClient).items()
        if not name.startswith("_") and inspect.isfunction(method)
    }
    assert {endpoint.name for endpoint in endpoints.ALL} == methods - {"make", "close"}
    assert len({endpoint.name for endpoint in endpoints.LISTING}) == 13


def test_methods_show_the_signature_of_their_endpoint() -> None:
    shown = inspect.signature(MaytapiClient.send_message)
    assert list(shown.parameters)[:4] == ["self", "phone_id", "to", "text"]
    assert "Queue a message" in (MaytapiClient.send_message.__doc__ or "")


def test_the_key_goes_into_the_headers_of_its_flavour(maytapi: Maytapi) -> None:
    maytapi.answers("*", [])
    for flavour in FLAVOURS:
        ask(read, maytapi.url, flavour)
    direct, rapidapi = maytapi.asked
    assert direct.headers["x-maytapi-key"] == TOKEN
    assert "x-rapidapi-key" not in direct.headers
    assert rapidapi.headers["x-rapidapi-key"] == TOKEN
    assert rapidapi.headers["x-rapidapi-host"] == "maytapi-whatsapp.p.rapidapi.com"
    assert "x-maytapi-key" not in rapidapi.headers


def test_connections_are_kept(maytapi: Maytapi) -> None:
    maytapi.answers("*", [])

    async def thrice(client: MaytapiClient) -> None:
        for _ in range(3):
            await client.list_phones()

    ask(thrice, maytapi.url)
    assert {asked.connection for asked in maytapi.asked} == {1}


FAULTS: dict[str, Fault] = {
    "closed": scripted.hang_up,
    "reset": scripted.reset,
    "cut": scripted.half,
    "no HTTP": scripted.babble,
    "silence": scripted.stall,
}
MURKY = {
    "500": Answer({"success": False, "message": "Connection to Api is failed."}, 500),
    "504": Answer(b"<html>Cloudflare</html>", 504),
    "302": Answer(b"", 302, {"location": "/elsewhere"}),
    "no JSON": Answer(b"OK"),
    "empty": Answer(b""),
    "array": Answer([]),
    "no id": Answer({"success": True, "data": {"chatId": "x"}}),
    "null": Answer(None),
    "too large": Answer(b" " * (32 * 1024 * 1024 + 1)),
}


@pytest.mark.parametrize("trouble", [*FAULTS, *MURKY])
def test_a_send_of_which_nobody_knows_is_made_once(maytapi: Maytapi, trouble: str) -> None:
    """The rule that matters most: whatever may have been sent is never sent again."""
    maytapi.answers("*", FAULTS.get(trouble) or MURKY[trouble], SENT)
    manners = Clock().manners(timeouts=Timeouts(read=BRIEF), tries=5)
    with pytest.raises(OutcomeUnknown):
        ask(send, maytapi.url, manners=manners)
    assert len(maytapi.asked) == 1


@pytest.mark.parametrize("trouble", [*FAULTS, "500", "504"])
def test_a_read_in_the_same_trouble_is_made_again(
    maytapi: Maytapi, clock: Clock, trouble: str
) -> None:
    maytapi.answers("*", FAULTS.get(trouble) or MURKY[trouble], sample("response-listPhones"))
    manners = clock.manners(timeouts=Timeouts(read=BRIEF))
    (phone,) = ask(read, maytapi.url, manners=manners)
    assert (phone.id, phone.number) == (PHONE, "15550100001")
    assert len(maytapi.asked) == 2
    assert clock.slept == [1.0]


@pytest.mark.parametrize("question", [send, read])
def test_what_surely_did_nothing_is_made_again(maytapi: Maytapi, question: Any) -> None:
    answer = SENT if question is send else []
    maytapi.answers("*", W05, Answer(b"", 429), answer)
    ask(question, maytapi.url)
    assert len(maytapi.asked) == 3


def test_it_gives_up_in_the_end(maytapi: Maytapi, clock: Clock) -> None:
    maytapi.answers("*", W05)
    with pytest.raises(ApiUnavailable, match="Lib not loaded") as failed:
        ask(send, maytapi.url, manners=clock.manners(tries=4))
    assert failed.value.code == "W05"
    assert len(maytapi.asked) == 4
    assert clock.slept == [1.0, 2.0, 4.0]


def test_one_try_is_left_to_callers_who_try_again_themselves(maytapi: Maytapi) -> None:
    maytapi.answers("*", W05, SENT)
    with pytest.raises(ApiUnavailable):
        ask(send, maytapi.url, manners=Clock().manners(tries=1))
    assert len(maytapi.asked) == 1


def test_it_waits_as_long_as_it_is_asked_to(maytapi: Maytapi, clock: Clock) -> None:
    maytapi.answers("*", Answer(b"", 429, {"retry-after": "7"}), SENT)
    ask(send, maytapi.url, manners=clock.manners())
    assert clock.slept == [7.0]


def test_it_does_not_wait_for_hours(maytapi: Maytapi, clock: Clock) -> None:
    maytapi.answers("*", Answer({"message": "quota"}, 429, {"retry-after": "3600"}))
    with pytest.raises(ApiUnavailable, match="quota") as failed:
        ask(send, maytapi.url, manners=clock.manners())
    assert failed.value.retry_after == timedelta(hours=1)
    assert clock.slept == []


def test_a_refusal_is_not_asked_again(maytapi: Maytapi) -> None:
    maytapi.answers("*", sample("response-error-not-your-phone"), SENT)
    with pytest.raises(ApiRefused, match="You dont own the phone"):
        ask(send, maytapi.url)
    assert len(maytapi.asked) == 1


def test_nobody_listening_means_that_nothing_was_sent(clock: Clock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ApiUnavailable, match="can't be reached"):
        ask(send, f"http://127.0.0.1:{port}", manners=clock.manners())
    assert clock.slept == [1.0, 2.0]


def test_a_host_without_address_means_that_nothing_was_sent() -> None:
    with pytest.raises(ApiUnavailable, match="can't be reached"):
        ask(send, "http://host.invalid")


def test_a_connection_that_is_not_made_in_time_means_that_nothing_was_sent() -> None:
    """A listener whose queue is full lets others wait."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(address)
        manners = Clock().manners(timeouts=Timeouts(connect=BRIEF))
        with pytest.raises(ApiUnavailable, match="can't be reached"):
            ask(send, f"http://127.0.0.1:{address[1]}", manners=manners)
        for one in waiting:
            one.close()


def test_a_call_has_an_end_whatever_the_time_for_each_phase(maytapi: Maytapi) -> None:
    manners = Clock().manners(timeouts=Timeouts(total=BRIEF))
    maytapi.answers("*", scripted.stall)
    with pytest.raises(OutcomeUnknown, match="it took too long"):
        ask(lambda client: asyncio.wait_for(send(client), 10), maytapi.url, manners=manners)


def test_a_redirect_is_not_followed(maytapi: Maytapi) -> None:
    with Maytapi() as stranger:
        maytapi.answers("*", Answer(b"", 307, {"location": f"{stranger.url}/listPhones"}))
        with pytest.raises(UnexpectedAnswer, match="HTTP 307"):
            ask(read, maytapi.url)
        assert stranger.asked == []


def test_cookies_are_not_kept(maytapi: Maytapi) -> None:
    maytapi.answers("*", Answer([], 200, {"set-cookie": "a=b"}))

    async def twice(client: MaytapiClient) -> None:
        await client.list_phones()
        await client.list_phones()

    ask(twice, maytapi.url)
    assert "cookie" not in maytapi.asked[1].headers


def test_messages_of_a_phone_go_out_at_its_pace(maytapi: Maytapi, clock: Clock) -> None:
    maytapi.answers("*", SENT)

    async def several(client: MaytapiClient) -> None:
        for phone in ("1", "1", "2", "1"):
            await client.send_message(phone, to="15550100011", text="hello")
        await client.send("2", {"to_number": "15550100011", "type": "text", "message": "x"})

    ask(several, maytapi.url, manners=clock.manners(messages_per_second=4))
    assert clock.slept == [0.25, 0.25]


@pytest.mark.parametrize("name", ["status", "restart", "queue"])
def test_what_is_no_message_is_not_paced(maytapi: Maytapi, clock: Clock, name: str) -> None:
    answer = {"success": True, "status": {"loggedIn": True}, "stats": {"sending": 0}}
    maytapi.answers("*", answer)

    async def twice(client: MaytapiClient) -> None:
        await getattr(client, name)(PHONE)
        await getattr(client, name)(PHONE)

    ask(twice, maytapi.url, manners=clock.manners(messages_per_second=1))
    assert clock.slept == []


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_the_key_is_in_no_text(
    maytapi: Maytapi, flavour: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    echo = {"success": False, "message": f"wrong key {TOKEN}", "code": TOKEN[:10]}
    maytapi.answers(
        "*", echo, Answer(echo, 500), Answer(echo, 401), Answer(TOKEN.encode(), 403),
        Answer({"message": TOKEN}), scripted.reset, scripted.babble,
    )  # fmt: skip
    said = []
    for _ in range(7):
        with pytest.raises(MaytapiError) as failed:
            ask(send, maytapi.url, flavour)
        said += traceback.format_exception(failed.value), repr(failed.value)
    said += repr(client(maytapi.url, flavour)), caplog.text
    assert TOKEN not in str(said)


@pytest.mark.parametrize("level", [logging.INFO, logging.DEBUG])
def test_numbers_and_texts_are_in_no_log(
    maytapi: Maytapi, level: int, caplog: pytest.LogCaptureFixture
) -> None:
    """httpx2's own client would write the URL of each request."""
    caplog.set_level(level)
    maytapi.answers("sendMessage", SENT)
    maytapi.answers("checkNumberStatus", sample("response-checkNumberStatus-valid"))

    async def both(client: MaytapiClient) -> None:
        await client.send_message(PHONE, to="15550100011", text="the cat is in the box")
        await client.check_number_status(PHONE, "15550100011")

    ask(both, maytapi.url)
    assert len(maytapi.asked) == 2
    assert "15550100011" not in caplog.text
    assert "cat" not in caplog.text


@pytest.mark.parametrize("phone_id", ["..", ".", ""])
def test_an_id_leads_to_no_other_path(maytapi: Maytapi, phone_id: str) -> None:
    with pytest.raises(Unsendable):
        ask(lambda client: client.restart(phone_id), maytapi.url)
    assert maytapi.asked == []


def test_an_id_with_odd_characters_stays_one_part_of_the_path(maytapi: Maytapi) -> None:
    maytapi.answers("*", sample("response-contacts"))
    ask(lambda client: client.contact("1/2", "a?b#c@g.us"), maytapi.url)
    assert maytapi.asked[0].path == f"/{PRODUCT_ID}/1%2F2/contact/a%3Fb%23c@g.us"


@pytest.mark.parametrize("odd", ["\ud800", float, {1: 2}.keys()])
def test_what_is_no_json_is_not_sent(maytapi: Maytapi, odd: object) -> None:
    message = {"to_number": "15550100011", "type": "text", "message": odd}
    with pytest.raises(Unsendable, match="can't be written as JSON"):
        ask(lambda client: client.send(PHONE, message), maytapi.url)
    assert maytapi.asked == []


def test_too_large_media_is_refused_before_it_is_sent(maytapi: Maytapi, tmp_path: Path) -> None:
    file = tmp_path / "large.png"
    file.write_bytes(scripted.PNG + b"x" * 1024 * 1024)

    with pytest.raises(Unsendable, match="too many"):
        ask(
            lambda client: client.send_message(PHONE, to="15550100011", content=attach(file)),
            maytapi.url,
        )
    assert maytapi.asked == []


def test_a_file_is_sent_with_its_name_and_caption(maytapi: Maytapi, tmp_path: Path) -> None:
    maytapi.answers("*", SENT)
    file = tmp_path / "demo.png"
    file.write_bytes(scripted.PNG)
    picture = attach(file, text="look")
    ask(lambda client: client.send_message(PHONE, to="15550100011", content=picture), maytapi.url)
    sent = maytapi.asked[0].json
    assert sent.pop("message").startswith("data:image/png;base64,iVBORw0KGgo")
    assert sent == {
        "to_number": "15550100011", "type": "media", "text": "look", "filename": "demo.png"
    }  # fmt: skip


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unsendable, match=r"nothing\.png can't be read \(No such file"):
        attach(tmp_path / "nothing.png")


def test_the_answer_to_a_send_names_message_and_chat(maytapi: Maytapi) -> None:
    maytapi.answers("*", SENT)
    sent = ask(send, maytapi.url)
    assert sent.msg_id == SENT["data"]["msgId"]
    assert sent.chat_id == SENT["data"]["chatId"]


@pytest.mark.parametrize("token", ["", " ", "two words", "line\nbreak", "käy"])
def test_a_token_that_no_header_can_hold_is_refused_and_not_shown(token: str) -> None:
    for make in (lambda: MaytapiClient(PRODUCT_ID, token), lambda: MaytapiClient.rapidapi(token)):
        with pytest.raises(Unsendable) as refused:
            make()
        assert not token.strip() or token not in str(refused.value)


def test_a_script_without_a_loop_has_a_runner(maytapi: Maytapi) -> None:
    """In place of a synchronous twin of the client."""
    maytapi.answers("*", SENT)
    with asyncio.Runner() as runner:
        client = MaytapiClient(PRODUCT_ID, TOKEN, base_url=maytapi.url)
        for _ in range(2):
            assert runner.run(client.send_message(PHONE, to="15550100011", text="x")).msg_id
        runner.run(client.close())
    assert {asked.connection for asked in maytapi.asked} == {1}


def test_what_goes_out_is_plain_json(maytapi: Maytapi) -> None:
    maytapi.answers("*", SENT)
    ask(lambda client: client.send_message(PHONE, to="+15550100011", text="żółw 🐢"), maytapi.url)
    assert json.loads(maytapi.asked[0].body.decode()) == {
        "to_number": "15550100011", "type": "text", "message": "żółw 🐢"
    }  # fmt: skip
