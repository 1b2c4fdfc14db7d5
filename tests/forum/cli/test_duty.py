"""`banyan group duty`, and what `group set` says of moderating and of mail."""

from datetime import UTC, datetime, timedelta

from tests.forum.cli.conftest import Run


def test_moderators_are_put_on_duty_listed_and_taken_off(run: Run) -> None:
    run("group", "create", "er", "--name", "Emergency")
    run("member", "add", "bob@example.org", "--name", "Bob Ray", "--group", "er", "--role", "moderator")
    run("member", "add", "ann@example.org", "--name", "Ann Lee", "--group", "er")
    today = datetime.now(UTC)
    begins, ends = f"{today:%Y-%m-%d}", f"{today + timedelta(days=7):%Y-%m-%dT%H:%M}"
    made = run("group", "duty", "er", "--as", "bob@example.org", "--from", begins, "--until", ends, "--json")
    assert made.code == 0
    [turn] = made.json
    assert (turn["member"], turn["until"]) == ("Bob Ray", f"{ends}+00:00")
    refused = run("group", "duty", "er", "--as", "ann@example.org", "--from", begins, "--until", ends)
    assert (refused.code, refused.err.strip()) == (1, "Ann Lee does not moderate Emergency.")
    assert run("group", "duty", "er", "--as", "bob@example.org").code == 2
    assert run("group", "duty", "er", "--from", "soon").code == 2
    assert "Bob Ray" in run("group", "duty", "er").out
    assert run("group", "duty", "er", "--remove", str(turn["id"]), "--json").json == []


def test_what_a_group_does_with_mail_and_held_posts_is_set(run: Run) -> None:
    run("group", "create", "er", "--name", "Emergency")
    changes = (
        ("--strangers", "refuse"),
        ("--mail-content", "link"),
        ("--reply-to", "author"),
        ("--moderators-obey", "yes"),
        ("--decide-within-days", "7"),
        ("--hold", "yes"),
    )
    changed = run("group", "set", "er", *(word for change in changes for word in change))
    assert changed.code == 0
    shown = run("group", "show", "er").out
    for line in ("strangers  refuse", "mail content link", "reply to   author", "moderators obey yes", "within 7 days"):
        assert line in shown
    assert "hold       everything, since" in shown
    assert run("group", "set", "er", "--hold", "no").code == 0
    assert "hold       no" in run("group", "show", "er").out
    assert run("group", "set", "er", "--decide-within-days", "1").code == 2
    refused = run("group", "set", "er", "--one-click", "stop")
    assert (refused.code, "whole community" in refused.err) == (1, True)
    assert run("group", "set", "community", "--one-click", "stop").code == 0
    assert "one click  stop" in run("group", "show", "community").out
