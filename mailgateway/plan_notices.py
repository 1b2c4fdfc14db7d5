"""What mails about plans say: one is announced, what it asks, what an answer has done, what came of it. Reads only.

A group that will not be listed is named only to who was placed in it. The words of moderators are shown so that
nothing in them can be clicked.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from forum.accounts.queries import member_by_id
from forum.clock import now
from forum.db import db
from forum.groups.models import READS
from forum.groups.queries import community, membership_of
from forum.queue import Task
from forum.splitting.course.answers import how_it_stands, why_closed
from forum.splitting.course.places import Place, more_readers, places_of, sizes_of
from forum.splitting.course.questions import question_token
from forum.splitting.models import Asks, Plan, PlanQuestion, PlanState
from forum.threads.models import Thread
from mailgateway.addresses import Verb
from mailgateway.defuse import defused
from mailgateway.models import InboundRecipient
from mailgateway.moderating_words import ANSWER_LINE
from mailgateway.notice import Notice, our_addresses, site_url, to_member

# Letters to all members of a group: whatever else is due goes first.
TO_EVERYBODY = frozenset(("notice.plan_announced", "notice.plan_carried_out", "notice.plan_undone", "notice.plan_join"))
_SIZES = "banyan_plan_sizes"
_COUNTED_FOR = timedelta(minutes=10)


@dataclass(frozen=True)
class ShownPlace:
    """A planned group in a mail. Addresses are empty until it is made."""

    number: int
    name: str
    members: int
    about: str
    proposed: bool
    stands: bool
    address: str
    leave_address: str
    url: str


def _announced(task: Task) -> Notice | None:
    """To every member of the group, while it can still be answered."""
    question = db.session.get_one(PlanQuestion, task.target_id)
    if question.plan.state is not PlanState.ANNOUNCED or why_closed(question):
        return None
    return _about("plan_announced", question)


def _carried_out(task: Task) -> Notice | None:
    """To who is in a new group by it; also when moderators keep it, or nothing can be put back, before it goes out."""
    question = db.session.get_one(PlanQuestion, task.target_id)
    if question.plan.state not in (PlanState.CARRYING_OUT, PlanState.REVIEW, PlanState.KEPT):
        return None
    return _about("plan_carried_out", question) if _reads(question, question.plan.group_id) else None


def _undone(task: Task) -> Notice | None:
    """To who was asked: nothing comes of it, or it has been put back."""
    question = db.session.get_one(PlanQuestion, task.target_id)
    plan = question.plan
    # An invitation may have gone to members of other groups. Those of them who had come hear where they are led to.
    invited = question.asks is Asks.JOIN and plan.state is PlanState.WITHDRAWN
    return _about("plan_undone", question) if _reads(question, community().id if invited else plan.group_id) else None


def _reads(question: PlanQuestion, group_id: int) -> bool:
    own = membership_of(question.member_id, group_id)
    return own is not None and own.standing in READS


def _join(task: Task) -> Notice | None:
    question = _still_asked(task)
    return None if question is None else _about("plan_join", question)


def _moderate(task: Task) -> Notice | None:
    question = _still_asked(task)
    return None if question is None else _about("plan_moderate", question)


def _consent(task: Task) -> Notice | None:
    question = _still_asked(task)
    return None if question is None else _about("plan_consent", question)


def _still_asked(task: Task) -> PlanQuestion | None:
    """A question that is answered with yes or no, unless that has been done or nobody asks any more."""
    question = db.session.get_one(PlanQuestion, task.target_id)
    return None if question.answer is not None or why_closed(question) else question


def _answered(task: Task) -> Notice | None:
    """What an answer by mail has done, how it stands now, and how to change it."""
    assert task.other_id is not None
    row = db.session.get_one(InboundRecipient, task.other_id)
    return _about("plan_answered", db.session.get_one(PlanQuestion, task.target_id), said=row.reason)


def _unclear(task: Task) -> Notice | None:
    """To whose answer has done nothing: it was not understood, or came too late."""
    question = db.session.get_one(PlanQuestion, task.target_id)
    why = why_closed(question) or f"your answer was not understood. {how_it_stands(question)}"
    return _about("plan_answered", question, said=f"Nothing has changed: {why}")


def _about(template: str, question: PlanQuestion, said: str = "") -> Notice | None:
    """All letters know the same facts; each template takes what it says."""
    plan = question.plan
    return to_member(
        template,
        question.member_id,
        our_addresses().plan(question.id, question.member_id),
        plan=plan,
        group=plan.group,
        question=question,
        why=defused(plan.why),
        places=_places(question) if question.asks is Asks.PLACE else [],
        planned=question.planned_group,
        about=defused(question.planned_group.description) if question.planned_group is not None else "",
        until=_day(plan),
        closed=why_closed(question),
        said=said,
        asker=_asker(plan),
        url=site_url(f"/plan/answer/{question_token(question)}"),
        answer_line=ANSWER_LINE,
        Asks=Asks,
        PlanState=PlanState,
        **(_thread_facts(question) if question.asks is Asks.CONSENT else {}),
    )


def _places(question: PlanQuestion) -> list[ShownPlace]:
    sizes = _sizes(question.plan)
    return [_shown(place, sizes.get(place.planned.id, 0)) for place in places_of(question)]


def _shown(place: Place, members: int) -> ShownPlace:
    planned, addresses = place.planned, our_addresses()
    group = planned.group
    return ShownPlace(
        number=place.number,
        name=place.name,
        members=members,
        about=defused(" ".join(planned.description.split())),
        proposed=place.proposed,
        stands=place.stands,
        address=addresses.group(group.mail_name) if group is not None else "",
        leave_address=addresses.command(group.mail_name, Verb.LEAVE) if group is not None else "",
        url=site_url(f"/g/{group.slug}") if group is not None else "",
    )


def _sizes(plan: Plan) -> Mapping[int, int]:
    """Sizes of the planned groups, counted once in a while for all the letters that one worker writes of a plan."""
    held: dict[int, tuple[datetime, Mapping[int, int]]] = db.session().info.setdefault(_SIZES, {})
    counted = held.get(plan.id)
    if counted is None or not now() - _COUNTED_FOR < counted[0] <= now():
        counted = held[plan.id] = now(), sizes_of(plan)
    return counted[1]


def _day(plan: Plan) -> str:
    return f"{plan.due_at:%-d %B %Y}" if plan.due_at is not None else ""


def _asker(plan: Plan) -> str:
    maker = None if plan.made_by_id is None else member_by_id(plan.made_by_id)
    return maker.name if maker is not None else "A moderator"


def _thread_facts(question: PlanQuestion) -> dict[str, Any]:
    assert question.thread_id is not None
    thread = db.session.get_one(Thread, question.thread_id)
    name, readers = more_readers(question)
    return {
        "subject": defused(thread.subject),
        "thread_url": site_url(f"/t/{thread.public_id}"),
        "to_name": name,
        "more": readers,
    }


FACTS: Mapping[str, Callable[[Task], Notice | None]] = {
    "notice.plan_announced": _announced,
    "notice.plan_carried_out": _carried_out,
    "notice.plan_undone": _undone,
    "notice.plan_join": _join,
    "notice.plan_moderate": _moderate,
    "notice.plan_consent": _consent,
    "notice.plan_answered": _answered,
    "notice.plan_unclear": _unclear,
}
