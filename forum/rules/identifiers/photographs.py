"""What a picture says beside what it shows: where and when it was taken and who is named in it; pure.

The picture itself is not looked at: a face or a label on a film is for people to see.
"""

from collections.abc import Iterator, Sequence

from forum.rules.exif import told_by
from forum.rules.submission import File

_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\x00", b"MM\x00*", b"RIFF")
_FIRST = 1_048_576
# DICOM (PS3.10, section 7.1) keeps the patient's name and birth date beside the picture.
_DICOM_PLACE, _DICOM = 128, b"DICM"


def find_in_photographs(files: Sequence[File]) -> Iterator[str]:
    """A sentence for each picture that tells something, in the order of the files; pictures go by their number."""
    for number, file in enumerate(files, 1):
        content = file.content
        if content[_DICOM_PLACE : _DICOM_PLACE + 4] == _DICOM:
            yield f"File {number} is a medical image that carries data of its patient."
        elif content.startswith(_PICTURES) or content[4:8] == b"ftyp":
            told = sorted(told_by(content[:_FIRST]))
            if told:
                yield f"File {number} carries more than its picture: {', '.join(told)}."
