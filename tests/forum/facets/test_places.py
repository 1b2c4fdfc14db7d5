"""Places as people write them, read without guessing."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.facets.places import is_known, read_places


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Portland, OR", "US-OR/portland"),
        ("Portland, Oregon, USA", "US-OR/portland"),
        ("Portland Oregon", "US-OR/portland"),
        ("Portland OR 97201", "US-OR/portland"),
        ("portland, or", "US-OR/portland"),
        ("near Portland, Oregon", "US-OR/portland"),
        ("Brooklyn, New York, NY, USA", "US-NY/new york"),
        ("Oregon", "US-OR"),
        ("rural Oregon", "US-OR"),
        ("TX", "US-TX"),
        ("Washington, DC", "US-DC/washington"),
        ("Charleston West Virginia", "US-WV/charleston"),
        ("Norway", "NO"),
        ("Bergen, Norway", "NO/bergen"),
        ("UK", "GB"),
        ("U.S.", "US"),
        ("uae", "AE"),
        ("England", "GB-ENG"),
        ("Edinburgh, Scotland, UK", "GB-SCT/edinburgh"),
        ("Toronto, ON", "CA-ON/toronto"),
        ("Montréal, Québec", "CA-QC/montreal"),
        ("Munich, Bavaria, Germany", "DE-BY/munich"),
        ("Sydney, NSW", "AU-NSW/sydney"),
        ("San Juan, PR", "PR/san juan"),
        ("Bosnia and Herzegovina", "BA"),
        ("上海, China", "CN/上海"),
    ],
)
def test_what_names_its_country_or_region_gets_their_codes(text: str, code: str) -> None:
    [place] = read_places(text)
    assert place.code == code
    assert is_known(place)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Wilmington, DE", "US-DE/wilmington"),
        ("Hamburg, DE", "DE-HH"),
        ("Indianapolis, IN", "US-IN/indianapolis"),
        ("Mumbai, IN", "IN/mumbai"),
        ("St. John's, NL", "CA-NL/st johns"),
        ("Amsterdam, NL", "NL/amsterdam"),
        ("Atlanta, Georgia", "US-GA/atlanta"),
        ("Tbilisi, Georgia", "GE-TB"),
    ],
)
def test_two_letters_mean_a_state_unless_the_city_says_otherwise(text: str, code: str) -> None:
    [place] = read_places(text)
    assert place.code == code


@pytest.mark.parametrize("text", ["Portland", "Birmingham", "Georgia", "CA", "the moon", "a, b, c"])
def test_nothing_is_guessed(text: str) -> None:
    [place] = read_places(text)
    assert not is_known(place)
    assert place.parent is None


def test_two_places_are_two_and_a_signs_only_text_is_none() -> None:
    assert [place.code for place in read_places("Boston, MA and Portland, ME")] == ["US-MA/boston", "US-ME/portland"]
    assert [place.code for place in read_places("Oslo / London")] == ["NO-03", "london"]
    assert read_places(" .,- ") == ()


@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from([",", " ", "OR", "Oregon", "USA", "/", "and", "near", "DE"])).map(" ".join)
)
def test_whatever_is_written_gives_codes_that_fit_and_end_at_a_country(text: str) -> None:
    for place in read_places(text):
        assert 0 < len(place.code) <= 120
        assert 0 < len(place.name) <= 200
        while place.parent is not None:
            assert place.code.startswith(place.parent.code)
            place = place.parent


def test_the_lists_of_names_are_not_read_before_somebody_reads_a_place() -> None:
    """Mail door, worker and commands import what imports this."""
    code = "import sys, forum.groups.roster; print('forum.facets.places' in sys.modules, 'pycountry' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]
