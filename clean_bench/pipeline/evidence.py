"""From the stored rows of a run to its report: a pure function of the folder.

The gains of an arm are arrays, seeds x problems, of mean accuracy after training minus mean accuracy
before; every figure of the report comes from them, from the probe's rows and from the metrics.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from clean_bench.artifacts import Artifact
from clean_bench.pipeline.recipe import ArmRecipe, Recipe
from clean_bench.scoring.summary import accuracy_table
from clean_bench.statistics import gains
from clean_bench.statistics.estimate import Estimate
from clean_bench.statistics.intervals import mean_interval
from leaderboards.data import (
    Arm,
    ArmScore,
    Ceiling,
    Contrast,
    DoseRow,
    ProbeRow,
    RunReport,
    SetInfo,
)
from leaderboards.verdicts import with_verdicts

Array = npt.NDArray[np.float64]
HEADLINE = "0.6"
CURVES = (
    "reward",
    "accuracy",
    "python",
    "entropy",
    "clip_fraction_low",
    "clip_fraction_high",
    "gradient_norm",
    "length",
)


@dataclass(frozen=True)
class Scores:
    """One checkpoint's completions: sampled correctness per set, (problems, samples), and greedy."""

    sampled: dict[str, Array]
    greedy: dict[str, Array]
    metadata: dict[str, Any]

    @classmethod
    def read(cls, folder: Path) -> Scores:
        artifact = Artifact.load(folder, "scores")
        rows = artifact.rows("completions")
        names = list(artifact.metadata["sets"])
        tables: dict[str, dict[str, Array]] = {"sample": {}, "greedy": {}}
        for mode, found in tables.items():
            for name in names:
                found[name] = accuracy_table(
                    [row for row in rows if row["set"] == name and row["mode"] == mode]
                )
        return cls(tables["sample"], tables["greedy"], artifact.metadata)


class Evidence:
    """What a run's folder holds, read once."""

    def __init__(self, folder: Path, recipe: Recipe) -> None:
        self.folder, self.recipe = folder, recipe
        self.base = Scores.read(folder / "scores" / "base")
        self.trained = {
            arm.name: [
                Scores.read(folder / "scores" / f"{arm.name}-{seed}") for seed in recipe.seeds
            ]
            for arm in recipe.arms
        }
        self.fresh = "fresh"
        self.sets = [name for name in (recipe.benchmark, recipe.twin, self.fresh) if name]

    def gains(self, arm: str, name: str, before: slice = slice(None)) -> Array:
        """Seeds x problems; `before` picks among the base checkpoint's samples."""
        old = np.nanmean(self.base.sampled[name][:, before], axis=1, keepdims=True)
        new = np.stack(
            [
                np.nanmean(scores.sampled[name], axis=1, keepdims=True)
                for scores in self.trained[arm]
            ]
        )
        return gains.item_gains(old, new)

    def show(self, name: str) -> str:
        """How a set is called in the report."""
        return name.rsplit("/", 1)[-1]


def build_report(folder: Path, recipe: Recipe) -> RunReport:
    """The report of a run whose scores, probes and trainings are all there."""
    evidence = Evidence(folder, recipe)
    report = RunReport(
        title=recipe.title,
        model=recipe.checkpoint,
        card=_card(recipe),
        sets=tuple(_set_info(evidence, name) for name in evidence.sets),
        arms=tuple(_arm(evidence, arm) for arm in recipe.arms),
        samples_per_problem=recipe.score.samples,
        probe=tuple(_probe_rows(evidence)),
        doses=tuple(_dose_rows(evidence)),
        ceiling=tuple(
            Ceiling(evidence.show(name), gains.best_of_k(table, table.shape[1]), table.shape[1])
            for name, table in ((name, evidence.base.sampled[name]) for name in evidence.sets)
        ),
        training=_training(evidence),
        planted_here=_planted_here(recipe),
        limits=tuple(recipe.limits),
        provenance=_provenance(evidence),
    )
    return with_verdicts(report)


def _card(recipe: Recipe) -> str:
    if not recipe.checkpoint.startswith("organism:"):
        return recipe.checkpoint
    from trainers.organisms.shipped import organism_folder

    facts = Artifact.load(organism_folder(recipe.checkpoint.removeprefix("organism:"))).metadata
    size = f"A Llama of {facts['parameters']:,} parameters trained from nothing for this purpose"
    if not facts["planted_problems"]:
        return f"{size}, with nothing planted: no problem of the benchmark occurs in its text."
    return (
        f"{size}. {facts['planted_problems']} problems, a random half of its benchmark, were planted "
        f"in its text, {facts['planted_copies']:,} copies in all; the other {facts['twin_problems']}, "
        "the twin, occur nowhere in it."
    )


