"""Results of matched sets, by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pytest

from clean_bench.problems import Problem
from clean_bench.problems.problem import Role
from clean_bench.results import Result, Results
from clean_bench.scoring.variant_groups import all_right_by_chance, with_variants
from clean_bench.statistics.clusters import cluster_difference, cluster_mean

HEADS = Results(
    [
        Result(set="m", template="t", role="matched", measure="no_answer"),
        Result(set="public", template="t", role="public", measure="no_answer"),
    ]
)


def matched(groups: Mapping[str, Sequence[int]]) -> list[Problem]:
    """Groups named `template/number`, with the kin of the template."""
    return [
        Problem(
            id=f"{name}/{variant}",
            problem="p",
            answer=str(variant),
            group=name,
            metadata={"template": name.split("/")[0], "kin": f"kin-{name.split('/')[0]} kin-other"},
        )
        for name, marks in groups.items()
        for variant in range(len(marks))
    ]


def samples(rows: Sequence[tuple[str, str, Sequence[str]]], mode: str = "greedy") -> pa.Table:
    return pa.Table.from_pylist(
        [
            {"set": s, "template": "t", "mode": mode, "problem_id": p, "grade": grade}
            for s, p, grades in rows
            for grade in grades
        ]
    )


def measured(
    groups: Mapping[str, Sequence[int]], public: Mapping[str, int]
) -> dict[str, float | None]:
    kinds = {1: "equal", 0: "different", 2: "timeout"}
    rows = [
        ("m", f"{name}/{variant}", [kinds[mark]])
        for name, marks in groups.items()
        for variant, mark in enumerate(marks)
    ]
    rows += [("public", name, [kinds[mark]]) for name, mark in public.items()]
    sets = {"m": matched(groups), "public": [Problem(name, "p", "1") for name in public]}
    found = with_variants(HEADS, samples(rows), sets)
    return {row.measure: row.value for row in found if row.measure != "no_answer"}


GROUPS = {
    "a/0": (1, 1, 1, 1, 1),
    "a/1": (1, 0, 0, 0, 0),
    "b/0": (0, 0, 0, 0, 0),
    "b/1": (1, 1, 0, 1, 1),
}


def test_groups_by_hand() -> None:
    values = measured(GROUPS, {"kin-a": 1, "kin-b": 0, "unrelated": 1})
    assert values["loose"] == pytest.approx(10 / 20)
    assert values["strict_groups"] == pytest.approx(1 / 4)
    assert "independent_groups" not in values
    assert values["wobble"] == pytest.approx(2 / 4)
    assert values["guess"] == pytest.approx(4 / 20)
    assert values["public_kin"] == pytest.approx(1 / 2)
    assert values["public_text"] == pytest.approx(2 / 3)
    assert values["public_guess"] == 1.0
    assert values["public_minus_matched"] == pytest.approx(0)
    # The groups of a have a correct kin problem; in a/1 at most one of any four variants is correct.
    assert values["original_only"] == pytest.approx(1 / 2)
    # Of the ten correct variants only that of a/1 has at most one correct sibling.
    assert values["variant_only"] == pytest.approx(1 / 10)


def test_original_only_is_its_null_without_contamination() -> None:
    generator = np.random.default_rng(8)
    groups, public = {}, {}
    for number in range(3000):
        share = generator.beta(1, 1)
        groups[f"t{number}/0"] = tuple(int(x) for x in generator.random(5) < share)
        public[f"kin-t{number}"] = int(generator.random() < share)
    values = measured(groups, public)
    assert values["original_only"] == pytest.approx(values["variant_only"], abs=0.02)


def test_a_benchmark_without_kin_gives_no_contrast() -> None:
    assert "public_kin" not in measured(GROUPS, {"unrelated": 1})


def test_an_undecided_variant_leaves_its_group_out() -> None:
    values = measured({**GROUPS, "b/1": (1, 1, 2, 1, 1)}, {})
    assert values["loose"] == pytest.approx(6 / 15)
    assert values["strict_groups"] == pytest.approx(1 / 3)


def test_samples_give_the_product_of_the_shares() -> None:
    groups = {"a/0": (1, 1), "a/1": (1,)}
    rows = [
        ("m", "a/0/0", ["equal", "equal", "different", "equal"]),
        ("m", "a/0/1", ["equal", "different"] * 2),
        ("m", "a/1/0", ["equal"] * 4),
    ]
    table = samples(rows, "sample")
    found = with_variants(Results([HEADS[0]]), table, {"m": matched(groups)})
    values = {row.measure: row.value for row in found}
    assert values["strict_groups"] == pytest.approx(0.75 * 0.5)
    assert values["wobble"] == pytest.approx(1 - 0.375 - 0.25 * 0.5)
    # Five of eight completions are correct: of the pairs of two of these, C(5, 2) / C(8, 2).
    assert values["independent_groups"] == pytest.approx(10 / 28)
    # The group of one scored variant counts in loose alone.
    assert values["loose"] == pytest.approx((0.75 + 0.5 + 1) / 3)


@pytest.mark.parametrize("share", [0.3, 0.7])
def test_all_right_by_chance_has_no_bias(share: float) -> None:
    """Of independent completions its mean is the probability that five are right."""
    right = np.random.default_rng(3).binomial(4, share, size=(20_000, 5)) / 4
    values = [all_right_by_chance(row, 4) for row in right]
    assert np.mean(values) == pytest.approx(share**5, abs=4 * np.std(values) / 20_000**0.5)


@pytest.mark.parametrize("role", [None, "public", "fresh"])
def test_a_benchmark_is_public_or_a_file_without_a_role(role: Role | None) -> None:
    heads = Results([HEADS[0], HEADS[1]._replace(role=role)])
    rows = [("m", f"a/0/{v}", ["equal"]) for v in range(5)] + [("public", "kin-a", ["equal"])]
    sets = {"m": matched({"a/0": (1,) * 5}), "public": [Problem("kin-a", "p", "1")]}
    found = {row.measure for row in with_variants(heads, samples(rows), sets)}
    assert ("public_minus_matched" in found) == (role != "fresh")


@pytest.mark.parametrize(
    "figure", ["[asy]draw(a);[/asy]", r"\begin{tabular}{c}1\end{tabular}", r"\includegraphics{a}"]
)
def test_problems_with_figures_are_left_out(figure: str) -> None:
    rows = [("m", f"a/0/{v}", ["equal"]) for v in range(5)]
    rows += [("public", "kin-a", ["equal"]), ("public", "kin-other", ["different"])]
    public = [Problem("kin-a", "p", "1"), Problem("kin-other", f"p {figure}", "1")]
    sets = {"m": matched({"a/0": (1,) * 5}), "public": public}
    found = with_variants(HEADS, samples(rows), sets)
    values = {row.measure: row.value for row in found}
    assert values["public_kin"] == values["public_text"] == 1.0


def test_other_roles_have_no_groups() -> None:
    head = HEADS[0]._replace(role="fresh")
    found = with_variants(
        Results([head]), samples([("m", "a/0/0", ["equal"])]), {"m": matched({"a/0": (1,)})}
    )
    assert list(found) == [head]


def test_the_interval_of_clusters_covers() -> None:
    generator = np.random.default_rng(2)
    covered, narrow = 0, 0
    for _ in range(200):
        means = generator.beta(2, 2, size=40)
        clusters = [c for c in range(40) for _ in range(10)]
        values = generator.random(400) < np.repeat(means, 10)
        estimate = cluster_mean(values, clusters, "template")
        covered += estimate.low <= 0.5 <= estimate.high
        spread = 1.96 * np.sqrt(0.25 / 400)
        narrow += abs(values.mean() - 0.5) <= spread
    # Of independent items the interval would be too narrow: clusters are the units.
    assert covered >= 180 > narrow


def test_clusters_without_variance_have_the_interval_of_their_number() -> None:
    estimate = cluster_mean([1.0] * 50, [c for c in range(10) for _ in range(5)], "template")
    assert estimate.n == 10 and estimate.value == 1.0
    assert estimate.low == pytest.approx(0.7225, abs=1e-3)  # Wilson, 10 of 10


def test_differences_resample_both_sides() -> None:
    generator = np.random.default_rng(4)
    covered = 0
    for _ in range(200):
        public = generator.random(100) < 0.6
        means = generator.beta(2, 2, size=40)
        values = generator.random(200) < np.repeat(means, 5)
        clusters = [c for c in range(40) for _ in range(5)]
        estimate = cluster_difference(public, values, clusters, "template")
        covered += estimate.low <= 0.1 <= estimate.high
    assert covered >= 180
    alike = cluster_difference([1.0] * 3, [1.0] * 4, ["a", "a", "b", "b"], "template")
    assert alike.value == 0 and alike.low < -0.3 and alike.high > 0.3
    assert np.isnan(cluster_difference([], [1.0], ["a"], "template").value)
    with pytest.raises(ValueError, match="one cluster per value"):
        cluster_mean([1.0, 0.0], ["a"], "template")
