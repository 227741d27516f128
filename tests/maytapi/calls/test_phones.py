"""What answers about one phone are read as, in both eras."""

from __future__ import annotations

import pytest

from receiver.errors import Unreadable
from receiver.maytapi.calls import phones
from tests.scripted import PNG, sample


@pytest.mark.parametrize("era", ["seed", "modern"])
def test_a_status_is_read_in_both_eras(era: str) -> None:
    status = phones.status("1").read(sample(f"response-status-{era}"))
    assert status.logged_in is True
    assert status.is_qr is status.loading is status.conn_retry is False


def test_a_modern_status_tells_more() -> None:
    status = phones.status("1").read(sample("response-status-modern"))
    assert status.state
    assert (status.state.state, status.state.can_send) == ("CONNECTED", True)
    assert status.number == "15550100001"


def test_the_number_may_stand_beside_the_status() -> None:
    answer = sample("response-status-modern")
    del answer["status"]["number"], answer["status"]["state"]
    status = phones.status("1").read(answer)
    assert (status.number, status.state) == ("15550100001", None)


@pytest.mark.parametrize("picture", [PNG, b"\xff\xd8\xff\xe0 JPEG"])
def test_a_picture_is_its_bytes(picture: bytes) -> None:
    assert phones.screen("1").read(picture) == phones.qr_code("1").read(picture) == picture


@pytest.mark.parametrize("other", [{"success": True}, [], "text", b"<html>", b"", None])
def test_what_is_no_picture_is_not_taken_for_one(other: object) -> None:
    for call in (phones.screen("1"), phones.qr_code("1")):
        with pytest.raises(Unreadable):
            call.read(other)


def test_a_backup_is_what_restore_sends() -> None:
    session = {"WABrowserId": "x", "remember-me": "true"}
    assert phones.backup("1").read({"success": True, "data": session}) == session
    assert phones.restore("1", session).body == session


def test_only_what_changes_nothing_may_be_repeated() -> None:
    """Some of the calls that change something are a GET all the same."""
    changes = (
        phones.restart, phones.backup, phones.logout, phones.redeploy, phones.factory_reset,
        phones.clear, phones.delete_phone, phones.purge_queue, phones.set_config,
    )  # fmt: skip
    reads = (
        phones.screen, phones.status, phones.qr_code, phones.config, phones.queue, phones.catalog,
    )  # fmt: skip
    assert {call("1").only_reads for call in changes} == {False}
    assert {call("1").only_reads for call in reads} == {True}


def test_a_restart_says_which_phone() -> None:
    done = phones.redeploy("1").read(sample("response-redeploy"))
    assert done.message == "Phone 12345 is restarted."


def test_the_settings_of_a_phone_are_read() -> None:
    config = phones.config("1").read(sample("response-config"))
    assert config.webhook == "https://receiver.example.invalid/hook"
    assert config.ack_delivery is False


def test_only_the_settings_that_are_given_are_sent() -> None:
    assert phones.set_config("1", ack_delivery=False).body == {"ack_delivery": False}


def test_a_queue_is_counted() -> None:
    assert phones.queue("1").read(sample("response-queue")).sending == 0


def test_a_catalog_is_a_list_of_products() -> None:
    answer = {"success": True, "data": [{"productId": "1"}]}
    assert phones.catalog("1").read(answer) == [{"productId": "1"}]
