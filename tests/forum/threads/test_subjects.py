"""What a subject says beneath its prefixes."""

import pytest

from forum.threads.subjects import bare_subject, is_reply_subject, really_changed, subject_key, title


@pytest.mark.parametrize(
    "subject",
    [
        "Re: Locum in August",
        "AW: Locum in August",
        "SV: RE: Locum in August",
        "Re[2]: Locum in August",
        "Re: [locums] Locum in August",
        "[locums] Re: Locum in August",
        "Fwd: Locum in August",
        "Locum in August (was: Summer)",
        "TR: Locum in August",
        "RV: Locum in August",
        "Locum  in august!",
        "Locum in August #urgent",
        "回复：Locum in August",
    ],
)
def test_prefixes_tags_and_case_do_not_change_a_subject(subject: str) -> None:
    assert subject_key(subject) == subject_key("Locum in August")
    assert not really_changed(subject, subject_key("Locum in August"))


@pytest.mark.parametrize(
    "subject",
    [
        "Who covers the second half of August?",
        "Re: Who covers the second half of August? (Lugano)",
        "Urgent: Who covers the second half of August?",
        "PLEASE READ FIRST: Re: Who covers the second half of August?",
        "Re: Who covers the second half",
    ],
)
def test_words_added_before_or_behind_and_a_subject_cut_off_do_not_change_it(subject: str) -> None:
    assert not really_changed(subject, subject_key("Who covers the second half of August?"))


@pytest.mark.parametrize("subject", ["Re: Congress in June", "Congress in June", "August"])
def test_another_subject_is_really_changed(subject: str) -> None:
    assert really_changed(subject, subject_key("Who covers the second half of August?"))


def test_a_short_subject_inside_a_longer_one_is_another() -> None:
    assert really_changed("New vaccine", subject_key("vaccine"))


def test_no_subject_is_no_change() -> None:
    assert not really_changed("", subject_key("Locum in August"))
    assert not really_changed("Re: ", subject_key("Locum in August"))


@pytest.mark.parametrize(
    ("subject", "expected"),
    [("Re: a", True), ("[x] AW: a", True), ("Fwd: a", False), ("Regarding a", False), ("a", False), ("", False)],
)
def test_only_what_a_program_marked_is_a_reply(subject: str, expected: bool) -> None:
    assert is_reply_subject(subject) is expected


def test_a_title_keeps_the_authors_own_tag_and_the_bare_subject_does_not() -> None:
    assert title("Re: [swap] Saturday") == "[swap] Saturday"
    assert bare_subject("Re: [swap] Saturday") == "Saturday"


def test_a_subject_of_nothing_but_a_prefix_stays_readable() -> None:
    assert title("Re:") == "Re:"
