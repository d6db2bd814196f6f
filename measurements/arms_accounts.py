"""What the table of arms says about three published accounts of gains under spurious rewards."""

from __future__ import annotations

from collections.abc import Sequence
from math import atanh, sqrt, tanh

import numpy as np
import numpy.typing as npt
from arms_grid import CLIPS, NO_CLIP, arm_named, random_arms, random_name
from arms_runs import CLIP_FLOOR, Measured
from scipy.stats import rankdata

from clean_bench.statistics.estimate import Estimate
from clean_bench.statistics.gains import mean_gain
from clean_bench.statistics.intervals import Z, student_t
from leaderboards.formatting import points_interval

Array = npt.NDArray[np.float64]
SPURIOUS = (random_name("clip", 8), "python", "format", "shuffled", "inverted")
"""Arms with spurious rewards that change the weights."""
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
            "Contamination (2507.10532): spurious rewards raise memorized problems alone",
            _contamination,
        ),
    ):
        texts = [f"{of_model.model}: {account(of_model)}." for of_model in measured]
        lines += [f"{title}. {' '.join(texts)}", ""]
    return lines


def _clipping(of_model: Measured) -> str:
    randoms = random_arms(8)
    tested, above_control, above_base = [], [], []
    for clip in CLIPS:
        arm = randoms[clip]
        if of_model.clip_fraction(arm) < CLIP_FLOOR:
            continue
        for name in ("planted", "fresh"):
            difference = of_model.against(arm, randoms[NO_CLIP], name)
            tested.append(f"{clip} on {name} {points_interval(difference)}")
            if difference.above_zero:
                above_control.append(tested[-1])
                if mean_gain(of_model.gains(arm, name)).above_zero:
                    above_base.append(tested[-1])
    if not tested:
        return f"withheld, as no clip acted on {CLIP_FLOOR:.1%} of the tokens"
    if above_base:
        return f"supported, against no clip: {'; '.join(above_base)}"
    if above_control:
        return (
            "not supported as a source of gains: the clip only limits the loss, and none of these arms "
            f"rises above the base; against no clip: {'; '.join(above_control)}"
        )
    return f"not supported, against no clip: {'; '.join(tested)}"


def _entropy(of_model: Measured) -> str:
    every = [*random_arms(8).values(), *random_arms(1).values()]
    changes = {arm.name: of_model.changes(arm, "sampled_entropy") for arm in every}
    lowered = _mean_of_seeds(changes[random_name("clip", 8)] - changes[random_name(NO_CLIP, 8)])
    entropy = np.concatenate(list(changes.values()))
    gains = np.concatenate([of_model.gains(arm, "fresh").mean(axis=1) for arm in every])
    # With one mini-batch no clip acts: such arms give the same weights, which count once.
    weights = [run["weights_sha256"] for arm in every for run in of_model.runs(arm)]
    _, distinct = np.unique(weights, return_index=True)
    related = rank_correlation(entropy[distinct], gains[distinct])
    first = "supported" if lowered.below_zero else "not supported"
    second = "supported" if not related.holds_zero else "not supported"
    return (
        f"that the clip lowers entropy is {first} (clip minus no clip {_interval(lowered)} nats, over "
        f"{lowered.n} seeds); that accuracy changes with entropy is {second} (rank correlation of the "
        f"change of entropy with the gain on the fresh set {_interval(related)}, over {related.n} runs "
        "under random rewards with different weights)"
    )


def _contamination(of_model: Measured) -> str:
    raised: list[str] = []
    kept: list[str] = []
    apart: list[str] = []
    others: list[str] = []
    for name in SPURIOUS:
        arm = arm_named(name)
        difference = of_model.planted_minus_twin(arm)
        text = f"{name.removesuffix(', 8 mini-batches')} {points_interval(difference)}"
        if not difference.above_zero:
            others.append(text)
        elif (planted := mean_gain(of_model.gains(arm, "planted"))).above_zero:
            raised.append(text)
        elif planted.below_zero:
            kept.append(text)
        else:
            apart.append(text)
    parts = [
        f"{what} under {'; '.join(texts)}"
        for what, texts in (
            ("planted problems rise, and by more than their twins,", raised),
            ("planted problems fall, but by less than their twins,", kept),
            ("planted problems neither rise nor fall, and do better than their twins,", apart),
            ("no difference was found", others),
        )
        if texts
    ]
    verdict = "supported" if raised else "in part" if kept or apart else "not supported"
    return f"{verdict} (planted minus twin): {'. '.join(parts)}"


def _mean_of_seeds(values: Array) -> Estimate:
    """The mean with Student's interval over seeds."""
    half = student_t(len(values) - 1) * float(values.std(ddof=1)) / sqrt(len(values))
    value = float(values.mean())
    return Estimate(value, value - half, value + half, len(values), "Student's t over seeds")


def rank_correlation(x: Array, y: Array) -> Estimate:
    """Spearman's rank correlation with the interval of Fisher's z."""
    value = float(np.corrcoef(rankdata(x), rankdata(y))[0, 1])
    half = Z * sqrt(_SPEARMAN / (len(x) - 3))
    z = atanh(min(max(value, -1 + 1e-12), 1 - 1e-12))
    return Estimate(value, tanh(z - half), tanh(z + half), len(x), "Fisher's z of ranks")


def _interval(estimate: Estimate) -> str:
    return f"{estimate.value:+.3f} ({estimate.low:+.3f} to {estimate.high:+.3f})"