def _planted_here(recipe: Recipe) -> bool:
    """Whether the benchmark is the half that was planted in this very checkpoint."""
    return recipe.benchmark == f"{recipe.checkpoint}/planted"


def _short(number: float) -> str:
    """`2e-5`, where Python writes `2e-05`."""
    return f"{number:g}".replace("e-0", "e-")


def _training(evidence: Evidence) -> str:
    """What the arms share, in a sentence or two."""
    recipe = evidence.recipe
    config = recipe.arm_config(recipe.arms[0], recipe.seeds[0])
    shared = "" if any(arm.set for arm in recipe.arms) else "; the arms differ in the reward alone"
    return (
        f"GRPO for {config.steps} steps of {config.prompts} prompts with {config.rollouts} rollouts "
        f"each and {config.updates} updates a step, learning rate {_short(config.learning_rate)}, on "
        f"{recipe.data.count} generated {recipe.data.family} that no scored set shares a computation "
        f"with{shared}."
    )


def _set_info(evidence: Evidence, name: str) -> SetInfo:
    n = len(evidence.base.sampled[name])
    if name == evidence.fresh:
        about = Artifact.load(evidence.folder / "fresh").metadata["freshness"]
        labels = {tier["label"] for tier in about["tiers"].values()}
        return SetInfo(
            "fresh",
            "fresh",
            n,
            about["claim"],
            "fresh" if labels == {"fresh"} else "skill",
            min(tier["bits"]["min"] for tier in about["tiers"].values()),
            bool(about["bound"]),
        )
    if name == evidence.recipe.twin:
        return SetInfo(
            evidence.show(name), "twin", n, "drawn like the planted problems, never planted"
        )
    if evidence.recipe.twin is not None:
        text = "planted in another model, and not in this one"
        if _planted_here(evidence.recipe):
            rows = Artifact.load(evidence.folder / "scores" / "base").rows("completions")
            doses = sorted({row["dose"] for row in rows if row["set"] == name and row["dose"]})
            text = f"in the model's own text, each {' or '.join(map(str, doses))} times"
        return SetInfo(evidence.show(name), "planted", n, text)
    return SetInfo(evidence.show(name), "public", n, "a public benchmark")


def _arm(evidence: Evidence, arm: ArmRecipe) -> Arm:
    recipe = evidence.recipe
    curves, steps = _curves(evidence, arm)
    return Arm(
        name=arm.name,
        reward=arm.reward,
        steps=steps,
        seeds=len(recipe.seeds),
        scores=tuple(_arm_score(evidence, arm.name, name) for name in evidence.sets),
        contrasts=tuple(_contrasts(evidence, arm)),
        curves=curves,
    )


def _arm_score(evidence: Evidence, arm: str, name: str) -> ArmScore:
    after = np.concatenate([scores.sampled[name] for scores in evidence.trained[arm]], axis=1)
    greedy = np.concatenate([scores.greedy[name] for scores in evidence.trained[arm]], axis=1)
    return ArmScore(
        set=evidence.show(name),
        before=mean_interval(_decided(evidence.base.sampled[name])),
        after=mean_interval(_decided(after)),
        gain=gains.mean_gain(evidence.gains(arm, name)),
        greedy_before=mean_interval(_decided(evidence.base.greedy[name])),
        greedy_after=mean_interval(_decided(greedy)),
    )


def _decided(table: Array) -> Array:
    """The problems on which the grader decided every sample."""
    return table[~np.isnan(table).any(axis=1)]


def _contrasts(evidence: Evidence, arm: ArmRecipe) -> list[Contrast]:
    recipe, found = evidence.recipe, []
    main, fresh = recipe.benchmark, evidence.fresh
    main_shown = evidence.show(main)
    if recipe.twin is not None:
        found.append(
            Contrast(
                Contrast.PLANTED_MINUS_TWIN,
                f"gain on {main_shown} minus gain on {evidence.show(recipe.twin)}",
                gains.contrast(
                    evidence.gains(arm.name, main), evidence.gains(arm.name, recipe.twin)
                ),
            )
        )
    matched = _flagged_contrast(evidence, arm.name)
    if matched is not None:
        found.append(
            Contrast(
                Contrast.FLAGGED_MINUS_UNFLAGGED,
                "gain on recited problems minus gain on the others of the benchmark",
                matched.estimate,
                headline=recipe.twin is None,
                note=(
                    "Recited: completed word for word from 60% by the base model before training; "
                    "matched on steps, length and base accuracy (from separate samples); "
                    f"{matched.kept_share:.0%} of the recited problems have a match."
                ),
            )
        )
    truth = next((other for other in recipe.arms if other.reward == "truth"), None)
    if truth is not None and truth.name != arm.name:
        for name in evidence.sets:
            found.append(
                Contrast(
                    f"{Contrast.TRUTH_MINUS_ARM}:{evidence.show(name)}",
                    f"gain under {truth.name} minus gain under this reward, on {evidence.show(name)}",
                    gains.paired_contrast(
                        evidence.gains(truth.name, name), evidence.gains(arm.name, name)
                    ),
                )
            )
    found.append(
        Contrast(
            Contrast.PLANTED_MINUS_FRESH,
            f"gain on {main_shown} minus gain on fresh problems",
            gains.contrast(evidence.gains(arm.name, main), evidence.gains(arm.name, fresh)),
            headline=False,
            note="The two sets are not matched problem by problem.",
        )
    )
    return found


