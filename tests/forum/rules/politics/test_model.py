import time
from dataclasses import replace
from importlib import resources

from hypothesis import given
from hypothesis import strategies as st

from forum.rules import politics
from forum.rules.politics import Label, score, shipped_model, shipped_versions
from forum.rules.politics.material import read_own

PARTISAN = "The Republicans in Congress want your patients to go bankrupt. Vote these clowns out in November."
POLICY = "Has anybody appealed a denied prior authorization for semaglutide with this Medicare plan?"
CLINICAL = "Which starting dose of metoprolol do you take in a frail man of 84 with a systolic pressure of 100?"


def test_the_three_classes_are_told_apart() -> None:
    assert [score(text).label for text in (PARTISAN, POLICY, CLINICAL)] == list(reversed(Label))
    assert score(PARTISAN).score > 0.8 > 0.4 > score(POLICY).score > 0


def test_the_words_that_weighed_most_are_named_with_their_places() -> None:
    words = score(PARTISAN).words
    assert {"republicans", "congress"} <= {word.term for word in words[:3]}
    assert [PARTISAN[word.start : word.end].lower() for word in words] == [word.term for word in words]
    assert [word.added for word in words] == sorted((word.added for word in words), reverse=True)


def test_a_policy_text_names_the_words_of_policy() -> None:
    assert "medicare" in {word.term for word in score(POLICY).words}


def test_a_sentence_is_scored_by_itself() -> None:
    text = f"{CLINICAL} {PARTISAN}"
    labels = [sentence.label for sentence in score(text).sentences]
    assert labels == [Label.CLINICAL, Label.PARTISAN, Label.PARTISAN]


def test_a_group_moves_the_bar_and_not_the_score() -> None:
    model = shipped_model(shipped_versions()[-1])
    strict, lax = model.score(CLINICAL, 0.001), model.score(CLINICAL, 1.0)
    assert (strict.label, lax.label) == (Label.PARTISAN, Label.CLINICAL)
    assert strict.score == lax.score


def test_of_a_short_text_few_words_decide_less_than_of_a_long_one() -> None:
    newest = shipped_model(shipped_versions()[-1])
    bare = replace(newest, ballast=0.0)
    (with_ballast,), (without,) = newest.score("Republicans.").words, bare.score("Republicans.").words
    assert 0 < with_ballast.added < without.added


def test_a_patient_has_a_title_a_town_and_a_date_and_is_no_politics() -> None:
    for text in ("Saw Mrs Jones in Springfield today.", "Locum cover in August", "Who takes the call in May?"):
        assert score(text).label is Label.CLINICAL


def test_a_text_in_another_language_is_not_judged_by_the_few_words_that_are_known() -> None:
    assert score("Wer hat Erfahrung mit Dabigatran bei Niereninsuffizienz?").label is Label.CLINICAL


def test_a_text_without_words_is_not_political() -> None:
    assert [score(text).score for text in ("", " \n", "12/80 !!!", "ქართული")] == [0.0] * 4


@given(st.text(max_size=400))
def test_any_text_has_a_score_within_bounds_and_places_within_itself(text: str) -> None:
    verdict = score(text)
    assert 0 <= verdict.score <= 1
    assert all(0 <= place.start < place.end <= len(text) for place in (*verdict.sentences, *verdict.words))


def test_the_weights_are_small_and_a_post_of_300_words_is_judged_within_5_ms() -> None:
    shipped = [each for each in resources.files(politics).iterdir() if each.name.startswith("weights-")]
    assert 0 < sum(len(each.read_bytes()) for each in shipped) < 3_000_000
    post = " ".join(" ".join(example.text for example in read_own()[:60]).split()[:300])
    taken = []
    for _ in range(9):
        begun = time.process_time()
        score(post)
        taken.append(time.process_time() - begun)
    assert sorted(taken)[4] < 0.005
