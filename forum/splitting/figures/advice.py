"""Whether to split at all, in one sentence. Pure; only advice, which a moderator may leave.

The rules stand in the order in which they are asked; the first that speaks is the advice:
- one group or none is no split;
- neither these groups nor those without bounds keep more answers than chance could make any groups keep;
- the bounds cost more than three in ten of the answers that groups without bounds would keep: on small dense
  communities it is up to four, and what people lose then is more than what smaller groups can give;
- a third of the groups, or groups with a quarter of the members, would be too quiet to live;
- muting tags would save four fifths of the mail that the split saves, and costs nobody a place.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from forum.splitting.figures.values import GroupFigures

KEPT_OF_UNBOUNDED = 0.7
QUIET_GROUPS, QUIET_MEMBERS = 1 / 3, 1 / 4
MUTE_FIRST_SAVES = 0.8
# Above what chance alone gives, it must be so much more: one draw of chance is not the next.
ABOVE_CHANCE = 1.1
# Fewer mails than this a day are no burden that a split should lighten.
LIGHT_MAIL = 3.0


@dataclass(frozen=True)
class Advice:
    sentence: str
    do_not_split: bool


@dataclass(frozen=True)
class Told:
    """What the advice is made from. `chance` is the modularity that groups would have if answers were dealt at random;
    mail is the mean of members who get a mail for each post."""

    groups: Sequence[GroupFigures]
    kept: float
    kept_unbounded: float
    modularity: float
    modularity_unbounded: float
    chance: float
    now: float
    after: float
    mute_first: float


def advise(told: Told) -> Advice:
    quiet = [group for group in told.groups if group.too_quiet]
    members = sum(group.members for group in told.groups)
    least = ABOVE_CHANCE * told.chance
    saved, saved_by_muting = told.now - told.after, told.now - told.mute_first
    if len(told.groups) < 2:
        return _no("there is only one group to make. Nothing would change but its name.")
    if max(told.modularity, told.modularity_unbounded) < least:
        return _no("who answers whom shows no groups beyond what chance would make. Any line would cut through talk.")
    if told.kept < KEPT_OF_UNBOUNDED * told.kept_unbounded:
        return Advice(
            f"Do not split like this: these groups keep {told.kept:.0%} of all answers, and groups as people talk "
            f"would keep {told.kept_unbounded:.0%}. Allow larger groups, or cut by talk.",
            True,
        )
    if len(quiet) >= QUIET_GROUPS * len(told.groups) or (
        sum(group.members for group in quiet) >= QUIET_MEMBERS * members > 0
    ):
        return _no(
            f"of {len(told.groups)} groups, {len(quiet)} would be too quiet to live. Make fewer and larger ones."
        )
    if told.now >= LIGHT_MAIL and saved > 0 and saved_by_muting >= MUTE_FIRST_SAVES * saved:
        return _no(
            f"first ask people to mute tags. That brings mail from {told.now:.1f} to {told.mute_first:.1f} a day, "
            f"and the split to {told.after:.1f}."
        )
    return Advice(
        f"A split into these {len(told.groups)} groups can work: they keep {told.kept:.0%} of all answers, and mail "
        f"for a member who gets each post goes from {told.now:.1f} to {told.after:.1f} a day.",
        False,
    )


def _no(reason: str) -> Advice:
    return Advice(f"Do not split: {reason}", True)
