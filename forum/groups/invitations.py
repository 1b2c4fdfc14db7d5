"""Invitations by mail: single use, with an end, sent again or withdrawn. Never commits."""

from datetime import timedelta

from sqlalchemy import func, select, update

from forum.accounts.actions import add_member, vouch_for
from forum.accounts.emails import address_key
from forum.accounts.models import Member
from forum.accounts.pausing import is_retired
from forum.accounts.queries import address_by_email, member_by_email
from forum.clock import now
from forum.db import db
from forum.groups.actions import NotPossible
from forum.groups.joining import add_to_group
from forum.groups.models import Group, Invitation, Standing
from forum.groups.queries import invitation_is_open, membership_of
from forum.log import record
from forum.queue import enqueue
from forum.text.lines import one_line
from forum.tokens import Purpose, current_tokens

INVITATION_LIFETIME = timedelta(days=14)
INVITATIONS_A_DAY = 100


def invite(inviter_id: int, group: Group, email: str, name: str = "") -> Invitation:
    """Ask somebody by mail to join; BadAddress, or NotPossible when the person is here or was asked already."""
    key = address_key(email)
    known = member_by_email(email)
    if is_retired(email):
        raise NotPossible(f"{email.strip()} was removed by an operator, who alone can add it again.")
    if known is not None and not known.placeholder and membership_of(known.id, group.id) is not None:
        raise NotPossible(f"{email.strip()} belongs to {group.name} already.")
    waiting = db.session.scalars(
        select(Invitation).where(
            Invitation.group_id == group.id,
            Invitation.email_key == key,
            Invitation.accepted_at.is_(None),
            Invitation.withdrawn_at.is_(None),
        )
    ).first()
    if waiting is not None:
        raise NotPossible(f"{email.strip()} has an invitation to {group.name} already. You can send it again.")
    moment = now()
    today = select(func.count()).where(
        Invitation.invited_by_id == inviter_id, Invitation.created_at > moment - timedelta(days=1)
    )
    if (db.session.scalar(today) or 0) >= INVITATIONS_A_DAY:
        raise NotPossible(f"You have sent {INVITATIONS_A_DAY} invitations in a day. Send the next ones tomorrow.")
    invitation = Invitation(
        email=email.strip(),
        email_key=key,
        name=one_line(name)[:200],
        group_id=group.id,
        invited_by_id=inviter_id,
        sent_at=moment,
        expires_at=moment + INVITATION_LIFETIME,
    )
    db.session.add(invitation)
    db.session.flush()
    record("invite", "invitation", invitation.id, actor_id=inviter_id, group_id=group.id, undo="withdraw it")
    enqueue("notice.invitation", invitation.id)
    return invitation


def resend_invitation(invitation: Invitation, *, actor_id: int) -> None:
    """Send an open or expired invitation again, for a new term."""
    if invitation.accepted_at is not None or invitation.withdrawn_at is not None:
        raise NotPossible("This invitation has been accepted or withdrawn.")
    if invitation.sent_at > now() - timedelta(minutes=5):
        raise NotPossible("This invitation was sent less than five minutes ago.")
    invitation.sent_at = now()
    invitation.expires_at = now() + INVITATION_LIFETIME
    record("resend invitation", "invitation", invitation.id, actor_id=actor_id, group_id=invitation.group_id)
    enqueue("notice.invitation", invitation.id)


def withdraw_invitation(invitation: Invitation, *, actor_id: int) -> None:
    if invitation.accepted_at is None and invitation.withdrawn_at is None:
        invitation.withdrawn_at = now()
        record(
            "withdraw invitation",
            "invitation",
            invitation.id,
            actor_id=actor_id,
            group_id=invitation.group_id,
        )


def invitation_token(invitation: Invitation) -> str:
    return current_tokens().make(Purpose.INVITATION, invitation.id)


def invitation_by_token(token: str) -> Invitation | None:
    """The open invitation behind a token; looking does not use it up."""
    numbers = current_tokens().read(Purpose.INVITATION, token)
    invitation = None if numbers is None else db.session.get(Invitation, numbers[0])
    return invitation if invitation is not None and invitation_is_open(invitation) else None


def accept_invitation(invitation: Invitation, name: str, signed_in: Member | None = None) -> Member:
    """Join by an invitation, once: as the member signed in, as the owner of the address invited, or as a new member."""
    used = db.session.execute(
        update(Invitation)
        .where(
            Invitation.id == invitation.id,
            Invitation.accepted_at.is_(None),
            Invitation.withdrawn_at.is_(None),
        )
        .values(accepted_at=now())
        .returning(Invitation.id)
        .execution_options(synchronize_session=False)
    ).all()
    if not used:
        raise NotPossible("This invitation has been used or withdrawn. Ask for a new one.")
    known = address_by_email(invitation.email)
    member = signed_in or (None if known is None else db.session.get_one(Member, known.member_id))
    if member is None:
        member = add_member(invitation.email, name or invitation.name, why="accepted an invitation")
    elif member.placeholder:
        # The invitation went to the address that wrote the imported posts: its owner is who accepts.
        vouch_for(member, name, actor_id=member.id, why="accepted an invitation")
    invitation.accepted_by_id = member.id
    group = db.session.get_one(Group, invitation.group_id)
    membership = add_to_group(member, group, newcomer=True, actor_id=member.id, why="accepted an invitation")
    # An answer to a thread that has moved here may have waited for this.
    enqueue("release_pending", membership.id)
    if membership.standing is Standing.BANNED:
        raise NotPossible(f"A moderator has ended your membership in {group.name}. Write to the moderators there.")
    db.session.flush()
    return member
