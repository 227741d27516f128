"""What Maytapi holds against what it should hold."""

from __future__ import annotations

import pytest

from receiver.maytapi.answers import Config, Product
from receiver.maytapi.drift import PATH, Difference, Ours, differences, is_address
from receiver.web import webhook

TOKEN = "secret-token"
BASE = "https://my.host"
OURS = Ours(tokens=["new-token", TOKEN], base=BASE)
ANYWHERE = Ours(tokens=[TOKEN])
URL = f"{BASE}/webhook/{TOKEN}"


def product(webhook: str | None = URL, *, ack_delivery: bool | None = True) -> Product:
    return Product(pid="p", webhook=webhook, ack_delivery=ack_delivery)


def test_the_path_is_that_of_the_webhook() -> None:
    assert PATH == webhook.PREFIX


def test_maytapi_is_given_the_first_token() -> None:
    assert OURS.url() == f"{BASE}/webhook/new-token"


@pytest.mark.parametrize("token", ["new-token", TOKEN])
def test_any_of_the_tokens_is_ours(token: str) -> None:
    """While one takes over from the other both are right."""
    assert differences(OURS, product(f"{BASE}/webhook/{token}")) == []


@pytest.mark.parametrize(
    ("held", "shown"),
    [
        (None, "none"),
        ("", "none"),
        (f"https://other.host/webhook/{TOKEN}", "https://other.host/…"),
        (f"http://my.host/webhook/{TOKEN}", "http://my.host/…"),
        (f"{BASE}/webhook/wrong", f"{BASE}/…"),
        (f"{URL}/", f"{BASE}/…"),
        (f"{BASE}/hook?key={TOKEN}", f"{BASE}/…"),
        (f"https://me:{TOKEN}@my.host:8443/x", "https://my.host:8443/…"),
        ("https://[nonsense", "no URL"),
    ],
)
def test_another_url_is_a_difference(held: str | None, shown: str) -> None:
    (found,) = differences(OURS, product(held))
    assert found == Difference("product", "webhook", shown)


@pytest.mark.parametrize("host", ["https://my.host", "http://127.0.0.1:8000", "https://h/folder"])
def test_without_a_base_the_token_tells(host: str) -> None:
    assert differences(ANYWHERE, product(f"{host}/webhook/{TOKEN}")) == []
    assert differences(ANYWHERE, product(f"{host}/webhook/{TOKEN}x"))
    assert differences(ANYWHERE, product(f"{host}/{TOKEN}"))


@pytest.mark.parametrize("ack_delivery", [False, None])
def test_acks_that_are_off_are_a_difference(ack_delivery: bool | None) -> None:
    assert differences(OURS, product(ack_delivery=ack_delivery)) == [
        Difference("product", "ack_delivery", "off")
    ]


def test_a_phone_without_a_webhook_follows_the_product() -> None:
    configs = {"1": Config(), "2": Config(webhook="", ack_delivery=False)}
    assert differences(OURS, product(), configs) == []


def test_a_phone_with_a_webhook_of_its_own_is_looked_at() -> None:
    configs = {
        "1": Config(webhook=URL, ack_delivery=True),
        "2": Config(webhook="https://other.host/x", ack_delivery=False),
    }
    assert differences(OURS, product(), configs) == [
        Difference("phone 2", "webhook", "https://other.host/…"),
        Difference("phone 2", "ack_delivery", "off"),
    ]


def test_an_address_is_what_comes_before_the_path_of_the_webhook() -> None:
    for address in (BASE, f"{BASE}/", f"{BASE}/behind/a/proxy", f"{BASE}/webhooks"):
        assert is_address(address)
    for other in (URL, f"{BASE}/webhook", f"{BASE}/webhook/", "my.host", ""):
        assert not is_address(other)
