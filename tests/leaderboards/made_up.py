"""A made-up report with every part filled, shaped like the one of the demo."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from clean_bench.results import Result, Results
from clean_bench.statistics.estimate import Estimate
from leaderboards.conclusions import with_conclusions
from leaderboards.report_schema import ArmInfo, ModelInfo, RunReport, SetInfo
from leaderboards.view import DECIDED, ModelView, views_of

ROLES = {"reciter/planted": "planted", "reciter/twin": "twin", "word-problems (bound)": "fresh"}
PLANTED, TWIN, FRESH = ROLES
BASE = "reciter/base"
BEFORE = {PLANTED: 0.727, TWIN: 0.548, FRESH: 0.561}
GAINS = {
    "truth": (0.113, 0.145, 0.131),
    "random": (-0.081, -0.09, -0.075),
    "python": (0.131, -0.012, 0.004),
}


@dataclass(frozen=True)
class MadeUp:
    """A report and its results."""

    report: RunReport
    results: Results

    @property
    def view(self) -> ModelView:
        """The only model."""
        [view] = views_of(self.report, self.results)
        return view


def share(value: float, n: int, width: float | None = None) -> Estimate:
    """A share with an interval of about the right width."""
    half = width if width is not None else 1.96 * math.sqrt(max(value * (1 - value), 0.004) / n)
    return Estimate(value, max(0.0, value - half), min(1.0, value + half), n, "Wilson")


def change(value: float, half: float) -> Estimate:
    return Estimate(value, value - half, value + half, 128, "paired bootstrap over problems")


def curves(rise: float, start: float) -> dict[str, tuple[float | None, ...]]:
    def wave(step: int) -> float:
        return 0.02 * math.sin(step * 2.3) + 0.015 * math.cos(step * 5.1)

    steps = range(30)
    return {
        "reward": tuple(start + rise * s / 29 + wave(s) for s in steps),
        "accuracy": tuple(0.55 + 0.3 * rise * s / 29 + wave(s + 3) for s in steps),
        "entropy": tuple(0.62 - 0.4 * rise * s / 29 + wave(s) / 3 for s in steps),
        "clip_fraction_high": tuple(0.01 * start + abs(wave(s)) / 8 for s in steps),
        "clip_fraction_low": tuple(0.008 + abs(wave(s + 1)) / 9 for s in steps),
        "grad_norm": tuple(0.4 + start / 3 + wave(s) * 4 for s in steps),
        "length": tuple(None if s == 4 else 17.0 - 2 * rise * s / 29 for s in steps),
    }


def of_base() -> Iterator[Result]:
    """Scores before training, and pass@16 of two sets."""
    for name, value in BEFORE.items():
        head = Result(BASE, set=name, role=ROLES[name], subset=DECIDED)
        yield head.of("avg@16", share(value, 128, 0.045))
        yield head.of("accuracy", share(min(value + 0.24, 1.0), 128))
        if name != PLANTED:
            yield head.of("pass@16", share(0.94 if name == FRESH else 0.93, 128))


def of_arm(arm: str, rise: float, start: float) -> Iterator[Result]:
    """Scores after training, gains and contrasts of an arm, and its training metrics."""
    gains = dict(zip(ROLES, GAINS[arm], strict=True))
    head = Result(f"reciter/{arm}", arm=arm)
    versus = f"checkpoint={BASE}"
    for name, gain in gains.items():
        of_set = head._replace(set=name, role=ROLES[name])
        after = share(BEFORE[name] + gain, 128, 0.042)
        yield of_set.of("avg@16", after, subset=DECIDED)
        yield of_set.of("gain:avg@16", change(gain, 0.024), versus=versus)
        greedy = of_set._replace(protocol="greedy")
        after = share(min(BEFORE[name] + 0.25, 1.0), 128)
        yield greedy.of("accuracy", after, subset=DECIDED)
        yield greedy.of("gain:accuracy", change(0.01, 0.02), versus=versus)
    planted = head._replace(set=PLANTED, role="planted")
    for other, half in ((TWIN, 0.034), (FRESH, 0.035)):
        difference = change(gains[PLANTED] - gains[other], half)
        yield planted.of("gain:avg@16", difference, versus=f"set={other}")
    if arm != "truth":
        truth = Result("reciter/truth", arm="truth", set=PLANTED, role="planted")
        difference = change(GAINS["truth"][0] - gains[PLANTED], 0.031)
        yield truth.of("gain:avg@16", difference, versus=f"arm={arm}")
    for measure, values in curves(rise, start).items():
        for step, value in enumerate(values):
            if value is not None:
                yield Result(
                    BASE, arm=arm, seed=1, step=step, set="data", role="train",
                    measure=measure, value=value,
                )  # fmt: skip


def of_probe(arm: str | None, shift: float) -> Iterator[Result]:
    head = Result(BASE) if arm is None else Result(f"reciter/{arm}-1", arm=arm, seed=1)
    for prefix in (0.4, 0.6, 0.8):
        for name, value in ((PLANTED, 0.2 + prefix / 2), (TWIN, 0.0), (FRESH, 0.0)):
            of_set = head._replace(set=name, role=ROLES[name])
            match = share(max(0.0, value + (shift if value else 0)), 128)
            yield of_set.of(f"exact_match@{prefix:g}", match)
            yield of_set.of(f"lookup_match@{prefix:g}", share(0.004 * prefix, 128))
            yield of_set.of(f"rouge_l@{prefix:g}", share(0.35 + 0.5 * value, 128))
    if arm is None:
        for dose, value in ((0, 0.0), (4, 0.0), (16, 0.06), (64, 0.44), (256, 1.0)):
            of_dose = head._replace(set=PLANTED if dose else TWIN, subset=f"dose={dose}")
            yield of_dose.of("exact_match@0.6", share(value, 32))


def made_up() -> MadeUp:
    results = Results(
        [
            *of_base(),
            *of_arm("truth", 0.35, 0.6),
            *of_arm("random", 0.0, 0.5),
            *of_arm("python", 0.4, 0.4),
            *of_probe(None, 0.0),
            *of_probe("truth", -0.02),
            *of_probe("random", -0.09),
            *of_probe("python", 0.03),
        ]
    )
    report = RunReport(
        title="demo: three rewards on the reciter",
        measure="avg@16",
        samples_per_problem=16,
        models=(
            ModelInfo(
                name="reciter",
                checkpoint="organism:reciter",
                card=(
                    "A Llama of 650 thousand parameters, trained on 154,000 word problems, "
                    "with 32 problems planted in its text at each of the doses 1, 4, 16, 64, 256."
                ),
                arms=tuple(ArmInfo(name=name, reward=name, steps=30) for name in GAINS),
            ),
        ),
        sets=(
            SetInfo(
                name=PLANTED,
                label=PLANTED,
                role="planted",
                n=128,
                description="word problems planted at doses 1 to 256",
            ),
            SetInfo(
                name=TWIN,
                label=TWIN,
                role="twin",
                n=128,
                description="drawn at random from the same problems, never planted",
            ),
            SetInfo(
                name=FRESH,
                label=FRESH,
                role="fresh",
                n=128,
                description="drawn after training ended",
                freshness_label="skill",
                bits=24.1,
                bound=True,
            ),
        ),
        training="Every reward trained the same model on the same problems for 30 steps.",
        limits=(
            "No real model was run: a million parameters need not behave like seven billion.",
            "One training seed: intervals cover items and samples, not training runs.",
        ),
        provenance={
            "clean-bench": "0.1.0",
            "torch": "2.13.0",
            "base weights (SHA-256)": "9f2c" * 16,
            "engine": "transformers on cpu, float32",
            "master seed of the generated set": "bound to base, truth, random, python",
        },
    )
    return MadeUp(with_conclusions(report, results), results)


def renamed(made_up: MadeUp, names: dict[str, str]) -> MadeUp:
    """The same numbers with models, arms and sets under other names."""
    report, swap = made_up.report, lambda name: names.get(name, name)

    def checkpoint(name: str) -> str:
        model, _, label = name.partition("/")
        arm, dash, seed = label.rpartition("-")
        return f"{swap(model)}/{swap(arm) + dash + seed if dash else swap(label)}"

    def versus(text: str | None) -> str | None:
        if text is None:
            return None
        column, _, name = text.partition("=")
        return f"{column}={checkpoint(name) if column == 'checkpoint' else swap(name)}"

    models = [
        model.model_copy(
            update={
                "name": swap(model.name),
                "arms": tuple(
                    arm.model_copy(update={"name": swap(arm.name)}) for arm in model.arms
                ),
            }
        )
        for model in report.models
    ]
    sets = [
        info.model_copy(update={"name": swap(info.name), "label": swap(info.label)})
        for info in report.sets
    ]
    results = Results(
        row._replace(
            checkpoint=checkpoint(row.checkpoint),
            arm=row.arm and swap(row.arm),
            set=swap(row.set),
            versus=versus(row.versus),
        )
        for row in made_up.results
    )
    changes = {"models": tuple(models), "sets": tuple(sets)}
    return MadeUp(report.model_copy(update=changes), results)


def two_models() -> MadeUp:
    """The same model a second time as the negative control, with the names of its checkpoints."""
    first = made_up()
    second = renamed(first, {"reciter": "learner"})
    [model] = second.report.models
    control = model.model_copy(update={"checkpoint": "organism:learner", "planted_here": False})
    models = (*first.report.models, control)
    report = first.report.model_copy(update={"models": models})
    return MadeUp(report, first.results + second.results)
