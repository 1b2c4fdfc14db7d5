"""The demo's people as an operator's roster has them: when they joined, their rows and facets. It writes nothing."""

from collections.abc import Mapping
from datetime import timedelta

from forum.demo.content import Person
from forum.groups.models import Delivery, Role
from forum.groups.roster import RosterRow

FOUNDED = timedelta(days=11 * 365)
# How long ago people of each career stage joined, at the least as long ago as the oldest post.
JOINED = {
    "retired": timedelta(days=9 * 365),
    "senior": timedelta(days=7 * 365),
    "attending": timedelta(days=3 * 365),
    "fellow": timedelta(days=400),
    "resident": timedelta(days=200),
}


def owns(person: Person, slug: str) -> bool:
    membership = person.membership(slug)
    return membership is not None and membership.role == Role.OWNER


def joined_ago(person: Person) -> timedelta:
    return FOUNDED if owns(person, "community") else JOINED[person.career_stage]


def roster_row(person: Person, slug: str) -> RosterRow:
    membership = person.membership(slug)
    assert membership is not None
    return RosterRow(
        line=0,
        email=person.email,
        name=person.name,
        delivery=Delivery(membership.delivery),
        role=Role(membership.role),
        facets=facets(person),
    )


def facets(person: Person) -> Mapping[str, str]:
    return {
        "place": person.place,
        "specialty": person.specialty,
        "career_stage": person.career_stage,
        "employer": person.employer,
        "interests": ", ".join(person.interests),
        "time_zone": person.time_zone,
    }
