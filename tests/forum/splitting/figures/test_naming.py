import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.groups.models import Kind
from forum.groups.slugs import check_slug
from forum.splitting.figures.describing import figures_of
from forum.splitting.figures.naming import free_slug
from forum.splitting.figures.words import Words
from tests.evidence import evidence_of

PLACE, SPECIALTY, EMPLOYER, INTEREST = 0, 1, 3, 4
# Facets by place: name, dimension, the one above it.
FACETS = (
    ("United States", PLACE, None),
    ("Oregon", PLACE, 0),
    ("Washington", PLACE, 0),
    ("Portland", PLACE, 1),
    ("Cardiology", SPECIALTY, None),
    ("knitting", INTEREST, None),
    ("Dermatology", SPECIALTY, None),
    ("County Clinic", EMPLOYER, None),
)
US, OREGON, WASHINGTON, PORTLAND, CARDIOLOGY, KNITTING, DERMATOLOGY, CLINIC = range(8)
WORDS = Words(
    "Physicians",
    "physicians",
    facets={place: name for place, (name, _, _) in enumerate(FACETS)},
    facet_parents={place: above for place, (_, _, above) in enumerate(FACETS) if above is not None},
    tags={0: "locum", 1: "contracts", 2: "imaging"},
    terms={0: "MRI", 1: "Locum"},
)


def named(groups, tags=(), words=WORDS, sensitive=()):
    """The figures of groups given by the facets of each member, and of threads given as (group, tag)."""
    members = [facets for group in groups for facets in group]
    labels = np.repeat(np.arange(len(groups)), [len(group) for group in groups]).astype(np.int32)
    begins = np.cumsum([0] + [len(group) for group in groups])
    pairs = [(member, facet) for member, facets in enumerate(members) for facet in facets]
    writers = [int(begins[group]) + at % len(groups[group]) for at, (group, _) in enumerate(tags)]
    evidence = evidence_of(
        len(members),
        facet_ids=range(1, 9),
        facet_dimension=[dimension for _, dimension, _ in FACETS],
        facet_sensitive=[place in sensitive for place in range(8)],
        has_facet_member=[member for member, _ in pairs],
        has_facet=[facet for _, facet in pairs],
        thread_ids=range(1, len(tags) + 1),
        thread_asker=writers,
        wrote_thread=range(len(tags)),
        wrote_member=writers,
        wrote_posts=[1] * len(tags),
        tag_ids=[1, 2, 3],
        tagged_thread=range(len(tags)),
        tagged=[tag for _, tag in tags],
    )
    return figures_of(evidence, labels, np.full(len(members), -1, dtype=np.int32), words).groups


NOBODY = [[]] * 10


def test_a_group_is_named_after_the_narrowest_place_that_most_share():
    portland, abroad = named(
        [[[US, OREGON, PORTLAND]] * 8 + [[US, OREGON]] * 4, [[US, WASHINGTON]] * 20 + [[US, OREGON]]]
    )
    assert (portland.name, portland.slug, portland.kind) == ("Portland", "portland", Kind.REGION)
    assert abroad.name == "Washington"


def test_two_places_that_most_share_together_are_both_named():
    both, _ = named([[[US, OREGON]] * 9 + [[US, WASHINGTON]] * 8, [[US]] * 30])
    assert (both.name, both.slug) == ("Oregon and Washington", "oregon-and-washington")


def test_groups_that_would_be_called_the_same_get_a_second_half():
    groups = [[[CARDIOLOGY]] * 10, [[CARDIOLOGY]] * 10, NOBODY * 3]
    imaging, locum, _ = named(groups, [(0, 2)] * 12 + [(1, 0)] * 12 + [(2, 1)] * 12)
    assert (imaging.name, imaging.kind) == ("Cardiology: imaging", Kind.SPECIALTY)
    assert locum.name == "Cardiology: locum"


