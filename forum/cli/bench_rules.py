"""`banyan bench rules`: how long the gate takes to judge a post by every rule there is. Needs no site; prints JSON."""

import json
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import click

from forum.groups.models import Assurance, Moderate, Role, Standing, Strangers
from forum.rules.history import History, InThread, SameWords
from forum.rules.submission import Facts, Submission
from forum.rules.terms import Mode, RuleInForce, Terms
from forum.threads.models import TextFormat, Via

# What physicians write to each other, with what checks look at among it: numbers, names, dates, links, hot words.
_SENTENCES = (
    "Our ward has changed to the new protocol, and I would like to hear how yours does it.",
    "The patient is a retired teacher in her seventies with heart failure and an ejection fraction of 35%.",
    "She came in with dyspnoea at rest, a pressure of 104/68 and a lactate of 2.1 mmol/L.",
    "We started furosemide 40 mg twice a day and held the beta blocker for two days.",
    "Does anybody still give digoxin in this situation, and at which level do you stop?",
    "The Wells score was 4.5, the D-dimer 1200, and the CT angiography showed nothing at all.",
    "I have read the 2023 guideline three times and find nothing about dialysis.",
    "In Parkinson's disease I would be careful with metoclopramide, as all of us know.",
    "He is 67, walks two miles a day, and has never been to a hospital before.",
    "My resident asks whether the Bartter variant could explain the potassium of 2.9.",
    "We admit about forty of these a month, and six or seven come back within two weeks.",
    "The board has changed the renewal form for the license, and hours of training go on page two.",
    "Which code do you use for the second visit when the first one was by telephone?",
    "Thanks to everybody who answered last week; it made a difference at the bedside.",
    "There is a short review at https://www.example.org/reviews/heart-failure that sums it up.",
    "A biopsy is planned for next week, unless one of you talks me out of it.",
    "I know that this is off the beaten path, but bear with me for a moment.",
    "The surgeons would rather wait; I would rather not, and the family agrees with both of us.",
    "Her daughter is a nurse and noticed the rash first, on the left forearm and both shins.",
    "It does not blanch, it does not itch, and it faded within five days of prednisone 30 mg.",
    "If there is interest I can post the slides of our morning conference here.",
    "Please do not take this as criticism of anybody; the night shift did all they could.",
    "Who can recommend a course on ultrasound of the lung that does not cost a fortune?",
    "For the record: the Foley was out on day two, and cultures stayed negative.",
)


@click.command("rules", epilog="Example: banyan bench rules --posts 300")
@click.option("--posts", default=300, show_default=True, help="How many posts are judged.")
@click.option("--words", default=300, show_default=True, help="How many words each of them has.")
def rules(posts: int, words: int) -> None:
    """Judge posts with every check switched on; print the median and p95 of a post in milliseconds."""
    # Loading the checks takes time that no other command should pay.
    from forum.posting.submit import judge

    in_force = list(_rules())
    written = list(_submissions(posts, words))
    facts = _facts(tuple(in_force))
    result = {
        "bench": "rules",
        "rules": len(in_force),
        "posts": posts,
        "words": words,
        "milliseconds": _times(written, lambda each: judge(each, facts)),
        "by_check": {
            rule.terms.check: _times(written[: max(1, posts // 3)], _judging(replace(facts, rules=(rule,))))["median"]
            for rule in in_force
        },
    }
    click.echo(json.dumps(result))


def _judging(facts: Facts) -> Callable[[Submission], object]:
    from forum.rules.group_rules import judge_by_rules

    return lambda each: judge_by_rules(each, facts)


def _rules() -> Iterator[RuleInForce]:
    """One rule for each check, under the options that its own examples show it with."""
    from forum.rules.checks import CHECKS, HISTORY_CHECKS

    options = {name: asdict(kind.example_options) for name, kind in CHECKS.items()}
    options |= {name: asdict(kind.example_options) for name, kind in HISTORY_CHECKS.items()}
    for number, (name, chosen) in enumerate(options.items(), 1):
        # As the database keeps them.
        chosen = json.loads(json.dumps(chosen, default=list))
        yield RuleInForce(number, name, number, Terms("A rule.", "Measured.", name, chosen, mode=Mode.ON))


def _submissions(posts: int, words: int) -> Iterator[Submission]:
    chance = random.Random(300)  # noqa: S311  (the same posts each time)
    for number in range(posts):
        yield Submission(
            group_id=1,
            author_id=1,
            byline="Ann Lee",
            assurance=Assurance.PROVEN,
            via=Via.MAIL,
            subject=f"A question about dyspnoea, part {number}",
            text=_text(chance, words, quoted=number % 3 == 0),
            text_format=TextFormat.PLAIN,
        )


def _text(chance: random.Random, words: int, *, quoted: bool) -> str:
    """So many words in paragraphs of three sentences; in some posts the second one is quoted."""
    written = 0
    paragraphs: list[str] = []
    while written < words:
        sentences = chance.sample(_SENTENCES, 3)
        kept = " ".join(sentences).split()[: words - written]
        written += len(kept)
        mark = "> " if quoted and len(paragraphs) == 1 else ""
        paragraphs.append(mark + " ".join(kept))
    return "\n\n".join(paragraphs)


def _facts(in_force: tuple[RuleInForce, ...]) -> Facts:
    """A member of long standing who answers in a busy thread."""
    moment = datetime(2026, 3, 2, 12, tzinfo=UTC)
    past = tuple(moment - timedelta(minutes=7 * back) for back in range(1, 60))
    history = History(
        moment,
        writer=1,
        own=past[::5],
        published=40,
        thread=tuple(InThread(1 + number % 9, at) for number, at in enumerate(past)),
        same_words=(SameWords(2, past[3]),),
    )
    return Facts(
        group_name="Bench",
        group_listed=True,
        group_is_community=False,
        moderate=Moderate.NONE,
        assurance_new=Assurance.PROVEN,
        assurance_reply=Assurance.TOKEN,
        quota=20,
        max_size=25_000_000,
        strangers=Strangers.HOLD,
        standing=Standing.ACTIVE,
        role=Role.MEMBER,
        community_standing=Standing.ACTIVE,
        muted_until=None,
        newcomer_posts=0,
        posts_last_hour=2,
        is_reply=True,
        answers_erased=False,
        thread_locked=False,
        thread_url="",
        id_was_used_for_other_content=False,
        trusted=False,
        moderators_obey=False,
        hold_unaddressed=False,
        emergency=False,
        thread_moderated=False,
        slow_seconds=None,
        last_here_ago=None,
        rules=in_force,
        history=history,
    )


def _times(written: Sequence[Submission], judged: Callable[[Submission], object]) -> dict[str, float]:
    """Median and p95 over all posts, after a first one that loads what is loaded once."""
    judged(written[0])
    taken = []
    for each in written:
        started = time.perf_counter()
        judged(each)
        taken.append((time.perf_counter() - started) * 1000)
    taken.sort()
    return {"median": round(statistics.median(taken), 2), "p95": round(taken[int(len(taken) * 0.95)], 2)}
