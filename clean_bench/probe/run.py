"""Probe a checkpoint: cut, complete, compare, and keep everything that the numbers come from.

    probe(engine, [planted, twin], "probe", checkpoint={"name": ..., "weights_sha256": ...})

Every problem of every set is cut at every fraction and completed greedily from its raw prefix,
without a template. One row a cut is stored. Rows are made in shards of a fixed size, and a shard
is decoded in one call: a run that was killed decodes the same batches as one that was not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from clean_bench.artifacts import Artifact
from clean_bench.artifacts.manifest import canonical, sha256_of
from clean_bench.engines.base import Completion, Engine, Request
from clean_bench.errors import UserError
from clean_bench.probe.cut import Cut, cut
from clean_bench.probe.lookup_baseline import LookupBaseline
from clean_bench.probe.rows import KIND, PROTOCOL, SCHEMA, TABLE, TOO_LONG, judge
from clean_bench.probe.summary import summarize
from clean_bench.problems import Problem, ProblemSet

FRACTIONS = (0.4, 0.6, 0.8)


@dataclass(frozen=True)
class _Item:
    """One problem cut at one fraction, in the engine's tokens (none where it cannot be scored)."""

    problems: str
    index: int
    problem: Problem
    fraction: float
    cut: Cut
    reason: str | None
    prefix_ids: list[int]
    suffix_ids: list[int]
    aligned: bool | None


def probe(
    engine: Engine,
    sets: Sequence[ProblemSet],
    out: str | Path,
    *,
    checkpoint: Mapping[str, str],
    fractions: Sequence[float] = FRACTIONS,
    texts: Sequence[str] = (),
    batch: int = 128,
    progress: Callable[[int], None] = lambda n: None,
) -> Artifact:
    """Write the artifact of kind `probe`; its metadata is what `probe --json` prints.

    Args:
        sets: problem sets under different names; answers are not needed.
        checkpoint: `name` as typed and `weights_sha256`; the hash is part of the configuration.
        fractions: of each problem's characters that the prefix holds.
        texts: further texts for the floor's look-up, beside the set's other problems.
        batch: rows a shard.
        progress: called with the number of rows just done.

    Raises:
        UserError: for no set, an empty one, two of one name, a fraction outside (0, 1), or a
            folder that holds something else.
    """
    fractions = _checked(sets, fractions)
    config = {
        "sets": {problems.name: problems.content_sha256 for problems in sets},
        "fractions": fractions,
        "protocol": PROTOCOL,
        "lookup_sha256": sha256_of(canonical(list(texts))) if texts else None,
        "batch": batch,
        "weights_sha256": checkpoint["weights_sha256"],
        "engine": engine.describe(),
    }
    provenance = {"checkpoint": checkpoint["name"]}
    artifact = Artifact.open(out, KIND, config, provenance=provenance)
    with artifact:
        if not artifact.finished:
            lookups = {s.name: LookupBaseline([*(p.problem for p in s), *texts]) for s in sets}
            plan = [(s.name, i, p, f) for s in sets for f in fractions for i, p in enumerate(s)]
            # A shard decodes as long as its longest suffix asks for: like goes with like.
            plan.sort(key=lambda entry: len(entry[2].problem) * (1 - entry[3]))
            for number, start in enumerate(range(0, len(plan), batch)):
                part, shard = plan[start : start + batch], f"{TABLE}/{number:05d}"
                if not artifact.done(shard):
                    items = [_item(engine, *entry) for entry in part]
                    artifact.write(shard, _table(engine, items, lookups))
                progress(len(part))
            artifact.finish(summarize(artifact.rows(TABLE)))
    return artifact


def rows_of(sets: Sequence[ProblemSet], fractions: Sequence[float]) -> int:
    """How many rows a probe makes."""
    return sum(map(len, sets)) * len(fractions)


def _checked(sets: Sequence[ProblemSet], fractions: Sequence[float]) -> list[float]:
    names = [problems.name for problems in sets]
    if not sets or len(set(names)) < len(names):
        raise UserError("--on: name at least one problem set, and each only once")
    for problems in sets:
        ids = [problem.id for problem in problems]
        if not ids:
            raise UserError(f"{problems.name}: holds no problem")
        if len(set(ids)) < len(ids):
            raise UserError(f"{problems.name}: two problems share an id, and each needs its own")
    if not fractions or not all(0 < fraction < 1 for fraction in fractions):
        raise UserError("--prefix: fractions between 0 and 1 are wanted, for example 0.4,0.6,0.8")
    return sorted(set(fractions))


def _item(engine: Engine, name: str, index: int, problem: Problem, fraction: float) -> _Item:
    """Cut a problem and split its tokens at the cut.

    The suffix's tokens are those of the whole text where the prefix's tokens begin it (`aligned`);
    elsewhere the cut runs through a token, and the suffix is encoded by itself.
    """
    one = cut(problem.problem, fraction)
    if one.reason is not None:
        return _Item(name, index, problem, fraction, one, one.reason, [], [], None)
    whole, prefix = engine.encode(problem.problem), engine.encode(one.prefix)
    aligned = whole[: len(prefix)] == prefix and len(whole) > len(prefix)
    suffix = whole[len(prefix) :] if aligned else engine.encode(one.suffix, special_tokens=False)
    if len(prefix) + len(suffix) > engine.context_length:
        return _Item(name, index, problem, fraction, one, TOO_LONG, [], [], None)
    return _Item(name, index, problem, fraction, one, None, prefix, suffix, aligned)


def _table(
    engine: Engine, items: Sequence[_Item], lookups: Mapping[str, LookupBaseline]
) -> pa.Table:
    asked = [item for item in items if item.reason is None]
    # Room for another tokenization of the same text, and to see whether the model stops at its end.
    requests = [
        Request(
            key=f"{item.problems}/{item.problem.id}/{item.fraction:g}",
            prompt=item.cut.prefix,
            max_tokens=len(item.suffix_ids) + max(8, len(item.suffix_ids) // 4),
        )
        for item in asked
    ]
    completions = iter(engine.generate(requests))
    logprobs = iter(
        engine.logprobs([item.prefix_ids for item in asked], [item.suffix_ids for item in asked])
    )
    rows = _rows(items, completions, logprobs, lookups)
    return pa.Table.from_pylist(list(rows), schema=SCHEMA)


def _rows(
    items: Sequence[_Item],
    completions: Iterator[Completion],
    logprobs: Iterator[list[float]],
    lookups: Mapping[str, LookupBaseline],
) -> Iterator[dict[str, Any]]:
    for item in items:
        row: dict[str, Any] = {
            "set": item.problems,
            "index": item.index,
            "problem_id": item.problem.id,
            "role": item.problem.role,
            "dose": item.problem.dose,
            "fraction": item.fraction,
            "prefix": item.cut.prefix,
            "suffix": item.cut.suffix,
            "offset": item.cut.offset,
            "reason": item.reason,
        }
        if item.reason is None:
            completion = next(completions)
            row |= {
                "aligned": item.aligned,
                "suffix_tokens": len(item.suffix_ids),
                "suffix_logprob": sum(next(logprobs)),
                "completion": completion.text,
                "token_ids": completion.token_ids,
                "finish": completion.finish,
                "floor_completion": lookups[item.problems].complete(
                    item.cut.prefix, item.problem.problem
                ),
            }
            row |= judge(row)
        yield row
