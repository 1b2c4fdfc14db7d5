"""Who wrote an imported post: the member with that verified address, else a placeholder who can be claimed.

An address that is masked ("abc...@x.org"), broken or nobody's gives a placeholder without an address, which never
becomes anybody else by guess: not by its name, and not by what the mask leaves to be seen.
"""

from dataclasses import dataclass, field

from forum.accounts.actions import add_placeholder, attach_placeholder_address
from forum.accounts.emails import BadAddress, address_key
from forum.accounts.models import Member
from forum.accounts.queries import member_by_email
from forum.archives.mail import Sender
from forum.text.lines import one_line

UNKNOWN = "Unknown author"
# Domains of no host that mail could be sent to, so that nobody could ever prove an address there (RFC 2606, RFC 6762).
_NOWHERE = frozenset({"invalid", "localhost", "localdomain", "local", "internal", "lan"})
_LONGEST = 254


@dataclass(frozen=True, slots=True)
class Author:
    """One author of an archive: by address where there is one, else by the name and mask as written."""

    key: str
    mask: str = ""
    name: str = ""
    email: str = field(default="", compare=False)


def author_of(sender: Sender) -> Author:
    """Equal for senders who are one person for certain."""
    try:
        key = address_key(sender.address)
    except BadAddress:
        key = ""
    if _is_nobodys(key):
        return Author("", sender.address[:300].lower(), shown_name(sender))
    return Author(key, email=sender.address.strip())


def _is_nobodys(key: str) -> bool:
    """Whether an address is masked, or of a domain that mail cannot reach."""
    local, _, domain = key.partition("@")
    masked = "*" in key or not local.strip("x.-") or not domain.strip("x.-")
    return masked or "." not in domain or domain.rpartition(".")[2] in _NOWHERE or len(key) > _LONGEST


def shown_name(sender: Sender) -> str:
    """The name that readers may see, which never is an address."""
    name = one_line(sender.name)
    if not name or "@" in name:
        local = (name or sender.address).partition("@")[0].strip("'\"<> ")
        name = one_line(local) if "@" in (name or sender.address) else ""
    return name[:200]


def member_of(author: Author) -> Member | None:
    """The member, or the placeholder of an earlier import, who has the author's address."""
    return member_by_email(author.email) if author.key else None


def add_author(author: Author, name: str) -> Member:
    """A placeholder for an author of whom nothing is known; by the address, if any, its posts can be claimed."""
    member = add_placeholder(name or UNKNOWN)
    if author.key:
        attach_placeholder_address(member, author.email)
    return member
