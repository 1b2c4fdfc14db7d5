"""`banyan bench rules` judges posts by every check that there is."""

import json

from click.testing import CliRunner

from forum.cli.bench_rules import rules
from forum.rules.checks import CHECKS, HISTORY_CHECKS


def test_every_check_is_measured_and_all_together() -> None:
    answer = CliRunner().invoke(rules, ["--posts", "6", "--words", "300"])
    assert answer.exit_code == 0, answer.output
    result = json.loads(answer.output)
    assert set(result["by_check"]) == {*CHECKS, *HISTORY_CHECKS}
    assert result["rules"] == len(result["by_check"])
    # The limit of 4 ms is held by the benchmark; what takes ten times as long is wrong on any machine.
    assert 0 < result["milliseconds"]["median"] < 40
