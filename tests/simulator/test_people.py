"""Who can be talked to."""

from __future__ import annotations

from receiver.simulator import people


def test_everybody_has_a_number_and_a_name_of_their_own() -> None:
    crowd = people.crowd(500)
    assert len({person.number for person in crowd}) == 500
    assert len({person.name for person in crowd}) == 500
    assert len({person.hidden_id for person in crowd}) == 500


def test_a_hidden_id_does_not_show_the_number() -> None:
    [person] = people.crowd(1)
    assert person.hidden_id.endswith("@lid")
    assert person.hidden_id != person.chat_id


def test_several_scripts_are_spoken() -> None:
    names = "".join(person.name for person in people.crowd(12))
    assert set("أŞ王Иüשप🌸".replace("Ş", "ş")) <= set(names)


def test_somebody_answers_until_out_of_patience() -> None:
    [person] = people.crowd(1)
    answers = [people.answer(person, turn) for turn in range(people.PATIENCE + 1)]
    assert None not in answers[:-1]
    assert answers[-1] is None
    assert people.opening(person) not in answers


def test_not_everybody_reads() -> None:
    assert {person.reads for person in people.crowd(12)} == {True, False}
