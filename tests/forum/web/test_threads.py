"""Reading a thread, writing and answering, and the files of posts."""

from datetime import UTC, datetime
from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from forum.accounts.models import Member
from forum.blobs import Blob
from forum.clock import now
from forum.db import db, transaction
from forum.groups.models import Group, Moderate, Role, Standing
from forum.groups.queries import membership_of
from forum.posting.models import HeldPost, HeldState
from forum.posting.submit import submit
from forum.settings import Settings
from forum.threads import paging
from forum.threads.models import Attachment, Post, ReadingMark, TextFormat, Thread, Via
from forum.web.drafts import Draft, submission_of
from tests.forum.web.browser import Browser
from tests.meanwhile import meanwhile
from tests.people import a_group, a_member, post

WORDS = "Who can cover two weeks?"


def a_thread(app: Flask, **settings: object) -> tuple[Group, Browser, str]:
    """Ann, signed in, and the path of a thread that Ben began in their group."""
    group = a_group(**settings)  # type: ignore[arg-type]
    ann, ben = a_member("ann@example.org", "Ann Lee", group), a_member("ben@example.org", "Ben Okafor", group)
    post(ben, group, text=WORDS)
    return group, Browser(app).sign_in(ann), path_of(db.session.scalars(select(Thread)).one())


def path_of(thread: Thread) -> str:
    return f"/t/{thread.public_id}"


def all_posts() -> list[Post]:
    return list(db.session.scalars(select(Post).order_by(Post.published_no)))


def member(name: str) -> Member:
    return db.session.scalars(select(Member).where(Member.name == name)).one()


def change_post(number: int = 0, **values: object) -> None:
    with transaction():
        row = all_posts()[number]
        for name, value in values.items():
            setattr(row, name, value)


def add_posts(path: str, count: int) -> None:
    """Many posts at once, as an import leaves them."""
    with transaction() as session:
        thread = session.scalars(select(Thread).where(Thread.public_id == path.removeprefix("/t/"))).one()
        first, last = all_posts()[0], all_posts()[-1]
        for place in range(1, count + 1):
            session.add(
                Post(
                    thread_id=thread.id,
                    published_no=last.published_no + place,
                    fan_out_key=-last.published_no - place,
                    author_id=first.author_id,
                    byline=first.byline,
                    via=Via.IMPORT,
                    message_id=f"<{last.published_no + place}@old.example>",
                    in_reply_to_id=first.id,
                    subject=first.subject,
                    text=f"Answer number {place - 1}.",
                    text_format=TextFormat.PLAIN,
                    html=f"<p>Answer number {place - 1}.</p>",
                )
            )
        thread.posts += count
        thread.last_published_no = last.published_no + count


# --- reading ----------------------------------------------------------------------------------------------


def test_a_thread_shows_its_posts_with_author_and_time(app: Flask) -> None:
    _group, browser, path = a_thread(app)
    with transaction():
        ben = member("Ben Okafor")
        ben.career_stage, ben.specialty = "resident", "Cardiology"
    change_post(html="<p>Who can cover <strong>two</strong> weeks?</p>")
    text = browser.open(path)
    assert "<title>Locum cover in August · Cardiology · Banyan</title>" in browser.body
    assert browser.body.count("<h1>") == 1
    assert "<strong>two</strong>" in browser.body
    assert "Ben Okafor resident, Cardiology just now" in text
    assert "No answer yet" in text


def test_times_stand_in_the_readers_zone(app: Flask) -> None:
    _group, browser, path = a_thread(app)
    with transaction():
        member("Ann Lee").time_zone = "Pacific/Kiritimati"  # UTC+14
    change_post(created_at=datetime(2020, 2, 29, 20, 30, tzinfo=UTC))
    browser.open(path)
    assert (
        '<time datetime="2020-02-29T20:30:00+00:00" title="Sunday, 1 March 2020, 10:30">1 Mar 2020</time>'
        in browser.body
    )


