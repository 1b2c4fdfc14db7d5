"""winmail.dat is opened, and no octets make it slow or break it."""

import email
import struct
import time
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from mailgateway.tnef import open_tnef

MAIL = Path(__file__).parent.parent / "mail" / "winmail-with-the-words.eml"


def a_winmail() -> bytes:
    payload = email.message_from_bytes(MAIL.read_bytes()).get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload


def test_files_have_their_long_names_and_the_words_are_there() -> None:
    packed = open_tnef(a_winmail())
    assert packed is not None
    assert packed.files == [("Rota July.csv", b"day,name\r\n9,Ann\r\n")]
    assert packed.text.strip() == "The rota for July is attached."


def test_what_is_none_is_none() -> None:
    assert open_tnef(b"") is None
    assert open_tnef(b"PK\x03\x04 and so on") is None
    assert open_tnef(a_winmail()[:20]) is None


def test_a_count_of_billions_of_properties_costs_nothing() -> None:
    value = b"\xff\xff\xff\x7f" + struct.pack("<HHI", 0x1003, 1, 0xFFFFFFFF) * 50_000
    data = struct.pack("<IH", 0x223E9F78, 1) + struct.pack("<BHHI", 1, 0x9003, 6, len(value)) + value + b"\0\0"
    started = time.process_time()
    assert open_tnef(data) is None
    assert time.process_time() - started < 1


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=10), st.integers(0, 400))
@settings(deadline=None, derandomize=True)
def test_no_octets_break_it(changes: list[tuple[int, int]], cut: int) -> None:
    octets = bytearray(a_winmail())
    for place, value in changes:
        octets[place % len(octets)] = value
    packed = open_tnef(bytes(octets[: len(octets) - cut]))
    assert packed is None or packed.files or packed.text or packed.html
