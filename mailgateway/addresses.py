"""Every mail address of ours, made and read in this one file. Pure: whether a group exists is asked elsewhere."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from forum.tokens import Purpose, Tokens

SYSTEM_NAME = "banyan"
# In place of a group in a token that leaves: every digest of the member.
ALL_DIGESTS = 0
_OPERATORS = ("postmaster", "abuse")
# Behind the plus of a group's address.
_ANONYMOUS = "anon"


class Verb(StrEnum):
    """What the command addresses of a group ask for."""

    JOIN = "join"
    LEAVE = "leave"
    HELP = "help"


@dataclass(frozen=True)
class ToGroup:
    """A post to a group."""

    mail_name: str


@dataclass(frozen=True)
class ToAnonymous:
    """A post to a group whose author is not to be known."""

    mail_name: str


@dataclass(frozen=True)
class ToModerators:
    """A letter to the moderators of a group; `mail_name` is empty for the community's owners (postmaster, abuse)."""

    mail_name: str


@dataclass(frozen=True)
class ToCommand:
    """A command about one group."""

    mail_name: str
    verb: Verb


@dataclass(frozen=True)
class ToSystem:
    """Commands as a subject or first line."""


@dataclass(frozen=True)
class ToReply:
    """An answer in the thread of a post, by the member whose copy had this address."""

    member_id: int
    post_id: int


@dataclass(frozen=True)
class ToAuthor:
    """A private answer to a member as the author in a group."""

    member_id: int
    group_id: int


@dataclass(frozen=True)
class ToConfirm:
    """The author says "I wrote this" of a held post."""

    held_id: int
    member_id: int


@dataclass(frozen=True)
class ToModerate:
    """A moderator's decision on a held post by reply."""

    member_id: int
    held_id: int


@dataclass(frozen=True)
class ToQueue:
    """A moderator's decisions on the held posts of a summary, by reply."""

    member_id: int
    summary_id: int


@dataclass(frozen=True)
class ToAppeal:
    """A restricted member asks that a second moderator looks; who is banned cannot sign in to do it."""

    restriction_id: int
    member_id: int


@dataclass(frozen=True)
class ToPlan:
    """An answer to what a plan asks: where to belong, whether to come, to moderate, or to be read by more."""

    question_id: int
    member_id: int


@dataclass(frozen=True)
class ToReview:
    """A second moderator's answer to an appeal."""

    member_id: int
    appeal_id: int


@dataclass(frozen=True)
class ToLeave:
    """The mailto form of one-click unsubscribe."""

    member_id: int
    group_id: int


@dataclass(frozen=True)
class ToBounce:
    """A report about a copy that was sent to one address in one month."""

    address_id: int
    month: int


@dataclass(frozen=True)
class ToDigest:
    """An answer to a whole digest, which may say which of its posts is meant."""

    member_id: int
    digest_id: int


Destination = (
    ToGroup
    | ToAnonymous
    | ToModerators
    | ToCommand
    | ToSystem
    | ToReply
    | ToAuthor
    | ToConfirm
    | ToModerate
    | ToQueue
    | ToAppeal
    | ToPlan
    | ToReview
    | ToLeave
    | ToBounce
    | ToDigest
)

_TOKENS: Mapping[str, tuple[Purpose, Callable[[int, int], Destination]]] = {
    "reply": (Purpose.REPLY, ToReply),
    "author": (Purpose.AUTHOR, ToAuthor),
    "confirm": (Purpose.CONFIRM, ToConfirm),
    "moderate": (Purpose.MODERATE, ToModerate),
    "leave": (Purpose.LEAVE, ToLeave),
    "bounce": (Purpose.BOUNCE, ToBounce),
    "digest": (Purpose.DIGEST, ToDigest),
}
# More purposes under the same name: which of them, the token says.
_ALSO: Mapping[str, Sequence[tuple[Purpose, Callable[[int, int], Destination]]]] = {
    "confirm": ((Purpose.APPEAL, ToAppeal), (Purpose.PLAN, ToPlan)),
    "moderate": ((Purpose.QUEUE, ToQueue), (Purpose.REVIEW, ToReview)),
}
_MAIL_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,51}")


