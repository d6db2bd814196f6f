"""Everything that follows from stored samples: rows per completion, rows per problem, and results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clean_bench.artifacts import Artifact
from clean_bench.behaviors.divergence import kl_sums
from clean_bench.behaviors.features import KEY, SIDES, feature_rows
from clean_bench.behaviors.mutual_information import ProblemTexts, mutual_information
from clean_bench.behaviors.similarity import completion_similarity
from clean_bench.behaviors.source import (
    MODES,
    Part,
    StoredSamples,
    differing_settings,
    shared_problems,
)
from clean_bench.behaviors.summary import (
    behavior_results,
    divergence_results,
    information_results,
    similarity_results,
    transition_results,
)
from clean_bench.errors import UserError
from clean_bench.results import Result, Results, schema_of
from clean_bench.samples import GREEDY, SAMPLE, Sample, arrays

SIMILARITY = "similarity"
RESCORED = "rescored"
SIMILARITY_SCHEMA = schema_of(
    "set string, template string, step int32, mode string, problem_id string,"
    "across double, same double, within_before double, within_after double"
)
RESCORED_SCHEMA = pa.schema([*KEY, ("logprobs", pa.list_(pa.float32()))])
"""Log-probabilities of stored text under the reference checkpoint of `--with`."""

Row = dict[str, Any]
Rescored = tuple[tuple[Any, ...], npt.NDArray[np.float32]]
"""The key of a row of `RESCORED_SCHEMA` and its log-probabilities."""


@dataclass(frozen=True)
class Analysis:
    """Rows per completion, rows per problem, results and counts."""

    features: list[Row]
    similarity: list[Row]
    results: Results
    counts: dict[str, Any]


def sides_of(
    before: StoredSamples, after: StoredSamples | None
) -> tuple[dict[str, StoredSamples], list[dict[str, Any]]]:
    """`{"before": ..., "after": ...}` on shared problems, and counts of what was left out.

    Raises:
        UserError: as `shared_problems`.
    """
    if after is None:
        return {"before": before}, []
    kept, left_out = shared_problems(before, after)
    return {"before": before.only(kept), "after": after.only(kept)}, left_out


def key_of(side: str, part: Part, sample: Sample) -> tuple[Any, ...]:
    """The columns of `features.KEY` of a sample."""
    return (side, *part, sample.problem_id, sample.mode, sample.index)


def rescored_of(artifact: Artifact) -> Iterator[Rescored]:
    """The rows of the table `rescored`."""
    for table in artifact.tables(RESCORED):
        keys = zip(*(table[name].to_pylist() for name in KEY.names), strict=True)
        yield from zip(keys, arrays(table["logprobs"]), strict=True)


def analyze(
    before: StoredSamples, after: StoredSamples | None = None, rescored: Sequence[Rescored] = ()
) -> Analysis:
    """All results of one checkpoint's samples, or of two on the problems that they share.

    Args:
        rescored: the rows of `rescored_of`; none without a reference checkpoint.

    Raises:
        UserError: as `shared_problems`, and for a row of `rescored` that is of no sample.
    """
    sides, left_out = sides_of(before, after)
    features = {side: feature_rows(side, stored) for side, stored in sides.items()}
    similarity = _similarity_rows(sides["before"], sides["after"]) if after else []
    by_part = {side: _by_part(rows) for side, rows in features.items()}
    ratios = {side: _by_part(rows) for side, rows in _ratio_rows(sides, rescored).items()}
    similarities = _by_part(similarity)
    results: list[Result] = []
    counts: dict[str, Any] = {"completions": [], "pairs": [], "left_out": left_out}
    counts["differs"] = differing_settings(before, after) if after else {}
    for part in sides["before"].parts:
        heads = {side: _heads(side, stored, part, after) for side, stored in sides.items()}
        by_mode = {side: by_part[side][part] for side in sides}
        for side in sides:
            for mode, rows in by_mode[side].items():
                results += behavior_results(rows, heads[side][mode])
                counts["completions"].append(_counts(side, part, mode, rows))
        if after:
            of_part = similarities.get(part, {})
            for mode in of_part:
                two = heads["before"][mode], heads["after"][mode]
                old, new = (by_mode[side][mode] for side in SIDES)
                rows_of_pairs, of_pairs = transition_results(old, new, *two)
                results += [*rows_of_pairs, *similarity_results(of_part[mode], *two)]
                counts["pairs"].append({**part._asdict(), "mode": mode, **of_pairs})
            results += _same_tokens(sides, part, heads["after"][GREEDY])
        for side in sides:
            for mode, rows in ratios[side].get(part, {}).items():
                # KL(the checkpoint that wrote the text || the reference checkpoint of --with).
                head = heads[side][mode]._replace(versus="checkpoint=with")
                results += divergence_results(rows, head, greedy=mode == GREEDY)
            results += _information(sides, side, part, heads[side])
    rows = [row for of_side in features.values() for row in of_side]
    return Analysis(rows, similarity, Results(results), counts)


def _heads(
    side: str, stored: StoredSamples, part: Part, after: StoredSamples | None
) -> dict[str, Result]:
    """The identifying columns of a side's results, by mode."""
    head = stored.heads[part.set]
    head = head._replace(
        checkpoint=side if after else head.checkpoint, step=part.step, template=part.template
    )
    return {mode: head._replace(protocol=stored.protocol(mode)) for mode in MODES}


