"""`banyan rule calibrate` says what decisions say of a rule's score, and moves nothing on its own."""

from tests.forum.cli.conftest import Run


def test_without_decisions_nothing_is_proposed_or_moved(run: Run) -> None:
    run("group", "create", "er", "--name", "Emergency")
    assert run("rule", "add", "no-politics", "--group", "er", "--check", "political", "--mode", "on").code == 0
    shown = run("rule", "calibrate", "no-politics", "--group", "er", "--json")
    assert (shown.code, shown.json["decisions"], shown.json["proposed"]) == (0, 0, None)
    assert shown.json["present"]["threshold"] == 0.5
    assert "At least 20 decisions are needed" in run("rule", "calibrate", "no-politics", "--group", "er").out
    refused = run("rule", "calibrate", "no-politics", "--group", "er", "--apply")
    assert (refused.code, refused.err) == (1, "At least 20 decisions are needed, and there are 0. The bar stays.\n")
    missing = run("rule", "calibrate", "nothing", "--group", "er")
    assert (missing.code, "no rule 'nothing'" in missing.err) == (1, True)
