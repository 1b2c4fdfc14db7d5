"""No mail is lost when the gateway is killed in the middle of its work (`make kill-test` does it a hundred times)."""

import json
from dataclasses import asdict

from tests.kill import Plan, run


def test_five_kills_lose_no_post_and_no_copy(settings) -> None:
    plan = Plan(kills=5, seed=20)
    report = run(settings, plan)
    print(json.dumps(asdict(report)))
    assert sum(report.kills.values()) == 5
    assert report.copies == plan.posts * plan.members + report.copies_twice
