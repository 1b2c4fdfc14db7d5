"""The words of the demo community hold together, and nothing in them could be taken for somebody real."""

import re
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest

from forum.demo.content import DemoContent, load, read_groups, read_held, read_threads
from forum.demo.drawing import fill_circles, make_people
from forum.demo.people import read_personas
from forum.demo.toml import ContentError, Table, read_table
from forum.threads.tags import tags_in

# A host name as a mail program would link it: labels and a top-level name of letters.
HOST = re.compile(r"(?<![\w.])(?:[a-z0-9-]+\.)+[a-z]{2,}(?![\w.]*\()", re.IGNORECASE)
INVENTED_HOST = re.compile(r"(?:.+\.)?(?:example|example\.(?:org|com|net))", re.IGNORECASE)
PHONE_NUMBER = re.compile(r"\+\d[\d ()/-]{6,}|\b\d{3}[ .-]\d{3,4}[ .-]\d{4}\b|\(\d{3}\) ?\d{3}|\b\d{7,}\b")


@pytest.fixture(scope="module")
def content() -> DemoContent:
    return load()


def every_text(content: DemoContent) -> list[str]:
    texts = [group.description for group in content.groups] + [persona.story for persona in content.personas]
    for thread in content.threads:
        texts.append(thread.subject)
        for post in thread.posts:
            texts.append(post.text)
            texts += [attachment.text for attachment in post.attachments]
    return texts + [held.text for held in content.held] + [held.subject for held in content.held]


def thread_table(**changes: object) -> Table:
    thread: dict[str, object] = {
        "group": "cardiology",
        "subject": "A question",
        "ago": "1d",
        "post": [{"by": "tomas", "text": "Hello"}, {"by": "resident#1", "after": "2h", "text": "Hello {to}"}],
    }
    return Table("test.toml", {"thread": [thread | changes]})


def read_one(content: DemoContent, table: Table) -> str:
    groups = {group.slug: group for group in content.groups}
    return read_threads(table, groups, content.people)[0].posts[-1].text


def test_the_community_is_large_enough_to_look_alive(content: DemoContent) -> None:
    assert len(content.people) == 406
    assert len(content.personas) == 6
    assert len(content.threads) >= 110
    assert sum(len(thread.posts) for thread in content.threads) >= 450
    assert max(len(thread.posts) for thread in content.threads) > 60
    assert sum(len(thread.posts) == 1 for thread in content.threads) >= 3
    assert sum(bool(post.attachments) for thread in content.threads for post in thread.posts) == 4
    assert len(content.held) == 3


def test_the_tree_has_every_kind_of_group_and_something_to_read_in_each(content: DemoContent) -> None:
    kinds = [group.kind for group in content.groups]
    assert {kind: kinds.count(kind) for kind in sorted(set(kinds))} == {
        "circle": 3, "community": 1, "interest": 9, "region": 21, "specialty": 18,
    }  # fmt: skip
    assert {group.slug for group in content.groups} == {thread.group for thread in content.threads}


def test_loading_twice_gives_the_same_content(content: DemoContent) -> None:
    assert load() == content


def test_no_two_people_share_a_key_a_name_or_an_address(content: DemoContent) -> None:
    for values in (
        [person.key for person in content.people],
        [person.name for person in content.people],
        [person.email for person in content.people],
    ):
        assert len(values) == len(set(values))


def test_every_address_is_plain_and_under_example(content: DemoContent) -> None:
    for person in content.people:
        assert re.fullmatch(r"[a-z-]+\.[a-z-]+@[a-z-]+\.example", person.email), person.email


def test_everybody_has_a_clock_and_is_in_the_community_and_in_every_group_once(content: DemoContent) -> None:
    slugs = {group.slug for group in content.groups}
    for person in content.people:
        ZoneInfo(person.time_zone)
        groups = [membership.group for membership in person.groups]
        assert "community" in groups
        assert len(groups) == len(set(groups))
        assert set(groups) <= slugs


def test_every_group_has_somebody_who_looks_after_it(content: DemoContent) -> None:
    for group in content.groups:
        roles = [
            membership.role for person in content.people for membership in [person.membership(group.slug)] if membership
        ]
        assert {"moderator", "owner"} & set(roles), group.slug


def test_a_circle_has_eight_members(content: DemoContent) -> None:
    for circle in (group for group in content.groups if group.kind == "circle"):
        assert sum(person.membership(circle.slug) is not None for person in content.people) == circle.size == 8


def test_the_personas_cover_what_a_visitor_wants_to_try(content: DemoContent) -> None:
    people = {person.key: person for person in content.people}
    memberships = {key: {m.group: m for m in people[key].groups} for key in (p.key for p in content.personas)}
    assert memberships["ingrid"]["community"].role == "owner"
    assert memberships["tomas"]["cardiology"].role == "moderator"
    assert {membership.delivery for membership in memberships["noor"].values()} == {"single"}
    assert memberships["aoife"]["community"].delivery == "digest"
    assert people["daniel"].newcomer
    assert "circle-new-attendings" in memberships["grace"]


