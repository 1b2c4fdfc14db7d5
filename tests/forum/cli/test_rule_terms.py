"""`banyan rule list|show|add|set|test|replay` as an operator runs them."""

import json
from pathlib import Path
from typing import Any

from forum.db import db, transaction
from forum.groups.actions import create_group
from forum.posting.outcomes import Held, Published
from forum.threads.models import Post
from tests.forum.cli.conftest import Run
from tests.people import a_group, a_member, post


def _lines(folder: Path, *lines: dict[str, Any]) -> str:
    file = folder / "posts.jsonl"
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return str(file)


def test_a_rule_is_made_changed_and_changed_back(core: object, run: Run) -> None:
    above = a_group()
    with transaction():
        create_group("er", "Emergency", parent=above)
    added = run("rule", "add", "offers", "--group", "cardiology", "--check", "solicitation", "--json").json
    assert (added["mode"], added["severity"], added["version"], added["changed"]) == ("shadow", "hold", 1, "added")
    assert added["caught"]
    assert added["passes"]
    done = run("rule", "set", "offers", "--group", "er", "--mode", "on", "--severity", "return")
    assert done.out == "offers in er, version 1, on: mode on instead of shadow; severity return instead of hold\n"
    (row,) = run("rule", "list", "--group", "er", "--json").json
    assert {name: row[name] for name in ("name", "check", "severity", "binds", "mode", "version", "from")} == {
        "name": "offers",
        "check": "solicitation",
        "severity": "return",
        "binds": "all",
        "mode": "on",
        "version": 1,
        "from": "cardiology",
    }
    assert (row["version_of"], row["seen"], row["seen_in_shadow"]) == ("er", 0, 0)
    refused = run("rule", "set", "offers", "--group", "er", "--severity", "advise")
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.startswith("The group above does not allow its rule offers to be loosened here: advise")
    assert run("rule", "set", "offers", "--group", "er", "--follow-above").code == 0
    assert "nothing has changed" in run("rule", "set", "offers", "--group", "er", "--follow-above").out
    run("rule", "set", "offers", "--group", "er", "--like", "1")
    shown = run("rule", "show", "offers", "--group", "er", "--json").json
    assert [(each["group"], each["version"], each["by"]) for each in shown["versions"]] == [
        ("er", 3, "operator"),
        ("er", 2, "operator"),
        ("er", 1, "operator"),
        ("cardiology", 1, "operator"),
    ]
    run("rule", "set", "offers", "--group", "cardiology", "--mode", "off")
    assert run("rule", "list", "--group", "cardiology", "--json").json == []
    assert len(run("rule", "list", "--group", "cardiology", "--all", "--json").json) == 1


def test_what_is_asked_wrongly_ends_with_one_line(core: object, run: Run, tmp_path: Path) -> None:
    a_group()
    add = ("rule", "add", "short", "--group", "cardiology", "--check", "length")
    assert run(*add, "--options", '{"most": 2}', "--caught", "a b c", "--passes", "a b").code == 0
    for words, code, sentence in (
        (add, 1, "There is a rule short here already"),
        (("rule", "add", "new", "--group", "cardiology", "--check", "mood"), 2, "There is no check 'mood'"),
        (("rule", "add", "new", "--group", "none", "--check", "words"), 1, "There is no group 'none'"),
        (("rule", "add", "new", "--group", "cardiology", "--check", "words", "--mode", "on"), 1, "give it an example"),
        (
            ("rule", "add", "new", "--group", "cardiology", "--check", "length", "--sentence", " "),
            1,
            "needs a sentence",
        ),
        (("rule", "set", "short", "--group", "cardiology"), 2, "Say what is to change"),
        (("rule", "set", "short", "--group", "cardiology", "--like", "1", "--mode", "on"), 2, "Say what is to change"),
        (("rule", "set", "short", "--group", "cardiology", "--like", "7"), 1, "has no version 7"),
        (("rule", "set", "short", "--group", "cardiology", "--options", '{"most": -1}'), 1, "The fewest words"),
        (("rule", "set", "none", "--group", "cardiology", "--mode", "on"), 1, "There is no rule 'none'"),
        (("rule", "set", "short", "--group", "cardiology", "--mode", "on", "--caught", "a"), 1, "“a”"),
        (("rule", "replay", "--group", "cardiology", "--since", "long"), 2, "write how far back"),
        (("rule", "replay", "--group", "cardiology", "--version", "1"), 2, "Say which rule"),
        (("rule", "test", _lines(tmp_path, {"text": "a"})), 2, "Say --group"),
    ):
        ended = run(*words)
        assert (ended.code, ended.out) == (code, ""), words
        assert sentence in ended.err
        assert code == 2 or ended.err.count("\n") == 1


