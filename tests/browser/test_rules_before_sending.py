"""What the rules find is shown before a post goes out: changed, confirmed, or sent to a moderator and taken back."""

import pytest

from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser


def test_what_names_a_patient_is_changed_or_confirmed_and_then_goes_out(visitor: Visitor) -> None:
    visitor.sign_in_as("Grace")
    visitor.open("/g/anesthesiology/write")
    visitor.unfold("Rules here")
    visitor.write("Subject", f"An airway that went well, {visitor.way}")
    visitor.write("Text", "Mrs Maria Alvarez, MRN 4471902, woke up smiling.")
    visitor.press("Send to Anesthesiology", status=422)
    assert visitor.sees("Mrs Maria Alvarez", within=".found .preview .text")
    visitor.unfold("Why this rule")
    visitor.press("Write “[record number]” instead", status=422)
    assert visitor.page.get_by_label("Text", exact=True).input_value().count("4471902") == 0
    visitor.press("Not a patient’s")
    assert visitor.sees("only you can judge")
    visitor.press("Send to Anesthesiology")
    assert visitor.sees("Mrs Maria Alvarez, MRN [record number], woke up smiling.", within=".post .text")
    visitor.open("/mine/posts")
    assert visitor.sees(f"An airway that went well, {visitor.way}")


def test_what_a_rule_holds_goes_to_the_moderators_when_asked_and_can_be_taken_back(visitor: Visitor) -> None:
    visitor.sign_in_as("Grace")
    visitor.open("/g/anesthesiology/write")
    subject = f"On the election, {visitor.way}"
    visitor.write("Subject", subject)
    visitor.write(
        "Text", "Vote every Republican out in November: they are destroying this country, and Trump is a liar."
    )
    visitor.press("Send to Anesthesiology", status=422)
    visitor.press("Send to the moderators of Anesthesiology", status=202)
    visitor.follow("Change it or take it back")
    visitor.unfold("Change it")
    visitor.press("Take it back")
    assert visitor.sees("Its words and files are erased here.")
    visitor.open("/mine/posts?show=open")
    assert not visitor.sees(subject)
