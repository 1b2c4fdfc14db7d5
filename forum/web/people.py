"""Members as moderators manage them, the settings of a group, and a member's profile as others see it.

A profile shows no mail address, and of a member's groups only those that the viewer shares.
"""

from typing import assert_never

from flask import Blueprint, abort, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from forum.accounts.models import Member
from forum.accounts.queries import member_by_public_id
from forum.accounts.trouble import mail_trouble
from forum.clock import now
from forum.db import transaction
from forum.groups.actions import NotPossible, change_group
from forum.groups.joining import admit
from forum.groups.leaving import leave
from forum.groups.models import READS, Group, Kind, Membership, Role, Standing
from forum.groups.offered import SETTINGS
from forum.groups.queries import community, count_members, membership_of, roster_page
from forum.groups.rights import groups_in_common, may_moderate, may_own
from forum.groups.shown import profile_for
from forum.groups.standing import set_role
from forum.moderation.actions import set_trusted
from forum.moderation.models import Restricts
from forum.moderation.restricted import may_restrict, restrictions_of
from forum.moderation.restrictions import lift_all, restrict
from forum.text.lines import one_line
from forum.web.asked import asked_number
from forum.web.group_form import as_typed, read_change
from forum.web.lasting import CHOICES, NO_END, asked_end
from forum.web.removing import may_remove
from forum.web.rendering import minute
from forum.web.session import member, members_only, the_group, the_moderated_group, viewer

blueprint = Blueprint("people", __name__)

Page = Response | str | tuple[str, int]

PAGE = 50


# --- the roster, for moderators ---


@blueprint.get("/g/<slug>/members")
@members_only
def roster(slug: str) -> Page:
    group = the_moderated_group(slug)
    matching = one_line(request.args.get("q", ""))[:100]
    standing = next((each for each in Standing if each == request.args.get("standing")), None)
    paused = request.args.get("paused") == "yes"
    rows = roster_page(
        group.id,
        after=asked_number("after") or 0,
        limit=PAGE + 1,
        matching=matching,
        standing=standing,
        paused=paused,
    )
    return render_template(
        "people/roster.html",
        group=group,
        rows=rows[:PAGE],
        next=rows[PAGE - 1].membership_id if len(rows) > PAGE else None,
        paged=asked_number("after") is not None,
        total=count_members(group.id),
        owns=may_own(viewer(), group),
        matching=matching,
        standing=standing,
        only_paused=paused,
        Standing=Standing,
        Role=Role,
    )


@blueprint.get("/g/<slug>/members/<public_id>")
@members_only
def manage(slug: str, public_id: str) -> Page:
    group = the_moderated_group(slug)
    return _manage_page(group, _membership(group, public_id), {})


@blueprint.post("/g/<slug>/members/<public_id>")
@members_only
def act_on_member(slug: str, public_id: str) -> Page:
    """One act on one membership: role, mute, ban, active, remove."""
    group = the_moderated_group(slug)
    act = request.form.get("act", "")
    try:
        with transaction():
            membership = _membership(group, public_id)
            if act not in _acts(group, membership):
                abort(403)
            said = _act(group, membership, act)
    except _BadInput as error:
        return _manage_page(group, _membership(group, public_id), {error.field: error.sentence})
    except NotPossible as error:
        return _manage_page(group, _membership(group, public_id), {"": str(error)})
    flash(said)
    return redirect(f"/g/{group.slug}/members" + ("" if act == "remove" else f"/{public_id}"))


