"""Anonymous posts: whether the group takes them, and whether the author shows through or wants to be seen after all.

What is said of an own name is for its author alone: nobody else may learn which name stands there.
"""

import re
from collections.abc import Iterator

from forum.groups.models import Standing
from forum.rules.findings import Finding, Passage, Severity
from forum.rules.submission import Behind, Facts, Submission
from forum.threads.models import Via

ANONYMITY, OWN_TRACES = "anonymity", "own_traces"
# The label of the question whether somebody who is anonymous in a thread wants to be named there.
OWN_NAME = "own_name"
_TITLES = frozenset({"dr", "prof", "med", "phd", "mrs", "miss", "von", "van", "der", "den", "del", "the", "and"})
_LAST_LINES = 4
_WORDS_OF_A_SIGNATURE = 5


def check_anonymity(submission: Submission, facts: Facts) -> Finding | None:
    group = facts.group_name
    if submission.author_id is not None and _is_unproven(submission, facts):
        # Whether or not the member named in From writes under a pseudonym here: or a forged answer, which waits under
        # the one name or the other, would tell.
        return _finding(
            Severity.RETURN,
            "We could not be sure that this came from you. Beside anonymous posts such mail does not wait for a"
            " moderator, since it might tell who wrote them. Nobody has seen it. Write it on the web, or answer this"
            " mail with the word edit and your text below it.",
        )
    if not submission.anonymous:
        return _of_own_name(submission, facts)
    if submission.author_id is None:
        return _finding(Severity.REFUSE, "Only members can write anonymously, and this address is not a member's.")
    if not facts.anonymous_posts:
        return _finding(
            Severity.RETURN,
            f"{group} takes no anonymous posts. Nobody has seen this one. "
            f"To post it under your own name, send it to the group's usual address.",
        )
    if Standing.PENDING in (facts.standing, facts.community_standing):
        return _finding(Severity.RETURN, f"You can write anonymously once you have been let in to {group}.")
    return None


def _is_unproven(submission: Submission, facts: Facts) -> bool:
    demanded = facts.assurance_reply if facts.is_reply else facts.assurance_new
    falls_short = submission.assurance.rank < demanded.rank
    return falls_short and (submission.anonymous or facts.among_anonymous)


def _of_own_name(submission: Submission, facts: Facts) -> Finding | None:
    """An answer under the own name in a thread where its author is anonymous: readers may put the two together."""
    if not facts.pseudonym_here or submission.own_name == "sure":
        return None
    how = (
        " To do so, answer this mail with the words: as myself"
        if submission.via is Via.MAIL
        else " To do so, tick that you are sure."
    )
    return _finding(
        Severity.RETURN,
        f"In this thread you write as {facts.pseudonym_here}. Nobody has seen this answer. Do you want to answer under "
        f"your own name? Readers may then guess who wrote the other posts.{how}",
        OWN_NAME,
    )


def _finding(severity: Severity, sentence: str, label: str = "") -> Finding:
    return Finding(ANONYMITY, severity, sentence, "An anonymous post, which its author has back.", label=label)


def check_own_traces(submission: Submission, facts: Facts) -> Finding | None:
    """The author's own name, address, employer, or a file that may hold them, in an anonymous post."""
    behind = facts.behind
    if behind is None:
        return None
    if behind.unclean_files:
        listed = ", ".join(behind.unclean_files)
        return Finding(
            OWN_TRACES,
            Severity.RETURN,
            f"Files such as {listed} often hold the name of who made them, and this could not be taken out. "
            "Send the words in the post, or a picture of the page. Nobody has seen your post.",
            "",
        )
    sure, perhaps = _passages(submission, behind)
    in_files = next(_sure_in(behind.words_in_files, behind), None)
    if in_files is not None or any(next(_sure_in(file.name, behind), None) for file in submission.files):
        return Finding(
            OWN_TRACES,
            Severity.RETURN,
            "Your name, address or employer stands in a file of this post. Take it out and send it again. "
            "Nobody has seen your post.",
            "",
        )
    if sure:
        return Finding(
            OWN_TRACES,
            Severity.RETURN,
            "Your name, address or employer stands in this post. Take it out, or everybody knows who wrote it. "
            "Nobody has seen your post.",
            "",
            passages=sure,
        )
    if perhaps:
        return Finding(
            OWN_TRACES,
            Severity.ADVISE,
            "A part of your name, or your employer, may stand in this post.",
            "",
            passages=perhaps,
        )
    return None


def _passages(submission: Submission, behind: Behind) -> tuple[tuple[Passage, ...], tuple[Passage, ...]]:
    """Where the author surely shows, and where perhaps."""
    sure = [Passage(*span, "own_name") for span in (*_sure_in(submission.text, behind), *_signed(submission, behind))]
    sure += [Passage(*span, "own_name", "subject") for span in _sure_in(submission.subject, behind)]
    perhaps = [Passage(*span, "own_name") for span in _perhaps_in(submission.text, behind)]
    perhaps += [Passage(*span, "own_name", "subject") for span in _perhaps_in(submission.subject, behind)]
    return tuple(dict.fromkeys(sure)), tuple(perhaps)


def _sure_in(text: str, behind: Behind) -> Iterator[tuple[int, int]]:
    """The whole name, in either order; an address; an employer of more than one word."""
    parts = _parts(behind)
    wanted = [re.escape(address) for address in behind.addresses]
    if len(parts) > 1:
        first, last = re.escape(parts[0]), re.escape(parts[-1])
        wanted += [rf"{first}\b[\w. \n-]{{0,30}}?\b{last}", rf"{last}\b,?\s+{first}"]
    elif parts and len(parts[0]) > 4:
        wanted.append(re.escape(parts[0]))
    if len(behind.employer.split()) > 1:
        wanted.append(r"\s+".join(re.escape(word) for word in behind.employer.split()))
    return _spans(wanted, text, re.IGNORECASE)


def _signed(submission: Submission, behind: Behind) -> Iterator[tuple[int, int]]:
    """A part of the name in a short line at the end, where people sign."""
    lines = [each for each in re.finditer(r"[^\n]+", submission.text) if each[0].strip()]
    for line in lines[-_LAST_LINES:]:
        if len(line[0].split()) <= _WORDS_OF_A_SIGNATURE and not line[0].startswith(">"):
            for start, end in _spans([re.escape(part) for part in _parts(behind)], line[0], re.IGNORECASE):
                yield line.start() + start, line.start() + end


def _perhaps_in(text: str, behind: Behind) -> Iterator[tuple[int, int]]:
    """A part of the name as names are written, or an employer of one word."""
    wanted = [re.escape(part) for part in _parts(behind)]
    if len(behind.employer) > 3:
        wanted.append(re.escape(behind.employer))
    return _spans(wanted, text)


def _parts(behind: Behind) -> list[str]:
    words = re.findall(r"[^\W\d_][\w'’-]+", behind.name)
    return [word for word in words if len(word) > 2 and word.casefold() not in _TITLES]


def _spans(wanted: list[str], text: str, flags: int = 0) -> Iterator[tuple[int, int]]:
    if not wanted or not text:
        return iter(())
    found = re.finditer(rf"(?<![\w@])(?:{'|'.join(wanted)})(?!\w)", text, flags)
    return (each.span() for each in found)
