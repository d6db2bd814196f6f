"""The table of `measurements/arms.py`: gains, their parts, realized clip fractions, entropy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from arms_accounts import account_lines
from arms_grid import (
    CLIPS,
    MODELS,
    NO_CLIP,
    SAMPLES,
    SEEDS,
    SHARED,
    Arm,
    arm_named,
    arms,
    random_arms,
    random_name,
)
from arms_runs import CLIP_FLOOR, Measured

from clean_bench.statistics.estimate import Estimate
from clean_bench.statistics.gains import mean_gain
from leaderboards.formatting import points_interval

SETS = ("planted", "twin", "fresh")


def write_report(out: Path) -> None:
    """Write OUT/arms.md, and measurements/results/arms.md once every run is there."""
    measured = [Measured(out, model) for model in MODELS]
    done = sum(len(of_model.runs(arm)) for of_model in measured for arm in arms())
    planned = len(MODELS) * len(arms()) * len(SEEDS)
    lines = _introduction(done, planned)
    for of_model in measured:
        present = [arm for arm in arms() if of_model.runs(arm)]
        lines += _gain_table(of_model, present)
        lines += _unchanged(of_model, present)
        lines += _part_table(of_model)
        lines += _clip_table(of_model)
        lines += _noise_table(of_model)
    if done == planned:
        lines += account_lines(measured)
    text = "\n".join(lines).rstrip() + "\n"
    (out / "arms.md").write_text(text)
    if done == planned:
        results = Path(__file__).parent / "results"
        (results / "arms.md").write_text(text)
    print(f"{done} of {planned} runs; {out / 'arms.md'}")


def _introduction(done: int, planned: int) -> list[str]:
    settings = ", ".join(f"{key} {value}" for key, value in SHARED.items())
    return [
        "# Arms: rewards, clips and mini-batches on both control models",
        "",
        f"Command: `python measurements/arms.py` ({done} of {planned} runs). Gains are in percentage "
        f"points of accuracy over {SAMPLES} samples a problem at temperature 1, with 95% intervals that "
        "resample training seeds and problems together. 160 problems a set; the fresh set is bound to "
        f"both bases. Shared settings: {settings}. Clip fractions are shares of trained tokens whose "
        "gradient the clip removes, averaged over updates. Entropy (nats) and probability are those of "
        "the sampled tokens of all rollouts, last step minus first; those steps have different "
        "prompts, and the row of `constant` shows how much that makes. The learning rate is five times "
        "that of the controls (`controls.md`), so that a clip acts at all.",
        "",
    ]


def _gain_table(of_model: Measured, present: Sequence[Arm]) -> list[str]:
    lines = [
        f"## {of_model.model}",
        "",
        "| arm | seeds | gain planted | gain twin | gain fresh | planted minus twin | J | clip low | "
        "clip high | entropy | token probability | groups without variance |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for arm in present:
        gains = {name: of_model.gains(arm, name) for name in SETS}
        cells = [arm.name, str(len(gains["fresh"]))]
        cells += [points_interval(mean_gain(gains[name])) for name in SETS]
        cells.append(points_interval(of_model.planted_minus_twin(arm)))
        cells.append(_number(of_model.metric(arm, "reward_j"), "+.2f"))
        cells += [
            _number(of_model.metric(arm, f"clip_fraction_{side}"), ".4f")
            for side in ("low", "high")
        ]
        cells += [
            f"{of_model.changes(arm, name).mean():+.3f}"
            for name in ("sampled_entropy", "sampled_probability")
        ]
        cells.append(_number(of_model.metric(arm, "frac_zero_std_groups"), ".2f"))
        lines.append("| " + " | ".join(cells) + " |")
    return [*lines, ""]


def _unchanged(of_model: Measured, present: Sequence[Arm]) -> list[str]:
    same = [arm.name for arm in present if not of_model.changed_weights(arm)]
    return [f"Arms that left every weight unchanged, bit for bit: {', '.join(same) or 'none'}.", ""]


def _part_table(of_model: Measured) -> list[str]:
    """The three parts of the gain under truth: null, elicited and labels."""
    truth, random, majority = (
        arm_named(name) for name in ("truth, clip", random_name("clip", 8), "group-majority")
    )
    if not all(
        len(of_model.runs(arm)) == len(of_model.runs(truth)) > 1 for arm in (random, majority)
    ):
        return []
    lines = [
        "| set | null: random - base | elicited: group-majority - random | labels: truth - "
        "group-majority | naive: truth - random |",
        "|---|---|---|---|---|",
    ]
    for name in SETS:
        parts = [
            mean_gain(of_model.gains(random, name)),
            of_model.against(majority, random, name),
            of_model.against(truth, majority, name),
            of_model.against(truth, random, name),
        ]
        lines.append(f"| {name} | " + " | ".join(map(points_interval, parts)) + " |")
    return [*lines, ""]


def _clip_table(of_model: Measured) -> list[str]:
    """Each random arm with a clip minus the one without, where the clip acted at all."""
    lines = [
        "| random reward | realized clip fraction | fresh: minus no clip | planted: minus no clip | "
        "entropy minus no clip | verdict about the clip |",
        "|---|---|---|---|---|---|",
    ]
    for minibatches in (8, 1):
        randoms = random_arms(minibatches)
        control = randoms[NO_CLIP]
        for arm in [randoms[name] for name in CLIPS if name != NO_CLIP]:
            if (
                len(of_model.runs(arm)) != len(of_model.runs(control))
                or len(of_model.runs(arm)) < 2
            ):
                continue
            fraction = of_model.clip_fraction(arm)
            contrasts = [of_model.against(arm, control, name) for name in ("fresh", "planted")]
            entropy = of_model.changes(arm, "sampled_entropy").mean()
            entropy -= of_model.changes(control, "sampled_entropy").mean()
            cells = [
                arm.name.removeprefix("random, "),
                f"{fraction:.4f}",
                *map(points_interval, contrasts),
                f"{entropy:+.3f}",
                _verdict(fraction, contrasts),
            ]
            lines.append("| " + " | ".join(cells) + " |")
    return [*lines, ""]


def _verdict(fraction: float, contrasts: Sequence[Estimate]) -> str:
    if fraction < CLIP_FLOOR:
        return f"withheld: realized clip fraction below {CLIP_FLOOR:g}"
    if any(estimate.above_zero for estimate in contrasts):
        return "accuracy is higher with the clip"
    if any(estimate.below_zero for estimate in contrasts):
        return "accuracy is lower with the clip"
    return "no difference was found"


def _noise_table(of_model: Measured) -> list[str]:
    """Gain against J of the noisy rewards, with the realized J."""
    noisy = [arm for arm in arms() if arm.name.startswith("noisy") and of_model.runs(arm)]
    if not noisy:
        return []
    lines = ["| J | realized J | gain planted | gain twin | gain fresh |", "|---|---|---|---|---|"]
    for arm in noisy:
        cells = [arm.name.partition("(J ")[2].rstrip(")")]
        cells.append(_number(of_model.metric(arm, "reward_j"), "+.2f"))
        cells += [points_interval(mean_gain(of_model.gains(arm, name))) for name in SETS]
        lines.append("| " + " | ".join(cells) + " |")
    return [*lines, ""]


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
