"""The commands about the webhook, against a scripted Maytapi."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import WEBHOOK_TOKEN, Run
from tests.scripted import Maytapi, sample

URL = f"https://my.host/webhook/{WEBHOOK_TOKEN}"
PRODUCT = sample("response-product-seed") | {"webhook": URL}


@pytest.fixture(autouse=True)
def account(maytapi: Maytapi) -> None:
    maytapi.answers("product", PRODUCT)
    maytapi.answers("setWebhook", PRODUCT)
    maytapi.answers("setAckPreference", PRODUCT)
    maytapi.answers("listPhones", sample("response-listPhones"))
    maytapi.answers("config", {"success": True, "status": {}})


def test_the_url_is_printed(maytapi: Maytapi, run: Run) -> None:
    assert run("webhook", "url", "https://my.host").out == f"{URL}\n"
    assert run("webhook", "url", "https://my.host/").out == f"{URL}\n"
    assert json.loads(run("webhook", "url", "https://my.host", "--json").out) == {"url": URL}
    assert maytapi.asked == []


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        ({}, "http://127.0.0.1:8000"),
        ({"HOST": "0.0.0.0", "PORT": "80"}, "http://0.0.0.0:80"),
        ({"HOST": "::1"}, "http://[::1]:8000"),
    ],
)
def test_without_an_address_it_is_where_we_listen(
    run: Run, settings: dict[str, str], address: str
) -> None:
    assert run("webhook", "url", **settings).out == f"{address}/webhook/{WEBHOOK_TOKEN}\n"


def test_the_first_of_several_tokens_is_given_out(run: Run) -> None:
    done = run("webhook", "url", "https://my.host", WEBHOOK_TOKEN="new, old")
    assert done.out == "https://my.host/webhook/new\n"


@pytest.mark.parametrize(
    ("settings", "said"),
    [({"WEBHOOK_TOKEN": ""}, "start `receiver serve`"), ({"PORT": "0"}, "give a URL")],
)
def test_a_url_that_is_not_known_is_not_guessed(
    run: Run, settings: dict[str, str], said: str
) -> None:
    done = run("webhook", "url", **settings)
    assert (done.code, done.out) == (1, "")
    assert said in done.err


@pytest.mark.parametrize("command", ["url", "set", "check"])
@pytest.mark.parametrize(
    "address", ["my.host", "ftp://my.host", "https://me:pw@my.host", URL, "https://my.host/webhook"]
)
def test_an_address_begins_with_its_scheme_and_ends_before_the_path(
    maytapi: Maytapi, run: Run, command: str, address: str
) -> None:
    """The whole URL, as Maytapi's console shows it, would get the path a second time."""
    done = run("webhook", command, address)
    assert done.code == 2
    assert "https://my.host, without /webhook/" in done.err
    assert WEBHOOK_TOKEN not in done.err
    assert maytapi.asked == []


def test_setting_needs_an_address(maytapi: Maytapi, run: Run) -> None:
    done = run("webhook", "set")
    assert (done.code, "RECEIVER_PUBLIC_URL" in done.err) == (2, True)
    assert maytapi.asked == []
    assert run("webhook").code == 2


def test_setting_sets_both_and_reads_both_back(maytapi: Maytapi, run: Run) -> None:
    done = run("webhook", "set", "https://my.host")
    assert (done.code, done.err) == (0, "")
    assert done.out == "Maytapi posts to our webhook, and delivers acks\n"
    assert maytapi.paths() == [
        "POST /p/setWebhook", "POST /p/setAckPreference",
        "GET /p/product", "GET /p/listPhones", "GET /p/12345/config",
    ]  # fmt: skip
    assert maytapi.asked[0].json == {"webhook": URL}
    assert maytapi.asked[1].json == {"preference": True, "ack_delivery": True}


def test_the_address_need_not_be_said_where_it_is_a_setting(maytapi: Maytapi, run: Run) -> None:
    settings = {"PUBLIC_URL": "https://my.host/"}
    assert run("webhook", "url", **settings).out == f"{URL}\n"
    assert run("webhook", "set", **settings).code == 0
    assert maytapi.asked[0].json == {"webhook": URL}
    assert run("webhook", "check", **settings).code == 0
    assert run("webhook", "check", PUBLIC_URL="https://new.host").code == 1
    assert run("webhook", "url", "https://other.host", **settings).out.startswith("https://other")


def test_what_was_not_kept_is_found(maytapi: Maytapi, run: Run) -> None:
    maytapi.answers("product", PRODUCT | {"ack_delivery": 0})
    done = run("webhook", "set", "https://my.host")
    assert done.code == 1
    assert "ack_delivery" in done.out
    assert "does not post everything here" in done.err


def test_setting_through_rapidapi(maytapi: Maytapi, run: Run) -> None:
    maytapi.answers("config", {"success": False, "message": "no such endpoint"})
    done = run(
        "webhook", "set", "https://my.host",
        MAYTAPI_PRODUCT_ID="", MAYTAPI_TOKEN="", MAYTAPI_RAPIDAPI_KEY="key",
    )  # fmt: skip
    assert done.code == 0
    assert maytapi.paths()[:2] == ["POST /setWebhook", "POST /setAckPreference"]
    assert maytapi.asked[0].headers["x-rapidapi-key"] == "key"


@pytest.mark.parametrize("address", [(), ("https://my.host",)])
def test_a_right_webhook_passes_the_check(
    maytapi: Maytapi, run: Run, address: tuple[str, ...]
) -> None:
    done = run("webhook", "check", *address)
    assert (done.code, done.err) == (0, "")
    assert {asked.method for asked in maytapi.asked} == {"GET"}


@pytest.mark.parametrize(
    ("held", "what"),
    [
        ({"webhook": "https://other.host/x"}, "webhook"),
        ({"webhook": None}, "webhook"),
        ({"ack_delivery": 0}, "ack_delivery"),
    ],
)
def test_a_wrong_webhook_fails_the_check(
    maytapi: Maytapi, run: Run, held: dict[str, object], what: str
) -> None:
    maytapi.answers("product", PRODUCT | held)
    done = run("webhook", "check", "--json")
    assert done.code == 1
    told = json.loads(done.out)
    assert told["right"] is False
    assert [(one["place"], one["what"]) for one in told["differences"]] == [("product", what)]
    assert WEBHOOK_TOKEN not in done.out + done.err


@pytest.mark.parametrize(
    ("address", "settings", "advised"),
    [
        (("https://new.host/",), {}, "https://new.host"),
        (("https://new.host",), {"PUBLIC_URL": "https://our.host"}, "https://new.host"),
        ((), {"PUBLIC_URL": "https://our.host/"}, "https://our.host"),
        ((), {}, "URL"),
    ],
)
def test_what_to_do_is_said_with_the_address_that_is_known(
    maytapi: Maytapi, run: Run, address: tuple[str, ...], settings: dict[str, str], advised: str
) -> None:
    maytapi.answers("product", PRODUCT | {"webhook": None})
    done = run("webhook", "check", *address, **settings)
    assert f"`receiver webhook set {advised}`" in done.err
    assert "my.host" not in done.err


def test_a_webhook_at_another_address_fails_the_check(run: Run) -> None:
    assert run("webhook", "check", "https://new.host").code == 1


def test_a_phone_with_another_webhook_fails_the_check(maytapi: Maytapi, run: Run) -> None:
    maytapi.answers("config", sample("response-config"))
    done = run("webhook", "check")
    assert done.code == 1
    assert "phone 12345" in done.out
