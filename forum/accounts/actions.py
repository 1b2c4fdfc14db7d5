"""The writes on members and their addresses, one verb each. Never commits."""

from collections.abc import Mapping

from sqlalchemy import delete, update

from forum.accounts.emails import address_key, base_key
from forum.accounts.models import Address, LinkPurpose, Member, OneTimeLink, Shown
from forum.accounts.pausing import is_retired, resume
from forum.accounts.preferences import plan_again
from forum.accounts.queries import address_by_email
from forum.accounts.sign_in import count_new_address, end_links, make_link
from forum.clock import now
from forum.db import db
from forum.log import record
from forum.queue import enqueue
from forum.text.lines import one_line


class AddressTaken(ValueError):
    """The address belongs to another member."""


def add_member(email: str, name: str, *, why: str) -> Member:
    """A new member with one verified address. BadAddress or AddressTaken in plain words."""
    key = address_key(email)
    if address_by_email(email) is not None:
        raise AddressTaken(f"{email.strip()} belongs to a member already")
    member = Member(name=one_line(name)[:200] or key.partition("@")[0])
    db.session.add(member)
    db.session.flush()
    _attach(member, email.strip(), primary=True)
    record("add member", "member", member.id, why=why)
    return member


def add_placeholder(name: str) -> Member:
    """The author of imported posts whom nobody has claimed."""
    member = Member(name=one_line(name)[:200] or "Former member", placeholder=True)
    db.session.add(member)
    db.session.flush()
    return member


def vouch_for(placeholder: Member, name: str, *, actor_id: int | None, why: str) -> None:
    """Make the author of imported posts a member: somebody knows that the address is this person's."""
    placeholder.placeholder, placeholder.name = False, one_line(name)[:200] or placeholder.name
    record("vouch for", "member", placeholder.id, actor_id=actor_id, why=why)


def _attach(member: Member, email: str, *, primary: bool) -> Address:
    key = address_key(email)
    address = Address(member_id=member.id, email=email, key=key, base_key=base_key(key), is_primary=primary)
    db.session.add(address)
    db.session.flush()
    db.session.expire(member, ["addresses"])
    return address


def request_sign_in_link(email: str) -> None:
    """Send a sign-in link if the address is a member's. Says nothing either way: that is nobody's business."""
    address = address_by_email(email)
    member = None if address is None else db.session.get(Member, address.member_id)
    if address is None or is_retired(email):
        return
    if member is not None and not member.placeholder:
        link = make_link(member, LinkPurpose.SIGN_IN, address.email)
        enqueue("notice.sign_in", link.id)


def request_address(member: Member, email: str) -> None:
    """Send a link to a new address that its owner must open to add it. AddressTaken, BadAddress, TooManyAttempts."""
    address_key(email)
    taken = address_by_email(email)
    if taken is not None and taken.member_id == member.id and taken.key == address_key(email):
        raise AddressTaken(f"{email.strip()} is one of your addresses already")
    count_new_address(member.id)
    if taken is not None and taken.key == address_key(email):
        owner = db.session.get(Member, taken.member_id)
        if owner is None or not owner.placeholder:
            # The page says the same for free and taken addresses; only the owner of the mailbox is told.
            enqueue("notice.address_taken", taken.id)
            return
        enqueue("notice.verify_address", make_link(member, LinkPurpose.CLAIM, email.strip()).id)
        return
    enqueue("notice.verify_address", make_link(member, LinkPurpose.VERIFY_ADDRESS, email.strip()).id)


