"""Who can be talked to: names and words in several languages, and what they answer."""

from __future__ import annotations

from dataclasses import dataclass

from receiver.simulator.ids import Device

PATIENCE = 3
"""How often somebody answers before falling silent: two bots would else never end."""

_CAST = (
    ("Ada Brown", "en"),
    ("أحمد المصري", "ar"),
    ("Ayşe Yılmaz", "tr"),
    ("王小明", "zh"),
    ("Екатерина Иванова", "ru"),
    ("Jürgen Groß", "de"),
    ("María Núñez", "es"),
    ("प्रिया शर्मा", "hi"),
    ("さくら 🌸", "ja"),
    ("👩‍🚀✨", "en"),
    ("משה כהן", "he"),
    ("Zoë O'Neill", "en"),
)

GROUP_NAMES = (
    "Family ❤️",
    "فريق المبيعات",
    "İstanbul Buluşması",
    "周末爬山",
    "Соседи",
    "Büro 3. OG",
)

LINES = {
    "en": ("Hello! Are you open today?", "What is the price?", "Great, thanks! 👍", "See you 👋"),
    "ar": ("السلام عليكم، هل أنتم مفتوحون اليوم؟", "كم السعر؟", "شكراً جزيلاً 🙏", "مع السلامة"),
    "tr": ("Merhaba, bugün açık mısınız?", "Fiyatı ne kadar?", "Çok teşekkürler ☕", "Görüşürüz"),
    "zh": ("你好，今天营业吗？", "多少钱？", "好的，谢谢！", "再见"),
    "ru": ("Здравствуйте! Вы сегодня открыты?", "Сколько это стоит?", "Большое спасибо!", "Пока"),
    "de": ("Hallo, habt ihr heute geöffnet?", "Was kostet das?", "Schönen Dank!", "Tschüß"),
    "es": ("¡Hola! ¿Abren hoy?", "¿Cuánto cuesta?", "¡Muchas gracias!", "Adiós"),
    "hi": ("नमस्ते, क्या आज दुकान खुली है?", "कीमत क्या है?", "बहुत धन्यवाद 🙏", "फिर मिलेंगे"),
    "ja": (
        "こんにちは。今日は営業していますか?",
        "おいくらですか?",
        "ありがとうございます",
        "では、また",
    ),
    "he": ("שלום, אתם פתוחים היום?", "כמה זה עולה?", "תודה רבה!", "להתראות"),
}
"""By language: an opening, then an answer for each time that something was sent."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody with WhatsApp."""

    number: str
    name: str
    language: str
    device: Device
    reads: bool = True
    """Whether messages are ever seen (blue), or only reach the phone."""

    @property
    def chat_id(self) -> str:
        return f"{self.number}@c.us"

    @property
    def hidden_id(self) -> str:
        """Who it is in a group that hides numbers."""
        return f"1000{int(self.number):011}@lid"


def crowd(size: int) -> list[Person]:
    """Return as many people as wanted; past the cast, names come again with a number."""
    return [_person(place) for place in range(size)]


def opening(person: Person) -> str:
    """Return how somebody begins a conversation."""
    return LINES[person.language][0]


def answer(person: Person, turn: int) -> str | None:
    """Return what somebody says to the message of this turn (from 0); None out of patience."""
    return LINES[person.language][1 + turn] if turn < PATIENCE else None


def _person(place: int) -> Person:
    name, language = _CAST[place % len(_CAST)]
    round_, devices = place // len(_CAST), tuple(Device)
    return Person(
        number=f"1555010{11 + place:04}",
        name=f"{name} {round_ + 1}" if round_ else name,
        language=language,
        device=devices[place % len(devices)],
        reads=place % 5 != 3,
    )
