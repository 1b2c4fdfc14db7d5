"""Mail that was paused goes again: by the link of a probe or of any of our mails, or by the banner of every page.

Opening a link changes nothing: scanners open them all. The button does.
"""

from flask import Blueprint, flash, redirect, render_template
from werkzeug.wrappers import Response

from forum.accounts.models import PauseReason
from forum.accounts.pausing import paused_address, resume
from forum.accounts.queries import primary_address
from forum.db import transaction
from forum.web.session import member, members_only

blueprint = Blueprint("pausing", __name__)

Page = Response | str | tuple[str, int]

_DONE = "Your mail comes again. What you missed is summed up in one mail, if there was anything."


@blueprint.get("/mail-again/<token>")
def ask(token: str) -> Page:
    """Whether mail should go to a paused address again, for whoever reads that mailbox."""
    address = paused_address(token)
    if address is None:
        return render_template("pausing/over.html"), 410
    is_complaint = address.pause_reason is PauseReason.COMPLAINT
    return render_template("pausing/ask.html", token=token, address=address, is_complaint=is_complaint)


@blueprint.post("/mail-again/<token>")
def send_again(token: str) -> Page:
    with transaction():
        address = paused_address(token)
        done = address is not None and resume(address, actor_id=address.member_id, why="the link was opened")
    if not done:
        return render_template("pausing/over.html"), 410
    return render_template("pausing/done.html", said=_DONE)


@blueprint.post("/me/mail-again")
@members_only
def send_mine_again() -> Page:
    """The button of the banner. Pressed twice, it changes nothing more."""
    with transaction():
        address = primary_address(member().id)
        if address is not None:
            resume(address, actor_id=member().id, why="asked for on the web")
    flash(_DONE)
    return redirect("/my-groups")
