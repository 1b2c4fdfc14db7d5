"""The time and form of digests, and absence, on the page of all choices for mail."""

from datetime import timedelta

from flask import Flask

from forum.accounts.models import Member
from forum.clock import now
from forum.db import db
from tests.forum.web.browser import Browser
from tests.people import a_group, a_member, post


def of(member: Member) -> Member:
    db.session.rollback()
    return db.session.get_one(Member, member.id)


def test_hour_day_form_and_zone_are_chosen_together(app: Flask) -> None:
    ann = a_member("ann@example.org", "Ann Lee", a_group())
    browser = Browser(app).sign_in(ann)
    browser.open("/my-groups")
    form = next(form for form in browser.forms() if form.action == "/my-groups/digests")
    assert {name: form.values[name] for name in ("hour", "weekday", "format", "time_zone")} == {
        "hour": "7",
        "weekday": "0",
        "format": "html",
        "time_zone": "UTC",
    }
    choices = {"hour": "18", "weekday": "4", "format": "plain", "time_zone": "Europe/Vienna"}
    assert "Your choices for digests are saved" in browser.press("Save the times", **choices)
    changed = of(ann)
    assert (changed.digest_hour, changed.digest_weekday) == (18, 4)
    assert (changed.digest_format, changed.time_zone) == ("plain", "Europe/Vienna")


def test_what_no_list_offers_is_said_beside_its_field(app: Flask) -> None:
    ann = a_member("ann@example.org", "Ann Lee", a_group())
    browser = Browser(app).sign_in(ann)
    browser.open("/my-groups")
    bad = {"hour": "25", "weekday": "8", "format": "gif", "time_zone": "Mars"}
    text = browser.press("Save the times", **bad)
    assert browser.status == 422
    for words in ("Choose an hour", "Choose a day", "Choose a form", "Choose a time zone"):
        assert words in text
    assert of(ann).digest_hour == 7


def test_mail_stops_until_a_day_and_there_is_a_way_back(app: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    post(ann, group)
    browser = Browser(app).sign_in(ann)
    browser.open("/my-groups")
    assert "Choose the day on which mail begins again" in browser.press("Stop my mail until then", until="soon")
    assert "Choose a day in the future" in browser.press("Stop my mail until then", until="2020-01-01")
    day = (now() + timedelta(days=7)).date()
    text = browser.press("Stop my mail until then", until=day.isoformat())
    assert f"No mail of the groups comes to you before {day.day} {day:%B}" in text
    away = of(ann)
    assert (away.away_until.date(), away.away_until.hour, away.away_from_no) == (day, 0, 1)
    assert "Your mail begins again" in browser.press("I am back: begin my mail again")
    assert of(ann).away_until <= now()
    assert "Stop my mail until then" in browser.buttons
