"""The way into an account: URLs and headers of both flavours."""

from __future__ import annotations

import pytest

from receiver.errors import Unsendable
from receiver.maytapi import access

SECRET = "hunter2"


def test_the_direct_flavour_names_the_product_in_the_path() -> None:
    way = access.direct("p-1", SECRET)
    assert way.url(("12345", "sendMessage")) == (
        "https://api.maytapi.com/api/p-1/12345/sendMessage"
    )
    assert way.headers == {"x-maytapi-key": SECRET}


def test_the_id_of_a_phone_may_be_a_number() -> None:
    """As Maytapi itself tells it."""
    assert access.direct("P", "token").url((777, "status")).endswith("/P/777/status")


def test_rapidapi_implies_the_product() -> None:
    way = access.rapidapi(SECRET)
    assert way.url(("product",)) == "https://maytapi-whatsapp.p.rapidapi.com/product"
    assert way.headers == {
        "x-rapidapi-key": SECRET, "x-rapidapi-host": "maytapi-whatsapp.p.rapidapi.com"
    }  # fmt: skip


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:9/api", "http://127.0.0.1:9/api/"])
def test_the_base_can_be_another(base_url: str) -> None:
    way = access.direct("p", SECRET, base_url=base_url)
    assert way.url(("product",)) == "http://127.0.0.1:9/api/p/product"
    assert access.rapidapi(SECRET, base_url=base_url).base_url == "http://127.0.0.1:9/api"


@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "api.maytapi.com",
        "ftp://x",
        "https://",
        "https://me:pw@x",
        "https://x?a",
        "https://x/ y",
    ],
)
def test_what_is_no_base_url_is_refused(base_url: str) -> None:
    assert not access.is_base_url(base_url)
    with pytest.raises(Unsendable, match="base URL"):
        access.rapidapi(SECRET, base_url=base_url)


def test_no_repr_shows_the_secret() -> None:
    assert SECRET not in repr(access.direct("p", SECRET)) + repr(access.rapidapi(SECRET))


def test_the_newline_of_a_file_is_no_part_of_a_secret() -> None:
    assert access.direct(" p\n", f"{SECRET}\n") == access.direct("p", SECRET)


def test_a_product_id_is_needed() -> None:
    with pytest.raises(Unsendable):
        access.direct(" ", SECRET)
