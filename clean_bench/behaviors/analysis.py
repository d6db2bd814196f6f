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
from clean_bench.results import Result, Results
from clean_bench.samples import GREEDY, SAMPLE, Sample, arrays

SIMILARITY = "similarity"
RESCORED = "rescored"
SIMILARITY_SCHEMA = pa.schema(
    [
        ("set", pa.string()),
        ("template", pa.string()),
        ("step", pa.int32()),
        ("mode", pa.string()),
        ("problem_id", pa.string()),
        *((name, pa.float64()) for name in ("across", "same", "within_before", "within_after")),
    ]
)
RESCORED_SCHEMA = pa.schema([*KEY, ("logprobs", pa.list_(pa.float32()))])
"""Log-probabilities of stored text under the reference checkpoint of `--with`."""

Row = dict[str, Any]
Rescored = tuple[tuple[Any, ...], npt.NDArray[np.float32]]
"""The key of a row of `RESCORED_SCHEMA` and its log-probabilities."""
Problems = Mapping[str, Sequence[Sample]]


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
    ratios = _ratio_rows(sides, rescored)
    results: list[Result] = []
    completions: list[dict[str, Any]] = []
    pairs: list[dict[str, Any]] = []
    for part in sides["before"].parts:
        heads = {side: _heads(side, stored, part, after) for side, stored in sides.items()}
        by_mode = {side: _of_part(features[side], part) for side in sides}
        for side, stored in sides.items():
            for mode, rows in by_mode[side].items():
                results += behavior_results(rows, heads[side][mode])
                undecided = sum(row["score"] is None for row in rows)
                completions.append(
                    {
                        "side": side,
                        **part._asdict(),
                        "mode": mode,
                        "problems": len(stored.parts[part]),
                        "completions": len(rows),
                        "undecided": undecided,
                    }
                )
        if after:
            for mode in MODES:
                old, new = (by_mode[side].get(mode) for side in SIDES)
                if old and new:
                    two = heads["before"][mode], heads["after"][mode]
                    transitions, of_pairs = transition_results(old, new, *two)
                    results += transitions
                    pairs.append({**part._asdict(), "mode": mode, **of_pairs})
                    of_mode = _of_part(similarity, part).get(mode, [])
                    results += similarity_results(of_mode, *two)
            head = heads["after"][GREEDY]._replace(versus="checkpoint=before")
            old_texts, new_texts = (sides[side].parts[part] for side in SIDES)
            results += _same_tokens(old_texts, new_texts, head)
        for side, stored in sides.items():
            results += _divergence(_of_part(ratios[side], part), stored, heads[side])
            previous = sides["before"].parts[part] if side == "after" else None
            results += _information(stored.parts[part], previous, heads[side][MODES[-1]])
    counts = {
        "completions": completions,
        "pairs": pairs,
        "left_out": left_out,
        "differs": differing_settings(before, after) if after else {},
    }
    return Analysis(
        [row for rows in features.values() for row in rows], similarity, Results(results), counts
    )


def comparable(sample: Sample, temperature: float) -> bool:
    """Whether recorded log-probabilities are those of the checkpoint itself, at temperature 1."""
    return sample.mode == GREEDY or temperature == 1


def _heads(
    side: str, stored: StoredSamples, part: Part, after: StoredSamples | None
) -> dict[str, Result]:
    """The identifying columns of a side's results, by mode."""
    return {
        mode: Result(
            checkpoint=side if after else stored.checkpoint,
            weights_sha256=stored.weights_sha256,
            step=part.step,
            set=part.set,
            template=part.template,
            protocol=stored.protocol(mode),
        )
        for mode in MODES
    }


def _of_part(rows: Sequence[Row], part: Part) -> dict[str, list[Row]]:
    """The rows of a part by mode; modes without rows are left out."""
    of_part = [row for row in rows if (row["set"], row["template"], row["step"]) == part]
    by_mode = {mode: [row for row in of_part if row["mode"] == mode] for mode in MODES}
    return {mode: rows for mode, rows in by_mode.items() if rows}


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
                numbers = completion_similarity(
                    [before.text(sample) for sample in old],
                    [after.text(sample) for sample in new],
                    seeds if mode == SAMPLE else None,  # greedy decoding uses no random numbers
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


def _divergence(
    by_mode: Mapping[str, list[Row]], stored: StoredSamples, heads: Mapping[str, Result]
) -> Iterator[Result]:
    """KL(the checkpoint that wrote the text || the reference checkpoint of `--with`)."""
    for mode, rows in by_mode.items():
        head = heads[mode]._replace(versus="checkpoint=with")
        yield from divergence_results(rows, head, greedy=mode == GREEDY)


def _same_tokens(before: Problems, after: Problems, head: Result) -> Iterator[Result]:
    """Log-ratio of greedy completions with the same tokens after the same prompt, without a model.

    They are the texts that training did not change, so this is no divergence of the checkpoints.
    """
    rows: list[Row] = []
    for problem, samples in before.items():
        old = [sample for sample in samples if sample.mode == GREEDY]
        new = [sample for sample in after[problem] if sample.mode == GREEDY]
        for a, b in zip(old, new, strict=False):
            same = np.array_equal(a.token_ids, b.token_ids) and a.prompt == b.prompt
            if same and len(a.token_ids):
                sums = kl_sums(a.logprobs, b.logprobs)
                rows.append({"problem_id": problem, "compared": sums.tokens, "k1": sums.k1})
    if rows:
        same_tokens = head._replace(subset="same tokens")
        yield from divergence_results(rows, same_tokens, greedy=True)


def _information(problems: Problems, before: Problems | None, head: Result) -> Iterator[Result]:
    """The mutual information between problems and completions, with and without copying.

    A problem's completions are references and judged in turn, the greedy one first. With only one per
    problem, it is judged by the one before training. No row for fewer than two problems.
    """
    texts = [
        ProblemTexts(
            problem,
            samples[0].prompt,
            [sample.response for sample in samples[::2]],
            [sample.response for sample in samples[1::2]],
        )
        for problem, samples in problems.items()
        if len(samples) > 1
    ]
    if len(texts) < 2 and before is not None:
        head = head._replace(versus="checkpoint=before")
        texts = [
            ProblemTexts(
                problem,
                samples[0].prompt,
                [sample.response for sample in before[problem]],
                [sample.response for sample in samples],
            )
            for problem, samples in problems.items()
        ]
    if len(texts) >= 2:
        yield from information_results(mutual_information(texts), head)
