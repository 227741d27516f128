"""The endpoints of a phone's chats: sending, contacts, numbers, what was said (section b)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from receiver.simulator import notifications, sending
from receiver.simulator.calls import Answer, Call, answer, refuse, succeed
from receiver.simulator.sessions import Endpoint
from receiver.simulator.simulation import Simulation
from receiver.simulator.world import Phone, PhoneState, Said

ROWS_A_PAGE = 50


def send_message(simulation: Simulation, phone: Phone, call: Call) -> Answer:
    """Queue a message; what becomes of it is told by webhooks."""
    for required in ("to_number", "type"):
        if not call.fields.get(required):
            return refuse(f"{required} is required.")
    if phone.state in (PhoneState.QR_CODE, PhoneState.IDLE, PhoneState.DISABLED):
        return refuse("phone not connected")
    sent = sending.send(simulation, phone, call.fields)
    done = succeed(data={"chatId": sent.chat_id, "msgId": sent.msg_id})
    return Answer(body=done.body, early=sent.early, msg_id=sent.msg_id)


def contacts(simulation: Simulation, _phone: Phone, _call: Call) -> Answer:
    """List people and groups."""
    return succeed(data=_contacts(simulation))


def contact(simulation: Simulation, _phone: Phone, call: Call) -> Answer:
    """Show one contact, in an array all the same."""
    found = [it for it in _contacts(simulation) if it["id"] == call.parts[-1]]
    return succeed(data=found) if found else refuse("contact not found")


def change_contact(_simulation: Simulation, _phone: Phone, _call: Call) -> Answer:
    """Do as if a contact had changed: what Maytapi wants to know of it is not on record."""
    return succeed()


def check_number(simulation: Simulation, _phone: Phone, call: Call) -> Answer:
    """Tell whether a number is on WhatsApp: only then its id is an object."""
    chat_id = sending.chat_of(call.query.get("number", ""))
    user, _, server = chat_id.partition("@")
    known = simulation.world.is_on_whatsapp(chat_id)
    return succeed(
        result={
            "id": {"server": server, "user": user, "_serialized": chat_id} if known else chat_id,
            "status": 200 if known else 404,
            "isBusiness": False,
            "canReceiveMessage": known,
        }
    )


def check_phones(simulation: Simulation, _phone: Phone, call: Call) -> Answer:
    """Tell of many numbers whether they are on WhatsApp."""
    return succeed(
        data=[_checked(simulation, str(number)) for number in call.fields.get("numbers") or []]
    )


def conversations(simulation: Simulation, phone: Phone, call: Call) -> Answer:
    """List the chats, the latest first. Their real shape is not on record; this is a guess."""
    latest = {said.chat_id: said for said in phone.history}
    chats = sorted(latest.values(), key=lambda said: said.at, reverse=True)
    start = call.number("page", 0) * ROWS_A_PAGE
    return answer(
        [
            {"id": it.chat_id, "name": it.name, "timestamp": notifications.seconds(it.at)}
            for it in chats[start : start + ROWS_A_PAGE]
        ]
    )


def messages(simulation: Simulation, phone: Phone, call: Call) -> Answer:
    """Show what was said in a chat, the newest page first; `limit` is ignored, `count` is not."""
    said = [it for it in phone.history if it.chat_id == call.parts[-1]]
    count = call.number("count", ROWS_A_PAGE)
    end = len(said) - call.number("page", 0) * count
    return succeed(
        data={
            "users": {it.uid: _user(simulation, it.uid) for it in said},
            "messages": [_row(simulation, it) for it in said[max(0, end - count) : max(0, end)]],
            "me": {"id": phone.id, "phone": phone.number},
            "participants": [
                _user(simulation, uid) for uid in dict.fromkeys(it.uid for it in said)
            ],
        }
    )


def message(simulation: Simulation, phone: Phone, call: Call) -> Answer:
    """Show one message. Its real shape is not on record; this is the row of `messages`."""
    sent = simulation.ledger.outgoing(call.parts[-1])
    said = phone.said((sent and sent.whatsapp_id) or call.parts[-1])
    return succeed(data=_row(simulation, said)) if said else refuse("message not found")


def catalogue(_simulation: Simulation, _phone: Phone, _call: Call) -> Answer:
    """Show what is for sale."""
    return succeed(data=[{"productId": "1000000000000001", "title": "Olive oil", "price": 48}])


ENDPOINTS: Mapping[tuple[str, str], Endpoint] = {
    ("POST", "sendMessage"): send_message,
    ("GET", "contacts"): contacts,
    ("GET", "contact/"): contact,
    ("POST", "contact/add"): change_contact,
    ("POST", "contact/edit"): change_contact,
    ("POST", "contact/remove"): change_contact,
    ("GET", "checkNumberStatus"): check_number,
    ("POST", "checkPhones"): check_phones,
    ("GET", "getConversations"): conversations,
    ("GET", "getConversations/"): messages,
    ("GET", "getMessages/"): messages,
    ("GET", "getMessage/"): message,
    ("GET", "catalog"): catalogue,
}


def _contacts(simulation: Simulation) -> list[dict[str, str]]:
    world = simulation.world
    people = [{"id": it.chat_id, "name": it.name, "type": "chat"} for it in world.people.values()]
    groups = [{"id": it.id, "name": it.name, "type": "group"} for it in world.groups.values()]
    return people + groups


def _checked(simulation: Simulation, number: str) -> dict[str, Any]:
    chat_id = sending.chat_of(number)
    if simulation.world.is_on_whatsapp(chat_id):
        return {"number": number, "valid": True, "id": chat_id}
    return {"number": number, "valid": False}


def _user(simulation: Simulation, uid: str) -> dict[str, str]:
    name = simulation.world.name_of(uid)
    return {"id": uid, "name": name, "phone": uid.partition("@")[0]}


def _row(simulation: Simulation, said: Said) -> dict[str, Any]:
    # Unlike in a webhook, fromMe and the sender stand beside the message.
    name = notifications.message_id(simulation.options.era, said)
    return {
        "timestamp": notifications.seconds(said.at),
        "uid": said.uid,
        "fromMe": said.from_me,
        "message": {**said.content, "id": name, "_serialized": name},
    }
