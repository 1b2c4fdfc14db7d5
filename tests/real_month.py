"""A real month of a list, the whole way: half of it imported, the other half sent live, and all compared with its tree.

    python tests/real_month.py MONTH.mbox MONTH.threads.json

The tree is a JSON list of {message_id, num, parent, ...}, where `parent` is the `num` of the message answered or null.
Everything is done from outside: commands, and mail through the LMTP door of `banyan listen`, at the time when each
mail was written. Prints one JSON report; exit code 0 when every message is a post of its author, and at least 95% of
the pairs of messages that share a thread here or in the tree share one in both (Jaccard), else 1.
"""

import contextlib
import csv
import io
import json
import mailbox
import os
import smtplib
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.header import decode_header, make_header
from email.utils import parseaddr, parsedate_to_datetime
from pathlib import Path
from typing import Any

AUTHSERV_ID = "mx.check.example"
GROUP = "month"
ENOUGH = 0.95
PATIENCE_SECONDS = 120


@dataclass(frozen=True)
class Message:
    """One message of the month, cut from the file by Python's own mailbox module."""

    message_id: str
    name: str
    address: str
    sent_at: float
    raw: bytes
    with_separator: bytes


def read_month(path: Path) -> list[Message]:
    box = mailbox.mbox(path)
    messages = []
    for key in box.keys():  # noqa: SIM118  (a mailbox is no mapping: iterating over it gives messages)
        head = box[key]
        name, address = parseaddr(str(make_header(decode_header(str(head["From"])))))
        messages.append(
            Message(
                message_id=str(head["Message-ID"]).strip(),
                name=name or address.partition("@")[0],
                address=address,
                sent_at=parsedate_to_datetime(str(head["Date"])).timestamp(),
                raw=box.get_bytes(key),
                with_separator=box.get_bytes(key, from_=True),
            )
        )
    box.close()
    return messages


def threads_of(tree: Sequence[Mapping[str, Any]]) -> dict[str, object]:
    """The thread of each message id: the number of the message at the root of its branch."""
    by_number = {node["num"]: node for node in tree}

    def root(node: Mapping[str, Any]) -> object:
        while node["parent"] is not None:
            node = by_number[node["parent"]]
        return node["num"]

    return {node["message_id"]: root(node) for node in tree}


def pairs(sizes: Counter[object]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes.values())


def agreement(ours: Mapping[str, object], theirs: Mapping[str, object]) -> tuple[float, float]:
    """Jaccard over pairs of messages that share a thread in either; Rand index over all pairs."""
    both = pairs(Counter((ours[each], theirs[each]) for each in ours))
    in_ours, in_theirs = pairs(Counter(ours.values())), pairs(Counter(theirs[each] for each in ours))
    every, either = len(ours) * (len(ours) - 1) // 2, in_ours + in_theirs - both
    return both / max(either, 1), (every - either + both) / max(every, 1)


class Site:
    """A fresh site in a folder of its own, spoken to from outside."""

    def __init__(self, folder: Path) -> None:
        self.clock = folder / "clock"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("BANYAN_")},
            "BANYAN_DATA_DIR": str(folder / "var"),
            "BANYAN_LMTP_LISTEN": f"127.0.0.1:{self.port}",
            "BANYAN_TRUSTED_AUTHSERV_ID": AUTHSERV_ID,
            "BANYAN_TEST": "1",
            "BANYAN_CLOCK_FILE": str(self.clock),
        }

    def run(self, *words: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "forum.cli", *words],
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def ask(self, *words: str) -> Any:
        return json.loads(self.run(*words, "--json"))

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """`banyan listen` and `banyan work`, until the end of the block."""
        started = [
            subprocess.Popen(
                [sys.executable, "-m", "forum.cli", words], env=self.environment, stderr=subprocess.DEVNULL
            )
            for words in ("listen", "work")
        ]
        try:
            self._wait_for_the_door()
            yield
        finally:
            for process in started:
                process.terminate()
            for process in started:
                process.wait(30)

    def _wait_for_the_door(self) -> None:
        for _ in range(300):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.1)
        raise SystemExit("banyan listen did not open its door within 30 s")

    def move_clock(self, to: float) -> None:
        """Written beside and renamed, so that no process reads half a number."""
        part = self.clock.with_suffix(".part")
        part.write_text(str(to - time.time()))
        part.replace(self.clock)


