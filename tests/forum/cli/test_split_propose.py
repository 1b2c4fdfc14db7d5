import random

import pytest

from forum.groups.models import Role
from tests.forum.splitting.talking import talk
from tests.people import a_crowd, a_group, a_member


@pytest.fixture
def two_parts(core):
    group = a_group()
    members, draw = a_crowd(24, group), random.Random(1)
    talk(group, [[draw.choice(part) for _ in range(4)] for part in (members[:14], members[14:]) for _ in range(40)])
    return group


def test_a_proposal_is_made_shown_and_not_made_twice(run, two_parts):
    a_member("mo@example.org", "Mo Dee", two_parts, role=Role.MODERATOR)
    asked = ("split", "propose", "--group", two_parts.slug, "--min", "5", "--max", "20")
    assert "no group" in run(*asked, "--as", "m1@example.org").err
    too_few = run("split", "propose", "--group", two_parts.slug)
    assert too_few.code == 1
    assert too_few.err == "25 members are too few for two groups of at least 50.\n"
    made = run(*asked, "--as", "mo@example.org", "--json")
    assert made.code == 0
    assert made.json["state"] == "draft"
    assert [row["recommended"] for row in made.json["candidates"]].count(True) == 1
    sizes = [row["members"] for row in made.json["figures"]["groups"]]
    assert sum(sizes) - made.json["figures"]["placed_twice"] == 25
    assert all(5 <= size <= 20 for size in sizes)
    assert made.json["options"]["min"] == 5
    again = run(*asked)
    assert again.code == 1
    assert f"banyan split withdraw {made.json['plan']}" in again.err
    assert run("split", "withdraw", made.json["plan"]).code == 0
    shown = run(*asked)
    assert "Nobody has been told." in shown.out
    assert made.json["figures"]["groups"][0]["name"] in shown.out
