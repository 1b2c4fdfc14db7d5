"""Files of an anonymous post: what they say of who made them is taken out, or they are not taken. Pure.

Office files carry names in parts beside the words and in remarks and changes. Of pictures the program leaves out
everything around the picture already (`image_location`). What can be neither cleaned nor looked through, such as most
PDF files and every archive, goes back to its author: a name that nobody can see is the worst kind.
"""

import re
import zlib
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from forum.posting.image_location import is_image, picture_alone
from forum.rules.submission import File

_PDF_TELLS = re.compile(rb"/(?:Author|Creator|Producer|Title|Subject|Keywords|Metadata|ObjStm|EmbeddedFile|Encrypt)\b")
# Parts without a name of their own in them, which another part says are there.
_OF_MACHINES = re.compile(r"printerSettings|Configurations2/")
# Who has changed or remarked something, and when, as attributes; in lists of people also the name.
_ATTRIBUTES = re.compile(
    r"""\s((?:[a-z0-9]+:)?(?:author|initials|userId|providerId|displayName|userName|lastModifiedBy)|w:date|dt|dT)="""
    r"""(?:"[^"]*"|'[^']*')"""
)
_PEOPLE = re.compile(r"(?:people|[aA]uthors?|person\d*)\.xml$")
_NAME_ATTRIBUTE = re.compile(r"""\s((?:[a-z0-9]+:)?name)=(?:"[^"]*"|'[^']*')""")
# The same as elements, and fields that show the author's name.
_ELEMENTS = re.compile(
    r"<((?:dc:|meta:|x:)?(?:creator|creator-initials|author|date)|text:(?:sender|author)-[a-z-]+)\b[^<>]*"
    r"(?:/>|>[^<]*</\1>)"
)
# Where the file, or its template, lay on the author's disk.
_PLACE = re.compile(r"<x15ac:absPath\b[^<>]*(?:/>|>[^<]*</x15ac:absPath>)")
_TARGET = re.compile(r"""\sTarget=(?:"file:[^"]*"|'file:[^']*'|"[^"]*\\[^"]*")""")
_EMPTIED = {
    "docProps/core.xml": '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/'
    'core-properties"/>',
    "docProps/app.xml": '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/'
    'extended-properties"/>',
    "docProps/custom.xml": '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/'
    'custom-properties"/>',
    "meta.xml": '<office:document-meta xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"/>',
}
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
# Unpacked, all parts together.
_LARGEST = 20_000_000
_MOST_PARTS = 2_000
_MADE = (1980, 1, 1, 0, 0, 0)


class _NotToBeCleaned(Exception):
    """Nobody can say what is in it."""


def without_author(file: File) -> File | None:
    """The file without what tells who made it; None when that cannot be made sure of."""
    content = file.content
    try:
        if is_image(content):
            return replace(file, content=_picture(content))
        if content.startswith(b"PK\x03\x04"):
            return replace(file, content=_office(content))
        if content.startswith(b"%PDF-"):
            return None if _PDF_TELLS.search(content) else file
        return file if _is_plain_text(file) else None
    except (_NotToBeCleaned, BadZipFile, zlib.error, UnicodeDecodeError, ValueError, NotImplementedError, RuntimeError):
        return None


def _is_plain_text(file: File) -> bool:
    if not file.name.lower().endswith((".txt", ".csv", ".tsv", ".md")):
        return False
    try:
        return not re.search(r"[\x00-\x08\x0e-\x1f]", file.content.decode())
    except UnicodeDecodeError:
        return False


def _office(content: bytes) -> bytes:
    """A docx, xlsx, pptx or an OpenDocument file, written anew with nothing but its words and pictures."""
    out = BytesIO()
    with ZipFile(BytesIO(content)) as read, ZipFile(out, "w", ZIP_DEFLATED) as written:
        names = read.namelist()
        if "[Content_Types].xml" not in names and "content.xml" not in names:
            raise _NotToBeCleaned
        unpacked = sum(info.file_size for info in read.infolist())
        if len(names) > _MOST_PARTS or len(set(names)) < len(names) or unpacked > _LARGEST:
            raise _NotToBeCleaned
        for info in read.infolist():
            if info.is_dir():
                continue
            if info.flag_bits & 1:  # Encrypted.
                raise _NotToBeCleaned
            fresh = ZipInfo(info.filename, _MADE)
            # The type of an OpenDocument file stands first and uncompressed.
            fresh.compress_type = 0 if info.filename == "mimetype" else ZIP_DEFLATED
            written.writestr(fresh, _part(info.filename, read.read(info)))
    return out.getvalue()


def _part(name: str, content: bytes) -> bytes:
    """One part of an office file without who made it."""
    if name in _EMPTIED:
        return f"{_DECLARATION}{_EMPTIED[name]}".encode()
    if name.startswith("customXml/item") and "Props" not in name and name.endswith(".xml"):
        return f"{_DECLARATION}<empty/>".encode()
    if name.endswith((".xml", ".rels")):
        return _without_names(name, content.decode()).encode()
    if name == "mimetype" and len(content) < 200:
        return content
    if _OF_MACHINES.search(name):
        return b""
    return _picture(content)


def _picture(content: bytes) -> bytes:
    picture = picture_alone(content)
    if picture is None:
        raise _NotToBeCleaned
    return picture


def _without_names(name: str, words: str) -> str:
    words = _ATTRIBUTES.sub(_anonymous, words)
    if _PEOPLE.search(name):
        words = _NAME_ATTRIBUTE.sub(_anonymous, words)
    words = _ELEMENTS.sub(lambda found: f"<{found[1]}></{found[1]}>", words)
    return _TARGET.sub(' Target="removed"', _PLACE.sub("", words))


def _anonymous(found: re.Match[str]) -> str:
    dated = found[1] in ("w:date", "dt", "dT")
    return f' {found[1]}="{"2000-01-01T00:00:00Z" if dated else "Anonymous"}"'


def words_in(files: Sequence[File]) -> str:
    """What can be read in files that `without_author` has passed, beside pictures: a name may stand in the words."""
    return "\n".join(_readable(file) for file in files)


def _readable(file: File) -> str:
    if file.content.startswith(b"PK\x03\x04"):
        with ZipFile(BytesIO(file.content)) as read:
            parts = [read.read(each).decode() for each in read.namelist() if each.endswith((".xml", ".rels"))]
        # Words may be cut in pieces by marks for their looks.
        return "\n".join(re.sub(r"<[^<>]*>", "", part) + "\n" + part for part in parts)
    return file.content.decode(errors="replace") if _is_plain_text(file) else ""
