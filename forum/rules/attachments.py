"""Looks at a post's attachments: how many, how large, of which kinds, and whether one is a program.

Sightings name no file, since a file's name may name a patient; they say which one it is by its place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from forum.rules.executables import programs_in
from forum.rules.findings import Severity
from forum.rules.matter import Matter, Sighting
from forum.rules.submission import File

_MEGABYTE = 1_000_000


@dataclass(frozen=True)
class AttachmentsOptions:
    """Types like `video/*`, extensions like `heic`; with `allowed_extensions`, files have no other. Sizes in octets."""

    most_files: int = 10
    most_octets: int = 10 * _MEGABYTE
    refused_types: tuple[str, ...] = ("video/*", "audio/*")
    refused_extensions: tuple[str, ...] = ()
    allowed_extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.most_files < 0 or self.most_octets < 1:
            raise ValueError("The most files are 0 or more, and the most octets of a file 1 or more.")
        for each in self.refused_types:
            if each.count("/") != 1 or each != each.lower() or each.startswith("/"):
                raise ValueError(f"{each!r} is no type of file. Write it like application/pdf or video/*.")
        for each in (*self.refused_extensions, *self.allowed_extensions):
            if not each.isalnum() or each != each.lower():
                raise ValueError(f"{each!r} is no extension. Write it like pdf, in small letters and without the dot.")


def check_attachments(matter: Matter, options: AttachmentsOptions) -> tuple[Sighting, ...]:
    numbered = list(enumerate(matter.files, 1))
    programs = [number for number, file in numbered if next(programs_in(file), None) is not None]
    kinds = [number for number, file in numbered if _is_unwelcome(file, options) and number not in programs]
    large = [number for number, file in numbered if len(file.content) > options.most_octets]
    limit = f"{options.most_octets / _MEGABYTE:g} MB"
    sightings = []
    if programs:
        sightings.append(
            _sighting(
                "program",
                f"{_named(programs)} cannot go out: a program can harm every reader's computer. Send the post again"
                " without it.",
                f"{_named(programs)}: a program.",
            )
        )
    if kinds:
        sightings.append(
            _sighting(
                "kind of file",
                f"{_named(kinds)} cannot go out: not everybody can open this kind of file. Send a document or picture"
                " instead, or say in words what it shows.",
                f"{_named(kinds)}: of a kind that is not taken.",
            )
        )
    if large:
        sightings.append(
            _sighting(
                "size",
                f"{_named(large)} cannot go out: every member gets it by mail, and {limit} is the most. Make it"
                " smaller, or put it where colleagues can fetch it, and send the post again.",
                f"{_named(large)}: larger than {limit}.",
            )
        )
    if len(matter.files) > options.most_files:
        sightings.append(
            _sighting(
                "number of files",
                f"Your post has {len(matter.files)} attachments, and this group takes {options.most_files} in one."
                " Choose those that matter most and send it again.",
                f"{len(matter.files)} attachments, {options.most_files} are taken.",
            )
        )
    return tuple(sightings)


def _is_unwelcome(file: File, options: AttachmentsOptions) -> bool:
    # Windows drops dots and spaces at the end, so they hide no extension.
    extension = file.name.lower().rstrip(". ").rpartition(".")[2] if "." in file.name else ""
    if extension in options.refused_extensions or any(
        fnmatchcase(file.type.lower(), each) for each in options.refused_types
    ):
        return True
    return bool(options.allowed_extensions) and extension not in options.allowed_extensions


def _named(numbers: Sequence[int]) -> str:
    *others, last = map(str, numbers)
    return f"Attachments {', '.join(others)} and {last}" if others else f"Attachment {last}"


def _sighting(label: str, sentence: str, for_moderator: str) -> Sighting:
    return Sighting(Severity.RETURN, sentence, for_moderator, (), label=label)


EXAMPLE_OPTIONS = AttachmentsOptions(most_files=2, most_octets=1000, refused_extensions=("heic",))


def _with(*files: File) -> Matter:
    return Matter("The file that I spoke of.", files=files)


EXAMPLES_CAUGHT = (
    _with(File("gait.mp4", "video/mp4", b"x")),
    _with(File("heart.wav", "audio/x-wav", b"x")),
    _with(File("rash.HEIC", "image/heic", b"x")),
    _with(File("large.pdf", "application/pdf", b"x" * 1001)),
    _with(File("setup.exe", "application/octet-stream", b"MZ")),
    _with(File("photo.jpg", "image/jpeg", b"MZ\x90\x00")),
    _with(*(File(f"{number}.pdf", "application/pdf", b"x") for number in range(3))),
)
EXAMPLES_PASS = (
    Matter("No file at all."),
    _with(File("ecg.pdf", "application/pdf", b"x")),
    _with(File("rash.jpg", "image/jpeg", b"x" * 1000)),
    _with(File("heic.txt", "text/plain", b"what heic is")),
    _with(File("notes", "text/plain", b"x")),
    _with(File("a.pdf", "application/pdf", b"x"), File("b.pdf", "application/pdf", b"x")),
)
