"""All addresses of a mail together: one post a group, and every address accounted for."""

from forum.groups.models import Role
from forum.groups.queries import community
from mailgateway.addresses import Verb
from mailgateway.route import (
    BounceRoute,
    CommandRoute,
    ConfirmRoute,
    LeaveRoute,
    LetterRoute,
    NoRoute,
    PostRoute,
    route,
)
from tests.gateway import addresses
from tests.people import a_group, a_member, post


def test_every_address_has_a_route(core) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group, role=Role.OWNER)
    answered = post(ann, group).post_id
    ours = addresses()
    at = "@lists.localhost"
    expected = {
        f"cardiology{at}": PostRoute((1,), group.id),
        ours.reply(ann.id, answered): PostRoute((1,), group.id, ann.id, answered),
        f"community{at}": PostRoute((1,), community().id),
        f"cardiology-owner{at}": LetterRoute((1,), group.id),
        f"postmaster{at}": LetterRoute((1,), community().id),
        f"cardiology-join{at}": CommandRoute((1,), group.id, Verb.JOIN),
        f"banyan{at}": CommandRoute((1,), None, None),
        ours.leave(ann.id, group.id): LeaveRoute((1,), ann.id, group.id),
        ours.confirm(5, ann.id): ConfirmRoute((1,), 5, ann.id),
    }
    for address, found in expected.items():
        assert route([(1, address)], ours) == (found,)
    assert isinstance(route([(1, ours.bounce(9, group.created_at))], ours)[0], BounceRoute)
    for nowhere in (
        f"nobody{at}",
        f"nobody-owner{at}",
        f"nobody-help{at}",
        ours.reply(ann.id, 999),
        "x@elsewhere.test",
    ):
        [found] = route([(1, nowhere)], ours)
        assert isinstance(found, NoRoute)
        assert found.reason


def test_addresses_of_one_group_are_one_post_in_which_the_reply_address_says_more(core) -> None:
    group, other = a_group(), a_group("gulf-coast", "Gulf Coast")
    ann = a_member("ann@example.org", "Ann Lee", group)
    answered = post(ann, group).post_id
    mixed = [
        (1, "cardiology@lists.localhost"),
        (2, addresses().reply(ann.id, answered)),
        (3, "gulf-coast@lists.localhost"),
        (4, "cardiology-owner@lists.localhost"),
    ]
    assert set(route(mixed, addresses())) == {
        PostRoute((1, 2), group.id, ann.id, answered),
        PostRoute((3,), other.id),
        LetterRoute((4,), group.id),
    }
    assert PostRoute((2, 1), group.id, ann.id, answered) in route([mixed[1], mixed[0]], addresses())
