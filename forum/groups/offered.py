"""What can be chosen for a group: one table for the terminal and the page, which read their words from here.

Writes nothing: what a door has read goes to `change_group`. Name, description and numbers have no words to choose from;
their bounds are here.
"""

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from forum.groups.models import (
    Assurance,
    Group,
    JoinPolicy,
    Kind,
    MailContent,
    Moderate,
    OneClick,
    ReplyTo,
    Strangers,
)

QUOTAS = range(1, 100_001)
DAYS_TO_DECIDE = range(2, 366)


def everywhere(_group: Group) -> bool:
    return True


def has_door(group: Group) -> bool:
    """Whether listing and joining are a choice: into the community and into circles leads only an invitation."""
    return group.kind not in (Kind.COMMUNITY, Kind.CIRCLE)


def is_root(group: Group) -> bool:
    return group.kind is Kind.COMMUNITY


@dataclass(frozen=True)
class Setting:
    """A setting that is a choice among words; `name` is its column. What is yes or no is of the kind `bool`."""

    name: str
    kind: type[enum.StrEnum] | type[bool]
    # In the terminal: the option without its dashes, and the line of help.
    option: str
    line: str
    # On the page: the question, each word with its sentence, and what is said when none of them was chosen.
    question: str
    sentences: tuple[tuple[str, str], ...]
    missing: str
    help: str = ""
    offered_in: Callable[[Group], bool] = everywhere

    @property
    def words(self) -> list[str]:
        """The words to choose from, as a terminal lists them."""
        offered = {word for word, _sentence in self.sentences}
        every = ("yes", "no") if self.kind is bool else tuple(self.kind)
        return [str(word) for word in every if word in offered]

    def read(self, word: str) -> Any:
        """The value that one of the words stands for."""
        return word == "yes" if self.kind is bool else self.kind(word)

    def word_of(self, group: Group) -> str:
        """The word for what is set."""
        value = getattr(group, self.name)
        return ("yes" if value else "no") if self.kind is bool else str(value)


def read_words(words: Mapping[str, str | None]) -> dict[str, Any]:
    """The values of words by the names of their settings, as a change of the group takes them; None is left out."""
    return {name: SETTINGS[name].read(word) for name, word in words.items() if word is not None}


_ASSURANCES = (
    (Assurance.PROVEN, "Proven: the sender's mail system vouches for the sender"),
    (Assurance.TOKEN, "Proven, or sent to the member's own reply address"),
    (Assurance.CLAIMED, "What stands in the From line is believed, unless the check fails"),
)
_SURE = "How well authors must be known: proven, token or claimed."

SETTINGS: Mapping[str, Setting] = {
    each.name: each
    for each in (
        Setting(
            "moderate",
            Moderate,
            "moderate",
            "Whose posts wait.",
            "Whose posts wait for a moderator",
            (
                (Moderate.NONE, "Nobody's: every post goes out at once"),
                (Moderate.NEWCOMERS, "Newcomers': the first three posts of a new member wait"),
                (Moderate.ALL, "Everybody's: each post waits for a moderator"),
            ),
            "Choose whose posts wait.",
        ),
        Setting(
            "hold_unaddressed",
            bool,
            "hold-unaddressed",
            "Whether mail waits that names the group nowhere in To or Cc.",
            "Mail that does not name the group in To or Cc",
            (("no", "Goes out like any other"), ("yes", "Waits for a moderator")),
            "Choose what becomes of mail that does not name the group.",
            "A blind copy, or mail redirected from another list.",
        ),
        Setting(
            "moderators_obey",
            bool,
            "moderators-obey",
            "Whether moderators' own posts wait like everybody's.",
            "Moderators’ own posts",
            (("no", "Go out at once"), ("yes", "Wait like everybody's")),
            "Choose what becomes of moderators' own posts.",
        ),
        Setting(
            "anonymous_posts",
            bool,
            "anonymous",
            "Whether members may post under a pseudonym.",
            "Anonymous posts",
            (("no", "Are not taken"), ("yes", "Are taken: nobody sees who wrote them, moderators neither")),
            "Choose whether anonymous posts are taken.",
            "Only two owners together can find out who wrote one, with a reason, and the author is told.",
        ),
        Setting(
            "announce_only",
            bool,
            "announce-only",
            "Whether only moderators post.",
            "Who posts",
            (("no", "Every member"), ("yes", "Only moderators: for a notice board of the groups below")),
            "Choose who posts.",
            "What others send comes back to them, with the names of their groups below this one.",
        ),
        Setting(
            "join_policy",
            JoinPolicy,
            "join",
            "How members come in.",
            "Who can join",
            (
                (JoinPolicy.OPEN, "Every member of the community, at once"),
                (JoinPolicy.REQUEST, "Who asks and is let in by a moderator"),
                (JoinPolicy.INVITE, "Only who is invited"),
            ),
            "Choose who can join.",
            offered_in=has_door,
        ),
        Setting(
            "listed",
            bool,
            "listed",
            "Whether the whole community sees that it exists.",
            "Who knows that it exists",
            (("yes", "Every member of the community"), ("no", "Only its members, and who moderates above it")),
            "Choose who knows that it exists.",
            offered_in=has_door,
        ),
        Setting(
            "assurance_new",
            Assurance,
            "assurance",
            _SURE,
            "Mail that begins a thread: how sure must the sender be?",
            _ASSURANCES,
            "Choose how sure the sender must be.",
            "What falls short waits, and the member is asked: did you write this?",
        ),
        Setting(
            "assurance_reply",
            Assurance,
            "assurance",
            _SURE,
            "Mail that answers: how sure must the sender be?",
            _ASSURANCES,
            "Choose how sure the sender must be.",
        ),
        Setting(
            "strangers",
            Strangers,
            "strangers",
            "Mail of unknown addresses.",
            "Posts from addresses that nobody here has",
            ((Strangers.HOLD, "Wait for a moderator"), (Strangers.REFUSE, "Are refused")),
            "Choose what becomes of mail from unknown addresses.",
        ),
        Setting(
            "mail_content",
            MailContent,
            "mail-content",
            "The post, or a link.",
            "What the mail of the group says",
            (
                (MailContent.FULL, "The post"),
                (
                    MailContent.LINK,
                    "Only that there is one, with a link to sign in: no word of it, not even its subject",
                ),
            ),
            "Choose what the mail of the group says.",
        ),
        Setting(
            "reply_to",
            ReplyTo,
            "reply-to",
            "Where answers by mail go.",
            "Where an answer by mail goes",
            ((ReplyTo.GROUP, "To the group"), (ReplyTo.AUTHOR, "To its author alone")),
            "Choose where answers go.",
        ),
        Setting(
            "one_click",
            OneClick,
            "one-click",
            "Of the community: for all.",
            "One-click unsubscribe, in all groups",
            (
                (OneClick.LEAVE, "Ends the membership in that group"),
                (OneClick.STOP, "Only stops the mail of that group"),
            ),
            "Choose what one-click unsubscribe does.",
            "The button in mail programs. In the community itself it only ever stops the mail.",
            offered_in=is_root,
        ),
        Setting(
            "members_may_be_moved",
            bool,
            "members-may-be-moved",
            "Of the community: the charter.",
            "When a group grows out of another",
            (
                ("no", "Its first members are invited, and come by saying yes"),
                ("yes", "Moderators may also move them there, with notice; each can leave by answering the mail"),
            ),
            "Choose whether members may be moved.",
            "Nobody loses a membership by it. A split of a whole group is always announced to everybody first.",
            offered_in=is_root,
        ),
    )
}
