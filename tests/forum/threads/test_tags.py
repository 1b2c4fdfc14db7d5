"""Tags of subjects."""

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from forum.db import db
from forum.groups.models import Role
from forum.posting.outcomes import Published
from forum.threads.models import Post, Thread
from forum.threads.queries import threads_page
from forum.threads.subjects import subject_key
from forum.threads.tags import TAG_AT_MOST, subject_beside, tag_named, tags_in, tags_of
from tests.people import a_group, a_member, post


@pytest.mark.parametrize(
    ("subject", "tags"),
    [
        ("[ECG] Which lead is this?", ("ecg",)),
        ("Which lead is this? #ECG #urgent", ("ecg", "urgent")),
        ("Re: [journal club] AW: May #NEJM", ("journal-club", "nejm")),
        ("Neue #Leitlinie für #Ärzte", ("leitlinie", "ärzte")),
        ("[ecg][ECG] #ecg", ("ecg",)),
        ("[#ecg] twice", ("ecg",)),
        ("(#ecg, #echo)", ("ecg", "echo")),
        # Numbers, other languages' sharps, links and entities are none.
        ("Case #3 of [2] in C# at x.org/#part &#39;", ()),
        ("[EXTERNAL] [EXT] [Spam] Hello", ()),
        ("Second half (was: [ecg])", ("ecg",)),
        ("[Fwd: a long story] [was: it]", ()),
        (f"#{'x' * (TAG_AT_MOST + 1)}", ()),
        ("", ()),
    ],
)
def test_tags_are_read_from_subjects(subject: str, tags: tuple[str, ...]) -> None:
    assert tags_in(subject) == tags


@given(st.text(max_size=60))
def test_every_tag_found_is_one_and_can_be_written_again(subject: str) -> None:
    for tag in tags_in(subject):
        assert tag_named(tag) == tag
        assert tags_in(f"#{tag}") == (tag,)
        assert "/" not in tag


@given(st.lists(st.sampled_from(["[ecg]", "#ecg", "#urgent", "lead", "is", "[journal club]", "?"]), max_size=6))
def test_beside_its_tags_a_subject_says_every_other_word_and_no_tag_is_lost(words: list[str]) -> None:
    subject = " ".join(words)
    shown = subject_beside(subject, tags_in(subject))
    assert [word for word in shown.split() if word in ("lead", "is", "?")] == [
        word for word in words if word in ("lead", "is", "?")
    ]
    if {"lead", "is", "?"} & set(words):
        assert not shown.startswith(("[", "#"))
        assert not shown.endswith(("]", "#ecg", "#urgent"))
    else:
        assert bool(shown) is bool(words)
    # Of a thread without kept tags nothing is taken away.
    assert subject_beside(subject, ()) == subject


def test_a_subject_of_hashtags_alone_is_one() -> None:
    assert subject_key("Re: #ecg") == subject_key("#ecg") != ""


def tags_of_thread(thread_id: int) -> list[str]:
    return list(tags_of([thread_id]).get(thread_id, ()))


def test_tags_come_with_the_first_post_and_with_answers_but_not_from_the_groups_own_name(core: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    first = post(ann, group, "[Cardiology] [ECG] Which lead is this?")
    assert isinstance(first, Published)
    assert tags_of_thread(first.thread_id) == ["ecg"]
    second = post(ann, group, "Re: [Cardiology] [ECG] Which lead is this? #urgent", answers=first.post_id)
    assert isinstance(second, Published)
    assert second.thread_id == first.thread_id
    assert tags_of_thread(first.thread_id) == ["ecg", "urgent"]
    assert db.session.get_one(Thread, first.thread_id).subject == "[ECG] Which lead is this?"
    other = post(ann, group, "Nothing of this kind")
    assert isinstance(other, Published)
    assert [thread.id for thread in threads_page(group.id, tag="#ECG")] == [first.thread_id]


def test_only_what_a_moderator_announces_is_special_and_not_the_answers_to_it(core: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    moe = a_member("moe@example.org", "Moe Idris", group, role=Role.MODERATOR)
    post(ann, group, "[special] Not for me to say")
    announced = post(moe, group, "The meeting moves #special")
    assert isinstance(announced, Published)
    post(moe, group, "Re: The meeting moves #special", answers=announced.post_id)
    post(moe, group, "An ordinary question")
    special = db.session.scalars(select(Post.special).order_by(Post.published_no)).all()
    assert special == [False, True, False, False]
