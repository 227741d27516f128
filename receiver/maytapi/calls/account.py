"""The calls that concern the whole account."""

from __future__ import annotations

from receiver.maytapi.answers import LogPage, Phone, Product, Queue
from receiver.maytapi.calls.making import Call, part, posting, reading, whole


def product() -> Call[Product]:
    """Return the account, with its webhook and whether acks are delivered."""
    return reading("product", read=whole(Product))


def list_phones() -> Call[list[Phone]]:
    """Return the phones of the account."""
    return reading("listPhones", read=whole(list[Phone]))


def set_webhook(url: str) -> Call[Product]:
    """Have notifications of all phones posted to a URL."""
    return posting("setWebhook", body={"webhook": url}, read=whole(Product))


def add_phone(number: str | None = None) -> Call[Phone]:
    """Add a phone to the account."""
    return posting("addPhone", body={"number": number} if number else None, read=whole(Phone))


def set_ack_preference(preference: bool) -> Call[Product]:
    """Switch the delivery of acks on or off."""
    # The listing calls it preference, the documents of 2023 ack_delivery.
    body = {"preference": preference, "ack_delivery": preference}
    return posting("setAckPreference", body=body, read=whole(Product))


def queues() -> Call[list[Queue]]:
    """Return how many messages wait, for each phone."""
    return reading("queues", read=part("queues", list[Queue]))


def logs(page: int | None = None) -> Call[LogPage]:
    """Return what Maytapi posted lately and how it was answered, fifty rows a page."""
    return reading("logs", read=part("data", LogPage), page=page)
