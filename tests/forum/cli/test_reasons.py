"""`banyan group reasons`."""

from tests.forum.cli.conftest import Run


def test_reasons_are_added_changed_listed_and_removed(run: Run) -> None:
    run("group", "create", "er", "--name", "Emergency")
    run("group", "reasons", "community", "--add", "twice", "--words", "It is here already.")
    assert run("group", "reasons", "er", "--add", "off-topic").code == 2
    added = run("group", "reasons", "er", "--add", "off-topic", "--words", "Cases only.", "--json")
    off_topic = {"name": "off-topic", "group": "er", "words": "Cases only."}
    assert added.json == [off_topic, {"name": "twice", "group": "community", "words": "It is here already."}]
    changed = run("group", "reasons", "er", "--add", "Off-topic", "--words", "Cases.", "--json")
    assert changed.json[0] == {"name": "Off-topic", "group": "er", "words": "Cases."}
    refused = run("group", "reasons", "er", "--remove", "twice")
    assert (refused.code, "no reason 'twice' of its own" in refused.err) == (1, True)
    assert run("group", "reasons", "er", "--remove", "off-topic", "--json").json == added.json[1:]
    assert "It is here already." in run("group", "reasons", "er").out
