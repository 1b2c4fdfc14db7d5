"""The author's second word on what waits or came back: other words, or "a moderator shall look". Never commits.

Other words go through the same gate as new ones. What a moderator has sent back waits for a moderator again. The doors
have made sure that it is the author who speaks, so that nobody is asked "did you write this?" any more.
"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Literal, assert_never

from forum.clock import now
from forum.db import db
from forum.groups.actions import NotPossible
from forum.groups.models import Assurance, Group
from forum.log import record
from forum.posting.anonymous import rows_for_others
from forum.posting.elsewhere import carry_over
from forum.posting.facts import facts_of, memberships_for
from forum.posting.held import JUDGED_ON_ARRIVAL, as_submission, files_of, placement_of, publish_held
from forum.posting.hold import LETTER
from forum.posting.models import HeldPost, HeldState
from forum.posting.moved import follow_thread
from forum.posting.outcomes import Duplicate, Held, Published, Refused, Returned
from forum.posting.routing import note_routed, with_room_named
from forum.posting.sightings import note_sightings, places_in
from forum.posting.submit import There, in_room, judge
from forum.queue import enqueue
from forum.rules import severity_of
from forum.rules.anonymity import ANONYMITY, OWN_NAME, OWN_TRACES
from forum.rules.findings import Finding, Judgement, Passage, Severity, as_row
from forum.rules.submission import Submission
from forum.text import normalise
from forum.text.lines import one_line
from forum.threads.models import Post, TextFormat

RETURNED_BEFORE = "returned_before"
# What nobody could read, or nobody should open, no moderator lets out either.
_NO_QUESTION_OF_JUDGEMENT = frozenset({"empty", "size", "encrypted", "executables"})


def is_open_to_author(held: HeldPost) -> bool:
    """Whether the author may still change it: it waits, or has come back."""
    return held.state in (HeldState.WAITING, HeldState.RETURNED) and held.author_id is not None


def may_be_changed(held: HeldPost) -> bool:
    """Whether other words make a post of it: a letter to the moderators never becomes one."""
    return is_open_to_author(held) and not any(row["rule"] == LETTER for row in held.findings)


def resubmit(
    held: HeldPost,
    text: str,
    *,
    subject: str | None = None,
    text_format: TextFormat = TextFormat.PLAIN,
    confirmed: Sequence[Passage] = (),
    own_name: Literal["", "sure"] = "",
) -> Published | Held | Returned | Refused | Duplicate:
    """Have a waiting or returned post judged with other words, as new ones would be. Its files stay.

    `confirmed` are passages of the new text that identify no patient, as the author says. Without a subject it keeps
    its own. `own_name`: the author is sure to be named beside own anonymous posts. Duplicate: it is decided, or
    nothing that can be posted.
    """
    db.session.refresh(held, with_for_update={"of": HeldPost})
    if not may_be_changed(held):
        return Duplicate(held.post_id, held.id)
    follow_thread(held)
    submission = replace(_with_words(held, text, subject, text_format, confirmed), own_name=own_name)
    judged, there = _judged(held, submission)
    findings = judged.findings
    severity = severity_of(findings)
    if severity is Severity.REFUSE:
        return Refused(findings)
    _begin_anew(held)
    _take_over(held, submission, findings)
    if there is not None:
        return _go_to_room(held, judged, there)
    match severity:
        case None | Severity.ADVISE:
            _show_to_moderators(held)
            post = publish_held(held)
            held.state, held.post_id, held.decided_at = HeldState.APPROVED, post.id, now()
            note_sightings(places_in(judged, submission.text, post.text), held.group_id, post_id=post.id)
            outcome: Published | Held | Returned = Published(post.id, post.thread_id, findings, submission.anonymous)
        case Severity.HOLD:
            _show_to_moderators(held)
            held.state = HeldState.WAITING
            note_sightings(judged, held.group_id, held_post_id=held.id)
            # Of what waited already the moderators have other words before them.
            enqueue("moderators.held", held.id)
            outcome = Held(held.id, findings)
        case Severity.RETURN:
            held.private, held.state = True, HeldState.RETURNED
            note_sightings(judged, held.group_id, held_post_id=held.id)
            outcome = Returned(findings, held.id)
        case unknown:
            assert_never(unknown)
    db.session.flush()
    undo = "erase the post" if isinstance(outcome, Published) else "withdraw"
    why = f"now {held.state}" + (f", {len(confirmed)} passages confirmed" if confirmed else "")
    record("resubmit", "held_post", held.id, actor_id=held.author_id, group_id=held.group_id, why=why, undo=undo)
    return outcome


def look_at_other_words(
    held: HeldPost,
    text: str,
    *,
    subject: str | None = None,
    text_format: TextFormat = TextFormat.PLAIN,
    confirmed: Sequence[Passage] = (),
) -> Judgement:
    """What `resubmit` would find in these words, for their author to see first. Writes nothing."""
    judged, there = _judged(held, _with_words(held, text, subject, text_format, confirmed))
    return judged if there is None else replace(there.judged, findings=there.findings)


def ask_moderator(held: HeldPost) -> bool:
    """The author wants a person to look at what a rule has sent back; False when that is not how it stands.

    NotPossible while words that may tell who a patient is are neither changed nor confirmed: not even moderators get
    those before their author has decided.
    """
    db.session.refresh(held, with_for_update={"of": HeldPost})
    if not held.private or held.state is not HeldState.RETURNED or is_about_anonymity(held):
        return False
    if any(row.get("to_confirm") for row in held.findings):
        raise NotPossible(
            "First change the marked words, or say of each that it is not a patient's. Then a moderator can look."
        )
    unfit = next((row for row in held.findings if row["rule"] in _NO_QUESTION_OF_JUDGEMENT), None)
    if unfit is not None:
        raise NotPossible(f"A moderator could not change this: {unfit['sentence']}")
    # A person has the last word now: what sent it back holds it, and nothing lets it out but a decision.
    held.findings = [
        row | {"severity": Severity.HOLD.value} if row["severity"] == Severity.RETURN else row
        for row in held.findings
        if row["rule"] != "assurance"
    ]
    held.assurance = Assurance.PROVEN
    _begin_anew(held)
    _show_to_moderators(held)
    held.state = HeldState.WAITING
    record("ask", "held_post", held.id, actor_id=held.author_id, group_id=held.group_id, undo="withdraw")
    enqueue("moderators.held", held.id)
    return True


def is_about_anonymity(held: HeldPost) -> bool:
    """Whether only its author can change why it came back: a moderator who looked might learn who is anonymous."""
    return any(
        row["rule"] == ANONYMITY or (row["rule"] == OWN_TRACES and row["severity"] == Severity.RETURN)
        for row in held.findings
    )


def asks_for_own_name(held: HeldPost) -> bool:
    """Whether its author was asked under which name it is to go."""
    return held.pseudonym_id is None and any(row.get("label") == OWN_NAME for row in held.findings)


def _with_words(
    held: HeldPost, text: str, subject: str | None, text_format: TextFormat, confirmed: Sequence[Passage]
) -> Submission:
    kept = replace(as_submission(held), files=files_of(held), assurance=Assurance.PROVEN)
    if subject is not None:
        kept = replace(kept, subject=one_line(subject)[:500])
    if text == held.text and text_format is held.text_format:
        # The author has only spoken for passages: layout and quotes stay, and so does the place of each passage.
        return replace(kept, confirmed=tuple(confirmed))
    return replace(
        kept,
        text=normalise(text),
        text_format=text_format,
        html="",
        folded="",
        confirmed=tuple(confirmed),
    )


def _judged(held: HeldPost, submission: Submission) -> tuple[Judgement, There | None]:
    """What is found where it was sent, and the room where it goes if there is one."""
    group = db.session.get_one(Group, held.group_id)
    belongs = memberships_for(submission.author_id, group)
    placement = placement_of(held)
    judged = judge(submission, facts_of(submission, group, belongs, placement, None, besides=held.id))
    # The words and files are new; how the mail travelled, and how many came in that hour, is not. But what a rule sent
    # back has not counted there, and an answer to it must not slip past the quota.
    arrived = frozenset({"reused_id"}) if held.private else JUDGED_ON_ARRIVAL - {"empty", "size"}
    findings = [each for each in judged.findings if each.rule not in arrived]
    if held.decided_by_id is not None:
        findings.append(_returned_before())
    judged = replace(judged, findings=tuple(sorted(findings, key=lambda each: -each.severity.rank)))
    there = in_room(submission, group, placement, judged, besides=held.id)
    if there is not None and there.arrival is None:
        return judged, there
    known = None if submission.anonymous else submission.author_id
    return replace(judged, findings=with_room_named(judged.findings, known)), None


def _go_to_room(held: HeldPost, judged: Judgement, there: There) -> Published | Held:
    """The new thread goes to the room, as it would have at first: it comes out there, or waits for the moderators."""
    group = held.group
    held.private, held.state = False, HeldState.WAITING
    carry_over(held, there.room, there.judged)
    held.findings = [as_row(finding) for finding in there.findings]
    undo = "withdraw" if held.post_id is None else "erase the post"
    why = f"to {there.room.slug}"
    record("resubmit", "held_post", held.id, actor_id=held.author_id, group_id=group.id, why=why, undo=undo)
    if held.post_id is None:
        note_sightings(judged, group.id, held_post_id=held.id)
        enqueue("moderators.held", held.id)
        return Held(held.id, there.findings)
    held.decided_at = now()
    post = db.session.get_one(Post, held.post_id)
    note_sightings(places_in(judged, held.text, post.text), group.id, post_id=post.id)
    note_routed(there.submission, group, there.room, post)
    return Published(post.id, post.thread_id, there.findings)


def _returned_before() -> Finding:
    return Finding(
        RETURNED_BEFORE,
        Severity.HOLD,
        "A moderator has sent this back to you before, and reads it again now.",
        "A moderator has returned this before; the author has changed it.",
    )


def _show_to_moderators(held: HeldPost) -> None:
    """What its author alone could read is for others now, without what would tell them who is anonymous."""
    held.private = False
    if held.pseudonym_id is not None:
        held.findings = rows_for_others(held.findings)


def _begin_anew(held: HeldPost) -> None:
    """What had come back arrives now: its days with the moderators, and its place in the thread, count from here."""
    if held.state is HeldState.RETURNED:
        held.created_at, held.reminded_at = now(), None


def _take_over(held: HeldPost, submission: Submission, findings: Sequence[Finding]) -> None:
    if (held.subject, held.text) != (submission.subject, submission.text):
        held.changed_at = now()
    held.subject, held.text, held.text_format = submission.subject, submission.text, submission.text_format
    held.html, held.folded, held.assurance = submission.html, submission.folded, submission.assurance
    held.findings = [as_row(finding) for finding in findings]
    held.confirmed = [asdict(passage) for passage in submission.confirmed]
    held.claimed_by_id = held.claimed_until = held.reminded_at = None
