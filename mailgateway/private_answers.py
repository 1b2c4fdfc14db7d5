"""Mail to `author+TOKEN`: an answer to one member alone. Says in a word and a sentence what became of it.

Who may, the cap and the words are the domain's business (`forum.private`); here a mail becomes a letter for it, and
commands come in by which a recipient blocks or reports. Nothing is answered that a program has written: such mail
does not come as far as here.
"""

import re
from collections.abc import Mapping
from datetime import timedelta

from forum.accounts.models import Member
from forum.accounts.queries import member_by_email
from forum.db import db
from forum.groups.models import Assurance, Group
from forum.private.actions import Letter, Sent, block, report, send_privately
from forum.private.models import PrivateAnswer
from forum.private.queries import Continued, answer_by_token, continued, reader, reviewers_of
from forum.queue import Task, asked_lately, enqueue
from forum.rules.submission import File
from forum.settings import current_settings
from forum.tokens import current_tokens
from forum.work import Handler
from mailgateway.addresses import Addresses
from mailgateway.authenticate import Authenticated
from mailgateway.models import InboundRecipient, MailState
from mailgateway.own_marks import without_own_marks
from mailgateway.parse import ParsedMail, whole_text
from mailgateway.refusals import refuse_stranger
from mailgateway.route import AuthorRoute

ONCE_IN = timedelta(days=1)
_WORDS = re.compile(r"\s*(?:re:\s*)?(?P<word>block|report)\s+(?P<code>[a-z2-7]{16,40})\b.*", re.IGNORECASE | re.DOTALL)

Fate = tuple[MailState, str]


def relay_privately(
    parsed: ParsedMail, known: Authenticated, found: AuthorRoute, row: InboundRecipient, raw: bytes, message_id: str
) -> Fate:
    """Send a private answer on, or tell its author why not. `message_id` is the mail's own, or one made for it."""
    sender = _sender(parsed)
    if sender is None:
        if known.assurance is Assurance.PROVEN:
            refuse_stranger(row)
        return MailState.REFUSED, "A private answer can only be sent from the address of a member."
    if known.assurance is Assurance.FAILED:
        return MailState.REFUSED, "A private answer from a sender that failed authentication; nobody was told."
    if known.assurance is not Assurance.PROVEN:
        if not asked_lately("notice.private_unproven", sender.id, ONCE_IN):
            enqueue("notice.private_unproven", sender.id, row.id)
        return MailState.RETURNED, "We could not be sure that the private answer came from its sender."
    outcome = send_privately(_letter(parsed, sender, found, raw, message_id))
    if isinstance(outcome, Sent):
        return (MailState.DUPLICATE, "it has come before") if outcome.again else (MailState.COMMAND, "sent privately")
    enqueue("notice.private_undelivered", row.id, sender.id)
    return MailState.RETURNED, outcome.reason


def _sender(parsed: ParsedMail) -> Member | None:
    member = member_by_email(parsed.from_address)
    return None if member is None or member.placeholder else member


def _letter(parsed: ParsedMail, sender: Member, found: AuthorRoute, raw: bytes, message_id: str) -> Letter:
    settings = current_settings()
    addresses = Addresses(settings.domain, current_tokens())
    group = db.session.get(Group, found.group_id)
    viewer = None if group is None else reader(sender.id, group)
    nearest_first = tuple(each for each in (parsed.in_reply_to, *reversed(parsed.references)) if each)[:100]
    return Letter(
        sender_id=sender.id,
        recipient_id=found.member_id,
        group_id=found.group_id,
        subject=parsed.subject,
        text=without_own_marks(whole_text(raw), addresses, settings.base_url),
        own=without_own_marks(parsed.text, addresses, settings.base_url),
        author_message_id=message_id,
        continued=continued(viewer, found.member_id, nearest_first) if viewer is not None else Continued(None, None),
        files=tuple(File(each.name, each.type, each.content) for each in parsed.attachments),
    )


def block_or_report(parsed: ParsedMail, known: Authenticated) -> str:
    """What "block CODE" or "report CODE" did, in the subject or the first line; empty when the mail is no such.

    The code stands only in the recipient's copy. It counts from the recipient's own address, as what is not forged.
    """
    asked = _WORDS.fullmatch(parsed.subject) or _WORDS.fullmatch(parsed.text.strip().partition("\n")[0])
    answer = None if asked is None else answer_by_token(asked["code"].lower())
    if asked is None or answer is None:
        return ""
    sender = _sender(parsed)
    alone = len(parsed.from_addresses) == 1  # Of several authors DMARC vouches for none.
    if sender is None or sender.id != answer.recipient_id or known.assurance is Assurance.FAILED or not alone:
        return f"{asked['word'].lower()}: it came from another address; nothing done"
    return _block(answer) if asked["word"].lower() == "block" else _report(answer)


def _block(answer: PrivateAnswer) -> str:
    block(answer.recipient_id, answer.sender_id)
    enqueue("notice.private_blocked", answer.id)
    return "block: done, and the member was told how to undo it"


def _report(answer: PrivateAnswer) -> str:
    kept = report(answer)
    enqueue("notice.private_reported", answer.id)
    return "report: the moderators get it" if kept else "report: its words are no longer kept"


def notify_of_report(task: Task) -> None:
    """One notice a moderator, each with its own tries."""
    answer = db.session.get_one(PrivateAnswer, task.target_id)
    for moderator in reviewers_of(answer):
        enqueue("notice.private_report", answer.id, moderator.id)


HANDLERS: Mapping[str, Handler] = {"moderators.private_report": notify_of_report}
