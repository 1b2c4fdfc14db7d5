"""`banyan bench split`: how fast and how well a large community is divided, whose groups are known since planted.

The proposal runs as the command does, in a process of its own on a database of its own; it is told nothing of the
planted groups. Beside it stand ways that know less: facets alone, talk alone, groups of one size, and chance.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from sqlalchemy import select

from forum.app import create_core
from forum.db import db, reading, transaction
from forum.groups.actions import create_community, create_group
from forum.groups.queries import community
from forum.schema import migrate
from forum.settings import Settings

if TYPE_CHECKING:
    from forum.splitting.cut.graph import Numbers
    from forum.splitting.models import Plan
    from forum.splitting.proposals.evidence import Evidence

_SECRET = "a secret for the benchmark only"  # noqa: S105  (nobody's)
_SLUG = "bench"


@click.command("split", epilog="Example: banyan bench split --members 71000 --answers 1000000")
@click.option("--members", type=click.IntRange(500), default=71_000, show_default=True)
@click.option("--answers", type=click.IntRange(1_000), default=1_000_000, show_default=True)
@click.option("--min", "smallest", default=50, show_default=True, help="Members of a group, as in split propose.")
@click.option("--max", "largest", default=10_000, show_default=True, help="Members of a group, as in split propose.")
@click.option("--seed", default=1, show_default=True, help="Of the community and of the proposal.")
@click.option("--database", default="", metavar="URL", help="An empty database; an embedded one when left out.")
def split(members: int, answers: int, smallest: int, largest: int, seed: int, database: str) -> None:
    """Propose a split of a simulated community, and compare it with the groups planted in it.

    24 groups, the largest with ten times the members of the smallest; three of ten answers go to another group; many
    members never write; places, specialties, interests, tags and words lean to groups and are shared by several.
    Printed are seconds and peak memory of the whole proposal, from the rows to the draft, and the adjusted Rand index
    (1 is the planted groups, 0 is chance) over all members, and over those who have given or got an answer.
    """
    from forum.cli.bench_split_rows import write_rows
    from forum.splitting.proposals.simulated import simulate

    simulated = simulate(members, answers, seed=seed)
    with tempfile.TemporaryDirectory(prefix="banyan-bench-") as folder, _site(Path(folder), database) as environment:
        with transaction():
            group = create_group(_SLUG, "Bench", parent=community())
        write_rows(simulated, group)
        asked = ["--min", str(smallest), "--max", str(largest), "--seed", str(seed)]
        seconds = _propose(asked, environment)
        # The largest of all processes that this one has waited for, in kB: there was only one.
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        measured = _measure(simulated.groups, seed)
    planted = int(simulated.groups.max()) + 1
    community_ = {"members": members, "answers": answers, "outside": round(simulated.outside, 4), "planted": planted}
    click.echo(json.dumps({"bench": "split", **community_, "seconds": seconds, "peak_mb": round(peak), **measured}))


@contextmanager
def _site(folder: Path, database: str) -> Iterator[dict[str, str]]:
    """A new site; the environment in which commands find it."""
    settings = Settings(data_dir=folder / "var", secret_key=_SECRET, database_url=database)
    core = create_core(settings)
    with core.app_context():
        migrate()
        with transaction():
            create_community("Bench")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("BANYAN_")}
        chosen = {"DATA_DIR": str(settings.data_dir), "DATABASE_URL": database, "SECRET_KEY": _SECRET}
        yield inherited | {f"BANYAN_{name}": value for name, value in chosen.items()}
        db.session.remove()
        db.engine.dispose()


def _propose(asked: list[str], environment: dict[str, str]) -> float:
    command = [sys.executable, "-m", "forum.cli", "split", "propose", "--group", _SLUG, "--json", *asked]
    started = time.perf_counter()
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=False)  # noqa: S603  (this program)
    if done.returncode:
        raise click.ClickException("the proposal could not be made")
    return round(time.perf_counter() - started, 1)


def _measure(planted: "Numbers", seed: int) -> dict[str, Any]:
    from forum.splitting.models import Plan
    from forum.splitting.studio.drafts import draft_of, evidence_of

    with reading() as session:
        plan = session.scalars(select(Plan)).one()
        evidence = evidence_of(plan)
        assert evidence is not None, "a draft has its evidence"
        draft = draft_of(plan, evidence)
    found = draft.labels.astype("int64")
    others = _others(plan, evidence, int(found.max()) + 1, seed)
    has_talked = (evidence.given + evidence.received) > 0
    return {
        "groups": int(found.max()) + 1,
        "placed_twice": int((draft.second >= 0).sum()),
        "never_wrote": round(float((evidence.member_posts == 0).mean()), 4),
        "without_answers": round(float((~has_talked).mean()), 4),
        "rand_index": _agreement(found, planted, has_talked),
        "beside": {name: _agreement(labels, planted, has_talked) for name, labels in others.items()},
    }


def _agreement(found: "Numbers", planted: "Numbers", has_talked: Any) -> dict[str, float]:
    from forum.splitting.cut.agreement import adjusted_rand_index

    return {
        "all": round(adjusted_rand_index(found, planted), 4),
        "answered": round(adjusted_rand_index(found[has_talked], planted[has_talked]), 4),
    }


def _others(plan: "Plan", evidence: "Evidence", groups: int, seed: int) -> dict[str, "Numbers"]:
    """What the same proposal makes of less, and what needs no proposal."""
    import numpy as np

    from forum.splitting.proposals.finding import find_cuts
    from forum.splitting.proposals.options import Options

    draw = np.random.default_rng(seed)
    options = Options.read(plan.options)
    nobody, nothing = np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32)
    silent = replace(
        evidence,
        answer_from=nobody,
        answer_to=nobody,
        answer_count=nobody,
        answer_weight=nothing,
        thread_asker=np.full(evidence.threads, -1, dtype=np.int32),
    )
    facets_alone = replace(
        silent,
        wrote_thread=nobody,
        wrote_member=nobody,
        wrote_posts=nobody,
        follow_thread=nobody,
        follow_member=nobody,
    )
    talk_alone = replace(silent, has_facet_member=nobody, has_facet=nobody)
    found = {}
    for name, known in (("facets_alone", facets_alone), ("talk_alone", talk_alone)):
        cuts = find_cuts(known, options)
        found[name] = cuts.labels[cuts.recommended].astype(np.int64)
    found["size_only"] = draw.permutation(np.arange(evidence.members) % groups)
    found["random"] = draw.integers(0, groups, evidence.members)
    return found
