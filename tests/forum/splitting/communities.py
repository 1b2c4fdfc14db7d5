"""Communities that are made up at random, for pure tests of what is said of a proposal."""

import numpy as np

from forum.facets.models import Dimension
from forum.groups.models import Delivery
from forum.splitting.figures.words import Person, Words
from forum.splitting.proposals.evidence import Evidence
from tests.evidence import evidence_of

UNSAID = "Zyxosis"


def a_community(seed: int, members: int, groups: int, *, dense: float = 0.2) -> Evidence:
    """Anything that evidence may hold: ties, threads, tags, words, facets (the last two sensitive), one candidate."""
    draw = np.random.default_rng(seed)
    labels = np.sort(draw.integers(0, groups, members)) if groups else np.zeros(members, dtype=np.int64)
    second = np.where(draw.random(members) < 0.2, (labels + 1) % max(groups, 1), -1)
    second = np.where(second == labels, -1, second)
    tied = np.argwhere(draw.random((members, members)) < dense)
    tied = tied[tied[:, 0] != tied[:, 1]]
    count = draw.integers(0, 5, len(tied))
    threads = int(draw.integers(0, 2 * members + 1))
    wrote = np.argwhere(draw.random((threads, members)) < 3 / max(members, 1))
    tagged = np.argwhere(draw.random((threads, 3)) < 0.3)
    term = np.argwhere(draw.random((threads, 5)) < 0.3)
    facets = 6
    # Values lean to groups, so that there is something to tell.
    has = np.argwhere(draw.random((members, facets)) < np.where(labels[:, None] % 3 == np.arange(facets) % 3, 0.6, 0.1))
    return evidence_of(
        members,
        member_delivery=draw.integers(0, len(Delivery), members),
        member_posts_recent=draw.integers(0, 20, members),
        answer_from=tied[:, 0],
        answer_to=tied[:, 1],
        answer_count=count,
        answer_weight=np.sqrt(count) + 0.5,
        thread_ids=np.arange(1, threads + 1),
        thread_days=draw.integers(0, 700, threads),
        thread_asker=draw.integers(-1, members, threads) if members else np.full(threads, -1),
        thread_posts_recent=draw.integers(0, 9, threads),
        wrote_thread=wrote[:, 0],
        wrote_member=wrote[:, 1],
        wrote_posts=np.ones(len(wrote)),
        tag_ids=[1, 2, 3],
        tagged_thread=tagged[:, 0],
        tagged=tagged[:, 1],
        term_keys=range(5),
        term_thread=term[:, 0],
        term=term[:, 1],
        facet_ids=range(1, facets + 1),
        facet_dimension=[0, 0, 1, 3, list(Dimension).index(Dimension.INTEREST), 4],
        facet_sensitive=[False] * 4 + [True] * 2,
        has_facet_member=has[:, 0],
        has_facet=has[:, 1],
        labels=labels.reshape(1, members),
        second=second.reshape(1, members),
        unbounded=labels,
    )


def its_words(evidence: Evidence) -> Words:
    return Words(
        "Physicians",
        "physicians",
        facets={0: "Oregon", 1: "Washington", 2: "Cardiology", 3: "County Hospital", 4: UNSAID, 5: f"Early {UNSAID}"},
        tags={0: "locum", 1: "contracts", 2: UNSAID.casefold()},
        terms={0: "imaging", 1: "schedule", 2: UNSAID, 3: "MRI", 4: "pumping"},
        threads={place: (f"t{place}", f"Subject {place}") for place in range(evidence.threads)},
        people={place: Person(f"m{place}", f"Member {place}") for place in range(evidence.members)},
        unsaid=frozenset({UNSAID.casefold(), "early"}),
    )
