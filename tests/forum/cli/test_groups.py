import pytest

from tests.forum.cli.conftest import Run


def test_a_group_stands_under_the_community_and_has_an_address(run: Run) -> None:
    made = run("group", "create", "cardiology", "--name", "Cardiology", "--kind", "specialty", "--json")
    assert made.code == 0
    assert made.json == {
        "slug": "cardiology",
        "name": "Cardiology",
        "kind": "specialty",
        "parent": "community",
        "address": "cardiology@lists.localhost",
        "url": "http://127.0.0.1:8000/g/cardiology",
        "members": 0,
        "threads": 0,
        "became": None,
    }
    assert run("group", "show", "cardiology", "--json").json == made.json


def test_groups_are_listed_with_parents_before_children_and_their_numbers(run: Run) -> None:
    run("group", "create", "north", "--name", "North", "--kind", "region")
    run("group", "create", "aa-boston", "--name", "Boston", "--parent", "north", "--kind", "region")
    run("member", "add", "ann@example.org", "--name", "Ann Lee", "--group", "aa-boston")
    run("post", "--group", "aa-boston", "--as", "ann@example.org", "--subject", "Cover", given=b"Who can?")
    rows = run("group", "list", "--json").json
    assert [(row["slug"], row["parent"], row["members"], row["threads"]) for row in rows] == [
        ("community", None, 1, 0),
        ("north", "community", 0, 0),
        ("aa-boston", "north", 1, 1),
    ]
    lines = run("group", "list").out.splitlines()
    assert [line.split()[0] for line in lines] == ["slug", "community", "north", "aa-boston"]


def test_settings_of_a_group_change_only_where_they_are_named(run: Run) -> None:
    run("group", "create", "locums", "--name", "Locums")
    changed = run("group", "set", "locums", "--moderate", "all", "--quota", "none", "--join", "open", "--name", "Cover")
    assert changed.code == 0
    assert "Cover" in changed.out
    shown = run("group", "show", "locums").out
    assert "moderate   all" in shown
    assert "quota      none" in shown
    assert "join       open" in shown
    assert "proven for a new thread, token for a reply" in shown
    assert "listed     yes" in shown


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("token,claimed", "token for a new thread, claimed for a reply"),
        ("claimed", "claimed for a new thread, claimed for a reply"),
        ("proven", "proven for a new thread, token for a reply"),
    ],
)
def test_a_reply_never_needs_more_than_a_new_thread_unless_it_is_said(run: Run, words: str, expected: str) -> None:
    assert expected in run("group", "set", "community", "--assurance", words).out


WRONG: list[tuple[list[str], int, str]] = [
    (["create", "cardiology-owner", "--name", "X"], 1, "ends like a command address"),
    (["create", "reply", "--name", "X"], 1, "mail name of the system"),
    (["create", "A b", "--name", "X"], 1, "use small letters"),
    (["create", "community", "--name", "X"], 1, "The short name community is not free"),
    (["create", "x", "--name", "X", "--parent", "nowhere"], 1, "no group 'nowhere'"),
    (["create", "x", "--name", "  "], 2, "--name"),
    (["create", "x", "--name", "n" * 201], 2, "1 to 200 characters"),
    (["create", "x", "--name", "X", "--kind", "community"], 2, "--kind"),
    (["create", "x"], 2, "--name"),
    (["set", "community"], 2, "Say what to change"),
    (["set", "community", "--quota", "0"], 2, "such as 20, or none"),
    (["set", "community", "--assurance", "proven,token,claimed"], 2, "as in proven,token"),
    (["set", "nowhere", "--quota", "3"], 1, "no group 'nowhere'"),
    (["show", "nowhere"], 1, "no group 'nowhere'"),
]


def test_what_is_wrong_is_named(run: Run) -> None:
    for words, code, sentence in WRONG:
        ended = run("group", *words)
        assert (ended.code, ended.out) == (code, "")
        assert sentence in ended.err
        assert len(ended.err.splitlines()) == 1 or code == 2
    assert [row["slug"] for row in run("group", "list", "--json").json] == ["community"]
