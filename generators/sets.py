"""Sets of fresh problems: which item stands in which row, and the folder that holds them.

Row i of a set is a function of (master seed, family, generator version, tier, split, i, redraw)
through SHAKE-256. The redraw counter starts at 0 and rises while the words stand for no valid item,
for one of the other split, or for a canonical form that an earlier row has; it is recorded, so that
any row can be made again without its predecessors (`item_at`), while `draw_rows` shows that no
redraw was without reason.

`train` and `eval` are disjoint whatever their seeds: one hash bit of the canonical form decides to
which of them it belongs. That halves what can be drawn, so it takes one bit from every item.

The folder is a problem set with a second table, `draws`, row by row beside `problems`: `redraws`,
how many of these were `duplicates`, `canonical` and `part_bits`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from clean_bench import problems as problem_sets
from clean_bench.artifacts import Artifact
from clean_bench.errors import UserError
from clean_bench.problems import Problem
from clean_bench.seeds import digest
from generators.family import Family, Item
from generators.freshness import Drawn, freshness
from generators.registry import family as family_named

SPLITS = ("all", "train", "eval")
DRAWS = "draws"
SHARD_ROWS = 10_000
_MOST_REDRAWS = 1_000_000
_DRAWS_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("redraws", pa.int32()),
        ("duplicates", pa.int32()),
        ("canonical", pa.string()),
        ("part_bits", pa.float64()),
    ]
)


def master_seed(
    *, seed: str | None = None, bind: Sequence[str] = (), round_text: str | None = None
) -> bytes:
    """The 32 bytes from which a whole set follows.

    Args:
        seed: any text, for a set that is reproducible and bound to nothing.
        bind: weights hashes (`clean_bench.checkpoints.weights_sha256`) instead; their order and
            repetitions do not matter.
        round_text: public randomness that was published after the weights were fixed.

    Raises:
        UserError: unless exactly one of `seed` and `bind` is given, or for a round without `bind`.
    """
    if (seed is None) == (not bind):
        raise UserError("give either a seed or checkpoints to bind the set to, and not both")
    if seed is not None:
        if round_text is not None:
            raise UserError(
                "a round is mixed into a set that is bound to checkpoints, not to a seed"
            )
        return digest("master", "seed", seed, length=32)
    labels = ("master", "bind", *sorted(set(bind)))
    if round_text is not None:
        labels = (*labels, "round", round_text)
    return digest(*labels, length=32)


@dataclass(frozen=True)
class Plan:
    """What fixes every row of a set."""

    family: Family
    low: int
    high: int
    count: int
    split: str
    master: bytes

    def tier(self, index: int) -> int:
        """The tier of a row: tiers take turns."""
        return self.low + index % (self.high - self.low + 1)

    def sizes(self) -> dict[int, int]:
        """How many rows each tier has."""
        whole, rest = divmod(self.count, self.high - self.low + 1)
        return {t: whole + (t - self.low < rest) for t in range(self.low, self.high + 1)}


@dataclass(frozen=True)
class Row:
    """A row of the set and how it was drawn."""

    problem: Problem
    canonical: str
    part_bits: float
    redraws: int
    duplicates: int


def plan_of(config: Mapping[str, Any]) -> Plan:
    """The plan that the configuration of a generated set stands for.

    Raises:
        UserError: if the family or this version of it is not known, or the values make no plan.
    """
    family = family_named(config["family"])
    if config["version"] != family.version:
        raise UserError(
            f"the set was made by version {config['version']} of {family.name}, and this is "
            f"version {family.version}"
        )
    low, high = config["steps"]
    plan = Plan(
        family, low, high, config["count"], config["split"], bytes.fromhex(config["master_seed"])
    )
    check(plan)
    return plan


def check(plan: Plan) -> None:
    """Raise `UserError` for a plan that no set can fulfil."""
    family, tiers = plan.family, plan.family.tiers
    if plan.low not in tiers or plan.high not in tiers or plan.low > plan.high:
        given = str(plan.low) if plan.low == plan.high else f"{plan.low}-{plan.high}"
        raise UserError(
            f"--steps {given}: {family.name} has tiers {tiers[0]} to {tiers[-1]}, "
            f"so give one of them or a rising range such as {tiers[0]}-{tiers[-1]}"
        )
    if plan.count < 1:
        raise UserError(f"--count {plan.count}: a set holds at least one problem")
    if plan.split not in SPLITS:
        raise UserError(f"--split {plan.split}: it is one of {', '.join(SPLITS)}")
    for tier, size in plan.sizes().items():
        if size <= 2 ** family.min_bits(tier):
            continue  # there are at least that many; to count them all can take seconds
        space = family.space(tier)
        if space is not None and size > space:
            raise UserError(
                f"--count {plan.count}: {size} problems of {tier} steps are wanted, and "
                f"{family.name} has {space} different ones"
            )


def split_of(family: Family, canonical: str) -> str:
    """To which split a canonical form belongs, whatever the seed: "train" or "eval"."""
    return ("train", "eval")[digest("split", family.name, canonical, length=1)[0] & 1]


def item_at(plan: Plan, index: int, redraw: int) -> Item | None:
    """What one draw for a row stands for, made without its predecessors.

    None where the draw is invalid or belongs to the other split.
    """
    family, tier = plan.family, plan.tier(index)
    words = digest(
        "item", plan.master, family.name, family.version, tier, plan.split, index, redraw,
        length=family.random_bytes,
    )  # fmt: skip
    item = family.make(words, tier)
    if item is None or plan.split in ("all", split_of(family, item.canonical)):
        return item
    return None


def draw_rows(plan: Plan, start: int = 0, seen: set[str] | None = None) -> Iterator[Row]:
    """The rows of a set in order.

    Args:
        plan: what to draw.
        start: the first row to draw.
        seen: the canonical forms of the rows before it; it is added to.

    Raises:
        UserError: if a row finds no new item (a tier is exhausted).
    """
    seen = set() if seen is None else seen
    for index in range(start, plan.count):
        duplicates = 0
        for redraw in range(_MOST_REDRAWS):
            item = item_at(plan, index, redraw)
            if item is None:
                continue
            if item.canonical not in seen:
                break
            duplicates += 1
        else:
            have = Counter(map(plan.tier, range(index)))[plan.tier(index)]
            raise UserError(
                f"--count {plan.count}: after {have} different problems of {plan.tier(index)} "
                f"steps {_MOST_REDRAWS} draws found no other; ask for fewer or for more steps"
            )
        seen.add(item.canonical)
        yield _row(plan, index, item, redraw, duplicates)


def _row(plan: Plan, index: int, item: Item, redraws: int, duplicates: int) -> Row:
    family, tier = plan.family, plan.tier(index)
    problem = Problem(
        id=f"{family.name}/{plan.split}/{tier}/{index:06d}",
        problem=item.problem,
        answer=item.answer,
        solution=item.solution,
        level=str(tier),
        family=family.name,
        steps=tier,
        bits=_rounded_down(item.bits - (plan.split != "all")),
        source=f"{family.name} version {family.version}, row {index}",
    )
    return Row(problem, item.canonical, _rounded_down(item.part_bits), redraws, duplicates)


def _rounded_down(bits: float) -> float:
    """To 1e-6, so that the last place of a logarithm, which differs by machine, is no identity."""
    return math.floor(bits * 1e6) / 1e6


def generate(
    family_name: str,
    steps: tuple[int, int],
    count: int,
    *,
    master: bytes,
    origin: Mapping[str, Any],
    out: str | Path,
    split: str = "all",
    progress: Callable[[int], None] | None = None,
) -> Artifact:
    """Write a set of fresh problems; a set that was begun is continued, a finished one is returned.

    Args:
        family_name: a name in `generators.registry.FAMILIES`.
        steps: lowest and highest tier; they take turns.
        count: rows in all.
        master: what `master_seed` gave.
        origin: how: `{"seed": TEXT}`, or `{"bind": [weights sha256, ...]}` with `"round": TEXT`
            where there is one. `"names"`, what the checkpoints were called, goes to the provenance.
        out: the folder.
        split: "all", or one of the disjoint halves "train" and "eval".
        progress: called with the number of rows that were just done.

    Raises:
        UserError: for an unknown family, tiers it does not have, more problems than exist, or a
            folder that holds something else.
    """
    plan = Plan(family_named(family_name), *steps, count, split, master)
    check(plan)
    config = {
        "family": family_name,
        "version": plan.family.version,
        "steps": list(steps),
        "count": count,
        "split": split,
        "master_seed": master.hex(),
        "origin": {key: value for key, value in origin.items() if key != "names"},
    }
    artifact = Artifact.open(
        out, problem_sets.KIND, config, provenance={"names": list(origin.get("names", []))}
    )
    with artifact:
        if not artifact.finished:
            _write(artifact, plan, progress or (lambda rows: None))
            artifact.finish({"freshness": freshness_of(artifact, plan)})
    return artifact


def _write(artifact: Artifact, plan: Plan, progress: Callable[[int], None]) -> None:
    seen: set[str] = set()
    for shard, start in enumerate(range(0, plan.count, SHARD_ROWS)):
        problems_name, draws_name = (f"{t}/{shard:05d}" for t in (problem_sets.TABLE, DRAWS))
        if artifact.done(problems_name):
            # A shard of `problems` is written after its draws: both are there.
            draws = pq.read_table(artifact.folder / f"{draws_name}.parquet", partitioning=None)
            seen.update(draws.column("canonical").to_pylist())
            progress(min(SHARD_ROWS, plan.count - start))
            continue
        rows = []
        for row in islice(draw_rows(plan, start, seen), SHARD_ROWS):
            rows.append(row)
            progress(1)
        artifact.write(draws_name, draws_table(rows))
        artifact.write(problems_name, problem_sets.to_table(row.problem for row in rows))


def draws_table(rows: Sequence[Row]) -> pa.Table:
    """The `draws` of rows."""
    return pa.Table.from_pylist(
        [{**asdict(row), "id": row.problem.id} for row in rows], schema=_DRAWS_SCHEMA
    )


def freshness_of(artifact: Artifact, plan: Plan) -> dict[str, Any]:
    """What the rows of a set's folder say about its freshness."""
    tables = zip(artifact.tables(problem_sets.TABLE), artifact.tables(DRAWS), strict=True)
    drawn = (
        Drawn(p["steps"], p["bits"], d["part_bits"], p["answer"], d["redraws"], d["duplicates"])
        for problems, draws in tables
        for p, d in zip(problems.to_pylist(), draws.to_pylist(), strict=True)
    )
    floors = {t: plan.family.min_bits(t) - (plan.split != "all") for t in plan.sizes()}
    return freshness(drawn, floors, artifact.config["origin"])
