import json

from forum.cli.split_shown import figures_json, print_figures
from forum.splitting.figures.values import (
    Border,
    GroupFigures,
    LikelyModerator,
    MailForecast,
    PlanFigures,
    SampleThread,
    Trait,
)

FIGURES = PlanFigures(
    members=400,
    placed_twice=30,
    groups=(
        GroupFigures(
            position=1,
            name="Oregon and Washington",
            slug="oregon-and-washington",
            members=230,
            kept=0.78,
            posts_a_day=3.25,
            weak_fit=12,
            too_quiet=False,
            traits=(Trait("Oregon", 0.5, 4.2, "115 of 230 members are in Oregon."),),
            threads=(SampleThread(7, "abc", "Where to refer?", 12),),
            moderators=(LikelyModerator(9, "m9", "Ann Lee", "Has answered 31 members of this group."),),
            sentences=("230 members.",),
        ),
        GroupFigures(2, "Locum", "", 200, 0.5, 0.2, 3, True, (), (), (), ("200 members.",)),
    ),
    borders=(Border(1, 2, 0.123456),),
    kept=0.7,
    kept_unbounded=0.8,
    modularity=0.41,
    forecasts=(MailForecast("only reads", 300, 12.0, 4.0, 9.0, "Who only reads: now 12.0 a day."),),
    threads_without_answerers=4,
    threads_looked_at=90,
    too_quiet=(2,),
    advice="A split into these 2 groups can work.",
    do_not_split=False,
    sentences=("Of 400 members, 400 would be in 2 groups.",),
    mail_now=12.0,
    mail_after=4.128,
    mail_mute_first=9.0,
)


def test_a_proposal_is_printed_with_its_advice_first_and_every_sentence(capsys):
    print_figures(FIGURES)
    printed = capsys.readouterr().out
    assert printed.startswith("A split into these 2 groups can work.\n")
    assert "1      Oregon and Washington  230      78%           3.25         12\n" in printed
    assert "too quiet\n" in printed
    assert "only reads  300      12.0                4.0              9.0\n" in printed
    for words in (
        "1. Oregon and Washington (oregon-and-washington)",
        "   - 115 of 230 members are in Oregon.",
        "   thread abc: Where to refer? (12 posts lately)",
        "   could moderate: Ann Lee. Has answered 31 members of this group.",
        "- Who only reads: now 12.0 a day.",
    ):
        assert words in printed


def test_scripts_get_the_same_by_public_ids_alone():
    row = json.loads(json.dumps(figures_json(FIGURES)))
    assert row["advice"] == FIGURES.advice
    first = row["groups"][0]
    assert (first["kept"], first["kind"], first["slug"]) == (0.78, "interest", "oregon-and-washington")
    assert first["threads"] == [{"id": "abc", "subject": "Where to refer?", "posts": 12}]
    assert first["moderators"][0] == {
        "id": "m9",
        "name": "Ann Lee",
        "sentence": "Has answered 31 members of this group.",
    }
    assert row["borders"] == [{"first": 1, "second": 2, "share": 0.1235}]
    assert row["mails_a_day"] == {"do_nothing": 12.0, "mute_first": 9.0, "split": 4.13}
    assert row["forecasts"][0]["mute_first"] == 9.0
