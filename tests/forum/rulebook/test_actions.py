"""Rules of groups: versions, inheritance over three levels, tightening, loosening, examples, two changes at once."""

import threading
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from forum.db import db, transaction
from forum.groups.actions import NotPossible, create_group
from forum.groups.models import Group, Kind
from forum.groups.queries import community
from forum.log import LogEntry
from forum.rulebook.actions import add_rule, change_rule, follow_above, restore_version
from forum.rulebook.defaults import default_terms
from forum.rulebook.history import history_of
from forum.rulebook.models import PostingRule, RuleVersion
from forum.rulebook.queries import rule_named, rules_in_force, terms_under, version_numbered
from forum.rules.findings import Severity
from forum.rules.politics import shipped_versions
from forum.rules.terms import Binds, Mode, Terms

SHORT = Terms(
    sentence="Write at most three words.",
    why="Nobody reads more.",
    check="length",
    options={"most": 3},
    caught=("one two three four",),
    passing=("one two three",),
)


@pytest.fixture
def tree(core: Flask) -> dict[str, Group]:
    """Three levels: the community, medicine, cardiology."""
    with transaction():
        medicine = create_group("medicine", "Medicine", parent=community())
        cardiology = create_group("cardiology", "Cardiology", parent=medicine)
    return {"community": community(), "medicine": medicine, "cardiology": cardiology}


def made(group: Group, terms: Terms = SHORT, name: str = "short") -> PostingRule:
    with transaction():
        return add_rule(group, name, terms, actor_id=None)


def changed(rule: PostingRule, group: Group, **terms: Any) -> None:
    with transaction():
        change_rule(rule, group, replace(here(group), **terms), actor_id=None)


def here(group: Group) -> Terms:
    db.session.expire_all()
    (rule,) = rules_in_force(group)
    return rule.terms


def log() -> list[LogEntry]:
    about = LogEntry.object_kind == "posting_rule"
    return list(db.session.scalars(select(LogEntry).where(about).order_by(LogEntry.id)))


def test_a_rule_is_inherited_down_the_tree_and_by_groups_made_later(tree: dict[str, Group]) -> None:
    assert rules_in_force(tree["cardiology"]) == ()
    made(tree["medicine"])
    assert here(tree["cardiology"]).sentence == SHORT.sentence
    assert rules_in_force(tree["community"]) == ()
    with transaction():
        later = create_group("rhythm", "Rhythm", parent=tree["cardiology"], kind=Kind.CIRCLE)
    assert here(later).sentence == SHORT.sentence


def test_each_change_is_a_version_and_in_the_log_with_a_way_back_that_works(tree: dict[str, Group]) -> None:
    rule = made(tree["community"])
    changed(rule, tree["community"], severity=Severity.RETURN, mode=Mode.ON)
    first, second = log()
    assert (first.act, first.undo) == ("add rule", "rule set short --group community --mode off")
    assert second.why == "short, version 2: mode on instead of shadow; severity return instead of hold"
    assert second.undo == "rule set short --group community --like 1"
    with transaction():
        version = version_numbered(rule, tree["community"], 1)
        assert version is not None
        restore_version(rule, tree["community"], version, actor_id=None)
    assert here(tree["community"]) == SHORT
    assert [line.changed for line in history_of(rule, tree["community"])] == [
        "mode shadow instead of on; severity hold instead of return",
        "mode on instead of shadow; severity return instead of hold",
        "the first one here",
    ]


def test_the_same_terms_again_are_no_version(tree: dict[str, Group]) -> None:
    rule = made(tree["community"])
    with transaction():
        assert change_rule(rule, tree["community"], SHORT, actor_id=None) is None
        assert follow_above(rule, tree["medicine"], actor_id=None) is None
    assert len(log()) == 1


def test_a_group_below_tightens_and_all_below_it_follow(tree: dict[str, Group]) -> None:
    rule = made(tree["community"])
    changed(rule, tree["medicine"], severity=Severity.RETURN)
    assert [here(group).severity for group in tree.values()] == [Severity.HOLD, Severity.RETURN, Severity.RETURN]
    changed(rule, tree["cardiology"], mode=Mode.ON)
    assert here(tree["cardiology"]).mode is Mode.ON
    assert here(tree["medicine"]).mode is Mode.SHADOW


def test_a_group_below_loosens_only_what_it_is_allowed_to(tree: dict[str, Group]) -> None:
    rule, cardiology = made(tree["community"]), tree["cardiology"]
    ways: tuple[dict[str, object], ...] = (
        {"severity": Severity.ADVISE},
        {"mode": Mode.OFF},
        {"binds": Binds.NEWCOMERS},
        {"options": {"most": 9}},
        {"check": "shouting", "options": {}},
        {"may_be_loosened": True},
    )
    for looser in ways:
        with pytest.raises(NotPossible, match="does not allow its rule short to be loosened"):
            changed(rule, cardiology, **looser)
    changed(rule, tree["community"], may_be_loosened=True)
    for looser in ways[:-1]:
        changed(rule, cardiology, **looser)
        assert {name: getattr(here(cardiology), name) for name in looser} == looser


