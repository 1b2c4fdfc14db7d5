from dataclasses import replace
from datetime import timedelta

import numpy as np

from forum.clock import now
from forum.db import db, transaction
from forum.facets.models import Dimension, Facet, MemberFacet
from forum.groups.joining import add_to_group
from forum.groups.models import Role, Standing
from forum.groups.standing import set_standing
from forum.moderation.models import Restriction, Restricts
from forum.posting.erase import erase
from forum.splitting.figures.words import words_for
from forum.splitting.models import Answer, Asks, Plan, PlanKind, PlannedGroup, PlanQuestion, PlanState
from forum.splitting.proposals.gathering import gather
from forum.threads.models import Post
from tests.people import a_crowd, a_group, its, post


def a_plan(group, **settings) -> Plan:
    with transaction():
        plan = Plan(kind=PlanKind.SPLIT, group_id=group.id, **settings)
        db.session.add(plan)
        db.session.flush()
    return plan


def planned(plan, position, slug, *, named=False) -> PlannedGroup:
    with transaction():
        row = PlannedGroup(
            plan_id=plan.id, position=position, slug=slug, name=slug.title(), kind="interest", named=named
        )
        db.session.add(row)
        db.session.flush()
    return row


def names(words):
    return {person.name: person.willing for person in words.people.values()}


def test_who_could_moderate_is_active_free_and_known_to_be_willing_from_no_secret_group(core):
    group, open_one = a_group(), a_group("reading", "Reading")
    secret = a_group("secret", "Secret", listed=False)
    people = a_crowd(10, group)
    muted, away, bounced, declined, agreed, open_mod, secret_mod, quiet, restricted, plain = people
    plan = a_plan(group)
    asked = planned(plan, 1, "imaging")
    with transaction():
        add_to_group(open_mod, open_one, role=Role.MODERATOR, newcomer=False)
        add_to_group(secret_mod, secret, role=Role.MODERATOR, newcomer=False)
        set_standing(its(muted, group), Standing.MUTED, actor_id=None, until=now() + timedelta(days=3))
        db.session.add(
            Restriction(group_id=group.id, kind=Restricts.MUTE, member_id=restricted.id, reason="Pace", ended_at=now())
        )
        away.away_until, away.away_from_no = now() + timedelta(days=3), 0
        bounced.addresses[0].bouncing_since, bounced.addresses[0].pause_reason = now(), "bounces"
        for member, answer in ((declined, Answer.NO), (agreed, Answer.YES)):
            db.session.add(
                PlanQuestion(
                    plan_id=plan.id,
                    member_id=member.id,
                    asks=Asks.MODERATE,
                    planned_group_id=asked.id,
                    answer=answer,
                    answered_at=now(),
                )
            )
    evidence = gather(group)
    everybody, first = np.arange(10, dtype=np.int32), np.zeros(10, dtype=np.int32)
    busy = replace(
        evidence,
        member_posts_recent=np.full(10, 5, dtype=np.int32),
        answer_from=everybody,
        answer_to=first,
        answer_count=np.where(evidence.member_ids == quiet.id, 2, 3).astype(np.int32),
    )
    assert names(words_for(plan, busy)) == {
        agreed.name: "Said yes to moderating before.",
        open_mod.name: "Moderates a group already.",
        secret_mod.name: "",
        plain.name: "",
    }


def test_subjects_of_erased_and_moved_threads_are_not_shown_and_words_are_spelt_as_written(core):
    group, elsewhere = a_group(), a_group("elsewhere", "Elsewhere")
    ann, bob, eve = a_crowd(3, group)
    for number in range(3):
        post(ann, group, f"[Locum] MRI at night {number}")
    gone = post(bob, group, "Forget this")
    moved = post(eve, group, "Moved away")
    evidence = gather(group)
    with transaction():
        erase(db.session.get_one(Post, gone.post_id), actor_id=bob.id)
        db.session.get_one(Post, moved.post_id).thread.group_id = elsewhere.id
    words = words_for(a_plan(group), evidence)
    assert sorted(subject for _, subject in words.threads.values()) == [f"[Locum] MRI at night {n}" for n in range(3)]
    assert list(words.tags.values()) == ["locum"]
    assert sorted(words.terms.values()) == ["MRI", "night"]


def test_a_made_up_name_avoids_every_group_and_says_nothing_of_a_secret_one(core):
    group, secret = a_group(), a_group("hush", "Hush", listed=False)
    [ann] = a_crowd(1, group)
    plan, other, ended = a_plan(group), a_plan(secret), a_plan(a_group("past", "Past"), state=PlanState.WITHDRAWN)
    made_up, made = planned(plan, 1, "made-up"), a_group("made-up", "Made-Up")
    planned(plan, 2, "named", named=True)
    planned(other, 1, "theirs")
    planned(ended, 1, "over")
    with transaction():
        rows = [
            Facet(dimension=Dimension.INTEREST, code="migraine", name="Migraine care", sensitive=True),
            Facet(dimension=Dimension.PLACE, code="US-OR", name="Oregon"),
            Facet(dimension=Dimension.PLACE, code="US-OR/portland", name="Portland"),
        ]
        db.session.add_all(rows)
        db.session.flush()
        rows[2].parent_id = rows[1].id
        db.session.add_all(MemberFacet(member_id=ann.id, facet_id=row.id) for row in rows)
    evidence = gather(group)
    words = words_for(plan, evidence)
    assert {"hush", "cardiology", "named", "theirs"} <= words.taken_slugs
    assert "over" not in words.taken_slugs
    assert "made-up" in words.taken_names
    with transaction():
        db.session.get_one(PlannedGroup, made_up.id).group_id = made.id
    assert not {"made-up"} & (words_for(plan, evidence).taken_slugs | words_for(plan, evidence).taken_names)
    assert {"cardiology", "past"} <= words.taken_names
    assert "hush" not in words.taken_names
    assert words.named == {2: "Named"}
    assert words.unsaid == {"migraine", "care"}
    assert sorted(words.facets.values()) == ["Migraine care", "Oregon", "Portland"]
    by_name = {name: place for place, name in words.facets.items()}
    assert words.facet_parents == {by_name["Portland"]: by_name["Oregon"]}
    with transaction():
        rows[2].sensitive = True
    # The evidence counts it as ordinary still, so that it has no name any more.
    assert sorted(words_for(plan, evidence).facets.values()) == ["Migraine care", "Oregon"]
