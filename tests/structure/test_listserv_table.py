"""Each behaviour of a listserv that is promised has a test named for it, and the README's table is made from those."""

from pathlib import Path

from tests.listserv.table import behaviours, readme_with_table

# Splitting and moving (69-73) and foreign formats (80, 81) are still to come.
PROMISED = {*range(1, 69), *range(74, 80), 82, 83}


def test_every_promised_behaviour_has_a_test_of_its_name() -> None:
    assert PROMISED - behaviours().keys() == set()


def test_every_test_of_a_behaviour_says_in_a_sentence_what_works() -> None:
    sentences = [sentence for found in behaviours().values() for sentence in found]
    assert [each for each in sentences if not each or len(each) > 120] == []


def test_the_readme_has_the_table_as_the_tests_make_it() -> None:
    readme = Path(__file__).parents[2] / "README.md"
    assert readme.read_text() == readme_with_table()
