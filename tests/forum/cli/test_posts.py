from typing import Any

import pytest

from forum.threads import overview
from tests.forum.cli.conftest import Ended, Run


@pytest.fixture
def site(run: Run) -> Run:
    run("group", "create", "locums", "--name", "Locums")
    run("member", "add", "ann@example.org", "--name", "Ann Lee", "--group", "locums")
    run("member", "add", "mod@example.org", "--name", "Mo Day", "--group", "locums", "--role", "moderator")
    return run


def write(run: Run, *words: str, text: bytes = b"Who can cover two weeks?\n", email: str = "ann@example.org") -> Ended:
    return run("post", "--group", "locums", "--as", email, *words, given=text)


def only_thread(run: Run) -> dict[str, Any]:
    (row,) = run("thread", "list", "--group", "locums", "--json").json
    thread: dict[str, Any] = run("thread", "show", row["id"], "--json").json
    return thread


def test_a_post_is_published_and_shown(site: Run) -> None:
    ended = write(site, "--subject", "Cover in August", "--json")
    assert ended.code == 0
    outcome = ended.json
    (row,) = site("thread", "list", "--group", "locums", "--json").json
    assert row.pop("last_post_at")
    assert row == {
        "id": outcome["thread"],
        "subject": "Cover in August",
        "url": f"http://127.0.0.1:8000/t/{outcome['thread']}",
        "posts": 1,
        "tags": [],
    }
    thread = only_thread(site)
    (post,) = thread["posts"]
    assert post.pop("created_at")
    assert (thread["group"], thread["subject"]) == ("locums", "Cover in August")
    assert post == {
        "id": outcome["post"],
        "author": "Ann Lee",
        "email": "ann@example.org",
        "via": "cli",
        "message_id": f"<{outcome['post']}@lists.localhost>",
        "author_message_id": None,
        "in_reply_to": None,
        "text": "Who can cover two weeks?",
        "folded": "",
        "html": "<p>Who can cover two weeks?</p>",
        "attachments": [],
    }
    assert outcome == {"outcome": "published", "post": post["id"], "thread": thread["id"], "held": None}


def test_an_answer_goes_into_the_thread_and_needs_no_subject(site: Run) -> None:
    first = write(site, "--subject", "Cover in August", "--json").json
    second = write(site, "--reply-to", first["post"], "--json", email="mod@example.org", text=b"I can.").json
    assert second["thread"] == first["thread"]
    thread = only_thread(site)
    assert [post["in_reply_to"] for post in thread["posts"]] == [None, f"<{first['post']}@lists.localhost>"]
    assert "I can." in site("thread", "show", thread["id"]).out


def test_newest_threads_come_first_and_a_limit_holds(site: Run) -> None:
    for subject in ("First", "Second", "Third"):
        write(site, "--subject", subject)
    rows = site("thread", "list", "--group", "locums", "--limit", "2", "--json").json
    assert [row["subject"] for row in rows] == ["Third", "Second"]
    assert [line.split()[-1] for line in site("thread", "list", "--group", "locums").out.splitlines()] == [
        "subject",
        "Third",
        "Second",
        "First",
    ]


def test_a_long_thread_is_shown_whole_and_in_order(site: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overview, "_PAGE", 2)
    site("group", "set", "locums", "--quota", "none")
    first = write(site, "--subject", "Count", "--json", text=b"0").json["post"]
    for number in range(1, 4):
        write(site, "--reply-to", first, text=str(number).encode())
    assert [post["text"] for post in only_thread(site)["posts"]] == ["0", "1", "2", "3"]


def test_what_the_gate_returns_is_exit_code_1_with_its_sentence(site: Run) -> None:
    ended = write(site, "--subject", "Nothing", "--json", text=b"\n")
    assert ended.code == 1
    assert ended.json == {"outcome": "returned", "post": None, "thread": None, "held": None}
    assert "no words" in ended.err


def test_who_is_no_member_of_the_group_is_refused(site: Run) -> None:
    site("member", "add", "out@example.org", "--name", "Ulrich")
    ended = write(site, "--subject", "Hello", "--json", email="out@example.org")
    assert (ended.code, ended.json["outcome"]) == (1, "refused")
    assert "Only members of Locums" in ended.err


def test_an_answer_to_a_post_elsewhere_is_refused_and_posts_nothing(site: Run) -> None:
    elsewhere = site(
        "post", "--group", "community", "--as", "ann@example.org", "--subject", "Hi", "--json", given=b"Hi"
    ).json["post"]
    ended = write(site, "--reply-to", elsewhere)
    assert (ended.code, ended.out) == (1, "")
    assert f"no post '{elsewhere}' in locums" in ended.err
    assert site("thread", "list", "--group", "locums", "--json").json == []


def test_wrong_use_is_exit_code_2(site: Run) -> None:
    assert write(site).code == 2
    assert write(site, "--subject", "x", text=b"\xff\xfe").code == 2


def test_unknown_things_are_exit_code_1(site: Run) -> None:
    assert site("thread", "show", "nothing").code == 1
    assert site("thread", "list", "--group", "nowhere").code == 1
    assert write(site, "--subject", "x", email="nobody@example.org").code == 1


def test_a_held_post_is_listed_and_approved(site: Run) -> None:
    site("group", "set", "locums", "--moderate", "all")
    outcome = write(site, "--subject", "Cover", "--json").json
    assert outcome["outcome"] == "held"
    (row,) = site("held", "list", "--json").json
    assert row["id"] == outcome["held"]
    assert (row["group"], row["subject"], row["author"], row["via"]) == ("locums", "Cover", "Ann Lee", "cli")
    assert (row["text"], row["state"]) == ("Who can cover two weeks?", "waiting")
    assert [set(finding) for finding in row["findings"]] == [
        {"rule", "severity", "sentence", "for_moderator", "evidence"}
    ]
    assert row["findings"][0]["rule"] == "moderated"
    approved = site("held", "decide", row["id"], "approve", "--as", "mod@example.org", "--json")
    assert (approved.code, approved.json["state"]) == (0, "approved")
    assert len(only_thread(site)["posts"]) == 1
    assert site("held", "list", "--state", "waiting", "--json").json == []
    assert "approved" in site("held", "list", "--group", "locums").out


def test_only_a_moderator_of_the_group_decides_and_only_once(site: Run) -> None:
    site("group", "set", "locums", "--moderate", "all")
    held = write(site, "--subject", "Cover", "--json").json["held"]
    ended = site("held", "decide", held, "approve", "--as", "ann@example.org")
    assert (ended.code, ended.err) == (1, "ann@example.org does not moderate locums.\n")
    no_reason = site("held", "decide", held, "reject", "--as", "mod@example.org")
    assert (no_reason.code, no_reason.err) == (1, "Write a reason. The author gets it by mail.\n")
    assert site("held", "decide", held, "return", "--as", "mod@example.org", "--reason", "Say where.").code == 0
    again = site("held", "decide", held, "approve", "--as", "mod@example.org")
    assert (again.code, again.err) == (1, "Mo Day has decided already: returned.\n")
    assert site("held", "decide", "nothing", "approve", "--as", "mod@example.org").code == 1
    assert site("held", "decide", held, "perhaps", "--as", "mod@example.org").code == 2
