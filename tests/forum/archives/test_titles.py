"""The tag of an old list."""

import pytest

from forum.archives.titles import list_tag, without_tag


@pytest.mark.parametrize("subject", ["[locums] Lake", "Re: [locums] Lake", "AW: Re: [locums] Re: Lake"])
def test_the_tag_is_found_behind_prefixes_and_left_out(subject: str) -> None:
    assert list_tag(subject) == "[locums]"
    assert without_tag(subject, "[locums]") == "Lake"


def test_the_authors_own_tag_stays() -> None:
    assert without_tag("Re: [Locums] [swap] Saturday", "[locums]") == "[swap] Saturday"
    assert without_tag("[swap] Saturday", "") == "[swap] Saturday"


def test_a_subject_without_a_tag_has_none() -> None:
    assert list_tag("Lake [locums]") == ""
