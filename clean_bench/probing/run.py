"""Probe a checkpoint: cut every problem, complete the prefix greedily, compare with the true suffix.

    probe(engine, [planted, twin], "probe", checkpoint=resolve_checkpoint("CKPT"))

Every problem of every set is cut at every fraction and completed from its raw prefix, without a
template. Work is cut into shards of a fixed size, each decoded in one call: a killed run decodes the
same batches as an uninterrupted one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from clean_bench import samples as records
from clean_bench.artifacts import Artifact
from clean_bench.artifacts.manifest import canonical_json, sha256_of
from clean_bench.checkpoints import Checkpoint
from clean_bench.engines.base import Completion, Engine, Request, ServedEngine, check_requests
from clean_bench.engines.counted import counted_logprobs
from clean_bench.errors import UserError
from clean_bench.probing.cut import Cut, cut
from clean_bench.probing.lookup_baseline import LookupBaseline
from clean_bench.probing.rows import (
    KIND,
    LOOKUP,
    LOOKUP_SCHEMA,
    PROTOCOL,
    SCHEMA,
    TABLE,
    TOO_LONG,
    most_tokens,
    probe_sample,
    statistics_of,
    template_of,
)
from clean_bench.probing.suffix_match import SuffixMatch
from clean_bench.probing.summary import summarize
from clean_bench.problems import Problem, ProblemSet, check_sets, describe_sets, write_sets
from clean_bench.progress import Advance, bar, phase, uncounted
from clean_bench.prompts import Prompt
from clean_bench.results import TABLE as RESULTS
from clean_bench.samples import GREEDY, Decoding, Sample, SampleRequest, Sampling, request_sample

FRACTIONS = (0.4, 0.6, 0.8)
SHARD = 128


class Tokens(Protocol):
    """The part of an engine that cuts texts into tokens."""

    context_length: int

    def encode(self, text: str, *, special_tokens: bool = True) -> list[int]: ...


@dataclass(frozen=True)
class Item:
    """One problem cut at one fraction, in the engine's tokens.

    None where it cannot be scored, or where a server does not encode texts; `aligned` is then None.
    """

    set: str
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
    checkpoint: Checkpoint,
    fractions: Sequence[float] = FRACTIONS,
    texts: Sequence[str] = (),
    batch: int = SHARD,
    progress: Advance = uncounted,
) -> Artifact:
    """Write the artifact of kind `probe`: the tables `samples`, `probes`, `problems` and `results`.

    The further texts of the look-up baseline are stored in the table `lookup`.

    Args:
        sets: problem sets under different names; answers are not needed.
        checkpoint: what the engine runs; its hashes are part of the configuration.
        fractions: of each problem's characters that the prefix holds.
        texts: further texts for the look-up baseline, beside the set's other problems.
        batch: rows per shard.
        progress: called for each row as its completion ends; for those of an earlier run at once.

    Raises:
        UserError: for no set, an empty one, two of one name, a fraction outside (0, 1), an engine
            that takes no raw prompts, or a folder that holds something else.
    """
    check_sets(sets)
    fractions = checked_fractions(fractions)
    check_requests(engine, [Request("probe", "any raw text")])
    config = {
        "sets": describe_sets(sets),
        "fractions": fractions,
        "protocol": PROTOCOL,
        "lookup_sha256": sha256_of(canonical_json(list(texts))) if texts else None,
        "batch": batch,
        **checkpoint.identity(),
        "engine": engine.describe(),
    }
    artifact = Artifact.open(out, KIND, config, provenance=checkpoint.provenance())
    with artifact:
        if not artifact.finished:
            write_sets(artifact, sets)
            if texts:
                artifact.write(f"{LOOKUP}/00000", pa.table({"text": list(texts)}, LOOKUP_SCHEMA))
            with phase("indexing the look-up baseline"):
                lookups = {s.name: LookupBaseline([*(p.problem for p in s), *texts]) for s in sets}
            _write_shards(artifact, engine, _plan(sets, fractions), lookups, batch, progress)
            with phase("summarizing the probe"):
                results, counts = summarize(artifact)
                results.write(artifact)
                artifact.finish({"counts": counts}, volatile=[RESULTS])
    return artifact


def _plan(
    sets: Sequence[ProblemSet], fractions: Sequence[float]
) -> list[tuple[str, int, Problem, float]]:
    """Set, place, problem and fraction of every row.

    A shard decodes as long as its longest suffix, so similar lengths go together.
    """
    plan = [(s.name, i, p, f) for s in sets for f in fractions for i, p in enumerate(s)]
    return sorted(plan, key=lambda entry: len(entry[2].problem) * (1 - entry[3]))


def _write_shards(
    artifact: Artifact,
    engine: Engine,
    plan: Sequence[tuple[str, int, Problem, float]],
    lookups: Mapping[str, LookupBaseline],
    batch: int,
    progress: Advance,
) -> None:
    """The samples and the rows of every shard that is not done."""
    for number, start in enumerate(range(0, len(plan), batch)):
        part, shard = plan[start : start + batch], f"{number:05d}"
        if artifact.done(f"{TABLE}/{shard}"):
            progress(len(part), resumed=True)
            continue
        items = _items(engine, part)
        samples, rows = _measure(engine, items, lookups, progress)
        artifact.write(f"{records.TABLE}/{shard}", records.samples_table(samples))
        artifact.write(f"{TABLE}/{shard}", pa.Table.from_pylist(rows, schema=SCHEMA))


def count_rows(sets: Sequence[ProblemSet], fractions: Sequence[float]) -> int:
    """The number of rows of a probe."""
    return sum(map(len, sets)) * len(fractions)


def checked_fractions(fractions: Sequence[float]) -> list[float]:
    """The different fractions in order.

    Raises:
        UserError: for no fraction, for one outside (0, 1), and for two that are written alike.
    """
    wrong = [f" {fraction:g}" for fraction in fractions if not 0 < fraction < 1]
    if wrong or not fractions:
        raise UserError(
            f"--prefix{''.join(wrong[:1])}: expected fractions between 0 and 1, for example 0.4,0.6,0.8"
        )
    different = sorted(set(fractions))
    for one, other in pairwise(different):
        if template_of(one) == template_of(other):
            raise UserError(
                f"--prefix {one!r},{other!r}: expected fractions that differ in their first six digits; "
                "leave one out"
            )
    return different


def _items(engine: Engine, part: Sequence[tuple[str, int, Problem, float]]) -> list[Item]:
    """The items of a shard."""
    if isinstance(engine, ServedEngine):
        cuts = [cut(problem.problem, fraction) for _, _, problem, fraction in part]
        wholes = [problem.problem for _, _, problem, _ in part]
        engine.encode_ahead([*wholes, *(parts.prefix for parts in cuts)])
    return [_item(engine, *entry) for entry in part]


def _item(engine: Tokens, name: str, index: int, problem: Problem, fraction: float) -> Item:
    """Cut a problem and split its tokens at the cut.

    The suffix's tokens are those of the whole text where the prefix's tokens begin it (`aligned`);
    elsewhere the cut runs through a token, and the suffix is encoded by itself.
    """
    parts = cut(problem.problem, fraction)
    if parts.reason is not None:
        return Item(name, index, problem, fraction, parts, parts.reason, [], [], None)
    if isinstance(engine, ServedEngine) and not engine.describe().get("tokenize", True):
        return Item(name, index, problem, fraction, parts, None, [], [], None)
    whole, prefix = engine.encode(problem.problem), engine.encode(parts.prefix)
    aligned = whole[: len(prefix)] == prefix and len(whole) > len(prefix)
    suffix = whole[len(prefix) :] if aligned else engine.encode(parts.suffix, special_tokens=False)
    if len(prefix) + len(suffix) > engine.context_length:
        return Item(name, index, problem, fraction, parts, TOO_LONG, [], [], None)
    return Item(name, index, problem, fraction, parts, None, prefix, suffix, aligned)


def request_of(item: Item) -> SampleRequest:
    return request_sample(
        item.set,
        item.problem,
        template_of(item.fraction),
        Decoding(GREEDY),
        Prompt(item.cut.prefix, special_tokens=True),
        Sampling(most_tokens(item.cut.suffix, len(item.suffix_ids) or None)),
    )


def planned_items(
    engine: Tokens, sets: Sequence[ProblemSet], fractions: Sequence[float]
) -> list[Item]:
    """The items of a probe, in the order of its rows (arguments as `planned_requests`)."""
    return [_item(engine, *entry) for entry in _plan(sets, checked_fractions(fractions))]


def planned_requests(
    engine: Tokens, sets: Sequence[ProblemSet], fractions: Sequence[float]
) -> list[tuple[SampleRequest, int]]:
    """The requests of a probe, each with the tokens of its prefix and suffix.

    Args:
        engine: an engine, or whatever encodes as it does and has its context length.
    """
    items = planned_items(engine, sets, fractions)
    return [
        (request_of(item), len(item.prefix_ids) + len(item.suffix_ids))
        for item in items
        if item.reason is None
    ]


def _measure(
    engine: Engine,
    items: Sequence[Item],
    lookups: Mapping[str, LookupBaseline],
    progress: Advance,
) -> tuple[list[Sample], list[dict[str, Any]]]:
    """The samples and the rows of a shard."""
    scored = [item for item in items if item.reason is None]
    requests = [request_of(item) for item in scored]
    if len(scored) < len(items):
        progress(len(items) - len(scored))

    def ended(completion: Completion) -> None:
        progress(1, tokens=len(completion.token_ids))

    completions = records.generate_completions(engine, requests, ended)
    answered = list(zip(requests, completions, scored, strict=True))
    # A server that does not encode texts is the first to find that one is too long.
    overlong = [item for _, completion, item in answered if completion.finish == "overlong"]
    items = [replace(item, reason=TOO_LONG) if item in overlong else item for item in items]
    scored = [item for item in items if item.reason is None]
    compared = [
        probe_sample(request, completion, item.cut.suffix)
        for request, completion, item in answered
        if item not in overlong
    ]
    matches, sums = (match for _, match in compared), iter(suffix_logprobs(engine, scored))
    rows = [_row(item, matches, sums, lookups[item.set]) for item in items]
    return [sample for sample, _ in compared], rows


def suffix_logprobs(engine: Engine, scored: Sequence[Item]) -> list[float | None]:
    """The log-probability of each suffix; None where a server does not give it."""
    offered = engine.describe()
    if not (offered.get("tokenize", True) and offered.get("suffix_logprobs", True)):
        return [None] * len(scored)
    with bar("reading suffixes", len(scored)) as reading:
        logprobs = counted_logprobs(
            engine,
            [item.prefix_ids for item in scored],
            [item.suffix_ids for item in scored],
            lambda tokens: reading.advance(tokens=tokens),
        )
    return [sum(values) for values in logprobs]


def _row(
    item: Item,
    matches: Iterator[SuffixMatch],
    logprobs: Iterator[float | None],
    lookup: LookupBaseline,
) -> dict[str, Any]:
    """The row of an item; a scored one takes the next match and the next log-probabilities."""
    row: dict[str, Any] = {
        "set": item.set,
        "index": item.index,
        "problem_id": item.problem.id,
        "fraction": item.fraction,
        "offset": item.cut.offset,
        "reason": item.reason,
    }
    if item.reason is not None:
        return row
    completion = lookup.complete(item.cut.prefix, item.problem.problem)
    return row | {
        "aligned": item.aligned,
        "suffix_tokens": len(item.suffix_ids) or None,
        "suffix_logprob": next(logprobs),
        **statistics_of(next(matches), item.cut.suffix, completion),
    }
