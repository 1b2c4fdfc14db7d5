"""Tables of groups and memberships, and what a row knows alone."""

import enum
from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.accounts.models import Member
from forum.clock import now
from forum.db import Base, PrimaryKey, PublicId, words_of


class Kind(enum.StrEnum):
    COMMUNITY = "community"
    REGION = "region"
    SPECIALTY = "specialty"
    INTEREST = "interest"
    CIRCLE = "circle"


class JoinPolicy(enum.StrEnum):
    OPEN = "open"
    REQUEST = "request"
    INVITE = "invite"


class Moderate(enum.StrEnum):
    """Whose posts wait for a moderator."""

    ALL = "all"
    NEWCOMERS = "newcomers"
    NONE = "none"


class Assurance(enum.StrEnum):
    """How well the author of a submission is known, from worst to best (see `rank`)."""

    FAILED = "failed"
    CLAIMED = "claimed"
    TOKEN = "token"  # noqa: S105  (the word, not a secret)
    PROVEN = "proven"

    @property
    def rank(self) -> int:
        return list(Assurance).index(self)


class Role(enum.StrEnum):
    MEMBER = "member"
    MODERATOR = "moderator"
    OWNER = "owner"


class Delivery(enum.StrEnum):
    SINGLE = "single"
    DIGEST = "digest"
    WEEKLY = "weekly"
    FOLLOWED = "followed"
    SPECIALS = "specials"
    NONE = "none"


class Strangers(enum.StrEnum):
    """What becomes of mail from an address that nobody here has."""

    HOLD = "hold"
    REFUSE = "refuse"


class MailContent(enum.StrEnum):
    """What the mail of a group says: the post, or only that there is one."""

    FULL = "full"
    LINK = "link"


class ReplyTo(enum.StrEnum):
    """Where an answer by mail goes that its author has not addressed anew."""

    GROUP = "group"
    AUTHOR = "author"


class OneClick(enum.StrEnum):
    """What one-click unsubscribe does outside the root group."""

    LEAVE = "leave"
    STOP = "stop"


class HeldNotices(enum.StrEnum):
    """How a moderator hears of held posts: a mail each, one summary a day, or not at all."""

    EACH = "each"
    SUMMARY = "summary"
    NONE = "none"


class Standing(enum.StrEnum):
    ACTIVE = "active"
    PENDING = "pending"
    MUTED = "muted"
    BANNED = "banned"


# Who reads a group by a membership of these standings. That needs one of them in the community as well; and there are
# the moderators above: `forum.groups.rights` says it for one member, `forum.splitting.readership` for all.
READS = (Standing.ACTIVE, Standing.MUTED)


