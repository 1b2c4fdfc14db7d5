"""The report on evenness in sentences, each number with what it means. Pure; page and command say the same."""

from collections.abc import Callable

from forum.moderation.agreement import Interval, Table
from forum.moderation.evenness import PAIRS_AT_LEAST, Agreement, Alarm, Evenness, SecondLooks, Standing

NamesOf = Callable[[int], str]


def alarm_in_words(alarm: Alarm, name_of: NamesOf) -> str:
    """What stands out, and how seldom chance alone does that."""
    table = alarm.table
    what = f"posts under {alarm.rule.replace('_', ' ')}" if alarm.rule else f"posts of {alarm.authors}"
    within = "newcomers with newcomers and old members with old members" if alarm.rule else "posts under the same rule"
    return (
        f"{name_of(alarm.moderator_id)} sent back {table.hits} of {table.cases} {what} "
        f"({percent(table.hits, table.cases)}), the other moderators {table.other_hits} of {table.other_cases} "
        f"({percent(table.other_hits, table.other_cases)}). Comparing {within}, chance alone makes such a difference "
        f"{seldom(alarm.chance)}."
    )


def alarms_in_words(report: Evenness) -> str:
    """How to read that something or nothing stands out."""
    if not report.compared:
        return "Too few decisions by more than one moderator to compare anybody with anybody."
    made = "One comparison was made" if report.compared == 1 else f"{report.compared} comparisons were made"
    if not report.alarms:
        return f"Nothing stands out. {made}: who sends back how much, under each rule and by kind of author."
    return (
        f"{made}, and this stands out. Where everybody decides alike, about one report in twenty shows something all "
        "the same. Look at the posts before you conclude."
    )


def agreement_in_words(agreement: Agreement) -> str:
    """Kappa, what it rests on and how it is read; or how many pairs there are, and that they are too few."""
    pairs = f"{agreement.pairs} {'pair' if agreement.pairs == 1 else 'pairs'} of like posts"
    if not agreement.is_enough:
        return (
            f"Different moderators have decided on {pairs}, {agreement.same} of them alike. "
            f"That is too few to say how far they agree; it takes {PAIRS_AT_LEAST}."
        )
    if agreement.kappa is None:
        return f"Different moderators have decided on {pairs}, all with one and the same outcome."
    return (
        f"Cohen's kappa is {_kappa(agreement)}, from {pairs} that different moderators decided on, "
        f"{agreement.same} of them alike. 1 is full agreement, 0 what chance alone gives. "
        "Like posts are not the same post, so that some disagreement is as it should be."
    )


def agreement_in_short(agreement: Agreement) -> str:
    """The same of one moderator beside all others, where it has been said how to read it."""
    alike = f"{agreement.same} of {agreement.pairs} pairs alike"
    return alike if agreement.kappa is None else f"kappa {_kappa(agreement)}, {alike}"


def _kappa(agreement: Agreement) -> str:
    between = f" (95 % interval {_span(agreement.interval, '.2f')})" if agreement.interval is not None else ""
    return f"{agreement.kappa:.2f}{between}"


def standing_in_words(standing: Standing) -> str:
    """How newcomers' posts fare beside old members'."""
    table = standing.table
    unknown = f" Of {standing.unknown} the author has left or is not known." if standing.unknown else ""
    if standing.interval is None:
        return (
            f"{table.cases} decisions were on posts of newcomers, who joined in the 30 days before, and "
            f"{table.other_cases} on those of old members.{unknown} That is too few to compare; "
            f"it takes {PAIRS_AT_LEAST} of each."
        )
    shares = (
        f"Sent back were {_of(table.hits, table.cases)} posts of newcomers, who joined in the 30 days before, and "
        f"{_of(table.other_hits, table.other_cases)} of old members."
    )
    low, high = (round(100 * each) for each in (standing.interval.low, standing.interval.high))
    verdict = (
        "The interval holds 0, so that this may be chance."
        if low <= 0 <= high
        else "That is more than chance. It need not be unfair: newcomers may not know the rules yet."
    )
    return (
        f"{shares}{unknown} The difference is {_points(table)} points (95 % interval {low:+d} to {high:+d}). {verdict}"
    )


def second_looks_in_words(looks: SecondLooks) -> str:
    """What came of appeals against posts that were sent back."""
    if looks.interval is None:
        return "No appeal against a post that was sent back has been answered."
    return (
        f"{_of(looks.overturned, looks.answered)} posts that were looked at a second time had been sent back wrongly, "
        f"as the second moderator saw it (95 % interval {_span(looks.interval, '.0%')})."
    )


def percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %"


def seldom(chance: float) -> str:
    """A probability as people say it."""
    if chance < 0.0001:
        return "in fewer than 1 of 10,000 cases"
    rounded = round(1 / chance)
    return f"in about 1 of {rounded:,} cases"


def duration(seconds: float) -> str:
    """Such as "1 minute", "40 minutes", "3.5 hours", "2.1 days"."""
    if seconds < 7200:
        minutes = round(seconds / 60)
        return "1 minute" if minutes == 1 else f"{minutes} minutes"
    number, unit = (seconds / 3600, "hours") if seconds < 2 * 86_400 else (seconds / 86_400, "days")
    return f"{number:.1f}".removesuffix(".0") + f" {unit}"


def _of(part: int, whole: int) -> str:
    return f"{part} of {whole}"


def _points(table: Table) -> str:
    return f"{100 * (table.hits / table.cases - table.other_hits / table.other_cases):+.0f}"


def _span(interval: Interval | None, form: str) -> str:
    assert interval is not None
    return f"{interval.low:{form}} to {interval.high:{form}}"
