"""Hand-made groups: texts graded by our grader, as training grades them."""

from __future__ import annotations

from collections.abc import Sequence

from clean_bench.grading import Grade, grade
from clean_bench.problems import Problem
from clean_bench.samples import Sample
from trainers.labels import Label, Labels
from trainers.rewards import Group, parse_reward


def sample_of(index: int, text: str, graded: Grade, gold: str = "7", tokens: int = 1) -> Sample:
    return Sample(
        "s", "p", "raw", "sample", index, 0, gold, "3 + 4?", text, "stop", [1], [2] * tokens,
        [-1.0] * tokens, graded.kind, graded.extracted, graded.extraction,
    )  # fmt: skip


def group_of(
    texts: Sequence[str],
    gold: str = "7",
    *,
    grades: Sequence[Grade] | None = None,
    lengths: Sequence[int] | None = None,
    solution: str | None = None,
    label: Label | None = None,
    problem_id: str = "p",
    seed: int = 1,
    step: int = 0,
    place: int = 0,
) -> Group:
    """A group of the texts of one problem, strictly graded unless the grades are given."""
    grades = grades or [graded.strict for graded in grade([(gold, text) for text in texts])]
    lengths = lengths or [1] * len(texts)
    parts = zip(texts, grades, lengths, strict=True)
    samples = [sample_of(i, text, graded, gold, n) for i, (text, graded, n) in enumerate(parts)]
    problem = Problem(problem_id, "3 + 4?", gold, solution)
    labels = None if label is None else Labels([label])
    return Group(problem, samples, seed, step, place, labels)


def rewards(expression: str, group: Group) -> list[float | None]:
    return parse_reward(expression).evaluate(group)
