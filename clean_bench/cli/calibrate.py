"""`clean-bench calibrate`."""

from __future__ import annotations

from pathlib import Path

import click

from clean_bench.cli.common import emit, output_options, progress_bar
from clean_bench.cli.options import ModelOptions, model_options, names_of
from clean_bench.errors import UserError
from clean_bench.progress import phase
from clean_bench.results import Results

SIZES, STAGES = ("small", "large"), ("continued", "pretraining")
FORMS = ("verbatim", "renumbered", "reworded")
GRPO = ("truth", "random", "saw")
GRPO_MEASURES = {
    "grpo_reward": "mean reward of GRPO",
    "grpo_frac_zero_std_groups": "groups of rollouts without a gradient",
}


@click.command("calibrate")
@click.argument("checkpoint", required=False)
@click.option(
    "--on",
    "name",
    metavar="NAME_OR_PATH",
    help="Problem set of which a random half is planted; without it, 500 generated problems.",
)
@click.option(
    "--null",
    "nulls",
    multiple=True,
    metavar="NAME_OR_PATH,...",
    help="Sets that no model has seen; without them, half of the never-planted problems are the null.",
)
@click.option(
    "--background",
    "backgrounds",
    multiple=True,
    metavar="NAME_OR_PATH,...",
    help="Problems (with solutions) that are trained on beside the copies; default generated ones.",
)
@click.option("--plantings", type=click.IntRange(min=1), default=3, show_default=True)
@click.option(
    "--doses",
    default="1,4,16,64,256",
    show_default=True,
    metavar="N,...",
    help="Copies of a planted problem.",
)
@click.option(
    "--counts",
    metavar="N,...",
    help="Relative numbers of planted problems of each dose; default fewer of the larger doses.",
)
@click.option(
    "--size",
    "sizes",
    default="small",
    show_default=True,
    metavar="NAME,...",
    help="Control models: small, large or both; not with a checkpoint.",
)
@click.option(
    "--stage",
    "stages",
    default="continued",
    show_default=True,
    metavar="NAME,...",
    help="continued: copies in a continued training; pretraining: from random weights (control models).",
)
@click.option(
    "--form",
    "forms",
    default="verbatim",
    show_default=True,
    metavar="NAME,...",
    help="What is planted: verbatim, renumbered or reworded copies.",
)
@click.option(
    "--grpo",
    "grpo",
    metavar="KIND,...",
    help="Also train each planted model with GRPO, and probe it again: truth or random (the reward) on "
    "other problems, saw: the true reward on half of the probed problems themselves.",
)
@click.option(
    "--grpo-on",
    metavar="NAME_OR_PATH",
    help="Problems for --grpo truth and random; without it, generated ones.",
)
@click.option(
    "--grpo-set",
    "grpo_settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="Settings of GRPO as in `clean-bench train --set`, for example --grpo-set steps=50.",
)
@click.option(
    "--signals",
    default="default",
    show_default=True,
    metavar="NAME,...",
    help="Tests of the probe (clean-bench list signals), at least one that flags problems. `all`: those "
    "that need no versions of the problems.",
)
@click.option("--seed", default="1", show_default=True, help="Seed of the first planting.")
@click.option("--limit", type=click.IntRange(min=1), help="Only the first problems of the set.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="Settings of the training of a checkpoint, for example --set learning_rate=1e-4 --set "
    "tuning=lora; unknown keys are refused.",
)
@model_options
@output_options
def command(
    checkpoint: str | None,
    name: str | None,
    nulls: tuple[str, ...],
    backgrounds: tuple[str, ...],
    plantings: int,
    doses: str,
    counts: str | None,
    sizes: str,
    stages: str,
    forms: str,
    grpo: str | None,
    grpo_on: str | None,
    grpo_settings: tuple[str, ...],
    signals: str,
    seed: str,
    limit: int | None,
    out: Path,
    settings: tuple[str, ...],
    model: ModelOptions,
    as_json: bool,
) -> None:
    """Measure the power of the contamination probe: plant known copies, then probe.

    \b
    clean-bench calibrate --out calibration
    clean-bench calibrate --on math500 --null math-train --plantings 20 --out calibration
    clean-bench calibrate --grpo truth,random,saw --grpo-set steps=50 --out calibration
    clean-bench calibrate HuggingFaceTB/SmolLM2-135M --on math500 --limit 200 --doses 4,16,64 --out c

    A random half of a set is planted at known numbers of copies, by continued training of small control
    models, or of a copy of CHECKPOINT (full or LoRA). The probe then flags problems, and the flags are
    compared with what was planted: area under the ROC curve, true-positive rate at 1% false positives,
    power by dose, the share of false discoveries, and the smallest dose that is detected. CHECKPOINT
    itself is not changed. With --grpo, a short training with GRPO follows each planting, and the probe
    shows what that does to each signal. Give the folder to `clean-bench probe --calibration`: a null
    verdict then states this power. If it is interrupted, rerun the same command to resume.
    """
    import clean_bench.organisms  # noqa: F401 - registers organism:NAME
    from clean_bench.artifacts import Artifact
    from clean_bench.experiments.calibration.plan import CalibrationPlan, calibration_sets
    from clean_bench.experiments.calibration.signals import calibrated_tests, warn_of_small_null

    plan = CalibrationPlan(
        checkpoint=checkpoint,
        plantings=plantings,
        seed=seed,
        doses=_integers("--doses", doses),
        counts=None if counts is None else _integers("--counts", counts),
        sizes=_names("--size", sizes, SIZES),
        stages=_names("--stage", stages, STAGES),
        forms=_names("--form", forms, FORMS),
        settings=settings,
        grpo=() if grpo is None else _names("--grpo", grpo, GRPO),
        grpo_settings=grpo_settings,
    )
    if grpo_settings and not plan.grpo:
        raise UserError("--grpo-set: expected --grpo truth, random or saw; name a kind")
    chosen = calibrated_tests(signals.split(","))
    sets = calibration_sets(name, names_of(nulls), names_of(backgrounds), limit, plan.grpo, grpo_on)
    warn_of_small_null(sets.problems, sets.nulls, chosen)
    Artifact.try_folder(out, "calibration")
    with phase("loading torch", imports="torch"):
        from clean_bench.experiments.calibration.plan import run_plan

    units = plantings * len(plan.forms) * len(plan.sizes) * len(plan.stages) * (1 + len(plan.grpo))
    with progress_bar("calibrating", units, model.described()) as bar:
        artifact = run_plan(
            plan,
            sets,
            [test.name for test in chosen],
            out,
            model.engine,
            model.revision,
            bar.advance,
        )
    results = Results.read(artifact)
    emit(as_json, {"out": str(out), "results": results.as_json()}, view(results))


