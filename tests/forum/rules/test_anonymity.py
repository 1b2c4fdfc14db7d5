"""Whether the author of an anonymous post shows through its words."""

from dataclasses import replace

import pytest

from forum.groups.models import Assurance
from forum.rules.anonymity import OWN_NAME, check_anonymity, check_own_traces
from forum.rules.findings import Severity
from forum.rules.submission import Behind, File, Submission
from forum.threads.models import TextFormat, Via
from tests import people

ANN = Behind("Dr. Annegret Leeman", ("ann@example.org",), "Harbour Clinic")
FACTS = replace(people.FACTS, anonymous_posts=True, behind=ANN)


def words(text: str, subject: str = "A question", *files: File) -> Submission:
    return Submission(
        group_id=1,
        author_id=1,
        byline="Anonymous",
        assurance=Assurance.PROVEN,
        via=Via.MAIL,
        subject=subject,
        text=text,
        text_format=TextFormat.PLAIN,
        files=files,
        anonymous=True,
    )


@pytest.mark.parametrize(
    "submission",
    [
        words("I am Annegret Leeman and I made a mistake."),
        words("annegret m. leeman did it"),
        words("Leeman, Annegret"),
        words("Write to ANN@example.org"),
        words("It happened at the harbour  clinic last week."),
        words("I made a mistake.\n\nBest,\nAnnegret"),
        words("I made a mistake.\n\nDr. Leeman"),
        words("Nothing", "Question of Annegret Leeman"),
        words("Nothing", "Question", File("annegret leeman.txt", "text/plain", b"")),
    ],
)
def test_an_own_name_sends_the_post_back(submission: Submission) -> None:
    found = check_own_traces(submission, FACTS)
    assert found is not None
    assert found.severity is Severity.RETURN
    assert not found.evidence, "the words themselves are kept nowhere"
    assert "Leeman" not in found.sentence + found.for_moderator


def test_a_part_of_a_name_is_only_advice() -> None:
    found = check_own_traces(words("Ask Leeman what to do about this, or somebody else of the team."), FACTS)
    assert found is not None
    assert found.severity is Severity.ADVISE


@pytest.mark.parametrize("text", ["Who sleeps badly?", "An anneal of the leemans", "harbour\n\nclinics"])
def test_other_words_are_nobodys_name(text: str) -> None:
    assert check_own_traces(words(text), FACTS) is None


def test_a_name_in_the_words_of_a_file_sends_the_post_back() -> None:
    found = check_own_traces(
        words("See the file."), replace(FACTS, behind=replace(ANN, words_in_files="By Annegret Leeman"))
    )
    assert found is not None
    assert found.severity is Severity.RETURN
    unclean = check_own_traces(words("See the file."), replace(FACTS, behind=replace(ANN, unclean_files=("cv.pdf",))))
    assert unclean is not None
    assert "cv.pdf" in unclean.sentence


def test_a_forged_answer_beside_anonymous_posts_says_the_same_of_whoever_is_in_from() -> None:
    """Whether the member in From writes there under a pseudonym or not: else a forgery would find out."""
    forged = replace(words("Me too."), assurance=Assurance.CLAIMED, anonymous=False)
    facts = replace(FACTS, is_reply=True, among_anonymous=True, behind=None)
    hers = check_anonymity(replace(forged, anonymous=True), replace(facts, behind=ANN))
    anybodys = check_anonymity(forged, facts)
    named_there = check_anonymity(forged, replace(facts, pseudonym_here="Anonymous heron"))
    assert hers is not None
    assert hers == anybodys == named_there
    assert hers.severity is Severity.RETURN


def test_an_own_name_beside_own_anonymous_posts_is_asked_about_once() -> None:
    named = replace(words("It was I."), anonymous=False)
    facts = replace(FACTS, pseudonym_here="Anonymous heron", behind=None)
    found = check_anonymity(named, facts)
    assert found is not None
    assert (found.severity, found.label) == (Severity.RETURN, OWN_NAME)
    assert check_anonymity(replace(named, own_name="sure"), facts) is None


def test_a_group_that_takes_none_sends_it_back_and_a_stranger_is_refused() -> None:
    found = check_anonymity(words("Hello"), replace(FACTS, anonymous_posts=False))
    assert found is not None
    assert found.severity is Severity.RETURN
    stranger = check_anonymity(replace(words("Hello"), author_id=None), FACTS)
    assert stranger is not None
    assert stranger.severity is Severity.REFUSE
