"""Puts together what is said of a proposal: its groups and the whole, each number with a sentence. Pure.

`words_for` brings the words; this knows no database, so that an edit in the studio is described as fast as it is made.
"""

import numpy as np

from forum.splitting.cut.graph import graph_of
from forum.splitting.cut.quality import modularity
from forum.splitting.figures.advice import Told, advise
from forum.splitting.figures.baselines import Loads, loads_of
from forum.splitting.figures.chance import chance_modularity
from forum.splitting.figures.forecast import Forecast, after_split, forecast_of
from forum.splitting.figures.group_figures import QUIET_RULE, groups_of
from forum.splitting.figures.seating import (
    Answerers,
    Kept,
    Numbers,
    Seating,
    answerers_lost,
    days_seen,
    homes_of,
    kept_by,
    posts_a_day,
    seating_of,
)
from forum.splitting.figures.values import Border, GroupFigures, PlanFigures
from forum.splitting.figures.words import Words
from forum.splitting.proposals.evidence import Evidence, Places

# Of groups between which hardly anything goes, only the strongest borders.
_MOST_BORDERS = 2_000


def figures_of(evidence: Evidence, labels: Places, second: Places, words: Words) -> PlanFigures:
    """What there is to say of this cut: for each member a group from 0, and another one or -1; -1 in both is nowhere.

    Group g has position g + 1; positions that `words.named` knows are shown also when they are empty.
    """
    seating = seating_of(labels, second, frozenset(words.named))
    homes = homes_of(evidence, seating)
    a_day = posts_a_day(evidence, seating, homes)
    kept = kept_by(evidence, seating)
    loads = loads_of(evidence)
    forecast = forecast_of(evidence, loads, after_split(evidence, seating, homes, a_day))
    groups = groups_of(evidence, seating, homes, a_day, kept, words)
    told = _told(evidence, seating, groups, kept, forecast)
    advice = advise(told)
    lost = answerers_lost(evidence, seating)
    return PlanFigures(
        members=evidence.members,
        placed_twice=int((seating.second >= 0).sum()),
        groups=groups,
        borders=_borders(evidence, seating, kept.answers),
        kept=kept.share,
        kept_unbounded=told.kept_unbounded,
        modularity=told.modularity,
        forecasts=forecast.by_type,
        threads_without_answerers=lost.lost,
        threads_looked_at=lost.threads,
        too_quiet=tuple(group.position for group in groups if group.too_quiet),
        advice=advice.sentence,
        do_not_split=advice.do_not_split,
        sentences=(
            _about_members(evidence, seating),
            *_about_ties(told, kept),
            _about_answerers(lost),
            _about_quiet(groups),
            *_about_mail(evidence, loads, forecast, homes),
        ),
        mail_now=forecast.now,
        mail_after=forecast.after,
        mail_mute_first=forecast.mute_first,
    )


def _told(
    evidence: Evidence, seating: Seating, groups: tuple[GroupFigures, ...], kept: Kept, forecast: Forecast
) -> Told:
    """What the advice is made from, by the graph of who answers whom."""
    graph = graph_of(
        evidence.members,
        evidence.answer_from.astype(np.int64),
        evidence.answer_to.astype(np.int64),
        evidence.answer_weight.astype(np.float64),
    )
    # Who sits nowhere counts as one group more.
    parts = np.where(seating.first < 0, seating.groups, seating.first).astype(np.int64)
    unbounded = evidence.unbounded
    within = unbounded[evidence.answer_from] == unbounded[evidence.answer_to]
    return Told(
        groups=groups,
        kept=kept.share,
        kept_unbounded=float(evidence.answer_count[within].sum()) / kept.answers if kept.answers else 1.0,
        modularity=modularity(graph, parts),
        modularity_unbounded=modularity(graph, unbounded.astype(np.int64)),
        chance=chance_modularity(graph),
        now=forecast.now,
        after=forecast.after,
        mute_first=forecast.mute_first,
    )


def _borders(evidence: Evidence, seating: Seating, answers: int) -> tuple[Border, ...]:
    """Answers between people who share no group, by their first groups; the strongest first."""
    across = ~seating.together(evidence.answer_from, evidence.answer_to)
    one = seating.first[evidence.answer_from[across]].astype(np.int64)
    other = seating.first[evidence.answer_to[across]].astype(np.int64)
    count = evidence.answer_count[across]
    seated = (one >= 0) & (other >= 0) & (count > 0)
    keys = (np.minimum(one, other) * max(seating.groups, 1) + np.maximum(one, other))[seated]
    pairs, at = np.unique(keys, return_inverse=True)
    sums = np.bincount(at, count[seated], len(pairs)).astype(np.int64)
    strongest = np.lexsort((pairs, -sums))[:_MOST_BORDERS]
    return tuple(
        Border(
            seating.positions[pair // seating.groups],
            seating.positions[pair % seating.groups],
            amount / answers,
        )
        for pair, amount in zip(pairs[strongest].tolist(), sums[strongest].tolist(), strict=True)
    )


def _about_members(evidence: Evidence, seating: Seating) -> str:
    nowhere = int((seating.first < 0).sum())
    twice = int((seating.second >= 0).sum())
    only = f" {nowhere:,} would be in none and stay in the parent." if nowhere else ""
    return (
        f"Of {evidence.members:,} members, {evidence.members - nowhere:,} would be in {seating.groups} groups, "
        f"{twice:,} of them in two.{only}"
    )


def _about_ties(told: Told, kept: Kept) -> tuple[str, ...]:
    if not kept.answers:
        return ("Nobody has answered anybody yet, so that no tie can be kept or lost.",)
    cost = 1 - kept.share / told.kept_unbounded if told.kept_unbounded else 0.0
    costs = f"; {cost:.0%} of that is lost" if cost >= 0.005 else ""
    return (
        f"{kept.kept:,} of {kept.answers:,} answers ({kept.share:.0%}) went to people of the same group. Groups as "
        f"people talk, of any size, would keep {told.kept_unbounded:.0%}{costs}.",
        f"Modularity is {told.modularity:.2f}: by so much the share of ties inside the groups is larger than "
        f"sizes alone would make it. If it were chance who answers whom, groups could still reach {told.chance:.2f}.",
    )


def _about_answerers(lost: Answerers) -> str:
    return (
        f"Of {lost.threads:,} threads begun in the last 90 days that were answered, {lost.lost:,} had all their "
        "answers from people who would be in other groups than who asked."
    )


def _about_quiet(groups: tuple[GroupFigures, ...]) -> str:
    quiet = [str(group.position) for group in groups if group.too_quiet]
    which = f"group{'s' if len(quiet) > 1 else ''} {', '.join(quiet)}"
    said = f"Too quiet to live would be {which}." if quiet else "No group would be too quiet to live."
    return f"{said} {QUIET_RULE}"


def _about_mail(evidence: Evidence, loads: Loads, forecast: Forecast, homes: Numbers) -> tuple[str, ...]:
    stays = float(evidence.thread_posts_recent[homes < 0].sum()) / days_seen(evidence)
    return (
        f"If nothing is done, a member who gets each post has {forecast.now:.1f} mails a day.",
        f"After the split it is {forecast.after:.1f}. {stays:.1f} posts a day are in threads that fit none of the "
        "groups; they stay in the parent, and everybody gets them. That is so if the parent stays open and the threads "
        "that fit go along; what you arrange otherwise changes it.",
        f"If people instead mute the tags that they never write in, it is {forecast.mute_first:.1f}. "
        f"{loads.tagged:.0%} of posts are in threads with a tag; the others cannot be muted so.",
    )
