"""Looking back at a split: moderators get a mail with what has changed, and its page shows all of it with pictures."""

from datetime import timedelta
from email import message_from_bytes, policy

from forum.clock import now
from forum.db import transaction
from forum.groups.models import Group, Role
from forum.queue import enqueue
from forum.splitting.models import PlanResult, PlanState
from tests.forum.web.browser import Browser
from tests.people import a_group, a_member
from tests.plans import a_plan
from tests.site import Site

BETTER = {"before": 21.4, "after": 9.8, "change": -9.6, "low": -14.2, "high": -5.1, "verdict": "better"}
CHANCE = {"before": 18.0, "after": 19.5, "change": 1.2, "low": -3.0, "high": 5.4, "verdict": "no_difference"}
THIN = {"before": None, "after": None, "change": None, "low": None, "high": None, "verdict": "thin"}


def a_result(group: Group) -> PlanResult:
    """A split of five weeks ago, and what was found after four."""
    plan = a_plan(group, {"Heart North": [], "Heart South": []})
    with transaction() as session:
        plan.state, plan.carried_out_at = PlanState.REVIEW, now() - timedelta(days=35)
        plan.due_at = now() + timedelta(days=49)
        north, south = (planned.id for planned in plan.groups)
        rows = (("first_answer", north, BETTER), ("first_answer", south, THIN), ("posters", north, CHANCE))
        findings = [
            {"measure": measure, "planned_group": planned_id, "others": 2, "others_change": -2.0, "p": 0.01, **numbers}
            for measure, planned_id, numbers in rows
        ]
        result = PlanResult(plan_id=plan.id, weeks=4, findings=findings)
        session.add(result)
    return result


def test_moderators_hear_what_has_changed_and_see_all_of_it(site: Site) -> None:
    group = a_group()
    mod, ann = a_member("mod@example.org", "Mod", group, role=Role.OWNER), a_member("ann@example.org", "Ann", group)
    result = a_result(group)
    with transaction():
        for member in (mod, ann):
            enqueue("notice.plan_result", result.id, member.id)
    site.work()
    assert site.mailed("ann@example.org") == []
    (letter,) = (message_from_bytes(each.content, policy=policy.default) for each in site.mailed("mod@example.org"))
    assert letter["Subject"] == "4 weeks after splitting Cardiology: what has changed"
    body = letter.get_body(("plain",))
    assert body is not None
    text = " ".join(body.get_content().split())
    summary = "Better in 1 and worse in 0 of 3 comparisons, by more than chance explains."
    sentence = "Beside 2 groups that changed by -2.0, that is -9.6 (-14.2 to -5.1). That is better"
    assert summary in text
    assert f"* Time to the first answer, Heart North: 21.4 before, 9.8 hours now. {sentence}" in text
    assert "19.5" not in text

    browser = Browser(site.core).sign_in(mod)
    browser.open(text.partition("back as long as there is one: ")[2].split()[0].removeprefix("http://127.0.0.1:8000"))
    assert summary in browser.text
    assert sentence in browser.text
    assert "The difference may be chance." in browser.text
    assert browser.body.count('class="interval"') == 2
    assert 'class="told" cx="-60.8"' in browser.body
    assert "The next look is 12 weeks after the split." in browser.text
    browser.open(f"/g/{group.slug}/growth")
    assert "Nothing here says that the group is too large." in browser.text
    browser.follow("Look at the plan")
    assert browser.status == 200
