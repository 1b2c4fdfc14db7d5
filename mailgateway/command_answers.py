"""What a command by mail answers: what was done and how to put it back, also as one line to keep. It does nothing."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """What a command did, in one sentence, and the command that puts it back; "" where nothing need be put back."""

    said: str
    undo: str = ""


# Between what was done and how to undo it, where both stand on one line.
UNDO = " To undo this, write: "


def as_line(answer: Answer) -> str:
    """An answer on one line, as it is kept with the mail that asked."""
    return f"{answer.said}{UNDO}{answer.undo}" if answer.undo else answer.said


def as_answer(line: str) -> Answer:
    said, _, undo = line.partition(UNDO)
    return Answer(said, undo)
