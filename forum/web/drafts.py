"""What somebody is writing on a page: read from the form, and given back whole after a preview or a refusal.

A browser does not send a chosen file twice, so files are kept as blobs meanwhile, and the form carries a signed note
of each. Nothing here decides whether the draft may be posted.
"""

import secrets
from dataclasses import dataclass
from hashlib import sha256
from pathlib import PurePosixPath, PureWindowsPath

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeSerializer

from forum import blobs
from forum.accounts.models import Member
from forum.db import transaction
from forum.groups.models import Assurance, Group
from forum.rules.submission import File, Submission
from forum.settings import current_settings
from forum.text import normalise
from forum.text.lines import one_line
from forum.threads.models import Post, TextFormat, Via

FILES_AT_MOST = 20


@dataclass(frozen=True)
class KeptFile:
    """A file that came with an earlier sending of the form; `note` is its signed mark in the form."""

    name: str
    type: str
    size: int
    digest: str
    note: str


@dataclass(frozen=True)
class Draft:
    """A form as it was filled in. `token` is made with each fresh form: a second click sends the same one."""

    token: str
    subject: str = ""
    text: str = ""
    answers: str = ""
    files: tuple[KeptFile, ...] = ()


def fresh_draft(*, text: str = "", answers: str = "") -> Draft:
    """An empty form."""
    return Draft(secrets.token_urlsafe(12), text=text, answers=answers)


def read_draft(member: Member) -> Draft:
    """The draft in the form of this request, with its files kept. Opens a transaction if there are any."""
    member_id = member.id
    form = request.form
    kept = [_read_note(note, member_id) for note in form.getlist("kept") if note not in form.getlist("drop")]
    files = [file for file in kept if file is not None] + _keep_new(member_id)
    return Draft(
        token=form.get("token", "")[:40] or secrets.token_urlsafe(12),
        subject=one_line(form.get("subject", ""))[:500],
        text=normalise(form.get("text", "")),
        answers=form.get("answers", "")[:12],
        files=tuple({file.digest + file.name: file for file in files}.values())[:FILES_AT_MOST],
    )


def submission_of(draft: Draft, member: Member, group: Group, answers: Post | None) -> Submission:
    """The draft as the gate takes it.

    The id is made of the form's token and all that was sent: a double click brings the same id, and words that were
    changed after going back bring another one.
    """
    files = tuple(File(file.name, file.type, blobs.content_of(file.digest)) for file in draft.files)
    sent = repr((member.id, draft.token, draft.subject, draft.text, [(file.name, file.digest) for file in draft.files]))
    return Submission(
        group_id=group.id,
        author_id=member.id,
        byline=member.name,
        assurance=Assurance.PROVEN,
        via=Via.WEB,
        subject=draft.subject,
        text=draft.text,
        text_format=TextFormat.MARKDOWN,
        files=files,
        author_message_id=f"<web-{sha256(sent.encode()).hexdigest()[:32]}@{current_settings().domain}>",
        answers_post_id=answers.id if answers is not None else None,
        size=len(draft.text.encode()) + sum(file.size for file in draft.files),
    )


def _keep_new(member_id: int) -> list[KeptFile]:
    chosen = [file for file in request.files.getlist("files") if file.filename]
    if not chosen:
        return []
    kept = []
    with transaction():
        for file in chosen[:FILES_AT_MOST]:
            content = file.read()
            name = _bare_name(file.filename or "")
            type_ = file.mimetype or "application/octet-stream"
            digest = blobs.keep(content)
            note = _notes().dumps([member_id, name, type_, len(content), digest])
            kept.append(KeptFile(name, type_, len(content), digest, str(note)))
    return kept


def _read_note(note: str, member_id: int) -> KeptFile | None:
    """The file that a note stands for; None for a note that is not ours or another member's."""
    try:
        owner, name, type_, size, digest = _notes().loads(note)
    except (BadSignature, ValueError):
        return None
    return KeptFile(name, type_, size, digest, note) if owner == member_id else None


def _notes() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="a file of a draft")


def _bare_name(name: str) -> str:
    """The file's name without folders, control characters and other surprises."""
    bare = one_line(PureWindowsPath(PurePosixPath(name).name).name).strip(". ")
    return bare[-200:] or "file"