def test_a_zone_that_is_none_leaves_times_in_utc(app: Flask) -> None:
    _group, browser, path = a_thread(app)
    with transaction():
        member("Ann Lee").time_zone = "Europe/Atlantis"
    change_post(created_at=datetime(2020, 2, 29, 20, 30, tzinfo=UTC))
    browser.open(path)
    assert "Saturday, 29 February 2020, 20:30" in browser.body


def test_what_was_quoted_is_folded_and_an_answer_further_up_is_named(app: Flask) -> None:
    group, browser, path = a_thread(app)
    first = all_posts()[0]
    post(member("Ann Lee"), group, "", "I can, the first week.", answers=first.id)
    post(member("Ben Okafor"), group, "", "Anybody for the second?", answers=first.id)
    change_post(2, folded="On Monday Ben wrote:\n> <b>Who</b> can cover?")
    text = browser.open(path)
    assert "<details" in browser.body
    assert "Show what this answers On Monday Ben wrote: > <b>Who</b> can cover?" in text
    assert "&lt;b&gt;Who&lt;/b&gt;" in browser.body
    # The second post answers the one right above it and says nothing; the third skips one.
    assert browser.body.count('class="answers"') == 1
    assert "answers Ben Okafor Anybody" in text


def test_an_erased_post_shows_only_that(app: Flask) -> None:
    group, browser, path = a_thread(app)
    change_post(erased_at=now(), folded="> old words")
    text = browser.open(path)
    assert "This post was erased." in text
    assert WORDS not in text
    assert "old words" not in text
    assert f"/m/{member('Ben Okafor').public_id}" not in browser.body
    assert group.name in text


def test_what_is_new_since_the_last_visit_is_marked(app: Flask) -> None:
    group, browser, path = a_thread(app)
    assert "new since your last visit" not in browser.open(path)
    post(member("Ben Okafor"), group, "", "Found somebody.", answers=all_posts()[0].id)
    text = browser.open(path)
    assert text.index("Who can cover") < text.index("new since your last visit") < text.index("Found somebody.")
    assert "1 new" in text
    assert "new since your last visit" not in browser.open(path)


def test_a_mark_moves_on_get_only_and_never_back(app: Flask) -> None:
    _group, browser, path = a_thread(app)
    add_posts(path, 250)
    marks = select(ReadingMark.published_no).where(ReadingMark.member_id == member("Ann Lee").id)
    assert browser.head(path) == 200
    assert db.session.scalars(marks).all() == []
    numbers = [row.published_no for row in all_posts()]
    browser.open(path)
    assert db.session.scalars(marks).all() == [numbers[199]]
    browser.follow("Later posts")
    assert db.session.scalars(marks).all() == [numbers[250]]
    browser.open(path)
    assert db.session.scalars(marks).all() == [numbers[250]]


def test_a_long_thread_has_pages_of_200_and_a_post_leads_to_its_own(app: Flask) -> None:
    _group, browser, path = a_thread(app)
    add_posts(path, 410)
    text = browser.open(path)
    assert browser.body.count("<article") == paging.PAGE
    assert "Answer number 198." in text
    assert "Answer number 199." not in text
    assert "Your reply" not in text
    assert "Answer number 199." in browser.follow("Later posts")
    text = browser.follow("Later posts")
    assert browser.body.count("<article") == 11
    assert "Your reply" in text
    assert "Later posts" not in text
    assert "Answer number 199." in browser.follow("Earlier posts")
    assert "Who can cover" in browser.follow("Earlier posts")
    for place in (0, 199, 200, 399, 400, 410):
        public_id = all_posts()[place].public_id
        browser.open(f"/p/{public_id}")
        assert f'id="p-{public_id}"' in browser.body
        assert browser.path == path


