"""Draws the members of the demo community from name lists and shares: the same people every time.

It decides who they are and which groups they are in and look after; it knows no posts and writes nothing.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import TypeVar

from forum.demo.people import Group, Membership, Person
from forum.demo.toml import ContentError, Table

Item = TypeVar("Item")

SEED = 1893
# Letters that Unicode decomposition leaves alone.
PLAIN_LETTERS = str.maketrans({"ø": "o", "Ø": "O", "æ": "ae", "Æ": "Ae", "ß": "ss", "ł": "l", "Ł": "L"})


@dataclass(frozen=True)
class Place:
    group: str
    time_zone: str


def make_people(file: Table, groups: Mapping[str, Group]) -> tuple[Person, ...]:
    """The drawn members, without personas, circles and roles."""
    file.only(
        "members", "mail_domains", "pastimes", "stages", "delivery", "specialties", "interests",
        "place", "employer", "names",
    )  # fmt: skip
    random = Random(SEED)  # noqa: S311 - the same people every time is what is wanted; nothing here is secret
    count = file.number("members")
    stages = _spread(_shares(file.table("stages")), count, random)
    specialties = _spread(_known(file.table("specialties"), groups), count, random)
    places = _spread(
        {_place(row, groups): row.number("weight") for row in file.tables("place", "group")}, count, random
    )
    names = _draw_names(file, count, random)
    delivery = {key: _shares(file.table("delivery").table(key)) for key in ("community", "other")}
    interests = {slug: file.table("interests").table(slug) for slug in file.table("interests").values}
    people = []
    for (given, family), stage, specialty, place in zip(names, stages, specialties, places, strict=True):
        slugs = [*_with_parents(place.group, groups), *_with_parents(specialty, groups)[1:]]
        chosen = [slug for slug, odds in interests.items() if random.random() < odds.share(stage, odds.share("share"))]
        employer = random.choice(_employers(file, _with_parents(place.group, groups)))
        domain = employer.text("domain") if random.random() < 0.6 else random.choice(file.texts("mail_domains"))
        people.append(
            Person(
                key=f"{_mail_name(given)}.{_mail_name(family)}",
                name=f"{given} {family}",
                given_name=given,
                email=f"{_mail_name(given)}.{_mail_name(family)}@{domain}",
                place=groups[place.group].name,
                specialty=groups[specialty].name,
                career_stage=stage,
                employer="" if stage == "retired" else employer.text("name"),
                interests=tuple(random.sample(file.texts("pastimes"), random.choice((0, 1, 1, 2)))),
                time_zone=place.time_zone,
                groups=tuple(
                    Membership(slug, "member", _pick(delivery.get(slug, delivery["other"]), random))
                    for slug in (*slugs, *chosen)
                ),
                newcomer=False,
            )
        )
    return tuple(people)


def is_drawn(person: Person) -> bool:
    """Whether the person comes from the lists; what personas are and do is written on purpose."""
    return "." in person.key


def fill_circles(people: tuple[Person, ...], groups: Mapping[str, Group]) -> tuple[Person, ...]:
    """Bring each circle to its size with the first people it is drawn from; nobody is in two."""
    drawn: dict[str, str] = {}
    for circle in (group for group in groups.values() if group.kind == "circle"):
        present = sum(person.membership(circle.slug) is not None for person in people)
        pool = [
            person.key
            for person in people
            if is_drawn(person) and person.words() >= set(circle.drawn_from) and person.key not in drawn
        ]  # fmt: skip
        if len(pool) < circle.size - present:
            raise ContentError(f"groups.toml: too few people to draw {circle.slug} from")
        drawn |= dict.fromkeys(pool[: circle.size - present], circle.slug)
    return tuple(
        replace(person, groups=(*person.groups, Membership(drawn[person.key], "member", "single")))
        if person.key in drawn
        else person
        for person in people
    )


def appoint_moderators(people: tuple[Person, ...], groups: Iterable[Group]) -> tuple[Person, ...]:
    """Give each group that no persona looks after its first experienced member as moderator."""
    appointed: dict[str, set[str]] = {}
    for group in groups:
        members = [person for person in people if person.membership(group.slug)]
        if any(
            membership.role != "member"
            for person in members
            for membership in person.groups
            if membership.group == group.slug
        ):
            continue
        experienced = [
            person for person in members if is_drawn(person) and person.career_stage in ("senior", "attending")
        ]
        if not experienced:
            raise ContentError(f"groups.toml: nobody in {group.slug} could moderate it")
        # A person looks after one group where that is possible, as people do.
        free = [person for person in experienced if person.key not in appointed] or experienced
        appointed.setdefault(free[0].key, set()).add(group.slug)
    return tuple(
        replace(
            person,
            groups=tuple(
                replace(membership, role="moderator")
                if membership.group in appointed.get(person.key, ())
                else membership
                for membership in person.groups
            ),
        )
        for person in people
    )


def _with_parents(slug: str, groups: Mapping[str, Group]) -> list[str]:
    """From the root down to the group itself."""
    path = [slug]
    while (parent := groups[path[0]].parent) is not None:
        path.insert(0, parent)
    return path


def _place(row: Table, groups: Mapping[str, Group]) -> Place:
    row.only("group", "weight", "time_zone")
    if row.text("group") not in groups:
        raise row.wrong("there is no such group")
    return Place(row.text("group"), row.text("time_zone"))


def _known(table: Table, groups: Mapping[str, Group]) -> dict[str, int]:
    for slug in table.values:
        if slug not in groups:
            raise table.wrong(f"there is no group {slug}")
    return {slug: table.number(slug) for slug in table.values}


def _shares(table: Table) -> dict[str, float]:
    return {key: table.share(key) for key in table.values}


def _employers(file: Table, region: list[str]) -> tuple[Table, ...]:
    return tuple(row for row in file.tables("employer", "name") if row.text("region") in region)


def _spread(weights: Mapping[Item, float], count: int, random: Random) -> list[Item]:
    """`count` items in the proportion of their weights, shuffled: small groups get their share, not their luck."""
    total = sum(weights.values())
    items: list[Item] = []
    reached = 0.0
    for item, weight in weights.items():
        reached += weight / total * count
        items += [item] * (round(reached) - len(items))
    random.shuffle(items)
    return items


def _pick(shares: Mapping[str, float], random: Random) -> str:
    return random.choices(list(shares), list(shares.values()))[0]


def _draw_names(file: Table, count: int, random: Random) -> list[tuple[str, str]]:
    """Given and family names, mostly of one origin, sometimes of two; no two people share a name or a mail name."""
    origins = [(row.texts("given"), row.texts("family")) for row in file.tables("names")]
    drawn: dict[tuple[str, str], tuple[str, str]] = {}
    while len(drawn) < count:
        given_names, family_names = random.choice(origins)
        if random.random() < 0.12:
            family_names = random.choice(origins)[1]
        given, family = random.choice(given_names), random.choice(family_names)
        drawn.setdefault((_mail_name(given), _mail_name(family)), (given, family))
    return list(drawn.values())


def _mail_name(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.translate(PLAIN_LETTERS))
    return "".join(letter for letter in plain.lower() if letter.isascii() and (letter.isalnum() or letter == "-"))
