"""Appeals by mail: a restricted member asks for a second look, and a second moderator answers with a verdict.

Only whom the token names is obeyed, from an own verified address. What was done or not stands in the sentence that
this returns; whoever wrote gets it by mail.
"""

import re

from forum.accounts.models import Member
from forum.accounts.queries import member_by_email
from forum.db import db
from forum.groups.actions import NotPossible
from forum.groups.models import Assurance
from forum.moderation.appeals import Verdict, answer_appeal, appeal
from forum.moderation.models import Appeal, AppealState, Restriction
from forum.posting.models import HeldPost
from forum.queue import enqueue
from mailgateway.authenticate import Authenticated
from mailgateway.moderating_words import own_words
from mailgateway.parse import ParsedMail
from mailgateway.route import AppealRoute, ReviewRoute

_APPEAL = re.compile(r"[\s*_\"'“”‘’-]*appeal\b[\s*_.,:;!\"'“”‘’–—-]*", re.IGNORECASE)
_VERDICT = re.compile(r"[\s*_\"'“”‘’-]*(?P<verdict>uphold|overturn)\b[\s*_.,:;!\"'“”‘’–—-]*", re.IGNORECASE)


def words_of_appeal(text: str) -> str | None:
    """The author's words behind the word `appeal`, "" when there are none; None when the answer begins otherwise."""
    words = own_words(text)
    found = _APPEAL.match(words)
    return None if found is None else words[found.end() :].strip()


def appeal_with_words(decision: HeldPost | Restriction, words: str) -> str:
    """Ask for a second look; the sentence for whoever asked, also when that is not possible."""
    try:
        return appeal(decision, words).sentence
    except NotPossible as refusal:
        return f"Nothing has changed: {refusal}"


def appeal_by_mail(parsed: ParsedMail, known: Authenticated, found: AppealRoute) -> str:
    """A muted or banned member's answer to the mail that tells of it."""
    sender = sender_of_token(parsed, known, found.member_id)
    if isinstance(sender, str):
        return f"appeal: {sender}"
    restriction = db.session.get(Restriction, found.restriction_id)
    if restriction is None or restriction.member_id != sender.id:
        return "appeal: there is no such restriction; nothing done"
    words = words_of_appeal(parsed.text)
    if words is None:
        said = "Nothing has changed: begin your answer with the word appeal, and write your reasons behind it."
    else:
        said = appeal_with_words(restriction, words)
    enqueue("notice.moderated", found.recipient_ids[0], sender.id)
    return said


def review_by_mail(parsed: ParsedMail, known: Authenticated, found: ReviewRoute) -> str:
    """A second moderator answers `uphold: words` or `overturn: words`."""
    sender = sender_of_token(parsed, known, found.member_id)
    if isinstance(sender, str):
        return f"review: {sender}"
    asked = db.session.get(Appeal, found.appeal_id)
    if asked is None:
        return "review: there is no such appeal; nothing done"
    said = _review(asked, sender, own_words(parsed.text))
    enqueue("notice.moderated", found.recipient_ids[0], sender.id)
    return said


def appealed_post_of(found: ReviewRoute) -> int | None:
    """The held post that an answer to an appeal is about, which it may quote."""
    asked = db.session.get(Appeal, found.appeal_id)
    return None if asked is None else asked.held_post_id


def _review(asked: Appeal, moderator: Member, words: str) -> str:
    found = _VERDICT.match(words)
    if found is None:
        return "Nothing has changed: begin your answer with uphold or overturn, and write your reasons behind it."
    try:
        answered = answer_appeal(asked, Verdict(found["verdict"].lower()), words[found.end() :], actor_id=moderator.id)
    except NotPossible as refusal:
        return f"Nothing has changed: {refusal}"
    if not answered.by_this:
        return f"Nothing has changed: {answered.by_name} has answered already, and the decision is {answered.state}."
    if answered.state is AppealState.OVERTURNED:
        return "Overturned. The author and the first moderator get your words."
    return "Upheld. The author and the first moderator get your words."


def sender_of_token(parsed: ParsedMail, known: Authenticated, member_id: int) -> Member | str:
    """The member whom the token names, if it is who wrote; else why nothing is done."""
    sender = member_by_email(parsed.from_address)
    if known.assurance is Assurance.FAILED or len(parsed.from_addresses) != 1:
        return "the sender failed authentication; nothing done"
    if sender is None or sender.id != member_id:
        return "it came from another address; nothing done"
    return sender
