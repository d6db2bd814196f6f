"""Check a problem set: rows made again, texts evaluated on their own, freshness recounted."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import zip_longest
from typing import Any

from clean_bench import problems as problem_sets
from clean_bench.artifacts import Artifact, Failure
from clean_bench.errors import UserError
from generators.family import Family
from generators.sets import DRAWS, draw_rows, draws_table, freshness_of, master_seed, plan_of


def verify_set(artifact: Artifact) -> Iterator[Failure]:
    """Every failure of an artifact of kind `problem-set`.

    A generated set (its configuration names a family) is drawn again from its configuration, row by
    row; every redraw that it records must have had its reason. Another set, such as an organism's
    benchmark, has nothing to be drawn from: its ids must be unique and its texts not empty.
    """
    if "family" in artifact.config:
        yield from _generated(artifact)
    else:
        if DRAWS in artifact.manifest["tables"] or "freshness" in artifact.metadata:
            yield Failure("manifest.json", "names no family, and the set was generated")
        yield from _given(artifact)


def _given(artifact: Artifact) -> Iterator[Failure]:
    seen: set[str] = set()
    for index, row in enumerate(_rows(artifact, problem_sets.TABLE)):
        if not row["problem"].strip():
            yield Failure(_name(index, row), "its problem is empty")
        if row["id"] in seen:
            yield Failure(_name(index, row), "an earlier row has this id")
        seen.add(row["id"])


def _generated(artifact: Artifact) -> Iterator[Failure]:
    config = artifact.config
    try:
        plan = plan_of(config)
        origin = config["origin"]
        master = master_seed(
            seed=origin.get("seed"), bind=origin.get("bind", ()), round_text=origin.get("round")
        )
    except (UserError, KeyError, TypeError, ValueError) as error:
        yield Failure("manifest.json", f"its configuration makes no set ({error})")
        return
    if master != plan.master:
        yield Failure("manifest.json", "the master seed does not follow from its origin")
    stored = zip_longest(_rows(artifact, problem_sets.TABLE), _rows(artifact, DRAWS))
    failed = False
    for index, ((problem, draw), row) in enumerate(
        zip_longest(stored, draw_rows(plan), fillvalue=(None, None))
    ):
        if isinstance(row, tuple) or problem is None or draw is None:
            yield Failure(f"row {index}", f"the set does not have {plan.count} rows in each table")
            return
        wanted = {
            **problem_sets.to_table([row.problem]).to_pylist()[0],
            **draws_table([row]).to_pylist()[0],
        }
        wrong = [key for key, value in wanted.items() if {**problem, **draw}.get(key) != value]
        if wrong or problem["id"] != draw["id"]:
            yield Failure(
                _name(index, problem), f"another {', '.join(wrong) or 'id'} is drawn there"
            )
        what = _misread(plan.family, problem)
        if what:
            yield Failure(_name(index, problem), what)
        failed |= bool(wrong or what)
    if not failed and artifact.metadata.get("freshness") != freshness_of(artifact, plan):
        yield Failure("manifest.json", "its freshness is not what the rows say")


def _misread(family: Family, row: dict[str, Any]) -> str | None:
    """What is wrong with the stored answer of a stored text, if anything."""
    try:
        value = family.evaluate(row["problem"])
        if value == Fraction(row["answer"]):
            return None
    except (ValueError, TypeError, ZeroDivisionError) as error:
        return f"its text or its answer cannot be read ({error})"
    return f"its text comes to {value}, and its answer says {row['answer']}"


def _rows(artifact: Artifact, table: str) -> Iterator[dict[str, Any]]:
    for shard in artifact.tables(table):
        yield from shard.to_pylist()


def _name(index: int, row: dict[str, Any]) -> str:
    return f"row {index} ({row['id']})"
