"""What Maytapi answers, typed: both eras of it, with the keys that no document knows kept.

Ids are text whatever they came as, and truths are booleans also where an early form writes 0 and 1.
What may be absent in one of the sources is optional here.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel


class Answer(BaseModel):
    """An answer or a part of one; what it holds beyond its fields is in `model_extra`."""

    model_config = ConfigDict(
        frozen=True,
        extra="allow",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        coerce_numbers_to_str=True,
        hide_input_in_errors=True,
    )


class Done(Answer):
    """It was done."""

    success: bool
    message: str | None = None


class Product(Answer):
    """The account: what holds for all of its phones."""

    pid: str
    webhook: str | None = None
    ack_delivery: bool | None = None
    phone_limit: int | None = None


class Phone(Answer):
    """A phone of the account; `id` is Maytapi's number for it and no telephone number."""

    id: str
    number: str | None = None
    """Absent while nobody is logged in."""
    status: str | None = None
    type: str | None = None
    name: str | None = None
    multi_device: bool | None = None
    pid: str | None = None


class SessionState(Answer):
    """WhatsApp's word for the connection, `CONNECTED` for one."""

    state: str | None = None
    can_send: bool | None = None


class SessionStatus(Answer):
    """How a phone's session is."""

    logged_in: bool
    is_qr: bool | None = None
    loading: bool | None = None
    conn_retry: bool | None = None
    message: Any = None
    state: SessionState | None = None
    """Absent while the session starts."""
    number: str | None = None
    version: str | None = None


class Sent(Answer):
    """sendMessage took the message: it waits in Maytapi's queue, and acks will tell the rest."""

    msg_id: str = Field(min_length=1)
    """A UUID; WhatsApp's own id comes with the first ack, as `rxid`."""
    chat_id: str | None = None


class Queue(Answer):
    """How many messages wait to be sent by a phone."""

    id: str
    status: str | None = None
    queue: int


class QueueStats(Answer):
    """How many messages one phone has still to send."""

    sending: int


class Config(Answer):
    """The settings of one phone; without a webhook of its own that of the product serves it."""

    webhook: str | None = None
    ack_delivery: bool | None = None


class LogRow(Answer):
    """A webhook that Maytapi posted, and what it was answered."""

    id: str
    phone: str | None = None
    type: str | None = None
    created_at: str | None = None
    data: Any = None


class LogPage(Answer):
    """Fifty rows of the log, and how many there are in all."""

    count: int
    rows: list[LogRow] = Field(alias="list")


class Contact(Answer):
    """A chat of a phone."""

    id: str
    name: str | None = None
    type: str | None = None
    image: str | None = None


class NumberStatus(Answer):
    """Whether a number is on WhatsApp: then `status` is 200."""

    id: str | None = None
    status: int
    is_business: bool | None = None
    can_receive_message: bool | None = None

    @model_validator(mode="before")
    @classmethod
    def _plain_id(cls, value: Any) -> Any:
        # An object with the id's parts for a number that is known, text otherwise.
        match value:
            case {"id": {"_serialized": whole}}:
                return value | {"id": whole}
            case _:
                return value


class CheckedPhone(Answer):
    """Whether one of many numbers is on WhatsApp; no document names these keys for certain."""

    number: str | None = None
    valid: bool | None = None
    id: str | None = None


class ChatMessage(Answer):
    """A message as the history has it: what a webhook has inside `message` is here, too."""

    timestamp: int
    uid: str | None = None
    from_me: bool | None = None
    message: dict[str, Any]
    quoted_msg: dict[str, Any] | None = None


class History(Answer):
    """Messages of a chat, the older first, and who took part; pages overlap."""

    messages: list[ChatMessage]
    users: dict[str, dict[str, Any]] = {}


class GroupConfig(Answer):
    """Who may do what in a group: `all` or `admins`."""

    edit: str | None = None
    send: str | None = None
    disappear: Any = None


class Group(Answer):
    """A group; its name may be empty."""

    id: str
    name: str | None = None
    participants: list[str] | None = None
    admins: list[str] | None = None
    config: GroupConfig | None = None
    image: str | None = None
    invite: str | None = None
    description: str | None = None


class GroupPage(Answer):
    """Groups of a phone; `total` counts those of all pages."""

    data: list[Group]
    count: int | None = None
    total: int | None = None
    limit: int | None = None
