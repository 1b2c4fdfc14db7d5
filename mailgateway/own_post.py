"""What an author's mail shows of an own post: why it waits or came back, the words that are meant, and the answers.

Reads only, and knows no mail: whoever may be somebody else's forgery is shown words that cannot be clicked.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from sqlalchemy import select

from forum.db import db
from forum.groups.models import Assurance
from forum.moderation.kept import KEPT_DAYS
from forum.moderation.queries import waits_for_author
from forum.posting.models import HeldPost, HeldState
from forum.posting.resubmit import is_about_anonymity
from forum.rulebook.models import PostingRule, RuleSighting, RuleVersion
from forum.threads.models import Post
from mailgateway.defuse import defused
from mailgateway.marked_words import Place, listed, marked_html, marked_text, numbered_places

# A list that is longer than a page is read by nobody; the text below it has all the marks.
_LISTED_AT_MOST = 40
# Longer addresses of a mail with its text in them are cut off by programs.
_LINK_AT_MOST = 1500


@dataclass(frozen=True)
class Reason:
    """Why a post waits or came back: of a rule of the group its name and what it is for, and what the gate named."""

    sentence: str
    rule: str = ""
    why: str = ""
    words: str = ""


@dataclass(frozen=True)
class Marked:
    """One line of the numbered list."""

    number: int
    kind: str
    words: str
    hint: bool = False


@dataclass(frozen=True)
class Seen:
    """What rules saw in a post."""

    reasons: Sequence[Reason]
    marked: Sequence[Marked]
    unlisted: int


@dataclass(frozen=True)
class Own(Seen):
    """An own post that waits or came back, as its author has it in a mail."""

    subject: str
    text: str
    subject_html: str
    html: str
    has_marks: bool
    links: Mapping[str, str]
    subject_is_marked: bool
    # For the subject of a mail, which stands in the logs of every server on its way.
    subject_line: str
    # Of the first marked words of which the author can say that they are no patient's, as an example.
    numbers: str
    asks_yes: bool
    may_ask: bool
    kept_days: int


def own_post(held: HeldPost, reply_to: str) -> Own:
    """All that a mail to the author shows of a post that waits or came back."""
    shown = defused if is_unproven(held) else str
    places = [each for each in numbered_places(held.findings, held.confirmed) if _is_seen(each, held)]
    field = {"subject": held.subject, "text": held.text}
    lines = [
        Marked(each.number, each.kind, shown(listed(each, field[each.passage.field])), each.hint)
        for each in places[:_LISTED_AT_MOST]
    ]
    to_say = [str(each.number) for each in places if each.open]
    subject_line = _subject_line(held, places)
    return Own(
        reasons=_reasons(held, shown),
        marked=lines,
        unlisted=len(places) - len(lines),
        subject=marked_text(held.subject, places, "subject", shown),
        text=marked_text(held.text, places, "text", shown),
        subject_html=marked_html(held.subject, places, "subject", shown),
        html=marked_html(held.text, places, "text", shown),
        has_marks=bool(places),
        links=_links(held, subject_line, reply_to),
        subject_is_marked=any(each.passage.field == "subject" for each in places),
        subject_line=subject_line,
        numbers=" ".join(to_say[:2]),
        asks_yes=waits_for_author(held),
        may_ask=held.private and not to_say and not is_about_anonymity(held),
        kept_days=KEPT_DAYS,
    )


def _subject_line(held: HeldPost, places: Sequence[Place]) -> str:
    tells = any(each.open and each.passage.field == "subject" for each in places)
    return "(its subject is marked below)" if tells else held.subject or "(no subject)"


def _is_seen(place: Place, held: HeldPost) -> bool:
    """Not what the author has spoken for already, which keeps its number."""
    spoken_for = ((each["field"], each["start"], each["end"]) for each in held.confirmed)
    return (place.passage.field, place.passage.start, place.passage.end) not in spoken_for


def _reasons(held: HeldPost, shown: Callable[[str], str]) -> Sequence[Reason]:
    """Each finding with the rule that it comes from; what the rule is for is said once."""
    if held.state is HeldState.RETURNED and not held.private:
        return [Reason(f"A moderator has sent it back: {held.reason}")]
    told: set[int] = set()
    reasons = []
    for row in held.findings:
        if held.private and row["rule"] == "assurance":
            continue  # Whoever answers from the author's mailbox has proved it.
        words, version_id = ", ".join(shown(words) for words in row["evidence"]), row.get("version_id")
        version = None if version_id is None or version_id in told else db.session.get(RuleVersion, version_id)
        if version is None:
            reasons.append(Reason(row["sentence"], words=words))
        else:
            told.add(version.id)
            reasons.append(Reason(row["sentence"], row["rule"], version.why, words))
    return reasons


def _links(held: HeldPost, subject_line: str, reply_to: str) -> Mapping[str, str]:
    """Links that open an answer in which the word stands already; nothing happens before it is sent."""
    head = f"mailto:{reply_to}?subject={quote(f'Re: {subject_line[:100]}')}&body="
    # Line breaks as RFC 6068, section 5, wants them. What may be a forgery is not laid into anybody's mouth.
    edit = quote(f"edit\n\n{'' if is_unproven(held) else held.text}".replace("\n", "\r\n"))
    return {
        "edit": head + (edit if len(edit) <= _LINK_AT_MOST else quote("edit\r\n\r\n")),
        "ask": head + "ask",
        "withdraw": head + "withdraw",
    }


def seen_in(post: Post) -> Seen | None:
    """What rules of the group saw in a post that is out; None when there is nothing, or it is erased."""
    rows = db.session.execute(
        select(RuleSighting, PostingRule.name, RuleVersion.why)
        .join(RuleVersion, RuleVersion.id == RuleSighting.version_id)
        .join(PostingRule, PostingRule.id == RuleVersion.rule_id)
        .where(RuleSighting.post_id == post.id, ~RuleSighting.shadow)
        .order_by(RuleSighting.id)
    ).all()
    if post.erased_at is not None or not rows:
        return None
    places = numbered_places([{"passages": row.passages, "severity": row.severity} for row, _, _ in rows], ())
    field = {"subject": post.subject, "text": post.text}
    marked = [
        Marked(place.number, place.kind, listed(place, field[place.passage.field]))
        for place in places[:_LISTED_AT_MOST]
    ]
    return Seen([Reason(row.sentence, name, why) for row, name, why in rows], marked, len(places) - len(marked))


def is_unproven(held: HeldPost) -> bool:
    """Whether somebody else may have sent it in the author's name."""
    return held.assurance.rank < Assurance.TOKEN.rank