def test_who_comes_back_to_a_long_thread_is_led_to_the_first_unread_post(app: Flask) -> None:
    _group, browser, path = a_thread(app)
    add_posts(path, 250)
    browser.open(path)
    text = browser.open(path)
    assert "Go on where you stopped reading" in text
    assert "Answer number 199." in browser.follow("Go on where you stopped reading")


def test_a_page_past_the_end_says_so(app: Flask) -> None:
    _group, browser, path = a_thread(app)
    assert "There are no posts on this page" in browser.open(f"{path}?after=999999")
    browser.open(f"{path}?after=x")
    assert browser.status == 404


def test_a_thread_of_200_posts_asks_the_database_as_often_as_one_of_two(app: Flask) -> None:
    _group, browser, path = a_thread(app)
    add_posts(path, 1)
    browser.open(path)
    few = _queries(browser, path)
    add_posts(path, 197)
    browser.open(path)
    assert _queries(browser, path) == few
    assert browser.body.count("<article") == 199
    assert few < 20


def _queries(browser: Browser, path: str) -> int:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        browser.open(path)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return len(seen)


@pytest.mark.parametrize("kind", ["thread", "post", "file"])
def test_who_may_not_read_the_group_finds_nothing(app: Flask, kind: str) -> None:
    _group, browser, path = a_thread(app)
    browser.open(path)
    browser.press("Send to Cardiology", text="See the file.", files=(BytesIO(b"octets"), "plan.txt"))
    path = {
        "thread": path,
        "post": f"/p/{all_posts()[0].public_id}",
        "file": f"/a/{db.session.scalars(select(Attachment.public_id)).one()}/plan.txt",
    }[kind]
    assert browser.head(path) == 200
    stranger = Browser(app).sign_in(a_member("eve@example.org", "Eve"))
    stranger.open(path)
    assert stranger.status == 404
    nobody = Browser(app)
    nobody.open(path)
    assert nobody.path == "/sign-in"


# --- answering --------------------------------------------------------------------------------------------


def test_a_reply_is_a_post_in_the_thread(app: Flask) -> None:
    _group, browser, path = a_thread(app)
    text = browser.open(path)
    assert "Goes to 2 members by mail and web." in text
    text = browser.press("Send to Cardiology", text="I can, **both** weeks.\n\n<script>alert(1)</script>")
    assert browser.path == path
    assert "<strong>both</strong>" in browser.body
    assert "<script>alert" not in browser.body
    assert "1 answer" in text
    first, second = all_posts()
    assert (second.in_reply_to_id, second.via, second.text_format) == (first.id, Via.WEB, TextFormat.MARKDOWN)
    assert "Unread:" not in browser.open("/")


def test_reply_under_a_post_answers_that_post_and_offers_its_words(app: Flask) -> None:
    group, browser, path = a_thread(app)
    first = all_posts()[0]
    post(member("Ben Okafor"), group, "", "Anybody?", answers=first.id)
    browser.open(path)
    text = browser.follow("Reply")
    assert "You answer Ben Okafor : Who can cover two weeks?" in text
    text = browser.follow("Quote these words")
    assert "> Who can cover two weeks?" in text
    browser.press("Send to Cardiology", text="> Who can cover two weeks?\n\nI can.")
    assert all_posts()[2].in_reply_to_id == first.id
    assert "<blockquote>" in all_posts()[2].html


def test_without_a_choice_a_reply_answers_the_last_post(app: Flask) -> None:
    group, browser, path = a_thread(app)
    last = post(member("Ben Okafor"), group, "", "Anybody?", answers=all_posts()[0].id)
    browser.open(path)
    browser.press("Send to Cardiology", text="I can.")
    assert all_posts()[2].in_reply_to_id == last.post_id  # type: ignore[union-attr]


def test_a_post_of_another_thread_cannot_be_answered_here(app: Flask) -> None:
    group, browser, path = a_thread(app)
    other = post(member("Ben Okafor"), group, "Another matter", "Something else.")
    browser.open(path)
    answers = db.session.get_one(Post, other.post_id).public_id  # type: ignore[union-attr]
    browser.press("Send to Cardiology", text="I can.", answers=answers)
    assert all_posts()[2].thread_id == all_posts()[0].thread_id


