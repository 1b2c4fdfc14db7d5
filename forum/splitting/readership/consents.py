"""The authors of threads that more people could read by a move are asked, and what they have answered. Never commits.

Who is asked says yes or no to own words in one thread, for one planned group, once in a plan: a late answer to a letter
must never count for another group. If the thread is to go elsewhere after that, it stays. Who has left the community,
or stands for anonymous authors, is not asked, and such a thread stays as well.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select

from forum.db import db
from forum.groups.models import Group
from forum.log import record
from forum.queue import enqueue
from forum.splitting.models import Answer, Asks, Plan, PlannedGroup, PlanQuestion
from forum.splitting.readership.difference import Widened, widened_by
from forum.splitting.readership.readers import Readers


@dataclass(frozen=True)
class Asked:
    """How many letters are on their way, and the threads that stay since somebody in them cannot be asked."""

    questions: int
    unaskable: frozenset[int] = field(repr=False)


def ask_consent(plan: Plan, planned: PlannedGroup, thread_ids: Collection[int], *, actor_id: int | None) -> Asked:
    """Ask all whose words in these threads more people could read in the planned group; nobody twice for the same.

    Of a thread with an author who cannot be asked, nobody is asked: it would stay all the same.
    """
    readers = Readers()
    place = readers.planned_place(planned)
    widened = widened_by(dict.fromkeys(thread_ids, place), readers)
    here = readers.everybody()
    before = _questions_of(plan, widened.keys())
    elsewhere = {thread_id for (thread_id, _), question in before.items() if question.proposed != [planned.id]}
    unaskable = elsewhere | {
        each.thread_id for each in widened.values() if each.has_anonymous or not each.author_ids <= here
    }
    asked = 0
    for each in widened.values():
        if each.thread_id in unaskable:
            continue
        for member_id in sorted(each.author_ids):
            if (each.thread_id, member_id) in before:
                continue
            question = PlanQuestion(
                plan_id=plan.id,
                member_id=member_id,
                asks=Asks.CONSENT,
                thread_id=each.thread_id,
                proposed=[planned.id],
            )
            db.session.add(question)
            db.session.flush()
            enqueue("notice.plan_consent", question.id)
            asked += 1
    if asked:
        record(
            "ask consent",
            "plan",
            plan.id,
            actor_id=actor_id,
            group_id=plan.group_id,
            why=f"{asked} letters for {len(widened) - len(unaskable)} threads to {planned.slug}",
            undo="leave the threads where they are",
        )
    return Asked(asked, frozenset(unaskable))


def _questions_of(plan: Plan, thread_ids: Collection[int]) -> Mapping[tuple[int, int], PlanQuestion]:
    rows = select(PlanQuestion).where(
        PlanQuestion.plan_id == plan.id, PlanQuestion.asks == Asks.CONSENT, PlanQuestion.thread_id.in_(thread_ids)
    )
    return {
        (question.thread_id, question.member_id): question
        for question in db.session.scalars(rows)
        if question.thread_id is not None
    }


def who_agreed(plan: Plan, thread_ids: Collection[int], planned_id: int) -> Mapping[int, frozenset[int]]:
    """The members who agree that their words in these threads go to this planned group, by thread."""
    agreed: dict[int, set[int]] = {}
    for (thread_id, member_id), question in _questions_of(plan, thread_ids).items():
        if question.answer is Answer.YES and question.proposed == [planned_id]:
            agreed.setdefault(thread_id, set()).add(member_id)
    return {thread_id: frozenset(members) for thread_id, members in agreed.items()}


def consented(plan: Plan, widened: Widened, planned_id: int) -> bool:
    """Whether everybody whose words in a thread more people could read has agreed to that."""
    agreed = who_agreed(plan, [widened.thread_id], planned_id).get(widened.thread_id, frozenset())
    return not widened.has_anonymous and widened.author_ids <= agreed


def planned_id_of(plan: Plan, group: Group) -> int | None:
    """The planned group of this plan that has become this group."""
    return db.session.scalar(
        select(PlannedGroup.id).where(PlannedGroup.plan_id == plan.id, PlannedGroup.group_id == group.id)
    )