def test_a_good_part_of_the_threads_has_a_tag_and_one_is_for_everybody(content: DemoContent) -> None:
    tags = [tags_in(thread.subject) for thread in content.threads]
    assert sum(bool(each) for each in tags) > 50
    assert sum("special" in each for each in tags) == 1
    assert all(len(each) <= 1 for each in tags)


def test_what_personas_follow_and_mute_is_on_threads_of_their_groups(content: DemoContent) -> None:
    used = {(thread.group, tag) for thread in content.threads for tag in tags_in(thread.subject)}
    chosen = [each for person in content.people for each in person.tags]
    assert {each.choice for each in chosen} == {"follow", "mute"}
    assert {(each.group, each.tag) for each in chosen} <= used


def test_every_author_is_a_member_of_the_group_posted_in(content: DemoContent) -> None:
    people = {person.key: person for person in content.people}
    for thread in content.threads:
        for post in thread.posts:
            assert people[post.author].membership(thread.group), f"{post.author} in {thread.group}"
    for held in content.held:
        assert people[held.author].membership(held.group)


def test_a_reply_answers_an_earlier_post_and_is_later_than_it(content: DemoContent) -> None:
    for thread in content.threads:
        assert thread.posts[0].reply_to is None
        for index, post in enumerate(thread.posts[1:], start=1):
            assert post.reply_to is not None
            assert 0 <= post.reply_to < index
            assert post.minutes_ago < thread.posts[post.reply_to].minutes_ago
        times = [post.minutes_ago for post in thread.posts]
        assert times == sorted(times, reverse=True)


def test_the_demo_looks_alive_today_and_goes_back_three_months(content: DemoContent) -> None:
    ages = [post.minutes_ago for thread in content.threads for post in thread.posts]
    assert 1 <= min(ages) < 120
    assert 80 * 1440 < max(ages) <= 92 * 1440
    assert sum(age < 2 * 1440 for age in ages) >= 20


def test_no_author_says_the_same_twice_or_writes_faster_than_the_hourly_quota(content: DemoContent) -> None:
    written: dict[str, list[tuple[int, str]]] = {}
    for thread in content.threads:
        for post in thread.posts:
            written.setdefault(post.author, []).append((post.minutes_ago, post.text))
    for author, posts in written.items():
        assert len({text for _, text in posts}) == len(posts), author
        for time, _ in posts:
            assert sum(time <= other < time + 60 for other, _ in posts) <= 10, author


def test_newcomers_have_only_held_posts(content: DemoContent) -> None:
    newcomers = {person.key for person in content.people if person.newcomer}
    assert newcomers == {"daniel"}
    assert not newcomers & {post.author for thread in content.threads for post in thread.posts}
    assert [(held.because, held.author in newcomers) for held in content.held] == [
        ("newcomer", True), ("claimed", False), ("newcomer", True),
    ]  # fmt: skip


def test_what_newcomers_wait_for_is_held_because_the_group_says_so(content: DemoContent) -> None:
    moderate = {group.slug: group.moderate for group in content.groups}
    assert {moderate[held.group] for held in content.held if held.because == "newcomer"} == {"newcomers"}


def test_both_doors_and_every_length_are_there(content: DemoContent) -> None:
    posts = [post for thread in content.threads for post in thread.posts]
    assert sum(post.via == "mail" for post in posts) > 150 < sum(post.via == "web" for post in posts)
    lengths = sorted(len(post.text.split()) for post in posts)
    assert lengths[0] <= 2
    assert 120 <= lengths[-1] <= 260


def test_posts_by_mail_are_plain_text(content: DemoContent) -> None:
    for thread in content.threads:
        for post in thread.posts:
            if post.via == "mail":
                assert not re.search(r"\*\*|```|^\||\]\(", post.text, re.MULTILINE), post.text


def test_names_are_filled_in_and_no_placeholder_is_left(content: DemoContent) -> None:
    for text in every_text(content):
        assert not re.search(r"\{\w[\w ]*\}", text), text


def test_nothing_looks_like_a_telephone_number(content: DemoContent) -> None:
    for text in every_text(content):
        assert not PHONE_NUMBER.search(text), text


def test_every_host_named_is_an_invented_one(content: DemoContent) -> None:
    hosts = [host for text in every_text(content) for host in HOST.findall(text)]
    assert "stats.example.org" in hosts
    assert [host for host in hosts if not INVENTED_HOST.fullmatch(host)] == []


