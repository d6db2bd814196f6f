"""Results of a matched set: groups of variants of one template, and its contrast with a benchmark.

a_gv is the share of correct completions of variant v in group g (greedy, or the samples); a group has m
variants.

    loose                 mean of a_gv
    strict_groups         mean over groups of the product of a_gv: all variants right
    independent_groups    the strict share if the success of a variant did not depend on its numbers: the
                          mean over groups of C(s, m) / C(km, m) for s correct of km completions, which
                          is an unbiased estimate of p^m. With k = 1 it would be the strict share itself,
                          so greedy completions have none
    wobble                mean over groups of 1 - prod a_gv - prod (1 - a_gv): some right, some wrong
    guess                 share of items whose gold answer is the commonest of the set

and, where a benchmark with problems of the same kind (kin) is scored under the same template:

    public_kin            accuracy on the problems of the benchmark that a template names as kin
    public_text           accuracy on all its problems
    public_guess          share of its kin problems whose gold answer is the commonest of these
    public_minus_matched  their accuracy minus the loose accuracy. The difficulty of the two is not
                          calibrated, so the level is descriptive; the headline is that of gains
    original_only         for each correct kin problem of a group, the share of sets of all variants but
                          one with at most one correct: each variant is left out in turn
    variant_only          the same for each correct variant and the variants beside it. It is what
                          original_only would be if a kin problem were one more variant. Kin are of the
                          same kind but differ in difficulty, which raises original_only without any
                          contamination: only a change from base to trained tells something

Problems of the benchmark with a figure or a table take no part: no template has any. An item is correct
in the last two if at least half of its completions are. A group with an item that the grader was
undecided on takes no part, and one of which only some variants were scored counts in `loose` alone.
Templates are the units of the intervals on the matched side, and problems on the side of the benchmark:
variants of a template are not independent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import comb, nan
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clean_bench.problems import Problem
from clean_bench.problems.kin import kin_problems
from clean_bench.problems.problem import kin_of, template_of
from clean_bench.results import Result, Results
from clean_bench.samples import GREEDY, REPEAT, SAMPLE
from clean_bench.scoring.summary import UNIT, score_table
from clean_bench.statistics.clusters import METHOD, cluster_difference, cluster_mean
from clean_bench.statistics.estimate import Estimate
from clean_bench.text.figures import has_figure

MATCHED = "matched"
MEASURES = ("loose", "strict_groups", "independent_groups", "wobble", "guess")
"""Of the groups of a matched set."""
CONTRASTS = (
    "public_kin",
    "public_text",
    "public_guess",
    "public_minus_matched",
    "original_only",
    "variant_only",
)
"""Of a matched set with a benchmark (`versus`)."""

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Variants:
    """A matched set with its scores.

    Attributes:
        problems: all problems, by group and variant.
        accuracy: share of correct completions by id; nan where the grader was undecided.
        completions: the number of completions of a problem.
    """

    problems: Sequence[Problem]
    accuracy: Mapping[str, float]
    completions: int

    @cached_property
    def groups(self) -> dict[str, list[Problem]]:
        """The decided groups by name."""
        groups: dict[str, list[Problem]] = {}
        for problem in self.problems:
            groups.setdefault(problem.group or problem.id, []).append(problem)
        return {
            name: members
            for name, members in groups.items()
            if all(not np.isnan(self.accuracy.get(member.id, nan)) for member in members)
        }

    @cached_property
    def complete(self) -> dict[str, list[Problem]]:
        """The decided groups with as many scored variants as the largest."""
        most = max(map(len, self.groups.values()), default=0)
        return {name: members for name, members in self.groups.items() if len(members) == most}

    @property
    def decided(self) -> list[Problem]:
        """The problems of the decided groups."""
        return [problem for members in self.groups.values() for problem in members]

    def of(self, members: Sequence[Problem]) -> Array:
        """The accuracies of decided problems."""
        return np.array([self.accuracy[member.id] for member in members])


def with_variants(
    results: Results, table: pa.Table, sets: Mapping[str, Sequence[Problem]]
) -> Results:
    """The results of a score with those of its matched sets, if it has any."""
    return Results([*results, *variant_results(table, sets, results)])


def variant_results(
    table: pa.Table, sets: Mapping[str, Sequence[Problem]], heads: Sequence[Result]
) -> Iterator[Result]:
    """The results above for every matched set and template of the prompt.

    Args:
        table: the columns of the samples that results follow from.
        sets: the stored problems by name of the set.
        heads: the results of the score, whose columns are taken over.
    """
    scored = {
        (head.set, head.template or ""): head
        for head in heads
        if head.subset is None and head.versus is None and head.measure == "no_answer"
    }
    if all(head.role != MATCHED for head in scored.values()):
        return
    scores = {key: scores_of(table, *key) for key in scored}
    for (name, template), head in scored.items():
        if head.role != MATCHED:
            continue
        variants = Variants(sets[name], *scores[name, template])
        yield from _of_groups(variants, head)
        for (other, other_template), of_other in scored.items():
            # Files of problems have no role; only the kin of the templates are read.
            if other_template == template and of_other.role in (None, "public"):
                accuracy = scores[other, template].accuracy
                yield from _against(variants, sets[other], accuracy, other, head)


class Scores(NamedTuple):
    """The share of correct completions by problem, nan where the grader was undecided, and the number of
    completions of a problem."""

    accuracy: dict[str, float]
    completions: int


def scores_of(table: pa.Table, name: str, template: str) -> Scores:
    """The scores of a set under a template of the prompt: of the samples where there are any."""
    rows = zip(
        *(table[c].to_pylist() for c in ("set", "template", "mode", "problem_id", "grade")),
        strict=True,
    )
    by_mode: dict[str, tuple[list[str], list[str]]] = {GREEDY: ([], []), SAMPLE: ([], [])}
    for of_set, of_template, mode, problem, grade in rows:
        if (of_set, of_template) == (name, template) and mode != REPEAT:
            by_mode[mode][0].append(problem)
            by_mode[mode][1].append(grade)
    ids, grades = by_mode[SAMPLE] if by_mode[SAMPLE][0] else by_mode[GREEDY]
    if not ids:
        return Scores({}, 0)
    marks = score_table(ids, grades)
    means = map(float, marks.mean(axis=1))
    return Scores(dict(zip(dict.fromkeys(ids), means, strict=True)), marks.shape[1])


def _of_groups(variants: Variants, head: Result) -> Iterator[Result]:
    groups, items = variants.complete.values(), variants.decided
    shares = [variants.of(members) for members in groups]
    templates = [template_of(members[0]) for members in groups]
    yield head.of("loose", cluster_mean(variants.of(items), list(map(template_of, items)), UNIT))
    of_group = {"strict_groups": [float(a.prod()) for a in shares]}
    if variants.completions > 1:
        of_group["independent_groups"] = [
            all_right_by_chance(a, variants.completions) for a in shares
        ]
    of_group["wobble"] = [float(1 - a.prod() - (1 - a).prod()) for a in shares]
    for measure, values in of_group.items():
        yield head.of(measure, cluster_mean(values, templates, UNIT))
    yield head.of("guess", guess(variants.problems))


def all_right_by_chance(shares: Array, completions: int) -> float:
    """The share of sets of one completion per variant in which all are right, if the completions of a
    group were exchanged among its variants."""
    variants, right = len(shares), round(float(shares.sum()) * completions)
    return comb(right, variants) / comb(variants * completions, variants)


def guess(problems: Sequence[Problem]) -> Estimate:
    """The accuracy of the commonest gold answer of a set; no interval, since it is chosen afterwards."""
    counts = Counter(problem.answer for problem in problems)
    share = max(counts.values()) / len(problems) if problems else nan
    return Estimate(share, nan, nan, len(problems), "commonest answer")


def _against(
    variants: Variants,
    public: Sequence[Problem],
    accuracy: Mapping[str, float],
    other: str,
    head: Result,
) -> Iterator[Result]:
    """The contrasts of a matched set with a benchmark."""
    versus = f"set={other}"
    texts = {p.id: p for p in public if not has_figure(p.problem)}
    known = {name: accuracy[name] for name in texts if not np.isnan(accuracy.get(name, nan))}
    items = variants.decided
    of_kin = sorted(problem.id for problem in kin_problems(items, public) if problem.id in known)
    if not of_kin:
        return
    right = [known[problem] for problem in of_kin]
    yield head.of("public_kin", cluster_mean(right, of_kin, "items"), versus=versus)
    everything = cluster_mean(list(known.values()), list(known), "items")
    yield head.of("public_text", everything, versus=versus)
    yield head.of("public_guess", guess([texts[name] for name in of_kin]), versus=versus)
    of_item = list(map(template_of, items))
    difference = cluster_difference(right, variants.of(items), of_item, UNIT)
    yield head.of("public_minus_matched", difference, versus=versus)
    originals, nulls = [], []
    for members in variants.complete.values():
        correct = variants.of(members) >= 0.5
        template = template_of(members[0])
        few = [float(np.delete(correct, place).sum() <= 1) for place in range(len(correct))]
        # A kin problem that is exchangeable with a variant sees four others in the same way.
        originals += [
            (template, float(np.mean(few)))
            for problem in kin_of(members[0])
            if known.get(problem, 0.0) >= 0.5
        ]
        nulls += [(template, few[place]) for place in np.flatnonzero(correct)]
    for measure, rows in (("original_only", originals), ("variant_only", nulls)):
        if rows:
            names, values = zip(*rows, strict=True)
            yield head.of(measure, cluster_mean(values, names, UNIT), versus=versus)
        else:
            yield head.of(measure, Estimate(nan, 0.0, 1.0, 0, METHOD), versus=versus)
