"""A new group out of a thread, a tag, a facet, a search or a list: made by a moderator, asked for by a member.

First it is said what the group grows from; then the page shows how many people and threads that names, and makes it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from forum.accounts.models import Member
from forum.accounts.queries import member_by_email
from forum.db import db, transaction
from forum.groups.actions import NotPossible
from forum.groups.models import Group, Kind
from forum.groups.queries import community
from forum.groups.rights import may_moderate, may_read
from forum.groups.slugs import BadSlug
from forum.splitting.models import Plan, PlanState
from forum.splitting.queries import plan_for
from forum.splitting.spin_off.sources import FOR_MEMBERS, Grown, Source, SourceKind, gather, subjects_of
from forum.splitting.spin_off.spinning_off import (
    Wanted,
    ask_for_spin_off,
    decline,
    grant,
    offers_to_moderate,
    source_of,
    spin_off,
    stay_behind,
)
from forum.web.session import member, members_only, the_group, the_moderated_group, viewer

blueprint = Blueprint("spin_off", __name__)

Page = Response | str | tuple[str, int]

KINDS = ((Kind.INTEREST, "Interest"), (Kind.SPECIALTY, "Specialty"), (Kind.REGION, "Region"), (Kind.CIRCLE, "Circle"))
SOURCES = (
    (SourceKind.TAG, "A tag", "Such as ecg. Who writes under it or follows it."),
    (SourceKind.THREAD, "A thread", "Its link. Who writes in it or follows it."),
    (SourceKind.SEARCH, "A search", "Words to look for. Who wrote what is found."),
    (
        SourceKind.FACET,
        "What members say of themselves",
        "Such as Oregon or Cardiology: who has it in the profile.",
    ),
    (SourceKind.MEMBERS, "A list of members", "Their mail addresses."),
)
_NOT_IN_A_SLUG = re.compile(r"[^a-z0-9]+")


@blueprint.get("/g/<slug>/spin-off")
@members_only
def begin(slug: str) -> Page:
    """What it shall grow from; with that, the form that makes it or asks for it."""
    group = _the_read_group(slug)
    source = _asked_source(group)
    if source is None:
        return _source_page(group, {})
    try:
        grown = gather(group, source, viewer())
    except NotPossible as refusal:
        return _source_page(group, {"what": str(refusal)})
    return _form_page(group, source, grown, _suggested(source, grown), {})


@blueprint.post("/g/<slug>/spin-off")
@members_only
def make(slug: str) -> Page:
    """A moderator makes the group; a member asks for it."""
    group = _the_read_group(slug)
    source = _asked_source(group)
    if source is None:
        return _source_page(group, {"what": "Say what the group should grow from."})
    moderates = may_moderate(viewer(), group)
    try:
        grown = gather(group, source, viewer())
        with transaction():
            wanted = _typed(group)
            if moderates:
                plan = spin_off(group, wanted, grown, actor_id=member().id)
            else:
                ask_for_spin_off(group, wanted, source, grown, member_id=member().id)
    except (NotPossible, BadSlug) as refusal:
        return _refused(group, source, refusal, None)
    if not moderates:
        flash("The moderators have been asked. You get a mail with their answer.")
        return redirect(f"/g/{group.slug}")
    flash(f"{wanted.name} is being made. This takes a moment.")
    return redirect(f"/g/{group.slug}/split/{plan.public_id}/course")


@blueprint.get("/g/<slug>/spin-off/<plan_id>")
@members_only
def asked(slug: str, plan_id: str) -> Page:
    """What a member asks for, for the moderators to grant or decline."""
    plan = _the_asked_plan(slug, plan_id)
    return _asked_page(plan, {}) if plan.state is PlanState.ASKED else _answered_already(plan)


@blueprint.post("/g/<slug>/spin-off/<plan_id>")
@members_only
def answer(slug: str, plan_id: str) -> Page:
    plan = _the_asked_plan(slug, plan_id)
    act, source = request.form.get("do", ""), source_of(plan)
    if act not in ("grant", "decline"):
        abort(400)
    if plan.state is not PlanState.ASKED:
        return _answered_already(plan)
    try:
        if act == "decline":
            with transaction():
                decline(plan, actor_id=member().id, why=request.form.get("reason", ""))
            flash("The member who asked gets your reason by mail.")
            return redirect(f"/g/{plan.group.slug}/split")
        grown = gather(plan.group, source, viewer())
        with transaction():
            grant(plan, _typed(plan.group, plan.asked_by_id), grown, actor_id=member().id)
    except (NotPossible, BadSlug) as refusal:
        return _refused(plan.group, source, refusal, plan)
    flash("The group is being made. This takes a moment.")
    return redirect(f"/g/{plan.group.slug}/split/{plan.public_id}/course")


# --- what was typed ---


def _the_read_group(slug: str) -> Group:
    group = the_group(slug)
    if not may_read(viewer(), group) or group.closed_at is not None:
        abort(404)
    return group


def _the_asked_plan(slug: str, plan_id: str) -> Plan:
    group, plan = the_moderated_group(slug), plan_for(viewer(), plan_id)
    if plan is None or plan.group_id != group.id or plan.asked_by_id is None:
        abort(404)
    return plan


def _answered_already(plan: Plan) -> Page:
    flash("This has been answered already.")
    return redirect(f"/g/{plan.group.slug}/split/{plan.public_id}/course")


def _asked_source(group: Group) -> Source | None:
    """What the form or the address names; None while it names nothing. Members name only what they read."""
    kind, what = request.values.get("from", ""), request.values.get("what", "")
    offered = [each for each, _words, _help in _sources(group)]
    if kind not in offered or not what.strip():
        return None
    if kind == SourceKind.THREAD:
        what = what.strip().rstrip("/").rpartition("/")[2]
    return Source(SourceKind(kind), what)


def _sources(group: Group) -> list[tuple[SourceKind, str, str]]:
    moderates = may_moderate(viewer(), group)
    return [each for each in SOURCES if moderates or each[0] in FOR_MEMBERS]


def _typed(group: Group, asker_id: int | None = None) -> Wanted:
    """The form as a wish; NotPossible for a kind or a moderator that there is not. A member names only oneself."""
    typed = request.form
    if typed.get("kind", "") not in [kind for kind, _words in KINDS]:
        raise NotPossible("Choose what kind of group it is.")
    moderates = may_moderate(viewer(), group)
    return Wanted(
        name=typed.get("name", ""),
        slug=typed.get("slug", "").strip().lower(),
        kind=Kind(typed["kind"]),
        description=typed.get("description", ""),
        why=typed.get("why", ""),
        moderator_ids=_moderators("moderators" if moderates else "", asker_id),
        moves_members=moderates and typed.get("members") == "move",
        takes_threads=typed.get("threads", "yes") == "yes",
    )


def _moderators(named_in: str, asker_id: int | None) -> tuple[int, ...]:
    """Who looks after the group: oneself, who asked for it, and the addresses in a field."""
    ids = [member().id] if request.form.get("me") else []
    if asker_id is not None and request.form.get("asker"):
        ids.append(asker_id)
    unknown = []
    for email in request.form.get(named_in, "").replace(",", " ").split():
        found = member_by_email(email)
        if found is None or found.placeholder:
            unknown.append(email)
        else:
            ids.append(found.id)
    if unknown:
        raise NotPossible(f"No member has the address {', '.join(unknown[:5])}.")
    return tuple(dict.fromkeys(ids))


def _suggested(source: Source, grown: Grown) -> Mapping[str, str]:
    """What the form begins with: a name and an address from the tag or the thread's subject."""
    name = ""
    if source.kind is SourceKind.TAG:
        name = source.what.strip().removeprefix("#").replace("-", " ").capitalize()
    elif source.kind is SourceKind.THREAD:
        name = next(iter(subjects_of(grown.thread_ids, 1)), "")
    slug = _NOT_IN_A_SLUG.sub("-", name.lower()).strip("-")[:40].strip("-")
    return {"name": name[:80], "slug": slug, "kind": Kind.INTEREST.value, "members": "invite", "threads": "yes"}


