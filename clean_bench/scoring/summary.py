"""From graded rows to scores: pure functions of what is stored.

Per set and template there are (`k` is the number of samples)

    greedy           pass@1 of the greedy completions
    avg@k            mean over problems of the share of right samples
    pass@k           per k = 1, 2, 4, ..., k: at least one of so many samples is right
    maj@k            the same for the vote of so many samples (`clean_bench.scoring.majority_vote`)
    best@k           the last pass@k: a choice among all samples that never errs
    accuracy         avg@k where there are samples, else greedy
    truncated        the share of the same completions that the limit of length cut off
    no_answer        and of those in which no answer was found
    overlong         prompts that left no room
    verdicts         how often each verdict occurs
    undecided        completions that the grader did not decide, and the accuracy if all of them
                     were wrong, or right

A completion that the grader did not decide is not wrong: a problem with such a completion takes no
part in an average (`n` counts the problems that do). Problems are the units of every interval and
standard error: the samples of one are not independent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import isnan
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from clean_bench.grading.grade import UNDECIDED
from clean_bench.scoring.majority_vote import vote
from clean_bench.statistics.clustered import standard_error
from clean_bench.statistics.intervals import mean_interval, wilson
from clean_bench.statistics.paired import paired_difference
from clean_bench.statistics.pass_at_k import LARGEST_VOTE, pass_at_k, powers_of_two

COLUMNS = (
    "set",
    "problem_id",
    "template",
    "mode",
    "response",
    "finish",
    "verdict",
    "extracted",
)
"""The columns that scores follow from. `needed` takes them from a table of rows."""

Row = Mapping[str, Any]
Array = npt.NDArray[np.float64]
_SCORE = {"equal": 1.0, **dict.fromkeys(UNDECIDED, float("nan"))}


def needed(table: pa.Table) -> pa.Table:
    """The columns that scores follow from, without the responses of samples.

    Only greedy responses are compared with their repeats, and those of samples are most of the bytes.
    """
    place = COLUMNS.index("response")
    sampled = pc.equal(table["mode"], "sample")
    # A choice between texts would keep room for all of them.
    places = pc.if_else(
        sampled, pa.scalar(None, pa.int64()), pa.array(range(len(table)), pa.int64())
    )
    return table.select(COLUMNS).set_column(place, "response", table["response"].take(places))


def summarize(table: pa.Table) -> dict[str, Any]:
    """`{"sets": {NAME: {...}}}` in the order in which the sets occur, and `repeat` if there is one.

    A set has the scores of its first template and, under `templates`, those of each. Under
    `differences` are the accuracies of the others minus that of the first, on the same problems.

    Args:
        table: the columns `COLUMNS`, in the order in which they were asked for.
    """
    blocks: dict[str, dict[str, _Block]] = {}
    for block in _blocks(table):
        blocks.setdefault(block.set, {}).setdefault(block.template, block)
        if blocks[block.set][block.template] is not block:
            raise ValueError(f"the rows of {block.set} under {block.template} are not together")
    summary: dict[str, Any] = {"sets": {name: _set(found) for name, found in blocks.items()}}
    repeat = _repeat(table)
    return {**summary, "repeat": repeat} if repeat else summary


class _Block:
    """The rows of one set under one template, as columns; repeats left out."""

    def __init__(self, table: pa.Table) -> None:
        self.set, self.template = table["set"][0].as_py(), table["template"][0].as_py()
        self.verdicts: list[str] = table["verdict"].to_pylist()
        self.finish: list[str] = table["finish"].to_pylist()
        self._answers: list[str | None] = table["extracted"].to_pylist()
        ids = table["problem_id"].to_pylist()
        modes = table["mode"].to_pylist()
        self.greedy = _by_problem(ids, [i for i, mode in enumerate(modes) if mode == "greedy"])
        self.sampled = _by_problem(ids, [i for i, mode in enumerate(modes) if mode == "sample"])

    @property
    def counted(self) -> npt.NDArray[np.intp]:
        """The completions that the accuracy is of, (problems, samples)."""
        return self.sampled if self.sampled.size else self.greedy

    def correct(self, places: npt.NDArray[np.intp]) -> Array:
        """1 for equal, nan where the grader did not decide, else 0."""
        return _correctness(self.verdicts)[places]

    def share(self, found: Sequence[bool]) -> dict[str, Any]:
        """How many of the counted completions are such."""
        return _measured(np.array(found, dtype=np.float64)[self.counted])

    def votes(self, places: npt.NDArray[np.intp], ks: Sequence[int]) -> Array:
        """The probability that the vote of k is right, (problems, ks)."""
        return np.array(
            [
                vote(
                    [self._answers[i] for i in row], [self.verdicts[i] == "equal" for i in row], ks
                )
                for row in places.tolist()
            ]
        ).reshape(-1, len(ks))

    def summary(self) -> dict[str, Any]:
        greedy = _measured(_decided(self.correct(self.greedy)))
        summary: dict[str, Any] = {
            "problems": len(self.greedy),
            "accuracy": greedy,
            "greedy": greedy,
            "verdicts": dict(sorted(Counter(self.verdicts).items())),
            "undecided": self._bounds(),
            "truncated": self.share([finish == "length" for finish in self.finish]),
            "no_answer": self.share([verdict == "no answer" for verdict in self.verdicts]),
            "overlong": self.finish.count("overlong"),
        }
        if not self.sampled.size:
            return summary
        table = self.correct(self.sampled)
        decided = ~np.isnan(table).any(axis=1)
        samples = table.shape[1]
        ks = powers_of_two(samples)
        average = _measured(table[decided])
        passes = {str(k): _measured(pass_at_k(table[decided], k)) for k in ks}
        passes["1"] = average
        voted = [k for k in ks if k == samples or samples <= LARGEST_VOTE]
        votes = self.votes(self.sampled[decided], voted)
        return summary | {
            "accuracy": average,
            f"avg@{samples}": average,
            f"best@{samples}": passes[str(samples)],
            "pass@k": passes,
            "maj@k": {str(k): _measured(votes[:, i]) for i, k in enumerate(voted)},
        }

    def _bounds(self) -> dict[str, Any]:
        table = self.correct(self.counted)
        return {
            "completions": int(np.isnan(table).sum()),
            "accuracy_if_wrong": float(np.nan_to_num(table, nan=0.0).mean(axis=1).mean()),
            "accuracy_if_right": float(np.nan_to_num(table, nan=1.0).mean(axis=1).mean()),
        }


def _set(blocks: Mapping[str, _Block]) -> dict[str, Any]:
    templates = {name: block.summary() for name, block in blocks.items()}
    first, *others = blocks.values()
    return {
        **templates[first.template],
        "template": first.template,
        "templates": templates,
        "differences": [_difference(first, other) for other in others],
    }


def _difference(first: _Block, other: _Block) -> dict[str, Any]:
    """Accuracy under the other template minus that under the first, on problems decided in both."""
    before, after = (block.correct(block.counted) for block in (first, other))
    both = ~(np.isnan(before).any(axis=1) | np.isnan(after).any(axis=1))
    found: dict[str, Any] = {"template": other.template, "minus": first.template}
    if not both.any():
        return {**found, "value": None, "low": -1.0, "high": 1.0, "n": 0, "standard_error": None}
    estimate = paired_difference(before[both], after[both])
    error = standard_error(after[both].mean(axis=1) - before[both].mean(axis=1))
    return {**found, **estimate.as_json(), "standard_error": _or_none(error)}


def _repeat(table: pa.Table) -> dict[str, Any] | None:
    """How often a greedy completion came out otherwise among other neighbours.

    `text` is the share of repeated completions with another response, `verdict` the share with
    another verdict, among those that the grader decided both times.
    """
    modes = np.array(table["mode"].to_pylist())
    if not (modes == "repeat").any():
        return None
    columns = ("set", "template", "problem_id", "response", "verdict")
    lists = [table[name].to_pylist() for name in columns]
    keys = list(zip(*lists[:3], strict=True))
    rows = list(zip(*lists[3:], strict=True))
    first = {keys[i]: rows[i] for i in np.flatnonzero(modes == "greedy")}
    pairs = [(first[keys[i]], rows[i]) for i in np.flatnonzero(modes == "repeat")]
    decided = [(a, b) for a, b in pairs if not {a[1], b[1]} & UNDECIDED]
    return {
        "completions": len(pairs),
        "text": wilson(sum(a[0] != b[0] for a, b in pairs), len(pairs)).as_json(),
        "verdict": wilson(sum(a[1] != b[1] for a, b in decided), len(decided)).as_json(),
    }


def accuracy_table(rows: Sequence[Row]) -> Array:
    """Correctness of rows of one mode, (problems, samples), in the order of the rows.

    1 for equal, NaN where the grader did not decide, else 0.
    """
    places = _by_problem([row["problem_id"] for row in rows], range(len(rows)))
    return _correctness([row["verdict"] for row in rows])[places]


def _blocks(table: pa.Table) -> list[_Block]:
    """The table, repeats left out, wherever the set or the template changes."""
    modes = table["mode"].to_pylist()
    if "repeat" in modes:
        table = table.filter(pa.array([mode != "repeat" for mode in modes]))
    labels = list(zip(table["set"].to_pylist(), table["template"].to_pylist(), strict=True))
    changes = [i for i, (a, b) in enumerate(pairwise(labels), 1) if a != b]
    return [
        _Block(table.slice(start, end - start))
        for start, end in pairwise([0, *changes, len(labels)])
    ]


def _by_problem(ids: Sequence[str], places: Sequence[int]) -> npt.NDArray[np.intp]:
    """The places of each problem's rows, (problems, samples)."""
    problems: dict[str, list[int]] = {}
    for place in places:
        problems.setdefault(ids[place], []).append(place)
    return np.array(list(problems.values()), dtype=np.intp)


def _correctness(verdicts: Sequence[str]) -> Array:
    return np.array([_SCORE.get(verdict, 0.0) for verdict in verdicts], dtype=np.float64)


def _decided(table: Array) -> Array:
    return table[~np.isnan(table).any(axis=1)]


def _measured(scores: Array) -> dict[str, Any]:
    """The mean with its interval and its standard error; problems are the units."""
    return {**mean_interval(scores).as_json(), "standard_error": _or_none(standard_error(scores))}


def _or_none(number: float) -> float | None:
    return None if isnan(number) else number
