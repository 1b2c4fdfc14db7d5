"""One suite for both engines: `core` is Whoosh on SQLite, then PostgreSQL's full text on PostgreSQL."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forum.accounts.models import Member
from forum.clock import now
from forum.db import db, transaction
from forum.groups.actions import create_group
from forum.groups.models import Group, Kind, Membership, Role, Standing
from forum.groups.queries import community
from forum.groups.rights import viewer_of
from forum.posting.outcomes import Published
from forum.search import NOTHING, Found, Query, search_posts
from forum.threads.models import Post, Thread
from tests.people import a_group, a_member, post

Ask = Callable[..., Found]
Index = Callable[[], int]


def published(*args: object, **kwargs: object) -> int:
    outcome = post(*args, **kwargs)  # type: ignore[arg-type]
    assert isinstance(outcome, Published)
    return outcome.post_id


def change(post_id: int, **columns: object) -> None:
    with transaction() as session:
        row = session.get_one(Post, post_id)
        for name, value in columns.items():
            setattr(row, name, value)


def ids(found: Found) -> list[int]:
    return [hit.post_id for hit in found.hits]


@pytest.fixture
def cardiology(core: Flask) -> Group:
    return a_group()


@pytest.fixture
def ann(cardiology: Group) -> Member:
    return a_member("ann@example.org", "Ann Lee", cardiology)


@pytest.fixture
def jose(cardiology: Group) -> Member:
    return a_member("jose@example.org", "José García", cardiology)


def test_a_post_is_found_with_all_that_a_page_shows(ann: Member, cardiology: Group, index: Index, ask: Ask) -> None:
    post_id = published(ann, cardiology, "Sepsis protocols", "Our protocol <b>changed</b> in May.")
    index()
    found = ask(ann, "protocol")
    assert (found.total, found.page, found.pages) == (1, 1, 1)
    hit = found.hits[0]
    row = db.session.get_one(Post, post_id)
    assert (hit.post_id, hit.public_id, hit.thread_public_id) == (post_id, row.public_id, row.thread.public_id)
    assert (hit.group_slug, hit.group_name, hit.subject) == ("cardiology", "Cardiology", "Sepsis protocols")
    assert (hit.byline, hit.created_at) == ("Ann Lee", row.created_at)
    assert hit.excerpt == "Our <mark>protocol</mark> &lt;b&gt;changed&lt;/b&gt; in May."


FOUND_BY = [
    ("vaccination", True),
    ("VACCINATIONS", True),
    ("vaccinated", True),
    ("vaccinat*", True),
    ("vacc*", True),
    ("medicat*", False),
    ("clinic vaccination", True),
    ("clinic orthopaedics", False),
    ('"night clinic"', True),
    ('"clinic night"', False),
    ('"vaccination resume"', False),
    ('"to the night"', True),
    ("night-clinic", True),
    ("vaccination -clinic", False),
    ("vaccination -orthopaedics", True),
    ('vaccination -"clinic night"', True),
    ("-orthopaedics", True),
    ("-clinic", False),
    ("resume", True),
    ("résumé", True),
    ("garcia", True),
    ("García flu", True),
    ("don't", True),
    ("dont", True),
    ("the", True),
    ("夜勤", True),
    ("勤夜", False),
    ("b12", True),
]


def test_what_words_find(jose: Member, cardiology: Group, index: Index, ask: Ask) -> None:
    text = "Résumés come to the night clinic, don't forget B12 表 夜勤の予定"
    published(jose, cardiology, "Flu vaccinations", text)
    index()
    assert [(words, ask(jose, words).total == 1) for words, _ in FOUND_BY] == FOUND_BY


def test_a_phrase_does_not_reach_from_the_subject_into_the_text(
    ann: Member, cardiology: Group, index: Index, ask: Ask
) -> None:
    published(ann, cardiology, "Locum cover", "August is open.")
    index()
    assert ask(ann, "cover august").total == 1
    assert ask(ann, '"cover august"').total == 0
    assert ask(ann, '"lee august"').total == 0


def test_the_subject_counts_more_and_among_equals_the_newest_is_first(
    ann: Member, cardiology: Group, index: Index, ask: Ask
) -> None:
    in_text = published(ann, cardiology, "Something else", "Is there a guideline about troponin at all?")
    in_subject = published(ann, cardiology, "Troponin", "Is there a guideline about that at all here?")
    older = published(ann, cardiology, "Rota", "Equal words about ablation.")
    newer = published(ann, cardiology, "Rota", "Equal words about ablation.")
    oldest = published(ann, cardiology, "Rota", "Equal words about ablation.")
    change(oldest, created_at=now() - timedelta(days=900))
    index()
    assert ids(ask(ann, "troponin")) == [in_subject, in_text]
    assert ids(ask(ann, "ablation")) == [newer, older, oldest]


def test_filters_by_group_author_and_day(ann: Member, jose: Member, cardiology: Group, index: Index, ask: Ask) -> None:
    other = a_group("nephrology", "Nephrology")
    with transaction() as session:
        session.add(Membership(member_id=ann.id, group_id=other.id))
        session.get_one(Member, ann.id).time_zone = "Pacific/Auckland"
    here = published(ann, cardiology, "Dialysis", "At night")
    there = published(ann, other, "Dialysis", "By day")
    his = published(jose, cardiology, "Dialysis", "Either")
    # 15 May in Auckland begins at noon of the 14th in UTC.
    change(here, created_at=datetime(2026, 5, 14, 11, 59, tzinfo=UTC))
    change(there, created_at=datetime(2026, 5, 14, 12, 1, tzinfo=UTC))
    change(his, created_at=datetime(2026, 5, 15, 12, 1, tzinfo=UTC))
    index()
    assert sorted(ids(ask(ann, "dialysis"))) == [here, there, his]
    assert ids(ask(ann, "dialysis", group_slug="nephrology")) == [there]
    assert ids(ask(ann, "dialysis", author="garcia")) == [his]
    assert ids(ask(ann, "", author="José")) == [his]
    assert ask(ann, "dialysis", author="dialysis").total == 0
    assert ids(ask(ann, "dialysis", since=date(2026, 5, 15), until=date(2026, 5, 15))) == [there]
    assert ids(ask(ann, "", until=date(2026, 5, 14))) == [here]
    assert ids(ask(ann, "", since=date(2026, 5, 15))) == [his, there]
    assert ask(ann, "dialysis", since=date.min, until=date.max).total == 3
    assert ask(ann, "dialysis", since=date.max, until=date.min).total == 0


def test_without_words_and_filters_nothing_is_found(ann: Member, cardiology: Group, index: Index, ask: Ask) -> None:
    post_id = published(ann, cardiology)
    index()
    assert ask(ann, " ") == NOTHING
    assert ask(ann, "!!!", group_slug="cardiology") == NOTHING
    assert ids(ask(ann, "", group_slug="cardiology")) == [post_id]


def test_pages_are_cut_at_twenty_and_end_at_the_last(cardiology: Group, index: Index, ask: Ask) -> None:
    members = [a_member(f"m{number}@example.org", f"M {number}", cardiology) for number in range(3)]
    made = [published(members[number % 3], cardiology, f"Bed {number}", "Ward round") for number in range(45)]
    index()
    seen: list[int] = []
    for page in (1, 2, 3):
        found = ask(members[0], "ward", page=page)
        assert (found.total, found.page, found.pages) == (45, page, 3)
        seen += ids(found)
    assert sorted(seen) == made
    assert len(found.hits) == 5
    assert ask(members[0], "ward", page=99).page == 3
    assert ask(members[0], "ward", page=10**30).page == 3
    assert ask(members[0], "ward", page=-4).page == 1


def test_only_posts_that_the_viewer_may_read_are_found_and_counted(
    ann: Member, cardiology: Group, index: Index, ask: Ask
) -> None:
    hidden = a_group("whistle", "Whistleblowers", listed=False)
    circle = a_group("circle", "Circle of eight", kind=Kind.CIRCLE)
    cliff = a_member("cliff@example.org", "Cliff", cardiology, hidden, circle)
    owner = a_member("owner@example.org", "Olga", community(), role=Role.OWNER)
    for group in (cardiology, hidden, circle):
        published(cliff, group, "Burnout", "About burnout.")
    index()
    assert ask(cliff, "burnout").total == 3
    assert [hit.group_slug for hit in ask(ann, "burnout").hits] == ["cardiology"]
    assert ask(ann, "burnout").total == 1
    assert {hit.group_slug for hit in ask(owner, "burnout").hits} == {"cardiology", "whistle"}
    outsider = a_member("out@example.org", "Ulrich")
    for slug in (None, "cardiology", "whistle", "circle", "no-such-group", "Not A Slug\x00"):
        assert ask(outsider, "burnout", group_slug=slug) == NOTHING


def test_losing_the_right_to_read_takes_effect_at_once(ann: Member, cardiology: Group, index: Index, ask: Ask) -> None:
    published(ann, cardiology, "Burnout")
    index()
    assert ask(ann, "burnout").total == 1
    with transaction() as session:
        session.query(Membership).filter_by(member_id=ann.id, group_id=cardiology.id).one().standing = Standing.BANNED
    assert ask(ann, "burnout") == NOTHING


def test_a_thread_that_moves_takes_its_posts_along_at_once(
    ann: Member, cardiology: Group, index: Index, ask: Ask
) -> None:
    post_id = published(ann, cardiology, "Burnout")
    index()
    with transaction() as session:
        below = create_group("closed", "Closed", parent=cardiology, kind=Kind.INTEREST)
        session.flush()
        session.get_one(Thread, session.get_one(Post, post_id).thread_id).group_id = below.id
    assert ask(ann, "burnout").total == 0
    inside = a_member("in@example.org", "Ines", below)
    assert ids(ask(inside, "burnout", group_slug="closed")) == [post_id]


def test_an_erased_post_is_never_found_even_before_it_is_unindexed(
    ann: Member, cardiology: Group, index: Index, ask: Ask
) -> None:
    post_id = published(ann, cardiology, "Burnout")
    index()
    change(post_id, erased_at=now())
    for filters in ({}, {"group_slug": "cardiology"}):
        assert ask(ann, "burnout", **filters) == NOTHING
    assert ask(ann, "", group_slug="cardiology") == NOTHING


def test_a_members_quoted_address_is_neither_found_nor_shown(
    ann: Member, jose: Member, cardiology: Group, index: Index, ask: Ask
) -> None:
    text = "On 3 May 2026 at 10:11, jose@example.org wrote:\n> Who covers?\nI do. Write to rota@hospital.example too."
    published(ann, cardiology, "Cover", text)
    index()
    assert ask(ann, '"jose example org"').total == 0
    assert ask(ann, "rota@hospital.example").total == 1
    assert "jose@example.org" not in ask(ann, "covers").hits[0].excerpt


def test_text_of_any_kind_and_length_is_indexed(ann: Member, cardiology: Group, index: Index, ask: Ask) -> None:
    strange = "".join(chr(code) for code in range(1, 0x3000) if not 0xD800 <= code < 0xE000)
    long = " ".join(f"w{number:x}" for number in range(60_000))
    first = published(ann, cardiology, "Odd", f"{strange} troponin")
    second = published(ann, cardiology, "Long", f"ablation {long}")
    index()
    assert ids(ask(ann, "troponin")) == [first]
    assert ids(ask(ann, "ablation w10 w3a7")) == [second]


@pytest.fixture
def a_post_of_letters(ann: Member, cardiology: Group, index: Index) -> Member:
    published(ann, cardiology, "a b", "ab é")
    index()
    return ann


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    words=st.one_of(st.text(), st.text(alphabet="ab \"'-*:&|!()<>\\\x00\u00e9%")),
    author=st.none() | st.text(),
    slug=st.none() | st.text(),
    since=st.none() | st.dates(),
    until=st.none() | st.dates(),
    page=st.integers(),
)
def test_any_query_whatever_gives_an_answer(
    a_post_of_letters: Member,
    words: str,
    author: str | None,
    slug: str | None,
    since: date | None,
    until: date | None,
    page: int,
) -> None:
    viewer = viewer_of(a_post_of_letters)
    assert viewer is not None
    found = search_posts(viewer, Query(words, slug, author, since, until, page))
    assert len(found.hits) <= found.total
    assert 1 <= found.page <= found.pages


def test_tags_are_asked_for_by_name_alone_or_beside_words(
    ann: Member, cardiology: Group, index: Index, ask: Ask
) -> None:
    first = published(ann, cardiology, "Which lead is this? #ecg", "The third one")
    second = published(ann, cardiology, "[ECG] [journal club] May", "A paper on leads")
    third = published(ann, cardiology, "Coffee", "An ecg without a tag")
    index()
    assert ids(ask(ann, "tag:ecg")) == ids(ask(ann, "TAG:#ECG")) == [second, first]
    assert ids(ask(ann, "tag:ecg paper")) == [second]
    assert ids(ask(ann, 'tag:"journal club"')) == ids(ask(ann, "tag:journal-club tag:ecg")) == [second]
    assert ids(ask(ann, "ecg -tag:ecg")) == [third]
    assert ids(ask(ann, "-tag:ecg")) == [third]
    assert ask(ann, "tag:none") == ask(ann, "tag:#1") == NOTHING
    bea = a_member("bea@example.org", "Bea Okafor")
    assert ask(bea, "tag:ecg") == NOTHING


def test_an_answer_under_a_new_tag_makes_its_whole_thread_findable(
    ann: Member, cardiology: Group, index: Index, ask: Ask
) -> None:
    first = published(ann, cardiology, "Which lead is this?", "The third one")
    index()
    second = published(ann, cardiology, "Re: Which lead is this? #ecg", "No", answers=first)
    assert ids(ask(ann, "tag:ecg")) == [second, first]
