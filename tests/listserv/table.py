"""The README's table of listserv behaviours, made from the tests named for their numbers.

`python -m tests.listserv.table` writes it anew; `tests/structure/test_listserv_table.py` insists that it is so.
"""

import ast
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

BEGIN, END = "<!-- behaviours: made by python -m tests.listserv.table -->", "<!-- end of behaviours -->"
_HERE = Path(__file__).parent
_README = _HERE.parent.parent / "README.md"
_NAMED = re.compile(r"test_l(\d+)(?:_|$)")


def behaviours() -> Mapping[int, Sequence[str]]:
    """By number, the first line of each test's docstring, in the order of files and lines."""
    found: dict[int, list[str]] = {}
    for file in sorted(_HERE.glob("test_*.py")):
        for node in ast.parse(file.read_text()).body:
            named = _NAMED.match(node.name) if isinstance(node, ast.FunctionDef) else None
            if named is not None and isinstance(node, ast.FunctionDef):
                sentence = (ast.get_docstring(node) or "").partition("\n")[0].strip()
                found.setdefault(int(named[1]), []).append(sentence)
    return dict(sorted(found.items()))


def table() -> str:
    """The table as it stands in the README: one row a number, the sentences of all its tests."""
    rows = (
        f"| L{number} | {' '.join(_ended(each) for each in sentences)} |" for number, sentences in behaviours().items()
    )
    return "\n".join(["| | what works, each with a test of its name in `tests/listserv/` |", "|---|---|", *rows])


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith(".") else f"{sentence}."


def readme_with_table() -> str:
    """The README with the table as the tests have it now."""
    before, _, rest = _README.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


if __name__ == "__main__":
    _README.write_text(readme_with_table())
