"""What answers about the account are read as, in both eras."""

from __future__ import annotations

import pytest

from receiver.errors import Unreadable
from receiver.maytapi.calls import account
from tests.scripted import sample


@pytest.mark.parametrize(("given", "read"), [(0, False), (1, True), (False, False), (True, True)])
def test_ack_delivery_is_a_boolean_in_both_eras(given: object, read: bool) -> None:
    answer = sample("response-product-seed") | {"ack_delivery": given}
    for call in (account.product(), account.set_webhook("x"), account.set_ack_preference(True)):
        product = call.read(answer)
        assert product.ack_delivery is read
        assert product.webhook == "https://receiver.example.invalid/hook"
        assert product.phone_limit == 2


def test_phones_have_their_ids_as_text() -> None:
    (phone,) = account.list_phones().read(sample("response-listPhones"))
    assert (phone.id, phone.number, phone.status) == ("12345", "15550100001", "active")
    assert phone.multi_device is True


def test_a_phone_that_is_logged_out_has_no_number() -> None:
    (phone,) = account.list_phones().read([{"id": 12345}])
    assert phone.number is None


@pytest.mark.parametrize("phone_id", [12345, "12345"])
def test_the_id_of_a_new_phone_may_be_a_number_or_text(phone_id: object) -> None:
    phone = account.add_phone().read(sample("response-addPhone") | {"id": phone_id})
    assert (phone.id, phone.number) == ("12345", "15550100001")


def test_an_object_is_no_list_of_phones() -> None:
    with pytest.raises(Unreadable):
        account.list_phones().read({"success": True})


def test_queues_are_counted() -> None:
    (queue,) = account.queues().read(sample("response-queues"))
    assert (queue.id, queue.queue) == ("12345", 0)


def test_the_log_has_rows_and_a_count_that_is_text() -> None:
    page = account.logs().read(sample("response-logs"))
    assert page.count == 3
    assert [row.type for row in page.rows] == ["outgoing", "outgoing", "error"]
    assert page.rows[0].data["response"] == {"body": "OK", "statusCode": 200}
