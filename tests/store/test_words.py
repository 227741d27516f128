"""Texts of all scripts are cut into words, and questions are read by the same rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.store import words
from receiver.store.words import Term, terms_of, words_of


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Hello, World! 2nd try_it", ["hello", "world", "2nd", "try", "it"]),
        ("a@b.example +49-171", ["a", "b", "example", "49", "171"]),
        ("Crème brûlée à la carte", ["creme", "brulee", "a", "la", "carte"]),
        ("İstanbul ISTANBUL ıstanbul istanbul", ["istanbul"] * 4),
        ("Straße STRASSE", ["strasse", "strasse"]),
        ("Привет, ЁЛКА", ["привет", "елка"]),
        ("السَّلامُ عليـــكم", ["السلام", "عليكم"]),
        ("שָׁלוֹם", ["שלום"]),
        ("你好，世界 ok", ["你", "好", "世", "界", "ok"]),
        ("ラーメンを食べる", [*"ラーメンを食べる"]),
        ("ｆｕｌｌｗｉｄｔｈ", ["fullwidth"]),
        ("안녕하세요 세계", ["안녕하세요", "세계"]),
        ("नमस्ते दुनिया।", ["नमस्ते", "दुनिया"]),
        ("👍 🎉 … —", []),
        ("", []),
    ],
)
def test_a_text_is_cut_into_words(text: str, found: list[str]) -> None:
    assert words_of(text) == found


def test_what_is_endless_has_an_end() -> None:
    assert words_of("x" * 1000) == ["x" * words.MAX_WORD_CHARACTERS]
    assert len(words_of("x " * 20_000)) == words.MAX_WORDS
    assert len(terms_of("x " * 20_000)) == words.MAX_TERMS


@pytest.mark.parametrize(
    ("question", "terms"),
    [
        ("price List", [Term(("price",)), Term(("list",))]),
        ('"price list" new', [Term(("price", "list")), Term(("new",))]),
        ("pri*", [Term(("pri",), is_prefix=True)]),
        ('"price li"*', [Term(("price", "li"), is_prefix=True)]),
        ("foo-bar", [Term(("foo", "bar"))]),
        ("你好", [Term(("你", "好"))]),
        ('"open end', [Term(("open", "end"))]),
        ('a"b"c', [Term(("a",)), Term(("b",)), Term(("c",))]),
        ("AND OR NOT NEAR", [Term(("and",)), Term(("or",)), Term(("not",)), Term(("near",))]),
        ("a:b -c (d) ^e", [Term(("a", "b")), Term(("c",)), Term(("d",)), Term(("e",))]),
        ('* "" "*" ! 👍', []),
    ],
)
def test_a_question_is_read(question: str, terms: list[Term]) -> None:
    assert terms_of(question) == terms


@given(st.text())
def test_words_are_letters_and_digits_alone(text: str) -> None:
    """What reaches the databases can be no syntax of theirs."""
    for word in words_of(text):
        assert not set(word) & set("\"'\\*:&|!()<> \0\t\n-")


@given(st.text())
def test_a_text_is_found_by_each_of_its_words(text: str) -> None:
    found = words_of(text)
    for word in found[:20]:
        assert words_of(word) == [word]