def confirm_address(link: OneTimeLink) -> Address:
    """Add the address that a used verification link was sent to; claims the posts of a placeholder that had it."""
    member = db.session.get_one(Member, link.member_id)
    taken = address_by_email(link.email)
    if taken is not None and taken.key == address_key(link.email):
        if taken.member_id == member.id:
            return taken
        owner = db.session.get_one(Member, taken.member_id)
        if link.purpose is not LinkPurpose.CLAIM or not owner.placeholder:
            raise AddressTaken(f"{link.email} belongs to another member")
        taken.member_id, taken.is_primary, taken.verified_at = member.id, False, now()
        record("claim posts", "member", owner.id, actor_id=member.id, why="proved the address")
        enqueue("claim_posts", owner.id, member.id)
        db.session.flush()
        db.session.expire(member, ["addresses"])
        return taken
    record("add address", "member", member.id, actor_id=member.id, why="proved the address")
    others = list(member.addresses)
    added = _attach(member, link.email, primary=False)
    # Who has stolen a session could add an address unseen otherwise.
    for other in others:
        enqueue("notice.address_added", added.id, other.id)
    return added


def attach_placeholder_address(member: Member, email: str) -> None:
    """The address under which a placeholder wrote, by which it can be claimed."""
    _attach(member, email, primary=True)


def remove_address(member: Member, address_id: int) -> None:
    """Remove an address that is not the primary one; a link that was sent to it signs nobody in any more."""
    removed = db.session.scalar(
        delete(Address)
        .where(Address.id == address_id, Address.member_id == member.id, ~Address.is_primary)
        .returning(Address.email)
    )
    if removed is None:
        raise ValueError("Mail goes to this address. Choose another one for mail first, then remove it.")
    db.session.expire(member, ["addresses"])
    # Never mailed and ended below: it only remembers the address until the notices are out.
    gone = make_link(member, LinkPurpose.VERIFY_ADDRESS, removed)
    enqueue("notice.address_removed", gone.id)
    for other in member.addresses:
        enqueue("notice.address_removed", gone.id, other.id)
    end_links(member)
    record("remove address", "member", member.id, actor_id=member.id)


def choose_primary(member: Member, address_id: int) -> None:
    """Send this member's mail to another of the verified addresses."""
    chosen = db.session.get(Address, address_id)
    if chosen is None or chosen.member_id != member.id:
        raise ValueError("Choose one of your own addresses.")
    # Whose mail goes there by choice gets it: a pause of that address is over.
    resume(chosen, actor_id=member.id, why="chosen for mail")
    db.session.execute(update(Address).where(Address.member_id == member.id).values(is_primary=False))
    db.session.execute(update(Address).where(Address.id == address_id).values(is_primary=True))
    db.session.expire_all()
    record("choose primary address", "member", member.id, actor_id=member.id)


def sign_out_everywhere(member: Member) -> None:
    """Make every session of this member nobody's, and every open link, which would begin a new one."""
    member.session_epoch += 1
    end_links(member)
    record("sign out everywhere", "member", member.id, actor_id=member.id)


def change_profile(member: Member, *, name: str, **facets: str) -> None:
    """Change name, place, specialty, career stage, employer, interests or time zone; ValueError for an empty name."""
    if not one_line(name):
        raise ValueError("Write the name that others should see.")
    wanted = {"name": one_line(name)[:200]}
    wanted |= {facet: one_line(value)[: 2000 if facet == "interests" else 200] for facet, value in facets.items()}
    changed = [field for field, value in wanted.items() if getattr(member, field) != value]
    if not changed:
        return
    for field in changed:
        setattr(member, field, wanted[field])
    if "time_zone" in changed:
        plan_again(member)
    record("change profile", "member", member.id, actor_id=member.id, why=", ".join(changed))


def show_profile_to(member: Member, shown: Mapping[str, Shown]) -> None:
    """Choose who sees what the profile says, by columns such as `place_shown`."""
    changed = [column for column, wanted in shown.items() if getattr(member, column) is not wanted]
    if not changed:
        return
    undo = ", ".join(f"{column} {getattr(member, column)}" for column in changed)
    for column in changed:
        setattr(member, column, shown[column])
    why = ", ".join(f"{column} {shown[column]}" for column in changed)
    record("show profile to", "member", member.id, actor_id=member.id, why=why, undo=undo)