def test_what_the_group_above_tightens_later_holds_below_at_once(tree: dict[str, Group]) -> None:
    rule = made(tree["community"], replace(SHORT, may_be_loosened=True))
    changed(rule, tree["medicine"], severity=Severity.ADVISE, options={"most": 9})
    changed(rule, tree["community"], may_be_loosened=False, severity=Severity.RETURN)
    for group in tree.values():
        assert (here(group).severity, here(group).options) == (Severity.RETURN, {"most": 3})


def test_an_older_version_below_comes_back_no_looser_than_the_group_above_allows_now(tree: dict[str, Group]) -> None:
    rule, medicine = made(tree["community"]), tree["medicine"]
    changed(rule, medicine, mode=Mode.ON)
    changed(rule, medicine, sentence="Three words, please.")
    changed(rule, tree["community"], severity=Severity.RETURN)
    with transaction():
        version = version_numbered(rule, medicine, 1)
        assert version is not None
        restore_version(rule, medicine, version, actor_id=None)
    assert (here(medicine).sentence, here(medicine).severity) == (SHORT.sentence, Severity.RETURN)


def test_a_group_below_follows_the_one_above_again(tree: dict[str, Group]) -> None:
    rule, cardiology = made(tree["community"]), tree["cardiology"]
    changed(rule, cardiology, severity=Severity.RETURN)
    assert log()[-1].undo == "rule set short --group cardiology --follow-above"
    with transaction():
        follow_above(rule, cardiology, actor_id=None)
    assert here(cardiology).severity is Severity.HOLD
    assert log()[-1].undo == "rule set short --group cardiology --like 1"
    changed(rule, tree["community"], severity=Severity.ADVISE)
    assert here(cardiology).severity is Severity.ADVISE
    with pytest.raises(NotPossible, match="switch it off"), transaction():
        follow_above(rule, tree["community"], actor_id=None)


def test_what_would_hold_below_is_what_holds_after_the_change(tree: dict[str, Group]) -> None:
    rule = made(tree["community"])
    changed(rule, tree["cardiology"], mode=Mode.ON)
    draft = replace(SHORT, severity=Severity.RETURN)
    foretold = terms_under(rule.id, tree["community"], draft)
    changed(rule, tree["community"], severity=Severity.RETURN)
    assert {group.id: here(group) for group in tree.values()} == foretold


def test_a_rule_whose_examples_fail_cannot_be_switched_on(tree: dict[str, Group]) -> None:
    rule = made(tree["community"], replace(SHORT, passing=("one two three four five",)))
    with pytest.raises(NotPossible, match="It must pass, and is caught: “one two three four five”"):
        changed(rule, tree["community"], mode=Mode.ON)
    with pytest.raises(NotPossible, match="give it an example"):
        changed(rule, tree["community"], mode=Mode.ON, passing=())
    changed(rule, tree["community"], mode=Mode.ON, passing=SHORT.passing)
    with pytest.raises(NotPossible, match="It must be caught, and is not"):
        changed(rule, tree["community"], options={"most": 4})
    assert here(tree["community"]).options == {"most": 3}


def test_what_is_switched_on_above_is_on_below_with_the_examples_that_hold(tree: dict[str, Group]) -> None:
    rule = made(tree["community"])
    changed(rule, tree["medicine"], severity=Severity.RETURN, passing=("one two three four",))
    changed(rule, tree["community"], mode=Mode.ON)
    assert here(tree["medicine"]) == replace(SHORT, severity=Severity.RETURN, mode=Mode.ON)


def test_what_cannot_be_a_rule_is_refused_in_words(tree: dict[str, Group]) -> None:
    made(tree["community"], name="there")
    made(tree["medicine"], name="below")
    for name, terms, sentence in (
        ("quota", SHORT, "every group asks for"),
        ("Short", SHORT, "small letters"),
        ("there", SHORT, "There is a rule there here already"),
        ("below", SHORT, "A group below has a rule below"),
        ("mood", replace(SHORT, check="mood"), "There is no check 'mood'"),
        ("option", replace(SHORT, options={"mots": 3}), "has no option 'mots'"),
        ("long", replace(SHORT, sentence="x" * 501), "at most 500 characters"),
        ("many", replace(SHORT, caught=("a",) * 51), "at most 50 examples"),
    ):
        with pytest.raises(NotPossible, match=sentence):
            made(tree["community"], terms, name)


def test_a_room_is_a_group_below_and_no_circle(tree: dict[str, Group]) -> None:
    with transaction():
        circle = create_group("eight", "Eight", parent=tree["medicine"], kind=Kind.CIRCLE)
    politics = default_terms("political", {})
    for room in (circle, tree["community"]):
        with pytest.raises(NotPossible, match="a group below"):
            made(tree["medicine"], replace(politics, room_id=room.id), "no-politics")
    with pytest.raises(NotPossible, match="looks for politics"):
        made(tree["medicine"], replace(SHORT, room_id=tree["cardiology"].id))
    made(tree["medicine"], replace(politics, room_id=tree["cardiology"].id), "no-politics")
    # Whoever inherits the room may change the rest.
    rule = rule_named(tree["cardiology"], "no-politics")
    assert rule is not None
    changed(rule, tree["cardiology"], severity=Severity.RETURN)


