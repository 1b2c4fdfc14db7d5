"""Where an image was made is gone, the picture is not touched, and no octets are dangerous."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forum.posting.image_location import without_location
from forum.rules.exif import blot_locations, orientation_in, orientation_only
from tests.forum.posting.images import PLACE, a_gif, a_heic, a_jpeg, a_png, a_webp, segment, tiff_with_place

IMAGES = {
    "jpeg": a_jpeg(),
    "png": a_png(),
    "webp": a_webp(),
    "gif": a_gif(),
    "heic": a_heic(),
    "tiff": tiff_with_place(),
}


@pytest.mark.parametrize("name", IMAGES)
def test_the_place_is_gone_and_cleaning_twice_changes_nothing(name: str) -> None:
    clean = without_location(IMAGES[name])
    assert PLACE in IMAGES[name]
    assert PLACE not in clean
    assert without_location(clean) == clean


@pytest.mark.parametrize("name", ["jpeg", "webp", "gif", "heic"])
def test_the_picture_stays_octet_for_octet(name: str) -> None:
    assert IMAGES[name].count(b"PIXELS") == without_location(IMAGES[name]).count(b"PIXELS")


def test_a_jpeg_keeps_its_profile_and_how_it_is_turned() -> None:
    clean = without_location(a_jpeg(turned=6))
    assert b"ICC_PROFILE" in clean
    assert b"JFIF" in clean
    assert orientation_in(clean[clean.index(b"Exif") + 6 :]) == 6
    assert b"Exif" not in without_location(a_jpeg(turned=1))
    assert clean.endswith(b"PIXELS\xff\xd9")


def test_a_webp_says_truly_what_is_in_it() -> None:
    clean = without_location(a_webp(turned=3))
    assert struct.unpack_from("<I", clean, 4)[0] == len(clean) - 8
    assert clean[20] == 0x08
    assert orientation_in(clean[clean.index(b"EXIF") + 8 :]) == 3
    assert without_location(a_webp())[20] == 0


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_tiff_keeps_its_length_and_loses_its_gps(order: str) -> None:
    tiff = tiff_with_place(4, order)
    clean = blot_locations(tiff)
    assert len(clean) == len(tiff)
    assert PLACE not in clean
    assert orientation_in(clean) == 4


def test_a_film_is_made_nowhere() -> None:
    film = b"\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00moov\xa9xyz\x00\x12\x15\xc7+52.5200+013.4050/"
    assert b"+00.0000+000.0000/" in without_location(film)


def test_what_is_no_image_is_not_touched() -> None:
    text = b"+52.5200+013.4050/ Exif\x00\x00 and <x:xmpmeta></x:xmpmeta> in a text"
    assert without_location(text) == text
    assert without_location(b"") == b""


def test_a_jpeg_that_is_cut_off_loses_its_place_too() -> None:
    broken = b"\xff\xd8" + segment(0xE1, b"Exif\x00\x00" + tiff_with_place()) + b"\xff\xe1\xff\xff"
    assert PLACE not in without_location(broken)


@given(
    st.sampled_from(sorted(IMAGES)),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=12),
    st.integers(0, 420),
)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_no_octets_do_harm(name: str, changes: list[tuple[int, int]], length: int) -> None:
    octets = bytearray(IMAGES[name])
    for place, value in changes:
        octets[place % len(octets)] = value
    mutated = bytes(octets[: max(length, 1)])
    assert len(without_location(mutated)) <= len(mutated) + 100


@given(st.binary(max_size=300))
def test_orientation_is_one_to_eight_in_any_octets(octets: bytes) -> None:
    assert 1 <= orientation_in(octets) <= 8
    assert 1 <= orientation_in(b"MM\x00*\x00\x00\x00\x08" + octets) <= 8
    assert orientation_in(orientation_only(5)) == 5
