"""Gains of training and their contrasts, with intervals over training seeds and items together.

A gain is an array of shape seeds x items: the mean score of an item after training with that seed minus
its mean score before. Seeds and items are both samples, so the intervals resample rows and columns
independently (Owen 2007, "The pigeonhole bootstrap", slightly conservative) and take percentiles of
4,000 resamples. Few seeds underestimate their own spread: the part of a resample that comes from the
seeds' mean effects is widened from the normal quantile to Student's t with S - 1 degrees of freedom,
and by sqrt(S / (S - 1)). With one seed the variance between seeds is undefined: only items are
resampled, and the `method` names this.

With one item the variance between items is undefined, and the interval is the widest one that the scores
allow. Items that all gained the same, and more or less than nothing, show no variance: instead of an
interval of width zero they have the score interval of a mean of so many items (as 5 of 5 successes have
one). Gains that are all zero, as of a model that did not change, have an interval of width zero.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
import numpy.typing as npt

from clean_bench.statistics.bootstrap import percentile_interval, resample_counts
from clean_bench.statistics.estimate import UNKNOWN_GAIN, Estimate
from clean_bench.statistics.intervals import Z, mean_interval, score_interval, student_t
from clean_bench.statistics.pass_at_k import pass_at_k

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MatchedContrast:
    """A contrast of flagged and other items within strata.

    `kept_share` is the share of all flagged items that are in a stratum with both sides.
    """

    estimate: Estimate
    kept_share: float


def item_gains(before: npt.ArrayLike, after: npt.ArrayLike) -> Array:
    """Gains per seed and item, of shape seeds x items.

    Args:
        before: items x samples, scores of the base model; nan where a sample has no score.
        after: seeds x items x samples, scores of the trained models on the same items.

    Raises:
        ValueError: if the shapes do not fit.
    """
    old, new = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    fit = (old.ndim, new.ndim) == (2, 3) and len(old) == new.shape[1]
    if not (fit and len(new) and old.shape[1] and new.shape[2]):
        raise ValueError(
            "expected items x samples before and seeds x items x samples after, of the same items; "
            f"got {old.shape} and {new.shape}"
        )
    result: Array = np.nanmean(new, axis=2) - np.nanmean(old, axis=1)
    return result


def best_of_k(correct: npt.ArrayLike, k: int) -> Estimate:
    """pass@k as a mean over items with the interval of `mean_interval`; see `pass_at_k`.

    It is the highest accuracy that selection among k samples of a model can reach. `n` counts the
    items with at least k decided samples.
    """
    return replace(mean_interval(pass_at_k(correct, k)), method=f"pass@{k}, by item")


def mean_gain(gains: npt.ArrayLike, *, least: float = -1.0) -> Estimate:
    """The mean of gains (seeds x items) with its interval; `UNKNOWN_GAIN` without any item.

    Args:
        least: the least possible value of an item; the greatest is 1. 0 for scores in place of gains.
    """
    return _mean(gains, least, 1.0)


def _mean(gains: npt.ArrayLike, least: float, greatest: float) -> Estimate:
    array = _checked(gains)
    if not array.size:
        return UNKNOWN_GAIN
    seeds, items = resample_counts(len(array), "seeds"), resample_counts(array.shape[1], "items")
    return _estimate(
        float(array.mean()),
        _resampled(array, seeds, items) + _widened(array.mean(axis=1), seeds),
        array.shape[1],
        len(array),
        least,
        greatest,
        few=array.shape[1],
    )


def contrast(gains_a: npt.ArrayLike, gains_b: npt.ArrayLike) -> Estimate:
    """Mean gain on items A minus mean gain on other items B, under the same training runs.

    For example planted minus twin. Row s of both arrays is the same trained model, so the seeds are
    resampled together. The items differ and are resampled independently. Without items on one side the
    result is `UNKNOWN_GAIN`.

    Args:
        gains_a: seeds x items of A.
        gains_b: seeds x items of B; the number of items may differ. `n` counts both.

    Raises:
        ValueError: if the numbers of seeds differ.
    """
    a, b = _checked(gains_a), _checked(gains_b)
    if len(a) != len(b):
        raise ValueError(f"expected the same training runs, got {len(a)} and {len(b)} seeds")
    if not (a.size and b.size):
        return UNKNOWN_GAIN
    seeds = resample_counts(len(a), "seeds")
    drawn = _resampled(a, seeds, resample_counts(a.shape[1], "items"))
    drawn = drawn - _resampled(b, seeds, resample_counts(b.shape[1], "other items"))
    drawn += _widened(a.mean(axis=1) - b.mean(axis=1), seeds)
    return _estimate(
        float(a.mean() - b.mean()),
        drawn,
        a.shape[1] + b.shape[1],
        len(a),
        few=min(a.shape[1], b.shape[1]),
    )


def paired_contrast(gains_a: npt.ArrayLike, gains_b: npt.ArrayLike) -> Estimate:
    """Mean gain of arm A minus mean gain of arm B on the same items.

    For example truth minus a spurious reward. Items are resampled together, and so are seeds: run s
    of A and run s of B share seed s, so the pair of runs is the unit.

    Args:
        gains_a: seeds x items.
        gains_b: the same shape: the same seeds and items in the same order.

    Raises:
        ValueError: if the shapes differ.
    """
    a, b = _checked(gains_a), _checked(gains_b)
    if a.shape != b.shape:
        raise ValueError(f"expected the same seeds and items, got {a.shape} and {b.shape}")
    return _mean(a - b, -2.0, 2.0)


def matched_contrast(
    gains: npt.ArrayLike, flagged: npt.ArrayLike, strata: Sequence[Hashable]
) -> MatchedContrast | None:
    """Mean gain on flagged items minus mean gain on the others, matched by stratum.

    Within each stratum the two means are subtracted. The weight of a stratum is its number of flagged
    items (the effect on the flagged, by exact matching). Strata without both sides are dropped. Every
    resample is matched again.

    Args:
        gains: seeds x items.
        flagged: items, true where the base model recited the item before training.
        strata: items, a label of the matched covariates (level, length, base accuracy). Take the base
            accuracy from other samples than the gain: in the same samples, regression to the mean
            would lower the gain of items that look easy by chance.

    Returns:
        None where no stratum has both sides.

    Raises:
        ValueError: if the lengths do not fit.
    """
    array, flags = _checked(gains), np.asarray(flagged, dtype=bool)
    n = array.shape[1]
    if flags.shape != (n,) or len(strata) != n:
        raise ValueError(
            f"expected one flag and one stratum per item, got {n} items, {flags.size} flags and "
            f"{len(strata)} strata"
        )
    labels = {label: index for index, label in enumerate(dict.fromkeys(strata))}
    cells = np.zeros((n, len(labels)))
    cells[np.arange(n), [labels[label] for label in strata]] = 1.0
    inside, outside = cells * flags[:, None], cells * ~flags[:, None]
    both = (inside.sum(axis=0) > 0) & (outside.sum(axis=0) > 0)
    if not both.any():
        return None
    inside, outside = inside[:, both], outside[:, both]
    seeds, items = resample_counts(len(array), "seeds"), resample_counts(n, "items")
    per_seed = np.array([_matched(np.ones((1, n)), row[None], inside, outside)[0] for row in array])
    drawn = _matched(items, seeds @ array / len(array), inside, outside)
    drawn = (drawn + _widened(per_seed, seeds))[~np.isnan(drawn)]
    kept = int(inside.sum())
    return MatchedContrast(
        _estimate(
            float(per_seed.mean()),
            drawn,
            kept + int(outside.sum()),
            len(array),
            few=min(kept, int(outside.sum())),
        ),
        kept_share=kept / int(flags.sum()),
    )


def _matched(counts: Array, gains: Array, inside: Array, outside: Array) -> Array:
    """The matched contrast of every resample; nan where none of its strata has both sides.

    Args:
        counts: resamples x items, how often each item is drawn.
        gains: resamples x items, or one row for all.
        inside, outside: items x strata, 1 for the flagged, or other, items of the stratum.
    """
    weighted = counts * gains
    in_count, out_count = counts @ inside, counts @ outside
    weight = in_count * (out_count > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        difference = (weighted @ inside) / in_count - (weighted @ outside) / out_count
        total = np.where(weight > 0, weight * difference, 0.0).sum(axis=1)
        result: Array = total / weight.sum(axis=1)
    return result


def _checked(gains: npt.ArrayLike) -> Array:
    array = np.asarray(gains, dtype=np.float64)
    if array.ndim != 2 or not len(array) or np.isnan(array).any():
        raise ValueError(f"expected gains of seeds x items without nan, got shape {array.shape}")
    return array


def _resampled(gains: Array, seeds: Array, items: Array) -> Array:
    """The mean of every two-way resample."""
    result: Array = ((seeds @ gains) * items).sum(axis=1) / gains.size
    return result


def _widened(effects: Array, seeds: Array) -> Array:
    """The term to add to each resample so that the seeds' mean effects vary like Student's t."""
    count = len(effects)
    if count < 2:
        return np.zeros(len(seeds))
    factor = student_t(count - 1) / Z * sqrt(count / (count - 1)) - 1
    result: Array = factor * (seeds @ (effects - effects.mean())) / count
    return result


def _estimate(
    value: float,
    drawn: Array,
    n: int,
    seeds: int,
    least: float = -2.0,
    greatest: float = 2.0,
    *,
    few: int,
) -> Estimate:
    """The percentile interval of resamples.

    Args:
        least, greatest: bounds of the value; by default those of a difference of two gains.
        few: the number of items, of two groups that of the smaller one.
    """
    over = f"{seeds} seeds and items" if seeds > 1 else "items only (one seed)"
    if few == 1:
        return Estimate(value, least, greatest, n, "widest interval: one item")
    estimate = percentile_interval(value, drawn, n, f"bootstrap over {over}")
    if value and estimate.low == estimate.high:
        span = greatest - least
        share = min(1.0, max(0.0, (value - least) / span))
        low, high = (least + span * bound for bound in score_interval(share, few))
        return Estimate(value, low, high, n, "score interval: items are equal")
    return estimate
