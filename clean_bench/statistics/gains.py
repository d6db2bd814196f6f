"""Gains of training and their contrasts, with intervals over training seeds and items together.

A gain is an array of shape seeds x items: the mean score of an item after training with that seed
minus its mean score before. Both the seeds and the items are samples of what could have been, so
the intervals resample rows and columns independently (Owen 2007, "The pigeonhole bootstrap",
slightly conservative) and take the 2.5% and 97.5% percentiles of 4,000 resamples. A handful of
seeds understates its own spread: the part of a resample that comes from the seeds' overall effects
is widened from the normal quantile to Student's t with S - 1 degrees of freedom and by
sqrt(S / (S - 1)). One seed says nothing of other seeds: then only the items are resampled, and the
method says so. Gains that are all equal have an interval without width: nothing varied.

The resampling is counter-based (Philox under a fixed key): the same arrays give the same interval.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt

import numpy as np
import numpy.typing as npt

from clean_bench.statistics.estimate import Estimate
from clean_bench.statistics.intervals import Z, mean_interval, student_t
from clean_bench.statistics.pass_at_k import pass_at_k

RESAMPLES = 4000
_KEY = 0x636C65616E  # any fixed number: what matters is that it never changes

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MatchedContrast:
    """A contrast of flagged and other items within strata, and what was left out of it.

    `flagged` and `others` count the items in strata that hold both; `kept_share` is the share of
    all flagged items among them, `dropped_strata` the number of strata that held only one side.
    """

    estimate: Estimate
    flagged: int
    others: int
    kept_share: float
    dropped_strata: int


def item_gains(before: npt.ArrayLike, after: npt.ArrayLike) -> Array:
    """Gains per seed and item, of shape seeds x items.

    Args:
        before: items x samples, scores of the base model; nan where a sample has no score.
        after: seeds x items x samples, scores of the trained models on the same items.

    Raises:
        ValueError: if the shapes do not fit.
    """
    old, new = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    if (
        old.ndim != 2
        or new.ndim != 3
        or old.shape[0] != new.shape[1]
        or not (old.size and new.size)
    ):
        raise ValueError(
            f"before of shape {old.shape} and after of shape {new.shape}: "
            "items x samples and seeds x items x samples of the same items are wanted"
        )
    result: Array = np.nanmean(new, axis=2) - np.nanmean(old, axis=1)
    return result


def gain(before: npt.ArrayLike, after: npt.ArrayLike) -> Estimate:
    """The mean gain over seeds and items; shapes as in `item_gains`. `n` counts the items."""
    return mean_gain(item_gains(before, after))


def best_of_k(correct: npt.ArrayLike, k: int) -> Estimate:
    """pass@k: the probability that at least one of k samples is correct, mean over items.

    The ceiling that choosing among a model's own samples can reach. Per item the estimate is that of
    `pass_at_k`; the interval is that of `mean_interval`, the items as units.

    Args:
        correct: items x samples, 0 or 1, or nan where a sample was not decided. An item with fewer
            than k decided samples has no estimate and is left out (`n` counts the others).
        k: at least 1, at most the number of samples.

    Raises:
        ValueError: if an entry is none of these, or k is out of range.
    """
    estimate = mean_interval(pass_at_k(correct, k))
    return Estimate(estimate.value, estimate.low, estimate.high, estimate.n, f"pass@{k}, by item")


def mean_gain(gains: npt.ArrayLike) -> Estimate:
    """The mean of gains (seeds x items) with its interval."""
    array = _checked(gains)
    seeds, items = _counts(len(array), "seeds"), _counts(array.shape[1], "items")
    return _estimate(
        float(array.mean()),
        _resampled(array, seeds, items) + _widened(array.mean(axis=1), seeds),
        array.shape[1],
        len(array),
    )


def contrast(gains_a: npt.ArrayLike, gains_b: npt.ArrayLike) -> Estimate:
    """Mean gain on items A minus mean gain on other items B, under the same training runs.

    For example planted minus twin. Row s of both arrays is the same trained model, so the seeds
    are resampled together; the items are different ones and are resampled apart.

    Args:
        gains_a: seeds x items of A.
        gains_b: seeds x items of B; the number of items may differ. `n` counts both.

    Raises:
        ValueError: if the numbers of seeds differ.
    """
    a, b = _checked(gains_a), _checked(gains_b)
    if len(a) != len(b):
        raise ValueError(f"{len(a)} and {len(b)} seeds: the same training runs are wanted")
    seeds = _counts(len(a), "seeds")
    drawn = _resampled(a, seeds, _counts(a.shape[1], "items"))
    drawn = drawn - _resampled(b, seeds, _counts(b.shape[1], "other items"))
    drawn += _widened(a.mean(axis=1) - b.mean(axis=1), seeds)
    return _estimate(float(a.mean() - b.mean()), drawn, a.shape[1] + b.shape[1], len(a))


def paired_contrast(gains_a: npt.ArrayLike, gains_b: npt.ArrayLike) -> Estimate:
    """Mean gain of arm A minus mean gain of arm B on the same items.

    For example truth minus a spurious reward. The items are resampled together, and so are the
    seeds,
    by index: run s of A and run s of B share seed s, which makes the pair the unit and holds
    whether or not sharing it correlates them.

    Args:
        gains_a: seeds x items.
        gains_b: the same shape: the same seeds and items in the same order.

    Raises:
        ValueError: if the shapes differ.
    """
    a, b = _checked(gains_a), _checked(gains_b)
    if a.shape != b.shape:
        raise ValueError(f"{a.shape} and {b.shape}: the same seeds and items are wanted")
    return mean_gain(a - b)


def matched_contrast(
    gains: npt.ArrayLike, flagged: npt.ArrayLike, strata: Sequence[Hashable]
) -> MatchedContrast | None:
    """Mean gain on flagged items minus mean gain on the others, matched by stratum.

    Within each stratum the two means are subtracted; the strata are weighted as the flagged items
    are distributed over them (the effect on the flagged, by exact matching). Strata without both
    sides say nothing and are dropped. Every resample is matched afresh.

    Args:
        gains: seeds x items.
        flagged: items, true where the base model recited the item before training.
        strata: items, a label of what is held equal (level, length, base accuracy). Take base
            accuracy from other samples than those the gain is measured from: chance in the same
            samples would lower the gain of what it makes look easy.

    Returns:
        None where no stratum holds both sides.

    Raises:
        ValueError: if the lengths do not fit.
    """
    array, flags = _checked(gains), np.asarray(flagged, dtype=bool)
    n = array.shape[1]
    if flags.shape != (n,) or len(strata) != n:
        raise ValueError(
            f"{n} items, {flags.size} flags and {len(strata)} strata: one each is wanted"
        )
    labels = {label: index for index, label in enumerate(dict.fromkeys(strata))}
    cells = np.zeros((n, len(labels)))
    cells[np.arange(n), [labels[label] for label in strata]] = 1.0
    inside, outside = cells * flags[:, None], cells * ~flags[:, None]
    both = (inside.sum(axis=0) > 0) & (outside.sum(axis=0) > 0)
    if not both.any():
        return None
    inside, outside = inside[:, both], outside[:, both]
    seeds, items = _counts(len(array), "seeds"), _counts(n, "items")
    per_seed = np.array([_matched(np.ones((1, n)), row[None], inside, outside)[0] for row in array])
    drawn = _matched(items, seeds @ array / len(array), inside, outside)
    drawn = (drawn + _widened(per_seed, seeds))[~np.isnan(drawn)]
    kept_flagged, kept_others = int(inside.sum()), int(outside.sum())
    return MatchedContrast(
        _estimate(float(per_seed.mean()), drawn, kept_flagged + kept_others, len(array)),
        flagged=kept_flagged,
        others=kept_others,
        kept_share=kept_flagged / int(flags.sum()),
        dropped_strata=int((~both).sum()),
    )


def _matched(counts: Array, gains: Array, inside: Array, outside: Array) -> Array:
    """The matched contrast of every resample; nan where none of its strata holds both sides.

    Args:
        counts: resamples x items, how often each item was drawn.
        gains: resamples x items, or one row for all.
        inside, outside: items x strata, 1 for the flagged (the other) items of the stratum.
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
    if array.ndim != 2 or not array.size or np.isnan(array).any():
        raise ValueError(f"gains of shape {array.shape}: seeds x items without nan are wanted")
    return array