class _BadInput(ValueError):
    """Something typed will not do; which field, and the sentence that says so."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field, self.sentence = field, sentence


def _membership(group: Group, public_id: str) -> Membership:
    who = member_by_public_id(public_id)
    return (None if who is None else membership_of(who.id, group.id)) or abort(404)


def _acts(group: Group, membership: Membership) -> frozenset[str]:
    """What the viewer may do with this membership: nobody acts on oneself, and on moderators only owners."""
    if not may_restrict(viewer(), group, membership):
        return frozenset()
    match membership.standing:
        case Standing.ACTIVE:
            acts = {"mute", "ban", "remove", "distrust" if membership.trusted else "trust"}
        case Standing.MUTED:
            acts = {"mute", "ban", "remove", "active"}
        case Standing.PENDING:
            # A mute would let them in by the back door; declining has its own page.
            acts = {"active", "ban"}
        case Standing.BANNED:
            # A ban would end with the membership: it is lifted first, then the member removed.
            acts = {"active", "ban"}
        case unknown:
            assert_never(unknown)
    if may_own(viewer(), group) and membership.standing in READS:
        acts.add("role")
    return frozenset(acts)


def _act(group: Group, membership: Membership, act: str) -> str:
    """Do it and say so."""
    who, actor = membership.member, member().id
    match act:
        case "role":
            role = next((each for each in Role if each == request.form.get("role")), None)
            if role is None:
                raise _BadInput("role", "Choose one of the roles.")
            set_role(membership, role, actor_id=actor)
            return f"{who.name} is now {role} of {group.name}."
        case "mute" | "ban":
            return _restrict(group, membership, Restricts(act))
        case "active" if membership.standing is Standing.PENDING:
            admit(membership, actor_id=actor)
            return f"{who.name} is now a member of {group.name}."
        case "active":
            lift_all(membership, actor_id=actor, why=_reason())
            return f"{who.name} can read and write in {group.name} again."
        case "trust" | "distrust":
            set_trusted(who.id, group.id, act == "trust", actor_id=actor)
            if act == "trust":
                return f"Posts of {who.name} to {group.name} are no longer read first."
            return f"Posts of {who.name} to {group.name} are read first again where others' are."
        case "remove":
            leave(who, group, actor_id=actor, why=_reason() or "removed by a moderator")
            return f"{who.name} is no longer a member of {group.name}."
    raise AssertionError(act)  # `_acts` names no other.


def _restrict(group: Group, membership: Membership, kind: Restricts) -> str:
    """Mute or ban as the form says, and say until when."""
    reason = request.form.get(f"{kind}_reason", "").strip()
    if not reason:
        raise _BadInput(f"{kind}_reason", "Write a reason. The member gets it by mail.")
    try:
        until = asked_end(f"{kind}_")
    except NotPossible as error:
        raise _BadInput(f"{kind}_until", str(error)) from None
    if kind is Restricts.MUTE and until is None:
        raise _BadInput("mute_until", "Write a day such as 2027-01-31, or choose how long.")
    if until is not None and until <= now():
        raise _BadInput(f"{kind}_until", "Write a day in the future.")
    restrict(membership, kind, actor_id=member().id, reason=reason, until=until)
    name, ends = membership.member.name, f" until {minute(until)}" if until is not None else ""
    if kind is Restricts.MUTE:
        return f"{name} cannot post to {group.name}{ends}. A mail says so, with your reason."
    return f"{name} is banned from {group.name}{ends}. A mail says so, with your reason."


def _reason() -> str:
    return request.form.get("reason", "").strip()[:500]


def _manage_page(group: Group, membership: Membership, errors: dict[str, str]) -> Page:
    page = render_template(
        "people/manage.html",
        group=group,
        membership=membership,
        who=membership.member,
        acts=_acts(group, membership),
        trouble=mail_trouble(membership.member_id),
        may_remove=may_remove(viewer(), membership.member_id),
        is_community=group.kind is Kind.COMMUNITY,
        is_self=membership.member_id == viewer().member_id,
        restrictions=restrictions_of(membership),
        mutes=CHOICES,
        bans=(NO_END, *CHOICES),
        typed=request.form,
        errors=errors,
        Standing=Standing,
        Role=Role,
    )
    return (page, 422) if errors else page


# --- a group's settings, for its owners ---


@blueprint.get("/g/<slug>/settings")
@members_only
def settings(slug: str) -> Page:
    group = _own_group(slug)
    return _settings_page(group, as_typed(group), {})


@blueprint.post("/g/<slug>/settings")
@members_only
def change_settings(slug: str) -> Page:
    group = _own_group(slug)
    typed = {name: request.form.get(name, "").strip() for name in as_typed(group)}
    change, errors = read_change(group, typed)
    if not errors:
        try:
            with transaction():
                change_group(group, change, actor_id=member().id)
        except NotPossible as error:
            errors = {"": str(error)}
    if errors:
        return _settings_page(group, typed, errors)
    flash(f"The settings of {group.name} are changed.")
    return redirect(f"/g/{group.slug}/settings")


def _own_group(slug: str) -> Group:
    """The group if the viewer owns it, or one above up to the wall of a circle; else 404."""
    group = the_group(slug)
    return group if may_own(viewer(), group) else abort(404)


def _settings_page(group: Group, typed: dict[str, str], errors: dict[str, str]) -> Page:
    page = render_template("people/settings.html", group=group, typed=typed, errors=errors, settings=SETTINGS)
    return (page, 422) if errors else page


# --- a member, for members ---


@blueprint.get("/m/<public_id>")
@members_only
def profile(public_id: str) -> Page:
    """Who somebody is, for the other members; of one who is not in the community now, the name alone."""
    who = member_by_public_id(public_id) or abort(404)
    return render_template(
        "people/profile.html",
        who=who,
        shown=profile_for(viewer(), who),
        belongs=_in_community(who),
        common=groups_in_common(viewer(), who.id),
        moderated=[group for group in groups_in_common(viewer(), who.id) if may_moderate(viewer(), group)],
        is_self=who.id == viewer().member_id,
    )


def _in_community(who: Member) -> bool:
    root = membership_of(who.id, community().id)
    return root is not None and root.standing in READS
