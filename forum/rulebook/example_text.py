"""Examples of posts as people write them: a text, before it if need be its subject and its files. Pure.

    Subject: Gait of a boy of four
    File: gait.mp4, video/mp4, 12 MB

    Look at the left foot.

What is in a file cannot be said here: only its name, its type and its size.
"""

import re

from forum.rules.matter import Matter
from forum.rules.submission import File

_SUBJECT = re.compile(r"Subject: *(?P<subject>.*)", re.IGNORECASE)
_FILE = re.compile(
    r"File: *(?P<name>[^,]+), *(?P<type>[\w.+-]+/[\w.+*-]+), *(?P<count>\d{1,9}) *(?P<unit>bytes?|KB|MB)", re.IGNORECASE
)
_UNITS = {"byte": 1, "bytes": 1, "kb": 1_000, "mb": 1_000_000}
# A number in an example must not become as many octets of memory.
_MOST_OCTETS = 50_000_000


def read_example(text: str) -> Matter:
    """The post that an example shows. ValueError with a sentence when its files are too large to be made up."""
    head, _, rest = text.partition("\n\n")
    subject, files = "", []
    for line in head.split("\n"):
        if (found := _SUBJECT.fullmatch(line)) is not None:
            subject = found["subject"].strip()
        elif (found := _FILE.fullmatch(line.strip())) is not None:
            files.append((found["name"].strip(), found["type"], int(found["count"]) * _UNITS[found["unit"].lower()]))
        else:
            # No head at all: the whole is the text.
            return Matter(text)
    if sum(size for _, _, size in files) > _MOST_OCTETS:
        raise ValueError("The files of an example have 50 MB at most.")
    return Matter(rest, subject, tuple(File(name, kind, bytes(size)) for name, kind, size in files))


def write_example(matter: Matter) -> str:
    """A post as the text of an example."""
    head = [f"Subject: {matter.subject}"] if matter.subject else []
    head += [f"File: {file.name}, {file.type}, {len(file.content)} bytes" for file in matter.files]
    return "\n".join((*head, "", matter.text)) if head else matter.text
