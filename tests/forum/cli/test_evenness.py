"""`banyan group numbers` and `banyan group evenness`."""

from tests.forum.cli.conftest import Run


def test_numbers_and_evenness_are_shown_as_tables_and_as_json(run: Run) -> None:
    run("group", "create", "er", "--name", "Emergency")
    run("group", "set", "er", "--moderate", "all")
    for name, role in (("ann", "member"), ("bob", "moderator")):
        run("member", "add", f"{name}@example.org", "--name", name.title(), "--group", "er", "--role", role)
    words = ("post", "--group", "er", "--as", "ann@example.org", "--subject", "Cover", "--json")
    held = run(*words, given=b"Who can cover August?").json["held"]
    run("held", "decide", str(held), "reject", "--as", "bob@example.org", "--reason", "No.")
    [month] = run("group", "numbers", "er", "--months", "1", "--json").json
    assert (month["posts"], month["held"], month["rejected"], month["bans"]) == (0, "fewer than 3", "fewer than 3", 0)
    assert [(each["rule"], each["held"]) for each in month["reasons"]] == [("moderated", "fewer than 3")]
    assert "moderated" in run("group", "numbers", "er").out
    report = run("group", "evenness", "er", "--since", "30d", "--json").json
    assert report["shares"] == [{"rule": "moderated", "moderator": "Bob", "approve": 0, "return": 0, "reject": 1}]
    assert (report["alarms"], report["agreement"]["pairs"], report["agreement"]["kappa"]) == ([], 0, None)
    shown = run("group", "evenness", "er").out
    assert "Too few decisions by more than one moderator" in shown
    assert "That is too few" in shown
    assert run("group", "evenness", "er", "--since", "soon").code == 2
    assert run("group", "evenness", "nowhere").code == 1
