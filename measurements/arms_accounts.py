"""What the table of arms says about three published accounts of gains under spurious rewards."""

from __future__ import annotations

from collections.abc import Sequence
from math import atanh, sqrt, tanh

import numpy as np
import numpy.typing as npt
from arms_grid import CLIPS, Arm, arms
from arms_runs import CLIP_FLOOR, Measured

from clean_bench.statistics.estimate import Estimate
from clean_bench.statistics.gains import contrast, mean_gain, paired_contrast
from clean_bench.statistics.intervals import student_t
from leaderboards.formatting import points_interval

Array = npt.NDArray[np.float64]
UNINFORMED = (
    "random, clip, 8 mini-batches",
    "python",
    "format",
    "shuffled",
    "constant",
    "inverted",
)
"""Arms whose reward does not favour correct answers."""
_SPEARMAN = 1.06
"""Variance of Fisher's z of a rank correlation, times n - 3 (Fieller, Hartley and Pearson 1957)."""


def account_lines(measured: Sequence[Measured]) -> list[str]:
    """The paragraph: each account, what it predicts, and whether these runs show it."""
    lines = ["## Which published account these runs support", ""]
    for title, account in (
        (
            "Clipping bias (2506.10947): a clip alone makes a random reward raise accuracy",
            _clipping,
        ),
        (
            "Entropy (2512.16912): the clip lowers entropy, and accuracy changes with entropy",
            _entropy,
        ),
        (
            "Contamination (2507.10532): rewards without information raise memorized problems alone",
            _contamination,
        ),
    ):
        texts = [f"{of_model.model}: {account(of_model)}." for of_model in measured]
        lines += [f"{title}. {' '.join(texts)}", ""]
    return lines


def _random_arms(minibatches: int) -> list[Arm]:
    """The arms with a random reward at so many mini-batches, the one without a clip last."""
    ending = f", {minibatches} mini-batch{'es' if minibatches > 1 else ''}"
    by_name = {arm.name: arm for arm in arms()}
    return [by_name[f"random, {name}{ending}"] for name in (*CLIPS, "rloo")]


def _clipping(of_model: Measured) -> str:
    *clipped, control, _ = _random_arms(8)
    tested, above_control, above_base = [], [], []
    for arm in clipped:
        if of_model.clip_fraction(arm) < CLIP_FLOOR:
            continue
        for name in ("planted", "fresh"):
            gain = of_model.gains(arm, name)
            difference = paired_contrast(gain, of_model.gains(control, name))
            text = f"{arm.name.split(', ')[1]} on {name} {points_interval(difference)}"
            tested.append(text)
            above_control += [text] if difference.above_zero else []
            above_base += [text] if difference.above_zero and mean_gain(gain).above_zero else []
    if not tested:
        return f"withheld, as no clip acted on {CLIP_FLOOR:.1%} of the tokens"
    if above_base:
        return f"supported, against no clip: {'; '.join(above_base)}"
    if above_control:
        return (
            "not supported as a source of gains: no arm with a random reward rises above the base; the "
            f"clip only limits the loss, against no clip: {'; '.join(above_control)}"
        )
    return f"not supported, against no clip: {'; '.join(tested)}"


def _entropy(of_model: Measured) -> str:
    clip, control = _random_arms(8)[0], _random_arms(8)[-2]
    lowered = _mean_of_seeds(
        of_model.changes(clip, "sampled_entropy") - of_model.changes(control, "sampled_entropy")
    )
    every = [*_random_arms(8), *_random_arms(1)]
    entropy = np.concatenate([of_model.changes(arm, "sampled_entropy") for arm in every])
    gains = np.concatenate([of_model.gains(arm, "fresh").mean(axis=1) for arm in every])
    related = rank_correlation(entropy, gains)
    first = "supported" if lowered.below_zero else "not supported"
    second = "supported" if not related.holds_zero else "not supported"
    return (
        f"that the clip lowers entropy is {first} (clip minus no clip {_interval(lowered)} nats, over "
        f"{lowered.n} seeds); that accuracy changes with entropy is {second} (rank correlation of the "
        f"change of entropy with the gain on the fresh set {_interval(related)}, over {related.n} runs "
        "under random rewards)"
    )


def _contamination(of_model: Measured) -> str:
    by_name = {arm.name: arm for arm in arms()}
    raised, kept, others = [], [], []
    for name in UNINFORMED:
        arm = by_name[name]
        if not of_model.changed_weights(arm):
            continue
        planted = of_model.gains(arm, "planted")
        difference = contrast(planted, of_model.gains(arm, "twin"))
        text = f"{name.removesuffix(', 8 mini-batches')} {points_interval(difference)}"
        if not difference.above_zero:
            others.append(text)
        else:
            (raised if mean_gain(planted).above_zero else kept).append(text)
    parts = [
        f"{what} under {'; '.join(texts)}"
        for what, texts in (
            ("planted problems rise, and by more than their twins,", raised),
            ("planted problems do not rise, but fall by less than their twins,", kept),
            ("no difference was found", others),
        )
        if texts
    ]
    verdict = "supported" if raised else "in part" if kept else "not supported"
    return f"{verdict} (planted minus twin): {'. '.join(parts)}"


def _mean_of_seeds(values: Array) -> Estimate:
    """The mean with Student's interval over seeds."""
    half = student_t(len(values) - 1) * float(values.std(ddof=1)) / sqrt(len(values))
    value = float(values.mean())
    return Estimate(value, value - half, value + half, len(values), "Student's t over seeds")


def rank_correlation(x: Array, y: Array) -> Estimate:
    """Spearman's rank correlation with the interval of Fisher's z."""
    ranks = [values.argsort().argsort().astype(float) for values in (x, y)]
    value = float(np.corrcoef(*ranks)[0, 1])
    half = 1.959964 * sqrt(_SPEARMAN / (len(x) - 3))
    z = atanh(min(max(value, -1 + 1e-12), 1 - 1e-12))
    return Estimate(value, tanh(z - half), tanh(z + half), len(x), "Fisher's z of ranks")


def _interval(estimate: Estimate) -> str:
    return f"{estimate.value:+.3f} ({estimate.low:+.3f} to {estimate.high:+.3f})"
