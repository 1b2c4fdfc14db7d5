"""Pages of rules: what members read, what owners change and try, what moderators see."""

import pytest
from flask import Flask

from forum.db import db, transaction
from forum.groups.actions import create_group
from forum.groups.models import Group, Kind, Role
from forum.groups.queries import community
from forum.posting.outcomes import Held, Published
from forum.rulebook.actions import add_rule
from forum.rulebook.queries import rules_in_force
from forum.rules.checks import CHECKS, HISTORY_CHECKS
from forum.rules.findings import Severity
from forum.rules.terms import Mode, Terms
from forum.threads.models import Post
from forum.web.rule_form import as_typed, option_fields, read_terms
from tests.forum.web.browser import Browser
from tests.people import a_group, a_member, post

SHORT = Terms(
    sentence="Write at most three words.",
    why="Nobody reads more.",
    check="length",
    options={"most": 3},
    severity=Severity.HOLD,
    caught=("one two three four",),
    passing=("one two three",),
)


def a_rule(group: Group, terms: Terms = SHORT, name: str = "short") -> None:
    with transaction():
        add_rule(group, name, terms, actor_id=None)


def here(group: Group) -> Terms:
    db.session.expire_all()
    (rule,) = rules_in_force(group)
    return rule.terms


@pytest.mark.parametrize("check", [*CHECKS, *HISTORY_CHECKS])
def test_a_form_that_nobody_touches_asks_for_what_holds(check: str) -> None:
    """Also: every option of every check has its words."""
    for options in ({}, {"words": ["b", "a", "/x y/"], "allowed": ["b*"]} if check == "words" else {}):
        terms = Terms("A sentence.", "", check, options, caught=("a\nb", "c"), passing=())
        typed = as_typed(terms, "")
        for field in option_fields(check, options, {}):
            typed[f"option-{field.name}"] = field.value
            typed |= {f"option-{field.name}-{value}": "yes" for value, _, chosen in field.choices if chosen}
        assert read_terms(terms, typed, {}) == (terms, {})


def test_members_read_what_is_on_in_plain_words(app: Flask) -> None:
    group = a_group()
    a_rule(community(), Terms("No offers.", "They crowd out questions.", "solicitation", mode=Mode.SHADOW), "offers")
    with transaction():
        terms = Terms(**{**vars(SHORT), "mode": Mode.ON})
        add_rule(community(), "short", terms, actor_id=None)
    browser = Browser(app).sign_in(a_member("ann@example.org", "Ann Lee", group))
    browser.open("/g/cardiology")
    browser.open("/g/cardiology/rules")
    for words in (
        "Write at most three words. Nobody reads more.",
        "The post waits until a moderator has read it.",
        "It comes from Banyan Physicians.",
        "Seen, for example: one two three four",
        "Welcome, for example: one two three",
    ):
        assert words in browser.text
    assert "No offers." not in browser.text
    assert "30 days" not in browser.text
    browser.open("/g/cardiology/rules/short")
    assert browser.status == 404


def test_an_owner_adds_tries_switches_on_and_takes_back(app: Flask) -> None:
    group = a_group(quota=None)
    owner = a_member("own@example.org", "Olga Own", group, role=Role.OWNER)
    long = post(owner, group, "Long one", "one two three four")
    post(owner, group, "Longer one", "one two three four five six")
    browser = Browser(app).sign_in(owner)
    browser.open("/g/cardiology/rules")
    browser.follow("Add a rule")
    browser.follow("Length")
    typed = {"sentence": SHORT.sentence, "caught": "one two three four", "passing": "one two three"}
    browser.press("Add the rule", name="Short!", **{"option-most": "3"}, **typed)
    assert browser.status == 422
    assert "small letters, digits and hyphens" in browser.text
    browser.press("Add the rule", name="short", **{"option-most": "3"}, **typed)
    assert (here(group).options, here(group).mode) == ({"most": 3}, Mode.SHADOW)
    before = browser.open("/g/cardiology/rules/short")
    browser.press("Try on posts of the last 90 days")
    assert "On 2 past posts" in browser.text
    assert "It would have acted on: 2" in browser.text
    assert isinstance(long, Published)
    assert f"/p/{db.session.get_one(Post, long.post_id).public_id}" in browser.body
    browser.press("Try on posts of the last 90 days", **{"option-most": "5"})
    assert "With these terms it would have acted on 1; with those that hold now on 2." in browser.text
    assert "No longer caught: 1 Long one" in browser.text
    assert browser.open("/g/cardiology/rules/short") == before
    browser.press("Keep these terms", mode="on", **{"option-most": "5"})
    assert browser.status == 422
    assert "It must be caught, and is not: “one two three four”" in browser.text
    browser.press("Keep these terms", mode="on", **{"option-most": "3"})
    assert "This holds from now on." in browser.text
    assert here(group).mode is Mode.ON
    assert "mode on instead of shadow" in browser.text
    assert "Olga Own" in browser.text
    browser.press("Bring back")
    assert here(group).mode is Mode.SHADOW


