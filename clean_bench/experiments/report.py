"""From the stored rows of a run to its report: a pure function of the folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from clean_bench.artifacts import Artifact
from clean_bench.experiments.evidence import FRESH, HEADLINE, Evidence
from clean_bench.experiments.recipe import ArmRecipe, Recipe
from clean_bench.organisms.shipped import organism_facts
from clean_bench.statistics import gains
from clean_bench.statistics.estimate import Estimate
from clean_bench.statistics.intervals import mean_interval
from clean_bench.statistics.paired import paired_difference
from leaderboards.conclusions import with_verdicts
from leaderboards.report_schema import (
    Arm,
    ArmScore,
    Ceiling,
    Contrast,
    DoseRow,
    ProbeRow,
    RunReport,
    SetInfo,
)

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
        ceiling=tuple(_ceiling(evidence, name) for name in evidence.sets),
        training=_training(evidence),
        planted_here=_planted_here(recipe),
        limits=tuple(recipe.limits),
        provenance=_provenance(evidence),
    )
    return with_verdicts(report)


def _ceiling(evidence: Evidence, name: str) -> Ceiling:
    table = evidence.before(name)
    return Ceiling(evidence.show(name), gains.best_of_k(table, table.shape[1]), table.shape[1])


def _card(recipe: Recipe) -> str:
    facts = organism_facts(recipe.checkpoint)
    if facts is None:
        return recipe.checkpoint
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
    organism = organism_facts(recipe.checkpoint) is not None and recipe.twin is not None
    apart = " that no scored set shares a computation with" if organism else ""
    return (
        f"GRPO for {config.steps} steps of {config.prompts} prompts with {config.rollouts} rollouts "
        f"each and {config.updates} updates a step, learning rate {_short(config.learning_rate)}, on "
        f"{recipe.data.count} generated {recipe.data.family}{apart}{shared}."
    )


def _set_info(evidence: Evidence, name: str) -> SetInfo:
    n, shown = int(evidence.kept[name].sum()), evidence.show(name)
    if name == FRESH:
        about = Artifact.load(evidence.folder / "fresh", "problem-set").metadata["freshness"]
        tiers = about["tiers"].values()
        label: Any = "fresh" if all(tier["label"] == "fresh" for tier in tiers) else "skill"
        bits = min(tier["bits"]["min"] for tier in tiers)
        return SetInfo(shown, "fresh", n, about["claim"], label, bits, bool(about["bound"]))
    if name == evidence.twin:
        return SetInfo(shown, "twin", n, "drawn like the planted problems, never planted")
    if evidence.twin is None:
        return SetInfo(shown, "public", n, "a public benchmark")
    if not _planted_here(evidence.recipe):
        return SetInfo(shown, "planted", n, "planted in another model, and not in this one")
    doses = sorted({row["dose"] for row in evidence.base.problems[name] if row["dose"]})
    text = f"in the model's own text, each {' or '.join(map(str, doses))} times"
    return SetInfo(shown, "planted", n, text)


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
    after = evidence.after(arm, name)
    several = len(after) > 1
    return ArmScore(
        set=evidence.show(name),
        before=mean_interval(evidence.before(name)),
        # Over several seeds the interval is that of a mean over seeds and problems together.
        after=gains.mean_gain(after.mean(axis=2)) if several else mean_interval(after[0]),
        gain=gains.mean_gain(evidence.gains(arm, name)),
        greedy_before=mean_interval(evidence.greedy(name)),
        greedy_after=gains.mean_gain(evidence.greedy(name, arm).T)
        if several
        else mean_interval(evidence.greedy(name, arm)),
        greedy_gain=gains.mean_gain(evidence.greedy(name, arm).T - evidence.greedy(name).T)
        if several
        else paired_difference(evidence.greedy(name), evidence.greedy(name, arm)),
    )


def _contrasts(evidence: Evidence, arm: ArmRecipe) -> list[Contrast]:
    recipe, found = evidence.recipe, []
    main, twin, shown = evidence.main, evidence.twin, evidence.show(evidence.main)
    if twin is not None:
        found.append(
            Contrast(
                Contrast.PLANTED_MINUS_TWIN,
                f"gain on {shown} minus gain on {evidence.show(twin)}",
                gains.contrast(evidence.gains(arm.name, main), evidence.gains(arm.name, twin)),
            )
        )
    matched = evidence.recited_contrast(arm.name)
    if matched is not None:
        found.append(
            Contrast(
                Contrast.FLAGGED_MINUS_UNFLAGGED,
                "gain on recited problems minus gain on the others of the benchmark",
                matched.estimate,
                headline=twin is None,
                note=(
                    "Recited: completed word for word from 60% by the base model before training; "
                    "matched on steps or level, length and base accuracy (from separate samples); "
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
            f"gain on {shown} minus gain on fresh problems",
            gains.contrast(evidence.gains(arm.name, main), evidence.gains(arm.name, FRESH)),
            headline=False,
            note="The two sets are not matched problem by problem.",
        )
    )
    return found


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
        for name in evidence.sets:
            for prefix, values in sets[name]["prefix"].items():
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
        int(dose): DoseRow(int(dose), HEADLINE, estimate(values["exact_match"]))
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
        "prompt template": ", ".join(scores.config["templates"]),
        "fresh set": f"{fresh.config['family']}, rows sha256 "
        f"{fresh.manifest['tables']['problems']['content_sha256']}",
        "seeds": ", ".join(map(str, evidence.recipe.seeds)),
    }
