"""The mbox format: where messages begin, what was escaped, and what was written comes back."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.archives.mbox import NotAnMbox, read_letters, write_letter

AT = datetime(2019, 3, 7, 12, 0, 1, tzinfo=UTC)


def cut(tmp_path: Path, content: bytes) -> list[bytes]:
    file = tmp_path / "some.mbox"
    file.write_bytes(content)
    return [letter.raw for letter in read_letters(file)]


def test_each_message_stands_behind_its_separator(tmp_path: Path) -> None:
    first = b"From a@x.org Thu Mar  7 12:00:01 2019\nSubject: 1\n\none\n\n"
    second = b"From b Thu Mar  7 12:00:02 2019\nSubject: 2\n\ntwo\n"
    assert cut(tmp_path, first + second) == [b"Subject: 1\n\none\n", b"Subject: 2\n\ntwo\n"]


@pytest.mark.parametrize(
    ("separator", "date"),
    [
        (b"From ann@x.org Thu Mar  7 12:00:01 2019", AT),
        (b"From lee at x.org  Thu Mar  7 12:00:01 2019", AT),
        (b"From - Thu Mar 07 12:00:01 2019", AT),
        (b"From ann@x.org Thu Mar  7 14:00:01 2019 +0200", AT),
        (b"From 1600@xxx Thu Mar 07 12:00:01 +0000 2019", AT),
        (b"From ann@x.org Thu, 7 Mar 2019 12:00:01 +0000", AT),
        (b"From MAILER-DAEMON Thu Mar 99 12:00:01 2019", None),
        (b"From nobody", None),
    ],
)
def test_separators_of_many_programs_are_known_with_their_time(
    tmp_path: Path, separator: bytes, date: datetime | None
) -> None:
    file = tmp_path / "some.mbox"
    file.write_bytes(separator + b"\nReceived: x\n\none\n\n" + separator + b"\nReceived: x\n\ntwo\n")
    letters = list(read_letters(file))
    assert [letter.raw[-4:] for letter in letters] == [b"one\n", b"two\n"]
    assert [letter.separator_date for letter in letters] == [date, date]


def test_a_line_of_text_that_begins_with_from_is_text(tmp_path: Path) -> None:
    body = b"Subject: 1\n\nFrom the start:\n\nFrom Monday to Thu 12:00 in 2019 I am away\nwhatever\n\nFrom: me\n"
    assert cut(tmp_path, b"From a@x.org Thu Mar  7 12:00:01 2019\n" + body) == [body]


def test_escaped_lines_lose_one_mark(tmp_path: Path) -> None:
    content = b"From a@x.org Thu Mar  7 12:00:01 2019\nSubject: 1\n\n>From us\n>>From them\n> From you\n"
    assert cut(tmp_path, content) == [b"Subject: 1\n\nFrom us\n>From them\n> From you\n"]


def test_windows_line_ends_are_cut_at_the_same_places(tmp_path: Path) -> None:
    first = b"From a Thu Mar  7 12:00:01 2019\r\nSubject: 1\r\n\r\none\r\n\r\n"
    second = b"From b Thu Mar  7 12:00:02 2019\r\nSubject: 2\r\n\r\ntwo\r\n"
    assert cut(tmp_path, first + second) == [b"Subject: 1\r\n\r\none\r\n", b"Subject: 2\r\n\r\ntwo\r\n"]


def test_a_first_message_without_its_separator_is_not_lost(tmp_path: Path) -> None:
    content = b"Subject: 0\n\nzero\n\nFrom a@x.org Thu Mar  7 12:00:01 2019\nSubject: 1\n\none\n"
    assert cut(tmp_path, content) == [b"Subject: 0\n\nzero\n", b"Subject: 1\n\none\n"]


@pytest.mark.parametrize("content", [b"", b"Subject: no mbox\n\nhello\n", b"From\n", b"PK\x03\x04" * 50])
def test_a_file_that_is_no_mbox_is_named(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(NotAnMbox, match=r"some\.mbox"):
        cut(tmp_path, content)


BODIES = st.lists(
    st.sampled_from(
        [b"From ", b">From ", b"a", b"\n", b"\n\n", b"From a Thu Mar  7 12:00:01 2019\n", b"X-A: b\n", b"> "]
    ),
    max_size=12,
).map(b"".join)


@given(bodies=st.lists(BODIES, min_size=1, max_size=4))
def test_what_is_written_comes_back(tmp_path_factory: pytest.TempPathFactory, bodies: list[bytes]) -> None:
    raws = [b"Subject: x\n\n" + body.rstrip(b"\n") + b"\n" for body in bodies]
    file = tmp_path_factory.mktemp("mbox") / "some.mbox"
    with file.open("wb") as out:
        for raw in raws:
            write_letter(out, raw, "ann@x.org", AT)
    letters = list(read_letters(file))
    assert [letter.raw for letter in letters] == raws
    assert {letter.separator_date for letter in letters} == {AT}
    assert [letter.position for letter in letters] == list(range(1, len(raws) + 1))
    assert letters[-1].end == file.stat().st_size
