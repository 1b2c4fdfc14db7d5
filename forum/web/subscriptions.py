"""My groups: how each one's posts reach me, joining, leaving, and the one-click unsubscribe of mail programs."""

from datetime import timedelta

from flask import Blueprint, abort, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from forum.accounts.models import DigestFormat, Member, PauseReason
from forum.accounts.pausing import way_back
from forum.accounts.preferences import WEEKDAYS, is_away, zone_of
from forum.accounts.queries import member_by_id, primary_address
from forum.clock import now
from forum.db import db, transaction
from forum.groups.actions import NotPossible
from forum.groups.choices import DIGESTS, MailChoice, choose_mail, stop_digests
from forum.groups.joining import ask_to_join
from forum.groups.leaving import (
    COME_BACK_WITHIN,
    come_back,
    come_back_to_community,
    leave,
    left_with,
    may_come_back,
    one_click_leaves,
    stop_mail,
)
from forum.groups.models import READS, Delivery, Group, Kind, Membership, Standing
from forum.groups.queries import (
    former_membership,
    former_memberships_since,
    living,
    membership_of,
    memberships_of,
)
from forum.groups.rights import group_to_join, may_see
from forum.queue import enqueue
from forum.threads.following import chosen_tags
from forum.threads.models import Choice
from forum.tokens import Purpose, current_tokens
from forum.web.me import time_zones
from forum.web.session import csrf, member, members_only, sign_out, signed_in_member, the_group, viewer

blueprint = Blueprint("subscriptions", __name__)

Page = Response | str | tuple[str, int]

TOPICS = "-topics"
# Words of the form: a way of delivery, and for digests of topics alone one more ending.
WAYS = (
    (Delivery.SINGLE.value, "Every post as its own mail"),
    (Delivery.DIGEST.value, "One mail a day with all posts"),
    (Delivery.DIGEST.value + TOPICS, "One mail a day with the topics only"),
    (Delivery.WEEKLY.value, "One mail a week with all posts"),
    (Delivery.WEEKLY.value + TOPICS, "One mail a week with the topics only"),
    (Delivery.FOLLOWED.value, "Only threads and tags that I follow"),
    (Delivery.SPECIALS.value, "Only special announcements"),
    (Delivery.NONE.value, "No mail: I read it here"),
)
FORMATS = (
    (DigestFormat.HTML, "Formatted"),
    (DigestFormat.PLAIN, "Plain text"),
    (DigestFormat.RFC1153, "Plain text that mail programs can take apart (RFC 1153)"),
)
HOURS = [(hour, f"{hour}:00") for hour in range(24)]


@blueprint.get("/my-groups")
@members_only
def my_groups() -> Page:
    return my_groups_page({})


@blueprint.post("/my-groups")
@members_only
def save() -> Page:
    """Take the choices of all groups on the page together; a group that the form does not name stays as it is."""
    choices = {}
    for membership in _receiving():
        slug = membership.group.slug
        given = request.form.get(f"delivery-{slug}")
        if given is None:
            continue
        if given not in dict(WAYS):
            return my_groups_page({f"delivery-{slug}": f"Choose one of the ways for {membership.group.name}."})
        choices[membership.group_id] = MailChoice(
            Delivery(given.removesuffix(TOPICS)),
            request.form.get(f"own-{slug}") == "yes",
            topics_only=given.endswith(TOPICS),
            acknowledge=request.form.get(f"acknowledge-{slug}") == "yes",
            copy_when_addressed=request.form.get(f"once-{slug}") != "yes",
        )
    with transaction():
        choose_mail(member(), choices)
    flash("Your choices are saved. They count from now on, also for mail on its way.")
    return redirect("/my-groups")


def _receiving() -> list[Membership]:
    return [each for each in memberships_of(member().id) if each.standing in READS]


def _way_of(membership: Membership) -> str:
    return membership.delivery + (TOPICS if membership.topics_only and membership.delivery in DIGESTS else "")


def my_groups_page(errors: dict[str, str]) -> Page:
    """The page of all choices for mail, with sentences beside fields that were filled in wrongly."""
    who = member()
    memberships = memberships_of(who.id)
    page = render_template(
        "subscriptions/my_groups.html",
        rows=[(each, _way_of(each)) for each in _receiving()],
        ways=WAYS,
        tags=chosen_tags(who.id),
        Choice=Choice,
        who=who,
        away=is_away(who),
        hours=HOURS,
        weekdays=list(enumerate(WEEKDAYS)),
        formats=FORMATS,
        zones=[(zone, zone.replace("_", " ")) for zone in time_zones()],
        earliest=(now().astimezone(zone_of(who)) + timedelta(days=1)).date(),
        pending=[each for each in memberships if each.standing is Standing.PENDING],
        closed=[each for each in memberships if each.standing is Standing.BANNED and may_see(viewer(), each.group)],
        left=former_memberships_since(who.id, now() - COME_BACK_WITHIN),
        errors=errors,
        Standing=Standing,
    )
    return (page, 422) if errors else page


@blueprint.post("/g/<slug>/join")
@members_only
def join(slug: str) -> Page:
    """Join, ask to join, or come back to a group that one has left lately."""
    group = group_to_join(viewer(), slug) or abort(404)
    try:
        with transaction():
            joined = _join(member(), group)
    except NotPossible as error:
        flash(str(error))
        return redirect("/groups")
    if joined.standing is Standing.PENDING:
        flash(f"The moderators of {group.name} have your request. A mail tells you what they say.")
        return redirect("/my-groups")
    flash(f"You are now a member of {group.name}.")
    return redirect(f"/g/{group.slug}")