def prepare(site: Site, folder: Path, live: Sequence[Message]) -> None:
    """A group whose members are those who write live; they read on the web, so that no mail goes out."""
    site.run("init", "--name", "The month")
    site.run("group", "create", GROUP, "--name", "The month")
    site.run("group", "set", GROUP, "--quota", "none")
    roster = io.StringIO()
    rows = csv.writer(roster)
    rows.writerow(["email", "name", "delivery"])
    rows.writerows([address, name, "none"] for address, name in {each.address: each.name for each in live}.items())
    (folder / "members.csv").write_text(roster.getvalue(), encoding="utf-8")
    site.run("member", "import", str(folder / "members.csv"), "--group", GROUP)


def send_live(site: Site, messages: Sequence[Message]) -> list[str]:
    """Hand each mail to the door as our mail server would; returns the ids of those that the door refused."""
    refused = []
    with site.running():
        for message in messages:
            site.move_clock(message.sent_at)
            stamp = (
                f"Authentication-Results: {AUTHSERV_ID}; dmarc=pass header.from={message.address.partition('@')[2]}\n"
            )
            try:
                with smtplib.LMTP("127.0.0.1", site.port) as door:
                    door.sendmail(message.address, [f"{GROUP}@lists.localhost"], stamp.encode() + message.raw)
            except smtplib.SMTPException:
                refused.append(message.message_id)
        limit = time.monotonic() + PATIENCE_SECONDS
        while site.ask("mail", "list", "--state", "received") and time.monotonic() < limit:
            time.sleep(0.5)
    return refused


def posts_of(site: Site) -> list[dict[str, Any]]:
    """Every post of the group, with the id and subject of its thread."""
    found = []
    for row in site.ask("thread", "list", "--group", GROUP, "--limit", "100000"):
        thread = site.ask("thread", "show", row["id"])
        found += [{**post, "thread": row["id"], "title": row["subject"]} for post in thread["posts"]]
    return found


def compare(messages: Sequence[Message], tree: Sequence[Mapping[str, Any]], posts: Sequence[Mapping[str, Any]]) -> Any:
    by_id: dict[str, list[Mapping[str, Any]]] = {}
    for post in posts:
        by_id.setdefault(post["author_message_id"] or post["message_id"], []).append(post)
    theirs = threads_of(tree)
    ours: dict[str, object] = {name: by_id[name][0]["thread"] for name in theirs if name in by_id}
    jaccard, rand = agreement(ours, theirs)
    numbers = {node["num"]: node["message_id"] for node in tree}
    ids = {post["message_id"]: name for name, twins in by_id.items() for post in twins}
    parents = {node["message_id"]: numbers.get(node["parent"]) for node in tree}
    same = [ids.get(by_id[name][0]["in_reply_to"]) == parents[name] for name in ours if parents[name] is not None]
    return {
        "messages": len(messages),
        "posts": len(posts),
        "missing": [name for name in theirs if name not in by_id],
        "twice": [name for name, twins in by_id.items() if len(twins) > 1],
        "wrong_author": [
            each.message_id
            for each in messages
            if each.message_id in by_id and by_id[each.message_id][0]["email"] != each.address
        ],
        "without_words": [name for name in ours if not by_id[name][0]["text"].strip()],
        "threads": {"tree": len(set(theirs.values())), "ours": len(set(ours.values()))},
        "jaccard": round(jaccard, 4),
        "rand": round(rand, 4),
        "same_parent": {"agree": sum(same), "of": len(same)},
    }


def main(mbox: str, tree_file: str) -> int:
    began = time.monotonic()
    messages = read_month(Path(mbox))
    tree = json.loads(Path(tree_file).read_text(encoding="utf-8"))
    half = len(messages) // 2
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        site = Site(folder)
        prepare(site, folder, messages[half:])
        (folder / "old.mbox").write_bytes(b"\n".join(each.with_separator for each in messages[:half]))
        imported = site.ask("import", "mbox", str(folder / "old.mbox"), "--group", GROUP)
        refused = send_live(site, messages[half:])
        fates = Counter(mail["state"] for mail in site.ask("mail", "list", "--limit", "100000"))
        report = compare(messages, tree, posts_of(site))
    report |= {"imported": imported["new"], "live": dict(fates), "refused_at_the_door": refused}
    report["seconds"] = round(time.monotonic() - began, 1)
    wrong = any(report[key] for key in ("missing", "twice", "wrong_author", "without_words", "refused_at_the_door"))
    report["passed"] = not wrong and report["posts"] == len(messages) and report["jaccard"] >= ENOUGH
    print(json.dumps(report, ensure_ascii=False, indent=2))
    return 0 if report["passed"] else 1


if __name__ == "__main__":
    if len(sys.argv) != 3 or not all(Path(each).is_file() for each in sys.argv[1:]):
        print("Give two files that exist: MONTH.mbox and MONTH.threads.json", file=sys.stderr)
        sys.exit(2)
    sys.exit(main(*sys.argv[1:]))
