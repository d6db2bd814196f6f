"""Everything that follows from stored completions: rows, and the numbers over them."""

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
from clean_bench.behaviors.features import SIDES, feature_rows
from clean_bench.behaviors.mutual_information import ProblemTexts, mutual_information
from clean_bench.behaviors.similarity import completion_similarity
from clean_bench.behaviors.source import (
    MODES,
    Completion,
    Part,
    Source,
    arrays,
    differing,
    shared,
)
from clean_bench.behaviors.summary import behavior, divergence, likenesses, transition
from clean_bench.errors import UserError

LIKENESS = "likeness"
FORCED = "forced"
LIKENESS_SCHEMA = pa.schema(
    [
        ("set", pa.string()),
        ("template", pa.string()),
        ("mode", pa.string()),
        ("problem_id", pa.string()),
        *((name, pa.float64()) for name in ("across", "same", "within_before", "within_after")),
    ]
)
FORCED_SCHEMA = pa.schema(
    [
        ("side", pa.string()),
        ("set", pa.string()),
        ("template", pa.string()),
        ("problem_id", pa.string()),
        ("mode", pa.string()),
        ("sample", pa.int32()),
        ("logprobs", pa.list_(pa.float32())),
    ]
)
"""Log-probabilities of stored text under the checkpoint of `--with`, in the columns of a key."""

DIRECTION = "KL(the checkpoint that wrote the text || the checkpoint of --with)"

Row = dict[str, Any]
Forced = tuple[tuple[Any, ...], npt.NDArray[np.float32]]
"""The key of a row of `FORCED_SCHEMA` and its log-probabilities."""
Problems = Mapping[str, Sequence[Completion]]


@dataclass(frozen=True)
class Analysis:
    """Rows per completion, rows per problem, and the metadata of the artifact."""

    features: list[Row]
    likeness: list[Row]
    metadata: dict[str, Any]


def sides_of(before: Source, after: Source | None) -> tuple[dict[str, Source], dict[str, Any]]:
    """What is compared: `{"before": ..., "after": ...}` on shared problems, and what was left out.

    Raises:
        UserError: as `shared`.
    """
    if after is None:
        return {"before": before}, {}
    kept, left_out = shared(before, after)
    return {"before": before.only(kept), "after": after.only(kept)}, left_out


def forced_of(artifact: Artifact) -> Iterator[Forced]:
    """The rows of the table `forced`."""
    for table in artifact.tables(FORCED):
        keys = zip(*(table[name].to_pylist() for name in FORCED_SCHEMA.names[:-1]), strict=True)
        yield from zip(keys, arrays(table["logprobs"]), strict=True)


def analyze(before: Source, after: Source | None = None, forced: Sequence[Forced] = ()) -> Analysis:
    """All numbers of one checkpoint's completions, or of two on the problems that they share.

    Args:
        forced: the rows of `forced_of`; none where there is no other checkpoint.

    Raises:
        UserError: as `shared`, and for a row of `forced` that is of no completion.
    """
    sides, left_out = sides_of(before, after)
    rows = {side: feature_rows(side, source.completions()) for side, source in sides.items()}
    alike = _likeness_rows(sides["before"], sides["after"]) if after else []
    ratio_rows = _ratio_rows(sides, forced)
    sets: dict[str, Any] = {}
    for part in sides["before"].parts:
        one: dict[str, Any] = {"problems": len(sides["before"].parts[part])}
        for side, source in sides.items():
            by_mode = _modes(rows[side], part)
            one[side] = {mode: behavior(own) for mode, own in by_mode.items()}
            one[side]["dependence"] = _dependence(
                source.parts[part], sides["before"].parts[part] if side == "after" else None
            )
        if after:
            old, new = (_modes(rows[side], part) for side in SIDES)
            own_likeness = _modes(alike, part)
            both = [mode for mode in MODES if mode in old and mode in new]
            one["transitions"] = {mode: transition(old[mode], new[mode]) for mode in both}
            one["likeness"] = {mode: likenesses(own_likeness[mode]) for mode in own_likeness}
            one["same_tokens"] = _same_tokens(*(sides[side].parts[part] for side in SIDES))
        if forced:
            one["divergence"] = {
                side: {
                    "direction": DIRECTION,
                    **_divergence(_modes(ratio_rows[side], part), source, part),
                }
                for side, source in sides.items()
                if ratio_rows[side]
            }
        sets.setdefault(part[0], {})[part[1]] = one
    return Analysis(
        [row for own in rows.values() for row in own],
        alike,
        {
            "sets": sets,
            "left_out": left_out,
            "differs": differing(before, after) if after else {},
        },
    )


