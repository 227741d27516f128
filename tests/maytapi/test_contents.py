"""Every content of sendMessage becomes the fields that Maytapi's documents show."""

from __future__ import annotations

import base64

import pytest

from receiver.errors import Unsendable
from receiver.maytapi import contents
from receiver.maytapi.contents import (
    Buttons,
    CatalogProduct,
    ContactCard,
    Content,
    Deletion,
    Edit,
    Forward,
    Link,
    Location,
    Media,
    Poll,
    Reaction,
    Sticker,
    Text,
    VCard,
)
from tests.scripted import sample

MEGABYTE = 1024 * 1024
PNG = b"\x89PNG\r\n\x1a\n"
MESSAGE = "false_15550100001-1500000000@g.us_3EB0A81ECEA6D47F2F13"

DOCUMENTED: dict[str, Content] = {
    "text": Text(text="Hello World!"),
    "media-url": Media(
        media="https://files.example.invalid/180.png",
        text="Message Caption (optional)", filename="demo.png",
    ),
    "media-base64": Media(
        media="data:image/png;base64,iVBORw0KG...", text="Message Caption (optional)"
    ),
    "image": Media(
        media="data:image/jpeg;base64,/9j/4AAQ...", text="Image Response", type="image"
    ),
    "location": Location(latitude=41.093292, longitude=29.061737, text="A place"),
    "contact": ContactCard(contact_id="15550100012@c.us"),
    "vcard": VCard(name="Example Person", vcard="BEGIN:VCARD\nVERSION:3.0\nEND:VCARD"),
    "link": Link(url="https://example.invalid/", text="optional text"),
    "forward": Forward(message_id=MESSAGE),
    "delete": Deletion(message_id="a0000001-0001-11ee-8001-000000000001"),
    "reaction": Reaction(emoji="😀", message_id=MESSAGE),
    "edit": Edit(text="Hello!!", message_id=MESSAGE),
    "sticker": Sticker(url="https://files.example.invalid/s.webp", width=500, height=500),
    "product": CatalogProduct(product_id="1000000000000001"),
    "buttons": Buttons(
        text="Message Body", title="title", footer="footer",
        buttons={"!response 1": "Test Button 1", "!response 2": "Test Button 2"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DOCUMENTED)
def test_a_content_has_the_documented_fields(name: str) -> None:
    documented = sample(f"request-sendMessage-{name}")
    del documented["to_number"]
    assert DOCUMENTED[name].fields() == documented


def test_a_poll_has_a_question_and_options() -> None:
    assert Poll(question="When?", options=("now", "later"), only_one=True).fields() == {
        "type": "poll", "message": "When?", "options": ["now", "later"], "only_one": True
    }  # fmt: skip


def test_a_poll_without_options_is_refused_as_maytapi_would() -> None:
    with pytest.raises(Unsendable) as refused:
        Poll(question="When?", options=[]).fields()
    assert refused.value.code == "F04"


def test_what_is_empty_is_left_out() -> None:
    assert Media(media="https://x.invalid/a").fields() == {
        "type": "media", "message": "https://x.invalid/a"
    }  # fmt: skip
    assert "text" not in Link(url="https://x.invalid").fields()


def test_bytes_become_a_data_url() -> None:
    message = Media(media=PNG, mime_type="image/png").fields()["message"]
    head, _, encoded = message.partition(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(encoded) == PNG


@pytest.mark.parametrize(
    ("data", "filename", "mime_type"),
    [
        (PNG, "", "image/png"),
        (b"\xff\xd8\xff\xe0", "", "image/jpeg"),
        (b"GIF89a", "", "image/gif"),
        (b"RIFF....WEBPVP8 ", "", "image/webp"),
        (b"%PDF-1.7", "", "application/pdf"),
        (b"OggS", "", "audio/ogg"),
        (b"a,b", "table.csv", "text/csv"),
        (PNG, "wrong.pdf", "image/png"),
    ],
)
def test_bytes_tell_what_they_are(data: bytes, filename: str, mime_type: str) -> None:
    message = Media(media=data, filename=filename).fields()["message"]
    assert message.startswith(f"data:{mime_type};base64,")


def test_bytes_of_which_nobody_knows_are_refused() -> None:
    with pytest.raises(Unsendable, match="say what the media is"):
        Media(media=b"\x00\x01", filename="thing").fields()


def test_media_in_the_call_must_be_under_a_megabyte() -> None:
    """The listing's rule; what is larger has only an error webhook to tell, later."""
    under, over = PNG.ljust(MEGABYTE - 1), PNG.ljust(MEGABYTE)
    assert Media(media=under).fields()
    with pytest.raises(Unsendable, match="1048576 bytes"):
        Media(media=over).fields()
    for data, fits in ((under, True), (over, False)):
        url = f"data:image/png;base64,{base64.b64encode(data).decode()}"
        if fits:
            assert Media(media=url).fields()["message"] == url
        else:
            with pytest.raises(Unsendable, match="1048576 bytes"):
                Media(media=url).fields()
    assert contents.MAX_MEDIA_BYTES == MEGABYTE


@pytest.mark.parametrize("media", ["", "cat.png", "file:///etc/passwd", "ftp://x.invalid/a"])
def test_a_path_is_no_link(media: str) -> None:
    with pytest.raises(Unsendable, match="must be a link"):
        Media(media=media).fields()
