"""From graded samples to results: pure functions of what is stored.

Per set and template, with k samples per problem:

    accuracy         share of correct greedy completions
    avg@k            mean over problems of the share of correct samples
    pass@j           for j = 2, 4, ..., k: at least one of j samples is correct (unbiased)
    maj@j            the same for the majority vote of j samples (`clean_bench.scoring.majority_vote`)
    strict:accuracy, strict:avg@k, flexible:accuracy, flexible:avg@k
                     the same averages of the strict grades, where only a box or a marker gives an
                     answer, and of the flexible grades, where the closing sentence may give it too.
                     The average without a head is one of the two, by the template
    GRADER:accuracy, GRADER:avg@k
                     the same averages by the rules of published numbers, for the few sets that have
                     others (`clean_bench.scoring.published`)
    truncated        share of completions that the token limit cut off
    no_answer        share of completions in which no answer was found

`truncated` and `no_answer` are over the samples where there are any, else over the greedy
completions. Scores of versions with one grade have no strict and flexible averages. With several
seeds of the sampling, k samples of each, the averages are over all of them, and beside them there are

    avg@k, pass@k, maj@k        of each seed, on the same problems (subset `seed=S`)
    sd_over_seeds:avg@k         standard deviation of the seeds' avg@k, with the interval that holds if
    these
                                are normally distributed; n counts the seeds

The other templates are compared with the first on the same problems (`versus`). Where
the grader was undecided on some completions, the mean accuracy with all of these counted as wrong,
and as right, are rows of the subsets `undecided as wrong` and `undecided as right`.

Completions of other tools may differ in number by problem. Then k is the least number; an average is
over all samples of each problem, and pass@j and maj@j are unbiased from any number of at least j.
Where a problem has samples only, there is no `accuracy`.

An undecided completion is not wrong: a problem with such a completion takes no part in an average,
and `n` counts the others. Problems are the units of every interval and standard error: the samples
of one problem are not independent. Of a matched set, templates are the units of every average, and `n`
counts these: the problems of one template are not independent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import nan
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from clean_bench.grading import UNDECIDED, score_of
from clean_bench.problems import Problem
from clean_bench.problems.problem import template_of
from clean_bench.results import Result, Results
from clean_bench.samples import FLEXIBLE as GRADE_FLEXIBLE
from clean_bench.samples import GREEDY, PUBLISHED, REPEAT, SAMPLE, counted_answer, strict_kind
from clean_bench.scoring.imported_config import Settings, settings_of
from clean_bench.scoring.majority_vote import vote
from clean_bench.scoring.published import published_grader
from clean_bench.statistics.clusters import cluster_mean, cluster_standard_error
from clean_bench.statistics.estimate import UNKNOWN_GAIN
from clean_bench.statistics.intervals import (
    interval_of_means,
    mean_interval,
    standard_deviation,
    standard_error,
    wilson,
)
from clean_bench.statistics.paired import paired_difference
from clean_bench.statistics.pass_at_k import LARGEST_VOTE, pass_at_k, powers_of_two

COLUMNS = tuple(
    "set problem_id template mode response finish grade grade_flexible grade_published "
    "extracted extraction".split()
)
"""The columns that results follow from. `needed` takes them from a table of samples."""
STRICT, FLEXIBLE = "strict:", "flexible:"
"""Heads of the measures that are averages of the strict and of the flexible grades."""
SPREAD = "sd_over_seeds:"
"""Head of the measure that is the standard deviation of another one over seeds."""
UNIT = "template"
"""The unit of the averages of a matched set."""
ALL_SETS = "(all sets)"
"""The name under which the repeats of all sets together stand."""

Array = npt.NDArray[np.float64]
Counts = list[dict[str, Any]]


def needed(table: pa.Table) -> pa.Table:
    """The columns that results follow from, without the responses of samples.

    Only greedy responses are compared with their repeats, and those of samples are most of the bytes.
    """
    sampled = pc.equal(table["mode"], SAMPLE)
    # Choosing between texts with if_else would allocate room for all of them.
    places = pc.if_else(
        sampled, pa.scalar(None, pa.int64()), pa.array(range(len(table)), pa.int64())
    )
    kept = table.select([name for name in COLUMNS if name in table.column_names])
    place = kept.column_names.index("response")
    return kept.set_column(place, "response", table["response"].take(places))


def summarize(
    table: pa.Table,
    config: Mapping[str, Any],
    checkpoint: str,
    sets: Mapping[str, Sequence[Problem]] = MappingProxyType({}),
) -> tuple[Results, Counts]:
    """The results of samples, and counts per set and template.

    Args:
        table: the columns `COLUMNS`, in the order of the requests.
        config: the configuration of the artifact of kind `scores`.
        checkpoint: the checkpoint's name.
        sets: the stored problems by name of the set; needed of matched sets alone.
    """
    settings = settings_of(config)
    entries = {entry["name"]: entry for entry in config["sets"]}
    templates = {
        name: {problem.id: template_of(problem) for problem in problems}
        for name, problems in sets.items()
        if entries[name].get("role") == "matched"
    }
    rows: list[Result] = []
    counts: Counts = []
    first: dict[str, _Block] = {}
    for block in _blocks(table, settings.grader, templates):
        entry = entries.get(block.set, {})
        head = Result(
            checkpoint=checkpoint,
            weights_sha256=config["weights_sha256"],
            set=block.set,
            set_sha256=entry.get("sha256", ""),
            role=entry.get("role"),
            template=block.template,
        )
        rows += block.results(head, settings)
        counts.append(block.counts(settings))
        if first.setdefault(block.set, block) is not block:
            rows.append(_difference(first[block.set], block, head, settings))
    head = Result(checkpoint=checkpoint, weights_sha256=config["weights_sha256"], set=ALL_SETS)
    rows += _flips(table, head._replace(protocol=settings.protocol(REPEAT)))
    return Results(rows), counts


class _Block:
    """The samples of one set under one template, as columns; repeats left out."""

    def __init__(
        self, table: pa.Table, grader: str, templates: Mapping[str, Mapping[str, str]]
    ) -> None:
        self.set, self.template = table["set"][0].as_py(), table["template"][0].as_py()
        self.grades: list[str] = table["grade"].to_pylist()
        self.finish: list[str] = table["finish"].to_pylist()
        self._answers = list(map(counted_answer, self.grades, table["extracted"].to_pylist()))
        self._further = _strict_and_flexible(table)
        second = published_grader(self.set, grader)
        if second is not None and PUBLISHED in table.column_names:
            self._further[f"{second}:"] = table[PUBLISHED].to_pylist()
        ids = table["problem_id"].to_pylist()
        modes = table["mode"].to_pylist()
        self._ids, self._templates = ids, templates.get(self.set)
        self.greedy = _by_problem(ids, [i for i, mode in enumerate(modes) if mode == GREEDY])
        self.sampled = _by_problem(ids, [i for i, mode in enumerate(modes) if mode == SAMPLE])
        # Of the headline: its completions, (problems, samples), their mode, and the measure.
        self.counted, self.mode, self.headline = self.greedy, GREEDY, "accuracy"
        if self.sampled.size:
            self.counted, self.mode = self.sampled, SAMPLE
            self.headline = f"avg@{_least(self.sampled)}"

    def scores(self, places: npt.NDArray[np.intp]) -> Array:
        """1 for correct, 0 for wrong, nan where the grader was undecided or there is no sample."""
        return _at(_scores(self.grades), places)

    def _of_further_grades(
        self, head: Result, measure: str, places: npt.NDArray[np.intp]
    ) -> Iterator[Result]:
        """The averages of the strict, the flexible and the published grades that are stored."""
        for name, grades in self._further.items():
            scores = _at(_scores(grades), places)
            undecided = np.isnan(scores) & (places >= 0)
            decided = ~np.any(undecided, axis=1)
            yield self._mean(head, name + measure, scores[decided], places[decided])

    def counts(self, config: Settings) -> dict[str, Any]:
        """The counts of the samples, for the manifest, and which grade is the headline."""
        headline = "strict" if config.strict(self.template) else "flexible"
        return {
            "set": self.set,
            "template": self.template,
            "problems": len(self.counted),
            "grades": dict(sorted(Counter(self.grades).items())),
            "overlong": self.finish.count("overlong"),
            **({"headline": headline} if self._further else {}),
        }

    def results(self, head: Result, config: Settings) -> Iterator[Result]:
        """The rows of this set under this template."""
        head = head._replace(protocol=config.protocol(GREEDY))
        if self.greedy.size:
            places = self.greedy[self._decided(self.greedy)]
            yield self._mean(head, "accuracy", self.scores(places), places)
        head = head._replace(protocol=config.protocol(self.mode))
        if self.sampled.size:
            yield from self._of_samples(head)
            yield from self._of_seeds(head, config)
        scores, known = self.scores(self.counted), self.counted >= 0
        if np.isnan(scores[known]).any():
            for name, value in (("wrong", 0.0), ("right", 1.0)):
                filled = np.where(known, np.nan_to_num(scores, nan=value), nan)
                yield self._mean(
                    head, self.headline, filled, self.counted, subset=f"undecided as {name}"
                )
        yield from self._truncated(head)
        silent = np.array(self.grades) == "no answer"
        yield self._mean(head, "no_answer", _at(silent, self.counted), self.counted)
        if self.greedy.size:
            greedy = head._replace(protocol=config.protocol(GREEDY))
            yield from self._of_further_grades(greedy, "accuracy", self.greedy)
        if self.sampled.size:
            yield from self._of_further_grades(head, self.headline, self.sampled)

    def _decided(self, places: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
        """Whether the grader decided on all completions of a problem."""
        undecided = np.isnan(self.scores(places)) & (places >= 0)
        decided: npt.NDArray[np.bool_] = ~np.any(undecided, axis=1)
        return decided

    def _truncated(self, head: Result) -> Iterator[Result]:
        """The share that the token limit cut off, of the completions whose end is known."""
        cut_off = [nan if f == "unknown" else float(f == "length") for f in self.finish]
        ends = _at(cut_off, self.counted)
        known = ~np.isnan(ends).all(axis=1)
        if known.any():
            yield self._mean(head, "truncated", ends[known], self.counted[known])

    def _of_samples(self, head: Result) -> Iterator[Result]:
        decided = self.sampled[self._decided(self.sampled)]
        scores = self.scores(decided)
        samples, most = _least(self.sampled), self.sampled.shape[1]
        yield self._mean(head, f"avg@{samples}", scores, decided)
        ks = powers_of_two(samples)[1:]
        for k in ks:
            yield self._mean(head, f"pass@{k}", pass_at_k(scores, k), decided)
        voted = [k for k in ks if k == most or most <= LARGEST_VOTE]
        votes = self._votes(decided, voted)
        for column, k in enumerate(voted):
            yield self._mean(head, f"maj@{k}", votes[:, column], decided)

    def _of_seeds(self, head: Result, config: Settings) -> Iterator[Result]:
        """The results of each seed of the sampling, and their standard deviation."""
        if not config.seeds:
            return
        k = config.samples
        decided = self.sampled[~np.isnan(self.scores(self.sampled)).any(axis=1)]
        means = []
        for number, seed in enumerate(config.seeds):
            places = decided[:, number * k : (number + 1) * k]
            scores, subset = self.scores(places), f"seed={seed}"
            means.append(scores.mean() if scores.size else nan)
            yield self._mean(head, f"avg@{k}", scores, places, subset=subset)
            if k > 1:
                yield self._mean(head, f"pass@{k}", pass_at_k(scores, k), places, subset=subset)
                votes = self._votes(places, [k])[:, 0]
                yield self._mean(head, f"maj@{k}", votes, places, subset=subset)
        if len(means) > 1:
            yield head.of(f"{SPREAD}avg@{k}", standard_deviation(means))

    def _mean(
        self,
        head: Result,
        measure: str,
        scores: npt.ArrayLike,
        places: npt.NDArray[np.intp],
        **columns: Any,
    ) -> Result:
        """The mean of scores of the problems at places, one row for each problem."""
        if self._templates is None:
            return _mean(head, measure, scores, **columns)
        units = [self._templates[self._ids[place]] for place in places[:, 0]]
        array = np.asarray(scores, dtype=np.float64)
        means = array if array.ndim == 1 else np.nanmean(array, axis=1)
        error = cluster_standard_error(means, units)
        return head.of(measure, cluster_mean(means, units, UNIT), error, **columns)

    def _votes(self, places: npt.NDArray[np.intp], ks: Sequence[int]) -> Array:
        """The probability that the majority vote of k is correct, (problems, ks)."""
        return np.array(
            [
                vote([self._answers[i] for i in row], [self.grades[i] == "equal" for i in row], ks)
                for row in ([i for i in row if i >= 0] for row in places.tolist())
            ]
        ).reshape(len(places), len(ks))


def _difference(first: _Block, other: _Block, head: Result, config: Settings) -> Result:
    """Accuracy under the other template minus that under the first, on problems decided in both."""
    head = head._replace(protocol=config.protocol(first.mode), versus=f"template={first.template}")
    before, after = (block.scores(block.counted) for block in (first, other))
    both = ~(np.isnan(before).any(axis=1) | np.isnan(after).any(axis=1))
    if not both.any():
        return head.of(first.headline, UNKNOWN_GAIN)
    estimate = paired_difference(before[both], after[both])
    error = standard_error(after[both].mean(axis=1) - before[both].mean(axis=1))
    return head.of(first.headline, estimate, error)


def _flips(table: pa.Table, head: Result) -> Iterator[Result]:
    """How often a repeated greedy completion differs from the first one.

    `flipped_text` is the share of repeated completions with another response, `flipped_grade` the
    share with another grade, among those that the grader decided both times.
    """
    modes = np.array(table["mode"].to_pylist())
    if not (modes == REPEAT).any():
        return
    columns = ("set", "template", "problem_id", "response", "grade")
    lists = [table[name].to_pylist() for name in columns]
    keys = list(zip(*lists[:3], strict=True))
    outcomes = list(zip(*lists[3:], strict=True))
    greedy = {keys[i]: outcomes[i] for i in np.flatnonzero(modes == GREEDY)}
    pairs = [(greedy[keys[i]], outcomes[i]) for i in np.flatnonzero(modes == REPEAT)]
    decided = [(a, b) for a, b in pairs if not {a[1], b[1]} & UNDECIDED]
    yield head.of("flipped_text", wilson(sum(a[0] != b[0] for a, b in pairs), len(pairs)))
    yield head.of("flipped_grade", wilson(sum(a[1] != b[1] for a, b in decided), len(decided)))


def score_table(problem_ids: Sequence[str], grades: Sequence[str]) -> Array:
    """Scores of samples of one mode, (problems, samples), in the order of the samples.

    1 for correct, 0 for wrong, nan where the grader was undecided or a problem has fewer samples.
    """
    return _at(_scores(grades), _by_problem(problem_ids, range(len(problem_ids))))


def _blocks(
    table: pa.Table, grader: str, templates: Mapping[str, Mapping[str, str]]
) -> Iterator[_Block]:
    """The table without repeats, cut where the set or the template changes."""
    modes = table["mode"].to_pylist()
    if REPEAT in modes:
        table = table.filter(pa.array([mode != REPEAT for mode in modes]))
    labels = list(zip(table["set"].to_pylist(), table["template"].to_pylist(), strict=True))
    changes = [i for i, (a, b) in enumerate(pairwise(labels), 1) if a != b]
    starts = [labels[place] for place in (0, *changes)]
    if len(set(starts)) < len(starts):
        raise ValueError("the samples of one set under one template are not together")
    for start, end in pairwise([0, *changes, len(labels)]):
        yield _Block(table.slice(start, end - start), grader, templates)


def _by_problem(ids: Sequence[str], places: Sequence[int]) -> npt.NDArray[np.intp]:
    """The places of each problem's samples, (problems, most samples); -1 where a problem has fewer."""
    problems: dict[str, list[int]] = {}
    for place in places:
        problems.setdefault(ids[place], []).append(place)
    most = max(map(len, problems.values()), default=0)
    rows = [row + [-1] * (most - len(row)) for row in problems.values()]
    return np.array(rows, dtype=np.intp).reshape(len(rows), most)


