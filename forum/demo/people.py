"""What a member of the demo community is, and the personas, who are written on purpose. The others are drawn.

It only reads and checks; it knows no posts.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from forum.demo.toml import Table

CHOICES = ("follow", "mute")
ROLES = ("member", "moderator", "owner")
DELIVERIES = ("single", "digest", "weekly", "followed", "specials", "none")


@dataclass(frozen=True)
class Group:
    """A node of the tree. `size` and `drawn_from` are a circle's; they are 0 and empty for the other kinds."""

    slug: str
    name: str
    kind: str
    parent: str | None
    listed: bool
    join: str
    moderate: str
    description: str
    size: int
    drawn_from: tuple[str, ...]


@dataclass(frozen=True)
class Membership:
    group: str
    role: str
    delivery: str


@dataclass(frozen=True)
class ChosenTag:
    """What a person follows or mutes in a group."""

    group: str
    tag: str
    choice: str


@dataclass(frozen=True)
class Person:
    """A member-to-be. `place` and `specialty` are names as a profile shows them, `groups` what the person is in.

    A newcomer has joined by invitation, so that first posts are held where the group says so.
    """

    key: str
    name: str
    given_name: str
    email: str
    place: str
    specialty: str
    career_stage: str
    employer: str
    interests: tuple[str, ...]
    time_zone: str
    groups: tuple[Membership, ...]
    newcomer: bool
    digest_hour: int | None = None
    tags: tuple[ChosenTag, ...] = ()

    def membership(self, slug: str) -> Membership | None:
        return next((membership for membership in self.groups if membership.group == slug), None)

    def words(self) -> frozenset[str]:
        """What an author hint may select this person by: the career stage and the groups."""
        return frozenset({self.career_stage, *(membership.group for membership in self.groups)})


@dataclass(frozen=True)
class Persona:
    """Somebody a visitor of the demo can be."""

    key: str
    story: str


def read_personas(file: Table, groups: Mapping[str, Group]) -> tuple[tuple[Persona, ...], tuple[Person, ...]]:
    """The personas and, in the same order, the people they are."""
    file.only("persona")
    personas, people = [], []
    for table in file.tables("persona", "key"):
        table.only(
            "key", "name", "email", "story", "place", "specialty", "career_stage",
            "employer", "interests", "time_zone", "newcomer", "digest_hour", "membership", "tag",
        )  # fmt: skip
        memberships = tuple(_read_membership(row, groups) for row in table.tables("membership", "group"))
        for slug in (table.text("place"), table.text("specialty"), "community"):
            if slug not in (membership.group for membership in memberships):
                raise table.wrong(f"needs a membership in {slug}")
        name = table.text("name")
        personas.append(Persona(table.text("key"), table.text("story")))
        people.append(
            Person(
                key=table.text("key"),
                name=name,
                given_name=name.split()[0],
                email=table.text("email"),
                place=groups[table.text("place")].name,
                specialty=groups[table.text("specialty")].name,
                career_stage=table.text("career_stage"),
                employer=table.text("employer"),
                interests=table.texts("interests"),
                time_zone=table.text("time_zone"),
                groups=memberships,
                newcomer=table.flag("newcomer", False),
                digest_hour=table.number("digest_hour") if "digest_hour" in table.values else None,
                tags=tuple(_read_tag(row, memberships) for row in table.tables("tag", "tag")),
            )
        )
    return tuple(personas), tuple(people)


def _read_membership(table: Table, groups: Mapping[str, Group]) -> Membership:
    table.only("group", "role", "delivery")
    membership = Membership(table.text("group"), table.text("role", "member"), table.text("delivery"))
    if membership.group not in groups:
        raise table.wrong(f"there is no group {membership.group}")
    if membership.role not in ROLES:
        raise table.wrong(f"role must be one of {', '.join(ROLES)}")
    if membership.delivery not in DELIVERIES:
        raise table.wrong(f"delivery must be one of {', '.join(DELIVERIES)}")
    return membership


def _read_tag(table: Table, memberships: tuple[Membership, ...]) -> ChosenTag:
    table.only("group", "tag", "choice")
    chosen = ChosenTag(table.text("group"), table.text("tag"), table.text("choice"))
    if chosen.group not in (membership.group for membership in memberships):
        raise table.wrong(f"{chosen.group} is no group of this persona")
    if chosen.choice not in CHOICES:
        raise table.wrong(f"choice must be one of {', '.join(CHOICES)}")
    return chosen
