import pytest
from flask import Flask

from forum.accounts.actions import add_placeholder, attach_placeholder_address
from forum.db import transaction
from tests.forum.cli.conftest import Run


@pytest.fixture
def site(run: Run) -> Run:
    run("group", "create", "cardiology", "--name", "Cardiology")
    run("group", "create", "locums", "--name", "Locums")
    return run


def add(run: Run, *words: str) -> None:
    assert run("member", "add", "ann@example.org", "--name", "Ann Lee", *words).code == 0


def test_a_new_member_belongs_to_the_community_and_to_the_groups_named(site: Run) -> None:
    add(site, "--group", "cardiology", "--group", "locums", "--role", "moderator")
    assert site("member", "show", "ANN@example.org", "--json").json == {
        "email": "ann@example.org",
        "name": "Ann Lee",
        "addresses": ["ann@example.org"],
        "bouncing": False,
        "groups": [
            {"slug": "community", "role": "member", "delivery": "single", "standing": "active"},
            {"slug": "cardiology", "role": "moderator", "delivery": "single", "standing": "active"},
            {"slug": "locums", "role": "moderator", "delivery": "single", "standing": "active"},
        ],
    }


def test_adding_again_adds_what_is_missing_and_keeps_the_rest(site: Run) -> None:
    add(site, "--group", "cardiology")
    site("member", "set", "ann@example.org", "--group", "cardiology", "--delivery", "none")
    site("member", "add", "ann@example.org", "--name", "Other", "--group", "cardiology", "--group", "locums")
    shown = site("member", "show", "ann@example.org", "--json").json
    assert shown["name"] == "Ann Lee"
    deliveries = [(row["slug"], row["delivery"]) for row in shown["groups"]]
    assert deliveries == [("community", "single"), ("cardiology", "none"), ("locums", "single")]


def test_without_a_group_the_role_is_in_the_community(site: Run) -> None:
    add(site, "--role", "owner")
    assert "community  owner" in site("member", "show", "ann@example.org").out


def test_the_author_of_imported_posts_becomes_a_member(core: Flask, site: Run) -> None:
    with transaction():
        attach_placeholder_address(add_placeholder("Old Name"), "ann@example.org")
    assert site("member", "sign-in-link", "ann@example.org").code == 1
    add(site)
    assert site("member", "show", "ann@example.org", "--json").json["name"] == "Ann Lee"
    assert site("member", "sign-in-link", "ann@example.org").code == 0


def test_an_unknown_group_leaves_nobody_behind(site: Run) -> None:
    ended = site("member", "add", "ann@example.org", "--name", "Ann", "--group", "locums", "--group", "nowhere")
    assert (ended.code, ended.err) == (1, "There is no group 'nowhere'. See: banyan group list\n")
    assert site("member", "show", "ann@example.org").code == 1


def test_a_membership_is_set_and_printed(site: Run) -> None:
    add(site, "--group", "cardiology")
    ended = site("member", "set", "ann@example.org", "--group", "cardiology", "--delivery", "none", "--json")
    assert ended.json == {"slug": "cardiology", "role": "member", "delivery": "none", "standing": "active"}
    banned = site("member", "set", "ann@example.org", "--group", "cardiology", "--standing", "banned", "--json")
    assert banned.json["standing"] == "banned"
    # Another end and another reason take the place of the first ones.
    for_a_time = ("--standing", "banned", "--until", "2999-01-01", "--reason", "Spam.")
    again = site("member", "set", "ann@example.org", "--group", "cardiology", *for_a_time, "--json")
    assert again.json["standing"] == "banned"
    assert (
        site(
            "member", "set", "ann@example.org", "--group", "cardiology", "--reason", "Spam.", "--delivery", "none"
        ).code
        == 2
    )
    back = site("member", "set", "ann@example.org", "--group", "cardiology", "--standing", "active", "--json")
    assert back.json["standing"] == "active"


def test_a_mute_has_an_end(site: Run) -> None:
    add(site)
    words = ("member", "set", "ann@example.org", "--group", "community", "--standing", "muted")
    assert site(*words, "--json").json["standing"] == "muted"
    assert "muted until 2190-01-31 00:00 UTC" in site(*words, "--until", "2190-01-31").out
    past = site(*words, "--until", "2001-01-31")
    assert (past.code, past.err) == (1, "Say until when: a day in the future.\n")


def test_somebody_pending_who_is_made_active_is_admitted(site: Run) -> None:
    add(site)
    words = ("member", "set", "ann@example.org", "--group", "community", "--standing")
    assert site(*words, "pending", "--json").json["standing"] == "pending"
    assert site(*words, "active", "--json").json["standing"] == "active"


@pytest.mark.parametrize("delivery", ["single", "digest", "weekly", "followed", "specials", "none"])
def test_every_way_of_delivery_can_be_set(site: Run, delivery: str) -> None:
    add(site)
    ended = site("member", "set", "ann@example.org", "--group", "community", "--delivery", delivery, "--json")
    assert (ended.json["delivery"], ended.err) == (delivery, "")


def test_a_sign_in_link_is_one_line(site: Run) -> None:
    add(site)
    link = site("member", "sign-in-link", "ann@example.org")
    assert link.code == 0
    assert link.out.startswith("http://127.0.0.1:8000/sign-in/")
    assert len(link.out.splitlines()) == 1
    assert site("member", "sign-in-link", "ann@example.org").out != link.out


def test_who_is_banned_gets_no_sign_in_link(site: Run) -> None:
    add(site)
    site("member", "set", "ann@example.org", "--group", "community", "--standing", "banned")
    ended = site("member", "sign-in-link", "ann@example.org")
    assert (ended.code, ended.out) == (1, "")


WRONG: list[tuple[list[str], int, str]] = [
    (["add", "ann", "--name", "Ann"], 1, "not a mail address"),
    (["add", "ann@example.org"], 2, "--name"),
    (["add", "ann@example.org", "--name", "Ann", "--role", "king"], 2, "--role"),
    (["show", "nobody@example.org"], 1, "No member has the address"),
    (["set", "nobody@example.org", "--group", "community", "--delivery", "none"], 1, "No member has the address"),
    (["set", "nobody@example.org", "--group", "community"], 2, "Say what to change"),
    (["set", "a@b.org", "--group", "community", "--delivery", "none", "--until", "2190-01-01"], 2, "--until"),
    (["sign-in-link", "nobody@example.org"], 1, "No member has the address"),
]


def test_what_is_wrong_is_named(run: Run) -> None:
    for words, code, sentence in WRONG:
        ended = run("member", *words)
        assert (ended.code, ended.out) == (code, "")
        assert sentence in ended.err


def test_setting_a_membership_that_there_is_not(site: Run) -> None:
    add(site)
    ended = site("member", "set", "ann@example.org", "--group", "locums", "--delivery", "none")
    assert (ended.code, ended.err) == (1, "ann@example.org is not a member of locums.\n")