def comparable(completion: Completion, temperature: float) -> bool:
    """Whether recorded log-probabilities are those of the checkpoint itself, at temperature 1."""
    return completion.mode == "greedy" or temperature == 1


def _modes(rows: Sequence[Row], part: Part) -> dict[str, list[Row]]:
    own = [row for row in rows if (row["set"], row["template"]) == part]
    found = {mode: [row for row in own if row["mode"] == mode] for mode in MODES}
    return {mode: of_mode for mode, of_mode in found.items() if of_mode}


def _likeness_rows(before: Source, after: Source) -> list[Row]:
    found: list[Row] = []
    for part, problems in before.parts.items():
        for mode in MODES:
            for problem, own in problems.items():
                old = [one for one in own if one.mode == mode]
                new = [one for one in after.parts[part][problem] if one.mode == mode]
                if not (old and new):
                    continue
                seeds = [one.seed for one in old], [one.seed for one in new]
                numbers = completion_similarity(
                    [one.own for one in old],
                    [one.own for one in new],
                    seeds if mode == "sample" else None,  # greedy decoding draws no numbers
                )
                known = {name: None if isnan(x) else x for name, x in numbers.items()}
                head = {"set": part[0], "template": part[1], "mode": mode, "problem_id": problem}
                found.append({**head, **known})
    return found


def _ratio_rows(sides: Mapping[str, Source], forced: Sequence[Forced]) -> dict[str, list[Row]]:
    """Sums of log-ratios of every forced completion, by side."""
    found: dict[str, list[Row]] = {side: [] for side in sides}
    if not forced:
        return found
    known = {
        (side, *one.key): one for side, source in sides.items() for one in source.completions()
    }
    for key, logprobs in forced:
        completion = known.get(key)  # type: ignore[call-overload]
        if completion is None:
            raise UserError(f"{FORCED}: a row is of no completion that is compared")
        try:
            sums = kl_sums(completion.logprobs, logprobs)
        except ValueError as error:
            raise UserError(f"--with: {'/'.join(map(str, key))}: {error}") from None
        head = dict(zip(FORCED_SCHEMA.names[:-1], key, strict=True))
        found[key[0]].append({**head, "compared": sums.tokens, "k1": sums.k1, "k3": sums.k3})
    return found


def _divergence(by_mode: Mapping[str, list[Row]], source: Source, part: Part) -> dict[str, Any]:
    found: dict[str, Any] = {
        mode: divergence(rows, greedy=mode == "greedy") for mode, rows in by_mode.items()
    }
    modes = {one.mode for own in source.parts[part].values() for one in own}
    if "sample" in modes and source.temperature != 1:
        found["sample"] = {
            "unknown": f"sampled at temperature {source.temperature:g}; KL needs temperature 1"
        }
    return found


def _same_tokens(before: Problems, after: Problems) -> dict[str, Any]:
    """Greedy completions of the same tokens after the same prompt: their log-ratio without a model.

    They are the texts that training did not change, so this is no divergence of the checkpoints.
    """
    rows: list[Row] = []
    for problem, own in before.items():
        old = [one for one in own if one.mode == "greedy"]
        new = [one for one in after[problem] if one.mode == "greedy"]
        for a, b in zip(old, new, strict=False):
            if (
                a.prompt == b.prompt
                and len(a.token_ids)
                and np.array_equal(a.token_ids, b.token_ids)
            ):
                sums = kl_sums(a.logprobs, b.logprobs)
                rows.append(
                    {"problem_id": problem, "compared": sums.tokens, "k1": sums.k1, "k3": sums.k3}
                )
    return {"completions": len(rows), **divergence(rows, greedy=True)}


def _dependence(problems: Problems, before: Problems | None) -> dict[str, Any]:
    """The information between problems and completions, with and without copying.

    A problem's completions are references and judged in turn, the greedy one first. Where there is
    only one, it is judged by the one before training.
    """
    texts = [
        ProblemTexts(problem, own[0].prompt, [a.own for a in own[::2]], [b.own for b in own[1::2]])
        for problem, own in problems.items()
        if len(own) > 1
    ]
    references = "own"
    if len(texts) < 2 and before is not None:
        references = "before"
        texts = [
            ProblemTexts(
                problem,
                own[0].prompt,
                [one.own for one in before[problem]],
                [one.own for one in own],
            )
            for problem, own in problems.items()
        ]
    if len(texts) < 2:
        return {"unknown": "two completions each of two problems or more are needed: --samples"}
    return {"references": references, **mutual_information(texts)}
