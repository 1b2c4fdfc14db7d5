"""The machine alone never refuses or bans: only the gate's say on who may write refuses, only people restrict."""

import ast

from tests.structure.sources import dotted, modules, nodes

# Who says that something will not be posted at all: because of who wrote it, never because of what it says.
REFUSERS = {
    "forum/rules/membership.py": "somebody who is banned, or belongs to another group",
    "forum/rules/anonymity.py": "a stranger who wants to be anonymous",
}
# What only reads that word: it makes no finding.
READERS = {"forum/posting/submit.py", "forum/posting/resubmit.py"}

# What runs by itself: the rules, the gate, and the workers.
MACHINES = (
    "forum/rules/",
    "forum/rulebook/",
    "forum/posting/",
    "forum/tasks.py",
    "forum/housekeeping.py",
    "forum/work.py",
    "forum/moderation/lateness.py",
    "mailgateway/intake.py",
    "mailgateway/bouncing.py",
    "mailgateway/retention.py",
)


def test_only_who_may_write_is_refused_and_never_what_was_written() -> None:
    naming = {module for module, _, node in nodes(ast.Attribute) if dotted(node) == "Severity.REFUSE"}
    assert naming == set(REFUSERS) | READERS
    made = {
        module
        for module, _, call in nodes(ast.Call)
        if dotted(call.func) in ("Finding", "replace", "_finding")
        and any(
            isinstance(each, ast.Attribute) and dotted(each) == "Severity.REFUSE"
            for argument in (*call.args, *(keyword.value for keyword in call.keywords))
            for each in ast.walk(argument)
        )
    }
    assert made == set(REFUSERS)


def test_a_restriction_is_made_in_one_place_and_no_machine_asks_for_it() -> None:
    makers = {(module, function) for module, function, call in nodes(ast.Call) if dotted(call.func) == "Restriction"}
    assert makers == {("forum/moderation/restrictions.py", "restrict")}
    restricting = {"restrict"} | {
        node.name for node in modules()["forum/moderation/brakes.py"].body if isinstance(node, ast.FunctionDef)
    }
    asking = {module for module, _, call in nodes(ast.Call) if dotted(call.func).rpartition(".")[2] in restricting}
    assert "forum/web/people.py" in asking
    assert [module for module in asking if module.startswith(MACHINES)] == []


def test_no_machine_bans_or_mutes_anybody() -> None:
    set_here = {
        module
        for module, _, call in nodes(ast.Call)
        if dotted(call.func).rpartition(".")[2] == "set_standing" and module.startswith(MACHINES)
    }
    assert set_here == set()
    assigned = {
        module
        for module, _, node in nodes(ast.Assign)
        if dotted(node.value) in ("Standing.BANNED", "Standing.MUTED")
        and any(isinstance(target, ast.Attribute) for target in node.targets)
    }
    assert assigned == set()
