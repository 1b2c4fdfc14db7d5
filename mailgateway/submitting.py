"""A mail that has arrived as its author means it: what is to be posted to one group. Writes nothing."""

import re
from dataclasses import dataclass
from functools import cached_property

from forum import blobs
from forum.accounts.models import Address, Member
from forum.accounts.queries import member_by_email, owner_of_email
from forum.db import db
from forum.groups.models import Assurance, Group, MailContent
from forum.rules.submission import File, Submission
from forum.settings import current_settings
from forum.threads.models import TextFormat, Via
from forum.threads.subjects import subject_key
from forum.tokens import current_tokens
from mailgateway.addresses import Addresses, ToAnonymous
from mailgateway.authenticate import Authenticated
from mailgateway.compose import NEW_POST
from mailgateway.models import InboundMail
from mailgateway.parse import ParsedMail
from mailgateway.route import PostRoute


@dataclass(frozen=True)
class Arrived:
    """A mail with what is known of it."""

    mail: InboundMail
    parsed: ParsedMail
    known: Authenticated

    @cached_property
    def sender(self) -> tuple[Address, Member] | None:
        """The address in From, the first of several, and the member whose it is."""
        return owner_of_email(self.parsed.from_address)

    @cached_property
    def author(self) -> Member | None:
        """The member in From: of several authors (RFC 5322 allows them) the first one whom we know."""
        if self.sender is not None and not self.sender[1].placeholder:
            return self.sender[1]
        others = (member_by_email(address) for address in self.parsed.from_addresses[1:])
        return next((member for member in others if member is not None and not member.placeholder), None)


# The first line of an answer where its author has been anonymous, and does not want to be any longer.
_AS_MYSELF = re.compile(r"[\W_]*as\s+myself[\W_]*", re.IGNORECASE)


def submission_of(arrived: Arrived, found: PostRoute) -> Submission:
    """What the author of a mail wants to post to one group."""
    parsed = arrived.parsed
    author = arrived.author
    assurance = arrived.known.assurance
    alone = len(parsed.from_addresses) == 1
    if alone and assurance is Assurance.CLAIMED and author is not None and found.token_member_id == author.id:
        # The reply address was signed for this member, who is also in From, and DMARC has not failed.
        assurance = Assurance.TOKEN
    nearest_first = (parsed.in_reply_to, *reversed(parsed.references))
    stranger = f"{parsed.from_name} <{parsed.from_address}>" if parsed.from_name else parsed.from_address
    first, _, below = parsed.text.lstrip().partition("\n")
    as_myself = bool(below.strip()) and _AS_MYSELF.fullmatch(first) is not None
    return Submission(
        group_id=found.group_id,
        author_id=author.id if author is not None else None,
        byline=author.name if author is not None else stranger[:500],
        assurance=assurance,
        via=Via.MAIL,
        subject=_own_subject(parsed, found.group_id),
        text=below.strip("\n") if as_myself else parsed.text,
        text_format=TextFormat.HTML if parsed.has_format == "html" and not as_myself else TextFormat.PLAIN,
        html="" if as_myself else parsed.html,
        folded=parsed.folded,
        files=tuple(File(each.name, each.type, each.content) for each in parsed.attachments),
        author_message_id=(parsed.message_id or stable_id(parsed))[:998],
        answers=tuple(dict.fromkeys(message_id for message_id in nearest_first if message_id))[:100],
        answers_post_id=found.token_post_id,
        sent_at=parsed.date,
        fan_out_key=arrived.mail.id,
        addressed=_is_addressed(arrived, found),
        anonymous=is_anonymous(arrived, found),
        own_name="asked" if as_myself else "",
        recipients=len({address.lower() for address in (*parsed.to, *parsed.cc)}),
    )


def is_anonymous(arrived: Arrived, found: PostRoute) -> bool:
    """Whether the author asks not to be known. A copy that comes apart from the others has the same To and Cc."""
    addresses = Addresses(current_settings().domain, current_tokens())
    written = (addresses.read(address) for address in (*arrived.parsed.to, *arrived.parsed.cc))
    return found.anonymous or any(isinstance(each, ToAnonymous) for each in written)


def _is_addressed(arrived: Arrived, found: PostRoute) -> bool:
    """Whether an address of ours stands in To or Cc, be it of another list: then the mail is no blind one.

    Whoever answers by a reply address has surely meant the group.
    """
    if found.token_post_id is not None:
        return True
    addresses = Addresses(current_settings().domain, current_tokens())
    return any(addresses.is_ours(address) for address in (*arrived.parsed.to, *arrived.parsed.cc))


def _own_subject(parsed: ParsedMail, group_id: int) -> str:
    """The author's subject. The one that a group gives mail which may say nothing is nobody's."""
    link_only = db.session.get_one(Group, group_id).mail_content is MailContent.LINK
    return "" if link_only and subject_key(parsed.subject) == subject_key(NEW_POST) else parsed.subject


def stable_id(parsed: ParsedMail) -> str:
    """An id made from the content of a mail that has none, so that a second copy is known again (L11)."""
    content = "\n".join((parsed.from_address, parsed.subject, str(parsed.date), parsed.text, parsed.folded))
    return f"<{blobs.digest_of(content.encode(errors='surrogatepass'))[:32]}@no-message-id.invalid>"
