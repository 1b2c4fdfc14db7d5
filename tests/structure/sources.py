"""The program's own source, read once: what the tests of the structure walk through."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).parents[2]
T = TypeVar("T", bound=ast.AST)

PACKAGES = ("forum", "mailgateway")


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the program by its path from the root; migrations are data of a moment and not among them."""
    return {
        str(path.relative_to(ROOT)): ast.parse(path.read_text(), str(path))
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if "migrations" not in path.parts
    }


def nodes(kind: type[T]) -> Iterator[tuple[str, str, T]]:
    """Every node of a kind with its module and the function that it stands in ("" on the module's own level)."""
    for name, tree in modules().items():
        for function, node in _within(tree, ""):
            if isinstance(node, kind):
                yield name, function, node


def _within(node: ast.AST, function: str) -> Iterator[tuple[str, ast.AST]]:
    for child in ast.iter_child_nodes(node):
        yield function, child
        inner = child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else function
        yield from _within(child, inner)


def dotted(node: ast.AST) -> str:
    """`db.session.commit` for such an expression; what is not a plain name stands as `?`."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return "?"


def constant(node: ast.AST) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def table_of(document: Path, heading: str) -> list[list[str]]:
    """The rows of the first table under a heading of a Markdown file, without its head."""
    lines = iter(document.read_text().splitlines())
    for line in lines:
        if line.startswith("#") and line.lstrip("# ").strip() == heading:
            break
    else:
        raise AssertionError(f"{document.name} has no heading {heading!r}")
    rows: list[list[str]] = []
    for line in lines:
        if line.startswith("|"):
            cells = line.replace(r"\|", "\0").strip().strip("|").split("|")
            rows.append([cell.replace("\0", "|").strip() for cell in cells])
        elif rows:
            break
    return rows[2:]
