"""Every kind of later work that is written has somebody who does it, and every notice has its words."""

import ast
from importlib.metadata import entry_points

from forum import tasks
from forum.search.documents import KINDS
from forum.splitting import worker
from mailgateway import digest, erasing, fanout, notice_facts
from tests.structure.sources import ROOT, constant, dotted, modules, nodes

MAIL_TEMPLATES = ROOT / "templates" / "mail"
HANDLED = [
    *tasks.HANDLERS,
    *worker.HANDLERS,
    *fanout.HANDLERS,
    *erasing.HANDLERS,
    erasing.CAPTURED,
    erasing.CAPTURED_HELD,
    *digest.HANDLERS,
    *notice_facts.FACTS,
    *KINDS,
]


def _enqueued() -> set[str]:
    """The kinds in `enqueue("kind", ...)`, `enqueue_each("kind", ...)` and `Task(kind="kind")`.

    A kind that is computed cannot be checked.
    """
    kinds = set()
    for module, _, call in nodes(ast.Call):
        if module == "forum/queue.py":
            continue
        if dotted(call.func).rpartition(".")[2] in ("enqueue", "enqueue_each"):
            kind = constant(call.args[0])
        elif dotted(call.func) == "Task":
            kind = next((constant(each.value) for each in call.keywords if each.arg == "kind"), None)
        else:
            continue
        assert kind is not None, f"{module}:{call.lineno}: write the kind of the task out"
        kinds.add(kind)
    return kinds


def test_every_kind_of_task_has_one_handler_and_every_handler_its_kind() -> None:
    assert len(HANDLED) == len(set(HANDLED)), "two workers would take the same kind"
    assert _enqueued() == set(HANDLED)


def test_every_worker_that_the_distribution_names_can_be_loaded() -> None:
    for point in entry_points(group="banyan.tasks"):
        assert callable(point.load()), point.name


def _templates_used() -> set[str]:
    """Names of folders of templates: first arguments of what makes a notice, and what is chosen between beforehand."""
    used = set()
    makers = ("to_member", "_to_member", "_link_notice", "_about", "Notice")
    written = [tree for name, tree in modules().items() if name.startswith("mailgateway/") and "notice" in name]
    for node in (node for tree in written for node in ast.walk(tree)):
        if isinstance(node, ast.Call) and dotted(node.func) in makers and constant(node.args[0]) is not None:
            used.add(constant(node.args[0]))
        if isinstance(node, ast.Assign) and dotted(node.targets[0]) == "template":
            used |= {constant(each) for each in ast.walk(node.value) if isinstance(each, ast.Constant)}
    return {name for name in used if name is not None}


def test_every_notice_has_subject_text_and_html_and_no_folder_is_left_over() -> None:
    folders = {
        folder.name: {file.name for file in folder.iterdir()}
        for folder in MAIL_TEMPLATES.iterdir()
        if folder.is_dir() and folder.name != "digest"  # which is no notice, and has a template for each of its posts
    }
    assert set(folders) == _templates_used()
    assert {name: files for name, files in folders.items() if files != {"subject.txt", "body.txt", "body.html"}} == {}