def test_a_group_below_sends_posts_to_no_room_that_the_group_above_has_not_named(tree: dict[str, Group]) -> None:
    medicine, cardiology = tree["medicine"], tree["cardiology"]
    with transaction():
        other = create_group("other", "Other", parent=medicine)
    rule = made(medicine, replace(default_terms("political", {}), room_id=other.id), "no-politics")
    for room in (cardiology, None):
        if room is not None:
            # In its own room a group welcomes what the rule above sends away.
            with pytest.raises(NotPossible, match="to be loosened here: another room"):
                changed(rule, cardiology, room_id=room.id)
        else:
            changed(rule, cardiology, room_id=None)
    assert here(cardiology).room_id is None
    changed(rule, medicine, may_be_loosened=True)
    changed(rule, cardiology, room_id=cardiology.id)
    changed(rule, medicine, may_be_loosened=False)
    assert here(cardiology).room_id == other.id


def test_the_weights_of_today_are_pinned(tree: dict[str, Group]) -> None:
    newest = shipped_versions()[-1]
    bare = replace(default_terms("political", {}), options={})
    rule = made(tree["medicine"], bare, "no-politics")
    assert here(tree["medicine"]).options == {"version": newest}
    changed(rule, tree["medicine"], options={"threshold": 0.6})
    assert here(tree["medicine"]).options == {"threshold": 0.6, "version": newest}
    # What is asked for is the same as before once the weights are named: no new version of the rule.
    changed(rule, tree["medicine"], options={"threshold": 0.6})
    assert len(log()) == 2


def test_a_rule_from_before_there_was_a_pin_is_not_moved_by_a_change_of_something_else(tree: dict[str, Group]) -> None:
    rule = made(tree["medicine"], default_terms("political", {}), "no-politics")
    with transaction():
        db.session.execute(update(RuleVersion).values(options={}))
    changed(rule, tree["medicine"], severity=Severity.RETURN)
    assert here(tree["medicine"]).options == {}


def test_what_was_rolled_back_is_read_by_nobody(tree: dict[str, Group]) -> None:
    rule = made(tree["community"])

    def change_and_break() -> None:
        with transaction():
            change_rule(rule, tree["community"], replace(SHORT, severity=Severity.RETURN), actor_id=None)
            # Read in the transaction, and so kept under its mark.
            assert rules_in_force(tree["cardiology"])[0].terms.severity is Severity.RETURN
            raise RuntimeError("the power went")

    with pytest.raises(RuntimeError, match="power"):
        change_and_break()
    assert here(tree["cardiology"]).severity is Severity.HOLD


def test_who_changes_what_another_has_changed_meanwhile_is_told(tree: dict[str, Group]) -> None:
    rule = made(tree["community"])
    (seen,) = rules_in_force(tree["community"])
    changed(rule, tree["community"], severity=Severity.RETURN)
    terms = replace(SHORT, binds=Binds.MEMBERS)
    with pytest.raises(NotPossible, match="changed short meanwhile"), transaction():
        change_rule(rule, tree["community"], terms, actor_id=None, seen=seen.version_id)


def test_of_two_changes_at_once_none_is_lost_and_both_are_read(core: Flask, tree: dict[str, Group]) -> None:
    rule = made(tree["community"])
    rule_id, ids = rule.id, {name: group.id for name, group in tree.items()}
    db.session.remove()
    start, failed = threading.Barrier(2), []

    def work(name: str, severity: Severity) -> None:
        try:
            with core.app_context():
                for number in range(5):
                    start.wait(10)
                    with transaction() as session:
                        group = session.get_one(Group, ids[name])
                        terms = replace(SHORT, severity=severity, sentence=f"Number {number}.")
                        change_rule(session.get_one(PostingRule, rule_id), group, terms, actor_id=None)
                db.session.remove()
        except BaseException as error:
            failed.append(error)
            start.abort()

    threads = [
        threading.Thread(target=work, args=("community", Severity.HOLD)),
        threading.Thread(target=work, args=("medicine", Severity.RETURN)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failed
    medicine, cardiology = (db.session.get_one(Group, ids[name]) for name in ("medicine", "cardiology"))
    assert (here(medicine).sentence, here(medicine).severity) == ("Number 4.", Severity.RETURN)
    assert here(cardiology) == here(medicine)
    lines = history_of(db.session.get_one(PostingRule, rule_id), medicine)
    assert [(line.group.slug, line.version.number) for line in lines] == [
        *(("medicine", number) for number in range(5, 0, -1)),
        *(("community", number) for number in range(6, 0, -1)),
    ]
