"""Answer by keyword: `hours`, `address`, and `menu` for what else there is.

RECEIVER_HANDLERS=examples.keywords:router receiver serve
"""

from __future__ import annotations

from receiver import Context, F, MessageReceived, Router

ANSWERS = {
    "hours": "We are open from 9 to 17 o'clock, Monday to Friday.",
    "address": "1 Example Street, Springfield",
}
MENU = f"Write one of these words: {', '.join(ANSWERS)}"

router = Router("keywords")
# A group that two of our phones are in is answered once, and by one of them.
from_a_person = F.first_copy & F.chat_id.endswith("@c.us") & (F.type == "text")


def words(text: str | None) -> set[str]:
    """Return the words of a text, as they are compared."""
    return {word.strip(".,;:!?").casefold() for word in (text or "").split()}


def has_keyword(event: MessageReceived) -> bool:
    """Tell whether one of the keywords is said."""
    return bool(words(event.text) & ANSWERS.keys())


@router.on(MessageReceived, from_a_person, has_keyword)
async def answer(event: MessageReceived, context: Context) -> None:
    """Answer each keyword that is said."""
    for keyword in ANSWERS:
        if keyword in words(event.text):
            await context.reply(ANSWERS[keyword])


@router.on(MessageReceived, from_a_person, lambda event: not has_keyword(event))
async def show_menu(event: MessageReceived, context: Context) -> None:
    """Tell what can be asked, to each person once: whoever chats on wants no menu."""
    if not context.state.get("menu_shown"):
        await context.reply(MENU)
        context.state["menu_shown"] = True