def test_without_anything_in_common_the_talk_names_a_group():
    first, second = named([NOBODY, NOBODY], [(0, 0)] * 15 + [(0, 1)] * 15 + [(1, 2)] * 30)
    assert (first.name, first.slug, first.kind) == ("Locum and contracts", "locum-and-contracts", Kind.INTEREST)
    assert second.name == "Imaging"


def test_what_only_some_share_names_a_group_when_nothing_else_does():
    groups = [[[CARDIOLOGY]] * 6 + [[DERMATOLOGY]] * 14, [[DERMATOLOGY]] * 60]
    some, rest = named(groups)
    assert (some.name, some.slug, some.kind) == ("Cardiology and others", "cardiology-and-others", Kind.SPECIALTY)
    assert rest.name == "Physicians 2"
    two, _ = named([[[PORTLAND]] * 3 + [[WASHINGTON]] * 3 + [[US]] * 10, [[US]] * 60])
    assert two.name == "Physicians 1"
    two, _ = named([[[PORTLAND]] * 8 + [[WASHINGTON]] * 8 + [[US]] * 24, [[US]] * 60])
    assert two.name == "Washington, Portland and others"
    talking, _ = named(groups, [(0, 0)] * 15 + [(1, 2)] * 30)
    assert talking.name == "Locum"


def test_no_group_is_named_after_whom_its_members_work_for():
    clinic, _ = named([[[CLINIC]] * 20 + NOBODY, NOBODY * 6])
    assert clinic.name == "Physicians 1"
    assert [trait.words for trait in clinic.traits] == ["County Clinic"]
    # Nor is told of nearly everybody there.
    assert not named([[[CLINIC]] * 20 + NOBODY[:9], NOBODY * 6])[0].traits


def test_without_any_of_it_groups_are_numbered():
    assert [group.name for group in named([NOBODY, NOBODY])] == ["Physicians 1", "Physicians 2"]


def test_nothing_sensitive_names_a_group():
    groups = [[[KNITTING]] * 20 + [[]] * 10, NOBODY * 3]
    assert named(groups)[0].name == "Knitting"
    assert named(groups, sensitive=[KNITTING])[0].name == "Physicians 1"
    tagged = named([NOBODY, NOBODY], [(0, 0)] * 9 + [(1, 2)] * 20, words=replace(WORDS, unsaid=frozenset({"locum"})))
    assert tagged[0].name == "Physicians 1"
    assert not tagged[0].traits


def test_a_name_of_few_people_or_of_one_busy_writer_names_nothing():
    few, _ = named([[[KNITTING]] * 4, NOBODY * 3])
    assert few.name == "Physicians 1"
    alone, _ = named([[[]], NOBODY * 3], [(0, 0)] * 30 + [(1, 1)] * 30)
    assert alone.name == "Physicians 1"


def test_taken_names_and_addresses_get_a_number_and_say_no_more():
    words = replace(WORDS, taken_slugs=frozenset({"portland"}), taken_names=frozenset({"washington"}))
    portland, washington = named([[[PORTLAND]] * 9, [[WASHINGTON]] * 9], words=words)
    assert (portland.name, portland.slug) == ("Portland", "portland-2")
    assert (washington.name, washington.slug) == ("Washington 2", "washington-2")


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("São Paulo: Córdoba", "sao-paulo-cordoba"),
        ("東京", "physicians-1"),
        ("Support", "support-group"),
        ("Help", "help-group"),
        ("Cardiology owner", "cardiology-owner-group"),
        ("Obstetrics, Gynecology and Maternal Medicine", "obstetrics-gynecology-and-maternal"),
    ],
)
def test_an_address_is_made_of_the_name(name, slug):
    assert free_slug(name, (), "physicians-1") == slug


@given(st.text(max_size=60), st.integers(0, 30))
def test_any_name_gives_an_address_that_a_group_can_have(name, taken):
    slugs = set()
    for _ in range(taken + 1):
        slug = free_slug(name, slugs, "physicians-1")
        assert slug not in slugs
        slugs.add(check_slug(slug))
    assert all(re.fullmatch(r"[a-z0-9-]{1,40}", slug) for slug in slugs)
