from forum.rules.politics.material import Example
from forum.rules.politics.model import Label
from forum.rules.politics.proper_names import proper_names


def names_in(*texts: str) -> frozenset[str]:
    return proper_names([Example(text, Label.CLINICAL, "own") for text in texts])


def test_people_and_places_written_large_are_names_and_common_words_are_not() -> None:
    found = names_in("Mrs Lindqvist of Springfield has a brown spot.", "The brown spots of Mr Brown, Ohio: a rose.")
    assert {"lindqvist", "springfield", "ohio"} <= found
    assert not {"brown", "rose", "spot", "the"} & found


def test_titles_and_dates_always_are() -> None:
    assert {"mrs", "dr", "march", "tuesday", "today"} <= names_in("Nobody is here.")


def test_a_politician_of_the_list_is_none() -> None:
    assert not {"biden", "thatcher"} & names_in("Biden and Thatcher met.")
