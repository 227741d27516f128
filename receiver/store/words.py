"""The words of a text, and what a person looks for among them: the same rules for both.

Neither database cuts texts into words as the other does, and neither knows all scripts. So texts
are cut here, and the databases get words that hold nothing but letters and digits, with a space
between them. Case, accents and Arabic vowel signs make no difference, nor does Turkish's dotless i.
Of scripts that are written without spaces (Chinese, Japanese, Thai …) each sign is a word; a run of
them is found as a phrase.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

MAX_CHARACTERS = 100_000
MAX_WORDS = 10_000
"""Of a text, as many as either engine takes; what comes after is not found."""
MAX_WORD_CHARACTERS = 100
MAX_TERMS = 30
"""Of a question."""

_ASCII = re.compile("[a-z0-9]+")
# Signs that stand alone; or letters and digits, with the vowel signs of Indian scripts.
_WORD = re.compile(
    "[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff]|(?:[^\\W_\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff"
    "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]|[\u0900-\u0963\u0966-\u0dff])+"
)
# Accents, Hebrew points, Arabic vowel signs and the stroke that lengthens a word.
_IGNORED = re.compile(
    "[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed]"
)
_TERM = re.compile(r'"([^"]*)"?(\*?)|([^\s"]+)')


class Term(NamedTuple):
    """Words that follow each other; of the last one perhaps only the beginning."""

    words: tuple[str, ...]
    is_prefix: bool = False


def words_of(text: str) -> list[str]:
    """Cut a text into its words, each as it is compared."""
    text = text[:MAX_CHARACTERS]
    found = _ASCII.findall(text.lower()) if text.isascii() else _WORD.findall(_plain(text))
    return [word[:MAX_WORD_CHARACTERS] for word in found[:MAX_WORDS]]


def terms_of(question: str) -> list[Term]:
    """Read a question: words, "phrases" and beginnings* that all must be there.

    What holds no letter and no digit asks for nothing; a quotation mark that is not closed is
    closed by the end.
    """
    terms = []
    for phrase, star, chunk in _TERM.findall(question):
        if words := words_of(phrase or chunk):
            terms.append(Term(tuple(words), bool(star) or chunk.endswith("*")))
    return terms[:MAX_TERMS]


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text).casefold()
    bare = _IGNORED.sub("", folded).replace("\u0131", "i")
    return unicodedata.normalize("NFC", bare)[:MAX_CHARACTERS]