# --- pages ---


@dataclass(frozen=True)
class _Effect:
    """What making it does, in numbers."""

    members: int
    threads: int
    staying: int
    subjects: list[str]


def _effect(group: Group, grown: Grown) -> _Effect:
    staying = stay_behind(group, Wanted(name="", slug=""), grown).keys() if may_moderate(viewer(), group) else set()
    going = [each for each in grown.thread_ids if each not in staying]
    return _Effect(len(grown.member_ids), len(going), len(staying), list(subjects_of(going)))


def _refused(group: Group, source: Source, refusal: Exception, plan: Plan | None) -> Page:
    errors = {"": str(refusal)}
    if plan is not None:
        db.session.refresh(plan)
        return _asked_page(plan, errors) if plan.state is PlanState.ASKED else _answered_already(plan)
    try:
        grown = gather(group, source, viewer())
    except NotPossible as nothing:
        return _source_page(group, {"what": str(nothing)})
    return _form_page(group, source, grown, request.form, errors)


def _source_page(group: Group, errors: Mapping[str, str]) -> Page:
    page = render_template(
        "spin_off/source.html",
        group=group,
        sources=_sources(group),
        moderates=may_moderate(viewer(), group),
        typed=request.values,
        errors=errors,
    )
    return (page, 422) if errors else page


def _form_page(group: Group, source: Source, grown: Grown, typed: Mapping[str, str], errors: Mapping[str, str]) -> Page:
    page = render_template(
        "spin_off/form.html",
        group=group,
        source=source,
        grown=grown,
        effect=_effect(group, grown),
        kinds=KINDS,
        moderates=may_moderate(viewer(), group),
        charter=community().members_may_be_moved,
        typed=typed,
        errors=errors,
    )
    return (page, 422) if errors else page


def _asked_page(plan: Plan, errors: Mapping[str, str]) -> Page:
    planned = plan.groups[0]
    asked_for = {
        "name": planned.name,
        "slug": planned.slug,
        "kind": planned.kind.value,
        "description": planned.description,
        "why": plan.why,
        "members": "invite",
        "threads": "yes",
        "asker": "yes" if offers_to_moderate(plan) else "",
    }
    try:
        grown = gather(plan.group, source_of(plan), viewer())
    except NotPossible as gone:
        grown, errors = Grown((), (), plan.grown_from), {"": str(gone), **errors}
    asker = None if plan.asked_by_id is None else db.session.get(Member, plan.asked_by_id)
    page = render_template(
        "spin_off/asked.html",
        group=plan.group,
        plan=plan,
        asker=asker,
        offered=offers_to_moderate(plan),
        grown=grown,
        effect=_effect(plan.group, grown),
        kinds=KINDS,
        charter=community().members_may_be_moved,
        typed=request.form if errors and request.form else asked_for,
        errors=errors,
    )
    return (page, 422) if errors else page
