"""Who may do what in the code: commit, make posts, know authors, ask the clock, read the environment."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.structure.sources import ROOT, constant, dotted, modules, nodes

# A file that is not Python, or an index that is no database: each with its reason.
NO_DATABASE = {"forum/search/whoosh_engine.py": "the writer of the embedded index has a commit of its own"}

POST_MAKERS = {
    "forum/posting/publish.py": "the one gate's publication",
    "forum/archives/actions.py": "an import is history: written set-wise, judged by nobody",
    "forum/cli/bench.py": "a benchmark of reading fills a temporary site of its own",
}

# Who wrote a post is known only here. A new function that needs it is added with its reason, or asks one of these.
AUTHOR_READERS = {
    ("forum/threads/queries.py", "authors_of"): "what readers see beside a byline",
    ("forum/threads/queries.py", "author_id_of"): "rights, and mail to the author",
    ("forum/threads/queries.py", "is_author"): "the same as a condition",
    ("forum/threads/queries.py", "author_column"): "the same as a column",
    ("forum/threads/queries.py", "count_posts_since"): "the quota",
    ("forum/threads/queries.py", "last_post_in"): "how soon somebody answers again in a slowed thread",
    ("forum/threads/following.py", "is_followed"): "who has written in a thread follows it",
    ("forum/threads/actions.py", "claim_posts"): "who proves the address of an imported author gets the posts",
    ("forum/threads/overview.py", "transcript"): "an operator's view",
    ("forum/threads/overview.py", "_primary_emails"): "an operator's view",
    ("forum/moderation/queries.py", "history_of"): "what a moderator should know before deciding",
    ("forum/archives/exporting.py", "export_mbox"): "an export names its authors",
    ("forum/posting/anonymous.py", "author_of"): "who it is whatever stands over it, for the author's own sake",
    ("forum/posting/anonymous.py", "is_own"): "the same as a question",
    ("mailgateway/compose.py", "_headers"): "the relay address in From",
    ("mailgateway/compose.py", "_reply_to"): "where answers go to the author",
}
# Rows and values that are no posts and have an author too.
NOT_A_POST = {"held", "found", "HeldPost", "submission", "as_submission"}

CLOCK = re.compile(
    r"(datetime\.)?(datetime|date)\.(now|utcnow|today)|time\.(time|time_ns|localtime|gmtime|ctime)"
    r"|func\.(now|current_timestamp)|(email\.utils\.)?(formatdate|localtime)"
)


def test_nobody_but_the_transaction_commits() -> None:
    found = {
        (module, dotted(call.func))
        for module, _, call in nodes(ast.Call)
        if dotted(call.func).rpartition(".")[2] in ("commit", "rollback", "begin", "begin_nested")
        and module not in NO_DATABASE
    }
    assert found == {("forum/db.py", "session.commit"), ("forum/db.py", "session.rollback")}


def test_a_transaction_is_opened_only_by_doors_and_workers() -> None:
    doors = re.compile(
        r"forum/(web|cli|demo)/|forum/(work|housekeeping)\.py|forum/(search/indexing|moderation/lateness)\.py"
        r"|forum/splitting/(worker|course/steps|studio/proposing|looking_back/results)\.py"
        r"|mailgateway/(intake|listen|leasing|deliver|digest|bench_digests|bench_site|erasing|notices|retention|cli)\.py"
    )
    openers = {module for module, _, call in nodes(ast.Call) if dotted(call.func) == "transaction"}
    assert {module for module in openers if not doors.match(module)} <= {
        "forum/search/engine.py",
        "forum/search/whoosh_engine.py",
        "forum/search/postgresql_engine.py",
    }, "an action has opened a transaction; its door does"


def _imports_post(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "forum.threads.models"
        and any(alias.name == "Post" for alias in node.names)
        for node in ast.walk(tree)
    )


def test_only_named_modules_make_posts() -> None:
    makers = set()
    for module, _, call in nodes(ast.Call):
        name = dotted(call.func)
        makes = (name == "Post" and _imports_post(modules()[module])) or name.endswith("models.Post")
        inserts = name.rpartition(".")[2] in ("insert", "bulk_insert_mappings", "bulk_save_objects") and any(
            dotted(argument) in ("Post", "Post.__table__") for argument in call.args
        )
        if makes or inserts:
            makers.add(module)
    for module, _, literal in nodes(ast.Constant):
        if re.search(r"insert\s+into\s+post\b", constant(literal) or "", re.IGNORECASE):
            makers.add(module)
    assert makers == set(POST_MAKERS)


def test_publishing_is_called_only_by_posting() -> None:
    callers = {module for module, _, call in nodes(ast.Call) if dotted(call.func) in ("publish", "publish_held")}
    assert callers == {
        "forum/posting/submit.py",
        "forum/posting/held.py",
        "forum/posting/resubmit.py",
        "forum/posting/elsewhere.py",
        "forum/moderation/actions.py",
    }


def test_who_wrote_a_post_is_read_only_by_named_functions() -> None:
    readers = {
        (module, function)
        for module, function, attribute in nodes(ast.Attribute)
        if attribute.attr == "author_id" and dotted(attribute.value) not in NOT_A_POST
    }
    assert readers == set(AUTHOR_READERS)


# Who writes under a pseudonym is known to one module. Who asks it a question that has a name for an answer stands here.
SEAL_READERS = {
    ("forum/posting/anonymous.py", "author_of"): "the author's own standing, rights and notices",
    ("forum/moderation/unsealing.py", "name_behind"): "two owners together, with a reason",
}


def test_only_one_module_knows_who_writes_under_a_pseudonym() -> None:
    named = {
        module
        for module, tree in modules().items()
        for node in ast.walk(tree)
        if (isinstance(node, ast.alias) and node.name == "Pseudonym")
        or (isinstance(node, ast.Constant) and node.value == "pseudonym")
    }
    assert named == {"forum/threads/sealed.py", "forum/threads/models.py"}
    asked = {
        (module, function)
        for module, function, attribute in nodes(ast.Attribute)
        if attribute.attr in ("addressee", "broken_open")
    }
    assert asked == set(SEAL_READERS)


def test_only_the_clock_asks_for_the_time() -> None:
    found = {
        f"{module}:{call.lineno} {dotted(call.func)}"
        for module, _, call in nodes(ast.Call)
        if CLOCK.fullmatch(dotted(call.func)) and module != "forum/clock.py"
    }
    assert not found


def test_only_settings_and_the_commands_read_the_environment() -> None:
    """The supervisor and the benchmarks pass it on to processes of their own."""
    found = {
        module
        for module, _, attribute in nodes(ast.Attribute)
        if dotted(attribute) in ("os.environ", "os.getenv", "os.putenv")
    }
    assert found <= {
        "forum/settings.py",
        "forum/cli/supervisor.py",
        "forum/cli/bench.py",
        "forum/cli/bench_split.py",
        "mailgateway/bench_site.py",
    }


# Written in two pieces, so that this file does not find itself.
FOREIGN = re.compile(
    "|".join(
        first + second
        for first, second in (
            ("/wo", "rk/"),
            ("/ro", "ot/"),
            (r"/ho", r"me/(?!you\b)"),
            ("/Us", "ers/"),
            (r"\.lib", "rary/"),
            (r"\.\./sha", "red"),
            ("pypi", r"\.org"),
            ("python", r"hosted\.org"),
            ("/tm", r"p/(?!banyan)\w"),
        )
    )
)
NOT_OURS = {".git", ".venv", "var", "dist", "build", "__pycache__", "node_modules"}


def _tree(folder: Path = ROOT) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name in NOT_OURS or path.name.endswith(("_cache", ".egg-info", ".hypothesis")):
            continue
        if path.is_dir():
            yield from _tree(path)
        elif path.is_file():
            yield path


def test_the_tree_names_no_path_or_tool_of_the_machine_where_it_was_written() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {match[0]}"
        for path in _tree()
        for number, line in enumerate(path.read_bytes().decode("utf-8", "replace").splitlines(), 1)
        if (match := FOREIGN.search(line))
    ]
    assert not found


def test_a_module_opens_with_its_one_job() -> None:
    assert not [name for name, tree in modules().items() if not ast.get_docstring(tree)]


def test_there_is_no_room_for_odds_and_ends() -> None:
    odd = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc", "lib"}
    assert not {name for name in modules() if odd & set(Path(name).with_suffix("").parts)}
