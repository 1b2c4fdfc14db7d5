"""What somebody is writing on a page: read from the form, and given back whole after a preview or a refusal.

A browser does not send a chosen file twice. So when a form is shown again its files are kept as blobs, and the form
carries a signed note of each. Nothing here decides whether the draft may be posted.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import PureWindowsPath

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeSerializer

from forum import blobs
from forum.accounts.models import Member
from forum.db import transaction
from forum.groups.models import Assurance, Group
from forum.rules.findings import Field
from forum.rules.submission import File, Submission
from forum.settings import current_settings
from forum.text import normalise
from forum.text.lines import one_line
from forum.threads.models import Post, TextFormat, Via
from forum.web.confirmations import MOST

FILES_AT_MOST = 20


@dataclass(frozen=True)
class Draft:
    """A form as it was filled in. `token` is made with each fresh form: a second click sends the same one."""

    token: str
    subject: str = ""
    text: str = ""
    answers: str = ""
    files: tuple[File, ...] = ()
    # Passages that are no patient's, as `confirmations` names them; and which words and findings the author has seen.
    confirmed: tuple[str, ...] = ()
    seen: str = ""
    # Under a pseudonym; or else, where its author has one, surely not.
    anonymous: bool = False
    surely_named: bool = False

    @property
    def words(self) -> Mapping[Field, str]:
        return {"subject": self.subject, "text": self.text}

    def seen_as(self, note: str, confirmed: tuple[str, ...]) -> "Draft":
        """The same, when its author has seen what the rules find in it."""
        return replace(self, seen=note, confirmed=confirmed)

    @property
    def size(self) -> int:
        return len(self.text.encode()) + sum(len(file.content) for file in self.files)


@dataclass(frozen=True)
class KeptFile:
    """A file as a form that is shown again lists it."""

    name: str
    size: int
    note: str


def fresh_draft(*, text: str = "", answers: str = "", anonymous: bool = False) -> Draft:
    """An empty form."""
    return Draft(secrets.token_urlsafe(12), text=text, answers=answers, anonymous=anonymous)


def read_draft(member: Member) -> Draft:
    """The draft in the form of this request."""
    form = request.form
    kept = (_read_note(note, member.id) for note in form.getlist("kept") if note not in form.getlist("drop"))
    chosen = (
        File(_bare_name(file.filename), file.mimetype or "application/octet-stream", file.read())
        for file in request.files.getlist("files")
        if file.filename
    )
    return Draft(
        token=form.get("token", "")[:40] or secrets.token_urlsafe(12),
        subject=one_line(form.get("subject", ""))[:500],
        text=normalise(form.get("text", "")),
        answers=form.get("answers", "")[:12],
        files=(*(file for file in kept if file is not None), *chosen),
        confirmed=tuple(form.get("confirmed", "").split()[:MOST]),
        seen=form.get("seen", "")[:64],
        anonymous=form.get("anonymous") == "yes",
        surely_named=form.get("surely_named") == "yes",
    )


def keep_files(draft: Draft, member: Member) -> Sequence[KeptFile]:
    """Keep the files of a form that is shown again. Opens a transaction, and only if there is something to keep.

    What is more than can be posted is not kept: the page says so, and asks for smaller ones.
    """
    if not draft.files or len(draft.files) > FILES_AT_MOST or draft.size > current_settings().max_message:
        return ()
    owner = member.id
    with transaction():
        digests = [blobs.keep(file.content) for file in draft.files]
    return [
        KeptFile(file.name, len(file.content), str(_notes().dumps([owner, file.name, file.type, digest])))
        for file, digest in zip(draft.files, digests, strict=True)
    ]


def submission_of(draft: Draft, member: Member, group: Group, answers: Post | None) -> Submission:
    """The draft as the gate takes it.

    The id is made of the form's token and all that was sent: a double click brings the same id, and words that were
    changed after going back bring another one.
    """
    files = [(file.name, blobs.digest_of(file.content)) for file in draft.files]
    sent = repr((member.id, draft.token, draft.subject, draft.text, files, draft.anonymous))
    return Submission(
        group_id=group.id,
        author_id=member.id,
        byline=member.name,
        assurance=Assurance.PROVEN,
        via=Via.WEB,
        subject=draft.subject,
        text=draft.text,
        text_format=TextFormat.MARKDOWN,
        files=draft.files,
        author_message_id=f"<web-{sha256(sent.encode()).hexdigest()[:32]}@{current_settings().domain}>",
        answers_post_id=answers.id if answers is not None else None,
        size=draft.size,
        anonymous=draft.anonymous,
        own_name="sure" if draft.surely_named else "",
    )


def _read_note(note: str, member_id: int) -> File | None:
    """The file that a note stands for; None for a note that is not ours or another member's."""
    try:
        owner, name, media_type, digest = _notes().loads(note)
        return File(name, media_type, blobs.content_of(digest)) if owner == member_id else None
    except (BadSignature, KeyError):
        return None


def _notes() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="a file of a draft")


def _bare_name(name: str) -> str:
    """The file's name without folders, whatever system they are written for."""
    return one_line(PureWindowsPath(name).name).strip(". ")[-200:] or "file"