def _join(who: Member, group: Group) -> Membership:
    if membership_of(who.id, group.id) is None and may_come_back(former_membership(who.id, group.id)):
        return come_back(who, group)
    return ask_to_join(who, group)


@blueprint.get("/g/<slug>/leave")
@members_only
def leave_page(slug: str) -> Page:
    return _leave_page(_own_group(slug), {})


@blueprint.post("/g/<slug>/leave")
@members_only
def leave_group(slug: str) -> Page:
    """Leave a group; leaving the community leaves all groups and ends the session."""
    group, who = _own_group(slug), member()
    try:
        with transaction():
            below = left_with(who.id, group)
            leave(who, group, actor_id=who.id, why="left on the web")
            if group.kind is Kind.COMMUNITY:
                enqueue("notice.left", who.id, group.id)
    except NotPossible as error:
        return _leave_page(group, {"": str(error)})
    if group.kind is Kind.COMMUNITY:
        sign_out()
        flash(f"You have left {group.name} and all its groups. A mail tells you how to undo it within 30 days.")
        return redirect("/sign-in")
    left = f"{group.name} and the groups below it" if below else group.name
    flash(f"You have left {left}. You can come back below for 30 days.")
    return redirect("/my-groups")


def _own_group(slug: str) -> Group:
    """A group that the viewer belongs to or has asked to; 404 for others and for who is banned there."""
    group = the_group(slug)
    own = viewer().belongings.get(group.id)
    return group if own is not None and own.standing is not Standing.BANNED else abort(404)


def _leave_page(group: Group, errors: dict[str, str]) -> Page:
    own = viewer().belongings[group.id]
    page = render_template(
        "subscriptions/leave.html",
        group=group,
        is_community=group.kind is Kind.COMMUNITY,
        asked_only=own.standing is Standing.PENDING,
        others=left_with(member().id, group),
        errors=errors,
    )
    return (page, 422) if errors else page


# --- one click in the mail program (RFC 8058) ---


@blueprint.get("/u/<token>")
def unsubscribe_page(token: str) -> Page:
    if (reader := _reader_of_digests(token)) is not None:
        return _digests_page(token, reader)
    who, group = _subscription(token)
    return _unsubscribe_page(token, who, group, just_done=False)


@blueprint.post("/u/<token>")
@csrf.exempt  # type: ignore[untyped-decorator]  # Flask-WTF has no types.
def unsubscribe(token: str) -> Page:
    """Stop the mail of one group or the digests of all, for whoever holds the token.

    No session, no cookie, no redirect, safe to repeat.
    """
    if (reader := _reader_of_digests(token)) is not None:
        with transaction():
            stop_digests(reader, why="one-click unsubscribe")
        return _digests_page(token, reader)
    who, group = _subscription(token)
    with transaction():
        stop_mail(who, group, why="one-click unsubscribe")
    return _unsubscribe_page(token, who, group, just_done=True)


@blueprint.post("/u/<token>/undo")
def undo_leaving(token: str) -> Page:
    """Come back to the community and its groups, for whoever holds the token of the notice; a button, with its form."""
    who, group = _subscription(token)
    try:
        with transaction():
            if group.kind is not Kind.COMMUNITY:
                abort(404)
            come_back_to_community(who)
    except NotPossible as error:
        flash(str(error))
        return redirect(f"/u/{token}")
    flash(f"You are a member of {group.name} again, and of the groups that you had.")
    return redirect("/sign-in")


def _reader_of_digests(token: str) -> Member | None:
    """The member, when a token of a digest stands for all the member's digests and no single group."""
    numbers = current_tokens().read(Purpose.LEAVE, token)
    return member_by_id(numbers[0]) if numbers is not None and numbers[1] == 0 else None


def _digests_page(token: str, who: Member) -> Page:
    groups = sum(each.delivery in DIGESTS for each in memberships_of(who.id))
    return render_template("subscriptions/stop_digests.html", token=token, groups=groups)


def _subscription(token: str) -> tuple[Member, Group]:
    """The member and the group that a token of a copy's List-Unsubscribe names, or 404."""
    numbers = current_tokens().read(Purpose.LEAVE, token)
    who = None if numbers is None else member_by_id(numbers[0])
    group = None if numbers is None else db.session.get(Group, numbers[1])
    if who is None or group is None:
        abort(404)
    # An old mail of a group that was merged back: its posts come from there now.
    return who, living(group)


def _unsubscribe_page(token: str, who: Member, group: Group, *, just_done: bool) -> Page:
    here = signed_in_member()
    membership = membership_of(who.id, group.id)
    return render_template(
        "subscriptions/unsubscribe.html",
        token=token,
        group=group,
        membership=membership,
        gets_mail=membership is not None and membership.standing in READS and membership.delivery is not Delivery.NONE,
        # Whoever holds a forwarded mail holds the token: it tells of no group that is hidden.
        below=[each for each in left_with(who.id, group) if each.listed],
        # Only the page with the button still asks; who has left or gets no mail is told so.
        stays=not one_click_leaves(group, membership),
        just_done=just_done,
        own=here is not None and here.id == who.id,
        may_come_back=may_come_back(former_membership(who.id, group.id)),
        way_back=_way_back(who),
    )


def _way_back(who: Member) -> str:
    """The link that ends a pause after a complaint, for whoever has a mail of ours: such a link has no term."""
    address = primary_address(who.id)
    return way_back(address) if address is not None and address.pause_reason is PauseReason.COMPLAINT else ""
