"""Groups of variants of the matched sets of a run: a row per checkpoint, set and prompt template."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from clean_bench.results import Result, Results
from clean_bench.scoring.variant_groups import CONTRASTS, MEASURES
from clean_bench.statistics.estimate import Estimate

DEFINITIONS = {
    "loose": "mean share of correct completions of a variant",
    "strict_groups": "share of groups with all five variants right",
    "independent_groups": "the same if success did not depend on the numbers of a variant; of samples",
    "wobble": "share of groups with one to four variants right",
    "guess": "accuracy of always giving the commonest answer",
    "public_kin": "accuracy on the problems of the benchmark of the same kinds",
    "public_text": "accuracy on all problems of the benchmark without figures",
    "public_guess": "accuracy of always giving the commonest answer of the problems of the same kinds",
    "public_minus_matched": "accuracy on the problems of the same kinds minus loose; the level is "
    "descriptive",
    "original_only": "for each correct problem of the benchmark of the same kind, at most one correct "
    "among four variants",
    "variant_only": "the same for each correct variant and the four beside it; kin differ in "
    "difficulty, so only a change from base to trained tells something",
}
"""What each column means, for the page and the table."""


@dataclass(frozen=True)
class VariantGroups:
    """The results of a checkpoint on a matched set.

    `contrasts` has one entry per benchmark with problems of the same kinds: its name, and the estimates
    by measure.
    """

    checkpoint: str
    set: str
    template: str
    estimates: dict[str, Estimate]
    contrasts: tuple[tuple[str, dict[str, Estimate]], ...] = ()


def variant_groups_of(model: str, results: Results) -> Iterator[VariantGroups]:
    """Those of the checkpoints of a model, in the order of the results.

    Args:
        model: the name that begins the names of its checkpoints.
    """
    of_model = [row for row in results if row.checkpoint.startswith(f"{model}/")]
    for head in of_model:
        if head.measure != MEASURES[0] or head.subset is not None:
            continue
        rows = [row for row in of_model if _key(row) == _key(head)]
        others = dict.fromkeys(row.versus for row in rows if row.measure in CONTRASTS)
        yield VariantGroups(
            head.checkpoint.removeprefix(f"{model}/"),
            head.set,
            head.template or "",
            {row.measure: row.estimate for row in rows if row.measure in MEASURES},
            tuple(
                (
                    (versus or "").removeprefix("set="),
                    {r.measure: r.estimate for r in rows if r.versus == versus},
                )
                for versus in others
            ),
        )


def _key(row: Result) -> tuple[str, str, str | None, int | None]:
    return row.checkpoint, row.set, row.template, row.seed
