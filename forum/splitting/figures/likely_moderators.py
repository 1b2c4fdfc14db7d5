"""Who could look after a planned group: active there, answering others, well-regarded, perhaps willing. Pure.

A suggestion for moderators, who ask the person. Posts under a pseudonym count for nobody: evidence has none of them.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from forum.splitting.figures.seating import Numbers, Seating, each_once
from forum.splitting.figures.values import LikelyModerator
from forum.splitting.figures.words import FEWEST_ANSWERED, FEWEST_RECENT_POSTS, Person
from forum.splitting.proposals.evidence import Evidence, Places

AT_MOST = 3
# What willingness weighs: as much as knowing twice as many people of the group.
_WILLING = 2 * float(np.log(2))


def likely_moderators(
    evidence: Evidence, seating: Seating, people: Mapping[int, Person]
) -> list[tuple[LikelyModerator, ...]]:
    """For each group up to three of those who have their first seat there, the likeliest first."""
    answered, answered_by = _partners(evidence, seating)
    known = np.zeros(evidence.members, dtype=np.bool_)
    known[[member for member in people if member < evidence.members]] = True
    willing = np.zeros(evidence.members, dtype=np.bool_)
    willing[[member for member, person in people.items() if person.willing and member < evidence.members]] = True
    could = known & (seating.first >= 0) & (answered >= FEWEST_ANSWERED)
    could &= evidence.member_posts_recent >= FEWEST_RECENT_POSTS
    # Each twice as many counts the same, so that nobody leads by sheer number of posts.
    recent = evidence.member_posts_recent.astype(np.float64)
    worth = np.log1p(answered) + np.log1p(answered_by) + 0.5 * np.log1p(recent) + _WILLING * willing
    worth = np.round(worth, 9)
    members = np.flatnonzero(could)
    members = members[np.lexsort((members, -worth[members], seating.first[members]))]
    group = seating.first[members]
    rank = np.arange(len(members)) - np.searchsorted(group, group)
    found: list[list[LikelyModerator]] = [[] for _ in range(seating.groups)]
    for member in members[rank < AT_MOST].tolist():
        person = people[member]
        sentence = _sentence(int(answered[member]), int(answered_by[member]), evidence, member, person)
        found[int(seating.first[member])].append(
            LikelyModerator(int(evidence.member_ids[member]), person.public_id, person.name, sentence)
        )
    return [tuple(each) for each in found]


def _partners(evidence: Evidence, seating: Seating) -> tuple[Numbers, Numbers]:
    """For each member, how many different people of the member's first group it has answered, and was answered by."""
    rows = np.flatnonzero(evidence.answer_count > 0)
    one, other = evidence.answer_from[rows], evidence.answer_to[rows]
    return _distinct(evidence, seating, one, other), _distinct(evidence, seating, other, one)


def _distinct(evidence: Evidence, seating: Seating, members: Places, partners: Places) -> Numbers:
    mine = seating.first[members]
    there = (mine >= 0) & (members != partners)
    there &= (seating.first[partners] == mine) | (seating.second[partners] == mine)
    pairs = each_once(members[there].astype(np.int64) * max(evidence.members, 1) + partners[there])
    return np.bincount(pairs // max(evidence.members, 1), minlength=evidence.members).astype(np.int64)


def _sentence(answered: int, answered_by: int, evidence: Evidence, member: int, person: Person) -> str:
    back = f"was answered by {answered_by}" if answered_by else "was answered by none of them"
    says: Sequence[str] = (
        f"Has answered {answered} members of this group, {back}, "
        f"and wrote {int(evidence.member_posts_recent[member])} posts in the last 90 days.",
        person.willing,
    )
    return " ".join(filter(None, says))
