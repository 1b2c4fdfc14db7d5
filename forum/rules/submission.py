"""What a rule looks at and what it answers: frozen values, the same from every door."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from forum.groups.models import Assurance, Moderate, Role, Standing, Strangers
from forum.rules.findings import Passage
from forum.rules.history import History
from forum.rules.terms import RuleInForce
from forum.threads.models import TextFormat, Via


@dataclass(frozen=True)
class File:
    """An attachment on its way in."""

    name: str
    type: str
    content: bytes


@dataclass(frozen=True)
class Submission:
    """What a person wants to post, before it is judged.

    `answers` are message ids that it says it answers, nearest first; `answers_post_id` the post it answers for
    certain (the web's form, a reply token). `fan_out_key` joins submissions of one mail to several groups.
    """

    group_id: int
    author_id: int | None
    byline: str
    assurance: Assurance
    via: Via
    subject: str
    text: str
    text_format: TextFormat
    html: str = ""
    folded: str = ""
    files: tuple[File, ...] = ()
    author_message_id: str | None = None
    answers: tuple[str, ...] = ()
    answers_post_id: int | None = None
    sent_at: datetime | None = None
    fan_out_key: int | None = None
    # The octets that came in (a mail with its attachments), for the limit on size.
    size: int = 0
    # Whether the group stands in To or Cc of a mail, and how many addresses stand there.
    addressed: bool = True
    recipients: int = 0
    # Of which passages the author says that they identify no patient.
    confirmed: tuple[Passage, ...] = ()
    # Whether a moderator shall read what a rule of the group would send back.
    asks_moderator: bool = False
    # Under a pseudonym: readers, moderators and operators do not learn who wrote it.
    anonymous: bool = False
    # Where the author has written under a pseudonym: whether the author's own name is wanted here, and is sure of it.
    own_name: Literal["", "asked", "sure"] = ""


@dataclass(frozen=True)
class Behind:
    """What of the author of an anonymous post must not show in it. Only rules look at it, and nothing keeps it."""

    name: str
    addresses: tuple[str, ...] = ()
    employer: str = ""
    # Files that may say who made them, by name; and the words in the others.
    unclean_files: tuple[str, ...] = ()
    words_in_files: str = ""


@dataclass(frozen=True)
class Facts:
    """All that rules may know besides the submission, gathered once before any rule runs."""

    group_name: str
    group_listed: bool
    group_is_community: bool
    moderate: Moderate
    assurance_new: Assurance
    assurance_reply: Assurance
    quota: int | None
    max_size: int
    strangers: Strangers
    # None: no member at all, or none of this group.
    standing: Standing | None
    role: Role | None
    community_standing: Standing | None
    muted_until: datetime | None
    newcomer_posts: int
    posts_last_hour: int
    is_reply: bool
    answers_erased: bool
    thread_locked: bool
    thread_url: str
    # The same message id came before with other content.
    id_was_used_for_other_content: bool
    # A moderator has approved the author once for all.
    trusted: bool
    moderators_obey: bool
    hold_unaddressed: bool
    emergency: bool
    thread_moderated: bool
    slow_seconds: int | None
    # How long ago the author last answered in this thread; None for never.
    last_here_ago: timedelta | None
    # What the group, and those above it, ask for besides.
    rules: tuple[RuleInForce, ...] = ()
    # Of the author's pace; gathered where one of `rules` asks for it.
    history: History | None = None
    # What the moderator says who has locked the thread, and until when.
    lock_reason: str = ""
    locked_until: datetime | None = None

    # The author reads a place where the thread answered was before, and does not belong where it is now.
    came_after_thread: bool = False
    # What it answers has moved to where its author may not follow.
    thread_gone: bool = False
    # Whether only moderators post in the group, and where others write: the names of groups that grew out of it.
    announce_only: bool = False
    write_in: tuple[str, ...] = ()

    # Whether the group takes anonymous posts, and under which name the author has written in the thread answered.
    anonymous_posts: bool = False
    pseudonym_here: str = ""
    # The post answered stands among anonymous ones. Only asked of mail that does not prove its sender.
    among_anonymous: bool = False
    # Of an anonymous post.
    behind: Behind | None = None

    @property
    def is_exempt_moderator(self) -> bool:
        """Whether what holds everybody's posts leaves out this author, who moderates here."""
        return self.role in (Role.MODERATOR, Role.OWNER) and not self.moderators_obey