class Group(Base):
    """A node of the tree. The root is the community and the only one without a parent."""

    __tablename__ = "community_group"
    __table_args__ = (
        CheckConstraint("(kind = 'community') = (parent_id IS NULL)", name="only_the_root_has_no_parent"),
        CheckConstraint("(closed_at IS NULL) = (became_id IS NULL)", name="closed_into_another"),
        Index(
            "uq_community_group_root",
            "kind",
            unique=True,
            sqlite_where=text("kind = 'community'"),
            postgresql_where=text("kind = 'community'"),
        ),
    )

    id: Mapped[PrimaryKey]
    slug: Mapped[str] = mapped_column(String(40), unique=True)
    # The local part of the group's mail address: the slug, and for an unlisted group 5 random characters more.
    mail_name: Mapped[str] = mapped_column(String(46), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="", server_default="")
    kind: Mapped[Kind] = mapped_column(words_of(Kind))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("community_group.id"), index=True)
    listed: Mapped[bool] = mapped_column(default=True)
    join_policy: Mapped[JoinPolicy] = mapped_column(words_of(JoinPolicy), default=JoinPolicy.REQUEST)
    moderate: Mapped[Moderate] = mapped_column(words_of(Moderate), default=Moderate.NONE)
    assurance_new: Mapped[Assurance] = mapped_column(words_of(Assurance), default=Assurance.PROVEN)
    assurance_reply: Mapped[Assurance] = mapped_column(words_of(Assurance, "assurance_reply"), default=Assurance.TOKEN)
    # Posts an hour a member; None is no limit.
    quota: Mapped[int | None] = mapped_column(default=20)
    strangers: Mapped[Strangers] = mapped_column(
        words_of(Strangers), default=Strangers.HOLD, server_default=Strangers.HOLD.value
    )
    mail_content: Mapped[MailContent] = mapped_column(
        words_of(MailContent), default=MailContent.FULL, server_default=MailContent.FULL.value
    )
    reply_to: Mapped[ReplyTo] = mapped_column(
        words_of(ReplyTo), default=ReplyTo.GROUP, server_default=ReplyTo.GROUP.value
    )
    # Only the root group's counts: the policy of the whole community.
    one_click: Mapped[OneClick] = mapped_column(
        words_of(OneClick), default=OneClick.LEAVE, server_default=OneClick.LEAVE.value
    )
    # Whether posts of moderators obey `moderate` and what holds everybody's posts.
    moderators_obey: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    # Whether mail waits that names none of our addresses in To and Cc: a blind copy, or redirected from elsewhere.
    hold_unaddressed: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    # Since when everything is held: the emergency brake.
    emergency_since: Mapped[datetime | None]
    # A held post that nobody has decided in so many days goes back to its author.
    decide_within_days: Mapped[int] = mapped_column(default=14, server_default="14")
    # Another one with each change of a rule that holds here, be it made above; None while there is none.
    rules_mark: Mapped[str | None] = mapped_column(String(12))
    # Whether members may post under a pseudonym.
    anonymous_posts: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    # Whether only moderators post: a group that has become the notice board of those that grew out of it.
    announce_only: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    # Of the root group alone, the community's charter: whether a moderator may move members to a group grown out of
    # theirs, with notice, instead of inviting them.
    members_may_be_moved: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    # Merged back into another group, which has its threads, and where its mail and links lead.
    closed_at: Mapped[datetime | None]
    became_id: Mapped[int | None] = mapped_column(ForeignKey("community_group.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)

    parent: Mapped["Group | None"] = relationship(remote_side="Group.id", foreign_keys=[parent_id], viewonly=True)


class Membership(Base):
    """A member in a group. Who has left has no row here but one in `former_membership`."""

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("member_id", "group_id"),
        CheckConstraint("(standing = 'muted') = (muted_until IS NOT NULL)", name="muted_until_when_muted"),
        Index("ix_membership_group_id_delivery", "group_id", "delivery"),
        # Mostly nobody in a group has chosen so, and every mail asks.
        Index(
            "ix_membership_no_second_copy",
            "group_id",
            sqlite_where=text("copy_when_addressed = 0"),
            postgresql_where=text("NOT copy_when_addressed"),
        ),
        # Counts a group of 71,000 and finds its moderators without a look at the rows.
        Index("ix_membership_group_id_role_standing", "group_id", "role", "standing"),
    )

    id: Mapped[PrimaryKey]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    group_id: Mapped[int] = mapped_column(ForeignKey("community_group.id"))
    role: Mapped[Role] = mapped_column(words_of(Role), default=Role.MEMBER)
    standing: Mapped[Standing] = mapped_column(words_of(Standing), default=Standing.ACTIVE)
    muted_until: Mapped[datetime | None]
    delivery: Mapped[Delivery] = mapped_column(words_of(Delivery), default=Delivery.SINGLE)
    own_copy: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    # How many more of the member's posts count as a newcomer's.
    newcomer_posts: Mapped[int] = mapped_column(default=0, server_default="0")
    # Of a digest, only the list of topics.
    topics_only: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    # A short mail that one's own post has gone out.
    acknowledge: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    # A copy also of what was sent to one's own address directly.
    copy_when_addressed: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    # Approved and trusted: what `moderate` asks for does not hold this member's posts.
    trusted: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    # Of a moderator: how held posts are announced.
    held_notices: Mapped[HeldNotices] = mapped_column(
        words_of(HeldNotices), default=HeldNotices.EACH, server_default=HeldNotices.EACH.value
    )
    # ... and, with a mail each, whether one line says how another moderator has decided.
    told_of_decisions: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    # Digests have covered what was published up to the first; what is owed after a change to single mails ends at
    # the second.
    digest_no: Mapped[int] = mapped_column(default=0, server_default="0")
    digest_until_no: Mapped[int | None]
    joined_at: Mapped[datetime] = mapped_column(default=now)

    member: Mapped[Member] = relationship(viewonly=True)
    group: Mapped[Group] = relationship(viewonly=True)


class FormerMembership(Base):
    """What a member had in a group and has no longer: nobody is added again by an import who left or was removed."""

    __tablename__ = "former_membership"
    __table_args__ = (UniqueConstraint("member_id", "group_id"),)

    id: Mapped[PrimaryKey]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    group_id: Mapped[int] = mapped_column(ForeignKey("community_group.id"))
    role: Mapped[Role] = mapped_column(words_of(Role))
    delivery: Mapped[Delivery] = mapped_column(words_of(Delivery))
    own_copy: Mapped[bool]
    topics_only: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    acknowledge: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    copy_when_addressed: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    newcomer_posts: Mapped[int]
    # A mute outlives leaving, or leaving would be the way round it.
    muted_until: Mapped[datetime | None]
    # Who was removed by a moderator or an operator cannot undo it alone.
    by_choice: Mapped[bool]
    left_at: Mapped[datetime] = mapped_column(default=now)


class DutyTurn(Base):
    """Who looks after a group's held posts, and when: the others hear of them only when it grows late."""

    __tablename__ = "duty_turn"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="a_turn_has_length"),
        Index("ix_duty_turn_group_id_ends_at", "group_id", "ends_at"),
    )

    id: Mapped[PrimaryKey]
    group_id: Mapped[int] = mapped_column(ForeignKey("community_group.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    # When the member was told that the turn begins.
    reminded_at: Mapped[datetime | None]
    # When what was left waiting at its end went to who comes next.
    passed_on_at: Mapped[datetime | None]


class RosterSync(Base):
    """One alignment of a group with an outside roster: whom it added and removed, so that it can be undone."""

    __tablename__ = "roster_sync"

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    group_id: Mapped[int] = mapped_column(ForeignKey("community_group.id"), index=True)
    # Ids of members.
    added: Mapped[list[int]] = mapped_column(JSON)
    removed: Mapped[list[int]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(default=now)
    undone_at: Mapped[datetime | None]


class Invitation(Base):
    """Somebody asked to join by mail. Open until accepted, withdrawn or expired; sent again, it is a new term."""

    __tablename__ = "invitation"
    __table_args__ = (
        CheckConstraint("accepted_at IS NULL OR withdrawn_at IS NULL", name="one_end"),
        Index(
            "uq_invitation_open",
            "group_id",
            "email_key",
            unique=True,
            sqlite_where=text("accepted_at IS NULL AND withdrawn_at IS NULL"),
            postgresql_where=text("accepted_at IS NULL AND withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(String(254), index=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    group_id: Mapped[int] = mapped_column(ForeignKey("community_group.id"))
    invited_by_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    sent_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    accepted_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    withdrawn_at: Mapped[datetime | None]

    group: Mapped[Group] = relationship(viewonly=True)
    invited_by: Mapped[Member] = relationship(foreign_keys=[invited_by_id], viewonly=True)
