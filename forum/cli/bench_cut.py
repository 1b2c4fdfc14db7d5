"""`banyan bench cut`: whether the cut agrees with the units of organisations better than plain Leiden does."""

import json
from collections.abc import Mapping

import click

# Of about 1,000 people: sparse and dense mail, few and many units, sizes alike and far apart, units near and far.
_KINDS: Mapping[str, Mapping[str, float]] = {
    "usual": {},
    "sparse": {"ties": 6_000},
    "dense": {"ties": 40_000},
    "few units": {"units": 12},
    "many units": {"units": 80},
    "even sizes": {"uneven": 0.2},
    "far apart": {"apart": 3.0},
    "close together": {"apart": 0.7},
}
_USUAL: Mapping[str, float] = {"units": 42, "ties": 16_000, "apart": 1.5, "uneven": 0.9}
_PLAIN_RUNS = 5


@click.command("cut", epilog="Example: banyan bench cut --each 3")
@click.option("--each", type=click.IntRange(1), default=3, show_default=True, help="Organisations of each kind.")
@click.option("--people", type=click.IntRange(100), default=1005, show_default=True)
@click.option("--seed", default=1, show_default=True)
def cut_bench(each: int, people: int, seed: int) -> None:
    """Cut made-up organisations with known units, and print how well that agrees beside five runs of plain Leiden.

    `agreement` and `plain` are adjusted Rand indices; `kept` the ties kept for each that plain Leiden keeps, beside
    the mean of its runs and beside the one that keeps most; `better` how many of the organisations agree better than
    the best of its runs.
    """
    kinds = {name: _measure(each, seed, {**_USUAL, "people": people, **kind}) for name, kind in _KINDS.items()}
    click.echo(json.dumps({"bench": "cut", "people": people, "each": each, "kinds": kinds}))


def _measure(each: int, seed: int, kind: Mapping[str, float]) -> Mapping[str, float]:
    # Counting needs numpy, which no other command should load.
    import numpy as np

    from forum.splitting.cut.agreement import adjusted_rand_index
    from forum.splitting.cut.cut import cut
    from forum.splitting.cut.leiden import leiden
    from forum.splitting.cut.organisations import organisation
    from forum.splitting.cut.quality import share_kept

    found, plain, beside_mean, beside_most, better = [], [], [], [], 0
    for number in range(each):
        graph, units = organisation(
            seed + number,
            people=int(kind["people"]),
            units=int(kind["units"]),
            ties=int(kind["ties"]),
            apart=kind["apart"],
            uneven=kind["uneven"],
        )
        runs = [leiden(graph, resolution=1.0, seed=900 + run) for run in range(_PLAIN_RUNS)]
        taken = cut(graph, seed=seed)
        kept = [share_kept(graph, labels) for labels in runs]
        agreements = [adjusted_rand_index(labels, units) for labels in runs]
        found.append(adjusted_rand_index(taken.labels, units))
        plain.append(float(np.mean(agreements)))
        beside_mean.append(taken.kept / float(np.mean(kept)))
        beside_most.append(taken.kept / max(kept))
        better += found[-1] > max(agreements)
    return {
        "agreement": round(float(np.mean(found)), 3),
        "plain": round(float(np.mean(plain)), 3),
        "better": better,
        "kept": round(float(np.mean(beside_mean)), 3),
        "kept_least": round(min(beside_mean), 3),
        "kept_beside_most": round(min(beside_most), 3),
    }
