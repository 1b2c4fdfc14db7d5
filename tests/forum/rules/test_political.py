import pytest

from forum.rules.findings import Severity
from forum.rules.matter import Matter
from forum.rules.political import (
    EXAMPLES_CAUGHT,
    EXAMPLES_PASS,
    PoliticalOptions,
    check_political,
    weigh_political,
)
from forum.rules.politics import shipped_versions

PARTISAN = "The Republicans in Congress want your patients to go bankrupt. Vote these clowns out in November."
POLICY = "Has anybody appealed a denied prior authorization for semaglutide with this Medicare plan?"
CLINICAL = "Which starting dose of metoprolol do you take in a frail man of 84?"


@pytest.mark.parametrize("matter", EXAMPLES_CAUGHT)
def test_partisan_examples_are_held(matter: Matter) -> None:
    (sighting,) = check_political(matter, PoliticalOptions())
    assert (sighting.severity, sighting.label) == (Severity.HOLD, "partisan")
    assert sighting.passages


@pytest.mark.parametrize("matter", EXAMPLES_PASS)
def test_what_only_sounds_political_or_is_quoted_passes(matter: Matter) -> None:
    assert check_political(matter, PoliticalOptions()) == ()


def test_the_partisan_sentence_and_its_words_are_marked() -> None:
    matter = Matter(f"{CLINICAL} {PARTISAN}")
    (sighting,) = check_political(matter, PoliticalOptions(threshold=0.3))
    marked = {
        kind: [matter.text[p.start : p.end] for p in sighting.passages if p.kind == kind]
        for kind in ("partisan sentence", "partisan word")
    }
    assert PARTISAN.split(". ")[0] + "." in marked["partisan sentence"]
    assert CLINICAL not in marked["partisan sentence"]
    assert "Republicans" in marked["partisan word"]


def test_passages_of_the_subject_stand_in_the_subject() -> None:
    matter = Matter(CLINICAL, subject="Republicans, Democrats, Congress: vote them all out")
    (sighting,) = check_political(matter, PoliticalOptions(threshold=0.2))
    subject = [matter.subject[p.start : p.end] for p in sighting.passages if p.field == "subject"]
    assert "Republicans" in subject
    assert all(0 <= p.start < p.end <= len(getattr(matter, p.field)) for p in sighting.passages)


def test_the_subject_of_an_answer_is_not_its_authors() -> None:
    assert check_political(Matter(CLINICAL, subject="Re: Republicans lie"), PoliticalOptions()) == ()


def test_quoted_politics_is_a_hint_where_a_group_wants_it_and_does_not_raise_the_authors_score() -> None:
    matter = Matter(f"> {PARTISAN}\n{CLINICAL}")
    assert check_political(matter, PoliticalOptions()) == ()
    (sighting,) = check_political(matter, PoliticalOptions(quoted=True))
    assert sighting.severity is Severity.ADVISE
    assert all(matter.text[p.start : p.end] in PARTISAN for p in sighting.passages)
    assert weigh_political(matter, PoliticalOptions()) == weigh_political(Matter(CLINICAL), PoliticalOptions())


def test_a_group_may_leave_out_policy_too() -> None:
    options = PoliticalOptions(allowed=("clinical",))
    assert check_political(Matter(POLICY), PoliticalOptions()) == ()
    (sighting,) = check_political(Matter(POLICY), options)
    assert sighting.label == "policy"
    assert {p.kind for p in sighting.passages} == {"policy sentence", "policy word"}


def test_a_group_may_allow_politics() -> None:
    options = PoliticalOptions(allowed=("clinical", "policy", "partisan"))
    assert check_political(Matter(PARTISAN), options) == ()


def test_a_group_moves_its_own_bar() -> None:
    score, _ = weigh_political(Matter(PARTISAN), PoliticalOptions())
    assert check_political(Matter(PARTISAN), PoliticalOptions(threshold=min(1.0, score + 0.001))) == ()


def test_no_word_of_the_post_is_in_what_the_moderator_reads() -> None:
    (sighting,) = check_political(Matter(PARTISAN), PoliticalOptions())
    assert "Republicans" not in sighting.for_moderator + sighting.sentence


@pytest.mark.parametrize(
    ("options", "word"),
    [({"threshold": 0.0}, "threshold"), ({"allowed": ("left",)}, "'left'"), ({"version": "1.0"}, "'1.0'")],
)
def test_options_that_mean_nothing_are_refused(options: dict[str, object], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        PoliticalOptions(**options)  # type: ignore[arg-type]  # what a group may have written


def test_a_group_may_pin_the_weights() -> None:
    pinned = PoliticalOptions(version=shipped_versions()[0])
    assert [sighting.label for sighting in check_political(Matter(PARTISAN), pinned)] == ["partisan"]
