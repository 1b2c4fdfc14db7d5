"""Reads the words of the demo community: its tree, its members, their threads, and what waits for a moderator.

It only reads and checks. Seeding turns the result into a community through the real actions; nothing here
knows a database, and the same files give the same content every time.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from forum.demo.drawing import appoint_moderators, fill_circles, is_drawn, make_people
from forum.demo.people import Group, Membership, Person, Persona, read_personas
from forum.demo.toml import ContentError, Table, read_table

__all__ = [
    "Attachment",
    "ContentError",
    "DemoContent",
    "Group",
    "HeldPost",
    "Membership",
    "Person",
    "Persona",
    "Post",
    "Thread",
    "load",
]  # fmt: skip

KINDS = ("community", "region", "specialty", "interest", "circle")
JOIN_POLICIES = ("open", "request", "invite")
MODERATE_POLICIES = ("all", "newcomers", "none")
DOORS = ("web", "mail")
HELD_BECAUSE = ("newcomer", "claimed")
# CONTRACT: an unlisted group's mail address carries five more characters and a hyphen.
LONGEST_SLUG, LONGEST_UNLISTED_SLUG = 40, 34
RESERVED_SLUGS = {
    "banyan",
    "postmaster",
    "abuse",
    "reply",
    "author",
    "confirm",
    "moderate",
    "leave",
    "bounce",
}
RESERVED_ENDINGS = ("-owner", "-join", "-leave", "-help")
MINUTES = {"d": 24 * 60, "h": 60, "m": 1}
# {me}, {me full}, {to} and {p0}, {p1}, ...: names of the author, of whom the post answers, of the author of post 0, 1.
NAME = re.compile(r"\{(me full|me|to|p(\d+))\}")


@dataclass(frozen=True)
class Attachment:
    name: str
    type: str
    text: str


@dataclass(frozen=True)
class Post:
    """`author` is a person's key, `reply_to` the index of an earlier post of the thread.

    Posts by mail are plain text, posts on the web Markdown.
    """

    author: str
    reply_to: int | None
    minutes_ago: int
    via: str
    text: str
    attachments: tuple[Attachment, ...]


@dataclass(frozen=True)
class Thread:
    group: str
    subject: str
    posts: tuple[Post, ...]


@dataclass(frozen=True)
class HeldPost:
    """What waits for a moderator: a new thread, or a reply to the thread of that subject in the same group.

    `because` says how seeding gets it held: its author is a newcomer, or the mail's sender is only claimed.
    """

    group: str
    author: str
    subject: str
    reply_to_subject: str | None
    minutes_ago: int
    via: str
    because: str
    text: str


@dataclass(frozen=True)
class DemoContent:
    groups: tuple[Group, ...]
    people: tuple[Person, ...]
    personas: tuple[Persona, ...]
    threads: tuple[Thread, ...]
    held: tuple[HeldPost, ...]


def load() -> DemoContent:
    """The whole content. Groups come parents first, people with the personas first, threads oldest first."""
    folder = files("forum.demo") / "content"
    groups = read_groups(read_table(folder / "groups.toml"))
    personas, persona_people = read_personas(read_table(folder / "personas.toml"), groups)
    people = fill_circles((*persona_people, *make_people(read_table(folder / "people.toml"), groups)), groups)
    people = appoint_moderators(people, groups.values())
    threads: list[Thread] = []
    for file in sorted((folder / "threads").iterdir(), key=lambda file: file.name):
        threads += read_threads(read_table(file), groups, people)
    threads.sort(key=lambda thread: -thread.posts[0].minutes_ago)
    held = read_held(read_table(folder / "held.toml"), threads, groups, people)
    return DemoContent(tuple(groups.values()), people, personas, tuple(threads), held)


def read_groups(file: Table) -> dict[str, Group]:
    """The groups by slug, parents before their children."""
    file.only("group")
    groups: dict[str, Group] = {}
    for table in file.tables("group", "slug"):
        table.only(
            "slug", "name", "kind", "parent", "listed", "join", "moderate", "description", "size", "drawn_from",
        )  # fmt: skip
        group = Group(
            slug=table.text("slug"),
            name=table.text("name"),
            kind=_one_of(table, "kind", KINDS),
            parent=table.text("parent", "") or None,
            listed=table.flag("listed", True),
            join=_one_of(table, "join", JOIN_POLICIES),
            moderate=_one_of(table, "moderate", MODERATE_POLICIES, "none"),
            description=table.text("description"),
            size=table.number("size", 0),
            drawn_from=table.texts("drawn_from"),
        )
        longest = LONGEST_SLUG if group.listed else LONGEST_UNLISTED_SLUG
        if not re.fullmatch(rf"[a-z0-9-]{{1,{longest}}}", group.slug):
            raise table.wrong(f"a slug is 1 to {longest} of a-z, 0-9 and the hyphen")
        if group.slug in RESERVED_SLUGS or group.slug.endswith(RESERVED_ENDINGS):
            raise table.wrong("this slug is reserved for mail")
        if group.slug in groups:
            raise table.wrong("this slug is used twice")
        if (group.parent is None) != (group.kind == "community"):
            raise table.wrong("the community alone has no parent")
        if group.parent is not None and group.parent not in groups:
            raise table.wrong(f"its parent {group.parent} must stand above it")
        if (group.kind == "circle") != (7 <= group.size <= 9):
            raise table.wrong("a circle, and nothing else, has a size of 7 to 9")
        groups[group.slug] = group
    return groups


def read_threads(file: Table, groups: Mapping[str, Group], people: tuple[Person, ...]) -> list[Thread]:
    file.only("thread")
    return [_read_thread(table, groups, people) for table in file.tables("thread", "subject")]


def _read_thread(table: Table, groups: Mapping[str, Group], people: tuple[Person, ...]) -> Thread:
    table.only("group", "subject", "ago", "post")
    group = table.text("group")
    if group not in groups:
        raise table.wrong(f"there is no group {group}")
    rows = table.tables("post")
    if not rows:
        raise table.wrong("a thread needs a post")
    authors = _resolve_authors(rows, group, people)
    minutes_ago = _minutes(table, "ago")
    posts: list[Post] = []
    for index, (row, author) in enumerate(zip(rows, authors, strict=True)):
        row.only("by", "reply_to", "after", "via", "text", "attachment")
        if index:
            minutes_ago -= _minutes(row, "after")
        if minutes_ago < 1:
            raise row.wrong("would be written in the future")
        reply_to = _earlier_post(row, index)
        answered = authors[reply_to] if reply_to is not None else None
        posts.append(
            Post(
                author=author.key,
                reply_to=reply_to,
                minutes_ago=minutes_ago,
                via=_one_of(row, "via", DOORS, "web"),
                text=_fill_names(row, author, answered, authors[:index]),
                attachments=tuple(_read_attachment(part) for part in row.tables("attachment", "name")),
            )
        )
    return Thread(group, table.text("subject"), tuple(posts))


def read_held(
    file: Table, threads: list[Thread], groups: Mapping[str, Group], people: tuple[Person, ...]
) -> tuple[HeldPost, ...]:
    file.only("held")
    held = []
    for table in file.tables("held"):
        table.only("group", "by", "subject", "reply_to_subject", "ago", "via", "because", "text")
        group = table.text("group")
        if group not in groups:
            raise table.wrong(f"there is no group {group}")
        answered = table.text("reply_to_subject", "") or None
        if answered is not None and not any((group, answered) == (thread.group, thread.subject) for thread in threads):
            raise table.wrong(f"there is no thread {answered!r} in {group}")
        author = find_author(table, table.text("by"), group, people)
        because = _one_of(table, "because", HELD_BECAUSE)
        if (because == "newcomer") != author.newcomer:
            raise table.wrong(f"{author.key} does not fit a post held for being by a {because} author")
        subject = f"Re: {answered}" if answered is not None else table.text("subject")
        text = _fill_names(table, author, None, [])
        via = _one_of(table, "via", DOORS)
        held.append(HeldPost(group, author.key, subject, answered, _minutes(table, "ago"), via, because, text))
    return tuple(held)


def find_author(table: Table, hint: str, group: str, people: tuple[Person, ...]) -> Person:
    """Who a hint means: a person's key, or `words#n`, the n-th member of the group whom all words fit.

    Words are a career stage, slugs of groups, or `moderator` (of this group). Personas and newcomers are only found
    by their key, so that what they do is written on purpose.
    """
    if "#" not in hint:
        person = next((person for person in people if person.key == hint), None)
        if person is None:
            raise table.wrong(f"there is no person {hint}")
        if person.membership(group) is None:
            raise table.wrong(f"{hint} is not a member of {group}")
        return person
    words, _, number = hint.partition("#")
    wanted = {word.strip() for word in words.split(",") if word.strip()}
    moderating = "moderator" in wanted
    pool = [
        person
        for person in people
        if is_drawn(person)
        and (membership := person.membership(group)) is not None
        and person.words() >= wanted - {"moderator"}
        and (membership.role != "member" or not moderating)
    ]
    if not number.isdigit() or not 1 <= int(number) <= len(pool):
        raise table.wrong(f"{hint} is nobody: {len(pool)} members of {group} fit")
    return pool[int(number) - 1]


def _resolve_authors(rows: tuple[Table, ...], group: str, people: tuple[Person, ...]) -> list[Person]:
    """The author of each post. Two different hints meaning one person would make people thank themselves."""
    hints: dict[str, str] = {}
    authors = []
    for row in rows:
        hint = row.text("by")
        author = find_author(row, hint, group, people)
        if hints.setdefault(author.key, hint) != hint:
            raise row.wrong(f"{hint} and {hints[author.key]} are both {author.key}")
        authors.append(author)
    return authors


def _earlier_post(row: Table, index: int) -> int | None:
    if index == 0:
        if "reply_to" in row.values or "after" in row.values:
            raise row.wrong("the first post of a thread answers nothing")
        return None
    reply_to = row.number("reply_to", 0)
    if not 0 <= reply_to < index:
        raise row.wrong("reply_to must be the index of an earlier post")
    return reply_to


def _read_attachment(table: Table) -> Attachment:
    table.only("name", "type", "text")
    return Attachment(table.text("name"), table.text("type"), table.text("text"))


def _fill_names(row: Table, author: Person, answered: Person | None, earlier: list[Person]) -> str:
    def name(match: re.Match[str]) -> str:
        if match[1] == "me full":
            return author.name
        if match[1] == "me":
            return author.given_name
        if match[1] == "to":
            if answered is None:
                raise row.wrong("{to} in a post that answers nothing")
            return answered.given_name
        if int(match[2]) >= len(earlier):
            raise row.wrong(f"{match[0]} is no earlier post")
        return earlier[int(match[2])].given_name

    return NAME.sub(name, row.text("text")).strip() + "\n"


def _minutes(table: Table, key: str) -> int:
    """A span such as `3d`, `2h` or `1d 4h 20m`, in minutes."""
    span = table.text(key)
    if not re.fullmatch(r"\d+[dhm](?: \d+[dhm])*", span):
        raise table.wrong(f"{key} must be a span such as 20m, 3h or 2d 4h, not {span!r}")
    return sum(int(part[:-1]) * MINUTES[part[-1]] for part in span.split())


def _one_of(table: Table, key: str, allowed: tuple[str, ...], default: str | None = None) -> str:
    value = table.text(key, default)
    if value not in allowed:
        raise table.wrong(f"{key} must be one of {', '.join(allowed)}")
    return value
