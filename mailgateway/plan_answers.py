"""Answers to plans by mail: a member says where to belong, or yes or no. What was done stands in the sentence returned.

Only whom the token names is obeyed, from an own verified address. What is not understood or comes too late changes
nothing, and is answered once a day at most: a program that answers by itself must not go on for ever.
"""

from collections.abc import Mapping
from datetime import timedelta

from forum.groups.actions import NotPossible
from forum.queue import asked_lately, enqueue
from forum.splitting.course.answers import answer_place, answer_question, how_it_stands, why_closed
from forum.splitting.course.places import places_of
from forum.splitting.course.questions import question_of
from forum.splitting.models import Asks, PlanQuestion
from mailgateway.appealing import sender_of_token
from mailgateway.authenticate import Authenticated
from mailgateway.moderating_words import own_words
from mailgateway.parse import ParsedMail
from mailgateway.plan_words import PARENT, read_place, read_yes_or_no
from mailgateway.route import PlanRoute

UNCHANGED = "Nothing has changed:"
_UNCLEAR = timedelta(days=1)


def answer_plan_by_mail(parsed: ParsedMail, known: Authenticated, found: PlanRoute) -> str:
    """Do what a member answers to a mail about a plan."""
    sender = sender_of_token(parsed, known, found.member_id)
    if isinstance(sender, str):
        return f"plan: {sender}"
    question = question_of(found.question_id, found.member_id)
    if question is None:
        return "plan: there is no such question; nothing done"
    closed = why_closed(question)
    said = "" if closed else _answered(question, own_words(parsed.text))
    if said:
        enqueue("notice.plan_answered", question.id, found.recipient_ids[0])
        return said
    if not asked_lately("notice.plan_unclear", question.id, _UNCLEAR):
        enqueue("notice.plan_unclear", question.id)
    return "plan: the answer came too late; nothing done" if closed else "plan: it was not understood; nothing done"


def _answered(question: PlanQuestion, words: str) -> str:
    """What came of it; "" for words that say nothing that we know."""
    try:
        if question.asks is Asks.PLACE:
            places = places_of(question)
            wanted = read_place(words, _names(question))
            if wanted is None:
                return ""
            chosen = [place.planned.id for place in places if place.number in wanted.numbers]
            answer_place(question, wanted.answer, chosen)
        else:
            answer = read_yes_or_no(words)
            if answer is None:
                return ""
            answer_question(question, answer)
    except NotPossible as refusal:
        return f"{UNCHANGED} {refusal}"
    return how_it_stands(question)


def _names(question: PlanQuestion) -> Mapping[str, int]:
    parent = question.plan.group
    names = {parent.slug: PARENT, parent.name: PARENT}
    for place in places_of(question):
        names |= {place.planned.slug: place.number, place.planned.name: place.number}
    return {name: number for name, number in names.items() if name.strip()}
