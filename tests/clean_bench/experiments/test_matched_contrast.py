"""The contrast of a benchmark with a matched set: kin problems, and templates as units, by hand."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from clean_bench.artifacts import Artifact
from clean_bench.errors import UserError
from clean_bench.experiments.checks.sets import check_set
from clean_bench.experiments.compare import parse_fresh
from clean_bench.experiments.evidence import Evidence
from clean_bench.experiments.plan import DATA
from clean_bench.experiments.recipe import SetRecipe
from clean_bench.experiments.results import _contrasts
from clean_bench.problems import Problem, ProblemSet
from clean_bench.statistics import gains
from generators.competition.plan import MatchedPlan
from generators.competition.profile import DEFAULT, profile_named
from generators.competition.write import generate_matched
from generators.set_plan import master_seed


def matched_set(templates: list[str], kin: str = "one two") -> ProblemSet:
    problems = [
        Problem(f"{name}/{i}", "p", "1", metadata={"template": name, "kin": kin})
        for i, name in enumerate(templates)
    ]
    return ProblemSet("matched", problems, role="matched")


def evidence(**kept: list[bool]) -> Any:
    of = SimpleNamespace(kept={name: np.array(flags) for name, flags in kept.items()})
    of.units = lambda problems: Evidence.units(of, problems)  # type: ignore[arg-type]
    return of


def test_kin_are_the_kept_problems_that_are_named() -> None:
    benchmark = ProblemSet("public", [Problem(name, "p", "1") for name in ("one", "two", "three")])
    of = evidence(public=[True, False, True])
    assert Evidence.kin(of, benchmark, matched_set(["a"])).tolist() == [True, False]
    # A set of templates of other kinds is not compared; one without names is, with all problems.
    assert Evidence.kin(of, benchmark, matched_set(["a"], "other")).tolist() == [False, False]
    assert Evidence.kin(of, benchmark, matched_set(["a"], "")).tolist() == [True, True]


def test_templates_are_the_units() -> None:
    of = evidence(matched=[True, True, True, True, False])
    values = np.array([[0.4, 0.2, 0.0, -0.2], [0.0, 0.2, 0.6, 0.0]])
    columns = Evidence.by_unit(of, matched_set(["a", "a", "b", "a", "b"]), values)
    assert columns == pytest.approx(np.array([[0.2, 0.0], [0.1, 0.3]]))
    assert columns.mean(axis=1) == pytest.approx([0.1, 0.2])  # of the problems


def test_problems_are_the_units_of_other_sets() -> None:
    of = evidence(fresh=[True, False, True])
    problems = ProblemSet("fresh", matched_set(["a", "a", "b"]).problems, role="fresh")
    values = np.array([[0.5, -0.25], [0.0, 1.0]])
    assert Evidence.by_unit(of, problems, values).tolist() == values.tolist()


def test_kin_with_figures_are_left_out() -> None:
    public = [Problem("one", "p [asy]draw();[/asy]", "1"), Problem("two", "p", "1")]
    of = evidence(public=[True, True])
    assert Evidence.kin(of, ProblemSet("public", public), matched_set(["a"])).tolist() == [
        False,
        True,
    ]


def test_correlated_variants_widen_the_interval() -> None:
    generator = np.random.default_rng(1)
    of_template = generator.choice([-0.5, 0.0, 0.5, 1.0], size=(3, 20))
    of_item = np.repeat(of_template, 10, axis=1)
    of = evidence(matched=[True] * 200)
    names = [f"t{i}" for i in range(20) for _ in range(10)]
    columns = Evidence.by_unit(of, matched_set(names), of_item)
    by_template, by_item = gains.mean_gain(columns), gains.mean_gain(of_item)
    assert by_template.value == pytest.approx(by_item.value)
    assert by_template.n == 20
    width, narrow = (e.high - e.low for e in (by_template, by_item))
    assert width > 1.5 * narrow


def test_practiced_templates_are_those_of_the_training_problems(tmp_path: Path) -> None:
    master = master_seed(seed="training")
    plan = MatchedPlan(profile_named(DEFAULT), 2, master, template="outfits", split="train")
    generate_matched(plan, origin={"seed": "training"}, out=tmp_path / DATA)
    of = SimpleNamespace(folder=tmp_path, recipe=SimpleNamespace(data="some"))
    of.trained_templates = Evidence.trained_templates.func(of)  # type: ignore[attr-defined]
    assert of.trained_templates == {"outfits"}
    assert Evidence.practiced(of, matched_set(["a", "outfits"])) == {"outfits"}  # type: ignore[arg-type]
    of.trained_templates = Evidence.trained_templates.func(  # type: ignore[attr-defined]
        SimpleNamespace(folder=tmp_path, recipe=SimpleNamespace(data=None))
    )
    assert Evidence.practiced(of, matched_set(["outfits"])) == set()  # type: ignore[arg-type]


@pytest.mark.parametrize(("reward", "trained"), [("truth", "a"), ("truth", "other"), (None, "a")])
def test_an_arm_that_practiced_templates_is_not_contrasted(
    reward: str | None, trained: str
) -> None:
    matched = matched_set(["a", "b"])
    benchmark = ProblemSet("public", [Problem(n, "p", "1") for n in ("one", "two")], role="public")
    sets = {"public": benchmark, "matched": matched}
    of = evidence(public=[True, True], matched=[True, True])
    of.of_role = lambda *roles: [s for s in sets.values() if s.role in roles]
    of.gains = lambda arm, name: np.array([[0.5, 0.0]])
    of.unit_gains = lambda arm, problems: np.array([[0.25, 0.0]])
    of.kin = lambda benchmark, matched: Evidence.kin(of, benchmark, matched)
    of.practiced = lambda matched: {trained} & {"a", "b"}
    of.memorized_contrast = lambda arm, whole: None
    arm = SimpleNamespace(name="arm", reward=reward)
    of.recipe = SimpleNamespace(arms_of=lambda model: [arm])
    of.model, of.trained = SimpleNamespace(name="m"), {"arm": [None]}
    of.samples, of.template = 0, "raw"
    of.set_sha256, of.protocol = dict.fromkeys(sets, ""), lambda mode: ""
    found = [row.versus for row in _contrasts(of, arm)]  # type: ignore[arg-type]
    assert found == ([] if (reward, trained) == ("truth", "a") else ["set=matched"])


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"role": "matched", "family": "competition"}, "expected groups"),
        ({"role": "fresh", "family": "competition", "groups": 2}, 'expected role = "matched"'),
        ({"role": "matched", "family": "competition", "groups": 2, "count": 3}, "no source, steps"),
        ({"role": "fresh", "family": "stories", "groups": 2}, 'expected family = "competition"'),
        ({"role": "matched", "family": "competition", "groups": 0}, "greater than or equal to 1"),
    ],
)
def test_a_recipe_draws_matched_sets_by_groups(entry: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SetRecipe(**entry)
    good = SetRecipe(role="matched", family="competition", groups=3)
    assert good.generated and good.drawn == 15


def test_compare_takes_groups() -> None:
    expected = {"role": "matched", "name": "competition", "family": "competition", "groups": 258}
    assert parse_fresh("competition:258") == expected
    with pytest.raises(UserError, match="expected competition:GROUPS such as competition:258"):
        parse_fresh("competition:5:10")


def test_the_check_of_a_run_accepts_the_set_that_it_draws(tmp_path: Path) -> None:
    entry = SetRecipe(role="matched", family="competition", groups=3)
    origin = {"bind": ["a" * 64]}
    plan = entry.matched_plan(master_seed(**origin))
    assert plan is not None
    generate_matched(plan, origin=origin, out=tmp_path / "sets" / "0-matched")
    run = Artifact(tmp_path, {})

    def failures(recipe: SetRecipe, of: dict[str, Any]) -> list[str]:
        found = check_set(run, "sets/0-matched", recipe, "matched", of, "eval")
        return [str(failure) for failure in found]

    assert failures(entry, origin) == []
    assert "groups is 3, expected 4" in failures(entry.model_copy(update={"groups": 4}), origin)[0]
    assert "not bound" in failures(entry, {"bind": ["b" * 64]})[0]