def test_who_comes_second_with_an_old_page_is_told(app: Flask) -> None:
    group = a_group()
    a_rule(group)
    owner = a_member("own@example.org", "Olga Own", group, role=Role.OWNER)
    first, second = Browser(app).sign_in(owner), Browser(app).sign_in(owner)
    first.open("/g/cardiology/rules/short")
    second.open("/g/cardiology/rules/short")
    first.press("Keep these terms", severity="return")
    second.press("Keep these terms", binds="members")
    assert second.status == 422
    assert "Somebody has changed short meanwhile" in second.text
    assert here(group).severity is Severity.RETURN


def test_a_moderator_reads_and_tries_but_changes_nothing(app: Flask) -> None:
    group = a_group()
    a_rule(
        community(), Terms("None of these.", "", "words", {"words": ["crypto*"], "allowed": ["cryptogenic"]}), "words"
    )
    mod = a_member("mod@example.org", "Mo Dee", group, role=Role.MODERATOR)
    post(mod, group, "A stroke", "Cryptogenic, I think.")
    post(mod, group, "A coin", "Crypto is my hobby.")
    browser = Browser(app).sign_in(mod)
    browser.open("/g/cardiology/rules")
    browser.follow("words")
    assert "Keep these terms" not in browser.buttons
    assert "Comes from Banyan Physicians" in browser.text
    assert "Looser terms, and other options, are refused." in browser.text
    browser.press("Try on posts of the last 90 days")
    assert "It would have acted on: 1 A coin" in browser.text
    assert "listed word" in browser.text
    browser.press("Try on this text", text="Crypto or <b>cryptogenic</b>?")
    assert "<mark>Crypto</mark> or &lt;b&gt;cryptogenic&lt;/b&gt;?" in browser.body
    assert "“cryptogenic” is crypto* , and passes as cryptogenic" in browser.text
    for act in ("keep", "follow", "like 1"):
        browser.open("/g/cardiology/rules/words")
        assert browser.post("/g/cardiology/rules/words", do=act, sentence="Anything goes.") == 404
    browser.open("/g/cardiology/rules/words")
    assert browser.post("/g/cardiology/rules/words", do="past h0 or 1=1") == 400
    browser.open("/g/cardiology/rules/words")
    browser.follow("0 times, and 1 time in shadow")
    assert "A coin" in browser.text
    assert "in shadow, would have been: held" in browser.text
    browser.follow("A coin")
    assert browser.status == 200


def test_sightings_and_trials_stop_at_the_wall_of_a_circle(app: Flask) -> None:
    a_rule(community())
    with transaction():
        circle = create_group("eight", "Eight", parent=community(), kind=Kind.CIRCLE)
    inside = a_member("in@example.org", "Ina In", circle, role=Role.OWNER)
    owner = a_member("own@example.org", "Olga Own", community(), role=Role.OWNER)
    post(inside, circle, "Secret subject", "one two three four five")
    browser = Browser(app).sign_in(owner)
    assert "Seen 0 times in shadow" in browser.open("/g/community/rules")
    assert "nothing yet" in browser.open("/g/community/rules/short/seen")
    browser.open("/g/community/rules/short")
    browser.press("Try on posts of the last 90 days")
    assert "It would have acted on: 0" in browser.text
    assert "Secret subject" in Browser(app).sign_in(inside).open("/g/eight/rules/short/seen")


def test_a_group_below_tightens_by_page_and_follows_again(app: Flask) -> None:
    group = a_group()
    a_rule(community())
    owner = a_member("own@example.org", "Olga Own", group, role=Role.OWNER)
    browser = Browser(app).sign_in(owner)
    browser.open("/g/cardiology/rules/short")
    browser.press("Keep these terms", severity="advise")
    assert "does not allow its rule short to be loosened here: advise instead of hold" in browser.text
    browser.press("Keep these terms", severity="return")
    assert here(group).severity is Severity.RETURN
    assert here(community()).severity is Severity.HOLD
    browser.press("Follow the group above again")
    assert here(group).severity is Severity.HOLD


def test_what_a_rule_that_is_on_has_held_is_listed_too(app: Flask) -> None:
    group = a_group(quota=None)
    a_rule(group, Terms(**{**vars(SHORT), "mode": Mode.ON}))
    ann = a_member("ann@example.org", "Ann Lee", group)
    owner = a_member("own@example.org", "Olga Own", group, role=Role.OWNER)
    held = post(ann, group, "It waits", "one two three four")
    assert isinstance(held, Held)
    browser = Browser(app).sign_in(owner)
    browser.open("/g/cardiology/rules/short/seen")
    assert "It waits" in browser.text
    browser.follow("It waits")
    assert browser.path.startswith("/held/")