@dataclass(frozen=True)
class Addresses:
    """Makes and reads addresses at one domain, with one set of signing keys."""

    domain: str
    tokens: Tokens

    def read(self, email: str) -> Destination | None:
        """What an address of ours asks for; None for a foreign address, a false token or an impossible name."""
        local, _, domain = email.strip().lower().rpartition("@")
        if domain.rstrip(".") != self.domain or not local:
            return None
        kind, plus, token = local.partition("+")
        if plus and token == _ANONYMOUS and kind not in _TOKENS and _MAIL_NAME.fullmatch(kind):
            return ToAnonymous(kind)
        if plus:
            return self._read_token(kind, token)
        if local == SYSTEM_NAME:
            return ToSystem()
        if local in _OPERATORS:
            return ToModerators("")
        if not _MAIL_NAME.fullmatch(local):
            return None
        name, _, ending = local.rpartition("-")
        if name and ending in list(Verb):
            return ToCommand(name, Verb(ending))
        if name and ending == "owner":
            return ToModerators(name)
        return ToGroup(local)

    def _read_token(self, kind: str, token: str) -> Destination | None:
        if kind not in _TOKENS:
            return None
        for purpose, destination in (_TOKENS[kind], *_ALSO.get(kind, ())):
            numbers = self.tokens.read(purpose, token)
            if numbers is not None:
                return destination(*numbers)
        return None

    def is_ours(self, email: str) -> bool:
        """Whether an address is at our domain, real or not: what claims to come from there does not."""
        return email.lower().rpartition("@")[2].rstrip(".") == self.domain

    def group(self, mail_name: str) -> str:
        return f"{mail_name}@{self.domain}"

    def anonymous(self, mail_name: str) -> str:
        return f"{mail_name}+{_ANONYMOUS}@{self.domain}"

    def moderators(self, mail_name: str) -> str:
        return f"{mail_name}-owner@{self.domain}"

    def command(self, mail_name: str, verb: Verb) -> str:
        return f"{mail_name}-{verb}@{self.domain}"

    def system(self) -> str:
        return f"{SYSTEM_NAME}@{self.domain}"

    def reply(self, member_id: int, post_id: int) -> str:
        return f"reply+{self.tokens.make(Purpose.REPLY, member_id, post_id)}@{self.domain}"

    def author(self, member_id: int, group_id: int) -> str:
        return f"author+{self.tokens.make(Purpose.AUTHOR, member_id, group_id)}@{self.domain}"

    def confirm(self, held_id: int, member_id: int) -> str:
        return f"confirm+{self.tokens.make(Purpose.CONFIRM, held_id, member_id)}@{self.domain}"

    def moderate(self, member_id: int, held_id: int) -> str:
        return f"moderate+{self.tokens.make(Purpose.MODERATE, member_id, held_id)}@{self.domain}"

    def queue(self, member_id: int, summary_id: int) -> str:
        return f"moderate+{self.tokens.make(Purpose.QUEUE, member_id, summary_id)}@{self.domain}"

    def appeal(self, restriction_id: int, member_id: int) -> str:
        return f"confirm+{self.tokens.make(Purpose.APPEAL, restriction_id, member_id)}@{self.domain}"

    def plan(self, question_id: int, member_id: int) -> str:
        return f"confirm+{self.tokens.make(Purpose.PLAN, question_id, member_id)}@{self.domain}"

    def review(self, member_id: int, appeal_id: int) -> str:
        return f"moderate+{self.tokens.make(Purpose.REVIEW, member_id, appeal_id)}@{self.domain}"

    def digest(self, member_id: int, digest_id: int) -> str:
        return f"digest+{self.tokens.make(Purpose.DIGEST, member_id, digest_id)}@{self.domain}"

    def leave(self, member_id: int, group_id: int) -> str:
        return f"leave+{self.leave_token(member_id, group_id)}@{self.domain}"

    def leave_token(self, member_id: int, group_id: int) -> str:
        """The token that also stands in the https form of one-click unsubscribe; group 0 stands for all digests."""
        return self.tokens.make(Purpose.LEAVE, member_id, group_id)

    def bounce(self, address_id: int, sent_at: datetime) -> str:
        """The return path of every copy to one address in one month, so that greylisting knows it again."""
        return f"bounce+{self.tokens.make(Purpose.BOUNCE, address_id, month_number(sent_at))}@{self.domain}"


def month_number(moment: datetime) -> int:
    """Months since January 2020; 0 under a clock before that."""
    return max((moment.year - 2020) * 12 + moment.month - 1, 0)
