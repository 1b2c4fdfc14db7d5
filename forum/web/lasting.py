"""How long a restriction lasts, as a form says it: a ready choice, or to the end of a day in the viewer's zone."""

from datetime import date, datetime, timedelta

from flask import request

from forum.clock import now
from forum.groups.actions import NotPossible
from forum.moderation.restrictions import end_of_day
from forum.web.session import viewer

_DAYS = {"day": 1, "week": 7, "month": 30}
# For templates/macros/lasting.html.
CHOICES = (("day", "1 day"), ("week", "1 week"), ("month", "30 days"))
NO_END = ("open", "Until a moderator ends it")


def asked_end(form: str = "") -> datetime | None:
    """The end that a form asks for; None for none. A day that is typed counts before a choice; NotPossible for no day.

    `form` stands before the names of the fields where a page has several such forms.
    """
    typed = request.form.get(f"{form}until", "").strip()
    if not typed:
        days = _DAYS.get(request.form.get(f"{form}lasts", ""))
        return None if days is None else now() + timedelta(days=days)
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        raise NotPossible("Write a day such as 2027-01-31.") from None
    return end_of_day(day, viewer().time_zone)