def _at(values: npt.ArrayLike, places: npt.NDArray[np.intp]) -> Array:
    """The values at places; nan where there is no sample."""
    found = np.asarray(values, dtype=np.float64)[places]
    return np.where(places < 0, nan, found) if (places < 0).any() else found


def _strict_and_flexible(table: pa.Table) -> dict[str, list[str]]:
    """The strict and the flexible grades by the head of their measures; empty without both."""
    if GRADE_FLEXIBLE not in table.column_names:
        return {}
    flexible = table[GRADE_FLEXIBLE].to_pylist()
    rules = table["extraction"].to_pylist()
    strict = [strict_kind(kind, rule) for kind, rule in zip(flexible, rules, strict=True)]
    return {STRICT: strict, FLEXIBLE: flexible}


def _least(places: npt.NDArray[np.intp]) -> int:
    """The least number of samples of a problem."""
    return int((places >= 0).sum(axis=1).min())


def _scores(grades: Sequence[str]) -> Array:
    scores = (score_of(grade) for grade in grades)
    return np.array([nan if score is None else score for score in scores], dtype=np.float64)


def _mean(head: Result, measure: str, scores: npt.ArrayLike, **columns: Any) -> Result:
    """The mean with its interval and its standard error; problems are the units.

    Args:
        scores: of problems, or of problems x samples with nan where a problem has fewer samples.
    """
    array = np.asarray(scores, dtype=np.float64)
    if array.ndim == 2 and np.isnan(array).any():
        numbers = (~np.isnan(array)).sum(axis=1)
        means = np.nansum(array, axis=1) / numbers
        interval = interval_of_means(means, len(numbers) / float((1 / numbers).sum()))
        return head.of(measure, interval, standard_error(means), **columns)
    return head.of(measure, mean_interval(array), standard_error(array), **columns)
