"""Every endpoint of the protocol: how it is called, what must be sent, and an answer to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.scripted import PNG, sample

PHONE = "12345"
CHAT = "15550100011@c.us"
GROUP = "120363000000000001@g.us"
URL = "https://receiver.example.invalid/hook"
DONE = {"success": True}
PRODUCT = sample("response-product-seed")


@dataclass(frozen=True)
class Endpoint:
    """A method of the client, and what is on the wire when it is called."""

    name: str
    sends: str
    """Method and path below the account's URL."""
    args: tuple[Any, ...] = (PHONE,)
    options: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    answer: Any = None


LISTING = [
    Endpoint("screen", "GET /12345/screen", answer=PNG),
    Endpoint("status", "GET /12345/status", answer=sample("response-status-seed")),
    Endpoint("qr_code", "GET /12345/qrCode", answer=PNG),
    Endpoint("restart", "POST /12345/restart", answer=DONE),
    Endpoint("backup", "POST /12345/backup", answer={"success": True, "data": {"a": "b"}}),
    Endpoint("restore", "POST /12345/restore", (PHONE, {"a": "b"}), body={"a": "b"}, answer=DONE),
    Endpoint("logout", "POST /12345/logout", answer=DONE),
    Endpoint(
        "send_message", "POST /12345/sendMessage",
        options={"to": "15550100011", "text": "Hello World!"},
        body=sample("request-sendMessage-text"), answer=sample("response-sendMessage"),
    ),
    Endpoint("product", "GET /product", (), answer=PRODUCT),
    Endpoint("list_phones", "GET /listPhones", (), answer=sample("response-listPhones")),
    Endpoint(
        "set_webhook", "POST /setWebhook", (URL,),
        body={"webhook": URL}, answer=sample("response-setWebhook"),
    ),
    Endpoint(
        "add_phone", "POST /addPhone", ("15550100001",),
        body={"number": "15550100001"}, answer=sample("response-addPhone"),
    ),
    Endpoint(
        "set_ack_preference", "POST /setAckPreference", (True,),
        body={"preference": True, "ack_delivery": True}, answer=PRODUCT,
    ),
]  # fmt: skip
"""The thirteen of the RapidAPI listing."""

ALL = [
    *LISTING,
    Endpoint("add_phone", "POST /addPhone", (), answer=sample("response-addPhone")),
    Endpoint(
        "send", "POST /12345/sendMessage", (PHONE, sample("request-sendMessage-buttons")),
        body=sample("request-sendMessage-buttons"), answer=sample("response-sendMessage-openapi"),
    ),
    Endpoint("queues", "GET /queues", (), answer=sample("response-queues")),
    Endpoint("logs", "GET /logs", (), answer=sample("response-logs")),
    Endpoint("logs", "GET /logs", (2,), query={"page": "2"}, answer=sample("response-logs")),
    Endpoint("redeploy", "GET /12345/redeploy", answer=sample("response-redeploy")),
    Endpoint("factory_reset", "GET /12345/factoryreset", answer=DONE),
    Endpoint("clear", "GET /12345/clear", answer=DONE),
    Endpoint("delete_phone", "GET /12345/delete", answer=DONE),
    Endpoint("config", "GET /12345/config", answer=sample("response-config")),
    Endpoint(
        "set_config", "POST /12345/config", options={"webhook": URL, "ack_delivery": True},
        body={"webhook": URL, "ack_delivery": True}, answer=sample("response-config"),
    ),
    Endpoint(
        "set_config", "POST /12345/config", options={"webhook": ""},
        body={"webhook": ""}, answer=sample("response-config"),
    ),
    Endpoint("queue", "GET /12345/queue", answer=sample("response-queue")),
    Endpoint("purge_queue", "GET /12345/purgeQueue", answer=DONE),
    Endpoint("catalog", "GET /12345/catalog", answer={"success": True, "data": []}),
    Endpoint("contacts", "GET /12345/contacts", answer=sample("response-contacts")),
    Endpoint(
        "contact", f"GET /12345/contact/{CHAT}", (PHONE, CHAT), answer=sample("response-contacts")
    ),
    *(
        Endpoint(
            f"contact_{what}", f"POST /12345/contact/{what}", (PHONE, {"id": CHAT}),
            body={"id": CHAT}, answer=DONE,
        )
        for what in ("add", "edit", "remove")
    ),
    *(
        Endpoint(
            "check_number_status", "GET /12345/checkNumberStatus", (PHONE, number),
            query={"number": CHAT}, answer=sample("response-checkNumberStatus-valid"),
        )
        for number in (CHAT, "15550100011")
    ),
    Endpoint(
        "check_phones", "POST /12345/checkPhones", (PHONE, ["15550100011"]),
        body={"numbers": ["15550100011"]}, answer=sample("response-checkPhones"),
    ),
    Endpoint(
        "get_conversations", "GET /12345/getConversations", options={"days": 2, "page": 0},
        query={"days": "2", "page": "0"}, answer={"success": True, "data": []},
    ),
    Endpoint(
        "get_conversation", f"GET /12345/getConversations/{GROUP}", (PHONE, GROUP),
        options={"count": 50}, query={"count": "50"}, answer=sample("response-getMessages"),
    ),
    Endpoint(
        "get_messages", f"GET /12345/getMessages/{GROUP}", (PHONE, GROUP),
        options={"count": 50, "page": 1}, query={"count": "50", "page": "1"},
        answer=sample("response-getMessages-media"),
    ),
    Endpoint("get_message", "GET /12345/getMessage/ID", (PHONE, "ID"), answer=DONE),
    Endpoint(
        "create_group", "POST /12345/createGroup",
        options={"name": "Team", "numbers": ["15550100011"]},
        body={"name": "Team", "numbers": ["15550100011"]}, answer=sample("response-createGroup"),
    ),
    Endpoint(
        "get_groups", "GET /12345/getGroups", options={"full": True, "page": 2},
        query={"full": "true", "page": "2"}, answer=sample("response-getGroups"),
    ),
    Endpoint(
        "get_group", f"GET /12345/getGroups/{GROUP}", (PHONE, GROUP), options={"invite": True},
        query={"invite": "true"}, answer=sample("response-createGroup"),
    ),
    *(
        Endpoint(
            f"group_{what}", f"POST /12345/group/{what}", (PHONE, GROUP, number),
            body={"conversation_id": GROUP, "number": number}, answer=DONE,
        )
        for what in ("add", "remove", "promote", "demote")
        for number in (CHAT, ["15550100011"])
    ),
    Endpoint(
        "group_config", "POST /12345/group/config", (PHONE, GROUP), options={"send": "admins"},
        body={"conversation_id": GROUP, "config": {"send": "admins"}},
        answer=sample("response-group-config"),
    ),
    Endpoint(
        "set_profile_image", "POST /12345/setProfileImage", (PHONE, URL),
        body={"image": URL}, answer=DONE,
    ),
    Endpoint(
        "set_profile_image", "POST /12345/setProfileImage", (PHONE, URL),
        options={"conversation_id": GROUP}, body={"conversation_id": GROUP, "image": URL},
        answer=DONE,
    ),
    Endpoint(
        "leave_group", "POST /12345/leaveGroup", (PHONE, GROUP), body={"id": GROUP}, answer=DONE
    ),
]  # fmt: skip
"""All of the protocol's section (b)."""
