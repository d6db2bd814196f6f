"""What the table of arms says about three published accounts of gains under spurious rewards."""

from __future__ import annotations

from collections.abc import Sequence
from math import atanh, sqrt, tanh

import numpy as np
import numpy.typing as npt
from arms_grid import CLIPS, Arm, arms
from arms_runs import CLIP_FLOOR, Measured

from clean_bench.statistics.estimate import Estimate
from clean_bench.statistics.gains import contrast, paired_contrast
from clean_bench.statistics.intervals import student_t
from leaderboards.formatting import joined, points_interval

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
    raised, tested = [], []
    for arm in clipped:
        if of_model.clip_fraction(arm) < CLIP_FLOOR:
            continue
        for name in ("planted", "fresh"):
            difference = paired_contrast(of_model.gains(arm, name), of_model.gains(control, name))
            tested.append(
                f"{arm.name.split(', ')[1]} minus no clip on {name} {points_interval(difference)}"
            )
            raised += [tested[-1]] if difference.above_zero else []
    if not tested:
        return f"withheld, as no clip acted on {CLIP_FLOOR:.1%} of the tokens"
    verdict = "supported" if raised else "not supported"
    return f"{verdict} ({'; '.join(raised or tested)})"


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
    raised, others = [], []
    for name in UNINFORMED:
        arm = by_name[name]
        if not of_model.changed_weights(arm):
            continue
        difference = contrast(of_model.gains(arm, "planted"), of_model.gains(arm, "twin"))
        text = f"{name.removesuffix(', 8 mini-batches')} {points_interval(difference)}"
        (raised if difference.above_zero else others).append(text)
    if not raised:
        return f"no such reward raises planted problems more than their twins ({'; '.join(others)})"
    rest = f"; without an effect: {'; '.join(others)}" if others else ""
    return f"planted problems gain more than their twins under {joined(raised)}{rest}"


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
