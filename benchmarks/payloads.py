"""Bodies in the shape Maytapi sends them, each a pure function of its number.

Two numbers never give the same body, so no round repeats another. A message and the acks about it
agree on their ids without any list that would have to be kept.
"""

from __future__ import annotations

from hashlib import blake2b

CONTACTS = 1_000
MESSAGE_BYTES = 600
ACKS_PER_ARRAY = 100
ACK_TYPES = (b"delivered", b"reached", b"seen")

# Further apart than all arrays in flight together reach, so that no two of them touch one message.
LAG_BETWEEN_ACK_TYPES = 3_000

UUID_EPOCH = 0x1EEE0000A0000000

PRODUCT_ID = b"00000000-1111-4222-8333-444444444444"

# The sample message-text-dm.json without its second spelling of the product id, which would leave
# no room for a text in 600 bytes.
MESSAGE = (
    b'{"product_id":"' + PRODUCT_ID + b'","phone_id":12345,'
    b'"message":{"type":"text","text":"%(text)b",'
    b'"id":"%(whatsapp_id)b","_serialized":"%(whatsapp_id)b","fromMe":%(from_me)b},'
    b'"user":{"id":"%(phone)b@c.us","name":"Contact %(contact)04d","phone":"%(phone)b"},'
    b'"conversation":"%(phone)b@c.us","conversation_name":"Contact %(contact)04d",'
    b'"receiver":"15550100001","timestamp":%(timestamp)d,"type":"message",'
    b'"reply":"https://api.maytapi.com/api/' + PRODUCT_ID + b'/12345/sendMessage","phoneId":12345}'
)

ACK_ARRAY = (
    b'{"data":[%b],"phoneId":12345,"phone_id":12345,"product_id":"'
    + PRODUCT_ID
    + b'","type":"ack"}'
)
ACK = (
    b'{"ackCode":%d,"ackType":"%b","chatId":"%b@c.us","msgId":"%b",'
    b'"rxid":"true_%b@c.us_3EB0%b","time":%d}'
)


def message(number: int, timestamp: int) -> bytes:
    """Write an incoming text message of exactly `MESSAGE_BYTES` bytes."""
    body = _message(number, timestamp, direction=b"false", from_me=b"false")
    assert len(body) == MESSAGE_BYTES, f"a message of {len(body)} bytes"
    return body


def sent_message(number: int, timestamp: int) -> bytes:
    """Write a message sent from our own phone, which acks can be about."""
    return _message(number, timestamp, direction=b"true", from_me=b"true")


def ack_array(number: int, messages: int, timestamp: int) -> bytes:
    """Write the acks `number` * 100 and following about the sent messages 0 to `messages` - 1.

    Three acks a message, each once: an array tells of new messages as delivered, of older ones as
    reached and of still older ones as seen.
    """
    first = number * ACKS_PER_ARRAY
    entries = [_ack(ack, messages, timestamp) for ack in range(first, first + ACKS_PER_ARRAY)]
    return ACK_ARRAY % b",".join(entries)


def whatsapp_id(number: int) -> str:
    """The id WhatsApp gave to the sent message `number`, which its acks call `rxid`."""
    identity, contact, _ = _identity(number)
    return f"true_{_phone(contact).decode()}@c.us_3EB0{identity.decode()}"


def msg_id(number: int) -> str:
    """The id Maytapi gave to the sent message `number`, which its acks call `msgId`."""
    return _identity(number)[2].decode()


def _message(number: int, timestamp: int, *, direction: bytes, from_me: bytes) -> bytes:
    identity, contact, _ = _identity(number)
    phone = _phone(contact)
    return MESSAGE % {
        b"text": b"Hi, message %010d: is it still on sale?" % number,
        b"whatsapp_id": b"%b_%b@c.us_3EB0%b" % (direction, phone, identity),
        b"from_me": from_me,
        b"phone": phone,
        b"contact": contact,
        b"timestamp": timestamp,
    }


def _ack(ack: int, messages: int, timestamp: int) -> bytes:
    turn, kind = divmod(ack, len(ACK_TYPES))
    identity, contact, uuid = _identity((turn - kind * LAG_BETWEEN_ACK_TYPES) % messages)
    phone = _phone(contact)
    return ACK % (kind + 1, ACK_TYPES[kind], phone, uuid, phone, identity, timestamp)


def _identity(number: int) -> tuple[bytes, int, bytes]:
    """The random-looking end of the WhatsApp id, the contact, and Maytapi's UUID."""
    digits = blake2b(b"%d" % number, digest_size=12).hexdigest().upper()
    # As in life, a few contacts write most of the messages (Zipf's law).
    contact = int(CONTACTS ** (int(digits[18:], 16) / 16**6)) - 1
    return digits[:18].encode(), contact, _time_based_uuid(number)


def _time_based_uuid(number: int) -> bytes:
    # Version 1, as all that were observed: a clock of 100 ns in front, here one id a millisecond.
    clock = UUID_EPOCH + number * 10_000
    low, middle, high = clock & 0xFFFFFFFF, (clock >> 32) & 0xFFFF, (clock >> 48) & 0x0FFF
    return b"%08x-%04x-1%03x-8001-000000000001" % (low, middle, high)


def _phone(contact: int) -> bytes:
    return b"1555010%04d" % contact
