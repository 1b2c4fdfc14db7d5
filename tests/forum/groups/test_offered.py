"""The settings of a group stand in one table, from which the terminal and the page take their words."""

from dataclasses import fields

from forum.cli.groups import group as group_commands
from forum.groups.actions import GroupChange
from forum.groups.models import Assurance, Group, Kind
from forum.groups.offered import SETTINGS
from forum.web.group_form import as_typed, read_change


def a_new_group(kind: Kind) -> Group:
    """A group as the columns' defaults make it, without a database."""
    defaults = {
        column.key: column.default.arg
        for column in Group.__table__.columns
        if column.default is not None and column.default.is_scalar
    }
    return Group(**defaults | {"name": "Cardiology", "kind": kind, "description": ""})


def test_every_choice_of_a_change_is_in_the_table_with_a_sentence_for_each_word() -> None:
    beside_the_table = {"name", "description", "quota", "decide_within_days"}
    assert {field.name for field in fields(GroupChange)} == set(SETTINGS) | beside_the_table
    for setting in SETTINGS.values():
        every = ["yes", "no"] if setting.kind is bool else [str(word) for word in setting.kind]
        assert setting.words == [word for word in every if word != Assurance.FAILED]
        assert setting.question
        assert setting.missing.startswith("Choose ")
        assert setting.line.endswith(".")


def test_the_terminal_has_an_option_for_each_setting() -> None:
    options = {option for parameter in group_commands.commands["set"].params for option in parameter.opts}
    assert {f"--{setting.option}" for setting in SETTINGS.values()} <= options


def test_the_form_reads_back_what_it_shows_and_names_what_is_not_chosen() -> None:
    for kind in (Kind.COMMUNITY, Kind.SPECIALTY, Kind.CIRCLE):
        group = a_new_group(kind)
        shown = as_typed(group)
        change, errors = read_change(group, shown)
        assert errors == {}
        asked = {name: value for name, value in vars(change).items() if value is not None and name in SETTINGS}
        assert asked == {name: getattr(group, name) for name, each in SETTINGS.items() if each.offered_in(group)}
        _, errors = read_change(group, dict.fromkeys(shown, "") | {"quota": "0", "decide_within_days": "366"})
        assert set(errors) == set(asked) | {"name", "quota", "decide_within_days"}
