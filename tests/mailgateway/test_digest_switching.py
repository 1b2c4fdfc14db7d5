"""Whatever a member chooses and whenever workers run: each post comes once, by itself, in a digest or in a summary."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from forum.accounts.models import Member
from forum.accounts.preferences import come_home, go_away
from forum.clock import now
from forum.db import db, transaction
from forum.groups.choices import set_delivery
from forum.groups.models import Delivery as Mode
from forum.groups.queries import membership_of
from forum.work import work_once, workers
from tests.people import a_group, a_member, post

NAMES = count()
STEPS = st.lists(
    st.sampled_from(
        [
            "publish",
            "publish",
            "fan_out",
            "deliver",
            "a day",
            Mode.SINGLE,
            Mode.DIGEST,
            Mode.WEEKLY,
            Mode.NONE,
            "away",
            "home",
        ]
    ),
    min_size=4,
    max_size=14,
)


class Story:
    """One member in one group, and what that member must, may and must not have got in the end."""

    def __init__(self, core, sink, tick: Callable[[float], None]) -> None:
        number = next(NAMES)
        self.core, self.sink, self.tick = core, sink, tick
        self.group = a_group(f"story-{number}", f"Story {number}")
        self.author = a_member(f"author{number}@example.org", "Ann Lee", self.group)
        self.email = f"reader{number}@example.org"
        self.reader = a_member(self.email, "Bea Okafor", self.group)
        self.posts: list[str] = []
        # Nothing is owed of what was not sent when the member chose no mail.
        self.must: set[str] = set()

    def go(self, step: str | Mode) -> None:
        if isinstance(step, Mode):
            self.choose(step)
        elif step == "publish":
            title = f"Topic{next(NAMES)}x"
            post(self.author, self.group, title, "Words.")
            self.posts.append(title)
            if self.membership().delivery is not Mode.NONE:
                self.must.add(title)
        elif step == "a day":
            self.tick(1.0)
            self.work("digest")
        elif step == "away":
            with transaction() as session:
                go_away(session.get_one(Member, self.reader.id), now() + timedelta(days=3))
        elif step == "home":
            with transaction() as session:
                come_home(session.get_one(Member, self.reader.id))
        else:
            self.work(step)

    def choose(self, mode: Mode) -> None:
        with transaction():
            set_delivery(self.membership(), mode, actor_id=self.reader.id)
        if mode is Mode.NONE:
            self.must.clear()

    def membership(self):
        return membership_of(self.reader.id, self.group.id)

    def work(self, kind: str) -> None:
        work_once(self.core, {kind: workers()[kind]}, "test")
        db.session.rollback()

    def end(self) -> None:
        """Everything that is due for ten days more."""
        for kind in ("fan_out", "deliver"):
            self.work(kind)
        for _ in range(10):
            self.go("a day")

    def got(self) -> dict[str, int]:
        mails = [mail.content.decode("ascii") for mail in self.sink.messages if self.email in mail.recipients]
        return {title: sum(title in mail for mail in mails) for title in self.posts}


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@example(steps=[Mode.DIGEST, "publish", "a day"])  # sent before the post was fanned out
@example(steps=["publish", "fan_out", Mode.DIGEST, "deliver", "a day"])
@example(
    steps=["publish", Mode.WEEKLY, "publish", "fan_out", Mode.SINGLE, "publish", "deliver", Mode.DIGEST, "publish"]
)
@example(steps=[Mode.DIGEST, "publish", "away", "publish", "fan_out", "home", "publish", "a day", "publish"])
@example(steps=["publish", "away", "fan_out", "publish", "deliver", "a day", "publish", "home", "fan_out"])
@given(steps=STEPS)
def test_each_post_comes_once_however_its_reader_chooses(core, sink, move_clock, steps) -> None:
    story = Story(core, sink, _ticking(core, move_clock))
    for step in steps:
        story.go(step)
    story.end()
    got = story.got()
    assert max(got.values(), default=0) <= 1, got
    assert {title for title in story.must if not got[title]} == set(), got


def _ticking(core, move_clock) -> Callable[[float], None]:
    """Moves the clock on by days, over all the stories of a test."""

    def tick(days: float) -> None:
        core.extensions["test_days"] = core.extensions.get("test_days", 0.0) + days
        move_clock(core.extensions["test_days"] * 86_400)

    return tick