@lru_cache(maxsize=4)  # the draws cost more than their use, and never change
def _counts(n: int, what: str) -> Array:
    """How often each of n units is drawn in each resample, of shape resamples x n; read-only."""
    key = [_KEY, int.from_bytes(what.encode()[:8], "big")]
    generator = np.random.Generator(np.random.Philox(key=np.array(key, dtype=np.uint64)))
    drawn = generator.multinomial(n, np.full(n, 1 / n), size=RESAMPLES)
    counts = drawn.astype(np.float64)
    counts.setflags(write=False)
    return counts


def _resampled(gains: Array, seeds: Array, items: Array) -> Array:
    """The mean of every two-way resample."""
    result: Array = ((seeds @ gains) * items).sum(axis=1) / gains.size
    return result


def _widened(effects: Array, seeds: Array) -> Array:
    """What to add to each resample so that the seeds' overall effects vary as Student's t asks."""
    count = len(effects)
    if count < 2:
        return np.zeros(len(seeds))
    factor = student_t(count - 1) / Z * sqrt(count / (count - 1)) - 1
    result: Array = factor * (seeds @ (effects - effects.mean())) / count
    return result


def _estimate(value: float, drawn: Array, n: int, seeds: int) -> Estimate:
    low, high = (float(x) for x in np.percentile(drawn, [2.5, 97.5]))
    over = f"{seeds} seeds and items" if seeds > 1 else "items only (one seed)"
    return Estimate(value, min(low, value), max(high, value), n, f"bootstrap over {over}")
