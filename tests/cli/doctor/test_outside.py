"""What is elsewhere: the account, its webhook and phones, and our public address."""

from __future__ import annotations

import pytest

from tests.cli.conftest import WEBHOOK_TOKEN
from tests.cli.doctor.conftest import NO_ACCOUNT, Examine
from tests.databases import only_sqlite
from tests.scripted import Answer, Maytapi, sample

pytestmark = only_sqlite

PRODUCT = sample("response-product-seed")
URL = f"https://my.host/webhook/{WEBHOOK_TOKEN}"
ACCOUNT = {"account", "webhook", "phones"}


def test_an_account_that_answers_is_fine(maytapi: Maytapi, examine: Examine) -> None:
    examined = examine()
    assert {check: examined.one(check)[0] for check in ACCOUNT} == dict.fromkeys(ACCOUNT, "ok")
    assert {asked.method for asked in maytapi.asked} == {"GET"}


def test_none_is_needed(maytapi: Maytapi, examine: Examine) -> None:
    examined = examine(**NO_ACCOUNT)
    assert examined.one("account")[0] == "ok"
    assert "none is set up" in examined.one("account")[1]
    assert examined.of("webhook") == examined.of("phones") == []
    assert maytapi.asked == []


def test_half_of_one_is_told(examine: Examine) -> None:
    verdict, detail = examine(MAYTAPI_TOKEN="").one("account")
    assert verdict == "failed"
    assert "set RECEIVER_MAYTAPI_PRODUCT_ID and RECEIVER_MAYTAPI_TOKEN" in detail


def test_one_that_does_not_let_us_in_is_told(maytapi: Maytapi, examine: Examine) -> None:
    maytapi.answers("*", Answer({"success": False, "message": "wrong"}, 401))
    maytapi.script.pop("product")
    examined = examine()
    assert examined.bad() == {("account", "failed")}
    assert "check RECEIVER_MAYTAPI_PRODUCT_ID" in examined.one("account")[1]


def test_a_webhook_that_is_not_ours_is_found(maytapi: Maytapi, examine: Examine) -> None:
    assert examine(PUBLIC_URL="https://my.host").one("webhook")[0] == "ok"
    maytapi.answers("product", PRODUCT | {"webhook": "https://my.host/webhook/another"})
    verdict, detail = examine().one("webhook")
    assert verdict == "failed"
    assert detail.startswith("the webhook of the product is not ours (https://my.host/…): ")
    [(_, detail)] = examine(PUBLIC_URL=maytapi.url).of("webhook")
    assert detail.endswith(f"`receiver webhook set {maytapi.url}`")


def test_acks_that_are_not_delivered_are_found(maytapi: Maytapi, examine: Examine) -> None:
    maytapi.answers("product", PRODUCT | {"webhook": URL, "ack_delivery": 0})
    verdict, detail = examine().one("webhook")
    assert verdict == "failed"
    assert detail.startswith("acks of the product are not delivered")


def test_a_phone_with_another_webhook_is_found(maytapi: Maytapi, examine: Examine) -> None:
    held = {"webhook": "https://other.host/x", "ack_delivery": True}
    maytapi.answers("config", {"success": True, "status": held})
    verdict, detail = examine().one("webhook")
    assert verdict == "failed"
    assert "the webhook of the phone 12345" in detail
    assert "Maytapi's console" in detail


def test_without_a_token_there_is_no_webhook_to_compare(examine: Examine) -> None:
    examined = examine(WEBHOOK_TOKEN="", PUBLIC_URL="http://127.0.0.1:1")
    assert examined.of("webhook") == examined.of("public address") == []


@pytest.mark.parametrize(
    ("phones", "default", "verdicts"),
    [
        ([{"id": 1, "status": "active"}], "", ["ok"]),
        ([{"id": 1, "number": "15550100001"}], "", ["ok"]),
        ([{"id": 1}], "", ["failed"]),
        ([{"id": 1, "status": "qr-code"}], "", ["failed"]),
        ([{"id": 1, "status": "loading"}], "", ["warning"]),
        ([{"id": 1, "status": "active"}, {"id": 2, "status": "idle"}], "", ["ok", "warning"]),
        ([{"id": 1, "status": "active"}, {"id": 2, "status": "idle"}], "2", ["ok", "failed"]),
        ([{"id": 1, "status": "active"}], "2", ["ok", "failed"]),
        ([], "", ["warning"]),
    ],
)
def test_each_phone_is_looked_at(
    maytapi: Maytapi,
    examine: Examine,
    phones: list[dict[str, object]],
    default: str,
    verdicts: list[str],
) -> None:
    maytapi.answers("listPhones", phones)
    found = examine(MAYTAPI_PHONE_ID=default).of("phones")
    assert [verdict for verdict, _ in found] == verdicts


@pytest.mark.parametrize(
    ("answer", "verdict", "told"),
    [
        (Answer(b'{"status":"ok"}'), "ok", "leads to our webhook"),
        (Answer(b"welcome"), "failed", "another answer than ours (HTTP 200)"),
        (Answer(b"", 502), "failed", "another answer than ours (HTTP 502)"),
        (Answer(b"", 301, {"location": "https://x.y"}), "failed", "(HTTP 301)"),
        (Answer(b"", 404), "failed", "does not know our webhook's token"),
    ],
)
def test_the_public_address_has_to_lead_here(
    maytapi: Maytapi, examine: Examine, answer: Answer, verdict: str, told: str
) -> None:
    maytapi.answers(WEBHOOK_TOKEN, answer)
    found = examine(PUBLIC_URL=maytapi.url, **NO_ACCOUNT).one("public address")
    assert found[0] == verdict
    assert told in found[1]
    assert WEBHOOK_TOKEN not in found[1]
    assert maytapi.paths() == [f"GET /webhook/{WEBHOOK_TOKEN}"]
    assert TOKEN_HEADERS & set(maytapi.asked[0].headers) == set()


TOKEN_HEADERS = {"x-maytapi-key", "x-rapidapi-key", "authorization"}


def test_an_address_where_nobody_is_is_told(examine: Examine) -> None:
    found = examine(PUBLIC_URL="http://127.0.0.1:1", **NO_ACCOUNT).one("public address")
    assert found[0] == "failed"
    assert "can't be reached from here" in found[1]
