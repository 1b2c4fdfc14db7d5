"""What is left of a mail whose author is not to be known: that one came, and what became of it. Never commits.

The words are a post or held already, without what would tell whose they are; the octets that came go at once.
"""

from collections.abc import Set

from forum.db import db
from forum.posting.anonymous import about, sealed_message_id
from forum.posting.models import HeldPost
from forum.rules.anonymity import ANONYMITY
from forum.threads.models import Post
from mailgateway.addresses import Addresses, ToAnonymous
from mailgateway.models import InboundMail, MailState
from mailgateway.unused import drop_unused

SEALED = "(sealed)"
_WORDS_ARE_KEPT = (MailState.POSTED, MailState.HELD)


def hides_its_author(mail: InboundMail, named: Set[int]) -> bool:
    """Whether what a mail has become is anonymous, or only asks its author about a pseudonym.

    `named` are ids of posts that are known to stand under a name: nearly all, and each mail asks.
    """
    for recipient in mail.recipients:
        post = (
            None
            if recipient.post_id is None or recipient.post_id in named
            else db.session.get_one(Post, recipient.post_id)
        )
        held = None if recipient.held_post_id is None else db.session.get_one(HeldPost, recipient.held_post_id)
        if post is not None and post.pseudonym_id is not None:
            return True
        if held is not None and (
            held.pseudonym_id is not None or any(row["rule"] == ANONYMITY for row in held.findings)
        ):
            return True
    return False


def seal(mail: InboundMail) -> None:
    """Forget who sent a mail, when all its recipients have their fate. A second copy of it is known again."""
    if mail.message_id:
        mail.message_id = sealed_message_id(mail.message_id)
    mail.from_address = mail.envelope_sender = SEALED
    mail.received_at = about(mail.received_at)
    if mail.state in _WORDS_ARE_KEPT:
        mail.subject = SEALED
    digest, mail.raw_digest = mail.raw_digest, None
    if digest is not None:
        drop_unused({digest})


def is_sealed(mail: InboundMail, addresses: Addresses) -> bool:
    """Whether nobody may see who sent a mail: also one that waits, or that somebody sent who is no member."""
    return mail.from_address == SEALED or any(
        isinstance(addresses.read(recipient.address), ToAnonymous) for recipient in mail.recipients
    )


def shown_recipient(address: str, addresses: Addresses) -> str:
    """An address of ours that a sealed mail was sent to; one with a token tells to whom the token was given."""
    local, _, domain = address.partition("@")
    open_to_all = "+" not in local or isinstance(addresses.read(address), ToAnonymous)
    return address if open_to_all else f"{local.partition('+')[0]}+{SEALED}@{domain}"
