"""What files say of who made them is taken out, or they are not taken."""

import zipfile
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.posting.file_authors import without_author, words_in
from forum.rules.submission import File

CORE = "<cp:coreProperties><dc:creator>Ann Lee</dc:creator></cp:coreProperties>"
WORDS = (
    '<w:document><w:ins w:author="Ann Lee" w:initials="AL" w:date="2026-11-01T10:00:00Z"><w:t>Keep</w:t>'
    "<w:t> this</w:t></w:ins></w:document>"
)


def office(parts: dict[str, str | bytes]) -> File:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as written:
        for name, content in parts.items():
            written.writestr(name, content)
    return File("plan.docx", "application/octet-stream", out.getvalue())


def test_an_office_file_keeps_its_words_and_loses_its_author() -> None:
    cleaned = without_author(
        office(
            {
                "[Content_Types].xml": "<Types/>",
                "docProps/core.xml": CORE,
                "word/document.xml": WORDS,
                "word/people.xml": '<w15:people><w15:person w15:author="Ann Lee"/></w15:people>',
                "ppt/commentAuthors.xml": '<p:cmAuthor id="0" name="Ann Lee" initials="AL"/>',
                "xl/comments1.xml": "<comments><authors><author>Ann Lee</author></authors></comments>",
                "xl/workbook.xml": '<workbook><x15ac:absPath url="C:\\annlee\\"/></workbook>',
                "word/_rels/settings.xml.rels": '<Relationships><Relationship Target="file:///C:/annlee/x.dot"/></Relationships>',
                "customXml/item1.xml": "<owner>Ann Lee</owner>",
                "xl/printerSettings/printerSettings1.bin": b"Printer of Ann Lee",
            }
        )
    )
    assert cleaned is not None
    with zipfile.ZipFile(BytesIO(cleaned.content)) as read:
        everything = b"".join(read.read(name) for name in read.namelist())
        assert {info.date_time for info in read.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert [word for word in (b"Ann", b"Lee", b"annlee", b'AL"', b"2026") if word in everything] == []
    assert "Keep this" in words_in([cleaned])


def test_an_open_document_loses_its_author() -> None:
    cleaned = without_author(
        office(
            {
                "mimetype": "application/vnd.oasis.opendocument.text",
                "content.xml": "<office:text><text:sender-lastname>Lee</text:sender-lastname>"
                "<office:annotation><dc:creator>Ann Lee</dc:creator><dc:date>2026-11-01</dc:date></office:annotation>"
                "Words</office:text>",
                "meta.xml": "<meta:initial-creator>Ann Lee</meta:initial-creator>",
            }
        )
    )
    assert cleaned is not None
    assert "Lee" not in words_in([cleaned])
    assert "Words" in words_in([cleaned])


@pytest.mark.parametrize(
    "file",
    [
        File("cv.pdf", "application/pdf", b"%PDF-1.4\n1 0 obj << /Author (Ann Lee) >> endobj"),
        File("cv.pdf", "application/pdf", b"%PDF-1.5\n1 0 obj << /Type /ObjStm >> endobj"),
        File("old.doc", "application/msword", b"\xd0\xcf\x11\xe0Ann Lee"),
        File("all.zip", "application/zip", b"PK\x03\x04broken"),
        File("broken.jpg", "image/jpeg", b"\xff\xd8\xff\xe1\x00\xffExif\0\0Ann Lee"),
        File("scan.tif", "image/tiff", b"II*\0Ann Lee"),
        File("photo.heic", "image/heic", b"\0\0\0\x18ftypheic"),
        File("meeting.ics", "text/calendar", b"BEGIN:VCALENDAR\nORGANIZER:Ann Lee\n"),
        office({"[Content_Types].xml": "<Types/>", "word/vbaProject.bin": b"Ann Lee"}),
        office({"readme.txt": "no office file"}),
    ],
)
def test_what_cannot_be_looked_through_is_not_taken(file: File) -> None:
    assert without_author(file) is None


@pytest.mark.parametrize(
    "file",
    [
        File("notes.txt", "text/plain", "Zürich\n".encode()),
        File("table.csv", "text/csv", b"a,b\n1,2\n"),
        File("plain.pdf", "application/pdf", b"%PDF-1.4\n1 0 obj << /Type /Page >> endobj"),
    ],
)
def test_what_holds_nobodys_name_is_taken_as_it_is(file: File) -> None:
    assert without_author(file) == file


@given(st.binary(max_size=300), st.sampled_from(["", "PK\x03\x04", "%PDF-", "\x89PNG\r\n\x1a\n", "GIF89a"]))
def test_any_octets_are_taken_or_not(content: bytes, beginning: str) -> None:
    file = File("a.bin", "", beginning.encode("latin-1") + content)
    cleaned = without_author(file)
    assert cleaned is None or isinstance(words_in([cleaned]), str)
