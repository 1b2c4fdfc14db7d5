"""`banyan bench trim` counts what it says it counts, and trimming holds its marks on our own mails."""

import json
from pathlib import Path

from click.testing import CliRunner

from mailgateway.bench_trim import measure, report, trim

MAILS = Path(__file__).parent.parent / "mail"


def test_trimming_holds_its_marks_on_all_mails() -> None:
    measured = list(measure(MAILS))
    figures = report(measured)
    assert len(measured) >= 400
    assert figures["exact_share"] >= 0.95  # type: ignore[operator]  # a number by its name
    assert sum(mail.lost > 0 for mail in measured) <= 0.005 * len(measured)


def test_lost_and_left_words_are_counted(tmp_path: Path) -> None:
    for name, body, text in (
        ("one-exact", "Yes.\n", "Yes."),
        ("one-over", "Yes.\n\n-- \nSee you there\n", "Yes.\n\n--\nSee you there"),
        ("two-under", "Yes.\nNo.\n", "Yes."),
    ):
        (tmp_path / f"{name}.eml").write_text(f"From: a@b.example\n\n{body}")
        (tmp_path / f"{name}.expected.json").write_text(json.dumps({"text": text}))
    (tmp_path / "other.expected.json").write_text("{}")
    shown = json.loads(CliRunner().invoke(trim, [str(tmp_path)]).output)
    assert (shown["mails"], shown["exact"]) == (3, 1)
    assert shown["over_trims"] == {"mails": 1, "share": 0.3333, "words": 4}
    assert shown["under_trims"] == {"mails": 1, "share": 0.3333, "words": 1}
    assert shown["situations"]["one"] == {"mails": 2, "exact": 1, "over_trimmed": 1, "under_trimmed": 0}
    assert shown["not_exact"] == {"one-over": {"lost": 4, "left": 0}, "two-under": {"lost": 0, "left": 1}}