def test_an_empty_reply_comes_back_with_a_sentence_at_the_field(app: Flask) -> None:
    _group, browser, path = a_thread(app)
    browser.open(path)
    text = browser.press("Send to Cardiology", text="  \n ")
    assert browser.status == 422
    assert "We found no words in your post" in text
    assert 'href="#text"' in browser.body
    assert 'aria-invalid="true"' in browser.body
    assert len(all_posts()) == 1


def test_a_double_click_is_one_post(app: Flask) -> None:
    _group, browser, path = a_thread(app)
    browser.open(path)
    form = next(each for each in browser.forms() if "answers" in each.names).values | {"text": "I can.", "act": "send"}
    for _click in range(2):
        browser.post(f"{path}/reply", **form)
        assert browser.path == path
    assert [row.text for row in all_posts()] == [WORDS, "I can."]


def test_other_words_from_the_same_form_are_another_post(app: Flask) -> None:
    _group, browser, path = a_thread(app)
    browser.open(path)
    form = next(each for each in browser.forms() if "answers" in each.names).values | {"act": "send"}
    browser.post(f"{path}/reply", **form | {"text": "I can."})
    browser.post(f"{path}/reply", **form | {"text": "I can, the second week as well."})
    assert len(all_posts()) == 3
    assert db.session.scalar(select(func.count()).select_from(HeldPost)) == 0


def test_a_preview_sends_nothing_and_keeps_the_words(app: Flask) -> None:
    _group, browser, path = a_thread(app)
    browser.open(path)
    text = browser.press("Preview", text="I can, **both**.")
    assert "Preview, not sent yet" in text
    assert "<strong>both</strong>" in browser.body
    assert len(all_posts()) == 1
    browser.press("Send to Cardiology")
    assert all_posts()[1].text == "I can, **both**."


def test_above_the_quota_the_words_come_back(app: Flask) -> None:
    _group, browser, path = a_thread(app, quota=1)
    browser.open(path)
    browser.press("Send to Cardiology", text="First.")
    text = browser.press("Send to Cardiology", text="Second <one>.")
    assert browser.status == 422
    assert "takes 1 post an hour" in text
    assert "Second <one>." in text
    assert len(all_posts()) == 2


def test_a_locked_thread_takes_no_reply(app: Flask) -> None:
    _group, browser, path = a_thread(app)
    browser.open(path)
    form = next(each for each in browser.forms() if "answers" in each.names).values
    with transaction():
        db.session.scalars(select(Thread)).one().locked_at = now()
    assert browser.post(f"{path}/reply", **form | {"text": "Too late.", "act": "send"}) == 422
    text = browser.open(path)
    assert "This thread is closed to answers." in text
    assert "Send to Cardiology" not in browser.buttons
    assert len(all_posts()) == 1


def test_a_muted_member_reads_and_cannot_write(app: Flask) -> None:
    group, browser, path = a_thread(app)
    with transaction():
        membership = membership_of(member("Ann Lee").id, group.id)
        assert membership is not None
        membership.standing, membership.muted_until = Standing.MUTED, datetime(2099, 5, 1, tzinfo=UTC)
    text = browser.open(path)
    assert "write again after 1 May 2099" in text
    assert "Send to Cardiology" not in browser.buttons
    assert browser.post(f"{path}/reply", text="But.", act="send") in (400, 422)
    assert len(all_posts()) == 1


def test_who_moderates_from_above_reads_and_is_told_why_there_is_no_form(app: Flask) -> None:
    _group, _browser, path = a_thread(app)
    chief = Browser(app).sign_in(a_member("chief@example.org", "Chief", role=Role.OWNER))
    assert "because you moderate above" in chief.open(path)
    assert "Send to Cardiology" not in chief.buttons


# --- a new thread -----------------------------------------------------------------------------------------


