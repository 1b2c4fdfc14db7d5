"""No rule of a group can take the name of a finding of the gate: the list of those names is whole."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import forum
from forum.rules import NAMES_OF_THE_GATE

_FORUM = Path(forum.__file__).parent
# Its findings carry the names of the groups' rules.
_OF_GROUPS = _FORUM / "rules" / "group_rules.py"


def _named(path: Path) -> Iterator[str]:
    """The names that a module gives to findings. One that is read back from a row was given before."""
    source = path.read_text()
    calls = ast.walk(ast.parse(source)) if "Finding(" in source else ()
    for call in calls:
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Finding"):
            continue
        given = call.args[0] if call.args else next(each.value for each in call.keywords if each.arg == "rule")
        match given:
            case ast.Constant(value=str(word)):
                yield word
            case ast.Name(id=name):
                module = ".".join(path.relative_to(_FORUM.parent).with_suffix("").parts)
                yield getattr(import_module(module), name)
            case ast.Subscript(slice=ast.Constant(value="rule")):
                pass
            case _:
                yield ast.unparse(given)


def test_every_finding_of_the_gate_is_in_the_list() -> None:
    named = {name for path in _FORUM.rglob("*.py") if path != _OF_GROUPS for name in _named(path)}
    assert named <= NAMES_OF_THE_GATE
    assert {"quota", "newcomer", "letter"} <= named
