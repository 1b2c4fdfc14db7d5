"""The roster of a group."""

from flask import Flask

from forum.accounts.actions import confirm_address
from forum.accounts.models import LinkPurpose
from forum.accounts.sign_in import make_link
from forum.db import transaction
from forum.groups.models import Standing
from forum.groups.queries import count_members, roster_page
from forum.groups.standing import set_standing
from tests.people import a_group, a_member, its


def test_the_roster_is_paged_and_found_by_any_address_and_by_name_as_written(core: Flask) -> None:
    group = a_group()
    for number in range(7):
        a_member(f"m{number}@example.org", f"Member {number}", group)
    zoe = a_member("zoe_o@example.org", "Özlem 100% O'Hara", group)
    with transaction():
        confirm_address(make_link(zoe, LinkPurpose.VERIFY_ADDRESS, "ozlem@clinic.example"))
    pages = [roster_page(group.id, limit=3)]
    while pages[-1]:
        pages.append(roster_page(group.id, after=pages[-1][-1].membership_id, limit=3))
    assert [len(page) for page in pages] == [3, 3, 2, 0]
    assert len({row.public_id for page in pages for row in page}) == 8
    for words in ("Özlem", "100%", "o'hara", "ZOE_O", "clinic.example", "zlem"):
        assert [row.email for row in roster_page(group.id, matching=words)] == ["zoe_o@example.org"], words
    for words in ("zoexo", "10%%", "nobody"):
        assert not roster_page(group.id, matching=words)
    with transaction():
        set_standing(its(zoe, group), Standing.BANNED, actor_id=None)
    assert [row.name for row in roster_page(group.id, standing=Standing.BANNED)] == [zoe.name]
    assert count_members(group.id) == 7
