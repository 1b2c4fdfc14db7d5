"""Changing a profile whole: what is written there, who sees it, and the facets that follow from it. Never commits."""

from collections.abc import Mapping

from forum.accounts.actions import change_profile, show_profile_to
from forum.accounts.models import Member, Shown
from forum.db import db
from forum.facets.actions import set_facets


def write_profile(member: Member, texts: Mapping[str, str], shown: Mapping[str, Shown] | None = None) -> None:
    """Change what `texts` and `shown` name, by the columns of Member; ValueError for an empty name."""
    others = {column: text for column, text in texts.items() if column != "name"}
    change_profile(member, name=texts.get("name", member.name), **others)
    show_profile_to(member, shown or {})
    db.session.flush()
    set_facets([member.id])
