"""The writes on groups themselves: founding one, changing its settings. Never commits; who may is asked by the door.

How people come, stand and go is in `joining`, `standing` and `leaving`.
"""

import secrets
from dataclasses import dataclass

from sqlalchemy import select

from forum.db import db
from forum.groups.models import Assurance, Group, JoinPolicy, Kind, MailContent, Moderate, OneClick, ReplyTo, Strangers
from forum.groups.offered import DAYS_TO_DECIDE
from forum.groups.queries import group_by_slug, take_turn_in_the_tree
from forum.groups.slugs import check_slug
from forum.log import record
from forum.text.lines import one_line

_MAIL_ALPHABET = "abcdefghjkmnpqrstvwxyz23456789"


class NotPossible(ValueError):
    """The act makes no sense here; the sentence says why and what to do instead."""


def create_community(name: str, slug: str = "community") -> Group:
    """The root group, once; safe to repeat."""
    root = db.session.scalars(select(Group).where(Group.kind == Kind.COMMUNITY)).first()
    if root is None:
        slug = check_slug(slug)
        root = Group(slug=slug, mail_name=slug, name=one_line(name), kind=Kind.COMMUNITY)
        root.join_policy = JoinPolicy.INVITE
        db.session.add(root)
        db.session.flush()
        record("create group", "group", root.id, group_id=root.id)
    return root


def create_group(
    slug: str,
    name: str,
    *,
    parent: Group,
    kind: Kind = Kind.INTEREST,
    listed: bool = True,
    join_policy: JoinPolicy = JoinPolicy.REQUEST,
    description: str = "",
    actor_id: int | None = None,
) -> Group:
    """A new group under `parent`. BadSlug, or NotPossible when the slug is taken or the kind does not fit."""
    slug = check_slug(slug)
    if kind is Kind.COMMUNITY:
        raise NotPossible("There is one community; the new group is a region, specialty, interest or circle.")
    if not one_line(name):
        raise NotPossible("Give the group a name.")
    if group_by_slug(slug) is not None:
        # The same for a group that is hidden from whoever asks: it says no more than that the name cannot be had.
        raise NotPossible(f"The short name {slug} is not free. Choose another.")
    if parent.closed_at is not None:
        raise NotPossible(f"{parent.name} is closed. Nothing can grow out of it any more.")
    if kind is Kind.CIRCLE:
        listed, join_policy = False, JoinPolicy.INVITE
    # A rule that is being made above holds here too.
    take_turn_in_the_tree()
    db.session.refresh(parent, ["rules_mark"])
    group = Group(
        slug=slug,
        mail_name=slug if listed else f"{slug}-{_random_letters()}",
        name=one_line(name),
        description=description.strip(),
        kind=kind,
        parent_id=parent.id,
        listed=listed,
        join_policy=join_policy,
        rules_mark=parent.rules_mark,
    )
    db.session.add(group)
    db.session.flush()
    record("create group", "group", group.id, actor_id=actor_id, group_id=group.id)
    return group


def _random_letters() -> str:
    return "".join(secrets.choice(_MAIL_ALPHABET) for _ in range(5))


@dataclass(frozen=True)
class GroupChange:
    """New values of a group's settings; None leaves a value as it is. `quota` 0 stands for no limit."""

    name: str | None = None
    description: str | None = None
    moderate: Moderate | None = None
    assurance_new: Assurance | None = None
    assurance_reply: Assurance | None = None
    quota: int | None = None
    join_policy: JoinPolicy | None = None
    listed: bool | None = None
    strangers: Strangers | None = None
    mail_content: MailContent | None = None
    reply_to: ReplyTo | None = None
    one_click: OneClick | None = None
    moderators_obey: bool | None = None
    hold_unaddressed: bool | None = None
    anonymous_posts: bool | None = None
    announce_only: bool | None = None
    members_may_be_moved: bool | None = None
    decide_within_days: int | None = None


def change_group(group: Group, change: GroupChange, *, actor_id: int | None = None) -> None:
    """Set what the change names. The mail address never changes: old mail must keep finding it."""
    if change.name is not None and not one_line(change.name):
        raise NotPossible("Give the group a name.")
    if change.quota is not None and change.quota < 0:
        raise NotPossible("The quota is a number of posts an hour, or none.")
    if change.decide_within_days is not None and change.decide_within_days not in DAYS_TO_DECIDE:
        raise NotPossible("Held posts go back after 2 to 365 days.")
    if change.one_click is not None and group.kind is not Kind.COMMUNITY:
        raise NotPossible("What one-click unsubscribe does is set for the whole community, in its root group.")
    if change.members_may_be_moved is not None and group.kind is not Kind.COMMUNITY:
        raise NotPossible("Whether members may be moved is set for the whole community, in its root group.")
    if group.kind is Kind.CIRCLE and (change.listed or change.join_policy not in (None, JoinPolicy.INVITE)):
        raise NotPossible("A circle is never listed, and members come by invitation.")
    wanted = {name: value for name, value in vars(change).items() if value is not None}
    if change.name is not None:
        wanted["name"] = one_line(change.name)[:200]
    if change.description is not None:
        wanted["description"] = change.description.strip()[:5000]
    if change.quota is not None:
        wanted["quota"] = change.quota or None
    before = {name: getattr(group, name) for name, value in wanted.items() if getattr(group, name) != value}
    if not before:
        return
    for name in before:
        setattr(group, name, wanted[name])
    record(
        "change group",
        "group",
        group.id,
        actor_id=actor_id,
        group_id=group.id,
        why=", ".join(before),
        undo=", ".join(f"{name} {value!s}" for name, value in before.items()),
    )
