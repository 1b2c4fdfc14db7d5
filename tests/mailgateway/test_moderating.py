"""The words of moderators: what an answer asks for, what a summary's numbers decide, and text made safe to read."""

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgateway.defuse import defused
from mailgateway.moderating_words import ANSWER_LINE, Act, Letter, own_words, read_answer, read_choices


@pytest.mark.parametrize(
    "text",
    ["", "\n \n", "approve", "Approve.", "*APPROVE*", "yes!", "“yes”", "- approve", "approve, all good", "> Why?\nyes"],
)
def test_nothing_approve_and_yes_approve(text: str) -> None:
    assert read_answer(own_words(text)).acts == (Act.APPROVE,)


@pytest.mark.parametrize(
    "text",
    ["ok", "approved", "please approve", "I reject this", "edit the last line", "no", "rejecting", "yesterday", "👍"],
)
def test_any_other_first_word_asks_for_nothing(text: str) -> None:
    assert read_answer(own_words(text)).acts == ()


@pytest.mark.parametrize(
    ("text", "act", "words"),
    [
        ("Reject: off topic", Act.REJECT, "off topic"),
        ("reject - off topic\nand late", Act.REJECT, "off topic\nand late"),
        ("RETURN\n\nSay where.", Act.RETURN, "Say where."),
        ("reject", Act.REJECT, ""),
        ("edit\n  New words.\n\n> a quote\nMore.", Act.EDIT, "New words.\n\n> a quote\nMore."),
        ("Edit: New words.", Act.EDIT, "New words."),
        ("notices summary", Act.NOTICES, "summary"),
    ],
)
def test_some_words_take_the_rest_with_them(text: str, act: Act, words: str) -> None:
    asked = read_answer(own_words(text))
    assert (asked.acts, asked.words) == ((act,), words)


@pytest.mark.parametrize(
    ("text", "acts", "minutes"),
    [
        ("approve and trust", (Act.APPROVE, Act.TRUST), None),
        ("Trust", (Act.TRUST,), None),
        ("approve all by this author. Hold thread!", (Act.APPROVE_ALL, Act.HOLD_THREAD), None),
        ("approve\nslow this thread 2 hours", (Act.APPROVE, Act.SLOW_THREAD), 120),
        ("slow thread 30", (Act.SLOW_THREAD,), 30),
        ("hold group", (Act.HOLD_GROUP,), None),
        ("release the list", (Act.RELEASE_GROUP,), None),
        # The first word has decided; the rest is only said.
        ("approve. Return to work soon", (Act.APPROVE,), None),
        ("yes\nTrust me, it is fine", (Act.APPROVE,), None),
    ],
)
def test_several_acts_stand_in_one_answer(text: str, acts: tuple[Act, ...], minutes: int) -> None:
    asked = read_answer(own_words(text))
    assert (asked.acts, asked.minutes) == (acts, minutes)


@pytest.mark.parametrize(
    ("text", "acts", "words", "lengths"),
    [
        ("Mute 7 days: too heated", (Act.MUTE,), "too heated", {Act.MUTE: timedelta(days=7)}),
        ("mute the author for a week:\nTwo threads.", (Act.MUTE,), "Two threads.", {Act.MUTE: timedelta(days=7)}),
        ("mute until 2027-01-31: heat", (Act.MUTE,), "heat", {Act.MUTE: date(2027, 1, 31)}),
        ("ban: sold addresses", (Act.BAN,), "sold addresses", {}),
        ("*Ban* 30 days: sold\naddresses", (Act.BAN,), "sold\naddresses", {Act.BAN: timedelta(days=30)}),
        # Without a colon there is no reason, and nothing is done without one.
        ("Ban on phones looks fine to me", (Act.BAN,), "", {}),
        ("mute 7 days\n\nMo", (Act.MUTE,), "", {Act.MUTE: timedelta(days=7)}),
        ("lock thread", (Act.LOCK_THREAD,), "", {}),
        ("Lock this thread for 2 days: Enough.", (Act.LOCK_THREAD,), "Enough.", {Act.LOCK_THREAD: timedelta(days=2)}),
        ("hold thread until 2027-02-31", (Act.HOLD_THREAD,), "", {}),
        ("approve, unlock thread", (Act.APPROVE, Act.UNLOCK_THREAD), "", {}),
        ("reject and mute 7 days: spam", (Act.REJECT, Act.MUTE), "spam", {Act.MUTE: timedelta(days=7)}),
        ("mute 2 weeks and reject: spam", (Act.REJECT, Act.MUTE), "spam", {Act.MUTE: timedelta(days=14)}),
        ("return, ban on phones is no case", (Act.RETURN,), "ban on phones is no case", {}),
        ("reject: mute 7 days would be more", (Act.REJECT,), "mute 7 days would be more", {}),
    ],
)
def test_a_restriction_says_how_long_and_why(
    text: str, acts: tuple[Act, ...], words: str, lengths: dict[Act, timedelta | date]
) -> None:
    asked = read_answer(own_words(text))
    assert (asked.acts, asked.words, asked.lengths) == (acts, words, lengths)


