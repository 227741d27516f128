"""Signatures, as another's implementation of Standard Webhooks reads them."""

from __future__ import annotations

import base64
import time

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from receiver.sinks.signing import Signer

OLD = "whsec_" + base64.b64encode(b"o" * 24).decode()
NEW = "whsec_" + base64.b64encode(b"n" * 64).decode()
BODY = '{"seq": 41, "text": "Grüße 👋"}'.encode()


def _signed(*secrets: str, at: int | None = None) -> dict[str, str]:
    return dict(Signer(secrets).headers("41", BODY, at=at or int(time.time())))


def test_whoever_has_the_secret_can_verify_it() -> None:
    assert Webhook(OLD).verify(BODY, _signed(OLD))["seq"] == 41


def test_while_a_secret_is_replaced_either_verifies_it() -> None:
    headers = _signed(NEW, OLD)
    Webhook(OLD).verify(BODY, headers)
    Webhook(NEW).verify(BODY, headers)


@pytest.mark.parametrize("changed", ["webhook-id", "webhook-timestamp", "body", "secret"])
def test_nothing_of_it_can_be_changed(changed: str) -> None:
    headers, body, secret = _signed(OLD), BODY, OLD
    match changed:
        case "body":
            body = BODY.replace(b"41", b"42")
        case "secret":
            secret = NEW
        case header:
            headers[header] = str(int(headers[header]) + 1)
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        Webhook(secret).verify(body, headers)


def test_an_old_one_is_refused_when_it_is_played_back() -> None:
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(OLD).verify(BODY, _signed(OLD, at=int(time.time()) - 600))


@pytest.mark.parametrize(
    "secret",
    [
        "", "whsec_", OLD.removeprefix("whsec_"), "whsec_not base64 but of a good length!",
        "whsec_" + base64.b64encode(b"s" * 23).decode(),
        "whsec_" + base64.b64encode(b"s" * 65).decode(), "whsec_ünlesbar",
    ],
)  # fmt: skip
def test_a_secret_of_another_form_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(ValueError, match="24 to 64 random bytes") as refused:
        Signer([OLD, secret])
    assert len(secret) < 7 or secret not in str(refused.value)


def test_nobody_signs_without_a_secret() -> None:
    with pytest.raises(ValueError, match="a secret is needed"):
        Signer([])


def test_secrets_are_not_shown() -> None:
    assert OLD not in repr(Signer([OLD]))