def test_a_file_of_posts_is_tested_against_what_it_expects(core: object, run: Run, tmp_path: Path) -> None:
    a_group()
    run("rule", "add", "short", "--group", "cardiology", "--check", "length", "--options", '{"most": 2}')
    file = _lines(
        tmp_path,
        {"text": "one two three", "caught": True},
        {"text": "one two", "subject": "A question"},
        {"text": "one two", "caught": True},
    )
    ended = run("rule", "test", file, "--group", "cardiology", "--json")
    assert ended.code == 1
    assert ended.json["failed"] == [3]
    assert ended.json["counts"] == {"lines": 3, "caught": 1, "passed": 2, "by_rule": {"short": 1}}
    (act,) = ended.json["lines"][0]["rules"]
    assert (act["rule"], act["mode"], act["kinds"]) == ("short", "shadow", {"too long": 1})
    # The options may be tried before they are kept, and a check without any site.
    tried = run("rule", "test", file, "--group", "cardiology", "--rule", "short", "--options", '{"most": 1}')
    assert tried.code == 0
    assert "3 lines: 3 caught, 0 passed." in tried.out
    assert run("rule", "test", file, "--check", "length", "--options", '{"most": 1}').code == 0


def test_past_posts_are_replayed_with_counts_a_list_and_a_difference(core: object, run: Run) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    add = ("rule", "add", "short", "--group", "cardiology", "--check", "length", "--options", '{"most": 3}')
    long, longer = (post(ann, group, text=text) for text in ("one two three four", "one two three four five six"))
    assert isinstance(long, Published)
    assert isinstance(longer, Published)
    run(*add, "--severity", "hold", "--caught", "a b c d", "--passes", "a", "--mode", "on")
    assert isinstance(post(ann, group, text="this one waits for somebody"), Held)
    replayed = run("rule", "replay", "--since", "90d", "--group", "cardiology", "--json").json
    assert (replayed["posts"], replayed["held_posts"]) == (2, 1)
    (rule,) = replayed["rules"]
    assert rule["counts"] == {"caught": 3, "advise": 0, "hold": 3, "return": 0}
    ids = {each.post_id: db.session.get_one(Post, each.post_id).public_id for each in (long, longer)}
    assert [each["post"] for each in rule["list"]] == [ids[longer.post_id], ids[long.post_id], None]
    assert rule["list"][0]["url"].endswith(f"/p/{ids[longer.post_id]}")
    assert rule["list"][2]["held"] is not None
    assert "four" not in json.dumps(replayed)
    draft = ("--options", '{"most": 5}', "--severity", "return")
    compared = run("rule", "replay", "--group", "cardiology", "--rule", "short", *draft, "--json").json["rules"][0]
    assert (compared["counts"]["return"], compared["against"]["hold"]) == (1, 3)
    assert {name: each["count"] for name, each in compared["difference"].items()} == {
        "newly_caught": 0,
        "no_longer_caught": 2,
        "other_severity": 1,
    }
    run("rule", "set", "short", "--group", "cardiology", *draft, "--caught", "a b c d e f")
    versions = run("rule", "replay", "--group", "cardiology", "--rule", "short", "--version", "2", "--against", "1")
    assert "no longer caught: 2" in versions.out