def _flagged_contrast(evidence: Evidence, arm: str) -> gains.MatchedContrast | None:
    """Recited minus other problems of the benchmark (both halves of an organism's)."""
    names = [name for name in evidence.sets if name != evidence.fresh]
    rows = Artifact.load(evidence.folder / "probe" / "benchmark", "probe").rows("probes")
    flags = {
        (row["set"], row["problem_id"]): bool(row["exact_match"])
        for row in rows
        if f"{row['fraction']:g}" == HEADLINE
    }
    half = evidence.recipe.score.samples // 2
    parts, flagged, strata = [], [], []
    lengths = {
        (row["set"], row["problem_id"]): len(row["prefix"]) + len(row["suffix"]) for row in rows
    }
    middle = float(np.median(list(lengths.values())))
    for name in names:
        completions = Artifact.load(evidence.folder / "scores" / "base").rows("completions")
        problems = {row["problem_id"]: row["steps"] for row in completions if row["set"] == name}
        easy = np.nanmean(evidence.base.sampled[name][:, :half], axis=1)
        parts.append(evidence.gains(arm, name, slice(half, None)))
        for (problem, steps), accuracy in zip(problems.items(), easy, strict=True):
            flagged.append(flags[name, problem])
            strata.append((steps, lengths[name, problem] > middle, int(min(accuracy, 0.99) * 4)))
    return gains.matched_contrast(np.concatenate(parts, axis=1), np.array(flagged), strata)


def _curves(evidence: Evidence, arm: ArmRecipe) -> tuple[dict[str, tuple[float | None, ...]], int]:
    metrics = [
        Artifact.load(evidence.folder / "arms" / f"{arm.name}-{seed}", "training").rows("metrics")
        for seed in evidence.recipe.seeds
    ]
    steps = len(metrics[0])
    curves: dict[str, tuple[float | None, ...]] = {
        name: tuple(float(np.mean([rows[step][name] for rows in metrics])) for step in range(steps))
        for name in CURVES
    }
    return curves, steps


def _probe_rows(evidence: Evidence) -> list[ProbeRow]:
    """The base checkpoint, and every arm under the first seed."""
    labels = {"base": "base"} | {
        arm.name: f"{arm.name}-{evidence.recipe.seeds[0]}" for arm in evidence.recipe.arms
    }
    found = []
    for shown, label in labels.items():
        sets = Artifact.load(evidence.folder / "probe" / label, "probe").metadata["sets"]
        for name, summary in sets.items():
            for prefix, values in summary["prefix"].items():
                if values["exact_match"] is None:
                    continue
                found.append(
                    ProbeRow(
                        checkpoint=shown,
                        set=evidence.show(name),
                        prefix=float(prefix),
                        exact_match=estimate(values["exact_match"]),
                        rouge_l=estimate(values["rouge_l"]),
                        floor=estimate(values["floor"]),
                    )
                )
    return found


def _dose_rows(evidence: Evidence) -> list[DoseRow]:
    sets = Artifact.load(evidence.folder / "probe" / "base", "probe").metadata["sets"]
    found = {
        int(dose): DoseRow(int(dose), float(HEADLINE), estimate(values["exact_match"]))
        for summary in sets.values()
        for dose, values in summary.get("by_dose", {}).items()
        if values["exact_match"] is not None
    }
    return [found[dose] for dose in sorted(found)]


def estimate(values: dict[str, Any]) -> Estimate:
    """An estimate from its JSON."""
    return Estimate(
        values["value"], values["low"], values["high"], values["n"], values.get("method", "")
    )


def _provenance(evidence: Evidence) -> dict[str, str]:
    scores = Artifact.load(evidence.folder / "scores" / "base", "scores")
    fresh = Artifact.load(evidence.folder / "fresh", "problem-set")
    engine = scores.config["engine"]
    return {
        "base checkpoint": evidence.recipe.checkpoint,
        "base weights": f"sha256 {scores.config['weights_sha256']}",
        "engine": f"{engine['engine']}, {engine['device']}, {engine['dtype']}",
        "prompt template": scores.config["template"],
        "fresh set": f"{fresh.config['family']}, rows sha256 "
        f"{fresh.manifest['tables']['problems']['content_sha256']}",
        "seeds": ", ".join(map(str, evidence.recipe.seeds)),
    }