def _by_part(rows: Sequence[Row]) -> dict[Part, dict[str, list[Row]]]:
    """The rows of every part by mode, greedy first; modes without rows are left out."""
    parts: dict[Part, dict[str, list[Row]]] = {}
    for row in sorted(rows, key=lambda row: MODES.index(row["mode"])):
        by_mode = parts.setdefault(Part(row["set"], row["template"], row["step"]), {})
        by_mode.setdefault(row["mode"], []).append(row)
    return parts


def _counts(side: str, part: Part, mode: str, rows: Sequence[Row]) -> dict[str, Any]:
    return {
        "side": side,
        **part._asdict(),
        "mode": mode,
        "problems": len({row["problem_id"] for row in rows}),
        "completions": len(rows),
        "undecided": sum(row["score"] is None for row in rows),
    }


def _similarity_rows(before: StoredSamples, after: StoredSamples) -> list[Row]:
    rows: list[Row] = []
    for part, problems in before.parts.items():
        for mode in MODES:
            for problem, samples in problems.items():
                old = [sample for sample in samples if sample.mode == mode]
                new = [sample for sample in after.parts[part][problem] if sample.mode == mode]
                if not (old and new):
                    continue
                seeds = [sample.seed for sample in old], [sample.seed for sample in new]
                # Greedy decoding uses no random numbers; the seeds of other tools are not known.
                seeded = mode == SAMPLE and not (before.imported or after.imported)
                numbers = completion_similarity(
                    [before.text(sample) for sample in old],
                    [after.text(sample) for sample in new],
                    seeds if seeded else None,
                )
                known = {name: None if isnan(x) else x for name, x in numbers.items()}
                rows.append({**part._asdict(), "mode": mode, "problem_id": problem, **known})
    return rows


def _ratio_rows(
    sides: Mapping[str, StoredSamples], rescored: Sequence[Rescored]
) -> dict[str, list[Row]]:
    """Sums of log-ratios of every rescored sample, by side."""
    rows: dict[str, list[Row]] = {side: [] for side in sides}
    if not rescored:
        return rows
    samples = {
        key_of(side, part, sample): sample
        for side, stored in sides.items()
        for part, sample in stored.samples()
    }
    for key, logprobs in rescored:
        sample = samples.get(key)
        if sample is None:
            raise UserError(f"{RESCORED}: a row is of no sample that is compared")
        try:
            sums = kl_sums(sample.logprobs, logprobs)
        except ValueError as error:
            raise UserError(f"--with: {'/'.join(map(str, key))}: {error}") from None
        named = dict(zip(KEY.names, key, strict=True))
        rows[key[0]].append({**named, "compared": sums.tokens, "k1": sums.k1, "k3": sums.k3})
    return rows


def _same_tokens(sides: Mapping[str, StoredSamples], part: Part, head: Result) -> Iterator[Result]:
    """Log-ratio of greedy completions with the same tokens after the same prompt, without a model.

    They are the texts that training did not change, so this is no divergence of the checkpoints.
    """
    rows: list[Row] = []
    for problem, samples in sides["before"].parts[part].items():
        old = [sample for sample in samples if sample.mode == GREEDY]
        new = [s for s in sides["after"].parts[part][problem] if s.mode == GREEDY]
        for a, b in zip(old, new, strict=False):
            same = np.array_equal(a.token_ids, b.token_ids) and a.prompt == b.prompt
            if same and len(a.token_ids):
                sums = kl_sums(a.logprobs, b.logprobs)
                rows.append({"problem_id": problem, "compared": sums.tokens, "k1": sums.k1})
    if rows:
        head = head._replace(subset="same tokens", versus="checkpoint=before")
        yield from divergence_results(rows, head, greedy=True)


def _information(
    sides: Mapping[str, StoredSamples], side: str, part: Part, heads: Mapping[str, Result]
) -> Iterator[Result]:
    """The mutual information between problems and completions, with and without copying.

    A problem's completions are references and judged in turn, the greedy one first. With only one per
    problem, it is judged by the one before training. No row for fewer than two problems. The protocol is
    that of the sampled completions where there are any.
    """
    # Texts are without their forced beginnings, which the checkpoints did not write.
    stored, problems = sides[side], sides[side].parts[part]
    written = {name: [stored.text(s) for s in samples] for name, samples in problems.items()}
    prompts = {name: samples[0].prompt for name, samples in problems.items()}
    texts = [
        ProblemTexts(name, prompts[name], of_problem[::2], of_problem[1::2])
        for name, of_problem in written.items()
        if len(of_problem) > 1
    ]
    versus = None
    if len(texts) < 2 and side == "after":
        before, versus = sides["before"], "checkpoint=before"
        old = {name: [before.text(s) for s in before.parts[part][name]] for name in problems}
        texts = [ProblemTexts(name, prompts[name], old[name], new) for name, new in written.items()]
    if len(texts) >= 2:
        modes = {sample.mode for samples in problems.values() for sample in samples}
        head = heads[SAMPLE if SAMPLE in modes else GREEDY]._replace(versus=versus)
        yield from information_results(mutual_information(texts), head)