def test_a_slow_pace_has_minutes_and_a_length_of_its_own() -> None:
    asked = read_answer("approve and slow thread 30 minutes for 2 days: One at a time.")
    assert (asked.minutes, asked.lengths, asked.words) == (
        30,
        {Act.SLOW_THREAD: timedelta(days=2)},
        "One at a time.",
    )


@pytest.mark.parametrize(
    ("text", "acts", "place", "words"),
    [
        ("move to advocacy", (Act.MOVE,), "advocacy", ""),
        ("Move it to advocacy-room@lists.localhost: about fees", (Act.MOVE,), "advocacy-room", "about fees"),
        ("move this post to er.\n\nMo", (Act.MOVE,), "er", ""),
        ("move to the advocacy room", (), "", ""),
        ("approve. Move to er: no", (Act.APPROVE,), "", ""),
    ],
)
def test_a_post_is_moved_to_the_group_that_is_named(text: str, acts: tuple[Act, ...], place: str, words: str) -> None:
    asked = read_answer(own_words(text))
    assert (asked.acts, asked.place, asked.words) == (acts, place, words)


def test_what_stands_under_our_own_line_is_ours() -> None:
    assert own_words(f"approve\n{ANSWER_LINE}\n\nreject and a reason: it does not go out") == "approve"
    assert own_words(f"\n> {ANSWER_LINE}\nA post waits.") == ""


@given(st.text(max_size=300))
def test_no_answer_breaks_the_reading(text: str) -> None:
    asked = read_answer(own_words(text))
    assert len(set(asked.acts)) == len(asked.acts)
    assert not {Act.REJECT, Act.RETURN} <= set(asked.acts)
    choices, _unread = read_choices(text, 20)
    assert all(1 <= choice.place <= 20 for choice in choices)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1a 2r:off-topic 3t", [(1, "a", ""), (2, "r", "off-topic"), (3, "t", "")]),
        ("1a 2r 3r:off-topic", [(1, "a", ""), (2, "r", ""), (3, "r", "off-topic")]),
        ("1-3a", [(1, "a", ""), (2, "a", ""), (3, "a", "")]),
        ("All a\n", [(place, "a", "") for place in range(1, 6)]),
        ("2b: say where 3 people met\n1 approve", [(1, "a", ""), (2, "b", "say where 3 people met")]),
        ("1r:no\n1a", [(1, "r", "no")]),
        ("5c", [(5, "c", "")]),
    ],
)
def test_numbers_and_letters_decide(text: str, expected: list[tuple[int, str, str]]) -> None:
    choices, unread = read_choices(text, 5)
    assert [(choice.place, choice.letter.value, choice.reason) for choice in choices] == expected
    assert not unread


@pytest.mark.parametrize("text", ["hello", "6a", "0a", "3-2a", "1x", "", "approve"])
def test_what_is_no_decision_decides_nothing(text: str) -> None:
    assert not read_choices(text, 5)[0]


@given(st.dictionaries(st.integers(1, 20), st.sampled_from(list(Letter)), min_size=1))
def test_every_list_of_decisions_is_read_as_it_is_written(wanted: dict[int, Letter]) -> None:
    choices, unread = read_choices(" ".join(f"{place}{letter}" for place, letter in wanted.items()), 20)
    assert {choice.place: choice.letter for choice in choices} == wanted
    assert not unread


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://evil.example/login?a=b.c", "hxxps://evil[.]example/login?a=b.c"),
        ("Go to www.evil.example, or evil.com.", "Go to www[.]evil[.]example, or evil[.]com."),
        ("ann@example.org", "ann[at]example[.]org"),
        ("mailto:ann@example.org", "mailto:ann[at]example[.]org"),
        ("javascript:alert(1)", "[javascript]:alert(1)"),
        ("Dose 1.5 mg, e.g. at 8.30. Dr.Smith agrees.", "Dose 1.5 mg, e.g. at 8.30. Dr.Smith agrees."),
    ],
)
def test_links_and_addresses_of_others_cannot_be_clicked(text: str, shown: str) -> None:
    assert defused(text) == shown


@given(st.text(max_size=200), st.sampled_from(["http://a.example/x", "www.a.example", "ann@a.example"]))
def test_nothing_to_click_is_left_whatever_stands_around_it(around: str, live: str) -> None:
    shown = defused(f"{around} {live} {around}")
    assert not re.search(r"https?://|www\.a\.example|ann@a\.example", shown, re.IGNORECASE) or re.search(
        r"https?://|www\.a|ann@", around, re.IGNORECASE
    )