def test_descriptions_and_stories_keep_to_the_plain_words(content: DemoContent) -> None:
    for group in content.groups:
        assert len(re.findall(r"[.?](?=\s|$)", group.description)) == 2, group.description
        assert "rite first" in group.description or "Begin by" in group.description, group.description
    for text in [group.description for group in content.groups] + [persona.story for persona in content.personas]:
        assert not re.search(r"\b(she|he|her|his|him|hers)\b|!", text, re.IGNORECASE), text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"group": "astrology"}, "there is no group astrology"),
        ({"tag": ["x"]}, "unknown tag"),
        ({"ago": "1h"}, "written in the future"),
        ({"ago": "yesterday"}, "must be a span such as"),
        ({"post": []}, "needs a post"),
        ({"post": [{"by": "nobody", "text": "x"}]}, "there is no person nobody"),
        ({"post": [{"by": "noor", "text": "x"}]}, "noor is not a member of cardiology"),
        ({"post": [{"by": "resident#99", "text": "x"}]}, "resident#99 is nobody"),
        ({"post": [{"by": "resident", "text": "x"}]}, "there is no person resident"),
        ({"post": [{"by": "tomas", "text": "Dear {to}"}]}, "answers nothing"),
        ({"post": [{"by": "tomas", "text": "x", "via": "fax"}]}, "via must be one of web, mail"),
        (
            {
                "post": [
                    {"by": "tomas", "text": "x"},
                    {"by": "tomas", "after": "1h", "reply_to": 1, "text": "y"},
                ]
            },
            "index of an earlier post",
        ),
        (
            {"post": [{"by": "resident#1", "text": "x"}, {"by": "cardiology,resident#1", "after": "1h", "text": "y"}]},
            "are both sana.naidu",
        ),
    ],
)
def test_a_slip_in_a_thread_is_named(content: DemoContent, changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(ContentError, match=r"test\.toml, thread A question") as raised:
        read_one(content, thread_table(**changes))
    assert sentence in str(raised.value)


def test_a_reply_greets_whom_it_answers(content: DemoContent) -> None:
    assert read_one(content, thread_table()) == "Hello Tomás\n"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"group": "boston"}, "boston is no group of this persona"),
        ({"choice": "hide"}, "choice must be one of follow, mute"),
        ({"tags": ["x"]}, "unknown tags"),
    ],
)
def test_a_slip_in_a_chosen_tag_is_named(content: DemoContent, changes: dict[str, object], sentence: str) -> None:
    groups = {group.slug: group for group in content.groups}
    table = read_table(files("forum.demo") / "content" / "personas.toml")
    tomas = next(each for each in table.tables("persona") if each.text("key") == "tomas").values
    tag = {"group": "cardiology", "tag": "ecg", "choice": "follow"} | changes
    with pytest.raises(ContentError, match="persona tomas, tag ecg") as raised:
        read_personas(Table("test.toml", {"persona": [tomas | {"tag": [tag]}]}), groups)
    assert sentence in str(raised.value)


@pytest.mark.parametrize(
    ("group", "sentence"),
    [
        ({"slug": "Cardio Logy"}, "a slug is 1 to 40"),
        ({"slug": "c" * 41}, "a slug is 1 to 40"),
        ({"slug": "c" * 35, "listed": False}, "a slug is 1 to 34"),
        ({"slug": "banyan"}, "reserved"),
        ({"slug": "heart-help"}, "reserved"),
        ({"slug": "root"}, "used twice"),
        ({"slug": "a", "parent": "b"}, "must stand above"),
        ({"slug": "a", "parent": ""}, "alone has no parent"),
        ({"slug": "a", "kind": "club"}, "kind must be one of"),
        ({"slug": "a", "kind": "circle", "size": 12}, "a size of 7 to 9"),
        ({"slug": "a", "join": 3}, "join must be a text"),
        ({"slug": "a", "listed": "no"}, "listed must be true or false"),
    ],
)
def test_a_slip_in_the_tree_is_named(group: dict[str, object], sentence: str) -> None:
    root = {"slug": "root", "name": "Root", "kind": "community", "join": "invite", "description": "x"}
    good = {"name": "A", "kind": "interest", "parent": "root", "join": "open", "description": "x"}
    with pytest.raises(ContentError, match="group") as raised:
        read_groups(Table("test.toml", {"group": [root, good | group]}))
    assert sentence in str(raised.value)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"reply_to_subject": "Nothing of the kind"}, "there is no thread"),
        ({"because": "boredom"}, "because must be one of"),
        ({"because": "claimed"}, "does not fit"),
        ({"subject": ""}, "subject must be a text"),
    ],
)
def test_a_slip_in_a_held_post_is_named(content: DemoContent, changes: dict[str, object], sentence: str) -> None:
    held = {
        "group": "cardiology", "by": "daniel", "subject": "Hello", "ago": "1h", "via": "web", "because": "newcomer",
        "text": "x",
    }  # fmt: skip
    groups = {group.slug: group for group in content.groups}
    with pytest.raises(ContentError, match=r"test\.toml, held 0") as raised:
        read_held(Table("test.toml", {"held": [held | changes]}), list(content.threads), groups, content.people)
    assert sentence in str(raised.value)


def test_a_circle_that_cannot_be_filled_is_named(content: DemoContent) -> None:
    groups = {group.slug: group for group in content.groups}
    with pytest.raises(ContentError, match="too few people to draw circle-new-attendings from"):
        fill_circles((), groups)


def test_an_unknown_specialty_in_the_lists_is_named(content: DemoContent) -> None:
    file = read_table(files("forum.demo") / "content" / "people.toml")
    changed = Table(file.where, file.values | {"specialties": {"astrology": 1}})
    with pytest.raises(ContentError, match="there is no group astrology"):
        make_people(changed, {group.slug: group for group in content.groups})
