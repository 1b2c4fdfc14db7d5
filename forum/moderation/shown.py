"""Nobody lets out what nobody has read: an author can change what waits while a moderator looks at the old words."""

from datetime import datetime

from forum.db import db
from forum.groups.actions import NotPossible
from forum.posting.models import HeldPost


def check_unchanged(held: HeldPost, shown_at: datetime | None) -> None:
    """NotPossible if the author has given it other words since it was shown. Keeps the row for this transaction."""
    db.session.refresh(held, with_for_update={"of": HeldPost})
    if shown_at is not None and held.changed_at is not None and held.changed_at >= shown_at:
        raise NotPossible("The author has changed the post since you were shown it. Read the new words first.")