def view(results: Results) -> str:
    """Power by dose of every group and test, as text."""
    from clean_bench.cli.tables import number, percent, table

    rows = []
    for group in results.values_of("arm"):
        part = results.where(arm=group)
        rows.append([str(group), "", "", "", "", ""])
        whole = part.where(subset=None)
        tests = [
            row.measure.partition(":")[2]
            for row in whole
            if row.measure.startswith("false_discoveries:")
        ]
        for test in tests:
            for subset in part.values_of("subset"):
                of_dose = part.where(subset=subset)
                flagged = of_dose.first(measure=f"flagged:{test}")
                if subset is not None and flagged is not None:
                    rows.append(
                        [
                            f"  {test}",
                            str(subset).removeprefix("dose="),
                            str(flagged.n),
                            percent(flagged),
                            percent(of_dose.first(measure=f"tpr@1%:{test}")),
                            number(of_dose.first(measure=f"auc:{test}")),
                        ]
                    )
            found = whole.first(measure=f"false_discoveries:{test}")
            rows.append([f"  {test}: false discoveries", "", "", percent(found), "", ""])
        for measure, name in GRPO_MEASURES.items():
            of_training = whole.first(measure=measure)
            if of_training is not None:
                rows.append([f"  {name}", "", "", percent(of_training), "", ""])
    headings = ("test", "dose", "problems", "flagged [95%]", "TPR at 1% [95%]", "AUC [95%]")
    return table(headings, rows, texts=1)


def _integers(option: str, text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise UserError(
            f"{option} {text}: expected whole numbers separated by commas, for example 1,4,16"
        ) from None


def _names(option: str, text: str, known: tuple[str, ...]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(text.split(",")))
    for name in names:
        if name not in known:
            raise UserError(f"{option} {name}: expected one of {', '.join(known)}, got {name!r}")
    return names
