"""The lists of names, towns and words that are neither, read once; where they come from stands in words/README.md."""

from functools import cache
from importlib import resources


def words_of(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What follows a title, a naming word or "from" with a capital letter and is no name.
NO_NAMES = words_of(
    "the a an and or but of in on at to for with by from is was are were has had have he she it they we you i my"
    " our his her their this that these those not no if as so be been who which what when where how why all any"
    " some each both one two three other another same new old patient patients pt pts dr doctor nurse mother"
    " father wife husband son daughter sister brother family mom dad safety education reported outcomes protection"
    " portal care centered advocacy satisfaction experience jan feb mar apr jun jul aug sep sept oct nov dec monday"
    " tuesday wednesday thursday friday saturday"
    " sunday january february march april may june july august september october november december mr mrs ms miss"
    " speaker chair chairman chairwoman president chancellor minister ambassador mayor syndrome disease sign score"
    " test criteria trial protocol maneuver manoeuvre mrn dob ssn nhs phn icu ed er or ct mri ecg ekg md do np pa rn"
    " will can should"
    " could would may might must did does do today yesterday now still then also only just very more most male"
    " female man woman boy girl type stage grade class case history status post per via due after before since"
    " while during until over under up down off out in-hospital please"
)
STATES = words_of(
    "alabama alaska arizona arkansas california colorado connecticut delaware florida georgia hawaii idaho"
    " illinois indiana iowa kansas kentucky louisiana maine maryland massachusetts michigan minnesota mississippi"
    " missouri montana nebraska nevada ohio oklahoma oregon pennsylvania tennessee texas utah vermont virginia"
    " washington wisconsin wyoming ontario quebec alberta manitoba saskatchewan queensland victoria tasmania"
    " bavaria bayern hessen sachsen england scotland wales"
) | frozenset(
    (
        "new hampshire",
        "new jersey",
        "new mexico",
        "new york",
        "north carolina",
        "north dakota",
        "rhode island",
        "south carolina",
        "south dakota",
        "west virginia",
        "british columbia",
        "nova scotia",
        "new south wales",
    )
)
STATE_CODES = words_of(
    "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK"
    " OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC PR ON QC BC AB MB SK NS NB NL PE NSW VIC QLD SA TAS ACT NT"
)


def _read(name: str) -> frozenset[str]:
    return frozenset(resources.files(__package__).joinpath("words", name).read_text("utf-8").splitlines())


@cache
def first_names() -> frozenset[str]:
    return _read("first_names.txt")


@cache
def surnames() -> frozenset[str]:
    return _read("surnames.txt")


@cache
def names_and_words() -> frozenset[str]:
    """Common names that are words or eponyms as well: names only with a capital letter beside another name."""
    return _read("names_and_words.txt")


@cache
def cities() -> frozenset[str]:
    return _read("cities.txt")


@cache
def eponyms() -> frozenset[str]:
    return frozenset(word for line in _read("eponyms.txt") for word in line.split())
