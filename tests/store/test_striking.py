"""What others have said and keep stays, without the person who is erased."""

from __future__ import annotations

import json

import pytest

from receiver.maytapi.person import STRUCK, Person
from receiver.store import erasing
from receiver.store.database import Database
from receiver.store.views import messages
from tests.store import leaving, recorded
from tests.store.leaving import ASKED, NUMBER, OTHER


@pytest.fixture
def struck(database: Database) -> Database:
    """Return a database out of which a person was erased who had left traces of every kind."""
    leaving.leave(database)
    erasing.erase(database, Person(NUMBER), rest=lambda seconds: None)
    return database


def test_a_text_stays_without_the_number(struck: Database) -> None:
    [asking] = [one for one in recorded.messages(struck) if "ask " in (one["text"] or "")]
    assert asking["text"] == f"ask {STRUCK}, @{STRUCK}"
    assert found(struck, "ask") == 1
    assert found(struck, "0077") == 0


def test_an_answer_stays_without_the_quote(struck: Database) -> None:
    [quoting] = [one for one in recorded.messages(struck) if one["text"] == "me too"]
    assert quoting["quoted"] is None


def test_votes_and_reactions_of_others_stay(struck: Database) -> None:
    asked = recorded.message(struck, ASKED)
    assert [one["emoji"] for one in asked["reactions"]] == ["👍"]
    assert [one["name"] for one in asked["poll"]["options"]] == ["yes", f"only {STRUCK}"]


def test_a_card_that_was_passed_on_is_empty(struck: Database) -> None:
    cards = [one for one in recorded.messages(struck) if one["payload"].get("vcardList") == [{}]]
    assert [one["sender"]["phone"] for one in cards] == [OTHER]


def test_what_handlers_keep_of_others_stays_without_the_name(struck: Database) -> None:
    [state] = recorded.rows(struck, "SELECT state FROM handler_states")
    assert json.loads(state["state"]) == {"friend": STRUCK, "n": 1}
    [owed] = recorded.rows(struck, "SELECT error FROM retries WHERE error LIKE 'no %'")
    assert owed["error"] == f"no {STRUCK}"


def found(database: Database, question: str) -> int:
    return len(messages.matching(database.engine, question, limit=99).data)