def test_a_new_thread(app: Flask) -> None:
    _group, browser, _path = a_thread(app)
    browser.open("/g/cardiology")
    text = browser.follow("Write to Cardiology")
    assert "Goes to 2 members by mail and web." in text
    text = browser.press("Send to Cardiology", subject="Echo on call", text="Who reads them at night?")
    assert "<title>Echo on call · Cardiology · Banyan</title>" in browser.body
    assert "Who reads them at night?" in text


def test_without_a_subject_the_form_comes_back_whole(app: Flask) -> None:
    _group, browser, _path = a_thread(app)
    browser.open("/g/cardiology/write")
    text = browser.press("Send to Cardiology", subject="  ", text="Who reads them at night?")
    assert browser.status == 422
    assert "Write a subject" in text
    assert 'href="#subject"' in browser.body
    assert "Who reads them at night?" in text
    assert len(all_posts()) == 1


def test_a_held_post_says_why_and_how_to_take_it_back(app: Flask) -> None:
    _group, browser, _path = a_thread(app)
    with transaction():
        db.session.scalars(select(Group).where(Group.slug == "cardiology")).one().moderate = Moderate.ALL
    browser.open("/g/cardiology/write")
    text = browser.press("Send to Cardiology", subject="Echo on call", text="Who reads <them>?")
    assert browser.status == 202
    assert "a moderator reads every post before it goes out" in text
    assert "Who reads <them>?" in text
    held = db.session.scalars(select(HeldPost)).one()
    assert held.state is HeldState.WAITING
    browser.follow("Change it or take it back")
    assert browser.path == f"/mine/held/{held.public_id}"
    assert browser.status == 200


def test_a_double_click_on_what_is_held_is_held_once(app: Flask) -> None:
    _group, browser, _path = a_thread(app)
    with transaction():
        db.session.scalars(select(Group).where(Group.slug == "cardiology")).one().moderate = Moderate.ALL
    browser.open("/g/cardiology/write")
    form = next(each for each in browser.forms() if "subject" in each.names).values
    for _click in range(2):
        browser.post("/g/cardiology/write", **form | {"subject": "Echo", "text": "Who?", "act": "send"})
        assert browser.status == 202
    assert db.session.scalar(select(func.count()).select_from(HeldPost)) == 1


def test_who_is_not_in_the_group_is_led_to_its_page_and_cannot_post(app: Flask) -> None:
    a_thread(app)
    eve = Browser(app).sign_in(a_member("eve@example.org", "Eve"))
    text = eve.open("/g/cardiology/write")
    assert eve.path == "/g/cardiology"
    assert "Ask to join Cardiology" in eve.buttons
    assert eve.post("/g/cardiology/write", subject="Hello", text="Let me in.", act="send") == 422
    assert "Only members of Cardiology can post there" in eve.text
    assert WORDS not in text
    assert len(all_posts()) == 1


# --- files ------------------------------------------------------------------------------------------------


def test_a_file_goes_with_a_post_and_is_only_ever_saved(app: Flask) -> None:
    _group, browser, path = a_thread(app)
    browser.open(path)
    text = browser.press("Send to Cardiology", text="Our plan.", files=(BytesIO(b"<script>1</script>"), "plan.html"))
    assert "plan.html HTML, 18 bytes" in text
    file = next(found for words, found in browser.links if words == "plan.html")
    answer = browser.fetch(file)
    assert answer.data == b"<script>1</script>"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == "attachment; filename=plan.html"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_the_name_in_a_files_address_changes_nothing(app: Flask) -> None:
    _group, browser, path = a_thread(app)
    browser.open(path)
    browser.press("Send to Cardiology", text="Our plan.", files=(BytesIO(b"%PDF"), "plän.pdf"))
    public_id = db.session.scalars(select(Attachment.public_id)).one()
    answer = browser.fetch(f"/a/{public_id}/other.html")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert "filename*=UTF-8''pl%C3%A4n.pdf" in answer.headers["Content-Disposition"]


