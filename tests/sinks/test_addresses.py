"""Which addresses are of the open internet, in all their spellings."""

from __future__ import annotations

import asyncio

import pytest

from receiver.sinks import addresses
from receiver.sinks.addresses import NoAddress

PUBLIC = ["8.8.8.8", "1.1.1.1", "203.0.114.1", "2606:4700:4700::1111", "::ffff:8.8.8.8",
          "64:ff9b::808:808", "2002:808:808::1"]  # fmt: skip

CLOSED = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1",
    "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200",
    "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "fe80::1", "fe80::1%1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1",
    "2001:db8::1", "2001::1", "100::1",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "::ffff:0:127.0.0.1",
    "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::",
    "2002:a9fe:a9fe::1", "2002:c0a8:101::",
]  # fmt: skip

LOOPBACK_NAMES = ["localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0",
                  "::ffff:7f00:1", "127.0.0.1"]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_internet_may_be_connected_to(address: str) -> None:
    assert addresses.is_public(address)


@pytest.mark.parametrize("address", CLOSED)
def test_an_address_of_a_network_of_ones_own_may_not(address: str) -> None:
    assert not addresses.is_public(address)


@pytest.mark.parametrize("name", LOOPBACK_NAMES)
def test_a_name_is_judged_by_where_it_leads(name: str) -> None:
    with pytest.raises(NoAddress, match="private address"):
        asyncio.run(addresses.find(name, 443, allow_private=False))
    assert asyncio.run(addresses.find(name, 443, allow_private=True))


def test_of_several_addresses_only_the_public_ones_count(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*_: object, **__: object) -> list[object]:
        return [(2, 1, 6, "", (each, 443)) for each in ("10.0.0.1", "8.8.8.8", "8.8.8.8")]

    monkeypatch.setattr("socket.getaddrinfo", getaddrinfo)
    assert asyncio.run(addresses.find("mixed.test", 443, allow_private=False)) == ["8.8.8.8"]


@pytest.mark.parametrize("name", ["nowhere.invalid", "a" * 64 + ".test"])
def test_a_name_that_leads_nowhere_is_said_to(name: str) -> None:
    with pytest.raises(NoAddress, match="can't be resolved"):
        asyncio.run(addresses.find(name, 443, allow_private=True))