def test_a_file_of_an_erased_post_is_gone(app: Flask) -> None:
    _group, browser, path = a_thread(app)
    browser.open(path)
    browser.press("Send to Cardiology", text="Our plan.", files=(BytesIO(b"%PDF"), "plan.pdf"))
    file = next(found for words, found in browser.links if words == "plan.pdf")
    change_post(1, erased_at=now())
    assert browser.fetch(file).status_code == 404


def test_a_file_is_kept_over_a_preview_and_can_be_taken_away(app: Flask) -> None:
    _group, browser, path = a_thread(app)
    browser.open(path)
    text = browser.press("Preview", text="Our plan.", files=(BytesIO(b"octets"), "plan.txt"))
    assert "plan.txt 6 bytes" in text
    browser.press("Send to Cardiology")
    assert [file.name for file in all_posts()[1].attachments] == ["plan.txt"]
    browser.open(path)
    browser.press("Preview", text="Our other plan.", files=(BytesIO(b"octets"), "plan.txt"))
    note = next(each for each in browser.forms() if "kept" in each.names).values["kept"]
    browser.press("Send to Cardiology", drop=note)
    assert all_posts()[2].attachments == []


def test_a_note_of_a_file_that_is_not_mine_brings_nothing(app: Flask) -> None:
    _group, browser, path = a_thread(app)
    browser.open(path)
    browser.press("Preview", text="Our plan.", files=(BytesIO(b"octets"), "plan.txt"))
    note = next(each for each in browser.forms() if "kept" in each.names).values["kept"]
    ben = Browser(app).sign_in(member("Ben Okafor"))
    ben.open(path)
    assert ben.post(f"{path}/reply", text="Mine.", act="send", kept=note) == 200
    assert ben.post(f"{path}/reply", text="Made up.", act="send", kept=note[:-2] + "xx") == 200
    assert [file for row in all_posts() for file in row.attachments] == []


def test_files_that_are_too_large_give_the_words_back(app: Flask, settings: Settings) -> None:
    app.extensions["banyan_settings"] = settings.model_copy(update={"max_message": 10_000})
    _group, browser, path = a_thread(app)
    browser.open(path)
    text = browser.press("Preview", text="Our video.", files=(BytesIO(b"x" * 20_000), "ward.mp4"))
    assert "ward.mp4" not in text
    text = browser.press("Send to Cardiology", text="Our video.", files=(BytesIO(b"x" * 20_000), "ward.mp4"))
    assert browser.status == 422
    assert "at most 0 MB can be posted" in text
    assert "Our video." in text
    assert 'href="#files"' in browser.body
    assert len(all_posts()) == 1
    assert db.session.scalar(select(func.count()).select_from(Blob)) == 0


def test_more_than_20_files_give_the_words_back(app: Flask) -> None:
    _group, browser, path = a_thread(app)
    browser.open(path)
    files = [(BytesIO(b"x"), f"{number}.txt") for number in range(21)]
    text = browser.press("Send to Cardiology", text="Our notes.", files=files)
    assert browser.status == 422
    assert "These are 21 files; at most 20 go with one post." in text
    assert "Our notes." in text
    assert len(all_posts()) == 1


def test_a_double_click_makes_one_post_and_leads_to_it(app: Flask) -> None:
    group, browser, _path = a_thread(app)
    ann = member("Ann Lee")
    browser.open("/g/cardiology/write")
    token = next(form.values["token"] for form in browser.forms() if "token" in form.values)
    click = submission_of(Draft(token, "Rota", "Who is on call?"), ann, group, None)
    with meanwhile(app, lambda: submit(click)):
        said = browser.press("Send to Cardiology", subject="Rota", text="Who is on call?")
    assert browser.status == 200
    assert "Who is on call?" in said
    assert [each.subject for each in all_posts()] == ["Locum cover in August", "Rota"]
